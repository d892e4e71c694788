//! Ogg (RFC 3533): pages of packets, of which those with comments are read: of Vorbis, Opus (RFC 7845), Theora and FLAC.

use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, begins};
use super::super::metadata::{Held, ROOM, texts};
use super::super::parts::{begin_rest, le32};
use super::{end_rest, flac, rest, vorbis};

pub(in super::super) static FORMAT: Format = Format {
    name: "ogg",
    // The version is 0.
    recognise: |bytes| begins(bytes, b"OggS\0"),
    make: || Box::new(Ogg::new()),
    memory: ROOM + 512,
    scanned: false,
    carries: false,
};

/// What pages begin with.
const CAPTURE: &[u8] = b"OggS";
/// A page's header, and the longest list of lengths behind it.
const HEADER: usize = 27;
const SEGMENTS: usize = 255;
/// By so many bytes packets are told from each other.
const FRONT: usize = 8;
/// A packet with comments begins so; behind that they come.
const FRONTS: [&[u8]; 3] = [b"\x03vorbis", b"OpusTags", b"\x81theora"];
/// The first packet of FLAC.
const FLAC: &[u8] = b"\x7fFLAC";

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Lengths(usize),
    /// The segment of that number, of which so much is still to come.
    Segment(usize, u64),
    /// What is no page, wanted or not.
    Rest(bool),
}

/// What becomes of the packet that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packet {
    Unknown,
    /// It has comments behind so many bytes.
    Comments(usize),
    Other,
}

#[derive(Debug)]
struct Ogg {
    state: State,
    header: Field<HEADER>,
    lengths: Field<SEGMENTS>,
    held: Held,
    packet: Packet,
    /// The stream whose packet goes on with its next page; that of FLAC.
    open: Option<u32>,
    flac: Option<u32>,
}

impl Ogg {
    fn new() -> Self {
        Self {
            state: State::Header,
            header: Field::EMPTY,
            lengths: Field::EMPTY,
            held: Held::new(),
            packet: Packet::Other,
            open: None,
            flac: None,
        }
    }

    /// The stream that a page is of (section 6).
    fn stream(&self) -> u32 {
        le32(self.header.get(), 14).unwrap_or(0)
    }

    /// A page begins: its first packet may be the rest of one.
    fn page(&mut self) {
        let goes_on = self.header.get().get(5).is_some_and(|flags| flags & 1 != 0);
        match self.open {
            Some(open) if open == self.stream() => {
                if !goes_on {
                    self.begin();
                }
                self.open = None;
            }
            // Another stream's packet is awaited: this page is passed by.
            Some(_) => {}
            None if goes_on => self.packet = Packet::Other,
            None => self.begin(),
        }
    }

    fn begin(&mut self) {
        self.packet = Packet::Unknown;
        self.held.clear();
    }

    /// What the packet is, by its first bytes.
    fn tell(&mut self) {
        let (held, stream) = (self.held.get(), self.stream());
        let comments = FRONTS.iter().find(|front| held.starts_with(front)).map(|front| front.len());
        let is_block = self.flac == Some(stream) && held.first().is_some_and(|kind| kind & 0x7f == flac::COMMENTS);
        if held.starts_with(FLAC) {
            self.flac = Some(stream);
        }
        self.packet = match comments.or_else(|| is_block.then_some(4)) {
            Some(front) => Packet::Comments(front),
            None => Packet::Other,
        };
    }

    /// Bytes of a segment.
    fn segment(&mut self, bytes: &[u8]) {
        if self.open.is_some() {
            return;
        }
        let mut rest = bytes;
        if self.packet == Packet::Unknown {
            let missing = FRONT.saturating_sub(self.held.get().len()) as u64;
            self.held.append(take(&mut rest, missing));
            if self.held.get().len() >= FRONT {
                self.tell();
            }
        }
        if matches!(self.packet, Packet::Comments(_)) {
            self.held.append(rest);
        }
    }

    /// A packet is over. False when no more is wanted.
    fn end(&mut self, out: &mut dyn Out) -> bool {
        if self.open.is_some() {
            return true;
        }
        let go_on = match self.packet {
            Packet::Comments(front) => {
                texts(out, |texts| vorbis::read(self.held.get().get(front..).unwrap_or(&[]), texts))
            }
            _ => true,
        };
        self.begin();
        go_on
    }
}

impl Decoder for Ogg {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.state {
                State::Segment(number, 0) => {
                    let lengths = self.lengths.get();
                    let is_end =
                        number.checked_sub(1).and_then(|last| lengths.get(last)).is_some_and(|last| *last < 255);
                    if is_end && !self.end(out) {
                        return Ok(Taken::Enough);
                    }
                    self.state = match self.lengths.get().get(number) {
                        Some(length) => State::Segment(number + 1, u64::from(*length)),
                        None => {
                            if !is_end && number != 0 && self.open.is_none() {
                                self.open = Some(self.stream());
                            }
                            self.header.clear();
                            self.lengths.clear();
                            State::Header
                        }
                    };
                    // An empty segment ends its packet.
                    continue;
                }
                _ if input.is_empty() => return Ok(Taken::All),
                State::Header => {
                    if let Some(expected) = CAPTURE.get(self.header.get().len()) {
                        if input.first() == Some(expected) {
                            self.header.append(take(&mut input, 1));
                        } else {
                            self.state = State::Rest(begin_rest(self.header.get(), out));
                        }
                    } else if self.header.fill(&mut input, HEADER) {
                        self.page();
                        let count = self.header.get().last().map_or(0, |count| usize::from(*count));
                        self.state = if count == 0 { State::Segment(0, 0) } else { State::Lengths(count) };
                    }
                }
                State::Lengths(count) => {
                    if self.lengths.fill(&mut input, count) {
                        self.state = State::Segment(0, 0);
                    }
                }
                State::Segment(number, left) => {
                    let bytes = take(&mut input, left);
                    self.segment(bytes);
                    self.state = State::Segment(number, left - bytes.len() as u64);
                }
                State::Rest(wanted) => return rest(wanted, input, out),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let State::Rest(wanted) = self.state {
            return end_rest(wanted, out);
        }
        let complete = self.state == State::Header && self.header.get().is_empty();
        if !complete {
            out.cut(Cut::Truncated);
        }
        self.open = None;
        self.end(out);
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.header.clear();
        self.lengths.clear();
        self.held.clear();
        (self.packet, self.open, self.flac) = (Packet::Other, None, None);
    }
}
