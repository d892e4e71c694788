//! RIFF (Microsoft and IBM, 1991): WebP, WAVE and AVI, of whose chunks those with texts are read.
//!
//! Lists are gone into as if their chunks stood there without them, so there is no nesting; the list of an AVI's pictures
//! and sounds is passed by.

use super::super::cut::Cut;
use super::super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, Guess, begins};
use super::super::image::exif;
use super::super::metadata::{Held, ROOM, Sheet, TEXT_ROOM, Texts, texts};
use super::super::parts::{begin_rest, le32, until_zero};
use super::id3::Frames;

pub(in super::super) static WEBP: Format = Format { name: "webp", recognise: |bytes| is(bytes, b"WEBP"), ..FORMAT };
pub(in super::super) static WAV: Format = Format { name: "wav", recognise: |bytes| is(bytes, b"WAVE"), ..FORMAT };
pub(in super::super) static AVI: Format = Format { name: "avi", recognise: |bytes| is(bytes, b"AVI "), ..FORMAT };

const FORMAT: Format = Format {
    name: "",
    recognise: |_| Guess::No,
    make: || Box::new(Riff::new()),
    memory: ROOM + TEXT_ROOM + 512,
    scanned: false,
    carries: false,
};

/// Identifier, length and kind; identifier and length of a chunk.
const HEADER: usize = 12;
const CHUNK: usize = 8;
/// Fields of text of a broadcast wave (EBU Tech 3285): description, originator, its reference; what follows are dates and
/// numbers, and behind them how the sound was coded.
const BROADCAST: [usize; 3] = [256, 32, 32];
const BROADCAST_HISTORY: usize = 602;

fn is(bytes: &[u8], kind: &[u8]) -> Guess {
    match begins(bytes, b"RIFF") {
        Guess::Yes => begins(bytes.get(CHUNK..).unwrap_or(&[]), kind),
        guess => guess,
    }
}

/// What a chunk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// One text.
    Text,
    Exif,
    /// Tags as MP3 has them.
    Id3,
    Broadcast,
    /// XML; wanted or not.
    Xml(bool),
    Other,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Chunk,
    /// What a list is of, and how much of it is behind that.
    List(u64),
    Body(Chunk, u64),
    /// What is no chunk, wanted or not.
    Rest(bool),
}

#[derive(Debug)]
struct Riff {
    state: State,
    field: Field<HEADER>,
    /// Bytes of the file still to come; none are counted where its length is not said.
    left: Option<u64>,
    /// The length of the chunk is odd, and a byte is behind it.
    padded: bool,
    /// In a list of texts.
    info: bool,
    held: Held,
    /// Texts of a list.
    sheet: Sheet,
    frames: Frames,
}

impl Riff {
    fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            left: None,
            padded: false,
            info: false,
            held: Held::new(),
            sheet: Sheet::NEW,
            frames: Frames::new(),
        }
    }

    /// A chunk's header is complete.
    fn chunk(&mut self, out: &mut dyn Out) -> State {
        let header = self.field;
        let (id, length) = header.get().split_at_checked(4).unwrap_or((&[], &[]));
        let length = u64::from(le32(length, 0).unwrap_or(0));
        if !id.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            self.sheet.end(out);
            return State::Rest(begin_rest(header.get(), out));
        }
        self.field.clear();
        self.held.clear();
        self.padded = length % 2 == 1;
        let chunk = match id {
            b"LIST" if length >= 4 => return State::List(length - 4),
            [b'I', ..] if self.info => Chunk::Text,
            // The name of a stream, and when it was made.
            b"strn" | b"IDIT" => Chunk::Text,
            b"EXIF" => Chunk::Exif,
            b"id3 " | b"ID3 " => Chunk::Id3,
            b"bext" => Chunk::Broadcast,
            b"XMP " | b"_PMX" | b"iXML" | b"axml" | b"aXML" => Chunk::Xml(false),
            _ => Chunk::Other,
        };
        if chunk != Chunk::Text {
            self.sheet.end(out);
        }
        let is_xml = chunk == Chunk::Xml(false);
        State::Body(if is_xml { Chunk::Xml(out.begin(&Child { name: b"(metadata)" })) } else { chunk }, length)
    }

    /// A list's kind is known.
    fn list(&mut self, left: u64, out: &mut dyn Out) -> State {
        let kind = self.field;
        self.field.clear();
        self.info = kind.get() == b"INFO";
        if kind.get() == b"movi" {
            self.sheet.end(out);
            return State::Body(Chunk::Other, left);
        }
        // Its chunks say themselves where they are padded.
        self.padded = false;
        State::Chunk
    }

    /// The file is over, wherever that is.
    fn close(&mut self, out: &mut dyn Out) {
        match self.state {
            State::Body(chunk, _) => {
                self.end(chunk, out);
            }
            State::Rest(true) => out.end(),
            _ => {}
        }
        self.sheet.end(out);
    }

    /// A chunk is over. False when no more is wanted.
    fn end(&mut self, chunk: Chunk, out: &mut dyn Out) -> bool {
        let held = self.held.get();
        match chunk {
            Chunk::Text => {
                self.sheet.on(out).plain(until_zero(held));
                true
            }
            Chunk::Exif => texts(out, |texts| exif::read(held.strip_prefix(b"Exif\0\0").unwrap_or(held), texts)),
            Chunk::Id3 => self.frames.end(out),
            Chunk::Broadcast => texts(out, |texts| broadcast(held, texts)),
            Chunk::Xml(true) => {
                out.end();
                true
            }
            Chunk::Xml(false) | Chunk::Other => true,
        }
    }
}

