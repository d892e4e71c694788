//! Processes that do not keep up.

use std::time::{Duration, Instant};

use super::*;
use crate::extractor::Failure;
use crate::extractor::layout::RING;
use crate::extractor::link::State;
use crate::extractor::teller::Teller;

#[test]
fn who_falls_behind_loses_the_oldest_and_nobody_waits() {
    const OBJECTS: u64 = 1000;
    let mut point = point(&sizes(2));
    let mut slowest = Duration::ZERO;
    let mut seen = Seen::default();
    for _ in 0..OBJECTS {
        let begun = Instant::now();
        let bytes = object("child a", b"b");
        let ticket = begin(&mut point);
        point.write(ticket, &bytes).unwrap();
        point.make_way();
        let (base, mut path) = (Path::default(), Path::default());
        while let Some(step) = point.next_failed() {
            point.apply(&step, &base, &mut path, &mut seen);
        }
        assert!(point.publish(ticket, &whole(&base), true).is_some());
        slowest = slowest.max(begun.elapsed());
    }
    let lost = OBJECTS - RING as u64;
    assert_eq!(point.counters().failed(Failure::Overflow), lost);
    assert_eq!((point.counters().objects, point.counters().waiting), (OBJECTS, RING as u64));
    assert_eq!(seen.0, vec!["cut rar not_inspected"; usize::try_from(lost).unwrap()]);
    // Generous: it is some microseconds, but the machine may do something else meanwhile.
    assert!(slowest < Duration::from_millis(200), "an object took {slowest:?}");
}

#[test]
fn memory_that_is_needed_is_taken_from_the_oldest() {
    let mut point = point(&Sizes { arena: 1 << 20, object_max: 1 << 20, ..sizes(1) });
    let half = vec![0; 1 << 19];
    let [first, second] = [publish(&mut point, &half), publish(&mut point, &half)].map(Option::unwrap);
    assert_eq!((first, second, point.counters().waiting), (0, 1, 2));
    let ticket = begin(&mut point);
    point.write(ticket, b"one byte more than there is room for").unwrap();
    let mut seen = Seen::default();
    seen.take(&mut point);
    assert_eq!(seen.0, ["cut http/rar not_inspected", "over 0"]);
    assert_eq!((point.counters().failed(Failure::Overflow), point.counters().waiting), (1, 1));
}

#[test]
fn without_a_process_objects_go_another_way() {
    let mut point = point(&sizes(1));
    publish(&mut point, &object("child a", b"b")).unwrap();
    let ticket = begin(&mut point);
    point.readers[0].link.set(State::Off);
    let mut seen = Seen::default();
    seen.take(&mut point);
    assert_eq!(seen.0, ["cut http/rar not_inspected", "over 0"]);
    assert_eq!(point.publish(ticket, &whole(&Path::default()), true), None);
    assert_eq!(point.begin("rar", false), None);
    assert_eq!((point.counters().failed(Failure::Off), point.counters().declined), (2, 1));
}

#[test]
fn the_next_process_goes_on_behind_the_object_that_killed_the_last() {
    let mut point = point(&sizes(1));
    for name in ["first", "second", "third"] {
        publish(&mut point, &object(&format!("child {name}"), b"text")).unwrap();
    }
    // The process answers the first, begins with the second, and dies.
    let objects = std::cell::Cell::new(0);
    let mut seen = Seen::default();
    serve(&point, 0, REHEARSAL, || objects.replace(objects.get() + 1) == 1);
    {
        let (_, answers) = far_end(&point, 0);
        let mut teller = Teller::new(&answers, REHEARSAL, 0);
        teller.start(1, 1);
        let mut path = Path::default();
        path.join(&Path::default(), b"rar:half");
        teller.begin(2, &path);
        teller.data(2, b"hal");
    }
    point.readers[0].link.down(Failure::Died);
    seen.take(&mut point);
    let expected = [
        "begin 2 http/rar:first",
        "data 2 text",
        "end 2 4 true",
        "over 0",
        "begin 2 http/rar:half",
        "data 2 hal",
        "end 2 3 false",
        "cut http/rar not_inspected",
        "over 1",
    ];
    assert_eq!(seen.0, expected);
    assert_eq!((point.readers[0].link.state(), point.counters().failed(Failure::Died)), (State::Cleared, 1));
    point.readers[0].link.set(State::Up);
    let objects = std::cell::Cell::new(0);
    serve(&point, 0, REHEARSAL, || objects.replace(objects.get() + 1) == 1);
    let mut seen = Seen::default();
    seen.take(&mut point);
    assert_eq!(seen.0, ["begin 2 http/rar:third", "data 2 text", "end 2 4 true", "over 2"]);
    assert!(!point.is_waiting());
}

#[test]
fn who_is_stuck_at_an_object_that_was_given_up_is_not_idle() {
    let mut point = point(&sizes(2));
    publish(&mut point, &object("hang", b"")).unwrap();
    let [stuck, other] = [0, 1].map(|reader| far_end(&point, reader).1);
    Teller::new(&stuck, REHEARSAL, 0).start(0, 1);
    // The other process gets 128 objects, after which the first one is given up.
    let mut teller = Teller::new(&other, REHEARSAL, 0);
    for number in 1..=RING as u64 {
        assert_eq!(publish(&mut point, &object("child a", b"b")), Some(number));
        teller.start(number, 1);
        teller.over(number);
        Seen::default().take(&mut point);
    }
    assert_eq!((point.counters().failed(Failure::Overflow), point.counters().answered), (1, RING as u64));
    assert_eq!(point.readers[0].link.waiting(), 1, "its time goes on");
    publish(&mut point, &object("child a", b"b")).unwrap();
    assert_eq!(point.readers[1].queue.len(), 1, "the other one gets the next");
    // When it is killed for that, nobody else is blamed.
    point.readers[0].link.down(Failure::Deadline);
    Seen::default().take(&mut point);
    assert_eq!((point.readers[0].link.state(), point.counters().failed(Failure::Deadline)), (State::Cleared, 0));
}
