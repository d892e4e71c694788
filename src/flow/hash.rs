//! What keyed hashes are made of: seeds, words and a multiplication.

/// Four seeds from one, by `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) fn seeds(seed: u64) -> [u64; 4] {
    let mut state = seed;
    [(); 4].map(|()| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// An address as two words, as this machine reads them.
#[inline]
pub(crate) fn halves(address: &[u8; 16]) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *address;
    (u64::from_ne_bytes([a, b, c, d, e, f, g, h]), u64::from_ne_bytes([i, j, k, l, m, n, o, p]))
}

/// Both halves of a product, folded: with seeded factors the construction of wyhash.
#[inline]
#[allow(clippy::cast_possible_truncation)] // both halves are kept, by exclusive-or
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a).wrapping_mul(u128::from(b));
    (wide >> 64) as u64 ^ wide as u64
}
