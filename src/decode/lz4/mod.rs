//! LZ4 frames (LZ4 Frame Format 1.6.4), frames to skip between them, and frames as the first version had them.
//!
//! Matches reach back 64 KiB, so content comes out as it goes in. The sums of header, blocks and content are verified.
//! A frame that needs a dictionary is [`Cut::NotInspected`], since nobody has that. All memory is taken when the decoder is made.

mod block;

use self::block::{Bad, Block};
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::streams::{Stop, Streams};
use super::tap::Tap;
use super::window::Window;
use super::zstd::{behind_skipped, is_skipped, may_be_skipped};
use xxhash_rust::xxh32::Xxh32;

/// Room for the 64 KiB that matches reach back, and for what was not handed out yet.
const WINDOW: usize = 128 << 10;

pub(super) static FORMAT: Format =
    Format { name: "lz4", recognise, make: || Box::new(Lz4::new()), memory: WINDOW, scanned: false, carries: false };

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const OLD_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
/// Bits of a frame's flags.
const INDEPENDENT: u8 = 1 << 5;
const BLOCK_SUMS: u8 = 1 << 4;
const SIZED: u8 = 1 << 3;
const SUMMED: u8 = 1 << 2;
const DICTIONARY: u8 = 1;
/// Longest header of a frame behind its magic number: flags, both sizes, dictionary, sum.
const HEADER: usize = 15;
/// Set where a block stands as it is.
const PLAIN: u32 = 1 << 31;
/// What comes out of a block of the first version, and how long one may be for that.
const OLD_BLOCK: u64 = 8 << 20;
const OLD_PACKED: u32 = (8 << 20) + (8 << 20) / 255 + 16;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, &MAGIC), bytes.get(4..6)) {
        (Guess::Yes, Some([flags, sizes])) if !is_header(*flags, *sizes) => Guess::No,
        (Guess::Yes, None) => Guess::More,
        (Guess::No, _) => match (recognise_old(bytes), behind_skipped(bytes, &MAGIC)) {
            (Guess::No, other) => other,
            (guess, _) => guess,
        },
        (guess, _) => guess,
    }
}

/// The magic number, and a first block of a length that can be, which begins with a literal.
fn recognise_old(bytes: &[u8]) -> Guess {
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else { return begins(bytes, &OLD_MAGIC) };
    match *rest {
        _ if *magic != OLD_MAGIC => Guess::No,
        [a, b, c, d, token, ..] if (2..=OLD_PACKED).contains(&u32::from_le_bytes([a, b, c, d])) && token >> 4 != 0 => {
            Guess::Yes
        }
        [_, _, _, _, _, ..] => Guess::No,
        _ => Guess::More,
    }
}

/// Version 1, no reserved bit, and a size of blocks that there is.
const fn is_header(flags: u8, sizes: u8) -> bool {
    flags >> 6 == 1 && flags & 2 == 0 && sizes & 0x8f == 0 && sizes >> 4 >= 4
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A frame's magic number; behind the first frame only if it is one.
    Magic,
    /// Length of a frame to skip, and how much of it is left.
    SkipLength,
    Skip(u64),
    /// A frame's flags, and all of its header.
    Flags,
    Header(usize),
    /// A block's length, or the end. Of an old frame the end is another magic number.
    Length,
    OldLength,
    /// So many bytes of a block, as they are or packed.
    Plain(u64),
    Packed(u64),
    BlockSum,
    /// The sum of the content.
    Sum,
}

impl From<Bad> for Stop {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Malformed => Self::Fault,
            Bad::Enough => Self::Enough,
        }
    }
}

struct Lz4 {
    state: State,
    field: Field<HEADER>,
    block: Block,
    window: Window,
    /// The frame is one of the first version; its flags, and what comes out of one of its blocks at most.
    is_old: bool,
    flags: u8,
    most: u64,
    /// What the frame says that comes out of it, and what has.
    told: Option<u64>,
    size: u64,
    sum: Xxh32,
    block_sum: Xxh32,
    /// Frames, skipped ones aside.
    streams: Streams,
}

