//! Lengths that lie, loops, offsets near the end of what numbers hold, and any bytes.

use proptest::prelude::*;

#[allow(clippy::wildcard_imports)] // all that messages are made of
use super::build::*;
use super::{Dialogue, lines, says, told};
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::Parser;
use crate::proto::smb::Smb;
use crate::proto::testing::{Recorder, gap_anywhere, nonsense};

fn opened() -> Dialogue {
    vec![says(ToServer, &[create(1, "f", 0)]), says(ToClient, &[created(1, id(3), 9, 0)])]
}

#[test]
fn messages_that_contradict_themselves() {
    let long = |message: Message, at: usize, value: u32| message.with(at, &value.to_le_bytes());
    let whole = write(2, id(3), 0, b"some data");
    let cases: [(&str, Message); 10] = [
        ("a next message within the header", long(whole.clone(), 20, 8)),
        ("a next message behind the end", long(whole.clone(), 20, 0x4000_0000)),
        ("a next message not aligned", long(whole.clone(), 20, 113)),
        ("a next message at this one", long(whole.clone(), 20, 64)),
        ("a length behind the end", long(whole.clone(), 68, 10)),
        ("a length of all", long(whole.clone(), 68, u32::MAX)),
        ("data within the header", whole.clone().with(66, &[16, 0])),
        ("data behind the end", whole.clone().with(66, &[0xFF, 0xFF])),
        ("an offset at the end of all numbers", whole.clone().with(72, &[0xFF; 8])),
        ("a header of another size", whole.clone().with(4, &[65, 0])),
    ];
    for (what, message) in cases {
        let mut dialogue = opened();
        dialogue.push(says(ToServer, &[message, close(3, id(3))]));
        let seen = told(&dialogue);
        let told = seen.told();
        assert_eq!(lines(&told, "anomaly")[0], "anomaly smb.malformed_data", "{what}: {told:?}");
        assert!(seen.objects().iter().all(|(_, complete)| !complete), "{what}: {told:?}");
    }
}

#[test]
fn chains_of_nothing_end() {
    // each message says that the next follows at once: a frame of headers
    let header = frame(&[request(4, 9, &[])])[4..].to_vec();
    let chain: Vec<u8> = (0..40)
        .flat_map(|_| {
            let mut message = header.clone();
            message[20..24].copy_from_slice(&64_u32.to_le_bytes());
            message
        })
        .collect();
    let seen = told(&vec![(ToServer, framed(&chain))]).told();
    assert_eq!(seen, ["anomaly smb.malformed_data"], "the last one has no next");
}

#[test]
fn frames_without_content_and_of_no_kind() {
    let seen = told(&vec![(ToServer, b"\0\0\0\0\0\0\0\x03abc".to_vec()), says(ToServer, &opened_request())]).told();
    assert_eq!(lines(&seen, "anomaly"), ["anomaly smb.malformed_data"]);
    assert!(seen[0].starts_with("> raw \"abc\""), "{seen:?}");
    let (mut smb, mut sink) = (Smb::default(), Recorder::default());
    sink.direction = Some(ToServer);
    smb.push(ToServer, b"\0\0\0\x08nothing!", &mut sink);
    assert!(smb.was_mistaken());
}

fn opened_request() -> [Message; 1] {
    [create(1, "f", 0)]
}

#[test]
fn offsets_near_the_end_of_numbers() {
    let mut dialogue = opened();
    let far = u64::MAX - 9;
    dialogue.push(says(ToServer, &[write(2, id(3), 0, b"a"), write(3, id(3), far, b"123456789"), close(4, id(3))]));
    let seen = told(&dialogue);
    assert_eq!(lines(&seen.told(), "> object 2 begins"), [format!("> object 2 begins smb/file name=f offset={far}")]);
}

