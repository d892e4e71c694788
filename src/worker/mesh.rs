//! The mesh: from each worker to each other.
//!
//! Every worker has one inbox, a ring that all others put packets in. One ring a
//! receiver rather than one a pair: with 128 workers there would be 16,256 of
//! them, and each worker would have to look into 127. What the pairs would save,
//! producers getting in each other's way, is rare, since few packets are passed on.
//!
//! A packet that arrived in a buffer goes on in it. One that was put together from
//! fragments is copied to a buffer of 64 KiB from a pool of its own. Packets
//! leave in the order in which the pipeline passed them, by one ring for each
//! receiver: those of a flow that one worker passes on do not overtake each other.
//!
//! What came by the mesh is analysed where it came to, so nothing goes in circles:
//! only a packet that is put together there can go on, and each time it is
//! less a fragment. A full inbox or an empty pool costs the packet, and is counted.

use std::sync::Arc;

use super::forward::Forward;
use super::pipeline::Frame;
use crate::dpdk::ring::{RingReceiver, SharedSender};
use crate::dpdk::{Burst, MAX_BURST, Mbuf, Mempool, Meta, MetaKind};
use crate::steer::Progress;
use crate::steer::Steering;
use crate::wire::Headers;

/// Bytes that a buffer of the mesh holds, the most that DPDK's 16-bit lengths allow.
pub const MESH_ROOM: u16 = u16::MAX;

/// What was passed between workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeshCounters {
    /// Packets put into other workers' inboxes.
    pub passed: u64,
    /// Packets taken from the worker's inbox.
    pub received: u64,
    /// Packets lost because an inbox was full.
    pub inbox_full: u64,
    /// Packets lost because no buffer was free.
    pub no_buffer: u64,
    /// Packets lost because they are longer than a buffer.
    pub oversize: u64,
}

/// A packet on its way out.
#[derive(Debug)]
enum Parcel {
    /// In the burst at hand, with its sidecar to be.
    Arrived(usize, Meta),
    /// In a buffer of the mesh.
    Copy(Mbuf),
}

/// One worker's place in the mesh.
#[derive(Debug)]
pub struct Mesh {
    number: u16,
    steering: Steering,
    /// By worker; its own is never used.
    peers: Vec<SharedSender>,
    inbox: RingReceiver,
    pool: Mempool,
    outbox: Vec<(u16, Parcel)>,
    staging: Burst,
    progress: Arc<Progress>,
    counters: MeshCounters,
}

impl Mesh {
    /// The place of worker `number` among `peers`, each of whose inboxes has a sender here. `pool` has buffers of
    /// [`MESH_ROOM`].
    #[must_use]
    pub fn new(
        number: u16,
        steering: Steering,
        peers: Vec<SharedSender>,
        inbox: RingReceiver,
        pool: Mempool,
        progress: Arc<Progress>,
    ) -> Self {
        // A frame is passed on, or completes a packet that is.
        let outbox = Vec::with_capacity(MAX_BURST);
        let (staging, counters) = (Burst::new(), MeshCounters::default());
        Self { number, steering, peers, inbox, pool, outbox, staging, progress, counters }
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &MeshCounters {
        &self.counters
    }

    /// Takes packets from the inbox; they have their sidecar.
    pub(super) fn receive(&mut self, burst: &mut Burst) -> usize {
        let count = self.inbox.receive(burst);
        self.counters.received = self.counters.received.saturating_add(u64::try_from(count).unwrap_or(0));
        count
    }

    /// Sends what the pipeline passed on while it worked on `burst`, which then no longer has those packets.
    pub(super) fn send(&mut self, burst: &mut Burst) {
        if self.outbox.is_empty() {
            return;
        }
        let mut outbox = std::mem::take(&mut self.outbox);
        let passed = self.counters.passed;
        let mut to = None;
        for (worker, parcel) in outbox.drain(..) {
            if to != Some(worker) || self.staging.room() == 0 {
                self.post(to);
                to = Some(worker);
            }
            match parcel {
                Parcel::Arrived(number, meta) => {
                    burst.set_meta(number, meta);
                    burst.move_to(number, &mut self.staging);
                }
                // There is room: the staging burst was posted when it was full.
                Parcel::Copy(mbuf) => drop(self.staging.push(mbuf)),
            }
        }
        self.post(to);
        burst.forget_moved();
        self.outbox = outbox;
        self.progress.passed(self.counters.passed.wrapping_sub(passed));
    }

    /// Puts what is staged into the inbox of `worker`.
    fn post(&mut self, worker: Option<u16>) {
        let Some(peer) = worker.and_then(|worker| self.peers.get_mut(usize::from(worker))) else { return };
        let sent = u64::try_from(peer.send(&mut self.staging)).unwrap_or(0);
        self.counters.passed = self.counters.passed.saturating_add(sent);
        let left = u64::try_from(self.staging.len()).unwrap_or(0);
        self.counters.inbox_full = self.counters.inbox_full.saturating_add(left);
        self.staging.clear();
    }
}

impl Forward for Mesh {
    fn elsewhere(&self, frame: &[u8], headers: &Headers) -> Option<u16> {
        Some(self.steering.owner(frame, headers)).filter(|owner| *owner != self.number)
    }

    fn pass(&mut self, number: usize, frame: &Frame<'_>, worker: u16) {
        self.outbox.push((worker, Parcel::Arrived(number, meta(frame))));
    }

    fn pass_copy(&mut self, head: &[u8], frame: &Frame<'_>, worker: u16) {
        if head.len().saturating_add(frame.data.len()) > usize::from(MESH_ROOM) {
            self.counters.oversize = self.counters.oversize.saturating_add(1);
            return;
        }
        let Some(mut mbuf) = self.pool.alloc() else {
            self.counters.no_buffer = self.counters.no_buffer.saturating_add(1);
            return;
        };
        mbuf.fill(head);
        mbuf.append(frame.data);
        mbuf.set_meta(meta(frame));
        self.outbox.push((worker, Parcel::Copy(mbuf)));
    }
}

fn meta(frame: &Frame<'_>) -> Meta {
    let Frame { timestamp_ns, clock_ns, wire_len, iface, link, .. } = *frame;
    Meta { timestamp_ns, clock_ns, wire_len, iface, link: link as u8, kind: MetaKind::Packet }
}
