//! Case tables, at any split; the harness is shared with the generated cases.

mod codings;
mod differential;
mod events;
mod generated;
mod lenient;
mod limits;
mod shape;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::event::record::Layout;
use crate::proto::{Object, Part};

/// The offset of a part that has begun and delivered nothing yet.
const UNSET: u64 = u64::MAX;

/// What a direction delivered, adjacent pieces joined. A part is written as
/// `header 0 text`: part, offset, bytes; `body -` began and stayed empty; `gap body 4` is
/// a hole. A leading `+` says that no `begin` preceded.
#[derive(Default)]
struct Heard {
    items: Vec<(String, u64, Vec<u8>)>,
    /// Of the object that is open.
    offset: Option<u64>,
    /// Objects as they began, each with `whole` or `cut` behind it when it has ended.
    objects: Vec<String>,
    events: Vec<String>,
    anomalies: Vec<&'static str>,
    tunnels: usize,
}

impl Heard {
    fn next_offset(&self) -> u64 {
        self.items.last().map_or(0, |(_, offset, bytes)| offset.saturating_add(bytes.len() as u64))
    }

    fn lines(&self) -> Vec<String> {
        let line = |(kind, offset, bytes): &(String, u64, Vec<u8>)| match (*offset, bytes.is_empty()) {
            (UNSET, true) => format!("{kind} -"),
            (_, true) => format!("{kind} {offset}"),
            _ => format!("{kind} {offset} {}", bytes.escape_ascii()),
        };
        self.items.iter().map(line).collect()
    }

    /// All bytes delivered under this part, messages joined.
    fn joined(&self, part: &str) -> Vec<u8> {
        let of_part = self.items.iter().filter(|(kind, ..)| kind.trim_start_matches('+') == part);
        of_part.flat_map(|(_, _, bytes)| bytes.clone()).collect()
    }

    fn data(&mut self, part: &str, offset: u64, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty delivery");
        match self.items.last_mut() {
            Some((kind, at, _)) if kind == part && *at == UNSET => *at = offset,
            Some((kind, ..)) if kind.trim_start_matches('+') == part => assert_eq!(offset, self.next_offset()),
            _ => self.items.push((format!("+{part}"), offset, Vec::new())),
        }
        self.items.last_mut().unwrap().2.extend_from_slice(bytes);
    }
}

impl Sink for Heard {
    fn begin_lines(&mut self, label: &'static str) {
        assert_eq!((label, self.offset), ("http/header", None));
        self.items.push(("header".to_owned(), UNSET, Vec::new()));
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        self.data("header", offset, bytes);
    }

    fn lines_gap(&mut self, length: u64) {
        self.items.push(("gap header".to_owned(), length, Vec::new()));
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        assert_eq!((id, object.label, self.offset), (0, "http/body", None));
        self.items.push(("body".to_owned(), UNSET, Vec::new()));
        self.offset = Some(0);
        let mut line = format!("{}|{}", object.name.escape_ascii(), object.media_type.escape_ascii());
        if !object.codings.is_empty() {
            line += &format!("|{}", object.codings.escape_ascii());
        }
        if let Some(length) = object.length {
            line += &format!(" length {length}");
        }
        if object.offset != 0 {
            line += &format!(" at {}", object.offset);
        }
        if let Some(Part { size, length, whole, host, target, validators: [tag, changed] }) = object.part {
            let [host, target, tag, changed] = [host, target, tag, changed].map(<[u8]>::escape_ascii);
            let part = if whole { "all" } else { "part" };
            line += &format!(" {part} {length}/{size} of {host} {target} [{tag}] [{changed}]");
        }
        self.objects.push(line);
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        assert_eq!(id, 0);
        let offset = self.offset.expect("an object is open");
        self.data("body", offset, bytes);
        self.offset = Some(offset.saturating_add(bytes.len() as u64));
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        assert_eq!(id, 0);
        self.items.push(("gap body".to_owned(), length, Vec::new()));
        self.offset = Some(self.offset.expect("an object is open").saturating_add(length));
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        assert_eq!(id, 0);
        self.offset.take().expect("an object is open");
        *self.objects.last_mut().unwrap() += if complete { ": whole" } else { ": cut" };
    }

