//! Text of documents of Word 6 and 95, whose header is another one: everything is in one stream, a byte a character, from one
//! place to another, or, where it was saved fast, in pieces. Microsoft has published no description that is still to be had;
//! places are those that antiword (`wordole.c`, `text.c`) and LibreOffice (`ww8scan.cxx`) read.

use encoding_rs::Encoding;

use super::super::text::{Text, code_page};
use super::doc::{Writer, by_pieces, part};
use crate::decode::{Cut, le16, le32};

/// What such documents begin with.
pub(super) const SIGNATURE: u16 = 0xa5dc;
/// The oldest version that is laid out so; Word 2 is not.
const OLDEST: u16 = 101;
/// It was saved fast.
const COMPLEX: u16 = 4;

/// Finds the text of a document of such a version, with these flags.
///
/// # Errors
/// Why there is no text, or no more of it.
pub(super) fn read(word: &[u8], version: u16, flags: u16, text: &mut Text<'_>) -> Result<(), Cut> {
    if version < OLDEST {
        return Err(Cut::Unsupported);
    }
    let mut writer = Writer::new(text, Some(encoding(word).ok_or(Cut::Malformed)?));
    let length = le32(word, 0x164).filter(|length| *length != 0 && flags & COMPLEX != 0);
    if let Some(length) = length {
        let clx = part(word, le32(word, 0x160), Some(length)).ok_or(Cut::Malformed)?;
        return by_pieces(word, clx, writer);
    }
    let (from, to) = le32(word, 0x18).zip(le32(word, 0x1c)).ok_or(Cut::Malformed)?;
    let length = to.checked_sub(from).and_then(|length| usize::try_from(length).ok()).ok_or(Cut::Malformed)?;
    let is_whole = writer.piece(word, from, length);
    writer.finish();
    if is_whole { Ok(()) } else { Err(Cut::Truncated) }
}

/// What a document is written in: a Macintosh's set, or Windows's for its language.
fn encoding(word: &[u8]) -> Option<&'static Encoding> {
    if le16(word, 0x14)? == 256 {
        return Some(code_page(10000));
    }
    let language = le16(word, 6)?;
    Some(code_page(match (language & 0x3ff, language) {
        (0x01, _) => 1256,
        (0x04, 0x0404 | 0x0c04 | 0x1404) => 950,
        (0x04, _) => 936,
        (0x05 | 0x0e | 0x15 | 0x18 | 0x1b | 0x1c | 0x24, _) | (0x1a, 0x041a | 0x081a) => 1250,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x2f, _) | (0x1a, 0x0c1a) => 1251,
        (0x08, _) => 1253,
        (0x0d, _) => 1255,
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x1e, _) => 874,
        (0x1f, _) => 1254,
        (0x25..=0x27, _) => 1257,
        (0x2a, _) => 1258,
        _ => 1252,
    }))
}
