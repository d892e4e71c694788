//! Descriptors and buffers: limits, ages, nothing lost.

use super::*;

#[test]
fn the_oldest_makes_room_when_descriptors_run_out() {
    let mut lab = Lab::with(Policy::Linux);
    for id in 0..10 {
        assert_eq!(lab.send(&Fragment { id, ..v4(0, true, bytes(8)) }), Fate::Held);
    }
    assert_eq!((lab.defragmenter.counters().recycled, lab.defragmenter.held().descriptors), (2, 8));
    // 0 and 1 are gone and begin anew, which costs 2 and 3; 9 is there.
    for (id, expected) in [(9, true), (0, false), (1, false), (2, false)] {
        let whole = lab.send(&Fragment { id, ..v4(8, false, bytes(8)) }) == Fate::Whole([bytes(8), bytes(8)].concat());
        assert_eq!(whole, expected, "{id}");
    }
    lab.end();
}

#[test]
fn the_oldest_large_packet_makes_room_when_large_buffers_run_out() {
    for policy in [Policy::Linux, Policy::Drop] {
        let mut lab = Lab::with(policy);
        let part = |id, offset, more, length| Fragment { id, ..v4(offset, more, bytes(length)) };
        for id in 0..5 {
            assert_eq!(lab.send(&part(id, 4096, true, 8)), Fate::Held);
        }
        let held = lab.defragmenter.held();
        assert_eq!((held.descriptors, held.large_buffers), (4, 4));
        assert_eq!(lab.defragmenter.counters().buffers_recycled, 1);
        assert_eq!(lab.send(&part(1, 4104, false, 8)), Fate::Held);
        let payload = [bytes(4096), bytes(8), bytes(8)].concat();
        assert_eq!(lab.send(&part(1, 0, true, 4096)), Fate::Whole(payload));
        lab.end();
    }
}

#[test]
fn a_packet_moves_into_a_large_buffer_when_it_outgrows_the_small_one() {
    for (large_buffers, small_first) in [(1, true), (4, false)] {
        let mut lab = Lab::new(Limits { large_buffers, ..limits(Policy::Linux) });
        if large_buffers == 1 {
            // Half of the large buffers and more are in use: long fragments begin in a small one.
            assert_eq!(lab.send(&Fragment { id: 1, ..v4(8000, true, bytes(8)) }), Fate::Held);
        }
        let payload = bytes(60_000);
        assert_eq!(lab.send(&v4(0, true, &payload[..1480])), Fate::Held);
        assert_eq!(lab.defragmenter.held().small_buffers, u32::from(small_first));
        assert_eq!(lab.send(&v4(2960, true, &payload[2960..4096])), Fate::Held);
        assert_eq!(lab.send(&v4(4096, true, &payload[4096..40_000])), Fate::Held);
        assert_eq!(lab.defragmenter.held().small_buffers, 0);
        assert_eq!(lab.send(&v4(40_000, false, &payload[40_000..])), Fate::Held);
        assert!(lab.send(&v4(1480, true, &payload[1480..2960])) == Fate::Whole(payload));
        lab.end();
    }
}

#[test]
fn a_recycled_buffer_remembers_nothing() {
    let mut lab = Lab::new(Limits { descriptors: 1, large_buffers: 1, ..limits(Policy::Drop) });
    for turn in 0..50_u32 {
        // Left incomplete at another place each time, in small and in large buffers.
        let offset = turn * 1288;
        assert_eq!(lab.send(&Fragment { id: turn, ..v4(offset, true, bytes(64)) }), Fate::Held);
        assert_eq!(lab.report, None);
    }
    let payload = bytes(65_000);
    assert_eq!(lab.send(&v4(0, true, &payload[..40_000])), Fate::Held);
    assert_eq!(lab.report, None, "an earlier packet shows in the bitmap");
    assert!(lab.send(&v4(40_000, false, &payload[40_000..])) == Fate::Whole(payload));
    lab.end();
}