    fn raw(&mut self, bytes: &[u8]) {
        if self.items.last().is_none_or(|(kind, ..)| kind != "raw") {
            self.items.push(("raw".to_owned(), 0, Vec::new()));
        }
        self.items.last_mut().unwrap().2.extend_from_slice(bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        self.items.push(("gap raw".to_owned(), length, Vec::new()));
    }

    fn tunnel(&mut self) {
        self.tunnels += 1;
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let mut line = Vec::new();
        for (tag, value) in parts.iter().flat_map(|part| fields_of(part)) {
            let key = layout.keys[usize::from(tag)];
            assert!(!line.iter().any(|field: &String| field.starts_with(&format!("{key}="))), "{key} twice: {line:?}");
            line.push(match value {
                Value::Text(text) => format!("{key}={}", text.escape_ascii()),
                Value::Number(number) => format!("{key}={number}"),
                Value::Flag(flag) => format!("{key}={flag}"),
            });
        }
        self.events.push(line.join(" "));
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }
}

/// A connection under test and what came of it.
#[derive(Default)]
struct Connection {
    http: Http1,
    records: [Heard; 2],
}

#[derive(Clone, Debug)]
enum Step {
    Push(Direction, Vec<u8>),
    Gap(Direction, u64),
    End(Direction, bool),
}

impl Connection {
    fn push(&mut self, direction: Direction, bytes: &[u8]) {
        self.http.push(direction, bytes, &mut self.records[direction.index()]);
    }

    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Push(direction, bytes) => self.push(*direction, bytes),
                Step::Gap(direction, len) => {
                    self.http.gap(*direction, *len, &mut self.records[direction.index()]);
                }
                Step::End(direction, in_order) => {
                    self.http.end(*direction, *in_order, &mut self.records[direction.index()]);
                }
            }
        }
    }

    /// What was odd in a direction, in order, once each; but for `Host`, which most tables here leave out.
    fn odd(&self, direction: Direction) -> Vec<Anomaly> {
        let named = |name: &&str| Anomaly::ALL.iter().copied().find(|odd| odd.name(direction) == *name).unwrap();
        let mut odd: Vec<Anomaly> = self.records[direction.index()].anomalies.iter().map(named).collect();
        odd.sort_by_key(|anomaly| *anomaly as u8);
        odd.dedup();
        odd.retain(|anomaly| *anomaly != Anomaly::MissingHost);
        odd
    }

    fn end(mut self) -> Outcome {
        let odd = [ToServer, ToClient].map(|direction| self.odd(direction));
        for heard in &mut self.records {
            heard.anomalies.sort_unstable();
        }
        let told = self.records.each_ref().map(|heard| Told {
            objects: heard.objects.clone(),
            events: heard.events.clone(),
            anomalies: heard.anomalies.clone(),
            tunnels: heard.tunnels,
        });
        Outcome { lines: self.records.map(|heard| heard.lines()), odd, told }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    lines: [Vec<String>; 2],
    odd: [Vec<Anomaly>; 2],
    told: [Told; 2],
}

/// What a direction's sink was told besides bytes.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    objects: Vec<String>,
    events: Vec<String>,
    /// As often as they were told, sorted.
    anomalies: Vec<&'static str>,
    tunnels: usize,
}

fn outcome(steps: &[Step]) -> Outcome {
    let mut connection = Connection::default();
    connection.run(steps);
    connection.end()
}

/// The same steps with every push cut into single bytes.
fn bytewise(steps: &[Step]) -> Vec<Step> {
    let cut = |step: &Step| match step {
        Step::Push(direction, bytes) => bytes.iter().map(|&byte| Step::Push(*direction, vec![byte])).collect(),
        other => vec![other.clone()],
    };
    steps.iter().flat_map(cut).collect()
}

/// The same steps with push number `index` cut at `at`.
fn cut(steps: &[Step], index: usize, at: usize) -> Vec<Step> {
    let mut steps = steps.to_vec();
    if let Step::Push(direction, bytes) = steps[index].clone() {
        steps[index] = Step::Push(direction, bytes[..at].to_vec());
        steps.insert(index + 1, Step::Push(direction, bytes[at..].to_vec()));
    }
    steps
}

/// Every cutting of `steps` gives what `steps` gives.
fn outcome_at_any_split(label: &str, steps: &[Step]) -> Outcome {
    let whole = outcome(steps);
    assert_eq!(outcome(&bytewise(steps)), whole, "{label}: byte by byte");
    for (index, step) in steps.iter().enumerate() {
        let Step::Push(_, bytes) = step else { continue };
        for at in 0..=bytes.len() {
            assert_eq!(outcome(&cut(steps, index, at)), whole, "{label}: step {index} cut at {at}");
        }
    }
    whole
}

