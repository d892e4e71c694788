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
