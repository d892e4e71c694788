//! Whether a TCP checksum is right, as far as that can be told.

use super::Frame;
use crate::tcp::Checksum;
use crate::wire::{Headers, checksum, proto};

/// Longest frame of an Ethernet without jumbo frames: 1,500 bytes of payload, header and two VLAN tags.
const LONGEST_FRAME: u32 = 1522;

/// Which TCP checksums are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpChecksums {
    /// None.
    Ignored,
    /// All: they are what was on the wire.
    #[default]
    FromWire,
    /// Those of frames that were on the wire as they are. A capture taken on a host shows segments before its NIC cuts
    /// them, or after it has joined them: what is longer than a frame has no checksum of its own.
    FromHost,
}

impl TcpChecksums {
    /// What is known of a segment's checksum; nothing of one that the capture has cut. What a NIC has found is not
    /// looked at again, except within tunnels, of which it may have meant the outermost header.
    #[inline]
    pub(super) fn of(self, frame: &Frame<'_>, headers: &Headers) -> Checksum {
        if self == Self::Ignored || headers.missing_len != 0 {
            return Checksum::Unchecked;
        }
        if let Some(right) = frame.l4_checksum.filter(|_| headers.tunnel == 0) {
            return if right { Checksum::Right } else { Checksum::Wrong };
        }
        let segment = headers.segment(frame.data);
        if checksum::transport_is_right(&headers.src, &headers.dest, headers.v6, proto::TCP, segment) {
            Checksum::Right
        } else if self == Self::FromHost && frame.wire_len > LONGEST_FRAME {
            Checksum::Unchecked
        } else {
            Checksum::Wrong
        }
    }
}
