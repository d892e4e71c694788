//! A burst of frames through header parsing, flow table, reassembler and inspector.

mod fragments;
mod lifecycle;
mod packet;
mod prepare;
mod unusual;

use std::sync::Arc;

use self::fragments::Fragments;
use self::prepare::{Prepared, Work, prepare};
use super::content::Inspector;
use super::counters::{Counters, Gauges, Snapshot};
use super::forward::{Alone, Forward};
use super::mesh::MeshCounters;
use super::slots::Slots;
use crate::defrag::{self, Defragmenter};
use crate::dpdk::{MAX_BURST, memory};
use crate::event::{EndReason, EventSender};
use crate::flow::{Class, Flow, FlowTable, Timeouts};
use crate::kill::Killer;
use crate::scan::keyword::{HitPool, Matcher};
use crate::tcp::{Limits, Reassembler};
use crate::wire::{LinkType, Tunnels};

/// Flows looked at for their timeout after each burst, so that the work stays bounded.
const EXPIRE_PER_BURST: usize = 32;

/// Incomplete packets looked at for their timeout after each burst.
const FRAGMENTS_PER_BURST: u32 = 32;

/// How far ahead of an eviction its index line is loaded: a memory access takes as long as about four packets.
const VICTIMS_AHEAD: usize = 4;

/// One frame as it comes from a source.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its bytes, as far as captured.
    pub data: &'a [u8],
    /// When it was captured, nanoseconds since the epoch.
    pub timestamp_ns: u64,
    /// The sensor's clock, which never goes back; live it is the same.
    pub clock_ns: u64,
    /// Length on the wire.
    pub wire_len: u32,
    /// Interface index.
    pub iface: u16,
    /// What its first byte means.
    pub link: LinkType,
    /// It spans several buffers, of which `data` is only the first.
    pub split: bool,
    /// How it came to this worker.
    pub origin: Origin,
}

/// How a frame came to its worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// By software that steers by the innermost packet, so it is where it belongs; or there is one worker.
    #[default]
    Steered,
    /// By a NIC that steers by the outermost packet: a tunnelled packet, an ICMP error or a fragment may belong to
    /// another worker.
    Nic,
    /// From another worker, which has counted it and found that it belongs here. It goes no further, unless a packet
    /// that is put together with it belongs to a third one.
    Mesh,
}

impl Frame<'_> {
    /// No frame: what a burst's array holds before it is filled.
    pub const EMPTY: Self = Self {
        data: &[],
        timestamp_ns: 0,
        clock_ns: 0,
        wire_len: 0,
        iface: 0,
        link: LinkType::Ethernet,
        split: false,
        origin: Origin::Steered,
    };
}

/// Sizes and rules of a pipeline.
#[derive(Clone, Debug)]
pub struct PipelineOptions {
    /// Most flows.
    pub flows: u32,
    /// VLAN ids are part of a flow's key.
    pub vlan: bool,
    /// Idle times.
    pub timeouts: Timeouts,
    /// Seed of the flow hash.
    pub seed: u64,
    /// Store for early segments.
    pub tcp: Limits,
    /// Inspect connections whose start was not seen.
    pub midstream: bool,
    /// HTTP parser states.
    pub http_sessions: u32,
    /// Records for flows with keyword hits.
    pub hit_records: u32,
    /// Check IPv4 header checksums.
    pub verify_checksum: bool,
    /// Tunnels to look into.
    pub tunnels: Tunnels,
    /// How much the defragmenter may use.
    pub defrag: defrag::Limits,
    /// By dictionary: its alerts reset the session.
    pub resets: Vec<bool>,
}

/// Scratch space for one burst.
type Prepareds = Box<[Prepared; MAX_BURST]>;

/// The analysis of one worker.
#[derive(Debug)]
pub struct Pipeline {
    table: FlowTable,
    tcp: Reassembler,
    inspector: Inspector,
    options: PipelineOptions,
    /// Lent out while a burst is worked on.
    prepared: Option<Prepareds>,
    /// Lent out while a fragment is.
    fragments: Option<Box<Fragments>>,
    clock_ns: u64,
}

impl Pipeline {
    /// Takes all memory. Call it on the lcore that will run the pipeline, so that
    /// the memory lies on its NUMA node.
    #[must_use]
    pub fn new(options: PipelineOptions, matcher: Arc<Matcher>, killer: Killer, events: EventSender) -> Self {
        let table = FlowTable::new(options.flows, options.timeouts, options.seed);
        let tcp = Reassembler::new(options.tcp);
        let (flows, buckets) = table.memory();
        memory::settle(flows);
        memory::settle(buckets);
        memory::settle(tcp.memory());
        let inspector = Inspector {
            matcher,
            resets: options.resets.clone().into_boxed_slice(),
            hits: HitPool::new(options.hit_records),
            parsers: Slots::new(options.http_sessions),
            killer,
            events,
            counters: Counters::default(),
        };
        let defragmenter = Defragmenter::new(options.defrag.clone());
        let defrag::Memory { descriptors, index, buffers, bitmaps } = defragmenter.memory();
        memory::settle(descriptors);
        memory::settle(index);
        buffers.iter().for_each(|buffers| _ = memory::settle(buffers));
        bitmaps.iter().for_each(|bitmaps| _ = memory::settle(bitmaps));
        let fragments = Some(Box::new(Fragments::new(defragmenter)));
        let prepared = Some(Box::new([Prepared::default(); MAX_BURST]));
        Self { table, tcp, inspector, options, prepared, fragments, clock_ns: 0 }
    }

