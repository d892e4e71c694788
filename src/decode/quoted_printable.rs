//! quoted-printable (RFC 2045 section 6.7), undone piece by piece.
//!
//! An `=` at the end of a line joins it to the next, also with blanks behind it, which transport may have added (rule 3).
//! Hexadecimal digits may be small. What is no escape passes as it stands, which the RFC suggests as robust. Blanks at
//! the end of other lines are kept, though rule 3 would have them deleted: a scanner does not mind them.

use super::decoder::Field;

/// An escape that is not complete, with blanks behind it: a line's 76 characters.
const HELD: usize = 76;

/// What stands between an `=` and whatever tells what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotedPrintable {
    held: Field<HELD>,
}

/// What a byte makes of an escape that is not complete.
enum Step {
    /// It is this byte.
    Byte(u8),
    /// It is the end of a line that goes on in the next.
    Join,
    /// It is not complete yet.
    More,
    /// It is none.
    Text,
}

impl QuotedPrintable {
    /// Nothing has come yet.
    pub(super) const NEW: Self = Self { held: Field::EMPTY };
    /// Least length of the buffer for [`QuotedPrintable::push`].
    pub(super) const ROOM: usize = HELD + 1;

    /// Undoes what is at the front of `input`, as far as there is room in `out`, which has [`Self::ROOM`] bytes or more.
    /// Returns how many bytes it has written.
    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut [u8]) -> usize {
        let mut written = 0;
        while let Some(room) = out.get_mut(written..).filter(|room| room.len() >= Self::ROOM) {
            let Some((byte, rest)) = input.split_first() else { break };
            if self.held.get().is_empty() {
                let end = memchr::memchr(b'=', input).unwrap_or(input.len());
                let (text, rest) = input.split_at_checked(end.min(room.len())).unwrap_or((input, &[]));
                written += put(room, text);
                *input = rest;
                if let Some((b'=', rest)) = rest.split_first() {
                    self.held.append(b"=");
                    *input = rest;
                }
                continue;
            }
            match step(self.held.get(), *byte) {
                Step::More => {
                    self.held.append(&[*byte]);
                    *input = rest;
                }
                Step::Byte(value) => {
                    written += put(room, &[value]);
                    self.held.clear();
                    *input = rest;
                }
                Step::Join => {
                    self.held.clear();
                    *input = rest;
                }
                Step::Text => {
                    written += put(room, self.held.get());
                    self.held.clear();
                }
            }
        }
        written
    }

    /// Nothing more comes: an `=` at the very end joins the last line to nothing, half an escape stands for itself.
    /// Writes up to two bytes, and returns how many.
    pub(super) fn finish(&mut self, out: &mut [u8]) -> usize {
        let written = match self.held.get() {
            escape @ [b'=', digit] if digit.is_ascii_hexdigit() => put(out, escape),
            _ => 0,
        };
        self.held.clear();
        written
    }
}

/// Copies `bytes` to the front of `out`; returns how many there were.
fn put(out: &mut [u8], bytes: &[u8]) -> usize {
    let Some(place) = out.get_mut(..bytes.len()) else { return 0 };
    place.copy_from_slice(bytes);
    bytes.len()
}

/// A hexadecimal digit's value.
pub(super) const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// What `byte` makes of `held`, which begins with an `=`.
fn step(held: &[u8], byte: u8) -> Step {
    match (held, byte) {
        ([_], _) if byte.is_ascii_hexdigit() => Step::More,
        ([_, digit], _) if let (Some(high), Some(low)) = (hex(*digit), hex(byte)) => Step::Byte(high << 4 | low),
        ([_] | [.., b' ' | b'\t' | b'\r'], b'\n') => Step::Join,
        ([_] | [.., b' ' | b'\t'], b' ' | b'\t' | b'\r') if held.len() < HELD => Step::More,
        _ => Step::Text,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Undoes `pieces` into the smallest buffer there may be.
    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut coding, mut all, mut buffer) = (QuotedPrintable::NEW, Vec::new(), [0; QuotedPrintable::ROOM]);
        for mut piece in pieces {
            while !piece.is_empty() {
                let written = coding.push(&mut piece, &mut buffer);
                all.extend_from_slice(&buffer[..written]);
            }
        }
        let written = coding.finish(&mut buffer);
        all.extend_from_slice(&buffer[..written]);
        all
    }

    #[test]
    fn escapes_are_undone_and_what_is_none_passes() {
        let cases: [(&str, &[u8]); 18] = [
            ("", b""),
            ("plain text\r\n", b"plain text\r\n"),
            ("Gr=C3=B6=C3=9Fe", "Gr\u{f6}\u{df}e".as_bytes()),
            ("Gr=c3=b6=C3=9fe", "Gr\u{f6}\u{df}e".as_bytes()),
            ("one=3Dtwo", b"one=two"),
            ("confi=\r\ndential", b"confidential"),
            ("confi=\ndential", b"confidential"),
            ("confi= \t \r\ndential", b"confidential"),
            ("confi= \ndential", b"confidential"),
            ("a=XYb", b"a=XYb"),
            ("a=4Gb", b"a=4Gb"),
            ("a==41", b"a=A"),
            ("a= b", b"a= b"),
            ("a=\rb", b"a=\rb"),
            ("a=\r=41", b"a=\rA"),
            ("kept \r\n", b"kept \r\n"),
            ("end=", b"end"),
            ("end=4", b"end=4"),
        ];
        for (text, bytes) in cases {
            assert_eq!(decode([text.as_bytes()]), bytes, "{text:?}");
            assert_eq!(decode(text.as_bytes().chunks(1)), bytes, "{text:?}, byte by byte");
        }
        let blanks = format!("a={}\nb", " ".repeat(100));
        assert_eq!(decode([blanks.as_bytes()]), blanks.as_bytes(), "more blanks than a line has");
    }

    proptest! {
        #[test]
        fn what_was_escaped_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 1_usize..50) {
            let mut text = Vec::new();
            for (at, byte) in bytes.iter().enumerate() {
                text.extend_from_slice(format!("={byte:02X}").as_bytes());
                if at % 20 == 19 {
                    text.extend_from_slice(b"=\r\n");
                }
            }
            prop_assert_eq!(decode(text.chunks(cut)), bytes);
        }

        #[test]
        fn cuts_change_nothing(text in "[=A-F0-9 \\r\\nx]{0,120}", cut in 1_usize..20) {
            prop_assert_eq!(decode(text.as_bytes().chunks(cut)), decode([text.as_bytes()]));
        }
    }
}
