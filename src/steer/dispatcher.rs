//! The dispatcher lcore: software steering for ports that cannot do it.
//!
//! It polls the ports' receive queues, computes the hash a NIC would have, and
//! moves each mbuf (the packet is not copied) to its worker's ring, in arrival
//! order. A worker that does not keep up finds its ring full: the packets that
//! do not fit are dropped and counted, since live traffic does not wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::Steering;
use crate::dpdk::lcore::{self, StopFlag};
use crate::dpdk::port::RxQueue;
use crate::dpdk::ring::RingSender;
use crate::dpdk::{Burst, Clock, DpdkError, MAX_BURST, Mbuf, Mempool, Meta, MetaKind, Views};
use crate::wire::LinkType;

/// Polls between two corrections of the clock, about a second at full load.
const RESYNC_POLLS: u32 = 1 << 20;

/// The dispatcher's counters. Written by the dispatcher, read by the control thread.
#[derive(Debug)]
pub struct DispatcherStats {
    packets: CachePadded<AtomicU64>,
    workers: Box<[WorkerQueue]>,
}

#[derive(Debug, Default)]
struct WorkerQueue {
    sent: CachePadded<AtomicU64>,
    dropped: CachePadded<AtomicU64>,
}

impl DispatcherStats {
    /// Counters for a dispatcher over `workers` rings.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { packets: CachePadded::default(), workers: (0..workers).map(|_| WorkerQueue::default()).collect() }
    }

    /// Packets received.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    /// Packets passed to a worker, and packets dropped because its ring was full.
    #[must_use]
    pub fn worker(&self, number: usize) -> (u64, u64) {
        self.workers
            .get(number)
            .map_or((0, 0), |queue| (queue.sent.load(Ordering::Relaxed), queue.dropped.load(Ordering::Relaxed)))
    }

    /// Packets dropped because a ring was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.workers.iter().map(|queue| queue.dropped.load(Ordering::Relaxed)).sum()
    }
}

/// Adds to a counter that only this thread writes: no locked instruction.
fn add(counter: &AtomicU64, count: usize) {
    let count = u64::try_from(count).unwrap_or(0);
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

/// Software steering over some receive queues.
#[derive(Debug)]
pub struct Dispatcher {
    queues: Vec<(RxQueue, u16)>,
    rings: Vec<(RingSender, Burst)>,
    /// One message a worker, set aside for the end, when the pool may be empty.
    farewells: Vec<Mbuf>,
    steering: Steering,
    stats: Arc<DispatcherStats>,
    burst_size: usize,
}

impl Dispatcher {
    /// A dispatcher from `queues` (each with its interface index) to one ring a
    /// worker. `pool` gives a buffer for each worker's end message.
    ///
    /// # Errors
    /// When the pool has no buffers.
    pub fn new(
        queues: Vec<(RxQueue, u16)>,
        rings: Vec<RingSender>,
        steering: Steering,
        stats: Arc<DispatcherStats>,
        pool: &Mempool,
        burst_size: usize,
    ) -> Result<Self, DpdkError> {
        let farewells: Vec<Mbuf> = rings.iter().filter_map(|_| pool.alloc()).collect();
        if farewells.len() != rings.len() {
            return Err(DpdkError::refusal("the mempool has no buffer for the dispatcher's messages"));
        }
        let rings = rings.into_iter().map(|ring| (ring, Burst::new())).collect();
        let burst_size = burst_size.clamp(1, MAX_BURST);
        Ok(Self { queues, rings, farewells, steering, stats, burst_size })
    }

    /// Polls until `stop` is raised, then tells every worker that the end has come.
    /// While `paused` nothing is polled. With `share` the core is given to others
    /// whenever there is nothing to do.
    pub fn run(mut self, stop: &StopFlag, paused: &AtomicBool, share: bool) {
        let (mut burst, mut views, mut clock) = (Burst::new(), Views::new(), Clock::new());
        let mut polls = 0_u32;
        while !stop.raised() {
            if paused.load(Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_millis(1));
                continue;
            }
            let mut got = 0;
            for at in 0..self.queues.len() {
                let Some((queue, iface)) = self.queues.get_mut(at) else { break };
                let iface = *iface;
                let count = queue.receive(&mut burst, self.burst_size);
                if count != 0 {
                    got += count;
                    self.dispatch(&mut burst, &mut views, iface, clock.now_ns());
                }
            }
            if got == 0 {
                if share {
                    std::thread::yield_now();
                } else {
                    lcore::pause();
                }
            }
            polls = polls.wrapping_add(1);
            if polls.is_multiple_of(RESYNC_POLLS) {
                clock.resync();
            }
        }
        self.farewell(clock.now_ns());
    }

    /// Deals one burst out.
    fn dispatch(&mut self, burst: &mut Burst, views: &mut Views, iface: u16, now_ns: u64) {
        let mut workers = [0_u16; MAX_BURST];
        let mut lengths = [0_u32; MAX_BURST];
        let packets = burst.views(views);
        let count = packets.len();
        for (number, (worker, length)) in workers.iter_mut().zip(&mut lengths).enumerate().take(count) {
            let Some(packet) = packets.get(number) else { break };
            *length = packet.packet_len();
            (*worker, _) = self.steering.frame(LinkType::Ethernet, packet.data(), packet.packet_len());
        }
        for (number, (worker, wire_len)) in workers.iter().zip(&lengths).enumerate().take(count) {
            burst.set_meta(
                number,
                Meta {
                    timestamp_ns: now_ns,
                    clock_ns: now_ns,
                    wire_len: *wire_len,
                    iface,
                    link: LinkType::Ethernet as u8,
                    kind: MetaKind::Packet,
                },
            );
            if let Some((_, batch)) = self.rings.get_mut(usize::from(*worker)) {
                // A batch is empty before every burst and as large as one, so there is room.
                burst.move_to(number, batch);
            }
        }
        burst.forget_moved();
        add(&self.stats.packets, count);
        for ((ring, batch), queue) in self.rings.iter_mut().zip(&self.stats.workers) {
            if !batch.is_empty() {
                add(&queue.sent, ring.send(batch));
                add(&queue.dropped, batch.len());
                batch.clear();
            }
        }
    }

    fn farewell(&mut self, now_ns: u64) {
        for (ring, _) in &mut self.rings {
            let Some(mut mbuf) = self.farewells.pop() else { return };
            mbuf.fill(&[]);
            mbuf.set_meta(Meta::message(MetaKind::End, now_ns));
            let mut waiting = Some(mbuf);
            while let Some(mbuf) = waiting.take() {
                if let Err(back) = ring.send_one(mbuf) {
                    waiting = Some(back);
                    std::thread::yield_now();
                }
            }
        }
    }
}
