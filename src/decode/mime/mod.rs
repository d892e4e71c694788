//! Mail (RFC 5322) and multipart bodies (RFC 2046), with transfer encodings undone (RFC 2045 section 6).
//!
//! Children are, in the order in which they stand there: each header as `(header)`, without the empty line behind it
//! and as it stands, since subjects and names are content too; what its fields say that have encoded words (RFC 2047),
//! or texts on more than one line, `(fields)`, 8 KiB at most; each body, by its file name (Content-Disposition, else
//! Content-Type; RFC 2231, and RFC 2047, which readers undo as well) or by its number among all children; and what
//! stands before the first part or behind the last of a multipart, as `(preamble)` and `(epilogue)`, from its first
//! character that is no white space. Files that a text has within it (uuencode, yEnc) are children too, as in
//! [`embedded`](super::embedded), and so is what follows them, `(text)`. Multiparts within each other are one object,
//! eight deep; a ninth is scanned as it stands ([`Cut::Depth`]). A message within a part is a child, which the tree
//! recognises again.
//!
//! The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1), whether it is CRLF or LF. The
//! boundary of an outer multipart ends the inner ones, which are then [`Cut::Truncated`], as is an object without the
//! last boundary. Of an mbox file the first message is the object, and each that follows is a child. A line that is no
//! field ends a header as an empty line does. Bodies are not held: lines and headers may be of any length; of a field
//! that says something about the body its first 8,192 bytes are read, and longer ones are told ([`Cut::Unsupported`]).

mod body;
mod boundary;
mod fields;
mod header;
mod mailbox;
mod parameter;
mod recognise;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;
mod word;

use memchr::memmem::Finder;

use self::body::Body;
pub(super) use self::boundary::Boundary;
use self::boundary::{Boundaries, Found};
use self::header::{Header, Line};
pub(super) use self::header::{claimed, has_boundary};
use self::mailbox::{Item, Mailbox};
pub use self::parameter::charset_of;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::Format;

pub(super) static FORMAT: Format = Format {
    name: "mime",
    recognise: recognise::recognise,
    make: || Box::new(Mime::new()),
    memory: 28 << 10,
    scanned: false,
    carries: true,
};

/// So much of a line is held until it is known whether it is a boundary, or a field: more than a boundary with its
/// hyphens and some blanks.
const LINE: usize = 256;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The object's first byte.
    Start,
    /// The first line of a multipart that has no header.
    Opening,
    /// A line of a header, of which it is not known what it is.
    HeaderLine,
    /// The rest of a field's line.
    FieldLine,
    /// A body, at the beginning of its first line.
    BodyStart,
    /// A body, or what stands between parts.
    Body,
}

#[derive(Debug)]
struct Mime {
    state: State,
    /// The line is the object's first.
    first: bool,
    /// The beginning of a line, or in a body the line end before it and what may be a boundary.
    held: Field<LINE>,
    header: Header,
    /// The header has been begun as a child, whether it was wanted or not.
    header_begun: bool,
    boundaries: Boundaries,
    body: Body,
    /// Finds lines that may be boundaries.
    finder: Finder<'static>,
    /// Where messages end, where the object is a mailbox; and the message behind the first, where one has begun, and
    /// whether it is wanted.
    mailbox: Mailbox,
    next: Option<bool>,
}

impl Mime {
    fn new() -> Self {
        Self {
            state: State::Start,
            first: true,
            held: Field::EMPTY,
            header: Header::NEW,
            header_begun: false,
            boundaries: Boundaries::NONE,
            body: Body::new(),
            finder: Finder::new(b"\n--"),
            mailbox: Mailbox::NEW,
            next: None,
        }
    }

