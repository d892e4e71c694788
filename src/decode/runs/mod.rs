//! base64 within text: a run of 64 digits or more, which are upper-case and lower-case letters and others, is an object
//! of its own, `(base64)`, and the text goes on behind it. Line ends within a run are no end of it, nor are the blanks
//! that lines are indented or folded with ([`fold`]). Digits are those of both alphabets (RFC 4648 sections 4 and 5). A
//! word is judged by each 64 digits until some are a run.
//!
//! [`WordSeeker`] finds the first in whatever is scanned, [`Seeker`] with a shorter line before it, and [`Runs`] then
//! undoes it and those behind it.

mod first;
mod fold;

pub(super) use self::first::{First, Seeker};
use self::fold::{Fold, Step};
use super::decoder::{Field, Out};
use super::lines::Lines;
use super::undone::Undone;

/// Shortest run.
pub(super) const SHORTEST: usize = 64;
/// Room for what is undone at a time.
const ROOM: usize = 1536;
/// What a [`Runs`] holds, bytes.
pub(super) const MEMORY: usize = ROOM + SHORTEST + size_of::<Fold>() + 64;

pub(super) const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_')
}

/// Whether a run that has begun may go on with that: with digits, line ends, blanks behind them, and padding.
pub(super) const fn may_go_on(byte: u8) -> bool {
    is_digit(byte) || matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | b'=')
}

/// Every third window of so many bytes is looked at: every run fills one of them at least.
const WINDOW: usize = 16;
const STRIDE: usize = 3 * WINDOW;
const _: () = assert!(STRIDE + WINDOW <= SHORTEST + 1);
type Window = [u8; WINDOW];

/// Whether a window has nothing that text is full of, as spaces and quotes: all bytes are from `+` to the last of ASCII.
/// After this few windows of text are left. In words, for compilers make of single bytes what is slower than either.
#[inline]
fn may_be_digits(window: &Window) -> bool {
    // What takes the first digit of all to the highest bit, and no byte of ASCII beyond its own.
    const RAISE: u64 = u64::from_ne_bytes([0x80 - b'+'; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, _) = window.as_chunks::<8>();
    let [first, second] = words else { return false };
    let (first, second) = (u64::from_ne_bytes(*first), u64::from_ne_bytes(*second));
    let raised = first.wrapping_add(RAISE) & second.wrapping_add(RAISE);
    (first | second | !raised) & HIGH == 0
}

fn is_all_digits(window: &Window) -> bool {
    window.iter().fold(true, |all, byte| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let is_number = byte.wrapping_sub(b'0') < 10;
        all & (is_letter | is_number | matches!(*byte, b'+' | b'/' | b'-' | b'_'))
    })
}

/// Where the first of the windows that are looked at begins which has but digits.
fn first_window(bytes: &[u8]) -> Option<usize> {
    let (windows, _) = bytes.as_chunks::<WINDOW>();
    let (blocks, _) = windows.as_chunks::<12>();
    let mut passed = 0;
    for [first, _, _, second, _, _, third, _, _, fourth, _, _] in blocks {
        // One branch for four, which is seldom taken.
        let found = may_be_digits(first) | may_be_digits(second) | may_be_digits(third) | may_be_digits(fourth);
        if found && [first, second, third, fourth].into_iter().any(is_all_digits) {
            break;
        }
        passed += 12;
    }
    let left = windows.get(passed..).unwrap_or(&[]);
    let found = left.iter().step_by(3).position(|window| may_be_digits(window) && is_all_digits(window))?;
    Some(passed * WINDOW + found * STRIDE)
}

/// Whether there may be as many digits in a row as a run has.
pub(super) fn may_have(bytes: &[u8]) -> bool {
    bytes.len() >= SHORTEST && first_window(bytes).is_some()
}

/// Most hyphens and underscores in as many digits as a run has: of base64 there are two; more are words that they join.
const JOINTS: usize = 8;

/// Whether so many digits are base64 rather than a word or a number in hexadecimal.
pub(super) fn is_run(digits: &[u8]) -> bool {
    let is_joint = |byte: &&u8| matches!(**byte, b'-' | b'_');
    digits.len() >= SHORTEST
        && digits.iter().any(u8::is_ascii_uppercase)
        && digits.iter().any(u8::is_ascii_lowercase)
        && digits.iter().any(|byte| !byte.is_ascii_alphabetic() && !is_joint(&byte))
        && digits.iter().any(|byte| byte.is_ascii_alphanumeric() && !byte.is_ascii_hexdigit())
        && digits.iter().filter(is_joint).count() <= JOINTS
}

