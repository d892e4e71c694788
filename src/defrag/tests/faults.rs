//! One test a fault, with every policy's answer to it.

use super::*;
use crate::wire::proto;

/// What a policy makes of a fault: whether the fault's fragment is thrown away, and what becomes of the packet when all
/// its fragments come (again).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The packet goes on.
    Goes,
    /// The fragment is left out, the packet goes on.
    LeftOut,
    /// Everything begins anew.
    Again,
    /// Everything else is ignored.
    Bad,
}
use Then::{Again, Bad, Goes, LeftOut};

/// Sends `before`, then `wrong`, which must raise `fault`, then the whole of a good packet of 32 bytes, twice.
fn check(policy: Policy, v6: bool, before: &[Fragment], wrong: &Fragment, fault: Fault, expected: Then) {
    let mut lab = Lab::with(policy);
    for fragment in before {
        assert_eq!(lab.send(fragment), Fate::Held, "{policy} {fragment:?}");
        assert_eq!(lab.report, None);
    }
    let context = format!("{policy}, v6 {v6}, {fault:?}");
    let fate = lab.send(wrong);
    assert_eq!(lab.fault(), Some(fault), "{context}");
    assert_eq!(lab.count(fault), 1, "{context}");
    let report = lab.report.unwrap();
    assert_eq!((report.offset, report.length), (wrong.offset, wrong.payload.len() as u32), "{context}");
    let discarded = expected != Goes;
    assert_eq!(fate == Fate::Discarded, discarded, "{context}: {fate:?}");
    let held = lab.defragmenter.held();
    assert_eq!(held.bad == 1, expected == Bad, "{context}");
    match expected {
        Bad => {
            assert_eq!((held.small_buffers, held.large_buffers), (0, 0), "a bad descriptor keeps no buffer: {context}");
            for part in good(v6) {
                let part = Fragment { proto: wrong.proto, ..part };
                assert_eq!(lab.send(&part), Fate::Ignored, "{context}");
                assert_eq!(lab.report, None, "one report only: {context}");
            }
            assert_eq!(lab.defragmenter.counters().ignored, 4, "{context}");
        }
        Again => {
            assert_eq!(lab.defragmenter.counters().restarts, 1, "{context}");
            let fates: Vec<Fate> = good(v6).iter().map(|part| lab.send(part)).collect();
            assert_eq!(fates.last(), Some(&Fate::Whole(bytes(32))), "{context}");
        }
        LeftOut => {
            let fates: Vec<Fate> = good(v6)[before.len()..].iter().map(|part| lab.send(part)).collect();
            assert_eq!(fates.last(), Some(&Fate::Whole(bytes(32))), "{context}");
        }
        Goes => {}
    }
    lab.end();
}

/// A good packet of four fragments.
fn good(v6: bool) -> [Fragment; 4] {
    [0, 8, 16, 24].map(|at| ip(v6, at as u32, at != 24, &bytes(32)[at..at + 8]))
}

const MERGING: [Policy; 4] = [Policy::First, Policy::Last, Policy::Windows, Policy::Bsd];

/// Checks every policy: what `drop` does, `linux`, and the four that merge.
fn check_all(before: &[Fragment], wrong: &Fragment, fault: Fault, drop: Then, linux: Then, merging: Then) {
    check(Policy::Drop, wrong.v6, before, wrong, fault, drop);
    check(Policy::Linux, wrong.v6, before, wrong, fault, linux);
    for policy in MERGING {
        check(policy, wrong.v6, before, wrong, fault, merging);
    }
}

fn first(v6: bool) -> Vec<Fragment> {
    vec![good(v6)[0].clone()]
}

#[test]
fn invalid_length() {
    let wrong = |v6| ip(v6, 8, true, &bytes(32)[8..8 + 13]);
    check_all(&first(false), &wrong(false), Fault::InvalidLength, Bad, Goes, Bad);
    check_all(&first(true), &wrong(true), Fault::InvalidLength, Bad, LeftOut, Bad);
}

