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
    /// Which way its blocks go, once one was seen.
    way: Option<Direction>,
    /// The object has begun and not ended.
    open: bool,
    /// It has to end when that direction is served next.
    aborted: bool,
    lossy: bool,
    /// Number of the next block.
    next: u16,
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
        let mut tftp = Self::default();
        if let Content::File { name, length, .. } = expected.content {
            tftp.ask(name, length);
        }
        tftp
    }

    fn ask(&mut self, file: &[u8], size: Option<u64>) {
        self.name.set(file);
        (self.under_way, self.way, self.lossy) = (true, None, false);
        (self.next, self.block_bytes, self.size, self.seen) = (1, BLOCK_BYTES, size, 0);
    }

    fn request(&mut self, writes: bool, file: &[u8], mode: &[u8], options: Options, sink: &mut dyn Sink) {
        // RFC 2349: a client that reads says 0
        let size = options.size.filter(|_| writes);
        self.ask(file, size);
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

    fn data(&mut self, direction: Direction, block: u16, bytes: &[u8], sink: &mut dyn Sink) {
        if !self.under_way || self.way.is_some_and(|way| way != direction) {
            return;
        }
        let ahead = block.wrapping_sub(self.next);
        // one that comes again; numbers wrap in files of many blocks
        if ahead > u16::MAX / 2 {
            return;
        }
        self.way = Some(direction);
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        if block == 1 {
            // what was agreed on may not have been seen
            self.block_bytes = self.block_bytes.max(length);
        }
        self.begin(sink);
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
        if length < self.block_bytes {
            self.under_way = false;
            self.finish(sink);
        }
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

impl Parser for Tftp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if self.aborted && self.way == Some(direction) {
            self.aborted = false;
            if std::mem::take(&mut self.open) {
                sink.end_object(0, false);
            }
        }
        match parse(bytes) {
            Some(Packet::Request { writes, file, mode, options }) if !self.open => {
                self.request(writes, file, mode, options, sink);
            }
            // a request is sent again when it was not answered, and none is made within a transfer
            Some(Packet::Request { .. } | Packet::Acknowledgement) => {}
            Some(Packet::Data { block, bytes }) => self.data(direction, block, bytes, sink),
            Some(Packet::Error) => {
                self.aborted = self.open;
                self.under_way = false;
            }
            Some(Packet::Options(options)) if !self.open => {
                self.block_bytes = options.block.unwrap_or(BLOCK_BYTES);
                self.size = options.size.or(self.size);
            }
            Some(Packet::Options(_)) => {}
            None => sink.anomaly(INVALID_PACKET),
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