/// Looks for the first run of a text, and passes by whatever cannot be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordSeeker {
    /// Digits at the end of what was seen, until there are enough of them.
    held: Field<SHORTEST>,
    /// Nothing is looked for any more.
    off: bool,
}

impl WordSeeker {
    pub(super) const NEW: Self = Self { held: Field::EMPTY, off: false };

    /// As it was when it had seen so many digits of a word.
    pub(super) fn behind(digits: &[u8]) -> Self {
        let mut held = Field::EMPTY;
        held.append(digits);
        Self { held, off: false }
    }

    /// How many digits at the end of what was seen may begin a run.
    pub(super) fn held(&self) -> usize {
        self.held.get().len()
    }

    /// What comes does not follow what was there.
    pub(super) const fn restart(&mut self) {
        self.held.clear();
    }

    /// Nothing is looked for any more.
    pub(super) const fn stop(&mut self) {
        self.off = true;
    }

    /// The first digits of a run that has become long enough in `bytes`, and what stands behind them.
    pub(super) fn seek<'a>(&mut self, bytes: &'a [u8]) -> Option<(Field<SHORTEST>, &'a [u8])> {
        let mut rest = bytes;
        while !self.off && !rest.is_empty() {
            if self.held.get().is_empty() {
                let window = first_window(rest);
                // The word that begins before the window, or at the end: no run has passed.
                let searched = rest.get(..window.unwrap_or(rest.len())).unwrap_or(rest);
                let begins = searched.iter().rposition(|byte| !is_digit(*byte)).map_or(0, |at| at + 1);
                rest = rest.get(begins..).unwrap_or(&[]);
                if window.is_none() {
                    self.held.append(rest);
                    return None;
                }
            }
            let count = rest.iter().position(|byte| !is_digit(*byte)).unwrap_or(rest.len());
            let (digits, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let mut left = digits;
            if self.held.fill(&mut left, SHORTEST) {
                rest = rest.get(count - left.len()..).unwrap_or(&[]);
                let held = std::mem::replace(&mut self.held, Field::EMPTY);
                if is_run(held.get()) {
                    return Some((held, rest));
                }
                // The word may go on with a run.
                continue;
            }
            if !behind.is_empty() {
                self.restart();
            }
            rest = behind;
        }
        None
    }
}

/// Where in the text the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Where a run may begin.
    Start,
    /// In a run, of which a child has begun.
    Run,
    /// In one, at blanks or behind them, of which it is not known whether it goes on there.
    Fold,
    /// Behind the padding of one.
    Padding,
}

/// Tells runs from text.
#[derive(Debug)]
pub(super) struct Runs {
    state: State,
    held: Field<SHORTEST>,
    fold: Fold,
    undone: Undone<ROOM>,
}

impl Runs {
    pub(super) const fn new() -> Self {
        Self { state: State::Start, held: Field::EMPTY, fold: Fold::NEW, undone: Undone::NEW }
    }

    pub(super) const fn clear(&mut self) {
        self.state = State::Start;
        self.fold = Fold::NEW;
        self.undone.clear();
        self.held.clear();
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.undone.enough()
    }

