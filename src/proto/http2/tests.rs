//! Dialogues at any split; the harness is shared with the tests of HPACK.

mod hpack;
mod streams;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::transcript::{Step, Told, run, run_at_any_split};

const SETTINGS: u8 = 4;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block of literals that are not added to the table, uncoded (RFC 7541, 6.2.2).
fn literals(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            if text.len() < 127 {
                out.push(text.len() as u8);
            } else {
                let mut rest = text.len() - 127;
                out.push(127);
                while rest > 127 {
                    out.push((rest % 128) as u8 | 0x80);
                    rest /= 128;
                }
                out.push(rest as u8);
            }
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// What a client begins with.
fn client(frames: &[Vec<u8>]) -> Step {
    Step::Push(ToServer, [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frames.concat()].concat())
}

/// What a server begins with.
fn server(frames: &[Vec<u8>]) -> Step {
    Step::Push(ToClient, [&frame(SETTINGS, 0, 0, &[])[..], &frames.concat()].concat())
}

fn get(path: &str) -> Vec<u8> {
    literals(&[(":method", "GET"), (":path", path), (":authority", "a")])
}

/// Lines of both directions and their anomalies, at any split.
#[track_caller]
fn check(label: &str, steps: &[Step], to_server: &[&str], to_client: &[&str], odd: [&[&str]; 2]) {
    let [server, client] = run_at_any_split(label, Http2::default, steps);
    assert_eq!(server.lines, to_server, "{label}: to server");
    assert_eq!(client.lines, to_client, "{label}: to client");
    assert_eq!([server.odd(), client.odd()], odd.map(<[&str]>::to_vec), "{label}: anomalies");
}

#[test]
fn a_guess_takes_a_preface_or_settings() {
    let of = |to_server: &[u8], to_client: &[u8]| guess(&Heads { to_server, to_client });
    assert_eq!(of(PREFACE, b""), Guess::Yes);
    assert_eq!(of(&PREFACE[..23], b""), Guess::More);
    assert_eq!(of(b"PRI * HTTP/1.1\r\n", b""), Guess::No);
    assert_eq!(of(b"GET / HTTP/1.1\r\n", b""), Guess::No);
    assert_eq!(of(b"", &frame(SETTINGS, 0, 0, &[0; 6])), Guess::Yes);
    assert_eq!(of(b"", &frame(SETTINGS, 0, 0, &[0; 5])), Guess::No);
    assert_eq!(of(b"", &frame(SETTINGS, 0, 0, &[0; 6])[..8]), Guess::More);
    assert_eq!(of(b"", b"HTTP/1.1 200 OK"), Guess::No);
    assert_eq!(of(b"", b""), Guess::More);
}

#[test]
fn the_state_has_a_size_that_is_known() {
    assert!(size_of::<Http2>() <= 46 * 1024, "{}", size_of::<Http2>());
}

#[test]
fn every_anomaly_and_every_field_is_in_the_guide() {
    let guide = include_str!("../../../docs/events.md");
    for anomaly in Anomaly::ALL {
        assert!(guide.contains(&format!("| `{}` |", anomaly.name())), "{anomaly:?}");
    }
    let named = guide.lines().filter(|line| line.starts_with("| `http2.") && line.matches('|').count() == 3);
    assert_eq!(named.count(), Anomaly::ALL.len());
    for key in LAYOUT.keys {
        let last = key.rsplit('.').next().unwrap();
        assert!(guide.contains(&format!(".{last}`")), "{key}");
    }
}

#[test]
fn what_does_not_begin_as_it_must_was_a_mistake() {
    let cases: &[(Step, &str)] = &[
        (Step::Push(ToServer, b"PRI * HTTP/2.0\r\n\r\nGET".to_vec()), "raw GET"),
        (Step::Push(ToServer, b"nothing".to_vec()), "raw nothing"),
        (Step::Push(ToClient, frame(DATA, 0, 1, b"x")), "raw x"),
        (Step::Push(ToClient, b"HTTP/1.1 200".to_vec()), "raw 200"),
    ];
    for (step, expected) in cases {
        let Step::Push(direction, bytes) = step else { unreachable!() };
        let told = run_at_any_split(expected, Http2::default, std::slice::from_ref(step));
        assert_eq!(told[direction.index()].lines, [*expected]);
        assert_eq!(told[direction.index()].odd(), ["http2.invalid_client_magic"]);
        let mut http2 = Http2::default();
        let mut sink = crate::proto::transcript::Transcript::default();
        http2.push(*direction, bytes, &mut sink);
        assert!(http2.was_mistaken());
    }
}

/// A connection with most of what there is, as the gap tests cut it.
fn dialogue() -> Vec<Step> {
    let padded = [&[3][..], &get("/a/b.txt?q"), &[0; 3]].concat();
    let block = get("/second");
    let (first, second) = block.split_at(7);
    vec![
        client(&[
            frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, &padded),
            frame(HEADERS, END_STREAM | PRIORITY, 3, &[&[0, 0, 0, 1, 9][..], first].concat()),
            frame(CONTINUATION, 0, 3, &[]),
            frame(CONTINUATION, END_HEADERS, 3, second),
        ]),
        server(&[
            frame(HEADERS, END_HEADERS, 3, &literals(&[(":status", "200"), ("content-type", "text/plain; a=b")])),
            frame(HEADERS, END_HEADERS, 1, &literals(&[(":status", "200"), ("content-length", "4")])),
            frame(DATA, 0, 3, b"three "),
            frame(DATA, END_STREAM | PADDED, 1, &[&[2][..], b"ones", &[0; 2]].concat()),
            frame(DATA, END_STREAM, 3, b"times"),
        ]),
        Step::End(ToServer, true),
        Step::End(ToClient, true),
    ]
}

