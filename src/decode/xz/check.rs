//! The sums that may stand behind a block.

use super::super::crc32::Crc32;
use sha2::{Digest, Sha256};

/// CRC-64 of ECMA-182, the lowest bit first, by byte and by how many bytes follow it.
#[expect(clippy::indexing_slicing, reason = "it is computed while this is built, which fails at a wrong index")]
static TABLES: [[u64; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xc96c_5795_d787_0f42 } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
};

/// Bytes of each kind of sum (xz 1.2.1, section 2.1.1.2), by its number.
const SIZES: [usize; 16] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/// The sum of a block. Of a kind that is not known only the size is.
pub(super) struct Check {
    kind: u8,
    crc32: Crc32,
    crc64: u64,
    sha256: Sha256,
}

impl Check {
    pub(super) fn new() -> Self {
        Self { kind: 0, crc32: Crc32::new(), crc64: 0, sha256: Sha256::new() }
    }

    /// Begins a sum of a kind from 0 to 15.
    pub(super) fn begin(&mut self, kind: u8) {
        self.kind = kind;
        self.crc32.reset();
        self.crc64 = u64::MAX;
        self.sha256.reset();
    }

    /// Bytes of it.
    pub(super) fn size(&self) -> usize {
        SIZES.get(usize::from(self.kind)).copied().unwrap_or(0)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self.kind {
            1 => self.crc32.update(bytes),
            4 => self.crc64 = crc64(self.crc64, bytes),
            10 => self.sha256.update(bytes),
            _ => {}
        }
    }

    /// Whether it is `told`.
    pub(super) fn is(&mut self, told: &[u8]) -> bool {
        match self.kind {
            1 => told == self.crc32.sum().to_le_bytes(),
            4 => told == (!self.crc64).to_le_bytes(),
            10 => told == self.sha256.finalize_reset().as_slice(),
            _ => true,
        }
    }
}

fn crc64(sum: u64, bytes: &[u8]) -> u64 {
    let at =
        |table: usize, byte: u8| TABLES.get(table).and_then(|row| row.get(usize::from(byte))).copied().unwrap_or(0);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(sum, |sum, word| {
        let bytes = (sum ^ u64::from_le_bytes(*word)).to_le_bytes();
        (0..8).zip(bytes).fold(0, |sum, (number, byte)| sum ^ at(7 - number, byte))
    });
    rest.iter().fold(sum, |sum, byte| sum >> 8 ^ at(0, sum.to_le_bytes()[0] ^ byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_catalogue() {
        let mut check = Check::new();
        let sums: [(u8, &[u8]); 3] = [
            (1, &0xcbf4_3926_u32.to_le_bytes()),
            (4, &0x995d_c9bb_df19_39fa_u64.to_le_bytes()),
            (10, b"\x15\xe2\xb0\xd3\xc3\x38\x91\xeb\xb0\xf1\xef\x60\x9e\xc4\x19\x42\x0c\x20\xe3\x20\xce\x94\xc6\x5f\xbc\x8c\x33\x12\x44\x8e\xb2\x25"),
        ];
        for (kind, sum) in sums {
            for cut in 0..9 {
                check.begin(kind);
                let (first, second) = b"123456789".split_at(cut);
                check.update(first);
                check.update(second);
                assert_eq!(check.size(), sum.len());
                assert!(check.is(sum), "kind {kind}, cut at {cut}");
                check.begin(kind);
                check.update(b"123456780");
                assert!(!check.is(sum), "kind {kind}");
            }
        }
    }
}