    /// The first line of a multipart without a header: its first boundary.
    fn opening(&mut self, input: &mut &[u8]) -> Result<(), Fault> {
        let end = memchr::memchr(b'\n', input);
        let (line, rest) = input.split_at_checked(end.map_or(input.len(), |end| end + 1)).unwrap_or((input, &[]));
        if self.held.get().len() + line.len() > LINE {
            // So long a line is none; the object has so many bytes before that is seen, however it is cut.
            return Err(Fault { at: LINE - self.held.get().len() });
        }
        self.held.append(line);
        *input = rest;
        if end.is_some() {
            let mut boundary = Boundary::EMPTY;
            boundary.append(self.held.get().strip_prefix(b"--").ok_or(Fault { at: 0 })?.trim_ascii_end());
            self.held.clear();
            self.boundaries.push(boundary);
            self.begin_header();
        }
        Ok(())
    }

    fn begin_header(&mut self) {
        self.header.clear();
        self.held.clear();
        self.header_begun = false;
        self.state = State::HeaderLine;
    }

    /// Bytes of the header. False when nothing more is wanted.
    fn header_text(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        if !std::mem::replace(&mut self.header_begun, true) {
            self.body.begin_text(b"(header)", out);
        }
        self.header.append(bytes);
        self.body.data(bytes, out)
    }

    /// The beginning of a line of the header. False when nothing more is wanted.
    fn header_line(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let Some((byte, rest)) = input.split_first() else { return true };
        let mut line = header::line(self.held.get(), *byte, self.first);
        if line == Line::More && self.held.get().len() == LINE {
            line = Line::Body;
        }
        match line {
            Line::More => {
                self.held.append(&[*byte]);
                *input = rest;
                true
            }
            Line::Field | Line::Folded => {
                if line == Line::Field {
                    self.header.end_of_field();
                }
                self.first = false;
                self.state = State::FieldLine;
                let held = std::mem::replace(&mut self.held, Field::EMPTY);
                held.get().is_empty() || self.header_text(held.get(), out)
            }
            Line::Empty => {
                *input = rest;
                self.held.clear();
                self.end_of_header(out)
            }
            Line::Body => {
                let held = std::mem::replace(&mut self.held, Field::EMPTY);
                self.end_of_header(out) && self.body_bytes(&mut held.get(), out)
            }
        }
    }

    /// The rest of a line of the header. False when nothing more is wanted.
    fn field_line(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let end = memchr::memchr(b'\n', input);
        let (line, rest) = input.split_at_checked(end.map_or(input.len(), |end| end + 1)).unwrap_or((input, &[]));
        *input = rest;
        if end.is_some() {
            self.state = State::HeaderLine;
        }
        self.header_text(line, out)
    }

    /// What the fields of a header say that is over. False when nothing more is wanted.
    fn fields(&mut self, out: &mut dyn Out) -> bool {
        if self.header.cut {
            out.cut(Cut::Unsupported);
        }
        let fields = self.header.fields.get();
        if fields.is_empty() || !self.body.begin_text(b"(fields)", out) {
            return true;
        }
        let wanted = self.body.data(fields, out);
        self.body.end(true, out) && wanted
    }

    /// The body begins. False when nothing more is wanted.
    fn end_of_header(&mut self, out: &mut dyn Out) -> bool {
        self.header.end_of_field();
        if self.header_begun && !self.body.end(true, out) {
            return false;
        }
        if !self.fields(out) {
            return false;
        }
        self.first = false;
        self.state = State::BodyStart;
        match self.header.boundary.take() {
            // RFC 2045 section 6.4: a multipart is not encoded. One that is becomes a multipart without a header.
            Some(boundary) if self.header.encoding == header::Encoding::Identity => {
                if self.boundaries.push(boundary) {
                    self.body.wait(b"(preamble)");
                } else if self.body.begin_text(self.header.name(), out) {
                    out.cut(Cut::Depth);
                }
            }
            _ => self.body.begin(&self.header, out),
        }
        true
    }