#[test]
fn streams_that_take_turns() {
    check(
        "two streams",
        &dialogue(),
        &[
            "http/header :method: GET\\r\\n:path: /a/b.txt?q\\r\\n:authority: a\\r\\n",
            "http/header :method: GET\\r\\n:path: /second\\r\\n:authority: a\\r\\n",
        ],
        &[
            "http/header :status: 200\\r\\ncontent-type: text/plain; a=b\\r\\n",
            "http/body 3 name=second type=text/plain; a=b: three times whole",
            "http/header :status: 200\\r\\ncontent-length: 4\\r\\n",
            "http/body 1 name=b.txt length=4: ones whole",
            "http http_method=GET url=/a/b.txt?q hostname=a status=200 protocol=HTTP/2 version=2 http2.stream_id=1 length=4",
            "http http_method=GET url=/second hostname=a status=200 http_content_type=text/plain protocol=HTTP/2 version=2 http2.stream_id=3 length=11",
        ],
        [&[], &[]],
    );
}

#[test]
fn a_gap_anywhere_leaves_what_is_not_touched() {
    let steps = dialogue();
    for (index, step) in steps.iter().enumerate() {
        let Step::Push(direction, bytes) = step else { continue };
        for at in 0..bytes.len() {
            for length in [1, 4, 30] {
                let mut cut = steps.clone();
                let rest = bytes.get(at + length..).unwrap_or_default().to_vec();
                cut[index] = Step::Push(*direction, bytes[..at].to_vec());
                cut.insert(index + 1, Step::Gap(*direction, length as u64));
                cut.insert(index + 2, Step::Push(*direction, rest));
                let told: Told = run_at_any_split("gap", Http2::default, &cut);
                if *direction == ToServer {
                    // the server's side is read as before, whatever it answers
                    let bodies = |told: &Told| {
                        let body = |line: &&String| line.starts_with("http/body");
                        told[1]
                            .lines
                            .iter()
                            .filter(body)
                            .map(|line| line.rsplit(':').next().unwrap().to_owned())
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(bodies(&told), [" three times whole", " ones whole"], "{at} {length}");
                }
                if at < 24 && *direction == ToServer {
                    assert!(told[0].odd().contains(&"http2.sync_lost"), "{at} {length}");
                }
            }
        }
    }
}

#[test]
fn gaps_in_data_are_gaps_of_the_object() {
    check(
        "in data",
        &[
            client(&[frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/"))]),
            server(&[
                frame(HEADERS, END_HEADERS, 1, &literals(&[(":status", "200")])),
                frame(DATA, END_STREAM, 1, b"0123456789")[..12].to_vec(),
            ]),
            Step::Gap(ToClient, 4),
            Step::Push(ToClient, b"789".to_vec()),
        ],
        &["http/header :method: GET\\r\\n:path: /\\r\\n:authority: a\\r\\n"],
        &[
            "http/header :status: 200\\r\\n",
            "http/body 1: 012<4>789 whole",
            "http http_method=GET url=/ hostname=a status=200 protocol=HTTP/2 version=2 http2.stream_id=1 length=10",
        ],
        [&[], &[]],
    );
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// Frames of all kinds, most of them of a length that fits.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        let one = (0u8..11, any::<u8>(), 0u32..6, prop::collection::vec(any::<u8>(), 0..24), any::<bool>());
        let frame = one.prop_map(|(kind, flags, stream, payload, fits)| {
            let payload = match kind {
                3 | 8 if fits => payload.iter().cycle().chain(&[0]).take(4).copied().collect(),
                4 if fits => payload.get(..payload.len() / 6 * 6).unwrap().to_vec(),
                _ => payload,
            };
            super::frame(kind, flags, stream, &payload)
        });
        prop::collection::vec(frame, 1..8).prop_map(|frames| frames.concat())
    }

    proptest! {
        #[test]
        fn any_frames_do_no_harm_and_splits_make_no_difference(
            requests in frames(), responses in frames(), gap in 0u64..40, more in frames(),
        ) {
            let steps = [
                client(&[requests]),
                server(&[responses]),
                Step::Gap(ToServer, gap),
                Step::Push(ToServer, more.clone()),
                Step::Push(ToClient, more),
                Step::End(ToServer, true),
                Step::End(ToClient, true),
            ];
            run_at_any_split("any frames", Http2::default, &steps);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), begun in any::<bool>()) {
            let mut steps = if begun { vec![client(&[]), server(&[])] } else { Vec::new() };
            steps.extend([Step::Push(ToServer, bytes.clone()), Step::Push(ToClient, bytes)]);
            run(Http2::default, &steps);
        }
    }
}
