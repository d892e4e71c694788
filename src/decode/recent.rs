//! The last bytes of what has passed.

/// As many of the last bytes as there is room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Recent<N> {
    pub(super) const EMPTY: Self = {
        assert!(N <= u8::MAX as usize, "the length is kept in 8 bits");
        Self { bytes: [0; N], length: 0 }
    };

    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&[])
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
        let length = usize::from(self.length);
        let dropped = (length + last.len()).saturating_sub(N).min(length);
        self.bytes.copy_within(dropped..length, 0);
        let start = length - dropped;
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
        let text = b"the quick brown fox jumps over the lazy dog";
        for size in 1..=text.len() {
            let mut recent = Recent::<8>::EMPTY;
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
}
