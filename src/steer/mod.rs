//! Who owns a packet.
//!
//! Both directions of a connection must meet on one worker. NICs do that with
//! RSS under a symmetric Toeplitz key; for all other sources a dispatcher lcore
//! (or, in replay, the feeder) computes the same hash and hands each mbuf to its
//! worker's ring, in arrival order.

pub mod capture;
mod dispatcher;
mod feeder;
pub mod plan;
pub mod reta;
pub mod toeplitz;

use crate::wire::Headers;
pub use dispatcher::{Dispatcher, DispatcherStats};
pub use feeder::{Feeder, FeederCounters};
pub use reta::Reta;
pub use toeplitz::SymmetricHash;

/// The hash that decides a packet's worker: addresses and ports for TCP and UDP,
/// addresses alone for everything else and for fragments, as NICs do.
#[must_use]
#[inline]
pub fn steering_hash(hash: &SymmetricHash, headers: &Headers) -> u32 {
    let ports = if headers.steers_by_ports() { (headers.src_port, headers.dest_port) } else { (0, 0) };
    hash.hash(&headers.src, &headers.dest, ports)
}
