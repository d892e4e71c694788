//! TCP streams: bytes in order, from segments in any order, as their receiver reads them.
//!
//! A [`StreamPair`] is a flow's share of the state (112 bytes); a [`Reassembler`]
//! belongs to one worker and has what flows share: the pool of buffers for pieces
//! that arrived before their turn, digests of what was delivered, limits and
//! counters. In-order payload goes to the [`Consumer`] as the slice it arrived in;
//! only what is early is copied. What never comes is delivered as a gap.
//!
//! A segment goes through these files:
//!
//! | | |
//! |---|---|
//! | `reassembler` | checksum, flags, and what the segment says of the other direction |
//! | `handshake` | SYN, SYN-ACK and RST: RFC 9293, RFC 5961 |
//! | `judge` | would the receiver take it: TTL, signature, timestamps, acknowledgement, window |
//! | `doubt` | what it should refuse, until the next packets show whether it did |
//! | `inbox` | early pieces, overlaps by the destination's policy, holes |
//! | `out` | bytes, gaps and ends, and how much of a stream is wanted |
//!
//! Nothing relies on the order in which a tap shows packets. Where a segment can be
//! read in several ways, both readings are kept until an answer decides: two
//! initial numbers of a handshake, data on a SYN, data that should be refused.
//!
//! Time is the caller's; nothing is done behind the back of a packet, so the
//! same packets always give the same deliveries.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod anomaly;
mod counters;
mod doubt;
mod handshake;
mod history;
mod inbox;
mod judge;
mod limits;
mod options;
mod out;
mod policy;
mod pool;
mod reassembler;
mod segment;
mod seq;
mod stream;
mod tree;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use anomaly::{ANOMALY_COUNT, Anomaly};
pub use counters::TcpCounters;
pub use judge::illegal_flags;
pub use limits::{Depth, IllegalFlags, Limits};
pub use options::Options;
pub use out::{Consumer, StreamEnd};
pub use policy::Policy;
pub use reassembler::Reassembler;
pub use segment::{Checksum, Fate, Packet, Placement};
pub use stream::{SessionState, StreamPair, StreamState};
