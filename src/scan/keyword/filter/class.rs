//! A set of bytes in the form that byte shuffles look up.
//!
//! A byte is a member when the table entry of its low nibble and that of its high
//! nibble share a bit. High nibbles with the same set of low nibbles share one of
//! the eight bits; with more than eight different sets the last bit is shared by
//! several, and the set grows: harmless for a filter.

/// Two tables of 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteClass {
    pub(super) by_low: [u8; 16],
    pub(super) by_high: [u8; 16],
}

impl ByteClass {
    pub(super) fn new(members: &[bool; 256]) -> Self {
        let (mut by_low, mut by_high) = ([0_u8; 16], [0_u8; 16]);
        let mut rows: Vec<[bool; 16]> = Vec::new();
        for (row, high) in members.as_chunks::<16>().0.iter().zip(&mut by_high) {
            if !row.contains(&true) {
                continue;
            }
            let known = rows.iter().position(|known| known == row);
            let bit = known.unwrap_or_else(|| {
                rows.push(*row);
                rows.len() - 1
            });
            *high = 1 << bit.min(7);
        }
        for (bit, row) in rows.iter().enumerate() {
            for (low, member) in by_low.iter_mut().zip(row) {
                if *member {
                    *low |= 1 << bit.min(7);
                }
            }
        }
        Self { by_low, by_high }
    }

    #[cfg(test)]
    fn has(&self, byte: u8) -> bool {
        self.by_low[usize::from(byte & 15)] & self.by_high[usize::from(byte >> 4)] != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_member_is_in_and_few_rows_are_exact(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut members = [false; 256];
            for byte in &bytes {
                members[usize::from(*byte)] = true;
            }
            let class = ByteClass::new(&members);
            for byte in &bytes {
                prop_assert!(class.has(*byte));
            }
            let mut rows: Vec<_> = members.as_chunks::<16>().0.iter().filter(|row| row.contains(&true)).collect();
            rows.sort();
            rows.dedup();
            if rows.len() <= 8 {
                for byte in 0..=u8::MAX {
                    prop_assert_eq!(class.has(byte), members[usize::from(byte)]);
                }
            }
        }
    }
}
