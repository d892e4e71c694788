//! Messages as datagrams.

use super::message::tell;
use crate::event::Direction;
use crate::proto::parser::Parser;
use crate::proto::sink::Sink;

/// What the messages of a flow have in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dns {
    transactions: u32,
    is_understood: bool,
}

impl Dns {
    /// Tells a message, and counts it.
    pub(super) fn message(&mut self, message: &[u8], is_cut: bool, sink: &mut dyn Sink) {
        self.is_understood |= tell(message, is_cut, self.transactions, sink);
        self.transactions = self.transactions.saturating_add(1);
    }
}

impl Parser for Dns {
    fn push(&mut self, _direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        sink.raw(bytes);
        self.message(bytes, false, sink);
    }

    fn gap(&mut self, _direction: Direction, length: u64, sink: &mut dyn Sink) {
        if length > 0 {
            sink.raw_gap(length);
        }
    }

    fn end(&mut self, _direction: Direction, _in_order: bool, _sink: &mut dyn Sink) {}

    fn was_mistaken(&self) -> bool {
        self.transactions > 0 && !self.is_understood
    }
}
