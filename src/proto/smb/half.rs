//! One direction: from frame to frame (MS-SMB2 section 2.1, RFC 1002 section 4.3.1).

use super::anomaly::Anomaly;
use super::header::{COMPRESSED, ENCRYPTED, SMB1, SMB2};
use super::message::Messages;
use super::talk::Talk;
use super::unpack::Unpacker;
use crate::event::Direction;
use crate::proto::Sink;

/// A message of NetBIOS' session service; others have no content.
const SESSION_MESSAGE: u8 = 0;
const SESSION_OTHERS: std::ops::RangeInclusive<u8> = 0x81..=0x85;

/// Bytes of a frame that are looked at before it is known what it is: its length, and which protocol.
const LENGTH_BYTES: u32 = 4;
const PROTOCOL_BYTES: u32 = 4;

/// What is looked for when it is not known where the next message begins: a length, a protocol, and the size of a header.
const MARK: u128 = u128::from_be_bytes(*b"\0\0\0\0\0\0\0\0\0\0\xFESMB\x40\0");
const MARK_MASK: u128 = u128::from_be_bytes(*b"\0\0\0\0\0\0\xFF\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF");
const MARK_AFTER_LENGTH: u32 = 6;

/// Bytes of an encrypted message before the session's number, and with it (MS-SMB2 section 2.2.41).
const BEFORE_SESSION: usize = 44;
const SESSION_END: usize = 52;

/// A request of SMB1 to negotiate (MS-CIFS section 2.2.4.52).
const SMB1_NEGOTIATE: u8 = 0x72;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Length,
    Protocol,
    Messages,
    /// The header of an encrypted message.
    Encrypted,
    /// A compressed message.
    Compressed,
    /// The command of a message of SMB1.
    Smb1,
    /// The rest of a frame, of no use.
    Rest,
    /// The rest of a frame, scanned as it stands.
    Raw,
    /// It is not known where the next frame begins.
    Lost,
}

/// The state of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    messages: Messages,
    at: At,
    /// Bytes of the frame still to come.
    left: u32,
    small: [u8; SESSION_END],
    have: usize,
    /// The last bytes that were seen while it was lost.
    window: u128,
    direction: Direction,
    pub(super) proven: bool,
    pub(super) mistaken: bool,
}

