//! Floods beside ten thousand sessions that carry data, through the worker's pipeline with small tables: every byte of
//! the sessions is inspected in its place, none of them loses its record, no memory is taken, and every limit counts.

#[path = "floods/flood.rs"]
mod flood;
#[path = "common/pipeline.rs"]
mod pipeline;
#[path = "floods/sessions.rs"]
mod sessions;

use std::sync::{Arc, OnceLock};

use allocation_counter::measure;
use flood::{Flood, Kind};
use pipeline::options;
use sessions::{SEGMENTS, SESSIONS, Sessions, Step};
use tidegate::defrag::Fault;
use tidegate::dpdk::MAX_BURST;
use tidegate::event::{EndReason, Event, EventReceiver, FlowState, RingPolicy, channel};
use tidegate::flow::{Capacity, Class, Timeouts};
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::tcp::Limits;
use tidegate::wire::tcp_flag;
use tidegate::worker::{Frame, OverloadPolicy, Pipeline, PipelineOptions, Snapshot};

const SECOND: u64 = 1_000_000_000;
/// Between packets, as at 10GbE line rate.
const GAP_NS: u64 = 67;
/// Packets of the flood for each packet of a session.
const PER_PACKET: usize = 3;
/// Flow records: those of the sessions, and an eighth more for the flood to take.
const FLOWS: u32 = SESSIONS + SESSIONS / 8;
const HALF_OPEN: u32 = 1024;
/// Largest frame.
const ROOM: usize = 128;

/// Raises an alert on a flow that has had both of its session's whole texts.
fn matcher() -> Arc<Matcher> {
    static MATCHER: OnceLock<Arc<Matcher>> = OnceLock::new();
    let compile = || {
        let keywords = sessions::texts().map(|text| KeywordSpec { bytes: text, weight: 1, max: 1 }).collect();
        Arc::new(Matcher::new(&[DictionarySpec { threshold: 2, ignore_case: false, keywords }]).unwrap())
    };
    Arc::clone(MATCHER.get_or_init(compile))
}

struct World {
    pipeline: Pipeline,
    receiver: EventReceiver,
    sessions: Sessions,
    frames: Box<[[u8; ROOM]; MAX_BURST]>,
    lengths: [usize; MAX_BURST],
    filled: usize,
    now_ns: u64,
    /// Alerts by session, and those that name other texts or another place.
    alerts: Vec<u8>,
    wrong_alerts: u32,
    half_open_overflows: u32,
    overloads: u32,
    exhausted: u32,
    small_fragments: u64,
    ends: Ends,
}

/// How flows ended.
#[derive(Default)]
struct Ends {
    /// Sessions that ended with everything counted, at the shutdown.
    whole: u32,
    /// Sessions that did not.
    broken: u32,
    /// Flows of the flood, forced out.
    forced: u64,
}

impl World {
    fn new(change: impl FnOnce(&mut PipelineOptions)) -> Self {
        let mut timeouts = Timeouts::uniform(30 * SECOND);
        timeouts.set(Class::TcpClosed, 10 * SECOND);
        let mut all = PipelineOptions {
            capacity: Capacity { flows: FLOWS, half_open: HALF_OPEN },
            timeouts,
            seed: 11,
            tcp: Limits { history: 1024, ..Limits::new(64, 8, 2 * SECOND) },
            hit_records: 2 * SESSIONS,
            ..options()
        };
        change(&mut all);
        let (sender, receiver) = channel(1 << 16, RingPolicy::DropAndCount);
        Self {
            pipeline: Pipeline::new(all, matcher(), Killer::new(None, 0), sender),
            receiver,
            sessions: Sessions::new(),
            frames: Box::new([[0; ROOM]; MAX_BURST]),
            lengths: [0; MAX_BURST],
            filled: 0,
            now_ns: 1_000 * SECOND,
            alerts: vec![0; SESSIONS as usize],
            wrong_alerts: 0,
            half_open_overflows: 0,
            overloads: 0,
            exhausted: 0,
            small_fragments: 0,
            ends: Ends::default(),
        }
    }