#[test]
fn linux_cuts_an_invalid_length_to_whole_units() {
    let mut lab = Lab::with(Policy::Linux);
    lab.send(&v4(0, true, &bytes(32)[..13]));
    assert_eq!(lab.fault(), Some(Fault::InvalidLength));
    for part in &good(false)[1..3] {
        assert_eq!(lab.send(part), Fate::Held);
    }
    assert_eq!(lab.send(&good(false)[3]), Fate::Whole(bytes(32)));
    // Nothing is left of seven bytes.
    assert_eq!(lab.send(&v4(0, true, bytes(7))), Fate::Discarded);
    assert_eq!(lab.count(Fault::ZeroLength), 1);
    lab.end();
}

#[test]
fn overlap() {
    for v6 in [false, true] {
        let before = [ip(v6, 0, true, &bytes(32)[..16])];
        let wrong = ip(v6, 8, true, &bytes(32)[8..24]);
        check_all(&before, &wrong, Fault::Overlap, Bad, Again, if v6 { Bad } else { Goes });
    }
}

#[test]
fn conflict() {
    for v6 in [false, true] {
        let before = [ip(v6, 0, true, &bytes(32)[..16])];
        let wrong = ip(v6, 8, true, [0xee; 16]);
        check_all(&before, &wrong, Fault::Conflict, Bad, Again, if v6 { Bad } else { Goes });
    }
}

#[test]
fn a_conflict_shows_both_versions() {
    for policy in Policy::ALL {
        let mut lab = Lab::with(policy);
        lab.send(&v4(0, true, *b"abcdefghijklmnop"));
        lab.send(&v4(24, true, *b"yz012345"));
        lab.send(&v4(8, true, *b"ijklmnopqrstuvwxyz01!345"));
        let conflict = lab.report.unwrap().conflict.unwrap();
        assert_eq!((conflict.offset, conflict.length), (24, 8), "{policy}: the stretch that differs");
        assert_eq!(conflict.held_digest, xxhash_rust::xxh3::xxh3_64(b"yz012345"), "{policy}");
        assert_eq!(conflict.arrived_digest, xxhash_rust::xxh3::xxh3_64(b"yz01!345"), "{policy}");
        assert_eq!(lab.count(Fault::Conflict), 1);
        lab.end();
    }
}

#[test]
fn a_repetition_with_other_bytes_is_left_out_by_linux_and_reported() {
    let mut lab = Lab::with(Policy::Linux);
    lab.send(&v4(0, true, *b"abcdefghijklmnop"));
    assert_eq!(lab.send(&v4(8, true, *b"IJKLMNOP")), Fate::Held);
    assert_eq!(lab.fault(), Some(Fault::Conflict));
    assert_eq!(lab.send(&v4(0, true, *b"ABCDEFGH")), Fate::Held);
    assert_eq!(lab.report, None, "reported once");
    assert_eq!((lab.count(Fault::Conflict), lab.defragmenter.counters().duplicates), (2, 2));
    assert_eq!(lab.send(&v4(16, false, *b"q")), Fate::Whole(b"abcdefghijklmnopq".to_vec()));
    lab.end();
}

#[test]
fn past_end() {
    for v6 in [false, true] {
        let wrong = ip(v6, 32, true, bytes(8));
        check_all(&[good(v6)[3].clone()], &wrong, Fault::PastEnd, Bad, Again, Bad);
        // The other way round, without touching what lies beyond.
        let beyond = [ip(v6, 64, true, bytes(8))];
        check_all(&beyond, &good(v6)[3], Fault::PastEnd, Bad, Again, Bad);
    }
}

#[test]
fn multiple_tails() {
    for v6 in [false, true] {
        for wrong in [ip(v6, 24, false, bytes(9)), ip(v6, 16, false, bytes(8))] {
            check_all(&[good(v6)[3].clone()], &wrong, Fault::MultipleTails, Bad, Again, Bad);
        }
    }
}