impl Lz4 {
    fn new() -> Self {
        Self {
            state: State::Magic,
            field: Field::EMPTY,
            block: Block::new(),
            window: Window::new(WINDOW),
            is_old: false,
            flags: 0,
            most: 0,
            told: None,
            size: 0,
            sum: Xxh32::new(0),
            block_sum: Xxh32::new(0),
            streams: Streams::NEW,
        }
    }

    fn number(&mut self, input: &mut &[u8]) -> Result<u32, Stop> {
        if !self.field.fill(input, 4) {
            return Err(Stop::More);
        }
        let bytes = *self.field.get().first_chunk::<4>().ok_or(Stop::Fault)?;
        self.field.clear();
        Ok(u32::from_le_bytes(bytes))
    }

    fn magic(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        let all = self.field.fill(input, 4);
        let field = self.field.get();
        if begins(field, &MAGIC) == Guess::No && begins(field, &OLD_MAGIC) == Guess::No && !may_be_skipped(field) {
            self.streams.over(field, out)?;
            self.field.clear();
            return Ok(State::Magic);
        }
        if !all {
            return Err(Stop::More);
        }
        let magic = *field.first_chunk::<4>().ok_or(Stop::Fault)?;
        self.field.clear();
        self.is_old = magic == OLD_MAGIC;
        if is_skipped(magic) {
            return Ok(State::SkipLength);
        }
        if !self.is_old {
            return Ok(State::Flags);
        }
        (self.flags, self.most, self.told) = (INDEPENDENT, OLD_BLOCK, None);
        self.begin(out)?;
        Ok(State::OldLength)
    }

    /// A frame's content begins.
    fn begin(&mut self, out: &mut dyn Out) -> Result<(), Stop> {
        self.window.forget();
        self.sum.reset(0);
        self.size = 0;
        self.streams.begin(out)
    }

    fn header(&mut self, input: &mut &[u8], length: usize, out: &mut dyn Out) -> Result<State, Stop> {
        if !self.field.fill(input, length) {
            return Err(Stop::More);
        }
        let (sum, fields) = self.field.get().split_last().ok_or(Stop::Fault)?;
        let [flags, sizes, rest @ ..] = fields else { return Err(Stop::Fault) };
        let [_, seen, ..] = xxhash_rust::xxh32::xxh32(fields, 0).to_le_bytes();
        if !is_header(*flags, *sizes) || seen != *sum {
            return Err(Stop::Fault);
        }
        self.flags = *flags;
        // 64 KiB, 256 KiB, 1 MiB, 4 MiB.
        self.most = 1 << (8 + 2 * (sizes >> 4));
        self.told = rest.first_chunk::<8>().filter(|_| flags & SIZED != 0).map(|size| u64::from_le_bytes(*size));
        self.field.clear();
        self.begin(out)?;
        if self.flags & DICTIONARY != 0 {
            out.cut(Cut::NotInspected);
            return Err(Stop::Enough);
        }
        Ok(State::Length)
    }

    /// A block of so many bytes begins.
    fn begin_block(&mut self, length: u32, is_plain: bool) -> State {
        if self.flags & INDEPENDENT != 0 {
            self.window.forget();
        }
        self.block.begin(self.most);
        self.block_sum.reset(0);
        if is_plain { State::Plain(u64::from(length)) } else { State::Packed(u64::from(length)) }
    }

    fn length(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        let length = self.number(input)?;
        if length != 0 {
            if u64::from(length & !PLAIN) > self.most {
                return Err(Stop::Fault);
            }
            return Ok(self.begin_block(length & !PLAIN, length & PLAIN != 0));
        }
        if self.told.is_some_and(|told| told != self.size) {
            out.cut(Cut::Checksum);
        }
        if self.flags & SUMMED != 0 {
            return Ok(State::Sum);
        }
        self.streams.add();
        Ok(State::Magic)
    }

