//! Whose bytes win: the published patterns, and random overlaps against a model of the table in `policy`.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::policy::{Prefix, PrefixTable};

fn under(policy: Policy) -> Limits {
    Limits { policies: PrefixTable::new(policy), ..Limits::new(64, 400, u64::MAX) }
}

/// Sends segments, of which each is one letter `count` times from a number on, then what is missing before them.
fn stream_of(policy: Policy, segments: &[(u32, char, usize)], fill: &[(u32, char, usize)]) -> String {
    let mut s = Session::established(under(policy));
    for (seq, letter, count) in segments.iter().chain(fill) {
        s.client(*seq, letter.to_string().repeat(*count).as_bytes());
    }
    let text = s.client_text();
    s.finish();
    assert_eq!(s.client_text(), text, "nothing is left behind");
    text
}

/// A new segment that begins before those that wait, with it, and after it, as in the test of Novak and Sturges, and in
/// the form of it that Suricata's unit tests have (`StreamTcpReassembleStreamTest`). Byte 1 comes last.
const ALL: [(u32, char, usize); 17] = [
    (2, 'A', 3),
    (6, 'B', 2),
    (8, 'C', 3),
    (12, 'D', 1),
    (15, 'E', 2),
    (17, 'F', 3),
    (20, 'G', 2),
    (22, 'H', 2),
    (24, 'I', 1),
    (3, 'J', 4),
    (8, 'K', 3),
    (11, 'L', 3),
    (14, 'M', 3),
    (18, 'N', 1),
    (21, 'O', 1),
    (22, 'P', 1),
    (24, 'Q', 2),
];

#[test]
fn the_pattern_of_novak_and_sturges() {
    let cases = [
        (Policy::First, "0AAAJBBCCCLDLMEEFFFGGHHIQ"),
        (Policy::Last, "0AJJJJBKKKLLLMMMFNFGOPHQQ"),
        (Policy::Linux, "0AAAJJBCCCLLLMMMFFFGGHHQQ"),
        (Policy::Windows, "0AAAJJBCCCLLLMMMFFFGGHHIQ"),
        (Policy::Bsd, "0AAAJJBCCCLLLMMMFFFGGHHIQ"),
        (Policy::Solaris, "0AJJJBBKKKLLLMMMFFFGGHHQQ"),
    ];
    for (policy, text) in cases {
        assert_eq!(stream_of(policy, &ALL, &[(1, '0', 1)]), text, "{policy:?}");
    }
}

#[test]
fn a_segment_that_begins_before_those_that_wait() {
    let segments = [(3, 'B', 1), (9, 'D', 1), (12, 'E', 2), (2, 'A', 2), (1, 'J', 4), (8, 'L', 3), (11, 'M', 3)];
    for (name, policy) in Policy::ALL {
        // Everything is early: what lies before it comes last.
        let moved = segments.map(|(seq, letter, count)| (seq + 1, letter, count));
        let expected = if policy == Policy::First { ".JABJ...LDLMEE" } else { ".JJJJ...LLLMMM" };
        assert_eq!(stream_of(policy, &moved, &[(1, '.', 1), (6, '.', 3)]), expected, "{name}");
    }
}

#[test]
fn a_segment_that_begins_with_one_that_waits() {
    let segments = [(2, 'C', 3), (7, 'H', 2), (9, 'I', 1), (2, 'K', 3), (2, 'L', 4), (7, 'P', 1), (9, 'Q', 2)];
    let cases = [
        (Policy::First, ".CCCL.HHIQ"),
        (Policy::Last, ".LLLL.PHQQ"),
        (Policy::Linux, ".LLLL.HHQQ"),
        (Policy::Windows, ".CCCL.HHIQ"),
        (Policy::Bsd, ".CCCL.HHIQ"),
        (Policy::Solaris, ".LLLL.HHQQ"),
    ];
    for (policy, text) in cases {
        assert_eq!(stream_of(policy, &segments, &[(1, '.', 1), (6, '.', 1)]), text, "{policy:?}");
    }
}

