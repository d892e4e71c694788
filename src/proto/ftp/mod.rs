//! FTP (RFC 959, RFC 1639, RFC 2228, RFC 2428, RFC 3659): the control connection, and a data connection as an object.
//!
//! [`Ftp`] hands out commands and replies as lines, and a record for each command with its replies; the greeting is a
//! record without a command. What PORT, EPRT, LPRT and the answers to PASV, EPSV and LPSV say of a data connection goes to
//! [`Sink::expect`](super::Sink::expect): first as soon as it is known, again when a command says what will flow, and
//! again when the answer tells a name or a length. [`FtpData`] makes an object of such a connection.
//!
//! # What is not handed out
//!
//! What follows PASS, ACCT and ADAT. After AUTH was accepted with 234 (RFC 4217), all goes to
//! [`Sink::raw`](super::Sink::raw).
//!
//! # Limits
//!
//! [`MAX_LINE_BYTES`] of a line are read, the rest only handed out. [`MAX_OUTSTANDING`] commands await their answers;
//! those beyond are told at once, as not answered. [`MAX_REPLY_BYTES`] of the replies to one command are told.

mod address;
mod command;
mod control;
mod data;
mod probe;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;
mod transfer;

pub use super::text::MAX_NAME_BYTES;
pub use control::{Ftp, MAX_OUTSTANDING, MAX_REPLY_BYTES};
pub use data::FtpData;
pub use probe::guess;

use crate::event::record::Layout;

/// Bytes of a command or of a reply's line that are read.
pub const MAX_LINE_BYTES: usize = 512;

/// How a command and its replies look in EVE.
pub static LAYOUT: Layout = Layout {
    name: "ftp",
    keys: &[
        "command",
        "command_data",
        "reply[]",
        "completion_code[]",
        "dynamic_port",
        "mode",
        "reply_received",
        "reply_truncated",
    ],
};
const COMMAND: u8 = 0;
const COMMAND_DATA: u8 = 1;
const REPLY: u8 = 2;
const COMPLETION_CODE: u8 = 3;
const DYNAMIC_PORT: u8 = 4;
const MODE: u8 = 5;
const REPLY_RECEIVED: u8 = 6;
const REPLY_TRUNCATED: u8 = 7;

/// How a data connection looks in EVE.
pub static DATA_LAYOUT: Layout = Layout { name: "ftp_data", keys: &["filename", "command"] };
const FILENAME: u8 = 0;
const DATA_COMMAND: u8 = 1;

/// A server's line is no reply.
const INVALID_REPLY: &str = "ftp.invalid_reply";
/// A command is longer than [`MAX_LINE_BYTES`]. Suricata's name.
const LONG_COMMAND: &str = "ftp.request_command_too_long";
/// A PORT, EPRT or LPRT, or the answer to PASV, EPSV or LPSV, names no address and port.
const BAD_ADDRESS: &str = "ftp.invalid_address";
