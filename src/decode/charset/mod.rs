//! Texts in other charsets than UTF-8, as UTF-8.
//!
//! The only child is `(text)`, which may be anything again: HTML in UTF-16 is `utf-16:(text)/html`. What a text says by
//! itself is believed: a byte order mark, the escape sequences of ISO-2022-JP, that every second byte of its first
//! sixteen is zero and the others are printable ASCII, or that its first 512 bytes are units of two or four bytes of one
//! script with blanks among them ([`order`]). Any other charset counts where what carries the text declares it
//! ([`Out::declare`]). Documents that declare a charset within them do so to [`markup`](super::markup).

mod converter;
mod dos;
mod order;
mod utf7;

pub use self::converter::Charset;
pub(super) use self::converter::Converter;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess, PROBE};

/// So much is looked at for ASCII in two bytes each.
const FIRST: usize = 16;
const MEMORY: usize = 2048 + 1024;

const fn format(name: &'static str, recognise: fn(&[u8]) -> Guess, make: fn() -> Box<dyn Decoder>) -> Format {
    Format { name, recognise, make, memory: MEMORY, scanned: true, carries: false }
}

pub(super) static UTF16: Format = format("utf-16", wide, || Box::new(Transcoder::new(utf16)));
pub(super) static UTF32: Format = format("utf-32", wider, || Box::new(Transcoder::new(utf32)));
pub(super) static UTF7: Format =
    format("utf-7", |bytes| marked(bytes, &UTF7_MARKS), || Box::new(Transcoder::new(|_| (Some(Charset::Utf7), 0))));
pub(super) static ISO_2022_JP: Format = format("iso-2022-jp", japanese, || {
    Box::new(Transcoder::new(|_| (Some(Charset::Standard(encoding_rs::ISO_2022_JP)), 0)))
});
/// What recognises nothing: the charset is declared.
pub(super) static DECLARED: Format = format("charset", |_| Guess::No, || Box::new(Transcoder::new(|_| (None, 0))));

const UTF32_MARKS: [&[u8]; 2] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff"];
/// U+FEFF in UTF-7, whose last two bits belong to what follows.
const UTF7_MARKS: [&[u8]; 4] = [b"+/v8", b"+/v9", b"+/v+", b"+/v/"];

/// Whether the bytes begin with one of `marks`.
fn marked(bytes: &[u8], marks: &[&[u8]]) -> Guess {
    if marks.iter().any(|mark| bytes.starts_with(mark)) {
        return Guess::Yes;
    }
    if marks.iter().any(|mark| mark.starts_with(bytes)) { Guess::More } else { Guess::No }
}

/// Whether a unit may stand in a text: no control character, no half of a surrogate by itself, no number of no character.
const fn is_unit(unit: u16) -> bool {
    match unit {
        0x20..0x7f | 0xa0..0xd800 | 0xe000..0xfdd0 | 0xfdf0..0xfffe => true,
        _ => matches!(unit, 9 | 10 | 13),
    }
}

/// UTF-32: a mark, or units of four bytes.
fn wider(bytes: &[u8]) -> Guess {
    match marked(bytes, &UTF32_MARKS) {
        Guess::No => order::utf32(bytes).0,
        guess => guess,
    }
}

/// UTF-16: a mark, and two units that may stand in a text; else eight of printable ASCII, or a text in another script.
fn wide(bytes: &[u8]) -> Guess {
    let (little, text) = match bytes {
        [] | [0xff | 0xfe] => return Guess::More,
        [0xff, 0xfe, text @ ..] => (true, text),
        [0xfe, 0xff, text @ ..] => (false, text),
        _ => {
            return match (ascii(bytes, bytes.first() != Some(&0)), order::utf16(bytes).0) {
                (Guess::Yes, _) | (_, Guess::Yes) => Guess::Yes,
                (Guess::More, _) if bytes.len() < PROBE => Guess::More,
                (_, Guess::More) if bytes.len() < PROBE => Guess::More,
                _ => Guess::No,
            };
        }
    };
    let mut units = text.chunks_exact(2).map(|pair| unit(pair, little)).take(2);
    if !units.all(is_unit) {
        return Guess::No;
    }
    if text.len() >= 4 { Guess::Yes } else { Guess::More }
}

fn unit(pair: &[u8], little: bool) -> u16 {
    pair.first_chunk().map_or(0, |pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) })
}

fn ascii(bytes: &[u8], little: bool) -> Guess {
    let letter = usize::from(!little);
    let mut places = bytes.iter().take(FIRST).enumerate();
    let is_text = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    if !places.all(|(at, byte)| if at % 2 == letter { is_text(*byte) } else { *byte == 0 }) {
        return Guess::No;
    }
    if bytes.len() >= FIRST { Guess::Yes } else { Guess::More }
}

/// ISO-2022-JP (RFC 1468): seven bits, and an escape sequence that selects JIS X 0208.
fn japanese(bytes: &[u8]) -> Guess {
    let found = memchr::memmem::find(bytes, b"\x1b$").filter(|at| matches!(bytes.get(at + 2), Some(b'B' | b'@')));
    let seven = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b | b' '..=b'~'));
    match found {
        Some(at) if seven(bytes.get(..at).unwrap_or(&[])) => Guess::Yes,
        None if seven(bytes) && bytes.len() < PROBE => Guess::More,
        _ => Guess::No,
    }
}

