//! zstd (RFC 8878): frames one after the other, and frames to skip between them.
//!
//! A compressed block of up to 128 KiB comes out when it is complete; of one that is cut short nothing can be told. Matches
//! may reach back 8 MiB, as zstd needs them up to level 19 without `--ultra` or `--long`; a frame that says that it needs
//! more is decoded as far as it makes no use of that. A frame that names a dictionary is [`Cut::NotInspected`], since nobody
//! has that. All memory is taken when the decoder is made.

mod block;
mod fse;
mod huffman;
mod reverse;

use self::block::{BLOCK, Bad, Blocks};
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::streams::{Stop, Streams};
use super::tap::Tap;
use super::window::Window;
use xxhash_rust::xxh64::Xxh64;

/// Bytes that matches may reach back.
const WINDOW: usize = 8 << 20;

pub(super) static FORMAT: Format = Format {
    name: "zstd",
    recognise,
    make: || Box::new(Zstd::new()),
    memory: WINDOW + 2 * BLOCK + (16 << 10),
    scanned: false,
    carries: false,
};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What frames to skip begin with, but for the first byte's lower half; LZ4 has them too.
const SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];
/// Longest header of a frame behind its magic number.
const HEADER: usize = 14;
/// Bits of a frame's descriptor.
const RESERVED: u8 = 1 << 3;
const SUMMED: u8 = 1 << 2;
const SINGLE: u8 = 1 << 5;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, &MAGIC), bytes.get(4)) {
        (Guess::Yes, Some(descriptor)) if descriptor & RESERVED != 0 => Guess::No,
        (Guess::Yes, None) => Guess::More,
        (Guess::No, _) => behind_skipped(bytes, &MAGIC),
        (guess, _) => guess,
    }
}

/// Whether `bytes` begin with a frame to skip, and another one with this magic number behind it.
pub(super) fn behind_skipped(bytes: &[u8], magic: &[u8]) -> Guess {
    if !may_be_skipped(bytes) {
        return Guess::No;
    }
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return Guess::More };
    let [_, _, _, _, l0, l1, l2, l3] = *head;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    match rest.get(length..) {
        Some(next) => begins(next, magic),
        None => Guess::More,
    }
}

/// Whether these are the first bytes of a frame to skip, as far as they go.
pub(super) fn may_be_skipped(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|byte| byte >> 4 == 5) && begins(bytes.get(1..).unwrap_or(&[]), &SKIPPED) != Guess::No
}

/// Whether the first four bytes are those of a frame to skip.
pub(super) const fn is_skipped(magic: [u8; 4]) -> bool {
    let [first, a, b, c] = magic;
    let [x, y, z] = SKIPPED;
    first >> 4 == 5 && a == x && b == y && c == z
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A frame's magic number; behind the first frame only if it is one.
    Magic,
    /// Length of a frame to skip, and how much of it is left.
    SkipLength,
    Skip(u64),
    /// A frame's descriptor, and all of its header.
    Descriptor,
    Header(usize),
    /// A block's header.
    Block,
    /// So many bytes as they are, and whether the block is the last one.
    Plain(u64, bool),
    /// One byte, that many times.
    Same(usize, bool),
    Packed(usize, bool),
    Sum,
}

struct Zstd {
    state: State,
    field: Field<HEADER>,
    blocks: Blocks,
    window: Window,
    /// A packed block of which a part has come, and how long that is.
    block: Box<[u8]>,
    filled: usize,
    sum: Xxh64,
    size: u64,
    is_summed: bool,
    /// What the frame says that comes out of it.
    told: Option<u64>,
    /// Frames, skipped ones aside.
    streams: Streams,
}

impl Zstd {
    fn new() -> Self {
        Self {
            state: State::Magic,
            field: Field::EMPTY,
            blocks: Blocks::new(),
            window: Window::new(WINDOW),
            block: vec![0; BLOCK].into_boxed_slice(),
            filled: 0,
            sum: Xxh64::new(0),
            size: 0,
            is_summed: false,
            told: None,
            streams: Streams::NEW,
        }
    }

