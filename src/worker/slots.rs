//! A fixed number of values, taken and given back by number.

use crate::flow::NO_SLOT;

#[derive(Debug)]
pub(super) struct Slots<T> {
    /// Those that were ever taken; there is room for all.
    values: Vec<T>,
    /// Free numbers among them; the last is taken first.
    free: Vec<u32>,
    count: usize,
}

impl<T: Default> Slots<T> {
    /// Room for `count` values. With `settle` their memory is written to at once, else when they are first taken.
    pub(super) fn new(count: u32, settle: bool) -> Self {
        let size = usize::try_from(count).unwrap_or(0);
        let (mut values, mut free) = (Vec::with_capacity(size), Vec::with_capacity(size));
        if settle {
            values.extend((0..size).map(|_| T::default()));
            free.extend((0..count).rev());
        }
        Self { values, free, count: size }
    }

    /// A fresh value, or `None` when all are taken.
    pub(super) fn take(&mut self) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            *self.get_mut(slot)? = T::default();
            return Some(slot);
        }
        let slot = u32::try_from(self.values.len()).ok()?;
        if self.values.len() < self.count {
            self.values.push(T::default());
            return Some(slot);
        }
        None
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
        for settle in [false, true] {
            run_out(Slots::new(2, settle));
        }
    }

    fn run_out(mut slots: Slots<u64>) {
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
