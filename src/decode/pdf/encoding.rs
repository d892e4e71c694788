//! From the codes of one byte that PDF has to characters (ISO 32000-1, Annex D).

/// Windows-1252 from 0x80 on; where it has nothing, the bullet that section D.2 says.
const WINDOWS: [char; 32] = [
    '\u{20ac}', '\u{2022}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{2022}', '\u{17d}', '\u{2022}', '\u{2022}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{2022}', '\u{17e}', '\u{178}',
];

/// PDFDocEncoding from 0x18 and from 0x80 on.
const ACCENTS: [char; 8] = ['\u{2d8}', '\u{2c7}', '\u{2c6}', '\u{2d9}', '\u{2dd}', '\u{2db}', '\u{2da}', '\u{2dc}'];
const DOCUMENT: [char; 33] = [
    '\u{2022}', '\u{2020}', '\u{2021}', '\u{2026}', '\u{2014}', '\u{2013}', '\u{192}', '\u{2044}', '\u{2039}',
    '\u{203a}', '\u{2212}', '\u{2030}', '\u{201e}', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{201a}',
    '\u{2122}', '\u{fb01}', '\u{fb02}', '\u{141}', '\u{152}', '\u{160}', '\u{178}', '\u{17d}', '\u{131}', '\u{142}',
    '\u{153}', '\u{161}', '\u{17e}', '\u{fffd}', '\u{20ac}',
];

/// A code of a font as Windows has it. TeX's fonts have ligatures where it has nothing.
pub(super) fn windows(code: u8) -> &'static str {
    match code {
        0x0b => "ff",
        0x0c => "fi",
        0x0d => "fl",
        0x0e => "ffi",
        0x0f => "ffl",
        _ => "",
    }
}

/// The same, of one character.
pub(in super::super) fn windows_character(code: u8) -> char {
    let at = usize::from(code).wrapping_sub(0x80);
    WINDOWS.get(at).copied().unwrap_or_else(|| char::from(code))
}

/// A byte of a text string (section 7.9.2.2).
pub(super) fn document(byte: u8) -> char {
    let byte_at = usize::from(byte);
    let found = ACCENTS.get(byte_at.wrapping_sub(0x18)).or_else(|| DOCUMENT.get(byte_at.wrapping_sub(0x80)));
    found.copied().unwrap_or_else(|| char::from(byte))
}

/// What the names of glyphs mean that encodings replace: letters of one byte, `uniXXXX`, `uXXXX`, and these.
const GLYPHS: [(&[u8], &str); 104] = [
    (b"A", "A"),
    (b"Adieresis", "\u{c4}"),
    (b"Aacute", "\u{c1}"),
    (b"Agrave", "\u{c0}"),
    (b"Aring", "\u{c5}"),
    (b"Ccedilla", "\u{c7}"),
    (b"Eacute", "\u{c9}"),
    (b"Euro", "\u{20ac}"),
    (b"Odieresis", "\u{d6}"),
    (b"Oslash", "\u{d8}"),
    (b"Udieresis", "\u{dc}"),
    (b"aacute", "\u{e1}"),
    (b"acircumflex", "\u{e2}"),
    (b"adieresis", "\u{e4}"),
    (b"ae", "\u{e6}"),
    (b"agrave", "\u{e0}"),
    (b"ampersand", "&"),
    (b"aring", "\u{e5}"),
    (b"asciicircum", "^"),
    (b"asciitilde", "~"),
    (b"asterisk", "*"),
    (b"at", "@"),
    (b"atilde", "\u{e3}"),
    (b"backslash", "\\"),
    (b"bar", "|"),
    (b"braceleft", "{"),
    (b"braceright", "}"),
    (b"bracketleft", "["),
    (b"bracketright", "]"),
    (b"bullet", "\u{2022}"),
    (b"ccedilla", "\u{e7}"),
    (b"cent", "\u{a2}"),
    (b"colon", ":"),
    (b"comma", ","),
    (b"copyright", "\u{a9}"),
    (b"dagger", "\u{2020}"),
    (b"degree", "\u{b0}"),
    (b"dollar", "$"),
    (b"dotlessi", "\u{131}"),
    (b"eacute", "\u{e9}"),
    (b"ecircumflex", "\u{ea}"),
    (b"edieresis", "\u{eb}"),
    (b"egrave", "\u{e8}"),
    (b"eight", "8"),
    (b"ellipsis", "\u{2026}"),
    (b"emdash", "\u{2014}"),
    (b"endash", "\u{2013}"),
    (b"equal", "="),
    (b"exclam", "!"),
    (b"ff", "ff"),
    (b"ffi", "ffi"),
    (b"ffl", "ffl"),
    (b"fi", "fi"),
    (b"five", "5"),
    (b"fl", "fl"),
    (b"four", "4"),
    (b"germandbls", "\u{df}"),
    (b"grave", "`"),
    (b"greater", ">"),
    (b"guillemotleft", "\u{ab}"),
    (b"guillemotright", "\u{bb}"),
    (b"hyphen", "-"),
    (b"iacute", "\u{ed}"),
    (b"icircumflex", "\u{ee}"),
    (b"idieresis", "\u{ef}"),
    (b"igrave", "\u{ec}"),
    (b"less", "<"),
    (b"minus", "\u{2212}"),
    (b"multiply", "\u{d7}"),
    (b"nine", "9"),
    (b"ntilde", "\u{f1}"),
    (b"numbersign", "#"),
    (b"oacute", "\u{f3}"),
    (b"ocircumflex", "\u{f4}"),
    (b"odieresis", "\u{f6}"),
    (b"oe", "\u{153}"),
    (b"ograve", "\u{f2}"),
    (b"one", "1"),
    (b"oslash", "\u{f8}"),
    (b"otilde", "\u{f5}"),
    (b"paragraph", "\u{b6}"),
    (b"parenleft", "("),
    (b"parenright", ")"),
    (b"percent", "%"),
    (b"period", "."),
    (b"plus", "+"),
    (b"question", "?"),
    (b"quotedbl", "\""),
    (b"quotedblleft", "\u{201c}"),
    (b"quotedblright", "\u{201d}"),
    (b"quoteleft", "\u{2018}"),
    (b"quoteright", "\u{2019}"),
    (b"quotesingle", "'"),
    (b"section", "\u{a7}"),
    (b"semicolon", ";"),
    (b"seven", "7"),
    (b"six", "6"),
    (b"slash", "/"),
    (b"space", " "),
    (b"sterling", "\u{a3}"),
    (b"three", "3"),
    (b"two", "2"),
    (b"udieresis", "\u{fc}"),
    (b"zero", "0"),
];

