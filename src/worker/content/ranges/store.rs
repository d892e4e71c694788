//! Bytes that came before those in front of them.
//!
//! A worker has one [`Store`] of cells for all its files. Each file knows its stored bytes as [`Stretches`]: runs of bytes
//! without a hole in them, in order, that do not touch each other, each a chain of cells.

use super::piece::{PIECE, Source};

/// Stretches of one file, so that it takes few steps to find the place of a piece. Downloaders have up to 16 connections
/// to a server.
pub(super) const STRETCHES: usize = 24;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Stored bytes, and whose they are.
#[derive(Clone, Debug)]
struct Cell {
    source: Option<Source>,
    offset: u64,
    length: u16,
    next: u32,
    bytes: [u8; PIECE],
}

/// All cells of a worker.
#[derive(Debug)]
pub(super) struct Store {
    cells: Box<[Cell]>,
    free: u32,
    used: usize,
}

/// A piece that has left the store.
pub(super) struct Taken<'a> {
    pub(super) source: Source,
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
}

impl Store {
    /// What a byte of pieces takes in all.
    pub(super) const CELL_BYTES: usize = size_of::<Cell>();

    /// Takes `bytes` of memory.
    pub(super) fn new(bytes: usize) -> Self {
        let count = u32::try_from(bytes / Self::CELL_BYTES).unwrap_or(NONE - 1);
        let cell = |number: u32| Cell {
            source: None,
            offset: 0,
            length: 0,
            next: if number + 1 == count { NONE } else { number + 1 },
            bytes: [0; PIECE],
        };
        Self { cells: (0..count).map(cell).collect(), free: if count == 0 { NONE } else { 0 }, used: 0 }
    }

    /// Bytes of memory in use.
    pub(super) const fn used_bytes(&self) -> usize {
        self.used * Self::CELL_BYTES
    }

    fn get(&mut self, number: u32) -> Option<&mut Cell> {
        usize::try_from(number).ok().and_then(|number| self.cells.get_mut(number))
    }

    /// Puts at most [`PIECE`] bytes into a cell of its own; nothing when none is free.
    fn put(&mut self, offset: u64, bytes: &[u8], source: &Source) -> Option<u32> {
        let number = self.free;
        let cell = self.get(number)?;
        cell.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (cell.offset, cell.length) = (offset, u16::try_from(bytes.len()).ok()?);
        cell.source = Some(source.clone());
        self.free = std::mem::replace(&mut cell.next, NONE);
        self.used += 1;
        Some(number)
    }

    fn link(&mut self, from: u32, to: u32) {
        if let Some(cell) = self.get(from) {
            cell.next = to;
        }
    }
}

/// Bytes without a hole.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: u64,
    end: u64,
    first: u32,
    last: u32,
}

/// Those of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretches {
    stretches: [Stretch; STRETCHES],
    count: usize,
}

impl Default for Stretches {
    fn default() -> Self {
        Self { stretches: [Stretch { start: 0, end: 0, first: NONE, last: NONE }; STRETCHES], count: 0 }
    }
}

impl Stretches {
    /// Where the first begins.
    pub(super) fn start(&self) -> Option<u64> {
        self.stretches.first().filter(|_| self.count != 0).map(|first| first.start)
    }

    /// How many bytes from `offset` on are there.
    pub(super) fn known(&self, offset: u64) -> u64 {
        let stretch = self.list().iter().find(|stretch| stretch.start <= offset && offset < stretch.end);
        stretch.map_or(0, |stretch| stretch.end - offset)
    }

    /// Stores bytes up to the first that is there already, or for which there is no room. Returns how many.
    pub(super) fn put(&mut self, store: &mut Store, offset: u64, bytes: &[u8], source: &Source) -> usize {
        let place = self.list().iter().position(|stretch| stretch.end > offset).unwrap_or(self.count);
        let room = self.list().get(place).map_or(u64::MAX, |behind| behind.start.saturating_sub(offset));
        let bytes = bytes.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(bytes);
        let mut stored = 0;
        for piece in bytes.chunks(PIECE) {
            let at = offset.saturating_add(length(stored));
            // What is added at the end of a stretch makes that longer.
            let place = self.list().iter().position(|stretch| stretch.end > at).unwrap_or(self.count);
            if !self.add(store, place, at, piece, source) {
                break;
            }
            stored += piece.len();
        }
        stored
    }

    /// Adds a piece that overlaps nothing, in front of the stretch number `place`.
    fn add(&mut self, store: &mut Store, place: usize, at: u64, piece: &[u8], source: &Source) -> bool {
        let end = at.saturating_add(length(piece.len()));
        let before =
            place.checked_sub(1).filter(|before| self.stretches.get(*before).is_some_and(|known| known.end == at));
        if before.is_none() && self.count == STRETCHES {
            return false;
        }
        let Some(cell) = store.put(at, piece, source) else { return false };
        let own = match before {
            Some(before) => {
                if let Some(stretch) = self.stretches.get_mut(before) {
                    store.link(stretch.last, cell);
                    (stretch.last, stretch.end) = (cell, end);
                }
                before
            }
            None => {
                self.stretches.copy_within(place..self.count, place + 1);
                if let Some(stretch) = self.stretches.get_mut(place) {
                    *stretch = Stretch { start: at, end, first: cell, last: cell };
                }
                self.count += 1;
                place
            }
        };
        self.merge(store, own);
        true
    }

    /// Makes one of two stretches that touch.
    fn merge(&mut self, store: &mut Store, number: usize) {
        let (Some(own), Some(next)) = (self.list().get(number).copied(), self.list().get(number + 1).copied()) else {
            return;
        };
        if own.end != next.start {
            return;
        }
        store.link(own.last, next.first);
        if let Some(place) = self.stretches.get_mut(number) {
            *place = Stretch { end: next.end, last: next.last, ..own };
        }
        self.stretches.copy_within(number + 2..self.count, number + 1);
        self.count -= 1;
    }

    /// Takes the first piece out. Its bytes stay as they are until something is stored.
    pub(super) fn pop<'a>(&mut self, store: &'a mut Store) -> Option<Taken<'a>> {
        let stretch = self.stretches.first_mut().filter(|_| self.count != 0)?;
        let number = stretch.first;
        let free = store.free;
        let cell = store.get(number)?;
        let next = std::mem::replace(&mut cell.next, free);
        let source = cell.source.take();
        store.free = number;
        store.used = store.used.saturating_sub(1);
        let cell = store.cells.get(usize::try_from(number).ok()?)?;
        (stretch.first, stretch.start) = (next, cell.offset.saturating_add(u64::from(cell.length)));
        if next == NONE {
            self.stretches.copy_within(1..self.count, 0);
            self.count -= 1;
        }
        let bytes = cell.bytes.get(..usize::from(cell.length))?;
        Some(Taken { source: source?, offset: cell.offset, bytes })
    }

    fn list(&self) -> &[Stretch] {
        self.stretches.get(..self.count).unwrap_or_default()
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
