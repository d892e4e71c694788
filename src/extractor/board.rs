//! The worker's end of the ring of objects.
//!
//! Objects of several flows are written side by side, each into a chain of chunks, and
//! published once they are over. Chunks are given back as soon as who the object is for has copied it, or when others
//! need them more: what was written least recently, whether it is published or not, loses its own first.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::layout::{
    CHUNK_BYTES, CHUNKS, COMPLETE, FIRST, FLAGS, LENGTH, LEVEL, LOCK, MODULE, PUBLISHED, READERS, RING, WITHIN, chunk,
    descriptor, next, objects_words, slot,
};
use crate::dpdk::shared::Shared;

/// No chunk.
const NONE: u32 = u32::MAX;
/// Objects that are written at the same time.
const OPEN: u16 = 256;

/// An object that is being written, or was until it was given up for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    place: u16,
    /// Of those that had this place, which.
    turn: u32,
}

/// Who holds chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// An object that is being written.
    Open(Ticket),
    /// The published object of that number.
    Published(u64),
}

/// What a process is told of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Which module takes it apart.
    pub(super) module: usize,
    /// How many objects it lies within.
    pub(super) level: usize,
    /// Nothing of it is missing.
    pub(super) complete: bool,
    /// It is a file, or part of one.
    pub(super) within: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    first: u32,
    last: u32,
    length: usize,
    /// Bytes of the word that is not full yet.
    word: [u8; 8],
    turn: u32,
    /// Nobody has the place.
    idle: bool,
    /// When it was last written.
    written: u64,
}

const IDLE: Open = Open { first: NONE, last: NONE, length: 0, word: [0; 8], turn: 0, idle: true, written: 0 };

/// Memory of the objects, and what of it is free.
#[derive(Debug)]
pub(super) struct Board {
    memory: Arc<Shared>,
    chunks: usize,
    /// What follows each chunk; the processes have a copy.
    next: Box<[u32]>,
    free: Vec<u32>,
    open: Box<[Open]>,
    idle: Vec<u16>,
    /// The first chunk of each of the last objects, while it has any.
    firsts: [u32; RING],
    /// When each of them was last written.
    written: [u64; RING],
    published: u64,
    /// Counts what is written: the time by which the least recent is told.
    clock: u64,
}

impl Board {
    /// Room for about `bytes` bytes.
    pub(super) fn new(bytes: usize, settle: bool) -> io::Result<Self> {
        let chunks = (bytes / CHUNK_BYTES).max(1);
        let memory = Arc::new(Shared::create("tidegate-objects", objects_words(chunks), settle)?);
        memory.seal()?;
        let count = u32::try_from(chunks).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let board = Self {
            memory,
            chunks,
            next: vec![NONE; chunks].into_boxed_slice(),
            free: (0..count).rev().collect(),
            open: vec![IDLE; usize::from(OPEN)].into_boxed_slice(),
            idle: (0..OPEN).rev().collect(),
            firsts: [NONE; RING],
            written: [0; RING],
            published: 0,
            clock: 0,
        };
        board.store(CHUNKS, u64::from(count));
        Ok(board)
    }

    /// Its memory, for processes to read.
    pub(super) fn memory(&self) -> Arc<Shared> {
        Arc::clone(&self.memory)
    }

    /// Bytes that it holds for so many bytes of objects.
    pub(super) const fn memory_bytes(bytes: usize) -> usize {
        let chunks = bytes / CHUNK_BYTES;
        objects_words(if chunks == 0 { 1 } else { chunks }) * 8
    }

    /// How many objects were published.
    pub(super) const fn published(&self) -> u64 {
        self.published
    }

    /// An object begins. When 256 are being written, that which was written least recently is given up for it.
    pub(super) fn begin(&mut self) -> Option<Ticket> {
        if self.idle.is_empty() {
            let (_, least) = self.least_open(|_| true)?;
            self.abandon(least);
        }
        let place = self.idle.pop()?;
        self.clock += 1;
        let open = self.open.get_mut(usize::from(place))?;
        *open = Open { turn: open.turn.wrapping_add(1), idle: false, written: self.clock, ..IDLE };
        Some(Ticket { place, turn: open.turn })
    }

