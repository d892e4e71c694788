//! LZMA as the first programs with it wrote it (`.lzma`): a header of 13 bytes, then LZMA to the end.
//!
//! It has no magic number and no sum. An object is one only where all its header is as programs write it.

mod coder;
pub(super) mod raw;
pub(super) mod two;

use self::raw::{Bad, Raw, Step};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess};

pub(super) static FORMAT: Format = Format {
    name: "lzma",
    recognise,
    make: || Box::new(Lzma::new()),
    memory: raw::WINDOW + (40 << 10),
    scanned: false,
    carries: false,
};

/// Properties, size of the dictionary, and size of the content.
const HEADER: usize = 13;
/// Longer content is taken for a mistake, as xz does.
const LONGEST: u64 = 1 << 38;

/// Properties that can be (lc 3, lp 0, pb 2 unless a program was told other ones); a dictionary of 2^n or 2^n + 2^(n-1) bytes; a size that can be, or none; and the range decoder's
/// first byte and its first bit, which says that a literal comes first.
fn recognise(bytes: &[u8]) -> Guess {
    if bytes.first().is_some_and(|byte| !raw::are_properties(*byte)) {
        return Guess::No;
    }
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        // The lowest byte of each such dictionary is zero.
        return if bytes.get(1).is_some_and(|byte| *byte != 0) { Guess::No } else { Guess::More };
    };
    let [_, d0, d1, d2, d3, size @ ..] = *header;
    let dictionary = u64::from(u32::from_le_bytes([d0, d1, d2, d3]));
    let whole = dictionary.is_power_of_two() || dictionary.is_multiple_of(3) && (dictionary / 3).is_power_of_two();
    let size = u64::from_le_bytes(size);
    if !(whole || dictionary == u64::from(u32::MAX)) || dictionary < 4096 || size >= LONGEST && size != u64::MAX {
        return Guess::No;
    }
    match *rest {
        [] | [0] => Guess::More,
        [0, 0..0x80, ..] => Guess::Yes,
        _ => Guess::No,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Data,
    /// All has come out; a byte may be left that only says whether that was right.
    Ending,
    /// It was not: what is left has to be the marker.
    Marker,
}

/// The content is complete; what follows is no part of it.
fn ended(piece: &[u8], input: &[u8], out: &mut dyn Out) -> Taken {
    out.end();
    Taken::End(piece.len() - input.len())
}

#[derive(Debug)]
struct Lzma {
    field: Field<HEADER>,
    raw: Raw,
    state: State,
    /// What is to come out is known, and is so much.
    known: bool,
    left: u64,
}

impl Lzma {
    fn new() -> Self {
        Self { field: Field::EMPTY, raw: Raw::new(), state: State::Header, known: false, left: 0 }
    }
}

impl Decoder for Lzma {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if self.state == State::Header {
            if !self.field.fill(&mut input, HEADER) {
                return Ok(Taken::All);
            }
            let [properties, _, _, _, _, size @ ..] =
                *self.field.get().first_chunk::<HEADER>().ok_or(Fault::before(piece, input))?;
            if !self.raw.set_properties(properties) {
                return Err(Fault::before(piece, input));
            }
            self.state = State::Data;
            self.left = u64::from_le_bytes(size);
            self.known = self.left != u64::MAX;
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
        }
        if self.state == State::Data {
            match self.raw.run(&mut input, &mut self.left, out) {
                Ok(Step::More) => return Ok(Taken::All),
                Ok(Step::Enough) => return Ok(Taken::Enough),
                Ok(Step::Marker) if self.known => return Err(Fault::before(piece, input)),
                Ok(Step::Marker | Step::Done) => self.state = State::Ending,
                Err(Bad::Malformed) => return Err(Fault::before(piece, input)),
                Err(Bad::Far) => {
                    out.cut(Cut::Unsupported);
                    return Ok(Taken::Enough);
                }
            }
        }
        if self.state == State::Ending {
            match self.raw.is_finished(&mut input) {
                None => return Ok(Taken::All),
                Some(true) => return Ok(ended(piece, input, out)),
                // The marker may stand behind content of known size as well.
                Some(false) if self.known => self.state = State::Marker,
                Some(false) => return Err(Fault::before(piece, input)),
            }
        }
        if self.state == State::Marker {
            match self.raw.is_marker(&mut input) {
                None => return Ok(Taken::All),
                Some(true) => (self.state, self.known) = (State::Ending, false),
                Some(false) => return Err(Fault::before(piece, input)),
            }
        }
        match self.raw.is_finished(&mut input) {
            None => Ok(Taken::All),
            Some(true) => Ok(ended(piece, input, out)),
            Some(false) => Err(Fault::before(piece, input)),
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if self.state != State::Header {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        self.field.clear();
        self.raw.window.clear();
        self.raw.restart();
        self.raw.reset_state();
        (self.state, self.known, self.left) = (State::Header, false, 0);
    }
}
