//! A burst of frames through header parsing, flow table, reassembler and inspector.

mod checksum;
mod fragments;
mod half_open;
mod lifecycle;
mod overload;
mod packet;
mod prepare;
mod reload;
mod sessionless;
mod unusual;

use std::sync::Arc;

pub use self::checksum::TcpChecksums;
use self::fragments::Fragments;
pub use self::overload::OverloadPolicy;
use self::prepare::{Prepared, Work, prepare};
use super::content::{Answers, Desk, Expectations, Inspector, Membership, ObjectLimits, Objects, Protocols, Sessions};
use super::counters::{Counters, Gauges, Snapshot};
use super::forward::{Alone, Forward};
use super::keep::FileKeeper;
use super::mesh::MeshCounters;
use super::slots::Slots;
use super::tap::StreamTap;
use crate::defrag::{self, Defragmenter};
use crate::dpdk::{MAX_BURST, memory};
use crate::event::{Direction, EndReason, EventSender, FIRST_CONFIGURATION};
use crate::extractor::Point;
use crate::flow::{Capacity, Class, Flow, FlowIndex, FlowTable, Found, HalfOpen, Onset, Pressure, Timeouts};
use crate::kill::Killer;
use crate::scan::keyword::{Dictionaries, HitPool, Matcher};
use crate::tcp::{Limits, Placement, Reassembler};
use crate::wire::{LinkType, Tunnels};

/// Most sessions ended by one [`Pipeline::expire`], so that the work stays bounded: two for each packet of a burst, the
/// lowest recycling level. Under pressure each burst ends more of them itself.
const EXPIRE_AT_ONCE: usize = 2 * MAX_BURST;

/// Incomplete packets looked at for their timeout after each burst.
const FRAGMENTS_PER_BURST: u32 = 32;

/// How far ahead of an eviction its index line is loaded: a memory access takes as long as about four packets.
const VICTIMS_AHEAD: usize = 4;

/// How far ahead of its turn a packet's payload is loaded, while others are worked on.
const PAYLOADS_AHEAD: usize = 2;

/// Bytes of a frame that were loaded with its headers; what is loaded ahead comes after.
const HEADER_LINE: usize = 64;

/// So few bytes are loaded sooner than it is found out whether anybody reads them.
const SHORT: usize = 256;

/// Most bytes of a frame that are loaded ahead: that much of a larger one keeps the memory busy for long enough.
const PAYLOAD_AHEAD: usize = 2048;

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
    /// What a NIC found of the checksum of its outermost TCP or UDP header; `None` where none has looked.
    pub l4_checksum: Option<bool>,
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
        l4_checksum: None,
        origin: Origin::Steered,
    };
}

/// Sizes and rules of a pipeline.
#[derive(Clone, Debug)]
pub struct PipelineOptions {
    /// Most flows and half-open sessions.
    pub capacity: Capacity,
    /// A half-open session that has to make room gets its flow event.
    pub half_open_events: bool,
    /// What becomes of new sessions when flow records run out.
    pub overload: OverloadPolicy,
    /// VLAN ids are part of a flow's key.
    pub vlan: bool,
    /// Idle times.
    pub timeouts: Timeouts,
    /// Seed of the flow hash and of the digests of delivered segments.
    pub seed: u64,
    /// Have all memory in huge pages, and locked, before the first packet. A replay of a capture is over sooner without.
    pub settle: bool,
    /// Store for early segments.
    pub tcp: Limits,
    /// Which TCP checksums are looked at.
    pub tcp_checksum: TcpChecksums,
    /// Inspect connections whose start was not seen.
    pub midstream: bool,
    /// Connections followed, by protocol.
    pub sessions: Sessions,
    /// Objects looked into.
    pub objects: ObjectLimits,
    /// Connections that others have announced; all workers share them.
    pub expectations: Arc<Expectations>,
    /// By what parts of files go to the worker that puts them together.
    pub membership: Membership,
    /// TLS is inspected no further than its handshake.
    pub tls_handshake_only: bool,
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

/// Where a packet belongs: what rules about single packets ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its session, while the burst lasts.
    pub flow: FlowIndex,
    /// Which way it goes.
    pub direction: Direction,
    /// TCP: where in its stream, and what became of its payload.
    pub placement: Option<Placement>,
}

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
    pressure: Pressure,
    overload_onset: Onset,
    half_open_onset: Onset,
    /// How far the walk over flows of other dictionaries has come, while there is one.
    renewing: Option<u32>,
}

