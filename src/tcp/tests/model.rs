//! Random schedules of segments of known streams, checked after every segment
//! against what a naive receiver knows.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The byte at an offset of a flow's stream.
fn byte(flow: usize, offset: usize) -> u8 {
    let mixed = (offset as u32 ^ (flow as u32) << 20).wrapping_mul(0x9e37_79b9);
    (mixed >> 24) as u8
}

/// What one flow's client has shown so far, byte by byte, and what came out.
struct Model {
    flow: usize,
    isn: u32,
    /// Offsets that were in a segment so far.
    seen: Vec<bool>,
    /// Offsets that came out as gap.
    skipped: HashSet<usize>,
    delivered: usize,
    gaps: u64,
    ended: bool,
    ends: [u32; 2],
}

impl Model {
    fn new(flow: usize, isn: u32, len: usize) -> Self {
        Self {
            flow,
            isn,
            seen: vec![false; len],
            skipped: HashSet::new(),
            delivered: 0,
            gaps: 0,
            ended: false,
            ends: [0; 2],
        }
    }
}

impl Consumer for Model {
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        assert_eq!(direction, ToServer);
        assert_eq!(offset, self.delivered as u64, "data that does not continue the stream");
        for byte_out in bytes {
            assert_eq!(*byte_out, byte(self.flow, self.delivered), "byte {}", self.delivered);
            assert!(self.seen[self.delivered], "byte {} was never sent", self.delivered);
            self.delivered += 1;
        }
    }

    fn gap(&mut self, direction: Direction, length: u64) {
        assert_eq!(direction, ToServer);
        assert_ne!(length, 0);
        self.gaps += 1;
        for _ in 0..length {
            assert!(!self.seen[self.delivered], "byte {} is at hand and came out as a gap", self.delivered);
            self.skipped.insert(self.delivered);
            self.delivered += 1;
        }
    }

    fn end(&mut self, direction: Direction, _reason: StreamEnd) {
        self.ends[direction.index()] += 1;
    }

    fn anomaly(&mut self, _direction: Direction, _anomaly: Anomaly, versions: Option<Versions>) {
        assert_eq!(versions, None, "every version of a byte is the same");
    }

    fn enough(&self, _direction: Direction) -> bool {
        false
    }
}

/// One step of a schedule. Positions are fractions of the stream in 1/65536.
#[derive(Clone, Debug)]
enum Step {
    /// Bytes from a position on.
    Data {
        flow: usize,
        at: u16,
        len: usize,
    },
    /// The next bytes that were not delivered yet.
    Next {
        flow: usize,
        len: usize,
    },
    /// One byte before what is next, or none.
    KeepAlive {
        flow: usize,
        with_byte: bool,
    },
    Fin {
        flow: usize,
    },
    /// A reset that does not fit its stream.
    BadReset {
        flow: usize,
    },
    /// The receiver acknowledges all bytes before a position.
    Ack {
        flow: usize,
        at: u16,
    },
    Wait {
        ns: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flow = || 0..2_usize;
    let len = || prop_oneof![6 => 0..40_usize, 2 => 40..1500_usize, 1 => 1500..5000_usize];
    let step = prop_oneof![
        8 => (flow(), any::<u16>(), len()).prop_map(|(flow, at, len)| Step::Data { flow, at, len }),
        6 => (flow(), len()).prop_map(|(flow, len)| Step::Next { flow, len }),
        1 => (flow(), any::<bool>()).prop_map(|(flow, with_byte)| Step::KeepAlive { flow, with_byte }),
        1 => flow().prop_map(|flow| Step::Fin { flow }),
        1 => flow().prop_map(|flow| Step::BadReset { flow }),
        3 => (flow(), any::<u16>()).prop_map(|(flow, at)| Step::Ack { flow, at }),
        3 => prop_oneof![0..5 * MS, 0..60 * MS].prop_map(|ns| Step::Wait { ns }),
    ];
    vec(step, 0..120)
}

fn isn() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), (0..6000_u32).prop_map(|n| 0_u32.wrapping_sub(n)), Just(0x7fff_ff00_u32)]
}

