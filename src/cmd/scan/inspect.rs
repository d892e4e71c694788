//! One file through the decoders and the scanner.

use std::fs;
use std::io::Read;
use std::sync::Arc;

use super::files::Named;
use super::found::{File, Finding, Kind, Leaf};
use super::gather::Gathering;
use crate::decode::{Cut, Decoders, Ended, Leaves, Limits, Outcome, Path, Start, Taking, Tree, Whole};
use crate::extractor::{Collected, Point};
use crate::flow::NO_SLOT;
use crate::scan::keyword::{HitPool, Matcher, ScanState};

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;
/// Records of keyword counts for each level; a leaf below its dictionaries' thresholds has 64 at most.
const RECORDS: u32 = 64;

/// What a thread needs for file after file.
pub(super) struct Inspector {
    tree: Tree,
    decoders: Decoders,
    scanner: Scanner,
    piece: Vec<u8>,
}

/// Scans leaves.
struct Scanner {
    matcher: Arc<Matcher>,
    hits: HitPool,
    /// Bytes of text that are kept of a file, and of the one that is read may still be.
    text_max: usize,
    text_left: usize,
    gathering: Gathering,
    /// The leaf of each level that has begun.
    open: Box<[Open]>,
    extraction: Option<Extraction>,
}

/// The way to processes for what has to be seen whole.
struct Extraction {
    point: Point,
    collected: Collected,
    /// The way to what is within.
    path: Path,
}

/// A leaf that has begun.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// Its place among the leaves.
    leaf: usize,
    /// Its first record of keyword counts.
    head: u32,
    state: ScanState,
    /// UTF-8 of the leaf so far.
    utf8: Utf8,
    offset: u64,
}

impl Inspector {
    /// Of each file so many bytes of text are kept.
    pub(super) fn new(limits: Limits, matcher: Arc<Matcher>, point: Option<Point>, text_max: usize) -> Self {
        let levels = limits.depth + 1;
        let scanner = Scanner {
            matcher,
            hits: HitPool::new(RECORDS.saturating_mul(u32::try_from(levels).unwrap_or(u32::MAX))),
            text_max,
            text_left: 0,
            gathering: Gathering::new(levels),
            open: vec![Open::default(); levels].into_boxed_slice(),
            extraction: point.map(|point| Extraction {
                point,
                collected: Collected::new(limits.depth),
                path: Path::default(),
            }),
        };
        Self { tree: Tree::new(&limits), decoders: Decoders::new(limits), scanner, piece: vec![0; PIECE] }
    }

    /// Reads a file to its end. Each leaf is a document of its own: dictionaries score what is in it alone.
    pub(super) fn file(&mut self, named: &Named) -> File {
        let name = named.path.clone();
        if named.unread.is_some() {
            return File { name, size: 0, leaves: Vec::new(), cuts: Vec::new(), unread: named.unread.clone() };
        }
        let Self { tree, decoders, scanner, piece } = self;
        tree.begin(&Start::default(), decoders);
        scanner.text_left = scanner.text_max;
        let mut size = 0;
        let unread = match fs::File::open(&name) {
            Ok(mut file) => loop {
                match file.read(piece) {
                    Ok(0) => break None,
                    Ok(length) => {
                        size += length as u64;
                        tree.push(piece.get(..length).unwrap_or(&[]), decoders, scanner);
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => break Some(error.to_string()),
                }
            },
            Err(error) => Some(error.to_string()),
        };
        tree.finish(unread.is_none(), decoders, scanner);
        let (leaves, cuts) = scanner.gathering.finish();
        File { name, size, leaves, cuts, unread }
    }
}

impl Leaf {
    /// Keeps what there is room for of its next bytes; of a character all or nothing.
    fn keep(&mut self, bytes: &[u8], left: &mut usize) {
        if self.text_cut {
            return;
        }
        let kept = bytes.get(..bytes.len().min(*left)).unwrap_or(bytes);
        self.text.extend_from_slice(kept);
        *left -= kept.len();
        if kept.len() < bytes.len() {
            self.text_cut = true;
            // No character is longer than four bytes.
            let from = self.text.len().saturating_sub(4);
            let tail = self.text.get(from..).unwrap_or(&[]);
            let begin = (0..tail.len()).rev().take(3).find(|at| tail.get(*at).is_some_and(|byte| *byte >= 0xc0));
            let is_half = |bytes| std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
            if let Some(at) = begin.filter(|at| tail.get(*at..).is_some_and(is_half)) {
                self.text.truncate(from + at);
            }
        }
    }
}

impl Leaves for Scanner {
    fn begin(&mut self, level: usize, path: &Path) {
        let leaf = self.gathering.begin(level, path.to_string());
        if let Some(open) = self.open.get_mut(level) {
            *open = Open { leaf, head: NO_SLOT, ..Open::default() };
        }
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        let Self { matcher, hits, gathering, open, text_max, text_left, .. } = self;
        let Some(open) = open.get_mut(level) else { return };
        let Some(leaf) = gathering.leaf(open.leaf) else { return };
        open.utf8.push(bytes);
        if *text_max > 0 {
            leaf.keep(bytes, text_left);
        }
        let Open { head, state, offset, .. } = open;
        matcher.scan(state, bytes, |keyword, end| {
            if let Some(crossing) = hits.count(head, matcher, keyword) {
                leaf.findings.push(Finding { offset: *offset + end as u64, crossing });
            }
        });
        *offset += bytes.len() as u64;
    }

