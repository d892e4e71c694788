//! Text of Word documents of 1997 to 2003 ([MS-DOC]), by the piece table; older ones are read by [`word6`].

use encoding_rs::{Encoding, WINDOWS_1252};

use super::super::text::Text;
use super::word6;
use crate::decode::{Cut, le16, le32};

/// Fields within each other that are told apart.
const FIELDS: usize = 64;
/// So much of a field's instruction is held, bytes.
const ASIDE: usize = 8 << 10;

/// Finds the text of a document: the stream `WordDocument`, and the one of the two table streams that it names.
///
/// # Errors
/// Why there is no text, or no more of it.
pub(super) fn read(word: &[u8], tables: [&[u8]; 2], text: &mut Text<'_>) -> Result<(), Cut> {
    // Section 2.5.2: FibBase.
    let signature = le16(word, 0).filter(|signature| matches!(*signature, 0xa5ec | word6::SIGNATURE));
    let version = signature.and_then(|_| le16(word, 2)).ok_or(Cut::Malformed)?;
    let flags = le16(word, 10).ok_or(Cut::Malformed)?;
    if flags & 0x100 != 0 {
        return Err(Cut::Encrypted);
    }
    if version < 0xc0 {
        return word6::read(word, version, flags, text);
    }
    let [first, second] = tables;
    let table = if flags & 0x200 != 0 { second } else { first };
    // Section 2.5.6: fcClx and lcbClx.
    let clx = part(table, le32(word, 0x1a2), le32(word, 0x1a6)).ok_or(Cut::Malformed)?;
    by_pieces(word, clx, Writer::new(text, None))
}

/// Finds the text that a piece table puts together.
///
/// # Errors
/// Why there is no more of it.
pub(super) fn by_pieces(word: &[u8], clx: &[u8], mut writer: Writer<'_, '_>) -> Result<(), Cut> {
    let pieces = pieces(clx).ok_or(Cut::Malformed)?;
    let count = pieces.len().saturating_sub(4) / 12;
    // Pieces do not overlap, and a character has a byte at least.
    let mut left = word.len();
    for number in 0..count {
        let (from, to) = (le32(pieces, 4 * number), le32(pieces, 4 * number + 4));
        let place = le32(pieces, 4 * (count + 1) + 8 * number + 2);
        let length = from.zip(to).and_then(|(from, to)| to.checked_sub(from)).ok_or(Cut::Malformed)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= left).ok_or(Cut::Malformed)?;
        left -= length;
        if !writer.piece(word, place.ok_or(Cut::Malformed)?, length) {
            writer.finish();
            return Err(Cut::Truncated);
        }
        if !writer.text.is_wanted() {
            break;
        }
    }
    writer.finish();
    Ok(())
}

/// `length` bytes at `from`.
pub(super) fn part(bytes: &[u8], from: Option<u32>, length: Option<u32>) -> Option<&[u8]> {
    bytes.get(usize::try_from(from?).ok()?..)?.get(..usize::try_from(length?).ok()?)
}

/// The piece table, behind properties that pieces have (section 2.9.38).
fn pieces(clx: &[u8]) -> Option<&[u8]> {
    let mut rest = clx;
    loop {
        match rest {
            [1, ..] => rest = rest.get(3 + usize::from(le16(rest, 1)?)..)?,
            [2, ..] => return part(rest, Some(5), le32(rest, 1)),
            _ => return None,
        }
    }
}

/// Puts characters where they belong: instructions of fields behind the line they stand in.
pub(super) struct Writer<'a, 'b> {
    text: &'a mut Text<'b>,
    /// All text is in this encoding.
    narrow: Option<&'static Encoding>,
    /// Of each field that is open, whether this is its instruction.
    fields: Vec<bool>,
    aside: String,
}

impl<'a, 'b> Writer<'a, 'b> {
    /// For text that says itself how it is written, unless it is `narrow`, all in that encoding.
    pub(super) const fn new(text: &'a mut Text<'b>, narrow: Option<&'static Encoding>) -> Self {
        Self { text, narrow, fields: Vec::new(), aside: String::new() }
    }

    /// Takes a piece (section 2.9.73). False where it is not all there.
    pub(super) fn piece(&mut self, word: &[u8], place: u32, length: usize) -> bool {
        let (place, narrow) = match self.narrow {
            Some(encoding) => (place, Some(encoding)),
            None if place & 0x4000_0000 != 0 => ((place & 0x3fff_ffff) / 2, Some(WINDOWS_1252)),
            None => (place & 0x3fff_ffff, None),
        };
        let rest = word.get(usize::try_from(place).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        if let Some(encoding) = narrow {
            let bytes = rest.get(..length).unwrap_or(rest);
            let letters = encoding.decode_without_bom_handling(bytes).0;
            letters.chars().for_each(|letter| self.put(letter));
            return bytes.len() == length;
        }
        let bytes = rest.get(..2 * length).unwrap_or(rest);
        let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        char::decode_utf16(units).for_each(|letter| self.put(letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
        bytes.len() == 2 * length
    }

    /// Takes a character (section 2.4.1).
    fn put(&mut self, letter: char) {
        match letter {
            '\u{13}' if self.fields.len() < FIELDS => self.fields.push(true),
            '\u{14}' => {
                if let Some(last) = self.fields.last_mut() {
                    *last = false;
                    self.aside.push('\n');
                }
            }
            '\u{15}' => {
                if self.fields.pop() == Some(true) {
                    self.aside.push('\n');
                }
            }
            // The end of a paragraph, a cell, a line, a page or a column.
            '\r' | '\u{7}' | '\u{b}' | '\u{c}' | '\u{e}' => {
                self.text.end_line();
                self.flush();
            }
            '\u{1e}' => self.letter('-'),
            _ => self.letter(letter),
        }
    }

    fn letter(&mut self, letter: char) {
        if !self.fields.contains(&true) {
            return self.text.put(letter);
        }
        self.aside.push(letter);
        if self.aside.len() >= ASIDE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.aside.is_empty() {
            self.text.line(&self.aside);
            self.aside.clear();
        }
    }

    pub(super) fn finish(&mut self) {
        self.text.end_line();
        self.flush();
    }
}
