//! Parts that come to other workers than their file's.

use std::sync::Arc;

use super::super::exchange::{Exchange, Membership};
use super::super::{Part, Ranges};
use super::{LIMITS, RangeLimits, Tape, Tapes, byte, bytes, source};

/// A digest whose owner is the worker of that number among `workers`.
fn digest(owner: u128) -> u128 {
    owner << 64 | 99
}

fn ranges(exchange: &Arc<Exchange>, number: u16, waits: bool) -> Ranges {
    let membership = Membership { exchange: Arc::clone(exchange), number, waits };
    Ranges::new(&RangeLimits { files: 8, ..LIMITS }, 4, 0, membership).unwrap()
}

fn begin(ranges: &mut Ranges, slot: u16, owner: u128, size: u64, range: std::ops::Range<u64>) {
    let digest = digest(owner);
    let owner = ranges.link.owner(digest);
    let part = Part { digest, size, owner, end: range.end, next: range.start, ..Part::default() };
    *ranges.part(slot).unwrap() = part;
}

fn whole(tape: &Tape, size: u64) {
    assert_eq!(tape.bytes, (0..size).map(|at| Some(byte(at))).collect::<Vec<_>>());
    assert_eq!((tape.start, tape.complete), (0, Some(true)));
}

#[test]
fn bytes_go_to_the_owner_and_blocks_come_back() {
    let exchange = Arc::new(Exchange::new(2, 64 << 10));
    let (mut first, mut second) = (ranges(&exchange, 0, false), ranges(&exchange, 1, false));
    let (mut at_first, mut at_second) = (Tapes::new(4), Tapes::new(4));
    begin(&mut first, 0, 1, 5000, 0..3000);
    begin(&mut second, 0, 1, 5000, 3000..5000);
    for turn in 0..3 {
        let own = bytes(turn * 1000..turn * 1000 + 1000);
        assert_eq!(first.push(0, &source(1, turn), &own, &mut at_first), 1000);
        if turn < 2 {
            let own = bytes(3000 + turn * 1000..4000 + turn * 1000);
            assert_eq!(second.push(0, &source(2, turn), &own, &mut at_second), 1000);
        }
        assert!(second.has_mail());
        assert!(second.receive(64, &mut at_second));
    }
    assert!(at_first.ended.is_empty());
    whole(&at_second.ended[0], 5000);
    assert_eq!(at_second.ended[0].from[0].0, 1, "each byte is of who brought it");
    assert_eq!((first.counters.passed_bytes, second.counters.passed_bytes), (3000, 0));
    for turn in 0..1000 {
        begin(&mut first, 0, 1, 5000, 0..10);
        assert_eq!(first.push(0, &source(1, turn), &bytes(0..10), &mut at_first), 10, "blocks come back");
        second.receive(64, &mut at_second);
    }
}

#[test]
fn parts_go_to_the_worker_that_sees_the_file_pass_whole() {
    let exchange = Arc::new(Exchange::new(3, 16 << 10));
    let workers: Vec<_> = (0..3).map(|number| ranges(&exchange, number, false)).collect();
    for file in 0..6 {
        let owners: Vec<_> = workers.iter().map(|worker| worker.link.settle(digest(file), false, 0, 5)).collect();
        assert_eq!(owners, [u16::try_from(file % 3).unwrap(); 3]);
    }
    let whole = |worker: usize, file, now_ns| workers[worker].link.settle(digest(file), true, now_ns, 5);
    let part = |worker: usize, file, now_ns| workers[worker].link.settle(digest(file), false, now_ns, 5);
    assert_eq!(whole(2, 1, 1), 2);
    assert_eq!([part(0, 1, 1), part(1, 1, 100), part(2, 1, 2)], [2; 3], "however late");
    assert_eq!(part(0, 4, 3), 1, "another file with the same place");
    assert_eq!(whole(2, 4, 8), 1, "parts were first");
    assert_eq!(whole(2, 4, 14), 2, "long ago");
}

