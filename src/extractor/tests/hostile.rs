//! A process that has been taken over writes what it likes.

use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::*;
use crate::extractor::Failure;
use crate::extractor::layout::{ANSWERS_WORDS, HEAD, record};
use crate::extractor::link::State;

/// What it writes.
#[derive(Clone, Debug)]
enum Write {
    /// A word anywhere in its ring.
    Word(usize, u64),
    /// So many words more are said to be there.
    Head(u64),
    /// A record that looks like one, told as it should be.
    Record { kind: u8, level: u8, length: u16, value: u64 },
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let number = prop_oneof![0..4_u64, Just(u64::MAX), any::<u64>()];
    let write = prop_oneof![
        (0..ANSWERS_WORDS, any::<u64>()).prop_map(|(at, word)| Write::Word(at, word)),
        prop_oneof![0..64_u64, any::<u64>()].prop_map(Write::Head),
        (0..12_u8, prop_oneof![0..20_u8, any::<u8>()], 0..2000_u16, number)
            .prop_map(|(kind, level, length, value)| Write::Record { kind, level, length, value }),
    ];
    prop::collection::vec(write, 0..60)
}

/// A run that begins as an honest one does, so that more of what follows is looked at.
fn promising() -> impl Strategy<Value = Vec<Write>> {
    let record = |kind, level, length, value| Write::Record { kind, level, length, value };
    let part = (1..10_u8, 1..4_u8, 0..40_u16, 0..12_u64)
        .prop_map(move |(kind, level, length, value)| record(kind, level, length, value));
    prop::collection::vec(part, 0..40).prop_map(move |mut parts| {
        parts.insert(0, record(0, 0, 0, 0));
        parts.push(record(10, 0, 0, 0));
        parts
    })
}

fn perform(memory: &Shared, head: &mut u64, write: &Write) {
    let words = memory.words();
    let store = |at: usize, value| words[at].store(value, Ordering::Release);
    match *write {
        Write::Word(at, word) => store(at, word),
        Write::Head(more) => {
            *head = head.wrapping_add(more);
            store(HEAD, *head);
        }
        Write::Record { kind, level, length, value } => {
            store(record(*head), u64::from(length) << 16 | u64::from(level) << 8 | u64::from(kind));
            store(record(head.wrapping_add(1)), value);
            *head = head.wrapping_add(2 + u64::from(length).div_ceil(8));
            store(HEAD, *head);
        }
    }
}

/// Whatever the process does, the worker comes to an end, and the next process serves as if nothing had been.
fn survive(writes: &[Write]) -> Result<(), TestCaseError> {
    let mut point = point(&sizes(1));
    for name in ["first", "second"] {
        publish(&mut point, &object(&format!("child {name}"), b"text"));
    }
    let (_, answers) = far_end(&point, 0);
    let (mut seen, mut head) = (Seen::default(), 0);
    for write in writes {
        perform(&answers, &mut head, write);
        seen.take(&mut point);
    }
    // Each leaf that was begun for somebody is ended once, at its level, before the object is over.
    point.readers[0].link.down(Failure::Protocol);
    seen.take(&mut point);
    let mut open = std::collections::BTreeSet::new();
    for line in &seen.0 {
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some("begin"), Some(level)) => prop_assert!(open.insert(level), "{line}"),
            (Some("data"), Some(level)) => prop_assert!(open.contains(level), "{line}"),
            (Some("end"), Some(level)) => prop_assert!(open.remove(level), "{line}"),
            (Some("over"), _) => prop_assert!(open.is_empty(), "{line}: {open:?}"),
            _ => {}
        }
    }
    prop_assert!(open.is_empty());
    prop_assert_eq!(point.readers[0].link.state(), State::Cleared);
    point.readers[0].link.set(State::Up);
    let third = publish(&mut point, &object("child third", b"text")).unwrap();
    let looks = std::cell::Cell::new(0);
    // More often than there are objects.
    serve(&point, 0, REHEARSAL, || looks.replace(looks.get() + 1) > 10);
    let mut seen = Seen::default();
    seen.take(&mut point);
    let expected =
        ["begin 2 http/rar:third", "data 2 text", "end 2 4 true", &format!("over {third}")].map(str::to_owned);
    prop_assert!(seen.0.ends_with(&expected), "{:?}", seen.0);
    prop_assert!(!point.is_waiting());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn garbage_in_the_ring_harms_nobody(writes in writes()) {
        survive(&writes)?;
    }

    #[test]
    fn records_that_look_right_harm_nobody(writes in promising()) {
        survive(&writes)?;
    }
}

/// Each way to break the rules, alone.
#[test]
fn who_breaks_the_rules_is_accused() {
    let record = |kind, level, length, value| Write::Record { kind, level, length, value };
    let start = record(0, 0, 0, 0);
    let begin = record(1, 2, 3, 0);
    let cases: [(&str, Vec<Write>); 13] = [
        ("an object that is not there", vec![record(0, 0, 0, 2)]),
        ("an object again", vec![start.clone(), record(10, 0, 0, 0), start.clone()]),
        ("an object within another", vec![start.clone(), record(0, 0, 0, 1)]),
        ("data of no object", vec![record(2, 2, 1, 0)]),
        ("data of no leaf", vec![start.clone(), record(2, 2, 1, 0)]),
        ("a leaf twice", vec![start.clone(), begin.clone(), begin.clone()]),
        ("a leaf above the object", vec![start.clone(), record(1, 0, 3, 0)]),
        ("a leaf that lies too deep", vec![start.clone(), record(1, 17, 3, 0)]),
        ("the end with a leaf open", vec![start.clone(), begin, record(10, 0, 0, 0)]),
        ("a reason that there is not", vec![start.clone(), record(5, 0, 3, 200)]),
        ("a file whose lengths do not add up", vec![start.clone(), record(6, 2, 3, 4)]),
        ("a record that there is not", vec![record(11, 0, 0, 0)]),
        ("more than there is room for", vec![Write::Head(1 << 16)]),
    ];
    for (case, writes) in cases {
        let mut point = point(&sizes(1));
        for name in ["first", "second"] {
            publish(&mut point, &object(&format!("child {name}"), b"text"));
        }
        let (_, answers) = far_end(&point, 0);
        let mut head = 0;
        writes.iter().for_each(|write| perform(&answers, &mut head, write));
        Seen::default().take(&mut point);
        assert_eq!(point.readers[0].link.accused(), 1, "{case}");
        let waiting = point.counters().waiting;
        perform(&answers, &mut head, &record(0, 0, 0, 1));
        Seen::default().take(&mut point);
        assert_eq!(point.counters().waiting, waiting, "{case}: nothing more of it counts");
    }
}
