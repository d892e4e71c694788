//! Huffman codes of literals (RFC 8878 section 4.2).

use super::fse::Table;
use super::reverse::Reverse;

/// Longest code, bits.
const LONGEST: u32 = 11;

/// A code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// By the next bits: length and symbol.
    entries: [(u8, u8); 1 << LONGEST],
    bits: u32,
    /// There is one, for blocks that use the last again.
    pub(super) is_set: bool,
    table: Table,
}

impl Code {
    pub(super) const EMPTY: Self =
        Self { entries: [(0, 0); 1 << LONGEST], bits: 0, is_set: false, table: Table::EMPTY };

    /// Reads a code's description from the front of `bytes`; gives its length.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let (first, rest) = bytes.split_first()?;
        let mut weights = [0u8; 256];
        let length = usize::from(*first);
        let (count, length) = if length < 128 {
            (self.read_weights(rest.get(..length)?, &mut weights)?, length)
        } else {
            let count = length - 127;
            let packed = rest.get(..count.div_ceil(2))?;
            for (pair, byte) in weights.chunks_mut(2).zip(packed) {
                for (place, weight) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                    *place = weight;
                }
            }
            (count, packed.len())
        };
        self.build(weights, count)?;
        Some(length + 1)
    }

    /// Weights that are packed themselves; gives how many.
    fn read_weights(&mut self, bytes: &[u8], weights: &mut [u8; 256]) -> Option<usize> {
        // The weights are 0 to 11, and no table of more than 64 states.
        let header = self.table.read(bytes, 6, 15)?;
        let mut bits = Reverse::new(bytes.get(header..)?)?;
        let mut states = [self.table.start(&mut bits), self.table.start(&mut bits)];
        let mut count = 0;
        // Both states by turns; the last symbol is of the one whose turn it was not when the bits ran out.
        loop {
            let [now, other] = states;
            *weights.get_mut(count)? = now.symbol;
            count += 1;
            let next = self.table.follow(now, &mut bits);
            if bits.left() < 0 {
                *weights.get_mut(count)? = other.symbol;
                count += 1;
                break;
            }
            states = [other, next];
        }
        (count < 256).then_some(count)
    }

    /// Builds the code of these weights and the last, which follows from them.
    fn build(&mut self, mut weights: [u8; 256], count: usize) -> Option<()> {
        let mut sum = 0u32;
        for weight in weights.get(..count)?.iter().filter(|weight| **weight != 0) {
            sum += (1u32.checked_shl(u32::from(*weight))?) >> 1;
        }
        if sum == 0 {
            return None;
        }
        let bits = 32 - sum.leading_zeros();
        let left = (1 << bits) - sum;
        if bits > LONGEST || !left.is_power_of_two() {
            return None;
        }
        *weights.get_mut(count)? = (left.trailing_zeros() + 1).to_le_bytes()[0];
        let mut at = 0;
        for weight in 1..=bits {
            let length = (bits + 1 - weight).to_le_bytes()[0];
            let size = 1 << (weight - 1);
            let with = weights.iter().zip(0u8..=255).take(count + 1).filter(|(other, _)| u32::from(**other) == weight);
            for (_, symbol) in with {
                self.entries.get_mut(at..at + size)?.fill((length, symbol));
                at += size;
            }
        }
        (self.bits, self.is_set) = (bits, true);
        Some(())
    }

    /// Decodes one stream, all of which is `literals`.
    pub(super) fn decode(&self, stream: &[u8], literals: &mut [u8]) -> Option<()> {
        let mut bits = Reverse::new(stream)?;
        let mut places = literals.chunks_exact_mut(5);
        let (width, entries) = (self.bits, &self.entries);
        let mask = (1 << width) - 1;
        // Five codes of eleven bits are what can be looked at at once.
        for five in &mut places {
            let word = bits.peek(55);
            let mut used = 0;
            for place in five {
                let at = usize::try_from(word >> (55 - width - used) & mask).unwrap_or(0);
                let (length, symbol) = entries.get(at).copied()?;
                *place = symbol;
                used += u32::from(length);
            }
            bits.skip(used);
        }
        for place in places.into_remainder() {
            let at = usize::try_from(bits.peek(width)).unwrap_or(0);
            let (length, symbol) = entries.get(at).copied()?;
            *place = symbol;
            bits.skip(u32::from(length));
        }
        (bits.left() == 0).then_some(())
    }
}
