//! POP3 (RFC 1939, RFC 2449, RFC 5034), both directions of one connection, seen in passing.
//!
//! [`Pop3`] hands out commands, answers and listings as lines, each message of RETR and TOP as an object of type
//! `message/rfc822` without the dots that stand before dots, and a record for each command with its answer: that of
//! RETR and TOP when their message is over, with what its header says.
//!
//! # What is not handed out
//!
//! What follows PASS and AUTH and the name of APOP, the lines that continue AUTH, and the challenges. After STLS was accepted
//! (RFC 2595), all goes to [`Sink::raw`](super::Sink::raw).
//!
//! # Holes
//!
//! One within a message stays within its object. If the dot that ends it was lost, the client's next command says that it is
//! over. Of an answer to a command that was lost, `+OK 123 octets` begins a message.
//!
//! # Limits
//!
//! [`MAX_LINE_BYTES`] of a line are read, the rest only handed out; [`MAX_OUTSTANDING`] commands await their answers.

mod command;
mod probe;
mod session;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;

pub use probe::guess;
pub use session::{MAX_OUTSTANDING, Pop3};

use crate::event::record::Layout;

/// Bytes of a command or of an answer's line that are read. RFC 2449 section 4 allows 255 and 512.
pub const MAX_LINE_BYTES: usize = 512;

/// How a command and its answer look in EVE.
pub static LAYOUT: Layout = Layout {
    name: "pop3",
    keys: &[
        "request.command",
        "request.args[]",
        "response.success",
        "response.status",
        "response.header",
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
const COMMAND: u8 = 0;
const ARGS: u8 = 1;
const SUCCESS: u8 = 2;
const STATUS: u8 = 3;
const HEADER: u8 = 4;
/// What the message's header says, see [`Email`](super::email::Email).
const EMAIL: u8 = 5;

/// A server's line is no answer.
const INVALID_REPLY: &str = "pop3.invalid_reply";
/// A command is longer than [`MAX_LINE_BYTES`]. Suricata's name.
const LONG_COMMAND: &str = "pop3.command_too_long";