    /// What follows a block.
    fn after(&self) -> State {
        if self.is_old {
            State::OldLength
        } else if self.flags & BLOCK_SUMS != 0 {
            State::BlockSum
        } else {
            State::Length
        }
    }

    /// Takes bytes of a block, and hands out what comes out of them.
    fn data(&mut self, input: &mut &[u8], left: u64, out: &mut dyn Out) -> Result<u64, Stop> {
        let mut after = *input;
        let bytes = take(&mut after, left);
        if bytes.is_empty() {
            return Err(Stop::More);
        }
        if self.flags & BLOCK_SUMS != 0 && !self.is_old {
            self.block_sum.update(bytes);
        }
        let Self { window, sum, size, flags, is_old, .. } = self;
        let see = |bytes: &[u8]| {
            *size += bytes.len() as u64;
            if *flags & SUMMED != 0 && !*is_old {
                sum.update(bytes);
            }
        };
        let mut tap = Tap { out, see };
        let mut rest = bytes;
        let taken = if matches!(self.state, State::Plain(_)) {
            if window.append(bytes, &mut tap) { Ok(()) } else { Err(Bad::Enough) }
        } else {
            self.block.push(&mut rest, window, &mut tap)
        };
        if !window.flush(&mut tap) {
            return Err(Stop::Enough);
        }
        *input = if taken.is_ok() { after } else { input.get(bytes.len() - rest.len()..).unwrap_or(&[]) };
        taken?;
        Ok(left - bytes.len() as u64)
    }

    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if let Some(stop) = self.streams.trailing(input, out) {
            return Err(stop);
        }
        Ok(match self.state {
            State::Magic => return self.magic(input, out),
            State::SkipLength => State::Skip(u64::from(self.number(input)?)),
            State::Skip(0) => State::Magic,
            State::Skip(left) => {
                let skipped = take(input, left).len() as u64;
                if skipped == 0 {
                    return Err(Stop::More);
                }
                State::Skip(left - skipped)
            }
            State::Flags => {
                if !self.field.fill(input, 1) {
                    return Err(Stop::More);
                }
                let flags = self.field.get().first().copied().unwrap_or(0);
                let size = if flags & SIZED != 0 { 8 } else { 0 };
                State::Header(3 + size + if flags & DICTIONARY != 0 { 4 } else { 0 })
            }
            State::Header(length) => return self.header(input, length, out),
            State::Length => return self.length(input, out),
            State::OldLength => {
                if !self.field.fill(input, 4) {
                    return Err(Stop::More);
                }
                let length = u32::from_le_bytes(*self.field.get().first_chunk::<4>().ok_or(Stop::Fault)?);
                if length > OLD_PACKED {
                    self.streams.add();
                    return Ok(State::Magic);
                }
                self.field.clear();
                self.begin_block(length, false)
            }
            State::Plain(0) => self.after(),
            State::Plain(left) => State::Plain(self.data(input, left, out)?),
            State::Packed(0) if self.block.is_complete() => self.after(),
            State::Packed(0) => return Err(Stop::Fault),
            State::Packed(left) => State::Packed(self.data(input, left, out)?),
            State::BlockSum => {
                if self.number(input)? != self.block_sum.digest() {
                    out.cut(Cut::Checksum);
                }
                State::Length
            }
            State::Sum => {
                if self.number(input)? != self.sum.digest() {
                    out.cut(Cut::Checksum);
                }
                self.streams.add();
                State::Magic
            }
        })
    }
}

impl Decoder for Lz4 {
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
        // Between two frames nothing is missing, nor between blocks of an old one.
        let is_between = matches!(self.state, State::Magic | State::OldLength) && self.field.get().is_empty();
        if is_between && self.state == State::OldLength {
            self.streams.add();
        }
        self.streams.finish(is_between, out)
    }

    fn reset(&mut self) {
        self.state = State::Magic;
        self.field.clear();
        self.window.clear();
        self.streams = Streams::NEW;
    }
}

impl std::fmt::Debug for Lz4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lz4").field("state", &self.state).field("streams", &self.streams).finish_non_exhaustive()
    }
}
