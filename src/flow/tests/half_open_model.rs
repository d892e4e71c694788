//! Random operations on half-open sessions beside flows, against a naive model.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::tcp::Options;
use crate::wire::tcp_flag::{ACK, RST, SYN};

/// Sessions that operations choose from.
const SESSIONS: u32 = 60;
const OPEN: u64 = 16 * S;
const CLOSED: u64 = 4 * S;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A packet of session `n`; `reply` from the server.
    Packet { n: u32, reply: bool, flags: u8 },
    /// Session `n` becomes a flow, which ends at once when `ends`.
    Promote { n: u32, ends: bool },
    /// A flow with the key of session `n` ends.
    Remove { n: u32 },
    /// Time goes by, and what is stale is collected.
    Wait { ns: u64 },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let n = 0..SESSIONS;
    let flags = prop_oneof![Just(SYN), Just(SYN | ACK), Just(ACK), Just(RST), Just(0)];
    let op = prop_oneof![
        12 => (n.clone(), any::<bool>(), flags).prop_map(|(n, reply, flags)| Op::Packet { n, reply, flags }),
        3 => (n.clone(), any::<bool>()).prop_map(|(n, ends)| Op::Promote { n, ends }),
        2 => n.prop_map(|n| Op::Remove { n }),
        3 => (0..3 * S).prop_map(|ns| Op::Wait { ns }),
        1 => (0..20 * S).prop_map(|ns| Op::Wait { ns }),
    ];
    vec(op, 1..400)
}

/// What the model knows of a half-open session.
#[derive(Clone, Copy, Debug)]
struct Known {
    n: u32,
    start_ns: u64,
    last_ns: u64,
    packets: [u16; 2],
    bytes: [u32; 2],
    flags: [u8; 2],
    /// Sequence number of the first packet, by side.
    seqs: [u32; 2],
}

impl Known {
    fn deadline(&self) -> u64 {
        self.last_ns + if (self.flags[0] | self.flags[1]) & RST == 0 { OPEN } else { CLOSED }
    }

    fn count(&mut self, direction: Direction, seq: u32, flags: u8, length: u32, now_ns: u64) {
        let side = direction.index();
        if self.packets[side] == 0 {
            self.seqs[side] = seq;
        }
        self.packets[side] += 1;
        self.bytes[side] += length;
        self.flags[side] |= flags;
        self.last_ns = now_ns;
    }
}

struct World {
    table: FlowTable,
    /// Half-open sessions, the ones that were appended first in front.
    open: VecDeque<Known>,
    /// Sessions that are flows.
    flows: Vec<u32>,
    now_ns: u64,
    seq: u32,
}

impl World {
    fn new(capacity: Capacity, seed: u64) -> Self {
        let mut timeouts = Timeouts::uniform(OPEN);
        timeouts.set(Class::TcpClosed, CLOSED);
        let table = FlowTable::new(capacity, timeouts, seed);
        Self { table, open: VecDeque::new(), flows: Vec::new(), now_ns: 1000 * S, seq: 0 }
    }

    fn find(&self, n: u32) -> Option<Found> {
        self.table.find(&key(n), self.table.hash(&key(n)))
    }

    fn find_open(&self, n: u32) -> Option<HalfOpenIndex> {
        match self.find(n) {
            Some(Found::HalfOpen(index)) => Some(index),
            _ => None,
        }
    }

    fn place(&self, n: u32) -> Option<usize> {
        self.open.iter().position(|known| known.n == n)
    }

    /// The session of an index, by its key, out of the model.
    fn take(&mut self, index: HalfOpenIndex) -> Known {
        let record = self.table.half_open(index).unwrap();
        let n = (0..SESSIONS).find(|n| key(*n) == *record.key()).unwrap();
        let place = self.place(n).expect("the model has it too");
        self.open.remove(place).unwrap()
    }

