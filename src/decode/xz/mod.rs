//! xz (The .xz File Format, 1.2.1): streams of blocks, with padding between streams.
//!
//! Blocks with LZMA2 alone are decoded; those with other filters before it (delta, and those for machine code), and those
//! whose matches reach back further than 8 MiB, are cut there. Each block's sum is verified (CRC-32, CRC-64, SHA-256), as
//! are the sums of headers, the index against the blocks, and the footer. All memory is taken when the decoder is made.

mod check;

use self::check::Check;
use super::crc32::Crc32;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::lzma::raw::{Bad, Step, WINDOW};
use super::lzma::two::Two;
use super::tap::Tap;

pub(super) static FORMAT: Format = Format {
    name: "xz",
    recognise,
    make: || Box::new(Xz::new()),
    memory: WINDOW + (40 << 10),
    scanned: false,
    carries: false,
};

const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
/// A stream's header, and its footer.
const EDGE: usize = 12;
/// Longest header of a block.
const BLOCK_HEADER: usize = 1024;
/// Longest number.
const NUMBER: usize = 9;
/// The number of LZMA2 among filters.
const LZMA2: u64 = 0x21;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, &MAGIC), bytes.get(6..8)) {
        (Guess::Yes, None) => Guess::More,
        // Section 2.1.1.2: of the flags only four bits mean something.
        (Guess::Yes, Some([0, 0..16])) => Guess::Yes,
        (Guess::Yes, _) => Guess::No,
        (guess, _) => guess,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A stream's header; behind the first stream, padding and another one only if it is one.
    Header,
    /// A block's header, or the index.
    Block,
    Data,
    /// Zeros up to a multiple of four, then the sum.
    Padding,
    Sum,
    /// The index: how many blocks; sizes of the blocks of which so many are left, packed or not; zeros; its sum.
    IndexCount,
    Index(u64, bool),
    IndexPadding,
    IndexSum,
    Footer,
    /// What follows the last stream and is none; somebody wants it, or nobody.
    Trailing(bool),
}

/// Blocks of a stream: how many, and how much goes into them and comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Blocks {
    count: u64,
    packed: u64,
    unpacked: u64,
}

struct Xz {
    state: State,
    field: Field<BLOCK_HEADER>,
    two: Two,
    check: Check,
    /// A child has begun.
    open: bool,
    /// Streams that are complete, and zeros since the last.
    streams: u32,
    zeros: u64,
    /// The stream's flags.
    flags: u8,
    /// Sizes that the block's header says.
    told: (Option<u64>, Option<u64>),
    /// Bytes of the block, of which so many are its header.
    packed: u64,
    header: u64,
    unpacked: u64,
    seen: Blocks,
    listed: Blocks,
    /// The index so far.
    index: Crc32,
    index_size: u64,
}

/// What a step has come to, other than the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    More,
    Enough,
    Fault,
}