/// Both flows, one reassembler.
struct World {
    tcp: Reassembler,
    pairs: [StreamPair; 2],
    models: [Model; 2],
    now_ns: u64,
    limits: Limits,
    payload_segments: u64,
    bad_resets: u64,
}

impl World {
    fn new(limits: Limits, isns: [u32; 2], lens: [usize; 2]) -> Self {
        let [a, b] = isns;
        let mut world = Self {
            tcp: Reassembler::new(limits.clone(), 0),
            pairs: [StreamPair::new(); 2],
            models: [Model::new(0, a, lens[0]), Model::new(1, b, lens[1])],
            now_ns: 1,
            limits,
            payload_segments: 0,
            bad_resets: 0,
        };
        for flow in 0..2 {
            let seq = world.models[flow].isn.wrapping_sub(1);
            world.raw(flow, ToServer, SYN, seq, 0, &[]);
        }
        world
    }

    fn raw(&mut self, flow: usize, direction: Direction, flags: u8, seq: u32, ack: u32, payload: &[u8]) {
        let header = TcpHeader { seq, ack, window: u16::MAX, flags };
        let (pair, model) = (&mut self.pairs[flow], &mut self.models[flow]);
        self.tcp.segment(pair, direction, &Packet { payload, ..packet(&header, self.now_ns) }, model);
    }

    fn send(&mut self, flow: usize, at: usize, len: usize, fin: bool) {
        let model = &mut self.models[flow];
        let end = (at + len).min(model.seen.len());
        let fin = fin || model.ended && end == model.seen.len();
        let payload: Vec<u8> = (at..end).map(|offset| byte(flow, offset)).collect();
        // After the FIN came out nothing does any more; what the model would have held is not looked at.
        if !self.finished(flow) {
            self.models[flow].seen[at..end].fill(true);
        }
        self.payload_segments += u64::from(!payload.is_empty());
        let seq = self.models[flow].isn.wrapping_add(at as u32);
        self.raw(flow, ToServer, ACK | if fin { FIN } else { 0 }, seq, 0, &payload);
    }

    fn finished(&self, flow: usize) -> bool {
        self.models[flow].ended && self.models[flow].delivered == self.models[flow].seen.len()
    }

    fn step(&mut self, step: &Step) {
        let position = |at: u16, len: usize| usize::from(at) * (len + 1) / 65536;
        match *step {
            Step::Data { flow, at, len } => self.send(flow, position(at, self.models[flow].seen.len()), len, false),
            Step::Next { flow, len } => self.send(flow, self.models[flow].delivered, len, false),
            Step::KeepAlive { flow, with_byte } => {
                let at = self.models[flow].delivered;
                // The byte before what is next may have been skipped as a gap; then it is late, not new.
                if at != 0 {
                    self.send(flow, at - 1, usize::from(with_byte), false);
                }
            }
            Step::Fin { flow } => {
                self.models[flow].ended = true;
                self.send(flow, self.models[flow].seen.len(), 0, true);
            }
            Step::BadReset { flow } => {
                let model = &self.models[flow];
                let next = model.isn.wrapping_add(model.delivered as u32);
                // Who has closed may answer with resets of any number.
                let closed = self.finished(flow);
                self.bad_resets += u64::from(!closed);
                self.raw(flow, ToServer, RST, next.wrapping_sub(1), 0, &[]);
            }
            Step::Ack { flow, at } => {
                let model = &self.models[flow];
                let ack = model.isn.wrapping_add(position(at, model.seen.len()) as u32);
                self.raw(flow, ToClient, ACK, 77, ack, &[]);
            }
            Step::Wait { ns } => self.now_ns += ns,
        }
    }

