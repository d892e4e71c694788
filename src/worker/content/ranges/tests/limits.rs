//! Each limit, and what becomes of bytes at it.

use super::super::store::{STRETCHES, Store};
use super::{LIMITS, RangeLimits, World, byte, source};

fn cells(count: usize) -> u64 {
    u64::try_from(count * Store::CELL_BYTES).unwrap()
}

#[test]
fn the_file_written_least_recently_makes_room() {
    let mut world = World::new(&RangeLimits { files: 2, ..LIMITS }, 8);
    for digest in [1, 2, 1, 3] {
        let next = if digest == 1 && world.counters.files == 2 { 10..20 } else { 0..10 };
        assert_eq!(world.piece(digest, 100, next, &source(1, 0)), 10);
    }
    assert_eq!((world.counters.evicted, world.files.used()), (1, 2));
    assert_eq!(world.tapes.ended.len(), 1, "the second");
    assert_eq!((world.tapes.ended[0].bytes.len(), world.tapes.ended[0].complete), (10, Some(false)));
    world.flush();
}

#[test]
fn a_file_with_stored_bytes_ends_in_portions() {
    let mut world = World::new(&RangeLimits { files: 1, ..LIMITS }, 8);
    world.portion = 0;
    assert_eq!(world.piece(1, 1000, 500..550, &source(1, 0)), 50);
    assert_eq!(world.piece(1, 1000, 550..600, &source(2, 0)), 50);
    assert_eq!(world.piece(2, 1000, 0..10, &source(1, 0)), 0, "its place is not free yet");
    for taken in [0, 10] {
        assert!(world.files.go_on(1, &mut world.counters, &mut world.tapes));
        assert_eq!(world.piece(2, 1000, 0..10, &source(1, 0)), taken);
    }
    assert_eq!((world.counters.evicted, world.tapes.ended[0].start), (1, 500));
    world.flush();
}

#[test]
fn bytes_without_room_in_the_store_are_not_taken() {
    let mut world = World::new(&RangeLimits { buffer: cells(1), ..LIMITS }, 8);
    assert_eq!(world.piece(1, 10_000, 5000..5100, &source(1, 0)), 100, "stored");
    assert_eq!(world.piece(1, 10_000, 5100..5200, &source(1, 0)), 0);
    assert_eq!(world.piece(1, 10_000, 0..5100, &source(2, 0)), 5100, "and then there is room");
    assert_eq!(world.piece(1, 10_000, 5100..5200, &source(1, 0)), 100);
    world.flush();
    assert_eq!(world.tapes.ended[0].bytes.len(), 5200);
}

#[test]
fn a_file_has_so_many_stretches() {
    let mut world = World::new(&LIMITS, 8);
    for number in 0..u64::try_from(STRETCHES).unwrap() {
        world.piece(1, 10_000, 100 + number * 20..110 + number * 20, &source(1, 0));
    }
    assert_eq!(world.piece(1, 10_000, 5000..5010, &source(1, 0)), 0);
    // What joins two of them makes room.
    assert_eq!(world.piece(1, 10_000, 110..120, &source(1, 0)), 10);
    assert_eq!(world.piece(1, 10_000, 6000..6010, &source(1, 0)), 10);
    world.flush();
}

#[test]
fn without_a_tree_nothing_is_taken() {
    let mut world = World::new(&LIMITS, 0);
    assert_eq!(world.piece(1, 100, 0..10, &source(1, 0)), 0);
    assert_eq!(world.counters.files, 0);
    world.flush();
}

#[test]
fn without_files_nothing_is_taken() {
    let mut world = World::new(&RangeLimits { files: 0, ..LIMITS }, 8);
    assert_eq!(world.piece(1, 100, 0..10, &source(1, 0)), 0);
    world.flush();
}

#[test]
fn what_was_idle_for_long_is_over() {
    let idle = LIMITS.idle_ns;
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 100, 0..10, &source(1, 5));
    world.piece(1, 100, 50..60, &source(2, 7));
    world.files.expire(7 + idle, &mut world.counters, &mut world.tapes);
    assert_eq!(world.counters.idle, 0, "not yet");
    world.files.expire(8 + idle, &mut world.counters, &mut world.tapes);
    while world.files.go_on(usize::MAX, &mut world.counters, &mut world.tapes) {}
    assert_eq!((world.counters.idle, world.counters.gap_bytes), (1, 40));
    let tape = &world.tapes.ended[0];
    let expected: Vec<_> = (0..60).map(|at| (!(10..50).contains(&at)).then(|| byte(at))).collect();
    assert_eq!((&tape.bytes, tape.complete), (&expected, Some(false)));
    assert_eq!((tape.from[0], tape.from[55]), ((1, 5), (2, 7)), "each byte is of who brought it");
}

