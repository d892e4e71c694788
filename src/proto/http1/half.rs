//! One direction: from message to message, through header sections, bodies and chunks.

use memchr::memchr;

use super::anomaly::{Anomalies, Anomaly};
use super::framing::Body;
use super::head::{Head, MAX_HEADER_BYTES, Progress};
use super::sink::{Part, Sink};
use crate::event::Direction;

/// Longest line that holds a chunk size, extensions and line end included, in bytes. At
/// this point the direction is given up with [`Anomaly::BadChunkSize`].
pub const MAX_CHUNK_LINE_BYTES: u16 = 16 * 1024;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// No message has begun.
    #[default]
    Between,
    Head,
    /// A body of `remaining` bytes.
    Fixed,
    UntilEnd,
    /// The digits of a chunk size; `remaining` is their value so far.
    Size,
    /// Whitespace after a chunk size.
    SizeSpace,
    /// The extensions of a chunk.
    Extension,
    /// Within them, after a CR.
    ExtensionCr,
    /// After the CR of a chunk-size line.
    SizeCr,
    /// A chunk of `remaining` bytes.
    Chunk,
    ChunkEnd,
    ChunkEndCr,
    /// The first byte after the last chunk's size line.
    TrailerStart,
    TrailerStartCr,
    Trailer,
    Raw,
}

/// The state of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Half {
    /// Bytes of the body or chunk still to come, or the chunk size being read.
    remaining: u64,
    /// Bytes of the body so far, gaps included.
    body_offset: u64,
    pub(super) head: Head,
    /// Bytes of the header section, then of the trailer section too.
    header_len: u32,
    /// Bytes of the chunk-size line so far.
    line_len: u16,
    pub(super) anomalies: Anomalies,
    state: State,
    /// A header section is complete and nobody has said yet what follows.
    complete: bool,
    /// The message that is passing is the last one.
    tunnel: bool,
}

impl Half {
    pub(super) fn is_raw(&self) -> bool {
        self.state == State::Raw
    }

    /// True once after each complete header section; [`begin_body`](Self::begin_body) is due.
    pub(super) fn head_complete(&mut self) -> bool {
        std::mem::take(&mut self.complete)
    }

    /// The connection has become a tunnel: raw at once, or after the body that is passing.
    pub(super) fn tunnel(&mut self) {
        match self.state {
            State::Between | State::Head => self.state = State::Raw,
            _ => self.tunnel = true,
        }
    }

    /// Goes on with what follows the header section.
    pub(super) fn begin_body(&mut self, body: Body, sink: &mut impl Sink) {
        self.body_offset = 0;
        self.state = match body {
            Body::None => return self.end_message(),
            Body::Tunnel | Body::Unknown => State::Raw,
            Body::UntilEnd => State::UntilEnd,
            Body::Chunked => State::Size,
            Body::Length(length) => {
                self.remaining = length;
                State::Fixed
            }
        };
        match self.state {
            State::Raw => {}
            State::Size => {
                self.begin_chunk_line();
                sink.begin(Part::Body);
            }
            _ => sink.begin(Part::Body),
        }
    }

    /// Takes some of the bytes (not empty); says how many. Zero only when the state has changed.
    pub(super) fn step(&mut self, direction: Direction, bytes: &[u8], sink: &mut impl Sink) -> usize {
        match self.state {
            State::Between => self.between(direction, bytes, sink),
            State::Head | State::Trailer => self.header(bytes, sink),
            State::Fixed | State::Chunk => self.body(bytes, sink),
            State::UntilEnd => {
                self.deliver(bytes, sink);
                bytes.len()
            }
            State::Raw => {
                sink.raw(bytes);
                bytes.len()
            }
            State::Size | State::SizeSpace | State::SizeCr | State::Extension | State::ExtensionCr => {
                self.chunk_line(bytes)
            }
            State::ChunkEnd | State::ChunkEndCr | State::TrailerStart | State::TrailerStartCr => {
                self.after_line(bytes, sink)
            }
        }
    }

