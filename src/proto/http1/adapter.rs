//! The parser on the interface that all parsers have.

use super::{Http1, Part, Probe, probe};
use crate::event::Direction;
use crate::proto::{Guess, Heads, Object, Parser};

/// Whether a connection speaks HTTP/1.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    let (direction, bytes) = match heads {
        Heads { to_server: [], to_client } => (Direction::ToClient, to_client),
        Heads { to_server, .. } => (Direction::ToServer, to_server),
    };
    match probe(direction, bytes) {
        Probe::Yes => Guess::Yes,
        Probe::No => Guess::No,
        Probe::NeedMore => Guess::More,
    }
}

impl Parser for Http1 {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn crate::proto::Sink) {
        let mut open = self.open;
        Http1::push(self, direction, bytes, &mut Adapter { sink, open: &mut open[direction.index()] });
        self.open = open;
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn crate::proto::Sink) {
        let mut open = self.open;
        Http1::gap(self, direction, length, &mut Adapter { sink, open: &mut open[direction.index()] });
        self.open = open;
    }

    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn crate::proto::Sink) {
        if std::mem::take(&mut self.open[direction.index()]) {
            sink.end_object(0, in_order);
        }
    }
}

struct Adapter<'a> {
    sink: &'a mut dyn crate::proto::Sink,
    open: &'a mut bool,
}

impl super::Sink for Adapter<'_> {
    fn begin(&mut self, part: Part) {
        if std::mem::take(self.open) {
            self.sink.end_object(0, true);
        }
        match part {
            Part::Header => self.sink.begin_lines("http/header"),
            Part::Body => {
                *self.open = true;
                self.sink.begin_object(0, &Object { label: "http/body", ..Object::default() });
            }
        }
    }

    fn data(&mut self, part: Part, offset: u64, bytes: &[u8]) {
        match part {
            Part::Header => self.sink.lines(offset, bytes),
            Part::Body => self.sink.object(0, bytes),
        }
    }

    fn gap(&mut self, part: Part, len: u64) {
        match part {
            Part::Header => self.sink.lines_gap(len),
            Part::Body => self.sink.object_gap(0, len),
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.sink.raw(bytes);
    }

    fn raw_gap(&mut self, len: u64) {
        self.sink.raw_gap(len);
    }
}
