//! What stands in targets and fields of HTTP in other letters: `%XX`, plus signs, base64.

#[path = "common/connection.rs"]
mod connection;
#[path = "common/pipeline.rs"]
mod pipeline;
#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;

use std::sync::Arc;

use connection::{Connection, SEGMENT, Turn, frame};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use tidegate::decode::{HEAD, HeadSeeker, Limits, Start};
use tidegate::event::{Event, Location, RingPolicy, channel};
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::worker::{Pipeline, PipelineOptions, TcpChecksums};

use said::{Said, decode};
use tree::Tree;

/// What is undone of a head that comes in these pieces: paths and texts.
fn undone<'a>(tree: &mut Tree, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
    let (mut seeker, mut begun, mut said) = (HeadSeeker::default(), false, Said::default());
    for piece in pieces {
        if begun {
            tree.push(piece, &mut said);
        } else if let Some(found) = seeker.seek(piece) {
            begun = true;
            let start = Start { prefix: "http/header", format: Some(HEAD), part: true, ..Start::default() };
            tree.tree.begin(&start, &mut tree.decoders);
            found.iter().filter(|piece| !piece.is_empty()).for_each(|piece| tree.push(piece, &mut said));
        }
    }
    if begun {
        tree.finish(&mut said);
    }
    assert!(said.leaves.iter().all(|leaf| leaf.ended.is_some()), "every leaf ends: {said:?}");
    assert_eq!(said.cuts, []);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    said.leaves.iter().map(|leaf| (leaf.path.clone(), text(&leaf.bytes))).collect()
}

/// What is undone of a head, which is the same wherever it is cut.
fn of(head: &str) -> Vec<(String, String)> {
    let mut tree = Tree::new(Limits::default());
    let whole = undone(&mut tree, [head.as_bytes()]);
    for size in [1, 2, 3, 7, 63, 64, 65, 512] {
        assert_eq!(undone(&mut tree, head.as_bytes().chunks(size)), whole, "{head:?} in pieces of {size}");
    }
    for cut in 0..=head.len() {
        let (first, second) = head.as_bytes().split_at(cut);
        assert_eq!(undone(&mut tree, [first, second]), whole, "{head:?} cut at {cut}");
    }
    whole
}

const TEXT: &str = "http/header/percent:(text)";
const BASE: &str = "http/header/percent:(base64)";

fn request(target: &str, fields: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: www.example.org\r\n{fields}\r\n")
}

#[test]
fn a_usual_head_is_nothing_to_undo() {
    let fields = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0\r\n\
        Accept: text/html,application/xhtml+xml,application/signed-exchange;v=b3;q=0.7\r\nUpgrade-Insecure-Requests: 1\r\n\
        If-None-Match: \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\r\nX-Progress: 100%\r\n";
    assert_eq!(of(&request("/static/js/main.chunk.js?v=123&t=abc", fields)), []);
}

#[test]
fn nothing_is_taken_for_a_head_by_its_bytes() {
    let head = request("/secret%20plan", "");
    let said = decode(&mut Tree::new(Limits::default()), [head.as_bytes()]);
    assert_eq!(said.leaves.iter().map(|leaf| &leaf.path[..]).collect::<Vec<_>>(), [""]);
}

#[test]
fn lines_with_escapes_are_undone_and_others_are_left_out() {
    let cases = [
        (request("/secret%20plan", "A: b\r\n"), "GET /secret plan HTTP/1.1\r\n"),
        (request("/secret%2520plan", ""), "GET /secret plan HTTP/1.1\r\n"),
        (request("/100%25zz", ""), "GET /100%zz HTTP/1.1\r\n"),
        (request("/%zz%2%%53ecret%0a%2", ""), "GET /%zz%2%Secret\n%2 HTTP/1.1\r\n"),
        (request("/?q=secret+plan&r=1%2b1", "A: b+c\r\n"), "GET /?q=secret plan&r=1+1 HTTP/1.1\r\n"),
        (request("/a+b?q=secret+plan", ""), "GET /a+b?q=secret plan HTTP/1.1\r\n"),
        (request("/", "Referer: http://a/?q=secret+plan\r\nB: c\r\n"), "Referer: http://a/?q=secret plan\r\n"),
        (request("/", "A: b\r\nX-Note: sec%72et\r\nB: c\r\nY: pl%61n\r\n"), "X-Note: secret\r\nY: plan\r\n"),
        // The line that a cut behind its first sign leaves has none.
        (request("/a%20b", "%53ecret: a\r\nA: b\r\n"), "GET /a b HTTP/1.1\r\nSecret: a\r\n"),
        (request("/a%20b", "%2553ecret: a\r\nA: b\r\n"), "GET /a b HTTP/1.1\r\nSecret: a\r\n"),
        (request("/", "Cookie: a=secret%20plan"), "Cookie: a=secret plan\r\n"),
    ];
    for (head, expected) in cases {
        assert_eq!(of(&head), [(TEXT.to_owned(), expected.to_owned())], "{head:?}");
    }
    // Of a long line a part before the first.
    let long = "name/".repeat(40);
    let [(path, text)] = &of(&request(&format!("/{long}a%20b{long}"), ""))[..] else { panic!("one text") };
    assert_eq!((&path[..], &text[..]), (TEXT, &format!("{}a b{long} HTTP/1.1\r\n", &long[long.len() - 60..])[..]));
}

