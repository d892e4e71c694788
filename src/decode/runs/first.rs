//! The first line of a run that is folded, where it has less than 64 digits: behind the name of a property (vCard,
//! iCalendar, LDIF) there is no room for more. It is looked at only where a run is found, on the next line.

use super::super::decoder::Field;
use super::{SHORTEST, WordSeeker, is_digit, is_run};

/// Fewest digits of such a line: words of prose have less.
const FEWEST: usize = 16;
/// Most blanks that the next line begins with.
const BLANKS: usize = 8;
/// A line end, and those.
const BETWEEN: usize = 2 + BLANKS;
const BEFORE: usize = SHORTEST + BETWEEN;

/// As [`WordSeeker`], with the line before a run as part of it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Seeker {
    seeker: WordSeeker,
    /// Such a line, with its end and the blanks behind it, as far as they have come: in front of the last word.
    before: Field<BEFORE>,
    /// Digits of that word.
    word: usize,
}

/// The first digits of a run: those of the line before it, and as many as it has to have.
pub(in super::super) type First = Field<{ 2 * SHORTEST }>;

impl Seeker {
    pub(in super::super) const NEW: Self = Self { seeker: WordSeeker::NEW, before: Field::EMPTY, word: 0 };

    /// What comes does not follow what was there.
    pub(in super::super) const fn restart(&mut self) {
        self.seeker.restart();
        self.before.clear();
        self.word = 0;
    }

    /// Nothing is looked for any more.
    pub(in super::super) const fn stop(&mut self) {
        self.seeker.stop();
    }

    /// The first digits of a run that has become long enough in `bytes`, and what stands behind them.
    pub(in super::super) fn seek<'a>(&mut self, bytes: &'a [u8]) -> Option<(First, &'a [u8])> {
        if self.seeker.off || bytes.is_empty() {
            return None;
        }
        let held = self.seeker.held;
        if let Some((digits, behind)) = self.seeker.seek(bytes) {
            let end = bytes.len() - behind.len();
            // The word may have begun in an earlier piece.
            let before = match end.checked_sub(SHORTEST) {
                Some(start) if start != 0 || held.get().is_empty() => {
                    self.line_before(held, bytes.get(..start).unwrap_or(&[]))
                }
                _ => self.before,
            };
            return Some((join(before.get(), digits.get()), behind));
        }
        let digits = bytes.iter().rposition(|byte| !is_digit(*byte)).map_or(bytes.len(), |at| bytes.len() - at - 1);
        if digits == bytes.len() {
            self.word = self.word.saturating_add(digits);
        } else {
            let text = bytes.get(..bytes.len() - digits).unwrap_or(&[]);
            if may_be_folded(text) {
                self.before = self.line_before(held, text);
            } else {
                self.before.clear();
            }
            self.word = digits;
        }
        if self.word >= SHORTEST {
            self.before.clear();
        }
        None
    }

    /// The end of `text`, which comes behind the digits that are held, where it is such a line with what follows it.
    fn line_before(&self, held: Field<SHORTEST>, text: &[u8]) -> Field<BEFORE> {
        if text.is_empty() {
            return self.before;
        }
        if !may_be_folded(text) {
            return Field::EMPTY;
        }
        let mut all: Field<{ 3 * BEFORE }> = Field::EMPTY;
        if text.len() < BEFORE + 1 {
            if self.word >= SHORTEST {
                // Longer than such a line, whatever is held of it.
                all.append(&[b'0'; SHORTEST]);
            } else {
                all.append(self.before.get());
                all.append(held.get());
            }
        }
        all.append(text.get(text.len().saturating_sub(BEFORE + 1)..).unwrap_or(&[]));
        let all = all.get();
        let blanks = all.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line = all.get(..all.len() - blanks).unwrap_or(&[]);
        let line = match (line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")), line.strip_suffix(b"\r")) {
            (Some(line), _) => line,
            (None, Some(line)) if blanks == 0 => line,
            _ => return Field::EMPTY,
        };
        let digits = line.iter().rev().take_while(|byte| is_digit(**byte)).count();
        let mut found = Field::EMPTY;
        if blanks <= BLANKS && (FEWEST..SHORTEST).contains(&digits) {
            found.append(all.get(line.len() - digits..).unwrap_or(&[]));
        }
        found
    }
}

