//! One direction: from frame to frame.

use super::anomaly::Anomaly;
use super::block::{Block, Collector};
use super::frame::{Frame, HEADER_BYTES, Kind, MAX_FRAME_BYTES};
use super::hpack::Hpack;
use super::layout::{LAYOUT, setting, tag};
use super::streams::Streams;
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::Sink;
use crate::proto::http1::fields::{Meta, meta};
use crate::proto::http1::object::{ContentRange, Description};

/// What a client begins with (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Path of header blocks.
const LINES: &str = "http/header";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    Preface,
    #[default]
    Header,
    /// How much padding there is.
    Pad,
    /// So many bytes of numbers.
    Fixed(u8),
    Content,
    /// The rest of a frame, of no use.
    Rest,
    Raw,
}

/// The state of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    hpack: Hpack,
    meta: Meta,
    block: Block,
    settings: Record<320>,
    frame: Frame,
    /// Bytes of the frame still to come, padding included.
    remaining: u32,
    pad: u32,
    /// Bytes of the preface, of a frame's header or of numbers.
    small: [u8; HEADER_BYTES],
    have: u8,
    at: At,
    /// A header block has begun and not ended.
    in_block: bool,
    /// The stream whose frames it comes in.
    frame_stream: u32,
    /// Some of it is missing.
    block_lost: bool,
    direction: Direction,
    /// It began as it must.
    pub(super) proven: bool,
    pub(super) mistaken: bool,
}

