//! Datagrams in order, again, missing and odd.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, nonsense, whole};
use crate::proto::{Content, Endpoint, Expected, Guess, Heads, Parser, Port, Transport};

fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    [&[0, 3][..], &block.to_be_bytes(), bytes].concat()
}

/// What is told of a read of `f`, and then of these blocks.
fn told(blocks: &[Vec<u8>]) -> Vec<String> {
    let mut turns: Vec<Turn<'_>> = vec![(ToServer, b"\0\x01f\0octet\0")];
    turns.extend(blocks.iter().map(|block| (ToClient, &block[..])));
    let told = whole::<Tftp>(&turns).told();
    assert_eq!(told[0], "record tftp packet=read file=f mode=octet");
    told[2..].to_vec()
}

const FULL: [u8; 512] = [b'x'; 512];

#[test]
fn blocks_are_an_object() {
    let full = format!("{}ab", "x".repeat(512));
    let whole =
        ["< object 0 begins tftp/file name=f".to_owned(), format!("< body 0 \"{full}\""), "< object 0 ends".to_owned()];
    assert_eq!(told(&[data(1, &FULL), data(2, b"ab")]), whole);
    // each comes again
    assert_eq!(told(&[data(1, &FULL), data(1, &FULL), data(2, b"ab"), data(2, b"ab"), data(1, &FULL)]), whole);
    // a file that fills its last block has an empty one after it
    assert_eq!(told(&[data(1, &FULL), data(2, b"")]).last().unwrap(), "< object 0 ends");
}

#[test]
fn missing_blocks_and_endings() {
    let lost = told(&[data(1, &FULL), data(4, b"ab")]);
    assert_eq!(lost[2..], ["< object 0 gap 1024", "< body 0 \"ab\"", "< object 0 ends incomplete"]);
    assert_eq!(told(&[data(1, &FULL)]).last().unwrap(), "< object 0 ends incomplete");
    assert_eq!(
        told(&[data(1, &FULL), b"\0\x05\0\0disk full\0".to_vec()]).last().unwrap(),
        "< object 0 ends incomplete"
    );
    assert_eq!(told(&[b"\0\x05\0\x01no such file\0".to_vec(), data(1, b"x")]), [""; 0]);
    assert_eq!(told(&[b"\0\x09".to_vec()]), ["anomaly tftp.invalid_packet"]);
}

#[test]
fn options_are_agreed_on() {
    let agreed = |size: &str| format!("\0\x06blksize\08\0tsize\0{size}\0").into_bytes();
    let seen = told(&[agreed("10"), data(1, b"01234567"), data(2, b"89")]);
    assert_eq!(seen, ["< object 0 begins tftp/file name=f length=10", "< body 0 \"0123456789\"", "< object 0 ends"]);
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
    assert!(seen[1].len() > 65537 * 8 && seen[1].ends_with("end\""));
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
    assert!(std::mem::size_of::<Tftp>() <= 296, "{} bytes", std::mem::size_of::<Tftp>());
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
