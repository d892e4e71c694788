//! Matching a word from a short list while its bytes arrive.

/// How far a word has been matched. All words of a list begin with different bytes, so
/// the first byte picks the only candidate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    /// Index of the candidate, meaningful when `matched` is not zero.
    candidate: u8,
    /// Bytes of the candidate matched so far.
    matched: u8,
    /// A byte did not fit.
    failed: bool,
}

impl Word {
    /// Takes the next byte; false once no word of `words` can match any more.
    pub(super) fn step(&mut self, words: &[&[u8]], byte: u8) -> bool {
        if self.failed {
            return false;
        }
        if self.matched == 0 {
            for (index, word) in (0u8..).zip(words) {
                if word.first() == Some(&byte) {
                    self.candidate = index;
                    self.matched = 1;
                    return true;
                }
            }
            self.failed = true;
            return false;
        }
        let expected = words.get(usize::from(self.candidate)).and_then(|word| word.get(usize::from(self.matched)));
        if expected == Some(&byte) {
            self.matched = self.matched.saturating_add(1);
        } else {
            self.failed = true;
        }
        !self.failed
    }

    /// The index of the word that the bytes so far make up entirely.
    pub(super) fn complete(&self, words: &[&[u8]]) -> Option<usize> {
        let index = usize::from(self.candidate);
        let whole = words.get(index).is_some_and(|word| word.len() == usize::from(self.matched));
        (whole && !self.failed).then_some(index)
    }
}