#[test]
fn after_a_hole_the_next_message_is_found() {
    let mut dialogue = opened();
    dialogue.push(says(ToServer, &[write(2, id(3), 0, b"first"), write(3, id(3), 5, b"second"), close(4, id(3))]));
    let borrowed = super::borrowed(&dialogue);
    let first = 4 + 112 + 5;
    gap_anywhere::<Smb>(&borrowed, first, |seen, turn, at| {
        if turn == 2 && at == 0 {
            // the first write is gone as a whole: the second is read
            let told = seen.told();
            assert!(told.contains(&"> object 1 begins smb/file name=f offset=5".to_owned()), "{told:?}");
            assert!(told.contains(&"> body 1 \"second\"".to_owned()), "{told:?}");
            assert!(told.contains(&"anomaly smb.sync_lost".to_owned()), "{told:?}");
        }
    });
}

#[test]
fn the_state_is_of_the_size_that_is_documented() {
    assert!(std::mem::size_of::<Smb>() <= 36 << 10, "{} bytes", std::mem::size_of::<Smb>());
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let small = || prop::collection::vec(any::<u8>(), 0..30);
    let number = || 0..6_u64;
    let file = || (0..3_u8).prop_map(|n| if n == 2 { RELATED } else { id(n) });
    let offset = || prop_oneof![0..40_u64, Just(u64::MAX - 3), Just(1 << 41), Just(64 << 20)];
    let one = prop_oneof![
        (number(), any::<u32>()).prop_map(|(n, options)| create(n, "name", options)),
        (number(), file()).prop_map(|(n, file)| created(n, file, 20, 0)),
        (number(), file()).prop_map(|(n, file)| close(n, file)),
        number().prop_map(closed),
        (number(), file(), offset(), 0..40_u32).prop_map(|(n, file, at, length)| read(n, file, at, length)),
        (number(), small()).prop_map(|(n, bytes)| data(n, &bytes)),
        (number(), file(), offset(), small()).prop_map(|(n, file, at, bytes)| write(n, file, at, &bytes)),
        (number(), any::<bool>()).prop_map(|(n, fails)| if fails { refused(WRITE, n, 5 << 28) } else { written(n, 9) }),
        (0..12_u16, number(), small()).prop_map(|(command, n, body)| request(command, n, &body)),
        (0..12_u16, number(), small()).prop_map(|(command, n, body)| response(command, n, 0, &body)),
    ];
    let odd = (one, prop::option::weighted(0.2, (0..120_usize, any::<u8>())), any::<bool>()).prop_map(
        |(message, change, related)| {
            let message = if related { message.related() } else { message };
            let length = frame(std::slice::from_ref(&message)).len() - 4;
            match change {
                Some((at, byte)) if at < length => message.with(at, &[byte]),
                _ => message,
            }
        },
    );
    prop_oneof![
        8 => prop::collection::vec(odd, 1..4).prop_map(|messages| frame(&messages)),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just(Vec::new()),
    ]
}

proptest! {
    #[test]
    fn nothing_panics_and_cutting_changes_nothing(
        steps in prop::collection::vec((any::<bool>(), any::<u8>(), message()), 0..40),
        size in 1..50_usize,
    ) {
        nonsense::<Smb>(&steps);
        let cut: Vec<_> = steps
            .iter()
            .flat_map(|(way, hole, bytes)| {
                let pieces: Vec<_> = bytes.chunks(size).map(|piece| (*way, *hole, piece.to_vec())).collect();
                if pieces.is_empty() { vec![(*way, *hole, Vec::new())] } else { pieces }
            })
            .collect();
        prop_assert_eq!(told_of(&steps), told_of(&cut));
    }
}

fn told_of(steps: &[(bool, u8, Vec<u8>)]) -> Vec<String> {
    let (mut smb, mut seen) = (Smb::default(), Recorder::default());
    for (to_server, hole, bytes) in steps {
        let direction = if *to_server { ToServer } else { ToClient };
        seen.direction = Some(direction);
        match bytes.is_empty() {
            true => smb.gap(direction, u64::from(*hole), &mut seen),
            false => smb.push(direction, bytes, &mut seen),
        }
    }
    for direction in [ToServer, ToClient] {
        seen.direction = Some(direction);
        smb.end(direction, true, &mut seen);
    }
    seen.told()
}
