//! One direction's messages, piece by piece.
//!
//! What a message says is kept until it is there, [`KEPT`] bytes of it; what is read of files and written to them passes.

use super::anomaly::Anomaly;
use super::fields::{le16, le32};
use super::header::{Command, HEADER_BYTES, Header};
use super::talk::{Chain, Talk, Target};
use crate::event::Direction;
use crate::proto::stretches::StretchRef;
use crate::proto::{Object, Sink};

/// Bytes of a message that are read.
pub const KEPT: usize = 1024;

/// Bytes of a WRITE request, and of a READ response, before the data (MS-SMB2 sections 2.2.21, 2.2.20).
const WRITE_BYTES: usize = HEADER_BYTES + 48;
const READ_BYTES: usize = HEADER_BYTES + 16;

/// Paths of what is no part of an object.
const DATA: &str = "smb/data";
const PIPE: &str = "smb/pipe";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// What is kept, up to so many bytes.
    #[default]
    Kept,
    /// What stands before data.
    Pad,
    Data,
    /// The rest of the message, of no use.
    Rest,
    /// The rest of the message, scanned as it stands.
    Raw,
}

/// Where data go that are not seen again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Into {
    File(StretchRef),
    /// An object by itself.
    Own(u32),
    #[default]
    Lines,
}

/// The state of one direction within a chain of messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    bytes: [u8; KEPT],
    have: usize,
    wanted: usize,
    at: At,
    header: Header,
    chain: Chain,
    /// Bytes that are left of all messages, and of this one.
    left: u32,
    left_of_message: u32,
    pad: u32,
    /// Bytes of data to come, those among them that were seen before, and where the others go.
    data: u32,
    again: u32,
    into: Into,
    /// Offset of the next byte that is scanned by itself.
    line: u64,
    label: &'static str,
    /// Where this message ends is not sure.
    is_unclear: bool,
    direction: Direction,
    /// A header was one.
    pub(super) proven: bool,
}

