//! The search with AVX2: 64 bytes are classified at once.

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::class::ByteClass;
use super::{Filter, MAX_GRAM, SMALL_LOG2, hash};

/// Bytes classified together.
const BLOCK: usize = 64;
/// Positions that a block decides: those whose four bytes lie within it; a multiple of every stride.
const STEP: usize = 60;

/// True when this CPU has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2")
}

/// [`Filter::next_candidate`] for grams of four bytes and the small bitmap.
#[inline]
pub(super) fn search<const STRIDE: usize>(filter: &Filter, class: &ByteClass, bytes: &[u8], from: usize) -> usize {
    // SAFETY: a filter has a class only when `available()` was true on this CPU (`Filter::new`).
    unsafe { search_blocks::<STRIDE>(filter, class, bytes, from) }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn search_blocks<const STRIDE: usize>(filter: &Filter, class: &ByteClass, bytes: &[u8], from: usize) -> usize {
    let mut at = from + STRIDE - 1;
    let Some(bitmap) = filter.bitmap.first_chunk::<{ 1 << (SMALL_LOG2 - 5) }>() else { return from };
    let tables = Tables::load(class);
    let fold = filter.fold;
    let look_up = |block: &[u8; BLOCK], positions: u64| -> Option<usize> {
        let members = tables.members(block);
        // A gram may be a keyword's only when all its bytes are members.
        let grams = members & members >> 1 & members >> 2 & members >> 3;
        let mut open = grams & positions;
        while open != 0 {
            let offset = open.trailing_zeros() as usize;
            let gram = block.get(offset..).and_then(|rest| rest.first_chunk::<4>());
            let bit = hash(gram.map_or(0, |gram| u32::from_le_bytes(*gram)) | fold) >> (32 - SMALL_LOG2);
            // The shift leaves as many bits as the bitmap has, so there is always a word.
            let word = bitmap.get((bit >> 5) as usize).copied().unwrap_or(u32::MAX);
            if word >> (bit & 31) & 1 != 0 {
                return Some(offset);
            }
            open &= open - 1;
        }
        None
    };
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        if let Some(offset) = look_up(block, sampled::<STRIDE>()) {
            return at + offset - (STRIDE - 1);
        }
        at += STEP;
    }
    // The last block is not full: its whole grams are looked up in a copy.
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(grams) = rest.len().checked_sub(MAX_GRAM - 1).filter(|grams| *grams != 0) else {
        return at - (STRIDE - 1);
    };
    let mut block = [0; BLOCK];
    if let Some(place) = block.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    // Fewer than 64 bytes have at most 60 grams, as many as are sampled.
    let positions = sampled::<STRIDE>() & ((1_u64 << grams) - 1);
    let offset = look_up(&block, positions).unwrap_or_else(|| grams.next_multiple_of(STRIDE));
    at + offset - (STRIDE - 1)
}

/// The positions of a block that are tested: every STRIDE-th of the first [`STEP`].
const fn sampled<const STRIDE: usize>() -> u64 {
    let (mut mask, mut at) = (0_u64, 0);
    while at < STEP {
        mask |= 1 << at;
        at += STRIDE;
    }
    mask
}

/// The class's tables in registers, in both halves.
#[derive(Clone, Copy)]
struct Tables {
    by_low: __m256i,
    by_high: __m256i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(class: &ByteClass) -> Self {
        // SAFETY: both arrays have the 16 bytes that are read; the loads need no alignment.
        let (low, high) =
            unsafe { (_mm_loadu_si128(class.by_low.as_ptr().cast()), _mm_loadu_si128(class.by_high.as_ptr().cast())) };
        Self { by_low: _mm256_broadcastsi128_si256(low), by_high: _mm256_broadcastsi128_si256(high) }
    }

    /// A bit for each byte of the block: is it a member?
    #[inline]
    #[target_feature(enable = "avx2")]
    fn members(self, block: &[u8; BLOCK]) -> u64 {
        let (halves, _) = block.as_chunks::<32>();
        let [first, second] = halves else { return 0 };
        self.members_of_32(first) | self.members_of_32(second) << 32
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn members_of_32(self, bytes: &[u8; 32]) -> u64 {
        // SAFETY: the array has the 32 bytes that are read; the load needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        let nibble = _mm256_set1_epi8(0x0f);
        let low = _mm256_shuffle_epi8(self.by_low, _mm256_and_si256(bytes, nibble));
        let high = _mm256_shuffle_epi8(self.by_high, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
        let none = _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256());
        u64::from(!_mm256_movemask_epi8(none).cast_unsigned())
    }
}
