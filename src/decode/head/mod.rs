//! What is written in other letters within the lines of a protocol: `%XX` (RFC 3986 section 2.1), `+` for a blank in the
//! query of an address, and base64, as they stand in targets and fields of HTTP.
//!
//! Children are `(text)`, the lines that have escapes, from 64 bytes before the first on, with those undone; and base64, also
//! what comes out of escapes, as `(base64)`, which may be anything. Base64 is any run of 64 digits that look like it
//! ([`runs`]), and whatever has twelve letters and digits in a row that are ASCII ([`proof`]). What an escape hides is
//! undone twice, since addresses stand in addresses. A line of the protocol ends a run, one that is escaped does not. In the
//! path of an address a slash ends one, for it is seldom in base64 of text; behind a question mark it is a digit.
//!
//! [`HeadSeeker`] tells whether there is any of that.

mod proof;
mod seeker;
mod text;

use self::proof::Proof;
pub use self::seeker::HeadSeeker;
use self::text::Text;
use super::base64::Base64;
use super::decoder::{Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess};
use super::percent::Percent;
use super::runs::{SHORTEST, is_digit, is_run};
use super::undone::Undone;

/// Room for what is undone of base64 at a time.
const ROOM: usize = 1024;

/// What recognises nothing: [`HeadSeeker`] says where it begins.
pub(super) static FORMAT: Format = Format {
    name: "percent",
    recognise: |_| Guess::No,
    make: || Box::new(Head::new()),
    memory: ROOM + text::MEMORY + SHORTEST + 128,
    scanned: false,
    carries: false,
};

/// Where in base64 the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// In none.
    Outside,
    /// In one of which a child has begun.
    Within,
    /// Behind its padding.
    Padding,
}

/// What is known of a word, which is all between blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Its next byte is the first, or stands behind a colon.
    Start,
    Other,
    /// It is an address, or the path of one.
    Path,
    /// The query of one.
    Query,
}

impl Word {
    /// What it is behind letters.
    const fn behind_letters(self) -> Self {
        match self {
            Self::Start => Self::Other,
            word => word,
        }
    }
}

#[derive(Debug)]
struct Head {
    /// What an escape hides may be one.
    escapes: [Percent; 2],
    word: Word,
    /// Nothing of the line has come yet.
    fresh: bool,
    /// Digits of base64 that may be a run, and a bit for each that is a blank otherwise: a plus sign.
    held: Field<SHORTEST>,
    blanks: u64,
    proof: Proof,
    run: Run,
    undone: Undone<ROOM>,
    text: Text,
}

/// A byte of a line.
#[derive(Clone, Copy, Debug)]
struct Letter {
    byte: u8,
    /// It was an escape.
    escaped: bool,
}

impl Head {
    const fn new() -> Self {
        Self {
            escapes: [Percent::Nothing; 2],
            // What is cut off in front may have been anything.
            word: Word::Query,
            fresh: false,
            held: Field::EMPTY,
            blanks: 0,
            proof: Proof::NEW,
            run: Run::Outside,
            undone: Undone::NEW,
            text: Text::NEW,
        }
    }

    /// How many bytes in front are letters and digits, and mean nothing else.
    fn letters(&self, bytes: &[u8]) -> usize {
        if self.escapes != [Percent::Nothing; 2] || matches!(self.run, Run::Padding) {
            return 0;
        }
        bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
    }

    /// Takes a byte as it stands.
    fn byte(&mut self, byte: u8, out: &mut dyn Out) {
        let [outer, inner] = &mut self.escapes;
        if byte != b'%' && [*outer, *inner] == [Percent::Nothing; 2] {
            return self.letter(Letter { byte, escaped: false }, out);
        }
        let mut escaped = outer.is_last(byte);
        let (mut once, mut twice) = (Field::<4>::EMPTY, Field::<12>::EMPTY);
        outer.byte(byte, |byte| once.append(&[byte]));
        for byte in once.get() {
            escaped |= inner.is_last(*byte);
            inner.byte(*byte, |byte| twice.append(&[byte]));
        }
        if escaped && self.run == Run::Outside {
            self.text.show(out);
        }
        for byte in twice.get() {
            self.letter(Letter { byte: *byte, escaped }, out);
        }
    }

    /// No more comes of an escape.
    fn end_escapes(&mut self, out: &mut dyn Out) {
        let [outer, inner] = &mut self.escapes;
        let mut left = Field::<12>::EMPTY;
        outer.finish(|byte| inner.byte(byte, |byte| left.append(&[byte])));
        inner.finish(|byte| left.append(&[byte]));
        for byte in left.get() {
            self.letter(Letter { byte: *byte, escaped: false }, out);
        }
    }

    fn letter(&mut self, letter: Letter, out: &mut dyn Out) {
        let Letter { byte, escaped } = letter;
        let is_slash = byte == b'/' && !escaped;
        if is_slash && self.word == Word::Start {
            self.word = Word::Path;
        }
        let is_digit = is_digit(byte) && !(is_slash && self.word == Word::Path);
        match self.run {
            Run::Within if is_digit => self.undone.push(&[byte], out),
            Run::Within if escaped && matches!(byte, b'\r' | b'\n') => {}
            Run::Within | Run::Padding if byte == b'=' => {
                self.undone.push(b"=", out);
                self.run = Run::Padding;
            }
            Run::Within | Run::Padding => {
                self.end_word(out);
                return self.letter(letter, out);
            }
            Run::Outside => {
                if escaped {
                    self.text.show(out);
                }
                if is_digit {
                    self.digit(letter, out);
                } else {
                    self.end_word(out);
                    self.text.push(&[byte], out);
                }
            }
        }
        if escaped {
            return;
        }
        if byte == b'\n' {
            self.text.end_line();
        }
        self.word = match (byte, self.word) {
            (0..=b' ', _) => Word::Start,
            (b'?', _) => Word::Query,
            (b':', Word::Start | Word::Other) => Word::Start,
            (_, word) => word.behind_letters(),
        };
    }

