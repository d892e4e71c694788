//! One direction over TCP: from fragment to fragment (RFC 5531 section 11).

use super::anomaly::Anomaly;
use super::call::{PROGRAM, VERSION};
use super::messages::Messages;
use super::talk::Talk;
use crate::event::Direction;
use crate::proto::Sink;

/// Longest fragment that is believed.
const MAX_FRAGMENT: u32 = 16 << 20;

/// Of a fragment's length: it is the message's last.
const LAST: u32 = 1 << 31;

/// Shortest call: without credentials.
const MIN_CALL: u32 = 40;

/// Bytes by which the next message is known while it is lost: length, number, and of a call four numbers more, of a reply two.
const WINDOW: usize = 24;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Length,
    Fragment,
    /// It is not known where the next message begins.
    Lost,
}

/// The state of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    messages: Messages,
    at: At,
    small: [u8; 4],
    have: usize,
    /// Bytes of the fragment still to come.
    left: u32,
    is_last: bool,
    /// Some of the message has come.
    is_open: bool,
    /// The last bytes that were seen while it was lost.
    window: [u8; WINDOW],
    direction: Direction,
    pub(super) mistaken: bool,
}

impl Half {
    pub(super) const fn new(direction: Direction) -> Self {
        Self {
            messages: Messages::new(direction),
            at: At::Length,
            small: [0; 4],
            have: 0,
            left: 0,
            is_last: false,
            is_open: false,
            window: [0xFF; WINDOW],
            direction,
            mistaken: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.sweep(self.direction, sink);
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            match self.at {
                At::Lost => {
                    let used = self.search(rest, talk, sink);
                    rest = rest.get(used..).unwrap_or_default();
                }
                At::Length => {
                    rest = after;
                    if let Some(place) = self.small.get_mut(self.have) {
                        *place = *byte;
                    }
                    self.have += 1;
                    if self.have == self.small.len() {
                        self.have = 0;
                        self.begin(u32::from_be_bytes(self.small), talk, sink);
                    }
                }
                At::Fragment => {
                    let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                    let (piece, after) = rest.split_at_checked(most).unwrap_or((rest, &[]));
                    rest = after;
                    self.messages.push(piece, talk, sink);
                    self.took(u32::try_from(piece.len()).unwrap_or(u32::MAX), talk, sink);
                }
            }
        }
    }

    /// A fragment begins.
    fn begin(&mut self, length: u32, talk: &mut Talk, sink: &mut dyn Sink) {
        (self.left, self.is_last) = (length & !LAST, length & LAST != 0);
        if self.left > MAX_FRAGMENT {
            self.give_up(Anomaly::MalformedData, talk, sink);
            return;
        }
        if !std::mem::replace(&mut self.is_open, true) {
            self.messages.begin();
        }
        self.at = At::Fragment;
        self.took(0, talk, sink);
    }

    /// So many bytes of the fragment were taken or lost.
    fn took(&mut self, length: u32, talk: &mut Talk, sink: &mut dyn Sink) {
        self.left = self.left.saturating_sub(length);
        if self.left > 0 {
            return;
        }
        self.at = At::Length;
        if self.is_last {
            self.is_open = false;
            self.messages.end(talk, sink);
        }
    }

    /// It is not known any more where the next message begins.
    fn give_up(&mut self, anomaly: Anomaly, talk: &mut Talk, sink: &mut dyn Sink) {
        sink.anomaly(anomaly.name());
        self.mistaken |= !talk.proven && anomaly != Anomaly::LostSync;
        talk.files.stretches.lose(self.direction);
        (self.at, self.is_open, self.have, self.window) = (At::Lost, false, 0, [0xFF; WINDOW]);
    }

    /// Looks for the next message.
    fn search(&mut self, bytes: &[u8], talk: &mut Talk, sink: &mut dyn Sink) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.window.copy_within(1.., 0);
            if let Some(place) = self.window.last_mut() {
                *place = *byte;
            }
            let Some(begun) = self.found(talk) else { continue };
            let used = at + 1;
            sink.raw(bytes.get(..used).unwrap_or(bytes));
            let window = self.window;
            let message = window.get(WINDOW - begun..).unwrap_or(&[]);
            let length = message.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
            self.begin(length, talk, sink);
            let seen = message.get(4..).unwrap_or(&[]);
            self.messages.push(seen, talk, sink);
            self.took(u32::try_from(seen.len()).unwrap_or(0), talk, sink);
            return used;
        }
        sink.raw(bytes);
        bytes.len()
    }

    /// How many of the last bytes are the beginning of a message, its length among them.
    fn found(&self, talk: &Talk) -> Option<usize> {
        let number = |at: usize| {
            let bytes = self.window.get(at..)?.first_chunk()?;
            Some(u32::from_be_bytes(*bytes))
        };
        let fits = |length: u32| length & LAST != 0 && (MIN_CALL - 16..MAX_FRAGMENT).contains(&(length & !LAST));
        // length, number, call, version of RPC, program, version
        let call = [number(8)?, number(12)?, number(16)?, number(20)?];
        if call == [0, 2, PROGRAM, VERSION] && fits(number(0)?) && number(0)? & !LAST >= MIN_CALL {
            return Some(24);
        }
        // length, number, reply, accepted
        let is_reply = number(16)? == 1 && number(20)? == 0;
        (is_reply && fits(number(8)?) && talk.awaits(number(12)?)).then_some(16)
    }

    pub(super) fn gap(&mut self, length: u64, talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.sweep(self.direction, sink);
        let inside = if self.at == At::Fragment { length.min(self.left.into()) } else { 0 };
        if inside > 0 {
            let lost = u32::try_from(inside).unwrap_or(u32::MAX);
            self.messages.gap(lost, talk, sink);
            self.took(lost, talk, sink);
        }
        let outside = length - inside;
        if outside > 0 {
            if self.at == At::Lost {
                self.window = [0xFF; WINDOW];
            } else {
                self.give_up(Anomaly::LostSync, talk, sink);
            }
            sink.raw_gap(outside);
        }
    }

    pub(super) fn end(&mut self, in_order: bool, talk: &mut Talk, sink: &mut dyn Sink) {
        talk.files.stretches.sweep(self.direction, sink);
        if self.is_open {
            talk.files.stretches.lose(self.direction);
        }
        talk.files.end(self.direction, in_order, sink);
        (self.at, self.window) = (At::Lost, [0xFF; WINDOW]);
    }
}