impl Messages {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            bytes: [0; KEPT],
            have: 0,
            wanted: HEADER_BYTES,
            at: At::Kept,
            header: Header::default(),
            chain: Chain::default(),
            left: 0,
            left_of_message: 0,
            pad: 0,
            data: 0,
            again: 0,
            into: Into::Lines,
            line: 0,
            label: DATA,
            is_unclear: false,
            direction,
            proven: false,
        }
    }

    /// A chain of messages of so many bytes begins.
    pub(super) fn begin(&mut self, length: u32) {
        self.left = length;
        self.chain = Chain::default();
        self.begin_message();
    }

    fn begin_message(&mut self) {
        (self.have, self.wanted, self.at) = (0, HEADER_BYTES, At::Kept);
        self.is_unclear = false;
        self.left_of_message = self.left;
    }

    /// Bytes that are still to come.
    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    /// Takes the next bytes, no more than are left.
    pub(super) fn push(&mut self, bytes: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() && self.left > 0 {
            let most = usize::try_from(self.room()).unwrap_or(usize::MAX).min(rest.len());
            let (piece, after) = rest.split_at_checked(most).unwrap_or((rest, &[]));
            rest = after;
            self.piece(piece, talk, sink);
            self.took(u32::try_from(piece.len()).unwrap_or(u32::MAX), talk, sink);
        }
    }

    /// Bytes up to where something else begins.
    fn room(&self) -> u32 {
        let most = match self.at {
            At::Kept => u32::try_from(self.wanted.saturating_sub(self.have)).unwrap_or(0),
            At::Pad => self.pad,
            At::Data if self.again > 0 => self.again,
            At::Data => self.data,
            At::Rest | At::Raw => self.left_of_message,
        };
        most.min(self.left_of_message)
    }

    fn piece(&mut self, piece: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        match self.at {
            At::Kept => {
                if let Some(place) = self.bytes.get_mut(self.have..self.have + piece.len()) {
                    place.copy_from_slice(piece);
                }
                self.have += piece.len();
            }
            At::Pad | At::Rest => {}
            At::Raw => sink.raw(piece),
            At::Data => self.data(piece, talk, sink),
        }
    }

    fn data(&mut self, piece: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        let is_lines = self.again > 0
            || match self.into {
                Into::File(stretch) => !talk.files.stretches.feed(stretch, piece, sink),
                Into::Own(id) => {
                    sink.object(id, piece);
                    false
                }
                Into::Lines => true,
            };
        if is_lines {
            if self.line == 0 {
                sink.begin_lines(self.label);
            }
            sink.lines(self.line, piece);
            self.line = self.line.saturating_add(piece.len() as u64);
        }
    }

    /// So many bytes were taken or lost.
    fn took(&mut self, length: u32, talk: &mut Talk, sink: &mut dyn Sink) {
        self.left -= length;
        self.left_of_message -= length;
        match self.at {
            At::Kept if self.have == self.wanted || self.left_of_message == 0 => self.kept(talk, sink),
            At::Pad => {
                self.pad -= length;
                if self.pad == 0 {
                    self.at = At::Data;
                }
            }
            At::Data => {
                self.data -= length;
                self.again = self.again.saturating_sub(length);
            }
            _ => {}
        }
        if self.at == At::Data && self.data == 0 {
            self.end_data(sink);
            self.at = At::Raw;
        }
        if self.left_of_message == 0 {
            self.end_message(talk, sink);
        }
    }

    fn end_data(&mut self, sink: &mut dyn Sink) {
        if let Into::Own(id) = std::mem::take(&mut self.into) {
            sink.end_object(id, false);
        }
    }

    fn end_message(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        if matches!(self.at, At::Pad | At::Data) || self.is_unclear {
            // the data were to be longer, or shorter
            self.end_data(sink);
            talk.files.stretches.lose(self.direction);
        }
        if self.left > 0 {
            self.begin_message();
        } else {
            self.at = At::Rest;
        }
    }

    /// What was wanted of a message is there, or all that it has.
    fn kept(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        if self.have == HEADER_BYTES && self.wanted == HEADER_BYTES {
            if self.read_header(talk, sink) && self.wanted > self.have && self.left_of_message > 0 {
                return;
            }
        } else if self.have < HEADER_BYTES {
            self.give_up(talk, sink);
            return;
        }
        if self.at == At::Kept {
            self.act(false, talk, sink);
        }
    }

    /// A header is there: what else is wanted of its message?
    fn read_header(&mut self, talk: &mut Talk, sink: &mut dyn Sink) -> bool {
        let Some(header) = Header::of(self.bytes.get(..self.have).unwrap_or(&[])) else {
            self.give_up(talk, sink);
            return false;
        };
        self.header = header;
        self.proven = true;
        let whole = self.left_of_message + u32::try_from(HEADER_BYTES).unwrap_or(0);
        if header.next > 0 {
            // MS-SMB2 3.2.4.1.4: each is aligned to 8 bytes
            if header.next.is_multiple_of(8) && (HEADER_BYTES_U32..whole).contains(&header.next) {
                self.left_of_message = header.next - HEADER_BYTES_U32;
            } else {
                sink.anomaly(Anomaly::MalformedData.name());
                talk.files.stretches.lose(self.direction);
                self.is_unclear = true;
            }
        }
        self.wanted = match (header.command, header.is_response) {
            (Command::Write, false) => WRITE_BYTES,
            (Command::Read, true) if header.succeeded() => READ_BYTES,
            (Command::Other, _) => {
                self.at = At::Raw;
                return false;
            }
            _ => KEPT,
        };
        true
    }

    /// The message is there as far as it is read; `cut`: or what came of it before a hole.
    fn act(&mut self, cut: bool, talk: &mut Talk, sink: &mut dyn Sink) {
        let Self { header, direction, .. } = *self;
        let message = self.bytes.get(..self.have).unwrap_or(&[]);
        self.at = At::Rest;
        let target = match (header.command, header.is_response) {
            (Command::Write, false) => match talk.write(&header, message, &mut self.chain, direction, sink) {
                Some(target) => Some((target, u32::from(le16(message, 66).unwrap_or(0)), WRITE_BYTES)),
                None => return self.give_up(talk, sink),
            },
            (Command::Read, true) if header.succeeded() => match message.get(66).zip(le32(message, 68)) {
                Some((&offset, length)) => {
                    Some((talk.data(&header, length, direction, sink), u32::from(offset), READ_BYTES))
                }
                None => return self.give_up(talk, sink),
            },
            (_, true) => {
                talk.response(&header, message, direction, sink);
                None
            }
            (_, false) => {
                if !talk.request(&header, message, &mut self.chain, direction, sink) && !cut {
                    sink.anomaly(Anomaly::MalformedData.name());
                }
                None
            }
        };
        if let Some((target, offset, before)) = target {
            let length = le32(message, 68).unwrap_or(0);
            self.begin_data(target, offset, before, length, talk, sink);
        }
    }

    /// It is not known what the rest of the message is.
    fn give_up(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        sink.anomaly(Anomaly::MalformedData.name());
        talk.files.stretches.lose(self.direction);
        self.at = At::Raw;
    }

    /// Data of so many bytes stand at `offset`, behind `before` bytes that were read.
    fn begin_data(
        &mut self,
        target: Target,
        offset: u32,
        before: usize,
        length: u32,
        talk: &mut Talk,
        sink: &mut dyn Sink,
    ) {
        if length == 0 {
            self.at = At::Raw;
            return;
        }
        let pad = usize::try_from(offset).ok().and_then(|offset| offset.checked_sub(before));
        let pad = pad.and_then(|pad| u32::try_from(pad).ok());
        let Some(pad) = pad.filter(|pad| *pad < self.left_of_message) else { return self.give_up(talk, sink) };
        if length > self.left_of_message - pad {
            sink.anomaly(Anomaly::MalformedData.name());
        }
        (self.pad, self.data, self.again, self.line) = (pad, length, 0, 0);
        (self.label, self.into) = (DATA, Into::Lines);
        match target {
            Target::File(placement) => {
                self.again = placement.again;
                self.into = placement.stretch.map_or(Into::Lines, Into::File);
            }
            Target::Unknown => {
                let id = talk.files.stretches.number();
                sink.begin_object(id, &Object { label: "smb/file", length: Some(length.into()), ..Object::default() });
                self.into = Into::Own(id);
            }
            Target::Pipe => self.label = PIPE,
        }
        self.at = if pad > 0 { At::Pad } else { At::Data };
    }

    /// The next `length` bytes, no more than are left, were never seen.
    pub(super) fn gap(&mut self, length: u32, talk: &mut Talk, sink: &mut dyn Sink) {
        let mut rest = length.min(self.left);
        while rest > 0 && self.left > 0 {
            if self.at == At::Kept {
                self.lose_kept(talk, sink);
            }
            let lost = self.room().min(rest);
            rest -= lost;
            match self.at {
                At::Data if self.again == 0 => match self.into {
                    Into::File(stretch) => talk.files.stretches.gap(stretch, lost.into(), sink),
                    Into::Own(id) => sink.object_gap(id, lost.into()),
                    Into::Lines => self.lose_line(lost, sink),
                },
                At::Data => self.lose_line(lost, sink),
                At::Raw => sink.raw_gap(lost.into()),
                At::Pad | At::Rest | At::Kept => {}
            }
            self.took(lost, talk, sink);
        }
    }

    fn lose_line(&mut self, lost: u32, sink: &mut dyn Sink) {
        if self.line > 0 {
            sink.lines_gap(lost.into());
            self.line = self.line.saturating_add(lost.into());
        }
    }

    /// Something of what is kept was never seen: what came before has to do.
    fn lose_kept(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.lose(self.direction);
        let is_data =
            matches!((self.header.command, self.header.is_response), (Command::Write, false) | (Command::Read, true));
        if self.have < HEADER_BYTES {
            // and with it, where the next message begins
            self.left_of_message = self.left;
            self.at = At::Raw;
        } else if is_data {
            self.at = At::Raw;
        } else {
            self.act(true, talk, sink);
        }
    }

    /// No more comes: what is open ends.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        self.end_data(sink);
        self.left = 0;
    }
}

/// The same, as lengths of messages are.
const HEADER_BYTES_U32: u32 = 64;
