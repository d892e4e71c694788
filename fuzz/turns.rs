//! Turns for parsers of binary protocols with several objects at a time: what a parser tells does not depend on how its
//! bytes are divided.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::event::record::{Layout, fields};
use tidegate::proto::{Object, Parser, Sink};

/// A digest of what was told, however it was divided.
#[derive(Default)]
struct Digest {
    order: DefaultHasher,
    /// Objects that are open.
    objects: HashMap<(usize, u32), DefaultHasher>,
    anomalies: Vec<&'static str>,
    direction: usize,
    delivered: usize,
}

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty delivery");
        self.delivered += bytes.len();
        bytes.iter().for_each(|byte| self.order.write_u8(*byte));
    }
}

impl Sink for Digest {
    fn begin_lines(&mut self, label: &'static str) {
        label.hash(&mut self.order);
    }

    fn lines(&mut self, _offset: u64, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn lines_gap(&mut self, length: u64) {
        length.hash(&mut self.order);
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        let before = self.objects.insert((self.direction, id), DefaultHasher::default());
        assert!(before.is_none(), "object {id} twice");
        (object.label, object.name, object.offset, object.length).hash(&mut self.order);
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty delivery");
        self.delivered += bytes.len();
        let object = self.objects.get_mut(&(self.direction, id)).expect("bytes of no object");
        bytes.iter().for_each(|byte| object.write_u8(*byte));
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        let object = self.objects.get_mut(&(self.direction, id)).expect("a gap of no object");
        object.write_u64(length);
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        let object = self.objects.remove(&(self.direction, id)).expect("the end of no object");
        (object.finish(), complete).hash(&mut self.order);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        length.hash(&mut self.order);
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

/// A turn: bytes, or how many were never seen.
enum Turn<'a> {
    Bytes(Direction, &'a [u8]),
    Hole(Direction, u64),
}

/// One byte of what it is (the lowest bit: from the server; the next: a hole), two of length, and then, of bytes, these.
fn turns(mut rest: &[u8]) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    while let [kind, high, low, after @ ..] = rest {
        let direction = if kind & 1 == 0 { ToServer } else { ToClient };
        let length = u16::from_be_bytes([*high, *low]);
        if kind & 2 == 0 {
            let (bytes, after) = after.split_at(after.len().min(length.into()));
            turns.push(Turn::Bytes(direction, bytes));
            rest = after;
        } else {
            turns.push(Turn::Hole(direction, length.into()));
            rest = after;
        }
    }
    turns
}

fn feed<P: Parser + Default>(turns: &[Turn<'_>], size: usize) -> (u64, Vec<&'static str>) {
    let (mut parser, mut digest) = (P::default(), Digest::default());
    let mut sent = 0;
    for turn in turns {
        match turn {
            Turn::Bytes(direction, bytes) => {
                sent += bytes.len();
                digest.direction = direction.index();
                bytes.chunks(size).for_each(|piece| parser.push(*direction, piece, &mut digest));
            }
            Turn::Hole(direction, length) => {
                digest.direction = direction.index();
                parser.gap(*direction, *length, &mut digest);
            }
        }
    }
    for direction in [ToServer, ToClient] {
        digest.direction = direction.index();
        parser.end(direction, true, &mut digest);
    }
    assert!(digest.objects.is_empty(), "an object without end");
    // of a name, a byte in UTF-16 may make three in UTF-8 of two
    assert!(digest.delivered <= 2 * sent + 64, "{} bytes out of {sent}", digest.delivered);
    (digest.order.finish(), digest.anomalies)
}

/// The first byte, plus one, is the size of the pieces. With `datagrams`, a turn is one, and is not divided.
pub fn check<P: Parser + Default>(input: &[u8], datagrams: bool) {
    let [size, rest @ ..] = input else { return };
    let turns = turns(rest);
    let whole = feed::<P>(&turns, usize::MAX);
    if !datagrams {
        assert_eq!(feed::<P>(&turns, usize::from(*size) + 1), whole);
    }
}
