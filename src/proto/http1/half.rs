//! One direction: from message to message, through header sections, bodies and chunks.

use memchr::memchr;

use super::anomaly::{Anomalies, Anomaly};
use super::fields::Meta;
use super::framing::Body;
use super::head::{Head, MAX_HEADER_BYTES, Progress, Store};
use super::object::Description;
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::Sink;

/// Path of header and trailer sections.
const LINES: &str = "http/header";

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
    /// After as much of a body as a faulty length says.
    Doubt,
    /// The digits of a chunk size; `remaining` is their value so far.
    Size,
    /// Whitespace after a chunk size.
    SizeSpace,
    /// The extensions of a chunk.
    Extension,
    /// Within them or what stands in their place, after a CR.
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

/// The state of one direction, whose event has `N` bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half<const N: usize> {
    /// Bytes of the body or chunk still to come, or the chunk size being read.
    remaining: u64,
    /// Bytes of the body so far, gaps included.
    pub(super) body_len: u64,
    pub(super) head: Head,
    /// What the events of its messages say; requests that wait for their response stand one behind the other.
    pub(super) record: Record<N>,
    pub(super) meta: Meta,
    /// Bytes of the header section, then of the trailer section too.
    header_len: u64,
    /// Bytes of them before the trailer section.
    lines_start: u64,
    /// Where in `record` the message that is passing begins.
    pub(super) start: u16,
    /// Bytes of the chunk-size line so far.
    line_len: u16,
    pub(super) anomalies: Anomalies,
    direction: Direction,
    state: State,
    /// A header section is complete and nobody has said yet what follows.
    complete: bool,
    /// A message is complete and nobody has been told.
    over: bool,
    /// The message that is passing is the last one.
    tunnel: bool,
    /// The body may go on behind what its length says.
    doubtful: bool,
    /// An object has begun.
    object: bool,
    /// A header section was complete.
    pub(super) proven: bool,
    /// What seemed to be its first message was none.
    pub(super) mistaken: bool,
    /// A header section has begun whose fields nobody has fetched.
    pub(super) fresh: bool,
}

