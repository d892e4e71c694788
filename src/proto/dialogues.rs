//! Dialogues of real programs, as `tests/http/make` recorded them, through the parsers of HTTP.

use std::io::Read;
use std::path::Path;

use super::http1::{self, Http1};
use super::http2::{self, Http2};
use super::transcript::{Step, run};
use super::websocket::{DEFLATE, DEFLATE_FRESH};
use super::{Guess, Heads, Object, Parser, Sink};
use crate::event::Direction;
use crate::event::record::Layout;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// The document that all of them carry.
fn document() -> Vec<u8> {
    std::fs::read(Path::new(TESTS).join("captures/leak.txt")).unwrap()
}

/// The connections of a recorded dialogue.
fn connections(name: &str) -> Vec<Vec<Step>> {
    let text = std::fs::read_to_string(Path::new(TESTS).join("http").join(name).with_extension("dialogue")).unwrap();
    let mut all: Vec<Vec<Step>> = Vec::new();
    for line in text.lines() {
        let direction = if line.starts_with('>') { Direction::ToServer } else { Direction::ToClient };
        match line.split_once(' ') {
            Some((_, piece)) => {
                let bytes = data_encoding::BASE64.decode(piece.as_bytes()).unwrap();
                all.last_mut().unwrap().push(Step::Push(direction, bytes));
            }
            None if line == "connection" => all.push(Vec::new()),
            None => all.last_mut().unwrap().push(Step::End(direction, true)),
        }
    }
    all
}

/// An object that has ended.
#[derive(Clone, Debug, Default, PartialEq)]
struct Whole {
    name: String,
    media_type: String,
    codings: Vec<u8>,
    offset: u64,
    bytes: Vec<u8>,
    complete: Option<bool>,
    id: u32,
}

impl Whole {
    /// What the bytes mean once the codings that flate2 knows are off.
    fn decoded(&self) -> Vec<u8> {
        if self.codings != b"gzip" {
            assert_eq!(self.codings, b"", "a coding that this test does not know");
            return self.bytes.clone();
        }
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&self.bytes[..]).read_to_end(&mut out).unwrap();
        out
    }
}

#[derive(Default)]
struct Objects {
    all: Vec<Whole>,
    raw: Vec<u8>,
    tunnel: bool,
    events: usize,
}

impl Sink for Objects {
    fn begin_lines(&mut self, _: &'static str) {}
    fn lines(&mut self, _: u64, _: &[u8]) {}
    fn lines_gap(&mut self, _: u64) {}
    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        self.all.push(Whole {
            name: text(object.name),
            media_type: text(object.media_type),
            codings: object.codings.to_vec(),
            offset: object.offset,
            id,
            ..Whole::default()
        });
    }
    fn object(&mut self, id: u32, bytes: &[u8]) {
        let open = self.all.iter_mut().find(|object| object.id == id && object.complete.is_none());
        open.unwrap().bytes.extend_from_slice(bytes);
    }
    fn object_gap(&mut self, _: u32, _: u64) {}
    fn end_object(&mut self, id: u32, complete: bool) {
        let open = self.all.iter_mut().find(|object| object.id == id && object.complete.is_none());
        open.unwrap().complete = Some(complete);
    }
    fn raw(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
    }
    fn raw_gap(&mut self, _: u64) {}
    fn tunnel(&mut self) {
        self.tunnel = true;
    }
    fn record(&mut self, _: &'static Layout, _: &[&[u8]]) {
        self.events += 1;
    }
    fn anomaly(&mut self, name: &'static str) {
        panic!("{name} in what a real program sent");
    }
}

/// Runs a connection through the parser that claims it, in pieces of any size; all of them tell the same.
fn told(steps: &[Step]) -> [Objects; 2] {
    let first = |wanted: Direction| {
        let of = steps.iter().find_map(|step| match step {
            Step::Push(direction, bytes) if *direction == wanted => Some(&bytes[..]),
            _ => None,
        });
        of.unwrap_or_default()
    };
    let heads = Heads { to_server: first(Direction::ToServer), to_client: first(Direction::ToClient) };
    match (http1::guess(&heads), http2::guess(&heads)) {
        (Guess::Yes, Guess::No) => through(Http1::default, steps),
        (_, Guess::Yes) => through(Http2::default, steps),
        other => panic!("{other:?}"),
    }
}

fn through<P: Parser>(new: fn() -> P, steps: &[Step]) -> [Objects; 2] {
    let whole = run(new, steps);
    for size in [1, 2, 5, 31, 400] {
        let cut: Vec<Step> = steps
            .iter()
            .flat_map(|step| match step {
                Step::Push(direction, bytes) => {
                    bytes.chunks(size).map(|piece| Step::Push(*direction, piece.to_vec())).collect()
                }
                other => vec![other.clone()],
            })
            .collect();
        assert_eq!(run(new, &cut), whole, "in pieces of {size}");
    }
    let mut parser = new();
    let mut objects = [Objects::default(), Objects::default()];
    for step in steps {
        match step {
            Step::Push(direction, bytes) => parser.push(*direction, bytes, &mut objects[direction.index()]),
            Step::Gap(direction, length) => parser.gap(*direction, *length, &mut objects[direction.index()]),
            Step::End(direction, in_order) => parser.end(*direction, *in_order, &mut objects[direction.index()]),
        }
    }
    for object in objects.iter().flat_map(|objects| &objects.all) {
        assert_eq!(object.complete, Some(true), "{}", object.name);
    }
    objects
}

/// The lines of a transcript that are events.
fn events(steps: &[Step]) -> Vec<String> {
    let told = run(Http1::default, steps);
    told.iter().flat_map(|told| &told.lines).filter(|line| line.starts_with("http ")).cloned().collect()
}

