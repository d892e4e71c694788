//! Deflate64, method 9: deflate (RFC 1951) with a window of 64 KiB, distances up to that, and lengths up to 64 KiB.

use super::super::crc32::Crc32;
use super::super::decoder::{Fault, Out, take};
use super::super::inflate::Step;
use super::super::tap::Tap;
use super::super::window::Window;

/// Room for the 64 KiB that matches reach back, and for what was not handed out yet.
const WINDOW: usize = 128 << 10;
/// Symbols of literals and lengths, of distances, and of both lengths of codes.
const LITERALS: usize = 288;
const DISTANCES: usize = 32;
const LONGEST: usize = 15;
/// Codes of so many bits are looked up at once.
const FAST: u32 = 9;
const END: u16 = 256;
/// The order of the lengths of codes for lengths (RFC 1951 section 3.2.7).
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// From symbol 257 on: the shortest length, and bits that follow. The last is where deflate64 is other than deflate.
const LENGTHS: [(u16, u8); 29] = [
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
    (3, 16),
];

/// A code: symbols by length, and the short ones by their bits.
#[derive(Clone, Debug)]
struct Code {
    /// By the next bits, the first in the lowest place: symbol and length (lowest four bits), or 0.
    fast: [u16; 1 << FAST],
    counts: [u16; LONGEST + 1],
    symbols: [u16; LITERALS],
}

/// What the next bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Symbol(u16),
    More,
    Bad,
}

impl Code {
    const EMPTY: Self = Self { fast: [0; 1 << FAST], counts: [0; LONGEST + 1], symbols: [0; LITERALS] };

    /// Builds the code whose symbols have these lengths, of which 0 is none. False where there are more than fit.
    fn build(&mut self, lengths: &[u8]) -> bool {
        self.fast.fill(0);
        let (mut code, mut place) = (0u32, 0);
        for length in 1..=LONGEST {
            code <<= 1;
            let bits = u32::try_from(length).unwrap_or(0);
            let mut count = 0;
            for (_, symbol) in lengths.iter().zip(0u16..).filter(|(other, _)| usize::from(**other) == length) {
                if let Some(slot) = self.symbols.get_mut(place) {
                    *slot = symbol;
                }
                (place, count) = (place + 1, count + 1);
                if bits <= FAST {
                    let first = code.reverse_bits().checked_shr(32 - bits).unwrap_or(0) as usize;
                    let entry = symbol << 4 | u16::from(length.to_le_bytes()[0]);
                    for slot in self.fast.iter_mut().skip(first).step_by(1 << bits) {
                        *slot = entry;
                    }
                }
                code += 1;
            }
            if code > 1 << bits {
                return false;
            }
            if let Some(slot) = self.counts.get_mut(length) {
                *slot = count;
            }
        }
        true
    }

    fn next(&self, bits: &mut Bits) -> Next {
        let entry = usize::try_from(bits.hold & 0x1ff).ok().and_then(|at| self.fast.get(at)).copied().unwrap_or(0);
        if entry != 0 {
            let length = u32::from(entry & 15);
            if length > bits.count {
                return Next::More;
            }
            bits.skip(length);
            return Next::Symbol(entry >> 4);
        }
        let (mut code, mut first, mut place) = (0, 0, 0);
        for (count, length) in self.counts.iter().zip(0u32..).skip(1) {
            if length > bits.count {
                return Next::More;
            }
            code = code << 1 | u32::try_from(bits.hold >> (length - 1) & 1).unwrap_or(0);
            first <<= 1;
            let count = u32::from(*count);
            if code < first + count {
                bits.skip(length);
                let symbol = self.symbols.get((place + code - first) as usize);
                return symbol.map_or(Next::Bad, |symbol| Next::Symbol(*symbol));
            }
            (first, place) = (first + count, place + count);
        }
        bits.skip(15);
        Next::Bad
    }
}

/// Bits from the lowest of each byte to the highest. What can be used of them is used at once, so the last byte that was
/// used is always one of the piece that is being taken.
#[derive(Clone, Copy, Debug, Default)]
struct Bits {
    hold: u64,
    count: u32,
}

impl Bits {
    fn fill(&mut self, input: &mut &[u8]) {
        while self.count <= 56
            && let Some((byte, rest)) = input.split_first()
        {
            self.hold |= u64::from(*byte) << self.count;
            self.count += 8;
            *input = rest;
        }
    }

    const fn skip(&mut self, bits: u32) {
        self.hold >>= bits;
        self.count = self.count.saturating_sub(bits);
    }

