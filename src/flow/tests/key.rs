//! What belongs to one flow, and how it is hashed.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn any_headers() -> impl Strategy<Value = Headers> {
    // Few addresses and ports, so that ends that are equal in part come up.
    let address = prop_oneof![any::<[u8; 16]>(), (0..3_u8).prop_map(|n| [n; 16])];
    let port = prop_oneof![any::<u16>(), 0..3_u16];
    let proto = prop_oneof![Just(proto::TCP), Just(proto::UDP), Just(proto::ICMP), Just(proto::ICMPV6), any::<u8>()];
    (address.clone(), address, port.clone(), port, proto, any::<[u16; 2]>(), any::<bool>()).prop_map(
        |(src, dest, src_port, dest_port, proto, vlan, v6)| {
            // An IPv4 address stands in the first four bytes, the rest is zero.
            let [src, dest] = [src, dest].map(|mut address| {
                address[if v6 { 16 } else { 4 }..].fill(0);
                address
            });
            Headers { src, dest, src_port, dest_port, vlan, v6, ..headers(proto, (0, 0), (0, 0)) }
        },
    )
}

proptest! {
    #[test]
    fn both_directions_have_one_key(packet in any_headers(), use_vlan in any::<bool>(), seed in any::<u64>()) {
        let back = answer(&packet);
        let (key, from_high) = FlowKey::of(&packet, use_vlan);
        let (back_key, back_from_high) = FlowKey::of(&back, use_vlan);
        prop_assert_eq!(key, back_key);
        let hash = KeyHash::new(seed);
        prop_assert_eq!(hash.hash(&key), hash.hash(&back_key));
        let icmp = matches!(packet.proto, proto::ICMP | proto::ICMPV6);
        let same_end = packet.src == packet.dest && (icmp || packet.src_port == packet.dest_port);
        prop_assert_eq!(from_high != back_from_high, !same_end, "two directions unless both ends are one");
    }

    #[test]
    fn the_tuple_is_the_packet_s(packet in any_headers()) {
        let (key, from_high) = FlowKey::of(&packet, true);
        let tuple = key.tuple(from_high);
        prop_assert_eq!((tuple.src, tuple.dest, tuple.proto, tuple.v6), (packet.src, packet.dest, packet.proto, packet.v6));
        let icmp = matches!(packet.proto, proto::ICMP | proto::ICMPV6);
        let ports = if icmp { (0, 0) } else { (packet.src_port, packet.dest_port) };
        prop_assert_eq!((tuple.src_port, tuple.dest_port), ports);
        prop_assert_eq!(key.proto(), packet.proto);
    }
}

#[test]
fn each_field_tells_flows_apart() {
    let packet = headers(proto::TCP, (1, 1000), (2, 80));
    let (key, _) = FlowKey::of(&packet, true);
    let hash = KeyHash::new(7);
    let others = [
        Headers { src: [9; 16], ..packet },
        Headers { dest: [9; 16], ..packet },
        Headers { src_port: 1001, ..packet },
        Headers { dest_port: 81, ..packet },
        Headers { proto: proto::UDP, ..packet },
        Headers { vlan: [5, 0], ..packet },
        Headers { vlan: [0, 5], ..packet },
        // The ports change places, the addresses do not.
        Headers { src_port: 80, dest_port: 1000, ..packet },
    ];
    let mut hashes = HashSet::from([hash.hash(&key)]);
    for other in others {
        let (other_key, _) = FlowKey::of(&other, true);
        assert_ne!(key, other_key, "{other:?}");
        assert!(hashes.insert(hash.hash(&other_key)), "the hash leaves out what tells {other:?}");
    }
    let (v6, _) = FlowKey::of(&Headers { v6: true, ..packet }, true);
    assert_ne!(key, v6);
}

#[test]
fn all_icmp_of_two_hosts_is_one_flow() {
    for icmp in [proto::ICMP, proto::ICMPV6] {
        let request = headers(icmp, (1, 8), (2, 0));
        let reply = headers(icmp, (2, 0), (1, 0));
        let unreachable = headers(icmp, (2, 3), (1, 1));
        let (key, from_high) = FlowKey::of(&request, true);
        assert!(!from_high);
        assert_eq!(FlowKey::of(&reply, true), (key, true));
        assert_eq!(FlowKey::of(&unreachable, true), (key, true));
    }
    assert_ne!(FlowKey::of(&headers(1, (1, 8), (2, 0)), true).0, FlowKey::of(&headers(58, (1, 8), (2, 0)), true).0);
}

#[test]
fn vlans_count_only_when_asked_for() {
    let packet = headers(proto::UDP, (1, 53), (2, 53));
    let tagged = Headers { vlan: [100, 200], ..packet };
    assert_eq!(FlowKey::of(&packet, false), FlowKey::of(&tagged, false));
    assert_ne!(FlowKey::of(&packet, true), FlowKey::of(&tagged, true));
    assert_eq!(FlowKey::of(&tagged, true).0.vlan(), [100, 200]);
    assert_eq!(FlowKey::of(&tagged, false).0.vlan(), [0, 0]);
}

#[test]
fn the_hash_depends_on_the_seed_and_only_on_it() {
    let key = key(1);
    assert_eq!(KeyHash::new(1).hash(&key), KeyHash::new(1).hash(&key));
    let hashes: HashSet<u64> = (0..1000).map(|seed| KeyHash::new(seed).hash(&key)).collect();
    assert_eq!(hashes.len(), 1000);
}

#[test]
fn neighbouring_flows_spread_over_the_buckets() {
    let hash = KeyHash::new(3);
    let mut fill = [0_u32; 256];
    for n in 0..2560 {
        fill[(hash.hash(&key(n)) & 255) as usize] += 1;
    }
    // A mean of 10; a good hash stays below 30 with a probability of 1 - 10^-5.
    assert!(fill.iter().all(|count| *count < 30), "{fill:?}");
}
