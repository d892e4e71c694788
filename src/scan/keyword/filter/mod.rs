//! The filter: where can a keyword begin?
//!
//! Let m be the shortest keyword's length and q the length of the grams that are
//! hashed (4, or m if that is less). Every keyword holds a whole gram at each of
//! the offsets 0 to m-q, so of the s = m-q+1 grams there, one begins at a
//! position that is a multiple of s from where the search began. It is enough to
//! test every s-th position against a bitmap of all those grams: when the gram
//! there is in no keyword at these offsets, no keyword begins at this position
//! or the s-1 before it.
//!
//! Where the CPU has AVX2, 64 bytes at a time are first put into two classes,
//! "occurs in some gram" or not, and only grams whose four bytes all do are
//! looked up: in compressed and encrypted traffic that is next to none.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod class;

#[cfg(target_arch = "x86_64")]
use class::ByteClass;

/// Longest gram: what one 32-bit load holds.
const MAX_GRAM: usize = 4;
/// Largest step between tested positions; larger ones would need a larger bitmap for little gain.
const MAX_STRIDE: usize = 4;
/// Bitmap sizes: 32 KiB, which the first-level cache holds, and 512 KiB for larger dictionaries.
const SMALL_LOG2: u32 = 18;
const LARGE_LOG2: u32 = 22;
/// Grams up to which the small bitmap is taken: one position in thirty then passes by chance.
const SMALL_GRAMS: usize = 8192;
/// Positions tested together; their loads do not depend on each other.
const TOGETHER: usize = 8;
/// Bytes that reach over them at the largest stride.
const BLOCK: usize = (TOGETHER - 1) * MAX_STRIDE + MAX_GRAM;

/// A bitmap over hashes of keyword grams.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    bitmap: Box<[u32]>,
    large: bool,
    /// Bytes of a gram, q.
    gram: usize,
    /// Step between tested positions, s.
    stride: usize,
    /// Selects the gram from four bytes.
    mask: u32,
    /// Set in every byte where case does not matter: folds letters (and harmlessly others) together.
    fold: u32,
    /// Bytes that occur in grams, where the CPU can classify them in bulk.
    #[cfg(target_arch = "x86_64")]
    class: Option<ByteClass>,
}

impl Filter {
    /// A filter for `keywords`, none of which is empty.
    pub(super) fn new<'k>(keywords: impl Iterator<Item = &'k [u8]> + Clone, ignore_case: bool) -> Self {
        let shortest = keywords.clone().map(<[u8]>::len).min().unwrap_or(1).max(1);
        let gram = shortest.min(MAX_GRAM);
        let stride = (shortest - gram + 1).min(MAX_STRIDE);
        let large = keywords.clone().count().saturating_mul(stride) > SMALL_GRAMS;
        let log2 = if large { LARGE_LOG2 } else { SMALL_LOG2 };
        let mut filter = Self {
            bitmap: vec![0; 1 << (log2 - 5)].into_boxed_slice(),
            large,
            gram,
            stride,
            mask: u32::MAX >> (32 - 8 * gram),
            fold: if ignore_case { 0x2020_2020 } else { 0 },
            #[cfg(target_arch = "x86_64")]
            class: None,
        };
        let mut members = [false; 256];
        for keyword in keywords {
            for offset in 0..stride {
                let bytes = keyword.get(offset..).unwrap_or_default();
                let bit = filter.bit(load(bytes));
                if let Some(word) = filter.bitmap.get_mut(bit >> 5) {
                    *word |= 1 << (bit & 31);
                }
                for byte in bytes.iter().take(gram) {
                    let both = [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
                    for byte in if ignore_case { both } else { [*byte; 2] } {
                        if let Some(member) = members.get_mut(usize::from(byte)) {
                            *member = true;
                        }
                    }
                }
            }
        }
        #[cfg(target_arch = "x86_64")]
        if gram == MAX_GRAM && !large && avx2::available() {
            filter.class = Some(ByteClass::new(&members));
        }
        filter
    }

    /// The same without any use of special instructions.
    #[cfg(test)]
    pub(super) fn portable(mut self) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            self.class = None;
        }
        self
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
        #[cfg(target_arch = "x86_64")]
        if let Some(class) = &self.class {
            return match self.stride {
                1 => avx2::search::<1>(self, class, bytes, from),
                2 => avx2::search::<2>(self, class, bytes, from),
                3 => avx2::search::<3>(self, class, bytes, from),
                _ => avx2::search::<4>(self, class, bytes, from),
            };
        }
        match self.stride {
            1 => self.search::<1>(bytes, from),
            2 => self.search::<2>(bytes, from + 1),
            3 => self.search::<3>(bytes, from + 2),
            _ => self.search::<4>(bytes, from + 3),
        }
    }

    /// Tests `at`, `at + STRIDE` and so on. The gram at a position speaks for that
    /// position and the STRIDE - 1 before it; returned is the first it speaks for.
    #[inline]
    fn search<const STRIDE: usize>(&self, bytes: &[u8], at: usize) -> usize {
        let mut at = at;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            let hits = std::array::from_fn::<bool, TOGETHER, _>(|number| self.test(gram_at(block, number * STRIDE)));
            if hits.iter().fold(false, |all, hit| all | hit) {
                let number = hits.iter().position(|hit| *hit).unwrap_or(0);
                return at + number * STRIDE - (STRIDE - 1);
            }
            at += TOGETHER * STRIDE;
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= self.gram) {
            if self.test(load(rest)) {
                break;
            }
            at += STRIDE;
        }
        at - (STRIDE - 1)
    }

    /// Whether the gram may be a keyword's.
    #[inline]
    fn test(&self, gram: u32) -> bool {
        let bit = self.bit(gram);
        self.bitmap.get(bit >> 5).is_none_or(|bits| bits >> (bit & 31) & 1 != 0)
    }

    /// Fibonacci hashing (Knuth 6.4): the top bits of a product with 2^32 divided by the golden ratio.
    #[inline]
    fn bit(&self, gram: u32) -> usize {
        let hash = hash((gram | self.fold) & self.mask);
        // At most 22 bits are left, which every target's `usize` holds.
        (if self.large { hash >> (32 - LARGE_LOG2) } else { hash >> (32 - SMALL_LOG2) }) as usize
    }
}

