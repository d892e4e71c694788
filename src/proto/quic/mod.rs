//! QUIC (RFC 9000, RFC 9001): what the handshake in its Initial packets says.
//!
//! Their protection keeps nobody out who sees the client's first packet. It is removed, the CRYPTO frames are put in order,
//! and ClientHello and ServerHello are read as those of TLS are. One record tells of them once the server's hello or a later
//! packet has come, or at the flow's end. Every byte is handed on as it stands, as raw ones. Versions 1 and 2, and drafts
//! 29 to 32; of others, nothing is read.
//!
//! Limits: of the client's handshake, the first [`MAX_CRYPTO_BYTES`] bytes are kept in any order; of the server's, what comes
//! in order. A packet has 2,048 bytes at most.

mod crypto;
mod frames;
mod guess;
mod layout;
mod packet;
mod protection;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests;

pub use crypto::MAX_CRYPTO_BYTES;
pub use guess::guess;
pub use layout::LAYOUT;

use crypto::Crypto;
use packet::{Kind, MAX_ID_BYTES, Packet, Version};

use super::parser::Parser;
use super::sink::Sink;
use super::tls::handshake::Handshake;
use super::tls::messages::{Messages, Step, kind};
use crate::event::Direction;

/// One connection.
#[derive(Clone, Debug)]
pub struct Quic {
    version: Option<Version>,
    /// The connection ID that keys are derived from.
    id: [u8; MAX_ID_BYTES],
    id_length: u8,
    client: Crypto,
    /// Bytes of the server's handshake that were read.
    server: u64,
    messages: [Messages; 2],
    handshake: Handshake,
    /// The server's hello was read.
    has_answer: bool,
    /// Packets of what follows the hellos were seen.
    is_past: bool,
    is_told: bool,
    has_failed: bool,
}

impl Default for Quic {
    fn default() -> Self {
        Self {
            version: None,
            id: [0; MAX_ID_BYTES],
            id_length: 0,
            client: Crypto::EMPTY,
            server: 0,
            messages: [Messages::default(); 2],
            handshake: Handshake::new(b'q', &LAYOUT),
            has_answer: false,
            is_past: false,
            is_told: false,
            has_failed: false,
        }
    }
}

impl Quic {
    /// All that follows is encrypted, and was told of.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.is_told
    }

    fn id(&self) -> &[u8] {
        self.id.get(..usize::from(self.id_length)).unwrap_or(&[])
    }

    fn datagram(&mut self, direction: Direction, datagram: &[u8], sink: &mut dyn Sink) {
        let mut rest = datagram;
        while let Some(packet) = Packet::read(rest) {
            match packet.kind {
                Kind::Initial => self.initial(direction, rest, &packet, sink),
                Kind::Handshake => self.is_past = true,
                Kind::ZeroRtt | Kind::Retry => {}
            }
            let Some(after) = rest.get(packet.length..) else { return };
            rest = after;
        }
        // A short header, which has no version.
        self.is_past |= rest.first().is_some_and(|first| first & 0xC0 == 0x40) && self.has_hello();
    }

    fn has_hello(&self) -> bool {
        self.handshake.is_understood()
    }

    fn initial(&mut self, direction: Direction, bytes: &[u8], packet: &Packet<'_>, sink: &mut dyn Sink) {
        let known = protection::open(bytes, packet, self.id(), direction).filter(|_| self.version.is_some());
        let opened = match known {
            Some(opened) => Some(opened),
            // The client's first, or its first after a Retry or in another version.
            None if direction == Direction::ToServer => self.begin(bytes, packet),
            None => None,
        };
        let Some(opened) = opened else {
            self.has_failed = true;
            if direction == Direction::ToServer {
                sink.anomaly("quic.failed_decrypt");
            }
            return;
        };
        let mut is_too_long = false;
        let adds_up = frames::read(opened.frames(), |offset, piece| match direction {
            Direction::ToServer => is_too_long |= !self.client.put(offset, piece),
            Direction::ToClient => self.server_piece(offset, piece, sink),
        });
        if direction == Direction::ToServer {
            let Self { client, messages: [messages, _], handshake, .. } = self;
            read(messages, handshake, direction, client.take(), sink);
        }
        if is_too_long {
            sink.anomaly("quic.crypto_frag_too_long");
        }
        if !adds_up {
            sink.anomaly("quic.error_on_data");
        }
    }

    /// Opens a packet by its own connection ID, and keeps that where it fits.
    fn begin(&mut self, bytes: &[u8], packet: &Packet<'_>) -> Option<protection::Opened> {
        let opened = protection::open(bytes, packet, packet.destination, Direction::ToServer)?;
        // In another version the client begins anew; after a Retry it says the same again.
        if self.version.is_some_and(|version| version != packet.version) {
            *self = Self::default();
        }
        self.version = Some(packet.version);
        if let Some(place) = self.id.get_mut(..packet.destination.len()) {
            place.copy_from_slice(packet.destination);
            self.id_length = u8::try_from(packet.destination.len()).unwrap_or(0);
        }
        Some(opened)
    }

    fn server_piece(&mut self, offset: u64, piece: &[u8], sink: &mut dyn Sink) {
        let Some(known) = self.server.checked_sub(offset) else { return };
        let new = usize::try_from(known).ok().and_then(|known| piece.get(known..)).unwrap_or(&[]);
        self.server = self.server.saturating_add(u64::try_from(new.len()).unwrap_or(0));
        let Self { messages: [_, messages], handshake, .. } = self;
        self.has_answer |= read(messages, handshake, Direction::ToClient, new, sink);
    }

    fn tell(&mut self, sink: &mut dyn Sink) {
        if let (Some(version), false, true) = (self.version, self.is_told, self.handshake.has_hello()) {
            self.is_told = true;
            self.handshake.tell(Some(version.name()), sink);
        }
    }
}

/// Reads messages; true when the server's hello was one of them.
fn read(
    messages: &mut Messages,
    handshake: &mut Handshake,
    direction: Direction,
    bytes: &[u8],
    sink: &mut dyn Sink,
) -> bool {
    let mut rest = bytes;
    let mut has_answer = false;
    loop {
        match messages.step(&mut rest) {
            Step::Done => return has_answer,
            Step::Broken => {
                sink.anomaly("tls.invalid_handshake_message");
                return has_answer;
            }
            Step::Begin(kind, length) => handshake.begin(direction, kind, length),
            Step::Piece(kind, piece) => handshake.piece(direction, kind, piece),
            Step::End(kind) => {
                handshake.end(direction, kind, sink);
                has_answer |= kind == kind::SERVER_HELLO && !handshake.waits_for_hello();
            }
        }
    }
}

impl Parser for Quic {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        sink.raw(bytes);
        if self.is_told {
            return;
        }
        self.datagram(direction, bytes, sink);
        if self.has_answer || self.is_past && self.has_hello() {
            self.tell(sink);
        }
    }

    fn gap(&mut self, _direction: Direction, length: u64, sink: &mut dyn Sink) {
        if length > 0 {
            sink.raw_gap(length);
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        self.handshake.ended(direction);
        if self.handshake.is_over() {
            self.tell(sink);
        }
    }

    fn was_mistaken(&self) -> bool {
        self.has_failed && self.version.is_none()
    }
}
