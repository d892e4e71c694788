//! The prefix filter: where can a keyword begin?

/// Longest prefix that is hashed: what one 64-bit load holds.
const MAX_PREFIX: usize = 8;
/// Bits of the bitmap for each keyword, so that about one position in a hundred passes by chance.
const BITS_PER_KEYWORD: usize = 128;
/// The bitmap stays within the first-level cache up to a thousand keywords and within the second-level cache always.
const MIN_LOG2_BITS: u32 = 13;
const MAX_LOG2_BITS: u32 = 20;
/// Positions tested together.
const STEP: usize = 4;
/// Bytes one step reads.
const BLOCK: usize = STEP + MAX_PREFIX - 1;

/// A bitmap over hashes of keyword prefixes.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    bitmap: Box<[u64]>,
    /// Hash to bit number: the top bits.
    shift: u32,
    /// Bytes of a prefix.
    prefix: usize,
    /// Selects the prefix from eight bytes.
    mask: u64,
    /// Set in every byte where case does not matter: folds letters (and harmlessly others) together.
    fold: u64,
}

impl Filter {
    /// A filter for `keywords`, none of which is empty.
    pub(super) fn new<'k>(keywords: impl Iterator<Item = &'k [u8]> + Clone, ignore_case: bool) -> Self {
        let prefix = keywords.clone().map(<[u8]>::len).min().unwrap_or(1).clamp(1, MAX_PREFIX);
        let wanted = keywords.clone().count().saturating_mul(BITS_PER_KEYWORD).next_power_of_two();
        let log2 = wanted.ilog2().clamp(MIN_LOG2_BITS, MAX_LOG2_BITS);
        let mut filter = Self {
            bitmap: vec![0; 1 << (log2 - 6)].into_boxed_slice(),
            shift: 64 - log2,
            prefix,
            mask: u64::MAX >> (64 - 8 * prefix),
            fold: if ignore_case { 0x2020_2020_2020_2020 } else { 0 },
        };
        for keyword in keywords {
            let bit = filter.bit(load(keyword));
            if let Some(word) = filter.bitmap.get_mut(bit >> 6) {
                *word |= 1 << (bit & 63);
            }
        }
        filter
    }

    /// Bytes of a prefix; positions closer to a piece's end cannot be tested.
    pub(super) const fn prefix(&self) -> usize {
        self.prefix
    }

    /// The first position at or after `from` where a keyword may begin, or where
    /// too few bytes follow to tell.
    #[inline]
    pub(super) fn next_candidate(&self, bytes: &[u8], from: usize) -> usize {
        let mut at = from;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10] = *block;
            let w0 = u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
            let w1 = u64::from_le_bytes([b1, b2, b3, b4, b5, b6, b7, b8]);
            let w2 = u64::from_le_bytes([b2, b3, b4, b5, b6, b7, b8, b9]);
            let w3 = u64::from_le_bytes([b3, b4, b5, b6, b7, b8, b9, b10]);
            let hits = self.test(w0) | self.test(w1) << 1 | self.test(w2) << 2 | self.test(w3) << 3;
            if hits != 0 {
                return at + usize::try_from(hits.trailing_zeros()).unwrap_or(0);
            }
            at += STEP;
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= self.prefix) {
            if self.test(load(rest)) != 0 {
                return at;
            }
            at += 1;
        }
        at
    }

    #[inline]
    fn test(&self, word: u64) -> u64 {
        let bit = self.bit(word);
        self.bitmap.get(bit >> 6).map_or(1, |bits| bits >> (bit & 63) & 1)
    }

    /// Fibonacci hashing (Knuth 6.4): the top bits of a product with 2^64 divided by the golden ratio.
    #[inline]
    fn bit(&self, word: u64) -> usize {
        let hash = ((word | self.fold) & self.mask).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // At most 20 bits are left.
        (hash >> self.shift) as usize
    }
}

/// Up to eight bytes as a little-endian number.
fn load(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}
