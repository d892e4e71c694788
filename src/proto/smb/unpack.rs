//! Compressed messages (MS-SMB2 section 2.2.42): what comes out of them goes on as a message.

use super::anomaly::Anomaly;
use super::fields::{le16, le32};
use super::message::Messages;
use super::talk::Talk;
use crate::decode::{Child, Cut, Lz77, Lznt1, Lznt1Step, Out};
use crate::event::Direction;
use crate::proto::Sink;

/// Bytes of the header behind the protocol's name, and of the headers of parts after the first.
const HEADER_BYTES: usize = 12;
const PART_BYTES: usize = 8;

/// Of the header: parts follow one another.
const CHAINED: u16 = 1;

/// Most that a message may become, bytes: the largest read or write of Windows, and room for all headers.
const MAX_BYTES: u32 = (8 << 20) + (64 << 10);

/// Most that comes out of one packet, bytes: its length times this, and this beyond it. Some patterns and chunks of some
/// bytes each may stand for far more, which a worker has no time for.
const MAX_RATIO: u32 = 1000;
const ALLOWANCE: u32 = 1 << 20;

/// Algorithms (MS-SMB2 section 2.2.3.1.3).
const NONE: u16 = 0;
const LZNT1: u16 = 1;
const LZ77: u16 = 2;
const PATTERN: u16 = 4;

/// Bytes of a repeated one that go on at a time.
const REPEATED: usize = 512;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Bytes that say what follows, up to so many.
    Header(usize),
    /// The length of what comes out of a part, which is said elsewhere too.
    PartLength,
    /// A byte, and how often.
    Pattern,
    Plain,
    Packed,
    /// The rest of the message, which cannot be read.
    #[default]
    Rest,
}

/// What undoes one algorithm at a time: it has 8 KiB for that.
#[derive(Debug)]
enum Codec {
    Lznt1(Lznt1<[u8; 4096]>),
    Lz77(Lz77),
}

impl Codec {
    /// Another piece of a message, or a part of it, begins. False: nobody knows that algorithm.
    fn begin(&mut self, algorithm: u16) -> bool {
        match (algorithm, &mut *self) {
            (LZNT1, Self::Lznt1(lznt1)) => lznt1.reset(),
            (LZ77, Self::Lz77(lz77)) => lz77.reset(),
            (LZNT1, _) => *self = Self::Lznt1(Lznt1::inline()),
            (LZ77, _) => *self = Self::Lz77(Lz77::new()),
            _ => return false,
        }
        true
    }

    /// Its next bytes, which may be the last. False where they are wrong, or become more than there is room for.
    fn push(&mut self, bytes: &[u8], is_last: bool, out: &mut dyn Out) -> bool {
        match self {
            Self::Lznt1(lznt1) => {
                let is_right = matches!(lznt1.push(bytes, out), Ok(Lznt1Step::More | Lznt1Step::Done(_)));
                if is_right && is_last {
                    lznt1.finish(out);
                }
                is_right
            }
            Self::Lz77(lz77) => lz77.push(bytes, out) == Ok(true),
        }
    }
}

/// Undoes the compression of one message at a time.
#[derive(Debug)]
pub(super) struct Unpacker {
    codec: Codec,
    at: At,
    small: [u8; HEADER_BYTES],
    have: usize,
    /// Bytes of the message, and of its part that is under way, to come.
    left: u32,
    left_of_part: u32,
    /// What may still come out of this packet.
    budget: u32,
    /// What comes behind what is not packed.
    then: Option<u16>,
    is_chained: bool,
    /// A message has begun and not ended.
    under_way: bool,
}

/// What comes out goes to the messages, as much as they have room for, and as is left of the packet's budget.
struct Unpacked<'a> {
    budget: &'a mut u32,
    messages: &'a mut Messages,
    talk: &'a mut Talk,
    sink: &'a mut dyn Sink,
}

impl Out for Unpacked<'_> {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        let room = usize::try_from(self.messages.left().min(*self.budget)).unwrap_or(usize::MAX);
        let piece = bytes.get(..room).unwrap_or(bytes);
        *self.budget = self.budget.saturating_sub(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        self.messages.push(piece, self.talk, self.sink);
        piece.len() == bytes.len()
    }

    fn end(&mut self) {}

    fn cut(&mut self, _: Cut) {}
}

impl Unpacker {
    pub(super) const fn new() -> Self {
        Self {
            codec: Codec::Lznt1(Lznt1::inline()),
            at: At::Rest,
            small: [0; HEADER_BYTES],
            have: 0,
            left: 0,
            left_of_part: 0,
            budget: 0,
            then: None,
            is_chained: false,
            under_way: false,
        }
    }

    /// A message of so many bytes begins, behind the protocol's name.
    pub(super) fn begin(&mut self, length: u32) {
        self.under_way = true;
        (self.at, self.have, self.left) = (At::Header(HEADER_BYTES), 0, length);
    }

    /// A packet of so many bytes has come.
    pub(super) fn refill(&mut self, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.budget = length.saturating_mul(MAX_RATIO).saturating_add(ALLOWANCE);
    }

