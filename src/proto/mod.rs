//! Application protocols: what a connection's bytes mean.
//!
//! One folder a protocol. A parser is fed the slices and gaps of both directions
//! in order, keeps a small fixed state and hands the content on as sub-slices of
//! its input. It neither allocates nor panics, whatever the bytes are.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod cursor;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod dialogues;
mod digits;
pub mod dns;
mod email;
mod expect;
pub mod ftp;
pub mod http1;
pub mod http2;
pub mod imap;
pub mod nfs;
mod parser;
pub mod pop3;
pub mod quic;
mod sink;
pub mod smb;
pub mod smtp;
pub mod ssh;
mod stretches;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
pub(crate) mod testing;
mod text;
pub mod tftp;
pub mod tls;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod told;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod transcript;
pub mod websocket;

pub use expect::{Content, Endpoint, Expected, Port, Transport};
pub use parser::{Guess, HEAD_BYTES, Heads, Parser};
pub use sink::{Object, Part, Sink};
pub use stretches::MAX_STRETCHES_OF_FILE;
