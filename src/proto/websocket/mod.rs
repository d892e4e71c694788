//! WebSocket (RFC 6455), both directions of a connection after its opening handshake, seen in passing.
//!
//! [`WebSocket`] stands behind [`Http1`](super::http1::Http1), which knows from the handshake what was negotiated. A
//! message, in as many frames as it may come, is one object `websocket`, unmasked; what control frames carry is lines,
//! `websocket/ping` and so on, and may come between the pieces of an object.
//!
//! # Compressed messages
//!
//! With permessage-deflate (RFC 7692) an object says so in its codings: [`DEFLATE`] where the sender goes on with the
//! window of its messages before, so that one inflater has to live as long as the direction, [`DEFLATE_FRESH`] where each
//! message stands for itself. Its bytes are raw deflate, and the four of RFC 7692, section 7.2.2, that the sender left out are
//! handed out at its end.
//!
//! # Giving up
//!
//! A direction in which a frame's length is lost or cannot be is raw from there on.
//!
//! # Limits
//!
//! None on the length of messages and frames: nothing is held but a frame's header.

mod anomaly;
mod extensions;
mod frames;
mod header;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use anomaly::Anomaly;
pub use extensions::Extensions;

use super::Sink;
use crate::event::Direction;
use crate::event::record::Layout;
use frames::Frames;

/// Codings of a compressed message that goes on with the window of the messages before it in its direction.
pub const DEFLATE: &[u8] = b"permessage-deflate";

/// Codings of a compressed message that stands for itself.
pub const DEFLATE_FRESH: &[u8] = b"deflate-raw";

/// Fields of the `websocket` object: one event a message.
pub static LAYOUT: Layout = Layout { name: "websocket", keys: &["fin", "mask", "opcode", "length", "compressed"] };

/// How messages of a direction are compressed, if they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not negotiated.
    #[default]
    None,
    /// Each message goes on with the window of the one before.
    Takeover,
    /// Each message begins with an empty window.
    Fresh,
}

/// The state of one connection.
#[derive(Clone, Copy, Debug)]
pub struct WebSocket {
    to_server: Frames,
    to_client: Frames,
}

impl WebSocket {
    /// After a handshake whose response agreed to these.
    #[must_use]
    pub fn new(extensions: Extensions) -> Self {
        let [to_server, to_client] = extensions.compression;
        Self {
            to_server: Frames::new(Direction::ToServer, to_server),
            to_client: Frames::new(Direction::ToClient, to_client),
        }
    }

    /// Before the handshake is over: what the client sends already. Nothing is agreed to, and the server speaks HTTP.
    pub(super) fn early() -> Self {
        let mut websocket = Self::new(Extensions::default());
        websocket.lose(Direction::ToClient);
        websocket
    }

    /// The handshake of one that began early is over: messages that begin from here on are of what was agreed to.
    pub(super) fn open(&mut self, extensions: Extensions) {
        let [to_server, to_client] = extensions.compression;
        self.to_server.agree(to_server);
        self.to_client = Frames::new(Direction::ToClient, to_client);
    }

    /// Takes the next bytes of a direction, all of them.
    pub fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        self.half(direction).push(bytes, sink);
    }

    /// The next `length` bytes of a direction were never seen.
    pub fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        self.half(direction).gap(length, sink);
    }

    /// No more comes in a direction.
    pub fn end(&mut self, direction: Direction, sink: &mut dyn Sink) {
        self.half(direction).end(sink);
    }

    /// Where frames begin in this direction is not known.
    pub(super) fn lose(&mut self, direction: Direction) {
        self.half(direction).lose();
    }

    fn half(&mut self, direction: Direction) -> &mut Frames {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}
