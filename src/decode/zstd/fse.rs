//! Tables of finite state entropy (RFC 8878 section 4.1).

use super::reverse::Reverse;

/// Entries of the largest table: accuracy 9.
const LARGEST: usize = 512;
/// Symbols of the largest alphabet, that of match lengths, and one for the rest of a run of zeros.
const SYMBOLS: usize = 53;

/// A state: its symbol, and how the next one follows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    base: u16,
    bits: u8,
    pub(super) symbol: u8,
}

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    entries: [Entry; LARGEST],
    log: u32,
    /// There is one, for blocks that use the last again.
    pub(super) is_set: bool,
}

impl Table {
    pub(super) const EMPTY: Self =
        Self { entries: [Entry { base: 0, bits: 0, symbol: 0 }; LARGEST], log: 0, is_set: false };

    /// A table with one symbol.
    pub(super) fn set_single(&mut self, symbol: u8) {
        self.entries[0] = Entry { base: 0, bits: 0, symbol };
        (self.log, self.is_set) = (0, true);
    }

    /// Reads a table's description from the front of `bytes`; gives its length.
    pub(super) fn read(&mut self, bytes: &[u8], most_log: u32, most_symbol: usize) -> Option<usize> {
        let mut bits = Forward { bytes, at: 0 };
        let log = u32::try_from(bits.read(4)?).ok()? + 5;
        if log > most_log {
            return None;
        }
        let mut chances = [0i16; SYMBOLS];
        let mut left = 1u32 << log;
        let mut symbol = 0;
        while left > 0 {
            let width = 32 - (left + 1).leading_zeros();
            let low = (1 << (width - 1)) - 1;
            let threshold = u64::from((1u32 << width) - 1 - (left + 1));
            // Few bits may stand for small values, so the last one of those may not be there.
            let mut value = bits.peek(width);
            if value & low < threshold {
                value &= low;
                bits.skip(width - 1)?;
            } else {
                if value > low {
                    value -= threshold;
                }
                bits.skip(width)?;
            }
            let chance = i16::try_from(value).ok()? - 1;
            left = left.checked_sub(u32::from(chance.unsigned_abs()))?;
            if symbol > most_symbol {
                return None;
            }
            *chances.get_mut(symbol)? = chance;
            symbol += 1;
            // Behind no chance stands how many more symbols have none; three says that this goes on.
            let mut zeros = if chance == 0 { 3 } else { 0 };
            while zeros == 3 {
                zeros = bits.read(2)?;
                symbol += usize::try_from(zeros).ok()?;
            }
        }
        self.build(log, chances.get(..symbol.min(SYMBOLS))?);
        Some(bits.at.div_ceil(8))
    }

    /// Builds the table of these chances, whose sum is `1 << log`; -1 is less than one.
    pub(super) fn build(&mut self, log: u32, chances: &[i16]) {
        let size = 1usize << log;
        let mut next = [0u16; SYMBOLS];
        let mut high = size;
        for ((chance, place), symbol) in chances.iter().zip(&mut next).zip(0u8..) {
            *place = chance.unsigned_abs();
            if *chance == -1 {
                high -= 1;
                if let Some(entry) = self.entries.get_mut(high) {
                    entry.symbol = symbol;
                }
            }
        }
        let (step, mask) = ((size >> 1) + (size >> 3) + 3, size - 1);
        let mut at = 0;
        for (chance, symbol) in chances.iter().zip(0u8..).filter(|(chance, _)| **chance > 0) {
            for _ in 0..*chance {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.symbol = symbol;
                }
                at = (at + step) & mask;
                while at >= high && high > 0 {
                    at = (at + step) & mask;
                }
            }
        }
        for entry in self.entries.iter_mut().take(size) {
            let Some(place) = next.get_mut(usize::from(entry.symbol)) else { continue };
            let bits = log.saturating_sub(15u32.saturating_sub(place.leading_zeros()));
            entry.bits = bits.to_le_bytes()[0];
            entry.base = u16::try_from((usize::from(*place) << bits).saturating_sub(size)).unwrap_or(0);
            *place += 1;
        }
        (self.log, self.is_set) = (log, true);
    }

    /// The first state.
    pub(super) fn start(&self, bits: &mut Reverse<'_>) -> Entry {
        self.at(bits.read(self.log))
    }

    /// The state that follows another one.
    #[inline(always)]
    pub(super) fn follow(&self, entry: Entry, bits: &mut Reverse<'_>) -> Entry {
        self.at(u64::from(entry.base) + bits.read(u32::from(entry.bits)))
    }

    #[inline(always)]
    fn at(&self, state: u64) -> Entry {
        usize::try_from(state).ok().and_then(|state| self.entries.get(state)).copied().unwrap_or_default()
    }
}

/// Reads bits from the first to the last, the lowest of each byte first.
#[derive(Clone, Copy, Debug)]
struct Forward<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Forward<'_> {
    /// The next bits, 16 at most, with zeros for those that are not there.
    fn peek(self, wanted: u32) -> u64 {
        let bytes = self.bytes.get(self.at / 8..).unwrap_or(&[]);
        let word = bytes.iter().take(3).rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        word >> (self.at % 8) & ((1 << wanted) - 1)
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.at += bits as usize;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    fn read(&mut self, wanted: u32) -> Option<u64> {
        let value = self.peek(wanted);
        self.skip(wanted)?;
        Some(value)
    }
}
