//! What a worker counts of its objects for the extractor.

use super::link::{FAILURES, Failure};

/// Why an object was given up while it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It is longer than [`object_max`](super::Sizes::object_max).
    TooLarge,
    /// There was no room for all of it, though nobody else had any.
    NoRoom,
    /// Others needed its room, and of all that had some it had been written least recently.
    Stalled,
}

/// Counters of one connection point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Objects handed to a process.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Objects whose answer has come.
    pub answered: u64,
    /// Objects for which there was no process when they began; they are decoded in passing.
    pub declined: u64,
    /// Objects given up for [`Lost::TooLarge`].
    pub too_large: u64,
    /// Objects given up for [`Lost::NoRoom`].
    pub no_room: u64,
    /// Objects given up for [`Lost::Stalled`].
    pub stalled: u64,
    /// Objects that were handed out in vain, by reason.
    pub failures: [u64; FAILURES],
    /// Processes started in place of others.
    pub replaced: u64,
    /// Objects without an answer, now.
    pub waiting: u64,
}

impl Counters {
    /// Objects that were handed out in vain for that reason.
    #[must_use]
    pub fn failed(&self, failure: Failure) -> u64 {
        self.failures.get(failure as usize).copied().unwrap_or(0)
    }

    /// Shows each figure with its name in statistics.
    pub fn visit(&self, show: &mut impl FnMut(&'static str, u64)) {
        show("extractor.objects", self.objects);
        show("extractor.bytes", self.bytes);
        show("extractor.answered", self.answered);
        show("extractor.declined", self.declined);
        show("extractor.not_inspected.too_large", self.too_large);
        show("extractor.not_inspected.no_room", self.no_room);
        show("extractor.not_inspected.stalled", self.stalled);
        for (failure, count) in Failure::ALL.iter().zip(&self.failures) {
            show(failure.counter(), *count);
        }
        show("extractor.replaced", self.replaced);
        show("extractor.waiting", self.waiting);
    }
}
