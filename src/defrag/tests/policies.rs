//! Overlaps by policy: the published tables, and which destination has which policy.

use std::net::IpAddr;

use super::*;

/// The fragments of Novak's paper: first byte, letter, length. The last of them is the packet's last.
const NOVAK: [(u32, u8, usize); 17] = [
    (0, b'A', 24),
    (32, b'B', 16),
    (48, b'C', 24),
    (80, b'D', 8),
    (104, b'E', 16),
    (120, b'F', 24),
    (144, b'G', 16),
    (160, b'H', 16),
    (176, b'I', 8),
    (8, b'J', 32),
    (48, b'K', 24),
    (72, b'L', 24),
    (96, b'M', 24),
    (128, b'N', 8),
    (152, b'O', 8),
    (160, b'P', 8),
    (176, b'Q', 16),
];

/// The packet that comes of [`NOVAK`], a letter for each 8 bytes.
fn novak(policy: Policy) -> Option<String> {
    let mut lab = Lab::with(policy);
    let mut whole = None;
    for (number, (offset, letter, length)) in NOVAK.into_iter().enumerate() {
        let fate = lab.send(&v4(offset, number + 1 != NOVAK.len(), vec![letter; length]));
        if number < 9 {
            assert_eq!((fate, lab.report), (Fate::Held, None));
        } else if let Fate::Whole(payload) = fate {
            let units = payload.chunks(8).map(|unit| {
                assert_eq!(unit, [unit[0]; 8]);
                char::from(unit[0])
            });
            whole = Some(units.collect());
        }
    }
    lab.end();
    whole
}

#[test]
fn the_published_tables() {
    // Novak, "Target-Based Fragmentation Reassembly", 2005; as Snort's frag3 and Suricata have them.
    let tables = [
        (Policy::First, Some("AAAJBBCCCLDLMEEFFFGGHHIQ")),
        (Policy::Last, Some("AJJJJBKKKLLLMMMFNFGOPHQQ")),
        (Policy::Windows, Some("AAAJBBCCCLLLMEEFFFGGHHIQ")),
        (Policy::Bsd, Some("AAAJJBCCCLLLMMMFFFGGHHIQ")),
        (Policy::Linux, None),
        (Policy::Drop, None),
    ];
    for (policy, expected) in tables {
        assert_eq!(novak(policy).as_deref(), expected, "{policy}");
    }
}

#[test]
fn linux_begins_anew_at_each_overlap_of_novak_s_fragments() {
    let mut lab = Lab::new(Limits { restarts: 255, ..limits(Policy::Linux) });
    for (number, (offset, letter, length)) in NOVAK.into_iter().enumerate() {
        lab.send(&v4(offset, number + 1 != NOVAK.len(), vec![letter; length]));
    }
    // J lies over A; K, L, M, N, O and P then stand alone; Q ends behind all of them, and the packet has a hole.
    assert_eq!(lab.defragmenter.counters().restarts, 1);
    lab.end();
}

/// One overlap: units of what is there and of what comes, and which of the policies let what comes win.
#[test]
fn who_wins_by_how_two_fragments_lie() {
    let cases: [(&str, &str, [&str; 4]); 9] = [
        // There, what comes, and the outcome by policy: first, last, windows, bsd.
        ("..aaaa..", "..bbbb..", ["..aaaa..", "..bbbb..", "..aaaa..", "..aaaa.."]),
        ("..aaaa..", ".bbb....", [".baaaa..", ".bbbaa..", ".baaaa..", ".bbbaa.."]),
        ("..aaaa..", "....bbb.", ["..aaaab.", "..aabbb.", "..aaaab.", "..aaaab."]),
        ("..aaaa..", "...bb...", ["..aaaa..", "..abba..", "..aaaa..", "..aaaa.."]),
        ("..aaaa..", ".bbbbbb.", [".baaaab.", ".bbbbbb.", ".bbbbbb.", ".bbbbbb."]),
        ("..aaaa..", ".bbbbb..", [".baaaa..", ".bbbbb..", ".baaaa..", ".bbbbb.."]),
        ("..aaaa..", "..bbbbb.", ["..aaaab.", "..bbbbb.", "..aaaab.", "..aaaab."]),
        ("..aaaa..", "..bb....", ["..aaaa..", "..bbaa..", "..aaaa..", "..aaaa.."]),
        ("..aaaa..", "....bb..", ["..aaaa..", "..aabb..", "..aaaa..", "..aaaa.."]),
    ];
    let fragment = |units: &str, letter: u8| {
        let at = units.find(char::from(letter)).unwrap();
        let length = units.matches(char::from(letter)).count();
        v4(at as u32 * 8, true, vec![letter; length * 8])
    };
    let policies = [Policy::First, Policy::Last, Policy::Windows, Policy::Bsd];
    for (there, comes, outcomes) in cases {
        for (policy, expected) in policies.into_iter().zip(outcomes) {
            let mut lab = Lab::with(policy);
            lab.send(&fragment(there, b'a'));
            lab.send(&fragment(comes, b'b'));
            // One piece was there, so one of the two has all that both cover, and the report says which.
            let both = there.bytes().zip(comes.bytes()).position(|(a, b)| a == b'a' && b == b'b').unwrap();
            let later = expected.as_bytes()[both] == b'b';
            let conflict = lab.report.unwrap().conflict.unwrap();
            assert_eq!(conflict.kept, Kept::by(later), "{policy}: {there} then {comes}");
            assert_eq!(conflict.offset as usize, both * 8, "{policy}: {there} then {comes}");
            // What has arrived shows when the holes are filled, which nothing overlaps.
            let mut at = 0;
            let mut last = Fate::Held;
            for hole in expected.split_inclusive(|letter| letter != '.') {
                let dots = hole.matches('.').count();
                if dots != 0 {
                    last = lab.send(&v4(at * 8, at as usize + dots != 8, vec![b'.'; dots * 8]));
                }
                at += hole.len() as u32;
            }
            let Fate::Whole(payload) = last else { panic!("{policy} {there} {comes}: {last:?}") };
            let units: String = payload.chunks(8).map(|unit| char::from(unit[0])).collect();
            assert_eq!(units, expected, "{policy}: {there} then {comes}");
            lab.end();
        }
    }
}

