//! Decoders that are taken from a pool and given back: all their memory is taken when it is made.

use super::decoder::Decoder;
use super::format::{FORMATS, Format};
use super::limits::{Limits, Totals};

/// Decoders for any number of trees that take turns, what limits each object, and what was done.
#[derive(Debug)]
pub struct Decoders {
    pub(super) limits: Limits,
    pub(super) totals: Totals,
    idle: Vec<Idle>,
    /// Those whose coding goes on with a later object, the one that was left longest ago first.
    left: Vec<Left>,
}

/// Who an object belongs to whose coding goes on with the next of the same: two numbers that nobody else has at the same
/// time, such as those of a connection and of its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// All sequences of it are over at the same time.
    pub of: u64,
    /// Which one.
    pub number: u64,
}

/// A decoder between two objects.
#[derive(Debug)]
struct Left {
    sequence: Sequence,
    format: &'static Format,
    decoder: Box<dyn Decoder>,
}

#[derive(Debug)]
struct Idle {
    format: &'static Format,
    decoders: Vec<Box<dyn Decoder>>,
}

impl Decoders {
    /// As many of each format as `limits` say.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let idle = FORMATS.iter().map(|format| {
            let count = limits.decoders_of(format.memory);
            Idle { format, decoders: (0..count).map(|_| (format.make)()).collect() }
        });
        let left: usize =
            FORMATS.iter().filter(|format| format.continues()).map(|format| limits.decoders_of(format.memory)).sum();
        Self { idle: idle.collect(), left: Vec::with_capacity(left), limits, totals: Totals::default() }
    }

    /// What a pool for `limits` holds, bytes.
    #[must_use]
    pub fn memory_bytes(limits: &Limits) -> usize {
        FORMATS.iter().map(|format| limits.decoders_of(format.memory) * format.memory).sum()
    }

    /// What was done so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// An idle decoder, if there is one.
    pub(super) fn take(&mut self, format: &'static Format) -> Option<Box<dyn Decoder>> {
        self.of(format)?.pop()
    }

    pub(super) fn give_back(&mut self, format: &'static Format, mut decoder: Box<dyn Decoder>) {
        decoder.reset();
        if let Some(idle) = self.of(format) {
            // There was room for it before it was taken.
            idle.push(decoder);
        }
    }

    /// The decoder of the object before in the sequence, or an idle one. When there is none, the sequence that went on
    /// longest ago loses its own.
    pub(super) fn resume(&mut self, sequence: Sequence, format: &'static Format) -> Option<Box<dyn Decoder>> {
        let is_it = |left: &Left| left.sequence == sequence && std::ptr::eq(left.format, format);
        if let Some(at) = self.left.iter().position(is_it) {
            return Some(self.left.remove(at).decoder);
        }
        if let Some(idle) = self.take(format) {
            return Some(idle);
        }
        let at = self.left.iter().position(|left| std::ptr::eq(left.format, format))?;
        let mut decoder = self.left.remove(at).decoder;
        self.totals.forgotten = self.totals.forgotten.saturating_add(1);
        decoder.reset();
        Some(decoder)
    }

    /// Leaves a decoder to the next object of the sequence.
    pub(super) fn leave(&mut self, sequence: Sequence, format: &'static Format, decoder: Box<dyn Decoder>) {
        // Every decoder of such a format has its place, so this never allocates.
        if self.left.len() < self.left.capacity() {
            self.left.push(Left { sequence, format, decoder });
        }
    }

    /// Whether any sequence has a decoder.
    #[must_use]
    pub fn are_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// The sequences of `of` are over.
    pub fn end(&mut self, of: u64) {
        while let Some(at) = self.left.iter().position(|left| left.sequence.of == of) {
            let Left { format, decoder, .. } = self.left.remove(at);
            self.give_back(format, decoder);
        }
    }

    fn of(&mut self, format: &'static Format) -> Option<&mut Vec<Box<dyn Decoder>>> {
        self.idle.iter_mut().find(|idle| std::ptr::eq(idle.format, format)).map(|idle| &mut idle.decoders)
    }
}