#[test]
fn a_part_that_comes_late_begins_another_file_whenever_that_is_found_out() {
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 100, 0..10, &source(1, 5));
    world.piece(1, 100, 10..50, &source(1, 6 + LIMITS.idle_ns));
    world.piece(1, 100, 50..100, &source(2, 6 + LIMITS.idle_ns));
    world.flush();
    let starts: Vec<_> = world.tapes.ended.iter().map(|tape| (tape.start, tape.complete)).collect();
    assert_eq!(starts, [(0, Some(false)), (10, Some(true))]);
    assert_eq!(world.counters.idle, 1);
}

#[test]
fn a_file_that_passed_whole_goes_on_with_parts_of_its_rest() {
    let whole: Vec<_> = (0..100).map(|at| Some(byte(at))).collect();
    // Parts that came while it passed, also of what it had by then, and parts that come later.
    for early in [None, Some(60..80), Some(10..80), Some(20..30)] {
        let mut world = World::new(&LIMITS, 8);
        if let Some(early) = early.clone() {
            let length = usize::try_from(early.end - early.start).unwrap();
            assert_eq!(world.piece(9, 100, early, &source(2, 1)), length);
        }
        assert!(world.breaks_off(9, 100, 30, &source(1, 2)));
        world.piece(9, 100, 30..100, &source(3, 3));
        assert_eq!((world.counters.adopted, world.tapes.ended.len()), (1, 1), "{early:?}");
        let tape = &world.tapes.ended[0];
        assert_eq!((tape.start, &tape.bytes, tape.complete), (0, &whole, Some(true)), "{early:?}");
        assert_eq!((tape.from[29], tape.from[99]), ((1, 2), (3, 3)));
        world.flush();
    }
}

#[test]
fn a_file_that_passed_whole_is_kept_only_where_it_can_go_on() {
    let mut world = World::new(&RangeLimits { files: 2, ..LIMITS }, 3);
    assert!(!world.breaks_off(1, 100, 100, &source(1, 0)), "nothing is left of it");
    world.piece(1, 100, 0..10, &source(1, 0));
    assert!(!world.breaks_off(1, 100, 30, &source(2, 1)), "its parts have begun themselves");
    assert!(world.breaks_off(2, 100, 30, &source(2, 1)));
    assert!(!world.breaks_off(3, 100, 30, &source(2, 1)), "it makes none of them end");
    world.files.expire(2 + LIMITS.idle_ns, &mut world.counters, &mut world.tapes);
    assert_eq!(world.counters.idle, 2);
    let ended: Vec<_> = world.tapes.ended.iter().map(|tape| (tape.bytes.len(), tape.complete)).collect();
    assert_eq!(ended, [(10, Some(false)), (30, Some(false))], "what was seen of it has ended");
    world.flush();
}

#[test]
fn what_comes_late_of_a_part_that_began_before_its_file_was_complete_is_no_other_file() {
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 100, 0..50, &source(1, 5));
    world.piece(1, 100, 50..100, &source(2, 9));
    world.begun_ns = Some(7);
    assert_eq!(world.piece(1, 100, 60..80, &source(3, 20)), 20);
    assert_eq!((world.counters.repeated_bytes, world.counters.files), (20, 1));
    world.begun_ns = Some(10);
    assert_eq!(world.piece(1, 100, 60..80, &source(3, 20)), 20);
    assert_eq!((world.counters.repeated_bytes, world.counters.files), (20, 2), "it is downloaded again");
    world.flush();
    assert_eq!(world.piece(1, 100, 60..80, &source(3, 20)), 20);
    world.begun_ns = Some(7);
    assert_eq!(world.piece(1, 100, 0..10, &source(3, 20)), 10);
    assert_eq!(world.counters.repeated_bytes, 20, "nothing is known of a clock before");
    world.flush();
}

#[test]
fn what_comes_again_is_passed_over_and_what_is_new_is_taken() {
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 1000, 0..100, &source(1, 0));
    world.piece(1, 1000, 300..400, &source(2, 0));
    // Walked, waited for, stored, and too early.
    assert_eq!(world.piece(1, 1000, 50..450, &source(3, 1)), 400);
    assert_eq!(world.counters.repeated_bytes, 150);
    world.piece(1, 1000, 450..1000, &source(4, 2));
    let tape = &world.tapes.ended[0];
    assert_eq!((tape.bytes.len(), tape.complete), (1000, Some(true)));
    let who = [99, 100, 299, 300, 399, 400].map(|at: usize| tape.from[at].0);
    assert_eq!(who, [1, 3, 3, 2, 2, 3]);
    world.flush();
}

