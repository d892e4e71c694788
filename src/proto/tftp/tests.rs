//! Datagrams in order, again, missing and odd.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, nonsense, whole};
use crate::proto::{Content, Endpoint, Expected, Guess, Heads, Parser, Port, Transport};

fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    [&[0, 3][..], &block.to_be_bytes(), bytes].concat()
}

fn ack(block: u16) -> Vec<u8> {
    [&[0, 4][..], &block.to_be_bytes()].concat()
}

/// What is told of a read of `f`, and then of these datagrams.
fn told_of(datagrams: &[(Direction, Vec<u8>)]) -> Vec<String> {
    let mut turns: Vec<Turn<'_>> = vec![(ToServer, b"\0\x01f\0octet\0")];
    turns.extend(datagrams.iter().map(|(direction, datagram)| (*direction, &datagram[..])));
    let told = whole::<Tftp>(&turns).told();
    assert_eq!(told[0], "record tftp packet=read file=f mode=octet");
    told[2..].to_vec()
}

/// The same of what the server sends.
fn told(blocks: &[Vec<u8>]) -> Vec<String> {
    told_of(&blocks.iter().map(|block| (ToClient, block.clone())).collect::<Vec<_>>())
}

/// What is told of a write in the flow that it is announced to have, where the server is the client.
fn told_of_write(datagrams: &[(Direction, Vec<u8>)]) -> Vec<String> {
    let expected = Expected {
        transport: Transport::Udp,
        opener: ToClient,
        client: Endpoint { address: None, port: Port::Same },
        server: Endpoint::default(),
        direction: Some(ToServer),
        content: Content::File { name: b"f", offset: 0, length: None },
        label: "tftp/file",
        command: "WRQ",
        codings: b"",
    };
    let (mut tftp, mut seen) = (Tftp::expected(&expected), Recorder::default());
    for (direction, bytes) in datagrams {
        seen.direction = Some(*direction);
        tftp.push(*direction, bytes, &mut seen);
    }
    seen.told()
}

const FULL: [u8; 512] = [b'x'; 512];

#[test]
fn blocks_are_an_object() {
    let full = format!("{}ab", "x".repeat(512));
    let whole =
        ["< object 0 begins tftp/file name=f".to_owned(), format!("< body 0 \"{full}\""), "< object 0 ends".to_owned()];
    assert_eq!(told(&[data(1, &FULL), data(2, b"ab")]), whole);
    // each comes again: that is scanned, and no part of the file
    let again = told(&[data(1, &FULL), data(1, &FULL), data(2, b"ab"), data(2, b"ab"), data(1, &FULL)]);
    let full = "x".repeat(512);
    let pieces: Vec<_> = again.into_iter().filter(|line| !line.contains("object")).collect();
    assert_eq!(
        pieces,
        [
            format!("< body 0 \"{full}\""),
            format!("< raw \"{full}\""),
            "< body 0 \"ab\"".to_owned(),
            format!("< raw \"ab{full}\""),
        ]
    );
    // a file that fills its last block has an empty one after it
    assert_eq!(told(&[data(1, &FULL), data(2, b"")]).last().unwrap(), "< object 0 ends");
}

#[test]
fn missing_blocks_and_endings() {
    let lost = told_of(&[
        (ToClient, data(1, &FULL)),
        (ToServer, ack(1)),
        (ToServer, ack(2)),
        (ToServer, ack(3)),
        (ToClient, data(4, b"ab")),
    ]);
    assert_eq!(lost[2..], ["< object 0 gap 1024", "< body 0 \"ab\"", "< object 0 ends incomplete"]);
    assert_eq!(told(&[data(1, &FULL)]).last().unwrap(), "< object 0 ends incomplete");
    // an acknowledgement that is seen before its block does not lose it, nor one whose block was sent again
    for acknowledged in [1, 2] {
        let early = [(ToServer, ack(acknowledged)), (ToClient, data(1, &FULL)), (ToClient, data(2, b"ab"))];
        assert_eq!(told_of(&early).last().unwrap(), "< object 0 ends");
    }
    // nothing says whether the receiver has taken what was lost
    let unknown = told(&[data(1, &FULL), data(4, b"ab"), data(5, b"cd")]);
    assert_eq!(unknown[2..], ["< raw \"abcd\"", "< object 0 ends incomplete"]);
}

