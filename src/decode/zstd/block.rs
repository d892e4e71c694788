//! Compressed blocks of zstd (RFC 8878 section 3.1.1.3): literals, and sequences that say where they go.

use super::super::decoder::Out;
use super::super::window::{Reach, Window};
use super::fse::Table;
use super::huffman::Code;
use super::reverse::Reverse;

/// No block is longer, packed or not.
pub(super) const BLOCK: usize = 128 << 10;

/// Why a block cannot be decoded, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Malformed,
    /// A match reaches further back than the window goes.
    Far,
    /// No more is wanted.
    Enough,
}

impl From<Reach> for Bad {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Before => Self::Malformed,
            Reach::Far => Self::Far,
        }
    }
}

/// Most bits of a table, its last symbol, its usual accuracy, and its usual chances (section 3.1.1.3.2.2).
struct Kind {
    most_log: u32,
    last: u8,
    log: u32,
    chances: &'static [i16],
}

const LITERAL_LENGTHS: Kind = Kind {
    most_log: 9,
    last: 35,
    log: 6,
    chances: &[
        4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
    ],
};
const OFFSETS: Kind = Kind {
    most_log: 8,
    last: 31,
    log: 5,
    chances: &[1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
};
const MATCH_LENGTHS: Kind = Kind {
    most_log: 9,
    last: 52,
    log: 6,
    chances: &[
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
};

/// Lengths from these codes on: the shortest, and bits that follow.
const LITERAL_CODES: [(u32, u32); 20] = [
    (16, 1),
    (18, 1),
    (20, 1),
    (22, 1),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 4),
    (64, 6),
    (128, 7),
    (256, 8),
    (512, 9),
    (1024, 10),
    (2048, 11),
    (4096, 12),
    (8192, 13),
    (16384, 14),
    (32768, 15),
    (65536, 16),
];
const MATCH_CODES: [(u32, u32); 21] = [
    (35, 1),
    (37, 1),
    (39, 1),
    (41, 1),
    (43, 2),
    (47, 2),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 5),
    (131, 7),
    (259, 8),
    (515, 9),
    (1027, 10),
    (2051, 11),
    (4099, 12),
    (8195, 13),
    (16387, 14),
    (32771, 15),
    (65539, 16),
];

/// The shortest length of a code, and bits that follow: up to a code as many lengths have one each, from `least` on.
fn length_of(code: u8, single: u8, least: u32, codes: &[(u32, u32)]) -> Option<(u32, u32)> {
    match code.checked_sub(single) {
        None => Some((u32::from(code) + least, 0)),
        Some(at) => codes.get(usize::from(at)).copied(),
    }
}

