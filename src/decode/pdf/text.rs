//! The text of a file, kept as codes of its fonts until it is known what those mean.
//!
//! Most programs write what the codes of a font mean behind the pages that use it, so codes are kept and read at
//! the end.
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
/// How large letters are, and what is between them: three numbers.
const SPACING: u8 = 6;
/// Text goes on so far from where the text before began: on the same line, or in another stream.
const MOVE: u8 = 7;
const JOIN: u8 = 8;
/// So much of the height of the font was gone back.
const BACK: u8 = 9;

/// A gap that is white space, and the most that letters lie over each other, as parts of the height of the font.
const GAP: f32 = 0.18;
const OVERLAP: f32 = 0.3;

/// How far letters go on, in the units of the page: one as wide as the font is high, what is added to each, and to
/// blanks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spacing {
    pub(super) size: f32,
    pub(super) letter: f32,
    pub(super) word: f32,
}

/// Where the text is that was handed out last.
#[derive(Clone, Copy, Debug)]
struct Pen {
    spacing: Spacing,
    /// So far behind the place where it began; that is not known where widths of letters are not.
    gone: f32,
    is_known: bool,
}

impl Pen {
    const NEW: Self = Self { spacing: Spacing { size: 0.0, letter: 0.0, word: 0.0 }, gone: 0.0, is_known: true };

    /// A letter, as wide as a part of the height of the font.
    fn letter(&mut self, width: Option<f32>, is_blank: bool) {
        let Spacing { size, letter, word } = self.spacing;
        self.gone += width.unwrap_or(0.0) * size + letter + if is_blank { word } else { 0.0 };
        self.is_known &= width.is_some();
    }

    /// Text goes on so far from where it began. Says whether that is where it has ended.
    fn joins(&mut self, from: f32) -> bool {
        let gap = (from - self.gone) / self.spacing.size;
        let is_known = self.is_known;
        self.start();
        is_known && gap > -OVERLAP && gap < GAP
    }

    /// Text begins.
    const fn start(&mut self) {
        (self.gone, self.is_known) = (0.0, true);
    }
}

#[derive(Debug)]
pub(super) struct Text {
    records: Vec<u8>,
    /// What stands behind here may not be shown after all.
    mark: usize,
    /// The font of the first record: content stream, and what stands for its name.
    font: (u32, u32),
    pen: Pen,
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
            pen: Pen::NEW,
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
        self.pen = Pen::NEW;
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

    /// Letters that follow go on so far.
    pub(super) fn set_spacing(&mut self, spacing: Spacing, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        let mut record = [0; 12];
        let Spacing { size, letter, word } = spacing;
        let bytes = [size, letter, word].into_iter().flat_map(f32::to_le_bytes);
        record.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let go_on = self.record(SPACING, &record, fonts, out);
        self.commit();
        go_on
    }

    /// What may be shown begins here; a line end may be put in front of it later.
    pub(super) fn begin(&mut self, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        self.record(NOTHING, &[], fonts, out)
    }

    /// What may be shown is so far from where the text before began, which may have been in another stream.
    pub(super) fn move_by(&mut self, by: f32, is_fresh: bool, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        self.record(if is_fresh { JOIN } else { MOVE }, &by.to_le_bytes(), fonts, out)
    }

    /// What follows goes back by such a part of the height of the font.
    pub(super) fn back(&mut self, by: f32, fonts: &mut Fonts, out: &mut dyn Out) -> bool {
        self.record(BACK, &by.to_le_bytes(), fonts, out)
    }

    /// What may be shown is shown, on a line of its own.
    pub(super) fn show(&mut self, line: bool) {
        if let Some(first) = self.records.get_mut(self.mark).filter(|kind| **kind == NOTHING && line) {
            *first = LINE;
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
        let Self { records, mark, font, pen, spaced, soft, open, enough, .. } = self;
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
                (SPACING, _) => 12,
                (MOVE | JOIN | BACK, _) => 4,
                _ => 0,
            };
            let (bytes, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = behind;
            match *kind {
                CODES => codes(bytes, known, fonts, pen, &mut writer),
                PLAIN => writer.put(bytes),
                FONT => {
                    if let Some((content, name)) = bytes.split_first_chunk::<4>() {
                        let name = name.first_chunk().copied().unwrap_or_default();
                        *font = (u32::from_le_bytes(*content), u32::from_le_bytes(name));
                        known = fonts.find(font.0, font.1);
                    }
                }
                SPACING => {
                    let [size, letter, word] = numbers(bytes);
                    pen.spacing = Spacing { size, letter, word };
                }
                BACK => pen.gone -= number(bytes) * pen.spacing.size,
                SPACE => writer.soft = true,
                // Where nobody knows how wide the letters were, it is more often another word than the same.
                MOVE => writer.soft |= !pen.joins(number(bytes)),
                JOIN if pen.joins(number(bytes)) => {}
                LINE | JOIN => {
                    pen.start();
                    writer.line();
                }
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

/// Numbers of a record.
fn numbers<const N: usize>(bytes: &[u8]) -> [f32; N] {
    let mut numbers = [0.0; N];
    for (place, bytes) in numbers.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *place = f32::from_le_bytes(*bytes);
    }
    numbers
}

fn number(bytes: &[u8]) -> f32 {
    let [number] = numbers(bytes);
    number
}

/// Codes become what the font says; what it does not say is taken for Windows-1252, of two bytes the second.
fn codes(bytes: &[u8], font: Font, fonts: &Fonts, pen: &mut Pen, writer: &mut Writer<'_>) {
    let looks_wide =
        || bytes.len() >= 2 && bytes.len().is_multiple_of(2) && bytes.iter().step_by(2).all(|high| *high == 0);
    let size = if font.is_wide.unwrap_or_else(looks_wide) { 2 } else { 1 };
    for code in bytes.chunks(size) {
        let value = code.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
        pen.letter(fonts.width(font, value), size == 1 && value == u32::from(b' '));
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
