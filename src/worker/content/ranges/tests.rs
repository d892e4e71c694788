//! Files of random parts against a naive model, and each limit.

mod exchange;
mod limits;
mod model;

use std::collections::HashMap;

use super::files::{Adopted, By, Files, Piece, Walker};
use super::piece::{Described, Place, Source};
use super::{Counters, RangeLimits, Verdict};
use crate::event::Direction;
use crate::flow::Flow;
use crate::scan::keyword::Dictionaries;

/// What a tree was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tape {
    start: u64,
    /// Bytes, `None` for those that were never seen.
    bytes: Vec<Option<u8>>,
    /// Connection and time of each.
    from: Vec<(u64, u64)>,
    complete: Option<bool>,
}

/// Walks files onto tapes.
#[derive(Debug, Default)]
struct Tapes {
    /// Trees that there may be.
    most: usize,
    open: HashMap<u16, Tape>,
    taken: usize,
    /// Those that have ended.
    ended: Vec<Tape>,
    present: u64,
    /// A byte that is not to be.
    forbidden: Option<u8>,
    /// Connections that are to be reset.
    condemned: Vec<u64>,
}

impl Tapes {
    fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    fn who(&self, by: &By<'_>) -> u64 {
        match by {
            By::Present => self.present,
            By::Other(source) => source.facts.start_ns,
        }
    }
}

impl Walker for Tapes {
    fn take(&mut self) -> Option<u16> {
        if self.taken == self.most {
            return None;
        }
        self.taken += 1;
        (0..u16::MAX).find(|number| !self.open.contains_key(number)).inspect(|number| {
            self.open.insert(*number, Tape::default());
        })
    }

    fn begin(&mut self, tree: u16, start: u64, _: &Described) {
        let tape = self.open.get_mut(&tree).unwrap();
        assert!(tape.bytes.is_empty(), "begins once");
        tape.start = start;
    }

    fn data(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, bytes: &[u8]) -> bool {
        let who = self.who(&by);
        let tape = self.open.get_mut(&tree).unwrap();
        tape.bytes.extend(bytes.iter().copied().map(Some));
        tape.from.extend(bytes.iter().map(|_| (who, timestamp_ns)));
        self.forbidden.is_some_and(|forbidden| bytes.contains(&forbidden))
    }

    fn gap(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, length: u64) -> bool {
        let who = self.who(&by);
        let tape = self.open.get_mut(&tree).unwrap();
        tape.bytes.extend((0..length).map(|_| None));
        tape.from.extend((0..length).map(|_| (who, timestamp_ns)));
        false
    }

    fn end(&mut self, tree: u16, _: By<'_>, _: u64, complete: bool) -> bool {
        let mut tape = self.open.remove(&tree).unwrap();
        tape.complete = Some(complete);
        self.taken -= 1;
        self.ended.push(tape);
        false
    }

    fn condemn(&mut self, by: By<'_>) {
        self.condemned.push(self.who(&by));
    }

    fn give_back(&mut self, tree: u16) {
        assert!(self.open.remove(&tree).unwrap().bytes.is_empty(), "nothing was in it");
        self.taken -= 1;
    }

    fn verdict(&mut self) -> Option<Verdict> {
        None
    }
}

/// A connection, told by when it began, that brings bytes at a time.
fn source(connection: u64, timestamp_ns: u64) -> Source {
    let mut facts = Flow::empty().facts;
    facts.start_ns = connection;
    Source::new(&facts, Direction::ToClient, 0, timestamp_ns, Dictionaries::NONE, 0)
}

/// Byte of a file that is told by where it stands.
fn byte(offset: u64) -> u8 {
    u8::try_from(offset.wrapping_mul(167).wrapping_add(offset / 251) % 256).unwrap()
}

fn bytes(range: std::ops::Range<u64>) -> Vec<u8> {
    range.map(byte).collect()
}

const LIMITS: RangeLimits = RangeLimits { files: 8, buffer: 1 << 20, idle_ns: 1_000_000 };

/// A worker's files, and what came of them.
struct World {
    files: Files,
    tapes: Tapes,
    counters: Counters,
    portion: usize,
    /// When parts began; with their pieces where that is not said.
    begun_ns: Option<u64>,
}

impl World {
    fn new(limits: &RangeLimits, trees: usize) -> Self {
        let counters = Counters::default();
        let (files, tapes) = (Files::new(limits), Tapes::new(trees));
        Self { files, tapes, counters, portion: usize::MAX, begun_ns: None }
    }

    /// A piece of the file `digest` of `size` bytes. Returns how many of its bytes were taken.
    fn piece(&mut self, digest: u128, size: u64, range: std::ops::Range<u64>, from: &Source) -> usize {
        let content = bytes(range.clone());
        let (place, described) = (
            Place { digest, size, offset: range.start, begun_ns: self.begun_ns.unwrap_or(from.timestamp_ns) },
            &Described::default(),
        );
        let mut piece = Piece { place, bytes: &content, source: from.clone(), present: false, described };
        self.files.take(&mut piece, self.portion, &mut self.counters, &mut self.tapes)
    }

    /// The file `digest` of `size` bytes has passed whole in that flow, and breaks off after `passed` of them.
    fn breaks_off(&mut self, digest: u128, size: u64, passed: u64, from: &Source) -> bool {
        let Some(tree) = self.tapes.take() else { return false };
        let had = (0..passed).map(|at| Some(byte(at))).collect();
        let who = (from.facts.start_ns, from.timestamp_ns);
        self.tapes
            .open
            .insert(tree, Tape { bytes: had, from: vec![who; usize::try_from(passed).unwrap()], ..Tape::default() });
        let adopted = Adopted { tree, passed, condemned: false, source: from.clone() };
        let place = Place { digest, size, offset: passed, begun_ns: from.timestamp_ns };
        let is_kept = self.files.keep_broken(&place, adopted, self.portion, &mut self.counters, &mut self.tapes);
        if !is_kept {
            self.tapes.open.remove(&tree);
            self.tapes.taken -= 1;
        }
        is_kept
    }

    fn flush(&mut self) {
        self.files.flush(&mut self.counters, &mut self.tapes);
        assert_eq!((self.files.used(), self.files.stored_bytes()), (0, 0), "all is given back");
        assert_eq!(self.tapes.taken, 0, "all trees too");
    }
}
