//! What a stream is by its first bytes, filters undone.
//!
//! Whoever writes a document says in dictionaries what its streams are, and readers pass over most of that: what
//! is to be
//! shown is shown, whatever it is called. So what is said is believed only where the bytes are nothing that has text.

use super::super::format::has_magic;
use super::lexer::{Lexer, Token, digit, is_space};

/// Bytes that this is told by.
pub(super) const PROBE: usize = 512;

/// What bytes may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// Operators that show text, or a table of characters.
    pub(super) content: bool,
    /// A file: of a known format, or text that nobody draws.
    pub(super) file: bool,
    /// There are operators that draw text, whatever else there is.
    pub(super) shows: bool,
}

impl Looks {
    const NOTHING: Self = Self { content: false, file: false, shows: false };
    const CONTENT: Self = Self { content: true, ..Self::NOTHING };
    const FILE: Self = Self { file: true, ..Self::NOTHING };
}

/// Words among the bytes, and other tokens that may be text.
#[derive(Debug, Default)]
struct Words {
    /// Operators of content streams and of tables.
    known: usize,
    /// Such that draw text.
    drawing: usize,
    strange: usize,
    strings: usize,
}

impl Words {
    fn of(mut bytes: &[u8], lexer: &mut Lexer) -> Self {
        let mut words = Self::default();
        lexer.reset();
        // The last word may end with the bytes.
        let mut end: &[u8] = b" ";
        while let Some(token) = lexer.next(&mut bytes).or_else(|| lexer.next(&mut end)) {
            match token {
                Token::Text { .. } => words.strings += 1,
                Token::Word => match lexer.text() {
                    b"BT" | b"Tj" | b"TJ" | b"Tf" | b"Td" | b"TD" | b"Tm" | b"beginbfchar" | b"beginbfrange" => {
                        words.drawing += 1;
                        words.known += 1;
                    }
                    b"ID" => lexer.image(),
                    b"true" | b"false" | b"null" => {}
                    word if OPERATORS.contains(&word) || TABLE.contains(&word) => words.known += 1,
                    _ => words.strange += 1,
                },
                _ => {}
            }
        }
        lexer.reset();
        words
    }
}

/// Operators of content streams that draw no text (ISO 32000-1, Annex A).
const OPERATORS: [&[u8]; 65] = [
    b"q", b"Q", b"cm", b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"gs", b"m", b"l", b"c", b"v", b"y", b"h", b"re",
    b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"n", b"W", b"W*", b"ET", b"Tc", b"Tw", b"Tz", b"TL",
    b"Tr", b"Ts", b"T*", b"'", b"\"", b"d0", b"d1", b"CS", b"cs", b"SC", b"SCN", b"sc", b"scn", b"G", b"g", b"RG",
    b"rg", b"K", b"k", b"sh", b"BI", b"EI", b"Do", b"MP", b"DP", b"BMC", b"BDC", b"EMC", b"BX", b"EX",
];
/// Words of tables of characters.
const TABLE: [&[u8]; 23] = [
    b"findresource",
    b"dict",
    b"dup",
    b"begin",
    b"def",
    b"begincmap",
    b"usecmap",
    b"begincodespacerange",
    b"endcodespacerange",
    b"endbfchar",
    b"endbfrange",
    b"begincidrange",
    b"endcidrange",
    b"begincidchar",
    b"endcidchar",
    b"beginnotdefrange",
    b"endnotdefrange",
    b"endcmap",
    b"CMapName",
    b"currentdict",
    b"defineresource",
    b"pop",
    b"end",
];

