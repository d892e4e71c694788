//! IMAP4 (RFC 3501, RFC 9051), both directions of one connection, seen in passing.
//!
//! [`Imap`] hands out commands and responses as lines, and as objects the literals that carry mail: those of FETCH
//! responses for `RFC822`, `BODY[…]` and `BINARY[…]`, named by their section where they are not the whole message, and
//! those of APPEND and its extensions (RFC 3502, RFC 4469). A record for each command has its tagged response.
//! Other literals are lines of their own. Strings in quotes stay within their lines.
//!
//! Pieces of a message or part that are fetched one after the other are one object, as long as each begins where the last one
//! ended; of those there is one at a time. It ends with a piece that is shorter than was asked for, or with the size that the
//! server says, or where another begins; it is complete if its end was seen.
//!
//! # Literals
//!
//! `{n}`, `{n+}`, `{n-}` and `~{n}` at the end of a line (RFC 7888, RFC 3516). A client waits before it sends one of the first
//! kind; should the server refuse the command, what comes is a command and no literal. One that does not wait may have sent
//! commands in its place: where the command is refused, lines are read again.
//!
//! # What is not handed out
//!
//! What follows LOGIN and AUTHENTICATE, their literals and continuation lines, and challenges. After STARTTLS all goes to
//! [`Sink::raw`], and after COMPRESS (RFC 4978) too, with an anomaly that says so.
//!
//! # Limits
//!
//! [`MAX_LINE_BYTES`] at the beginning of a line are read and [`MAX_TAIL_BYTES`] at its end, where literals are announced.
//! [`MAX_OUTSTANDING`] commands await their responses; those beyond are told at once, without.

mod client;
mod half;
mod literal;
mod partial;
mod probe;
mod server;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;

pub use client::MAX_OUTSTANDING;
pub use half::{MAX_LINE_BYTES, MAX_TAIL_BYTES};
pub use probe::guess;

use super::{Parser, Sink};
use crate::event::Direction;
use crate::event::record::Layout;
use client::Client;
use server::Server;

/// How a command and its response look in EVE, in the way of POP3's.
pub static LAYOUT: Layout = Layout {
    name: "imap",
    keys: &["request.tag", "request.command", "request.args", "response.status", "response.text"],
};
const TAG: u8 = 0;
const COMMAND: u8 = 1;
const ARGS: u8 = 2;
const STATUS: u8 = 3;
const TEXT: u8 = 4;

/// A server's line is no response.
const INVALID_RESPONSE: &str = "imap.invalid_response";
/// What follows is compressed, and not read.
const COMPRESSED: &str = "imap.compressed";

/// One connection. [`Default`] is one of which nothing was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Imap {
    client: Client,
    server: Server,
}

impl Parser for Imap {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => self.client.push(bytes, sink),
            Direction::ToClient => self.server.push(bytes, &mut self.client, sink),
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => self.client.gap(length, sink),
            Direction::ToClient => self.server.gap(length, &self.client, sink),
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => self.client.end(sink),
            Direction::ToClient => self.server.end(&mut self.client, sink),
        }
    }

    fn was_mistaken(&self) -> bool {
        self.server.was_mistaken()
    }
}
