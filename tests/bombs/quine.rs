//! Archives that hold themselves, after Russ Cox, "Zip Files All The Way Down" (2010).
//!
//! A program in the two instructions of DEFLATE (RFC 1951), to print what follows and to repeat the last so many bytes
//! that were printed, prints itself with any text before and behind it. All instructions have one length, ten bytes: what
//! is shorter is filled with empty blocks. The archive's checksum is that of a file with the checksum in it, which is a
//! system of linear equations over bits.

/// Bytes of an instruction.
const UNIT: usize = 10;
/// A stored block without bytes, and the same as the last one.
const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// First lengths and distances of codes, and extra bits (RFC 1951 section 3.2.5).
const LENGTHS: [(usize, usize); 28] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
];
const DISTANCES: [(usize, usize); 16] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
];

/// The code of a number, the bits that tell it from the code's first, and how many of them there are.
fn code(table: &[(usize, usize)], number: usize) -> (usize, usize, usize) {
    let at = table.iter().rposition(|(first, _)| *first <= number).unwrap();
    (at, number - table[at].0, table[at].1)
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// The lowest bit first.
    fn put(&mut self, value: usize, count: usize) {
        for bit in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= u8::try_from(value >> bit & 1).unwrap() << (self.count % 8);
            self.count += 1;
        }
    }

    /// A code of the fixed tables, whose highest bit is first.
    fn code(&mut self, value: usize, count: usize) {
        (0..count).rev().for_each(|bit| self.put(value >> bit & 1, 1));
    }

    /// Blocks of fixed codes: one that repeats these lengths from that distance, and empty ones.
    fn blocks(lengths: &[usize], distance: usize, empty: usize) -> Self {
        let mut bits = Self::default();
        for block in 0..=empty {
            bits.put(0b010, 3);
            for length in lengths.iter().filter(|_| block == 0) {
                let (at, extra, count) = code(&LENGTHS, *length);
                if at < 23 {
                    bits.code(at + 1, 7)
                } else {
                    bits.code(0b1100_0000 + at - 23, 8)
                }
                bits.put(extra, count);
                let (at, extra, count) = code(&DISTANCES, distance);
                bits.code(at, 5);
                bits.put(extra, count);
            }
            bits.code(0, 7);
        }
        bits
    }
}

/// Prints the next `length` bytes.
fn print(length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap();
    [&EMPTY[..], &[0], &length.to_le_bytes(), &(!length).to_le_bytes()].concat()
}

/// Repeats the last `length` bytes that were printed.
fn repeat(length: usize) -> Vec<u8> {
    let whole = std::iter::once(vec![length]);
    let halves = (3..length.saturating_sub(2)).map(|first| vec![first, length - first]);
    for lengths in whole.chain(halves) {
        for empty in 0..3 {
            let mut bits = Bits::blocks(&lengths, length, empty);
            // What fills it is an empty stored block: three bits, up to the end of a byte, and four bytes.
            if (38..=45).contains(&bits.count) {
                bits.put(0, 3);
                bits.bytes.extend([0, 0, 0xff, 0xff]);
                assert_eq!(bits.bytes.len(), UNIT);
                return bits.bytes;
            }
        }
    }
    panic!("{length} bytes cannot be repeated in {UNIT} bytes");
}

/// A program that prints itself, from its prefix, which is no part of it, to the end of its suffix, with which it ends.
fn program(prefix: &[u8], suffix: &[u8]) -> Vec<u8> {
    let (first, last, four) = (prefix.len() + UNIT, suffix.len() + UNIT, 4 * UNIT);
    let nothing = EMPTY.repeat(2);
    [
        prefix,
        &print(first),
        prefix,
        &print(first),
        &repeat(first),
        &print(UNIT),
        &repeat(first),
        &print(UNIT),
        &print(UNIT),
        &print(four),
        &repeat(first),
        &print(UNIT),
        &print(UNIT),
        &print(four),
        &repeat(four),
        &print(four),
        &repeat(four),
        &print(four),
        &repeat(four),
        &print(four),
        &repeat(four),
        &print(four),
        &repeat(four),
        &nothing,
        &nothing,
        &print(last),
        &repeat(four),
        &nothing,
        &nothing,
        &print(last),
        &repeat(last),
        suffix,
        &repeat(last),
        suffix,
    ]
    .concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The checksum that a file has with that checksum in it, if there is one.
fn own_sum(make: impl Fn(u32) -> Vec<u8>) -> Option<u32> {
    let constant = crc(&make(0));
    // Each row: which bits of the checksum make a bit of the checksum come out otherwise than it went in.
    let columns: Vec<u32> = (0..32).map(|bit| crc(&make(1 << bit)) ^ constant ^ (1 << bit)).collect();
    let row = |bit: u32| (0..32).fold(0_u64, |row, at| row | u64::from(columns[at] >> bit & 1) << at);
    let mut rows: Vec<u64> = (0..32).map(|bit| row(bit) | u64::from(constant >> bit & 1) << 32).collect();
    for bit in 0..32 {
        let pivot = (bit..32).find(|at| rows[*at] >> bit & 1 == 1)?;
        rows.swap(bit, pivot);
        let pivot = rows[bit];
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, row)| *at != bit && **row >> bit & 1 == 1) {
            *row ^= pivot;
        }
    }
    Some((0..32).fold(0, |sum, bit| sum | u32::try_from(rows[bit] >> 32).unwrap() << bit))
}

/// The file of the first number for which there is a checksum.
fn first_of(make: impl Fn(u16, u32) -> Vec<u8>) -> Vec<u8> {
    let number = (0..1000).find(|number| own_sum(|sum| make(*number, sum)).is_some()).unwrap();
    make(number, own_sum(|sum| make(number, sum)).unwrap())
}

/// A gzip file whose content is that file.
pub(crate) fn gzip() -> Vec<u8> {
    let make = |time: u16, sum: u32| {
        let [low, high] = time.to_le_bytes();
        let prefix = [&[0x1f, 0x8b, 8, 8, low, high, 0, 0, 0, 3][..], b"tern.gz\0"].concat();
        let suffix = |size: u32| [&LAST[..], &sum.to_le_bytes(), &size.to_le_bytes()].concat();
        program(&prefix, &suffix(u32::try_from(program(&prefix, &suffix(0)).len()).unwrap()))
    };
    first_of(make)
}

/// A ZIP archive whose only entry, `again.zip`, is that archive.
pub(crate) fn zip() -> Vec<u8> {
    const NAME: &[u8] = b"again.zip";
    let make = |time: u16, sum: u32| {
        let build = |packed: u32, size: u32| {
            let fields = [&[20, 0, 0, 0, 8, 0][..], &time.to_le_bytes(), &[0x21, 0x58], &sum.to_le_bytes()].concat();
            let fields = [&fields[..], &packed.to_le_bytes(), &size.to_le_bytes(), &[9, 0, 0, 0]].concat();
            let prefix = [b"PK\x03\x04", &fields[..], NAME].concat();
            let entry = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], NAME].concat();
            let (length, at) = (u32::try_from(entry.len()).unwrap(), u32::try_from(prefix.len()).unwrap() + packed);
            let end =
                [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &length.to_le_bytes(), &at.to_le_bytes(), &[0; 2]].concat();
            let suffix = [&LAST[..], &entry, &end].concat();
            let whole = program(&prefix, &suffix);
            let packed = whole.len() - prefix.len() - (suffix.len() - LAST.len());
            (u32::try_from(packed).unwrap(), u32::try_from(whole.len()).unwrap(), whole)
        };
        let (packed, size, _) = build(0, 0);
        build(packed, size).2
    };
    first_of(make)
}
