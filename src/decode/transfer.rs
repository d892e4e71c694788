//! An object that mail's quoted-printable is around (RFC 2045 section 6.7), where nobody says so: a part of a message that was
//! fetched without its header. Its first bytes say it, where they may be so; other objects are never asked.

use super::decoder::{Child, Decoder, Fault, Out, Taken};
use super::format::{Format, Guess, PROBE};
use super::quoted_printable::{QuotedPrintable, hex};

/// Room for what is undone at a time.
const ROOM: usize = 2048;

/// What recognises nothing by itself.
pub(super) static FORMAT: Format = Format {
    name: "quoted-printable",
    recognise: |_| Guess::No,
    make: || Box::new(Transfer { coding: QuotedPrintable::NEW, open: None, room: [0; ROOM] }),
    memory: ROOM + 128,
    scanned: false,
    carries: false,
};

/// "Encoded lines must not be longer than 76 characters, not counting the trailing CRLF" (rule 5).
const LINE: usize = 76;
/// So many escapes that only this coding has are none by chance.
const ESCAPES: usize = 2;

/// Whether an object is written so, by its first 512 bytes, or all that there are: every equals sign begins an escape or
/// ends a line, lines are short, no byte has eight bits; and a line ends in one that goes on in the next, or two escapes are
/// of such bytes as have to be escaped.
pub(super) fn is_quoted_printable(bytes: &[u8]) -> bool {
    let is_cut = bytes.len() >= PROBE;
    let mut evidence = 0;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_whole = line.ends_with(b"\n") || !is_cut;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let is_text = text.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        if !is_text || text.len() > LINE {
            return false;
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'=', rest) {
            rest = rest.get(at + 1..).unwrap_or(&[]);
            match escaped(rest, is_whole) {
                Escaped::No => return false,
                Escaped::Other => {}
                Escaped::Needed => evidence += 1,
                // At the very end it is padding of base64.
                Escaped::Join => {
                    let goes_on = lines.peek().is_some_and(|next| !next.trim_ascii().is_empty());
                    evidence += if goes_on { ESCAPES } else { 0 };
                }
            }
        }
    }
    evidence >= ESCAPES
}

/// What an equals sign begins.
enum Escaped {
    /// Nothing of this coding.
    No,
    /// A byte that has to be escaped.
    Needed,
    /// Another byte, or one whose digits are not all there.
    Other,
    /// The end of a line that goes on.
    Join,
}

/// What stands behind an equals sign in a line without its end.
fn escaped(rest: &[u8], is_whole: bool) -> Escaped {
    match rest {
        [high, low, behind @ ..] if let (Some(high), Some(low)) = (hex(*high), hex(*low)) => match high << 4 | low {
            0x80.. | b'=' => Escaped::Needed,
            b' ' | b'\t' if behind.is_empty() && is_whole => Escaped::Needed,
            b'\t' | b'\r' | b'\n' | b' '..=b'~' => Escaped::Other,
            _ => Escaped::No,
        },
        [] | [_] if !is_whole && rest.iter().all(u8::is_ascii_hexdigit) => Escaped::Other,
        _ if rest.trim_ascii().is_empty() => Escaped::Join,
        _ => Escaped::No,
    }
}

/// Undoes it.
#[derive(Debug)]
struct Transfer {
    coding: QuotedPrintable,
    /// The child has begun, and whether it is wanted.
    open: Option<bool>,
    room: [u8; ROOM],
}

impl Transfer {
    /// Hands out the first bytes of the room. False when no more are wanted.
    fn put(&mut self, written: usize, out: &mut dyn Out) -> bool {
        let wanted = *self.open.get_or_insert_with(|| out.begin(&Child::default()));
        let bytes = self.room.get(..written).unwrap_or(&[]);
        wanted && (bytes.is_empty() || out.data(bytes))
    }
}

impl Decoder for Transfer {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while !input.is_empty() {
            let written = self.coding.push(&mut input, &mut self.room);
            if !self.put(written, out) {
                return Ok(Taken::Enough);
            }
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let written = self.coding.finish(&mut self.room);
        if self.put(written, out) {
            out.end();
        }
        true
    }

    fn reset(&mut self) {
        (self.coding, self.open) = (QuotedPrintable::NEW, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_is_told_from_other_text() {
        let long = "word ".repeat(14);
        let cases = [
            ("Die Gr=C3=B6=C3=9Fe", true),
            ("<p class=3D\"a\" style=3D\"b\">", true),
            ("confi=\r\ndential", true),
            ("confi=\ndential", true),
            ("confi= \r\ndential", true),
            ("a =20\r\nb =20\r\n", true),
            ("a =20 b =20 c", false),
            ("one=3Dtwo", false),
            ("x=10&y=20", false),
            ("x=41 y=42 z=43", false),
            ("confidential=\r\n", false),
            ("confidential=\r\n\r\n", false),
            ("Y29uZmlkZW50aWFsIQ==\r\n", false),
            ("Gr=C3=B6=C3=9Fe, a=b", false),
            ("Gr=C3=B6=C3=9Fe, \u{f6}", false),
            ("Content-Type: text/plain; charset=\"utf-8\"\r\n\r\nGr=C3=B6=C3=9Fe", false),
            ("", false),
            ("plain text\r\n", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_quoted_printable(text.as_bytes()), expected, "{text:?}");
        }
        assert!(is_quoted_printable(format!("{long}\r\n{long}=\r\n{long}").as_bytes()));
        assert!(!is_quoted_printable(format!("{long}{long}\r\nconfi=\r\ndential").as_bytes()), "lines are too long");
        // What is cut anywhere is what it is.
        let text = format!("{long}=\r\nGr=C3=B6=C3=9Fe =3D word, and words\r\n").repeat(9);
        let text = text.as_bytes();
        for start in 0..79 {
            let first = text.get(start..start + PROBE).unwrap_or(&[]);
            let is_within = text.get(start.saturating_sub(2)..start).is_some_and(|before| before.contains(&b'='));
            assert!(is_within || is_quoted_printable(first), "from {start}");
        }
    }
}
