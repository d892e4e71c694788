//! What the tests of handshakes and messages share: talks of real peers, and a sink that writes down what it is told.

use std::collections::BTreeSet;

use super::{Object, Parser, Sink};
use crate::event::Direction::{self, ToClient, ToServer};
use crate::event::record::{Layout, Value, fields};

/// What one side says.
pub(super) type Piece = (Direction, Vec<u8>);

/// A talk of `tests/talks`.
pub(super) fn talk(name: &str) -> Vec<Piece> {
    let path = format!("{}/tests/talks/{name}.talk", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut rest = &file[..];
    let mut pieces = Vec::new();
    while let Some((&[side, a, b, c, d], after)) = rest.split_first_chunk() {
        let (piece, after) = after.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        pieces.push((if side == 0 { ToServer } else { ToClient }, piece.to_vec()));
        rest = after;
    }
    assert!(rest.is_empty() && !pieces.is_empty(), "{path}");
    pieces
}

/// All that a parser has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Of each record a line `name key=value key=value`.
    pub(super) records: Vec<String>,
    pub(super) anomalies: BTreeSet<&'static str>,
    /// Bytes that were handed on, by direction.
    pub(super) raw: [Vec<u8>; 2],
    pub(super) gaps: u64,
    direction: usize,
}

impl Told {
    /// The value of a key of the only record; `None` where it has none.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let [record] = &self.records[..] else { panic!("{} records: {:?}", self.records.len(), self.records) };
        let begin = format!("\t{key}=");
        let at = record.find(&begin)? + begin.len();
        record[at..].split('\t').next()
    }

    /// The keys of the only record.
    pub(super) fn keys(&self) -> Vec<&str> {
        let [record] = &self.records[..] else { panic!("{} records: {:?}", self.records.len(), self.records) };
        record.split('\t').skip(1).filter_map(|field| Some(field.split_once('=')?.0)).collect()
    }
}

impl Sink for Told {
    fn begin_lines(&mut self, _label: &'static str) {
        unreachable!("no lines")
    }
    fn lines(&mut self, _offset: u64, _bytes: &[u8]) {
        unreachable!("no lines")
    }
    fn lines_gap(&mut self, _length: u64) {
        unreachable!("no lines")
    }
    fn begin_object(&mut self, _id: u32, _object: &Object<'_>) {
        unreachable!("no objects")
    }
    fn object(&mut self, _id: u32, _bytes: &[u8]) {
        unreachable!("no objects")
    }
    fn object_gap(&mut self, _id: u32, _length: u64) {
        unreachable!("no objects")
    }
    fn end_object(&mut self, _id: u32, _complete: bool) {
        unreachable!("no objects")
    }
    fn raw(&mut self, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        self.raw[self.direction].extend_from_slice(bytes);
    }
    fn raw_gap(&mut self, length: u64) {
        self.gaps += length;
    }
    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let mut line = layout.name.to_owned();
        for (tag, value) in parts.iter().flat_map(|part| fields(part)) {
            let value = match value {
                Value::Text(text) => text.escape_ascii().to_string(),
                Value::Number(number) => number.to_string(),
                Value::Flag(flag) => flag.to_string(),
            };
            line += &format!("\t{}={value}", layout.keys[usize::from(tag)]);
        }
        self.records.push(line);
    }
    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.insert(name);
    }
}

/// Feeds the pieces as they are, then ends both directions.
pub(super) fn feed<'a>(parser: &mut impl Parser, pieces: impl IntoIterator<Item = (Direction, &'a [u8])>) -> Told {
    let mut told = Told::default();
    for (direction, piece) in pieces {
        told.direction = direction.index();
        parser.push(direction, piece, &mut told);
    }
    for direction in [ToServer, ToClient] {
        told.direction = direction.index();
        parser.end(direction, true, &mut told);
    }
    told
}

/// The pieces, borrowed.
pub(super) fn borrowed(talk: &[Piece]) -> impl Iterator<Item = (Direction, &[u8])> {
    talk.iter().map(|(direction, piece)| (*direction, &piece[..]))
}

/// Feeds a talk whole, byte by byte and cut at every position: what is told is the same, and every byte is handed on.
pub(super) fn told_wherever_cut<P: Parser>(make: impl Fn() -> P, talk: &[Piece]) -> Told {
    let whole = feed(&mut make(), borrowed(talk));
    for direction in [ToServer, ToClient] {
        let sent: Vec<u8> =
            talk.iter().filter(|(way, _)| *way == direction).flat_map(|(_, piece)| piece.clone()).collect();
        assert!(whole.raw[direction.index()] == sent, "what was handed on is not what was sent");
    }
    let bytes = borrowed(talk).flat_map(|(direction, piece)| piece.chunks(1).map(move |byte| (direction, byte)));
    assert_eq!(feed(&mut make(), bytes), whole, "byte by byte");
    for (number, (_, piece)) in talk.iter().enumerate() {
        for cut in 1..piece.len() {
            let pieces = borrowed(talk).enumerate().flat_map(|(at, (direction, piece))| {
                let (first, second) = piece.split_at(if at == number { cut } else { 0 });
                [(direction, first), (direction, second)]
            });
            let pieces = pieces.filter(|(_, piece)| !piece.is_empty());
            assert_eq!(feed(&mut make(), pieces), whole, "piece {number} cut at {cut}");
        }
    }
    whole
}

/// Feeds a talk with holes of several lengths at every position, and ended at every position: nothing may panic, and what
/// is told is said by `check` to be all right.
pub(super) fn with_holes<P: Parser>(make: impl Fn() -> P, talk: &[Piece], check: impl Fn(&Told)) {
    for (number, (direction, piece)) in talk.iter().enumerate() {
        for at in 0..piece.len() {
            for length in [1, 40, piece.len()] {
                let mut parser = make();
                let mut told = feed_open(&mut parser, &talk[..number]);
                told.direction = direction.index();
                let (before, rest) = piece.split_at(at);
                let (hole, after) = rest.split_at(length.min(rest.len()));
                parser.push(*direction, before, &mut told);
                parser.gap(*direction, hole.len() as u64, &mut told);
                parser.push(*direction, after, &mut told);
                for (direction, piece) in &talk[number + 1..] {
                    told.direction = direction.index();
                    parser.push(*direction, piece, &mut told);
                }
                for direction in [ToClient, ToServer] {
                    parser.end(direction, false, &mut told);
                }
                check(&told);
            }
        }
    }
}

fn feed_open(parser: &mut impl Parser, talk: &[Piece]) -> Told {
    let mut told = Told::default();
    for (direction, piece) in talk {
        told.direction = direction.index();
        parser.push(*direction, piece, &mut told);
    }
    told
}

/// Bytes that look like any.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
