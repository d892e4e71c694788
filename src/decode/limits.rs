//! How much is decoded.

use super::cut::{CUT_COUNT, Cut};

/// Limits of one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wrappings around a leaf that are undone.
    pub depth: usize,
    /// Children of one object that are looked into.
    pub children: u32,
    /// Bytes handed out by all decoders for one outermost object.
    pub output: u64,
    /// How many times as long as it came an object may become, once that is more than a mebibyte.
    pub ratio: u64,
    /// Decoders of each format: that many objects of a format may be decoded at the same time.
    pub decoders: usize,
    /// Bytes that the decoders of one format may hold together; of a format whose decoders hold more there are
    /// [`FEWEST_DECODERS`].
    pub decoder_memory: usize,
}

/// That many objects of a format may lie within each other, whatever its decoders hold.
pub const FEWEST_DECODERS: usize = 4;

impl Default for Limits {
    /// 16 wrappings, 10,000 children, 1 GiB, 1,000 times (deflate reaches 1,032), 4 decoders of a format: enough for one
    /// tree at a time.
    fn default() -> Self {
        Self { depth: 16, children: 10_000, output: 1 << 30, ratio: 1000, decoders: FEWEST_DECODERS, decoder_memory: 0 }
    }
}

impl Limits {
    /// How many decoders there are of a format one of which holds `memory` bytes.
    pub(super) fn decoders_of(&self, memory: usize) -> usize {
        let affordable = self.decoder_memory / memory.max(1);
        self.decoders.min(affordable.max(FEWEST_DECODERS))
    }
}

/// What a tree has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Outermost objects.
    pub objects: u64,
    /// Leaves.
    pub leaves: u64,
    /// Bytes taken in.
    pub taken: u64,
    /// Bytes handed out by decoders.
    pub given: u64,
    /// Sequences of objects that lost what their coding goes on with to others.
    pub forgotten: u64,
    cuts: [u64; CUT_COUNT],
}

impl Totals {
    /// The sum of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut cuts = self.cuts;
        for (sum, more) in cuts.iter_mut().zip(&other.cuts) {
            *sum = sum.saturating_add(*more);
        }
        Self {
            objects: self.objects.saturating_add(other.objects),
            leaves: self.leaves.saturating_add(other.leaves),
            taken: self.taken.saturating_add(other.taken),
            given: self.given.saturating_add(other.given),
            forgotten: self.forgotten.saturating_add(other.forgotten),
            cuts,
        }
    }

    /// Objects that were cut for that reason.
    #[must_use]
    pub fn cut(&self, reason: Cut) -> u64 {
        self.cuts.get(reason as usize).copied().unwrap_or(0)
    }

    /// Objects that were cut, for whatever reason.
    pub(super) fn cuts(&self) -> u64 {
        self.cuts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Counts an object that was cut for that reason.
    pub fn add_cut(&mut self, reason: Cut) {
        if let Some(count) = self.cuts.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }
}