impl Half {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            messages: Messages::new(direction),
            at: At::Length,
            left: LENGTH_BYTES,
            small: [0; SESSION_END],
            have: 0,
            window: u128::MAX,
            direction,
            proven: false,
            mistaken: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], unpacker: &mut Unpacker, talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.sweep(self.direction, sink);
        unpacker.refill(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.at {
                At::Lost => self.search(rest, talk, sink),
                _ => self.step(rest, unpacker, talk, sink),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Bytes up to where something else begins.
    fn room(&self) -> u32 {
        let have = u32::try_from(self.have).unwrap_or(0);
        match self.at {
            At::Length => LENGTH_BYTES - have,
            At::Protocol => (PROTOCOL_BYTES - have).min(self.left),
            At::Encrypted => u32::try_from(SESSION_END - self.have).unwrap_or(0).min(self.left),
            At::Smb1 => 1,
            _ => self.left,
        }
    }

    fn step(&mut self, bytes: &[u8], unpacker: &mut Unpacker, talk: &mut Talk, sink: &mut dyn Sink) -> usize {
        let room = usize::try_from(self.room()).unwrap_or(usize::MAX).min(bytes.len());
        let piece = bytes.get(..room).unwrap_or(bytes);
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        if self.at != At::Length {
            self.left -= length;
        }
        match self.at {
            At::Length => {
                self.keep(piece);
                if self.have == 4 {
                    self.begin_frame(talk, sink);
                }
            }
            At::Protocol => {
                self.keep(piece);
                if self.have == 4 || self.left == 0 {
                    self.begin_content(unpacker, talk, sink);
                }
            }
            At::Messages => self.messages.push(piece, talk, sink),
            At::Compressed => {
                unpacker.push(piece, &mut self.messages, talk, sink);
                if self.left == 0 {
                    unpacker.end(self.direction, &mut self.messages, talk, sink);
                }
            }
            At::Encrypted => {
                self.keep(piece);
                if self.have == SESSION_END {
                    let session = self.small.get(BEFORE_SESSION..).and_then(|bytes| bytes.first_chunk());
                    talk.encrypted(u64::from_le_bytes(*session.unwrap_or(&[0; 8])), sink);
                    self.at = At::Rest;
                }
            }
            At::Smb1 => {
                self.at = At::Rest;
                if piece != [SMB1_NEGOTIATE] {
                    sink.anomaly(Anomaly::Smb1.name());
                    self.at = At::Raw;
                }
            }
            At::Raw => sink.raw(piece),
            At::Rest | At::Lost => {}
        }
        if self.left == 0 && !matches!(self.at, At::Length | At::Lost) {
            (self.at, self.have) = (At::Length, 0);
        }
        room
    }

    fn keep(&mut self, piece: &[u8]) {
        if let Some(place) = self.small.get_mut(self.have..self.have + piece.len()) {
            place.copy_from_slice(piece);
            self.have += piece.len();
        }
    }

    /// A length is there.
    fn begin_frame(&mut self, talk: &mut Talk, sink: &mut dyn Sink) {
        let [kind, a, b, c, ..] = self.small;
        (self.left, self.have) = (u32::from_be_bytes([0, a, b, c]), 0);
        if kind == SESSION_MESSAGE {
            self.at = At::Protocol;
        } else if SESSION_OTHERS.contains(&kind) {
            self.left &= 0x0001_FFFF;
            self.at = At::Rest;
        } else {
            self.give_up(Anomaly::MalformedData, talk, sink);
        }
    }

    /// The first bytes of a frame are there.
    fn begin_content(&mut self, unpacker: &mut Unpacker, talk: &mut Talk, sink: &mut dyn Sink) {
        let [a, b, c, d, ..] = self.small;
        match [a, b, c, d] {
            SMB2 if self.have == 4 => {
                self.proven = true;
                self.messages.begin(self.left + PROTOCOL_BYTES);
                self.messages.push(&SMB2, talk, sink);
                self.at = At::Messages;
            }
            ENCRYPTED if self.have == 4 => (self.proven, self.at) = (true, At::Encrypted),
            SMB1 if self.have == 4 => (self.proven, self.at) = (true, At::Smb1),
            // One without a header is skipped, as there is nothing behind it.
            COMPRESSED if self.have == 4 && self.left > 0 => {
                unpacker.begin(self.left);
                (self.proven, self.at) = (true, At::Compressed);
            }
            _ => {
                sink.anomaly(Anomaly::MalformedData.name());
                self.mistaken |= !self.proven;
                talk.files.stretches.lose(self.direction);
                let seen = self.small.get(..self.have).unwrap_or(&[]);
                if !seen.is_empty() {
                    sink.raw(seen);
                }
                self.at = At::Raw;
            }
        }
    }

    /// It is not known any more where the next frame begins.
    fn give_up(&mut self, anomaly: Anomaly, talk: &mut Talk, sink: &mut dyn Sink) {
        sink.anomaly(anomaly.name());
        self.mistaken |= !self.proven && anomaly != Anomaly::LostSync;
        talk.files.stretches.lose(self.direction);
        self.messages.end(sink);
        (self.at, self.window) = (At::Lost, u128::MAX);
    }

    /// Looks for the next frame.
    fn search(&mut self, bytes: &[u8], talk: &mut Talk, sink: &mut dyn Sink) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.window = (self.window << 8) | u128::from(*byte);
            if self.window & MARK_MASK != MARK {
                continue;
            }
            let used = at + 1;
            let [.., a, b, c, _, _, _, _, _, _] = self.window.to_be_bytes();
            let length = u32::from_be_bytes([0, a, b, c]);
            if let Some(left) = length.checked_sub(MARK_AFTER_LENGTH) {
                sink.raw(bytes.get(..used).unwrap_or(bytes));
                self.left = left;
                self.messages.begin(length);
                self.messages.push(&SMB2, talk, sink);
                self.messages.push(&[0x40, 0], talk, sink);
                self.at = At::Messages;
                if left == 0 {
                    (self.at, self.have) = (At::Length, 0);
                }
                return used;
            }
        }
        sink.raw(bytes);
        bytes.len()
    }

    pub(super) fn gap(&mut self, length: u64, unpacker: &mut Unpacker, talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.sweep(self.direction, sink);
        let inside = if matches!(self.at, At::Length | At::Lost) { 0 } else { length.min(self.left.into()) };
        let lost = u32::try_from(inside).unwrap_or(u32::MAX);
        if lost > 0 {
            self.left -= lost;
            match self.at {
                At::Messages => self.messages.gap(lost, talk, sink),
                At::Raw => sink.raw_gap(inside),
                At::Compressed => {
                    unpacker.end(self.direction, &mut self.messages, talk, sink);
                    self.at = At::Rest;
                }
                At::Protocol => {
                    // which protocol it was is not known
                    talk.files.stretches.lose(self.direction);
                    sink.raw_gap(inside);
                    self.at = At::Raw;
                }
                _ => self.at = At::Rest,
            }
            if self.left == 0 {
                (self.at, self.have) = (At::Length, 0);
            }
        }
        let outside = length - inside;
        if outside > 0 {
            if self.at == At::Lost {
                self.window = u128::MAX;
            } else {
                self.give_up(Anomaly::LostSync, talk, sink);
            }
            sink.raw_gap(outside);
        }
    }

    pub(super) fn end(&mut self, unpacker: &mut Unpacker, talk: &mut Talk, sink: &mut dyn Sink) {
        if self.at == At::Compressed {
            unpacker.end(self.direction, &mut self.messages, talk, sink);
        }
        self.messages.end(sink);
        talk.files.end(self.direction, sink);
        self.at = At::Lost;
    }
}
