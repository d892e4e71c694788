//! TCP streams: bytes in order, from segments in any order.
//!
//! A [`StreamPair`] is a flow's share of the state (48 bytes); a [`Reassembler`]
//! belongs to one worker and has what flows share: the pool of buffers for
//! segments that arrived before their turn, limits and counters. In-order
//! payload goes to the [`Consumer`] as the slice it arrived in; only what is
//! early is copied. What never comes is delivered as a gap.
//!
//! Time is the caller's; nothing is done behind the back of a packet, so the
//! same packets always give the same deliveries.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod pool;
mod reassembler;
mod seq;
mod stream;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use reassembler::{Consumer, Limits, Reassembler, TcpCounters};
pub use stream::{SessionState, StreamPair};