#[test]
fn base64_is_undone_however_long_it_is() {
    let base = |text: &str| (BASE.to_owned(), text.to_owned());
    let text = |text: &str| (TEXT.to_owned(), text.to_owned());
    let plan = BASE64URL_NOPAD.encode(b"the secret plan");
    let padded = BASE64.encode(b"the secret plans");
    let asks = BASE64.encode(b"what is in it? is it the plan?");
    assert!(asks.contains('/') && padded.ends_with("=="), "{asks}, {padded}");
    let russian =
        "\u{441}\u{435}\u{43a}\u{440}\u{435}\u{442}\u{43d}\u{44b}\u{439} \u{43f}\u{43b}\u{430}\u{43d}, zanzibar heron";
    let fields = |fields: String| request("/", &format!("{fields}\r\nA: b\r\n"));
    let target = |target: String| request(&target, "");
    let cases = [
        (fields(format!("Authorization: Basic {}", BASE64.encode(b"alice:zanzibar"))), vec![base("alice:zanzibar")]),
        (fields(format!("Authorization: Basic {}", BASE64.encode(b"nine char"))), vec![base("nine char")]),
        (fields(format!("Authorization: Basic {}", BASE64.encode(b"too short"[1..].as_ref()))), vec![]),
        (fields(format!("Cookie: a=1; b={plan}; c={padded}")), vec![base("the secret plan"), base("the secret plans")]),
        (fields(format!("X: {}", BASE64.encode(russian.as_bytes()))), vec![base(russian)]),
        (fields(format!("X: =?utf-8?B?{padded}?=")), vec![base("the secret plans")]),
        (target(format!("/p?d={plan}")), vec![base("the secret plan")]),
        (target(format!("/p/{plan}/{plan}")), vec![base("the secret plan"), base("the secret plan")]),
        (target(format!("http://a/b/{plan}")), vec![base("the secret plan")]),
        (target(format!("/p?a=c/{asks}")), vec![base("what is in it? is it the plan?")]),
        (target(format!("/part-1-{plan}")), vec![base("the secret plan")]),
        // One within the other, also with escaped line ends.
        (target(format!("/p?d={}", padded.replace('=', "%3D"))), vec![base("the secret plans")]),
        (target(format!("/p?d={}", padded.replace('=', "%253D"))), vec![base("the secret plans")]),
        (target(format!("/p?d={}%0D%0A{}", &plan[..12], &plan[12..])), vec![base("the secret plan")]),
        (
            target(format!("/?a%20b={plan}&c+d")),
            vec![text("GET /?a b="), base("the secret plan"), text("&c d HTTP/1.1\r\n")],
        ),
    ];
    for (head, expected) in &cases {
        assert_eq!(&of(head), expected, "{head:?}");
    }
}

#[test]
fn base64_in_a_head_may_be_anything() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(b"the secret plan is the plan, and the plan is the secret plan").unwrap();
    let packed = BASE64URL_NOPAD.encode(&encoder.finish().unwrap());
    assert!(packed.len() >= 64);
    let token = BASE64URL_NOPAD.encode(br#"{"note":"pl\u0061n"}"#);
    let found = of(&request(&format!("/up/{packed}"), &format!("Authorization: Bearer {token}.e30.\r\n")));
    let has = |path: &str, text: &str| found.iter().any(|leaf| leaf.0 == path && leaf.1.contains(text));
    assert!(has("http/header/percent:(base64)/gzip", "the secret plan is"), "{found:?}");
    assert!(
        has("http/header/percent:(base64)[1]/json:(text)", "plan")
            || has("http/header/percent:(base64)/json:(text)", "plan"),
        "{found:?}"
    );
}

const SECRET: &str = "Project Tern";

