//! The replay feeder: a capture's packets to the workers, as a dispatcher would.
//!
//! It computes each packet's steering hash, copies the packet into an mbuf and
//! hands the mbuf to its worker's ring, in capture order. Nothing is dropped: a
//! full ring or an empty pool makes the feeder wait. That ends: the pool has more buffers than
//! rings, batches, bursts and the lcores' caches can keep, and the feeder gives up when it is told to
//! stop, or when a worker is gone.
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
use super::announce::may_announce;
use super::capture::CapturedPacket;
use crate::dpdk::lcore::StopFlag;
use crate::dpdk::ring::RingSender;
use crate::dpdk::{Burst, DpdkError, Eal, MAX_BURST, Mbuf, Mempool, Meta, MetaKind};
use crate::wire::{LinkType, bare_packet};

/// Data room of ordinary mbufs: frames up to it go there.
const SMALL_ROOM: u16 = 2176;
/// Data room of large mbufs, the most that DPDK's 16-bit lengths allow. Longer frames lose their link layer, and are cut
/// to it where that does not help: Linux' loopback interface has an MTU of 65,536.
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
    /// Frames longer than 65,535 bytes even without their link layer, of which the rest was cut off.
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
    /// Sends the whole batch, waiting while the ring is full and until `given_up`. False when some of it is left.
    fn send_all(&mut self, given_up: &StopFlag) -> bool {
        let backoff = Backoff::new();
        while !self.batch.is_empty() {
            let sent = self.ring.send(&mut self.batch);
            self.sent += u64::try_from(sent).unwrap_or(0);
            if sent == 0 {
                if given_up.raised() || self.ring.is_abandoned() {
                    return false;
                }
                backoff.snooze();
            }
        }
        true
    }

    /// Sends a message behind what was sent, unless the worker is gone: a worker that is there takes it.
    fn send_last(&mut self, mut message: Mbuf) {
        let backoff = Backoff::new();
        while let Err(back) = self.ring.send_one(message) {
            if self.ring.is_abandoned() {
                return;
            }
            message = back;
            backoff.snooze();
        }
        self.sent += 1;
    }
}

/// Small mbufs for `workers` rings of `ring` packets: for each a full ring (of those longer than 4,096 packets less: they
/// need not fill), a batch, the burst in the worker's hand and what the worker's cache may keep; and for the feeder
/// its own cache, and a message a worker. What waits in inboxes leaves them without the feeder.
fn small_count(workers: u64, ring: u64) -> u64 {
    // A cache gives back when it holds half as many again as its size.
    let cache = u64::from(CACHE) * 3 / 2;
    workers * (ring.min(4096) + 2 * MAX_BURST as u64 + cache + 1) + cache + MAX_BURST as u64
}

/// Feeds the workers of a replay.
#[derive(Debug)]
pub struct Feeder {
    small: Mempool,
    large: Mempool,
    rings: Vec<Outlet>,
    steering: Steering,
    /// One message a worker, set aside for the end.
    farewells: Vec<Mbuf>,
    stop: StopFlag,
    /// The worker that fragments are being fed to, and how many.
    turn: Option<(u16, u32)>,
    clock_ns: u64,
    counters: FeederCounters,
}

impl Feeder {
    /// A feeder over one ring a worker, each with the worker's progress. `ring` is the rings' capacity. When `stop` is
    /// raised it waits for nothing any more.
    ///
    /// # Errors
    /// When the mempools cannot be had.
    pub fn new(
        eal: &Eal,
        rings: Vec<(RingSender, Arc<Progress>)>,
        steering: Steering,
        ring: u32,
        stop: StopFlag,
    ) -> Result<Self, DpdkError> {
        let workers = u64::try_from(rings.len()).unwrap_or(u64::MAX);
        let count = u32::try_from(small_count(workers, u64::from(ring))).unwrap_or(u32::MAX);
        let small = Mempool::new(eal, "replay_small", count, CACHE, SMALL_ROOM, None)?;
        let large = Mempool::new(eal, "replay_large", LARGE_COUNT, 0, LARGE_ROOM, None)?;
        let outlet = |(ring, progress)| Outlet { ring, batch: Burst::new(), sent: 0, progress };
        let rings: Vec<Outlet> = rings.into_iter().map(outlet).collect();
        let counters = FeederCounters::default();
        let farewells: Vec<Mbuf> = rings.iter().filter_map(|_| small.alloc()).collect();
        Ok(Self { small, large, rings, steering, farewells, stop, turn: None, clock_ns: 0, counters })
    }

