//! A body that a line with a single dot ends, and in which a dot that begins a line has another before it (RFC 5321
//! section 4.5.2, RFC 1939 section 3).

use memchr::memchr;

/// What the bytes so far end with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// CRLF, or nothing at all.
    #[default]
    Start,
    /// Something within a line.
    Text,
    /// CR.
    Cr,
    /// CRLF and a dot.
    Dot,
    /// CRLF, a dot and CR.
    DotCr,
    /// LF that has no CR before it.
    BareLf,
    /// The same and a dot.
    BareLfDot,
    /// The same, a dot and CR.
    BareLfDotCr,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum End {
    /// It goes on.
    Open,
    /// With a line that has but a dot.
    Dot,
}

/// Where in such a body the next byte stands.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Dots {
    at: At,
    /// A line had but a dot, and the line end before it or behind it was no CRLF.
    lenient_end: bool,
}

impl Dots {
    /// Bytes were lost: the next may stand anywhere in a line.
    pub(in crate::proto) const fn lose(&mut self) {
        self.at = At::Text;
    }

    /// A line that some take for the end of the body has passed, and it is none: one of its line ends is LF alone.
    pub(in crate::proto) const fn saw_lenient_end(&self) -> bool {
        self.lenient_end
    }

    /// Takes bytes up to the end of the body, and says how many; the content goes to `out`.
    pub(in crate::proto) fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> (usize, End) {
        // content from `from` to `next` has not been handed out
        let (mut from, mut next) = (0, 0);
        while let Some(&byte) = bytes.get(next) {
            match (self.at, byte) {
                (At::Start, b'.') => {
                    give(bytes, from, next, out);
                    from = next + 1;
                    self.at = At::Dot;
                }
                (At::Dot, b'\r') => {
                    from = next + 1;
                    self.at = At::DotCr;
                }
                (At::DotCr, b'\n') => return (next + 1, End::Dot),
                (At::DotCr, _) => {
                    // the dot was one that had been put before a line, and the CR behind it is content
                    out(b"\r");
                    from = next;
                    self.at = At::Cr;
                    continue;
                }
                (At::Dot | At::BareLfDot, b'\n') => {
                    self.lenient_end = true;
                    self.at = At::BareLf;
                }
                (At::BareLfDotCr, b'\n') => {
                    self.lenient_end = true;
                    self.at = At::Start;
                }
                (At::BareLf, b'.') => self.at = At::BareLfDot,
                (At::BareLfDot, b'\r') => self.at = At::BareLfDotCr,
                (At::Cr, b'\n') => self.at = At::Start,
                _ => {
                    next = self.pass_line(bytes, next);
                    continue;
                }
            }
            next += 1;
        }
        give(bytes, from, next, out);
        (bytes.len(), End::Open)
    }

    /// Passes over the rest of a line, its end included; where the next one begins.
    fn pass_line(&mut self, bytes: &[u8], start: usize) -> usize {
        let rest = bytes.get(start..).unwrap_or(&[]);
        let end = memchr(b'\n', rest);
        let passed = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
        let cr = passed.last().map_or(self.at == At::Cr, |&last| last == b'\r');
        self.at = match (end, cr) {
            (Some(_), true) => At::Start,
            (Some(_), false) => At::BareLf,
            (None, true) => At::Cr,
            (None, false) => At::Text,
        };
        start + end.map_or(rest.len(), |end| end + 1)
    }
}

fn give(bytes: &[u8], from: usize, to: usize, out: &mut dyn FnMut(&[u8])) {
    if let Some(piece) = bytes.get(from..to).filter(|piece| !piece.is_empty()) {
        out(piece);
    }
}
