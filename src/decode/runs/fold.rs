//! Blanks within a run of base64: the indent of a line (flat ODF, YAML, property lists), the one blank that a folded
//! line begins with (vCard, iCalendar, LDIF), or one blank for both, as a text without tags has it.
//!
//! A run goes on behind them with 16 digits or more, or with what may be its last ones: a number that makes it whole,
//! or has padding. Words of prose are shorter.

use super::super::decoder::Field;
use super::is_digit;

/// Digits that are more of the run.
const ENOUGH: usize = 16;
/// Most blanks, and line ends among them.
const BLANKS: usize = 64;
/// Longest line that one blank alone goes on with; longer ones are words by themselves.
const LINE: usize = 128;

/// What becomes of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is held.
    More,
    /// The run goes on with the digits that are held, and then with the byte.
    On,
    /// The run was over before the blanks.
    Over,
}

/// What is held at such a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fold {
    /// Blanks, then digits.
    held: Field<{ BLANKS + ENOUGH }>,
    blanks: usize,
    /// Digits of the run, and of its line.
    count: u64,
    line: usize,
    /// The blanks stand behind a line end.
    indent: bool,
}

impl Fold {
    pub(super) const NEW: Self = Self { held: Field::EMPTY, blanks: 0, count: 0, line: 0, indent: false };

    /// A run begins with so many digits.
    pub(super) const fn begin(&mut self, count: usize) {
        *self = Self::NEW;
        self.digits(count);
    }

    /// So many digits of it have come.
    pub(super) const fn digits(&mut self, count: usize) {
        self.count = self.count.wrapping_add(count as u64);
        self.line = self.line.saturating_add(count);
        self.indent = false;
    }

    /// A line of it has ended.
    pub(super) const fn line_end(&mut self) {
        (self.line, self.indent) = (0, true);
    }

    /// Whether the run may go on behind that byte.
    pub(super) const fn may_begin(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && (self.indent || (self.line <= LINE && self.count.is_multiple_of(4)))
    }

    pub(super) fn byte(&mut self, byte: u8) -> Step {
        match byte {
            _ if self.found() == ENOUGH => Step::On,
            _ if is_digit(byte) => {
                self.held.append(&[byte]);
                Step::More
            }
            b'=' if matches!(self.whole(), 2 | 3) => Step::On,
            b'\r' | b'\n' | b' ' | b'\t' if self.found() == 0 && self.blanks < BLANKS => {
                let is_one = self.blanks == 0 || self.indent || matches!(byte, b'\r' | b'\n');
                self.indent |= matches!(byte, b'\r' | b'\n');
                self.held.append(&[byte]);
                self.blanks += 1;
                if is_one { Step::More } else { Step::Over }
            }
            b'\r' | b'\n' | b'<' | b'"' | b'\'' if self.is_whole() => Step::On,
            _ => Step::Over,
        }
    }

    /// Digits that are held.
    fn found(&self) -> usize {
        self.held.get().len() - self.blanks
    }

    /// Digits of the last group, with those that are held.
    fn whole(&self) -> u64 {
        self.count.wrapping_add(self.found() as u64) % 4
    }

    /// Whether the digits that are held are more of the run if nothing follows them.
    pub(super) fn is_whole(&self) -> bool {
        self.found() == ENOUGH || (self.found() != 0 && self.whole() == 0)
    }

    /// What is held, which is decided, and how many blanks it begins with. The digits are counted if the run goes on.
    pub(super) fn take(&mut self, goes_on: bool) -> (Field<{ BLANKS + ENOUGH }>, usize) {
        let (held, blanks) = (self.held, self.blanks);
        self.held.clear();
        self.blanks = 0;
        self.line_end();
        if goes_on {
            self.digits(held.get().len() - blanks);
        }
        (held, blanks)
    }
}