    /// Puts a frame into the burst, and inspects the burst when it is full.
    fn push(&mut self, write: impl FnOnce(&mut Sessions, &mut [u8; ROOM]) -> usize) {
        self.lengths[self.filled] = write(&mut self.sessions, &mut self.frames[self.filled]);
        self.filled += 1;
        if self.filled == MAX_BURST {
            self.inspect();
        }
    }

    fn inspect(&mut self) {
        let mut frames = [Frame::EMPTY; MAX_BURST];
        for ((frame, bytes), length) in frames.iter_mut().zip(self.frames.iter()).zip(self.lengths) {
            self.now_ns += GAP_NS;
            *frame = Frame {
                data: &bytes[..length],
                timestamp_ns: self.now_ns,
                clock_ns: self.now_ns,
                wire_len: u32::try_from(length).unwrap(),
                ..Frame::EMPTY
            };
        }
        self.pipeline.burst(&frames[..self.filled]);
        self.filled = 0;
        self.pipeline.expire(self.now_ns);
        self.drain();
    }

    /// One step of every session, with the flood between its packets.
    fn step(&mut self, step: Step, flood: &mut Flood) {
        for session in 0..SESSIONS {
            self.push(|sessions, frame| sessions.packet(session, step, frame));
            for _ in 0..PER_PACKET {
                self.push(|_, frame| flood.packet(frame));
            }
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.receiver.pop(&mut Vec::new()) {
            match event {
                Event::Alert(alert) => {
                    let session = sessions::of_tuple(&alert.head.tuple);
                    let [a, b] = [alert.hits[0].keyword, alert.hits[1].keyword];
                    // The later of the texts ends where the stream does.
                    let right = (a.min(b), a.max(b)) == (2 * session, 2 * session + 1)
                        && alert.hit_count == 2
                        && alert.offset == sessions::TEXT as u64;
                    self.wrong_alerts += u32::from(!right);
                    self.alerts[session as usize] += 1;
                }
                Event::Anomaly(anomaly) => match anomaly.event {
                    "flow.half_open_overflow" => self.half_open_overflows += 1,
                    "flow.overload" => self.overloads += 1,
                    "app_proto.exhausted" => {
                        self.exhausted += 1;
                        assert!(
                            self.exhausted <= 2,
                            "told when it begins, not of each connection that the flood opens"
                        );
                    }
                    "decoder.ipv4.frag_too_small" => self.small_fragments += 1,
                    // Half of the random flags are illegal.
                    other => assert!(other.starts_with("stream.pkt_flags_"), "{other}"),
                },
                Event::Flow(flow) if sessions::is_session(&flow.head.tuple) => {
                    let whole = flow.reason == EndReason::Shutdown
                        && flow.state == FlowState::Established
                        && flow.packets == sessions::PACKETS
                        && flow.tcp.is_some_and(|tcp| tcp.gap_bytes == [0; 2]);
                    *(if whole { &mut self.ends.whole } else { &mut self.ends.broken }) += 1;
                }
                Event::Record(_) | Event::File(_) => panic!("nothing of that traffic is a transaction"),
                Event::Flow(flow) => self.ends.forced += u64::from(flow.reason == EndReason::Forced),
            }
        }
    }

    /// All sessions from handshake to end, with a flood beside their data. Returns the figures before the end.
    fn run(&mut self, kind: Kind) -> Snapshot {
        for session in 0..SESSIONS {
            for step in [Step::Syn, Step::SynAck, Step::Ack] {
                self.push(|sessions, frame| sessions.packet(session, step, frame));
            }
        }
        let mut flood = Flood::new(kind);
        // The first data is where the flood, too, meets everything for the first time.
        self.step(Step::Data(0), &mut flood);
        let memory = measure(|| {
            for number in 1..SEGMENTS {
                self.step(Step::Data(number), &mut flood);
            }
        });
        assert_eq!((memory.count_total, memory.count_current), (0, 0), "{kind:?}: allocations");
        self.inspect();
        let snapshot = self.pipeline.snapshot();
        self.pipeline.flush(self.now_ns);
        self.drain();
        snapshot
    }

    fn assert_sessions_whole(&self, kind: Kind, snapshot: &Snapshot) {
        assert!(self.alerts.iter().all(|count| *count == 1), "{kind:?}: every session's texts were seen, once");
        assert_eq!(self.wrong_alerts, 0, "{kind:?}");
        assert_eq!((self.ends.whole, self.ends.broken), (SESSIONS, 0), "{kind:?}: sessions whole and broken");
        let tcp = &snapshot.tcp;
        assert_eq!((tcp.gaps, tcp.stream_limit, tcp.pool_exhausted), (0, 0, 0), "{kind:?}");
        let counters = &self.pipeline.snapshot().counters;
        let ended = counters.flows_timeout + counters.flows_forced + counters.flows_reused + counters.flows_shutdown;
        assert_eq!(counters.flows, ended, "{kind:?}: every flow that began has ended");
        assert_eq!(self.pipeline.snapshot().gauges.flows, 0, "{kind:?}");
    }
}

#[test]
fn floods_without_payload_cost_sessions_nothing() {
    let kinds = [
        Kind::Flags(tcp_flag::SYN),
        Kind::Flags(tcp_flag::SYN | tcp_flag::ACK),
        Kind::Flags(tcp_flag::ACK),
        Kind::Flags(tcp_flag::FIN),
        Kind::Flags(tcp_flag::RST),
        Kind::AnyFlags,
    ];
    for kind in kinds {
        let mut world = World::new(|_| {});
        let snapshot = world.run(kind);
        world.assert_sessions_whole(kind, &snapshot);
        let counters = &snapshot.counters;
        // The sessions were half open once, and so was every packet of the flood; a thousand of them have a place.
        let flooded = u64::from(SESSIONS) * (SEGMENTS * PER_PACKET) as u64;
        assert_eq!(counters.half_open, u64::from(SESSIONS) + flooded, "{kind:?}");
        assert_eq!(counters.half_open_promoted, u64::from(SESSIONS), "{kind:?}");
        assert_eq!(counters.half_open_evicted, flooded - u64::from(HALF_OPEN), "{kind:?}");
        assert_eq!(counters.flows_forced, counters.half_open_evicted, "{kind:?}: no flow was forced out");
        assert_eq!(snapshot.gauges.half_open, u64::from(HALF_OPEN), "{kind:?}");
        assert_eq!(snapshot.gauges.flows, u64::from(SESSIONS + HALF_OPEN), "{kind:?}");
        assert_eq!((world.half_open_overflows, world.overloads, world.ends.forced), (1, 0, 0), "{kind:?}: events");
        assert_eq!((counters.overloads, counters.refused_packets), (0, 0), "{kind:?}");
    }
}

#[test]
fn a_flood_of_one_byte_segments_is_refused() {
    let mut world = World::new(|_| {});
    let snapshot = world.run(Kind::OneByte);
    world.assert_sessions_whole(Kind::OneByte, &snapshot);
    let counters = &snapshot.counters;
    let flooded = u64::from(SESSIONS) * (SEGMENTS * PER_PACKET) as u64;
    assert_eq!(snapshot.gauges.tcp_established, u64::from(SESSIONS));
    assert_eq!(
        counters.refused_packets,
        flooded - u64::from(FLOWS - SESSIONS),
        "all but those for whom there was room"
    );
    assert_eq!(counters.refused_sessions, counters.refused_packets);
    assert_eq!(counters.refused_bytes, counters.refused_packets * flood::LENGTH as u64);
    assert_eq!(counters.flows_forced, counters.half_open_evicted, "no flow was forced out");
    assert_eq!((counters.overloads, snapshot.gauges.overloaded, snapshot.gauges.recycle_level), (1, 1, 7));
    assert_eq!((world.overloads, world.half_open_overflows), (1, 1));
}

#[test]
fn a_flood_that_recycles_takes_the_flood_s_own_records() {
    let mut world = World::new(|options| options.overload = OverloadPolicy::Recycle);
    let snapshot = world.run(Kind::OneByte);
    world.assert_sessions_whole(Kind::OneByte, &snapshot);
    let flooded = u64::from(SESSIONS) * (SEGMENTS * PER_PACKET) as u64;
    let forced = flooded - u64::from(FLOWS - SESSIONS);
    assert_eq!((snapshot.counters.flows_forced, world.ends.forced), (forced, forced));
    assert_eq!((snapshot.counters.overloads, snapshot.counters.refused_packets), (0, 0));
    let level = snapshot.gauges.recycle_level;
    assert!(snapshot.gauges.overloaded == 0 && level >= 6, "level {level}: the table is full");
}

#[test]
fn evicted_attempts_have_events_when_asked_for() {
    let mut world = World::new(|options| options.half_open_events = true);
    let snapshot = world.run(Kind::Flags(tcp_flag::SYN));
    assert_eq!(world.ends.forced, snapshot.counters.half_open_evicted);
    assert_ne!(world.ends.forced, 0);
    assert_eq!(snapshot.gauges.events_dropped, 0);
}

#[test]
fn an_overload_ends_when_a_tenth_of_the_records_is_free() {
    let mut world = World::new(|_| {});
    let mut flood = Flood::new(Kind::OneByte);
    for _ in 0..2 * FLOWS {
        world.push(|_, frame| flood.packet(frame));
    }
    world.inspect();
    let full = world.pipeline.snapshot();
    assert_eq!((full.gauges.overloaded, full.gauges.tcp_new), (1, u64::from(FLOWS + HALF_OPEN)));
    assert_eq!(full.counters.refused_sessions, u64::from(FLOWS));
    // Half a minute later all of them are stale; at the highest level a burst may end thirty for each of its packets.
    world.now_ns += 31 * SECOND;
    for _ in 0..8 * MAX_BURST {
        world.push(|_, frame| flood.packet(frame));
    }
    let after = world.pipeline.snapshot();
    assert_eq!(after.gauges.overloaded, 0);
    assert!(after.counters.flows_timeout >= u64::from(FLOWS / 10), "{} timed out", after.counters.flows_timeout);
    let refused = after.counters.refused_sessions - full.counters.refused_sessions;
    assert!(refused < 8 * MAX_BURST as u64, "those after the relief had room");
    assert_eq!((after.counters.overloads, world.overloads), (1, 1));
}

#[test]
fn floods_of_fragments_that_never_become_packets_cost_sessions_nothing() {
    const DESCRIPTORS: u32 = 512;
    let flooded = u64::from(SESSIONS) * (SEGMENTS * PER_PACKET) as u64;
    for kind in [Kind::MiddleFragment, Kind::FirstFragment] {
        let mut world = World::new(|options| options.defrag.descriptors = DESCRIPTORS);
        let snapshot = world.run(kind);
        world.assert_sessions_whole(kind, &snapshot);
        assert_eq!(snapshot.defrag.ipv4_fragments, flooded, "{kind:?}");
        assert_eq!(snapshot.defrag.recycled, flooded - u64::from(DESCRIPTORS), "{kind:?}: the oldest make room");
        assert_eq!(snapshot.fragments.descriptors, DESCRIPTORS, "{kind:?}");
        assert_eq!((snapshot.defrag.ipv4_reassembled, snapshot.defrag.timeouts), (0, 0), "{kind:?}");
    }
}

#[test]
fn a_flood_of_fragments_below_the_smallest_is_named() {
    let flooded = u64::from(SESSIONS) * (SEGMENTS * PER_PACKET) as u64;
    let mut world = World::new(|options| options.defrag.min_fragment = 48);
    let snapshot = world.run(Kind::MiddleFragment);
    world.assert_sessions_whole(Kind::MiddleFragment, &snapshot);
    assert_eq!(snapshot.defrag.fault(Fault::TooSmall), flooded);
    assert_eq!(world.small_fragments + snapshot.gauges.events_dropped, flooded, "one event each");
}
