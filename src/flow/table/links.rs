//! How the index refers to records of both kinds, and what does not fit a bucket is chained.

use super::{FlowIndex, FlowTable, Found, HalfOpenIndex};
use crate::flow::entry::NO_SLOT;
use crate::flow::key::FlowKey;

/// A record's number in the index: half-open sessions have the highest bit set. [`NO_SLOT`] is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(pub(super) u32);

const HALF_OPEN: u32 = 1 << 31;

/// What the index needs of a record.
pub(super) struct Entry<'a> {
    pub(super) key: &'a FlowKey,
    pub(super) chain: u32,
}

impl Slot {
    /// Most flows that numbers can tell apart.
    pub(super) const MAX_FLOW: u32 = HALF_OPEN - 1;

    #[inline]
    pub(super) const fn of_half_open(place: u32) -> Self {
        Self(place | HALF_OPEN)
    }

    #[inline]
    pub(super) const fn found(self) -> Found {
        if self.0 & HALF_OPEN == 0 {
            Found::Flow(FlowIndex(self.0))
        } else {
            Found::HalfOpen(HalfOpenIndex(self.0 & !HALF_OPEN))
        }
    }
}

impl FlowTable {
    #[inline]
    pub(super) fn entry(&self, slot: Slot) -> Option<Entry<'_>> {
        match slot.found() {
            Found::Flow(index) => self.get(index).map(|flow| Entry { key: &flow.key, chain: flow.chain }),
            Found::HalfOpen(index) => {
                self.half_open(index).map(|record| Entry { key: &record.key, chain: record.chain })
            }
        }
    }

    /// Puts a record into its bucket, or into the chain behind it.
    #[inline]
    pub(super) fn link(&mut self, number: usize, tag: u16, slot: Slot) {
        let Some(bucket) = self.buckets.get_mut(number) else { return };
        if !bucket.insert(tag, slot.0) {
            let after = std::mem::replace(&mut bucket.overflow, slot.0);
            self.set_chain(slot, after);
            self.spilled = self.spilled.saturating_add(1);
        }
    }

    /// Takes a record out of its bucket, or out of the chain behind it.
    #[inline]
    pub(super) fn unlink(&mut self, number: usize, tag: u16, slot: Slot) {
        if self.buckets.get_mut(number).is_some_and(|bucket| !bucket.remove(tag, slot.0)) {
            self.unchain(number, slot);
        }
    }

    #[cold]
    fn unchain(&mut self, number: usize, slot: Slot) {
        let Some(after) = self.entry(slot).map(|entry| entry.chain) else { return };
        let Some(bucket) = self.buckets.get_mut(number) else { return };
        if bucket.overflow == slot.0 {
            bucket.overflow = after;
            return;
        }
        let mut before = Slot(bucket.overflow);
        while let Some(chain) = self.entry(before).map(|entry| entry.chain) {
            if chain == slot.0 {
                self.set_chain(before, after);
                return;
            }
            before = Slot(chain);
        }
    }

    fn set_chain(&mut self, slot: Slot, after: u32) {
        match slot.found() {
            Found::Flow(index) => {
                if let Some(flow) = self.get_mut(index) {
                    flow.chain = after;
                }
            }
            Found::HalfOpen(index) => {
                if let Some(record) = self.half_open_mut(index) {
                    record.chain = after;
                }
            }
        }
    }
}

const _: () = assert!(NO_SLOT & !HALF_OPEN > crate::flow::half_open::Ring::MAX, "no record has this number");