#[inline]
const fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Positions that a keyword begins at, the slow way.
    fn begins(keywords: &[Vec<u8>], text: &[u8], ignore_case: bool) -> Vec<usize> {
        (0..text.len())
            .filter(|at| {
                keywords.iter().any(|keyword| {
                    text.get(*at..*at + keyword.len()).is_some_and(|piece| {
                        if ignore_case { piece.eq_ignore_ascii_case(keyword) } else { piece == keyword.as_slice() }
                    })
                })
            })
            .collect()
    }

    proptest! {
        /// Whatever is skipped, no keyword begins there; with and without AVX2, from every start.
        #[test]
        fn nothing_is_skipped_that_begins_a_keyword(
            keywords in proptest::collection::vec(proptest::collection::vec(97_u8..101, 1..9), 1..5),
            long in proptest::collection::vec(proptest::collection::vec(0_u8..=255, 4..9), 0..3),
            text in proptest::collection::vec(prop_oneof![4 => 97_u8..101, 1 => 65_u8..69, 1 => 0_u8..=255], 0..300),
            only_long in any::<bool>(), ignore_case in any::<bool>())
        {
            let mut keywords = keywords;
            if only_long {
                keywords.retain(|keyword| keyword.len() >= 4);
            }
            keywords.extend(long);
            prop_assume!(!keywords.is_empty());
            let filter = Filter::new(keywords.iter().map(Vec::as_slice), ignore_case);
            let real = begins(&keywords, &text, ignore_case);
            for filter in [filter.clone(), filter.portable()] {
                for from in 0..=text.len() {
                    let found = filter.next_candidate(&text, from);
                    prop_assert!(found >= from);
                    let skipped = real.iter().find(|at| **at >= from && **at < found);
                    prop_assert_eq!(skipped, None, "from {}: went on to {}", from, found);
                    prop_assert!(found + filter.reach() > text.len() || found < text.len());
                }
            }
        }
    }

    #[test]
    fn most_positions_of_other_text_are_skipped() {
        let keywords: Vec<Vec<u8>> = (0..1000).map(|n| format!("keyw{n:04}rd").into_bytes()).collect();
        let filter = Filter::new(keywords.iter().map(Vec::as_slice), true);
        let text: Vec<u8> = (0..10_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for filter in [filter.clone(), filter.portable()] {
            let (mut at, mut candidates) = (0, 0);
            while at + filter.reach() <= text.len() {
                at = filter.next_candidate(&text, at) + 1;
                candidates += 1;
            }
            assert!(candidates < 200, "{candidates} of 10,000 positions pass");
        }
    }
}