    /// What must hold between two segments.
    fn check(&self) {
        for (pair, model) in self.pairs.iter().zip(&self.models) {
            assert_eq!(pair.offset(ToServer), model.delivered as u64);
            assert_eq!(pair.gap_bytes(ToServer), model.skipped.len() as u64);
            if let Some(seen) = model.seen.get(model.delivered) {
                assert!(!seen, "byte {} is at hand and was not delivered", model.delivered);
            }
            assert!(pair.half(ToServer).held <= self.limits.per_stream);
        }
        let held: u32 = self.pairs.iter().map(|pair| u32::from(pair.half(ToServer).held)).sum();
        assert_eq!(held, self.tcp.pieces_used());
        assert!(self.tcp.segments_used() <= self.limits.segments);
        let counters = self.tcp.counters();
        assert_eq!(counters.gaps, self.models.iter().map(|model| model.gaps).sum::<u64>());
        assert_eq!(counters.gap_bytes, self.models.iter().map(|model| model.skipped.len() as u64).sum::<u64>());
        assert_eq!(counters.seen(Anomaly::BadReset), self.bad_resets);
        assert_eq!(counters.after_close, 0, "no byte was sent behind the end");
    }

    fn finish(&mut self) {
        for (pair, model) in self.pairs.iter_mut().zip(&mut self.models) {
            self.tcp.finish(pair, StreamEnd::Session(EndReason::Timeout), model);
            assert!(model.ends.iter().all(|ends| *ends <= 1), "an end is told once");
            assert!(model.delivered == 0 || model.ends[0] == 1, "what delivered something has an end");
            let last = model.seen.iter().rposition(|seen| *seen).map_or(0, |last| last + 1);
            // An early FIN ends the stream as well, with a gap before it.
            let end = if model.ended { model.seen.len() } else { last };
            assert_eq!(model.delivered, end, "everything that was seen has come out, or is a gap");
        }
        assert_eq!(self.tcp.segments_used(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Losses, overlaps, duplicates, reordering, keep-alives, FINs, resets and
    /// acknowledgements in any order, with buffers that do not suffice.
    #[test]
    fn any_schedule_agrees_with_the_model(
        steps in steps(),
        isns in [isn(), isn()],
        lens in [0..9000_usize, 0..500_usize],
        segments in 0..12_u32,
        per_stream in 0..8_u16,
        hole_timeout_ns in 0..100 * MS,
    ) {
        let mut world = World::new(Limits { history: 64, ..Limits::new(segments, per_stream, hole_timeout_ns) }, isns, lens);
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.finish();
        world.check();
    }

    /// Every byte arrives at least once, in any order: the stream comes out whole.
    #[test]
    fn without_loss_the_stream_is_complete(
        isns in [isn(), isn()],
        pieces in vec((any::<u64>(), 1..3000_usize, 0..50_usize, 0..50_usize), 1..24),
        repeats in vec((any::<prop::sample::Index>(), any::<u64>()), 0..12),
    ) {
        let len = pieces.iter().map(|(_, len, _, _)| *len).sum();
        let roomy = Limits { history: 64, ..Limits::new(200, 400, u64::MAX) };
        let mut world = World::new(roomy, isns, [len, 0]);
        world.models[0].ended = true;
        let mut schedule = Vec::new();
        let mut at = 0_usize;
        for (order, piece, before, after) in &pieces {
            let start = at.saturating_sub(*before);
            schedule.push((*order, start, at + piece + after - start));
            at += piece;
        }
        for (which, order) in &repeats {
            let (_, start, len) = *which.get(&schedule);
            schedule.push((*order, start, len));
        }
        schedule.sort_unstable();
        for (_, start, len) in schedule {
            world.send(0, start, len, false);
            world.check();
        }
        prop_assert_eq!(world.models[0].delivered, len);
        prop_assert_eq!(world.tcp.segments_used(), 0);
        let counters = *world.tcp.counters();
        prop_assert_eq!(counters.gaps, 0);
        let counted = counters.in_order + counters.out_of_order + counters.retransmitted + counters.partly_new;
        prop_assert_eq!(counted, world.payload_segments, "every payload segment is counted once");
        prop_assert!(world.pairs[0].half(ToServer).has(stream::FINISHED));
    }
}