#[test]
fn errors_and_what_is_none_of_the_six_kinds() {
    let error = || b"\0\x05\0\0disk full\0".to_vec();
    let aborted = told(&[data(1, &FULL), error(), data(2, b"ab")]);
    assert_eq!(
        aborted[2..],
        ["< raw \"\\x00\\x05\\x00\\x00disk full\\x00\"", "< object 0 ends incomplete", "< raw \"ab\""]
    );
    assert_eq!(told(&[error(), data(1, b"x")]), ["< raw \"\\x00\\x05\\x00\\x00disk full\\x00x\""]);
    assert_eq!(told(&[b"\0\x09hidden".to_vec()]), ["< raw \"\\x00\\thidden\"", "anomaly tftp.invalid_packet"]);
    assert_eq!(told_of(&[(ToServer, [ack(0), b"hidden".to_vec()].concat())]), ["> raw \"hidden\""]);
}

/// What a receiver passes over moves nothing: it is scanned, and the file goes on where it was.
#[test]
fn blocks_out_of_their_order_are_no_part_of_the_file() {
    let full = || data(1, &FULL);
    for bogus in [30000, 3, 0, 65535, 32769] {
        let seen = told_of_write(&[
            (ToServer, ack(0)),
            (ToClient, data(bogus, b"bogus")),
            (ToClient, full()),
            (ToServer, ack(1)),
            (ToClient, data(bogus, b"bogus")),
            (ToServer, ack(1)),
            (ToClient, data(2, b"ab")),
            (ToServer, ack(2)),
        ]);
        assert_eq!(seen.iter().filter(|line| *line == "> raw \"bogus\"").count(), 0, "{seen:#?}");
        assert_eq!(seen.iter().filter(|line| *line == "< raw \"bogus\"").count(), 2, "{bogus}: {seen:#?}");
        assert_eq!(seen[seen.len() - 2..], ["< body 0 \"ab\"", "< object 0 ends"], "{bogus}: {seen:#?}");
    }
    // a window of three blocks of which one does not arrive: the sender goes back to it (RFC 7440 section 4)
    let window = told_of_write(&[
        (ToServer, ack(0)),
        (ToClient, full()),
        (ToClient, data(3, b"end")),
        (ToServer, ack(1)),
        (ToClient, data(2, &FULL)),
        (ToClient, data(3, b"end")),
        (ToServer, ack(3)),
    ]);
    assert_eq!(window[2..4], ["< raw \"end\"".to_owned(), format!("< body 0 \"{}end\"", "x".repeat(512))]);
    assert_eq!(window[4], "< object 0 ends");
    // one that was lost on its way to the sensor, and taken by the receiver
    let unseen = told_of_write(&[
        (ToClient, full()),
        (ToClient, data(3, &FULL)),
        (ToServer, ack(3)),
        (ToClient, data(4, b"end")),
    ]);
    assert_eq!(unseen[3..], ["< object 0 gap 1024", "< body 0 \"end\"", "< object 0 ends incomplete"]);
}

#[test]
fn only_who_was_asked_agrees_on_options() {
    let agreed = |size: &str| format!("\0\x06blksize\0{size}\0").into_bytes();
    // a client that writes pretends to have larger blocks, or the server speaks again once the first has come
    let pretended = [
        vec![(ToServer, ack(0)), (ToClient, agreed("65464")), (ToClient, data(1, &FULL)), (ToServer, ack(1))],
        vec![(ToServer, ack(0)), (ToClient, data(1, &FULL)), (ToServer, agreed("65464")), (ToServer, ack(1))],
        vec![(ToServer, agreed("512")), (ToServer, agreed("65464")), (ToClient, data(1, &FULL)), (ToServer, ack(1))],
    ];
    for mut datagrams in pretended {
        datagrams.push((ToClient, data(2, b"ab")));
        let seen = told_of_write(&datagrams);
        let bodies: Vec<_> = seen.iter().filter(|line| line.contains("body")).collect();
        assert!(bodies.last().unwrap().ends_with("ab\""), "{seen:#?}");
        assert_eq!(seen.last().unwrap(), "< object 0 ends", "{seen:#?}");
        assert!(seen.iter().any(|line| line.contains("raw") && line.contains("blksize")), "{seen:#?}");
    }
    // a server that is read from, by a client that sends blocks of its own
    let read = told_of(&[(ToServer, data(1, b"mine")), (ToServer, agreed("8")), (ToClient, data(1, &FULL))]);
    assert!(read[0].starts_with("> raw \"mine"), "{read:#?}");
    assert_eq!(read[1], "< object 0 begins tftp/file name=f");
}

