//! Tells whether there is anything to undo in a head, as it passes: what the usual one pays.

use super::super::recent::Recent;
use super::super::runs;
use super::proof::Proof;

/// So much of the line before what is to be undone belongs to it, as the beginning of a keyword may stand there. A run of
/// base64 has to be within it.
pub(super) const BEFORE: usize = runs::SHORTEST;

/// How far `%XX` has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    Nothing,
    Sign,
    Digit,
}

/// Looks in a head, which comes in pieces of any size, for the first of what [`HEAD`](super::super::HEAD) undoes: `%XX`, `+`
/// in a query, base64.
#[derive(Clone, Copy, Debug)]
pub struct HeadSeeker {
    recent: Recent<BEFORE, BEFORE>,
    /// Digits of base64 at the end of `recent` that may begin a run.
    digits: u8,
    proof: Proof,
    escape: Escape,
    /// In a word, behind a question mark.
    query: bool,
}

impl Default for HeadSeeker {
    fn default() -> Self {
        Self { recent: Recent::EMPTY, digits: 0, proof: Proof::NEW, escape: Escape::Nothing, query: false }
    }
}

impl HeadSeeker {
    /// Another head begins.
    pub const fn restart(&mut self) {
        self.recent.clear();
        (self.digits, self.proof, self.escape, self.query) = (0, Proof::NEW, Escape::Nothing, false);
    }

    /// Takes the next piece. Where there is something to undo in it, the bytes that are to be decoded: some that came
    /// before the piece, and some of the piece, to its end. Which these are does not depend on how the head is cut. After
    /// that only [`restart`](Self::restart) may follow.
    pub fn seek<'a>(&'a mut self, bytes: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        let first = [self.escape(bytes), self.plus(bytes), self.proof.seek(bytes), self.run(bytes)];
        let Some(end) = first.into_iter().flatten().min() else {
            self.recent.push(bytes);
            return None;
        };
        let start = end.saturating_sub(BEFORE);
        let line = bytes.get(start..end).and_then(|before| memchr::memrchr(b'\n', before));
        if let Some(line) = line {
            return Some([&[], bytes.get(start + line + 1..).unwrap_or(&[])]);
        }
        let before = self.recent.last(BEFORE.saturating_sub(end));
        let line = memchr::memrchr(b'\n', before).map_or(0, |line| line + 1);
        Some([before.get(line..).unwrap_or(&[]), bytes.get(start..).unwrap_or(bytes)])
    }

    /// Whether there may be anything to undo in a whole line.
    pub(super) fn may_have(line: &[u8]) -> bool {
        let mut seeker = Self::default();
        memchr::memchr(b'%', line).is_some()
            || seeker.plus(line).is_some()
            || seeker.proof.seek(line).is_some()
            || runs::may_have(line)
    }

    /// Where the first `%XX` ends.
    fn escape(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            self.escape = match self.escape {
                Escape::Digit if byte.is_ascii_hexdigit() => return Some(at),
                Escape::Sign if byte.is_ascii_hexdigit() => Escape::Digit,
                _ if *byte == b'%' => Escape::Sign,
                _ => {
                    self.escape = Escape::Nothing;
                    at += memchr::memchr(b'%', bytes.get(at..)?)?;
                    continue;
                }
            };
        }
        None
    }

    /// Where the first plus sign in a query ends.
    fn plus(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if !self.query {
                at += memchr::memchr(b'?', bytes.get(at..)?)? + 1;
                self.query = true;
            }
            at += bytes.get(at..)?.iter().position(|byte| *byte == b'+' || *byte <= b' ')? + 1;
            if bytes.get(at - 1) == Some(&b'+') {
                return Some(at);
            }
            self.query = false;
        }
    }

    /// Where the first run of base64 has become long enough.
    fn run(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut seeker = runs::WordSeeker::behind(self.recent.last(usize::from(self.digits)));
        let found = seeker.seek(bytes).map(|(_, behind)| bytes.len() - behind.len());
        self.digits = u8::try_from(seeker.held()).unwrap_or(0);
        found
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    /// From where on a head is to be decoded, as it comes in these pieces.
    fn sought<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<usize> {
        let (mut seeker, mut passed, mut all) = (HeadSeeker::default(), 0, Vec::new());
        for piece in pieces {
            all.extend_from_slice(piece);
            if let Some([before, rest]) = seeker.seek(piece) {
                assert!(before.is_empty() || rest.len() == piece.len(), "nothing is left out");
                let start = passed + piece.len() - rest.len() - before.len();
                assert_eq!([before, rest].concat(), &all[start..]);
                return Some(start);
            }
            passed += piece.len();
        }
        None
    }

    #[test]
    fn what_is_to_be_undone_is_found_wherever_pieces_end() {
        let long = "a-long-path/".repeat(20);
        let far = format!("{}a%20", "a-long-path/".repeat(5));
        let run = data_encoding::BASE64.encode(&[0xff, 7, 200, 80, 3, 90, 77].repeat(8));
        let cases = [
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept: a/b+c, */*\r\n\r\n".to_owned(), None),
            ("GET /100% HTTP/1.1\r\nA: 5%, %4 %%4g +1\r\n\r\n".to_owned(), None),
            ("GET /?a HTTP/1.1\r\nA: b+c\r\n\r\n".to_owned(), None),
            ("GET /a%20b HTTP/1.1\r\n\r\n".to_owned(), Some("GET")),
            ("GET /a%%20b HTTP/1.1\r\n\r\n".to_owned(), Some("GET")),
            (format!("GET /{long}a%20b HTTP/1.1\r\n\r\n"), Some(&far[..])),
            ("GET /?a&b=c+d HTTP/1.1\r\n\r\n".to_owned(), Some("GET")),
            ("GET / HTTP/1.1\r\nReferer: http://b/?c+d\r\n\r\n".to_owned(), Some("Referer")),
            ("GET / HTTP/1.1\r\nCookie: a=c2VjcmV0IHBsYW4\r\n\r\n".to_owned(), Some("Cookie")),
            (format!("GET / HTTP/1.1\r\nX: {run}\r\n\r\n"), Some(&run[..])),
        ];
        for (head, expected) in cases {
            let bytes = head.as_bytes();
            let begins = expected.and_then(|begin| head.find(begin));
            assert_eq!(begins.is_some(), expected.is_some(), "{head:?}");
            let expected = begins;
            for size in [1, 2, 3, 7, 63, 64, 65, usize::MAX] {
                assert_eq!(sought(bytes.chunks(size)), expected, "{head:?} in pieces of {size}");
            }
            for cut in 0..=bytes.len() {
                let (first, second) = bytes.split_at(cut);
                assert_eq!(sought([first, second]), expected, "{head:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn one_head_does_not_go_on_with_the_next() {
        let mut seeker = HeadSeeker::default();
        for (first, second) in [("GET /a%2", "0"), ("GET /?", "a+b"), ("GET /c2VjcmV0IH", "BsYW4")] {
            assert!(seeker.seek(first.as_bytes()).is_none());
            seeker.restart();
            assert!(seeker.seek(second.as_bytes()).is_none(), "{first}{second}");
            seeker.restart();
        }
    }
}
