//! Half-open sessions: TCP attempts that cost a compact record instead of a flow.
//!
//! A session without payload whose handshake is not complete has a [`HalfOpen`] record of 128 bytes in a ring of its
//! own, and an entry in the same index as flows. It becomes a flow when payload comes, the handshake is complete, or
//! a packet says what the record cannot hold.
//!
//! Places are given out in the order of the ring, so that a flood writes memory from one end to the other, and whose
//! turn it is to make room is known far ahead. The oldest record stands at `tail`. A record that leaves early leaves
//! a hole, which is free when its turn comes. The record whose place is next makes room, unless an eighth of the
//! ring or more is free: then up to [`MAX_SKIPPED`] of them are passed over and count as appended now.
//!
//! Age: the ring is sorted by when records were appended. One that hears from its session again is appended anew when
//! it has stood for a sixteenth of its timeout. So the timeout of a record is never noticed early. It may be noticed
//! late: by a sixteenth, by the difference between the timeouts of open and refused attempts, and by one timeout when
//! it was passed over or heard from its session while the ring was full; its event says the exact time all the same.

mod opening;
mod record;

pub use opening::Opening;
pub use record::{Begin, HalfOpen};

use super::age::{Class, Timeouts};
use super::entry::Bits;

/// Most records that are passed over for one that is free.
const MAX_SKIPPED: u32 = 8;

/// Holes passed over in one look for a record that is stale, so that the work stays bounded.
const MAX_HOLES: u32 = 1024;

/// [`HalfOpen::queued`] counts in this part of the timeout, or down to half of it.
const UNIT_PART: u64 = 32;

/// The records of one worker. Places are below 2^31.
#[derive(Debug)]
pub(super) struct Ring {
    records: Box<[HalfOpen]>,
    mask: u32,
    /// The place that is given out next.
    next: u32,
    /// The oldest record's place, or that of a hole before it; `span` places from there to `next` were given out.
    tail: u32,
    span: u32,
    /// Records in use.
    len: u32,
    /// Nanoseconds to the units of [`HalfOpen::queued`].
    shift: u32,
}

impl Ring {
    /// Most records a ring can have.
    pub(super) const MAX: u32 = 1 << 30;

    /// A ring of `capacity` records, rounded up to a power of two. All memory is taken and touched here.
    pub(super) fn new(capacity: u32, timeouts: &Timeouts) -> Self {
        let capacity = capacity.clamp(1, Self::MAX).next_power_of_two();
        let count = usize::try_from(capacity).unwrap_or(usize::MAX);
        let mut ring = Self {
            records: vec![HalfOpen::EMPTY; count].into_boxed_slice(),
            mask: capacity.wrapping_sub(1),
            next: 0,
            tail: 0,
            span: 0,
            len: 0,
            shift: 0,
        };
        ring.set_units(timeouts);
        ring
    }

    /// Counts in units of these timeouts from now on. A record that was appended before counts as old when it hears
    /// from its session the next time, and is appended anew.
    pub(super) fn set_units(&mut self, timeouts: &Timeouts) {
        let part = timeouts.of(Class::TcpNew) / UNIT_PART;
        self.shift = part.checked_ilog2().unwrap_or(0);
    }

    pub(super) fn records(&self) -> &[HalfOpen] {
        &self.records
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    #[inline]
    pub(super) const fn capacity(&self) -> u32 {
        self.mask.wrapping_add(1)
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> Option<&HalfOpen> {
        self.records.get(usize::try_from(place).ok()?)
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: u32) -> Option<&mut HalfOpen> {
        self.records.get_mut(usize::try_from(place).ok()?)
    }

    #[inline]
    pub(super) fn in_use(&self, place: u32) -> bool {
        self.at(place).is_some_and(|record| record.bits.has(Bits::IN_USE))
    }

    #[inline]
    const fn after(&self, place: u32) -> u32 {
        place.wrapping_add(1) & self.mask
    }

    /// The place `ahead` places after the next one.
    #[inline]
    pub(super) const fn ahead(&self, ahead: u32) -> u32 {
        self.next.wrapping_add(ahead) & self.mask
    }

    /// Goes on to the next place: the one before it is given out, or stays with the record it has.
    #[inline]
    const fn advance(&mut self) {
        if self.span == self.capacity() {
            self.tail = self.after(self.tail);
        } else {
            self.span = self.span.saturating_add(1);
        }
        self.next = self.after(self.next);
    }

    /// The record that has to make room before the next can be taken; `None` when there is room. One that is `stale`
    /// is not passed over: it might be again and again.
    #[inline]
    pub(super) fn in_the_way(&mut self, stale: impl Fn(&HalfOpen) -> bool) -> Option<u32> {
        // Full, as in a flood: there is nobody to pass over for.
        if self.len == self.capacity() {
            return Some(self.next);
        }
        let mut skipped = 0;
        while let Some(record) = self.at(self.next).filter(|record| record.bits.has(Bits::IN_USE)) {
            let roomy = self.capacity().saturating_sub(self.len) >= self.capacity().div_ceil(8);
            if !roomy || skipped == MAX_SKIPPED || stale(record) {
                return Some(self.next);
            }
            self.advance();
            skipped += 1;
        }
        None
    }

    /// Takes the next place, which [`Ring::in_the_way`] has found free. The record is for the caller to fill.
    #[inline]
    pub(super) fn take(&mut self) -> u32 {
        let place = self.next;
        self.advance();
        self.len = self.len.saturating_add(1);
        place
    }

    /// Gives a place back.
    #[inline]
    pub(super) fn release(&mut self, place: u32) {
        if let Some(record) = self.at_mut(place) {
            record.bits = Bits::NONE;
        }
        self.len = self.len.saturating_sub(1);
    }

    /// A time in the units of [`HalfOpen::queued`]; wraps.
    #[inline]
    pub(super) fn queued(&self, ns: u64) -> u16 {
        u16::try_from((ns >> self.shift) & u64::from(u16::MAX)).unwrap_or(0)
    }

    /// True when a record that has just heard from its session is to be appended anew.
    #[inline]
    pub(super) fn is_old(&self, record: &HalfOpen) -> bool {
        // One that is left where it is lags by less than two units, a sixteenth of the timeout.
        self.queued(record.last_ns).wrapping_sub(record.queued) > 1
    }

    /// The oldest record, passing over at most [`MAX_HOLES`] holes; `None` when there is none so far.
    pub(super) fn oldest(&mut self) -> Option<u32> {
        for _ in 0..MAX_HOLES {
            if self.span == 0 {
                return None;
            }
            if self.in_use(self.tail) {
                return Some(self.tail);
            }
            self.tail = self.after(self.tail);
            self.span = self.span.saturating_sub(1);
        }
        None
    }

    /// Makes the oldest record the youngest where it stands, which is possible when all places were given out: then it
    /// is also next. False when they were not.
    pub(super) fn pass_over_oldest(&mut self) -> bool {
        if self.span != self.capacity() {
            return false;
        }
        let units = self.at(self.tail).map(|record| self.queued(record.last_ns));
        if let (Some(units), Some(record)) = (units, self.at_mut(self.tail)) {
            record.queued = units;
        }
        self.advance();
        true
    }

    /// Any record, however many holes there are.
    pub(super) fn any(&mut self) -> Option<u32> {
        while self.span != 0 {
            if let Some(place) = self.oldest() {
                return Some(place);
            }
        }
        None
    }
}
