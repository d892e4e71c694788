//! What two sides say to each other, through a worker's whole way from packets to events: where a connection is picked up,
//! what it speaks, and what is in another.

#[path = "common/connection.rs"]
mod connection;
#[path = "common/pipeline.rs"]
mod pipeline;

use std::io::Write as _;
use std::sync::Arc;

use connection::{Connection, Turn, frame};
use proptest::prelude::*;
use tidegate::event::{Event, Location, RingPolicy, channel};
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::worker::{Pipeline, PipelineOptions, TcpChecksums};

const SECRET: &str = "Project Tern";

/// What a worker has told of some packets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// Where the secret was found.
    alerts: Vec<String>,
    anomalies: Vec<&'static str>,
    /// Protocols of flows at their ends, and the server's port.
    flows: Vec<(&'static str, u16)>,
}

fn told(frames: &[Vec<u8>]) -> Told {
    told_at(&frames.iter().map(|frame| (0, &frame[..])).collect::<Vec<_>>())
}

/// The same of frames that come so many seconds after the first.
fn told_at(frames: &[(u64, &[u8])]) -> Told {
    told_with(pipeline::options(), frames)
}

fn told_with(mut options: PipelineOptions, frames: &[(u64, &[u8])]) -> Told {
    let keywords = vec![KeywordSpec { bytes: SECRET.into(), weight: 1, max: 0 }];
    let matcher = Matcher::new(&[DictionarySpec { threshold: 1, ignore_case: false, keywords }]).unwrap();
    let (sender, mut receiver) = channel(1 << 12, RingPolicy::DropAndCount);
    (options.tcp_checksum, options.verify_checksum) = (TcpChecksums::Ignored, false);
    let mut pipeline = Pipeline::new(options, Arc::new(matcher), Killer::new(None, 0), sender);
    for (second, data) in frames {
        pipeline.burst(&[frame(data, (1_700_000_000 + second) * 1_000_000_000)]);
    }
    pipeline.flush(1_800_000_000_000_000_000);
    let (mut told, mut text) = (Told::default(), Vec::new());
    while let Some(event) = receiver.pop(&mut text) {
        match event {
            Event::Alert(alert) => told.alerts.push(match alert.location {
                Location::Part(part) => part.to_owned(),
                Location::Object(length) => String::from_utf8_lossy(&text[..usize::from(length)]).into_owned(),
            }),
            Event::Anomaly(anomaly) => told.anomalies.push(anomaly.event),
            Event::Flow(flow) => told.flows.push((flow.head.app_proto.name().unwrap_or(""), flow.head.tuple.dest_port)),
            _ => {}
        }
    }
    told
}

fn turn(from_client: bool, text: &str) -> Turn {
    (from_client, text.as_bytes().to_vec())
}

