//! MP4, QuickTime and HEIC (ISO/IEC 14496-12, QuickTime File Format): boxes within each other, of which those with texts
//! are read. At the top are those that the formats have there; anything else is scanned as it stands.

mod boxes;

use self::boxes::{Body, Inside, body, read};
use super::super::cut::Cut;
use super::super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, Guess};
use super::super::metadata::{Held, Sheet, TEXT_ROOM};
use super::super::parts::{be32, begin_rest};
use super::{end_rest, rest};

pub(in super::super) static FORMAT: Format = Format {
    name: "mp4",
    recognise,
    make: || Box::new(Mp4::new()),
    memory: TEXT_ROOM + 512,
    scanned: false,
    carries: false,
};

/// Size and type of a box, and the size where it is longer than 32 bits.
const HEADER: usize = 8;
const LONG: usize = 16;
/// What tells boxes of users from each other, and that of XMP (ISO 16684-3).
const UUID: usize = 16;
const XMP: [u8; UUID] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// Boxes within each other that are gone into.
const DEPTH: usize = 8;

/// The first box says which of these formats it is.
fn recognise(bytes: &[u8]) -> Guess {
    match *bytes {
        [] | [0] | [0, 0] | [0, 0, _] | [0, 0, _, _] => Guess::More,
        [0, 0, high, low, ref kind @ ..] if high > 0 || low >= 8 => match kind.first_chunk() {
            Some(b"ftyp") => Guess::Yes,
            None if b"ftyp".starts_with(kind) => Guess::More,
            _ => Guess::No,
        },
        _ => Guess::No,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    /// The first bytes of a box that has a version in MP4, and none in QuickTime.
    Meta,
    /// What tells a box of users from others; so many bytes with that.
    Uuid(u64),
    Body(Body, u64),
    /// What is no box, wanted or not.
    Rest(bool),
}

#[derive(Debug)]
struct Mp4 {
    state: State,
    field: Field<LONG>,
    /// The boxes that this one lies within, and where they end.
    around: [(Inside, u64); DEPTH],
    depth: usize,
    at: u64,
    /// The last box goes on to the end of the file.
    open: bool,
    held: Held,
    sheet: Sheet,
}

impl Mp4 {
    fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            around: [(Inside::Top, u64::MAX); DEPTH],
            depth: 0,
            at: 0,
            open: false,
            held: Held::with_room(TEXT_ROOM),
            sheet: Sheet::NEW,
        }
    }

    /// What the next box lies within, and where that ends.
    fn inside(&self) -> (Inside, u64) {
        let last = self.depth.checked_sub(1);
        last.and_then(|last| self.around.get(last)).copied().unwrap_or((Inside::Top, u64::MAX))
    }

    /// Goes into a box that ends there. False where that is too deep.
    fn enter(&mut self, inside: Inside, end: u64) -> bool {
        let Some(place) = self.around.get_mut(self.depth) else { return false };
        *place = (inside, end);
        self.depth += 1;
        true
    }

    /// Boxes that are over are left. What is too short for a box at the end of one is passed by.
    fn leave(&mut self) {
        while self.depth > 0 && self.inside().1 <= self.at {
            self.depth -= 1;
        }
        let left = self.inside().1 - self.at;
        if left < HEADER as u64 {
            self.state = State::Body(Body::Pass, left);
        }
    }

    /// A box's header is complete.
    fn header(&mut self, out: &mut dyn Out) -> State {
        let header = self.field;
        let bytes = header.get();
        let size = u64::from(be32(bytes, 0).unwrap_or(0));
        let kind = bytes.get(4..).and_then(|kind| kind.first_chunk::<4>()).copied().unwrap_or_default();
        let size = match bytes.get(HEADER..).and_then(|long| long.first_chunk()) {
            Some(long) => u64::from_be_bytes(*long),
            None => size,
        };
        let length = bytes.len() as u64;
        self.field.clear();
        self.held.clear();
        let (inside, end) = self.inside();
        let room = end.saturating_sub(self.at);
        let body = body(kind, inside);
        let left = match size.checked_sub(length) {
            Some(left) if left <= room => left,
            // It goes on to the end of what it lies within.
            None if size == 0 => {
                self.open = inside == Inside::Top;
                room
            }
            Some(_) => {
                out.cut(Cut::Malformed);
                room
            }
            None => return self.other(bytes, room, out),
        };
        match body {
            Body::Unknown => self.other(bytes, room, out),
            Body::Boxes(inside) if self.enter(inside, self.at.saturating_add(left)) => State::Header,
            Body::Meta if left >= HEADER as u64 && self.enter(Inside::Meta, self.at.saturating_add(left)) => {
                State::Meta
            }
            Body::Uuid if left >= UUID as u64 => State::Uuid(left),
            Body::Xml(_) => self.xml(left, out),
            Body::Text(_) => State::Body(body, left),
            Body::Boxes(_) | Body::Meta | Body::Uuid | Body::Pass => State::Body(Body::Pass, left),
        }
    }

    /// XMP begins.
    fn xml(&mut self, left: u64, out: &mut dyn Out) -> State {
        self.sheet.end(out);
        State::Body(Body::Xml(out.begin(&Child { name: b"(metadata)" })), left)
    }

    /// What is no box: the rest of the file, or of what it lies within.
    fn other(&mut self, bytes: &[u8], room: u64, out: &mut dyn Out) -> State {
        if self.depth > 0 {
            return State::Body(Body::Pass, room);
        }
        self.sheet.end(out);
        State::Rest(begin_rest(bytes, out))
    }

    /// A box is over. False when no more is wanted.
    fn end(&mut self, body: Body, out: &mut dyn Out) -> bool {
        match body {
            Body::Text(text) => read(text, self.held.get(), &mut self.sheet.on(out)),
            Body::Xml(true) => out.end(),
            _ => {}
        }
        true
    }
}

