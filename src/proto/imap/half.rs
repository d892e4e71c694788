//! What both sides have in common: lines, of which beginning and end are kept, and literals.

use super::partial::PIECES;
use crate::proto::text::{Line, Show};
use crate::proto::{Object, Sink};

/// Bytes at the beginning of a line that are read.
pub const MAX_LINE_BYTES: usize = 256;

/// Bytes at the end of a line that are read.
pub const MAX_TAIL_BYTES: usize = 160;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Line,
    /// A literal of which so many bytes are left.
    Literal {
        remaining: u64,
        is: Is,
    },
    Raw,
}

/// What a literal is handed out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Object,
    /// A piece of an object that others go on with.
    Piece,
    Lines,
    Secret,
}

/// One side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Half {
    pub(super) line: Line<MAX_LINE_BYTES>,
    tail: Tail,
    pub(super) mode: Mode,
    /// The line goes on after a literal.
    pub(super) continued: bool,
    /// Bytes of the literal so far.
    seen: u64,
    open: bool,
    lossy: bool,
}

impl Half {
    /// Takes bytes of a line; whether it is complete, and how many.
    pub(super) fn line(
        &mut self,
        bytes: &[u8],
        label: &'static str,
        sink: &mut dyn Sink,
        show: impl FnOnce(&[u8]) -> Show,
    ) -> (bool, usize) {
        let used = self.line.feed(bytes, label, sink, show);
        self.tail.push(bytes.get(..used).unwrap_or(bytes));
        (self.line.is_complete(), used)
    }

    /// The last bytes of the line, without its end.
    pub(super) fn tail(&self) -> Tail {
        self.tail
    }

    /// The next byte begins a line.
    pub(super) const fn next_line(&mut self) {
        self.line.clear();
        self.tail.len = 0;
    }

    /// A literal of that length follows.
    pub(super) fn begin(&mut self, length: u64, is: Is, sink: &mut dyn Sink, object: Option<&Object<'_>>) {
        self.continued = true;
        (self.seen, self.lossy) = (0, false);
        if let Some(object) = object {
            self.open = true;
            sink.begin_object(0, object);
        }
        self.mode = Mode::Literal { remaining: length, is };
        self.advance(0, sink);
    }

    /// Takes bytes of a literal; how many.
    pub(super) fn literal(
        &mut self,
        bytes: &[u8],
        remaining: u64,
        is: Is,
        label: &'static str,
        sink: &mut dyn Sink,
    ) -> usize {
        let piece = bytes.get(..usize::try_from(remaining).unwrap_or(usize::MAX)).unwrap_or(bytes);
        match is {
            Is::Object => sink.object(0, piece),
            Is::Piece => sink.object(PIECES, piece),
            Is::Lines => {
                if self.seen == 0 {
                    sink.begin_lines(label);
                }
                sink.lines(self.seen, piece);
            }
            Is::Secret => {}
        }
        self.advance(piece.len() as u64, sink);
        piece.len()
    }

    /// A hole; `length` of it may lie within a literal. What of it does not.
    pub(super) fn literal_gap(&mut self, length: u64, label: &'static str, sink: &mut dyn Sink) -> u64 {
        let Mode::Literal { remaining, is } = self.mode else { return length };
        let inside = length.min(remaining);
        match is {
            Is::Object => sink.object_gap(0, inside),
            Is::Piece => sink.object_gap(PIECES, inside),
            Is::Lines => {
                if self.seen == 0 {
                    sink.begin_lines(label);
                }
                sink.lines_gap(inside);
            }
            Is::Secret => {}
        }
        self.lossy = true;
        self.advance(inside, sink);
        length.saturating_sub(inside)
    }

    /// A literal that is open does not get to its end.
    pub(super) fn abandon(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            sink.end_object(0, false);
        }
        if self.mode != Mode::Raw {
            self.mode = Mode::Line;
        }
        self.continued = false;
    }

    /// A piece of an object that outlives its literal is passing.
    pub(super) const fn is_within_piece(&self) -> bool {
        matches!(self.mode, Mode::Literal { is: Is::Piece, .. })
    }

    /// Some of the literal has passed.
    pub(super) const fn has_begun(&self) -> bool {
        self.seen > 0
    }

    /// An object has begun and not ended.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    fn advance(&mut self, passed: u64, sink: &mut dyn Sink) {
        let Mode::Literal { remaining, is } = self.mode else { return };
        let remaining = remaining.saturating_sub(passed);
        self.seen = self.seen.saturating_add(passed);
        self.mode = Mode::Literal { remaining, is };
        if remaining == 0 {
            self.mode = Mode::Line;
            if std::mem::take(&mut self.open) {
                sink.end_object(0, !self.lossy);
            }
        }
    }
}

/// The last bytes of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    bytes: [u8; MAX_TAIL_BYTES],
    len: u16,
}

impl Default for Tail {
    fn default() -> Self {
        Self { bytes: [0; MAX_TAIL_BYTES], len: 0 }
    }
}

impl Tail {
    /// Them, without the line end.
    pub(super) fn text(&self) -> &[u8] {
        let text = self.bytes.get(..usize::from(self.len)).unwrap_or(&[]);
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        text.strip_suffix(b"\r").unwrap_or(text)
    }

    fn push(&mut self, bytes: &[u8]) {
        let last = bytes.get(bytes.len().saturating_sub(MAX_TAIL_BYTES)..).unwrap_or(bytes);
        let len = usize::from(self.len);
        let dropped = (len + last.len()).saturating_sub(MAX_TAIL_BYTES);
        self.bytes.copy_within(dropped.min(len)..len, 0);
        let start = len.saturating_sub(dropped);
        if let Some(place) = self.bytes.get_mut(start..start + last.len()) {
            place.copy_from_slice(last);
        }
        self.len = u16::try_from(start + last.len()).unwrap_or(0);
    }
}
