//! LZMA's symbols, without any header around them.

use super::super::decoder::{Field, Out};
use super::super::window::{Reach, Window};
use super::coder::{self, LENGTH, LITERAL, LITERAL_SIZE, Model, POSITIONS, REP_LENGTH, Range};

/// Bytes that matches may reach back: as xz needs them up to its option `-6`. Content that says that it needs more is decoded
/// as far as it makes no use of that.
pub(in super::super) const WINDOW: usize = 8 << 20;
/// No symbol takes so many bytes.
const SYMBOL: usize = 24;
/// Symbols before this state end in a literal.
const AFTER_LITERAL: usize = 7;
/// Shortest match.
const SHORTEST: usize = 2;

/// What a step has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// All input was taken, and more of it is needed.
    More,
    /// As much has come out as was asked for.
    Done,
    /// The marker that stands at the end.
    Marker,
    /// No more is wanted.
    Enough,
}

/// Why nothing more can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Bad {
    Malformed,
    /// A match reaches further back than [`WINDOW`].
    Far,
}

impl From<Reach> for Bad {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Before => Self::Malformed,
            Reach::Far => Self::Far,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Literal(u8),
    /// How far back, and how long.
    Match(usize, usize),
    Marker,
}

/// Where the last matches began, and what the last symbols were.
#[derive(Clone, Copy, Debug)]
struct History {
    state: usize,
    distances: [usize; 4],
}

impl History {
    const START: Self = Self { state: 0, distances: [1; 4] };
}

/// Undoes LZMA.
pub(in super::super) struct Raw {
    pub(in super::super) window: Window,
    model: Model,
    history: History,
    range: u32,
    code: u32,
    /// Bits of the last byte, and of the position, that a literal goes by; of the position a match goes by.
    lc: u32,
    lp: usize,
    pb: usize,
    /// What is left of a match that is longer than what was asked for.
    left: (usize, usize),
    /// The decoder's first five bytes; then bytes that did not make a whole symbol.
    field: Field<5>,
    begun: bool,
    carry: Field<SYMBOL>,
}

/// Whether a byte of properties can be, and there is room for what it asks for: lc and lp are 4 together at most.
pub(super) const fn are_properties(byte: u8) -> bool {
    byte / 45 <= 4 && byte % 9 + byte / 9 % 5 <= 4
}

impl Raw {
    pub(in super::super) fn new() -> Self {
        Self {
            window: Window::new(WINDOW),
            model: Model::new(),
            history: History::START,
            range: 0,
            code: 0,
            lc: 0,
            lp: 0,
            pb: 0,
            left: (0, 0),
            field: Field::EMPTY,
            begun: false,
            carry: Field::EMPTY,
        }
    }

    /// Sets `(pb * 5 + lp) * 9 + lc`. False where xz allows no such thing.
    pub(in super::super) fn set_properties(&mut self, byte: u8) -> bool {
        let (lc, lp, pb) = (byte % 9, byte / 9 % 5, byte / 45);
        (self.lc, self.lp, self.pb) = (u32::from(lc), (1 << lp) - 1, (1 << pb.min(4)) - 1);
        are_properties(byte)
    }

    /// Forgets what symbols were like.
    pub(in super::super) fn reset_state(&mut self) {
        self.model.reset();
        self.history = History::START;
    }

    /// Begins at the range decoder's first byte.
    pub(in super::super) const fn restart(&mut self) {
        self.begun = false;
        self.left = (0, 0);
        self.field.clear();
        self.carry.clear();
    }

    /// Decodes until `wanted` bytes more have come out. Takes them off `wanted`, and what it reads off `input`.
    ///
    /// # Errors
    /// [`Bad`], right behind the first byte that shows it.
    pub(in super::super) fn run(
        &mut self,
        input: &mut &[u8],
        wanted: &mut u64,
        out: &mut dyn Out,
    ) -> Result<Step, Bad> {
        if !self.begun {
            if !self.field.fill(input, 5) {
                return Ok(Step::More);
            }
            let [first, code @ ..] = *self.field.get().first_chunk::<5>().ok_or(Bad::Malformed)?;
            if first != 0 {
                return Err(Bad::Malformed);
            }
            (self.range, self.code) = (u32::MAX, u32::from_be_bytes(code));
            self.begun = true;
        }
        let result = self.symbols(input, wanted, out);
        if !self.window.flush(out) {
            return Ok(Step::Enough);
        }
        result
    }

