//! Any parts in any order.

use proptest::prelude::*;

use super::super::Counters;
use super::{LIMITS, RangeLimits, Tape, Tapes, World, byte, source};

/// A piece of a part.
#[derive(Clone, Debug)]
struct Push {
    start: u64,
    length: u64,
    connection: u64,
}

/// Parts, cut into pieces, those of several connections in between each other.
fn pushes(size: u64) -> impl Strategy<Value = Vec<Push>> {
    let push = (0..size, 1..200_u64, 1..5_u64).prop_map(move |(start, length, connection)| Push {
        start,
        length: length.min(size - start),
        connection,
    });
    let part = (0..size, 1..size + 1, 1..60_u64, 1..5_u64).prop_map(move |(start, length, cut, connection)| {
        let end = (start + length).min(size);
        let starts = (start..end).step_by(usize::try_from(cut).unwrap());
        starts.map(|start| Push { start, length: cut.min(end - start), connection }).collect::<Vec<_>>()
    });
    let parts = proptest::collection::vec(part, 0..6).prop_map(|parts| {
        let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest)
            .flat_map(|turn| parts.iter().filter_map(move |part| part.get(turn).cloned()).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    (proptest::collection::vec(push, 0..12), parts, any::<bool>()).prop_map(|(mut first, mut second, order)| {
        if order {
            second.append(&mut first);
            return second;
        }
        first.append(&mut second);
        first
    })
}

/// What a file looks like of which `have` are known: from its first known byte on, to its last.
fn tape(have: &[Option<u64>]) -> Option<(u64, Vec<Option<u8>>)> {
    let first = have.iter().position(Option::is_some)?;
    let last = have.iter().rposition(Option::is_some)?;
    let at = |offset: usize| have[offset].map(|_| byte(u64::try_from(offset).unwrap()));
    Some((u64::try_from(first).unwrap(), (first..=last).map(at).collect()))
}

fn seen(tape: &Tape) -> (u64, Vec<Option<u8>>) {
    (tape.start, tape.bytes.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// With room for everything, a file is what its parts say, with gaps where no part came, and each byte is of the
    /// connection that brought it first.
    #[test]
    fn joined_bytes_are_the_file(
        (size, pushes) in (1..700_u64).prop_flat_map(|size| (Just(size), pushes(size))),
        portion in proptest::option::of(0..300_usize),
    ) {
        let mut world = World::new(&LIMITS, 8);
        world.portion = portion.unwrap_or(usize::MAX);
        let mut have: Vec<Option<u64>> = vec![None; usize::try_from(size).unwrap()];
        let mut expected = Vec::new();
        let (mut bytes, mut since) = (0, 0);
        for (now, push) in pushes.iter().enumerate() {
            let range = push.start..push.start + push.length;
            let from = source(push.connection, u64::try_from(now).unwrap());
            world.tapes.present = push.connection;
            prop_assert_eq!(u64::try_from(world.piece(1, size, range.clone(), &from)).unwrap(), push.length, "all is taken");
            bytes += push.length;
            for offset in range {
                have[usize::try_from(offset).unwrap()].get_or_insert(push.connection);
            }
            if portion.is_some() {
                // Packets of others pass meanwhile; what waits has its turn before the next part comes.
                while world.files.go_on(usize::MAX, &mut world.counters, &mut world.tapes) {}
            }
            since += 1;
            if have.iter().all(Option::is_some) {
                since = 0;
                expected.extend(tape(&have));
                have.fill(None);
            }
        }
        let complete = expected.len();
        // Of the last file, how many parts there were, and whether the first byte was.
        let alone = since == 1 && have[0].is_none();
        expected.extend(tape(&have).filter(|_| !alone));
        world.flush();
        prop_assert_eq!(world.tapes.ended.iter().map(seen).collect::<Vec<_>>(), expected);
        let ends = world.tapes.ended.iter().filter(|tape| tape.complete == Some(true)).count();
        let to_the_end = usize::from(have.last().is_some_and(Option::is_some) && !alone);
        prop_assert_eq!(ends, complete + to_the_end);
        let walked: usize = world.tapes.ended.iter().map(|tape| tape.bytes.iter().flatten().count()).sum();
        let Counters { repeated_bytes, alone_bytes, .. } = world.counters;
        prop_assert_eq!(u64::try_from(walked).unwrap() + repeated_bytes + alone_bytes, bytes);
        prop_assert_eq!(world.counters.evicted + world.counters.idle, 0);
        for tape in &world.tapes.ended {
            prop_assert!(tape.from.is_sorted_by_key(|(_, timestamp_ns)| *timestamp_ns), "time goes on");
        }
    }

    /// Without room, each byte is on a tape at its place, or it was not taken, or came twice.
    #[test]
    fn bytes_are_taken_once_or_refused(
        (size, pushes) in (1..700_u64).prop_flat_map(|size| (Just(size), pushes(size))),
        files in 0..4_u16,
        trees in 0..4_usize,
        cells in 0..6_u64,
        portion in 0..200_usize,
        several in 1..4_u128,
    ) {
        let cell = u64::try_from(super::super::store::Store::CELL_BYTES).unwrap();
        let mut world = World::new(&RangeLimits { files, buffer: cells * cell, idle_ns: 5 }, trees);
        world.portion = portion;
        let (mut bytes, mut refused) = (0, 0);
        for (now, push) in pushes.iter().enumerate() {
            let now = u64::try_from(now).unwrap();
            let digest = 1 + u128::from(push.connection) % several;
            let range = push.start..push.start + push.length;
            let taken = u64::try_from(world.piece(digest, size, range, &source(push.connection, now))).unwrap();
            bytes += push.length;
            refused += push.length - taken;
            if now % 7 == 0 {
                world.files.go_on(portion, &mut world.counters, &mut world.tapes);
                world.files.expire(now, &mut world.counters, &mut world.tapes);
            }
            prop_assert!(world.files.used() <= usize::from(files) && world.tapes.taken <= trees);
            prop_assert!(world.files.stored_bytes() <= usize::try_from(cells * cell).unwrap());
        }
        world.flush();
        let mut walked = 0;
        for tape in &world.tapes.ended {
            for (offset, found) in (tape.start..).zip(&tape.bytes) {
                prop_assert!(found.is_none_or(|found| found == byte(offset)), "{offset}");
                walked += u64::from(found.is_some());
            }
        }
        prop_assert_eq!(walked + refused + world.counters.repeated_bytes + world.counters.alone_bytes, bytes);
    }
}

#[test]
fn who_walks_in_order_needs_no_store() {
    let mut world = World::new(&RangeLimits { buffer: 0, ..LIMITS }, 1);
    world.tapes = Tapes::new(1);
    for (connection, start) in (0..10).map(|part| (part % 3, part * 100)) {
        assert_eq!(world.piece(7, 1000, start..start + 100, &source(connection, start)), 100);
    }
    assert_eq!(world.tapes.ended.len(), 1);
    assert_eq!((world.tapes.ended[0].complete, world.counters.stored_bytes), (Some(true), 0));
}