/// Where the secret was found, what was odd, and how many files there were.
fn told(options: PipelineOptions, frames: &[Vec<u8>]) -> (Vec<String>, Vec<&'static str>, usize) {
    told_of(1, options, frames)
}

/// The same of a secret that is told when it is there so many times.
fn told_of(
    threshold: u32,
    mut options: PipelineOptions,
    frames: &[Vec<u8>],
) -> (Vec<String>, Vec<&'static str>, usize) {
    let keywords = vec![KeywordSpec { bytes: SECRET.into(), weight: 1, max: 0 }];
    let matcher = Matcher::new(&[DictionarySpec { threshold, ignore_case: false, keywords }]).unwrap();
    let (sender, mut receiver) = channel(1 << 12, RingPolicy::DropAndCount);
    (options.tcp_checksum, options.verify_checksum) = (TcpChecksums::Ignored, false);
    let mut pipeline = Pipeline::new(options, Arc::new(matcher), Killer::new(None, 0), sender);
    for data in frames {
        pipeline.burst(&[frame(data, 1_700_000_000_000_000_000)]);
    }
    pipeline.flush(1_800_000_000_000_000_000);
    let (mut alerts, mut anomalies, mut files, mut text) = (Vec::new(), Vec::new(), 0, Vec::new());
    while let Some(event) = receiver.pop(&mut text) {
        match event {
            Event::Alert(alert) => alerts.push(match alert.location {
                Location::Part(part) => part.to_owned(),
                Location::Object(length) => String::from_utf8_lossy(&text[..usize::from(length)]).into_owned(),
            }),
            Event::Anomaly(anomaly) => anomalies.push(anomaly.event),
            Event::File(_) => files += 1,
            _ => {}
        }
    }
    (alerts, anomalies, files)
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Where the secret is found in a request, in segments of that size.
fn alerts(sent: &[u8], size: usize) -> Vec<String> {
    let turns: Vec<Turn> =
        sent.chunks(size).map(|piece| (true, piece.to_vec())).chain([(false, OK.to_vec())]).collect();
    let (alerts, anomalies, files) = told(pipeline::options(), &Connection::new(80, &turns).frames);
    assert_eq!((anomalies, files), (vec![], 0), "a head is no file");
    alerts
}

fn http2(head: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in head {
        // A literal without indexing, with a new name (RFC 7541 section 6.2.2).
        block.push(0);
        for text in [name, value] {
            let length = text.len();
            match length.checked_sub(127) {
                None => block.push(length as u8),
                Some(more) if more < 128 => block.extend([127, more as u8]),
                Some(more) => block.extend([127, more as u8 | 0x80, (more >> 7) as u8]),
            }
            block.extend(text.as_bytes());
        }
    }
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    let length = u32::try_from(block.len()).unwrap().to_be_bytes();
    // END_HEADERS and END_STREAM.
    sent.extend([length[1], length[2], length[3], 1, 5, 0, 0, 0, 1]);
    sent.extend(block);
    sent
}

#[test]
fn keywords_are_found_in_whatever_letters_they_stand() {
    let base = BASE64.encode(b"the value of Project Tern is");
    let escaped = base.replace('=', "%3D");
    let percent = SECRET.replace(' ', "%20");
    let cases: [(&str, String, String, &str); 9] = [
        ("an escaped target", format!("/p?d={percent}"), String::new(), TEXT),
        ("a plus sign", format!("/p?d={}", SECRET.replace(' ', "+")), String::new(), TEXT),
        ("a field", "/".to_owned(), format!("X-Note: {percent}\r\n"), TEXT),
        ("a cookie", "/".to_owned(), format!("Cookie: a=b; c={base}\r\n"), BASE),
        ("credentials", "/".to_owned(), format!("Authorization: Basic {}\r\n", BASE64.encode(b"a:Project Tern")), BASE),
        ("base64 in a target", format!("/p?d={escaped}"), String::new(), BASE),
        ("behind 512 bytes", format!("/{}?d={percent}", "path/".repeat(120)), String::new(), TEXT),
        ("behind 4 KiB", format!("/{}?d={escaped}", "path/".repeat(900)), String::new(), BASE),
        ("behind 4 KiB of escapes", format!("/p?d={}{percent}", "%41".repeat(1500)), String::new(), TEXT),
    ];
    for (what, target, fields, path) in &cases {
        let head = request(target, fields);
        let mut sizes = vec![1, 7, 100, SEGMENT];
        if head.len() < 200 {
            // Two segments.
            sizes.extend(head.len() / 2..head.len());
        }
        for size in sizes {
            assert_eq!(alerts(head.as_bytes(), size), [*path], "{what} in pieces of {size}");
        }
        let fields: Vec<(String, &str)> = fields
            .lines()
            .filter_map(|field| field.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        let head = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", &target[..])];
        let fields = fields.iter().map(|(name, value)| (&name[..], *value));
        let sent = http2(&head.into_iter().chain(fields).collect::<Vec<_>>());
        for size in [1, 7, 100, SEGMENT] {
            let turns: Vec<Turn> = sent.chunks(size).map(|piece| (true, piece.to_vec())).collect();
            let (alerts, _, files) = told(pipeline::options(), &Connection::new(80, &turns).frames);
            assert_eq!((&alerts[..], files), (&[(*path).to_owned()][..], 0), "{what} with HTTP/2 in pieces of {size}");
        }
    }
}

#[test]
fn what_stands_as_it_is_counts_once() {
    let once = request("/a%20b", &format!("X-Note: {SECRET}\r\n"));
    let both = request(&format!("/{}", SECRET.replace(' ', "%20")), &format!("X-Note: {SECRET}\r\n"));
    for (head, expected) in [(once, 1), (both, 2)] {
        let frames = Connection::new(80, &[(true, head.clone().into_bytes()), (false, OK.to_vec())]).frames;
        for threshold in 1..=3 {
            let (alerts, ..) = told_of(threshold, pipeline::options(), &frames);
            assert_eq!(alerts.len(), usize::from(threshold <= expected), "{threshold} of {head:?}");
        }
    }
}

#[test]
fn answers_and_trailers_are_undone_too() {
    let percent = SECRET.replace(' ', "%20");
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: /?a={percent}\r\nContent-Length: 2\r\n\r\nok");
    let asked = request("/", "").into_bytes();
    let (alerts, _, files) =
        told(pipeline::options(), &Connection::new(80, &[(true, asked.clone()), (false, moved.into_bytes())]).frames);
    assert_eq!((alerts, files), (vec![TEXT.to_owned()], 1));
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: {percent}\r\n\r\n");
    let (alerts, _, files) =
        told(pipeline::options(), &Connection::new(80, &[(true, asked), (false, chunked.into_bytes())]).frames);
    assert_eq!((alerts, files), (vec![TEXT.to_owned()], 1));
}

#[test]
fn a_head_without_room_is_scanned_as_it_stands() {
    let escaped = request("/a%20b", &format!("X-Note: {SECRET}\r\n"));
    let mut options = pipeline::options();
    options.objects.objects = 0;
    let frames = Connection::new(80, &[(true, escaped.into_bytes()), (false, OK.to_vec())]).frames;
    let (alerts, anomalies, _) = told(options, &frames);
    assert_eq!((alerts, anomalies), (vec!["http/header".to_owned()], vec!["content.exhausted"]));
    // Nor is it scanned twice where there is no decoder.
    let mut options = pipeline::options();
    options.objects.decode.decoders = 0;
    let (alerts, anomalies, _) = told(options, &frames);
    assert_eq!((alerts, anomalies), (vec!["http/header".to_owned()], vec!["content.decoders"]));
    let mut options = pipeline::options();
    options.objects.decode.decoders = 0;
    assert_eq!(told_of(2, options, &frames).0, Vec::<String>::new());
}

#[test]
fn heads_of_one_connection_take_one_place_each_and_give_it_back() {
    let escaped = request("/a%20b", "").into_bytes();
    let secret = request(&format!("/{}", SECRET.replace(' ', "%20")), "").into_bytes();
    let mut options = pipeline::options();
    (options.objects.objects, options.objects.pending) = (1, 1);
    let turns: Vec<Turn> = (0..20)
        .flat_map(|_| [(true, escaped.clone()), (false, OK.to_vec())])
        .chain([(true, secret), (false, OK.to_vec())])
        .collect();
    let (alerts, anomalies, files) = told(options, &Connection::new(80, &turns).frames);
    assert_eq!((alerts, anomalies, files), (vec![TEXT.to_owned()], vec![], 0));
}

#[test]
fn a_hole_ends_what_is_undone_of_a_head() {
    let begin = b"GET /a%20b".to_vec();
    let end = format!("/{}", SECRET.replace(' ', "%20")).into_bytes();
    let turns = [(true, begin), (true, b"lost".to_vec()), (true, end), (false, OK.to_vec())];
    let mut frames = Connection::new(80, &turns).frames;
    frames.remove(4);
    let (alerts, _, _) = told(pipeline::options(), &frames);
    assert_eq!(alerts, Vec::<String>::new(), "what follows a hole is raw");
}