    fn magic(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        let all = self.field.fill(input, 4);
        let field = self.field.get();
        if begins(field, &MAGIC) == Guess::No && !may_be_skipped(field) {
            self.streams.over(field, out)?;
            self.field.clear();
            return Ok(State::Magic);
        }
        if !all {
            return Err(Stop::More);
        }
        let magic = *field.first_chunk::<4>().ok_or(Stop::Fault)?;
        self.field.clear();
        Ok(if is_skipped(magic) { State::SkipLength } else { State::Descriptor })
    }

    /// A frame's header (section 3.1.1.1).
    fn header(&mut self, input: &mut &[u8], length: usize, out: &mut dyn Out) -> Result<State, Stop> {
        if !self.field.fill(input, length) {
            return Err(Stop::More);
        }
        let field = self.field.get();
        let (descriptor, mut rest) = field.split_first().ok_or(Stop::Fault)?;
        let (window, dictionary, size) = header_fields(*descriptor);
        take(&mut rest, window as u64);
        let dictionary = number(take(&mut rest, dictionary as u64));
        // Two bytes hold what is beyond one.
        self.told = (size != 0).then(|| number(rest) + if size == 2 { 256 } else { 0 });
        self.is_summed = descriptor & SUMMED != 0;
        self.field.clear();
        self.streams.begin(out)?;
        if dictionary != 0 {
            out.cut(Cut::NotInspected);
            return Err(Stop::Enough);
        }
        self.blocks.reset();
        self.window.forget();
        self.sum.reset(0);
        self.size = 0;
        Ok(State::Block)
    }

    fn block(&mut self, input: &mut &[u8]) -> Result<State, Stop> {
        if !self.field.fill(input, 3) {
            return Err(Stop::More);
        }
        let header = number(self.field.get());
        self.field.clear();
        let (last, size) = (header & 1 == 1, header >> 3);
        let length = usize::try_from(size).ok().filter(|length| *length <= BLOCK).ok_or(Stop::Fault)?;
        self.filled = 0;
        match header >> 1 & 3 {
            0 => Ok(State::Plain(size, last)),
            1 => Ok(State::Same(length, last)),
            2 => Ok(State::Packed(length, last)),
            _ => Err(Stop::Fault),
        }
    }

    /// What follows a block.
    fn after(&mut self, last: bool, out: &mut dyn Out) -> State {
        if !last {
            return State::Block;
        }
        if self.told.is_some_and(|told| told != self.size) {
            out.cut(Cut::Checksum);
        }
        if self.is_summed {
            return State::Sum;
        }
        self.streams.add();
        State::Magic
    }

    /// Lets `give` put bytes into the window, and hands them out.
    fn give(
        &mut self,
        out: &mut dyn Out,
        give: impl FnOnce(&mut Blocks, &mut Window, &mut dyn Out) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        let Self { blocks, window, sum, size, is_summed, .. } = self;
        let see = |bytes: &[u8]| {
            *size += bytes.len() as u64;
            if *is_summed {
                sum.update(bytes);
            }
        };
        let mut tap = Tap { out, see };
        let given = give(blocks, window, &mut tap);
        if window.flush(&mut tap) { given } else { Err(Bad::Enough) }
    }

