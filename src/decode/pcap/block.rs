//! Records of capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).

use super::super::parts::{be16, be32, le16, le32};

/// Order of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) little: bool,
}

impl Order {
    pub(super) fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        if self.little { le32(bytes, at) } else { be32(bytes, at) }
    }

    pub(super) fn half(self, bytes: &[u8], at: usize) -> Option<u16> {
        if self.little { le16(bytes, at) } else { be16(bytes, at) }
    }
}

/// What a file is by its first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    /// pcap, and the bytes of a packet's header.
    Pcap(Order, usize),
    Pcapng,
}

impl File {
    pub(super) fn of(magic: &[u8]) -> Option<Self> {
        if magic == b"\x0a\x0d\x0d\x0a" {
            return Some(Self::Pcapng);
        }
        let order = |little| Order { little };
        [true, false].into_iter().map(order).find_map(|order| match order.word(magic, 0)? {
            // Microseconds, nanoseconds, and Kuznetzov's longer headers.
            0xa1b2_c3d4 | 0xa1b2_3c4d => Some(Self::Pcap(order, 16)),
            0xa1b2_cd34 => Some(Self::Pcap(order, 24)),
            _ => None,
        })
    }
}

/// Order of a pcapng section, by its magic.
pub(super) fn section(magic: &[u8]) -> Option<Order> {
    [true, false].into_iter().map(|little| Order { little }).find(|order| order.word(magic, 0) == Some(0x1a2b_3c4d))
}

/// What a pcapng block is, whose header has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Section,
    Interface,
    /// A packet behind 20 bytes of fields; whether it is the old block for packets.
    Packet {
        old: bool,
    },
    /// A packet behind its length.
    Simple,
    Other,
}

impl Block {
    pub(super) const fn of(kind: u32) -> Self {
        match kind {
            0x0a0d_0d0a => Self::Section,
            1 => Self::Interface,
            2 => Self::Packet { old: true },
            6 => Self::Packet { old: false },
            3 => Self::Simple,
            _ => Self::Other,
        }
    }
}
