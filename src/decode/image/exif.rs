//! Texts of Exif (JEITA CP-3451) and TIFF (6.0), in which cameras and programs say who took what.

use super::super::charset::Charset;
use super::super::metadata::Texts;
use super::super::parts::{be16, be32, le16, le32};
use super::iptc;

/// Directories that are read, and entries of one: no camera has more.
const DIRECTORIES: usize = 6;
const ENTRIES: u16 = 256;
/// Entries that lead to other directories.
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const COMMENT: u16 = 0x9286;
/// XMP (ISO 16684-3), IPTC-IIM, and resources of Photoshop.
const XMP: u16 = 0x02bc;
const IPTC: u16 = 0x83bb;
const PHOTOSHOP: u16 = 0x8649;

/// What is there of a file: its beginning, and a part of it further on.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// Both, one behind the other.
    pub(super) bytes: &'a [u8],
    /// Where the second begins in `bytes`, and how much of the file lies between them.
    pub(super) split: usize,
    pub(super) between: usize,
}

impl<'a> View<'a> {
    /// What is there from that place of the file on.
    fn from(&self, at: usize) -> Option<&'a [u8]> {
        if self.between == 0 {
            self.bytes.get(at..)
        } else if at < self.split {
            self.bytes.get(at..self.split.min(self.bytes.len()))
        } else {
            self.bytes.get(at.checked_sub(self.between).filter(|at| *at >= self.split)?..)
        }
    }
}

/// What else there is beside texts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside<'a> {
    /// XMP.
    pub(super) xmp: Option<&'a [u8]>,
    /// Directories, or texts, lie where nothing of the file is kept.
    pub(super) missed: bool,
}

struct Tiff<'a> {
    view: View<'a>,
    little: bool,
}

impl<'a> Tiff<'a> {
    fn word(&self, at: usize) -> Option<u16> {
        let bytes = self.view.from(at)?;
        if self.little { le16(bytes, 0) } else { be16(bytes, 0) }
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = self.view.from(at)?;
        usize::try_from(if self.little { le32(bytes, 0) } else { be32(bytes, 0) }?).ok()
    }

    /// The bytes of an entry: within it where they are four or less. Of what is not all there, what is there, and whether
    /// that is all.
    fn value(&self, entry: usize, size: usize) -> Option<(&'a [u8], bool)> {
        let length = self.long(entry.saturating_add(4))?.saturating_mul(size);
        let place = entry.saturating_add(8);
        let at = if length > 4 { self.long(place)? } else { place };
        let rest = self.view.from(at).unwrap_or(&[]);
        Some((rest.get(..length).unwrap_or(rest), rest.len() >= length))
    }
}

/// Whether that is an entry which is read, of what type, and the bytes of one of its values.
const fn size(tag: u16, kind: u16) -> Option<usize> {
    match (tag, kind) {
        // IPTC is written as longs by programs that go by TIFF's own list of types.
        (IPTC, 4) => Some(4),
        (XMP | IPTC | PHOTOSHOP | COMMENT | 0x9c9b..=0x9c9f, _) | (_, 2 | 129) => Some(1),
        _ => None,
    }
}

/// Hands out the texts of Exif.
pub(in super::super) fn read(bytes: &[u8], texts: &mut Texts<'_>) {
    view(View { bytes, split: bytes.len(), between: 0 }, texts);
}

/// Hands out the texts of what is there of a TIFF file.
pub(super) fn view<'a>(view: View<'a>, texts: &mut Texts<'_>) -> Beside<'a> {
    let mut beside = Beside::default();
    let tiff = Tiff { view, little: view.bytes.starts_with(b"II*\0") };
    if !tiff.little && !view.bytes.starts_with(b"MM\0*") {
        return beside;
    }
    let mut queue = [0; DIRECTORIES];
    let (mut known, mut read) = (1, 0);
    if let Some(first) = queue.first_mut() {
        *first = tiff.long(4).unwrap_or(0);
    }
    // Text is not longer altogether than what is held, however often entries show the same.
    let mut budget = view.bytes.len();
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
        let Some(count) = tiff.word(directory) else {
            beside.missed = true;
            continue;
        };
        for number in 0..usize::from(count.min(ENTRIES)) {
            let entry = directory.saturating_add(2 + 12 * number);
            let (Some(tag), Some(kind)) = (tiff.word(entry), tiff.word(entry.saturating_add(2))) else { break };
            if matches!(tag, EXIF | GPS) {
                more(tiff.long(entry.saturating_add(8)).unwrap_or(0));
                continue;
            }
            let Some((value, is_all)) = size(tag, kind).and_then(|size| tiff.value(entry, size)) else { continue };
            beside.missed |= !is_all;
            budget = budget.saturating_sub(value.len());
            if budget == 0 {
                return beside;
            }
            match tag {
                XMP => beside.xmp = Some(value),
                IPTC => iptc::records(value, texts),
                PHOTOSHOP => iptc::read(value, texts),
                _ => text(tag, value, tiff.little, texts),
            }
        }
        more(tiff.long(directory.saturating_add(2 + 12 * usize::from(count))).unwrap_or(0));
    }
    beside
}

fn text(tag: u16, value: &[u8], little: bool, texts: &mut Texts<'_>) {
    match tag {
        // What Windows writes: title, comment, author, keywords, subject.
        0x9c9b..=0x9c9f => texts.wide(value, true),
        COMMENT => match value.split_first_chunk::<8>() {
            Some((b"UNICODE\0", text)) => texts.wide(text, little),
            Some((b"JIS\0\0\0\0\0", text)) => texts.line(text, Some(Charset::Standard(encoding_rs::ISO_2022_JP))),
            Some((b"ASCII\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0], text)) => texts.plain(text),
            _ => texts.plain(value),
        },
        _ => texts.plain(value),
    }
}