/// Texts of a broadcast wave.
fn broadcast(chunk: &[u8], texts: &mut Texts<'_>) {
    let mut rest = chunk;
    for length in BROADCAST {
        let (field, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        texts.plain(until_zero(field));
        rest = behind;
    }
    texts.plain(until_zero(chunk.get(BROADCAST_HISTORY..).unwrap_or(&[])));
}

impl Decoder for Riff {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut whole = piece;
        loop {
            if let State::Body(chunk, 0) = self.state {
                if !self.end(chunk, out) {
                    return Ok(Taken::Enough);
                }
                self.state = if std::mem::take(&mut self.padded) { State::Body(Chunk::Other, 1) } else { State::Chunk };
                continue;
            }
            if self.left == Some(0) {
                // A chunk may say that it is longer than the file.
                self.close(out);
                return Ok(Taken::End(Fault::before(piece, whole).at));
            }
            // Of the file.
            let mut input = take(&mut { whole }, self.left.unwrap_or(u64::MAX));
            if input.is_empty() {
                return Ok(Taken::All);
            }
            let before = input.len();
            match self.state {
                State::Header => {
                    if self.field.fill(&mut input, HEADER) {
                        // What is written to a pipe does not say how long it is.
                        let length = le32(self.field.get(), 4).filter(|length| !matches!(*length, 0 | u32::MAX));
                        self.field.clear();
                        self.state = State::Chunk;
                        whole = whole.get(before - input.len()..).unwrap_or(&[]);
                        self.left = length.map(|length| u64::from(length.saturating_sub(4)));
                        continue;
                    }
                }
                State::Chunk => {
                    if self.field.fill(&mut input, CHUNK) {
                        self.state = self.chunk(out);
                    }
                }
                State::List(left) => {
                    if self.field.fill(&mut input, 4) {
                        self.state = self.list(left, out);
                    }
                }
                State::Body(chunk, left) => {
                    let bytes = take(&mut input, left);
                    self.state = State::Body(chunk, left - bytes.len() as u64);
                    match chunk {
                        Chunk::Xml(true) if !out.data(bytes) => return Ok(Taken::Enough),
                        Chunk::Id3 if !self.frames.push(bytes, out) => return Ok(Taken::Enough),
                        Chunk::Id3 => {}
                        Chunk::Xml(_) | Chunk::Other => {}
                        _ => self.held.append(bytes),
                    }
                }
                State::Rest(_) => {}
            }
            if let State::Rest(wanted) = self.state {
                let rest = std::mem::take(&mut input);
                if !wanted || (!rest.is_empty() && !out.data(rest)) {
                    return Ok(Taken::Enough);
                }
            }
            let taken = before - input.len();
            whole = whole.get(taken..).unwrap_or(&[]);
            self.left = self.left.map(|left| left.saturating_sub(taken as u64));
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let complete = self.left.is_none() && self.state == State::Chunk && self.field.get().is_empty();
        if !complete && !matches!(self.state, State::Rest(_)) {
            out.cut(Cut::Truncated);
        }
        self.close(out);
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        (self.left, self.padded, self.info) = (None, false, false);
        self.held.clear();
        self.sheet = Sheet::NEW;
        self.frames.clear();
    }
}
