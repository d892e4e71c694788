//! Any bytes as both directions of an HTTP/2 connection: nothing panics, no more text than HPACK can make, objects begin
//! before they end, and cutting the streams into pieces changes nothing.
//!
//! The first byte, plus one, is the size of the pieces; the next two say how many of the bytes that follow the client
//! sends behind its preface and settings. The server sends the rest behind its settings.

#![no_main]

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction;
use tidegate::event::record::{Layout, fields};
use tidegate::proto::http2::Http2;
use tidegate::proto::{Object, Parser, Sink};

/// What was delivered, however it was cut.
#[derive(Default)]
struct Digest {
    order: DefaultHasher,
    /// Objects that are open.
    objects: HashMap<u32, DefaultHasher>,
    anomalies: Vec<&'static str>,
}

impl Sink for Digest {
    fn begin_lines(&mut self, label: &'static str) {
        self.order.write(label.as_bytes());
    }

    fn lines(&mut self, _: u64, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.order.write_u8(*byte));
    }

    fn lines_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        let before = self.objects.insert(id, DefaultHasher::default());
        assert!(before.is_none(), "object {id} twice");
        self.order.write(object.name);
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        let object = self.objects.get_mut(&id).expect("bytes of no object");
        bytes.iter().for_each(|byte| object.write_u8(*byte));
    }

    fn object_gap(&mut self, _: u32, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        let object = self.objects.remove(&id).expect("the end of no object");
        self.order.write_u64(object.finish());
        self.order.write_u8(u8::from(complete));
    }

    fn raw(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.order.write_u8(*byte));
    }

    fn raw_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        for part in parts {
            assert!(fields(part).all(|(tag, _)| usize::from(tag) < layout.keys.len()));
            self.order.write(part);
        }
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }
}

/// Feeds both directions in pieces of `size` bytes.
fn feed(client: &[u8], server: &[u8], size: usize) -> [(u64, Vec<&'static str>); 2] {
    let mut http2 = Http2::default();
    let mut digests = [Digest::default(), Digest::default()];
    for (direction, bytes) in [(Direction::ToServer, client), (Direction::ToClient, server)] {
        for piece in bytes.chunks(size) {
            http2.push(direction, piece, &mut digests[direction.index()]);
        }
    }
    for direction in [Direction::ToServer, Direction::ToClient] {
        http2.end(direction, true, &mut digests[direction.index()]);
    }
    digests.map(|digest| {
        assert!(digest.objects.is_empty(), "an object without end");
        (digest.order.finish(), digest.anomalies)
    })
}

const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

fuzz_target!(|input: &[u8]| {
    let [size, high, low, streams @ ..] = input else { return };
    let share = usize::from(u16::from_be_bytes([*high, *low]));
    let (client, server) = streams.split_at(streams.len().min(share));
    let client = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SETTINGS, client].concat();
    let server = [SETTINGS, server].concat();
    let whole = feed(&client, &server, usize::MAX);
    assert_eq!(feed(&client, &server, usize::from(*size) + 1), whole);
});