    /// Memory that the pools of a feeder need, in bytes.
    #[must_use]
    pub fn memory_bytes(workers: u64, ring: u64) -> u64 {
        small_count(workers, ring) * Mempool::mbuf_bytes(SMALL_ROOM)
            + u64::from(LARGE_COUNT) * Mempool::mbuf_bytes(LARGE_ROOM)
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

    /// Hands one packet to its worker. Told to stop, or with a worker gone, it may throw the packet away instead of
    /// waiting, and then does not count it.
    pub fn feed(&mut self, packet: &CapturedPacket<'_>, iface: u16) {
        let (link, data, wire_len) = fitting(packet);
        let (worker, headers) = self.steering.frame(link, data, wire_len);
        self.take_turn(worker, headers.as_ref().is_some_and(|headers| headers.fragment));
        let Some(mut mbuf) = self.mbuf(data.len() > usize::from(SMALL_ROOM)) else { return };
        self.counters.time_went_back += u64::from(packet.timestamp_ns < self.clock_ns);
        self.clock_ns = self.clock_ns.max(packet.timestamp_ns);
        self.counters.packets += 1;
        self.counters.bytes += u64::from(packet.wire_len);
        let held = mbuf.fill(data);
        self.counters.oversize += u64::from(held < data.len());
        mbuf.set_meta(Meta {
            timestamp_ns: packet.timestamp_ns,
            clock_ns: self.clock_ns,
            wire_len,
            iface,
            link: link as u8,
            kind: MetaKind::Packet,
        });
        if let Some(outlet) = self.rings.get_mut(usize::from(worker)) {
            // There is room, or the feeder has given up: a batch is sent as soon as it is full.
            let _ = outlet.batch.push(mbuf);
            if outlet.batch.len() >= BATCH {
                outlet.send_all(&self.stop);
            }
        }
        // On a wire an answer takes longer to come than a worker to hear of what it answers.
        if self.rings.len() > 1 && headers.is_some_and(|headers| may_announce(data, &headers)) {
            self.rest();
        }
    }

    /// True when a worker is gone, so that what is fed to it is lost; who joins it learns why.
    #[must_use]
    pub fn lost_a_worker(&self) -> bool {
        self.rings.iter().any(|outlet| outlet.ring.is_abandoned())
    }

    /// Nothing is worth waiting for any more.
    fn given_up(&self) -> bool {
        self.stop.raised() || self.lost_a_worker()
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

    /// Sends every worker what was collected for it.
    fn send_all(&mut self) {
        for outlet in &mut self.rings {
            outlet.send_all(&self.stop);
        }
    }

    /// Waits until every worker is done with all that was fed, and with what they passed to each other.
    fn rest(&mut self) {
        self.send_all();
        let backoff = Backoff::new();
        while !Progress::all_quiet(self.rings.iter().map(|outlet| (&*outlet.progress, outlet.sent))) {
            if self.given_up() {
                return;
            }
            backoff.snooze();
        }
    }

    /// Tells every worker that what follows begins at a time of its own: a capture
    /// that starts before the last one ended. Flows are ended, the clock starts anew.
    pub fn restart(&mut self) {
        self.end_turn();
        for worker in 0..self.rings.len() {
            let Some(message) = self.mbuf(false) else { return };
            let message = addressed(message, MetaKind::Flush, self.clock_ns);
            if let Some(outlet) = self.rings.get_mut(worker) {
                let _ = outlet.batch.push(message);
                outlet.send_all(&self.stop);
            }
        }
        self.clock_ns = 0;
    }

    /// Sends what is left and tells every worker that the capture has ended. What a worker has no room for when
    /// the feeder is told to stop is thrown away.
    pub fn finish(mut self) -> FeederCounters {
        self.end_turn();
        self.send_all();
        for (outlet, message) in self.rings.iter_mut().zip(self.farewells.drain(..)) {
            let left = u64::try_from(outlet.batch.len()).unwrap_or(0);
            self.counters.packets = self.counters.packets.saturating_sub(left);
            outlet.batch.clear();
            outlet.send_last(addressed(message, MetaKind::End, self.clock_ns));
        }
        self.counters
    }

    fn end_turn(&mut self) {
        if self.turn.take().is_some() {
            self.rest();
        }
    }

    /// A buffer; `None` when the feeder has given up.
    fn mbuf(&mut self, large: bool) -> Option<Mbuf> {
        let pool = if large { &self.large } else { &self.small };
        pool.alloc().or_else(|| self.wait_for_mbuf(large))
    }

    /// Waits for workers to give buffers back; what was collected is sent first, or they could not.
    #[cold]
    fn wait_for_mbuf(&mut self, large: bool) -> Option<Mbuf> {
        self.send_all();
        let backoff = Backoff::new();
        while !self.given_up() {
            let pool = if large { &self.large } else { &self.small };
            if let Some(mbuf) = pool.alloc() {
                return Some(mbuf);
            }
            backoff.snooze();
        }
        None
    }
}

/// A packet's link type, bytes and length on the wire; without its link layer if it has no room with it.
fn fitting<'a>(packet: &CapturedPacket<'a>) -> (LinkType, &'a [u8], u32) {
    let whole = (packet.link, packet.data, packet.wire_len);
    if packet.data.len() <= usize::from(LARGE_ROOM) {
        return whole;
    }
    bare_packet(packet.link, packet.data).map_or(whole, |bare| {
        let less = u32::try_from(packet.data.len() - bare.len()).unwrap_or(0);
        (LinkType::RawIp, bare, packet.wire_len.saturating_sub(less))
    })
}

/// A message without a frame.
fn addressed(mut mbuf: Mbuf, kind: MetaKind, clock_ns: u64) -> Mbuf {
    mbuf.fill(&[]);
    mbuf.set_meta(Meta::message(kind, clock_ns));
    mbuf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_the_loopback_interface_keeps_its_whole_packet() {
        let mut frame = vec![0; 14 + 65_535];
        frame[12] = 8;
        frame[14] = 0x45;
        fn packet(data: &[u8]) -> CapturedPacket<'_> {
            CapturedPacket { timestamp_ns: 0, wire_len: 65_549, link: LinkType::Ethernet, interface: 0, data }
        }
        assert_eq!(fitting(&packet(&frame)), (LinkType::RawIp, &frame[14..], 65_535));
        // It has room as it is.
        let short = &frame[..65_535];
        assert_eq!(fitting(&packet(short)), (LinkType::Ethernet, short, 65_549));
        // A VLAN tag would be lost, and what is no IP packet is left alone.
        frame[12..18].copy_from_slice(&[0x81, 0, 0, 7, 8, 0]);
        assert_eq!(fitting(&packet(&frame)), (LinkType::Ethernet, frame.as_slice(), 65_549));
        frame[12..14].copy_from_slice(&[8, 6]);
        assert_eq!(fitting(&packet(&frame)), (LinkType::Ethernet, frame.as_slice(), 65_549));
    }
}