impl Pipeline {
    /// Takes all memory. Call it on the lcore that will run the pipeline, so that
    /// the memory lies on its NUMA node.
    #[must_use]
    pub fn new(options: PipelineOptions, matcher: Arc<Matcher>, killer: Killer, events: EventSender) -> Self {
        let table = FlowTable::new(options.capacity, options.timeouts, options.seed);
        let tcp = Reassembler::new(options.tcp.clone(), options.seed);
        let (flows, half_open, buckets) = table.memory();
        if options.settle {
            memory::settle(flows);
            memory::settle(half_open);
            memory::settle(buckets);
            memory::settle(tcp.memory());
        }
        let desk = Desk {
            matcher,
            resets: options.resets.clone().into_boxed_slice(),
            hits: HitPool::new(options.hit_records),
            configuration: FIRST_CONFIGURATION,
            generation: false,
            reset_wanted: false,
            told: Dictionaries::NONE,
            killer,
            events,
            counters: Counters::default(),
            shortages: Default::default(),
            tap: None,
        };
        let inspector = Inspector {
            tls_handshake_only: options.tls_handshake_only,
            protocols: Protocols::new(&options.sessions, options.settle),
            undecided: Slots::new(options.sessions.undecided, options.settle),
            objects: Objects::new(&options.objects, options.seed, options.membership.clone()),
            expectations: Arc::clone(&options.expectations),
            desk,
        };
        let defragmenter = Defragmenter::new(options.defrag.clone());
        if options.settle {
            let defrag::Memory { descriptors, index, buffers, bitmaps } = defragmenter.memory();
            memory::settle(descriptors);
            memory::settle(index);
            memory::settle(buffers);
            memory::settle(bitmaps);
        }
        let fragments = Some(Box::new(Fragments::new(defragmenter)));
        let prepared = Some(Box::new([Prepared::default(); MAX_BURST]));
        Self {
            table,
            tcp,
            inspector,
            options,
            prepared,
            fragments,
            clock_ns: 0,
            pressure: Pressure::new(),
            overload_onset: Onset::default(),
            half_open_onset: Onset::default(),
            renewing: None,
        }
    }

    /// Lets `tap` have a copy of every TCP stream's bytes, gaps and end from now on.
    pub fn attach(&mut self, tap: StreamTap) {
        self.inspector.desk.tap = Some(Box::new(tap));
    }

    /// Lets `keeper` have all files that begin from now on.
    pub fn keep_files(&mut self, keeper: FileKeeper) {
        self.inspector.objects.keep(keeper);
    }

    /// Lets the processes behind `point` have what has to be seen whole, and takes what comes back of it at once or when it
    /// comes.
    pub fn extract(&mut self, point: Point, answers: Answers) {
        self.inspector.objects.extract(point, answers);
    }

    /// Scans a portion of what processes have handed back. Returns whether there was anything.
    #[inline]
    pub fn take_answers(&mut self) -> bool {
        let Self { table, inspector, clock_ns, .. } = self;
        inspector.objects.take_answers(table, &mut inspector.desk, *clock_ns)
    }

    /// Reads parts of files that other workers have handed on. Returns whether there were any.
    #[inline]
    pub fn take_parts(&mut self) -> bool {
        let taken = self.inspector.objects.take_parts(&mut self.inspector.desk);
        self.settle();
        taken
    }

    /// Goes on with files that are put together from parts: what waits there, and those to which nothing was added for
    /// long. Returns whether there was anything.
    pub fn go_on_with_parts(&mut self) -> bool {
        let busy = self.inspector.objects.go_on(&mut self.inspector.desk, self.clock_ns);
        self.settle();
        busy
    }

