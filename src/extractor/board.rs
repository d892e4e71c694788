//! The worker's end of the ring of objects.
//!
//! Objects of several flows are written side by side, each into a chain of chunks, and
//! published once they are over. Chunks are given back as soon as who the object is for has copied it.

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

/// An object that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u16);

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
}

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
    published: u64,
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
            open: vec![Open { first: NONE, last: NONE, length: 0, word: [0; 8] }; usize::from(OPEN)].into_boxed_slice(),
            idle: (0..OPEN).rev().collect(),
            firsts: [NONE; RING],
            published: 0,
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

    /// An object begins. `None` when too many are being written.
    pub(super) fn begin(&mut self) -> Option<Ticket> {
        let number = self.idle.pop()?;
        *self.open.get_mut(usize::from(number))? = Open { first: NONE, last: NONE, length: 0, word: [0; 8] };
        Some(Ticket(number))
    }

    /// Bytes of it so far.
    pub(super) fn length(&self, Ticket(number): Ticket) -> usize {
        self.open.get(usize::from(number)).map_or(0, |open| open.length)
    }

    /// Its next bytes. Returns how many of them had room; the rest may have it once something is released.
    pub(super) fn write(&mut self, Ticket(number): Ticket, bytes: &[u8]) -> usize {
        let Self { memory, chunks, next: links, free, open, .. } = self;
        let words = memory.words();
        let Some(open) = open.get_mut(usize::from(number)) else { return 0 };
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

    /// It will not be published after all.
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
        if let Some(first) = self.firsts.get_mut(slot(number)) {
            *first = open.first;
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

    fn close(&mut self, Ticket(number): Ticket) -> Option<Open> {
        let open = *self.open.get(usize::from(number))?;
        // The list has room for every number from the start, so this never allocates.
        if self.idle.len() < self.idle.capacity() {
            self.idle.push(number);
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
