//! SMB 2 and 3 (MS-SMB2) over TCP, both directions of one connection.
//!
//! What is read of files and written to them passes on as objects `smb/file`; nothing of it is kept. Whose bytes they are follows
//! from the requests: a READ is remembered by its message's number until its response comes, a file by its number from
//! when it is opened until it is closed. Which direction requests go is taken from their headers, so that a connection whose
//! beginning was not seen is read all the same.
//!
//! Each NEGOTIATE, SESSION_SETUP, TREE_CONNECT and CREATE makes a record when its response is there, and each CLOSE of a file of which
//! something was read or written. Names of users are told; their proofs of a password are not looked at.
//!
//! # Order
//!
//! Peers have several reads and writes of a file on their way at a time. A piece goes on with the object that ends where it
//! begins. One that is further on begins an object of its own where what is between is still to come (a read that was asked for, a
//! write not 16 MiB ahead), and else leaves a gap. One that was seen before is scanned, and no part of the object.
//!
//! # Holes and giving up
//!
//! A hole in data is one of the object; in a message, what it says is lost; where it takes a frame's length, the next
//! frame is looked for by what it begins with. What cannot be read is scanned as it stands, but what is encrypted.
//!
//! # Compression
//!
//! Messages that are compressed with LZNT1, LZ77 or Pattern_V1 are decompressed, one at a time for both directions. Of others, what is
//! not compressed of them is read, and the rest is a hole.
//!
//! # Limits
//!
//! [`MAX_FILES`] files, [`MAX_STRETCHES_OF_FILE`](super::MAX_STRETCHES_OF_FILE) objects a file and direction, [`MAX_REQUESTS`] requests, [`KEPT`] bytes of a message, 256 of a
//! name.

mod anomaly;
mod fields;
mod files;
mod guess;
mod half;
mod header;
mod layout;
mod message;
mod ntlmssp;
mod pending;
mod talk;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;
mod unpack;

pub use anomaly::Anomaly;
pub use files::MAX_FILES;
pub use guess::guess;
pub use layout::LAYOUT;
pub use message::KEPT;
pub use pending::MAX_REQUESTS;

use super::{Parser, Sink};
use crate::event::Direction;
use half::Half;
use talk::Talk;
use unpack::Unpacker;

/// The SMB state of one connection.
#[derive(Debug)]
pub struct Smb {
    to_server: Half,
    to_client: Half,
    unpackers: [Unpacker; 2],
    talk: Talk,
}

impl Default for Smb {
    fn default() -> Self {
        Self {
            to_server: Half::new(Direction::ToServer),
            to_client: Half::new(Direction::ToClient),
            unpackers: [Unpacker::new(), Unpacker::new()],
            talk: Talk::new(),
        }
    }
}

impl Smb {
    fn half(&mut self, direction: Direction) -> (&mut Half, &mut Unpacker, &mut Talk) {
        let [to_server, to_client] = &mut self.unpackers;
        match direction {
            Direction::ToServer => (&mut self.to_server, to_server, &mut self.talk),
            Direction::ToClient => (&mut self.to_client, to_client, &mut self.talk),
        }
    }
}

impl Parser for Smb {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        let (half, unpacker, talk) = self.half(direction);
        half.push(bytes, unpacker, talk, sink);
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        let (half, unpacker, talk) = self.half(direction);
        half.gap(length, unpacker, talk, sink);
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        let (half, unpacker, talk) = self.half(direction);
        half.end(unpacker, talk, sink);
    }

    fn was_mistaken(&self) -> bool {
        let proven = self.to_server.proven || self.to_client.proven;
        !proven && (self.to_server.mistaken || self.to_client.mistaken)
    }
}
