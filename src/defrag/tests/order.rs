//! Any order of fragments gives the same packet, once.

use super::*;

/// Cuts `payload` at `cuts` (bytes, multiples of 8).
fn cut(v6: bool, payload: &[u8], cuts: &[usize]) -> Vec<Fragment> {
    let ends = cuts.iter().copied().chain([payload.len()]);
    let mut at = 0;
    ends.map(|end| {
        let begin = std::mem::replace(&mut at, end);
        ip(v6, begin as u32, end != payload.len(), &payload[begin..end])
    })
    .collect()
}

/// Every order of `0..count`, by Heap's algorithm.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut all = vec![order.clone()];
    let mut state = vec![0; count];
    let mut at = 1;
    while at < count {
        if state[at] < at {
            order.swap(if at % 2 == 0 { 0 } else { state[at] }, at);
            all.push(order.clone());
            state[at] += 1;
            at = 1;
        } else {
            state[at] = 0;
            at += 1;
        }
    }
    all
}

#[test]
fn every_order_of_up_to_six() {
    let payload = bytes(6000);
    let cuts = [8, 24, 1496, 4088, 4096];
    for v6 in [false, true] {
        for count in 2..=6 {
            let parts = cut(v6, &payload, &cuts[..count - 1]);
            for policy in Policy::ALL {
                let mut lab = Lab::with(policy);
                for order in orders(count) {
                    for (number, part) in order.iter().enumerate() {
                        let fate = lab.send(&parts[*part]);
                        assert_eq!(lab.report, None);
                        if number + 1 == count {
                            assert!(fate == Fate::Whole(payload.clone()), "{policy} {order:?}");
                        } else {
                            assert_eq!(fate, Fate::Held, "{policy} {order:?}");
                        }
                    }
                }
                assert_eq!(lab.defragmenter.held(), Held::default());
            }
        }
    }
}

#[test]
fn random_orders_with_repetitions_of_several_packets_at_once() {
    let mut state = 3_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for turn in 0..200 {
        let policy = Policy::ALL[turn % Policy::ALL.len()];
        let mut lab = Lab::new(Limits { large_buffers: 8, ..limits(policy) });
        let mut schedule = Vec::new();
        let mut expected = Vec::new();
        for id in 0..6 {
            let length = 100 + random(20_000);
            let payload: Vec<u8> = bytes(length).iter().map(|byte| byte ^ (id as u8)).collect();
            let mut cuts: Vec<usize> = (0..1 + random(30)).map(|_| (1 + random(length / 8)) * 8).collect();
            cuts.retain(|cut| *cut < length);
            cuts.push(8);
            cuts.sort_unstable();
            cuts.dedup();
            let parts = cut(id % 2 == 1, &payload, &cuts).into_iter().map(|part| Fragment { id, ..part });
            schedule.extend(parts.map(|part| (random(1 << 20), part)));
            expected.push(payload);
        }
        // One in four comes twice, before its packet is whole: right after itself.
        schedule.sort_by_key(|(key, _)| *key);
        let mut whole = Vec::new();
        for (_, part) in schedule {
            let fate = lab.send(&part);
            assert_eq!(lab.report, None);
            match fate {
                Fate::Whole(payload) => whole.push((part.id, payload)),
                Fate::Held if random(4) == 0 => assert_eq!(lab.send(&part), Fate::Held),
                fate => assert_eq!(fate, Fate::Held, "{policy}"),
            }
        }
        whole.sort_by_key(|(id, _)| *id);
        let whole: Vec<Vec<u8>> = whole.into_iter().map(|(_, payload)| payload).collect();
        assert!(whole == expected, "turn {turn}, {policy}");
        assert_eq!(lab.defragmenter.held(), Held::default());
    }
}

#[test]
fn a_packet_is_delivered_once() {
    for policy in Policy::ALL {
        let mut lab = Lab::with(policy);
        let parts = cut(false, &bytes(24), &[8, 16]);
        for part in &parts {
            lab.send(part);
        }
        // The same again, but for one: a packet of its own that stays incomplete.
        for part in &parts[1..] {
            assert_eq!(lab.send(part), Fate::Held);
        }
        assert_eq!(lab.defragmenter.counters().ipv4_reassembled, 1);
        lab.end();
    }
}

#[test]
fn packets_differ_by_each_part_of_their_key() {
    let base = v4(0, true, bytes(8));
    let others = [
        Fragment { id: 8, ..base.clone() },
        Fragment { proto: 254, ..base.clone() },
        Fragment { dest: [198, 51, 100, 3], ..base.clone() },
        Fragment { vlan: vec![5], ..base.clone() },
        Fragment { vlan: vec![5, 5], ..base.clone() },
        Fragment { v6: true, ..base.clone() },
    ];
    let mut lab = Lab::with(Policy::Drop);
    assert_eq!(lab.send(&base), Fate::Held);
    for (number, other) in others.iter().enumerate() {
        assert_eq!(lab.send(other), Fate::Held);
        assert_eq!(lab.report, None);
        assert_eq!(lab.defragmenter.held().descriptors as usize, number + 2, "{other:?}");
    }
    // For IPv6 the protocol is no part of it.
    lab.send(&Fragment { v6: true, proto: 254, offset: 8, ..base });
    assert_eq!(lab.defragmenter.held().descriptors, 7);
    lab.end();
}
