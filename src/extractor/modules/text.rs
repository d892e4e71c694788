//! Text as readers see it, handed out as one child.

use std::borrow::Cow;

use encoding_rs::Encoding;

use crate::decode::{Child, Cut, Out};

/// So much is held before it is handed out, bytes.
const ROOM: usize = 4096;

/// A text: a child that begins with its first character. White space becomes one blank, a line end where a paragraph, a
/// cell or a field ends.
pub(super) struct Text<'a> {
    out: &'a mut dyn Out,
    name: String,
    held: String,
    /// The last character that was put.
    last: char,
    open: bool,
    /// The child is not wanted, or nothing more of the object.
    refused: bool,
    enough: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut dyn Out, name: String) -> Self {
        Self { out, name, held: String::with_capacity(ROOM), last: '\n', open: false, refused: false, enough: false }
    }

    /// Whether more is wanted of it.
    pub(super) const fn is_wanted(&self) -> bool {
        !self.refused && !self.enough
    }

    /// Whether nothing has been put yet.
    pub(super) const fn is_empty(&self) -> bool {
        !self.open && self.held.is_empty()
    }

    /// Takes a character; those that are not seen are left out.
    pub(super) fn put(&mut self, letter: char) {
        let letter = match letter {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            _ if letter.is_whitespace() => ' ',
            _ if letter.is_control() || crate::decode::is_unseen(letter) => return,
            _ => letter,
        };
        match (letter, self.last) {
            (' ' | '\n', '\n') | (' ', ' ') => return,
            _ => {}
        }
        self.last = letter;
        if self.held.len() + letter.len_utf8() > ROOM {
            self.flush();
        }
        self.held.push(letter);
    }

    pub(super) fn text(&mut self, text: &str) {
        text.chars().for_each(|letter| self.put(letter));
    }

    /// A text by itself.
    pub(super) fn line(&mut self, text: &str) {
        self.end_line();
        self.text(text);
        self.end_line();
    }

    pub(super) fn end_line(&mut self) {
        self.put('\n');
    }

    /// UTF-16 whose bytes come in the order of Intel's.
    pub(super) fn wide(&mut self, bytes: &[u8]) {
        let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        char::decode_utf16(units).for_each(|letter| self.put(letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    fn flush(&mut self) {
        if self.is_wanted() && !self.held.is_empty() {
            if !self.open {
                self.open = self.out.begin_text(&Child { name: self.name.as_bytes() });
                self.refused = !self.open;
            }
            self.enough = self.open && !self.out.data(self.held.as_bytes());
        }
        self.held.clear();
    }

    /// The text is over, for that reason where it is not whole. False where nothing more is wanted of the object.
    pub(super) fn finish(mut self, reason: Option<Cut>) -> bool {
        self.flush();
        if self.enough {
            return false;
        }
        if let Some(reason) = reason.filter(|_| !self.refused) {
            self.out.cut(reason);
        }
        if self.open {
            self.out.end();
        }
        true
    }
}

/// The encoding of a Windows code page; Windows-1252 for one that is not known.
pub(super) fn code_page(number: u32) -> &'static Encoding {
    let label = match number {
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        866 => "ibm866",
        874 | 1250..=1258 => return windows(number),
        10000 => "macintosh",
        10007 => "x-mac-cyrillic",
        20866 => "koi8-r",
        21866 => "koi8-u",
        28592 => "iso-8859-2",
        28595 => "iso-8859-5",
        28597 => "iso-8859-7",
        28605 => "iso-8859-15",
        50220..=50222 => "iso-2022-jp",
        51932 => "euc-jp",
        51949 => "euc-kr",
        54936 => "gb18030",
        65001 => "utf-8",
        _ => "windows-1252",
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
}

fn windows(number: u32) -> &'static Encoding {
    Encoding::for_label(format!("windows-{number}").as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
}

/// Bytes in an encoding as UTF-8, without the zeros at their end.
pub(super) fn decoded<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    encoding.decode_without_bom_handling(bytes.get(..end).unwrap_or(&[])).0
}

/// UTF-16 in the order of Intel's bytes as UTF-8, up to the first zero.
pub(super) fn wide(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