fn response(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const REQUEST: &str = "GET /q3.txt HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

/// Frames of which the handshake was not seen, nor so many after it.
fn midstream(port: u16, turns: &[Turn], unseen: usize) -> Told {
    told(&Connection::new(port, turns).frames[3 + unseen..])
}

#[test]
fn a_connection_is_read_from_wherever_it_is_picked_up() {
    let secret = response(&format!("the value of {SECRET} is"));
    let http = [turn(true, REQUEST), turn(false, &response("nothing")), turn(true, REQUEST), turn(false, &secret)];
    let whole = told(&Connection::new(80, &http).frames);
    for unseen in 0..4 {
        for port in [80, 8080] {
            let told = midstream(port, &http, unseen);
            assert_eq!(
                told,
                Told { flows: vec![("http", port)], ..midstream(80, &http, 0) },
                "{unseen} unseen, {port}"
            );
            assert_eq!(told.alerts, whole.alerts, "{unseen} unseen");
        }
    }
    // Where neither port says who serves, the first is the client, and is asked in vain.
    assert_eq!(midstream(40_001, &http, 1).flows, [("failed", 40_000)]);

    // In the middle of a body, of either side.
    let long = "nothing, and nothing again, ".repeat(200);
    let download = [turn(true, REQUEST), turn(false, &response(&long)), turn(true, REQUEST), turn(false, &secret)];
    let mail = |text: &str| {
        vec![
            turn(false, "220 mx ESMTP\r\n"),
            turn(true, "EHLO client\r\n"),
            turn(false, "250 mx\r\n"),
            turn(true, "MAIL FROM:<a@example.org>\r\n"),
            turn(false, "250 ok\r\n"),
            turn(true, "RCPT TO:<b@example.net>\r\n"),
            turn(false, "250 ok\r\n"),
            turn(true, "DATA\r\n"),
            turn(false, "354 go\r\n"),
            turn(true, &format!("Subject: papers\r\n\r\n{text}\r\n.\r\n")),
            turn(false, "250 ok\r\n"),
        ]
    };
    let encoded =
        data_encoding::BASE64.encode(format!("the value of {SECRET}, and of all others that we know").as_bytes());
    let part = format!("{encoded}\r\n");
    let mails = [&mail(&long)[..], &mail(&part)[1..]].concat();
    for (port, turns, unseen, protocol, alerts) in [
        (80, &download[..], 3, "http", &["http/body"][..]),
        (25, &mails[..], 12, "smtp", &["smtp/mime[1]/base64:(base64)"]),
    ] {
        let told = midstream(port, turns, unseen);
        assert_eq!(told.flows, [(protocol, port)]);
        assert_eq!(told.alerts, alerts, "{protocol}");
    }
}

/// Redis answers with `+OK` as POP3 does; its client says nothing that POP3 has.
#[test]
fn redis_is_not_taken_for_mail() {
    let set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n";
    let say = |answers: &[&str]| -> Vec<Turn> {
        let answers = std::iter::repeat_n(answers, 25).flatten();
        answers.flat_map(|answer| [turn(true, set), turn(false, answer)]).collect()
    };
    let told = midstream(10_625, &say(&["+OK\r\n"]), 0);
    assert_eq!(told, Told { flows: vec![("failed", 10_625)], ..Told::default() });
    // Where one answer looks more like it, that is found out, told, and not believed again.
    let mut turns = say(&["+OK ready\r\n", "+OK\r\n"]);
    turns.extend([turn(true, "*1\r\n"), turn(false, &format!("$12\r\n{SECRET}\r\n"))]);
    let told = midstream(10_625, &turns, 0);
    let expected = Told {
        alerts: vec!["stream".to_owned()],
        anomalies: vec!["app_proto.mistaken"],
        flows: vec![("failed", 10_625)],
    };
    assert_eq!(told, expected);
}

#[test]
fn connections_within_connections_have_an_end() {
    let opened = "HTTP/1.1 101 x\r\n\r\n";
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    for count in [1, 4, 5, 50, 3000] {
        let turns = [turn(true, upgrade), turn(false, &format!("{}{SECRET}", opened.repeat(count)))];
        let told = told(&Connection::new(80, &turns).frames);
        assert_eq!(told.alerts, ["stream"], "{count}");
        let many = told.anomalies.iter().filter(|name| **name == "app_proto.too_many_tunnels").count();
        assert_eq!(many, usize::from(count > 4), "{count}: {:?}", told.anomalies);
    }
}

/// A body that is packed, of which the last bytes have not come, and those.
fn packed(text: &str) -> [Vec<u8>; 2] {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let (begin, end) = packed.split_at(packed.len() - 40);
    [[head.as_bytes(), begin].concat(), end.to_vec()]
}

#[test]
fn who_stalls_keeps_no_decoder_from_others() {
    let text = format!("{} is what they say of it, and of others as well: {SECRET}", "word ".repeat(20));
    let [begin, end] = packed(&text);
    let said = [turn(true, REQUEST), (false, begin), turn(true, REQUEST), (false, end)];
    let connections: Vec<_> = (0..6).map(|port| Connection::new(1000 + port, &said).frames).collect();
    let begun = 5;
    // There are four decoders of gzip: four connections begin a body, then one a second.
    let four = connections[..4].iter().flat_map(|frames| &frames[..begun]).map(|frame| (0, &frame[..]));
    let late = |second, number: usize| connections[number].iter().map(move |frame| (second, &frame[..]));
    let rest = |second, number: usize| connections[number][begun..].iter().map(move |frame| (second, &frame[..]));
    // While all speak, there is none for the fifth.
    let busy: Vec<_> = four.clone().chain(late(0, 4)).chain((0..4).flat_map(|number| rest(0, number))).collect();
    let told = told_at(&busy);
    assert_eq!((told.alerts.len(), told.anomalies), (4, vec!["content.decoders"]));
    // The first has been silent longest, and gives way to the fifth; what comes of it then is no text.
    let stalled: Vec<_> = four.clone().chain(late(3, 4)).chain((0..4).flat_map(|number| rest(3, number))).collect();
    let told = told_at(&stalled);
    assert_eq!((told.alerts.len(), told.anomalies), (4, vec!["content.decoders"]), "one of the four has lost its own");
    let found: Vec<_> = told.alerts.iter().filter(|path| path.as_str() == "http/body/gzip").collect();
    assert_eq!(found.len(), 4, "{:?}", told.alerts);
    // Those that stay silent to the end are told of as well, and hide nothing of later ones.
    let silent: Vec<_> = four.chain(late(3, 4)).chain(late(4, 5)).collect();
    let told = told_at(&silent);
    assert_eq!(told.alerts.len(), 2);
    let cuts = told.anomalies.iter().filter(|name| **name == "content.decoders").count();
    assert_eq!(cuts, 1, "the fifth gave its decoder back in time: {:?}", told.anomalies);
}

#[test]
fn what_finds_no_room_is_scanned_as_it_stands_and_told_once() {
    let secret = response(&format!("the value of {SECRET} is"));
    let two = [turn(true, REQUEST), turn(false, &secret), turn(true, REQUEST), turn(false, &secret)];
    let [begin, _] = packed("what takes the only place");
    let holder = Connection::new(1000, &[turn(true, REQUEST), (false, begin)]).frames;
    let other = Connection::new(1001, &two).frames;
    let frames: Vec<_> = holder[..5].iter().chain(&other).map(|frame| (0, &frame[..])).collect();
    let mut options = pipeline::options();
    options.objects.objects = 1;
    let told = told_with(options, &frames);
    assert_eq!(
        told.anomalies,
        ["content.exhausted", "content.truncated"],
        "once for both bodies, and the holder's end"
    );
    assert_eq!(told.alerts, ["http/body"]);
    let mut options = pipeline::options();
    options.sessions.http = 1;
    let told = told_with(options, &frames);
    assert_eq!(told.anomalies, ["app_proto.exhausted", "content.truncated"]);
    assert_eq!(told.alerts, ["stream"]);
    let mut options = pipeline::options();
    options.objects.pending = 1;
    assert_eq!(told_with(options, &frames).anomalies, ["content.truncated"], "there is one at a time");
}

#[test]
fn parts_of_mail_that_are_fetched_by_themselves_are_read_in_their_coding() {
    let text = format!("Die Gr=C3=B6=C3=9Fe von {} =3D viel\r\n", SECRET.replace(' ', "=\r\n "));
    let page = format!("<html><p class=3D\"a\">{}</p></html>\r\n", SECRET.replace(' ', "=\r\n "));
    let base64 =
        data_encoding::BASE64_MIME.encode(format!("the value of {SECRET}, {}", "and others".repeat(5)).as_bytes());
    let plain = format!("{SECRET}=1, x=2");
    for (item, part, path) in [
        ("BODY[1]", &text, "imap/quoted-printable"),
        ("BODY[1.2]", &text, "imap/quoted-printable"),
        ("RFC822.TEXT", &text, "imap/quoted-printable"),
        ("BODY[2]", &page, "imap/quoted-printable/html"),
        ("BODY[1]", &base64, "imap/base64:(base64)"),
        ("BODY[1]", &plain, "imap"),
        ("BINARY[1]", &plain, "imap"),
    ] {
        let response = format!("* 1 FETCH ({item} {{{}}}\r\n{part})\r\na1 OK done\r\n", part.len());
        for size in [1, 2, 7, 100, 1448] {
            let mut turns =
                vec![turn(false, "* OK IMAP4rev1 ready\r\n"), turn(true, &format!("a1 FETCH 1 ({item})\r\n"))];
            turns.extend(response.as_bytes().chunks(size).map(|piece| (false, piece.to_vec())));
            let told = told(&Connection::new(143, &turns).frames);
            assert_eq!(told.alerts, [path], "{item} in pieces of {size}");
            assert_eq!(told.anomalies, Vec::<&str>::new(), "{item}");
        }
    }
    // What the server has decoded is not decoded again.
    let response = format!("* 1 FETCH (BINARY[1] {{{}}}\r\n{text})\r\na1 OK done\r\n", text.len());
    let turns =
        [turn(false, "* OK IMAP4rev1 ready\r\n"), turn(true, "a1 FETCH 1 (BINARY[1])\r\n"), turn(false, &response)];
    assert_eq!(told(&Connection::new(143, &turns).frames).alerts, Vec::<String>::new());
}

/// A part of a file that a server sends: where it begins, how long it is, and whether other bytes stand in it.
type Part = (usize, usize, bool);

/// A file of which only the beginning says what it is.
fn file_in_parts() -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let words = (0..400).map(|number| format!("{:x} ", 1_000_003_u64.wrapping_mul(number * number + 7)));
    packed.write_all(format!("{}{SECRET}", words.collect::<String>()).as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Frames of a connection on which those parts are fetched.
fn fetched(parts: &[Part]) -> Vec<Vec<u8>> {
    let file = file_in_parts();
    let mut turns = Vec::new();
    for (start, length, is_other) in parts {
        let start = start % file.len();
        let end = (start + length).min(file.len());
        let mut body = file[start..end].to_vec();
        if *is_other {
            body.iter_mut().for_each(|byte| *byte = !*byte);
        }
        let range = format!("bytes {start}-{}/{}", end - 1, file.len());
        turns.push(turn(true, REQUEST));
        let head = "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\n";
        let head = format!("{head}Content-Range: {range}\r\nContent-Length: {}\r\n\r\n", body.len());
        turns.push((false, [head.as_bytes(), &body].concat()));
    }
    Connection::new(80, &turns).frames
}

/// What the worker tells of them with so many files that it puts together, and what of those themselves.
fn told_of_parts(parts: &[Part], files: u16, unseen: usize) -> (Told, Vec<String>) {
    let mut options = pipeline::options();
    options.objects.ranges.files = files;
    (options.objects.decode.decoders, options.objects.decode.decoder_memory) = (8, 1 << 20);
    let mut frames = fetched(parts);
    frames.remove(3 + unseen % (frames.len() - 3));
    let mut told = told_with(options, &frames.iter().map(|frame| (0, &frame[..])).collect::<Vec<_>>());
    let joined = told.alerts.extract_if(.., |path| path.starts_with("http/parts")).collect();
    (told, joined)
}

#[test]
fn a_server_is_asked_where_the_client_said_nothing_known() {
    let secret = response(&format!("the value of {SECRET} is"));
    let second = [turn(true, REQUEST), turn(false, &secret)];
    let unknown = "get /q3.txt HTTP/1.1\r\n\r\n";
    for first in [unknown, &"\r\n".repeat(300)] {
        for cut in 0..12 {
            let (begin, rest) = secret.split_at(cut);
            let turns = [turn(true, first), turn(false, begin), turn(false, rest)];
            let turns: Vec<Turn> =
                turns.into_iter().filter(|(_, bytes)| !bytes.is_empty()).chain(second.clone()).collect();
            let told = told(&Connection::new(80, &turns).frames);
            assert_eq!(told.flows, [("http", 80)], "{first:?} {cut}");
            assert_eq!(told.alerts, ["http/body"], "{first:?} {cut}");
        }
    }
    // It is asked once.
    let answer = "what do you want of me, dear client? ".repeat(20);
    let turns = [turn(true, unknown), turn(false, &answer), turn(true, unknown), turn(false, &secret)];
    assert_eq!(told(&Connection::new(80, &turns).frames).flows, [("failed", 80)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lies, repetitions and holes spoil what is put together from parts, and never what a part shows by itself.
    #[test]
    fn what_is_put_together_hides_nothing_that_a_part_shows(
        parts in proptest::collection::vec((prop_oneof![Just(0), 0..3000_usize], 1..5000_usize, any::<bool>()), 1..7),
        unseen in any::<usize>(),
    ) {
        let (apart, none) = told_of_parts(&parts, 0, unseen);
        prop_assert!(none.is_empty());
        let together = told_of_parts(&parts, 2, unseen).0;
        prop_assert_eq!((together.alerts, together.flows), (apart.alerts, apart.flows));
    }
}

#[test]
fn what_no_part_shows_by_itself_is_found() {
    let size = file_in_parts().len();
    // The last frame ends the connection, and nobody misses it.
    let parts = [(size / 2, size, false), (0, size / 2, false)];
    let (told, joined) = told_of_parts(&parts, 2, fetched(&parts).len() - 4);
    assert_eq!((told.alerts.len(), joined), (0, vec!["http/parts/gzip".to_owned()]));
    // Who lies first spoils it.
    let parts = [(0, 1, true), parts[0], parts[1]];
    let (told, joined) = told_of_parts(&parts, 2, fetched(&parts).len() - 4);
    assert_eq!((told.alerts.len(), joined.len()), (0, 0));
}