#[test]
fn a_segment_that_begins_after_one_that_waits() {
    let segments = [(2, 'A', 2), (6, 'F', 3), (9, 'G', 2), (3, 'J', 2), (10, 'O', 1), (7, 'N', 1)];
    let cases = [
        (Policy::First, ".AAJ.FFFGG"),
        (Policy::Last, ".AJJ.FNFGO"),
        (Policy::Linux, ".AAJ.FFFGG"),
        (Policy::Windows, ".AAJ.FFFGG"),
        (Policy::Bsd, ".AAJ.FFFGG"),
        (Policy::Solaris, ".AJJ.FFFGG"),
    ];
    for (policy, text) in cases {
        assert_eq!(stream_of(policy, &segments, &[(1, '.', 1), (5, '.', 1)]), text, "{policy:?}");
    }
}

#[test]
fn the_destination_chooses_the_policy() {
    for (dest, text) in [([10, 0, 0, 1], ".new"), ([192, 0, 2, 1], ".old")] {
        let mut policies = PrefixTable::new(Policy::First);
        policies.insert(Prefix::new(IpAddr::from([10, 0, 0, 0]), 8).unwrap(), Policy::Last);
        let mut s = Session::established(Limits { policies, ..roomy() });
        let mut to = [0; 16];
        to[..4].copy_from_slice(&dest);
        let now_ns = s.now_ns;
        for (seq, payload) in [(2, b"old".as_slice()), (2, b"new"), (1, b".")] {
            let header = TcpHeader { seq: CLIENT_ISN + seq, ack: SERVER_ISN + 1, window: 65535, flags: ACK };
            s.take(ToServer, &Packet { payload, dest: &to, ..packet(&header, now_ns) });
        }
        assert_eq!(s.client_text(), text);
    }
}

/// The rest of a segment that repeats what waits still counts as a whole: it is what its receiver keeps.
#[test]
fn a_segment_with_the_same_bytes_takes_the_place_of_what_it_covers() {
    for (name, policy) in [("linux", Policy::Linux), ("windows", Policy::Windows), ("bsd", Policy::Bsd)] {
        let mut s = Session::established(under(policy));
        s.client(10, b"xxxxx");
        // It covers what waits, or a part of it, and changes nothing of it.
        s.client(8, b"xxxxxxxxx");
        // After it, so it does not win.
        s.client(9, b"yyyyyyy");
        s.client(1, b".......");
        assert_eq!(s.client_text(), ".......xxxxxxxxx", "{name}: covered");

        let mut s = Session::established(under(policy));
        s.client(10, b"xxxxxxxxxx");
        s.client(8, b"xxxxxxx");
        s.client(9, b"yyyyyyyyy");
        s.client(1, b".......");
        assert_eq!(s.client_text(), ".......xxxxxxxyyyxx", "{name}: covered in part");
    }
}

/// The table in `policy`, once more.
fn newer_wins(policy: Policy, (old_from, old_to): (usize, usize), (new_from, new_to): (usize, usize)) -> bool {
    match policy {
        Policy::First => false,
        Policy::Last => true,
        Policy::Bsd | Policy::Windows => new_from < old_from,
        Policy::Linux => new_from < old_from || new_from == old_from && new_to > old_to,
        Policy::Solaris => new_to > old_to || new_to == old_to && new_from <= old_from,
    }
}

/// A byte that waits, with the extent of the segment that brought it.
type Held = (u8, (usize, usize));

/// Naive reassembly under a policy.
#[derive(Default)]
struct Naive {
    delivered: Vec<u8>,
    waiting: Vec<Option<Held>>,
}

