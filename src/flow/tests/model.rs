//! Random operations against a map and a list.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Flows that the operations name.
const FLOWS: u32 = 400;

#[derive(Clone, Debug)]
enum Op {
    /// A packet of flow `n`: found and touched, or inserted.
    Packet {
        n: u32,
        class: usize,
    },
    Remove {
        n: u32,
    },
    /// The table is asked to make room.
    Recycle,
    /// Time passes; everything stale is collected.
    Wait {
        ns: u64,
    },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => (0..FLOWS, 0..7_usize).prop_map(|(n, class)| Op::Packet { n, class }),
        // A few flows that stay in one class and are touched often.
        6 => (0..8_u32).prop_map(|n| Op::Packet { n, class: 2 }),
        2 => (0..FLOWS).prop_map(|n| Op::Remove { n }),
        1 => Just(Op::Recycle),
        6 => prop_oneof![4 => 0..S, 1 => 0..40 * S].prop_map(|ns| Op::Wait { ns }),
    ];
    vec(op, 0..1500)
}

/// Keys whose flows all belong into the first `buckets` buckets, as an attacker would choose them who knew the seed.
fn crowded_keys(table: &FlowTable, buckets: usize, count: usize) -> Vec<FlowKey> {
    let mask = table.memory().2.len() as u64 - 1;
    (0..).map(key).filter(|key| ((table.hash(key) & mask) as usize) < buckets).take(count).collect()
}

/// What a flow is known by.
struct Known {
    index: FlowIndex,
    class: Class,
    last_ns: u64,
}

struct World {
    table: FlowTable,
    timeouts: Timeouts,
    keys: Vec<FlowKey>,
    model: HashMap<u32, Known>,
    now_ns: u64,
}

impl World {
    fn new(capacity: u32, timeouts: Timeouts, seed: u64, crowded: Option<usize>) -> Self {
        let table = FlowTable::new(flows(capacity), timeouts, seed);
        let keys = crowded_keys(&table, crowded.unwrap_or(usize::MAX), FLOWS as usize);
        Self { table, timeouts, keys, model: HashMap::new(), now_ns: 1_000 * S }
    }

    fn key(&self, n: u32) -> FlowKey {
        self.keys[n as usize]
    }

    fn find(&self, n: u32) -> Option<FlowIndex> {
        let key = self.key(n);
        flow(self.table.find(&key, self.table.hash(&key)))
    }

    fn deadline(&self, known: &Known) -> u64 {
        known.last_ns + self.timeouts.of(known.class)
    }

    /// The flow of an index, by the model.
    fn number(&self, index: FlowIndex) -> u32 {
        let (number, _) = self.model.iter().find(|(_, known)| known.index == index).expect("a flow the model knows");
        *number
    }

    fn packet(&mut self, n: u32, class: Class) {
        let found = self.find(n);
        assert_eq!(found, self.model.get(&n).map(|known| known.index), "flow {n}");
        if let Some(index) = found {
            self.table.touch(index, class, self.now_ns);
            self.model.insert(n, Known { index, class, last_ns: self.now_ns });
            return;
        }
        let key = self.key(n);
        let index = self.table.insert(&key, self.table.hash(&key), class, self.now_ns);
        assert_eq!(index.is_none(), self.model.len() == self.table.capacity(), "refused only when full");
        let Some(index) = index else { return };
        assert!(self.model.values().all(|known| known.index != index), "a slot is given out twice");
        self.model.insert(n, Known { index, class, last_ns: self.now_ns });
    }

    fn recycle(&mut self) {
        let Some(victim) = self.table.victim() else {
            assert!(self.model.is_empty());
            return;
        };
        let number = self.number(victim);
        let known = self.model.remove(&number).unwrap();
        let class = Class::RECYCLE_ORDER
            .into_iter()
            .find(|class| *class == known.class || self.model.values().any(|other| other.class == *class));
        assert_eq!(class, Some(known.class), "a victim of the class least worth keeping");
        // Ages are kept to a sixteenth of the timeout.
        let slack = self.timeouts.of(known.class) / 16 + 3 * S / 10;
        for other in self.model.values().filter(|other| other.class == known.class) {
            assert!(known.last_ns <= other.last_ns + slack, "an older flow of the class was spared");
        }
        self.table.remove(victim);
    }

