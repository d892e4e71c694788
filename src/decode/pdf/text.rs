//! The text of a file, kept as codes of its fonts until it is known what those mean.
//!
//! Most programs write what the codes of a font mean behind the pages that use it, so codes are kept and read at the end.
//! There is room for [`ROOM`] bytes; what is more is read with what is known by then.

use super::super::decoder::{Child, Field, Out};
use super::encoding;
use super::fonts::{Font, Fonts};

/// Codes that are kept, with what stands between them.
const ROOM: usize = 256 << 10;
/// Longest record.
const LONGEST: usize = 512;

const NOTHING: u8 = 0;
const CODES: u8 = 1;
const PLAIN: u8 = 2;
const FONT: u8 = 3;
const SPACE: u8 = 4;
const LINE: u8 = 5;

#[derive(Debug)]
pub(super) struct Text {
    records: Vec<u8>,
    /// What stands behind here may not be shown after all.
    mark: usize,
    /// The font of the first record: content stream, and what stands for its name.
    font: (u32, u32),
    /// What was handed out ends in white space; a space follows unless a mark does that ends a word.
    spaced: bool,
    soft: bool,
    /// The text is open, and whether it is wanted.
    open: Option<bool>,
    enough: bool,
    /// Another child is open: what there is no room for until it ends is lost.
    held: bool,
    lost: bool,
}

impl Text {
    pub(super) fn new() -> Self {
        Self {
            records: Vec::with_capacity(ROOM),
            mark: 0,
            font: (0, 0),
            spaced: true,
            soft: false,
            open: None,
            enough: false,
            held: false,
            lost: false,
        }
    }

    pub(super) fn reset(&mut self) {
        self.records.clear();
        (self.mark, self.font, self.open, self.enough) = (0, (0, 0), None, false);
        (self.spaced, self.soft) = (true, false);
        (self.held, self.lost) = (false, false);
    }

    /// Another child begins, or has ended.
    pub(super) const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// There was no room for some of it.
    pub(super) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// Codes of the font that may be shown.
    pub(super) fn codes(&mut self, bytes: &[u8], fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        bytes.chunks(LONGEST).all(|part| self.record(CODES, part, fonts, out))
    }

    /// Text that is not shown on a page, in UTF-8.
    pub(super) fn plain(&mut self, bytes: &[u8], fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        let go_on = bytes.chunks(LONGEST).all(|part| self.record(PLAIN, part, fonts, out));
        self.commit();
        go_on
    }

    /// A line ends.
    pub(super) fn line(&mut self, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        let go_on = self.record(LINE, &[], fonts, out);
        self.commit();
        go_on
    }

    /// White space may be shown.
    pub(super) fn space(&mut self, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        self.record(SPACE, &[], fonts, out)
    }

    /// Codes that follow are of this font.
    pub(super) fn set_font(&mut self, content: u32, name: u32, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        let mut record = [0; 8];
        let bytes = content.to_le_bytes().into_iter().chain(name.to_le_bytes());
        record.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let go_on = self.record(FONT, &record, fonts, out);
        self.commit();
        go_on
    }

    /// What may be shown begins here; white space may be put in front of it later.
    pub(super) fn begin(&mut self, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        self.record(NOTHING, &[], fonts, out)
    }

    /// What may be shown is shown, behind a space or a line end.
    pub(super) fn show(&mut self, space: bool, line: bool) {
        if let Some(first) = self.records.get_mut(self.mark).filter(|kind| **kind == NOTHING) {
            *first = match (space, line) {
                (_, true) => LINE,
                (true, _) => SPACE,
                _ => NOTHING,
            };
        }
        self.commit();
    }

    const fn commit(&mut self) {
        self.mark = self.records.len();
    }

    /// Nothing of it is shown.
    pub(super) fn forget(&mut self) {
        self.records.truncate(self.mark);
    }

    /// Nothing of what is kept is text.
    pub(super) fn drop_all(&mut self) {
        self.records.clear();
        self.mark = 0;
    }

