//! The last bytes of what has passed.

/// The last `N` bytes. Where there is room for more, they need not be moved each time that some have passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent<const N: usize, const ROOM: usize> {
    bytes: [u8; ROOM],
    length: u8,
}

impl<const N: usize, const ROOM: usize> Recent<N, ROOM> {
    pub(super) const EMPTY: Self = {
        assert!(N <= ROOM && ROOM <= u8::MAX as usize, "the length is kept in 8 bits");
        Self { bytes: [0; ROOM], length: 0 }
    };

    pub(super) fn get(&self) -> &[u8] {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or(&[]);
        bytes.get(bytes.len().saturating_sub(N)..).unwrap_or(bytes)
    }

    /// The last so many of them, or all.
    pub(super) fn last(&self, count: usize) -> &[u8] {
        let bytes = self.get();
        bytes.get(bytes.len().saturating_sub(count)..).unwrap_or(bytes)
    }

    pub(super) const fn clear(&mut self) {
        self.length = 0;
    }

    /// More have passed.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let last = bytes.get(bytes.len().saturating_sub(N)..).unwrap_or(bytes);
        let mut start = usize::from(self.length);
        if start + last.len() > ROOM {
            let kept = (N - last.len()).min(start);
            self.bytes.copy_within(start - kept..start, 0);
            start = kept;
        }
        if let Some(place) = self.bytes.get_mut(start..start + last.len()) {
            place.copy_from_slice(last);
        }
        self.length = u8::try_from(start + last.len()).unwrap_or(0);
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_there_whatever_pieces_they_came_in() {
        for size in 1..=44 {
            passes(Recent::<8, 8>::EMPTY, size);
            passes(Recent::<8, 11>::EMPTY, size);
            passes(Recent::<8, 32>::EMPTY, size);
        }
    }

    fn passes<const ROOM: usize>(mut recent: Recent<8, ROOM>, size: usize) {
        let text = b"the quick brown fox jumps over the lazy dog";
        let mut passed = 0;
        for piece in text.chunks(size) {
            recent.push(piece);
            passed += piece.len();
            assert_eq!(recent.get(), &text[passed.saturating_sub(8)..passed], "in pieces of {size}");
            assert_eq!(recent.last(3), &text[passed.saturating_sub(3)..passed]);
        }
        recent.clear();
        assert_eq!(recent.get(), b"");
    }
}
