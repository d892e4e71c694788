//! A burst of frames through header parsing, flow table, reassembler and inspector.

use std::sync::Arc;

use super::content::{Content, Inspector, Trigger, head};
use super::counters::{Counters, Gauges, Snapshot};
use super::slots::Slots;
use crate::dpdk::{MAX_BURST, memory};
use crate::event::{Direction, EndReason, Event, EventSender, FlowEvent, FlowState, TcpSummary};
use crate::flow::{Bits, Class, Flow, FlowIndex, FlowKey, FlowTable, Timeouts};
use crate::kill::Killer;
use crate::scan::keyword::{HitPool, Matcher};
use crate::tcp::{Limits, Reassembler, SessionState};
use crate::wire::{self, Headers, LinkType, Reject, proto, tcp_flag};

/// Flows looked at for their timeout after each burst, so that the work stays bounded.
const EXPIRE_PER_BURST: usize = 32;

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
}

impl Frame<'_> {
    /// No frame: what a burst's array holds before it is filled.
    pub const EMPTY: Self =
        Self { data: &[], timestamp_ns: 0, clock_ns: 0, wire_len: 0, iface: 0, link: LinkType::Ethernet, split: false };
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
    /// By dictionary: its alerts reset the session.
    pub resets: Vec<bool>,
}

