//! The filter: where can a keyword begin?
//!
//! Let m be the shortest keyword's length and q the length of the grams that are
//! hashed (4, or m if that is less). Every keyword holds a whole gram at each of
//! the offsets 0 to m-q, so of the s = m-q+1 grams there, one begins at a
//! position that is a multiple of s from where the search began. It is enough to
//! test every s-th position against a bitmap of all those grams: when the gram
//! there is in no keyword at these offsets, no keyword begins at this position
//! or the s-1 before it.

/// Longest gram: what one 32-bit load holds.
const MAX_GRAM: usize = 4;
/// Largest step between tested positions; larger ones would need a larger bitmap for little gain.
const MAX_STRIDE: usize = 4;
/// Bits of the bitmap for each gram, so that about one position in a hundred passes by chance.
const BITS_PER_GRAM: usize = 128;
/// The bitmap fits the first-level cache up to 2,000 grams and the second-level cache always.
const MIN_LOG2_BITS: u32 = 13;
const MAX_LOG2_BITS: u32 = 20;
/// Positions tested together; their loads do not depend on each other.
const TOGETHER: usize = 8;
/// Bytes that reach over them at the largest stride.
const BLOCK: usize = (TOGETHER - 1) * MAX_STRIDE + MAX_GRAM;

/// A bitmap over hashes of keyword grams.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    bitmap: Box<[u64]>,
    /// Hash to bit number: the top bits.
    shift: u32,
    /// Bytes of a gram, q.
    gram: usize,
    /// Step between tested positions, s.
    stride: usize,
    /// Selects the gram from four bytes.
    mask: u32,
    /// Set in every byte where case does not matter: folds letters (and harmlessly others) together.
    fold: u32,
}

impl Filter {
    /// A filter for `keywords`, none of which is empty.
    pub(super) fn new<'k>(keywords: impl Iterator<Item = &'k [u8]> + Clone, ignore_case: bool) -> Self {
        let shortest = keywords.clone().map(<[u8]>::len).min().unwrap_or(1).max(1);
        let gram = shortest.min(MAX_GRAM);
        let stride = (shortest - gram + 1).min(MAX_STRIDE);
        let wanted = keywords.clone().count().saturating_mul(stride * BITS_PER_GRAM).next_power_of_two();
        let log2 = wanted.ilog2().clamp(MIN_LOG2_BITS, MAX_LOG2_BITS);
        let mut filter = Self {
            bitmap: vec![0; 1 << (log2 - 6)].into_boxed_slice(),
            shift: 32 - log2,
            gram,
            stride,
            mask: u32::MAX >> (32 - 8 * gram),
            fold: if ignore_case { 0x2020_2020 } else { 0 },
        };
        for keyword in keywords {
            for offset in 0..stride {
                let bit = filter.bit(load(keyword.get(offset..).unwrap_or_default()));
                if let Some(word) = filter.bitmap.get_mut(bit >> 6) {
                    *word |= 1 << (bit & 63);
                }
            }
        }
        filter
    }

    /// Shortest keyword that is left to the filter: positions with fewer bytes
    /// behind them cannot be judged.
    pub(super) const fn reach(&self) -> usize {
        self.gram + self.stride - 1
    }

    /// The first position at or after `from` where a keyword may begin, or where
    /// too few bytes follow to tell ([`Filter::reach`]).
    #[inline]
    pub(super) fn next_candidate(&self, bytes: &[u8], from: usize) -> usize {
        match self.stride {
            1 => self.search::<1>(bytes, from),
            2 => self.search::<2>(bytes, from),
            3 => self.search::<3>(bytes, from),
            _ => self.search::<4>(bytes, from),
        }
    }

    #[inline]
    fn search<const STRIDE: usize>(&self, bytes: &[u8], from: usize) -> usize {
        // The gram at `at` speaks for `at` and the STRIDE - 1 positions before it.
        let first = from + STRIDE - 1;
        let mut at = first;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            let hits = std::array::from_fn::<u64, TOGETHER, _>(|number| self.test(gram_at(block, number * STRIDE)));
            if hits.iter().fold(0, |all, hit| all | hit) & 1 != 0 {
                let number = hits.iter().position(|hit| hit & 1 != 0).unwrap_or(0);
                return at + number * STRIDE - (STRIDE - 1);
            }
            at += TOGETHER * STRIDE;
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= self.gram) {
            if self.test(load(rest)) & 1 != 0 {
                break;
            }
            at += STRIDE;
        }
        at - (STRIDE - 1)
    }

    /// Bit 0 tells whether the gram may be a keyword's; the others mean nothing.
    #[inline]
    fn test(&self, gram: u32) -> u64 {
        let bit = self.bit(gram);
        self.bitmap.get(bit >> 6).map_or(1, |bits| bits >> (bit & 63))
    }

    /// Fibonacci hashing (Knuth 6.4): the top bits of a product with 2^32 divided by the golden ratio.
    #[inline]
    fn bit(&self, gram: u32) -> usize {
        let hash = ((gram | self.fold) & self.mask).wrapping_mul(0x9e37_79b1);
        // At most 20 bits are left, which every target's `usize` holds.
        (hash >> self.shift) as usize
    }
}

/// Four bytes of a block as a little-endian number.
#[inline]
fn gram_at(block: &[u8; BLOCK], offset: usize) -> u32 {
    block.get(offset..).and_then(|rest| rest.first_chunk::<4>()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Up to four bytes as a little-endian number.
fn load(bytes: &[u8]) -> u32 {
    let mut word = [0; 4];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u32::from_le_bytes(word)
}