#[test]
fn who_brings_more_of_a_file_that_wants_a_reset_is_reset_too() {
    let mut world = World::new(&LIMITS, 8);
    world.tapes.forbidden = Some(byte(30));
    world.piece(1, 100, 0..20, &source(1, 0));
    assert!(world.tapes.condemned.is_empty());
    world.piece(1, 100, 40..60, &source(2, 1));
    world.piece(1, 100, 20..40, &source(3, 2));
    world.piece(1, 100, 50..60, &source(4, 3));
    world.piece(2, 100, 40..60, &source(5, 4));
    world.piece(1, 100, 60..100, &source(6, 5));
    assert_eq!(world.tapes.condemned, [4, 6], "who has brought the byte has raised the alert");
    // It is complete; somebody tries one part once more.
    world.begun_ns = Some(6);
    world.piece(1, 100, 50..60, &source(7, 6));
    assert_eq!(world.tapes.condemned, [4, 6, 7]);
    world.begun_ns = None;
    world.piece(1, 100, 50..60, &source(8, 7 + LIMITS.idle_ns));
    assert_eq!(world.tapes.condemned, [4, 6, 7], "that was long ago");
    world.flush();
}

#[test]
fn a_file_whose_parts_have_holes_is_complete_but_not_over() {
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 100, 50..80, &source(1, 5));
    world.piece(1, 100, 80..100, &source(2, 5));
    world.files.expire(7 + LIMITS.idle_ns, &mut world.counters, &mut world.tapes);
    while world.files.go_on(usize::MAX, &mut world.counters, &mut world.tapes) {}
    assert_eq!((world.tapes.ended.len(), world.tapes.ended[0].complete), (1, Some(true)), "its last byte was seen");
    world.begun_ns = Some(1);
    world.piece(1, 100, 0..50, &source(2, 8 + LIMITS.idle_ns));
    assert_eq!(world.counters.repeated_bytes, 0, "nobody has seen these");
    world.flush();
}

#[test]
fn what_comes_again_keeps_a_file_from_making_room() {
    let mut world = World::new(&RangeLimits { files: 2, ..LIMITS }, 8);
    world.piece(1, 1000, 0..100, &source(1, 0));
    world.piece(2, 1000, 0..100, &source(1, 0));
    assert_eq!(world.piece(1, 1000, 0..50, &source(2, 1)), 50);
    world.piece(3, 1000, 0..10, &source(1, 1));
    assert_eq!((world.tapes.ended.len(), world.counters.evicted), (1, 1), "the second made room");
    assert_eq!(world.piece(1, 1000, 100..1000, &source(1, 2)), 900);
    assert_eq!((world.tapes.ended[1].bytes.len(), world.tapes.ended[1].complete), (1000, Some(true)));
    world.flush();
}

#[test]
fn one_file_at_a_time_makes_room() {
    let mut world = World::new(&RangeLimits { files: 2, ..LIMITS }, 8);
    world.portion = 0;
    world.piece(1, 1000, 500..600, &source(1, 0));
    world.piece(2, 1000, 500..600, &source(1, 0));
    assert_eq!(world.piece(3, 1000, 0..10, &source(1, 0)), 0, "the first begins to end");
    assert_eq!(world.piece(4, 1000, 0..10, &source(1, 0)), 0);
    assert_eq!(world.counters.evicted, 1, "and the second does not, until that has ended");
    world.flush();
}

#[test]
fn one_part_alone_is_not_put_together_with_anything() {
    let mut world = World::new(&LIMITS, 8);
    world.begun_ns = Some(3);
    world.piece(1, 100, 10..40, &source(1, 3));
    world.piece(1, 100, 40..90, &source(1, 4));
    world.flush();
    assert_eq!((world.tapes.ended.len(), world.counters.alone_bytes), (0, 80));
    // The same part of another connection, or another part of the same.
    for (begun_ns, connection) in [(3, 2), (4, 1)] {
        world.begun_ns = Some(3);
        world.piece(1, 100, 10..40, &source(1, 3));
        world.begun_ns = Some(begun_ns);
        world.piece(1, 100, 20..90, &source(connection, 4));
        world.flush();
        assert_eq!(world.tapes.ended.pop().map(|tape| (tape.start, tape.bytes.len())), Some((10, 80)));
    }
}

#[test]
fn files_of_other_sizes_or_names_do_not_meet() {
    let mut world = World::new(&LIMITS, 8);
    world.piece(1, 100, 0..50, &source(1, 0));
    world.piece(2, 100, 50..80, &source(1, 0));
    world.piece(2, 100, 80..100, &source(2, 0));
    world.flush();
    assert_eq!(world.tapes.ended.len(), 2);
}