#[test]
fn teardrop() {
    for v6 in [false, true] {
        // As teardrop.c sends it: 36 bytes, then 4 at offset 24. The first of these has to be a multiple of 8.
        let before = [ip(v6, 0, true, bytes(40))];
        check_all(&before, &ip(v6, 24, false, bytes(4)), Fault::Teardrop, Bad, Again, Bad);
    }
}

#[test]
fn packet_too_large() {
    // As ping -l 65510 of Windows 95 sent it: the last fragment ends at 65,538.
    check_all(&first(false), &v4(65_528, false, bytes(10)), Fault::PacketTooLarge, Bad, Bad, Bad);
    check_all(&first(true), &v6(65_528, false, bytes(10)), Fault::PacketTooLarge, Bad, LeftOut, Bad);
}

#[test]
fn a_packet_too_large_with_its_header_is_found_at_its_end() {
    for policy in Policy::ALL {
        for v6 in [false, true] {
            // 65,535 bytes of payload fit the offsets; with IPv4's 20 of header they are more than a packet can have.
            let length = 65_535_usize;
            let mut lab = Lab::with(policy);
            for at in (0..length).step_by(32_768) {
                let end = (at + 32_768).min(length);
                let fate = lab.send(&ip(v6, at as u32, end != length, &bytes(length)[at..end]));
                match (end == length, v6) {
                    (false, _) => assert_eq!(fate, Fate::Held),
                    (true, false) => assert_eq!(fate, Fate::Discarded),
                    (true, true) => assert!(fate == Fate::Whole(bytes(length)), "an IPv6 length has no header in it"),
                }
            }
            assert_eq!(lab.count(Fault::PacketTooLarge), u64::from(!v6), "{policy}");
            assert_eq!(lab.defragmenter.held(), Held::default());
        }
    }
}

#[test]
fn over_max_packet() {
    for policy in Policy::ALL {
        for v6 in [false, true] {
            let mut lab = Lab::new(Limits { max_packet: 1000, ..limits(policy) });
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(992))), Fate::Held);
            assert_eq!(lab.send(&ip(v6, 992, false, bytes(9))), Fate::Discarded);
            assert_eq!(lab.fault(), Some(Fault::OverMaxPacket));
            assert_eq!(lab.send(&ip(v6, 992, false, bytes(8))), Fate::Ignored);
            lab.end();
        }
    }
}

#[test]
fn too_many() {
    // As jolt sends them: far more fragments than a packet needs.
    for policy in Policy::ALL {
        for v6 in [false, true] {
            let mut lab = Lab::new(Limits { max_fragments: 20, ..limits(policy) });
            for _ in 0..20 {
                assert_eq!(lab.send(&ip(v6, 0, true, bytes(8))), Fate::Held, "{policy}");
            }
            assert_eq!(lab.defragmenter.counters().duplicates, 19);
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(8))), Fate::Discarded);
            assert_eq!(lab.fault(), Some(Fault::TooMany));
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(8))), Fate::Ignored);
            lab.end();
        }
    }
}

#[test]
fn zero_length() {
    for v6 in [false, true] {
        for more in [false, true] {
            check_all(&first(v6), &ip(v6, 16, more, []), Fault::ZeroLength, Bad, Again, Bad);
        }
    }
}

#[test]
fn too_small() {
    for policy in Policy::ALL {
        for v6 in [false, true] {
            let mut lab = Lab::new(Limits { min_fragment: 48, ..limits(policy) });
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(48))), Fate::Held);
            assert_eq!(lab.send(&ip(v6, 48, true, bytes(40))), Fate::Discarded, "{policy}");
            assert_eq!(lab.fault(), Some(Fault::TooSmall));
            assert_eq!(lab.send(&ip(v6, 48, true, bytes(48))), Fate::Ignored);
            lab.end();
            let mut lab = Lab::new(Limits { min_fragment: 48, ..limits(policy) });
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(48))), Fate::Held);
            assert_eq!(lab.send(&ip(v6, 48, false, bytes(1))), Fate::Whole([bytes(48), bytes(1)].concat()));
            lab.end();
        }
    }
}

