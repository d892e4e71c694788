//! base64 within text: a run of 64 digits or more, which are upper-case and lower-case letters and others, is an object of
//! its own, `(base64)`, and the text goes on behind it. Line ends within a run are no end of it.

use super::base64::Base64;
use super::decoder::{Child, Field, Out};
use super::lines::Lines;

/// Shortest run.
pub(super) const SHORTEST: usize = 64;
/// Room for what is undone at a time.
const ROOM: usize = 1536;
/// What a [`Runs`] holds, bytes.
pub(super) const MEMORY: usize = ROOM + SHORTEST + 64;

const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/')
}

/// Whether so many digits are base64 rather than a word or a number in hexadecimal.
fn is_run(digits: &[u8]) -> bool {
    digits.len() >= SHORTEST
        && digits.iter().any(u8::is_ascii_uppercase)
        && digits.iter().any(u8::is_ascii_lowercase)
        && digits.iter().any(|byte| !byte.is_ascii_alphabetic())
        && digits.iter().any(|byte| byte.is_ascii_alphanumeric() && !byte.is_ascii_hexdigit())
}

/// Whether a run begins in a text.
pub(super) fn has_run(text: &[u8]) -> bool {
    text.split(|byte| !is_digit(*byte)).any(|run| run.get(..SHORTEST).is_some_and(is_run))
}

/// Where in the text the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Where a run may begin.
    Start,
    /// In what is too long a word, but no run.
    Word,
    /// In a run, of which a child has begun that is wanted or not.
    Run(bool),
    /// Behind the padding of one.
    Padding(bool),
}

/// Tells runs from text.
#[derive(Debug)]
pub(super) struct Runs {
    state: State,
    held: Field<SHORTEST>,
    base64: Base64,
    room: [u8; ROOM],
    enough: bool,
}

impl Runs {
    pub(super) const fn new() -> Self {
        Self { state: State::Start, held: Field::EMPTY, base64: Base64::NEW, room: [0; ROOM], enough: false }
    }

    pub(super) const fn clear(&mut self) {
        (self.state, self.enough) = (State::Start, false);
        self.base64 = Base64::NEW;
        self.held.clear();
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.enough
    }

    /// Text.
    pub(super) fn push(&mut self, bytes: &[u8], lines: &mut Lines, out: &mut dyn Out) {
        let mut rest = bytes;
        while let Some(byte) = rest.first() {
            let count = rest.iter().position(|byte| !is_digit(*byte)).unwrap_or(rest.len());
            let (digits, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = match self.state {
                State::Start if count != 0 => {
                    let mut left = digits;
                    if self.held.fill(&mut left, SHORTEST) {
                        self.begin(lines, out);
                    }
                    rest.get(count - left.len()..).unwrap_or(&[])
                }
                State::Word if count != 0 => {
                    lines.word(digits, out);
                    behind
                }
                State::Run(_) if count != 0 => {
                    self.undo(digits, out);
                    behind
                }
                State::Run(_) if matches!(byte, b'\r' | b'\n') => rest.get(1..).unwrap_or(&[]),
                State::Run(wanted) | State::Padding(wanted) if *byte == b'=' => {
                    self.undo(b"=", out);
                    self.state = State::Padding(wanted);
                    rest.get(1..).unwrap_or(&[])
                }
                State::Run(_) | State::Padding(_) => {
                    self.end(lines, out);
                    rest
                }
                State::Start | State::Word => {
                    self.end(lines, out);
                    let end = rest.iter().position(|byte| is_digit(*byte)).unwrap_or(rest.len());
                    let (text, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                    lines.word(text, out);
                    behind
                }
            };
        }
    }

    /// As many digits are there as a run has.
    fn begin(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        if is_run(held.get()) {
            lines.pause(out);
            self.state = State::Run(out.begin(&Child { name: b"(base64)" }));
            self.base64 = Base64::NEW;
            self.undo(held.get(), out);
        } else {
            self.state = State::Word;
            lines.word(held.get(), out);
        }
    }

    fn undo(&mut self, digits: &[u8], out: &mut dyn Out) {
        let mut input = digits;
        while !input.is_empty() && !self.enough {
            let written = self.base64.push(&mut input, &mut self.room);
            self.put(written, out);
        }
    }

    fn put(&mut self, written: usize, out: &mut dyn Out) {
        let bytes = self.room.get(..written).unwrap_or(&[]);
        if !bytes.is_empty() && matches!(self.state, State::Run(true) | State::Padding(true)) {
            self.enough |= !out.data(bytes);
        }
    }

    /// The text ends, or a word of it does.
    pub(super) fn end(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        match self.state {
            State::Start => {
                let held = std::mem::replace(&mut self.held, Field::EMPTY);
                if !held.get().is_empty() {
                    lines.word(held.get(), out);
                }
            }
            State::Word => {}
            State::Run(wanted) | State::Padding(wanted) => {
                let written = self.base64.finish(&mut self.room);
                self.put(written, out);
                if wanted {
                    out.end();
                }
            }
        }
        self.state = State::Start;
    }

    /// Whether text may be handed out: no other child is open.
    pub(super) const fn is_text(&self) -> bool {
        matches!(self.state, State::Start | State::Word)
    }
}