impl Xz {
    fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            two: Two::new(),
            check: Check::new(),
            open: false,
            streams: 0,
            zeros: 0,
            flags: 0,
            told: (None, None),
            packed: 0,
            header: 0,
            unpacked: 0,
            seen: Blocks::default(),
            listed: Blocks::default(),
            index: Crc32::new(),
            index_size: 0,
        }
    }

    /// A stream's header, or what stands in its place.
    fn header(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if self.streams != 0 && self.field.get().is_empty() {
            // Section 2.2: padding is zeros, a multiple of four.
            let zeros = input.iter().take_while(|byte| **byte == 0).count();
            self.zeros += take(input, zeros as u64).len() as u64;
            if input.is_empty() {
                return Err(Stop::More);
            }
        }
        let all = self.field.fill(input, EDGE);
        let field = self.field.get();
        if begins(field, &MAGIC) == Guess::No || !self.zeros.is_multiple_of(4) {
            if self.streams == 0 {
                return Err(Stop::Fault);
            }
            out.end();
            let wanted = out.begin(&Child { name: b"(trailing)" }) && out.data(field);
            self.field.clear();
            return Ok(State::Trailing(wanted));
        }
        if !all {
            return Err(Stop::More);
        }
        let [_, _, _, _, _, _, zero, flags, sum @ ..] = *field.first_chunk::<EDGE>().ok_or(Stop::Fault)?;
        if sum != crc32(&[zero, flags]) || zero != 0 || flags > 15 {
            return Err(Stop::Fault);
        }
        self.field.clear();
        (self.flags, self.zeros) = (flags, 0);
        (self.seen, self.listed) = (Blocks::default(), Blocks::default());
        if !self.open {
            self.open = true;
            if !out.begin(&Child::default()) {
                return Err(Stop::Enough);
            }
        }
        Ok(State::Block)
    }

    /// A block's header, or the index's first byte.
    fn block(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if !self.field.fill(input, 1) {
            return Err(Stop::More);
        }
        let size = self.field.get().first().copied().map_or(0, usize::from);
        if size == 0 {
            self.field.clear();
            self.index.reset();
            self.index.update(&[0]);
            self.index_size = 1;
            return Ok(State::IndexCount);
        }
        let size = (size + 1) * 4;
        if !self.field.fill(input, size) {
            return Err(Stop::More);
        }
        let (fields, sum) = self.field.get().split_last_chunk::<4>().ok_or(Stop::Fault)?;
        if *sum != crc32(fields) {
            return Err(Stop::Fault);
        }
        let header = Header::read(fields).ok_or(Stop::Fault)?;
        if !header.is_plain {
            out.cut(Cut::Unsupported);
            return Err(Stop::Enough);
        }
        self.told = (header.packed, header.unpacked);
        self.field.clear();
        self.header = size as u64;
        (self.packed, self.unpacked) = (self.header, 0);
        self.check.begin(self.flags);
        self.two.reset();
        Ok(State::Data)
    }

    fn data(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        let before = input.len();
        let see = |bytes: &[u8]| {
            self.check.update(bytes);
            self.unpacked += bytes.len() as u64;
        };
        let step = self.two.push(input, &mut Tap { out, see });
        self.packed += (before - input.len()) as u64;
        match step {
            Ok(Step::Done) => {}
            Ok(Step::More) => return Err(Stop::More),
            Ok(Step::Enough) => return Err(Stop::Enough),
            Ok(Step::Marker) | Err(Bad::Malformed) => return Err(Stop::Fault),
            Err(Bad::Far) => {
                out.cut(Cut::Unsupported);
                return Err(Stop::Enough);
            }
        }
        let (packed, unpacked) = self.told;
        let other = |told: Option<u64>, seen| told.is_some_and(|told| told != seen);
        if other(packed, self.packed - self.header) || other(unpacked, self.unpacked) {
            out.cut(Cut::Checksum);
        }
        self.seen.count += 1;
        // Section 4.3: the size in the index goes without the padding, but with the sum.
        self.seen.packed = self.seen.packed.wrapping_add(self.packed + self.check.size() as u64);
        self.seen.unpacked = self.seen.unpacked.wrapping_add(self.unpacked);
        Ok(State::Padding)
    }

    fn sum(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if !self.field.fill(input, self.check.size()) {
            return Err(Stop::More);
        }
        if !self.check.is(self.field.get()) {
            out.cut(Cut::Checksum);
        }
        self.field.clear();
        Ok(State::Block)
    }

    /// Zeros up to a multiple of four.
    fn padding(size: &mut u64, input: &mut &[u8], mut each: impl FnMut(u8)) -> Result<(), Stop> {
        while !size.is_multiple_of(4) {
            let Some((byte, rest)) = input.split_first() else { return Err(Stop::More) };
            *input = rest;
            each(*byte);
            *size += 1;
            if *byte != 0 {
                return Err(Stop::Fault);
            }
        }
        Ok(())
    }

    /// A number of the index.
    fn number(&mut self, input: &mut &[u8]) -> Result<u64, Stop> {
        loop {
            let Some((byte, rest)) = input.split_first() else { return Err(Stop::More) };
            *input = rest;
            self.index.update(&[*byte]);
            self.index_size += 1;
            self.field.append(&[*byte]);
            if byte & 0x80 == 0 {
                let mut number = self.field.get();
                let value = number_of(&mut number);
                self.field.clear();
                return value.ok_or(Stop::Fault);
            }
            if self.field.get().len() >= NUMBER {
                return Err(Stop::Fault);
            }
        }
    }

    fn index(&mut self, input: &mut &[u8], left: u64, is_packed: bool) -> Result<State, Stop> {
        if left == 0 {
            return Ok(State::IndexPadding);
        }
        let number = self.number(input)?;
        let total = if is_packed { &mut self.listed.packed } else { &mut self.listed.unpacked };
        *total = total.wrapping_add(number);
        Ok(State::Index(left - u64::from(!is_packed), !is_packed))
    }

    fn footer(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if !self.field.fill(input, EDGE) {
            return Err(Stop::More);
        }
        let [s0, s1, s2, s3, b0, b1, b2, b3, zero, flags, y, z] =
            *self.field.get().first_chunk::<EDGE>().ok_or(Stop::Fault)?;
        self.field.clear();
        if [y, z] != *b"YZ" {
            return Err(Stop::Fault);
        }
        let backward = (u64::from(u32::from_le_bytes([b0, b1, b2, b3])) + 1) * 4;
        let good = [s0, s1, s2, s3] == crc32(&[b0, b1, b2, b3, zero, flags]);
        if !good || backward != self.index_size + 4 || [zero, flags] != [0, self.flags] || self.seen != self.listed {
            out.cut(Cut::Checksum);
        }
        self.streams = self.streams.saturating_add(1);
        Ok(State::Header)
    }

    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        match self.state {
            State::Header => self.header(input, out),
            State::Block => self.block(input, out),
            State::Data => self.data(input, out),
            State::Padding => Self::padding(&mut self.packed, input, |_| {}).map(|()| State::Sum),
            State::Sum => self.sum(input, out),
            State::IndexCount => {
                self.listed.count = self.number(input)?;
                Ok(State::Index(self.listed.count, true))
            }
            State::Index(left, is_packed) => self.index(input, left, is_packed),
            State::IndexPadding => {
                let index = &mut self.index;
                Self::padding(&mut self.index_size, input, |byte| index.update(&[byte])).map(|()| State::IndexSum)
            }
            State::IndexSum => {
                if !self.field.fill(input, 4) {
                    return Err(Stop::More);
                }
                if self.field.get() != self.index.sum().to_le_bytes() {
                    out.cut(Cut::Checksum);
                }
                self.field.clear();
                Ok(State::Footer)
            }
            State::Footer => self.footer(input, out),
            State::Trailing(wanted) => {
                let rest = std::mem::take(input);
                let go_on = wanted && (rest.is_empty() || out.data(rest));
                Err(if go_on { Stop::More } else { Stop::Enough })
            }
        }
    }
}

