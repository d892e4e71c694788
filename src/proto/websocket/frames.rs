//! The frames of one direction.

use super::anomaly::Anomaly;
use super::header::{Header, MAX_HEADER_BYTES, Opcode};
use super::{Compression, DEFLATE, DEFLATE_FRESH, LAYOUT};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::{Object, Sink};

/// Bytes that are unmasked at a time.
const PIECE_BYTES: usize = 1024;

/// RFC 7692, 7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message."
const TAIL: &[u8] = &[0x00, 0x00, 0xff, 0xff];

/// Where the payload of a frame goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Payload {
    #[default]
    Message,
    Control,
    /// Nowhere.
    Skipped,
}

/// Tags of [`LAYOUT`].
const FIN: u8 = 0;
const MASK: u8 = 1;
const OPCODE: u8 = 2;
const LENGTH: u8 = 3;
const COMPRESSED: u8 = 4;

/// The state of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// Bytes of the frame's payload still to come.
    remaining: u64,
    /// Bytes of the message so far, gaps included.
    length: u64,
    header: [u8; MAX_HEADER_BYTES],
    /// Bytes of the header so far.
    have: u8,
    /// Turned so that the first byte is for the next of the payload.
    mask: [u8; 4],
    /// Mask of the message's first frame, as an event has it.
    first_mask: Option<[u8; 4]>,
    /// Bytes of a control frame's payload so far.
    lines: u64,
    payload: Payload,
    /// The frame ends the message.
    fin: bool,
    /// The kind of the message that is open.
    message: Option<Opcode>,
    compressed: bool,
    compression: Compression,
    direction: Direction,
    raw: bool,
}

