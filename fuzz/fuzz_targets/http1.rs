//! Any bytes as both directions of an HTTP/1 connection: nothing panics, no more bytes come out than went in, what
//! begins ends, and cutting the stream into pieces changes nothing.
//!
//! The first byte, plus one, is the size of the pieces. What follows is what the client sends up to the first byte
//! 0xff, and behind it what the server sends.

#![no_main]

use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction;
use tidegate::event::record::{Layout, fields};
use tidegate::proto::http1::Http1;
use tidegate::proto::{Object, Parser, Sink};

/// What was delivered, however it was cut.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
    bytes: usize,
    lines_end: Option<u64>,
    object: bool,
    anomalies: Vec<&'static str>,
}

impl Digest {
    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.bytes += bytes.len();
        for byte in bytes {
            self.hasher.write_u8(kind);
            self.hasher.write_u8(*byte);
        }
    }
}

impl Sink for Digest {
    fn begin_lines(&mut self, label: &'static str) {
        self.hasher.write(label.as_bytes());
        self.lines_end = Some(0);
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        assert_eq!(self.lines_end, Some(offset));
        self.lines_end = Some(offset + bytes.len() as u64);
        self.bytes(1, bytes);
    }

    fn lines_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        assert!(!std::mem::replace(&mut self.object, true), "two objects at a time");
        assert_eq!(id, 0);
        for text in [object.name, object.media_type, object.codings] {
            self.hasher.write_usize(text.len());
            self.hasher.write(text);
        }
        self.hasher.write_u64(object.offset);
    }

    fn object(&mut self, _: u32, bytes: &[u8]) {
        assert!(self.object, "of no object");
        self.bytes(2, bytes);
    }

    fn object_gap(&mut self, _: u32, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn end_object(&mut self, _: u32, complete: bool) {
        assert!(std::mem::take(&mut self.object), "the end of no object");
        self.hasher.write_u8(u8::from(complete));
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes(0, bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn tunnel(&mut self) {
        self.hasher.write_u8(7);
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        for part in parts {
            let read: usize = fields(part).map(|(tag, _)| assert!(usize::from(tag) < layout.keys.len())).count();
            self.hasher.write_usize(read);
            self.hasher.write(part);
        }
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }
}

/// Feeds both directions in pieces of `size` bytes.
fn feed(client: &[u8], server: &[u8], size: usize) -> [(u64, Vec<&'static str>); 2] {
    let mut http = Http1::default();
    [(Direction::ToServer, client), (Direction::ToClient, server)].map(|(direction, bytes)| {
        let mut digest = Digest::default();
        for piece in bytes.chunks(size) {
            http.push(direction, piece, &mut digest);
        }
        http.end(direction, true, &mut digest);
        // behind a handshake, a WebSocket's message of two bytes is completed by four
        assert!(digest.bytes <= bytes.len() * 2, "{} bytes out of {}", digest.bytes, bytes.len());
        assert!(!digest.object, "an object without end");
        digest.anomalies.sort_unstable();
        (digest.hasher.finish(), digest.anomalies)
    })
}

fuzz_target!(|input: &[u8]| {
    let [size, streams @ ..] = input else { return };
    let mut streams = streams.splitn(2, |byte| *byte == 0xff);
    let client = streams.next().unwrap_or_default();
    let server = streams.next().unwrap_or_default();
    let whole = feed(client, server, usize::MAX);
    assert_eq!(feed(client, server, usize::from(*size) + 1), whole);
});
