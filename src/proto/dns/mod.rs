//! DNS over UDP and TCP (RFC 1035): each message is told as a record of its own, as Suricata's EVE version 3 has it.
//!
//! Every byte is handed on as it stands, as raw ones. Multicast DNS and LLMNR have the same messages, and are not told
//! apart.
//!
//! Limits: of a message, the first [`MAX_RECORDS`] questions and records are told; over TCP, what its first
//! [`MAX_MESSAGE_BYTES`] bytes hold. A name has 255 bytes. Where something was left out, `truncated` says so.

mod guess;
mod layout;
mod message;
mod name;
mod names;
mod tcp;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests;
mod udp;

pub use guess::{guess, guess_tcp};
pub use layout::LAYOUT;
pub use message::MAX_RECORDS;
pub use tcp::{DnsTcp, MAX_MESSAGE_BYTES};
pub use udp::Dns;