    fn packet(&mut self, n: u32, reply: bool, flags: u8) {
        self.seq += 1;
        let direction = if reply { ToClient } else { ToServer };
        let mut packet = headers(proto::TCP, (1, 1), (2, 2));
        packet.tcp = TcpHeader { seq: self.seq, flags, ..TcpHeader::default() };
        let opening = Opening::of(&packet, &Options::default(), false);
        let length = 60 + self.seq % 7;
        if self.flows.contains(&n) {
            return;
        }
        if let Some(place) = self.place(n) {
            let index = self.find_open(n).expect("the model has it");
            self.table.count_half_open(index, direction, &opening, length, self.now_ns);
            self.open[place].count(direction, self.seq, flags, length, self.now_ns);
            return;
        }
        if let Some(index) = self.table.half_open_in_the_way(self.now_ns) {
            let capacity = self.table.half_open_capacity() as usize;
            let free = capacity - self.open.len();
            let stale = self.take(index).deadline() <= self.now_ns;
            assert!(stale || free < capacity.div_ceil(8) || capacity - free > 8, "{free} places are free");
            self.table.close(index);
        }
        let begin = Begin { now_ns: self.now_ns, start_ns: self.now_ns + 5, iface: 0, bits: Bits::NONE };
        let key = key(n);
        let hash = self.table.hash(&key);
        self.table.open(&key, hash, &begin, direction, &opening, length);
        let mut known = Known {
            n,
            start_ns: self.now_ns + 5,
            last_ns: self.now_ns,
            packets: [0; 2],
            bytes: [0; 2],
            flags: [0; 2],
            seqs: [0; 2],
        };
        known.count(direction, self.seq, flags, length, self.now_ns);
        self.open.push_back(known);
    }

    fn promote(&mut self, n: u32, ends: bool) {
        let Some(index) = self.find_open(n) else { return };
        let Some((flow_index, record)) = self.table.promote(index, self.now_ns) else {
            assert_eq!(self.table.free(), 0, "refused only when no flow is free");
            assert_eq!(self.find_open(n), Some(index));
            return;
        };
        let place = self.place(n).unwrap();
        let known = self.open.remove(place).unwrap();
        let flow = self.table.get(flow_index).unwrap();
        assert_eq!((flow.packets, flow.bytes), (known.packets.map(u64::from), known.bytes.map(u64::from)));
        assert_eq!((flow.start_ns, record.flags_seen), (known.start_ns, known.flags));
        for direction in [ToServer, ToClient] {
            let seq = record.opening(direction).map(|opening| opening.seq());
            let side = direction.index();
            assert_eq!(seq, (known.packets[side] != 0).then_some(known.seqs[side]));
        }
        if ends { self.table.remove(flow_index) } else { self.flows.push(n) }
    }

    fn collect_stale(&mut self) {
        while let Some(index) = self.table.next_stale_half_open(self.now_ns) {
            let known = self.take(index);
            assert!(known.deadline() <= self.now_ns, "session {} is reported before its deadline", known.n);
            self.table.close(index);
        }
        for known in &self.open {
            // A sixteenth, and one timeout for the one that a passed-over record may stand behind.
            let late = known.last_ns + 2 * OPEN + 2 * (OPEN / 16);
            assert!(self.now_ns < late, "session {} was due, and overlooked", known.n);
        }
    }

    fn check(&self) {
        assert_eq!(self.table.half_open_len() as usize, self.open.len());
        for known in &self.open {
            let index = self.find_open(known.n).expect("still there");
            assert!(self.table.is(Found::HalfOpen(index), &key(known.n)));
            let record = self.table.half_open(index).unwrap();
            assert_eq!((record.start_ns, record.last_ns), (known.start_ns, known.last_ns));
            assert_eq!((record.packets, record.bytes, record.flags_seen), (known.packets, known.bytes, known.flags));
            assert_eq!(self.table.half_open_deadline(record), known.deadline());
        }
        for n in 0..SESSIONS {
            let expected = self.place(n).is_some() || self.flows.contains(&n);
            assert_eq!(self.find(n).is_some(), expected, "session {n}");
        }
    }

    fn run(&mut self, ops: &[Op]) {
        for op in ops {
            match *op {
                Op::Packet { n, reply, flags } => self.packet(n, reply, flags),
                Op::Promote { n, ends } => self.promote(n, ends),
                Op::Remove { n } => {
                    if let Some(Found::Flow(index)) = self.find(n) {
                        self.table.remove(index);
                        self.flows.retain(|flow| *flow != n);
                    }
                }
                Op::Wait { ns } => {
                    self.now_ns += ns;
                    self.collect_stale();
                }
            }
            self.check();
        }
        while let Some(index) = self.table.any_half_open() {
            self.take(index);
            self.table.close(index);
        }
        self.check();
        assert!(self.open.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operations_agree_with_the_model(
        flows in 1..40_u32,
        half_open in 1..80_u32,
        seed in any::<u64>(),
        ops in ops(),
    ) {
        World::new(Capacity { flows, half_open }, seed).run(&ops);
    }
}