    /// Takes up to [`MAX_BURST`] frames, in order.
    ///
    /// Three passes over the burst: headers and hash (the index line is loaded
    /// ahead), the likely flow (its lines are loaded ahead), then the work.
    /// Memory latency so overlaps between packets.
    #[inline]
    pub fn burst(&mut self, frames: &[Frame<'_>]) {
        self.burst_among(frames, &mut Alone);
    }

    /// The same for a worker among others: what one of them owns goes to it by `forward`.
    pub fn burst_among(&mut self, frames: &[Frame<'_>], forward: &mut dyn Forward) {
        let Some(mut scratch) = self.prepared.take() else { return };
        for (frame, prepared) in frames.iter().zip(scratch.iter_mut()) {
            prepare(frame, &self.options, &mut self.inspector.counters, prepared);
            if prepared.work == Work::Flow {
                prepared.hash = self.table.hash(&prepared.key);
                if let Some(bucket) = self.table.bucket(prepared.hash) {
                    memory::prefetch(bucket);
                }
            }
        }
        for prepared in scratch.iter_mut().take(frames.len()).filter(|prepared| prepared.work == Work::Flow) {
            prepared.likely = self.table.likely(prepared.hash);
            if let Some(flow) = prepared.likely.and_then(|index| self.table.get(index)) {
                memory::prefetch_lines(flow, size_of::<Flow>() / 64);
            }
        }
        if let Some(prepared) = scratch.get_mut(..frames.len()) {
            self.work(frames, prepared, forward);
        }
        self.inspector.counters.bursts += 1;
        self.prepared = Some(scratch);
    }

    /// Third pass: each packet in its turn. A packet that was put together from fragments comes back here by itself.
    fn work(&mut self, frames: &[Frame<'_>], prepared: &mut [Prepared], forward: &mut dyn Forward) {
        for (number, (frame, prepared)) in frames.iter().zip(prepared).enumerate() {
            self.clock_ns = self.clock_ns.max(frame.clock_ns);
            if prepared.work == Work::Flow || self.unusual(number, frame, prepared, forward) {
                self.packet(frame, prepared);
            }
        }
    }

    /// Ends flows that have been idle for too long at `now_ns`; a bounded number a
    /// call. Returns how many.
    pub fn expire(&mut self, now_ns: u64) -> usize {
        self.clock_ns = self.clock_ns.max(now_ns);
        let mut ended = 0;
        while ended < EXPIRE_PER_BURST {
            let Some(index) = self.table.next_stale(self.clock_ns) else { break };
            self.end(index, EndReason::Timeout);
            ended += 1;
        }
        if let Some(fragments) = &mut self.fragments {
            fragments.defragmenter_mut().expire(self.clock_ns, FRAGMENTS_PER_BURST);
        }
        ended
    }

    /// Ends all flows, because the capture ended or the sensor stops at `now_ns`:
    /// those whose timeout had passed by then as timed out, the others as shut down.
    pub fn flush(&mut self, now_ns: u64) {
        while let Some(index) = self.table.any() {
            let stale = self.table.get(index).is_some_and(|flow| self.table.is_stale(flow, now_ns));
            self.end(index, if stale { EndReason::Timeout } else { EndReason::Shutdown });
        }
        if let Some(fragments) = &mut self.fragments {
            fragments.defragmenter_mut().restart(now_ns);
        }
    }

    /// Ends all flows as [`Pipeline::flush`] does; what follows has a clock of its own.
    pub fn restart(&mut self, now_ns: u64) {
        self.flush(now_ns);
        self.clock_ns = 0;
    }

    /// The flow table, for display.
    #[must_use]
    pub const fn table(&self) -> &FlowTable {
        &self.table
    }

    /// Counts ticks spent on bursts.
    pub fn add_busy_ticks(&mut self, ticks: u64) {
        self.inspector.counters.busy_ticks = self.inspector.counters.busy_ticks.saturating_add(ticks);
    }

    /// The pipeline's own counters.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.inspector.counters
    }

    /// All that the worker counts, now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let class = |class| u64::from(self.table.class_len(class));
        let defragmenter = self.fragments.as_ref().map(|fragments| fragments.defragmenter());
        Snapshot {
            counters: self.inspector.counters.clone(),
            tcp: *self.tcp.counters(),
            hits: *self.inspector.hits.counters(),
            kill: *self.inspector.killer.counters(),
            defrag: defragmenter.map(|defragmenter| *defragmenter.counters()).unwrap_or_default(),
            fragments: defragmenter.map(Defragmenter::held).unwrap_or_default(),
            mesh: MeshCounters::default(),
            gauges: Gauges {
                flows: u64::from(self.table.len()),
                tcp_new: class(Class::TcpNew),
                tcp_established: class(Class::TcpEstablished),
                tcp_closed: class(Class::TcpClosed),
                udp: class(Class::UdpNew) + class(Class::UdpEstablished),
                index_spills: self.table.spilled(),
                segments_held: u64::from(self.tcp.segments_used()),
                http: u64::try_from(self.inspector.parsers.used()).unwrap_or(u64::MAX),
                hit_records: u64::from(self.inspector.hits.used()),
                events_sent: self.inspector.events.sent(),
                events_dropped: self.inspector.events.dropped(),
            },
        }
    }
}
