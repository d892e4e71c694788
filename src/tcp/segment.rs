//! One segment as the reassembler takes it, and what it made of it.

use super::anomaly::Anomaly;
use super::options::Options;
use crate::wire::{TcpHeader, tcp_flag};

/// What is known of a segment's checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// It was not looked at, or cannot be: the capture cut the segment.
    #[default]
    Unchecked,
    /// It is right.
    Right,
    /// It is wrong. That counts only once the sender has shown a right one: in a capture taken on the sending host, the
    /// NIC has yet to fill it in.
    Wrong,
}

/// One segment.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The header's fixed fields.
    pub header: &'a TcpHeader,
    /// Its options.
    pub options: Options,
    /// The urgent pointer as it stands; counts only with the URG flag.
    pub urgent: u16,
    /// What it carries.
    pub payload: &'a [u8],
    /// Bytes after `payload` that were on the wire but not captured.
    pub missing: u32,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Its checksum.
    pub checksum: Checksum,
    /// Destination address; IPv4 in the first four bytes.
    pub dest: &'a [u8; 16],
    /// True for IPv6.
    pub v6: bool,
    /// The port of the session's server.
    pub server_port: u16,
    /// Now.
    pub now_ns: u64,
}

impl Packet<'_> {
    /// True when one of `flags` is set.
    #[inline]
    pub(super) const fn has(&self, flags: u8) -> bool {
        self.header.flags & flags != 0
    }

    /// Where and when it arrives.
    #[inline]
    pub(super) const fn place(&self) -> Place<'_> {
        Place { dest: self.dest, v6: self.v6, server_port: self.server_port, now_ns: self.now_ns }
    }

    #[inline]
    pub(super) const fn is_fin(&self) -> bool {
        self.has(tcp_flag::FIN)
    }

    /// True when it has bytes for the stream, or its end.
    #[inline]
    pub(super) const fn carries(&self) -> bool {
        !self.payload.is_empty() || self.missing != 0 || self.is_fin()
    }
}

/// Where and when bytes arrive: what rules by destination ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) dest: &'a [u8; 16],
    pub(super) v6: bool,
    pub(super) server_port: u16,
    pub(super) now_ns: u64,
}

/// What became of a segment's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There is none.
    Empty,
    /// Delivered, whole or in part.
    Delivered,
    /// Stored until its turn.
    Early,
    /// Known already.
    Repeated,
    /// Kept aside: its receiver should not take it.
    Doubted(Anomaly),
    /// Left out: its receiver does not take it.
    Refused(Anomaly),
    /// After the end of its stream.
    AfterEnd,
    /// Not inspected: the stream is past its depth, or its consumer has had enough.
    Stopped,
}

/// Where a segment lies in its session: what rules about single packets ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Stream offset of its first byte, counted from the first byte that was seen; negative before that.
    pub offset: i64,
    /// What became of its payload.
    pub fate: Fate,
}

/// A run of bytes on its way into a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    /// Sequence number of the first byte.
    pub(super) seq: u32,
    pub(super) bytes: &'a [u8],
    /// Bytes behind those that were on the wire but not captured.
    pub(super) missing: u32,
    pub(super) fin: bool,
    /// Where the segment begins and ends that brought it.
    pub(super) extent: (u32, u32),
}

impl<'a> Run<'a> {
    /// All of a segment, whose first byte has number `seq`.
    pub(super) fn of(seq: u32, bytes: &'a [u8], missing: u32, fin: bool) -> Self {
        let mut run = Self { seq, bytes, missing, fin, extent: (seq, seq) };
        run.extent.1 = run.end();
        run
    }

    /// The number after its last byte, captured or not, and its FIN.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        let len = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.seq.wrapping_add(len).wrapping_add(self.missing).wrapping_add(u32::from(self.fin))
    }

    /// The part from `seq` up to `end`, both within it.
    pub(super) fn part(&self, seq: u32, end: u32) -> Self {
        let at = |seq: u32| usize::try_from(seq.wrapping_sub(self.seq)).unwrap_or(usize::MAX);
        let (from, to) = (at(seq).min(self.bytes.len()), at(end).min(self.bytes.len()));
        let bytes = self.bytes.get(from..to).unwrap_or(&[]);
        let fin = self.fin && end == self.end();
        let span = end.wrapping_sub(seq);
        let held = u32::try_from(bytes.len()).unwrap_or(u32::MAX).wrapping_add(u32::from(fin));
        Self { seq, bytes, missing: span.saturating_sub(held), fin, extent: self.extent }
    }

    /// What is captured of it between two numbers within it.
    pub(super) fn slice(&self, seq: u32, end: u32) -> &'a [u8] {
        self.part(seq, end).bytes
    }
}
