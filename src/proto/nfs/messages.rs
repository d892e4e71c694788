//! One direction's messages, piece by piece.

use super::anomaly::Anomaly;
use super::files::FileRef;
use super::talk::{Next, Talk};
use crate::event::Direction;
use crate::proto::Sink;
use crate::proto::stretches::StretchRef;

/// Bytes of a message that are read.
pub const KEPT: usize = 1024;

/// The number of a message, and whether it is a call.
const FIRST: usize = 8;

/// Path of what is no part of an object.
const DATA: &str = "nfs/data";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// What is kept, up to so many bytes.
    #[default]
    Kept,
    Data,
    /// The rest of the message, of no use.
    Rest,
    /// The rest of the message, scanned as it stands.
    Raw,
}

/// The state of one direction within a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    bytes: [u8; KEPT],
    have: usize,
    wanted: usize,
    at: At,
    /// Bytes of data to come, those among them that were seen before, and where the others go.
    data: u32,
    again: u32,
    into: Option<StretchRef>,
    /// With them the file has been read to this end.
    last: Option<(FileRef, u64)>,
    /// Offset of the next byte that is scanned by itself.
    line: u64,
    direction: Direction,
}

impl Messages {
    pub(super) const fn new(direction: Direction) -> Self {
        Self {
            bytes: [0; KEPT],
            have: 0,
            wanted: FIRST,
            at: At::Kept,
            data: 0,
            again: 0,
            into: None,
            last: None,
            line: 0,
            direction,
        }
    }

    /// A message begins.
    pub(super) fn begin(&mut self) {
        (self.have, self.wanted, self.at) = (0, FIRST, At::Kept);
    }

    /// Takes its next bytes, all of them.
    pub(super) fn push(&mut self, bytes: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let most = self.room().min(rest.len());
            let (piece, after) = rest.split_at_checked(most).unwrap_or((rest, &[]));
            rest = after;
            match self.at {
                At::Kept => self.keep(piece, talk, sink),
                At::Data => {
                    self.data(piece, talk, sink);
                    self.took(piece.len(), talk, sink);
                }
                At::Rest => {}
                At::Raw => sink.raw(piece),
            }
        }
    }

    /// Bytes up to where something else begins.
    fn room(&self) -> usize {
        match self.at {
            At::Kept => self.wanted.saturating_sub(self.have),
            At::Data if self.again > 0 => usize::try_from(self.again).unwrap_or(usize::MAX),
            At::Data => usize::try_from(self.data).unwrap_or(usize::MAX),
            At::Rest | At::Raw => usize::MAX,
        }
    }

    fn keep(&mut self, piece: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        if let Some(place) = self.bytes.get_mut(self.have..self.have + piece.len()) {
            place.copy_from_slice(piece);
        }
        self.have += piece.len();
        if self.have < self.wanted {
            return;
        }
        match talk.read(self.bytes.get(..self.have).unwrap_or(&[]), self.direction, sink) {
            Next::Need(length) if length <= KEPT => self.wanted = length.max(self.have + 1),
            Next::Need(_) | Next::Malformed => self.give_up(talk, sink),
            Next::Data { length, placement, last } => {
                (self.data, self.again, self.into) = (length, placement.again, placement.stretch);
                (self.last, self.line, self.at) = (last, 0, At::Data);
            }
            Next::Rest => self.at = At::Rest,
            Next::Raw => self.at = At::Raw,
        }
    }

    fn give_up(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        sink.anomaly(Anomaly::MalformedData.name());
        talk.files.stretches.lose(self.direction);
        self.at = At::Raw;
    }

    fn data(&mut self, piece: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        let into = self.into.filter(|_| self.again == 0);
        if into.is_some_and(|stretch| talk.files.stretches.feed(stretch, piece, sink)) {
            return;
        }
        if self.line == 0 {
            sink.begin_lines(DATA);
        }
        sink.lines(self.line, piece);
        self.line = self.line.saturating_add(piece.len() as u64);
    }

    /// So many bytes of data were taken or lost.
    fn took(&mut self, length: usize, talk: &mut Talk, sink: &mut dyn Sink) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.data = self.data.saturating_sub(length);
        self.again = self.again.saturating_sub(length);
        if self.data == 0 {
            self.at = At::Rest;
            if let Some((file, end)) = self.last.take() {
                talk.files.read_up_to(file, self.direction, end, sink);
            }
        }
    }

    /// Its next `length` bytes were never seen.
    pub(super) fn gap(&mut self, length: u32, talk: &mut Talk, sink: &mut dyn Sink) {
        let mut rest = usize::try_from(length).unwrap_or(usize::MAX);
        while rest > 0 {
            let lost = self.room().min(rest);
            rest -= lost;
            match self.at {
                At::Kept => {
                    talk.files.stretches.lose(self.direction);
                    sink.raw_gap(u64::try_from(lost + rest).unwrap_or(u64::MAX));
                    self.at = At::Raw;
                    return;
                }
                At::Data => {
                    let bytes = u64::try_from(lost).unwrap_or(u64::MAX);
                    match self.into.filter(|_| self.again == 0) {
                        Some(stretch) => talk.files.stretches.gap(stretch, bytes, sink),
                        None if self.line > 0 => {
                            sink.lines_gap(bytes);
                            self.line = self.line.saturating_add(bytes);
                        }
                        None => {}
                    }
                    self.took(lost, talk, sink);
                }
                At::Rest => {}
                At::Raw => sink.raw_gap(u64::try_from(lost).unwrap_or(u64::MAX)),
            }
        }
    }

    /// The message is over.
    pub(super) fn end(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        match self.at {
            At::Kept => self.give_up(talk, sink),
            // there were to be more
            At::Data => self.give_up(talk, sink),
            At::Rest | At::Raw => {}
        }
        self.last = None;
        self.begin();
    }
}
