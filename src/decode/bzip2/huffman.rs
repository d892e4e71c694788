//! Huffman codes of a bzip2 block.

use super::super::bits::Bits;

/// Symbols there can be: 256 bytes less one, two for runs, one for the end.
pub(super) const SYMBOLS: usize = 258;
/// Longest code, bits.
pub(super) const LONGEST: usize = 20;
/// Codes of so many bits are looked up at once.
const FAST: u32 = 10;

/// One code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// By the next [`FAST`] bits: symbol and length (lowest five bits), or 0 where the code is longer.
    fast: [u16; 1 << FAST],
    /// By length: the first code, the code after the last, and where its symbols begin.
    first: [u32; LONGEST + 1],
    end: [u32; LONGEST + 1],
    start: [u16; LONGEST + 1],
    /// Symbols by length and value.
    symbols: [u16; SYMBOLS],
}

/// What the next bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Symbol(u16),
    /// There are too few of them.
    More,
    /// No code begins so.
    Bad,
}

impl Code {
    pub(super) const EMPTY: Self = Self {
        fast: [0; 1 << FAST],
        first: [0; LONGEST + 1],
        end: [0; LONGEST + 1],
        start: [0; LONGEST + 1],
        symbols: [0; SYMBOLS],
    };

    /// Builds the code whose symbols have these lengths, each from 1 to [`LONGEST`].
    pub(super) fn build(&mut self, lengths: &[u8]) {
        self.fast.fill(0);
        let (mut code, mut place) = (0u32, 0u16);
        for length in 1..=LONGEST {
            let bits = u32::try_from(length).unwrap_or(0);
            set(&mut self.first, length, code);
            set(&mut self.start, length, place);
            let with = lengths.iter().zip(0u16..).filter(|(other, _)| usize::from(**other) == length);
            for (_, symbol) in with {
                set(&mut self.symbols, usize::from(place), symbol);
                place += 1;
                if bits <= FAST {
                    let shift = FAST - bits;
                    let (from, to) = ((code as usize) << shift, (code as usize + 1) << shift);
                    // More codes than fit belong to a damaged block, and are never found.
                    if let Some(entries) = self.fast.get_mut(from..to) {
                        entries.fill(symbol << 5 | u16::from(length.to_le_bytes()[0]));
                    }
                }
                code = code.saturating_add(1);
            }
            set(&mut self.end, length, code);
            code = code.saturating_mul(2);
        }
    }

    /// The next symbol.
    pub(super) fn next(&self, bits: &mut Bits) -> Next {
        let entry = usize::try_from(bits.peek(FAST)).ok().and_then(|at| self.fast.get(at)).copied().unwrap_or(0);
        if entry != 0 {
            let length = u32::from(entry & 31);
            if length > bits.count() {
                return Next::More;
            }
            bits.skip(length);
            return Next::Symbol(entry >> 5);
        }
        self.next_long(bits)
    }

    #[cold]
    fn next_long(&self, bits: &mut Bits) -> Next {
        let mut rows = self.first.iter().zip(&self.end).zip(&self.start).zip(0u32..).skip(1);
        let found = rows.find_map(|(((first, end), start), length)| {
            let code = u32::try_from(bits.peek(length)).unwrap_or(u32::MAX);
            // Where a bit is missing nothing longer can be told either.
            (length > bits.count() || (*first..*end).contains(&code)).then_some((
                length,
                code - *first.min(&code),
                *start,
            ))
        });
        let Some((length, place, start)) = found else {
            bits.skip(20);
            return Next::Bad;
        };
        if length > bits.count() {
            return Next::More;
        }
        bits.skip(length);
        let place = usize::try_from(place).unwrap_or(usize::MAX).saturating_add(usize::from(start));
        self.symbols.get(place).map_or(Next::Bad, |symbol| Next::Symbol(*symbol))
    }
}

fn set<T>(places: &mut [T], at: usize, value: T) {
    if let Some(place) = places.get_mut(at) {
        *place = value;
    }
}
