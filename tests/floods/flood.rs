//! Packets of a flood, each of another session.

use tidegate::wire::tcp_flag;

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
            Kind::Flags(flags) => (flags, b""),
            Kind::AnyFlags => (random.to_be_bytes()[0], b""),
            Kind::OneByte => (tcp_flag::ACK, b"x"),
        };
        write(frame, (source, 4000), ([192, 168, 9, 9], 443), random, !random, flags, payload)
    }
}
