//! The Huffman code of HPACK (RFC 7541, appendix B), decoded as its bytes arrive.
//!
//! The code is canonical: codes of a length count up in the order of their symbols, and each length begins where
//! the one before it ended, one bit longer. So the lengths say all of it. Codes of up to eight bits, which are those of
//! nearly all text, are looked up at once; longer ones are found by their length.

/// Bits of each symbol's code; the last is EOS.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
    10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
    5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
    22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
    27, 27, 27, 27, 27, 26, 30,
];

/// Longest code, in bits.
const MAX_BITS: usize = 30;

/// Codes of one length.
#[derive(Clone, Copy)]
struct Length {
    /// The first of them.
    first: u32,
    count: u32,
    /// Where their symbols begin in [`Tables::symbols`].
    at: u32,
}

struct Tables {
    lengths: [Length; MAX_BITS + 1],
    symbols: [u16; 257],
    /// Symbol and length of the code that each byte begins with; length 0 where it is longer.
    short: [(u8, u8); 256],
}

static TABLES: Tables = tables();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // evaluated by the compiler: a fault is a build error
const fn tables() -> Tables {
    let mut tables = Tables {
        lengths: [Length { first: 0, count: 0, at: 0 }; MAX_BITS + 1],
        symbols: [0; 257],
        short: [(0, 0); 256],
    };
    let (mut code, mut at, mut bits) = (0u32, 0usize, 1usize);
    while bits <= MAX_BITS {
        code <<= 1;
        tables.lengths[bits] = Length { first: code, count: 0, at: at as u32 };
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == bits {
                tables.symbols[at] = symbol as u16;
                if bits <= 8 {
                    let begin = (code as usize) << (8 - bits);
                    let mut byte = begin;
                    while byte < begin + (1 << (8 - bits)) {
                        tables.short[byte] = (symbol as u8, bits as u8);
                        byte += 1;
                    }
                }
                at += 1;
                code += 1;
            }
            symbol += 1;
        }
        tables.lengths[bits].count = at as u32 - tables.lengths[bits].at;
        bits += 1;
    }
    tables
}

/// The state within one string.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Huffman {
    /// Bits that make up no symbol yet, the latest lowest.
    bits: u64,
    count: u8,
}

impl Huffman {
    /// Takes a byte and hands out the symbols that it completes; false when it makes up none that may stand in a string.
    pub(super) fn byte(&mut self, byte: u8, mut symbol: impl FnMut(u8)) -> bool {
        self.bits = self.bits << 8 | u64::from(byte);
        self.count += 8;
        while let Some((found, used)) = self.next() {
            // EOS is no byte, and "MUST be treated as a decoding error"
            let Ok(found) = u8::try_from(found) else { return false };
            symbol(found);
            self.count -= used;
        }
        usize::from(self.count) <= MAX_BITS
    }

    /// The string is over; false when what is left is no padding. RFC 7541, 5.2: "the most significant bits of the code for
    /// the EOS (end-of-string) symbol", and "A padding strictly longer than 7 bits MUST be treated as a decoding error."
    pub(super) fn end(self) -> bool {
        let mask = (1u64 << self.count) - 1;
        self.count < 8 && self.bits & mask == mask
    }

    /// The symbol that the bits begin with, and how many of them it takes.
    fn next(&self) -> Option<(u16, u8)> {
        let top = if self.count >= 8 { self.bits >> (self.count - 8) } else { self.bits << (8 - self.count) };
        let (symbol, length) = TABLES.short.get(usize::try_from(top & 0xff).ok()?).copied()?;
        if length != 0 {
            return (length <= self.count).then_some((u16::from(symbol), length));
        }
        for length in 9..=self.count.min(30) {
            let code = u32::try_from(self.bits >> (self.count - length) & ((1 << length) - 1)).ok()?;
            let of = TABLES.lengths.get(usize::from(length))?;
            if let Some(index) = code.checked_sub(of.first).filter(|index| *index < of.count) {
                let symbol = TABLES.symbols.get(usize::try_from(of.at + index).ok()?).copied()?;
                return Some((symbol, length));
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut huffman = Huffman::default();
        for &byte in bytes {
            if !huffman.byte(byte, |symbol| out.push(symbol)) {
                return None;
            }
        }
        huffman.end().then_some(out)
    }

    /// The naive coder: bits in a row, padded with ones.
    fn encode(text: &[u8]) -> Vec<u8> {
        let mut bits: Vec<u8> = Vec::new();
        for &byte in text {
            let length = usize::from(LENGTHS[usize::from(byte)]);
            let of = TABLES.lengths[length];
            let at = of.at as usize;
            let index = TABLES.symbols[at..at + of.count as usize].iter().position(|&symbol| symbol == u16::from(byte));
            let code = of.first + index.unwrap() as u32;
            bits.extend((0..length).rev().map(|bit| (code >> bit & 1) as u8));
        }
        while !bits.len().is_multiple_of(8) {
            bits.push(1);
        }
        bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
    }

    #[test]
    fn codes_of_appendix_b() {
        for (symbol, length, code) in [
            (0usize, 13, 0x1ff8),
            (48, 5, 0),
            (116, 5, 9),
            (32, 6, 0x14),
            (92, 19, 0x7fff0),
            (10, 30, 0x3fff_fffc),
            (249, 28, 0xfff_fffe),
            (256, 30, 0x3fff_ffff),
        ] {
            assert_eq!(LENGTHS[symbol], length, "{symbol}");
            let of = TABLES.lengths[usize::from(length)];
            let at = of.at as usize;
            let index =
                TABLES.symbols[at..at + of.count as usize].iter().position(|&found| usize::from(found) == symbol);
            assert_eq!(of.first + index.unwrap() as u32, code, "{symbol}");
        }
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)).unwrap(), all);
        for byte in 0..=255u8 {
            let text = [byte, b'a', byte, byte];
            assert_eq!(decode(&encode(&text)).unwrap(), text);
        }
        assert_eq!(decode(&[]).unwrap(), b"");
    }

    #[test]
    fn what_is_no_string_is_refused() {
        // EOS itself, eight bits of padding, padding of zeros
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(decode(&[0x07, 0xff]), None);
        assert_eq!(decode(&[0x00]), None);
        assert_eq!(decode(&[0x07]), Some(b"0".to_vec()));
    }
}