    /// Tells flows what bytes they brought have raised.
    #[inline]
    fn settle(&mut self) {
        if self.inspector.objects.has_verdicts() {
            self.inspector.objects.settle(&mut self.table, &mut self.inspector.desk);
        }
    }

    /// Whether there is an object that processes have not answered yet.
    #[must_use]
    pub fn awaits_answers(&self) -> bool {
        self.inspector.objects.awaits_answers()
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
            prepare(frame, &self.options, &mut self.inspector.desk.counters, prepared);
            if prepared.work == Work::Flow {
                prepared.hash = self.table.hash(&prepared.key);
                if let Some(bucket) = self.table.bucket(prepared.hash) {
                    memory::prefetch(bucket);
                }
            }
        }
        for prepared in scratch.iter_mut().take(frames.len()).filter(|prepared| prepared.work == Work::Flow) {
            prepared.likely = self.table.likely(prepared.hash);
            match prepared.likely {
                Some(Found::Flow(index)) => {
                    if let Some(flow) = self.table.get(index) {
                        memory::prefetch_lines(flow, size_of::<Flow>() / 64);
                    }
                }
                Some(Found::HalfOpen(index)) => {
                    if let Some(record) = self.table.half_open(index) {
                        memory::prefetch_lines(record, size_of::<HalfOpen>() / 64);
                    }
                }
                None => {}
            }
        }
        if let Some(prepared) = scratch.get_mut(..frames.len()) {
            self.work(frames, prepared, forward);
        }
        self.inspector.desk.counters.bursts += 1;
        if self.pressure.level() > 1 {
            let most = usize::try_from(self.pressure.stale_per_packet()).unwrap_or(0).saturating_mul(frames.len());
            self.recycle(most);
        }
        self.prepared = Some(scratch);
    }

    /// Third pass: each packet in its turn. A packet that was put together from fragments comes back here by itself.
    fn work(&mut self, frames: &[Frame<'_>], prepared: &mut [Prepared], forward: &mut dyn Forward) {
        for number in 0..PAYLOADS_AHEAD {
            self.load_payload(frames, prepared, number);
        }
        for number in 0..frames.len() {
            self.load_payload(frames, prepared, number + PAYLOADS_AHEAD);
            let (Some(frame), Some(prepared)) = (frames.get(number), prepared.get_mut(number)) else { return };
            self.clock_ns = self.clock_ns.max(frame.clock_ns);
            if prepared.work == Work::Flow || self.unusual(number, frame, prepared, forward) {
                prepared.annotation = self.packet(frame, prepared);
                self.settle();
            }
        }
    }

    /// Starts to load what a packet carries, which checksum, digest and scanner read: from a memory that is full of
    /// packets they would wait for it longer than they work. Of sessions of which no more is inspected nothing is read.
    #[inline]
    fn load_payload(&self, frames: &[Frame<'_>], prepared: &[Prepared], number: usize) {
        let (Some(frame), Some(prepared)) = (frames.get(number), prepared.get(number)) else { return };
        let Some(rest) = frame.data.get(HEADER_LINE..) else { return };
        if rest.len() > SHORT
            && let Some(Found::Flow(index)) = prepared.likely
            && self.table.get(index).is_some_and(|flow| flow.tcp.is_stopped())
        {
            return;
        }
        memory::prefetch_bytes(rest.get(..PAYLOAD_AHEAD).unwrap_or(rest));
    }

    /// Where the packet of a place of the last burst belongs; `None` for one that was not analysed or whose session is
    /// half open, and for what was put together from fragments.
    #[must_use]
    pub fn annotation(&self, place: usize) -> Option<&Annotation> {
        self.prepared.as_ref()?.get(place)?.annotation.as_ref()
    }

    /// Ends flows that have been idle for too long at `now_ns`; a bounded number a
    /// call. Returns how many.
    pub fn expire(&mut self, now_ns: u64) -> usize {
        self.clock_ns = self.clock_ns.max(now_ns);
        if let Some(fragments) = &mut self.fragments {
            fragments.defragmenter_mut().expire(self.clock_ns, FRAGMENTS_PER_BURST);
        }
        self.recycle(EXPIRE_AT_ONCE)
    }

    /// Ends all flows, because the capture ended or the sensor stops at `now_ns`:
    /// those whose timeout had passed by then as timed out, the others as shut down.
    pub fn flush(&mut self, now_ns: u64) {
        // What is found in what these flows brought is still told in their records.
        self.inspector.objects.flush(&mut self.inspector.desk);
        self.settle();
        while let Some(index) = self.table.any_half_open() {
            let record = self.table.half_open(index);
            let stale = record.is_some_and(|record| self.table.half_open_deadline(record) <= now_ns);
            self.end_half_open(index, if stale { EndReason::Timeout } else { EndReason::Shutdown });
        }
        while let Some(index) = self.table.any() {
            let stale = self.table.get(index).is_some_and(|flow| self.table.is_stale(flow, now_ns));
            self.end(index, if stale { EndReason::Timeout } else { EndReason::Shutdown });
        }
        if let Some(fragments) = &mut self.fragments {
            fragments.defragmenter_mut().restart(now_ns);
        }
        // Streams may have ended with bytes behind a hole.
        self.inspector.objects.flush(&mut self.inspector.desk);
        self.settle();
    }

    /// Ends all flows as [`Pipeline::flush`] does; what follows has a clock of its own.
    pub fn restart(&mut self, now_ns: u64) {
        self.flush(now_ns);
        self.clock_ns = 0;
        self.pressure = Pressure::new();
        (self.overload_onset, self.half_open_onset) = (Onset::default(), Onset::default());
        self.inspector.desk.shortages = Default::default();
    }

    /// The flow table, for display.
    #[must_use]
    pub const fn table(&self) -> &FlowTable {
        &self.table
    }

    /// Counts ticks spent on bursts.
    pub fn add_busy_ticks(&mut self, ticks: u64) {
        self.inspector.desk.counters.busy_ticks = self.inspector.desk.counters.busy_ticks.saturating_add(ticks);
    }

    /// The pipeline's own counters.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.inspector.desk.counters
    }

    /// All that the worker counts, now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let class = |class| u64::from(self.table.class_len(class));
        let half_open = u64::from(self.table.half_open_len());
        let defragmenter = self.fragments.as_ref().map(|fragments| fragments.defragmenter());
        let (ranges, joined) = self.inspector.objects.ranges();
        Snapshot {
            counters: self.inspector.desk.counters.clone(),
            tcp: *self.tcp.counters(),
            hits: *self.inspector.desk.hits.counters(),
            kill: *self.inspector.desk.killer.counters(),
            defrag: defragmenter.map(|defragmenter| *defragmenter.counters()).unwrap_or_default(),
            fragments: defragmenter.map(Defragmenter::held).unwrap_or_default(),
            decode: self.inspector.objects.totals(),
            extractor: self.inspector.objects.extracted(),
            ranges,
            joined,
            mesh: MeshCounters::default(),
            gauges: Gauges {
                flows: u64::from(self.table.len()) + half_open,
                tcp_new: class(Class::TcpNew) + half_open,
                tcp_established: class(Class::TcpEstablished),
                tcp_closed: class(Class::TcpClosed),
                half_open,
                recycle_level: u64::from(self.pressure.level()),
                overloaded: u64::from(self.pressure.is_overloaded()),
                udp: class(Class::UdpNew) + class(Class::UdpEstablished),
                index_spills: self.table.spilled(),
                segments_held: u64::from(self.tcp.segments_used()),
                pieces_held: u64::from(self.tcp.pieces_used()),
                app_active: self.inspector.protocols.used(),
                undecided: u64::try_from(self.inspector.undecided.used()).unwrap_or(u64::MAX),
                not_kept: self.inspector.objects.not_kept(),
                objects: u64::try_from(self.inspector.objects.used()).unwrap_or(u64::MAX),
                hit_records: u64::from(self.inspector.desk.hits.used()),
                events_sent: self.inspector.desk.events.sent(),
                events_dropped: self.inspector.desk.events.dropped(),
            },
        }
    }
}
