//! Files within text: uuencode, in its old form and that with base64 (POSIX.1-2017), and yEnc.
//!
//! Any line of a text may begin a file, and a text may have several. Children come in the order in which they stand there:
//! files by their names, and the text around them as `(text)`, from its first character that is no white space. A `begin`
//! line counts only when the next is one of a file too, since people begin lines with that word. A line that is none of a
//! file ends it as [`Cut::Malformed`], and is text. [`Embedded`] is also how mail is read, whose bodies have carried files
//! so since before there was MIME.

mod uu;
mod yenc;

use memchr::memmem::Finder;

use self::yenc::{Step, Verdict, Yenc};
use super::base64::Base64;
use super::charset::Charset;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess, PROBE};
use super::tree::MEDIA_TYPE;

pub(super) static UUENCODE: Format = Format {
    name: "uuencode",
    recognise: |bytes| recognise(bytes, |line| uu::opening(line).map(|(_, is_base64)| is_base64)),
    make: || Box::new(Embedded::new()),
    memory: 6 << 10,
    scanned: false,
    carries: true,
};

pub(super) static YENC: Format = Format {
    name: "yenc",
    recognise: |bytes| recognise(bytes, |line| yenc::opening(line).map(|_| false)),
    make: || Box::new(Embedded::new()),
    memory: 6 << 10,
    scanned: false,
    carries: true,
};

/// Longest line that begins a file, longest line of one, and room for both.
const OPENING: usize = 768;
const LINE: usize = 256;
const HELD: usize = OPENING + LINE;
/// Longest name of the text around files.
const NAME: usize = 512;
/// Room for what is undone at a time.
const ROOM: usize = 2048;
/// How a line that begins a file begins.
const OPENINGS: [&[u8]; 3] = [b"begin ", b"begin-base64 ", b"=ybegin "];

/// A text whose first lines have one that begins a file.
fn recognise(bytes: &[u8], opening: fn(&[u8]) -> Option<bool>) -> Guess {
    if memchr::memchr(0, bytes).is_some() {
        return Guess::No;
    }
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next().filter(|line| line.ends_with(b"\n")) {
        let Some(is_base64) = opening(line) else { continue };
        let next = lines.peek().copied().unwrap_or(&[]);
        let is_yenc = line.starts_with(b"=y");
        if is_yenc || (next.ends_with(b"\n") && is_line(next, is_base64)) {
            return Guess::Yes;
        }
        // The next line is not all there.
        if bytes.len() >= PROBE && !next.ends_with(b"\n") && !next.is_empty() && uu::may_be_line(next, is_base64) {
            return Guess::Yes;
        }
    }
    if bytes.len() < PROBE { Guess::More } else { Guess::No }
}

/// Whether a whole line is one of a file, or its end.
fn is_line(line: &[u8], is_base64: bool) -> bool {
    line.len() <= LINE && (uu::may_be_line(line, is_base64) || is_end(line, is_base64))
}

fn is_end(line: &[u8], is_base64: bool) -> bool {
    line.trim_ascii_end() == last_line(is_base64)
}

const fn last_line(is_base64: bool) -> &'static [u8] {
    if is_base64 { b"====" } else { b"end" }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The start of a line that may begin a file.
    Start,
    /// The rest of a line.
    Text,
    /// The line behind one of so many bytes that begins a file, if this is one of its lines.
    Second(usize),
    /// A line of a file; whether it is base64.
    Line(bool),
    /// Bytes of yEnc.
    Yenc,
    /// A line of yEnc that begins with `=y`.
    Control,
}

/// The child that is open, and whether it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Text(bool),
    File(bool),
}