    /// Whether it is still being written.
    pub(super) fn is_open(&self, ticket: Ticket) -> bool {
        self.open(ticket).is_some()
    }

    fn open(&self, Ticket { place, turn }: Ticket) -> Option<&Open> {
        self.open.get(usize::from(place)).filter(|open| !open.idle && open.turn == turn)
    }

    /// Bytes of it so far.
    pub(super) fn length(&self, ticket: Ticket) -> usize {
        self.open(ticket).map_or(0, |open| open.length)
    }

    /// Of the objects that are being written and are as `suits` says, that which was written least recently, and when.
    fn least_open(&self, suits: impl Fn(&Open) -> bool) -> Option<(u64, Ticket)> {
        let places = (0..OPEN).zip(&*self.open).filter(|(_, open)| !open.idle && suits(open));
        let (place, open) = places.min_by_key(|(_, open)| open.written)?;
        Some((open.written, Ticket { place, turn: open.turn }))
    }

    /// Of all that hold chunks but `except`, who was written least recently.
    pub(super) fn least_recent(&self, except: Ticket) -> Option<Holder> {
        let own = self.open(except).map_or(0, |open| open.written);
        let open = self.least_open(|open| open.first != NONE && open.written != own);
        let ring = self.published.saturating_sub(RING as u64)..self.published;
        let published = ring.filter(|number| self.holds(*number));
        let published = published.filter_map(|number| Some((*self.written.get(slot(number))?, number)));
        match (open, published.min()) {
            (Some((when, ticket)), published) if published.is_none_or(|(written, _)| when < written) => {
                Some(Holder::Open(ticket))
            }
            (_, published) => published.map(|(_, number)| Holder::Published(number)),
        }
    }