    /// Text.
    pub(super) fn push(&mut self, bytes: &[u8], lines: &mut Lines, out: &mut dyn Out) {
        let mut rest = bytes;
        while let Some(byte) = rest.first() {
            // At a fold bytes are looked at one by one.
            let most = if self.state == State::Fold { 0 } else { rest.len() };
            let count = rest.iter().take(most).position(|byte| !is_digit(*byte)).unwrap_or(most);
            let (digits, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = match self.state {
                State::Start if count != 0 => {
                    let mut left = digits;
                    if self.held.fill(&mut left, SHORTEST) {
                        self.begin(lines, out);
                    }
                    rest.get(count - left.len()..).unwrap_or(&[])
                }
                State::Run if count != 0 => {
                    self.fold.digits(count);
                    self.undone.push(digits, out);
                    behind
                }
                State::Run if matches!(byte, b'\r' | b'\n') => {
                    self.fold.line_end();
                    rest.get(1..).unwrap_or(&[])
                }
                State::Run if self.fold.may_begin(*byte) => {
                    self.state = State::Fold;
                    rest
                }
                State::Fold => match self.fold.byte(*byte) {
                    Step::More => rest.get(1..).unwrap_or(&[]),
                    Step::On => {
                        self.go_on(out);
                        rest
                    }
                    Step::Over => {
                        self.give_up(lines, out);
                        rest
                    }
                },
                State::Run | State::Padding if *byte == b'=' => {
                    self.undone.push(b"=", out);
                    self.state = State::Padding;
                    rest.get(1..).unwrap_or(&[])
                }
                State::Run | State::Padding => {
                    self.end(lines, out);
                    rest
                }
                State::Start => {
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
            self.state = State::Run;
            self.fold.begin(held.get().len());
            self.undone.begin(out);
            self.undone.push(held.get(), out);
        } else {
            // The word may go on with a run.
            lines.word(held.get(), out);
        }
    }

    /// The run goes on behind blanks.
    fn go_on(&mut self, out: &mut dyn Out) {
        let (held, blanks) = self.fold.take(true);
        self.state = State::Run;
        self.undone.push(held.get().get(blanks..).unwrap_or(&[]), out);
    }

    /// The run was over before the blanks, and what is held is text, which is too short to be another.
    fn give_up(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        let (held, _) = self.fold.take(false);
        self.undone.end(out);
        self.state = State::Start;
        self.push(held.get(), lines, out);
    }

    /// The text ends, or a word of it does.
    pub(super) fn end(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        if self.state == State::Fold {
            if self.fold.is_whole() { self.go_on(out) } else { self.give_up(lines, out) }
        }
        match self.state {
            State::Start => {
                let held = std::mem::replace(&mut self.held, Field::EMPTY);
                if !held.get().is_empty() {
                    lines.word(held.get(), out);
                }
            }
            State::Run | State::Fold | State::Padding => self.undone.end(out),
        }
        self.state = State::Start;
    }

    /// Whether text may be handed out: no other child is open.
    pub(super) const fn is_text(&self) -> bool {
        matches!(self.state, State::Start)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;

    /// Where the first run has its 64th digit, sought in pieces of that size.
    fn sought(text: &[u8], size: usize) -> Option<usize> {
        let mut seeker = WordSeeker::NEW;
        let mut before = 0;
        for piece in text.chunks(size) {
            if let Some((held, behind)) = seeker.seek(piece) {
                let at = before + piece.len() - behind.len();
                assert_eq!(held.get(), &text[at - SHORTEST..at]);
                return Some(at);
            }
            before += piece.len();
        }
        None
    }

    /// The same, told simply.
    fn expected(text: &[u8]) -> Option<usize> {
        let mut begins = 0;
        for word in text.split(|byte| !is_digit(*byte)) {
            if let Some(at) = word.as_chunks::<SHORTEST>().0.iter().position(|part| is_run(part)) {
                return Some(begins + (at + 1) * SHORTEST);
            }
            begins += word.len() + 1;
        }
        None
    }

    #[test]
    fn the_first_run_is_found_wherever_pieces_end() {
        let run = "UHJvamVjdCBUZXJuLCB0aGUgbGF1bmNoIHZhbHVhdGlvbiBpcyBjb25maWRlbnRpYWwuCg";
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let mut texts = vec![String::new(), run.to_owned(), run[..63].to_owned(), hash.repeat(2), "word ".repeat(40)];
        texts.push(format!("{hash} {run}"));
        texts.push(format!("{}{run}", "A".repeat(64)));
        texts.push(format!("{hash}{run}{run}"));
        texts.push(run.replace('J', "-").replace('d', "_"));
        texts.push("Go-to-the-2nd-Page-of-our-new-site-and-see-what-is-there-for-you-now".to_owned());
        texts.push(format!("{hash}{run} and so on"));
        texts.push(format!("prose, {} {run}= and behind it", "and more of it ".repeat(9)));
        // Anything, with more or fewer digits in it.
        let mut state = 7_u32;
        for length in 0..400 {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 16
            };
            let share = 2 + next() % 90;
            let letter =
                |number: u32| if number.is_multiple_of(share) { ' ' } else { b"Ab3x/"[number as usize % 5] as char };
            texts.push((0..length).map(|_| letter(next())).collect());
        }
        for text in texts {
            let text = text.as_bytes();
            for size in [1, 2, 7, 63, 64, 65, usize::MAX] {
                assert_eq!(sought(text, size), expected(text), "{} in pieces of {size}", String::from_utf8_lossy(text));
            }
        }
    }
}