/// What the first stage found out about a frame.
#[derive(Clone, Copy, Debug, Default)]
struct Prepared {
    headers: Headers,
    key: FlowKey,
    hash: u64,
    /// The flow, if the index has no other with the same tag before it.
    likely: Option<FlowIndex>,
    /// The sender is the key's higher end.
    from_high: bool,
    /// The frame is to be analysed.
    live: bool,
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
        Self { table, tcp, inspector, options, prepared: Some(Box::new([Prepared::default(); MAX_BURST])), clock_ns: 0 }
    }

    /// Takes up to [`MAX_BURST`] frames, in order.
    ///
    /// Three passes over the burst: headers and hash (the index line is loaded
    /// ahead), the likely flow (its lines are loaded ahead), then the work.
    /// Memory latency so overlaps between packets.
    pub fn burst(&mut self, frames: &[Frame<'_>]) {
        let Some(mut scratch) = self.prepared.take() else { return };
        for (frame, prepared) in frames.iter().zip(scratch.iter_mut()) {
            prepare(frame, &self.options, &mut self.inspector.counters, prepared);
            if prepared.live {
                prepared.hash = self.table.hash(&prepared.key);
                if let Some(bucket) = self.table.bucket(prepared.hash) {
                    memory::prefetch(bucket);
                }
            }
        }
        for prepared in scratch.iter_mut().take(frames.len()).filter(|prepared| prepared.live) {
            prepared.likely = self.table.likely(prepared.hash);
            if let Some(flow) = prepared.likely.and_then(|index| self.table.get(index)) {
                memory::prefetch_lines(flow, size_of::<Flow>() / 64);
            }
        }
        for (frame, prepared) in frames.iter().zip(scratch.iter()) {
            self.clock_ns = self.clock_ns.max(frame.clock_ns);
            if prepared.live {
                self.packet(frame, prepared);
            }
        }
        self.inspector.counters.bursts += 1;
        self.prepared = Some(scratch);
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
        ended
    }

    /// Ends all flows, because the capture ended or the sensor stops at `now_ns`:
    /// those whose timeout had passed by then as timed out, the others as shut down.
    pub fn flush(&mut self, now_ns: u64) {
        while let Some(index) = self.table.any() {
            let stale = self.table.get(index).is_some_and(|flow| self.table.is_stale(flow, now_ns));
            self.end(index, if stale { EndReason::Timeout } else { EndReason::Shutdown });
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
        Snapshot {
            counters: self.inspector.counters.clone(),
            tcp: *self.tcp.counters(),
            hits: *self.inspector.hits.counters(),
            kill: *self.inspector.killer.counters(),
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

    fn packet(&mut self, frame: &Frame<'_>, prepared: &Prepared) {
        let Prepared { headers, .. } = prepared;
        let now_ns = frame.clock_ns;
        // An earlier packet of the burst may have ended the likely flow.
        let likely = prepared.likely.filter(|index| self.table.is(*index, &prepared.key));
        let found = likely.or_else(|| self.table.find(&prepared.key, prepared.hash));
        let found = found.and_then(|index| self.still_this_flow(index, prepared, now_ns));
        let Some(index) = found.or_else(|| self.begin(frame, prepared)) else { return };
        let Some(flow) = self.table.get_mut(index) else { return };
        let direction = flow.direction(prepared.from_high);
        let [to_server, to_client] = &mut flow.packets;
        let [bytes_to_server, bytes_to_client] = &mut flow.bytes;
        let length = u64::from(frame.wire_len);
        match direction {
            Direction::ToServer => {
                *to_server += 1;
                *bytes_to_server += length;
            }
            Direction::ToClient => {
                *to_client += 1;
                *bytes_to_client += length;
            }
        }
        if *to_server != 0 && *to_client != 0 {
            flow.bits.set(Bits::BOTH_WAYS);
        }
        // The content that follows is inspected at this packet's time.
        flow.last_ns = now_ns;
        let payload = headers.payload(frame.data);
        let trigger = Some(Trigger { frame: frame.data, headers, iface: frame.iface });
        let inspector = &mut self.inspector;
        let class = match headers.proto {
            proto::TCP => {
                inspector.counters.tcp += 1;
                if flow.bits.has(Bits::KILLED) && headers.tcp.flags & tcp_flag::RST == 0 {
                    inspector.killer.again(frame.data, headers, frame.iface, flow.killed_at, now_ns);
                }
                let mut streams = flow.tcp;
                let mut content = Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns };
                let (tcp, missing) = (&headers.tcp, headers.missing_len);
                if content.flow.bits.has(Bits::NO_CONTENT) {
                    self.tcp.segment(&mut streams, direction, tcp, &[], 0, now_ns, &mut content);
                } else {
                    self.tcp.segment(&mut streams, direction, tcp, payload, missing, now_ns, &mut content);
                }
                flow.tcp = streams;
                match streams.state() {
                    SessionState::Unestablished => Class::TcpNew,
                    SessionState::Established => Class::TcpEstablished,
                    SessionState::Closed => Class::TcpClosed,
                }
            }
            proto::UDP => {
                inspector.counters.udp += 1;
                let both = flow.bits.has(Bits::BOTH_WAYS);
                if !payload.is_empty() {
                    Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns }.datagram(direction, payload);
                }
                if both { Class::UdpEstablished } else { Class::UdpNew }
            }
            proto::ICMP | proto::ICMPV6 => {
                inspector.counters.icmp += 1;
                Class::Icmp
            }
            _ => {
                inspector.counters.other += 1;
                Class::Other
            }
        };
        self.table.touch(index, class, now_ns);
    }

    /// Ends a flow that the packet only shares its key with: idle for too long,
    /// or a TCP connection whose ports are used again.
    fn still_this_flow(&mut self, index: FlowIndex, prepared: &Prepared, now_ns: u64) -> Option<FlowIndex> {
        let flow = self.table.get(index)?;
        if self.table.is_stale(flow, now_ns) {
            self.end(index, EndReason::Timeout);
            return None;
        }
        let tcp = &prepared.headers.tcp;
        let opens =
            prepared.headers.proto == proto::TCP && tcp.flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN;
        // RFC 9293 section 3.6.1: a new SYN may reuse the ports of a closed connection. Before the handshake is
        // complete, a SYN with another initial number is a new attempt. An established session goes on: a SYN out of
        // the blue is no reason to believe that it ended (RFC 5961 section 4).
        if opens {
            let reused = match flow.class() {
                Class::TcpClosed => true,
                Class::TcpNew => flow.bits.has(Bits::SYN_SEEN) && flow.aux != tcp.seq,
                _ => false,
            };
            if reused {
                self.end(index, EndReason::TcpReuse);
                return None;
            }
        }
        Some(index)
    }

    /// Begins a flow with its first packet.
    fn begin(&mut self, frame: &Frame<'_>, prepared: &Prepared) -> Option<FlowIndex> {
        let Prepared { headers, key, hash, from_high, .. } = prepared;
        let class = match headers.proto {
            proto::TCP => Class::TcpNew,
            proto::UDP => Class::UdpNew,
            proto::ICMP | proto::ICMPV6 => Class::Icmp,
            _ => Class::Other,
        };
        let index = match self.table.insert(key, *hash, class, frame.clock_ns) {
            Some(index) => index,
            None => {
                if let Some(bucket) = self.table.victim_bucket(VICTIMS_AHEAD) {
                    memory::prefetch(bucket);
                }
                let victim = self.table.victim()?;
                self.end(victim, EndReason::Forced);
                self.table.insert(key, *hash, class, frame.clock_ns)?
            }
        };
        self.inspector.counters.flows += 1;
        let midstream = self.options.midstream;
        let flow = self.table.get_mut(index)?;
        flow.start_ns = frame.timestamp_ns;
        flow.iface = frame.iface;
        let mut client_is_high = *from_high;
        if headers.proto == proto::TCP {
            let flags = headers.tcp.flags;
            // A SYN-ACK comes from the server; whoever else speaks first is taken for the client.
            if flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN | tcp_flag::ACK {
                client_is_high = !client_is_high;
            }
            if flags & tcp_flag::SYN == 0 && !midstream {
                flow.bits.set(Bits::NO_CONTENT);
                self.inspector.counters.midstream_ignored += 1;
            }
            if flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN {
                flow.aux = headers.tcp.seq;
                flow.bits.set(Bits::SYN_SEEN);
            }
        } else if class == Class::Icmp {
            flow.aux = u32::from(headers.src_port) << 16 | u32::from(headers.dest_port);
        }
        if client_is_high {
            flow.bits.set(Bits::CLIENT_IS_HIGH);
        }
        Some(index)
    }

    /// Ends a flow: what is stored of it is delivered, its record written, its memory given back.
    fn end(&mut self, index: FlowIndex, reason: EndReason) {
        let deadline = self.table.get(index).map_or(0, |flow| self.table.deadline(flow));
        let Some(flow) = self.table.get_mut(index) else { return };
        if flow.tcp.holds_segments() {
            let mut streams = flow.tcp;
            let timestamp_ns = flow.last_ns;
            let mut content = Content { flow, inspector: &mut self.inspector, trigger: None, timestamp_ns };
            self.tcp.finish(&mut streams, &mut content);
            flow.tcp = streams;
        }
        let timestamp_ns = match reason {
            EndReason::Timeout => deadline,
            EndReason::Forced | EndReason::TcpReuse => self.clock_ns,
            EndReason::Shutdown => flow.last_ns,
        };
        let counters = &mut self.inspector.counters;
        match reason {
            EndReason::Timeout => counters.flows_timeout += 1,
            EndReason::Forced => counters.flows_forced += 1,
            EndReason::TcpReuse => counters.flows_reused += 1,
            EndReason::Shutdown => counters.flows_shutdown += 1,
        }
        self.inspector.events.send(Event::Flow(record(flow, timestamp_ns, reason)));
        self.inspector.hits.release(&mut flow.hits);
        self.inspector.parsers.release(&mut flow.parser);
        self.table.remove(index);
    }
}

/// First stage: what is it, and whose?
#[inline]
fn prepare(frame: &Frame<'_>, options: &PipelineOptions, counters: &mut Counters, prepared: &mut Prepared) {
    counters.packets += 1;
    counters.bytes += u64::from(frame.wire_len);
    prepared.live = false;
    if frame.split {
        counters.reject(Reject::MultiSegment);
        return;
    }
    let headers = &mut prepared.headers;
    match wire::parse_into(frame.link, frame.data, frame.wire_len, options.verify_checksum, headers) {
        Ok(()) if headers.fragment => counters.reject(Reject::Fragment),
        Ok(()) => {
            counters.cut += u64::from(headers.missing_len != 0);
            (prepared.key, prepared.from_high) = FlowKey::of(headers, options.vlan);
            prepared.live = true;
        }
        Err(reason) => counters.reject(reason),
    }
}

fn record(flow: &Flow, timestamp_ns: u64, reason: EndReason) -> FlowEvent {
    let is_tcp = flow.key().proto() == proto::TCP;
    let state = match (is_tcp, flow.tcp.state()) {
        (true, SessionState::Closed) => FlowState::Closed,
        (true, SessionState::Established) => FlowState::Established,
        (true, SessionState::Unestablished) => FlowState::New,
        (false, _) if flow.bits.has(Bits::BOTH_WAYS) => FlowState::Established,
        (false, _) => FlowState::New,
    };
    let tcp = is_tcp.then(|| TcpSummary {
        flags_to_server: flow.tcp.flags_seen(Direction::ToServer),
        flags_to_client: flow.tcp.flags_seen(Direction::ToClient),
        gap_bytes: [flow.tcp.gap_bytes(Direction::ToServer), flow.tcp.gap_bytes(Direction::ToClient)],
    });
    FlowEvent {
        head: head(flow, timestamp_ns),
        end_ns: flow.last_ns,
        packets: flow.packets,
        bytes: flow.bytes,
        state,
        reason,
        alerted: flow.bits.has(Bits::ALERTED),
        blocked: flow.bits.has(Bits::KILLED),
        tcp,
    }
}