#[test]
fn packets_time_out_in_the_order_of_their_age() {
    let mut lab = Lab::with(Policy::Linux);
    let begin = lab.now_ns;
    for id in 0..4 {
        lab.now_ns = begin + u64::from(id) * SECOND;
        assert_eq!(lab.send(&Fragment { id, ..v4(0, true, bytes(8)) }), Fate::Held);
    }
    // A fragment that comes later does not make its packet younger.
    assert_eq!(lab.send(&Fragment { id: 0, ..v4(16, true, bytes(8)) }), Fate::Held);
    assert_eq!(lab.defragmenter.expire(begin + 30 * SECOND, 10), 0);
    assert_eq!(lab.defragmenter.expire(begin + 30 * SECOND + 1, 10), 1);
    assert_eq!(lab.defragmenter.expire(begin + 40 * SECOND, 2), 2);
    assert_eq!(lab.defragmenter.counters().timeouts, 3);
    assert_eq!(lab.defragmenter.held().descriptors, 1);
    // The clock does not go back.
    assert_eq!(lab.defragmenter.expire(begin, 10), 1);
    lab.end();
}

#[test]
fn a_fragment_that_comes_when_its_packet_s_time_is_over_begins_anew() {
    for policy in Policy::ALL {
        let mut lab = Lab::with(policy);
        assert_eq!(lab.send(&v4(0, true, bytes(8))), Fate::Held);
        lab.now_ns += 30 * SECOND;
        assert_eq!(lab.send(&v4(8, false, bytes(8))), Fate::Held);
        assert_eq!(lab.defragmenter.counters().timeouts, 1);
        lab.now_ns += 30 * SECOND - 2;
        assert_eq!(lab.send(&v4(0, true, bytes(8))), Fate::Whole([bytes(8), bytes(8)].concat()), "just in time");
        lab.end();
    }
}

#[test]
fn a_bad_descriptor_times_out() {
    let mut lab = Lab::with(Policy::Drop);
    lab.send(&v4(0, true, bytes(9)));
    assert_eq!(lab.defragmenter.held(), Held { descriptors: 1, bad: 1, ..Held::default() });
    lab.now_ns += 30 * SECOND;
    for (offset, more) in [(0, true), (8, false)] {
        lab.send(&v4(offset, more, bytes(8)));
    }
    let counters = lab.defragmenter.counters();
    assert_eq!((counters.bad_expired, counters.timeouts, counters.ipv4_reassembled), (1, 0, 1));
    lab.end();
}

#[test]
fn a_fragment_s_share_of_timing_out_is_bounded() {
    let mut lab = Lab::with(Policy::Linux);
    for id in 0..8 {
        lab.send(&Fragment { id, ..v4(0, true, bytes(8)) });
    }
    lab.now_ns += 60 * SECOND;
    lab.send(&Fragment { id: 100, ..v4(0, true, bytes(8)) });
    assert_eq!(lab.defragmenter.counters().timeouts, 4);
    lab.send(&Fragment { id: 100, ..v4(8, true, bytes(8)) });
    assert_eq!(lab.defragmenter.counters().timeouts, 8);
    lab.end();
}

#[test]
fn limits_out_of_range_are_brought_into_it() {
    let mut lab = Lab::new(Limits { descriptors: 0, large_buffers: 9, max_packet: u32::MAX, ..limits(Policy::Linux) });
    let payload = bytes(65_000);
    assert_eq!(lab.send(&v4(64_000, false, &payload[64_000..])), Fate::Held);
    assert!(lab.send(&v4(0, true, &payload[..64_000])) == Fate::Whole(payload));
    assert_eq!(lab.defragmenter.memory().descriptors.len(), 1);
    lab.end();
}

#[test]
fn memory_is_what_the_documentation_says() {
    let memory_of = |limits| {
        let defragmenter = Defragmenter::new(limits);
        let memory = defragmenter.memory();
        size_of_val(memory.descriptors)
            + size_of_val(memory.index)
            + size_of_val(memory.buffers)
            + size_of_val(memory.bitmaps)
    };
    let mib = memory_of(Limits::default()) as f64 / f64::from(1 << 20);
    assert!((36.0..40.0).contains(&mib), "{mib} MiB, and `Limits::default` says 38");
}
