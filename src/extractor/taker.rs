//! The process's end of the ring of objects.

use super::board::Facts;
use super::layout::{
    CHUNK, CHUNK_BYTES, CHUNKS, COMPLETE, FIRST, FLAGS, LENGTH, LEVEL, LOCK, MODULE, PUBLISHED, READERS, RING, WITHIN,
    chunk, descriptor, next,
};
use crate::dpdk::shared::ReadOnly;

/// Where one process is in the ring.
#[derive(Debug)]
pub(super) struct Taker<'a> {
    memory: &'a ReadOnly,
    reader: u32,
    position: u64,
}

/// What was found at the next place of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing new.
    Nothing,
    /// Objects for others, or that are there no more.
    Skipped,
    /// The object of this number, which was copied.
    Object(u64, Facts),
}

impl<'a> Taker<'a> {
    /// A taker of objects from number `position` on, for process `reader`.
    pub(super) const fn new(memory: &'a ReadOnly, reader: u32, position: u64) -> Self {
        Self { memory, reader, position }
    }

    /// The number of the object that it looks for next.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Looks at the next place. The object's bytes come in place of what `bytes` holds.
    pub(super) fn next(&mut self, bytes: &mut Vec<u8>) -> Found {
        let published = self.memory.load_first(PUBLISHED);
        if self.position >= published {
            return Found::Nothing;
        }
        if published - self.position > RING as u64 {
            // The oldest are gone.
            self.position = published - RING as u64;
        }
        let number = self.position;
        self.position += 1;
        let at = descriptor(number);
        if self.memory.load_first(at + LOCK) != number + 1 {
            return Found::Skipped;
        }
        let word = |place: usize| self.memory.load(at + place);
        let (length, first, readers, flags) = (word(LENGTH), word(FIRST), word(READERS), word(FLAGS));
        let number_of = |place| usize::try_from(word(place)).unwrap_or(usize::MAX);
        let (module, level) = (number_of(MODULE), number_of(LEVEL));
        if readers >> self.reader & 1 == 0 {
            return Found::Skipped;
        }
        self.copy(first, usize::try_from(length).unwrap_or(0), bytes);
        if self.memory.load_last(at + LOCK) != number + 1 {
            return Found::Skipped;
        }
        let facts = Facts { module, level, complete: flags & COMPLETE != 0, within: flags & WITHIN != 0 };
        Found::Object(number, facts)
    }

    fn copy(&self, first: u64, length: usize, bytes: &mut Vec<u8>) {
        bytes.clear();
        let chunks = usize::try_from(self.memory.load(CHUNKS)).unwrap_or(0);
        // What is overwritten while it is copied may say anything.
        if length > chunks.saturating_mul(CHUNK_BYTES) {
            return;
        }
        bytes.reserve(length.next_multiple_of(8));
        let mut number = usize::try_from(first).unwrap_or(usize::MAX);
        while bytes.len() < length && number < chunks {
            let count = (length - bytes.len()).div_ceil(8).min(CHUNK);
            for word in self.memory.words(chunk(chunks, number), count) {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            number = usize::try_from(self.memory.load(next(number))).unwrap_or(usize::MAX);
        }
        bytes.truncate(length);
    }
}
