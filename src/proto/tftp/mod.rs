//! TFTP (RFC 1350, RFC 2347 to 2349): a file in numbered blocks, over UDP.
//!
//! A request goes to the server's known port, and the server answers from another. So [`Tftp`] announces the transfer to
//! [`Sink::expect`](super::Sink::expect) when it sees a request, and [`Tftp::expected`] reads the blocks where they come; a
//! server that answers from the known port is read as well. Each [`push`](super::Parser::push) is a datagram.
//!
//! Blocks are the object `tftp/file`, in the order in which their receiver takes them. One that it passes over, for it comes
//! again or before its turn (RFC 7440 section 4), goes to [`Sink::raw`](super::Sink::raw), as does all else that is no part of the
//! file. Where the receiver acknowledges blocks that were not seen there is a gap. The object is complete when a block came
//! that is not full, and none was missing. Text of the mode `netascii` is handed out with its line ends as they are sent.
//! A record tells of each request.
//!
//! Limits: a transfer that is picked up after its request is not recognised, for a block has no mark of its own; where a
//! block was lost and acknowledgements are not seen either, the rest of the file is raw;
//! [`MAX_NAME_BYTES`] of the name are kept.

mod packet;
mod probe;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;
mod transfer;

pub use super::text::MAX_NAME_BYTES;
pub use probe::guess;
pub use transfer::Tftp;

use crate::event::record::Layout;

/// How a request looks in EVE.
pub static LAYOUT: Layout = Layout { name: "tftp", keys: &["packet", "file", "mode"] };
const PACKET: u8 = 0;
const FILE: u8 = 1;
const MODE: u8 = 2;

/// A datagram is none of the six kinds.
const INVALID_PACKET: &str = "tftp.invalid_packet";