    /// Bytes of a body, up to a boundary. False when nothing more is wanted.
    fn body_bytes(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        while !input.is_empty() && matches!(self.state, State::Body | State::BodyStart) {
            if self.boundaries.len() == 0 {
                self.state = State::Body;
                return self.body.data(std::mem::take(input), out);
            }
            let go_on = if self.state == State::Body && self.held.get().is_empty() {
                self.within_line(input, out)
            } else {
                self.line_start(input, out)
            };
            if !go_on {
                return false;
            }
        }
        true
    }

    /// Passes on what comes before the next line that begins with two hyphens, and holds its beginning.
    fn within_line(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let (text, hold, rest) = if let Some(at) = self.finder.find(input) {
            let line_end = if input.get(..at).is_some_and(|text| text.ends_with(b"\r")) { at - 1 } else { at };
            (line_end, at + 3, at + 3)
        } else {
            // What is at the end may be the beginning of such a line.
            let tail = [&b"\r\n-"[..], b"\n-", b"\r\n", b"\n", b"\r"].into_iter().find(|tail| input.ends_with(tail));
            (input.len() - tail.map_or(0, <[u8]>::len), input.len(), input.len())
        };
        let bytes = *input;
        *input = bytes.get(rest..).unwrap_or(&[]);
        self.held.append(bytes.get(text..hold).unwrap_or(&[]));
        self.body.data(bytes.get(..text).unwrap_or(&[]), out)
    }

    /// Holds a line that begins with two hyphens until it is complete.
    fn line_start(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let Some((byte, rest)) = input.split_first() else { return true };
        let line = self.line();
        match (line, byte) {
            // The line end before the line.
            (None, b'\n') => {}
            (Some(line), b'-') if line.len() < 2 => {}
            (Some(line), b'\n') if line.len() >= 2 => {
                let Some(found) = self.boundaries.find(line) else { return self.no_boundary(out) };
                *input = rest;
                return self.boundary(found, out);
            }
            (Some(line), _) if line.len() >= 2 && self.held.get().len() < LINE => {
                // As many bytes at once as there are.
                let end = memchr::memchr(b'\n', input).unwrap_or(input.len());
                let end = end.min(LINE - self.held.get().len());
                let (bytes, rest) = input.split_at_checked(end).unwrap_or((input, &[]));
                self.held.append(bytes);
                *input = rest;
                return true;
            }
            _ => return self.no_boundary(out),
        }
        self.held.append(&[*byte]);
        *input = rest;
        true
    }

    /// What is held of a line, without the line end before it; nothing if that is not complete.
    fn line(&self) -> Option<&[u8]> {
        let held = self.held.get();
        if self.state == State::BodyStart {
            return Some(held);
        }
        held.strip_prefix(b"\r").unwrap_or(held).strip_prefix(b"\n")
    }

    /// What is held is no boundary, but part of the body. A CR at its end may belong to the next line end.
    fn no_boundary(&mut self, out: &mut dyn Out) -> bool {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        self.state = State::Body;
        match held.get() {
            [text @ .., b'\r'] if !text.is_empty() => {
                self.held.append(b"\r");
                self.body.data(text, out)
            }
            text => self.body.data(text, out),
        }
    }

    /// A boundary line is complete.
    fn boundary(&mut self, found: Found, out: &mut dyn Out) -> bool {
        self.held.clear();
        if !self.body.end(true, out) {
            return false;
        }
        if found.level + 1 < self.boundaries.len() {
            out.cut(Cut::Truncated);
        }
        if found.last {
            self.boundaries.truncate(found.level);
            self.body.wait(b"(epilogue)");
            self.state = State::BodyStart;
        } else {
            self.boundaries.truncate(found.level + 1);
            self.begin_header();
        }
        true
    }
}