/// What a block's header says.
#[derive(Clone, Copy, Debug)]
struct Header {
    packed: Option<u64>,
    unpacked: Option<u64>,
    /// Its only filter is LZMA2.
    is_plain: bool,
}

impl Header {
    /// Reads the fields before the sum (section 3.1).
    fn read(fields: &[u8]) -> Option<Self> {
        let [_, flags, rest @ ..] = fields else { return None };
        let mut rest = rest;
        let packed = if flags & 0x40 == 0 { None } else { Some(number_of(&mut rest)?) };
        let unpacked = if flags & 0x80 == 0 { None } else { Some(number_of(&mut rest)?) };
        let filter = number_of(&mut rest)?;
        Some(Self { packed, unpacked, is_plain: flags & 0x3f == 0 && filter == LZMA2 })
    }
}

/// A number of seven bits a byte, the lowest first (section 1.2).
fn number_of(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in 0..NUMBER {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (shift * 7);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

impl Decoder for Xz {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.step(&mut input, out) {
                Ok(state) => self.state = state,
                Err(Stop::More) => return Ok(Taken::All),
                Err(Stop::Enough) => return Ok(Taken::Enough),
                Err(Stop::Fault) => return Err(Fault::before(piece, input)),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        // Between two streams nothing is missing.
        let complete = match self.state {
            State::Header => self.streams != 0 && self.field.get().is_empty(),
            State::Trailing(_) => true,
            _ => false,
        };
        if !complete {
            out.cut(Cut::Truncated);
        }
        if self.open {
            out.end();
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        self.two.reset();
        (self.open, self.streams, self.zeros) = (false, 0, 0);
    }
}

impl std::fmt::Debug for Xz {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xz").field("state", &self.state).field("streams", &self.streams).finish_non_exhaustive()
    }
}
