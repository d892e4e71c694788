//! TLS: where the handshake of a session ends.
//!
//! What follows the handshake is encrypted, and nothing can be found in it. This
//! follows the records of both directions (RFC 8446 section 5.1, RFC 5246 section
//! 6.2.1) until the first of application data. It keeps 20 bytes a session and
//! looks at no byte but record headers.
//!
//! Limits: a session is recognised by its ClientHello's first six bytes, which have
//! to come in one piece; one that is picked up later is scanned as it is.

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests;

use crate::event::Direction;
use crate::proto::{Guess, Heads, Parser, Sink};

/// Bytes of a record's header.
const HEADER: u8 = 5;

/// Longest record: 2^14 bytes and what encryption may add (RFC 5246 section 6.2.3).
const LONGEST: u16 = (1 << 14) + 2048;

/// Content types, RFC 8446 section 5.1 and RFC 6520 section 3.
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const HEARTBEAT: u8 = 24;

/// Does a client that sends `head` first begin a TLS session? A record of handshake type, version 3.0 to 3.4, whose
/// first message is a ClientHello.
#[must_use]
pub fn is_client_hello(head: &[u8]) -> bool {
    matches!(head, [HANDSHAKE, 3, 0..=4, _, _, 1, ..])
}

/// Whether a connection begins a TLS session.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    if is_client_hello(heads.to_server) { Guess::Yes } else { Guess::No }
}

impl Parser for Tls {
    fn push(&mut self, direction: Direction, bytes: &[u8], _: &mut dyn Sink) {
        if Tls::push(self, direction, bytes) == Progress::Broken {
            self.broken = true;
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, _: &mut dyn Sink) {
        Tls::gap(self, direction, length);
    }

    fn end(&mut self, _: Direction, _: bool, _: &mut dyn Sink) {}

    fn was_mistaken(&self) -> bool {
        self.broken
    }
}

/// What a direction has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Records of the handshake.
    Handshake,
    /// Application data: all that follows is encrypted. Also said of a direction whose records were lost in a hole.
    Encrypted,
    /// These are no TLS records.
    Broken,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default)]
struct Half {
    /// The header of the next record, as far as it has come.
    header: [u8; 5],
    got: u8,
    /// Bytes that are left of this record.
    left: u16,
    encrypted: bool,
}

/// The records of one session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tls {
    halves: [Half; 2],
    broken: bool,
}

impl Tls {
    /// Takes the next bytes of a direction.
    pub fn push(&mut self, direction: Direction, bytes: &[u8]) -> Progress {
        let half = self.half(direction);
        let mut rest = bytes;
        while !half.encrypted {
            let skipped = usize::from(half.left).min(rest.len());
            half.left = half.left.saturating_sub(u16::try_from(skipped).unwrap_or(u16::MAX));
            rest = rest.get(skipped..).unwrap_or(&[]);
            let [byte, after @ ..] = rest else { return Progress::Handshake };
            if let Some(place) = half.header.get_mut(usize::from(half.got)) {
                *place = *byte;
            }
            half.got += 1;
            rest = after;
            if half.got == HEADER && !half.read_header() {
                return Progress::Broken;
            }
        }
        Progress::Encrypted
    }

    /// The next `length` bytes of a direction were lost. Within a record they do not matter.
    pub fn gap(&mut self, direction: Direction, length: u64) {
        let half = self.half(direction);
        match u16::try_from(length).ok().and_then(|length| half.left.checked_sub(length)) {
            Some(left) => half.left = left,
            None => half.encrypted = true,
        }
    }

    /// True when all that follows in a direction is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self, direction: Direction) -> bool {
        let [to_server, to_client] = &self.halves;
        match direction {
            Direction::ToServer => to_server.encrypted,
            Direction::ToClient => to_client.encrypted,
        }
    }

    const fn half(&mut self, direction: Direction) -> &mut Half {
        let [to_server, to_client] = &mut self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }
}

impl Half {
    /// Goes on to the record whose header is complete; false when it is none.
    fn read_header(&mut self) -> bool {
        let [kind, major, minor, high, low] = self.header;
        let length = u16::from_be_bytes([high, low]);
        let is_record =
            (CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&kind) && major == 3 && minor <= 4 && length <= LONGEST;
        self.encrypted = is_record && kind == APPLICATION_DATA;
        (self.got, self.left) = (0, length);
        is_record
    }
}
