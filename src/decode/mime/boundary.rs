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
        self.open().find_map(|(level, boundary)| match text.strip_prefix(boundary.trim_ascii_end()) {
            Some(b"") => Some(Found { level, last: false }),
            Some(b"--") => Some(Found { level, last: true }),
            _ => None,
        })
    }

    /// Whether a line that is not complete may still become one of them.
    pub(super) fn may_become(&self, line: &[u8]) -> bool {
        let text = line.get(2.min(line.len())..).unwrap_or(&[]).trim_ascii_end();
        b"--".starts_with(line.get(..2.min(line.len())).unwrap_or(&[]))
            && self.open().any(|(_, boundary)| {
                let behind = text.strip_prefix(boundary.trim_ascii_end());
                boundary.starts_with(text) || behind.is_some_and(|behind| b"--".starts_with(behind))
            })
    }
}
