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

/// One's complement sum of `bytes` as this machine reads its words, 32 bits at a time: RFC 1071 section 2, "Byte Order
/// Independence" and "Parallel Summation". Carries are collected in 64 bits, where 2^32 words have room.
#[inline]
fn native_sum(bytes: &[u8]) -> u64 {
    // Eight sums side by side, which the compiler keeps in vectors.
    let (lines, rest) = bytes.as_chunks::<32>();
    let mut sums = [0_u64; 8];
    for line in lines {
        let (words, _) = line.as_chunks::<4>();
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = sum.wrapping_add(u64::from(u32::from_ne_bytes(*word)));
        }
    }
    let mut sum = sums.iter().fold(0, |all: u64, sum| all.wrapping_add(*sum));
    let (words, rest) = rest.as_chunks::<4>();
    for word in words {
        sum = sum.wrapping_add(u64::from(u32::from_ne_bytes(*word)));
    }
    let last = match *rest {
        [a] => u32::from_ne_bytes([a, 0, 0, 0]),
        [a, b] => u32::from_ne_bytes([a, b, 0, 0]),
        [a, b, c] => u32::from_ne_bytes([a, b, c, 0]),
        _ => 0,
    };
    sum.wrapping_add(u64::from(last))
}

/// The sum of an address; IPv4 stands in the first four bytes, the rest is zero and adds nothing.
#[inline]
fn address_sum(address: &[u8; 16], v6: bool) -> u64 {
    let [a, b, c, d, ..] = *address;
    if v6 { native_sum(address) } else { u64::from(u32::from_ne_bytes([a, b, c, d])) }
}

/// True when the checksum of a TCP or UDP segment (header and payload) sums up right with its pseudo-header. IPv4
/// addresses stand in the first four bytes of theirs.
#[must_use]
#[inline]
pub fn transport_is_right(src: &[u8; 16], dest: &[u8; 16], v6: bool, proto: u8, segment: &[u8]) -> bool {
    let length = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    let pseudo =
        u64::from(u32::from_ne_bytes(length.to_be_bytes())).wrapping_add(u64::from(u16::from_ne_bytes([0, proto])));
    let sum = address_sum(src, v6).wrapping_add(address_sum(dest, v6)).wrapping_add(native_sum(segment));
    fold(sum.wrapping_add(pseudo)) == 0xffff
}

/// Adds a sum's 16-bit words up until one is left: 0 only for a sum of 0.
#[inline]
const fn fold(sum: u64) -> u64 {
    let sum = (sum & 0xffff_ffff).wrapping_add(sum >> 32);
    let sum = (sum & 0xffff).wrapping_add(sum >> 16);
    let sum = (sum & 0xffff).wrapping_add(sum >> 16);
    (sum & 0xffff).wrapping_add(sum >> 16)
}

/// True when a header that includes its checksum field sums up right.
#[must_use]
#[inline]
pub fn is_right(header: &[u8]) -> bool {
    finish(add(0, header)) == 0
}
