//! Lengths that lie, offsets near the end of what numbers hold, more of everything than is remembered, and any bytes.

use proptest::prelude::*;

#[allow(clippy::wildcard_imports)] // all that messages are made of
use super::build::*;
use super::{Dialogue, borrowed, found, lines, to_client, to_server, told};
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::Parser;
use crate::proto::nfs::{MAX_CALLS, MAX_FILES, Nfs, NfsUdp};
use crate::proto::testing::{Recorder, nonsense, whole};

/// Another number somewhere.
fn with(mut message: Vec<u8>, at: usize, value: u32) -> Vec<u8> {
    message[at..at + 4].copy_from_slice(&value.to_be_bytes());
    message
}

#[test]
fn messages_that_contradict_themselves() {
    let intact = write(2, 3, 0, b"some data.");
    let (caller, handle_at, length_at) = (28, 64, 112);
    assert_eq!(intact[length_at..length_at + 4], 10_u32.to_be_bytes());
    let mut cut = intact.clone();
    cut.truncate(90);
    let cases: [(&str, Vec<u8>); 8] = [
        ("credentials that are too long", with(intact.clone(), caller, 5000)),
        ("a handle that is too long", with(intact.clone(), handle_at, 65)),
        ("a handle without end", with(intact.clone(), handle_at, u32::MAX)),
        ("data behind the end", with(intact.clone(), length_at, 13)),
        ("data without end", with(intact.clone(), length_at, u32::MAX)),
        ("neither call nor reply", with(intact.clone(), 4, 2)),
        ("another version of RPC", with(intact.clone(), 8, 3)),
        ("a message that is cut", cut),
    ];
    for (what, message) in cases {
        let mut dialogue = found("f", 3, 9);
        dialogue.push(to_server(&[message]));
        let seen = told(&dialogue);
        let told = seen.told();
        assert_eq!(lines(&told, "anomaly"), ["anomaly nfs.malformed_data"], "{what}: {told:?}");
        assert!(seen.objects().iter().all(|(_, complete)| !complete), "{what}: {told:?}");
    }
}

#[test]
fn fragments_that_are_too_long_or_of_nothing() {
    let mut dialogue = found("f", 3, 9);
    dialogue.push((ToServer, [&[0; 12][..], &records(&[read(2, 3, 0, 4)]), b"\x7f\xff\xff\xff text"].concat()));
    dialogue.push(to_client(&[data(2, 4, true, b"read")]));
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"read".to_vec(), true)]);
    assert_eq!(lines(&seen.told(), "anomaly"), ["anomaly nfs.malformed_data"]);
    assert_eq!(lines(&seen.told(), "> raw"), ["> raw \" text\""]);
    // what never was NFS
    let (mut nfs, mut sink) = (Nfs::default(), Recorder::default());
    sink.direction = Some(ToServer);
    nfs.push(ToServer, b"\x7f\xff\xff\xff text", &mut sink);
    assert!(nfs.was_mistaken());
}

#[test]
fn offsets_near_the_end_of_numbers() {
    let far = u64::MAX - 9;
    let mut dialogue = found("f", 3, 9);
    dialogue.push(to_server(&[write(2, 3, 0, b"a..."), write(3, 3, far, b"12345678"), write(4, 3, u64::MAX, b"wrap")]));
    let told = told(&dialogue).told();
    assert_eq!(lines(&told, "> object 2 begins"), [format!("> object 2 begins nfs/file name=f offset={far}")]);
    assert_eq!(lines(&told, "anomaly"), ["anomaly nfs.malformed_data"]);
    assert_eq!(lines(&told, "> nfs/data"), ["> nfs/data \"wrap\""]);
}

#[test]
fn more_files_and_calls_than_are_remembered() {
    let mut dialogue: Dialogue = Vec::new();
    for file in 0..40 {
        let xid = u32::from(file) * 2;
        dialogue.push(to_server(&[named(xid, LOOKUP, "many"), write(xid + 1, file, 0, b"text")]));
        dialogue.push(to_client(&[looked_up(xid, file, 4), written(xid + 1, 4)]));
    }
    let seen = whole::<Nfs>(&borrowed(&dialogue));
    // of those that are forgotten, and of those that are still open: all have come as a whole
    assert_eq!(seen.objects().len(), 40);
    const { assert!(MAX_FILES < 40) };
    let mut dialogue = found("f", 3, 100);
    let count = MAX_CALLS as u32 + 6;
    dialogue.push(to_server(&(0..count).map(|n| read(100 + n, 3, n.into(), 1)).collect::<Vec<_>>()));
    dialogue.push(to_client(&(0..count).map(|n| data(100 + n, 100, false, b"z")).collect::<Vec<_>>()));
    let seen = whole::<Nfs>(&borrowed(&dialogue));
    assert_eq!(lines(&seen.told(), "anomaly"), ["anomaly nfs.too_many_outstanding_requests"; 6]);
    assert_eq!(seen.objects()[0].0.len(), MAX_CALLS);
}

