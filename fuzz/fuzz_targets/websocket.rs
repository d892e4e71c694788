//! Any bytes as frames behind a WebSocket handshake: nothing panics, what begins ends, no more bytes come out than
//! went in, and cutting the stream into pieces changes nothing.
//!
//! The first byte says who sends (bit 0), and what compression was agreed to (bits 1 and 2); the second, plus one, is the
//! size of the pieces.

#![no_main]

use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction;
use tidegate::event::record::Layout;
use tidegate::proto::websocket::{Extensions, WebSocket};
use tidegate::proto::{Object, Sink};

/// What was delivered, however it was cut.
#[derive(Default)]
struct Digest {
    order: DefaultHasher,
    message: DefaultHasher,
    bytes: usize,
    open: bool,
    anomalies: Vec<&'static str>,
}

impl Sink for Digest {
    fn begin_lines(&mut self, label: &'static str) {
        self.order.write(label.as_bytes());
    }

    fn lines(&mut self, _: u64, bytes: &[u8]) {
        self.bytes += bytes.len();
        bytes.iter().for_each(|byte| self.order.write_u8(*byte));
    }

    fn lines_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn begin_object(&mut self, _: u32, object: &Object<'_>) {
        assert!(!std::mem::replace(&mut self.open, true), "two messages at a time");
        self.message = DefaultHasher::default();
        self.order.write(object.codings);
    }

    fn object(&mut self, _: u32, bytes: &[u8]) {
        assert!(self.open, "of no message");
        self.bytes += bytes.len();
        bytes.iter().for_each(|byte| self.message.write_u8(*byte));
    }

    fn object_gap(&mut self, _: u32, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn end_object(&mut self, _: u32, complete: bool) {
        assert!(std::mem::take(&mut self.open), "the end of no message");
        self.order.write_u64(self.message.finish());
        self.order.write_u8(u8::from(complete));
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        bytes.iter().for_each(|byte| self.order.write_u8(*byte));
    }

    fn raw_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn record(&mut self, _: &'static Layout, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.order.write(part));
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }
}

fn feed(direction: Direction, extensions: &[u8], bytes: &[u8], size: usize) -> (u64, Vec<&'static str>) {
    let mut websocket = WebSocket::new(Extensions::of(extensions));
    let mut digest = Digest::default();
    for piece in bytes.chunks(size) {
        websocket.push(direction, piece, &mut digest);
    }
    websocket.end(direction, &mut digest);
    assert!(!digest.open, "a message without end");
    // the four bytes that a compressed message of at least two is completed by
    assert!(digest.bytes <= bytes.len() * 3, "{} bytes out of {}", digest.bytes, bytes.len());
    (digest.order.finish(), digest.anomalies)
}

fuzz_target!(|input: &[u8]| {
    let [how, size, bytes @ ..] = input else { return };
    let direction = if how & 1 == 0 { Direction::ToServer } else { Direction::ToClient };
    let extensions: &[u8] = match how >> 1 & 3 {
        0 => b"",
        1 => b"permessage-deflate",
        _ => b"permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    };
    let whole = feed(direction, extensions, bytes, usize::MAX);
    assert_eq!(feed(direction, extensions, bytes, usize::from(*size) + 1), whole);
});