/// The charset by the first bytes, and how many of those are a mark.
type Detect = fn(&[u8]) -> (Option<Charset>, usize);

fn utf16(first: &[u8]) -> (Option<Charset>, usize) {
    let little = Some(Charset::Standard(encoding_rs::UTF_16LE));
    let big = Some(Charset::Standard(encoding_rs::UTF_16BE));
    match first {
        [0xff, 0xfe, ..] => (little, 2),
        [0xfe, 0xff, ..] => (big, 2),
        [0, ..] if ascii(first, false) != Guess::No => (big, 0),
        _ if ascii(first, true) != Guess::No || order::utf16(first).1 => (little, 0),
        _ => (big, 0),
    }
}

fn utf32(first: &[u8]) -> (Option<Charset>, usize) {
    match marked(first, &UTF32_MARKS) {
        Guess::Yes => (Some(order::of_four(first)), 4),
        _ => (Some(Charset::Utf32 { little: order::utf32(first).1 }), 0),
    }
}

#[derive(Debug)]
struct Transcoder {
    detect: Detect,
    declared: Option<Charset>,
    first: Field<PROBE>,
    begun: bool,
    converter: Converter,
    /// The child has begun, and whether it is wanted.
    open: Option<bool>,
}

impl Transcoder {
    const fn new(detect: Detect) -> Self {
        Self { detect, declared: None, first: Field::EMPTY, begun: false, converter: Converter::new(), open: None }
    }

    fn begin(&mut self, out: &mut dyn Out) -> bool {
        self.begun = true;
        let held = self.first;
        // What the text itself shows is believed first.
        let (charset, mark) = match (self.detect)(held.get()) {
            (None, mark) => (self.declared, mark),
            seen => seen,
        };
        self.converter.begin(charset);
        self.text(held.get().get(mark..).unwrap_or(&[]), false, out)
    }

    /// False when no more is wanted.
    fn text(&mut self, bytes: &[u8], last: bool, out: &mut dyn Out) -> bool {
        let mut input = bytes;
        loop {
            let text = self.converter.next(&mut input, last);
            if !text.is_empty() {
                let wanted = *self.open.get_or_insert_with(|| out.begin(&Child { name: b"(text)" }));
                if !wanted || !out.data(text) {
                    return false;
                }
            } else if input.is_empty() {
                return true;
            }
        }
    }
}

impl Decoder for Transcoder {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if !self.begun {
            if !self.first.fill(&mut input, PROBE) {
                return Ok(Taken::All);
            }
            if !self.begin(out) {
                return Ok(Taken::Enough);
            }
        }
        Ok(if self.text(input, false, out) { Taken::All } else { Taken::Enough })
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if (self.begun || self.begin(out)) && self.open != Some(false) {
            self.text(&[], true, out);
        }
        if self.open == Some(true) {
            out.end();
        }
        true
    }

    fn declare(&mut self, charset: Charset) {
        self.declared = Some(charset);
    }

    fn reset(&mut self) {
        self.first.clear();
        (self.declared, self.begun, self.open) = (None, false, None);
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn charsets_are_told_by_first_bytes() {
        use Guess::{More, No, Yes};
        let long = [b"Dear all,\r\n".repeat(60), b"\x1b$B".to_vec()].concat();
        type Recognise = fn(&[u8]) -> Guess;
        let cases: [(Recognise, &[u8], Guess); 19] = [
            (wide, b"\xff\xfeA\0B\0", Yes),
            (wide, b"\xfe\xff\x04\x1f\x04\x20", Yes),
            (wide, b"\xff\xfeA\0", More),
            (wide, b"\xff\xfe\0\0A\0\0\0", No),
            (wide, b"\xff\xfb\x90\x64\0\0", No),
            (wide, b"\xff\xfe\x01\0\x02\0", No),
            (wide, b"P\0r\0o\0j\0e\0c\0t\0 \0", Yes),
            (wide, b"\0P\0r\0o\0j\0e\0c\0t\0 ", Yes),
            (wide, b"P\0r\0o\0", More),
            (wide, b"P\0r\0\x01\0\0\x01", No),
            (wide, b"Project ", More),
            (wide, b"Project\n\n\0", More),
            (UTF32.recognise, b"\xff\xfe\0\0A\0\0\0", Yes),
            (UTF32.recognise, b"\xff\xfe\0", More),
            (UTF7.recognise, b"+/v8-text", Yes),
            (UTF7.recognise, b"+ plus", No),
            (japanese, b"Dear \x1b$B%W\x1b(B", Yes),
            (japanese, b"Dear \x1b[31m", More),
            (japanese, &long[..PROBE], No),
        ];
        for (recognise, bytes, expected) in cases {
            assert_eq!(recognise(bytes), expected, "{:?}", bytes.escape_ascii().to_string());
            let mut last = More;
            for length in 0..=bytes.len() {
                let guess = recognise(&bytes[..length]);
                assert!(last == More || guess == last, "{:?}: {last:?}, then {guess:?}", &bytes[..length]);
                last = guess;
            }
        }
    }
}