fn request(bytes: &str) -> Step {
    Step::Push(ToServer, bytes.as_bytes().to_vec())
}

fn response(bytes: &str) -> Step {
    Step::Push(ToClient, bytes.as_bytes().to_vec())
}

/// Asserts deliveries and anomalies of both directions, at any split.
#[track_caller]
fn check(label: &str, steps: &[Step], to_server: &[&str], to_client: &[&str], odd: [&[Anomaly]; 2]) {
    let Outcome { lines, odd: anomalies, .. } = outcome_at_any_split(label, steps);
    assert_eq!(lines[0], to_server, "{label}: to server");
    assert_eq!(lines[1], to_client, "{label}: to client");
    assert_eq!(anomalies, odd.map(<[Anomaly]>::to_vec), "{label}: anomalies");
}

/// One message of one direction: its first body (or what else comes second), and its anomalies.
#[track_caller]
fn check_one(step: Step, second: Option<&str>, odd: &[Anomaly]) {
    let label = format!("{step:?}");
    let direction = match step {
        Step::Push(direction, _) | Step::Gap(direction, _) | Step::End(direction, _) => direction,
    };
    let Outcome { lines, odd: anomalies, .. } = outcome_at_any_split(&label, &[step]);
    assert_eq!(lines[direction.index()].get(1).map(String::as_str), second, "{label}");
    assert_eq!(anomalies[direction.index()], odd, "{label}");
}

#[test]
fn a_request_and_its_response() {
    check(
        "plain",
        &[
            request("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"),
            response("HTTP/1.1 200 OK\r\ncontent-LENGTH:\t 5 \r\n\r\nhello"),
            request("POST /b HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"),
            response("HTTP/1.0 200 OK\r\n\r\nuntil the\r\n\r\nend"),
        ],
        &[
            "header 0 GET /a HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
            "header 0 POST /b HTTP/1.0\\r\\nContent-Length: 3\\r\\n\\r\\n",
            "body 0 abc",
        ],
        &[
            "header 0 HTTP/1.1 200 OK\\r\\ncontent-LENGTH:\\t 5 \\r\\n\\r\\n",
            "body 0 hello",
            "header 0 HTTP/1.0 200 OK\\r\\n\\r\\n",
            "body 0 until the\\r\\n\\r\\nend",
        ],
        [&[], &[]],
    );
}