    /// Whether the range decoder has come to its end, which may take a last byte. `None` where that is not there.
    pub(in super::super) fn is_finished(&mut self, input: &mut &[u8]) -> Option<bool> {
        let mut range = Range { range: self.range, code: self.code, input, at: 0 };
        range.normalize()?;
        (self.range, self.code) = (range.range, range.code);
        *input = input.get(range.at..).unwrap_or(&[]);
        Some(self.code == 0)
    }

    /// Whether the marker comes next. `None` where that is not all there.
    pub(in super::super) fn is_marker(&mut self, input: &mut &[u8]) -> Option<bool> {
        self.one(input).map(|symbol| symbol == Symbol::Marker)
    }

    fn symbols(&mut self, input: &mut &[u8], wanted: &mut u64, out: &mut dyn Out) -> Result<Step, Bad> {
        loop {
            if !self.finish_match(wanted, out) {
                return Ok(Step::Enough);
            }
            if *wanted == 0 {
                return Ok(Step::Done);
            }
            if self.carry.get().is_empty() && input.len() >= SYMBOL {
                let mut range = Range { range: self.range, code: self.code, input, at: 0 };
                let step = self.fast(&mut range, wanted, out);
                (self.range, self.code) = (range.range, range.code);
                *input = range.input.get(range.at..).unwrap_or(&[]);
                match step? {
                    Step::More => {}
                    other => return Ok(other),
                }
                continue;
            }
            let Some(symbol) = self.one(input) else { return Ok(Step::More) };
            if !self.apply(symbol, wanted, out)? {
                return Ok(if symbol == Symbol::Marker { Step::Marker } else { Step::Enough });
            }
        }
    }

    /// Symbols as long as input for a whole one is there.
    fn fast(&mut self, range: &mut Range<'_>, wanted: &mut u64, out: &mut dyn Out) -> Result<Step, Bad> {
        while *wanted != 0 && self.left.1 == 0 && range.input.len() - range.at >= SYMBOL {
            let Some((symbol, history)) = self.decode::<false>(range) else { return Err(Bad::Malformed) };
            self.history = history;
            if !self.apply(symbol, wanted, out)? {
                return Ok(if symbol == Symbol::Marker { Step::Marker } else { Step::Enough });
            }
        }
        Ok(Step::More)
    }

    /// One symbol of which not all may be there. `None` where it is not; then all of the input is kept.
    fn one(&mut self, input: &mut &[u8]) -> Option<Symbol> {
        let kept = self.carry.get().len();
        let mut rest = *input;
        self.carry.fill(&mut rest, SYMBOL);
        let carry = self.carry;
        let mut range = Range { range: self.range, code: self.code, input: carry.get(), at: 0 };
        self.model.begin();
        let Some((symbol, history)) = self.decode::<true>(&mut range) else {
            self.model.undo();
            *input = rest;
            return None;
        };
        (self.range, self.code, self.history) = (range.range, range.code, history);
        // It could not be read without the first byte behind those that were kept, so all of those are used.
        *input = input.get(range.at.saturating_sub(kept)..).unwrap_or(&[]);
        self.carry.clear();
        Some(symbol)
    }

    /// Puts a symbol into the window. False at the marker, or where no more is wanted.
    #[inline(always)]
    fn apply(&mut self, symbol: Symbol, wanted: &mut u64, out: &mut dyn Out) -> Result<bool, Bad> {
        match symbol {
            Symbol::Literal(byte) => {
                *wanted -= 1;
                Ok(self.window.byte(byte, out))
            }
            Symbol::Match(distance, length) => {
                self.window.check(distance)?;
                self.left = (distance, length);
                Ok(self.finish_match(wanted, out))
            }
            Symbol::Marker => Ok(false),
        }
    }

    #[inline(always)]
    fn finish_match(&mut self, wanted: &mut u64, out: &mut dyn Out) -> bool {
        let (distance, length) = self.left;
        if length == 0 {
            return true;
        }
        let now = length.min(usize::try_from(*wanted).unwrap_or(usize::MAX));
        self.left.1 -= now;
        *wanted -= now as u64;
        self.window.copy(distance, now, out)
    }

