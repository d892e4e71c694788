//! Any bytes as both directions of an HTTP/1 connection: nothing panics, every byte is delivered at most once, and
//! cutting the stream into pieces changes nothing.
//!
//! The first byte, plus one, is the size of the pieces. What follows is what the client sends up to the first byte
//! 0xff, and behind it what the server sends.

#![no_main]

use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction;
use tidegate::proto::http1::{Anomalies, Http1, Part, Sink};

/// What was delivered, however it was cut.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
    bytes: usize,
    last: Option<(Option<Part>, u64)>,
}

impl Digest {
    fn bytes(&mut self, part: Option<Part>, bytes: &[u8]) {
        self.bytes += bytes.len();
        for byte in bytes {
            self.hasher.write_u8(match part {
                None => 0,
                Some(Part::Header) => 1,
                Some(Part::Body) => 2,
            });
            self.hasher.write_u8(*byte);
        }
    }
}

impl Sink for Digest {
    fn begin(&mut self, part: Part) {
        self.hasher.write_u8(if part == Part::Header { 3 } else { 4 });
        self.last = None;
    }

    fn data(&mut self, part: Part, offset: u64, bytes: &[u8]) {
        if let Some((Some(before), end)) = self.last {
            assert!(before != part || offset == end, "{part:?} goes on at {offset}, not at {end}");
        }
        self.last = Some((Some(part), offset + bytes.len() as u64));
        self.bytes(Some(part), bytes);
    }

    fn gap(&mut self, part: Part, len: u64) {
        panic!("a gap of {len} bytes in {part:?} that nobody made");
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes(None, bytes);
    }

    fn raw_gap(&mut self, len: u64) {
        panic!("a gap of {len} bytes that nobody made");
    }
}

/// Feeds both directions in pieces of `size` bytes.
fn feed(client: &[u8], server: &[u8], size: usize) -> [(u64, Anomalies); 2] {
    let mut http = Http1::default();
    [(Direction::ToServer, client), (Direction::ToClient, server)].map(|(direction, bytes)| {
        let mut digest = Digest::default();
        for piece in bytes.chunks(size) {
            http.push(direction, piece, &mut digest);
        }
        assert!(digest.bytes <= bytes.len(), "{} bytes out of {}", digest.bytes, bytes.len());
        (digest.hasher.finish(), http.take_anomalies(direction))
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