    fn end(&mut self, level: usize, ended: Ended) {
        let Some(open) = self.open.get_mut(level) else { return };
        self.hits.release(&mut open.head);
        self.gathering.end(level, |leaf| {
            leaf.size = ended.size;
            leaf.complete = ended.complete;
            leaf.kind = match (ended.size, open.utf8.is_text()) {
                (0, _) => Kind::Empty,
                (_, true) => Kind::Text,
                (_, false) => Kind::Data,
            };
        });
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.gathering.cut(path.as_str(), reason);
    }

    fn whole_begin(&mut self, whole: &Whole<'_>) -> Taking {
        let Some(Extraction { point, collected, .. }) = &mut self.extraction else { return Taking::Passing };
        collected.begin(point, whole, true)
    }

    fn whole_data(&mut self, level: usize, bytes: &[u8]) -> bool {
        let Some(Extraction { point, collected, .. }) = &mut self.extraction else { return false };
        collected.write(point, level, bytes)
    }

    fn whole_end(&mut self, whole: &Whole<'_>, complete: bool) -> Outcome {
        let Some(mut extraction) = self.extraction.take() else { return Outcome::Lost };
        let Extraction { point, collected, path } = &mut extraction;
        let ticket = collected.end(point, whole.level);
        let number = ticket.and_then(|ticket| point.publish(ticket, whole, complete));
        if let Some(number) = number {
            point.wait(number, whole.path, path, self);
        }
        self.extraction = Some(extraction);
        if number.is_some() { Outcome::Elsewhere } else { Outcome::Lost }
    }

    fn whole_drop(&mut self, level: usize) {
        if let Some(Extraction { point, collected, .. }) = &mut self.extraction {
            collected.forget(point, level);
        }
    }
}

/// Whether bytes that come in pieces are UTF-8 text.
#[derive(Clone, Copy, Debug, Default)]
struct Utf8 {
    /// The beginning of a character that the next piece goes on with.
    held: [u8; 4],
    len: usize,
    wrong: bool,
}

impl Utf8 {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.len != 0 && !self.wrong {
            let Some((first, after)) = rest.split_first() else { return };
            rest = after;
            if let Some(place) = self.held.get_mut(self.len) {
                *place = *first;
            }
            self.len += 1;
            match std::str::from_utf8(self.held.get(..self.len).unwrap_or(&[0xff])) {
                Ok(_) => self.len = 0,
                Err(error) => self.wrong = error.error_len().is_some() || self.len == self.held.len(),
            }
        }
        if self.wrong {
            return;
        }
        let text = match std::str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => {
                let (valid, tail) = rest.split_at_checked(error.valid_up_to()).unwrap_or((&[], rest));
                self.wrong = error.error_len().is_some();
                if let Some(place) = self.held.get_mut(..tail.len()).filter(|_| !self.wrong) {
                    place.copy_from_slice(tail);
                    self.len = tail.len();
                }
                std::str::from_utf8(valid).unwrap_or_default()
            }
        };
        self.wrong |= text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    }

    const fn is_text(&self) -> bool {
        !self.wrong && self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data_however_it_is_cut() {
        let cases: [(&[u8], bool); 8] = [
            (b"plain\r\n\ttext", true),
            ("Gr\u{f6}\u{df}e \u{20ac} \u{1f980}".as_bytes(), true),
            (b"\xff\xfet\0", false),
            (b"null\0byte", false),
            (b"cut off \xe2\x82", false),
            (b"bad \xe2\x28 sequence", false),
            (b"\xf0\x9f\xa6\x80\xf0", false),
            (b"\x80", false),
        ];
        for (bytes, expected) in cases {
            for at in 0..=bytes.len() {
                for second in at..=bytes.len() {
                    let mut utf8 = Utf8::default();
                    for piece in [&bytes[..at], &bytes[at..second], &bytes[second..]] {
                        utf8.push(piece);
                    }
                    assert_eq!(utf8.is_text(), expected, "{bytes:?} cut at {at} and {second}");
                }
            }
        }
    }
}
