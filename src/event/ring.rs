//! The ring between a worker and the event thread: one producer, one consumer,
//! values of fixed size, memory taken when it is made.

use crossbeam_utils::Backoff;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::types::Event;

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
    let (producer, consumer) = RingBuffer::new(capacity.max(1));
    (EventSender { ring: producer, policy, sent: 0, dropped: 0 }, EventReceiver { ring: consumer })
}

/// The worker's end. Dropping it tells the event thread that no more will come.
#[derive(Debug)]
pub struct EventSender {
    ring: Producer<Event>,
    policy: RingPolicy,
    sent: u64,
    dropped: u64,
}

impl EventSender {
    /// Passes `event` on, or does with it what the policy says when the ring is full.
    ///
    /// With [`RingPolicy::DropAndCount`] this neither allocates, locks, waits nor
    /// calls the system. With [`RingPolicy::Wait`] it spins, then yields the core,
    /// until there is room; once the event thread is gone nothing will ever make
    /// room, so the event is dropped and counted.
    #[inline]
    pub fn send(&mut self, event: Event) {
        match self.ring.push(event) {
            Ok(()) => self.sent += 1,
            Err(PushError::Full(event)) => self.full(event),
        }
    }

    #[cold]
    fn full(&mut self, mut event: Event) {
        if self.policy == RingPolicy::Wait {
            let backoff = Backoff::new();
            while !self.ring.is_abandoned() {
                backoff.snooze();
                match self.ring.push(event) {
                    Ok(()) => {
                        self.sent += 1;
                        return;
                    }
                    Err(PushError::Full(back)) => event = back,
                }
            }
        }
        self.dropped += 1;
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

/// The event thread's end.
#[derive(Debug)]
pub struct EventReceiver {
    ring: Consumer<Event>,
}

impl EventReceiver {
    /// The oldest event in the ring.
    #[inline]
    pub fn pop(&mut self) -> Option<Event> {
        self.ring.pop().ok()
    }

    /// The sender is gone. Events may still be in the ring; when this was true
    /// *before* [`pop`](Self::pop) found nothing, nothing will ever come.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }
}
