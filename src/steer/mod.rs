//! Who owns a packet.
//!
//! Both directions of a connection must meet on one worker. NICs do that with
//! RSS under a symmetric Toeplitz key; for all other sources a dispatcher lcore
//! (or, in replay, the feeder) computes the same hash and hands each mbuf to its
//! worker's ring, in arrival order.

mod announce;
pub mod capture;
mod dispatcher;
mod feeder;
pub mod plan;
mod progress;
pub mod reta;
pub mod toeplitz;

use crate::wire::{self, Headers, LinkType, Tunnels};
pub use dispatcher::{Dispatcher, DispatcherStats};
pub use feeder::{Feeder, FeederCounters};
pub use progress::Progress;
pub use reta::Reta;
pub use toeplitz::SymmetricHash;

/// Which worker owns a packet: the hash, the table, and what is looked into to
/// find the packet's connection.
#[derive(Clone, Debug)]
pub struct Steering {
    hash: SymmetricHash,
    reta: Reta,
    tunnels: Tunnels,
}

impl Steering {
    /// Steers by the innermost packet that `tunnels` lead to.
    #[must_use]
    pub fn new(reta: Reta, tunnels: Tunnels) -> Self {
        Self { hash: SymmetricHash::new(), reta, tunnels }
    }

    /// The worker of a frame, and what its headers say. A frame that cannot be read belongs to
    /// worker 0, or whoever has hash 0.
    #[must_use]
    #[inline]
    pub fn frame(&self, link: LinkType, frame: &[u8], wire_len: u32) -> (u16, Option<Headers>) {
        let mut headers = Headers::default();
        match wire::parse_into(link, frame, wire_len, false, &self.tunnels, &mut headers) {
            Ok(_) => (self.owner(frame, &headers), Some(headers)),
            Err(_) => (self.reta.worker(0), None),
        }
    }

    /// The worker of a packet with these headers.
    #[must_use]
    #[inline]
    pub fn owner(&self, frame: &[u8], headers: &Headers) -> u16 {
        self.reta.worker(steering_hash(&self.hash, frame, headers))
    }
}

/// The hash that decides a packet's worker: addresses and ports for TCP and UDP,
/// addresses alone for everything else and for fragments, as NICs do. An ICMP
/// error has the hash of the connection that it quotes a packet of.
#[must_use]
#[inline]
pub fn steering_hash(hash: &SymmetricHash, frame: &[u8], headers: &Headers) -> u32 {
    if headers.icmp_error
        && let Some(quote) = wire::quote::of(frame, headers)
    {
        return hash.hash(&quote.src, &quote.dest, (quote.src_port, quote.dest_port));
    }
    let ports = if headers.steers_by_ports() { (headers.src_port, headers.dest_port) } else { (0, 0) };
    hash.hash(&headers.src, &headers.dest, ports)
}
