//! The worker's end of a ring of answers. What stands there may be anything: the process that writes it has read what an
//! attacker sent.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::layout::{ANSWERS_WORDS, COPIED, HEAD, POSITION, READY, ROOM, TAIL, record};
use super::record::{HEADER, MOST_BYTES, Record};
use super::teller::{load, store};
use crate::dpdk::shared::Shared;

/// The process broke the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong;

/// Records of one process.
#[derive(Debug)]
pub(super) struct Answers {
    memory: Arc<Shared>,
    tail: u64,
    /// Bytes of the last record, where nobody else can change them.
    bytes: Box<[u8; MOST_BYTES]>,
}

impl Answers {
    pub(super) fn new(settle: bool) -> io::Result<Self> {
        let memory = Arc::new(Shared::create("tidegate-answers", ANSWERS_WORDS, settle)?);
        Ok(Self { memory, tail: 0, bytes: Box::new([0; MOST_BYTES]) })
    }

    /// Its memory, for the process and who starts it.
    pub(super) fn memory(&self) -> Arc<Shared> {
        Arc::clone(&self.memory)
    }

    /// The next record, if it is there.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Wrong> {
        let ready = load(&self.memory, HEAD).wrapping_sub(self.tail);
        if ready == 0 {
            return Ok(None);
        }
        // A head that went back, or further than there is room, is never caught up with.
        if ready > ROOM as u64 || ready < HEADER as u64 {
            return Err(Wrong);
        }
        let words = self.memory.words();
        let word = |at: u64| words.get(record(at)).map_or(0, |word| word.load(Ordering::Relaxed));
        let record = Record::read([word(self.tail), word(self.tail.wrapping_add(1))]).ok_or(Wrong)?;
        let size = record.size() as u64;
        // Records are written whole before they are told.
        if size > ready {
            return Err(Wrong);
        }
        let mut at = self.tail.wrapping_add(HEADER as u64);
        for place in self.bytes.chunks_mut(8).take(record.length.div_ceil(8)) {
            place.copy_from_slice(word(at).to_le_bytes().get(..place.len()).unwrap_or(&[]));
            at = at.wrapping_add(1);
        }
        self.tail = at;
        store(&self.memory, TAIL, at);
        Ok(Some(record))
    }

    /// Bytes of the last record.
    pub(super) fn bytes(&self, record: &Record) -> &[u8] {
        self.bytes.get(..record.length).unwrap_or(&[])
    }

    /// Number plus one of the last object that the process says it has copied.
    pub(super) fn copied(&self) -> u64 {
        load(&self.memory, COPIED)
    }

    /// Forgets all that was written. The process that wrote it is gone; the next one begins with object `position`.
    pub(super) fn clear(&mut self, position: u64) {
        self.tail = 0;
        for at in [READY, COPIED, HEAD, TAIL] {
            store(&self.memory, at, 0);
        }
        store(&self.memory, POSITION, position);
    }
}
