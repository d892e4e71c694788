//! What images and media say about themselves, on its way out: every child is `(metadata)`.

use super::charset::{Charset, Converter};
use super::decoder::{Child, Out};

/// Room for what is read whole.
pub(super) const ROOM: usize = 64 << 10;

/// Room for one text of many.
pub(super) const TEXT_ROOM: usize = 16 << 10;

/// What is read whole: taken once, so that nothing is taken when an object comes.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    room: usize,
}

impl Held {
    pub(super) fn new() -> Self {
        Self::with_room(ROOM)
    }

    pub(super) fn with_room(room: usize) -> Self {
        Self { bytes: Vec::with_capacity(room), room }
    }

    /// Appends as much as there is room for.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        let room = self.room.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(&[]));
    }

    pub(super) fn get(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Takes out the zeros that stand behind 0xff (ID3v2.4, section 6.1).
    pub(super) fn resynchronise(&mut self) {
        let mut last = 0;
        self.bytes.retain(|byte| std::mem::replace(&mut last, *byte) != 0xff || *byte != 0);
    }
}

/// Texts of one child, a line each, that come one by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet {
    open: Option<bool>,
    enough: bool,
}

impl Sheet {
    pub(super) const NEW: Self = Self { open: None, enough: false };

    /// More texts of it.
    pub(super) fn on<'a>(&'a mut self, out: &'a mut dyn Out) -> Texts<'a> {
        Texts { sheet: self, out }
    }

    /// The child is over, if it has begun; another may follow. False when no more is wanted.
    pub(super) fn end(&mut self, out: &mut dyn Out) -> bool {
        if self.open.take() == Some(true) {
            out.end();
        }
        !std::mem::take(&mut self.enough)
    }
}

/// Hands out texts as one child, a line each.
pub(super) struct Texts<'a> {
    sheet: &'a mut Sheet,
    out: &'a mut dyn Out,
}

impl Texts<'_> {
    /// A text in that charset; UTF-8 where it is not said.
    pub(super) fn line(&mut self, text: &[u8], charset: Option<Charset>) {
        if !text.is_empty() {
            self.part(text, charset);
            self.part(b"\n", None);
        }
    }

    /// A text that is UTF-8 or, if it cannot be, Latin-1, up to the zeros and blanks at its end.
    pub(super) fn plain(&mut self, text: &[u8]) {
        let end = text.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
        let text = text.get(..end).unwrap_or(&[]);
        self.line(text, std::str::from_utf8(text).is_err().then_some(LATIN));
    }

    /// A text in UTF-16, up to the zeros at its end. A mark at its beginning says which byte is the lower one.
    pub(super) fn wide(&mut self, text: &[u8], little: bool) {
        let (text, little) = match text {
            [0xff, 0xfe, text @ ..] => (text, true),
            [0xfe, 0xff, text @ ..] => (text, false),
            text => (text, little),
        };
        let end = text.chunks_exact(2).rposition(|unit| unit != [0, 0]).map_or(0, |last| 2 * (last + 1));
        let charset = Charset::Standard(if little { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE });
        self.line(text.get(..end).unwrap_or(&[]), Some(charset));
    }

    fn part(&mut self, text: &[u8], charset: Option<Charset>) {
        let mut converter = Converter::new();
        converter.begin(charset);
        let mut input = text;
        let Sheet { open, enough } = &mut *self.sheet;
        while !*enough {
            let text = converter.next(&mut input, true);
            if text.is_empty() && input.is_empty() {
                break;
            }
            let wanted = *open.get_or_insert_with(|| self.out.begin_text(&Child { name: b"(metadata)" }));
            *enough = !wanted || !self.out.data(text);
        }
    }
}

/// Hands out what `write` says as one child. False when no more is wanted.
pub(super) fn texts(out: &mut dyn Out, write: impl FnOnce(&mut Texts<'_>)) -> bool {
    let mut sheet = Sheet::NEW;
    write(&mut sheet.on(out));
    sheet.end(out)
}

/// Latin-1, of which Windows code page 1252 has all characters.
pub(super) const LATIN: Charset = Charset::Standard(encoding_rs::WINDOWS_1252);

/// Hands out an object that the tree recognises. False when no more is wanted.
pub(super) fn object(bytes: &[u8], out: &mut dyn Out) -> bool {
    if !out.begin(&Child { name: b"(metadata)" }) {
        return false;
    }
    let wanted = bytes.is_empty() || out.data(bytes);
    out.end();
    wanted
}
