//! The way from an outermost object to a leaf.

use std::fmt;

/// Longest path, bytes.
const ROOM: usize = 1024;

/// A path such as `gzip/zip:plans/q3.docx`: formats, and behind a colon the name a child has in its container, or in
/// brackets its number where it has none. Invalid UTF-8 is replaced, control characters too; what is too long ends in an
/// ellipsis.
#[derive(Clone)]
pub struct Path {
    text: [u8; ROOM],
    len: usize,
}

impl Path {
    pub(super) const EMPTY: Self = Self { text: [0; ROOM], len: 0 };

    /// Becomes the same as `other`.
    pub fn copy_from(&mut self, other: &Self) {
        let text = other.as_str().as_bytes();
        if let Some(place) = self.text.get_mut(..text.len()) {
            place.copy_from_slice(text);
            self.len = text.len();
        }
    }

    /// The first `length` bytes of its text, which may have been cut since they were written.
    #[must_use]
    pub fn head(&self, length: usize) -> &[u8] {
        self.text.get(..length).unwrap_or_default()
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.get(..self.len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    /// Takes a truncation to less than `len` bytes back, if nothing was appended since.
    pub(super) const fn restore(&mut self, len: usize) {
        if self.len < len && len <= ROOM {
            self.len = len;
        }
    }

    /// Appends a format's name.
    pub(super) fn format(&mut self, name: &str) {
        if self.len != 0 {
            self.put("/");
        }
        self.put(name);
    }

    /// Appends what tells a child from its siblings.
    pub(super) fn child(&mut self, name: &[u8], number: u32) {
        if name.is_empty() {
            let mut digits = [0; 10];
            self.put("[");
            self.put(decimal(number, &mut digits));
            self.put("]");
            return;
        }
        self.put(":");
        self.put_bytes(name);
    }

    /// Becomes `base` with `rest`, which somebody says, behind it.
    pub fn join(&mut self, base: &Self, rest: &[u8]) {
        self.copy_from(base);
        if !rest.is_empty() {
            if self.len != 0 {
                self.put("/");
            }
            self.put_bytes(rest);
        }
    }

    /// Appends text that may be anything.
    fn put_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(char::is_control) {
                let (before, after) = rest.split_at(at);
                self.put(before);
                self.put("\u{fffd}");
                rest = after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            }
            self.put(rest);
            if !chunk.invalid().is_empty() {
                self.put("\u{fffd}");
            }
        }
    }

    fn put(&mut self, text: &str) {
        const ELLIPSIS: &str = "\u{2026}";
        let room = (ROOM - ELLIPSIS.len()).saturating_sub(self.len);
        if self.len + ELLIPSIS.len() > ROOM {
            return;
        }
        let fits = text.len() <= room;
        let cut = (0..=text.len().min(room)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        for part in [text.get(..cut).unwrap_or_default(), if fits { "" } else { ELLIPSIS }] {
            if let Some(place) = self.text.get_mut(self.len..self.len + part.len()) {
                place.copy_from_slice(part.as_bytes());
                self.len += part.len();
            }
        }
    }
}

impl Default for Path {
    /// No way at all.
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number's digits.
fn decimal(number: u32, digits: &mut [u8; 10]) -> &str {
    let mut rest = number;
    let mut first = digits.len();
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        first -= 1;
        if rest == 0 {
            break;
        }
    }
    digits.get(first..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_readable_paths() {
        let cases: [(&[u8], u32, &str); 6] = [
            (b"plans/q3.docx", 0, "zip:plans/q3.docx"),
            (b"", 12, "zip[12]"),
            (b"", u32::MAX, "zip[4294967295]"),
            (b"a\xffb", 0, "zip:a\u{fffd}b"),
            (b"a\nb\x1b[31m", 0, "zip:a\u{fffd}b\u{fffd}[31m"),
            ("\u{e4}\u{20ac}".as_bytes(), 0, "zip:\u{e4}\u{20ac}"),
        ];
        for (name, number, expected) in cases {
            let mut path = Path::EMPTY;
            path.format("zip");
            path.child(name, number);
            assert_eq!(path.as_str(), expected);
        }
    }

    #[test]
    fn a_path_that_is_too_long_ends_in_an_ellipsis_once() {
        let mut path = Path::EMPTY;
        path.format("tar");
        path.child("\u{20ac}".repeat(400).as_bytes(), 0);
        let cut = path.as_str().to_owned();
        assert!(cut.len() <= ROOM && cut.ends_with("\u{20ac}\u{2026}"), "{} bytes", cut.len());
        path.format("gzip");
        assert_eq!(path.as_str(), cut, "there is no room behind it");
        path.truncate(3);
        path.format("gzip");
        assert_eq!(path.as_str(), "tar/gzip");
    }
}
