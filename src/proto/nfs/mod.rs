//! NFS version 3 (RFC 1813) over TCP and UDP, both directions of one connection.
//!
//! What is read of files and written to them passes on as objects `nfs/file`; nothing of it is kept. Names come from the calls
//! that look a file up or make it, whose replies say its handle; whose bytes a READ's reply has, from the call of its number.
//! Which direction calls go is taken from the messages.
//!
//! Calls that name a file make a record when their reply is there, and so do the first READ and WRITE of an object.
//!
//! # When a file ends
//!
//! Nothing closes a file. An object that is read ends with the file's last byte, which the server marks; one that is
//! written when it is committed and has all the bytes that the server says the file has. Others end with the connection, or when the file was
//! the one not used for longest of those that are remembered.
//!
//! # Order, holes and giving up
//!
//! As in [SMB](super::smb). What is of another version, or protected by RPCSEC_GSS, is scanned as it stands.
//!
//! # Limits
//!
//! [`MAX_FILES`] files, [`MAX_STRETCHES_OF_FILE`](super::MAX_STRETCHES_OF_FILE) objects a file and direction, [`MAX_CALLS`] calls, [`KEPT`] bytes of a
//! message, 255 of a name.

mod anomaly;
mod call;
mod files;
mod guess;
mod half;
mod layout;
mod messages;
mod pending;
mod talk;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;
mod xdr;

pub use anomaly::Anomaly;
pub use files::MAX_FILES;
pub use guess::{guess_tcp, guess_udp};
pub use layout::LAYOUT;
pub use messages::KEPT;
pub use pending::MAX_CALLS;

use super::{Parser, Sink};
use crate::event::Direction;
use half::Half;
use messages::Messages;
use talk::Talk;

/// The NFS state of one connection over TCP.
#[derive(Clone, Copy, Debug)]
pub struct Nfs {
    to_server: Half,
    to_client: Half,
    talk: Talk,
}

impl Default for Nfs {
    fn default() -> Self {
        Self { to_server: Half::new(Direction::ToServer), to_client: Half::new(Direction::ToClient), talk: Talk::new() }
    }
}

impl Nfs {
    fn half(&mut self, direction: Direction) -> (&mut Half, &mut Talk) {
        match direction {
            Direction::ToServer => (&mut self.to_server, &mut self.talk),
            Direction::ToClient => (&mut self.to_client, &mut self.talk),
        }
    }
}

impl Parser for Nfs {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        let (half, talk) = self.half(direction);
        half.push(bytes, talk, sink);
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        let (half, talk) = self.half(direction);
        half.gap(length, talk, sink);
    }

    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink) {
        let (half, talk) = self.half(direction);
        half.end(in_order, talk, sink);
    }

    fn was_mistaken(&self) -> bool {
        !self.talk.proven && (self.to_server.mistaken || self.to_client.mistaken)
    }
}

/// The NFS state of one flow over UDP: a datagram is a message.
#[derive(Clone, Copy, Debug)]
pub struct NfsUdp {
    messages: [Messages; 2],
    talk: Talk,
}

impl Default for NfsUdp {
    fn default() -> Self {
        Self { messages: [Direction::ToServer, Direction::ToClient].map(Messages::new), talk: Talk::new() }
    }
}

impl Parser for NfsUdp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        self.talk.files.stretches.sweep(direction, sink);
        let Some(messages) = self.messages.get_mut(direction.index()) else { return };
        messages.begin();
        messages.push(bytes, &mut self.talk, sink);
        messages.end(&mut self.talk, sink);
    }

    fn gap(&mut self, direction: Direction, _length: u64, _sink: &mut dyn Sink) {
        self.talk.files.stretches.lose(direction);
    }

    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink) {
        self.talk.files.stretches.sweep(direction, sink);
        self.talk.files.end(direction, in_order, sink);
    }
}