#[test]
fn options_are_agreed_on() {
    let agreed = |size: &str| format!("\0\x06blksize\08\0tsize\0{size}\0").into_bytes();
    let seen = told(&[agreed("10"), data(1, b"01234567"), data(2, b"89")]);
    assert_eq!(
        seen[1..],
        ["< object 0 begins tftp/file name=f length=10", "< body 0 \"0123456789\"", "< object 0 ends"]
    );
    assert_eq!(
        told(&[agreed("11"), data(1, b"01234567"), data(2, b"89")]).last().unwrap(),
        "< object 0 ends incomplete"
    );
    // the agreement was lost, and the first block is larger than without one
    let large = [b'y'; 1400];
    assert_eq!(told(&[data(1, &large), data(2, b"z")]).last().unwrap(), "< object 0 ends");
}

#[test]
fn numbers_of_blocks_wrap() {
    let blocks: Vec<_> = (1..=65537u32).map(|n| data(u16::try_from(n % 65536).unwrap(), b"01234567")).collect();
    let mut seen = vec![b"\0\x06blksize\08\0".to_vec()];
    seen.extend(blocks);
    seen.push(data(2, b"end"));
    let seen = told(&seen);
    assert_eq!(seen.last().unwrap(), "< object 0 ends");
    assert!(seen[2].len() > 65537 * 8 && seen[2].ends_with("end\""));
}

#[test]
fn the_blocks_come_on_another_flow() {
    let request: [Turn<'_>; 2] =
        [(ToServer, b"\0\x02up.cfg\0netascii\0tsize\x005\0"), (ToServer, b"\0\x02up.cfg\0netascii\0tsize\x005\0")];
    let expected = Expected {
        transport: Transport::Udp,
        opener: ToClient,
        client: Endpoint { address: None, port: Port::Same },
        server: Endpoint::default(),
        direction: Some(ToServer),
        content: Content::File { name: b"up.cfg", offset: 0, length: Some(5) },
        label: "tftp/file",
        command: "WRQ",
        codings: b"",
    };
    assert_eq!(
        whole::<Tftp>(&request).told()[..2],
        ["record tftp packet=write file=up.cfg mode=netascii".to_owned(), format!("{expected:?}")]
    );
    // the server's first datagram makes it the client of the new flow
    let (mut tftp, mut seen) = (Tftp::expected(&expected), Recorder::default());
    for (direction, bytes) in
        [(ToServer, b"\0\x04\0\0".to_vec()), (ToClient, data(1, b"hello")), (ToServer, b"\0\x04\0\x01".to_vec())]
    {
        seen.direction = Some(direction);
        tftp.push(direction, &bytes, &mut seen);
    }
    assert_eq!(
        seen.told(),
        ["< object 0 begins tftp/file name=up.cfg length=5", "< body 0 \"hello\"", "< object 0 ends"]
    );
}

#[test]
fn guesses() {
    let cases: [(&[u8], Direction, Guess); 9] = [
        (b"\0\x01f\0octet\0", ToServer, Guess::Yes),
        (b"\0\x02f\0NetASCII\0blksize\x001400\0", ToServer, Guess::Yes),
        (b"\0\x01f\0binary\0", ToServer, Guess::No),
        (b"\0\x01f\0octet", ToServer, Guess::No),
        (b"\0\x01\0octet\0", ToServer, Guess::No),
        (b"\0\x03\0\x01data", ToServer, Guess::No),
        (b"\0\x03\0\x01data", ToClient, Guess::No),
        (b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0", ToServer, Guess::No),
        (b"", ToServer, Guess::More),
    ];
    for (bytes, direction, expected) in cases {
        let heads = match direction {
            ToServer => Heads { to_server: bytes, to_client: b"" },
            ToClient => Heads { to_server: b"", to_client: bytes },
        };
        assert_eq!(guess(&heads), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn the_state_is_small() {
    assert!(std::mem::size_of::<Tftp>() <= 304, "{} bytes", std::mem::size_of::<Tftp>());
}

fn datagram() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        Just(b"\0\x01f\0octet\0".to_vec()),
        Just(b"\0\x06blksize\08\0".to_vec()),
        Just(b"\0\x05\0\0\0".to_vec()),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(block, bytes)| data(block, &bytes)),
        (0u16..4, prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(block, bytes)| data(block, &bytes)),
    ]
}

proptest! {
    #[test]
    fn nothing_panics(steps in prop::collection::vec((any::<bool>(), any::<u8>(), datagram()), 0..60)) {
        nonsense::<Tftp>(&steps);
    }
}
