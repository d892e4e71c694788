//! Forged frames to a port's transmit queue.

use crate::dpdk::port::TxQueue;
use crate::dpdk::{Burst, Mempool};
use crate::kill::Injector;

/// Sends through a transmit queue of the worker's own, from mbufs of a pool that
/// nothing else takes from.
#[derive(Debug)]
pub struct PortInjector {
    queue: TxQueue,
    pool: Mempool,
    burst: Burst,
}

impl PortInjector {
    /// An injector over `queue` with buffers from `pool`.
    #[must_use]
    pub const fn new(queue: TxQueue, pool: Mempool) -> Self {
        Self { queue, pool, burst: Burst::new() }
    }
}

impl Injector for PortInjector {
    fn inject(&mut self, frame: &[u8]) -> bool {
        let Some(mut mbuf) = self.pool.alloc() else { return false };
        if mbuf.fill(frame) != frame.len() || self.burst.push(mbuf).is_err() {
            return false;
        }
        // A reset is worth nothing late, so each goes at once.
        let sent = self.queue.send(&mut self.burst) == 1;
        self.burst.clear();
        sent
    }
}