#[test]
fn the_state_is_of_the_size_that_is_documented() {
    assert!(std::mem::size_of::<Nfs>() <= 18 << 10, "{} bytes", std::mem::size_of::<Nfs>());
    assert!(std::mem::size_of::<NfsUdp>() <= 18 << 10, "{} bytes", std::mem::size_of::<NfsUdp>());
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let small = || prop::collection::vec(any::<u8>(), 0..30);
    let (xid, file) = (|| 0..6_u32, || 0..3_u8);
    let offset = || prop_oneof![0..40_u64, Just(u64::MAX - 3), Just(1 << 41), Just(64 << 20)];
    let one = prop_oneof![
        (xid(), 0..23_u32).prop_map(|(xid, number)| named(xid, number, "name")),
        xid().prop_map(|xid| rename(xid, "a", "b")),
        (xid(), file(), 0..40_u64).prop_map(|(xid, file, size)| looked_up(xid, file, size)),
        (xid(), file()).prop_map(|(xid, file)| made(xid, file)),
        (xid(), file(), offset(), 0..40_u32).prop_map(|(xid, file, at, count)| read(xid, file, at, count)),
        (xid(), 0..40_u64, any::<bool>(), small()).prop_map(|(xid, size, last, bytes)| data(xid, size, last, &bytes)),
        (xid(), file(), offset(), small()).prop_map(|(xid, file, at, bytes)| write(xid, file, at, &bytes)),
        (xid(), 0..40_u64).prop_map(|(xid, size)| written(xid, size)),
        (xid(), file()).prop_map(|(xid, file)| commit(xid, file)),
        (xid(), 0..40_u64).prop_map(|(xid, size)| committed(xid, size)),
        (xid(), any::<u32>()).prop_map(|(xid, status)| refused(xid, status)),
        (xid(), 0..23_u32, small()).prop_map(|(xid, number, bytes)| call(xid, number, &bytes)),
        (xid(), small()).prop_map(|(xid, bytes)| reply(xid, &bytes)),
    ];
    (one, prop::option::weighted(0.2, (0..150_usize, any::<u8>()))).prop_map(|(mut message, change)| {
        if let Some((at, byte)) = change
            && let Some(place) = message.get_mut(at)
        {
            *place = byte;
        }
        message
    })
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (message(), prop_oneof![Just(usize::MAX), 1..60_usize]).prop_map(|(message, size)| fragments(&message, size)),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just(Vec::new()),
    ]
}

fn told_of(steps: &[(bool, u8, Vec<u8>)], size: usize) -> Vec<String> {
    let (mut nfs, mut seen) = (Nfs::default(), Recorder::default());
    for (to_server, hole, bytes) in steps {
        let direction = if *to_server { ToServer } else { ToClient };
        seen.direction = Some(direction);
        if bytes.is_empty() {
            nfs.gap(direction, u64::from(*hole), &mut seen);
        }
        bytes.chunks(size).for_each(|piece| nfs.push(direction, piece, &mut seen));
    }
    for direction in [ToServer, ToClient] {
        seen.direction = Some(direction);
        nfs.end(direction, true, &mut seen);
    }
    seen.told()
}

proptest! {
    #[test]
    fn nothing_panics_and_cutting_changes_nothing(
        steps in prop::collection::vec((any::<bool>(), any::<u8>(), stream()), 0..40),
        size in 1..50_usize,
    ) {
        nonsense::<Nfs>(&steps);
        prop_assert_eq!(told_of(&steps, usize::MAX), told_of(&steps, size));
    }

    #[test]
    fn no_datagram_panics(steps in prop::collection::vec((any::<bool>(), any::<u8>(), message()), 0..40)) {
        nonsense::<NfsUdp>(&steps);
    }
}
