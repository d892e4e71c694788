//! Control words of RTF (Rich Text Format Specification 1.9.1), as far as they matter for the text.

use super::super::charset::Charset;

/// What a control word does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that is seen.
    Nothing,
    Line,
    Tab,
    /// Its group is a line of its own.
    Part,
    Letter(char),
    /// What follows in its group goes there.
    To(Destination),
    /// The code page of the document, as a number behind the word or by the word itself.
    CodePage,
    Page(u16),
    /// So many characters behind `\uN` stand for it where Unicode is not known.
    Fallback,
    /// A character by its number.
    Unicode,
    /// Bytes follow as they are.
    Binary,
    /// The font, in the table or from here on, and its charset.
    Font,
    FontCharset,
    /// Text as it looks by default.
    Plain,
}

/// Where text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Text,
    /// Nowhere.
    Skip,
    /// Nowhere, but it says which charsets fonts have.
    Fonts,
    /// Beside the text: what a field is made of, and notes.
    Beside,
    /// An embedded object, in hexadecimal digits.
    Object,
}

/// Groups that are no text, in order; most are marked as those that may be skipped, and need not be known.
const SKIPPED: [&str; 14] = [
    "colortbl",
    "datafield",
    "fchars",
    "filetbl",
    "lchars",
    "listtext",
    "nonshppict",
    "objclass",
    "pict",
    "pntext",
    "sn",
    "stylesheet",
    "sv",
    "themedata",
];

/// Groups that are text although readers may skip them.
const STARRED: [&str; 5] = ["atnauthor", "docvar", "shpinst", "ud", "upr"];

/// What a control word does; `starred`: it stands behind `\*`, so that readers that do not know it skip its group.
pub(super) fn effect(word: &[u8], starred: bool) -> Effect {
    let Ok(word) = std::str::from_utf8(word) else { return Effect::Nothing };
    match word {
        "par" | "line" | "sect" | "page" | "row" | "nestrow" | "column" | "softline" => Effect::Line,
        "tab" | "cell" | "nestcell" => Effect::Tab,
        "emdash" => Effect::Letter('\u{2014}'),
        "endash" => Effect::Letter('\u{2013}'),
        "bullet" => Effect::Letter('\u{2022}'),
        "lquote" => Effect::Letter('\u{2018}'),
        "rquote" => Effect::Letter('\u{2019}'),
        "ldblquote" => Effect::Letter('\u{201c}'),
        "rdblquote" => Effect::Letter('\u{201d}'),
        "emspace" | "enspace" | "qmspace" => Effect::Letter(' '),
        "ansicpg" => Effect::CodePage,
        "mac" => Effect::Page(10000),
        "pc" => Effect::Page(437),
        "pca" => Effect::Page(850),
        "uc" => Effect::Fallback,
        "u" => Effect::Unicode,
        "bin" => Effect::Binary,
        "f" => Effect::Font,
        "fcharset" => Effect::FontCharset,
        "plain" => Effect::Plain,
        "fonttbl" => Effect::To(Destination::Fonts),
        "fldinst" | "footnote" | "annotation" => Effect::To(Destination::Beside),
        "objdata" => Effect::To(Destination::Object),
        "title" | "subject" | "author" | "manager" | "company" | "operator" | "category" | "keywords" | "comment"
        | "doccomm" | "hlinkbase" | "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr"
        | "footerf" | "shptxt" => Effect::Part,
        _ if SKIPPED.binary_search(&word).is_ok() => Effect::To(Destination::Skip),
        _ if starred && STARRED.binary_search(&word).is_err() => Effect::To(Destination::Skip),
        _ => Effect::Nothing,
    }
}

/// The charset of a Windows code page.
pub(super) fn code_page(number: i32) -> Option<Charset> {
    Charset::of(match number {
        437 => b"cp437",
        850 => b"cp850",
        1252 => b"windows-1252",
        866 => b"ibm866",
        874 => b"windows-874",
        932 => b"shift_jis",
        936 | 54936 => b"gb18030",
        949 => b"euc-kr",
        950 => b"big5",
        1250 => b"windows-1250",
        1251 => b"windows-1251",
        1253 => b"windows-1253",
        1254 => b"windows-1254",
        1255 => b"windows-1255",
        1256 => b"windows-1256",
        1257 => b"windows-1257",
        1258 => b"windows-1258",
        10000 => b"macintosh",
        20866 => b"koi8-r",
        _ => return None,
    })
}

/// The code page of a font's charset.
pub(super) const fn font_code_page(charset: i32) -> i32 {
    match charset {
        0 => 1252,
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_words_have_their_effects() {
        assert!(SKIPPED.is_sorted() && STARRED.is_sorted());
        let cases = [
            ("par", false, Effect::Line),
            ("pca", false, Effect::Page(850)),
            ("cell", false, Effect::Tab),
            ("b", false, Effect::Nothing),
            ("rquote", false, Effect::Letter('\u{2019}')),
            ("u", false, Effect::Unicode),
            ("pict", false, Effect::To(Destination::Skip)),
            ("fldinst", true, Effect::To(Destination::Beside)),
            ("objdata", true, Effect::To(Destination::Object)),
            ("annotation", true, Effect::To(Destination::Beside)),
            ("company", true, Effect::Part),
            ("shpinst", true, Effect::Nothing),
            ("generator", true, Effect::To(Destination::Skip)),
            ("generator", false, Effect::Nothing),
        ];
        for (word, starred, expected) in cases {
            assert_eq!(effect(word.as_bytes(), starred), expected, "{word}");
        }
        for charset in [0, 128, 134, 204, 238] {
            assert!(code_page(font_code_page(charset)).is_some(), "charset {charset}");
        }
        assert_eq!(code_page(font_code_page(2)), None, "symbols are no text");
    }
}
