//! The replay feeder: a capture's packets to the workers, as a dispatcher would.
//!
//! It computes each packet's steering hash, copies the packet into an mbuf and
//! hands the mbuf to its worker's ring, in capture order. Nothing is dropped: a
//! full ring or an empty pool makes the feeder wait.
//!
//! Fragments are put together by the worker of their address pair, and the packet
//! may belong to another. So that it has the same place among that one's packets
//! in every run, the feeder lets all workers come to rest before a fragment and
//! after it. Fragments in a row that go to one worker are one such turn, up to
//! `MAX_TURN`, which inboxes and buffers of the mesh have room for.

use std::sync::Arc;

use crossbeam_utils::Backoff;

use super::Progress;
use super::Steering;
use super::capture::CapturedPacket;
use crate::dpdk::ring::RingSender;
use crate::dpdk::{Burst, DpdkError, Eal, Mbuf, Mempool, Meta, MetaKind};

/// Data room of ordinary mbufs: frames up to it go there.
const SMALL_ROOM: u16 = 2176;
/// Data room of large mbufs, the most that DPDK's 16-bit lengths allow. Longer frames are cut to it.
const LARGE_ROOM: u16 = u16::MAX;
/// Small mbufs that an lcore keeps at hand; its cache may come to hold half as many again before they go back.
const CACHE: u32 = 256;
/// Packets collected for a worker before they go to its ring together.
const BATCH: usize = 32;
/// Most fragments in a row that are fed without a rest; no inbox and no pool of the mesh is smaller than twice that.
const MAX_TURN: u32 = 32;
/// Large mbufs; captures have few frames that need them.
const LARGE_COUNT: u32 = 511;

/// What the feeder counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeederCounters {
    /// Packets handed to workers.
    pub packets: u64,
    /// Bytes of them on the wire.
    pub bytes: u64,
    /// Frames longer than 65,535 bytes, of which the rest was cut off.
    pub oversize: u64,
    /// Timestamps before an earlier packet's; the sensor's clock stood still meanwhile.
    pub time_went_back: u64,
}

/// The way to one worker.
#[derive(Debug)]
struct Outlet {
    ring: RingSender,
    batch: Burst,
    /// Packets that went into the ring.
    sent: u64,
    progress: Arc<Progress>,
}

impl Outlet {
    /// Sends the whole batch, waiting while the ring is full.
    fn send_all(&mut self) {
        let backoff = Backoff::new();
        while !self.batch.is_empty() {
            let sent = self.ring.send(&mut self.batch);
            self.sent += u64::try_from(sent).unwrap_or(0);
            if sent == 0 {
                backoff.snooze();
            }
        }
    }
}

/// Feeds the workers of a replay.
#[derive(Debug)]
pub struct Feeder {
    small: Mempool,
    large: Mempool,
    rings: Vec<Outlet>,
    steering: Steering,
    /// The worker that fragments are being fed to, and how many.
    turn: Option<(u16, u32)>,
    clock_ns: u64,
    counters: FeederCounters,
}

impl Feeder {
    /// A feeder over one ring a worker, each with the worker's progress. `ring` is the rings' capacity.
    ///
    /// # Errors
    /// When the mempools cannot be had.
    pub fn new(
        eal: &Eal,
        rings: Vec<(RingSender, Arc<Progress>)>,
        steering: Steering,
        ring: u32,
    ) -> Result<Self, DpdkError> {
        // Every ring may be full while every worker has a burst in hand and as many buffers in its cache as that holds,
        // and every batch is collected.
        let workers = u32::try_from(rings.len()).unwrap_or(u32::MAX);
        let count = workers.saturating_mul(ring.min(4096) + 128 + 2 * CACHE).saturating_add(1023);
        let small = Mempool::new(eal, "replay_small", count, CACHE, SMALL_ROOM, None)?;
        let large = Mempool::new(eal, "replay_large", LARGE_COUNT, 0, LARGE_ROOM, None)?;
        let outlet = |(ring, progress)| Outlet { ring, batch: Burst::new(), sent: 0, progress };
        let rings = rings.into_iter().map(outlet).collect();
        let counters = FeederCounters::default();
        Ok(Self { small, large, rings, steering, turn: None, clock_ns: 0, counters })
    }

