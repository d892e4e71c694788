//! The polling loop of one worker lcore.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::counters::Published;
use super::handover::Handover;
use super::mailbox::{Mailbox, TopScan};
use super::mesh::Mesh;
use super::pipeline::{Frame, Origin, Pipeline};
use crate::dpdk::lcore::{self, StopFlag};
use crate::dpdk::port::RxQueue;
use crate::dpdk::ring::RingReceiver;
use crate::dpdk::{Burst, Clock, MAX_BURST, MetaKind, PacketView, Views};
use crate::steer::Progress;
use crate::wire::LinkType;

/// Polls between two housekeepings; at full load about a millisecond.
const HOUSEKEEPING_POLLS: u32 = 256;
/// How often the clock follows the system's, in housekeepings.
const RESYNC_EVERY: u32 = 1024;

/// What an lcore does when there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Polls on: the core is its own.
    Poll,
    /// Gives the core to others that share it.
    Yield,
}

/// Where a worker's packets come from.
#[derive(Debug, Default)]
pub struct Sources {
    /// Receive queues of ports that steer by RSS, with the interface index of each.
    pub queues: Vec<(RxQueue, u16)>,
    /// The work queue from a dispatcher or feeder.
    pub ring: Option<RingReceiver>,
    /// The way to and from other workers; `None` when there are none.
    pub mesh: Option<Mesh>,
    /// The clock on the wall is the sensor's: flows time out while nothing arrives. In
    /// a replay the clock is the packets'.
    pub live: bool,
}

/// What the control thread and a worker share. Each field has one writer.
#[derive(Debug)]
pub struct WorkerControl {
    /// Written by control: end.
    pub stop: StopFlag,
    /// Written by control: do not poll for now.
    pub paused: Arc<AtomicBool>,
    /// Written by the worker: its tables are there, and it polls.
    pub ready: AtomicBool,
    /// Written by the worker's housekeeping: its counters.
    pub published: Published,
    /// Written by the worker: how far it has come.
    pub progress: Arc<Progress>,
    /// Questions and answers.
    pub mailbox: Mailbox,
    /// New settings, and old ones.
    pub settings: Handover,
}

impl WorkerControl {
    /// Shared state of one worker.
    #[must_use]
    pub fn new(stop: StopFlag, paused: Arc<AtomicBool>) -> Self {
        let ready = AtomicBool::new(false);
        let progress = Arc::new(Progress::default());
        let (mailbox, settings) = (Mailbox::default(), Handover::default());
        Self { stop, paused, ready, published: Published::new(), progress, mailbox, settings }
    }
}

/// A worker: sources, pipeline, and what it shares with control.
#[derive(Debug)]
pub struct Worker {
    pipeline: Pipeline,
    sources: Sources,
    control: Arc<WorkerControl>,
    burst_size: usize,
    idle: Idle,
}

impl Worker {
    /// A worker ready to [`Worker::run`].
    #[must_use]
    pub fn new(
        pipeline: Pipeline,
        sources: Sources,
        control: Arc<WorkerControl>,
        burst_size: usize,
        idle: Idle,
    ) -> Self {
        Self { pipeline, sources, control, burst_size: burst_size.clamp(1, MAX_BURST), idle }
    }

    /// Polls until the feeder's end has come, or, without a ring, until told to
    /// stop. All flows are flushed and the counters published then.
    pub fn run(mut self) {
        let mut burst = Burst::new();
        let mut views = Views::new();
        let mut clock = Clock::new();
        let mut top = TopScan::new();
        let (mut polls, mut rounds) = (0_u32, 0_u32);
        self.control.ready.store(true, Ordering::Release);
        let live = self.sources.live;
        let flushed_at = loop {
            if self.control.paused.load(Ordering::Relaxed) && !self.control.stop.raised() {
                self.reload();
                self.publish();
                std::thread::sleep(std::time::Duration::from_millis(1));
                continue;
            }
            let mut got = 0;
            for at in 0..self.sources.queues.len() {
                let Some((queue, iface)) = self.sources.queues.get_mut(at) else { break };
                let iface = *iface;
                let count = queue.receive(&mut burst, self.burst_size);
                if count != 0 {
                    got += count;
                    self.take_queue(&mut burst, &mut views, iface, clock.now_ns());
                }
            }
            if let Some(ring) = &mut self.sources.ring {
                let count = ring.receive(&mut burst);
                if count != 0 {
                    got += count;
                    if let Some(end_ns) = self.take_ring(&mut burst, &mut views) {
                        break end_ns;
                    }
                }
            } else if self.control.stop.raised() {
                break clock.now_ns();
            }
            got += self.take_inbox(&mut burst, &mut views);
            got += usize::from(self.pipeline.take_parts());
            polls += 1;
            if polls >= HOUSEKEEPING_POLLS {
                polls = 0;
                rounds = rounds.wrapping_add(1);
                if rounds.is_multiple_of(RESYNC_EVERY) {
                    clock.resync();
                }
                if live {
                    self.pipeline.expire(clock.now_ns());
                }
                self.pipeline.take_answers();
                self.pipeline.go_on_with_parts();
                self.reload();
                self.publish();
                top.step(&self.control.mailbox, self.pipeline.table());
            }
            if got == 0 {
                // Where cores are shared, 256 polls may take long.
                self.reload();
                top.step(&self.control.mailbox, self.pipeline.table());
                if self.pipeline.take_answers() | self.pipeline.go_on_with_parts() {
                    continue;
                }
                match self.idle {
                    Idle::Poll => lcore::pause(),
                    Idle::Yield => std::thread::yield_now(),
                }
            }
        };
        // What others had passed on by now still belongs to the flows that end here.
        while self.take_inbox(&mut burst, &mut views) != 0 {}
        self.pipeline.flush(flushed_at);
        // Who has the objects is replaced when its time is over, so this ends.
        while self.pipeline.awaits_answers() {
            if !self.pipeline.take_answers() {
                std::thread::yield_now();
            }
        }
        self.publish();
    }