    fn collect_stale(&mut self) {
        while let Some(index) = self.table.next_stale(self.now_ns) {
            let number = self.number(index);
            let known = self.model.remove(&number).unwrap();
            assert!(self.deadline(&known) <= self.now_ns, "flow {number} is reported before its deadline");
            self.table.remove(index);
        }
        for (number, known) in &self.model {
            let late = self.deadline(known) + self.timeouts.of(known.class) / 16 + 3 * S / 10;
            assert!(self.now_ns < late, "flow {number} of {:?} was due, and overlooked", known.class);
        }
    }

    fn check(&self) {
        assert_eq!(self.table.len() as usize, self.model.len());
        for class in Class::ALL {
            let count = self.model.values().filter(|known| known.class == class).count();
            assert_eq!(self.table.class_len(class) as usize, count);
        }
        for (number, known) in &self.model {
            assert_eq!(self.find(*number), Some(known.index), "flow {number}");
            let flow = self.table.get(known.index).unwrap();
            assert_eq!((*flow.key(), flow.class(), flow.last_ns), (self.key(*number), known.class, known.last_ns));
        }
        assert_eq!(self.table.iter().count(), self.model.len());
        let capacity = self.table.capacity() as u32;
        let half = capacity / 2;
        let walked = self.table.walk(0..half).chain(self.table.walk(half..u32::MAX));
        assert_eq!(walked.count(), self.model.len(), "a walk in two slices sees every flow once");
        assert_eq!(self.table.walk(capacity..u32::MAX).count(), 0);
    }

    fn run(&mut self, ops: &[Op]) {
        for op in ops {
            match *op {
                Op::Packet { n, class } => self.packet(n, Class::ALL[class]),
                Op::Remove { n } => {
                    if let Some(known) = self.model.remove(&n) {
                        self.table.remove(known.index);
                    }
                    assert_eq!(self.find(n), None);
                }
                Op::Recycle => self.recycle(),
                Op::Wait { ns } => {
                    self.now_ns += ns;
                    self.collect_stale();
                }
            }
        }
        self.check();
        while let Some(index) = self.table.any() {
            self.model.remove(&self.number(index));
            self.table.remove(index);
        }
        self.check();
        assert!(self.table.is_empty());
    }
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    vec(prop_oneof![0..2 * S, 2 * S..100 * S], 7).prop_map(|times| {
        let mut timeouts = Timeouts::uniform(S);
        for (class, ns) in Class::ALL.into_iter().zip(times) {
            timeouts.set(class, ns);
        }
        timeouts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operations_agree_with_the_model(
        capacity in 1..300_u32,
        timeouts in timeouts(),
        seed in any::<u64>(),
        crowded in proptest::option::of(1..5_usize),
        ops in ops(),
    ) {
        World::new(capacity, timeouts, seed, crowded).run(&ops);
    }
}

/// Forty flows in one bucket of eight places, removed from every place of it and of its chain.
#[test]
fn a_chain_survives_removal_in_any_order() {
    for stride in [1, 3, 7, 13, 19, 39] {
        let mut table = FlowTable::new(flows(64), Timeouts::uniform(S), stride);
        let keys = crowded_keys(&table, 1, 40);
        for round in 1..4 {
            for key in &keys {
                assert!(table.insert(key, table.hash(key), Class::Other, 0).is_some());
            }
            assert_eq!(table.spilled(), 32 * round);
            // Every stride is prime to 40, so each flow comes up once.
            let order: Vec<usize> = (0..40).map(|n| (n * stride as usize) % 40).collect();
            for (done, n) in order.iter().enumerate() {
                table.remove(flow(table.find(&keys[*n], table.hash(&keys[*n]))).expect("still there"));
                for (later, n) in order.iter().enumerate() {
                    let found = table.find(&keys[*n], table.hash(&keys[*n])).is_some();
                    assert_eq!(found, later > done, "flow {n} after {done} removals");
                }
            }
        }
    }
}