#[test]
fn without_a_block_or_room_in_the_inbox_the_part_stays() {
    let exchange = Arc::new(Exchange::new(3, 16 << 10));
    let (mut first, mut second) = (ranges(&exchange, 0, false), ranges(&exchange, 1, false));
    let _owner = ranges(&exchange, 2, false);
    let mut tapes = Tapes::new(4);
    let fill = |ranges: &mut Ranges, tapes: &mut Tapes| {
        begin(ranges, 0, 2, 1 << 20, 0..1 << 20);
        let sent = (0..1000).take_while(|turn| ranges.push(0, &source(1, *turn), &[1; 100], tapes) == 100).count();
        assert_eq!(ranges.part(0).unwrap().next, u64::try_from(sent * 100).unwrap(), "goes on behind what was taken");
        sent
    };
    let sent = fill(&mut first, &mut tapes);
    assert!(sent > 0 && sent < 1000, "{sent}");
    assert_eq!((first.counters.no_block, first.counters.inbox_full), (1, 0));
    assert_eq!(fill(&mut second, &mut tapes), 0, "the inbox has as much room as one worker has blocks");
    assert_eq!((second.counters.no_block, second.counters.inbox_full), (0, 1));
}

#[test]
fn what_an_owner_has_no_place_for_is_counted() {
    let exchange = Arc::new(Exchange::new(2, 16 << 10));
    let (mut first, mut second) = (ranges(&exchange, 0, false), ranges(&exchange, 1, false));
    let mut tapes = Tapes::new(0);
    begin(&mut first, 0, 1, 100, 0..100);
    assert_eq!(first.push(0, &source(1, 0), &bytes(0..100), &mut tapes), 100);
    second.receive(64, &mut tapes);
    assert_eq!((tapes.ended.len(), second.counters.not_joined_bytes), (0, 100));
}

#[test]
fn time_is_that_of_the_worker_that_is_furthest_behind() {
    let exchange = Arc::new(Exchange::new(2, 16 << 10));
    let (mut first, second) = (ranges(&exchange, 0, false), ranges(&exchange, 1, false));
    let mut tapes = Tapes::new(4);
    begin(&mut first, 0, 0, 100, 0..100);
    first.push(0, &source(1, 5), &bytes(0..10), &mut tapes);
    first.go_on(u64::MAX, &mut tapes);
    assert!(tapes.ended.is_empty(), "the second may still bring what came before");
    drop(second);
    first.go_on(u64::MAX, &mut tapes);
    assert_eq!((tapes.ended.len(), first.counters.idle), (1, 1), "it is gone");
}

/// Workers as in a replay, each with its parts of some files; they wait for each other, at each piece and at the end.
#[test]
fn workers_that_wait_join_all_files_and_end_together() {
    const SIZE: u64 = 40_000;
    for workers in [1_u16, 2, 3, 5] {
        let exchange = Arc::new(Exchange::new(workers, 64 << 10));
        let tapes: Vec<Tape> = std::thread::scope(|scope| {
            let worker = |number: u16| {
                let mut ranges = ranges(&exchange, number, true);
                scope.spawn(move || {
                    let mut tapes = Tapes::new(8);
                    for round in 0..3_u64 {
                        for file in 0..4 {
                            let share = SIZE / u64::from(workers);
                            let start = share * u64::from(number);
                            let end = if number + 1 == workers { SIZE } else { start + share };
                            begin(&mut ranges, 0, file + u128::from(round), SIZE, start..end);
                            ranges.part(0).unwrap().begun_ns = round + 1;
                            for at in (start..end).step_by(777) {
                                let piece = bytes(at..end.min(at + 777));
                                let from = source(u64::from(number), round);
                                assert_eq!(ranges.push(0, &from, &piece, &mut tapes), piece.len());
                            }
                        }
                        ranges.flush(&mut tapes);
                    }
                    assert_eq!(tapes.taken, 0);
                    tapes.ended
                })
            };
            let running: Vec<_> = (0..workers).map(worker).collect();
            running.into_iter().flat_map(|running| running.join().unwrap()).collect()
        });
        assert_eq!(tapes.len(), 12, "{workers} workers");
        tapes.iter().for_each(|tape| whole(tape, SIZE));
    }
}