    fn packed(&mut self, input: &mut &[u8], length: usize, out: &mut dyn Out) -> Result<(), Stop> {
        let whole = if self.filled == 0 && input.len() >= length {
            let block = take(input, length as u64);
            self.give(out, |blocks, window, out| blocks.decode(block, window, out))
        } else {
            let more = take(input, (length - self.filled) as u64);
            if let Some(place) = self.block.get_mut(self.filled..self.filled + more.len()) {
                place.copy_from_slice(more);
            }
            self.filled += more.len();
            if self.filled < length {
                return Err(Stop::More);
            }
            let block = std::mem::take(&mut self.block);
            let given =
                self.give(out, |blocks, window, out| blocks.decode(block.get(..length).unwrap_or(&[]), window, out));
            self.block = block;
            given
        };
        match whole {
            Ok(()) => Ok(()),
            Err(Bad::Malformed) => Err(Stop::Fault),
            Err(Bad::Enough) => Err(Stop::Enough),
            Err(Bad::Far) => {
                out.cut(Cut::Unsupported);
                Err(Stop::Enough)
            }
        }
    }

    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<State, Stop> {
        if let Some(stop) = self.streams.trailing(input, out) {
            return Err(stop);
        }
        Ok(match self.state {
            State::Magic => return self.magic(input, out),
            State::SkipLength => {
                if !self.field.fill(input, 4) {
                    return Err(Stop::More);
                }
                let length = number(self.field.get());
                self.field.clear();
                State::Skip(length)
            }
            State::Skip(0) => State::Magic,
            State::Skip(left) => {
                let skipped = take(input, left).len() as u64;
                if skipped == 0 {
                    return Err(Stop::More);
                }
                State::Skip(left - skipped)
            }
            State::Descriptor => {
                if !self.field.fill(input, 1) {
                    return Err(Stop::More);
                }
                let descriptor = self.field.get().first().copied().unwrap_or(RESERVED);
                if descriptor & RESERVED != 0 {
                    return Err(Stop::Fault);
                }
                let (window, dictionary, size) = header_fields(descriptor);
                State::Header(1 + window + dictionary + size)
            }
            State::Header(length) => return self.header(input, length, out),
            State::Block => return self.block(input),
            State::Plain(0, last) => self.after(last, out),
            State::Plain(left, last) => {
                let bytes = take(input, left);
                if bytes.is_empty() {
                    return Err(Stop::More);
                }
                let given =
                    self.give(out, |_, window, out| if window.append(bytes, out) { Ok(()) } else { Err(Bad::Enough) });
                given.map_err(|_| Stop::Enough)?;
                State::Plain(left - bytes.len() as u64, last)
            }
            State::Same(times, last) => {
                let [byte] = *take(input, 1) else { return Err(Stop::More) };
                let given = self.give(
                    out,
                    |_, window, out| {
                        if window.fill(byte, times, out) { Ok(()) } else { Err(Bad::Enough) }
                    },
                );
                given.map_err(|_| Stop::Enough)?;
                self.after(last, out)
            }
            State::Packed(length, last) => {
                self.packed(input, length, out)?;
                self.after(last, out)
            }
            State::Sum => {
                if !self.field.fill(input, 4) {
                    return Err(Stop::More);
                }
                // The lower half of it stands there.
                if number(self.field.get()) != self.sum.digest() & u64::from(u32::MAX) {
                    out.cut(Cut::Checksum);
                }
                self.field.clear();
                self.streams.add();
                State::Magic
            }
        })
    }
}

/// Bytes of window, dictionary number and size that follow a frame's descriptor.
const fn header_fields(descriptor: u8) -> (usize, usize, usize) {
    let single = descriptor & SINGLE != 0;
    let dictionary = match descriptor & 3 {
        3 => 4,
        length => length as usize,
    };
    let size = match descriptor >> 6 {
        0 => single as usize,
        power => 1 << power,
    };
    (!single as usize, dictionary, size)
}

/// A number, its lowest byte first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Decoder for Zstd {
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
        // Between two frames nothing is missing.
        let is_between = self.state == State::Magic && self.field.get().is_empty();
        self.streams.finish(is_between, out)
    }

    fn reset(&mut self) {
        self.state = State::Magic;
        self.field.clear();
        self.window.clear();
        self.streams = Streams::NEW;
    }
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").field("state", &self.state).field("streams", &self.streams).finish_non_exhaustive()
    }
}