impl Mime {
    /// Bytes of the message.
    fn message(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while let Some(byte) = input.first() {
            let go_on = match self.state {
                State::Start => {
                    self.state = if *byte == b'-' { State::Opening } else { State::HeaderLine };
                    true
                }
                State::Opening => {
                    self.opening(&mut input)?;
                    true
                }
                State::HeaderLine => self.header_line(&mut input, out),
                State::FieldLine => self.field_line(&mut input, out),
                State::BodyStart | State::Body => self.body_bytes(&mut input, out),
            };
            if !go_on {
                return Ok(Taken::Enough);
            }
        }
        Ok(Taken::All)
    }

    /// The message is over. Says whether it was complete.
    fn end_message(&mut self, out: &mut dyn Out) -> bool {
        let is_last = self.boundaries.find(self.held.get()).is_some_and(|found| found.last);
        if self.state == State::HeaderLine && is_last {
            let held = std::mem::replace(&mut self.held, Field::EMPTY);
            if self.end_of_header(out) {
                self.body_bytes(&mut held.get(), out);
            }
        }
        let in_body = matches!(self.state, State::BodyStart | State::Body);
        if in_body {
            // The last boundary needs no line end.
            let found = self.line().and_then(|line| self.boundaries.find(line));
            if let Some(found) = found.filter(|found| found.last) {
                self.boundary(found, out);
            } else if !self.line().is_none_or(|line| self.boundaries.may_become(line)) {
                self.no_boundary(out);
            }
        } else if self.state == State::HeaderLine && !matches!(self.held.get(), [] | [b'\r']) {
            // Half a field. A CR would be half the empty line.
            let held = std::mem::replace(&mut self.held, Field::EMPTY);
            self.header_text(held.get(), out);
            self.state = State::FieldLine;
        }
        // RFC 5322 section 3.5: a message without a body needs no empty line behind its header.
        let complete = self.boundaries.len() == 0 && (in_body || self.state == State::HeaderLine);
        if !complete {
            out.cut(Cut::Truncated);
        }
        self.body.end(complete, out);
        if !in_body {
            self.header.end_of_field();
            self.fields(out);
        }
        complete
    }

    /// Bytes of a mailbox, or the end of one of its messages. False when nothing more is wanted.
    fn item(&mut self, item: Item<'_>, out: &mut dyn Out) -> bool {
        match (item, self.next) {
            (Item::Bytes(bytes), None) => matches!(self.message(bytes, out), Ok(Taken::All)),
            (Item::Bytes(bytes), Some(wanted)) => !wanted || out.data(bytes),
            (Item::Next, _) => {
                match self.next {
                    None => {
                        self.end_message(out);
                    }
                    Some(true) => out.end(),
                    Some(false) => {}
                }
                self.next = Some(out.begin(&Child { name: b"" }));
                true
            }
        }
    }
}

impl Decoder for Mime {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        if !self.mailbox.is_one(piece) {
            return self.message(piece, out);
        }
        let mut mailbox = std::mem::replace(&mut self.mailbox, Mailbox::NEW);
        let go_on = mailbox.push(piece, &mut |item| self.item(item, out));
        self.mailbox = mailbox;
        Ok(if go_on { Taken::All } else { Taken::Enough })
    }

    fn open(&mut self, boundary: &[u8]) {
        let mut first = Boundary::EMPTY;
        first.append(boundary);
        self.boundaries.push(first);
        self.body.wait(b"(preamble)");
        (self.first, self.state) = (false, State::BodyStart);
        self.mailbox.refuse();
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let mut mailbox = std::mem::replace(&mut self.mailbox, Mailbox::NEW);
        mailbox.finish(&mut |item| self.item(item, out));
        match self.next {
            None => self.end_message(out),
            Some(wanted) => {
                if wanted {
                    out.end();
                }
                true
            }
        }
    }

    fn reset(&mut self) {
        self.state = State::Start;
        self.first = true;
        self.header_begun = false;
        self.held.clear();
        self.header.clear();
        self.boundaries.truncate(0);
        self.body.clear();
        (self.mailbox, self.next) = (Mailbox::NEW, None);
    }
}