    fn take(&mut self, input: &mut &[u8], wanted: u32) -> Result<u32, Stop> {
        self.fill(input);
        if self.count < wanted {
            return Err(Stop::More);
        }
        let value = u32::try_from(self.hold & ((1 << wanted) - 1)).map_err(|_| Stop::Bad)?;
        self.skip(wanted);
        Ok(value)
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A block's first three bits.
    Block,
    /// How long a stored block is, and what is left of it.
    StoredLength,
    Stored(u64),
    /// How many codes there are; lengths of the codes for lengths; lengths of codes, or how often the last is repeated.
    Counts,
    LengthCodes,
    Lengths,
    Repeat(u16),
    /// A literal or a length; bits of the length; a distance; bits of that.
    Symbol,
    Length(usize, u32),
    Distance(usize),
    DistanceBits(usize, usize, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    More,
    Done,
    Enough,
    Bad,
}

/// Undoes deflate64, and sums up what comes out.
pub(super) struct Deflate64 {
    window: Window,
    bits: Bits,
    state: State,
    last: bool,
    literals: Code,
    distances: Code,
    lengths: [u8; LITERALS + DISTANCES],
    /// Codes of each kind, and lengths that were read.
    counts: (usize, usize, usize),
    read: usize,
    crc: Crc32,
    taken: u64,
    given: u64,
}

impl Deflate64 {
    pub(super) fn new() -> Self {
        Self {
            window: Window::new(WINDOW),
            bits: Bits::default(),
            state: State::Block,
            last: false,
            literals: Code::EMPTY,
            distances: Code::EMPTY,
            lengths: [0; LITERALS + DISTANCES],
            counts: (0, 0, 0),
            read: 0,
            crc: Crc32::new(),
            taken: 0,
            given: 0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.window.clear();
        self.bits = Bits::default();
        (self.state, self.last) = (State::Block, false);
        self.crc.reset();
        (self.taken, self.given) = (0, 0);
    }

    /// CRC-32 of what came out, bytes that went in, and bytes that came out.
    pub(super) fn seen(&self) -> (u32, u64, u64) {
        (self.crc.sum(), self.taken, self.given)
    }

    /// Takes what it can of `input`.
    ///
    /// # Errors
    /// A [`Fault`] in `input`.
    pub(super) fn push(&mut self, input: &[u8], out: &mut dyn Out) -> Result<Step, Fault> {
        // It is taken out so that what comes out of it can be summed up here.
        let (mut crc, mut given) = (std::mem::take(&mut self.crc), self.given);
        let see = |bytes: &[u8]| {
            crc.update(bytes);
            given += bytes.len() as u64;
        };
        let mut tap = Tap { out, see };
        let mut rest = input;
        let mut stop = loop {
            match self.step(&mut rest, &mut tap) {
                Ok(state) => self.state = state,
                Err(stop) => break stop,
            }
        };
        if !self.window.flush(&mut tap) {
            stop = Stop::Enough;
        }
        (self.crc, self.given) = (crc, given);
        let used = input.len() - rest.len();
        let ahead = if stop == Stop::More { 0 } else { self.bits.count as usize / 8 };
        let used = used.saturating_sub(ahead);
        self.taken += used as u64;
        match stop {
            Stop::More => Ok(Step::More),
            Stop::Done => Ok(Step::Done(used)),
            Stop::Enough => Ok(Step::Enough),
            Stop::Bad => Err(Fault { at: used }),
        }
    }

    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        Ok(match self.state {
            State::Block if self.last => {
                self.last = false;
                return Err(Stop::Done);
            }
            State::Block => {
                let header = self.bits.take(input, 3)?;
                self.last = header & 1 == 1;
                match header >> 1 {
                    0 => {
                        self.bits.skip(self.bits.count % 8);
                        State::StoredLength
                    }
                    1 => {
                        self.fixed();
                        State::Symbol
                    }
                    2 => State::Counts,
                    _ => return Err(Stop::Bad),
                }
            }
            State::StoredLength => {
                let lengths = self.bits.take(input, 32)?;
                if lengths >> 16 != !lengths & 0xffff {
                    return Err(Stop::Bad);
                }
                State::Stored(u64::from(lengths & 0xffff))
            }
            State::Stored(0) => State::Block,
            State::Stored(left) if self.bits.count != 0 => {
                let byte = self.bits.take(input, 8)?.to_le_bytes()[0];
                self.give(byte, out)?;
                State::Stored(left - 1)
            }
            State::Stored(left) => {
                let bytes = take(input, left);
                if bytes.is_empty() {
                    return Err(Stop::More);
                }
                if !self.window.append(bytes, out) {
                    return Err(Stop::Enough);
                }
                State::Stored(left - bytes.len() as u64)
            }
            State::Counts => {
                let counts = self.bits.take(input, 14)? as usize;
                self.counts = ((counts & 31) + 257, (counts >> 5 & 31) + 1, (counts >> 10) + 4);
                if self.counts.0 > 286 {
                    return Err(Stop::Bad);
                }
                self.lengths.fill(0);
                self.read = 0;
                State::LengthCodes
            }
            State::LengthCodes => {
                while self.read < self.counts.2 {
                    let length = self.bits.take(input, 3)?.to_le_bytes()[0];
                    let place = ORDER.get(self.read).copied().map_or(usize::MAX, usize::from);
                    *self.lengths.get_mut(place).ok_or(Stop::Bad)? = length;
                    self.read += 1;
                }
                // This code is only used until the other ones are there.
                let is_code = self.literals.build(self.lengths.get(..19).unwrap_or(&[]));
                if !is_code {
                    return Err(Stop::Bad);
                }
                self.read = 0;
                State::Lengths
            }
            State::Lengths if self.read == self.counts.0 + self.counts.1 => {
                let (literals, distances) = self.lengths.split_at_checked(self.counts.0).ok_or(Stop::Bad)?;
                let distances = distances.get(..self.counts.1).ok_or(Stop::Bad)?;
                if !(self.literals.build(literals) && self.distances.build(distances)) {
                    return Err(Stop::Bad);
                }
                State::Symbol
            }
            State::Lengths => match self.symbol(input, false)? {
                symbol @ ..16 => {
                    self.repeat(symbol.to_le_bytes()[0], 1)?;
                    State::Lengths
                }
                symbol => State::Repeat(symbol),
            },
            State::Repeat(symbol) => {
                let (bits, least) = match symbol {
                    16 => (2, 3),
                    17 => (3, 3),
                    _ => (7, 11),
                };
                let times = self.bits.take(input, bits)? as usize + least;
                let before = self.read.checked_sub(1).and_then(|at| self.lengths.get(at)).copied();
                let length = if symbol == 16 { before.ok_or(Stop::Bad)? } else { 0 };
                self.repeat(length, times)?;
                State::Lengths
            }
            State::Symbol => loop {
                match self.symbol(input, false)? {
                    END => break State::Block,
                    symbol @ ..END => self.give(symbol.to_le_bytes()[0], out)?,
                    symbol => {
                        let (length, bits) = LENGTHS.get(usize::from(symbol - 257)).ok_or(Stop::Bad)?;
                        break State::Length(usize::from(*length), u32::from(*bits));
                    }
                }
            },
            State::Length(least, bits) => State::Distance(least + self.bits.take(input, bits)? as usize),
            State::Distance(length) => {
                let symbol = usize::from(self.symbol(input, true)?);
                if symbol < 4 {
                    State::DistanceBits(length, symbol + 1, 0)
                } else {
                    let bits = u32::try_from(symbol / 2 - 1).map_err(|_| Stop::Bad)?;
                    State::DistanceBits(length, ((2 + (symbol & 1)) << bits) + 1, bits)
                }
            }
            State::DistanceBits(length, least, bits) => {
                let distance = least + self.bits.take(input, bits)? as usize;
                self.window.check(distance).map_err(|_| Stop::Bad)?;
                if !self.window.copy(distance, length, out) {
                    return Err(Stop::Enough);
                }
                State::Symbol
            }
        })
    }

    fn symbol(&mut self, input: &mut &[u8], of_distances: bool) -> Result<u16, Stop> {
        if self.bits.count < 15 {
            self.bits.fill(input);
        }
        let code = if of_distances { &self.distances } else { &self.literals };
        match code.next(&mut self.bits) {
            Next::Symbol(symbol) => Ok(symbol),
            Next::More => Err(Stop::More),
            Next::Bad => Err(Stop::Bad),
        }
    }

    fn give(&mut self, byte: u8, out: &mut dyn Out) -> Result<(), Stop> {
        if self.window.byte(byte, out) { Ok(()) } else { Err(Stop::Enough) }
    }

    fn repeat(&mut self, length: u8, times: usize) -> Result<(), Stop> {
        let end = self.read + times;
        if end > self.counts.0 + self.counts.1 {
            return Err(Stop::Bad);
        }
        // The lengths of the codes for lengths stood in the same place, and are no longer needed.
        if self.read == 0 {
            self.lengths.fill(0);
        }
        self.lengths.get_mut(self.read..end).ok_or(Stop::Bad)?.fill(length);
        self.read = end;
        Ok(())
    }

    /// The codes of section 3.2.6.
    fn fixed(&mut self) {
        let mut lengths = [8; LITERALS];
        for (length, symbol) in lengths.iter_mut().zip(0u16..) {
            *length = match symbol {
                144..256 => 9,
                256..280 => 7,
                _ => 8,
            };
        }
        self.literals.build(&lengths);
        self.distances.build(&[5; DISTANCES]);
    }
}

impl std::fmt::Debug for Deflate64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deflate64").field("taken", &self.taken).field("given", &self.given).finish_non_exhaustive()
    }
}