/// Takes a text apart. As a [`Decoder`], all text is `(text)`.
#[derive(Debug)]
pub(super) struct Embedded {
    state: State,
    open: Open,
    /// What the text before the first file is called, where it is an object of its own, even without a byte.
    name: Option<Field<NAME>>,
    /// What that text is written in, where that is said.
    charset: Option<Charset>,
    /// Its media type, where that is said.
    media_type: Field<MEDIA_TYPE>,
    held: Field<HELD>,
    base64: Base64,
    yenc: Yenc,
    room: [u8; ROOM],
    finders: [Finder<'static>; 2],
}

impl Embedded {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            open: Open::Nothing,
            name: None,
            charset: None,
            media_type: Field::EMPTY,
            held: Field::EMPTY,
            base64: Base64::NEW,
            yenc: Yenc::new(),
            room: [0; ROOM],
            finders: [Finder::new(b"\nbegin"), Finder::new(b"\n=ybegin ")],
        }
    }

    pub(super) const fn clear(&mut self) {
        (self.state, self.open, self.name, self.charset) = (State::Start, Open::Nothing, None, None);
        self.media_type.clear();
        self.held.clear();
    }

    /// A text of this name begins, in that charset, which is said to be of that type.
    pub(super) fn begin(&mut self, name: &[u8], charset: Option<Charset>, media_type: &[u8]) {
        self.clear();
        self.charset = charset;
        self.media_type.append(media_type);
        let mut kept = Field::EMPTY;
        kept.append(name);
        self.name = Some(kept);
    }

    /// The text's next bytes. False when no more are wanted of the whole object.
    pub(super) fn push_text(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut input = bytes;
        while !input.is_empty() {
            let go_on = match self.state {
                State::Text => self.within_line(&mut input, out),
                State::Start => self.line_start(&mut input, out),
                State::Second(first) => match self.hold_line(&mut input, first + LINE) {
                    None => true,
                    Some(_) => self.second(first, out),
                },
                State::Line(is_base64) => match self.hold_line(&mut input, LINE) {
                    None => true,
                    Some(_) => self.file_line(is_base64, false, out),
                },
                State::Yenc => self.yenc_bytes(&mut input, out),
                State::Control => match self.hold_line(&mut input, HELD) {
                    None => true,
                    Some(_) => self.control(out),
                },
            };
            if !go_on {
                return false;
            }
        }
        true
    }

    /// The text is over; `complete` unless it goes on where nobody sees it. Says whether more is wanted of the whole
    /// object, and whether the last file in it was whole.
    pub(super) fn end_text(&mut self, complete: bool, out: &mut dyn Out) -> (bool, bool) {
        let go_on = match self.state {
            State::Start | State::Second(_) if !self.held.get().is_empty() => self.flush(out),
            State::Line(is_base64) if !self.held.get().is_empty() => {
                let is_last = complete && is_end(self.held.get(), is_base64);
                self.file_line(is_base64, !is_last, out)
            }
            State::Control if complete => self.control(out),
            _ => true,
        };
        let whole = !matches!(self.open, Open::File(_));
        if !whole {
            out.cut(Cut::Truncated);
        }
        if go_on && self.open == Open::Nothing && self.name.is_some() {
            self.begin_text(out);
        }
        self.close(out);
        self.clear();
        (go_on, whole)
    }

    fn close(&mut self, out: &mut dyn Out) {
        if matches!(std::mem::replace(&mut self.open, Open::Nothing), Open::Text(true) | Open::File(true)) {
            out.end();
        }
    }

    fn begin_text(&mut self, out: &mut dyn Out) -> bool {
        let wanted = match self.name.take() {
            Some(name) => {
                let wanted = out.begin(&Child { name: name.get() });
                out.claim(self.media_type.get());
                if let Some(charset) = self.charset.filter(|_| wanted) {
                    out.declare(charset);
                }
                wanted
            }
            None => out.begin_text(&Child { name: b"(text)" }),
        };
        self.open = Open::Text(wanted);
        wanted
    }

    fn begin_file(&mut self, name: &[u8], out: &mut dyn Out) {
        self.close(out);
        // Behind a file there is no text of the first one's name any more.
        self.name = None;
        self.open = Open::File(out.begin(&Child { name }));
    }

    /// Hands out text. False when no more is wanted.
    fn text(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut bytes = bytes;
        if self.open == Open::Nothing {
            if self.name.is_none() {
                bytes = bytes.trim_ascii_start();
            }
            if bytes.is_empty() {
                return true;
            }
            self.begin_text(out);
        }
        self.open != Open::Text(true) || out.data(bytes)
    }

    /// What is held is text.
    fn flush(&mut self, out: &mut dyn Out) -> bool {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        self.text(held.get(), out)
    }

    /// Passes on what comes before the next line that may begin a file.
    fn within_line(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let found = self.finders.iter().filter_map(|finder| finder.find(input)).min();
        let found = found.or_else(|| {
            // The beginning of one may be all that there is yet.
            let last = memchr::memrchr(b'\n', input)?;
            let tail = input.get(last + 1..)?;
            OPENINGS.iter().any(|opening| opening.starts_with(tail)).then_some(last)
        });
        let end = found.map_or(input.len(), |at| at + 1);
        let (text, rest) = input.split_at_checked(end).unwrap_or((input, &[]));
        *input = rest;
        if found.is_some() {
            self.state = State::Start;
        }
        self.text(text, out)
    }

    /// Holds the start of a line as long as it may begin a file, and all of it when it does.
    fn line_start(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        if OPENINGS.iter().any(|opening| self.held.get().starts_with(opening)) {
            return match self.hold_line(input, OPENING) {
                None => true,
                Some(true) => self.opening(out),
                Some(false) => {
                    self.state = State::Text;
                    self.flush(out)
                }
            };
        }
        let Some((byte, rest)) = input.split_first() else { return true };
        let length = self.held.get().len();
        let fits = |opening: &&[u8]| opening.starts_with(self.held.get()) && opening.get(length) == Some(byte);
        if OPENINGS.iter().any(fits) {
            self.held.append(&[*byte]);
            *input = rest;
            return true;
        }
        self.state = State::Text;
        // An empty line, or a short one: the next may begin a file.
        if *byte == b'\n' {
            self.held.append(b"\n");
            *input = rest;
            self.state = State::Start;
        }
        self.flush(out)
    }

    /// Holds a line until its end: true when it is there, false when it is longer than `most` bytes.
    fn hold_line(&mut self, input: &mut &[u8], most: usize) -> Option<bool> {
        let room = most.saturating_sub(self.held.get().len());
        let end = memchr::memchr(b'\n', input);
        let count = end.map_or(input.len(), |end| end + 1);
        let fits = count <= room;
        let (line, rest) = input.split_at_checked(count.min(room)).unwrap_or((input, &[]));
        self.held.append(line);
        *input = rest;
        match (end, fits) {
            (Some(_), true) => Some(true),
            (None, true) if count < room => None,
            _ => Some(false),
        }
    }

    /// A line is complete that may begin a file. False when no more is wanted.
    fn opening(&mut self, out: &mut dyn Out) -> bool {
        let held = self.held;
        if let Some(opening) = yenc::opening(held.get()) {
            self.held.clear();
            self.begin_file(opening.name, out);
            self.yenc.begin(opening);
            self.state = State::Yenc;
        } else if uu::opening(held.get()).is_some() {
            self.state = State::Second(held.get().len());
        } else {
            self.state = State::Start;
            return self.flush(out);
        }
        true
    }

    /// The line behind one of `first` bytes that begins a file is complete, or too long.
    fn second(&mut self, first: usize, out: &mut dyn Out) -> bool {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        let (opening, line) = held.get().split_at_checked(first).unwrap_or_default();
        self.held.append(line);
        match uu::opening(opening) {
            Some((name, is_base64)) if line.ends_with(b"\n") && is_line(line, is_base64) => {
                self.begin_file(name, out);
                self.base64 = Base64::NEW;
                self.file_line(is_base64, false, out)
            }
            _ => {
                self.state = State::Start;
                self.text(opening, out) && self.again(out)
            }
        }
    }

    /// What is held is a line, which may begin a file, or the start of one that is too long to.
    fn again(&mut self, out: &mut dyn Out) -> bool {
        let line = self.held.get();
        if !line.ends_with(b"\n") {
            self.state = State::Text;
            return self.flush(out);
        }
        self.opening(out)
    }

    /// A line within a file is complete, or too long, or `cut`.
    fn file_line(&mut self, is_base64: bool, cut: bool, out: &mut dyn Out) -> bool {
        self.state = State::Line(is_base64);
        let held = self.held;
        let line = held.get().trim_ascii_end();
        if is_end(line, is_base64) && !cut {
            self.held.clear();
            let written = self.base64.finish(&mut self.room);
            let go_on = !is_base64 || self.put(written, out);
            self.close(out);
            self.state = State::Start;
            return go_on;
        }
        if cut && last_line(is_base64).starts_with(line) {
            self.held.clear();
            return true;
        }
        let written = if !cut && !held.get().ends_with(b"\n") {
            None
        } else if is_base64 {
            let mut digits = line;
            uu::may_be_line(line, true).then(|| self.base64.push(&mut digits, &mut self.room))
        } else {
            let mut bytes = [0; uu::MOST];
            uu::undo(line, cut, &mut bytes).inspect(|_| {
                if let Some(place) = self.room.first_chunk_mut() {
                    *place = bytes;
                }
            })
        };
        if let Some(written) = written {
            self.held.clear();
            return self.put(written, out);
        }
        out.cut(Cut::Malformed);
        self.close(out);
        self.state = State::Start;
        self.again(out)
    }

    /// Hands out the first bytes of the room.
    fn put(&self, written: usize, out: &mut dyn Out) -> bool {
        let bytes = self.room.get(..written).unwrap_or(&[]);
        bytes.is_empty() || self.open != Open::File(true) || out.data(bytes)
    }

    fn yenc_bytes(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        match self.yenc.push(input, &mut self.room) {
            Step::Bytes(written) => self.put(written, out),
            Step::Control => {
                self.held.append(b"=y");
                self.state = State::Control;
                true
            }
        }
    }

    /// A line of yEnc is complete that begins with `=y`, or is too long.
    fn control(&mut self, out: &mut dyn Out) -> bool {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        self.state = State::Yenc;
        if held.get().starts_with(b"=ybegin ") && yenc::opening(held.get()).is_some() {
            out.cut(Cut::Truncated);
            self.held = held;
            return self.opening(out);
        }
        if let Some(verdict) = self.yenc.control(held.get()) {
            match verdict {
                Verdict::Whole => {}
                Verdict::Part => out.cut(Cut::Truncated),
                Verdict::Wrong => out.cut(Cut::Checksum),
            }
            self.close(out);
            self.state = State::Start;
        }
        true
    }
}

impl Decoder for Embedded {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        Ok(if self.push_text(piece, out) { Taken::All } else { Taken::Enough })
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        self.end_text(true, out).1
    }

    fn reset(&mut self) {
        self.clear();
    }
}
