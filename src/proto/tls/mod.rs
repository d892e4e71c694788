//! TLS: what a session's handshake says in clear, and where it ends.
//!
//! The records of both directions are followed until the first of application data; what comes after it is encrypted, and
//! nothing can be found in it. The messages in them are read in passing, across records and segments: ClientHello and
//! ServerHello, and up to TLS 1.2 the server's certificate. One record tells of all of them once the server's part is
//! through, or when a direction ends before that. Every byte is handed on as it stands, as raw ones.
//!
//! Limits: of a hello, the lists have [`MAX_CIPHERS`], [`MAX_EXTENSIONS`] and [`MAX_ALGORITHMS`] entries; one with more is
//! told without fingerprints. A message has 256 KiB at most. A session is read from its beginning; where it is picked up
//! later, its records are followed, and nothing is told.

mod certificate;
mod client;
mod fingerprint;
mod guess;
pub(in crate::proto) mod handshake;
mod hello;
pub(in crate::proto) mod layout;
mod list;
pub(in crate::proto) mod messages;
mod records;
mod server;
mod ssl2;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests;
mod x509;

pub use client::{MAX_ALGORITHMS, MAX_CIPHERS, MAX_EXTENSIONS};
pub use guess::guess;
pub use layout::LAYOUT;
pub use records::{Progress, Records};

use handshake::Handshake;
use messages::{Messages, Step as Message, kind};
use records::{CHANGE_CIPHER_SPEC, Fault, HANDSHAKE, Step};
use ssl2::{Said, Ssl2};

use super::parser::Parser;
use super::sink::Sink;
use crate::event::Direction;

/// Does a client that sends `head` first begin a TLS session? A record of handshake type, version 3.0 to 3.4, whose
/// first message is a ClientHello.
#[must_use]
pub fn is_client_hello(head: &[u8]) -> bool {
    matches!(head, [HANDSHAKE, 3, 0..=4, _, _, 1, ..])
}

/// One session.
#[derive(Clone, Debug)]
pub struct Tls {
    records: Records,
    ssl2: Ssl2,
    halves: [Half; 2],
    handshake: Handshake,
    is_told: bool,
    is_broken: bool,
}

/// What one direction has come to, besides its records.
#[derive(Clone, Copy, Debug, Default)]
struct Half {
    messages: Messages,
    /// A ChangeCipherSpec has passed: what handshake records have is encrypted.
    is_sealed: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            records: Records::default(),
            ssl2: Ssl2::default(),
            halves: [Half::default(); 2],
            handshake: Handshake::new(b't', &LAYOUT),
            is_told: false,
            is_broken: false,
        }
    }
}

impl Tls {
    /// True when all that follows in a direction is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self, direction: Direction) -> bool {
        self.records.is_encrypted(direction)
    }

    /// Once the handshake is told, nothing of a session matters but its records: these are all that has to be kept.
    #[must_use]
    pub const fn followed(&self) -> Option<Records> {
        if self.is_told && !self.is_broken { Some(self.records) } else { None }
    }

    const fn half(&mut self, direction: Direction) -> &mut Half {
        let [to_server, to_client] = &mut self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    /// A piece of the handshake's messages.
    fn messages(&mut self, direction: Direction, piece: &[u8], sink: &mut dyn Sink) {
        let mut rest = piece;
        loop {
            match self.half(direction).messages.step(&mut rest) {
                Message::Done => return,
                Message::Broken => {
                    sink.anomaly("tls.invalid_handshake_message");
                    return;
                }
                Message::Begin(kind, length) => self.handshake.begin(direction, kind, length),
                Message::Piece(kind, piece) => self.handshake.piece(direction, kind, piece),
                Message::End(kind) => {
                    self.handshake.end(direction, kind, sink);
                    if kind == kind::SERVER_HELLO_DONE {
                        self.tell(sink);
                    }
                }
            }
        }
    }

    fn tell(&mut self, sink: &mut dyn Sink) {
        if !self.is_told && self.handshake.has_hello() {
            self.is_told = true;
            self.handshake.tell(None, sink);
        }
    }

    /// Handshake records of a direction are encrypted from now on. The server's part is through where it was the server that said so.
    fn sealed(&mut self, direction: Direction, sink: &mut dyn Sink) {
        // Behind a HelloRetryRequest it is for show, and a hello in clear follows (RFC 8446 appendix D.4).
        if self.handshake.waits_for_hello() {
            return;
        }
        self.half(direction).is_sealed = true;
        if self.handshake.is_server(direction) {
            self.tell(sink);
        }
    }

    fn broken(&mut self, direction: Direction, fault: Fault, sink: &mut dyn Sink) {
        sink.anomaly(match fault {
            Fault::Kind => "tls.invalid_record_type",
            Fault::Version => "tls.invalid_record_version",
            Fault::Length => "tls.invalid_record_length",
        });
        self.is_broken = true;
        self.half(direction).messages.lose();
        self.tell(sink);
    }
}

impl Parser for Tls {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        sink.raw(bytes);
        if self.is_broken {
            return;
        }
        let mut rest = bytes;
        match self.ssl2.push(direction, &mut rest) {
            Some(Said::Asked(version)) => self.handshake.asked_by_ssl2(version),
            Some(Said::Answered) => {
                self.handshake.answered_by_ssl2();
                self.records.give_up();
                self.tell(sink);
                return;
            }
            None => {}
        }
        loop {
            match self.records.half(direction).step(&mut rest) {
                Step::Done => break,
                Step::Begin(CHANGE_CIPHER_SPEC) => {
                    self.handshake.cipher_changed(direction);
                    self.sealed(direction, sink);
                }
                Step::Piece(HANDSHAKE, piece) if !self.half(direction).is_sealed => {
                    self.messages(direction, piece, sink);
                }
                Step::Begin(_) | Step::Piece(..) => {}
                Step::Broken(fault) => {
                    self.broken(direction, fault, sink);
                    return;
                }
            }
        }
        if self.is_encrypted(direction) {
            self.sealed(direction, sink);
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if length == 0 {
            return;
        }
        sink.raw_gap(length);
        self.ssl2.gap(direction);
        let half = self.half(direction);
        half.messages.lose();
        self.handshake.lost(direction);
        if !self.records.half(direction).gap(length) {
            self.sealed(direction, sink);
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        self.half(direction).messages.lose();
        self.handshake.ended(direction);
        if self.handshake.is_over() {
            self.tell(sink);
        }
    }

    fn was_mistaken(&self) -> bool {
        self.is_broken && !self.handshake.is_understood()
    }
}
