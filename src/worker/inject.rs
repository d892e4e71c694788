//! Forged frames to transmit queues.

use crate::dpdk::port::TxQueue;
use crate::dpdk::{Burst, Mempool};
use crate::kill::Injector;

/// Where resets leave.
#[derive(Debug)]
pub enum Exit {
    /// By one port, wherever the session's packet came from.
    One(TxQueue),
    /// By the port that the packet came from: queues by interface index.
    Same(Vec<TxQueue>),
}

/// Sends through transmit queues of the worker's own, from mbufs of a pool that
/// nothing else takes from.
#[derive(Debug)]
pub struct PortInjector {
    exit: Exit,
    pool: Mempool,
    burst: Burst,
}

impl PortInjector {
    /// An injector over `exit` with buffers from `pool`.
    #[must_use]
    pub const fn new(exit: Exit, pool: Mempool) -> Self {
        Self { exit, pool, burst: Burst::new() }
    }
}

impl Injector for PortInjector {
    fn inject(&mut self, frame: &[u8], iface: u16) -> bool {
        let queue = match &mut self.exit {
            Exit::One(queue) => queue,
            Exit::Same(queues) => match queues.get_mut(usize::from(iface)) {
                Some(queue) => queue,
                None => return false,
            },
        };
        let Some(mut mbuf) = self.pool.alloc() else { return false };
        if mbuf.fill(frame) != frame.len() || self.burst.push(mbuf).is_err() {
            return false;
        }
        // A reset is worth nothing late, so each goes at once.
        let sent = queue.send(&mut self.burst) == 1;
        self.burst.clear();
        sent
    }
}
