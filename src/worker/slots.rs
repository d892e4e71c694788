//! A fixed number of values, taken and given back by number.

use crate::flow::NO_SLOT;

#[derive(Debug)]
pub(super) struct Slots<T> {
    values: Box<[T]>,
    /// Free numbers; the last is taken first.
    free: Vec<u32>,
}

impl<T: Copy + Default> Slots<T> {
    pub(super) fn new(count: u32) -> Self {
        let size = usize::try_from(count).unwrap_or(0);
        Self { values: vec![T::default(); size].into_boxed_slice(), free: (0..count).rev().collect() }
    }

    /// A fresh value, or `None` when all are taken.
    pub(super) fn take(&mut self) -> Option<u32> {
        let slot = self.free.pop()?;
        *self.get_mut(slot)? = T::default();
        Some(slot)
    }

    /// Gives the value of `slot` back and forgets it; nothing when there is none.
    pub(super) fn release(&mut self, slot: &mut u32) {
        let slot = std::mem::replace(slot, NO_SLOT);
        // The list has room for every number from the start, so this never allocates.
        if slot != NO_SLOT && self.free.len() < self.free.capacity() {
            self.free.push(slot);
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.values.get(usize::try_from(slot).ok()?)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.values.get_mut(usize::try_from(slot).ok()?)
    }

    pub(super) fn used(&self) -> usize {
        self.values.len().saturating_sub(self.free.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_out_and_come_back_fresh() {
        let mut slots: Slots<u64> = Slots::new(2);
        let (first, second) = (slots.take(), slots.take());
        assert_eq!((first, second, slots.take(), slots.used()), (Some(0), Some(1), None, 2));
        if let Some(value) = slots.get_mut(1) {
            *value = 7;
        }
        let mut slot = 1;
        slots.release(&mut slot);
        slots.release(&mut slot);
        assert_eq!((slot, slots.used()), (NO_SLOT, 1));
        assert_eq!(slots.take(), Some(1));
        assert_eq!(slots.get_mut(1), Some(&mut 0));
    }
}