    /// Memory that the pools of a feeder need, in bytes.
    #[must_use]
    pub fn memory_bytes(workers: u64, ring: u64) -> u64 {
        const PER_MBUF: u64 = 192;
        let small = workers * (ring.min(4096) + 128 + 2 * u64::from(CACHE)) + 1023;
        small * (u64::from(SMALL_ROOM) + PER_MBUF) + u64::from(LARGE_COUNT) * (u64::from(LARGE_ROOM) + PER_MBUF)
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &FeederCounters {
        &self.counters
    }

    /// The sensor's clock: the latest timestamp so far.
    #[must_use]
    pub const fn clock_ns(&self) -> u64 {
        self.clock_ns
    }

    /// Hands one packet to its worker.
    pub fn feed(&mut self, packet: &CapturedPacket<'_>, iface: u16) {
        let (worker, headers) = self.steering.frame(packet.link, packet.data, packet.wire_len);
        self.take_turn(worker, headers.is_some_and(|headers| headers.fragment));
        self.counters.time_went_back += u64::from(packet.timestamp_ns < self.clock_ns);
        self.clock_ns = self.clock_ns.max(packet.timestamp_ns);
        self.counters.packets += 1;
        self.counters.bytes += u64::from(packet.wire_len);
        let room = usize::from(SMALL_ROOM);
        let pool = if packet.data.len() <= room { &self.small } else { &self.large };
        let mut mbuf = match pool.alloc() {
            Some(mbuf) => mbuf,
            None => self.wait_for_mbuf(packet.data.len() > room),
        };
        let held = mbuf.fill(packet.data);
        self.counters.oversize += u64::from(held < packet.data.len());
        mbuf.set_meta(Meta {
            timestamp_ns: packet.timestamp_ns,
            clock_ns: self.clock_ns,
            wire_len: packet.wire_len,
            iface,
            link: packet.link as u8,
            kind: MetaKind::Packet,
        });
        if let Some(outlet) = self.rings.get_mut(usize::from(worker)) {
            // There is room: a batch is sent as soon as it is full.
            let _ = outlet.batch.push(mbuf);
            if outlet.batch.len() >= BATCH {
                outlet.send_all();
            }
        }
    }

    /// Lets the workers come to rest where fragments begin, and where something else follows them.
    fn take_turn(&mut self, worker: u16, fragment: bool) {
        self.turn = match self.turn {
            None if !fragment || self.rings.len() == 1 => return,
            Some((same, count)) if fragment && same == worker && count < MAX_TURN => Some((worker, count + 1)),
            _ => {
                self.rest();
                fragment.then_some((worker, 1))
            }
        };
    }

    /// Waits until every worker is done with all that was fed, and with what they passed to each other.
    fn rest(&mut self) {
        for outlet in &mut self.rings {
            outlet.send_all();
        }
        let backoff = Backoff::new();
        while !Progress::all_quiet(self.rings.iter().map(|outlet| (&*outlet.progress, outlet.sent))) {
            backoff.snooze();
        }
    }

    /// Tells every worker that what follows begins at a time of its own: a capture
    /// that starts before the last one ended. Flows are ended, the clock starts anew.
    pub fn restart(&mut self) {
        self.tell(MetaKind::Flush);
        self.clock_ns = 0;
    }

    /// Tells every worker that the capture has ended, and sends what is left.
    pub fn finish(mut self) -> FeederCounters {
        self.tell(MetaKind::End);
        self.counters
    }

    fn tell(&mut self, kind: MetaKind) {
        if self.turn.take().is_some() {
            self.rest();
        }
        for worker in 0..self.rings.len() {
            let mut mbuf = match self.small.alloc() {
                Some(mbuf) => mbuf,
                None => self.wait_for_mbuf(false),
            };
            mbuf.fill(&[]);
            mbuf.set_meta(Meta::message(kind, self.clock_ns));
            if let Some(outlet) = self.rings.get_mut(worker) {
                let _ = outlet.batch.push(mbuf);
                outlet.send_all();
            }
        }
    }

    /// Waits for workers to give buffers back; what was collected is sent first, or they could not.
    #[cold]
    fn wait_for_mbuf(&mut self, large: bool) -> Mbuf {
        for outlet in &mut self.rings {
            outlet.send_all();
        }
        let pool = if large { &self.large } else { &self.small };
        let backoff = Backoff::new();
        loop {
            if let Some(mbuf) = pool.alloc() {
                return mbuf;
            }
            backoff.snooze();
        }
    }
}
