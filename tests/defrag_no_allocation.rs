//! A fragment costs no memory: not an allocation, not a release, whatever is wrong with it.

use allocation_counter::measure;
use tidegate::defrag::{Defragmenter, Limits, Outcome, Policy, PolicyTable};
use tidegate::wire::{Headers, LinkType, parse};

/// An IPv4 fragment.
fn fragment(id: u16, offset: u16, more: bool, length: u16, fill: u8) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend((20 + length).to_be_bytes());
    frame.extend(id.to_be_bytes());
    frame.extend(((u16::from(more) << 13) | (offset / 8)).to_be_bytes());
    frame.extend([64, 253, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    frame.extend(vec![fill; usize::from(length)]);
    frame
}

/// Good packets in both sizes of buffers, overlaps, odd lengths, wrong ends, too many packets at once.
fn traffic() -> Vec<(Vec<u8>, Headers)> {
    let mut frames = Vec::new();
    for id in 0..200 {
        frames.extend([fragment(id, 0, true, 1480, 1), fragment(id, 2960, true, 1480, 1)]);
        frames.extend([fragment(id, 4440, false, 100, 1), fragment(id, 1480, true, 1480, 1)]);
        let id = id + 1000;
        frames.extend([fragment(id, 0, true, 24, 1), fragment(id, 16, true, 24, 2), fragment(id, 40, false, 1, 3)]);
        let id = id + 1000;
        frames.extend([fragment(id, 8, true, 13, 1), fragment(id, 64, false, 8, 1), fragment(id, 72, true, 8, 1)]);
        frames.push(fragment(id + 1000, 0, true, 8, 1));
    }
    let parsed = |frame: Vec<u8>| {
        let headers = parse(LinkType::Ethernet, &frame, frame.len() as u32, false).unwrap();
        (frame, headers)
    };
    frames.into_iter().map(parsed).collect()
}

#[test]
fn no_fragment_allocates_under_any_policy() {
    let traffic = traffic();
    for policy in Policy::ALL {
        let limits =
            Limits { descriptors: 64, large_buffers: 8, policy: PolicyTable::new(policy), ..Limits::default() };
        let mut defragmenter = Defragmenter::new(limits);
        let mut whole = 0;
        let allocations = measure(|| {
            for (number, (frame, headers)) in (0..).zip(&traffic) {
                let verdict = defragmenter.fragment(frame, headers, frame.len() as u32, number * 1_000_000_000);
                whole += u32::from(matches!(verdict.outcome, Outcome::Whole(_)));
            }
            while defragmenter.expire(u64::MAX, 16) != 0 {}
        });
        assert_eq!((allocations.count_total, allocations.count_current), (0, 0), "{policy}");
        assert!(whole >= 200, "{policy}: {whole}");
    }
}