    /// Its next bytes. Returns how many of them had room; the rest may have it once something is released.
    pub(super) fn write(&mut self, ticket: Ticket, bytes: &[u8]) -> usize {
        let Self { memory, chunks, next: links, free, open, clock, .. } = self;
        let words = memory.words();
        let open = open.get_mut(usize::from(ticket.place)).filter(|open| !open.idle && open.turn == ticket.turn);
        let Some(open) = open else { return 0 };
        *clock += 1;
        open.written = *clock;
        let mut rest = bytes;
        while !rest.is_empty() {
            let at = open.length % CHUNK_BYTES;
            if at == 0 {
                let Some(fresh) = free.pop() else { break };
                link(links, words, open.last, fresh);
                if open.first == NONE {
                    open.first = fresh;
                }
                open.last = fresh;
            }
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - at));
            let place = chunk(*chunks, usize::try_from(open.last).unwrap_or(0));
            fill(words, place, at, &mut open.word, now);
            open.length += now.len();
            rest = later;
        }
        bytes.len() - rest.len()
    }

    /// It will not be published after all. Nothing happens where it is not open any more.
    pub(super) fn abandon(&mut self, ticket: Ticket) {
        let first = self.close(ticket).map_or(NONE, |open| open.first);
        self.give_back(first);
    }

    /// It is over, and `readers` may take it. What had its place in the ring must have been released. Returns its number.
    pub(super) fn publish(&mut self, ticket: Ticket, readers: u32, facts: &Facts) -> u64 {
        let number = self.published;
        let Some(open) = self.close(ticket) else { return number };
        if !open.length.is_multiple_of(8) {
            let place = chunk(self.chunks, usize::try_from(open.last).unwrap_or(0));
            self.store(place + open.length % CHUNK_BYTES / 8, u64::from_le_bytes(open.word));
        }
        let at = descriptor(number);
        self.store(at + LOCK, 0);
        fence(Ordering::Release);
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.store(at + LENGTH, wide(open.length));
        self.store(at + FIRST, u64::from(open.first));
        self.store(at + READERS, u64::from(readers));
        self.store(at + MODULE, wide(facts.module));
        self.store(at + LEVEL, wide(facts.level));
        self.store(at + FLAGS, (u64::from(facts.complete) * COMPLETE) | (u64::from(facts.within) * WITHIN));
        self.store_last(at + LOCK, number + 1);
        if let (Some(first), Some(written)) = (self.firsts.get_mut(slot(number)), self.written.get_mut(slot(number))) {
            (*first, *written) = (open.first, open.written);
        }
        self.published = number + 1;
        self.store_last(PUBLISHED, number + 1);
        number
    }

    /// Nobody needs an object any more, or nobody shall have it: takes its chunks back.
    pub(super) fn release(&mut self, number: u64) {
        let Some(first) = self.firsts.get_mut(slot(number)) else { return };
        let first = std::mem::replace(first, NONE);
        if first != NONE {
            self.store(descriptor(number) + LOCK, 0);
            // Before anything is written to its chunks again.
            fence(Ordering::Release);
            self.give_back(first);
        }
    }

    /// Whether an object of the ring has chunks.
    pub(super) fn holds(&self, number: u64) -> bool {
        self.firsts.get(slot(number)).is_some_and(|first| *first != NONE)
    }

    /// Chunks that are free.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    fn close(&mut self, ticket: Ticket) -> Option<Open> {
        let open = *self.open(ticket)?;
        if let Some(place) = self.open.get_mut(usize::from(ticket.place)) {
            place.idle = true;
        }
        // The list has room for every place from the start, so this never allocates.
        if self.idle.len() < self.idle.capacity() {
            self.idle.push(ticket.place);
        }
        Some(open)
    }

    fn give_back(&mut self, first: u32) {
        let mut number = first;
        while let Some(next) = usize::try_from(number).ok().and_then(|number| self.next.get_mut(number)) {
            if self.free.len() < self.free.capacity() {
                self.free.push(number);
            }
            number = std::mem::replace(next, NONE);
        }
    }

    fn store(&self, at: usize, value: u64) {
        if let Some(word) = self.memory.words().get(at) {
            word.store(value, Ordering::Relaxed);
        }
    }

    fn store_last(&self, at: usize, value: u64) {
        if let Some(word) = self.memory.words().get(at) {
            word.store(value, Ordering::Release);
        }
    }
}

/// Hangs `fresh` behind `last`.
fn link(links: &mut [u32], words: &[AtomicU64], last: u32, fresh: u32) {
    for (number, behind) in [(last, fresh), (fresh, NONE)] {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if let (Some(place), Some(word)) = (links.get_mut(number), words.get(next(number))) {
            *place = behind;
            word.store(u64::from(behind), Ordering::Relaxed);
        }
    }
}

/// Writes bytes to a chunk from its byte `at` on; those of a word that is not full stay in `word`.
fn fill(words: &[AtomicU64], chunk: usize, at: usize, word: &mut [u8; 8], bytes: &[u8]) {
    let mut rest = bytes;
    let mut place = chunk + at / 8;
    let begun = at % 8;
    if begun != 0 {
        let (now, later) = rest.split_at(rest.len().min(8 - begun));
        if let Some(part) = word.get_mut(begun..begun + now.len()) {
            part.copy_from_slice(now);
        }
        if begun + now.len() < 8 {
            return;
        }
        if let Some(target) = words.get(place) {
            target.store(u64::from_le_bytes(*word), Ordering::Relaxed);
        }
        place += 1;
        rest = later;
    }
    let (whole, tail) = rest.as_chunks::<8>();
    for (target, bytes) in words.get(place..).unwrap_or(&[]).iter().zip(whole) {
        target.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
    }
    *word = [0; 8];
    if let Some(part) = word.get_mut(..tail.len()) {
        part.copy_from_slice(tail);
    }
}