impl Decoder for Mp4 {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            if let State::Body(body, 0) = self.state {
                self.end(body, out);
                self.state = State::Header;
            }
            if self.state == State::Header && self.field.get().is_empty() {
                self.leave();
            }
            if input.is_empty() {
                return Ok(Taken::All);
            }
            let before = input.len();
            let ready = match self.state {
                State::Header => {
                    let is_long = self.field.fill(&mut input, HEADER) && be32(self.field.get(), 0) == Some(1);
                    self.field.fill(&mut input, if is_long { LONG } else { HEADER })
                }
                State::Meta => self.field.fill(&mut input, HEADER),
                State::Uuid(_) => self.field.fill(&mut input, UUID),
                State::Body(body, left) => {
                    let bytes = take(&mut input, left);
                    self.state = State::Body(body, left - bytes.len() as u64);
                    match body {
                        Body::Xml(true) if !out.data(bytes) => return Ok(Taken::Enough),
                        Body::Text(_) => self.held.append(bytes),
                        _ => {}
                    }
                    false
                }
                State::Rest(wanted) => return rest(wanted, input, out),
            };
            self.at = self.at.saturating_add((before - input.len()) as u64);
            if !ready {
                continue;
            }
            self.state = match self.state {
                State::Meta => {
                    let field = self.field;
                    self.field.clear();
                    // In MP4 version and flags come first.
                    let is_box = field.get().get(4..) == Some(b"hdlr");
                    self.field.append(field.get().get(if is_box { 0 } else { 4 }..).unwrap_or(&[]));
                    State::Header
                }
                State::Uuid(left) => {
                    let is_xmp = self.field.get() == XMP;
                    self.field.clear();
                    let left = left - UUID as u64;
                    if is_xmp { self.xml(left, out) } else { State::Body(Body::Pass, left) }
                }
                _ => self.header(out),
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let State::Rest(wanted) = self.state {
            return end_rest(wanted, out);
        }
        let complete = self.open || (self.state == State::Header && self.depth == 0 && self.field.get().is_empty());
        if !complete {
            out.cut(Cut::Truncated);
        }
        if let State::Body(body, _) = self.state {
            self.end(body, out);
        }
        self.sheet.end(out);
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        (self.depth, self.at, self.open) = (0, 0, false);
        self.held.clear();
        self.sheet = Sheet::NEW;
    }
}
