//! Sequence space arithmetic.

/// How far `seq` lies after `base`, modulo 2^32: negative when it lies before.
/// RFC 9293 section 3.4: comparisons hold while the numbers are within 2^31 of each other.
#[must_use]
#[inline]
pub(super) const fn distance(seq: u32, base: u32) -> i32 {
    seq.wrapping_sub(base).cast_signed()
}

/// The one of two numbers that lies after the other.
#[must_use]
#[inline]
pub(super) const fn later(a: u32, b: u32) -> u32 {
    if distance(a, b) >= 0 { a } else { b }
}

/// The one of two numbers that lies before the other.
#[must_use]
#[inline]
pub(super) const fn earlier(a: u32, b: u32) -> u32 {
    if distance(a, b) <= 0 { a } else { b }
}
