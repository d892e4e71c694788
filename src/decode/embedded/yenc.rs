//! yEnc (yEnc 1.3, yenc.org): bytes plus 42, those that a line cannot have escaped, between lines that begin with `=y`.

use super::super::crc32::Crc32;

/// What `=ybegin` says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening<'a> {
    pub(super) name: &'a [u8],
    size: u64,
    /// It is one of several parts.
    is_part: bool,
}

/// The value behind `key` in a line, up to the next blank.
fn value<'a>(line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    line.split(|byte| *byte == b' ').find_map(|word| word.strip_prefix(key))
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads a line that begins with `=ybegin `: its name is all behind `name=`.
pub(super) fn opening(line: &[u8]) -> Option<Opening<'_>> {
    let line = line.trim_ascii_end();
    let at = memchr::memmem::find(line, b" name=")?;
    let (before, name) = line.split_at_checked(at)?;
    let before = before.strip_prefix(b"=ybegin")?;
    let name = name.strip_prefix(b" name=")?;
    value(before, b"line=").and_then(decimal)?;
    let size = value(before, b"size=").and_then(decimal)?;
    (!name.is_empty()).then_some(Opening { name, size, is_part: value(before, b"part=").is_some() })
}

/// How bytes go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    LineStart,
    Line,
    /// Behind an escape, which stands at the start of a line or within it.
    Escape {
        first: bool,
    },
}

/// A file, or a part of one.
#[derive(Debug)]
pub(super) struct Yenc {
    at: At,
    crc: Crc32,
    size: u64,
    is_part: bool,
    /// First and last byte of the part, from one.
    part: Option<(u64, u64)>,
}

/// What came of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many were written.
    Bytes(usize),
    /// A line that begins with `=y` follows, of which these two have been taken.
    Control,
}

/// What is wrong with a file that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Whole,
    /// It is a part of a larger file.
    Part,
    Wrong,
}

impl Yenc {
    pub(super) fn new() -> Self {
        Self { at: At::LineStart, crc: Crc32::new(), size: 0, is_part: false, part: None }
    }

    pub(super) fn begin(&mut self, opening: Opening<'_>) {
        self.at = At::LineStart;
        self.crc.reset();
        (self.size, self.is_part, self.part) = (opening.size, opening.is_part, None);
    }

    /// Undoes what is at the front of `input`, as far as there is room in `out`.
    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut [u8]) -> Step {
        let mut written = 0;
        while written < out.len() {
            let Some((byte, rest)) = input.split_first() else { break };
            match (self.at, *byte) {
                (At::Escape { first: true }, b'y') if written == 0 => {
                    *input = rest;
                    self.at = At::LineStart;
                    return Step::Control;
                }
                // What was written goes out before the line is read.
                (At::Escape { first: true }, b'y') => break,
                (At::Escape { .. }, byte) => {
                    if let Some(place) = out.get_mut(written) {
                        *place = byte.wrapping_sub(64 + 42);
                        written += 1;
                    }
                    self.at = At::Line;
                }
                (_, b'\n') => self.at = At::LineStart,
                (_, b'\r') => {}
                (at, b'=') => self.at = At::Escape { first: at == At::LineStart },
                (..) => {
                    let end = memchr::memchr3(b'\r', b'\n', b'=', input).unwrap_or(input.len());
                    let room = out.get_mut(written..).unwrap_or(&mut []);
                    let count = end.min(room.len());
                    for (place, byte) in room.iter_mut().zip(input.iter()).take(count) {
                        *place = byte.wrapping_sub(42);
                    }
                    written += count;
                    *input = input.get(count..).unwrap_or(&[]);
                    self.at = At::Line;
                    continue;
                }
            }
            *input = rest;
        }
        self.crc.update(out.get(..written).unwrap_or(&[]));
        Step::Bytes(written)
    }

    /// Takes a line that begins with `=y`. Says how the file is when it was the last.
    pub(super) fn control(&mut self, line: &[u8]) -> Option<Verdict> {
        let line = line.trim_ascii_end();
        let number = |key: &[u8]| value(line, key).and_then(decimal);
        if line.starts_with(b"=ypart ") {
            self.part = number(b"begin=").zip(number(b"end="));
            return None;
        }
        if !line.starts_with(b"=yend") {
            return None;
        }
        let whole = !self.is_part || self.part == Some((1, self.size));
        let sum = |key: &[u8]| {
            let text = value(line, key).and_then(|text| std::str::from_utf8(text).ok())?;
            u32::from_str_radix(text, 16).ok()
        };
        let sum = sum(b"pcrc32=").or_else(|| sum(b"crc32=").filter(|_| whole));
        let length = u64::from(self.crc.amount());
        let told = self.part.map_or(self.size, |(first, last)| last.wrapping_sub(first).wrapping_add(1));
        let right = |size: u64| size & 0xffff_ffff == length;
        if sum.is_some_and(|sum| sum != self.crc.sum())
            || !right(told)
            || number(b"size=").is_some_and(|size| !right(size))
        {
            return Some(Verdict::Wrong);
        }
        Some(if whole { Verdict::Whole } else { Verdict::Part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_have_a_line_length_a_size_and_a_name() {
        let name = |line: &'static str| opening(line.as_bytes()).map(|opening| opening.name);
        assert_eq!(name("=ybegin line=128 size=5 name=two words.txt \r\n"), Some(&b"two words.txt"[..]));
        assert_eq!(name("=ybegin part=1 total=2 line=128 size=5 name=x\n"), Some(&b"x"[..]));
        assert_eq!(name("=ybegin line=128 name=x\n"), None);
        assert_eq!(name("=ybegin line=128 size=x name=x\n"), None);
        assert_eq!(name("=ybegin line=128 size=5 name=\n"), None);
    }
}
