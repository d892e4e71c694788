//! HTTP/2 (RFC 9113) in clear text, both directions of one connection, seen in passing: with prior knowledge, or after
//! an upgrade from HTTP/1, which leaves the connection to be recognised afresh.
//!
//! Header blocks are decoded and handed on as text of the form of HTTP/1 (`http/header`: a line a field); bodies are objects `http/body`
//! whose `id` is the stream's. Each stream makes one record when its response is over, each frame of settings one of its own.
//!
//! # A lost table
//!
//! HPACK makes each header block depend on those before. The table of each direction is kept with the 4,096 bytes that
//! are the default; where a peer allows more, where a block was not seen as a whole or could not be decoded, there are entries
//! that are not known: a field from one of them is `?: ?`, and the record says `headers_unknown`.
//!
//! # Giving up
//!
//! A direction that does not begin as it must, or in which the place of the next frame is lost, is raw from there on.
//!
//! # Limits
//!
//! [`MAX_STREAMS`] streams at a time, frames of 1 MiB, and of names and values the bytes that `docs/protocols.md` says.

mod anomaly;
mod block;
mod frame;
mod half;
mod hpack;
mod huffman;
mod layout;
mod static_table;
mod streams;
mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use anomaly::Anomaly;
pub use layout::LAYOUT;
pub use streams::MAX_STREAMS;

use super::{Guess, Heads, Parser, Sink};
use crate::event::Direction;
use half::{Half, PREFACE};
use streams::Streams;

/// The HTTP/2 state of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Http2 {
    to_server: Half,
    to_client: Half,
    streams: Streams,
}

impl Default for Http2 {
    fn default() -> Self {
        Self {
            to_server: Half::new(Direction::ToServer),
            to_client: Half::new(Direction::ToClient),
            streams: Streams::new(),
        }
    }
}

impl Parser for Http2 {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        let (half, streams) = self.half(direction);
        half.push(bytes, streams, sink);
    }

    /// A frame's payload is kept in step; anywhere else the direction is given up with [`Anomaly::LostSync`].
    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        let (half, streams) = self.half(direction);
        half.gap(length, streams, sink);
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        let (half, streams) = self.half(direction);
        half.end(streams, sink);
    }

    fn was_mistaken(&self) -> bool {
        let proven = self.to_server.proven || self.to_client.proven;
        !proven && (self.to_server.mistaken || self.to_client.mistaken)
    }
}

impl Http2 {
    fn half(&mut self, direction: Direction) -> (&mut Half, &mut Streams) {
        match direction {
            Direction::ToServer => (&mut self.to_server, &mut self.streams),
            Direction::ToClient => (&mut self.to_client, &mut self.streams),
        }
    }
}

/// Is this a connection of HTTP/2? The client begins with a preface of 24 bytes, the server with a frame of settings.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    let client = heads.to_server;
    if !client.is_empty() {
        return match (client.starts_with(PREFACE), PREFACE.starts_with(client)) {
            (true, _) => Guess::Yes,
            (_, true) => Guess::More,
            _ => Guess::No,
        };
    }
    match heads.to_client.first_chunk() {
        Some(&[0, high, low, 4, 0, 0, 0, 0, 0]) if u16::from_be_bytes([high, low]).is_multiple_of(6) => Guess::Yes,
        Some(_) => Guess::No,
        None if matches!(heads.to_client, [] | [0, ..]) => Guess::More,
        None => Guess::No,
    }
}
