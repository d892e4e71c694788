//! The table by case: capacity, slots, ages, victims.

use super::*;

fn table(capacity: u32) -> FlowTable {
    FlowTable::new(flows(capacity), Timeouts::uniform(16 * S), 1)
}

fn insert(table: &mut FlowTable, n: u32, class: Class, now_ns: u64) -> Option<FlowIndex> {
    let key = key(n);
    table.insert(&key, table.hash(&key), class, now_ns)
}

fn find(table: &FlowTable, n: u32) -> Option<FlowIndex> {
    flow(table.find(&key(n), table.hash(&key(n))))
}

#[test]
fn a_flow_costs_at_most_272_bytes() {
    const { assert!(BYTES_PER_FLOW <= 272 && BYTES_PER_HALF_OPEN <= 144) };
    let full = FlowTable::new(Capacity { flows: 3072, half_open: 1024 }, Timeouts::uniform(S), 1);
    let (flows, half_open, buckets) = full.memory();
    let bytes = size_of_val(flows) + size_of_val(half_open) + size_of_val(buckets);
    assert_eq!(bytes, 3072 * BYTES_PER_FLOW + 1024 * BYTES_PER_HALF_OPEN, "4096 sessions in all");
    for capacity in (1..3000).chain([4096, 65_536, 65_537]) {
        let table = table(capacity);
        let (flows, _, buckets) = table.memory();
        let bytes = size_of_val(flows) + size_of_val(buckets);
        let per_flow = bytes.div_ceil(flows.len());
        assert_eq!(flows.len(), capacity as usize);
        assert!(per_flow <= if capacity == 1 { 320 } else { 288 }, "{per_flow} bytes a flow at {capacity}");
    }
}

#[test]
fn a_full_table_takes_no_more_and_reuses_what_is_freed() {
    let mut table = table(5);
    let indices: Vec<_> = (0..5).map(|n| insert(&mut table, n, Class::TcpNew, 0).unwrap()).collect();
    assert_eq!((table.len(), table.capacity()), (5, 5));
    assert_eq!(insert(&mut table, 5, Class::TcpNew, 0), None);
    assert_eq!(table.len(), 5);
    table.remove(indices[2]);
    assert_eq!(find(&table, 2), None);
    assert_eq!(insert(&mut table, 5, Class::TcpNew, 0), Some(indices[2]), "the slot that became free");
    assert_eq!(insert(&mut table, 6, Class::TcpNew, 0), None);
    assert_eq!(find(&table, 5), Some(indices[2]));
    for n in [0, 1, 3, 4] {
        assert!(find(&table, n).is_some());
    }
}

#[test]
fn a_flow_removed_twice_is_removed_once() {
    let mut table = table(3);
    let indices: Vec<_> = (0..3).map(|n| insert(&mut table, n, Class::TcpNew, 0).unwrap()).collect();
    table.remove(indices[1]);
    table.remove(indices[1]);
    assert_eq!(table.len(), 2);
    assert_eq!(insert(&mut table, 3, Class::TcpNew, 0), Some(indices[1]));
    assert_eq!(insert(&mut table, 4, Class::TcpNew, 0), None, "the place was freed once");
    assert_eq!(table.iter().map(|flow| *flow.key()).collect::<Vec<_>>(), [key(0), key(2), key(3)]);
}

#[test]
fn a_reused_slot_is_as_new() {
    let mut table = table(1);
    let index = insert(&mut table, 1, Class::UdpNew, 5).unwrap();
    let flow = table.get_mut(index).unwrap();
    flow.packets = [3, 4];
    flow.bits.set(Bits::KILLED);
    flow.parser = 9;
    flow.scan = [[1; 2]; 2];
    table.remove(index);
    assert!(table.is_empty());
    let index = insert(&mut table, 2, Class::TcpNew, 7).unwrap();
    let flow = table.get(index).unwrap();
    assert_eq!((flow.packets, flow.parser, flow.scan, flow.last_ns), ([0; 2], NO_SLOT, [[0; 2]; 2], 7));
    assert!(!flow.bits.has(Bits::KILLED));
    assert_eq!(*flow.key(), key(2));
}

#[test]
fn overflow_chains_hold_what_a_bucket_cannot() {
    // One bucket of eight places: all hashes are the same but in their tags.
    let mut table = table(3);
    assert_eq!(table.memory().2.len(), 1);
    assert!((0..3).all(|n| insert(&mut table, n, Class::TcpNew, 0).is_some()));
    assert_eq!(table.spilled(), 0);
    // Sixteen flows that a forged hash sends to one bucket of four, with one tag.
    let mut table = self::table(16);
    let hash = 0xabcd_0000_0000_0000;
    let indices: Vec<_> =
        (0..16).map(|n| table.insert(&key(n), hash, Class::TcpNew, 0).expect("there is room")).collect();
    assert_eq!(table.spilled(), 8);
    for (n, index) in indices.iter().enumerate() {
        assert_eq!(flow(table.find(&key(n as u32), hash)), Some(*index), "flow {n}");
    }
    assert_eq!(table.find(&key(99), hash), None);
}

