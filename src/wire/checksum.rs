//! The Internet checksum, RFC 1071.

/// One's complement sum of `bytes`, added to `sum`; fold it with [`finish`].
/// An odd last byte counts as if a zero followed it.
#[must_use]
pub fn add(sum: u32, bytes: &[u8]) -> u32 {
    // Carries are collected in 64 bits and folded at the end: 2^32 words fit, and no packet has as many.
    let mut wide = u64::from(sum);
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        wide = wide.wrapping_add(u64::from(u32::from_be_bytes(*word)));
    }
    let (pairs, odd) = rest.as_chunks::<2>();
    for pair in pairs {
        wide = wide.wrapping_add(u64::from(u16::from_be_bytes(*pair)));
    }
    if let [last] = odd {
        wide = wide.wrapping_add(u64::from(u16::from_be_bytes([*last, 0])));
    }
    // Folding 32-bit words into 16 bits keeps the one's complement sum (RFC 1071 section 2, "Parallel Summation").
    while wide >> 16 != 0 {
        wide = (wide & 0xffff).wrapping_add(wide >> 16);
    }
    u32::try_from(wide).unwrap_or(0)
}

/// The checksum field for a sum: its complement.
#[must_use]
pub fn finish(sum: u32) -> u16 {
    let folded = (sum & 0xffff).wrapping_add(sum >> 16);
    let folded = (folded & 0xffff).wrapping_add(folded >> 16);
    !u16::try_from(folded & 0xffff).unwrap_or(0)
}

/// A checksum field after `old` bytes that it covers were replaced by `new` ones of the same, even, length: RFC 1624
/// section 3, equation 3. As right or wrong as it was.
#[must_use]
pub fn update(field: u16, old: &[u8], new: &[u8]) -> u16 {
    let removed = finish(add(0, old));
    finish(add(u32::from(!field).wrapping_add(u32::from(removed)), new))
}

/// The sum of the pseudo-header of TCP and UDP: RFC 9293 section 3.1 for IPv4
/// (4-byte addresses), RFC 8200 section 8.1 for IPv6 (16-byte addresses).
#[must_use]
pub fn pseudo_header(source: &[u8], destination: &[u8], proto: u8, length: u32) -> u32 {
    let sum = add(add(0, source), destination);
    let sum = add(sum, &length.to_be_bytes());
    add(sum, &[0, proto])
}

/// One's complement sum of `bytes` as this machine reads its words, 64 bits wide: RFC 1071 section 2, "Byte Order
/// Independence" and "Deferred Carries".
#[inline]
fn native_sum(bytes: &[u8]) -> u128 {
    // Sums of four words each keep the additions from waiting for each other's carries.
    let (lines, rest) = bytes.as_chunks::<32>();
    let (mut even, mut odd) = (0_u128, 0_u128);
    for line in lines {
        let [a, b, c, d] = words(line);
        even = even.wrapping_add(u128::from(a)).wrapping_add(u128::from(c));
        odd = odd.wrapping_add(u128::from(b)).wrapping_add(u128::from(d));
    }
    let mut sum = even.wrapping_add(odd);
    let (eights, rest) = rest.as_chunks::<8>();
    for word in eights {
        sum = sum.wrapping_add(u128::from(u64::from_ne_bytes(*word)));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    sum.wrapping_add(u128::from(u64::from_ne_bytes(last)))
}

#[inline]
fn words(line: &[u8; 32]) -> [u64; 4] {
    let (words, _) = line.as_chunks::<8>();
    match words {
        [a, b, c, d] => [*a, *b, *c, *d].map(u64::from_ne_bytes),
        _ => [0; 4],
    }
}

/// True when the checksum of a TCP or UDP segment (header and payload) sums up right with its pseudo-header. IPv4
/// addresses stand in the first four bytes of theirs, the rest is zero and adds nothing.
#[must_use]
#[inline]
pub fn transport_is_right(src: &[u8; 16], dest: &[u8; 16], proto: u8, segment: &[u8]) -> bool {
    let length = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    let pseudo =
        u64::from(u32::from_ne_bytes(length.to_be_bytes())).wrapping_add(u64::from(u16::from_ne_bytes([0, proto])));
    let sum = native_sum(src).wrapping_add(native_sum(dest)).wrapping_add(native_sum(segment));
    let sum = sum.wrapping_add(u128::from(pseudo));
    fold(sum) == 0xffff
}

/// Adds a sum's 16-bit words up until one is left: 0 only for a sum of 0.
#[inline]
fn fold(sum: u128) -> u64 {
    let sum = (sum & u128::from(u64::MAX)).wrapping_add(sum >> 64);
    let sum = (sum & u128::from(u64::MAX)).wrapping_add(sum >> 64);
    let mut sum = u64::try_from(sum).unwrap_or(0);
    for (bits, low) in [(32, 0xffff_ffff), (32, 0xffff_ffff), (16, 0xffff), (16, 0xffff)] {
        sum = (sum & low).wrapping_add(sum >> bits);
    }
    sum
}

/// True when a header that includes its checksum field sums up right.
#[must_use]
#[inline]
pub fn is_right(header: &[u8]) -> bool {
    finish(add(0, header)) == 0
}
