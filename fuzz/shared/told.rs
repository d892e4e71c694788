//! What the targets share whose parsers tell records.
//!
//! The first byte, plus one, is the size of the pieces. What follows is the client's length in two bytes, network order, what the
//! client sends, and then what the server sends.

use std::hash::{DefaultHasher, Hasher};

use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::event::record::Layout;
use tidegate::proto::{Object, Parser, Sink};

/// What was told.
#[derive(Default)]
pub struct Told {
    hasher: DefaultHasher,
    pub records: usize,
    anomalies: std::collections::BTreeSet<&'static str>,
    pub bytes: usize,
}

impl Sink for Told {
    fn begin_lines(&mut self, label: &'static str) {
        panic!("lines of {label}");
    }
    fn lines(&mut self, _: u64, _: &[u8]) {
        panic!("lines");
    }
    fn lines_gap(&mut self, _: u64) {
        panic!("lines");
    }
    fn begin_object(&mut self, _: u32, object: &Object<'_>) {
        panic!("an object {}", object.label);
    }
    fn object(&mut self, _: u32, _: &[u8]) {
        panic!("an object");
    }
    fn object_gap(&mut self, _: u32, _: u64) {
        panic!("an object");
    }
    fn end_object(&mut self, _: u32, _: bool) {
        panic!("an object");
    }
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
    }
    fn raw_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }
    fn record(&mut self, _: &'static Layout, parts: &[&[u8]]) {
        self.records += 1;
        parts.iter().for_each(|part| self.hasher.write(part));
    }
    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.insert(name);
    }
}

/// Feeds the pieces, then ends both directions.
pub fn feed<'a>(parser: &mut impl Parser, pieces: impl IntoIterator<Item = (Direction, &'a [u8])>) -> Told {
    let mut told = Told::default();
    for (direction, piece) in pieces {
        parser.push(direction, piece, &mut told);
    }
    parser.end(ToServer, true, &mut told);
    parser.end(ToClient, true, &mut told);
    told
}

/// Feeds an input whole and in pieces.
#[allow(dead_code)] // a target whose datagrams may not be cut does not use it
pub fn same_wherever_cut<P: Parser>(make: impl Fn() -> P, input: &[u8]) {
    let [size, high, low, streams @ ..] = input else { return };
    let length = usize::from(u16::from_be_bytes([*high, *low])).min(streams.len());
    let (client, server) = streams.split_at(length);
    let [whole, cut] = [usize::MAX, usize::from(*size) + 1].map(|size| {
        let pieces = [(ToServer, client), (ToClient, server)];
        feed(&mut make(), pieces.into_iter().flat_map(|(way, bytes)| bytes.chunks(size).map(move |piece| (way, piece))))
    });
    assert_eq!((whole.bytes, cut.bytes), (streams.len(), streams.len()), "every byte is handed on");
    assert_eq!((whole.records, whole.anomalies), (cut.records, cut.anomalies));
    assert_eq!(whole.hasher.finish(), cut.hasher.finish());
}