/// Whether a line end, with the blanks that the next line begins with, may stand at the end of `text`: most words have one
/// blank before them.
#[inline]
const fn may_be_folded(text: &[u8]) -> bool {
    matches!(text, [.., b'\r' | b'\n' | b' ' | b'\t', b' ' | b'\t'] | [b' ' | b'\t'] | [.., b'\r' | b'\n'])
}

/// The digits of a run with those of the line before it, if they are one run.
fn join(before: &[u8], digits: &[u8]) -> First {
    let count = before.iter().position(|byte| !is_digit(*byte)).unwrap_or(before.len());
    let mut joined = First::EMPTY;
    if before.ends_with(b" ") || before.ends_with(b"\t") {
        joined.append(before.get(..count).unwrap_or(&[]));
    }
    joined.append(digits);
    if !joined.get().get(..SHORTEST).is_some_and(is_run) {
        joined.clear();
        joined.append(digits);
    }
    joined
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    const RUN: &str =
        "UHJvamVjdCBUZXJuLCB0aGUgbGF1bmNoIHZhbHVhdGlvbiBpcyBjb25maWRlbnRpYWwuIFByb2plY3QgVGVybiwgdGhlIGxhdW5jaA";

    /// The first digits that are found in a text in these pieces, and where they end.
    fn sought<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<(String, usize)> {
        let (mut seeker, mut before) = (Seeker::NEW, 0);
        for piece in pieces {
            if let Some((digits, behind)) = seeker.seek(piece) {
                let end = before + piece.len() - behind.len();
                return Some((String::from_utf8_lossy(digits.get()).into_owned(), end));
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn a_run_begins_with_its_short_first_line_wherever_pieces_end() {
        let (first, second) = RUN.split_at(36);
        let (long, word) = ("a1Bz".repeat(20), "internationalisation");
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let cases = [
            (format!("PHOTO;ENCODING=b:{first}\r\n {second}"), true),
            (format!("{first}\n {second}"), true),
            (format!("x: {first}\n\t  \t{second}"), true),
            (format!("a b c\n {word} and\r\n:{first}\r\n {second} and more"), true),
            (format!("{first}\n{second}"), false),
            (format!("{first} {second}"), false),
            (format!("{first}:\n {second}"), false),
            (format!("{first}\n\n {second}"), false),
            (format!("{first}\n         {second}"), false),
            (format!("{}\n {second}", &first[..15]), false),
            (format!("{hash}{first}\n {second}"), false),
            (format!("prose and prose\n {second}"), false),
            (format!("{}\n {second}", "a".repeat(63)), false),
        ];
        for (text, is_joined) in cases {
            let bytes = text.as_bytes();
            let whole = sought([bytes]);
            let (digits, end) = whole.clone().unwrap_or_default();
            let expected = if is_joined { &RUN[..36 + SHORTEST] } else { &second[..SHORTEST] };
            assert_eq!((digits.as_str(), &text[end - SHORTEST..end]), (expected, &second[..SHORTEST]), "{text:?}");
            for size in [1, 2, 3, 7, 63, 64, 65] {
                assert_eq!(sought(bytes.chunks(size)), whole, "{text:?} in pieces of {size}");
            }
            for at in 0..=bytes.len() {
                assert_eq!(sought([&bytes[..at], &bytes[at..]]), whole, "{text:?} cut at {at}");
            }
        }
        // A run is found where it was found before.
        assert_eq!(
            sought([format!("{word}\n {long}").as_bytes()]).map(|(_, end)| end),
            Some(word.len() + 2 + SHORTEST)
        );
    }
}