impl<const N: usize> Half<N> {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            remaining: 0,
            body_len: 0,
            head: Head::new(direction),
            record: Record::default(),
            meta: Meta::default(),
            header_len: 0,
            lines_start: 0,
            start: 0,
            line_len: 0,
            anomalies: Anomalies::default(),
            direction,
            state: State::Between,
            complete: false,
            over: false,
            tunnel: false,
            doubtful: false,
            object: false,
            proven: false,
            mistaken: false,
            fresh: false,
        }
    }

    pub(super) fn is_raw(&self) -> bool {
        self.state == State::Raw
    }

    /// No message is passing.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Between
    }

    /// It became raw in good order, for both sides agreed on it.
    pub(super) fn is_tunnel(&self) -> bool {
        self.tunnel && self.state == State::Raw
    }

    /// A body is passing, and nobody has to be told of anything.
    #[inline]
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state, State::Fixed | State::UntilEnd | State::Chunk)
            && !(self.complete || self.over || self.anomalies.any())
    }

    /// True once after each complete header section; [`begin_body`](Self::begin_body) is due.
    pub(super) fn head_complete(&mut self) -> bool {
        std::mem::take(&mut self.complete)
    }

    /// True once after each complete message.
    pub(super) fn message_over(&mut self) -> bool {
        std::mem::take(&mut self.over)
    }

    /// The connection has become a tunnel: raw at once, or after the body that is passing.
    pub(super) fn tunnel(&mut self) {
        self.tunnel |= self.state != State::Raw;
        if matches!(self.state, State::Between | State::Head) {
            self.state = State::Raw;
        }
    }

    /// Says so if there are codings around what follows the header section that cannot be undone.
    pub(super) fn note_codings(&mut self, body: Body) {
        if body.is_content() && self.meta.has_too_many_codings() {
            self.anomalies.insert(Anomaly::TooManyCodings);
        }
    }

    /// Goes on with what follows the header section.
    pub(super) fn begin_body(&mut self, body: Body, content: Option<&Description>, sink: &mut dyn Sink) {
        let mut length = None;
        self.state = match body {
            Body::None => return self.end_message(),
            Body::Tunnel => {
                self.end_message();
                State::Raw
            }
            Body::Unknown => State::Raw,
            Body::UntilEnd => State::UntilEnd,
            Body::Chunked => State::Size,
            Body::Length(announced) => {
                self.remaining = announced;
                length = Some(announced);
                State::Fixed
            }
            Body::Doubtful(announced) => {
                self.remaining = announced;
                self.doubtful = true;
                if announced == 0 { State::Doubt } else { State::Fixed }
            }
        };
        if self.state == State::Raw {
            return;
        }
        if self.state == State::Size {
            self.begin_chunk_line();
        }
        if let Some(description) = content {
            self.object = true;
            sink.begin_object(0, &description.object(&self.meta, length));
        }
    }

    /// Takes some of the bytes (not empty); says how many. Zero only when the state has changed.
    pub(super) fn step(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        match self.state {
            State::Between => self.between(bytes, sink),
            State::Head | State::Trailer => self.header(bytes, sink),
            State::Fixed | State::Chunk => self.body(bytes, sink),
            State::UntilEnd => {
                self.deliver(bytes, sink);
                bytes.len()
            }
            State::Doubt => {
                self.decide(bytes, sink);
                0
            }
            State::Raw => {
                sink.raw(bytes);
                bytes.len()
            }
            State::Size | State::SizeSpace | State::SizeCr | State::Extension | State::ExtensionCr => {
                self.chunk_line(bytes, sink)
            }
            State::ChunkEnd | State::ChunkEndCr | State::TrailerStart | State::TrailerStartCr => {
                self.after_line(bytes, sink)
            }
        }
    }

    /// Nothing more comes; what goes on until then is complete where the end came in order.
    pub(super) fn end(&mut self, in_order: bool, sink: &mut dyn Sink) {
        if matches!(self.state, State::UntilEnd | State::Doubt) && in_order {
            self.end_object(true, sink);
            self.end_message();
        }
        self.end_object(false, sink);
        self.state = State::Raw;
    }

    /// Takes a hole.
    pub(super) fn gap(&mut self, len: u64, sink: &mut dyn Sink) {
        if self.state == State::Doubt && len > 0 {
            self.state = State::UntilEnd;
        }
        let inside = match self.state {
            State::Fixed if self.doubtful => len,
            State::Fixed | State::Chunk => len.min(self.remaining),
            State::UntilEnd => len,
            _ => 0,
        };
        if inside > 0 {
            sink.object_gap(0, inside);
            self.advance(inside, sink);
        }
        let outside = len - inside;
        if outside == 0 {
            return;
        }
        match self.state {
            State::Head | State::Trailer => sink.lines_gap(outside),
            _ => sink.raw_gap(outside),
        }
        if self.state != State::Raw {
            self.give_up(Anomaly::LostSync, sink);
        }
    }

    fn give_up(&mut self, anomaly: Anomaly, sink: &mut dyn Sink) {
        self.anomalies.insert(anomaly);
        self.mistaken = !self.proven && anomaly == Anomaly::BadStartLine;
        sink.end_lines();
        self.end_object(false, sink);
        self.state = State::Raw;
    }

    fn end_message(&mut self) {
        self.state = if self.tunnel { State::Raw } else { State::Between };
        self.over = true;
    }

    fn end_object(&mut self, complete: bool, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.object) {
            sink.end_object(0, complete);
        }
    }

    /// A message begins: it may have so many bytes of the record.
    fn begin_message(&mut self) {
        self.head = Head::new(self.direction);
        self.meta.clear();
        self.anomalies.clear();
        self.start = u16::try_from(self.record.bytes().len()).unwrap_or(u16::MAX);
        (self.header_len, self.lines_start, self.body_len) = (0, 0, 0);
        (self.fresh, self.doubtful, self.state) = (true, false, State::Head);
    }

    /// `record` gets no longer by the message that is passing. A request that waits leaves room for another.
    pub(super) fn limit(&self) -> usize {
        let reserve = if self.direction == Direction::ToServer { N / 4 } else { 0 };
        usize::from(self.start) + N - reserve
    }

    /// RFC 9112, 2.2: "a server that is expecting to receive and parse a request-line SHOULD
    /// ignore at least one empty line (CRLF) received prior to the request-line." Any number
    /// is ignored here, and before a status line too.
    fn between(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if let Some(&first) = bytes.get(empty) {
            if Head::begins_with(self.direction, first) {
                self.begin_message();
                sink.begin_head(LINES);
            } else {
                self.anomalies.clear();
                self.give_up(Anomaly::BadStartLine, sink);
            }
        }
        empty
    }

    fn header(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let limit = self.limit();
        let Self { head, record, meta, anomalies, .. } = self;
        let mut store = Store { record, limit, meta, anomalies };
        let (used, progress) = head.feed(bytes, &mut store);
        if used > 0 {
            sink.lines(self.header_len - self.lines_start, bytes.get(..used).unwrap_or(bytes));
            self.header_len = self.header_len.saturating_add(used as u64);
            if self.header_len > u64::from(MAX_HEADER_BYTES) {
                self.anomalies.insert(Anomaly::HeaderTooLong);
            }
        }
        if progress == Progress::Complete {
            sink.end_lines();
        }
        match progress {
            Progress::More => {}
            Progress::Bad => self.give_up(Anomaly::BadStartLine, sink),
            Progress::NoProtocol => self.give_up(Anomaly::MissingProtocol, sink),
            Progress::Complete if self.state == State::Trailer => self.end_message(),
            Progress::Complete => {
                self.complete = true;
                self.proven = true;
            }
        }
        used
    }

    fn body(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let take = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let piece = bytes.get(..take).unwrap_or(bytes);
        self.deliver(piece, sink);
        piece.len()
    }

    fn deliver(&mut self, piece: &[u8], sink: &mut dyn Sink) {
        sink.object(0, piece);
        self.advance(piece.len() as u64, sink);
    }

    /// `len` bytes of the body have passed, at most as many as remain.
    fn advance(&mut self, len: u64, sink: &mut dyn Sink) {
        self.body_len = self.body_len.saturating_add(len);
        if self.state == State::UntilEnd {
            return;
        }
        let past = len > self.remaining;
        self.remaining = self.remaining.saturating_sub(len);
        if self.remaining == 0 {
            if self.state == State::Chunk {
                self.state = State::ChunkEnd;
            } else if self.doubtful {
                self.state = if past { State::UntilEnd } else { State::Doubt };
            } else {
                self.end_object(true, sink);
                self.end_message();
            }
        }
    }

    /// The next byte (there is one) says whether the body was as long as its faulty length says.
    fn decide(&mut self, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.first().is_some_and(|&byte| Head::begins_with(self.direction, byte)) {
            self.end_object(true, sink);
            self.end_message();
        } else {
            self.state = State::UntilEnd;
        }
    }

    fn begin_chunk_line(&mut self) {
        self.remaining = 0;
        self.line_len = 0;
        self.state = State::Size;
    }

    /// `chunk-size [ chunk-ext ] CRLF` (RFC 9112, 7.1).
    fn chunk_line(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let room = usize::from(MAX_CHUNK_LINE_BYTES - self.line_len);
        let line = bytes.get(..room).unwrap_or(bytes);
        if line.is_empty() {
            self.give_up(Anomaly::BadChunkSize, sink);
            return 0;
        }
        let mut used = 0;
        while let Some(&byte) = line.get(used) {
            match self.state {
                State::Size | State::SizeSpace | State::SizeCr => {
                    if !self.size_byte(byte, self.line_len == 0 && used == 0, sink) {
                        break;
                    }
                    used += 1;
                }
                State::Extension | State::ExtensionCr => {
                    used += self.extension(line.get(used..).unwrap_or_default(), sink);
                }
                _ => break,
            }
        }
        self.line_len = self.line_len.saturating_add(u16::try_from(used).unwrap_or(u16::MAX));
        used
    }

    /// RFC 9112, 7.1.1: "A recipient MUST ignore unrecognized chunk extensions."
    fn extension(&mut self, rest: &[u8], sink: &mut dyn Sink) -> usize {
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
        self.end_chunk_line(sink);
        passed.len() + 1
    }

    /// One byte of a chunk-size line outside extensions, maybe its first; false when there is
    /// no size, and the direction has been given up.
    fn size_byte(&mut self, byte: u8, first: bool, sink: &mut dyn Sink) -> bool {
        match (byte, self.state) {
            (_, State::Size) if byte.is_ascii_hexdigit() => {
                // RFC 9112, 7.1: "recipients MUST anticipate potentially large hexadecimal
                // numerals and prevent parsing errors due to integer conversion overflows"
                let digit = char::from(byte).to_digit(16).map(u64::from);
                let size = self.remaining.checked_mul(16).zip(digit).and_then(|(high, low)| high.checked_add(low));
                let Some(size) = size else {
                    self.give_up(Anomaly::BadChunkSize, sink);
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
            (b'\n', State::SizeCr) => self.end_chunk_line(sink),
            (b'\n', State::Size | State::SizeSpace) if !first => {
                self.anomalies.insert(Anomaly::BareLf);
                self.end_chunk_line(sink);
            }
            _ if first => {
                self.give_up(Anomaly::BadChunkSize, sink);
                return false;
            }
            // Clients read the digits and go on behind the line.
            _ => {
                self.anomalies.insert(Anomaly::BadChunkSize);
                self.state = if byte == b'\r' { State::ExtensionCr } else { State::Extension };
            }
        }
        true
    }

    fn end_chunk_line(&mut self, sink: &mut dyn Sink) {
        if self.remaining > 0 {
            self.state = State::Chunk;
            return;
        }
        self.end_object(true, sink);
        self.state = State::TrailerStart;
    }

    /// The line end after a chunk's data, or the beginning of what follows the last chunk.
    fn after_line(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
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
            (b'\r', State::ChunkEndCr) => self.anomalies.insert(Anomaly::BadChunkEnd),
            (b'\r', State::TrailerStart) => self.state = State::TrailerStartCr,
            (b'\n', State::TrailerStart) => {
                self.anomalies.insert(Anomaly::BareLf);
                self.end_message();
            }
            (b'\n', State::TrailerStartCr) => self.end_message(),
            (b'\r', State::TrailerStartCr) => self.anomalies.insert(Anomaly::BareCr),
            (_, State::TrailerStart | State::TrailerStartCr) => {
                let truncated = self.head.truncated;
                self.head = match self.state {
                    State::TrailerStart => Head::trailer(self.direction),
                    _ => Head::trailer_in_line(self.direction),
                };
                self.head.truncated = truncated;
                if self.state == State::TrailerStartCr {
                    self.anomalies.insert(Anomaly::BareCr);
                }
                self.state = State::Trailer;
                self.lines_start = self.header_len;
                sink.begin_head(LINES);
                return 0;
            }
            _ => {
                self.give_up(Anomaly::BadChunkEnd, sink);
                return 0;
            }
        }
        1
    }
}
