//! Half-open sessions by case: what a record holds, the ring's order, ages, promotion.

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::tcp::Options;
use crate::wire::tcp_flag::{ACK, FIN, RST, SYN};

/// Idle time of an open attempt, and of a refused one.
const OPEN: u64 = 32 * S;
const CLOSED: u64 = 10 * S;

fn table(half_open: u32) -> FlowTable {
    let mut timeouts = Timeouts::uniform(OPEN);
    timeouts.set(Class::TcpClosed, CLOSED);
    FlowTable::new(Capacity { flows: 4, half_open }, timeouts, 1)
}

fn opening_of(packet: &Headers, seq: u32, flags: u8) -> Opening {
    let mut packet = *packet;
    packet.tcp = TcpHeader { seq, flags, ..TcpHeader::default() };
    packet.payload_at = packet.transport_at + 20;
    Opening::of(&packet, &Options::default(), false)
}

fn packet(n: u32) -> Headers {
    headers(proto::TCP, (0x0a00_0000 + n, 40_000), (0xc0a8_0001, 443))
}

fn opening(seq: u32, flags: u8) -> Opening {
    opening_of(&packet(0), seq, flags)
}

/// Begins session `n` with a packet of 60 bytes; the caller has made room.
fn open(table: &mut FlowTable, n: u32, flags: u8, now_ns: u64) -> HalfOpenIndex {
    assert_eq!(table.half_open_in_the_way(now_ns), None, "session {n}");
    let begin = Begin { now_ns, start_ns: now_ns + 1, iface: 3, bits: Bits::NONE };
    let key = key(n);
    let hash = table.hash(&key);
    table.open(&key, hash, &begin, ToServer, &opening(1000 + n, flags), 60)
}

fn find(table: &FlowTable, n: u32) -> Option<HalfOpenIndex> {
    match table.find(&key(n), table.hash(&key(n))) {
        Some(Found::HalfOpen(index)) => Some(index),
        Some(Found::Flow(index)) => panic!("{index:?} is a flow"),
        None => None,
    }
}

/// A further packet of the session of [`record`].
fn header(direction: Direction, flags: u8) -> TcpHeader {
    let (seq, ack) = match direction {
        ToServer => (1001, 5001),
        ToClient => (5000, 1002),
    };
    TcpHeader { seq, ack, window: 0, flags }
}

/// Whence a packet comes, and its flags.
type Packet = (Direction, u8);

/// A record that has seen these packets, in order.
fn record(packets: &[Packet]) -> HalfOpen {
    let mut table = table(4);
    let (first, rest) = packets.split_first().unwrap();
    assert_eq!(first.0, ToServer);
    let index = open(&mut table, 1, first.1, 0);
    for (direction, flags) in rest {
        table.count_half_open(index, *direction, &opening(5000, *flags), 60, 0);
    }
    table.half_open(index).unwrap().clone()
}

#[test]
fn a_record_holds_what_leaves_the_handshake_incomplete() {
    let cases: &[(&str, &[Packet], Packet, bool)] = &[
        ("SYN again", &[(ToServer, SYN)], (ToServer, SYN), true),
        ("SYN-ACK", &[(ToServer, SYN)], (ToClient, SYN | ACK), true),
        ("SYN-ACK again", &[(ToServer, SYN), (ToClient, SYN | ACK)], (ToClient, SYN | ACK), true),
        ("the handshake's ACK", &[(ToServer, SYN), (ToClient, SYN | ACK)], (ToServer, ACK), false),
        ("a bare ACK, one way", &[(ToServer, ACK)], (ToServer, ACK), true),
        ("a bare ACK, both ways", &[(ToServer, ACK)], (ToClient, ACK), false),
        ("the SYN of a simultaneous open", &[(ToServer, SYN)], (ToClient, SYN), true),
        ("a refusal", &[(ToServer, SYN)], (ToClient, RST | ACK), true),
        ("a reset of a side that has spoken", &[(ToServer, SYN)], (ToServer, RST), false),
        ("anything after a reset", &[(ToServer, SYN), (ToClient, RST | ACK)], (ToServer, SYN), false),
        ("a reset after a reset", &[(ToServer, RST)], (ToServer, RST), false),
        ("a FIN", &[(ToServer, SYN)], (ToClient, FIN), false),
        ("a FIN that is the first of all, again", &[(ToServer, FIN)], (ToServer, FIN), false),
        ("no flag at all", &[(ToServer, 0)], (ToClient, 0), true),
        ("a refusal of an ACK", &[(ToServer, ACK)], (ToClient, RST | ACK), true),
    ];
    for (name, before, (direction, flags), expected) in cases {
        assert_eq!(record(before).holds(*direction, &header(*direction, *flags), 60), *expected, "{name}");
    }
}