#[test]
fn the_report_is_about_the_first_piece_that_differs() {
    // Of "aa" and "cc" the fragment wins against none, all, the one that it ends after, or the one that it begins before.
    let cases = [
        (Policy::First, 16, b"cc", Kept::First),
        (Policy::Last, 16, b"cc", Kept::Later),
        (Policy::Windows, 8, b"aa", Kept::Later),
        (Policy::Windows, 24, b"aa", Kept::First),
        (Policy::Bsd, 8, b"aa", Kept::Later),
        (Policy::Bsd, 24, b"aa", Kept::First),
        (Policy::Bsd, 24, b"cc", Kept::Later),
    ];
    for (policy, begins, differs, kept) in cases {
        let mut lab = Lab::with(policy);
        lab.send(&v4(16, true, [b'a'; 16]));
        lab.send(&v4(32, true, [b'c'; 16]));
        // The same bytes as what is there, but for the piece that is to differ.
        let other = if differs == b"aa" { (b'x', b'c') } else { (b'a', b'x') };
        let units: Vec<u8> = (begins..56).map(|at| if at < 32 { other.0 } else { other.1 }).collect();
        lab.send(&v4(begins, true, units));
        let conflict = lab.report.unwrap().conflict.unwrap();
        let at = if differs == b"aa" { begins.max(16) } else { 32 };
        let end = if differs == b"aa" { 32 } else { 48 };
        assert_eq!((conflict.offset, conflict.length, conflict.kept), (at, end - at, kept), "{policy} {begins}");
        lab.end();
    }
}

#[test]
fn of_a_packet_that_is_thrown_away_neither_version_is_kept() {
    for policy in Policy::ALL {
        for v6 in [false, true] {
            let mut lab = Lab::with(policy);
            lab.send(&ip(v6, 16, true, [b'a'; 16]));
            let fate = lab.send(&ip(v6, 8, true, [b'b'; 16]));
            let thrown_away = v6 || matches!(policy, Policy::Linux | Policy::Drop);
            assert_eq!(fate, if thrown_away { Fate::Discarded } else { Fate::Held }, "{policy}, IPv6 {v6}");
            let kept = lab.report.unwrap().conflict.unwrap().kept;
            assert_eq!(kept == Kept::Neither, thrown_away, "{policy}, IPv6 {v6}: {kept:?}");
            lab.end();
        }
    }
}

#[test]
fn linux_keeps_what_a_repetition_with_other_bytes_repeats() {
    for v6 in [false, true] {
        let mut lab = Lab::with(Policy::Linux);
        lab.send(&ip(v6, 16, true, [b'a'; 16]));
        assert_eq!(lab.send(&ip(v6, 16, true, [b'b'; 8])), Fate::Held);
        assert_eq!(lab.report.unwrap().conflict.unwrap().kept, Kept::First);
        lab.end();
    }
}

#[test]
fn each_destination_s_policy_is_used() {
    let mut policies = PolicyTable::new(Policy::First);
    let host = |last| [198, 51, 100, last];
    policies.insert(crate::policy::Prefix::new(IpAddr::from(host(9)), 32).unwrap(), Policy::Last);
    let mut lab = Lab::new(Limits { policy: policies, ..limits(Policy::First) });
    for (last, expected) in [(8, *b"aaaaaaaaz"), (9, *b"bbbbbbbbz")] {
        let to = |fragment| Fragment { dest: host(last), ..fragment };
        lab.send(&to(v4(0, true, [b'a'; 8])));
        lab.send(&to(v4(0, true, [b'b'; 8])));
        assert_eq!(lab.send(&to(v4(8, false, *b"z"))), Fate::Whole(expected.to_vec()));
    }
    lab.end();
}
