//! Characters beyond ASCII that readers see as a blank, or not at all, in UTF-8 that may be cut within them.

use super::decoder::Field;

/// Whether a character is one that readers do not see: soft hyphens, zero widths, joiners, directions and marks of order.
pub(crate) const fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// What a stretch of a text is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen<'a> {
    /// Characters as they stand.
    Letters(&'a [u8]),
    /// Bytes of an earlier piece that are no such character.
    Earlier(Field<LONGEST>),
    /// White space.
    Blank,
    /// Nothing that readers see, or a character that is not all there.
    Nothing,
}

/// Bytes of the longest of them.
pub(super) const LONGEST: usize = 3;

/// Tells them from others. What is invalid is left as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unseen {
    /// The beginning of a character that may be one.
    held: Field<LONGEST>,
}

impl Unseen {
    pub(super) const NEW: Self = Self { held: Field::EMPTY };

    /// Whether no character of `bytes` need be looked at.
    pub(super) fn passes(&self, bytes: &[u8]) -> bool {
        self.held.get().is_empty() && bytes.is_ascii()
    }

    /// Takes the next stretch from the front of `input`.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Seen<'a> {
        if !self.held.get().is_empty() {
            return self.go_on(input);
        }
        let (bytes, end) = (*input, first(input));
        let (letters, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        *input = rest;
        if letters.is_empty() { self.go_on(input) } else { Seen::Letters(letters) }
    }

    /// Takes the next byte of a character that may be one. Where it is none, what was held is handed out before the byte,
    /// which may begin one.
    fn go_on<'a>(&mut self, input: &mut &'a [u8]) -> Seen<'a> {
        let Some((byte, rest)) = input.split_first() else { return Seen::Nothing };
        let mut held = self.held;
        held.append(&[*byte]);
        let kind = Kind::of(held.get());
        if kind == Kind::Letter {
            return Seen::Earlier(self.end());
        }
        *input = rest;
        self.held = if kind == Kind::More { held } else { Field::EMPTY };
        if kind == Kind::Blank { Seen::Blank } else { Seen::Nothing }
    }

    /// No more of the character comes: what there is of it.
    pub(super) fn end(&mut self) -> Field<LONGEST> {
        std::mem::replace(&mut self.held, Field::EMPTY)
    }
}

/// What the front of a text is, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Blank,
    Unseen,
    Letter,
    /// It may be one of the others, but is not all there.
    More,
}

impl Kind {
    const fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef] => Self::More,
            [0xe1, 0x9a] | [0xe2, 0x80 | 0x81] | [0xe3, 0x80] | [0xef, 0xbb] => Self::More,
            // U+0085, U+00A0; U+1680; U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F; U+3000.
            [0xc2, 0x85 | 0xa0, ..]
            | [0xe1, 0x9a, 0x80, ..]
            | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
            | [0xe2, 0x81, 0x9f, ..]
            | [0xe3, 0x80, 0x80, ..] => Self::Blank,
            // As `is_unseen` has them.
            [0xc2, 0xad, ..]
            | [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..]
            | [0xe2, 0x81, 0xa0..=0xaf, ..]
            | [0xef, 0xbb, 0xbf, ..] => Self::Unseen,
            _ => Self::Letter,
        }
    }
}

/// Where the first of them begins, or may begin; behind all bytes where there is none.
fn first(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        let Some(next) = rest.iter().position(|byte| matches!(byte, 0xc2 | 0xe1..=0xe3 | 0xef)) else { break };
        if Kind::of(rest.get(next..).unwrap_or(&[])) != Kind::Letter {
            return at + next;
        }
        at += next + 1;
    }
    bytes.len()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    /// A text with `_` for blanks and without what is not seen, in pieces of that size.
    fn read(text: &[u8], size: usize) -> Vec<u8> {
        let (mut unseen, mut read) = (Unseen::NEW, Vec::new());
        for piece in text.chunks(size) {
            let mut input = piece;
            while !input.is_empty() {
                match unseen.next(&mut input) {
                    Seen::Letters(bytes) => read.extend_from_slice(bytes),
                    Seen::Earlier(bytes) => read.extend_from_slice(bytes.get()),
                    Seen::Blank => read.push(b'_'),
                    Seen::Nothing => {}
                }
            }
        }
        read.extend_from_slice(unseen.end().get());
        read
    }

    #[test]
    fn every_character_is_what_it_is_wherever_pieces_end() {
        for letter in ('\u{80}'..=char::MAX).filter(|letter| (*letter as u32) < 0x1_1000) {
            let text = format!("a{letter}{letter}b");
            let expected = match letter {
                _ if is_unseen(letter) => "ab".to_owned(),
                _ if letter.is_whitespace() => "a__b".to_owned(),
                _ => text.clone(),
            };
            for size in [1, 2, 3, 4, 99] {
                assert_eq!(read(text.as_bytes(), size), expected.as_bytes(), "{letter:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_is_no_utf_8_stays_as_it_is() {
        // All texts of four bytes of those that may begin such a character, or go on with one.
        let bytes = [b'a', 0x80, 0xa0, 0xad, 0xbb, 0xc2, 0xe1, 0xe2, 0xe3, 0xef];
        for number in 0..bytes.len().pow(4) {
            let text: Vec<u8> = (0..4_u32).map(|at| bytes[number / bytes.len().pow(at) % bytes.len()]).collect();
            // Whole characters are undone, and nothing else.
            let expected: Vec<u8> = text
                .utf8_chunks()
                .flat_map(|chunk| {
                    let seen = chunk.valid().chars().filter(|letter| !is_unseen(*letter));
                    let is_blank = |letter: char| !letter.is_ascii() && letter.is_whitespace();
                    let seen: String = seen.map(|letter| if is_blank(letter) { '_' } else { letter }).collect();
                    [seen.as_bytes(), chunk.invalid()].concat()
                })
                .collect();
            for size in 1..=4 {
                assert_eq!(read(&text, size), expected, "{} in pieces of {size}", text.escape_ascii());
            }
        }
    }
}
