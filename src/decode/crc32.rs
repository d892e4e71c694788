//! CRC-32 as gzip, ZIP, xz and others have it (RFC 1952 section 8), by the processor's carry-less multiplication where it
//! has one: the table-driven sum took half as long as inflating itself.

use std::fmt;

/// The sum of what came so far.
#[derive(Clone, Default)]
pub(super) struct Crc32 {
    hasher: crc32fast::Hasher,
    amount: u32,
}

impl Crc32 {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        // Modulo 2^32, as gzip's trailer has it.
        #[expect(clippy::cast_possible_truncation, reason = "what is above 32 bits does not count")]
        let length = bytes.len() as u32;
        self.amount = self.amount.wrapping_add(length);
    }

    pub(super) fn reset(&mut self) {
        self.hasher.reset();
        self.amount = 0;
    }

    pub(super) fn sum(&self) -> u32 {
        self.hasher.clone().finalize()
    }

    /// Bytes that came, modulo 2^32.
    pub(super) const fn amount(&self) -> u32 {
        self.amount
    }
}

impl fmt::Debug for Crc32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crc32").field("sum", &self.sum()).field("amount", &self.amount).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        let mut crc = Crc32::new();
        for piece in [&b"1234"[..], b"", b"56789"] {
            crc.update(piece);
        }
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!((crc.sum(), crc.amount()), (0xcbf4_3926, 9));
        crc.reset();
        assert_eq!((crc.sum(), crc.amount()), (0, 0));
    }
}