#[test]
fn a_record_does_not_hold_two_readings_of_one_handshake() {
    let cases: [(&str, &[Packet], Direction, TcpHeader, bool); 5] = [
        ("the same SYN", &[(ToServer, SYN)], ToServer, header(ToServer, SYN), true),
        ("another SYN", &[(ToServer, SYN)], ToServer, TcpHeader { seq: 7, ..header(ToServer, SYN) }, false),
        ("its SYN-ACK", &[(ToServer, SYN)], ToClient, header(ToClient, SYN | ACK), true),
        (
            "one for another SYN",
            &[(ToServer, SYN)],
            ToClient,
            TcpHeader { ack: 7, ..header(ToClient, SYN | ACK) },
            false,
        ),
        (
            "another SYN-ACK",
            &[(ToServer, SYN), (ToClient, SYN | ACK)],
            ToClient,
            TcpHeader { seq: 7, ..header(ToClient, SYN | ACK) },
            false,
        ),
    ];
    for (name, before, direction, header, expected) in cases {
        assert_eq!(record(before).holds(direction, &header, 60), expected, "{name}");
    }
}

#[test]
fn counts_that_would_not_fit_ask_for_a_flow() {
    let mut record = record(&[(ToServer, SYN)]);
    assert!(record.holds(ToServer, &header(ToServer, SYN), u32::MAX - 60));
    assert!(!record.holds(ToServer, &header(ToServer, SYN), u32::MAX - 59));
    record.packets[0] = u16::MAX - 1;
    assert!(record.holds(ToServer, &header(ToServer, SYN), 60));
    record.packets[0] = u16::MAX;
    assert!(!record.holds(ToServer, &header(ToServer, SYN), 60));
    assert!(record.holds(ToClient, &header(ToClient, SYN), 60), "the other side's are not full");
    // A session that was refused a flow has to stay.
    record.count(ToServer, &opening(1, SYN), u32::MAX);
    assert_eq!((record.packets[0], record.bytes[0]), (u16::MAX, u32::MAX));
}

#[test]
fn a_flood_goes_round_the_ring_and_the_oldest_makes_room() {
    let mut table = table(8);
    for n in 0..8 {
        open(&mut table, n, SYN, u64::from(n));
    }
    for n in 8..37 {
        let victim = table.half_open_in_the_way(u64::from(n)).expect("full");
        assert_eq!(Some(victim), find(&table, n - 8), "the oldest");
        table.close(victim);
        open(&mut table, n, SYN, u64::from(n));
        assert_eq!(table.half_open_len(), 8);
        assert!((n - 7..=n).all(|n| find(&table, n).is_some()));
        assert_eq!(find(&table, n - 8), None);
    }
    table.close(find(&table, 31).unwrap());
    table.close(find(&table, 36).unwrap());
    let mut left = Vec::new();
    while let Some(index) = table.any_half_open() {
        left.push(table.half_open(index).unwrap().start_ns - 1);
        table.close(index);
        table.close(index);
    }
    assert_eq!((left, table.half_open_len()), (vec![29, 30, 32, 33, 34, 35], 0), "oldest first");
}

#[test]
fn the_number_of_places_is_rounded_up_to_a_power_of_two() {
    for (wanted, expected) in [(0, 1), (1, 1), (2, 2), (5, 8), (1025, 2048)] {
        assert_eq!(table(wanted).half_open_capacity(), expected);
    }
}

#[test]
fn a_ring_with_holes_passes_over_those_who_wait() {
    let mut table = table(16);
    let first = open(&mut table, 0, SYN, 0);
    // Handshakes that complete at once leave holes; the attempt that waits keeps its place for several rounds.
    for n in 1..100 {
        let index = open(&mut table, n, SYN, u64::from(n));
        table.close(index);
    }
    assert_eq!(find(&table, 0), Some(first));
}

#[test]
fn with_less_than_an_eighth_of_the_places_free_the_oldest_makes_room() {
    let mut table = table(16);
    let indices: Vec<_> = (0..16).map(|n| open(&mut table, n, SYN, 0)).collect();
    table.close(indices[5]);
    assert_eq!(table.half_open_in_the_way(0), Some(indices[0]), "one of sixteen places is free");
    table.close(indices[6]);
    assert_eq!(table.half_open_in_the_way(OPEN), Some(indices[0]), "two are, but it is stale");
    assert_eq!(table.half_open_in_the_way(OPEN - 1), None);
    assert_eq!(open(&mut table, 16, SYN, 0), indices[5]);
    assert_eq!(table.next_stale_half_open(OPEN), Some(indices[7]), "those passed over count as appended now");
}

#[test]
fn an_attempt_times_out_at_its_deadline_and_a_refused_one_at_its_own() {
    let mut table = table(8);
    let refused = open(&mut table, 1, SYN, 0);
    table.count_half_open(refused, ToClient, &opening(0, RST | ACK), 54, S);
    let waiting = open(&mut table, 2, SYN, 2 * S);
    let deadline = |table: &FlowTable, index| table.half_open_deadline(table.half_open(index).unwrap());
    assert_eq!((deadline(&table, refused), deadline(&table, waiting)), (S + CLOSED, 2 * S + OPEN));
    assert_eq!(table.next_stale_half_open(S + CLOSED - 1), None);
    assert_eq!(table.next_stale_half_open(S + CLOSED), Some(refused));
    table.close(refused);
    assert_eq!(table.next_stale_half_open(2 * S + OPEN - 1), None);
    assert_eq!(table.next_stale_half_open(2 * S + OPEN), Some(waiting));
    table.close(waiting);
    assert_eq!(table.next_stale_half_open(u64::MAX), None);
}

