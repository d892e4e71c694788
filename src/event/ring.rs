//! The rings between a worker and the event thread: one producer, one consumer,
//! memory taken when they are made.
//!
//! Events are values of fixed size. What has no fixed size (a path, the fields of a
//! transaction) is text that goes through a second ring, of bytes, in front of the
//! event that says how long it is.

use crossbeam_utils::Backoff;
use rtrb::{Consumer, Producer, RingBuffer};

use super::types::Event;

/// Bytes of text that there is room for with each event.
const TEXT_PER_EVENT: usize = 128;
/// Room for text, at least: the longest of one event.
const LEAST_TEXT: usize = 1 << 17;

/// What a worker does when its ring is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingPolicy {
    /// Throw the event away and count it (live): packets do not wait.
    DropAndCount,
    /// Wait until there is room (replay): no event is lost while the event thread lives.
    Wait,
}

/// Makes a ring of `capacity` events (at least one) that behaves as `policy` says.
#[must_use]
pub fn channel(capacity: usize, policy: RingPolicy) -> (EventSender, EventReceiver) {
    let (ring, ring_out) = RingBuffer::new(capacity.max(1));
    let (text, text_out) = RingBuffer::new(capacity.saturating_mul(TEXT_PER_EVENT).max(LEAST_TEXT));
    (EventSender { ring, text, policy, sent: 0, dropped: 0 }, EventReceiver { ring: ring_out, text: text_out })
}

/// The worker's end. Dropping it tells the event thread that no more will come.
#[derive(Debug)]
pub struct EventSender {
    ring: Producer<Event>,
    text: Producer<u8>,
    policy: RingPolicy,
    sent: u64,
    dropped: u64,
}

impl EventSender {
    /// Passes `event`, which has no text, on, or does with it what the policy says when the ring is full.
    ///
    /// With [`RingPolicy::DropAndCount`] this neither allocates, locks, waits nor
    /// calls the system. With [`RingPolicy::Wait`] it spins, then yields the core,
    /// until there is room; once the event thread is gone nothing will ever make
    /// room, so the event is dropped and counted.
    #[inline]
    pub fn send(&mut self, event: Event) {
        self.send_with(event, &[]);
    }

    /// The same for an event whose text is all of `parts`, as many bytes as [`Event::text_length`] says.
    #[inline]
    pub fn send_with(&mut self, event: Event, parts: &[&[u8]]) {
        let length = event.text_length();
        debug_assert_eq!(length, parts.iter().map(|part| part.len()).sum::<usize>(), "what the event says");
        if !self.has_room(length) && !self.wait(length) {
            self.dropped += 1;
            return;
        }
        // The text goes first: who finds the event finds it.
        let whole = parts.iter().all(|part| self.text.push_entire_slice(part).is_ok());
        if whole && self.ring.push(event).is_ok() {
            self.sent += 1;
        } else {
            self.dropped += 1;
        }
    }

    fn has_room(&self, text: usize) -> bool {
        !self.ring.is_full() && (text == 0 || self.text.slots() >= text)
    }

    /// Waits for room, where that is the policy. False when there will be none.
    #[cold]
    fn wait(&mut self, text: usize) -> bool {
        let backoff = Backoff::new();
        while self.policy == RingPolicy::Wait && !self.ring.is_abandoned() {
            backoff.snooze();
            if self.has_room(text) {
                return true;
            }
        }
        false
    }

    /// Events that went into the ring.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Events that were thrown away because the ring was full.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Takes `length` bytes out of a ring and appends them to `into`. False, and nothing is taken, when there are fewer.
pub(crate) fn take_bytes(ring: &mut Consumer<u8>, length: usize, into: &mut Vec<u8>) -> bool {
    let Ok(chunk) = ring.read_chunk(length) else { return false };
    let (first, second) = chunk.as_slices();
    into.extend_from_slice(first);
    into.extend_from_slice(second);
    chunk.commit_all();
    true
}

/// The event thread's end.
#[derive(Debug)]
pub struct EventReceiver {
    ring: Consumer<Event>,
    text: Consumer<u8>,
}

impl EventReceiver {
    /// The oldest event in the ring, whose text is put into `text` in place of what that held.
    #[inline]
    pub fn pop(&mut self, text: &mut Vec<u8>) -> Option<Event> {
        let event = self.ring.pop().ok()?;
        text.clear();
        let length = event.text_length();
        if length != 0 {
            take_bytes(&mut self.text, length, text);
        }
        Some(event)
    }

    /// The sender is gone. Events may still be in the ring; when this was true
    /// *before* [`pop`](Self::pop) found nothing, nothing will ever come.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }
}