impl Half {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            hpack: Hpack::new(),
            meta: Meta::default(),
            block: Block::default(),
            settings: Record::default(),
            frame: Frame::default(),
            remaining: 0,
            pad: 0,
            small: [0; HEADER_BYTES],
            have: 0,
            at: if direction == Direction::ToServer { At::Preface } else { At::Header },
            in_block: false,
            frame_stream: 0,
            block_lost: false,
            direction,
            proven: false,
            mistaken: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], streams: &mut Streams, sink: &mut dyn Sink) {
        streams.sweep(self.direction, sink);
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.at {
                At::Raw => {
                    sink.raw(rest);
                    return;
                }
                At::Preface => self.preface(rest, streams, sink),
                At::Header => self.header(rest, streams, sink),
                At::Pad | At::Fixed(_) | At::Content | At::Rest => self.payload(rest, streams, sink),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    pub(super) fn gap(&mut self, length: u64, streams: &mut Streams, sink: &mut dyn Sink) {
        let inside = match self.at {
            At::Pad | At::Fixed(_) | At::Content | At::Rest => length.min(u64::from(self.remaining)),
            At::Preface | At::Header | At::Raw => 0,
        };
        let inside = u32::try_from(inside).unwrap_or(u32::MAX);
        if inside > 0 {
            self.gap_inside(inside, streams, sink);
        }
        let outside = length - u64::from(inside);
        if outside > 0 {
            if self.at != At::Raw {
                self.give_up(Anomaly::LostSync, streams, sink);
            }
            sink.raw_gap(outside);
        }
    }

    /// Bytes of a frame were never seen.
    fn gap_inside(&mut self, length: u32, streams: &mut Streams, sink: &mut dyn Sink) {
        match self.frame.kind {
            Kind::Data => {
                if self.at == At::Pad {
                    // how much of what follows is padding was in the gap
                    self.pad = 0;
                }
                let counts = self.at == At::Pad;
                let content = length.saturating_sub(u32::from(counts)).min(self.remaining.saturating_sub(self.pad));
                let stream = streams.get(self.frame.stream);
                let side = stream.map(|stream| stream.side_mut(self.direction)).filter(|side| side.object);
                if let Some(side) = side.filter(|_| content > 0) {
                    side.length = side.length.saturating_add(u64::from(content));
                    sink.object_gap(self.frame.stream, u64::from(content));
                }
                self.at = At::Content;
            }
            _ if self.frame.is_block() => {
                self.lose_block();
                if self.in_block {
                    sink.lines_gap(u64::from(length));
                }
                self.at = At::Content;
            }
            _ => self.at = At::Rest,
        }
        self.remaining -= length;
        self.pad = self.pad.min(self.remaining);
        self.advance(streams, sink);
    }

    pub(super) fn end(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        streams.end(self.direction, sink);
        self.at = At::Raw;
    }

    fn give_up(&mut self, anomaly: Anomaly, streams: &mut Streams, sink: &mut dyn Sink) {
        sink.anomaly(anomaly.name());
        self.mistaken = !self.proven && anomaly != Anomaly::LostSync;
        self.end(streams, sink);
    }

    fn preface(&mut self, bytes: &[u8], streams: &mut Streams, sink: &mut dyn Sink) -> usize {
        let expected = PREFACE.get(usize::from(self.have)..).unwrap_or_default();
        let same = expected.iter().zip(bytes).take_while(|(expected, byte)| expected == byte).count();
        self.have += u8::try_from(same).unwrap_or(0);
        if same == expected.len() {
            (self.at, self.have) = (At::Header, 0);
        } else if same < bytes.len() {
            self.give_up(Anomaly::BadPreface, streams, sink);
        }
        same
    }

    fn header(&mut self, bytes: &[u8], streams: &mut Streams, sink: &mut dyn Sink) -> usize {
        let used = self.collect(bytes, HEADER_BYTES);
        if usize::from(self.have) < HEADER_BYTES {
            return used;
        }
        self.have = 0;
        self.begin_frame(Frame::of(self.small), streams, sink);
        used
    }

    /// Fills `small` up to so many bytes; says how many were taken.
    fn collect(&mut self, bytes: &[u8], size: usize) -> usize {
        let place = self.small.get_mut(usize::from(self.have)..size).unwrap_or_default();
        let used = place.len().min(bytes.len());
        for (place, byte) in place.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.have += u8::try_from(used).unwrap_or(0);
        used
    }

    fn begin_frame(&mut self, frame: Frame, streams: &mut Streams, sink: &mut dyn Sink) {
        // RFC 9113, 3.4: "The server connection preface consists of a potentially empty SETTINGS frame that MUST be the
        // first frame", and the client's preface "MUST be followed by a SETTINGS frame"
        if !self.proven && (frame.kind != Kind::Settings || frame.stream != 0 || !frame.length_fits()) {
            self.give_up(Anomaly::BadPreface, streams, sink);
            return;
        }
        self.proven = true;
        if frame.length > MAX_FRAME_BYTES {
            self.give_up(Anomaly::BadFrameLength, streams, sink);
            return;
        }
        (self.frame, self.remaining, self.pad) = (frame, frame.length, 0);
        let goes_on = frame.kind == Kind::Continuation && frame.stream == self.frame_of_block();
        let stray = frame.kind == Kind::Continuation && !goes_on;
        if self.in_block != goes_on || stray || !frame.stream_fits() {
            // the block that was open, or this one, is not seen as a whole
            sink.anomaly(Anomaly::BadFrameHeader.name());
            if self.in_block {
                self.block_lost = true;
                self.end_block(streams, sink);
            }
            if stray || !frame.stream_fits() {
                if frame.is_block() {
                    self.hpack.lose();
                }
                return self.skip(streams, sink);
            }
        }
        if !frame.length_fits() {
            sink.anomaly(Anomaly::BadFrameLength.name());
            return self.skip(streams, sink);
        }
        match frame.kind {
            Kind::Headers => self.begin_block(frame.stream, self.direction == Direction::ToServer, streams, sink),
            Kind::Settings => self.settings.clear(),
            _ => {}
        }
        self.at = if frame.is_padded() { At::Pad } else { self.after_pad() };
        self.check_room(streams, sink);
    }

    /// The stream whose frames the block that is open came in.
    fn frame_of_block(&self) -> u32 {
        if self.in_block { self.frame_stream } else { 0 }
    }

    /// What the payload begins with, or goes on with after the length of its padding.
    fn after_pad(&self) -> At {
        match self.frame.kind {
            Kind::Headers if self.frame.has_priority() => At::Fixed(5),
            Kind::Promise | Kind::Reset => At::Fixed(4),
            Kind::GoAway => At::Fixed(8),
            Kind::Settings => At::Fixed(6),
            Kind::Priority | Kind::Ping | Kind::WindowUpdate => At::Rest,
            _ => At::Content,
        }
    }

    /// The frame has the bytes that its numbers need; it is skipped if not. An empty one ends.
    fn check_room(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        let need = match self.at {
            At::Pad => 1,
            At::Fixed(need) if self.frame.kind != Kind::Settings => u32::from(need),
            _ => 0,
        };
        if self.remaining - self.pad < need {
            sink.anomaly(Anomaly::BadFrameData.name());
            self.lose_block();
            self.at = At::Rest;
        }
        self.advance(streams, sink);
    }

    fn skip(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        self.frame.kind = Kind::Ping;
        self.at = At::Rest;
        self.advance(streams, sink);
    }

    /// Takes bytes of a payload; says how many.
    fn payload(&mut self, bytes: &[u8], streams: &mut Streams, sink: &mut dyn Sink) -> usize {
        let used = match self.at {
            At::Pad => self.pad_length(bytes, sink),
            At::Fixed(need) => {
                let used = self.collect(bytes, usize::from(need));
                self.remaining -= u32::try_from(used).unwrap_or(0);
                if self.have == need {
                    self.have = 0;
                    self.numbers(streams, sink);
                }
                used
            }
            At::Content => {
                let take = usize::try_from(self.remaining - self.pad).unwrap_or(usize::MAX).min(bytes.len());
                let piece = bytes.get(..take).unwrap_or(bytes);
                self.remaining -= u32::try_from(take).unwrap_or(0);
                self.content(piece, streams, sink);
                take
            }
            _ => {
                let take = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(bytes.len());
                self.remaining -= u32::try_from(take).unwrap_or(0);
                take
            }
        };
        if self.at == At::Header || self.at == At::Raw {
            return used;
        }
        self.advance(streams, sink);
        used
    }

    fn pad_length(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let Some(&pad) = bytes.first() else { return 0 };
        self.remaining -= 1;
        self.pad = u32::from(pad);
        self.at = self.after_pad();
        let need = if let At::Fixed(need) = self.at { u32::from(need) } else { 0 };
        // RFC 9113, 6.1: "If the length of the padding is the length of the frame payload or greater, the recipient MUST
        // treat this as a connection error"
        if self.pad + need > self.remaining {
            sink.anomaly(Anomaly::BadFrameData.name());
            self.lose_block();
            self.pad = 0;
            self.at = At::Rest;
        }
        1
    }

    /// Numbers of a frame are complete.
    fn numbers(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        let [a, b, c, d, e, f, ..] = self.small;
        let word = u32::from_be_bytes([a, b, c, d]);
        match self.frame.kind {
            Kind::Settings => {
                let [id, value] = match self.direction {
                    Direction::ToServer => [tag::REQUEST_SETTING, tag::REQUEST_SETTING_VALUE],
                    Direction::ToClient => [tag::RESPONSE_SETTING, tag::RESPONSE_SETTING_VALUE],
                };
                self.settings.text(id, setting(u16::from_be_bytes([a, b])).as_bytes());
                self.settings.number(value, u64::from(u32::from_be_bytes([c, d, e, f])));
            }
            Kind::Reset => {
                streams.reset(self.frame.stream, self.direction, word, sink);
                self.at = At::Rest;
            }
            Kind::Promise => {
                self.begin_block(word & 0x7fff_ffff, true, streams, sink);
                self.at = At::Content;
            }
            Kind::GoAway => {
                if self.remaining > 0 {
                    self.block.offset = 0;
                    sink.begin_lines("http2/goaway");
                }
                self.at = At::Content;
            }
            _ => self.at = At::Content,
        }
    }

    fn content(&mut self, piece: &[u8], streams: &mut Streams, sink: &mut dyn Sink) {
        if piece.is_empty() {
            return;
        }
        match self.frame.kind {
            Kind::Data => {
                let stream = streams.get(self.frame.stream);
                let side = stream.map(|stream| stream.side_mut(self.direction)).filter(|side| side.object);
                match side {
                    Some(side) => {
                        side.length = side.length.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
                        sink.object(self.frame.stream, piece);
                    }
                    None => sink.raw(piece),
                }
            }
            _ if self.frame.is_block() => self.fragment(piece, streams, sink),
            Kind::GoAway => {
                sink.lines(self.block.offset, piece);
                self.block.offset = self.block.offset.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
            }
            _ => sink.raw(piece),
        }
    }

    /// Goes on to the padding, or to the next frame.
    fn advance(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        if self.remaining == self.pad && self.at == At::Content {
            self.at = At::Rest;
        }
        if self.remaining > 0 {
            return;
        }
        (self.at, self.have) = (At::Header, 0);
        match self.frame.kind {
            Kind::Data if self.frame.ends_stream() => streams.end_side(self.frame.stream, self.direction, sink),
            Kind::Settings if !self.settings.is_empty() => {
                self.settings.text(tag::PROTOCOL, b"HTTP/2");
                self.settings.text(tag::VERSION, b"2");
                self.settings.number(tag::STREAM, 0);
                sink.record(&LAYOUT, &[self.settings.bytes()]);
            }
            _ if self.frame.is_block() && self.frame.ends_headers() => self.end_block(streams, sink),
            _ => {}
        }
    }

    fn begin_block(&mut self, id: u32, of_request: bool, streams: &mut Streams, sink: &mut dyn Sink) {
        let direction = if of_request { Direction::ToServer } else { Direction::ToClient };
        let promised = of_request && self.direction == Direction::ToClient;
        self.in_block = true;
        self.frame_stream = self.frame.stream;
        self.block_lost = false;
        self.meta.clear();
        self.block =
            Block { stream: id, of_request, ends_stream: promised || self.frame.ends_stream(), ..Block::default() };
        sink.begin_head(LINES);
        if promised && streams.get(id).is_some() {
            sink.anomaly(Anomaly::StreamReuse.name());
            self.block.stream = 0;
            return;
        }
        let Some(stream) = streams.open(id, sink) else { return };
        if promised {
            stream.record.flag(tag::PROMISED, true);
        }
        let side = stream.side_mut(direction);
        if side.ended {
            sink.anomaly(Anomaly::StreamReuse.name());
        }
        self.block.trailer = side.headers;
    }

    /// Some of a block is missing. Of a promise nothing may have begun; what it would have put into the table is missing too.
    fn lose_block(&mut self) {
        if self.frame.is_block() {
            self.block_lost = true;
            if !self.in_block {
                self.hpack.lose();
            }
        }
    }

    /// A piece of a block.
    fn fragment(&mut self, piece: &[u8], streams: &mut Streams, sink: &mut dyn Sink) {
        if self.block_lost || !self.in_block {
            return;
        }
        let stream = streams.get(self.block.stream);
        let told = self.block.ambiguous;
        let mut collector = Collector::new(&mut self.block, &mut self.meta, stream, sink);
        let done = self.hpack.push(piece, &mut collector);
        collector.flush();
        if self.block.ambiguous && !told {
            sink.anomaly(Anomaly::AmbiguousHost.name());
        }
        if done.is_err() {
            sink.anomaly(Anomaly::FailedDecompression.name());
            self.block_lost = true;
        }
    }

    /// A header block is complete: what does the stream go on with?
    fn end_block(&mut self, streams: &mut Streams, sink: &mut dyn Sink) {
        if !std::mem::take(&mut self.in_block) {
            return;
        }
        sink.end_lines();
        if self.block_lost {
            self.hpack.lose();
        } else if self.hpack.end().is_err() {
            sink.anomaly(Anomaly::FailedDecompression.name());
            self.hpack.lose();
        }
        let block = self.block;
        let direction = if block.of_request { Direction::ToServer } else { Direction::ToClient };
        let Some(stream) = streams.get(block.stream) else { return };
        stream.unknown |= self.block_lost;
        if !block.trailer && !block.is_interim() {
            let range =
                ContentRange::of(self.meta.get_text(meta::RANGE)).filter(|_| block.of_request || block.status == 206);
            if !block.of_request {
                self.note_response(range, streams);
            }
            self.begin_object(direction, range, streams, sink);
        }
        if block.ends_stream {
            streams.end_side(block.stream, direction, sink);
        }
    }

    fn note_response(&self, range: Option<ContentRange>, streams: &mut Streams) {
        let Some(stream) = streams.get(self.block.stream) else { return };
        let of = &self.meta;
        let media_type =
            of.get_text(meta::MEDIA_TYPE).split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        if !media_type.is_empty() {
            stream.text(tag::CONTENT_TYPE, media_type, 64);
        }
        if let Some(range) = range {
            stream.text(tag::RANGE, of.get_text(meta::RANGE), 48);
            stream.record.number(tag::RANGE_START, range.start);
            stream.record.number(tag::RANGE_END, range.end);
            if let Some(size) = range.size {
                stream.record.number(tag::RANGE_SIZE, size);
            }
        }
    }

    /// A header section is there, and if the stream goes on, a body.
    fn begin_object(
        &self,
        direction: Direction,
        range: Option<ContentRange>,
        streams: &mut Streams,
        sink: &mut dyn Sink,
    ) {
        let block = self.block;
        let Some(stream) = streams.get(block.stream) else { return };
        let side = stream.side_mut(direction);
        side.headers = true;
        if block.ends_stream {
            return;
        }
        side.object = true;
        if self.meta.has_too_many_codings() {
            sink.anomaly(Anomaly::TooManyCodings.name());
        }
        let (host, url) = (stream.record.get_text(tag::HOSTNAME), stream.record.get_text(tag::URL));
        let description = Description::new(&self.meta, url);
        let description = match block.length {
            Some(size) if !block.of_request && block.status == 200 => description.all_of(size, &self.meta, host, url),
            _ => description.part_of(range, host, url),
        };
        sink.begin_object(block.stream, &description.object(&self.meta, block.length));
    }
}