    fn record(&mut self, kind: u8, bytes: &[u8], fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        if self.records.len() + bytes.len() + 3 > ROOM {
            if self.held {
                self.lost = true;
                return !self.enough;
            }
            if self.mark == 0 {
                self.commit();
            }
            self.flush(fonts, out);
        }
        self.records.push(kind);
        if matches!(kind, CODES | PLAIN) {
            self.records.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(0).to_le_bytes());
        }
        self.records.extend_from_slice(bytes);
        !self.enough
    }

    /// Hands out all that is shown. False where no more is wanted.
    pub(super) fn flush(&mut self, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        fonts.sort();
        let Self { records, mark, font, spaced, soft, open, enough, .. } = self;
        let mut known = fonts.find(font.0, font.1);
        let mut rest = records.get(..*mark).unwrap_or(&[]);
        let mut writer = Writer { some: Field::EMPTY, spaced: *spaced, soft: *soft, open: *open, enough: *enough, out };
        while let Some((kind, behind)) = rest.split_first() {
            rest = behind;
            let length = match (*kind, rest.first_chunk::<2>()) {
                (CODES | PLAIN, Some(length)) => {
                    rest = rest.get(2..).unwrap_or(&[]);
                    usize::from(u16::from_le_bytes(*length))
                }
                (FONT, _) => 8,
                _ => 0,
            };
            let (bytes, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = behind;
            match *kind {
                CODES => codes(bytes, known, fonts, &mut writer),
                PLAIN => writer.put(bytes),
                FONT => {
                    if let Some((content, name)) = bytes.split_first_chunk::<4>() {
                        let name = name.first_chunk().copied().unwrap_or_default();
                        *font = (u32::from_le_bytes(*content), u32::from_le_bytes(name));
                        known = fonts.find(font.0, font.1);
                    }
                }
                // Where a text moves on and nobody knows how wide its letters were, the font may have changed within a word.
                SPACE => writer.soft = true,
                LINE => writer.line(),
                _ => {}
            }
        }
        writer.flush();
        (*spaced, *soft, *open, *enough) = (writer.spaced, writer.soft, writer.open, writer.enough);
        let left = records.len() - *mark;
        records.copy_within(*mark.., 0);
        records.truncate(left);
        *mark = 0;
        !*enough
    }

    /// Another child follows, or none.
    pub(super) fn end(&mut self, out: &mut dyn Out) {
        if self.open.take() == Some(true) {
            out.end();
        }
        self.spaced = true;
    }
}

/// Codes become what the font says; what it does not say is taken for Windows-1252, of two bytes the second.
fn codes(bytes: &[u8], font: Font, fonts: &Fonts, writer: &mut Writer<'_>) {
    let looks_wide =
        || bytes.len() >= 2 && bytes.len().is_multiple_of(2) && bytes.iter().step_by(2).all(|high| *high == 0);
    let size = if font.is_wide.unwrap_or_else(looks_wide) { 2 } else { 1 };
    for code in bytes.chunks(size) {
        let value = code.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
        if let Some(text) = fonts.text(font, value) {
            let end = text.iter().rposition(|unit| *unit != 0).map_or(0, |last| last + 1);
            for letter in char::decode_utf16(text.into_iter().take(end)) {
                writer.letter(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            continue;
        }
        let byte = code.last().copied().unwrap_or(0);
        let ligature = encoding::windows(byte);
        if ligature.is_empty() {
            writer.letter(encoding::windows_character(byte));
        } else {
            writer.put(ligature.as_bytes());
        }
    }
}

/// Hands out text.
struct Writer<'a> {
    some: Field<1024>,
    spaced: bool,
    soft: bool,
    open: Option<bool>,
    enough: bool,
    out: &'a mut dyn Out,
}

impl Writer<'_> {
    fn letter(&mut self, letter: char) {
        if letter >= ' ' {
            self.put(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        let ends_word =
            matches!(bytes.first(), None | Some(b'.' | b',' | b';' | b':' | b'!' | b'?' | b')' | b']' | b' ' | b'\n'));
        if std::mem::take(&mut self.soft) && !self.spaced && !ends_word {
            self.put(b" ");
        }
        if self.some.get().len() + bytes.len() > 1024 {
            self.flush();
        }
        self.some.append(bytes);
        if let Some(last) = bytes.last() {
            self.spaced = matches!(last, b' ' | b'\n');
        }
    }

    /// A line end, where there is no white space yet.
    fn line(&mut self) {
        self.soft = false;
        if !self.spaced {
            self.put(b"\n");
        }
    }

    fn flush(&mut self) {
        if !self.some.get().is_empty() && !self.enough {
            let wanted = *self.open.get_or_insert_with(|| self.out.begin_text(&Child { name: b"(text)" }));
            self.enough = wanted && !self.out.data(self.some.get());
        }
        self.some.clear();
    }
}