#[test]
fn tiny_first() {
    for (number, least) in [(proto::TCP, 16), (proto::SCTP, 16)] {
        let wrong = Fragment { proto: number, ..v4(0, true, bytes(least - 8)) };
        check_all(&[], &wrong, Fault::TinyFirst, Bad, Goes, Goes);
        let mut lab = Lab::with(Policy::Drop);
        assert_eq!(lab.send(&Fragment { proto: number, ..v4(0, true, bytes(least)) }), Fate::Held);
        assert_eq!(lab.report, None);
    }
    let mut lab = Lab::with(Policy::Drop);
    assert_eq!(lab.send(&Fragment { proto: proto::UDP, ..v4(0, true, bytes(8)) }), Fate::Held);
    assert_eq!(lab.report, None, "a UDP header is 8 bytes");
}

#[test]
fn tiny_offset() {
    let wrong = Fragment { proto: proto::TCP, ..v4(8, true, bytes(16)) };
    check_all(&[], &wrong, Fault::TinyOffset, Bad, Goes, Goes);
}

#[test]
fn header_chain() {
    // TCP's header cut, a destination options header cut, and one with nothing after it.
    for (number, payload) in
        [(proto::TCP, bytes(16)), (60, vec![6, 1, 0, 0, 0, 0, 0, 0]), (60, vec![17, 0, 0, 0, 0, 0, 0, 0])]
    {
        let wrong = Fragment { proto: number, ..v6(0, true, payload) };
        for policy in Policy::ALL {
            let mut lab = Lab::with(policy);
            assert_eq!(lab.send(&wrong), Fate::Discarded, "{policy} {number}");
            assert_eq!(lab.fault(), Some(Fault::HeaderChain));
            let then = if policy == Policy::Linux { Fate::Held } else { Fate::Ignored };
            assert_eq!(lab.send(&Fragment { proto: proto::UDP, ..v6(0, true, bytes(8)) }), then, "{policy}");
            lab.end();
        }
    }
    let whole = Fragment { proto: 60, ..v6(0, true, [vec![17, 0, 1, 4, 0, 0, 0, 0], bytes(8)].concat()) };
    let mut lab = Lab::with(Policy::Drop);
    assert_eq!(lab.send(&whole), Fate::Held);
    assert_eq!(lab.report, None);
    lab.end();
}

#[test]
fn nested() {
    let wrong = Fragment { proto: 44, ..v6(0, true, [17, 0, 0, 0, 0, 0, 0, 1]) };
    check_all(&[], &wrong, Fault::Nested, Bad, Bad, Bad);
}

#[test]
fn header_too_long() {
    // A destination options header of 600 bytes before the fragment header.
    let mut options = vec![0; 600];
    options[..4].copy_from_slice(&[44, 74, 1, 254]);
    for at in [258, 516] {
        options[at..at + 2].copy_from_slice(&[1, if at == 516 { 82 } else { 254 }]);
    }
    let wrong = Fragment { options: (60, options), ..v6(0, true, bytes(8)) };
    check_all(&[], &wrong, Fault::HeaderTooLong, Bad, Bad, Bad);
}

#[test]
fn ecn_mixed() {
    for v6 in [false, true] {
        for policy in Policy::ALL {
            // Not-ECT, then congestion experienced.
            let mut lab = Lab::with(policy);
            assert_eq!(lab.send(&ip(v6, 0, true, bytes(8))), Fate::Held);
            let fate = lab.send(&Fragment { tos: 3, ..ip(v6, 8, false, bytes(8)) });
            assert_eq!(lab.fault(), Some(Fault::EcnMixed));
            let dropped = matches!(policy, Policy::Linux | Policy::Drop);
            assert_eq!(fate == Fate::Discarded, dropped, "{policy} {fate:?}");
            assert_eq!(lab.defragmenter.held(), Held::default(), "neither is bad nor held: {policy}");
        }
    }
}

