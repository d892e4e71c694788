//! Bits that are read from the last to the first.

/// Reads a bit stream backwards (RFC 8878 section 4.1): behind its last bit stands a one, and then zeros up to a whole byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reverse<'a> {
    bytes: &'a [u8],
    /// Bits that are left; below zero, bits that were read without being there.
    left: i64,
}

impl<'a> Reverse<'a> {
    /// `None` where no one marks the end.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let marker = bytes.last().filter(|byte| **byte != 0)?.leading_zeros();
        let bits = i64::try_from(bytes.len()).ok()?.checked_mul(8)?;
        Some(Self { bytes, left: bits - i64::from(marker) - 1 })
    }

    pub(super) const fn left(self) -> i64 {
        self.left
    }

    /// The next bits, 56 at most, with zeros for those that are not there.
    #[inline(always)]
    pub(super) fn peek(&self, wanted: u32) -> u64 {
        let from = self.left - i64::from(wanted);
        let mask = (1 << wanted) - 1;
        let Ok(first) = usize::try_from(from) else {
            let Ok(left) = u32::try_from(self.left) else { return 0 };
            return (self.word(0) & ((1 << left) - 1)) << (wanted - left);
        };
        self.word(first / 8) >> (first % 8) & mask
    }

    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        if let Some(word) = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            return u64::from_le_bytes(*word);
        }
        let mut word = [0; 8];
        for (place, byte) in word.iter_mut().zip(self.bytes.get(at..).unwrap_or(&[])) {
            *place = *byte;
        }
        u64::from_le_bytes(word)
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.left -= i64::from(bits);
    }

    #[inline(always)]
    pub(super) fn read(&mut self, wanted: u32) -> u64 {
        let value = self.peek(wanted);
        self.skip(wanted);
        value
    }
}
