//! Text of other charsets in headers: encoded words (RFC 2047).

use super::super::base64::Base64;
use super::super::charset;
use super::super::decoder::Field;
use super::super::quoted_printable::hex;

/// Charsets that are read; text of any other is left as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8 and US-ASCII.
    Utf8,
    /// ISO 8859-1.
    Latin1,
}

impl Charset {
    /// By its name in any case; empty means US-ASCII.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        let is = |names: &[&[u8]]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is(&[b"utf-8", b"utf8", b"us-ascii", b"ascii", b""]) {
            Some(Self::Utf8)
        } else if is(&[b"iso-8859-1", b"latin1", b"iso8859-1"]) {
            Some(Self::Latin1)
        } else {
            None
        }
    }

    /// Appends a byte of this charset as UTF-8.
    pub(super) fn put<const N: usize>(self, byte: u8, out: &mut Field<N>) {
        match self {
            Self::Latin1 if !byte.is_ascii() => out.append(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]),
            _ => out.append(&[byte]),
        }
    }
}

/// What an encoded word is written in.
#[derive(Clone, Copy, Debug)]
enum Written {
    Known(Charset),
    Other(charset::Charset),
}

impl Written {
    fn of(name: &[u8]) -> Option<Self> {
        Charset::of(name).map(Self::Known).or_else(|| charset::Charset::of(name).map(Self::Other))
    }

    /// Appends all bytes of a word as UTF-8.
    fn put<const N: usize>(self, bytes: &[u8], out: &mut Field<N>) {
        match self {
            Self::Known(charset) => bytes.iter().for_each(|byte| charset.put(*byte, out)),
            Self::Other(charset) => {
                let mut converter = charset::Converter::new();
                converter.begin(Some(charset));
                let mut input = bytes;
                loop {
                    let text = converter.next(&mut input, true);
                    if text.is_empty() && input.is_empty() {
                        break;
                    }
                    out.append(text);
                }
            }
        }
    }
}

/// Longest word that is read, bytes: RFC 2047 section 2 allows 75 characters, and programs write longer ones.
const LONGEST: usize = 2048;

/// An encoded word, and what follows it.
struct Word<'a> {
    charset: Written,
    is_base64: bool,
    text: &'a [u8],
    rest: &'a [u8],
}

/// Reads `charset?encoding?text?=`, which stands behind `=?`.
fn word(bytes: &[u8]) -> Option<Word<'_>> {
    let (charset, bytes) = split(bytes)?;
    let (encoding, bytes) = split(bytes)?;
    let (text, bytes) = split(bytes)?;
    let rest = bytes.strip_prefix(b"=")?;
    // RFC 2231 section 5: a language may follow the charset.
    let charset = charset.split(|byte| *byte == b'*').next().unwrap_or(&[]);
    let is_base64 = encoding.eq_ignore_ascii_case(b"b");
    let known = is_base64 || encoding.eq_ignore_ascii_case(b"q");
    known.then_some(Word { charset: Written::of(charset)?, is_base64, text, rest })
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'?', bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// Appends `text` with its encoded words undone, as UTF-8.
pub(super) fn decode<const N: usize>(text: &[u8], out: &mut Field<N>) {
    let mut rest = text;
    let mut after_word = false;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        let found = from.strip_prefix(b"=?").and_then(word);
        // Section 6.2: white space between two encoded words is ignored.
        if !(after_word && found.is_some() && before.trim_ascii().is_empty()) {
            out.append(before);
        }
        after_word = found.is_some();
        let Some(found) = found else {
            out.append(b"=?");
            rest = from.get(2..).unwrap_or(&[]);
            continue;
        };
        if found.is_base64 {
            base64(&found, out);
        } else {
            q(&found, out);
        }
        rest = found.rest;
    }
    out.append(rest);
}

fn base64<const N: usize>(word: &Word<'_>, out: &mut Field<N>) {
    let mut bytes: Field<LONGEST> = Field::EMPTY;
    let (mut coding, mut input, mut buffer) = (Base64::NEW, word.text, [0; 48]);
    while !input.is_empty() {
        let written = coding.push(&mut input, &mut buffer);
        bytes.append(buffer.get(..written).unwrap_or(&[]));
    }
    let written = coding.finish(&mut buffer);
    bytes.append(buffer.get(..written).unwrap_or(&[]));
    word.charset.put(bytes.get(), out);
}

/// Section 4.2: escapes as in quoted-printable, and an underscore for a space.
fn q<const N: usize>(word: &Word<'_>, out: &mut Field<N>) {
    let mut bytes: Field<LONGEST> = Field::EMPTY;
    let mut text = word.text;
    while let Some((byte, rest)) = text.split_first() {
        let escape = match text {
            [b'=', high, low, rest @ ..] => hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, rest)),
            _ => None,
        };
        let (byte, rest) = escape.unwrap_or((if *byte == b'_' { b' ' } else { *byte }, rest));
        bytes.append(&[byte]);
        text = rest;
    }
    word.charset.put(bytes.get(), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_become_utf8() {
        let cases = [
            ("plain", "plain"),
            ("=?utf-8?Q?Gr=C3=B6=C3=9Fe=5F1?= =?UTF-8?q?_a?=", "Gr\u{f6}\u{df}e_1 a"),
            ("=?iso-8859-1?Q?Gr=F6=DFe?=.txt", "Gr\u{f6}\u{df}e.txt"),
            ("=?utf-8?B?R3LDtsOfZQ==?=", "Gr\u{f6}\u{df}e"),
            ("=?US-ASCII*en?b?cTMuZG9j?=", "q3.doc"),
            ("a =?utf-8?q?b?= c", "a b c"),
            ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
            ("=?koi8-r?B?8g==?=", "\u{420}"),
            ("=?iso-2022-jp?B?GyRCJFwbKEI=?=", "\u{307c}"),
            ("=?klingon?B?8g==?=", "=?klingon?B?8g==?="),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
            ("=?utf-8?q?a", "=?utf-8?q?a"),
            ("=?utf-8?q?a=4?=", "a=4"),
            ("a=?b", "a=?b"),
        ];
        for (text, expected) in cases {
            let mut out: Field<64> = Field::EMPTY;
            decode(text.as_bytes(), &mut out);
            assert_eq!(std::str::from_utf8(out.get()), Ok(expected), "{text:?}");
        }
    }
}