    /// Takes the message's next bytes.
    pub(super) fn push(&mut self, bytes: &[u8], messages: &mut Messages, talk: &mut Talk, sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let most = match self.at {
                At::Header(wanted) => wanted.saturating_sub(self.have),
                At::PartLength => 4_usize.saturating_sub(self.have),
                At::Pattern => PART_BYTES.saturating_sub(self.have),
                At::Plain | At::Packed => usize::try_from(self.left_of_part).unwrap_or(usize::MAX),
                At::Rest => rest.len(),
            };
            let (piece, after) = rest.split_at_checked(most).unwrap_or((rest, &[]));
            rest = after;
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            self.left = self.left.saturating_sub(length);
            match self.at {
                At::Header(wanted) => {
                    if self.keep(piece, wanted) {
                        self.header(wanted == HEADER_BYTES, messages, sink);
                    }
                }
                At::PartLength => {
                    if self.keep(piece, 4) {
                        self.at = At::Packed;
                        self.took(4, sink);
                    }
                }
                At::Pattern => {
                    if self.keep(piece, PART_BYTES) {
                        self.repeat(messages, talk, sink);
                        self.took(8, sink);
                    }
                }
                At::Plain => {
                    if !(Unpacked { budget: &mut self.budget, messages, talk, sink }).data(piece) {
                        self.over(sink);
                    }
                    self.took(length, sink);
                }
                At::Packed => {
                    let is_last = self.left_of_part == length;
                    let budget = &mut self.budget;
                    if !self.codec.push(piece, is_last, &mut Unpacked { budget, messages, talk, sink }) {
                        self.over(sink);
                    }
                    self.took(length, sink);
                }
                At::Rest => {}
            }
        }
    }

    fn keep(&mut self, piece: &[u8], wanted: usize) -> bool {
        if let Some(place) = self.small.get_mut(self.have..self.have + piece.len()) {
            place.copy_from_slice(piece);
        }
        self.have += piece.len();
        self.have == wanted
    }

    /// A header is there: of the message, or of a part.
    fn header(&mut self, is_first: bool, messages: &mut Messages, sink: &mut dyn Sink) {
        let at = if is_first { 4 } else { 0 };
        let field = |at: usize| le32(&self.small, at).unwrap_or(0);
        let (size, length) = (field(0), field(at + 4));
        let algorithm = le16(&self.small, at).unwrap_or(0);
        let flags = le16(&self.small, at + 2).unwrap_or(0);
        self.have = 0;
        if is_first {
            self.is_chained = flags == CHAINED;
            let total = if self.is_chained { Some(size) } else { size.checked_add(length) };
            let Some(total) = total.filter(|total| *total <= MAX_BYTES) else {
                return self.fail(Anomaly::BadCompression, sink);
            };
            messages.begin(total);
            if !self.is_chained {
                (self.at, self.left_of_part, self.then) = (At::Plain, length, Some(algorithm));
                return self.took(0, sink);
            }
        }
        self.begin_part(algorithm, length, sink);
    }

    fn begin_part(&mut self, algorithm: u16, length: u32, sink: &mut dyn Sink) {
        self.left_of_part = length;
        if length > self.left {
            return self.fail(Anomaly::BadCompression, sink);
        }
        match algorithm {
            NONE => self.at = At::Plain,
            PATTERN => self.at = At::Pattern,
            _ if self.codec.begin(algorithm) => {
                self.at = if self.is_chained { At::PartLength } else { At::Packed };
            }
            _ => return self.fail(Anomaly::Compressed, sink),
        }
        let least = match self.at {
            At::PartLength => 4,
            At::Pattern => 8,
            _ => 0,
        };
        if length < least || (self.at == At::Pattern && length != least) {
            return self.fail(Anomaly::BadCompression, sink);
        }
        self.took(0, sink);
    }

    /// So many bytes of a part were taken.
    fn took(&mut self, length: u32, sink: &mut dyn Sink) {
        self.left_of_part = self.left_of_part.saturating_sub(length);
        if self.left_of_part > 0 || self.at == At::Rest {
            return;
        }
        if let Some(algorithm) = self.then.take() {
            return self.begin_part(algorithm, self.left, sink);
        }
        (self.at, self.have) = (if self.is_chained { At::Header(PART_BYTES) } else { At::Rest }, 0);
    }

    fn repeat(&mut self, messages: &mut Messages, talk: &mut Talk, sink: &mut dyn Sink) {
        let [byte, _, _, _, a, b, c, d, ..] = self.small;
        let mut count = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let bytes = [byte; REPEATED];
        while count > 0 {
            let piece = bytes.get(..count).unwrap_or(&bytes);
            count -= piece.len();
            if !(Unpacked { budget: &mut self.budget, messages, talk, sink }).data(piece) {
                return self.over(sink);
            }
        }
    }

    /// No more can be taken of what comes out: it is too much for a packet, for the message, or no such thing.
    fn over(&mut self, sink: &mut dyn Sink) {
        self.fail(if self.budget == 0 { Anomaly::CompressionLimit } else { Anomaly::BadCompression }, sink);
    }

    fn fail(&mut self, anomaly: Anomaly, sink: &mut dyn Sink) {
        sink.anomaly(anomaly.name());
        (self.at, self.then) = (At::Rest, None);
    }

    /// The message is over, or what follows of it was never seen.
    pub(super) fn end(&mut self, direction: Direction, messages: &mut Messages, talk: &mut Talk, sink: &mut dyn Sink) {
        let is_short = matches!(self.at, At::Header(HEADER_BYTES)) || messages.left() > 0;
        if std::mem::take(&mut self.under_way) && is_short {
            talk.files.stretches.lose(direction);
        }
        messages.gap(messages.left(), talk, sink);
        self.at = At::Rest;
    }
}
