//! Texts of Exif (JEITA CP-3451, TIFF 6.0), in which cameras and programs say who took what.

use super::super::charset::Charset;
use super::super::parts::{be16, be32, le16, le32};
use super::{LATIN, Texts};

/// Directories that are read, and entries of one: no camera has more.
const DIRECTORIES: usize = 6;
const ENTRIES: u16 = 256;
/// Text is not longer altogether than what is held, however often entries show the same.
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const COMMENT: u16 = 0x9286;

struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn word(&self, at: usize) -> Option<u16> {
        if self.little { le16(self.bytes, at) } else { be16(self.bytes, at) }
    }

    fn long(&self, at: usize) -> Option<usize> {
        usize::try_from(if self.little { le32(self.bytes, at) } else { be32(self.bytes, at) }?).ok()
    }

    /// The bytes of an entry: within it where they are four or less.
    fn value(&self, entry: usize) -> Option<&'a [u8]> {
        let length = self.long(entry + 4)?;
        let at = if length > 4 { self.long(entry + 8)? } else { entry + 8 };
        // Of what is not all there, what is there.
        let rest = self.bytes.get(at..)?;
        Some(rest.get(..length).unwrap_or(rest))
    }
}

/// Hands out the texts of Exif.
pub(super) fn read(bytes: &[u8], texts: &mut Texts<'_>) {
    let tiff = Tiff { bytes, little: bytes.starts_with(b"II*\0") };
    if !tiff.little && !bytes.starts_with(b"MM\0*") {
        return;
    }
    let mut queue = [0; DIRECTORIES];
    let (mut known, mut read) = (1, 0);
    if let Some(first) = queue.first_mut() {
        *first = tiff.long(4).unwrap_or(0);
    }
    let mut budget = bytes.len();
    while let Some(directory) = queue.get(read).copied().filter(|_| read < known) {
        read += 1;
        let mut more = |at: usize| {
            // A directory that was read is not read again.
            let is_new = at != 0 && !queue.iter().take(known).any(|seen| *seen == at);
            if let Some(place) = queue.get_mut(known).filter(|_| is_new) {
                *place = at;
                known += 1;
            }
        };
        let Some(count) = tiff.word(directory) else { continue };
        for number in 0..usize::from(count.min(ENTRIES)) {
            let entry = directory.saturating_add(2 + 12 * number);
            let (Some(tag), Some(kind)) = (tiff.word(entry), tiff.word(entry + 2)) else { break };
            if matches!(tag, EXIF | GPS) {
                more(tiff.long(entry + 8).unwrap_or(0));
                continue;
            }
            let Some(value) = tiff.value(entry) else { continue };
            budget = budget.saturating_sub(value.len());
            if budget == 0 {
                return;
            }
            text(tag, kind, value, tiff.little, texts);
        }
        more(tiff.long(directory.saturating_add(2 + 12 * usize::from(count))).unwrap_or(0));
    }
}

fn text(tag: u16, kind: u16, value: &[u8], little: bool, texts: &mut Texts<'_>) {
    let wide = |little: bool| Charset::Standard(if little { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE });
    let ascii = |value: &[u8], texts: &mut Texts<'_>| {
        let end = value.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
        let value = value.get(..end).unwrap_or(&[]);
        texts.line(value, std::str::from_utf8(value).is_err().then_some(LATIN));
    };
    let units = |value: &[u8], little: bool, texts: &mut Texts<'_>| {
        let end = value.chunks_exact(2).rposition(|unit| unit != [0, 0]).map_or(0, |last| 2 * (last + 1));
        texts.line(value.get(..end).unwrap_or(&[]), Some(wide(little)));
    };
    match (tag, kind) {
        // What Windows writes: title, comment, author, keywords, subject.
        (0x9c9b..=0x9c9f, 1 | 7) => units(value, true, texts),
        (COMMENT, _) => match value.split_first_chunk::<8>() {
            Some((b"UNICODE\0", text)) => units(text, little, texts),
            Some((b"JIS\0\0\0\0\0", text)) => texts.line(text, Some(Charset::Standard(encoding_rs::ISO_2022_JP))),
            Some((b"ASCII\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0], text)) => ascii(text, texts),
            _ => ascii(value, texts),
        },
        (_, 2) => ascii(value, texts),
        _ => {}
    }
}