/// The text of a glyph by its name, as UTF-16 with zeros behind it (Adobe Glyph List Specification, section 2):
/// parts of
/// ligatures stand between underscores, and variants behind a full stop. `None` where the name says nothing.
pub(super) fn glyph(name: &[u8]) -> Option<[u16; 4]> {
    let mut units = [0; 4];
    let mut places = units.iter_mut();
    let base = name.split(|byte| *byte == b'.').next()?;
    for part in base.split(|byte| *byte == b'_') {
        let mut put = |letter: char| {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                if let Some(place) = places.next() {
                    *place = *unit;
                }
            }
        };
        if let [letter @ (b'A'..=b'Z' | b'a'..=b'z')] = part {
            put(char::from(*letter));
        } else if let Some(letter) = numbered(part) {
            put(letter);
        } else {
            let (_, text) = GLYPHS.iter().find(|(glyph, _)| *glyph == part)?;
            text.chars().for_each(put);
        }
    }
    Some(units)
}

/// The letter that `uniXXXX` names, of which more may follow, or `uXXXX` to `uXXXXXX`.
fn numbered(name: &[u8]) -> Option<char> {
    let digits = match name.strip_prefix(b"uni") {
        Some(digits) => digits.get(..4)?,
        None => name.strip_prefix(b"u").filter(|digits| (4..=6).contains(&digits.len()))?,
    };
    let is_number = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|letter| *letter != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_characters() {
        assert_eq!(
            (windows_character(0x80), windows_character(0xe4), windows_character(b'a')),
            ('\u{20ac}', '\u{e4}', 'a')
        );
        assert_eq!((document(0x84), document(0xa0), document(0xe4)), ('\u{2014}', '\u{20ac}', '\u{e4}'));
        assert_eq!(glyph(b"ffi"), Some([0x66, 0x66, 0x69, 0]));
        assert_eq!((glyph(b"uni20AC"), glyph(b"g17")), (Some([0x20ac, 0, 0, 0]), None));
    }

    #[test]
    fn names_of_glyphs_have_parts() {
        let text = |name: &[u8]| glyph(name).map(|units| String::from_utf16_lossy(&units).replace('\0', ""));
        let cases: [(&[u8], Option<&str>); 9] = [
            (b"f_f", Some("ff")),
            (b"f_f_i.alt", Some("ffi")),
            (b"T.sc", Some("T")),
            (b"u0065", Some("e")),
            (b"u1F600", Some("\u{1f600}")),
            (b"uni0053", Some("S")),
            (b"u12", None),
            (b"f_g17", None),
            (b".notdef", None),
        ];
        for (name, expected) in cases {
            assert_eq!(text(name).as_deref(), expected, "{}", name.escape_ascii());
        }
        assert_eq!(glyph(b"u+041"), None, "digits only");
    }
}
