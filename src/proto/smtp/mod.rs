//! SMTP (RFC 5321) and LMTP (RFC 2033), both directions of one connection, seen in passing.
//!
//! [`Smtp`] hands out commands and replies as lines, each message as an object of type `message/rfc822` with the dots of
//! DATA removed (RFC 5321 section 4.5.2) and the chunks of BDAT joined (RFC 3030), and a record for each message.
//!
//! # Who says what a byte is
//!
//! A client may send several commands before the first is answered (RFC 2920), so replies are matched to commands in
//! their order. A message is taken for one as soon as it begins; should DATA turn out to be refused, its object ends
//! incomplete and commands are read again; so it is with a chunk for a server that knows none, and with TLS. Where bytes were lost, the server's answers say how to go on: 354 that a
//! message begins, an answer to a message in which there was a hole that it is over.
//!
//! # What is not handed out
//!
//! What follows the word AUTH, the lines that continue it, and the challenges (RFC 4954), neither as lines nor in
//! records. After STARTTLS was accepted (RFC 3207), all goes to [`Sink::raw`].
//!
//! # Limits
//!
//! [`MAX_LINE_BYTES`] of a command are read, the rest only handed out; [`MAX_OUTSTANDING`] commands await their answers;
//! [`MAX_RECORD_BYTES`] of addresses are told of a message, and of its header what `email.rs` keeps.

mod client;
mod command;
mod probe;
mod server;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;

pub use client::MAX_RECORD_BYTES;
pub use command::MAX_LINE_BYTES;
pub use probe::guess;

use super::text::Queue;
use super::{Parser, Sink};
use crate::event::Direction;
use crate::event::record::Layout;
use client::Client;
use server::Server;

/// Commands that are remembered until they are answered.
pub const MAX_OUTSTANDING: usize = 64;

/// How a message looks in EVE.
pub static LAYOUT: Layout = Layout {
    name: "smtp",
    keys: &[
        "helo",
        "mail_from",
        "rcpt_to[]",
        "/email.from",
        "/email.to[]",
        "/email.cc[]",
        "/email.subject",
        "/email.date",
        "/email.message_id",
        "/email.x_mailer",
        "/email.status",
        "/email.truncated",
    ],
};
const HELO: u8 = 0;
const MAIL_FROM: u8 = 1;
const RCPT_TO: u8 = 2;
/// What the message's header says, see [`Email`](super::email::Email).
const EMAIL: u8 = 3;

/// A server's line is no reply. Suricata's name.
const INVALID_REPLY: &str = "smtp.invalid_reply";
/// Something came before the answer that decides what it is. Suricata's name.
const INVALID_PIPELINING: &str = "smtp.invalid_pipelined_sequence";
/// A command is longer than [`MAX_LINE_BYTES`]. Suricata's name.
const LONG_COMMAND: &str = "smtp.max_command_line_len_exceeded";
/// A BDAT whose length is no number.
const BAD_CHUNK: &str = "smtp.bdat_invalid_length";
/// Within a message, a line with but a dot whose line ends are not both CRLF: some take it for the end.
const LENIENT_END: &str = "smtp.data_end_without_crlf";

/// What an answer decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Awaited {
    /// Nothing that matters here.
    #[default]
    Other,
    /// Whether a message may begin.
    Data,
    /// Whether the server knows chunks, and has taken their bytes.
    Chunk,
    /// Whether the client goes on to identify itself.
    Auth,
    /// Whether what follows is TLS.
    StartTls,
}

/// One connection. [`Default`] is one of which nothing was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smtp {
    client: Client,
    server: Server,
    outstanding: Queue<Awaited, MAX_OUTSTANDING>,
    mistaken: bool,
}

impl Parser for Smtp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => {
                let replied = self.server.has_replied();
                self.client.push(bytes, replied, &mut self.outstanding, sink);
            }
            Direction::ToClient => self.server.push(bytes, &mut self.client, &mut self.outstanding, sink),
        }
        if !self.mistaken && (self.server.is_hopeless() || self.client.is_hopeless()) {
            self.mistaken = true;
            self.server.give_up();
            self.client.give_up();
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => self.client.gap(length, &mut self.outstanding, sink),
            Direction::ToClient => self.server.gap(length, &mut self.client, &mut self.outstanding, sink),
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer => self.client.end(sink),
            Direction::ToClient => self.server.end(self.client.is_identifying(), sink),
        }
    }

    fn was_mistaken(&self) -> bool {
        self.mistaken
    }
}