#[test]
fn chunks_extensions_and_trailers() {
    check(
        "chunked",
        &[
            request(
                "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip , Chunked\r\n\r\n4\r\nwiki\r\n00A \r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            ),
            response(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"\rb\"\r\nx\r\n2 ;b\r\nyz\r\n0;last\r\nContent-Length: 9\r\nB: c\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
            ),
        ],
        &[
            "header 0 PUT / HTTP/1.1\\r\\nTransfer-Encoding: gzip , Chunked\\r\\n\\r\\n",
            "body 0 wiki0123456789",
            "header 0 GET / HTTP/1.1\\r\\n\\r\\n",
        ],
        &[
            "header 0 HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
            "body 0 xyz",
            "header 0 Content-Length: 9\\r\\nB: c\\r\\n\\r\\n",
            "header 0 HTTP/1.1 204 No\\r\\n\\r\\n",
        ],
        [&[], &[Anomaly::ChunkExtension]],
    );
}

#[test]
fn a_trailer_section_that_begins_with_a_stray_cr() {
    check(
        "stray CR",
        &[request("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\rA: b\r\n\r\nGET / HTTP/1.1\r\n\r\n")],
        &[
            "header 0 PUT / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
            // a chunked body begins even if it turns out to be empty
            "body -",
            "header 0 A: b\\r\\n\\r\\n",
            "header 0 GET / HTTP/1.1\\r\\n\\r\\n",
        ],
        &[],
        [&[Anomaly::BareCr], &[]],
    );
}

#[test]
fn responses_without_a_body_by_method_and_status() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    check(
        "HEAD, then GET, pipelined",
        &[
            request("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nHEADS / HTTP/1.1\r\n\r\n"),
            response(&format!("{head}{head}hello{head}world")),
        ],
        &[
            "header 0 HEAD / HTTP/1.1\\r\\n\\r\\n",
            "header 0 GET / HTTP/1.1\\r\\n\\r\\n",
            "header 0 HEADS / HTTP/1.1\\r\\n\\r\\n",
        ],
        &[
            "header 0 HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n",
            "header 0 HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n",
            "body 0 hello",
            "header 0 HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n",
            "body 0 world",
        ],
        [&[], &[]],
    );
    for status in ["100", "103", "199", "204", "304"] {
        let first = format!("HTTP/1.1 {status} x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
        let Outcome { lines, odd: anomalies, .. } =
            outcome_at_any_split(status, &[response(&format!("{first}{head}hello"))]);
        assert_eq!(lines[1].len(), 3, "{status}: {lines:?}");
        assert_eq!(lines[1][2], "body 0 hello", "{status}");
        assert!(anomalies[1].is_empty(), "{status}: {anomalies:?}");
    }
}

#[test]
fn an_interim_response_leaves_the_request_outstanding() {
    check(
        "100-continue",
        &[
            request("HEAD / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            response("HTTP/1.1 100 Continue\r\n\r\n"),
            request("ok"),
            response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 None\r\n\r\n"),
        ],
        &["header 0 HEAD / HTTP/1.1\\r\\nExpect: 100-continue\\r\\nContent-Length: 2\\r\\n\\r\\n", "body 0 ok"],
        &[
            "header 0 HTTP/1.1 100 Continue\\r\\n\\r\\n",
            "header 0 HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n",
            "header 0 HTTP/1.1 204 None\\r\\n\\r\\n",
        ],
        // the last of them answers nothing
        [&[], &[Anomaly::UnmatchedResponse]],
    );
}

#[test]
fn connect_and_upgrade_make_both_directions_raw() {
    check(
        "CONNECT",
        &[
            request("CONNECT h:443 HTTP/1.1\r\n\r\n"),
            response("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"),
            request("CONNECT h:443 HTTP/1.1\r\n\r\n"),
            response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x16\x03"),
            request("\x16\x03\x01"),
        ],
        &[
            "header 0 CONNECT h:443 HTTP/1.1\\r\\n\\r\\n",
            "header 0 CONNECT h:443 HTTP/1.1\\r\\n\\r\\n",
            "raw 0 \\x16\\x03\\x01",
        ],
        &[
            "header 0 HTTP/1.1 407 No\\r\\nContent-Length: 2\\r\\n\\r\\n",
            "body 0 no",
            "header 0 HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n",
            "raw 0 \\x16\\x03",
        ],
        [&[], &[]],
    );
    check(
        "upgrade while the request's body is still passing",
        &[
            request("POST /c HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nab"),
            response("HTTP/1.1 101 Switching\r\n\r\n\u{1}"),
            request("cd\u{2}GET / HTTP/1.1\r\n\r\n"),
        ],
        &[
            "header 0 POST /c HTTP/1.1\\r\\nUpgrade: x\\r\\nContent-Length: 4\\r\\n\\r\\n",
            "body 0 abcd",
            "raw 0 \\x02GET / HTTP/1.1\\r\\n\\r\\n",
        ],
        &["header 0 HTTP/1.1 101 Switching\\r\\n\\r\\n", "raw 0 \\x01"],
        [&[], &[]],
    );
}

#[test]
fn line_ends_folds_and_empty_lines_are_tolerated() {
    check(
        "tolerance",
        &[
            request("\r\n\n\r\nPOST / HTTP/1.1\nA: b\nContent-Length:\n 4\n\nabcd\r\nGET / HTTP/1.1 \r\n\r\n"),
            response(
                "HTTP/1.1 200\r\n fold\r\nTransfer-Encoding:\r\n\tchun\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n1\nx\n0\n\n",
            ),
        ],
        &[
            "header 0 POST / HTTP/1.1\\nA: b\\nContent-Length:\\n 4\\n\\n",
            "body 0 abcd",
            "header 0 GET / HTTP/1.1 \\r\\n\\r\\n",
        ],
        &[
            "header 0 HTTP/1.1 200\\r\\n fold\\r\\nTransfer-Encoding:\\r\\n\\tchun\\r\\nTransfer-Encoding:\\r\\n\\tchunked\\r\\n\\r\\n",
            "body 0 x",
        ],
        [
            &[Anomaly::ObscuredFraming, Anomaly::BareLf, Anomaly::ObsFold],
            &[Anomaly::BadTransferEncoding, Anomaly::ObscuredFraming, Anomaly::BareLf, Anomaly::ObsFold],
        ],
    );
}

#[test]
fn content_lengths() {
    use Anomaly::{BadContentLength as Bad, ConflictingLength as Conflict, ObscuredFraming};
    let cases: &[(&str, Option<&str>, &[Anomaly])] = &[
        ("Content-Length: 2", Some("body 0 ab"), &[]),
        ("Content-Length:2", Some("body 0 ab"), &[]),
        ("Content-Length: 0002\t ", Some("body 0 ab"), &[]),
        ("Content-Length: 0", Some("header 0 ab"), &[Anomaly::BadStartLine]),
        ("Content-Length: 2, 2 ,2", Some("body 0 ab"), &[Anomaly::RepeatedContentLength]),
        ("Content-Length: 2\r\ncontent-length: 2", Some("body 0 ab"), &[Anomaly::RepeatedContentLength]),
        ("Content-Length: 18446744073709551615", Some("body 0 abcd"), &[]),
        ("Content-Length: 2\r\nContent-Length: 3", Some("raw 0 abcd"), &[Conflict]),
        ("Content-Length: 2, 3", Some("raw 0 abcd"), &[Conflict]),
        ("Content-Length: 18446744073709551616", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 99999999999999999999999", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length:", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 2,", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: ,2", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: +2", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: -2", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 0x2", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 2 2", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 2;q", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length: 2\r\nContent-Length: x", Some("raw 0 abcd"), &[Bad]),
        ("Content-Length : 2", Some("body 0 ab"), &[ObscuredFraming]),
    ];
    for &(field, second, odd) in cases {
        let long = field.ends_with("551615");
        let tail = if second == Some("body 0 ab") { "ab" } else { "abcd" };
        let step = match second {
            Some("header 0 ab") => request(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\nab:cd")),
            _ => request(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\n{tail}")),
        };
        check_one(step, second, odd);
        if second != Some("header 0 ab") {
            let tail = if long { "abcd" } else { tail };
            // of a response all is read that follows
            let second = if second == Some("raw 0 abcd") { Some("body 0 abcd") } else { second };
            check_one(response(&format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n{tail}")), second, odd);
        }
    }
    // names that only resemble it
    for field in ["Content-Lengt: 9", "Content-Lengthy: 9", "XContent-Length: 9", "Content-Length", "Content Length: 9"]
    {
        check_one(request(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\n")), None, &[]);
    }
    check_one(request("POST / HTTP/1.1\r\n\rContent-Length: 9\r\n\r\n"), None, &[Anomaly::BareCr]);
}

#[test]
fn transfer_encodings() {
    use Anomaly::{BadTransferEncoding as Bad, ConflictingLength as Conflict, TransferEncodingHttp10};
    let chunks = "1\r\na\r\n0\r\n\r\n";
    let chunked = Some("body 0 a");
    let until_end = Some("body 0 1\\r\\na\\r\\n0\\r\\n\\r\\n");
    let raw = Some("raw 0 1\\r\\na\\r\\n0\\r\\n\\r\\n");
    type Expected = (Option<&'static str>, &'static [Anomaly]);
    let cases: &[(&str, Expected, Expected)] = &[
        ("Transfer-Encoding: chunked", (chunked, &[]), (chunked, &[])),
        ("Transfer-Encoding:,, CHUNKED ,", (chunked, &[]), (chunked, &[])),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", (chunked, &[]), (chunked, &[])),
        ("Transfer-Encoding: gzip;q=1, chunked", (chunked, &[]), (chunked, &[])),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", (chunked, &[Conflict]), (chunked, &[Conflict])),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", (chunked, &[Conflict]), (chunked, &[Conflict])),
        ("Transfer-Encoding: chunked, chunked", (chunked, &[Bad]), (chunked, &[Bad])),
        ("Transfer-Encoding: identity, chunked", (chunked, &[Bad]), (chunked, &[Bad])),
        ("Transfer-Encoding: chunked, gzip", (raw, &[Bad]), (until_end, &[Bad])),
        ("Transfer-Encoding: gzip", (raw, &[Bad]), (until_end, &[])),
        ("Transfer-Encoding: xchunked", (raw, &[Bad]), (until_end, &[Bad])),
        ("Transfer-Encoding: \u{b}chunked\u{c}", (chunked, &[Bad]), (chunked, &[Bad])),
        ("Transfer-Encoding: chunked;q=1", (chunked, &[]), (chunked, &[])),
        ("Transfer-Encoding: chunked x", (raw, &[Bad]), (until_end, &[Bad])),
        ("Transfer-Encoding: chunk", (raw, &[Bad]), (until_end, &[Bad])),
        (
            "Transfer-Encoding: identity\r\nContent-Length: 11",
            (until_end, &[Bad, Conflict]),
            (until_end, &[Bad, Conflict]),
        ),
        ("Transfer-Encoding:\r\nContent-Length: 11", (until_end, &[Bad, Conflict]), (until_end, &[Bad, Conflict])),
    ];
    for &(field, (in_request, request_odd), (in_response, response_odd)) in cases {
        check_one(request(&format!("POST / HTTP/1.1\r\n{field}\r\n\r\n{chunks}")), in_request, request_odd);
        check_one(response(&format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n{chunks}")), in_response, response_odd);
    }
    let field = "Transfer-Encoding: chunked";
    check_one(request(&format!("POST / HTTP/1.0\r\n{field}\r\n\r\n{chunks}")), chunked, &[TransferEncodingHttp10]);
    check_one(response(&format!("HTTP/1.0 200 OK\r\n{field}\r\n\r\n{chunks}")), chunked, &[TransferEncodingHttp10]);
}

#[test]
fn bad_chunks_give_up_at_the_offending_byte() {
    use Anomaly::{BadChunkEnd, BadChunkSize, BareLf, ChunkExtension};
    let cases: &[(&str, &[&str], &[Anomaly])] = &[
        ("zz\r\nab", &["body -", "raw 0 zz\\r\\nab"], &[BadChunkSize]),
        ("\r\nab", &["body -", "raw 0 \\r\\nab"], &[BadChunkSize]),
        (";x\r\nab", &["body -", "raw 0 ;x\\r\\nab"], &[BadChunkSize]),
        (" 2\r\nab", &["body -", "raw 0  2\\r\\nab"], &[BadChunkSize]),
        ("-2\r\nab", &["body -", "raw 0 -2\\r\\nab"], &[BadChunkSize]),
        ("2x\r\nab", &["body 0 ab"], &[BadChunkSize]),
        ("2 2\r\nab", &["body 0 ab"], &[BadChunkSize]),
        ("2\rab", &["body -"], &[BadChunkSize]),
        ("10000000000000000\r\nab", &["body -", "raw 0 0\\r\\nab"], &[BadChunkSize]),
        ("ffffffffffffffff\r\nab", &["body 0 ab"], &[]),
        ("2\r\nabc", &["body 0 ab", "raw 0 c"], &[BadChunkEnd]),
        ("2\r\nab\rc", &["body 0 ab", "raw 0 c"], &[BadChunkEnd]),
        ("2;x\nab\r\n0\r\n\r\n", &["body 0 ab"], &[BareLf, ChunkExtension]),
    ];
    for &(chunks, expected, odd) in cases {
        let step = request(&format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        let Outcome { lines, odd: anomalies, .. } = outcome_at_any_split(chunks, &[step]);
        assert_eq!(lines[0][1..], *expected, "{chunks:?}");
        assert_eq!(anomalies[0], odd, "{chunks:?}");
    }
}

#[test]
fn what_is_no_start_line_is_raw_and_the_other_direction_goes_on() {
    let cases: &[(Step, &[&str])] = &[
        (request("\x16\x03\x01"), &["raw 0 \\x16\\x03\\x01"]),
        (request("\r\n GET /"), &["raw 0  GET /"]),
        (request("GET\r\n"), &["header 0 GET", "raw 0 \\r\\n"]),
        (request("GET /\r\nmore"), &["header 0 GET /\\r\\n", "raw 0 more"]),
        (request("GET / HTTP/2.0\r\nmore"), &["header 0 GET / HTTP/2.0\\r\\n", "raw 0 more"]),
        (request("GET /HTTP/1.1\r\nmore"), &["header 0 GET /HTTP/1.1\\r\\n", "raw 0 more"]),
        (request("GET / HTTP/1.x\r\nmore"), &["header 0 GET / HTTP/1.x\\r\\n", "raw 0 more"]),
        (request("GET HTTP/1.1\r\nmore"), &["header 0 GET HTTP/1.1\\r\\n", "raw 0 more"]),
        (
            request("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n"),
            &["header 0 ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", "raw 0 G / HTTP/1.1\\r\\n"],
        ),
        (response("SSH-2.0"), &["raw 0 SSH-2.0"]),
        (response("HTTP/x 200\r\n"), &["header 0 HTTP/", "raw 0 x 200\\r\\n"]),
        (response("HTTP/11 200\r\n"), &["header 0 HTTP/1", "raw 0 1 200\\r\\n"]),
        (response("HTTP/1.x 200\r\n"), &["header 0 HTTP/1.", "raw 0 x 200\\r\\n"]),
        (response("HTTP/1.1200\r\n"), &["header 0 HTTP/1.1", "raw 0 200\\r\\n"]),
        (response("HTTP/1.1 20\r\n"), &["header 0 HTTP/1.1 20", "raw 0 \\r\\n"]),
        (response("HTTP/1.1 2000\r\n"), &["header 0 HTTP/1.1 200", "raw 0 0\\r\\n"]),
    ];
    for (step, expected) in cases {
        let Step::Push(direction, _) = step else { unreachable!() };
        let other = match direction {
            ToServer => response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
            ToClient => request("PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na"),
        };
        let Outcome { lines, odd: anomalies, .. } = outcome_at_any_split("start line", &[step.clone(), other]);
        assert_eq!(lines[direction.index()], *expected, "{step:?}");
        let simple =
            ["GET /\\r\\n", "GET /HTTP/1.1\\r\\n"].iter().any(|line| lines[direction.index()][0].ends_with(line));
        let odd = if simple { Anomaly::MissingProtocol } else { Anomaly::BadStartLine };
        assert_eq!(anomalies[direction.index()], [odd], "{step:?}");
        assert_eq!(lines[direction.flip().index()][1], "body 0 a", "{step:?}");
    }
}

#[test]
fn gaps_are_skipped_where_the_length_is_known_and_lose_the_direction_elsewhere() {
    let gap = |len| Step::Gap(ToServer, len);
    let head = "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n";
    let shown = "header 0 POST / HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n";
    check(
        "in a body",
        &[
            request(&format!("{head}ab")),
            gap(4),
            request(&format!("cde{head}")),
            gap(9),
            request(head),
            gap(11),
            request("z"),
            gap(2),
        ],
        &[
            shown,
            "body 0 ab",
            "gap body 4",
            "+body 6 cde",
            shown,
            "body -",
            "gap body 9",
            shown,
            "body -",
            "gap body 9",
            "gap raw 2",
            "raw 0 z",
            "gap raw 2",
        ],
        &[],
        [&[Anomaly::LostSync], &[]],
    );
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let Outcome { lines, odd: anomalies, .. } = outcome_at_any_split(
        "in a chunk",
        &[request(&format!("{chunked}5\r\na")), gap(4), request("\r\n1\r\nb\r\n2\r\nc"), gap(3), request("\n0\r\n")],
    );
    assert_eq!(lines[0][1..], ["body 0 a", "gap body 4", "+body 5 bc", "gap body 1", "gap raw 2", "raw 0 \\n0\\r\\n"]);
    assert_eq!(anomalies[0], [Anomaly::LostSync]);
    check(
        "in headers",
        &[request("GET / HTT"), gap(3), request("b\r\n\r\n")],
        &["header 0 GET / HTT", "gap header 3", "raw 0 b\\r\\n\\r\\n"],
        &[],
        [&[Anomaly::LostSync], &[]],
    );
    check(
        "until the end, beyond what can be counted",
        &[
            response("HTTP/1.1 200 OK\r\n\r\na"),
            Step::Gap(ToClient, u64::MAX - 1),
            Step::Gap(ToClient, 9),
            response("bcd"),
        ],
        &[],
        &[
            "header 0 HTTP/1.1 200 OK\\r\\n\\r\\n",
            "body 0 a",
            "gap body 18446744073709551614",
            "gap body 9",
            "+body 18446744073709551615 bcd",
        ],
        [&[], &[]],
    );
    check(
        "no gap at all",
        &[gap(0), request("GET / HTTP/1.1\r\n\r\n")],
        &["header 0 GET / HTTP/1.1\\r\\n\\r\\n"],
        &[],
        [&[], &[]],
    );
}