    /// Takes a hole.
    pub(super) fn gap(&mut self, len: u64, sink: &mut impl Sink) {
        let inside = match self.state {
            State::Fixed | State::Chunk => len.min(self.remaining),
            State::UntilEnd => len,
            _ => 0,
        };
        if inside > 0 {
            sink.gap(Part::Body, inside);
            self.advance(inside);
        }
        let outside = len - inside;
        if outside == 0 {
            return;
        }
        match self.state {
            State::Head | State::Trailer => sink.gap(Part::Header, outside),
            _ => sink.raw_gap(outside),
        }
        if self.state != State::Raw {
            self.give_up(Anomaly::LostSync);
        }
    }

    fn give_up(&mut self, anomaly: Anomaly) {
        self.anomalies.insert(anomaly);
        self.state = State::Raw;
    }

    fn end_message(&mut self) {
        self.state = if self.tunnel { State::Raw } else { State::Between };
    }

    /// RFC 9112, 2.2: "a server that is expecting to receive and parse a request-line SHOULD
    /// ignore at least one empty line (CRLF) received prior to the request-line." Any number
    /// is ignored here, and before a status line too.
    fn between(&mut self, direction: Direction, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if let Some(&first) = bytes.get(empty) {
            if Head::begins_with(direction, first) {
                self.head = Head::new(direction);
                self.header_len = 0;
                self.state = State::Head;
                sink.begin(Part::Header);
            } else {
                self.give_up(Anomaly::BadStartLine);
            }
        }
        empty
    }

    fn header(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let room = usize::try_from(MAX_HEADER_BYTES - self.header_len).unwrap_or(usize::MAX);
        if room == 0 {
            self.give_up(Anomaly::HeaderTooLong);
            return 0;
        }
        let (used, progress) = self.head.feed(bytes.get(..room).unwrap_or(bytes), &mut self.anomalies);
        if used > 0 {
            sink.data(Part::Header, u64::from(self.header_len), bytes.get(..used).unwrap_or(bytes));
            self.header_len = self.header_len.saturating_add(u32::try_from(used).unwrap_or(u32::MAX));
        }
        match progress {
            Progress::More => {}
            Progress::Bad => self.give_up(Anomaly::BadStartLine),
            Progress::Complete if self.state == State::Trailer => self.end_message(),
            Progress::Complete => self.complete = true,
        }
        used
    }

    fn body(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let take = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let piece = bytes.get(..take).unwrap_or(bytes);
        self.deliver(piece, sink);
        piece.len()
    }

    fn deliver(&mut self, piece: &[u8], sink: &mut impl Sink) {
        sink.data(Part::Body, self.body_offset, piece);
        self.advance(piece.len() as u64);
    }

    /// `len` bytes of the body have passed, at most as many as remain.
    fn advance(&mut self, len: u64) {
        self.body_offset = self.body_offset.saturating_add(len);
        if self.state == State::UntilEnd {
            return;
        }
        self.remaining = self.remaining.saturating_sub(len);
        if self.remaining == 0 {
            match self.state {
                State::Chunk => self.state = State::ChunkEnd,
                _ => self.end_message(),
            }
        }
    }

    fn begin_chunk_line(&mut self) {
        self.remaining = 0;
        self.line_len = 0;
        self.state = State::Size;
    }

    /// `chunk-size [ chunk-ext ] CRLF` (RFC 9112, 7.1).
    fn chunk_line(&mut self, bytes: &[u8]) -> usize {
        let room = usize::from(MAX_CHUNK_LINE_BYTES - self.line_len);
        let line = bytes.get(..room).unwrap_or(bytes);
        if line.is_empty() {
            self.give_up(Anomaly::BadChunkSize);
            return 0;
        }
        let mut used = 0;
        while let Some(&byte) = line.get(used) {
            match self.state {
                State::Size | State::SizeSpace | State::SizeCr => {
                    if !self.size_byte(byte, self.line_len == 0 && used == 0) {
                        break;
                    }
                    used += 1;
                }
                State::Extension | State::ExtensionCr => {
                    used += self.extension(line.get(used..).unwrap_or_default());
                }
                _ => break,
            }
        }
        self.line_len = self.line_len.saturating_add(u16::try_from(used).unwrap_or(u16::MAX));
        used
    }

