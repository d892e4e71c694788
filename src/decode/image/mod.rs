//! Images: PNG, JPEG and GIF are passed by, and what is written in them about themselves is handed out.
//!
//! Every child is `(metadata)`: comments, Exif (texts of all its directories), IPTC and Photoshop's other texts as lines;
//! XMP and compressed texts as they stand, for the tree to recognise. Pixels are not handed out. What follows the end of an
//! image is no part of it. Of metadata that is read whole (Exif, IPTC, comments) the first 64 KiB count, as much as a
//! segment of JPEG may have.

mod exif;
mod gif;
mod iptc;
mod jpeg;
mod png;

use super::charset::{Charset, Converter};
use super::decoder::{Child, Out};

pub(super) use self::gif::FORMAT as GIF;
pub(super) use self::jpeg::FORMAT as JPEG;
pub(super) use self::png::FORMAT as PNG;

/// Room for what is read whole.
const ROOM: usize = 64 << 10;

/// What is read whole: taken once, so that nothing is taken when an image comes.
#[derive(Debug)]
struct Held(Vec<u8>);

impl Held {
    fn new() -> Self {
        Self(Vec::with_capacity(ROOM))
    }

    /// Appends as much as there is room for.
    fn append(&mut self, bytes: &[u8]) {
        let room = ROOM - self.0.len().min(ROOM);
        self.0.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(&[]));
    }

    fn get(&self) -> &[u8] {
        &self.0
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Hands out texts as one child, a line each.
struct Texts<'a> {
    out: &'a mut dyn Out,
    open: Option<bool>,
    enough: bool,
}

impl<'a> Texts<'a> {
    fn new(out: &'a mut dyn Out) -> Self {
        Self { out, open: None, enough: false }
    }

    /// A text in that charset; UTF-8 where it is not said.
    fn line(&mut self, text: &[u8], charset: Option<Charset>) {
        if !text.is_empty() {
            self.part(text, charset);
            self.part(b"\n", None);
        }
    }

    fn part(&mut self, text: &[u8], charset: Option<Charset>) {
        let mut converter = Converter::new();
        converter.begin(charset);
        let mut input = text;
        while !self.enough {
            let text = converter.next(&mut input, true);
            if text.is_empty() && input.is_empty() {
                break;
            }
            let wanted = *self.open.get_or_insert_with(|| self.out.begin_text(&Child { name: b"(metadata)" }));
            self.enough = !wanted || !self.out.data(text);
        }
    }

    /// False when no more is wanted.
    fn end(self) -> bool {
        if self.open == Some(true) {
            self.out.end();
        }
        !self.enough
    }
}

/// Latin-1, of which Windows code page 1252 has all characters.
const LATIN: Charset = Charset::Standard(encoding_rs::WINDOWS_1252);

/// Hands out an object that the tree recognises. False when no more is wanted.
fn object(bytes: &[u8], out: &mut dyn Out) -> bool {
    if !out.begin(&Child { name: b"(metadata)" }) {
        return false;
    }
    let wanted = out.data(bytes);
    out.end();
    wanted
}
