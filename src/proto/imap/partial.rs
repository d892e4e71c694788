//! What is fetched piece by piece (RFC 3501 section 6.4.5), as many clients do with large messages.

use xxhash_rust::xxh3::xxh3_64;

use super::literal::Section;
use crate::proto::text::{begins, number};
use crate::proto::{Object, Sink};

/// The number of the object that pieces make, beside that of whole literals.
pub(super) const PIECES: u32 = 1;

/// A piece that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    offset: u64,
    count: u64,
}

/// Reads the only `<offset.count>` of a command; where there are several, nothing says which of them a response answers.
pub(super) fn asked(line: &[u8]) -> Option<Asked> {
    let open = line.iter().position(|byte| *byte == b'<')?;
    let rest = line.get(open + 1..)?;
    let close = rest.iter().position(|byte| *byte == b'>')?;
    if rest.contains(&b'<') {
        return None;
    }
    let mut numbers = rest.get(..close)?.split(|byte| *byte == b'.');
    let (offset, count) = (number(numbers.next()?)?, number(numbers.next()?)?);
    numbers.next().is_none().then_some(Asked { offset, count })
}

/// What a response says of its message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    number: u64,
    size: Option<u64>,
}

/// Reads `* 7 FETCH (UID 9 RFC822.SIZE 1000 `. What stands behind a quote is anybody's.
pub(super) fn message(line: &[u8]) -> Message {
    const SIZE: &[u8] = b"RFC822.SIZE ";
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let first = |text: &[u8]| text.get(..digits(text)).and_then(number);
    let said = line.split(|byte| *byte == b'"').next().unwrap_or(line);
    let after = (0..said.len()).filter_map(|at| said.get(at..)).find(|text| begins(text, SIZE));
    Message {
        number: line.get(2..).and_then(first).unwrap_or(0),
        size: after.and_then(|text| text.get(SIZE.len()..)).and_then(first),
    }
}

/// An object of pieces that go on where the last one ended. There is one at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Partial {
    open: bool,
    message: u64,
    /// Digest of the section and what it is.
    section: u64,
    /// Where the next piece has to begin.
    reached: u64,
    /// The section ends there.
    at_end: bool,
    /// No piece follows that one.
    over: bool,
    /// All of the section is there, up to where it has come.
    intact: bool,
}

impl Partial {
    /// A piece of that many bytes comes. `asked`: what the client has asked for, if that is known.
    pub(super) fn begin(
        &mut self,
        message: &Message,
        section: &Section<'_>,
        length: u64,
        asked: Option<Asked>,
        sink: &mut dyn Sink,
    ) {
        let digest = xxh3_64(section.name) ^ u64::from(section.encoded);
        let size = message.size.filter(|_| section.name.is_empty());
        let is_next = (self.message, self.section, self.reached) == (message.number, digest, section.offset);
        if !(self.open && is_next) {
            self.finish(sink);
            (self.open, self.intact) = (true, section.offset == 0);
            (self.message, self.section) = (message.number, digest);
            let object = Object {
                label: "imap",
                carrier: true,
                name: section.name,
                media_type: section.media_type,
                encoded: section.encoded,
                length: size.and_then(|size| size.checked_sub(section.offset)),
                offset: section.offset,
                ..Object::default()
            };
            sink.begin_object(PIECES, &object);
        }
        self.reached = section.offset.saturating_add(length);
        let short = asked.filter(|asked| asked.offset == section.offset).map(|asked| length < asked.count);
        // sizes are estimates for some servers
        let sized = size.is_some_and(|size| self.reached >= size);
        self.at_end = length == 0 || sized || short == Some(true);
        self.over = short.unwrap_or(sized);
    }

    /// Bytes of the piece were lost, or do not come.
    pub(super) const fn lose(&mut self) {
        self.intact = false;
    }

    /// All of the piece has passed.
    pub(super) fn passed(&mut self, sink: &mut dyn Sink) {
        if self.over {
            self.finish(sink);
        }
    }

    /// Nothing goes on with it.
    pub(super) fn finish(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            sink.end_object(PIECES, self.intact && self.at_end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_that_are_asked_for() {
        for (line, expected) in [
            ("a UID FETCH 7 (UID BODY.PEEK[]<0.20000>)", Some((0, 20000))),
            ("a FETCH 7 BODY[1.2]<512.1>", Some((512, 1))),
            ("a FETCH 7 (BODY[1]<0.5> BODY[2]<0.9>)", None),
            ("a FETCH 7 BODY[]<9>", None),
            ("a FETCH 7 BODY[]<1.2.3>", None),
            ("a FETCH 7 BODY[]<x.2>", None),
            ("a FETCH 7 BODY[]<1.2", None),
            ("a FETCH 7 BODY[]", None),
        ] {
            let found = asked(line.as_bytes()).map(|asked| (asked.offset, asked.count));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn what_a_response_says_of_its_message() {
        for (line, expected) in [
            ("* 7 FETCH (UID 9 RFC822.SIZE 1000 BODY[]<0> {5}", (7, Some(1000))),
            ("* 12 FETCH (rfc822.size 3)", (12, Some(3))),
            ("* 1 FETCH (ENVELOPE (\"x RFC822.SIZE 5 \") BODY[]<0> {5}", (1, None)),
            ("* 1 FETCH (RFC822.SIZE x", (1, None)),
            ("*", (0, None)),
        ] {
            let found = message(line.as_bytes());
            assert_eq!((found.number, found.size), expected, "{line}");
        }
    }
}