#[test]
fn a_retransmission_makes_an_attempt_young_again() {
    let mut table = table(8);
    let first = open(&mut table, 1, SYN, 0);
    open(&mut table, 2, SYN, S);
    // At once: it stays where it is.
    table.count_half_open(first, ToServer, &opening(1001, SYN), 60, S);
    assert_eq!(find(&table, 1), Some(first));
    // After three seconds it is appended anew, behind the second.
    table.count_half_open(first, ToServer, &opening(1001, SYN), 60, 3 * S);
    let moved = find(&table, 1).expect("still there");
    assert_ne!(moved, first);
    assert_eq!(table.half_open_len(), 2);
    let record = table.half_open(moved).unwrap();
    assert_eq!((record.packets, record.bytes, record.last_ns, record.start_ns), ([3, 0], [180, 0], 3 * S, 1));
    assert_eq!(table.next_stale_half_open(S + OPEN), find(&table, 2));
    table.close(find(&table, 2).unwrap());
    assert_eq!(table.next_stale_half_open(3 * S + OPEN - 1), None);
    assert_eq!(table.next_stale_half_open(3 * S + OPEN), Some(moved));
}

#[test]
fn promotion_keeps_times_counts_and_openings() {
    let mut table = table(4);
    let index = open(&mut table, 7, SYN, 5 * S);
    table.count_half_open(index, ToServer, &opening(1007, SYN), 74, 5 * S);
    table.count_half_open(index, ToClient, &opening(9000, SYN | ACK), 58, 6 * S);
    let (index, record) = table.promote(find(&table, 7).unwrap(), 7 * S).unwrap();
    assert_eq!((table.half_open_len(), table.len()), (0, 1));
    assert_eq!(flow(table.find(&key(7), table.hash(&key(7)))), Some(index));
    let flow = table.get(index).unwrap();
    assert_eq!((*flow.key(), flow.iface, flow.class()), (key(7), 3, Class::TcpNew));
    assert_eq!((flow.start_ns, flow.last_ns), (5 * S + 1, 6 * S));
    assert_eq!((flow.packets, flow.bytes, flow.aux), ([2, 1], [134, 58], 0));
    assert!(flow.bits.has(Bits::BOTH_WAYS) && flow.bits.has(Bits::IN_USE));
    let seqs = [ToServer, ToClient].map(|direction| record.opening(direction).unwrap().seq());
    assert_eq!((seqs, record.flags_seen), ([1007, 9000], [SYN, SYN | ACK]));
}

#[test]
fn without_a_free_flow_a_session_stays_half_open() {
    let mut table = table(8);
    for n in 0..4 {
        table.insert(&key(n), table.hash(&key(n)), Class::Other, 0).unwrap();
    }
    let index = open(&mut table, 9, SYN, 0);
    assert!(table.promote(index, 0).is_none());
    assert_eq!((find(&table, 9), table.half_open_len(), table.free()), (Some(index), 1, 0));
    table.remove(flow(table.find(&key(2), table.hash(&key(2)))).unwrap());
    assert!(table.promote(index, 0).is_some());
}

#[test]
fn sessions_are_told_apart_by_vlan_and_by_all_of_an_ipv6_address() {
    let mut table = table(16);
    let mut packets = vec![packet(1); 4];
    packets[1].vlan = [10, 0];
    packets[2].vlan = [10, 20];
    packets[3].v6 = true;
    for last in 0..3 {
        let mut six = packets[3];
        (six.src, six.dest) = ([0x20; 16], [0x21; 16]);
        six.src[15] = last;
        packets.push(six);
    }
    let keys: Vec<_> = packets.iter().map(|packet| FlowKey::of(packet, true)).collect();
    let mut indices = Vec::new();
    for ((key, _), packet) in keys.iter().zip(&packets) {
        assert_eq!(table.find(key, table.hash(key)), None);
        let begin = Begin { now_ns: 0, start_ns: 0, iface: 0, bits: Bits::NONE };
        assert_eq!(table.half_open_in_the_way(0), None);
        let hash = table.hash(key);
        indices.push(table.open(key, hash, &begin, ToServer, &opening_of(packet, 1, SYN), 60));
    }
    for ((key, _), index) in keys.iter().zip(&indices) {
        assert_eq!(table.find(key, table.hash(key)), Some(Found::HalfOpen(*index)));
        assert_eq!(table.half_open(*index).unwrap().key(), key);
    }
    let tuple = table.half_open(indices[5]).unwrap().tuple();
    assert!(tuple.v6);
    assert_eq!(table.half_open(indices[2]).unwrap().key().vlan(), [10, 20]);
}
