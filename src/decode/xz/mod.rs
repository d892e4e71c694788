//! xz (The .xz File Format, 1.2.1): streams of blocks, with padding between streams.
//!
//! Blocks with LZMA2 are decoded, and with the filters that may stand before it (delta, and those for machine code but for
//! that of RISC-V); those whose matches reach back further than 8 MiB are cut there. Each block's sum is verified (CRC-32, CRC-64, SHA-256), as
//! are the sums of headers, the index against the blocks, and the footer. All memory is taken when the decoder is made.

mod check;
mod filter;

use self::check::Check;
use self::filter::{Filters, Setup};
use super::crc32::Crc32;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::lzma::raw::{Bad, Step, WINDOW};
use super::lzma::two::Two;
use super::streams::{Stop, Streams};

pub(super) static FORMAT: Format = Format {
    name: "xz",
    recognise,
    make: || Box::new(Xz::new()),
    memory: WINDOW + (40 << 10) + filter::MEMORY,
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
    filters: Filters,
    check: Check,
    streams: Streams,
    /// Zeros since the last one.
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

impl Xz {
    fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            two: Two::new(),
            filters: Filters::new(),
            check: Check::new(),
            streams: Streams::NEW,
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
        if self.streams.is_any() && self.field.get().is_empty() {
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
            self.streams.over(field, out)?;
            self.field.clear();
            return Ok(State::Header);
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
        self.streams.begin(out)?;
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
        let Some(filters) = header.filters else {
            out.cut(Cut::Unsupported);
            return Err(Stop::Enough);
        };
        self.filters.begin(filters);
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
        let Self { two, filters, check, unpacked, .. } = self;
        let mut filtered = Filtered { out, filters, check, unpacked };
        let step = two.push(input, &mut filtered);
        let is_done = step == Ok(Step::Done);
        let go_on = !is_done || filtered.finish();
        self.packed += (before - input.len()) as u64;
        match step {
            Ok(Step::Done) if !go_on => return Err(Stop::Enough),
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
        self.streams.add();
        Ok(State::Header)
    }

    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if let Some(stop) = self.streams.trailing(input, out) {
            return Err(stop);
        }
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
        }
    }
}

/// What comes out of LZMA2 on its way through the filters.
struct Filtered<'a> {
    out: &'a mut dyn Out,
    filters: &'a mut Filters,
    check: &'a mut Check,
    unpacked: &'a mut u64,
}

impl Filtered<'_> {
    /// Hands on what the filters hold. False when no more is wanted.
    fn finish(&mut self) -> bool {
        let Self { out, filters, check, unpacked } = self;
        filters.finish(&mut |bytes| give(bytes, *out, check, unpacked))
    }
}

impl Out for Filtered<'_> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        self.out.begin(child)
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        let Self { out, filters, check, unpacked } = self;
        filters.push(bytes, &mut |bytes| give(bytes, *out, check, unpacked))
    }

    fn end(&mut self) {
        self.out.end();
    }

    fn cut(&mut self, reason: Cut) {
        self.out.cut(reason);
    }
}

/// Hands out bytes of a block. False when no more is wanted.
fn give(bytes: &[u8], out: &mut dyn Out, check: &mut Check, unpacked: &mut u64) -> bool {
    check.update(bytes);
    *unpacked += bytes.len() as u64;
    out.data(bytes)
}

/// What a block's header says.
#[derive(Clone, Copy, Debug)]
struct Header {
    packed: Option<u64>,
    unpacked: Option<u64>,
    /// What comes before LZMA2, if all of that is read.
    filters: Option<[Option<Setup>; filter::MOST]>,
}

impl Header {
    /// Reads the fields before the sum (section 3.1).
    fn read(fields: &[u8]) -> Option<Self> {
        let [_, flags, rest @ ..] = fields else { return None };
        let mut rest = rest;
        let packed = if flags & 0x40 == 0 { None } else { Some(number_of(&mut rest)?) };
        let unpacked = if flags & 0x80 == 0 { None } else { Some(number_of(&mut rest)?) };
        let mut filters = [None; filter::MOST];
        // Bits that mean nothing yet.
        let mut all = flags & 0x3c == 0;
        for place in filters.iter_mut().take(usize::from(flags & 3)) {
            let (id, properties) = filter(&mut rest)?;
            *place = Setup::of(id, properties);
            all &= place.is_some();
        }
        let (last, _) = filter(&mut rest)?;
        Some(Self { packed, unpacked, filters: (all && last == LZMA2).then_some(filters) })
    }
}

/// A filter's number, and its properties (section 3.1.5).
fn filter<'a>(bytes: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let id = number_of(bytes)?;
    let length = usize::try_from(number_of(bytes)?).ok()?;
    let (properties, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some((id, properties))
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
                Err(stop) => return stop.of(piece, input),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        // Between two streams nothing is missing.
        let is_between = self.state == State::Header && self.field.get().is_empty();
        self.streams.finish(is_between, out)
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        self.two.reset();
        (self.streams, self.zeros) = (Streams::NEW, 0);
    }
}

impl std::fmt::Debug for Xz {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xz").field("state", &self.state).field("streams", &self.streams).finish_non_exhaustive()
    }
}
