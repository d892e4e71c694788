//! The hash index: buckets of one cache line.

use super::entry::NO_SLOT;

/// Entries of one bucket.
const WAYS: usize = 8;
/// Tags in one word.
const LANES: u32 = 4;
const LANE_BITS: u32 = u64::BITS / LANES;
/// The lowest and the highest bit of every lane.
const LOW_BITS: u64 = 0x0001_0001_0001_0001;
const HIGH_BITS: u64 = LOW_BITS << (LANE_BITS - 1);

/// Eight flows: 16 bits of each one's hash and its slot. What does not fit is
/// chained through the flows themselves from `overflow`.
///
/// The tags are packed four to a word, so that all of them are compared in a
/// handful of instructions without a branch.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Bucket {
    tags: [u64; WAYS / LANES as usize],
    slots: [u32; WAYS],
    pub(super) overflow: u32,
}

const _: () = assert!(size_of::<Bucket>() == 64, "a bucket is one cache line");

/// Tag 0 marks an empty place.
const EMPTY: u16 = 0;

/// A bit for each lane of `word` that equals `tag`, at the lane's highest bit.
/// The lowest bit set is right; one above it may be a lane that differs from the
/// tag in its lowest bit alone (the borrow of the subtraction), which the key tells.
#[inline]
fn equal_lanes(word: u64, tag: u16) -> u64 {
    let differences = word ^ LOW_BITS.wrapping_mul(u64::from(tag));
    differences.wrapping_sub(LOW_BITS) & !differences & HIGH_BITS
}

/// The highest bits of eight lanes, one above the other: bit 15 of each lane of the second word moves to bit 14.
#[inline]
const fn joined(first: u64, second: u64) -> u64 {
    first | second >> 1
}

/// The place that a bit of [`joined`] stands for.
#[inline]
fn place_of(bit: u32) -> usize {
    let half = if bit % LANE_BITS == LANE_BITS - 1 { 0 } else { LANES };
    usize::try_from(bit / LANE_BITS + half).unwrap_or(usize::MAX)
}

impl Bucket {
    pub(super) const fn new() -> Self {
        Self { tags: [0; WAYS / LANES as usize], slots: [NO_SLOT; WAYS], overflow: NO_SLOT }
    }

    /// The tag of a hash: its top 16 bits, never 0.
    #[inline]
    pub(super) fn tag(hash: u64) -> u16 {
        let [a, b, ..] = hash.to_be_bytes();
        u16::from_be_bytes([a, b]).max(1)
    }

    /// Slots whose tag most likely agrees, in order.
    #[inline]
    pub(super) fn candidates(&self, tag: u16) -> impl Iterator<Item = u32> + '_ {
        let [first, second] = self.tags;
        let mut open = joined(equal_lanes(first, tag), equal_lanes(second, tag));
        std::iter::from_fn(move || {
            if open == 0 {
                return None;
            }
            let bit = open.trailing_zeros();
            open &= open.wrapping_sub(1);
            self.slots.get(place_of(bit)).copied()
        })
    }

    /// Puts `slot` into an empty place; false when there is none.
    #[inline]
    pub(super) fn insert(&mut self, tag: u16, slot: u32) -> bool {
        let [first, second] = self.tags;
        // The lowest bit set is that of an empty place for certain.
        let open = joined(equal_lanes(first, EMPTY), equal_lanes(second, EMPTY));
        if open == 0 {
            return false;
        }
        let place = place_of(open.trailing_zeros());
        if let Some(to) = self.slots.get_mut(place) {
            *to = slot;
        }
        self.set_tag(place, tag);
        true
    }

    /// Empties the place of `slot`, which was put in with `tag`; false when it is not here.
    #[inline]
    pub(super) fn remove(&mut self, tag: u16, slot: u32) -> bool {
        let [first, second] = self.tags;
        let mut open = joined(equal_lanes(first, tag), equal_lanes(second, tag));
        while open != 0 {
            let place = place_of(open.trailing_zeros());
            if let Some(from) = self.slots.get_mut(place).filter(|from| **from == slot) {
                *from = NO_SLOT;
                self.set_tag(place, EMPTY);
                return true;
            }
            open &= open.wrapping_sub(1);
        }
        false
    }

    #[inline]
    fn set_tag(&mut self, place: usize, tag: u16) {
        let lanes = usize::try_from(LANES).unwrap_or(1);
        let shift = u32::try_from(place % lanes).unwrap_or(0) * LANE_BITS;
        if let Some(word) = self.tags.get_mut(place / lanes) {
            *word = *word & !(u64::from(u16::MAX) << shift) | u64::from(tag) << shift;
        }
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_by_its_tag_and_only_then() {
        let tags = [1, 2, 3, 0x8000, 0xffff, 0x7fff, 2, 0x0100];
        let mut bucket = Bucket::new();
        for (tag, slot) in tags.iter().zip(100..) {
            assert!(bucket.insert(*tag, slot));
        }
        assert!(!bucket.insert(5, 1), "full");
        for (tag, slot) in tags.iter().zip(100..) {
            assert!(bucket.candidates(*tag).any(|found| found == slot), "tag {tag:#x}");
        }
        assert_eq!(bucket.candidates(4).count(), 0);
        assert_eq!(bucket.candidates(2).filter(|slot| [101, 106].contains(slot)).count(), 2);
        assert!(bucket.remove(0x8000, 103));
        assert!(!bucket.remove(0x8000, 103));
        assert!(!bucket.candidates(0x8000).any(|found| found == 103));
        assert!(bucket.insert(9, 7), "the place is free again");
        assert_eq!(bucket.candidates(9).next(), Some(7));
    }

    #[test]
    fn the_first_candidate_s_tag_always_agrees() {
        // Whatever stands in the lanes, the first bit of each word is exact: the borrow only runs upwards.
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let word = state & 0x0003_0003_0003_0003;
            let tag = (state >> 40) as u16 & 3;
            let lanes: Vec<u16> = (0..4).map(|lane| (word >> (16 * lane)) as u16).collect();
            let found = equal_lanes(word, tag);
            let first = lanes.iter().position(|lane| *lane == tag);
            assert_eq!((found != 0).then(|| found.trailing_zeros() as usize / 16), first, "{lanes:?} {tag}");
            for (lane, have) in lanes.iter().enumerate() {
                assert!(*have != tag || found >> (16 * lane + 15) & 1 == 1);
            }
        }
    }
}
