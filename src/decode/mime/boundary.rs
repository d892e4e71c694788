//! Boundaries of the multiparts that are open, the outermost first.

use super::super::decoder::Field;

/// Multiparts within each other in one object.
pub(super) const DEPTH: usize = 8;
/// Longest boundary. RFC 2046 section 5.1.1 allows 70 characters; the tests of readers have longer ones.
pub(super) const LENGTH: usize = 200;

/// A boundary as it stands in its parameter.
pub(in super::super) type Boundary = Field<LENGTH>;

/// What a line says that is a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of its multipart.
    pub(super) level: usize,
    /// It is the last one, with two more hyphens.
    pub(super) last: bool,
}

#[derive(Debug)]
pub(super) struct Boundaries {
    open: [Boundary; DEPTH],
    len: usize,
}

impl Boundaries {
    pub(super) const NONE: Self = Self { open: [Field::EMPTY; DEPTH], len: 0 };

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Opens another multipart. False when there are too many.
    pub(super) fn push(&mut self, boundary: Boundary) -> bool {
        let Some(place) = self.open.get_mut(self.len) else { return false };
        *place = boundary;
        self.len += 1;
        true
    }

    /// Closes all but the first `len`.
    pub(super) const fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    /// The open multiparts, the innermost first.
    fn open(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.open.iter().take(self.len).map(Field::get).enumerate().rev()
    }

    /// Reads a line without its end: two hyphens, a boundary, two more hyphens if it is the last, and blanks, which
    /// transport may have added.
    pub(super) fn find(&self, line: &[u8]) -> Option<Found> {
        let text = line.strip_prefix(b"--")?.trim_ascii_end();
        self.open().find_map(|(level, boundary)| match behind(text, boundary.trim_ascii_end()) {
            Behind::Whole(b"") => Some(Found { level, last: false }),
            Behind::Whole(b"--") => Some(Found { level, last: true }),
            _ => None,
        })
    }

    /// Whether a line that is not complete may still become one of them.
    pub(super) fn may_become(&self, line: &[u8]) -> bool {
        let text = line.get(2.min(line.len())..).unwrap_or(&[]).trim_ascii_end();
        b"--".starts_with(line.get(..2.min(line.len())).unwrap_or(&[]))
            && self.open().any(|(_, boundary)| match behind(text, boundary.trim_ascii_end()) {
                Behind::Whole(rest) => b"--".starts_with(rest),
                Behind::Part => true,
                Behind::Other => boundary.starts_with(text),
            })
    }
}

/// What stands behind a boundary, if that is what a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind<'a> {
    Whole(&'a [u8]),
    /// The text ends within it.
    Part,
    Other,
}

/// A backslash in the parameter, where none may be (RFC 2046 section 5.1.1), quotes what follows it (RFC 5322 section
/// 3.2.1), or stands for itself, as other readers have it.
fn behind<'a>(text: &'a [u8], boundary: &[u8]) -> Behind<'a> {
    let mut text = text;
    for byte in boundary {
        match text.split_first() {
            Some((first, rest)) if first == byte => text = rest,
            _ if *byte == b'\\' => {}
            None => return Behind::Part,
            Some(_) => return Behind::Other,
        }
    }
    Behind::Whole(text)
}
