//! Bitmaps of 8-byte units: which have arrived, and where pieces begin.

/// Bytes of a unit: what fragment offsets count in (RFC 791 section 3.1).
pub(super) const UNIT: u32 = 8;

const BITS: usize = 64;

/// Units that `bytes` bytes take.
pub(super) const fn units(bytes: u32) -> usize {
    bytes.div_ceil(UNIT) as usize
}

/// The bits of a range, word by word: index of the word, mask.
#[inline]
fn masks(from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
    let last = to.saturating_sub(1);
    let (first_word, last_word) = (from / BITS, last / BITS);
    let words = if from < to { first_word..last_word.saturating_add(1) } else { 0..0 };
    words.map(move |word| {
        let low = if word == first_word { u64::MAX << (from % BITS) } else { u64::MAX };
        let high = if word == last_word { u64::MAX >> (BITS - 1 - last % BITS) } else { u64::MAX };
        (word, low & high)
    })
}

/// True when a unit of `from..to` is set.
#[inline]
pub(super) fn any(map: &[u64], from: usize, to: usize) -> bool {
    masks(from, to).any(|(word, mask)| map.get(word).is_some_and(|bits| bits & mask != 0))
}

/// True when all units of `from..to` are set.
pub(super) fn all(map: &[u64], from: usize, to: usize) -> bool {
    masks(from, to).all(|(word, mask)| map.get(word).is_some_and(|bits| bits & mask == mask))
}

/// Sets `from..to`.
#[inline]
pub(super) fn set(map: &mut [u64], from: usize, to: usize) {
    for (word, mask) in masks(from, to) {
        if let Some(bits) = map.get_mut(word) {
            *bits |= mask;
        }
    }
}

/// Sets `from..to` if none of it is set, and says whether it did.
#[inline]
pub(super) fn claim(map: &mut [u64], from: usize, to: usize) -> bool {
    let (first, last) = (from / BITS, to.saturating_sub(1) / BITS);
    // One word is the usual case for short fragments: no second walk.
    if first == last && from < to {
        let mask = (u64::MAX << (from % BITS)) & (u64::MAX >> (BITS - 1 - to.saturating_sub(1) % BITS));
        let Some(bits) = map.get_mut(first) else { return false };
        let free = *bits & mask == 0;
        *bits |= if free { mask } else { 0 };
        return free;
    }
    let free = !any(map, from, to);
    if free {
        set(map, from, to);
    }
    free
}

/// Clears `from..to`.
pub(super) fn clear(map: &mut [u64], from: usize, to: usize) {
    for (word, mask) in masks(from, to) {
        if let Some(bits) = map.get_mut(word) {
            *bits &= !mask;
        }
    }
}

/// The first unit of `from..to` whose bit is `wanted`, or `to`.
pub(super) fn find(map: &[u64], from: usize, to: usize, wanted: bool) -> usize {
    for (word, mask) in masks(from, to) {
        let bits = map.get(word).copied().unwrap_or(0);
        let hits = if wanted { bits } else { !bits } & mask;
        if hits != 0 {
            let bit = usize::try_from(hits.trailing_zeros()).unwrap_or(0);
            return word.saturating_mul(BITS).saturating_add(bit);
        }
    }
    to
}

/// The last unit at or before `at` that is set, or 0.
pub(super) fn find_back(map: &[u64], at: usize) -> usize {
    let mut word = at / BITS;
    let mut mask = u64::MAX >> (BITS - 1 - at % BITS);
    loop {
        let hits = map.get(word).copied().unwrap_or(0) & mask;
        if hits != 0 {
            let bit = BITS - 1 - usize::try_from(hits.leading_zeros()).unwrap_or(0);
            return word.saturating_mul(BITS).saturating_add(bit);
        }
        let Some(before) = word.checked_sub(1) else { return 0 };
        word = before;
        mask = u64::MAX;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_units_agree_with_a_list_of_booleans() {
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut map = [0_u64; 4];
        let mut model = [false; 256];
        for _ in 0..20_000 {
            let from = random(257);
            let to = from + random(257 - from);
            match random(5) {
                0 => {
                    set(&mut map, from, to);
                    model[from..to].fill(true);
                }
                1 | 2 => {
                    clear(&mut map, from, to);
                    model[from..to].fill(false);
                }
                3 if from < to => {
                    let free = !model[from..to].contains(&true);
                    assert_eq!(claim(&mut map, from, to), free);
                    if free {
                        model[from..to].fill(true);
                    }
                }
                _ => {}
            }
            assert_eq!(any(&map, from, to), model[from..to].contains(&true));
            assert_eq!(all(&map, from, to), !model[from..to].contains(&false));
            for wanted in [true, false] {
                let expected = model[from..to].iter().position(|bit| *bit == wanted).map_or(to, |at| from + at);
                assert_eq!(find(&map, from, to, wanted), expected);
            }
            let at = from.min(255);
            assert_eq!(find_back(&map, at), model[..=at].iter().rposition(|bit| *bit).unwrap_or(0));
        }
    }
}
