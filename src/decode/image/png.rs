//! PNG (ISO/IEC 15948): chunks, of which those with text are handed out.

use super::super::cut::Cut;
use super::super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, begins};
use super::super::metadata::{Held, LATIN, ROOM, texts};
use super::super::parts::be32;
use super::exif;

pub(in super::super) static FORMAT: Format = Format {
    name: "png",
    recognise: |bytes| begins(bytes, SIGNATURE),
    make: || Box::new(Png::new()),
    memory: ROOM + 256,
    scanned: false,
    carries: false,
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Length and type of a chunk.
const HEADER: usize = 8;
const SUM: u64 = 4;
/// Longest keyword with what stands behind it in front of a text: languages and translations are not longer.
const KEYWORD: usize = 512;

/// A chunk with text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// `tEXt`, in Latin-1.
    Plain,
    /// `zTXt`, and `iTXt`: what is in front of the text is not known yet.
    Zlib,
    International,
    /// The text of those, whether it is wanted.
    Text(bool),
    Exif,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Signature,
    Header,
    Body(Chunk, u64),
    Sum { last: bool, left: u64 },
}

#[derive(Debug)]
struct Png {
    state: State,
    field: Field<HEADER>,
    held: Held,
    last: bool,
}

impl Png {
    fn new() -> Self {
        Self { state: State::Signature, field: Field::EMPTY, held: Held::new(), last: false }
    }

    /// A chunk's header is complete. `None` where it is none.
    fn header(&mut self) -> Option<State> {
        let header = self.field.get();
        let length = be32(header, 0)?;
        let kind = header.get(4..)?;
        if length > i32::MAX.unsigned_abs() || !kind.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        self.last = kind == b"IEND";
        let chunk = match kind {
            b"tEXt" => Chunk::Plain,
            b"zTXt" => Chunk::Zlib,
            b"iTXt" => Chunk::International,
            b"eXIf" => Chunk::Exif,
            _ => Chunk::Other,
        };
        self.held.clear();
        self.field.clear();
        Some(State::Body(chunk, u64::from(length)))
    }

    /// Bytes of a chunk. False when no more is wanted.
    fn body(&mut self, chunk: Chunk, left: u64, input: &mut &[u8], out: &mut dyn Out) -> bool {
        let mut left = left;
        let mut chunk = chunk;
        let mut go_on = true;
        if let Chunk::Zlib | Chunk::International = chunk {
            // Byte by byte, since the text begins anywhere.
            while left != 0 && !input.is_empty() && !matches!(chunk, Chunk::Text(_) | Chunk::Other) {
                self.held.append(take(input, 1));
                left -= 1;
                if is_front(chunk, self.held.get()) {
                    chunk = Chunk::Text(out.begin(&Child { name: b"(metadata)" }));
                } else if self.held.get().len() > KEYWORD {
                    chunk = Chunk::Other;
                }
            }
        }
        let bytes = take(input, left);
        left -= bytes.len() as u64;
        match chunk {
            Chunk::Text(true) if !bytes.is_empty() => go_on = out.data(bytes),
            Chunk::Plain | Chunk::Exif => self.held.append(bytes),
            _ => {}
        }
        self.state = State::Body(chunk, left);
        if left == 0 {
            go_on &= self.end(chunk, out);
            self.state = State::Sum { last: self.last, left: SUM };
        }
        go_on
    }

    /// A chunk is over. False when no more is wanted.
    fn end(&mut self, chunk: Chunk, out: &mut dyn Out) -> bool {
        match chunk {
            Chunk::Plain => texts(out, |texts| {
                let mut parts = self.held.get().splitn(2, |byte| *byte == 0);
                texts.line(parts.next().unwrap_or(&[]), Some(LATIN));
                texts.line(parts.next().unwrap_or(&[]), Some(LATIN));
            }),
            Chunk::Exif => texts(out, |texts| exif::read(self.held.get(), texts)),
            Chunk::Text(true) => {
                out.end();
                true
            }
            _ => true,
        }
    }
}

/// Whether that is all that stands in front of a text: keyword and method, or keyword, flag, method, language and
/// translated keyword.
fn is_front(chunk: Chunk, held: &[u8]) -> bool {
    let Some(end) = memchr::memchr(0, held) else { return false };
    let behind = held.get(end + 1..).unwrap_or(&[]);
    if chunk == Chunk::Zlib {
        return behind.len() == 1;
    }
    behind.get(2..).is_some_and(|behind| behind.iter().filter(|byte| **byte == 0).count() == 2)
}

impl Decoder for Png {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.state {
                State::Sum { last: true, left: 0 } => return Ok(Taken::End(Fault::before(piece, input).at)),
                State::Sum { left: 0, .. } => self.state = State::Header,
                _ if input.is_empty() => return Ok(Taken::All),
                State::Signature => {
                    if self.field.fill(&mut input, SIGNATURE.len()) {
                        self.field.clear();
                        self.state = State::Header;
                    }
                }
                State::Header => {
                    if self.field.fill(&mut input, HEADER) {
                        self.state = self.header().ok_or(Fault::before(piece, input))?;
                        // It may be empty.
                        if let State::Body(_, 0) = self.state {
                            self.state = State::Sum { last: self.last, left: SUM };
                        }
                    }
                }
                State::Body(chunk, left) => {
                    if !self.body(chunk, left, &mut input, out) {
                        return Ok(Taken::Enough);
                    }
                }
                State::Sum { last, left } => {
                    let sum = take(&mut input, left);
                    self.state = State::Sum { last, left: left - sum.len() as u64 };
                }
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if let State::Body(chunk, _) = self.state {
            self.end(chunk, out);
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Signature;
        self.field.clear();
        self.held.clear();
        self.last = false;
    }
}
