//! Application protocols: what a connection's bytes mean.
//!
//! One folder a protocol. A parser is fed the slices and gaps of both directions
//! in order, keeps a small fixed state and hands the content on as sub-slices of
//! its input. It neither allocates nor panics, whatever the bytes are.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod cursor;
mod digits;
pub mod dns;
pub mod http1;
mod parser;
pub mod quic;
mod sink;
pub mod ssh;
pub mod tls;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod told;

pub use parser::{Guess, HEAD_BYTES, Heads, Parser};
pub use sink::{Object, Sink};