    /// A digit that may be one of a run.
    fn digit(&mut self, Letter { byte, escaped }: Letter, out: &mut dyn Out) {
        let is_blank = byte == b'+' && !escaped && self.word == Word::Query;
        self.blanks |= u64::from(is_blank) << self.held.get().len();
        self.digits(&[byte], out);
    }

    /// Digits that may be of a run.
    fn digits(&mut self, digits: &[u8], out: &mut dyn Out) {
        let mut rest = digits;
        while !rest.is_empty() {
            let room = SHORTEST.saturating_sub(self.held.get().len());
            let told = rest.iter().take(room).position(|byte| self.proof.byte(*byte));
            let count = told.map_or(room, |at| at + 1);
            let (piece, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            self.held.append(piece);
            rest = behind;
            if self.judge(told.is_some(), out) {
                return self.undone.push(rest, out);
            }
        }
    }

    /// Whether the digits that are held begin a run, of which the last may be text; then it has begun.
    fn judge(&mut self, tells: bool, out: &mut dyn Out) -> bool {
        let is_full = self.held.get().len() == SHORTEST;
        if !tells && !is_full {
            return false;
        }
        let held = self.held;
        let start = match text_start(held.get()) {
            Some(start) if tells => Some(start),
            _ if is_full && is_run(held.get()) => Some(0),
            _ => None,
        };
        if let Some((before, digits)) = start.and_then(|start| held.get().split_at_checked(start)) {
            self.put_text(before, out);
            self.held.clear();
            self.begin(digits, out);
            return true;
        }
        if is_full {
            // The word may go on with a run.
            self.end_word(out);
        }
        false
    }

    /// A run begins.
    fn begin(&mut self, digits: &[u8], out: &mut dyn Out) {
        self.text.pause(out);
        self.run = Run::Within;
        self.undone.begin(out);
        self.undone.push(digits, out);
    }

    /// The first of the digits that are held are text.
    fn put_text(&mut self, digits: &[u8], out: &mut dyn Out) {
        let blanks = std::mem::take(&mut self.blanks);
        let is_blank = |at: usize| blanks >> at & 1 == 1;
        if !(0..digits.len()).any(is_blank) {
            return self.text.push(digits, out);
        }
        self.text.show(out);
        for (at, byte) in digits.iter().enumerate() {
            self.text.push(if is_blank(at) { b" " } else { std::slice::from_ref(byte) }, out);
        }
    }

    /// Digits end, whatever they were.
    fn end_word(&mut self, out: &mut dyn Out) {
        if self.run != Run::Outside {
            self.undone.end(out);
        }
        (self.run, self.proof) = (Run::Outside, Proof::NEW);
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        if !held.get().is_empty() {
            self.put_text(held.get(), out);
        }
    }
}

/// Where a run begins whose last [`proof::DIGITS`] are text: where they do, or with the first digit of all where that is of
/// the same alignment. None when they are none after all.
fn text_start(digits: &[u8]) -> Option<usize> {
    let start = digits.len().checked_sub(proof::DIGITS)?;
    let (mut base64, mut text) = (Base64::ANY, [0; proof::DIGITS]);
    let mut input = digits.get(start..)?;
    let written = base64.push(&mut input, &mut text);
    let is_text = text.get(..written)?.iter().all(|byte| matches!(byte, b' '..=b'~'));
    is_text.then_some(if start.is_multiple_of(4) { 0 } else { start })
}

impl Decoder for Head {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut rest = piece;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map(|end| end + 1);
            let (line, behind) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
            rest = behind;
            // Said of the bytes themselves, for of an escape that has begun no letter has come.
            let is_whole = std::mem::replace(&mut self.fresh, end.is_some()) && end.is_some();
            if is_whole && !HeadSeeker::may_have(line) {
                continue;
            }
            let mut left = line;
            while let Some((byte, behind)) = left.split_first() {
                let (letters, others) = left.split_at_checked(self.letters(left)).unwrap_or((left, &[]));
                left = if letters.is_empty() { behind } else { others };
                match self.run {
                    _ if letters.is_empty() => self.byte(*byte, out),
                    Run::Within => self.undone.push(letters, out),
                    Run::Outside | Run::Padding => {
                        self.word = self.word.behind_letters();
                        self.digits(letters, out);
                    }
                }
                if self.undone.enough() || self.text.enough() {
                    return Ok(Taken::Enough);
                }
            }
        }
        if self.run == Run::Outside {
            self.text.flush(out);
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        self.end_escapes(out);
        self.end_word(out);
        self.text.pause(out);
        true
    }

    fn reset(&mut self) {
        self.escapes = [Percent::Nothing; 2];
        (self.word, self.fresh, self.blanks) = (Word::Query, false, 0);
        self.held.clear();
        (self.proof, self.run) = (Proof::NEW, Run::Outside);
        self.undone.clear();
        self.text.clear();
    }
}
