//! Messages behind their lengths (RFC 1035 section 4.2.2).

use super::udp::Dns;
use crate::event::Direction;
use crate::proto::parser::Parser;
use crate::proto::sink::Sink;

/// Bytes of a message that are read.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// One connection.
#[derive(Clone, Debug, Default)]
pub struct DnsTcp {
    messages: Dns,
    halves: [Half; 2],
}

/// One direction.
#[derive(Clone, Debug)]
struct Half {
    /// The beginning of the message, as far as it has come.
    buffer: [u8; MAX_MESSAGE_BYTES],
    filled: u16,
    /// The length in front of a message, as far as it has come.
    length: [u8; 2],
    got: u8,
    /// Bytes of the message that are to come.
    left: u16,
    /// Bytes of the message were lost: it is not told.
    is_torn: bool,
    /// It is not known where messages begin.
    is_lost: bool,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            buffer: [0; MAX_MESSAGE_BYTES],
            filled: 0,
            length: [0; 2],
            got: 0,
            left: 0,
            is_torn: false,
            is_lost: false,
        }
    }
}

impl Half {
    fn push(&mut self, bytes: &[u8], messages: &mut Dns, sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !self.is_lost && !rest.is_empty() {
            if self.left == 0 {
                let [byte, after @ ..] = rest else { return };
                rest = after;
                let [high, low] = self.length;
                self.length = if self.got == 0 { [*byte, low] } else { [high, *byte] };
                self.got += 1;
                if self.got == 2 {
                    self.begin(messages, sink);
                }
                continue;
            }
            let length = usize::from(self.left).min(rest.len());
            let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = after;
            self.left -= u16::try_from(piece.len()).unwrap_or(self.left);
            let is_whole = self.left == 0 && self.filled == 0 && !self.is_torn;
            if is_whole {
                let read = piece.get(..MAX_MESSAGE_BYTES).unwrap_or(piece);
                messages.message(read, read.len() < piece.len(), sink);
                continue;
            }
            self.keep(piece);
            if self.left == 0 && !self.is_torn {
                let read = self.buffer.get(..usize::from(self.filled)).unwrap_or(&[]);
                messages.message(read, read.len() < usize::from(u16::from_be_bytes(self.length)), sink);
            }
        }
    }

    fn begin(&mut self, messages: &mut Dns, sink: &mut dyn Sink) {
        (self.got, self.filled, self.is_torn) = (0, 0, false);
        self.left = u16::from_be_bytes(self.length);
        if self.left == 0 {
            messages.message(&[], false, sink);
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let filled = usize::from(self.filled);
        let fits = piece.len().min(MAX_MESSAGE_BYTES.saturating_sub(filled));
        if let (Some(place), Some(piece)) = (self.buffer.get_mut(filled..filled + fits), piece.get(..fits)) {
            place.copy_from_slice(piece);
            self.filled += u16::try_from(fits).unwrap_or(0);
        }
    }

    fn gap(&mut self, length: u64) {
        match u16::try_from(length).ok().and_then(|length| self.left.checked_sub(length)) {
            Some(left) => (self.left, self.is_torn) = (left, true),
            None => self.is_lost = true,
        }
    }
}

impl Parser for DnsTcp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        sink.raw(bytes);
        if let Some(half) = self.halves.get_mut(direction.index()) {
            half.push(bytes, &mut self.messages, sink);
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if length == 0 {
            return;
        }
        sink.raw_gap(length);
        if let Some(half) = self.halves.get_mut(direction.index()) {
            half.gap(length);
        }
    }

    fn end(&mut self, _direction: Direction, _in_order: bool, _sink: &mut dyn Sink) {}

    fn was_mistaken(&self) -> bool {
        self.messages.was_mistaken()
    }
}
