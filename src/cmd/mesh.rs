//! The mesh between workers: inboxes, and pools for what was put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::output::Failure;
use crate::config::Config;
use crate::dpdk::ring::{self, RingReceiver, SharedSender};
use crate::dpdk::{DpdkError, Eal, Mempool};
use crate::steer::{Progress, Steering};
use crate::worker::{MESH_ROOM, Mesh};

/// Memory that a mesh takes, in bytes: a ring's place is a pointer, and there is a pool a NUMA node.
pub(super) fn memory_bytes(config: &Config, workers: u64, nodes: u64) -> u64 {
    if workers < 2 {
        return 0;
    }
    workers * u64::from(config.worker.inbox) * 16
        + nodes * u64::from(config.worker.mesh_buffers) * Mempool::mbuf_bytes(MESH_ROOM)
}

/// What the mesh is made of, before the workers have their parts of it.
pub(super) struct MeshParts {
    steering: Steering,
    inboxes: Vec<SharedSender>,
    receivers: std::vec::IntoIter<RingReceiver>,
    pools: BTreeMap<Option<u32>, Mempool>,
}

impl MeshParts {
    /// Inboxes and pools for workers on these NUMA nodes (`None`: any); nothing for one worker alone.
    pub(super) fn new(
        eal: &Eal,
        config: &Config,
        steering: &Steering,
        sockets: &[Option<u32>],
    ) -> Result<Self, DpdkError> {
        let (mut inboxes, mut receivers, mut pools) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (number, socket) in sockets.iter().enumerate().filter(|_| sockets.len() > 1) {
            let (sender, receiver) =
                ring::shared_channel(eal, &format!("inbox_{number}"), config.worker.inbox, *socket)?;
            inboxes.push(sender);
            receivers.push(receiver);
            if !pools.contains_key(socket) {
                let name = format!("mesh_{}", socket.unwrap_or(0));
                // No cache: what one lcore takes another gives back, and would keep.
                let pool = Mempool::new(eal, &name, config.worker.mesh_buffers, 0, MESH_ROOM, *socket)?;
                pools.insert(*socket, pool);
            }
        }
        Ok(Self { steering: steering.clone(), inboxes, receivers: receivers.into_iter(), pools })
    }

    /// The part of worker `number`, to be asked for in order; `None` for one worker alone.
    pub(super) fn next(
        &mut self,
        number: usize,
        socket: Option<u32>,
        progress: &Arc<Progress>,
    ) -> Result<Option<Mesh>, Failure> {
        let Some(inbox) = self.receivers.next() else { return Ok(None) };
        let pool =
            self.pools.get(&socket).ok_or_else(|| anyhow::anyhow!("no mesh buffers for NUMA node {socket:?}"))?;
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let (steering, peers) = (self.steering.clone(), self.inboxes.clone());
        Ok(Some(Mesh::new(number, steering, peers, inbox, pool.clone(), Arc::clone(progress))))
    }

    /// The pools by name, for display.
    pub(super) fn named(&self) -> impl Iterator<Item = (String, Mempool)> {
        self.pools.iter().map(|(socket, pool)| (format!("mesh_{}", socket.unwrap_or(0)), pool.clone()))
    }
}