/// What the first bytes of a stream look like, [`PROBE`] of them or all there are. Where its dictionary says that
/// it has no
/// text, `is_silent`, bytes without a word are none.
pub(super) fn looks(bytes: &[u8], is_silent: bool, lexer: &mut Lexer) -> Looks {
    if bytes.iter().all(|byte| is_space(*byte)) {
        return if is_silent { Looks::NOTHING } else { Looks::CONTENT };
    }
    let words = Words::of(bytes, lexer);
    let shows = words.drawing != 0;
    let program = [&b"%!PS-AdobeFont"[..], b"%!FontType1"].iter().any(|magic| bytes.starts_with(magic));
    let most_known = words.known > words.strange;
    if has_magic(bytes) {
        return Looks { content: shows, shows, ..Looks::FILE };
    }
    if is_calculator(bytes) {
        return Looks { shows, ..Looks::CONTENT };
    }
    if program || (is_binary(bytes) && !(most_known && words.known > 1)) {
        return Looks { content: shows, shows, file: false };
    }
    if is_markup(bytes) {
        return Looks { content: shows, shows, ..Looks::FILE };
    }
    if words.known + words.strange + words.strings == 0 && is_silent {
        return Looks::NOTHING;
    }
    // Some programs write a word that is no operator, as `nan`.
    Looks { content: true, shows, file: words.known == 0 || words.strange > words.known / 8 }
}

/// Most of it is no text in UTF-8 or a charset of one byte.
fn is_binary(bytes: &[u8]) -> bool {
    let count = |is_so: fn(u8) -> bool| bytes.iter().filter(|byte| is_so(**byte)).count();
    let controls = count(|byte| (byte < b' ' && !is_space(byte)) || matches!(byte, 0 | 0x7f));
    let is_utf8 = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    controls * 20 > bytes.len() || (!is_utf8 && count(|byte| byte >= 0x80) * 3 > bytes.len())
}

/// A function in PostScript (ISO 32000-1 section 7.10.5), which has no strings.
fn is_calculator(bytes: &[u8]) -> bool {
    let is_part = |byte: &u8| is_space(*byte) || matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'{' | b'}');
    bytes.trim_ascii_start().starts_with(b"{") && bytes.iter().all(is_part)
}

/// It begins as XML or HTML does, and with no string of digits.
fn is_markup(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let [b'<', inner @ ..] = bytes else { return false };
    let tag = inner.split(|byte| *byte == b'>').next().unwrap_or(inner);
    let is_digits = tag.iter().all(|byte| digit(*byte).is_some() || is_space(*byte));
    !is_digits && matches!(inner.first(), Some(b'?' | b'!' | b'/' | b'_' | b'A'..=b'Z' | b'a'..=b'z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_by_their_bytes() {
        let (content, file) = (Looks::CONTENT, Looks::FILE);
        let shown = Looks { shows: true, ..content };
        let either = Looks { file: true, ..content };
        let font =
            b"%!PS-AdobeFont-1.0: CMR10 1.0\n11 dict begin /FontInfo 7 dict dup begin /version (1.0) readonly def";
        let cases: [(&[u8], Looks); 17] = [
            (b"", content),
            (b" \n", content),
            (b"q 1 0 0 1 0 0 cm /I1 Do Q", content),
            (b"BT /F1 9 Tf (\x00\x01\x02\x03\x04\x05\x06\x07\x00\x01\x02) Tj ET", shown),
            (b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap", content),
            (b"% \xff\xfe\xfd\xfc\xfb\xfa\xf9\nBT (text) Tj ET", shown),
            (b"Project Tern is secret\n", either),
            (b"4111 1111 1111 1111\n", either),
            (b"{ 1 exch sub dup 0.5 mul }", content),
            (b"{ \"key\": \"value\" }", either),
            (b"<?xml version=\"1.0\"?><a/>", file),
            (b"\xef\xbb\xbf <xdp:xdp xmlns:xdp=\"x\">", file),
            (b"<a>BT (text) Tj", shown),
            (b"%PDF-1.7\n1 0 obj", file),
            (font, Looks::NOTHING),
            (b"\x00\x01\x00\x00\x00\x0f\x00\x80\x00\x03\x00pcmap", Looks::NOTHING),
            (b"\xf0\xff\xff\xff\xf0\xff\xff\xff\xf1", Looks::NOTHING),
        ];
        let mut lexer = Lexer::new();
        for (bytes, expected) in cases {
            assert_eq!(looks(bytes, false, &mut lexer), expected, "{}", bytes.escape_ascii());
        }
        assert_eq!(looks(&[b'3'; PROBE], true, &mut lexer), Looks::NOTHING);
        assert_eq!(looks(&[b'3'; PROBE], false, &mut lexer), either);
    }
}
