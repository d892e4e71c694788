//! The hash index: buckets of one cache line.

use super::entry::NO_SLOT;

/// Entries of one bucket.
const WAYS: usize = 10;

/// Ten flows: 16 bits of each one's hash and its slot. What does not fit is
/// chained through the flows themselves from `overflow`.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Bucket {
    tags: [u16; WAYS],
    slots: [u32; WAYS],
    pub(super) overflow: u32,
}

const _: () = assert!(size_of::<Bucket>() == 64, "a bucket is one cache line");

/// Tag 0 marks an empty place.
const EMPTY: u16 = 0;

impl Bucket {
    pub(super) const fn new() -> Self {
        Self { tags: [EMPTY; WAYS], slots: [NO_SLOT; WAYS], overflow: NO_SLOT }
    }

    /// The tag of a hash: its top 16 bits, never 0.
    #[inline]
    pub(super) fn tag(hash: u64) -> u16 {
        let [a, b, ..] = hash.to_be_bytes();
        u16::from_be_bytes([a, b]).max(1)
    }

    /// Slots whose tag agrees, in order.
    #[inline]
    pub(super) fn candidates(&self, tag: u16) -> impl Iterator<Item = u32> + '_ {
        self.tags.iter().zip(&self.slots).filter(move |(have, _)| **have == tag).map(|(_, slot)| *slot)
    }

    /// Puts `slot` into an empty place; false when there is none.
    pub(super) fn insert(&mut self, tag: u16, slot: u32) -> bool {
        for (have, place) in self.tags.iter_mut().zip(&mut self.slots) {
            if *have == EMPTY {
                *have = tag;
                *place = slot;
                return true;
            }
        }
        false
    }

    /// Empties the place of `slot`; false when it is not here.
    pub(super) fn remove(&mut self, slot: u32) -> bool {
        for (have, place) in self.tags.iter_mut().zip(&mut self.slots) {
            if *have != EMPTY && *place == slot {
                *have = EMPTY;
                *place = NO_SLOT;
                return true;
            }
        }
        false
    }
}
