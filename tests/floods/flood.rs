//! Packets of a flood, each of another session.

use tidegate::wire::{checksum, tcp_flag};

use crate::sessions::write;

/// Bytes of a frame of [`Kind::OneByte`].
pub(crate) const LENGTH: usize = 60;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// TCP without payload, with these flags.
    Flags(u8),
    /// TCP without payload, with flags at random.
    AnyFlags,
    /// TCP with one byte.
    OneByte,
    /// Eight bytes out of the middle of a datagram, of which nothing else ever comes.
    MiddleFragment,
    /// The first 48 bytes of such a datagram.
    FirstFragment,
}

/// A flood; the same packets in the same order every time.
pub(crate) struct Flood {
    kind: Kind,
    number: u32,
    state: u64,
}

impl Flood {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, number: 0, state: 5 }
    }

    /// Writes the next packet. Returns its length.
    pub(crate) fn packet(&mut self, frame: &mut [u8; 128]) -> usize {
        self.number += 1;
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = u32::try_from(self.state >> 32).unwrap();
        // 16.7 million addresses beside those of the sessions, each once.
        let source = [11, (self.number >> 16) as u8, (self.number >> 8) as u8, self.number as u8];
        let (flags, payload): (u8, &[u8]) = match self.kind {
            Kind::MiddleFragment => return fragment(frame, source, random, 1, 8),
            Kind::FirstFragment => return fragment(frame, source, random, 0, 48),
            Kind::Flags(flags) => (flags, b""),
            Kind::AnyFlags => (random.to_be_bytes()[0], b""),
            Kind::OneByte => (tcp_flag::ACK, b"x"),
        };
        write(frame, (source, 4000), ([192, 168, 9, 9], 443), random, !random, flags, payload)
    }
}

/// Writes `length` bytes at `offset` (in units of eight bytes) of a UDP datagram, with more to follow. Returns the frame's
/// length.
fn fragment(frame: &mut [u8; 128], source: [u8; 4], id: u32, offset: u8, length: u8) -> usize {
    frame.fill(0);
    frame[..14].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    // RFC 791 section 3.1: bit 2 of the third word is "more fragments".
    let [id_high, id_low, ..] = id.to_be_bytes();
    frame[14..26].copy_from_slice(&[0x45, 0, 0, 20 + length, id_high, id_low, 0x20, offset, 64, 17, 0, 0]);
    frame[26..30].copy_from_slice(&source);
    frame[30..34].copy_from_slice(&[192, 168, 9, 9]);
    let sum = checksum::finish(checksum::add(0, &frame[14..34]));
    frame[24..26].copy_from_slice(&sum.to_be_bytes());
    // The header of a datagram of 1,008 bytes, or eight bytes of its middle.
    frame[34..42].copy_from_slice(&[0x0f, 0xa0, 1, 0xbb, 0x03, 0xf0, 0, 0]);
    (34 + usize::from(length)).max(LENGTH)
}
