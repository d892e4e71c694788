//! Dialogues behind a handshake, at any split.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::http1::Http1;
use crate::proto::transcript::{Step, Transcript, run, run_at_any_split};

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

fn response(extensions: &str) -> String {
    format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n{extensions}\r\n")
}

/// A frame as RFC 6455, 5.2, draws it.
fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        short @ 0..126 => out.push(masked | short as u8),
        medium @ 126..65_536 => {
            out.push(masked | 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(masked | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask.unwrap_or_default()[..if mask.is_some() { 4 } else { 0 }]);
    out.extend(payload.iter().zip(mask.unwrap_or_default().iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

const MASK: Option<[u8; 4]> = Some([0x37, 0xfa, 0x21, 0x3d]);

fn opened(extensions: &str, steps: Vec<Step>) -> Vec<Step> {
    let mut all = vec![Step::Push(ToServer, REQUEST.into()), Step::Push(ToClient, response(extensions).into_bytes())];
    all.extend(steps);
    all
}

/// What comes behind the handshake, in both directions.
#[track_caller]
fn check(label: &str, extensions: &str, steps: Vec<Step>, to_server: &[&str], to_client: &[&str], odd: [&[&str]; 2]) {
    let told = run_at_any_split(label, Http1::default, &opened(extensions, steps));
    let [server, client] = &told;
    assert_eq!(server.lines[1..], *to_server, "{label}: to server");
    assert_eq!(client.lines[2..], *to_client, "{label}: to client");
    assert_eq!([server.odd(), client.odd()], odd.map(<[&str]>::to_vec), "{label}: anomalies");
}

#[test]
fn the_examples_of_rfc_6455() {
    check(
        "section 5.7",
        "",
        vec![
            Step::Push(ToClient, vec![0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
            Step::Push(ToServer, vec![0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]),
            Step::Push(ToClient, vec![0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]),
            Step::Push(ToClient, vec![0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
            Step::Push(ToServer, vec![0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]),
        ],
        &[
            "websocket 0 type=text/plain; charset=utf-8 length=5: Hello whole",
            "websocket fin=true mask=939139389 opcode=text length=5",
            "websocket/pong Hello",
        ],
        &[
            "websocket 0 type=text/plain; charset=utf-8 length=5: Hello whole",
            "websocket fin=true opcode=text length=5",
            "websocket 0 type=text/plain; charset=utf-8: Hello whole",
            "websocket fin=true opcode=text length=5",
            "websocket/ping Hello",
        ],
        [&[], &[]],
    );
}

#[test]
fn control_frames_come_between_fragments() {
    let mut bytes = frame(0x02, MASK, b"one ");
    bytes.extend(frame(0x89, MASK, b"ping"));
    bytes.extend(frame(0x00, MASK, b""));
    bytes.extend(frame(0x8a, MASK, b""));
    bytes.extend(frame(0x80, Some([0, 0, 0, 9]), b"two"));
    bytes.extend(frame(0x82, MASK, b""));
    bytes.extend(frame(0x88, MASK, b"\x03\xe8bye"));
    check(
        "fragments",
        "",
        vec![Step::Push(ToServer, bytes)],
        &[
            "websocket 0: one two whole",
            "websocket/ping ping",
            "websocket fin=true mask=939139389 opcode=binary length=7",
            "websocket 0 length=0:  whole",
            "websocket fin=true mask=939139389 opcode=binary length=0",
            "websocket/close \\x03\\xe8bye",
        ],
        &[],
        [&[], &[]],
    );
}

#[test]
fn odd_frames_have_names() {
    type Case = (&'static str, Direction, Vec<u8>, &'static [&'static str], &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "unmasked",
            ToServer,
            frame(0x82, None, b"ab"),
            &["websocket 0 length=2: ab whole", "websocket fin=true opcode=binary length=2"],
            &["websocket.unmasked_frame"],
        ),
        (
            "masked",
            ToClient,
            frame(0x82, MASK, b"ab"),
            &["websocket 0 length=2: ab whole", "websocket fin=true mask=939139389 opcode=binary length=2"],
            &["websocket.masked_frame"],
        ),
        (
            "compressed without agreement",
            ToClient,
            frame(0xc2, None, b"ab"),
            &["websocket 0 length=2: ab whole", "websocket fin=true opcode=binary length=2"],
            &["websocket.reserved_bits"],
        ),
        ("no opcode", ToClient, frame(0x83, None, b"ab"), &[], &["websocket.reserved_opcode"]),
        (
            "long ping in two",
            ToClient,
            frame(0x09, None, &[b'a'; 126]),
            &[concat!(
                "websocket/ping aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            )],
            &["websocket.invalid_control_frame"],
        ),
        (
            "continuation of nothing",
            ToClient,
            frame(0x80, None, b"ab"),
            &["websocket 0 length=2: ab whole", "websocket fin=true opcode=continuation length=2"],
            &["websocket.continuation_without_message"],
        ),
        (
            "a message within a message",
            ToClient,
            [frame(0x02, None, b"ab"), frame(0x82, None, b"cd")].concat(),
            &[
                "websocket 0: ab cut",
                "websocket fin=false opcode=binary length=2",
                "websocket 0 length=2: cd whole",
                "websocket fin=true opcode=binary length=2",
            ],
            &["websocket.message_interrupted"],
        ),
        (
            "a length with zeros",
            ToClient,
            vec![0x82, 126, 0, 1, b'a'],
            &["websocket 0 length=1: a whole", "websocket fin=true opcode=binary length=1"],
            &["websocket.length_not_minimal"],
        ),
        (
            "an impossible length",
            ToClient,
            vec![0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1, b'a'],
            &["raw a"],
            &["websocket.invalid_length"],
        ),
    ];
    for (label, direction, bytes, lines, odd) in cases {
        let steps = opened("", vec![Step::Push(*direction, bytes.clone())]);
        let told = run_at_any_split(label, Http1::default, &steps);
        let of = &told[direction.index()];
        assert_eq!(of.lines[1 + direction.index()..], **lines, "{label}");
        assert_eq!(of.odd(), *odd, "{label}");
    }
}

/// Deflates messages as a sender does (RFC 7692, 7.2.1).
fn deflated(messages: &[&[u8]], fresh: bool) -> Vec<Vec<u8>> {
    let mut deflate = Compress::new(Compression::default(), false);
    let mut all = Vec::new();
    for message in messages {
        if fresh {
            deflate.reset();
        }
        if message.is_empty() {
            // RFC 7692, 7.2.3.6: an empty block alone
            all.push(vec![0]);
            continue;
        }
        let mut out = Vec::with_capacity(message.len() + 64);
        deflate.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
        assert!(out.ends_with(TAIL), "a sync flush ends so");
        out.truncate(out.len() - TAIL.len());
        all.push(out);
    }
    all
}

const TAIL: &[u8] = &[0, 0, 0xff, 0xff];

/// Takes objects of one direction as they are, in bytes.
#[derive(Default)]
struct Bodies(Vec<(Vec<u8>, Vec<u8>)>);

impl Sink for Bodies {
    fn begin_lines(&mut self, _: &'static str) {}
    fn lines(&mut self, _: u64, _: &[u8]) {}
    fn lines_gap(&mut self, _: u64) {}
    fn begin_object(&mut self, _: u32, object: &crate::proto::Object<'_>) {
        self.0.push((object.codings.to_vec(), Vec::new()));
    }
    fn object(&mut self, _: u32, bytes: &[u8]) {
        self.0.last_mut().unwrap().1.extend_from_slice(bytes);
    }
    fn object_gap(&mut self, _: u32, _: u64) {}
    fn end_object(&mut self, _: u32, _: bool) {}
    fn raw(&mut self, _: &[u8]) {}
    fn raw_gap(&mut self, _: u64) {}
    fn record(&mut self, _: &'static Layout, _: &[&[u8]]) {}
    fn anomaly(&mut self, name: &'static str) {
        panic!("{name}");
    }
}

#[test]
fn compressed_messages_inflate_one_after_the_other() {
    use crate::proto::Parser;
    let messages: [&[u8]; 3] = [b"the same words again and again", b"the same words again and again", b""];
    for (extension, fresh, coding) in [
        ("Sec-WebSocket-Extensions: permessage-deflate\r\n", false, DEFLATE),
        (
            "Sec-WebSocket-Extensions: x, Permessage-Deflate; server_no_context_takeover; server_max_window_bits=15\r\n",
            true,
            DEFLATE_FRESH,
        ),
        (
            "Sec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n",
            false,
            DEFLATE,
        ),
    ] {
        let mut http = Http1::default();
        let mut sink = Bodies::default();
        http.push(ToServer, REQUEST.as_bytes(), &mut sink);
        http.push(ToClient, response(extension).as_bytes(), &mut sink);
        for (index, message) in deflated(&messages, fresh).iter().enumerate() {
            let (head, tail) = message.split_at(message.len() / 2);
            // in two fragments, of which only the first says that it is compressed
            http.push(ToClient, &frame(0x41, None, head), &mut sink);
            http.push(ToClient, &frame(0x80, None, tail), &mut sink);
            assert_eq!(sink.0.len(), index + 1);
        }
        let mut inflate = flate2::Decompress::new(false);
        for ((codings, bytes), message) in sink.0.iter().zip(messages) {
            assert_eq!(codings, coding, "{extension}");
            if fresh {
                inflate.reset(false);
            }
            let mut out = Vec::with_capacity(1024);
            inflate.decompress_vec(bytes, &mut out, flate2::FlushDecompress::Sync).unwrap();
            assert_eq!(out, message, "{extension}");
        }
    }
}

#[test]
fn gaps_are_kept_in_step_within_a_payload() {
    let message = frame(0x82, MASK, b"0123456789");
    let (head, rest) = message.split_at(8);
    check(
        "in a message",
        "",
        vec![
            Step::Push(ToServer, head.to_vec()),
            Step::Gap(ToServer, 3),
            Step::Push(ToServer, [&rest[3..], &frame(0x82, MASK, b"x")].concat()),
            Step::End(ToServer, true),
        ],
        &[
            "websocket 0 length=10: 01<3>56789 whole",
            "websocket fin=true mask=939139389 opcode=binary length=10",
            "websocket 0 length=1: x whole",
            "websocket fin=true mask=939139389 opcode=binary length=1",
        ],
        &[],
        [&[], &[]],
    );
    check(
        "beyond it",
        "",
        vec![Step::Push(ToServer, head.to_vec()), Step::Gap(ToServer, 9), Step::Push(ToServer, b"abc".to_vec())],
        &[
            "websocket 0 length=10: 01<8> whole",
            "websocket fin=true mask=939139389 opcode=binary length=10",
            "gap <1>",
            "raw abc",
        ],
        &[],
        [&["websocket.sync_lost"], &[]],
    );
}

#[test]
fn frames_that_come_before_the_response() {
    let message = "websocket 0 type=text/plain; charset=utf-8 length=5: early whole";
    let event = "websocket fin=true mask=939139389 opcode=text length=5";
    let early = frame(0x81, MASK, b"early");
    let server = frame(0x81, None, b"late");
    for (begin, extensions) in [("", ""), ("\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n")] {
        let steps = [
            Step::Push(ToServer, [REQUEST.as_bytes(), begin.as_bytes(), &early, &early[..3]].concat()),
            Step::Push(ToClient, b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
            Step::Push(ToClient, [response(extensions).as_bytes(), &server].concat()),
            Step::Push(ToServer, early[3..].to_vec()),
            Step::Push(ToServer, frame(0xc1, MASK, b"xyz")),
        ];
        let told = run_at_any_split("early", Http1::default, &steps);
        assert_eq!(told[0].lines[1..5], [message, event, message, event]);
        let compressed = told[0].lines.iter().any(|line| line.contains("codings=permessage-deflate"));
        assert_eq!((compressed, told[0].odd().is_empty()), (!extensions.is_empty(), !extensions.is_empty()));
        assert_eq!(told[1].lines.last().unwrap(), "websocket fin=true opcode=text length=4");
        assert_eq!(told[1].odd(), [""; 0]);
    }
}

#[test]
fn a_response_that_opens_nothing_is_followed_by_others() {
    let steps = [
        Step::Push(ToServer, [REQUEST.as_bytes(), &frame(0x81, MASK, b"early")].concat()),
        Step::Push(ToClient, b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno".to_vec()),
        Step::Push(ToClient, b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno\x81".to_vec()),
        Step::Push(ToServer, frame(0x81, MASK, b"still")),
    ];
    let told = run_at_any_split("refused", Http1::default, &steps);
    assert!(told[0].lines.iter().any(|line| line.contains(": still whole")), "{:?}", told[0].lines);
    assert_eq!(told[1].lines.iter().filter(|line| line.contains(": no whole")).count(), 2, "{:?}", told[1].lines);
    assert_eq!(told[1].lines.last().unwrap(), "raw \\x81");
}

#[test]
fn what_follows_a_request_for_anything_else_is_no_frame() {
    let early = frame(0x81, MASK, b"early");
    for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n"] {
        let steps = [Step::Push(ToServer, [request.as_bytes(), &early].concat())];
        let told = run_at_any_split("no frame", Http1::default, &steps);
        assert_eq!(told[0].odd(), ["http.request_line_invalid"]);
    }
    // nor what comes when the response is there
    let steps = [
        Step::Push(ToServer, REQUEST.into()),
        Step::Push(ToClient, b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n".to_vec()),
        Step::Push(ToServer, early),
    ];
    assert_eq!(run_at_any_split("refused", Http1::default, &steps)[0].odd(), ["http.request_line_invalid"]);
}

#[test]
fn a_gap_anywhere_harms_no_more_than_its_direction() {
    let stream = [
        frame(0x02, MASK, b"one "),
        frame(0x89, MASK, b"p"),
        frame(0x80, MASK, b"two"),
        frame(0x81, MASK, &[b'x'; 200]),
    ]
    .concat();
    for at in 0..stream.len() {
        for length in [1, 3, 40] {
            let rest = stream.get(at + length..).unwrap_or_default().to_vec();
            let steps = vec![
                Step::Push(ToServer, stream[..at].to_vec()),
                Step::Gap(ToServer, length as u64),
                Step::Push(ToServer, rest),
                Step::End(ToServer, true),
                Step::Push(ToClient, frame(0x81, None, b"fine")),
            ];
            let told = run(Http1::default, &opened("", steps));
            assert_eq!(told[1].lines.last().unwrap(), "websocket fin=true opcode=text length=4");
            assert_eq!(told[1].odd(), [""; 0]);
        }
    }
}

#[test]
fn every_anomaly_is_in_the_guide() {
    let guide = include_str!("../../../docs/events.md");
    for anomaly in Anomaly::ALL {
        assert!(guide.contains(&format!("| `{}` |", anomaly.name())), "{anomaly:?}");
    }
    let named = guide.lines().filter(|line| line.starts_with("| `websocket.") && line.matches('|').count() == 3);
    assert_eq!(named.count(), Anomaly::ALL.len());
}

proptest! {
    #[test]
    fn any_bytes_do_no_harm_and_splits_make_no_difference(
        bytes in prop::collection::vec(prop_oneof![3 => 0u8..12, 1 => any::<u8>(), 2 => 0x80u8..0x8c], 1..120),
        to_server in any::<bool>(),
    ) {
        let direction = if to_server { ToServer } else { ToClient };
        let steps = opened("", vec![Step::Push(direction, bytes), Step::End(direction, true)]);
        let told: [Transcript; 2] = run_at_any_split("any bytes", Http1::default, &steps);
        prop_assert_eq!(&told[direction.flip().index()].odd(), &Vec::<&str>::new());
    }

    #[test]
    fn messages_come_out_as_they_went_in(
        message in prop::collection::vec(any::<u8>(), 0..3000),
        mask in any::<[u8; 4]>(),
        pieces in 1usize..1500,
        frames in 1usize..900,
    ) {
        use crate::proto::Parser;
        let mut stream = Vec::new();
        let mut parts: Vec<&[u8]> = message.chunks(frames).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (index, part) in parts.iter().enumerate() {
            let opcode = if index == 0 { 2 } else { 0 };
            stream.extend(frame(opcode | if index + 1 == parts.len() { 0x80 } else { 0 }, Some(mask), part));
        }
        let mut http = Http1::default();
        let mut sink = Bodies::default();
        http.push(ToServer, REQUEST.as_bytes(), &mut sink);
        http.push(ToClient, response("").as_bytes(), &mut sink);
        for piece in stream.chunks(pieces) {
            http.push(ToServer, piece, &mut sink);
        }
        prop_assert_eq!(&sink.0[0].1, &message);
    }
}
