//! Commands that await their answers.

/// A queue of up to `N` commands, oldest first. Once it is full, further ones are only counted until all of those are
/// answered too: the order is kept, and nothing is known of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Queue<T, const N: usize> {
    items: [T; N],
    first: u8,
    len: u8,
    beyond: u32,
}

impl<T: Copy + Default, const N: usize> Default for Queue<T, N> {
    fn default() -> Self {
        const { assert!(N > 0 && N <= 128, "places are counted in 8 bits") };
        Self { items: [T::default(); N], first: 0, len: 0, beyond: 0 }
    }
}

impl<T: Copy + Default, const N: usize> Queue<T, N> {
    /// Adds the latest.
    pub(in crate::proto) fn push(&mut self, item: T) {
        let place = (usize::from(self.first) + usize::from(self.len)) % N;
        match self.items.get_mut(place) {
            Some(place) if usize::from(self.len) < N && self.beyond == 0 => {
                *place = item;
                self.len += 1;
            }
            _ => self.beyond = self.beyond.saturating_add(1),
        }
    }

    /// The oldest; `None` where there is none, or none of which anything is known.
    pub(in crate::proto) fn front(&self) -> Option<T> {
        self.items.get(usize::from(self.first)).copied().filter(|_| self.len > 0)
    }

    /// Takes the oldest.
    pub(in crate::proto) fn pop(&mut self) -> Option<T> {
        let item = self.front();
        if item.is_some() {
            self.first = u8::try_from((usize::from(self.first) + 1) % N).unwrap_or(0);
            self.len = self.len.saturating_sub(1);
        } else {
            self.beyond = self.beyond.saturating_sub(1);
        }
        item
    }

    /// The next one is only counted.
    pub(in crate::proto) const fn is_full(&self) -> bool {
        self.len as usize >= N || self.beyond > 0
    }

    /// What was added last is the only one that awaits its answer, known or not.
    pub(in crate::proto) const fn is_last(&self) -> bool {
        self.len as u64 + self.beyond as u64 == 1
    }

    /// Nothing awaits an answer.
    pub(in crate::proto) const fn is_empty(&self) -> bool {
        self.len == 0 && self.beyond == 0
    }

    /// Forgets all of them.
    pub(in crate::proto) const fn clear(&mut self) {
        (self.len, self.beyond) = (0, 0);
    }
}
