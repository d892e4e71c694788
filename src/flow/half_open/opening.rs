//! What the first packet of one side says of its TCP.

use crate::tcp::Options;
use crate::wire::{Headers, TcpHeader};

/// The first packet of one side of a session, without what it carried: 17 bytes, which need no alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    seq: [u8; 4],
    ack: [u8; 4],
    /// The sender's timestamp; counts only with HAS_TIMESTAMP.
    tsval: [u8; 4],
    window: [u8; 2],
    /// The eight flag bits, [`crate::wire::tcp_flag`].
    pub flags: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Low half: the window scale, `NO_SCALE` for none; above it four facts.
    options: u8,
}

const _: () = assert!(size_of::<Opening>() == 17, "a half-open session's record has no more room");

const NO_SCALE: u8 = 0x0f;
const HAS_SACK: u8 = 0x10;
const HAS_TIMESTAMP: u8 = 0x20;
const IS_SIGNED: u8 = 0x40;
const IS_CHECKED: u8 = 0x80;

impl Opening {
    pub(super) const NONE: Self =
        Self { seq: [0; 4], ack: [0; 4], tsval: [0; 4], window: [0; 2], flags: 0, ttl: 0, options: NO_SCALE };

    /// What the TCP packet says whose headers are `headers` and whose options are `read`; `checked` says that its
    /// checksum is right.
    #[must_use]
    #[inline]
    pub fn of(headers: &Headers, read: &Options, checked: bool) -> Self {
        let TcpHeader { seq, ack, window, flags } = headers.tcp;
        let fact = |holds: bool, bit: u8| if holds { bit } else { 0 };
        let options = read.window_scale.unwrap_or(NO_SCALE)
            | fact(read.sack, HAS_SACK)
            | fact(read.timestamps.is_some(), HAS_TIMESTAMP)
            | fact(read.signed, IS_SIGNED)
            | fact(checked, IS_CHECKED);
        let tsval = read.timestamps.map_or(0, |(value, _)| value);
        Self {
            seq: seq.to_ne_bytes(),
            ack: ack.to_ne_bytes(),
            tsval: tsval.to_ne_bytes(),
            window: window.to_ne_bytes(),
            flags,
            ttl: headers.ttl,
            options,
        }
    }

    /// The options that matter later. Of timestamps only the sender's own is known.
    #[must_use]
    pub const fn options(&self) -> Options {
        let scale = self.options & NO_SCALE;
        Options {
            timestamps: if self.options & HAS_TIMESTAMP == 0 {
                None
            } else {
                Some((u32::from_ne_bytes(self.tsval), 0))
            },
            window_scale: if scale == NO_SCALE { None } else { Some(scale) },
            sack: self.options & HAS_SACK != 0,
            signed: self.options & IS_SIGNED != 0,
            malformed: false,
        }
    }

    /// Its checksum was right.
    #[must_use]
    pub const fn is_checked(&self) -> bool {
        self.options & IS_CHECKED != 0
    }

    /// The same as a header.
    #[must_use]
    pub const fn header(&self) -> TcpHeader {
        TcpHeader {
            seq: self.seq(),
            ack: u32::from_ne_bytes(self.ack),
            window: u16::from_ne_bytes(self.window),
            flags: self.flags,
        }
    }

    /// Sequence number.
    #[must_use]
    #[inline]
    pub const fn seq(&self) -> u32 {
        u32::from_ne_bytes(self.seq)
    }
}