    #[inline(always)]
    fn decode<const UNDO: bool>(&mut self, range: &mut Range<'_>) -> Option<(Symbol, History)> {
        let Self { model, window, .. } = self;
        let mut history = self.history;
        let position = usize::from(window.total().to_le_bytes()[0]);
        let of_match = position & self.pb;
        let state = history.state;
        if range.bit::<UNDO>(model, coder::IS_MATCH + state * POSITIONS + of_match)? == 0 {
            let last = usize::from(window.back(1));
            let kind = ((position & self.lp) << self.lc) + (last >> (8 - self.lc));
            let at = LITERAL + LITERAL_SIZE * kind;
            let mut value = 1;
            if state >= AFTER_LITERAL {
                let mut matched = usize::from(window.back(history.distances[0]));
                let mut offset = 0x100;
                while value < 0x100 {
                    matched <<= 1;
                    let expected = matched & offset;
                    let bit = range.bit::<UNDO>(model, at + offset + expected + value)?;
                    value = value << 1 | bit;
                    offset &= if bit == 1 { matched } else { !matched };
                }
            } else {
                while value < 0x100 {
                    value = value << 1 | range.bit::<UNDO>(model, at + value)?;
                }
            }
            history.state = match state {
                0..4 => 0,
                4..10 => state - 3,
                _ => state - 6,
            };
            return Some((Symbol::Literal(value.to_le_bytes()[0]), history));
        }
        let [d0, d1, d2, d3] = history.distances;
        if range.bit::<UNDO>(model, coder::IS_REP + state)? == 0 {
            let length = length::<UNDO>(range, model, LENGTH, of_match)?;
            let distance = distance::<UNDO>(range, model, length)?;
            history.state = if state < AFTER_LITERAL { 7 } else { 10 };
            if distance == 0x1_0000_0000 {
                return Some((Symbol::Marker, history));
            }
            history.distances = [distance, d0, d1, d2];
            return Some((Symbol::Match(distance, length), history));
        }
        if range.bit::<UNDO>(model, coder::IS_REP0 + state)? == 0 {
            if range.bit::<UNDO>(model, coder::IS_REP0_LONG + state * POSITIONS + of_match)? == 0 {
                history.state = if state < AFTER_LITERAL { 9 } else { 11 };
                return Some((Symbol::Match(d0, 1), history));
            }
        } else if range.bit::<UNDO>(model, coder::IS_REP1 + state)? == 0 {
            history.distances = [d1, d0, d2, d3];
        } else if range.bit::<UNDO>(model, coder::IS_REP2 + state)? == 0 {
            history.distances = [d2, d0, d1, d3];
        } else {
            history.distances = [d3, d0, d1, d2];
        }
        let length = length::<UNDO>(range, model, REP_LENGTH, of_match)?;
        history.state = if state < AFTER_LITERAL { 8 } else { 11 };
        Some((Symbol::Match(history.distances[0], length), history))
    }
}

#[inline(always)]
fn length<const UNDO: bool>(range: &mut Range<'_>, model: &mut Model, at: usize, position: usize) -> Option<usize> {
    Some(
        SHORTEST
            + if range.bit::<UNDO>(model, at)? == 0 {
                range.tree::<UNDO>(model, at + coder::LENGTH_LOW + position * 8, 3)?
            } else if range.bit::<UNDO>(model, at + 1)? == 0 {
                8 + range.tree::<UNDO>(model, at + coder::LENGTH_MIDDLE + position * 8, 3)?
            } else {
                16 + range.tree::<UNDO>(model, at + coder::LENGTH_HIGH, 8)?
            },
    )
}

/// How far back a match begins, from 1; 2^32 is the marker.
#[inline(always)]
fn distance<const UNDO: bool>(range: &mut Range<'_>, model: &mut Model, length: usize) -> Option<usize> {
    let kind = (length - SHORTEST).min(3);
    let slot = range.tree::<UNDO>(model, coder::SLOT + kind * 64, 6)?;
    if slot < 4 {
        return Some(slot + 1);
    }
    let bits = u32::try_from((slot >> 1) - 1).ok()?;
    let base = (2 | slot & 1) << bits;
    let more = if slot < 14 {
        range.reverse_tree::<UNDO>(model, coder::SPECIAL + base - slot, bits)?
    } else {
        (range.direct(bits - 4)? << 4) + range.reverse_tree::<UNDO>(model, coder::ALIGN, 4)?
    };
    Some(base + more + 1)
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("window", &self.window.total()).field("begun", &self.begun).finish_non_exhaustive()
    }
}