/// What one block leaves behind for the next of its frame, and room for literals.
#[derive(Debug)]
pub(super) struct Blocks {
    code: Code,
    literal_lengths: Table,
    offsets: Table,
    match_lengths: Table,
    /// The last three offsets.
    recent: [usize; 3],
    literals: Box<[u8]>,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            code: Code::EMPTY,
            literal_lengths: Table::EMPTY,
            offsets: Table::EMPTY,
            match_lengths: Table::EMPTY,
            recent: [1, 4, 8],
            literals: vec![0; BLOCK].into_boxed_slice(),
        }
    }

    /// A frame begins.
    pub(super) const fn reset(&mut self) {
        self.code.is_set = false;
        self.literal_lengths.is_set = false;
        self.offsets.is_set = false;
        self.match_lengths.is_set = false;
        self.recent = [1, 4, 8];
    }

    /// Decodes a compressed block into the window.
    ///
    /// # Errors
    /// [`Bad`]; what came before it is in the window.
    pub(super) fn decode(&mut self, block: &[u8], window: &mut Window, out: &mut dyn Out) -> Result<(), Bad> {
        let (literals, used) = self.literals(block).ok_or(Bad::Malformed)?;
        let rest = block.get(used..).ok_or(Bad::Malformed)?;
        let (count, rest) = sequence_count(rest).ok_or(Bad::Malformed)?;
        let mut left = self.literals.get(..literals).ok_or(Bad::Malformed)?;
        if count != 0 {
            let (modes, rest) = rest.split_first().ok_or(Bad::Malformed)?;
            if modes & 3 != 0 {
                return Err(Bad::Malformed);
            }
            let rest = table(&mut self.literal_lengths, &LITERAL_LENGTHS, modes >> 6, rest).ok_or(Bad::Malformed)?;
            let rest = table(&mut self.offsets, &OFFSETS, modes >> 4 & 3, rest).ok_or(Bad::Malformed)?;
            let rest = table(&mut self.match_lengths, &MATCH_LENGTHS, modes >> 2 & 3, rest).ok_or(Bad::Malformed)?;
            let mut bits = Reverse::new(rest).ok_or(Bad::Malformed)?;
            let mut of_literals = self.literal_lengths.start(&mut bits);
            let mut of_offset = self.offsets.start(&mut bits);
            let mut of_match = self.match_lengths.start(&mut bits);
            let mut size = 0;
            for number in (0..count).rev() {
                let code = u32::from(of_offset.symbol);
                let offset = (1u64 << code) + bits.read(code);
                let mut read = |length: Option<(u32, u32)>| {
                    let (least, more) = length.ok_or(Bad::Malformed)?;
                    usize::try_from(u64::from(least) + bits.read(more)).map_err(|_| Bad::Malformed)
                };
                let length = read(length_of(of_match.symbol, 32, 3, &MATCH_CODES))?;
                let plain = read(length_of(of_literals.symbol, 16, 0, &LITERAL_CODES))?;
                if number != 0 {
                    of_literals = self.literal_lengths.follow(of_literals, &mut bits);
                    of_match = self.match_lengths.follow(of_match, &mut bits);
                    of_offset = self.offsets.follow(of_offset, &mut bits);
                }
                size += plain + length;
                if bits.left() < 0 || size > BLOCK {
                    return Err(Bad::Malformed);
                }
                let offset = offset_of(&mut self.recent, usize::try_from(offset).unwrap_or(usize::MAX), plain == 0);
                let (now, later) = left.split_at_checked(plain).ok_or(Bad::Malformed)?;
                left = later;
                if !window.append(now, out) {
                    return Err(Bad::Enough);
                }
                window.check(offset)?;
                if !window.copy(offset, length, out) {
                    return Err(Bad::Enough);
                }
            }
            if bits.left() != 0 || size + left.len() > BLOCK {
                return Err(Bad::Malformed);
            }
        } else if !rest.is_empty() {
            return Err(Bad::Malformed);
        }
        if window.append(left, out) { Ok(()) } else { Err(Bad::Enough) }
    }

    /// Decodes the block's literals; gives how many they are, and how many bytes they take.
    fn literals(&mut self, block: &[u8]) -> Option<(usize, usize)> {
        let first = usize::from(*block.first()?);
        let word = block.iter().take(5).rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        let field = |shift: u32, bits: u32| usize::try_from(word >> shift & ((1 << bits) - 1)).ok();
        let (kind, format) = (first & 3, first >> 2 & 3);
        if kind < 2 {
            let (size, header) = match format {
                0 | 2 => (field(3, 5)?, 1),
                1 => (field(4, 12)?, 2),
                _ => (field(4, 20)?, 3),
            };
            let bytes = block.get(header..)?;
            let place = self.literals.get_mut(..size)?;
            if kind == 0 {
                place.copy_from_slice(bytes.get(..size)?);
                return Some((size, header + size));
            }
            place.fill(*bytes.first()?);
            return Some((size, header + 1));
        }
        let (bits, header) = match format {
            0 | 1 => (10, 3),
            2 => (14, 4),
            _ => (18, 5),
        };
        let (size, packed) = (field(4, bits)?, field(4 + bits, bits)?);
        let mut bytes = block.get(header..)?.get(..packed)?;
        if kind == 2 {
            let used = self.code.read(bytes)?;
            bytes = bytes.get(used..)?;
        } else if !self.code.is_set {
            return None;
        }
        let place = self.literals.get_mut(..size)?;
        if format == 0 {
            self.code.decode(bytes, place)?;
            return Some((size, header + packed));
        }
        let (jumps, mut bytes) = bytes.split_first_chunk::<6>()?;
        let [a0, a1, b0, b1, c0, c1] = *jumps;
        let each = size.div_ceil(4).max(1);
        let mut places = place.chunks_mut(each);
        for length in [[a0, a1], [b0, b1], [c0, c1]] {
            let (stream, rest) = bytes.split_at_checked(usize::from(u16::from_le_bytes(length)))?;
            self.code.decode(stream, places.next().unwrap_or_default())?;
            bytes = rest;
        }
        self.code.decode(bytes, places.next().unwrap_or_default())?;
        Some((size, header + packed))
    }
}

/// How many sequences there are, and what follows.
fn sequence_count(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match *bytes {
        [first @ ..128, ref rest @ ..] => Some((usize::from(first), rest)),
        [255, low, high, ref rest @ ..] => Some((usize::from(u16::from_le_bytes([low, high])) + 0x7f00, rest)),
        [first @ 128..=254, low, ref rest @ ..] => Some((usize::from(u16::from_be_bytes([first - 128, low])), rest)),
        _ => None,
    }
}

/// Makes a block's table as its mode says; gives what follows its description.
fn table<'a>(table: &mut Table, kind: &Kind, mode: u8, bytes: &'a [u8]) -> Option<&'a [u8]> {
    match mode {
        0 => {
            table.build(kind.log, kind.chances);
            Some(bytes)
        }
        1 => {
            let (symbol, rest) = bytes.split_first()?;
            if *symbol > kind.last {
                return None;
            }
            table.set_single(*symbol);
            Some(rest)
        }
        2 => {
            let used = table.read(bytes, kind.most_log, usize::from(kind.last))?;
            bytes.get(used..)
        }
        _ => table.is_set.then_some(bytes),
    }
}

/// What an offset's value means (section 3.1.1.5): one of the last three, or a new one. 0 where it means none.
fn offset_of(recent: &mut [usize; 3], value: usize, no_literals: bool) -> usize {
    let [first, second, third] = *recent;
    let offset = match (value, no_literals) {
        (1, false) => return first,
        (2, false) | (1, true) => {
            *recent = [second, first, third];
            return second;
        }
        (3, false) | (2, true) => third,
        (3, true) => first - 1,
        _ => value.saturating_sub(3),
    };
    if offset != 0 {
        *recent = [offset, first, second];
    }
    offset
}