    /// Frames straight from a receive queue: their time is now.
    fn take_queue(&mut self, burst: &mut Burst, views: &mut Views, iface: u16, now_ns: u64) {
        let start = Clock::ticks();
        let packets = burst.views(views);
        let mut frames = [Frame::EMPTY; MAX_BURST];
        for (number, place) in frames.iter_mut().enumerate().take(packets.len()) {
            let Some(packet) = packets.get(number) else { break };
            *place = Frame {
                data: packet.data(),
                timestamp_ns: now_ns,
                clock_ns: now_ns,
                wire_len: packet.packet_len(),
                iface,
                link: LinkType::Ethernet,
                split: packet.segments() > 1,
                l4_checksum: packet.l4_checksum(),
                origin: Origin::Nic,
            };
        }
        self.work(frames.get(..packets.len()).unwrap_or(&[]));
        self.send(burst);
        burst.clear();
        self.pipeline.add_busy_ticks(Clock::ticks().wrapping_sub(start));
    }

    /// Frames from the work queue, which carry their time. Returns the end time
    /// when the end is among them.
    fn take_ring(&mut self, burst: &mut Burst, views: &mut Views) -> Option<u64> {
        let start = Clock::ticks();
        let packets = burst.views(views);
        let mut frames = [Frame::EMPTY; MAX_BURST];
        let (mut count, mut end, mut clock_ns) = (0, None, 0);
        for number in 0..packets.len() {
            let Some(packet) = packets.get(number) else { break };
            let meta = packet.meta();
            clock_ns = meta.clock_ns.max(clock_ns);
            match meta.kind {
                MetaKind::Packet => {
                    if let Some(place) = frames.get_mut(count) {
                        *place = frame_of(&packet, Origin::Steered);
                        count += 1;
                    }
                }
                MetaKind::Flush => {
                    self.work(frames.get(..count).unwrap_or(&[]));
                    self.pipeline.restart(meta.clock_ns);
                    (count, clock_ns) = (0, 0);
                }
                MetaKind::End => end = Some(meta.clock_ns),
            }
        }
        self.work(frames.get(..count).unwrap_or(&[]));
        self.pipeline.expire(clock_ns);
        let taken = packets.len();
        self.send(burst);
        burst.clear();
        self.control.progress.taken(taken);
        self.pipeline.add_busy_ticks(Clock::ticks().wrapping_sub(start));
        end
    }

    /// Packets that other workers passed on. Returns how many.
    fn take_inbox(&mut self, burst: &mut Burst, views: &mut Views) -> usize {
        let Some(mesh) = &mut self.sources.mesh else { return 0 };
        let count = mesh.receive(burst);
        if count == 0 {
            return 0;
        }
        let start = Clock::ticks();
        let packets = burst.views(views);
        let mut frames = [Frame::EMPTY; MAX_BURST];
        for (number, place) in frames.iter_mut().enumerate().take(packets.len()) {
            let Some(packet) = packets.get(number) else { break };
            *place = frame_of(&packet, Origin::Mesh);
        }
        self.work(frames.get(..packets.len()).unwrap_or(&[]));
        self.send(burst);
        burst.clear();
        self.control.progress.received(count);
        self.pipeline.add_busy_ticks(Clock::ticks().wrapping_sub(start));
        count
    }

    fn work(&mut self, frames: &[Frame<'_>]) {
        match &mut self.sources.mesh {
            Some(mesh) => self.pipeline.burst_among(frames, mesh),
            None => self.pipeline.burst(frames),
        }
    }

    /// Sends on what belongs to other workers.
    fn send(&mut self, burst: &mut Burst) {
        if let Some(mesh) = &mut self.sources.mesh {
            mesh.send(burst);
        }
    }

    /// Takes new settings, if there are any, and does what is left to do of the last ones.
    fn reload(&mut self) {
        self.control.settings.exchange(&mut self.pipeline);
        self.pipeline.renew_flows();
    }

    fn publish(&self) {
        let mut snapshot = self.pipeline.snapshot();
        if let Some(mesh) = &self.sources.mesh {
            snapshot.mesh = *mesh.counters();
        }
        self.control.published.publish(&snapshot);
    }
}

/// The frame of a packet whose sidecar a dispatcher or feeder has filled.
fn frame_of<'burst>(packet: &PacketView<'burst>, origin: Origin) -> Frame<'burst> {
    let meta = packet.meta();
    Frame {
        data: packet.data(),
        timestamp_ns: meta.timestamp_ns,
        clock_ns: meta.clock_ns,
        wire_len: meta.wire_len,
        iface: meta.iface,
        link: LinkType::from_code(meta.link).unwrap_or_default(),
        split: packet.segments() > 1,
        l4_checksum: packet.l4_checksum(),
        origin,
    }
}