#[test]
fn curl_and_nginx_with_gzip_redirect_head_and_nothing() {
    let connections = connections("gzip");
    let [_, to_client] = told(&connections[0]);
    let first = &to_client.all[0];
    assert_eq!((&first.name[..], &first.media_type[..], &first.codings[..]), ("plan.txt", "text/plain", &b"gzip"[..]));
    assert_eq!(first.decoded(), document());
    let all: Vec<String> = connections.iter().flat_map(|steps| events(steps)).collect();
    assert_eq!(all.len(), 4);
    for (event, parts) in all.iter().zip([
        &[
            "http_method=GET",
            "url=/plan.txt?q=1",
            "protocol=HTTP/1.1",
            "hostname=127.0.0.1",
            "http_port=18090",
            "http_user_agent=agent/1",
            "http_refer=http://from.example/",
            "status=200",
            "http_content_type=text/plain",
        ][..],
        &["url=/old", "status=302", "redirect=http://127.0.0.1"],
        &["http_method=HEAD", "status=200", "length=0"],
        &["url=/nothing", "status=204", "length=0"],
    ]) {
        for part in parts {
            assert!(event.contains(part), "{part} in {event}");
        }
    }
}

#[test]
fn ranges_of_a_file_make_the_file() {
    let parts: Vec<Whole> = connections("ranges").iter().flat_map(|steps| told(steps)).flat_map(|of| of.all).collect();
    assert_eq!((parts.len(), parts[0].offset, parts[1].offset), (3, 0, 500));
    assert_eq!([&parts[0].bytes[..], &parts[1].bytes[..]].concat(), document());
    assert!(parts[2].media_type.starts_with("multipart/byteranges; boundary="), "{}", parts[2].media_type);
}

#[test]
fn chunks_with_trailers() {
    let [_, to_client] = told(&connections("trailers")[0]);
    assert_eq!((&to_client.all[0].name[..], &to_client.all[0].bytes), ("déjà.txt", &document()));
}

#[test]
fn uploads_as_a_form_after_100_continue_and_in_chunks() {
    let sent: Vec<Whole> = connections("upload").iter().flat_map(|steps| told(steps)[0].all.clone()).collect();
    assert_eq!(sent.len(), 3);
    assert!(sent[0].media_type.starts_with("multipart/form-data; boundary="));
    let document = document();
    assert!(sent[0].bytes.windows(document.len()).any(|part| part == document));
    for object in &sent[1..] {
        assert_eq!((&object.name[..], &object.media_type[..], &object.bytes), ("upload", "text/plain", &document));
    }
}

#[test]
fn a_tunnel_through_a_proxy_is_http_again() {
    let [to_server, to_client] = told(&connections("connect")[0]);
    assert!(to_server.tunnel || to_client.tunnel);
    let steps = [Step::Push(Direction::ToServer, to_server.raw), Step::Push(Direction::ToClient, to_client.raw)];
    let [_, inner] = told(&steps);
    assert_eq!((&inner.all[0].name[..], inner.all[0].decoded()), ("plan.txt", document()));
}

#[test]
fn curl_and_nginx_over_http2() {
    let all: Vec<[Objects; 2]> = connections("h2-curl").iter().map(|steps| told(steps)).collect();
    assert_eq!(all.len(), 3);
    let [_, [upload, _], _] = &all[..] else { unreachable!() };
    assert_eq!((&upload.all[0].name[..], upload.all[0].decoded()), ("upload", document()));
    for index in [0, 2] {
        let [_, to_client] = &all[index];
        let object = &to_client.all[0];
        assert_eq!((&object.name[..], &object.media_type[..]), ("plan.txt", "text/plain"));
        assert_eq!(object.decoded(), document());
    }
    assert_eq!(all[2][1].all[0].codings, b"gzip");
    assert!(all.iter().all(|[_, to_client]| to_client.events >= 1));
}

#[test]
fn nghttp_and_nghttpd_with_many_streams_pushes_and_padding() {
    let [_, to_client] = told(&connections("h2-nghttp")[0]);
    let of = |name: &str| to_client.all.iter().filter(|object| object.name == name).collect::<Vec<_>>();
    assert_eq!(of("plan.txt").len(), 5);
    assert!(of("plan.txt").iter().all(|object| object.bytes == document()));
    assert!(!of("style.css").is_empty(), "the server pushes it");
    assert!(of("style.css").iter().all(|object| object.bytes == b"body { color: black }\n"));
    let [to_server, to_client] = told(&connections("h2-padded")[0]);
    assert_eq!(to_server.all[0].bytes, document());
    assert!(to_server.raw.is_empty() && to_client.raw.is_empty());
}

#[test]
fn websockets_plain_and_compressed() {
    let document = document();
    let expected: [&[u8]; 4] = [&document, &document, &(0..=255).collect::<Vec<u8>>(), b""];
    for (name, codings) in
        [("websocket-plain", &b""[..]), ("websocket-takeover", DEFLATE), ("websocket-fresh", DEFLATE_FRESH)]
    {
        for of in told(&connections(name)[0]) {
            assert_eq!(of.all.len(), expected.len(), "{name}");
            let mut inflate = flate2::Decompress::new(false);
            for (object, expected) in of.all.iter().zip(expected) {
                let mut out = Vec::with_capacity(8192);
                if object.codings.is_empty() {
                    out.clone_from(&object.bytes);
                } else {
                    assert_eq!(object.codings, codings, "{name}");
                    if codings == DEFLATE_FRESH {
                        inflate.reset(false);
                    }
                    inflate.decompress_vec(&object.bytes, &mut out, flate2::FlushDecompress::Sync).unwrap();
                }
                assert!(out == expected, "{name}");
            }
            assert!(of.all.iter().any(|object| object.codings == codings), "{name}");
        }
    }
}