#[test]
fn restarts() {
    let mut lab = Lab::with(Policy::Linux);
    for turn in 0..3 {
        assert_eq!(lab.send(&v4(0, true, bytes(16))), Fate::Held);
        assert_eq!(lab.send(&v4(8, true, bytes(16))), Fate::Discarded);
        assert_eq!(lab.fault(), (turn == 0).then_some(Fault::Conflict), "turn {turn}");
    }
    assert_eq!(lab.send(&v4(0, true, bytes(16))), Fate::Held);
    assert_eq!(lab.send(&v4(8, true, bytes(16))), Fate::Discarded);
    assert_eq!(lab.fault(), Some(Fault::Restarts));
    assert_eq!(lab.send(&v4(0, true, bytes(16))), Fate::Ignored);
    assert_eq!((lab.count(Fault::Restarts), lab.defragmenter.counters().restarts), (1, 3));
    lab.end();
}

#[test]
fn no_buffer() {
    for policy in Policy::ALL {
        let mut lab = Lab::new(Limits { large_buffers: 0, ..limits(policy) });
        assert_eq!(lab.send(&v4(0, true, bytes(4096))), Fate::Held);
        assert_eq!(lab.send(&v4(4096, true, bytes(8))), Fate::Discarded);
        assert_eq!(lab.fault(), Some(Fault::NoBuffer));
        assert_eq!(lab.send(&v4(0, true, bytes(4096))), Fate::Ignored);
        lab.end();
    }
}

#[test]
fn refusals() {
    let mut lab = Lab::with(Policy::Drop);
    // Cut by the capture.
    let frame = v4(0, true, bytes(64)).frame();
    let headers = parse(LinkType::Ethernet, &frame[..60], frame.len() as u32, true).unwrap();
    let verdict = lab.defragmenter.fragment(&frame[..60], &headers, frame.len() as u32, 1);
    assert_eq!(verdict.outcome, Outcome::Refused(Refusal::Truncated));
    // Length 0, which the parser takes for a segment that the NIC will cut.
    for v6 in [false, true] {
        let mut frame = ip(v6, 0, true, bytes(64)).frame();
        let length = if v6 { 18 } else { 16 };
        frame[length..length + 2].copy_from_slice(&[0, 0]);
        let headers = parse(LinkType::Ethernet, &frame, frame.len() as u32, false).unwrap();
        assert!(headers.fragment);
        let verdict = lab.defragmenter.fragment(&frame, &headers, frame.len() as u32, 1);
        assert_eq!(verdict.outcome, Outcome::Refused(Refusal::NoLength));
    }
    // Not a fragment, and an IPv6 atomic fragment, which is none either.
    for whole in [v4(0, false, bytes(8)), v6(0, false, bytes(8))] {
        let frame = whole.frame();
        let headers = parse(LinkType::Ethernet, &frame, frame.len() as u32, true).unwrap();
        let verdict = lab.defragmenter.fragment(&frame, &headers, frame.len() as u32, 1);
        assert_eq!(verdict.outcome, Outcome::Refused(Refusal::NotFragment));
    }
    let counters = lab.defragmenter.counters();
    let counts = Refusal::ALL.iter().map(|refusal| counters.refusal(*refusal));
    assert_eq!(counts.collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(lab.defragmenter.held(), Held::default());
}

#[test]
fn names_are_distinct_and_events_are_named_as_suricata_does() {
    let mut names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULT_COUNT);
    assert_eq!(Fault::Overlap.event(false), "decoder.ipv4.frag_overlap");
    assert_eq!(Fault::PacketTooLarge.event(true), "decoder.ipv6.frag_pkt_too_large");
    assert_eq!(Fault::InvalidLength.event(true), "decoder.ipv6.frag_invalid_length");
}