#[test]
fn a_flow_is_stale_from_its_deadline_on() {
    let mut table = table(2);
    let index = insert(&mut table, 1, Class::TcpEstablished, 5 * S).unwrap();
    let flow = table.get(index).unwrap().clone();
    assert_eq!(table.deadline(&flow), 21 * S);
    assert!(!table.is_stale(&flow, 21 * S - 1));
    assert!(table.is_stale(&flow, 21 * S));
    assert_eq!(table.next_stale(21 * S - 1), None);
    assert_eq!(table.next_stale(21 * S), Some(index));
}

#[test]
fn a_flow_that_was_active_is_not_overlooked_behind_younger_ones() {
    let mut table = table(2);
    let first = insert(&mut table, 1, Class::TcpEstablished, 0).unwrap();
    // Within a sixteenth of the timeout: not moved up.
    table.touch(first, Class::TcpEstablished, S);
    let second = insert(&mut table, 2, Class::TcpEstablished, S).unwrap();
    table.touch(second, Class::TcpEstablished, 15 * S);
    // A look at the moment when the first has been queued for longer than its timeout, but was active since.
    assert_eq!(table.next_stale(16 * S + S / 2), None);
    assert_eq!(table.next_stale(17 * S), Some(first), "at its own deadline, not at the second's");
}

#[test]
fn each_class_has_its_own_time() {
    let mut timeouts = Timeouts::uniform(100 * S);
    for (n, class) in Class::ALL.into_iter().enumerate() {
        timeouts.set(class, (n as u64 + 1) * S);
        assert_eq!(timeouts.of(class), (n as u64 + 1) * S);
        assert_eq!(class.index(), n);
    }
    let mut table = FlowTable::new(flows(7), timeouts, 1);
    let indices: Vec<_> =
        Class::ALL.iter().enumerate().map(|(n, class)| insert(&mut table, n as u32, *class, 0).unwrap()).collect();
    for (n, index) in indices.into_iter().enumerate() {
        let deadline = (n as u64 + 1) * S;
        assert_eq!(table.next_stale(deadline - 1), None);
        assert_eq!(table.next_stale(deadline), Some(index));
        table.remove(index);
    }
    assert_eq!(table.any(), None);
}

#[test]
fn victims_follow_the_recycle_order_and_age() {
    let mut table = table(14);
    let mut expected = vec![None; 14];
    // Two of each class, inserted the other way round.
    for (place, class) in Class::RECYCLE_ORDER.into_iter().enumerate().rev() {
        for age in 0..2 {
            let number = place * 2 + age;
            expected[number] = insert(&mut table, number as u32, class, age as u64);
        }
    }
    for (number, index) in expected.into_iter().enumerate() {
        assert_eq!(table.victim(), index, "victim {number}");
        table.remove(index.unwrap());
    }
    assert_eq!(table.victim(), None);
    let mut all = Class::RECYCLE_ORDER.to_vec();
    all.sort_by_key(|class| class.index());
    assert_eq!(all, Class::ALL, "every class is recycled");
}

#[test]
fn activity_saves_from_recycling() {
    let mut table = table(2);
    let first = insert(&mut table, 1, Class::TcpNew, 0).unwrap();
    let second = insert(&mut table, 2, Class::TcpNew, 0).unwrap();
    assert_eq!(table.victim(), Some(first));
    table.touch(first, Class::TcpNew, 2 * S);
    assert_eq!(table.victim(), Some(second));
    table.touch(second, Class::TcpEstablished, 2 * S);
    assert_eq!(table.victim(), Some(first));
    assert_eq!((table.class_len(Class::TcpNew), table.class_len(Class::TcpEstablished)), (1, 1));
    assert_eq!(table.iter().map(|flow| *flow.key()).collect::<Vec<_>>(), [key(1), key(2)]);
}

#[test]
fn icmp_tuples_show_type_and_code() {
    let mut table = table(1);
    let packet = headers(proto::ICMP, (2, 8), (1, 0));
    let (key, from_high) = FlowKey::of(&packet, true);
    assert!(from_high);
    let index = table.insert(&key, table.hash(&key), Class::Icmp, 0).unwrap();
    let flow = table.get_mut(index).unwrap();
    flow.bits.set(Bits::CLIENT_IS_HIGH);
    flow.aux = 3 << 16 | 1;
    let tuple = flow.tuple();
    assert_eq!((tuple.src, tuple.dest), (packet.src, packet.dest));
    assert_eq!((tuple.src_port, tuple.dest_port), (3, 1));
    assert_eq!(flow.direction(true), crate::event::Direction::ToServer);
    assert_eq!(flow.direction(false), crate::event::Direction::ToClient);
}