impl Frames {
    pub(super) fn new(direction: Direction, compression: Compression) -> Self {
        Self {
            remaining: 0,
            length: 0,
            header: [0; MAX_HEADER_BYTES],
            have: 0,
            mask: [0; 4],
            first_mask: None,
            lines: 0,
            payload: Payload::Message,
            fin: false,
            message: None,
            compressed: false,
            compression,
            direction,
            raw: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.raw {
                sink.raw(rest);
                return;
            }
            let used = if self.remaining > 0 { self.payload(rest, sink) } else { self.header(rest, sink) };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    pub(super) fn gap(&mut self, length: u64, sink: &mut dyn Sink) {
        let inside = length.min(self.remaining);
        if inside > 0 {
            match self.payload {
                Payload::Message => sink.object_gap(0, inside),
                Payload::Control => sink.lines_gap(inside),
                Payload::Skipped => {}
            }
            self.mask.rotate_left(usize::try_from(inside & 3).unwrap_or(0));
            self.advance(inside, sink);
        }
        if length > inside {
            if !self.raw {
                self.give_up(Anomaly::LostSync, sink);
            }
            sink.raw_gap(length - inside);
        }
    }

    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        self.end_message(false, sink);
        self.raw = true;
    }

    /// How messages are compressed that begin from here on.
    pub(super) fn agree(&mut self, compression: Compression) {
        self.compression = compression;
    }

    pub(super) fn lose(&mut self) {
        self.raw = true;
    }

    fn give_up(&mut self, anomaly: Anomaly, sink: &mut dyn Sink) {
        sink.anomaly(anomaly.name());
        self.end_message(false, sink);
        self.raw = true;
    }

    /// Takes bytes of a header; says how many.
    fn header(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let mut used = 0;
        loop {
            let have = usize::from(self.have);
            let size = Header::size(self.header.get(..have).unwrap_or_default());
            if have == size {
                break;
            }
            let Some(&byte) = bytes.get(used) else { return used };
            if let Some(place) = self.header.get_mut(have) {
                *place = byte;
            }
            self.have += 1;
            used += 1;
        }
        let header = Header::of(self.header.get(..usize::from(self.have)).unwrap_or_default());
        self.have = 0;
        if let Some(header) = header {
            self.frame(&header, sink);
        }
        used
    }

    fn frame(&mut self, header: &Header, sink: &mut dyn Sink) {
        match (self.direction, header.mask) {
            (Direction::ToServer, None) => sink.anomaly(Anomaly::Unmasked.name()),
            (Direction::ToClient, Some(_)) => sink.anomaly(Anomaly::Masked.name()),
            _ => {}
        }
        if header.long {
            sink.anomaly(Anomaly::LongLength.name());
        }
        // RFC 6455, 5.2: "the most significant bit MUST be 0"
        if header.length >> 63 != 0 {
            self.give_up(Anomaly::BadLength, sink);
            return;
        }
        let first = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        let meant = if first && self.compression != Compression::None { 0b100 } else { 0 };
        if header.reserved & !meant != 0 {
            sink.anomaly(Anomaly::ReservedBits.name());
        }
        self.mask = header.mask.unwrap_or_default();
        self.remaining = header.length;
        self.payload = if header.opcode.is_control() {
            self.control(header, sink);
            Payload::Control
        } else if header.opcode == Opcode::Reserved {
            sink.anomaly(Anomaly::ReservedOpcode.name());
            Payload::Skipped
        } else {
            self.message(header, meant & header.reserved != 0, sink);
            Payload::Message
        };
        if self.remaining == 0 {
            self.end_frame(sink);
        }
    }

    fn control(&mut self, header: &Header, sink: &mut dyn Sink) {
        if !header.fin || header.length > 125 {
            sink.anomaly(Anomaly::BadControl.name());
        }
        self.lines = 0;
        if header.length > 0 {
            sink.begin_lines(match header.opcode {
                Opcode::Close => "websocket/close",
                Opcode::Ping => "websocket/ping",
                _ => "websocket/pong",
            });
        }
    }

    fn message(&mut self, header: &Header, compressed: bool, sink: &mut dyn Sink) {
        self.fin = header.fin;
        match (header.opcode, self.message) {
            (Opcode::Continuation, Some(_)) => return,
            (Opcode::Continuation, None) => sink.anomaly(Anomaly::NoMessage.name()),
            (_, Some(_)) => {
                sink.anomaly(Anomaly::Interrupted.name());
                self.end_message(false, sink);
                self.fin = header.fin;
            }
            (_, None) => {}
        }
        self.message = Some(header.opcode);
        self.compressed = compressed;
        self.length = 0;
        self.first_mask = header.mask;
        sink.begin_object(
            0,
            &Object {
                label: "websocket",
                media_type: if header.opcode == Opcode::Text { b"text/plain; charset=utf-8" } else { b"" },
                codings: match self.compression {
                    _ if !compressed => b"",
                    Compression::Fresh => DEFLATE_FRESH,
                    _ => DEFLATE,
                },
                length: (header.fin && !compressed).then_some(header.length),
                ..Object::default()
            },
        );
    }

    /// Takes bytes of a payload; says how many.
    fn payload(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let take = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(bytes.len());
        let piece = bytes.get(..take).unwrap_or(bytes);
        if self.mask == [0; 4] {
            self.deliver(piece, sink);
        } else {
            let mut clear = [0; PIECE_BYTES];
            for masked in piece.chunks(PIECE_BYTES) {
                let Some(place) = clear.get_mut(..masked.len()) else { break };
                place.copy_from_slice(masked);
                unmask(place, self.mask);
                self.mask.rotate_left(masked.len() & 3);
                let place: &[u8] = place;
                self.deliver(place, sink);
            }
        }
        self.advance(u64::try_from(take).unwrap_or(u64::MAX), sink);
        take
    }

    fn deliver(&mut self, piece: &[u8], sink: &mut dyn Sink) {
        match self.payload {
            Payload::Message => sink.object(0, piece),
            Payload::Control => {
                sink.lines(self.lines, piece);
                self.lines = self.lines.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            }
            Payload::Skipped => {}
        }
    }

    /// `count` bytes of the payload have passed, at most as many as remain.
    fn advance(&mut self, count: u64, sink: &mut dyn Sink) {
        self.remaining -= count;
        if self.payload == Payload::Message {
            self.length = self.length.saturating_add(count);
        }
        if self.remaining == 0 {
            self.end_frame(sink);
        }
    }

    fn end_frame(&mut self, sink: &mut dyn Sink) {
        if self.payload == Payload::Message && self.fin {
            self.end_message(true, sink);
        }
    }

    fn end_message(&mut self, complete: bool, sink: &mut dyn Sink) {
        let Some(opcode) = self.message.take() else { return };
        if self.compressed && complete {
            sink.object(0, TAIL);
        }
        sink.end_object(0, complete);
        let mut record: Record<64> = Record::default();
        record.flag(FIN, complete);
        if let Some(mask) = self.first_mask {
            record.number(MASK, u64::from(u32::from_be_bytes(mask)));
        }
        record.text(OPCODE, opcode.name().as_bytes());
        record.number(LENGTH, self.length);
        if self.compressed {
            record.flag(COMPRESSED, true);
        }
        sink.record(&LAYOUT, &[record.bytes()]);
        (self.fin, self.compressed) = (false, false);
    }
}

/// RFC 6455, 5.3: "octet i of the transformed data is the XOR of octet i of the original data with octet at index i
/// modulo 4 of the masking key". Eight of them at a time.
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut();
    for place in words {
        *place = (u64::from_ne_bytes(*place) ^ word).to_ne_bytes();
    }
    for (place, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *place ^= key;
    }
}