    /// RFC 9112, 7.1.1: "A recipient MUST ignore unrecognized chunk extensions."
    fn extension(&mut self, rest: &[u8]) -> usize {
        let end = memchr(b'\n', rest);
        let passed = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let cr = passed.last().map_or(self.state == State::ExtensionCr, |&last| last == b'\r');
        if end.is_none() {
            self.state = if cr { State::ExtensionCr } else { State::Extension };
            return passed.len();
        }
        if !cr {
            self.anomalies.insert(Anomaly::BareLf);
        }
        self.end_chunk_line();
        passed.len() + 1
    }

    /// One byte of a chunk-size line outside extensions, maybe its first; false when it
    /// does not belong there, and the direction has been given up.
    fn size_byte(&mut self, byte: u8, first: bool) -> bool {
        match (byte, self.state) {
            (_, State::Size) if byte.is_ascii_hexdigit() => {
                // RFC 9112, 7.1: "recipients MUST anticipate potentially large hexadecimal
                // numerals and prevent parsing errors due to integer conversion overflows"
                let digit = char::from(byte).to_digit(16).map(u64::from);
                let size = self.remaining.checked_mul(16).zip(digit).and_then(|(high, low)| high.checked_add(low));
                let Some(size) = size else {
                    self.give_up(Anomaly::BadChunkSize);
                    return false;
                };
                self.remaining = size;
            }
            (b' ' | b'\t', State::Size | State::SizeSpace) if !first => self.state = State::SizeSpace,
            (b';', State::Size | State::SizeSpace) if !first => {
                self.anomalies.insert(Anomaly::ChunkExtension);
                self.state = State::Extension;
            }
            (b'\r', State::Size | State::SizeSpace) if !first => self.state = State::SizeCr,
            (b'\n', State::SizeCr) => self.end_chunk_line(),
            (b'\n', State::Size | State::SizeSpace) if !first => {
                self.anomalies.insert(Anomaly::BareLf);
                self.end_chunk_line();
            }
            _ => {
                self.give_up(Anomaly::BadChunkSize);
                return false;
            }
        }
        true
    }

    fn end_chunk_line(&mut self) {
        self.state = if self.remaining == 0 { State::TrailerStart } else { State::Chunk };
    }

    /// The line end after a chunk's data, or the beginning of what follows the last chunk.
    fn after_line(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        if self.state == State::ChunkEnd && bytes.starts_with(b"\r\n") {
            self.begin_chunk_line();
            return 2;
        }
        let Some(&byte) = bytes.first() else { return 0 };
        match (byte, self.state) {
            (b'\r', State::ChunkEnd) => self.state = State::ChunkEndCr,
            (b'\n', State::ChunkEnd) => {
                self.anomalies.insert(Anomaly::BareLf);
                self.begin_chunk_line();
            }
            (b'\n', State::ChunkEndCr) => self.begin_chunk_line(),
            (b'\r', State::TrailerStart) => self.state = State::TrailerStartCr,
            (b'\n', State::TrailerStart) => {
                self.anomalies.insert(Anomaly::BareLf);
                self.end_message();
            }
            (b'\n', State::TrailerStartCr) => self.end_message(),
            (_, State::TrailerStart | State::TrailerStartCr) => {
                self.head = match self.state {
                    State::TrailerStart => Head::trailer(),
                    _ => Head::trailer_in_line(),
                };
                self.state = State::Trailer;
                sink.begin(Part::Header);
                return 0;
            }
            _ => {
                self.give_up(Anomaly::BadChunkEnd);
                return 0;
            }
        }
        1
    }
}
