//! bzip2: streams one after the other, as bzip2 1.0 writes and reads them.
//!
//! A block of up to 900,000 bytes comes out when it is complete; of one that is cut short nothing can be told. All memory
//! is taken when the decoder is made. Randomised blocks, which only versions before 0.9.5 wrote, are not undone.

mod block;
mod huffman;

use self::block::Block;
use self::huffman::{Code, LONGEST, Next, SYMBOLS};
use super::bits::Bits;
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess, begins};
use super::streams::{Stop, Streams};

pub(super) static FORMAT: Format = Format {
    name: "bzip2",
    recognise,
    make: || Box::new(Bzip2::new()),
    memory: 3700 << 10,
    scanned: false,
    carries: false,
};

/// What a block begins with, and the end of a stream: digits of pi, and of its square root.
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
/// Codes of a block, and how many symbols are of one before the next is chosen.
const CODES: usize = 6;
const GROUP: u32 = 50;
/// Choices that can be of use; there may be more of them.
const CHOICES: usize = 18_002;
/// No run is longer, whatever it says.
const RUN: u32 = 2 << 20;

fn recognise(bytes: &[u8]) -> Guess {
    if bytes.get(3).is_some_and(|level| !(b'1'..=b'9').contains(level)) {
        return Guess::No;
    }
    let rest = bytes.get(4..).unwrap_or(&[]);
    let block = begins(rest, b"\x31\x41\x59\x26\x53\x59");
    match (begins(bytes, b"BZh"), block, begins(rest, b"\x17\x72\x45\x38\x50\x90")) {
        (Guess::Yes, Guess::Yes, _) | (Guess::Yes, _, Guess::Yes) => Guess::Yes,
        (Guess::No, ..) | (_, Guess::No, Guess::No) => Guess::No,
        _ => Guess::More,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The four bytes of a stream's header; of the second and later streams only if they are one.
    Header,
    /// A block, or the end of the stream.
    Magic,
    BlockSum,
    Origin,
    /// Which groups of 16 bytes are used, and which bytes of the group with this number and later ones.
    UsedGroups,
    Used(u8),
    /// How many codes there are, and how many choices of one.
    Counts,
    Choices,
    /// A code's first length, and how the others follow from it.
    FirstLength,
    Length,
    Data,
    /// The sum of all blocks.
    StreamSum,
}

struct Bzip2 {
    state: State,
    bits: Bits,
    field: Field<4>,
    streams: Streams,
    /// Bytes of a block at most.
    most: usize,
    /// Sum of the blocks so far.
    sum: u32,
    block_sum: u32,
    origin: u32,
    used_groups: u64,
    /// The bytes that are used, the latest first, and how many they are.
    recent: [u8; 256],
    used: usize,
    codes: Box<[Code; CODES]>,
    code_count: usize,
    /// The choices, how many there are and how many were read; then how many are done with.
    choices: Box<[u8]>,
    choice_count: usize,
    choice: usize,
    /// Codes in the order of their last choice.
    order: [u8; CODES],
    /// Ones before the zero that ends a choice; of a length: a one was read, and what to do follows.
    ones: usize,
    lengths: [u8; SYMBOLS],
    length: u8,
    symbol: usize,
    /// Symbols left of the group, and the code it is in.
    left: u32,
    code: usize,
    /// Length of the run so far, and what its next digit counts.
    run: u32,
    weight: u32,
    block: Block,
}

impl Bzip2 {
    fn new() -> Self {
        Self {
            state: State::Header,
            bits: Bits::EMPTY,
            field: Field::EMPTY,
            streams: Streams::NEW,
            most: 0,
            sum: 0,
            block_sum: 0,
            origin: 0,
            used_groups: 0,
            recent: [0; 256],
            used: 0,
            codes: Box::new([const { Code::EMPTY }; CODES]),
            code_count: 0,
            choices: vec![0; CHOICES].into_boxed_slice(),
            choice_count: 0,
            choice: 0,
            order: [0; CODES],
            ones: 0,
            lengths: [0; SYMBOLS],
            length: 0,
            symbol: 0,
            left: 0,
            code: 0,
            run: 0,
            weight: 1,
            block: Block::new(),
        }
    }

    fn take(&mut self, input: &mut &[u8], bits: u32) -> Result<u32, Stop> {
        let value = self.bits.take(input, bits).ok_or(Stop::More)?;
        u32::try_from(value).map_err(|_| Stop::Fault)
    }

    /// One step of what stands between a stream's header and its end; says what comes next.
    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        Ok(match self.state {
            State::Magic => match self.bits.take(input, 48).ok_or(Stop::More)? {
                BLOCK => State::BlockSum,
                END => State::StreamSum,
                _ => return Err(Stop::Fault),
            },
            State::BlockSum => {
                self.block_sum = self.take(input, 32)?;
                State::Origin
            }
            State::Origin => {
                let origin = self.take(input, 25)?;
                if origin >> 24 != 0 {
                    out.cut(Cut::Unsupported);
                    return Err(Stop::Enough);
                }
                self.origin = origin;
                State::UsedGroups
            }
            State::UsedGroups => {
                self.used_groups = u64::from(self.take(input, 16)?);
                self.used = 0;
                State::Used(0)
            }
            State::Used(16) if self.used == 0 => return Err(Stop::Fault),
            State::Used(16) => State::Counts,
            State::Used(group) => {
                if self.used_groups >> (15 - group) & 1 == 1 {
                    let bytes = self.take(input, 16)?;
                    for number in (0..16u8).filter(|number| bytes >> (15 - number) & 1 == 1) {
                        if let Some(place) = self.recent.get_mut(self.used) {
                            *place = group * 16 + number;
                            self.used += 1;
                        }
                    }
                }
                State::Used(group + 1)
            }
            State::Counts => {
                let counts = self.take(input, 18)?;
                self.code_count = (counts >> 15) as usize;
                self.choice_count = (counts & 0x7fff) as usize;
                if !(2..=CODES).contains(&self.code_count) || self.choice_count == 0 {
                    return Err(Stop::Fault);
                }
                self.order = [0, 1, 2, 3, 4, 5];
                (self.choice, self.ones, self.symbol, self.code) = (0, 0, 0, 0);
                State::Choices
            }
            State::Choices => {
                while self.choice < self.choice_count {
                    self.read_choice(input)?;
                }
                State::FirstLength
            }
            State::FirstLength => {
                self.length = self.take(input, 5)?.to_le_bytes()[0];
                (self.symbol, self.ones) = (0, 0);
                State::Length
            }
            State::Length => {
                while self.symbol < self.used + 2 {
                    self.read_length(input)?;
                }
                if let (Some(code), Some(lengths)) = (self.codes.get_mut(self.code), self.lengths.get(..self.used + 2))
                {
                    code.build(lengths);
                }
                self.code += 1;
                if self.code < self.code_count {
                    State::FirstLength
                } else {
                    (self.choice, self.left, self.run, self.weight) = (0, 0, 0, 1);
                    self.block.clear();
                    State::Data
                }
            }
            State::Data => {
                self.symbols(input)?;
                let sum = self.block.emit(self.origin, out).map_err(|()| Stop::Fault)?.ok_or(Stop::Enough)?;
                if sum != self.block_sum {
                    out.cut(Cut::Checksum);
                }
                self.sum = self.sum.rotate_left(1) ^ sum;
                State::Magic
            }
            State::StreamSum => {
                if self.take(input, 32)? != self.sum {
                    out.cut(Cut::Checksum);
                }
                self.streams.add();
                State::Header
            }
            State::Header => self.state,
        })
    }

    /// The code of the next 50 symbols, by its place in the order of their last choice.
    fn read_choice(&mut self, input: &mut &[u8]) -> Result<(), Stop> {
        while self.take(input, 1)? == 1 {
            self.ones += 1;
            if self.ones >= self.code_count {
                return Err(Stop::Fault);
            }
        }
        let code = self.order.get(self.ones).copied().unwrap_or(0);
        self.order.copy_within(..self.ones, 1);
        self.order[0] = code;
        if let Some(place) = self.choices.get_mut(self.choice) {
            *place = code;
        }
        self.choice += 1;
        self.ones = 0;
        Ok(())
    }

    /// The length of the next symbol's code: the last one, one more or one less, as often as it is said.
    fn read_length(&mut self, input: &mut &[u8]) -> Result<(), Stop> {
        loop {
            if !(1..=LONGEST).contains(&usize::from(self.length)) {
                return Err(Stop::Fault);
            }
            if self.ones == 0 {
                if self.take(input, 1)? == 0 {
                    break;
                }
                self.ones = 1;
            }
            let less = self.take(input, 1)? == 1;
            self.length = if less { self.length - 1 } else { self.length + 1 };
            self.ones = 0;
        }
        if let Some(place) = self.lengths.get_mut(self.symbol) {
            *place = self.length;
        }
        self.symbol += 1;
        Ok(())
    }

    /// Reads the block's symbols, to the one that ends it.
    fn symbols(&mut self, input: &mut &[u8]) -> Result<(), Stop> {
        let end = self.used + 1;
        loop {
            if self.left == 0 {
                if self.choice >= self.choice_count {
                    return Err(Stop::Fault);
                }
                self.code = usize::from(self.choices.get(self.choice).copied().ok_or(Stop::Fault)?);
                self.choice += 1;
                self.left = GROUP;
            }
            let Some(code) = self.codes.get(self.code) else { return Err(Stop::Fault) };
            if self.bits.count() < 20 {
                self.bits.fill(input);
            }
            let symbol = match code.next(&mut self.bits) {
                Next::Symbol(symbol) => usize::from(symbol),
                Next::More => return Err(Stop::More),
                Next::Bad => return Err(Stop::Fault),
            };
            self.left -= 1;
            if symbol <= 1 {
                // Digits of a run's length, of which none is a zero.
                if self.weight > RUN {
                    return Err(Stop::Fault);
                }
                self.run += self.weight << symbol;
                self.weight <<= 1;
                continue;
            }
            if self.run != 0 {
                let times = std::mem::replace(&mut self.run, 0) as usize;
                self.weight = 1;
                if !self.block.append(self.recent[0], times, self.most) {
                    return Err(Stop::Fault);
                }
            }
            if symbol >= end {
                return Ok(());
            }
            let place = symbol - 1;
            let Some(byte) = self.recent.get(place).copied() else { return Err(Stop::Fault) };
            self.recent.copy_within(..place, 1);
            self.recent[0] = byte;
            if !self.block.append(byte, 1, self.most) {
                return Err(Stop::Fault);
            }
        }
    }

    /// A stream's header, or what stands in its place.
    fn header(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        let all = self.field.fill(input, 4);
        let field = self.field.get();
        let level = field.get(3).copied();
        if begins(field, b"BZh") == Guess::No || level.is_some_and(|level| !(b'1'..=b'9').contains(&level)) {
            self.streams.over(field, out)?;
            self.field.clear();
            return Ok(State::Header);
        }
        if !all {
            return Err(Stop::More);
        }
        self.most = usize::from(level.unwrap_or(b'9') - b'0') * 100_000;
        self.sum = 0;
        self.field.clear();
        self.streams.begin(out)?;
        Ok(State::Magic)
    }
}

impl Decoder for Bzip2 {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            if let Some(stop) = self.streams.trailing(&mut input, out) {
                return stop.of(piece, input);
            }
            let next = match self.state {
                State::Header => self.header(&mut input, out),
                _ => self.step(&mut input, out),
            };
            match next {
                Ok(State::Header) => {
                    // A stream ends with a whole byte.
                    input = piece.get(self.bits.used(piece, input)..).unwrap_or(&[]);
                    self.bits.clear();
                    self.state = State::Header;
                }
                Ok(state) => self.state = state,
                Err(Stop::More) => return Ok(Taken::All),
                Err(Stop::Enough) => return Ok(Taken::Enough),
                Err(Stop::Fault) => return Err(Fault { at: self.bits.used(piece, input) }),
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
        self.bits.clear();
        self.field.clear();
        self.streams = Streams::NEW;
    }
}

impl std::fmt::Debug for Bzip2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bzip2").field("state", &self.state).field("streams", &self.streams).finish_non_exhaustive()
    }
}
