//! The transfer.

use super::packet::{BLOCK_BYTES, Options, Packet, parse};
use super::{FILE, INVALID_PACKET, LAYOUT, MAX_NAME_BYTES, MODE, PACKET};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::text::Name;
use crate::proto::{Content, Endpoint, Expected, Object, Parser, Port, Sink, Transport};

const LABEL: &str = "tftp/file";

/// One flow: of a request, or of the blocks. [`Default`] is one of which nothing was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tftp {
    name: Name,
    /// A transfer was asked for and has not ended.
    under_way: bool,
    /// Another flow has announced this one.
    announced: bool,
    /// Which way the one speaks that was asked.
    answers: Option<Direction>,
    /// Which way the blocks go.
    way: Option<Direction>,
    /// Options were agreed on.
    agreed: bool,
    /// The object has begun and not ended.
    open: bool,
    /// It has to end when that direction is served next.
    aborted: bool,
    lossy: bool,
    /// Number of the next block.
    next: u16,
    /// The receiver says that it has all up to this block, which is beyond those seen.
    received: Option<u16>,
    block_bytes: u16,
    /// Bytes of the file, where that was said.
    size: Option<u64>,
    /// Bytes so far, missing ones included.
    seen: u64,
}

impl Tftp {
    /// The flow of a transfer that was [announced](Sink::expect) in another.
    #[must_use]
    pub fn expected(expected: &Expected<'_>) -> Self {
        let mut tftp = Self { announced: true, ..Self::default() };
        if let Content::File { name, length, .. } = expected.content {
            // whoever was asked opens the flow
            let writes = expected.direction == Some(Direction::ToServer);
            tftp.ask(name, length, Direction::ToServer, writes);
        }
        tftp
    }

    fn ask(&mut self, file: &[u8], size: Option<u64>, answers: Direction, writes: bool) {
        self.name.set(file);
        (self.under_way, self.agreed, self.lossy) = (true, false, false);
        (self.answers, self.way) = (Some(answers), Some(if writes { answers.flip() } else { answers }));
        (self.next, self.received) = (1, None);
        (self.block_bytes, self.size, self.seen) = (BLOCK_BYTES, size, 0);
    }

    fn request(&mut self, writes: bool, file: &[u8], mode: &[u8], options: Options, sink: &mut dyn Sink) {
        // RFC 2349: a client that reads says 0
        let size = options.size.filter(|_| writes);
        self.ask(file, size, Direction::ToClient, writes);
        let mut record: Record<{ MAX_NAME_BYTES + 64 }> = Record::default();
        record.text(PACKET, if writes { b"write" } else { b"read" });
        record.text(FILE, self.name.bytes());
        record.text(MODE, mode);
        sink.record(&LAYOUT, &[record.bytes()]);
        sink.expect(&Expected {
            transport: Transport::Udp,
            opener: Direction::ToClient,
            client: Endpoint { address: None, port: Port::Same },
            server: Endpoint::default(),
            direction: Some(if writes { Direction::ToServer } else { Direction::ToClient }),
            content: Content::File { name: self.name.bytes(), offset: 0, length: size },
            label: LABEL,
            command: if writes { "WRQ" } else { "RRQ" },
            codings: b"",
        });
    }

    /// Takes a block where its receiver does: in order. What a receiver passes over is no part of the file, and is handed out
    /// raw. So a number that is ahead says nothing until the receiver is seen to have what is before it.
    fn data(&mut self, direction: Direction, block: u16, bytes: &[u8], sink: &mut dyn Sink) {
        let resumes = block == self.next || self.received.is_some_and(|last| block == last.wrapping_add(1));
        if !self.under_way || self.way != Some(direction) || !resumes {
            return pass_over(bytes, sink);
        }
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        if block == 1 {
            // what was agreed on may not have been seen
            self.block_bytes = self.block_bytes.max(length);
        }
        self.begin(sink);
        let ahead = block.wrapping_sub(self.next);
        if ahead > 0 {
            let missing = u64::from(ahead) * u64::from(self.block_bytes);
            self.lossy = true;
            self.seen = self.seen.saturating_add(missing);
            sink.object_gap(0, missing);
        }
        if !bytes.is_empty() {
            sink.object(0, bytes);
            self.seen = self.seen.saturating_add(u64::from(length));
        }
        self.next = block.wrapping_add(1);
        self.received = self.received.filter(|&last| self.is_ahead(last));
        if length < self.block_bytes {
            self.under_way = false;
            self.finish(sink);
        }
    }

    /// The receiver has all blocks up to this one. It may have some that were not seen.
    fn acknowledged(&mut self, direction: Direction, block: u16) {
        if self.under_way && self.way == Some(direction.flip()) && self.is_ahead(block) {
            self.received = Some(block);
        }
    }

    /// Whether a block is yet to come; numbers wrap in files of many blocks.
    const fn is_ahead(&self, block: u16) -> bool {
        block.wrapping_sub(self.next) <= u16::MAX / 2
    }

    /// A request is the client's, and in the flow of a transfer there is none.
    fn may_be_asked(&self, direction: Direction) -> bool {
        direction == Direction::ToServer && !self.announced && !self.open
    }

    /// Options are agreed on by the one that was asked, once and before the first block.
    fn may_agree(&self, direction: Direction) -> bool {
        self.under_way && self.answers == Some(direction) && !self.agreed && !self.open
    }

    fn begin(&mut self, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.open, true) {
            let object = Object { label: LABEL, name: self.name.bytes(), length: self.size, ..Object::default() };
            sink.begin_object(0, &object);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            let complete = !self.lossy && self.size.is_none_or(|size| size == self.seen);
            sink.end_object(0, complete);
        }
    }
}

/// What is no part of the file is scanned all the same.
fn pass_over(bytes: &[u8], sink: &mut dyn Sink) {
    if !bytes.is_empty() {
        sink.raw(bytes);
    }
}

impl Parser for Tftp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if self.aborted && self.way == Some(direction) {
            self.aborted = false;
            if std::mem::take(&mut self.open) {
                sink.end_object(0, false);
            }
        }
        match parse(bytes) {
            Some(Packet::Request { writes, file, mode, options }) if self.may_be_asked(direction) => {
                self.request(writes, file, mode, options, sink);
            }
            Some(Packet::Data { block, bytes }) => self.data(direction, block, bytes, sink),
            Some(Packet::Acknowledgement { block, rest }) => {
                self.acknowledged(direction, block);
                pass_over(rest, sink);
            }
            Some(Packet::Options(options)) if self.may_agree(direction) => {
                self.agreed = true;
                self.block_bytes = options.block.unwrap_or(BLOCK_BYTES);
                self.size = options.size.or(self.size);
                pass_over(bytes, sink);
            }
            Some(Packet::Error) => {
                self.aborted = self.open;
                self.under_way = false;
                pass_over(bytes, sink);
            }
            // a request is sent again when it was not answered, and none is made within a transfer
            Some(Packet::Request { .. } | Packet::Options(_)) => pass_over(bytes, sink),
            None => {
                sink.anomaly(INVALID_PACKET);
                pass_over(bytes, sink);
            }
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if self.open && self.way == Some(direction) {
            self.lossy = true;
            sink.object_gap(0, length);
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        if self.open && self.way == Some(direction) {
            self.open = false;
            sink.end_object(0, false);
        }
    }
}