impl Naive {
    /// Takes a segment; true when bytes that wait were different.
    fn take(&mut self, policy: Policy, from: usize, bytes: &[u8]) -> bool {
        let extent = (from, from + bytes.len());
        self.waiting.resize(self.waiting.len().max(extent.1), None);
        let mut conflict = false;
        for (at, byte) in (from..extent.1).zip(bytes) {
            let place = &mut self.waiting[at];
            match place {
                _ if at < self.delivered.len() => {}
                Some((old, held)) => {
                    conflict |= old != byte;
                    if newer_wins(policy, *held, extent) {
                        *place = Some((*byte, extent));
                    }
                }
                None => *place = Some((*byte, extent)),
            }
        }
        while let Some(Some((byte, _))) = self.waiting.get(self.delivered.len()) {
            self.delivered.push(*byte);
        }
        conflict
    }

    fn bytes(&self, from: usize, length: usize) -> Vec<u8> {
        self.waiting[from..from + length].iter().map(|held| held.unwrap().0).collect()
    }
}

/// Checks an event against what waited before the segment.
fn check_versions(policy: Policy, before: &Naive, from: usize, bytes: &[u8], versions: &Versions) {
    let at = usize::try_from(versions.offset).unwrap();
    let length = versions.length as usize;
    let old = before.bytes(at, length);
    let new = &bytes[at - from..at - from + length];
    assert_eq!((versions.first, versions.later), (xxh3_64(&old), xxh3_64(new)), "digests of {at}, {length} long");
    assert_ne!(old, new);
    for place in &before.waiting[at..at + length] {
        let wins = newer_wins(policy, place.unwrap().1, (from, from + bytes.len()));
        assert_eq!(versions.kept, Kept::by(wins), "whose bytes were kept at {at}");
    }
    let first = (at..at + length).find(|at| before.waiting[*at].unwrap().0 != bytes[at - from]);
    let differs =
        |at: &usize| before.waiting.get(*at).copied().flatten().is_some_and(|(old, _)| old != bytes[at - from]);
    let due = (from.max(before.delivered.len())..from + bytes.len()).find(differs);
    assert_eq!(first, due, "the first difference is told");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Overlaps of every kind, few letters so that some agree, around a sequence number that may wrap.
    #[test]
    fn overlaps_agree_with_the_model(
        which in 0..Policy::ALL.len(),
        isn in prop_oneof![any::<u32>(), (0..40_u32).prop_map(|n| 0_u32.wrapping_sub(n))],
        segments in vec((0..40_usize, vec(b'a'..b'd', 1..14)), 1..40),
    ) {
        let (_, policy) = Policy::ALL[which];
        let mut s = Session::new(under(policy));
        let now_ns = s.now_ns;
        let send = |s: &mut Session, flags: u8, seq: u32, payload: &[u8]| {
            let header = TcpHeader { seq, ack: 0, window: 65535, flags };
            s.take(ToServer, &Packet { payload, ..packet(&header, now_ns) });
        };
        send(&mut s, SYN, isn, b"");
        let mut naive = Naive::default();
        for (from, bytes) in &segments {
            let before = Naive { delivered: naive.delivered.clone(), waiting: naive.waiting.clone() };
            let conflict = naive.take(policy, *from, bytes);
            s.logs.0[0].odd.clear();
            send(&mut s, ACK, isn.wrapping_add(1 + *from as u32), bytes);
            let odd = &s.logs.0[0].odd;
            prop_assert_eq!(odd.len(), usize::from(conflict), "{:?}: {} {:?}", policy, from, odd);
            if let [(anomaly, versions)] = odd[..] {
                prop_assert_eq!(anomaly, Anomaly::OverlapDifferentData);
                check_versions(policy, &before, *from, bytes, &versions.unwrap());
            }
            prop_assert_eq!(&s.logs.0[0].bytes, &naive.delivered);
        }
        // What waits comes out with its gaps when the session is over.
        s.finish();
        let mut all: Vec<u8> = naive.waiting.iter().map(|held| held.map_or(b'?', |held| held.0)).collect();
        let last = naive.waiting.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        all.truncate(last);
        prop_assert_eq!(s.client_text(), String::from_utf8(all).unwrap());
    }
}
