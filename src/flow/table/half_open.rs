//! Half-open sessions in the table.

use super::links::Slot;
use super::{FlowIndex, FlowTable};
use crate::event::Direction;
use crate::flow::age::Class;
use crate::flow::entry::{Bits, NO_SLOT};
use crate::flow::half_open::{Begin, HalfOpen, Opening};
use crate::flow::index::Bucket;
use crate::flow::key::FlowKey;
use crate::wire::tcp_flag;

/// Most records that are appended anew in one look for one that is stale, so that the work stays bounded.
const MAX_RENEWED: u32 = 16;

/// Names a half-open session of a table until it is removed, becomes a flow, or is appended anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpenIndex(pub(super) u32);

impl FlowTable {
    /// Half-open sessions in the table.
    #[must_use]
    pub const fn half_open_len(&self) -> u32 {
        self.half_open.len()
    }

    /// Most half-open sessions it can hold.
    #[must_use]
    pub fn half_open_capacity(&self) -> u32 {
        self.half_open.capacity()
    }

    /// The half-open session of an index.
    #[must_use]
    #[inline]
    pub fn half_open(&self, index: HalfOpenIndex) -> Option<&HalfOpen> {
        self.half_open.at(index.0)
    }

    /// The half-open session of an index.
    #[inline]
    pub fn half_open_mut(&mut self, index: HalfOpenIndex) -> Option<&mut HalfOpen> {
        self.half_open.at_mut(index.0)
    }

    /// When an attempt that stays silent times out.
    #[must_use]
    #[inline]
    pub fn half_open_deadline(&self, record: &HalfOpen) -> u64 {
        record.last_ns.saturating_add(self.timeouts.of(record.class()))
    }

    /// The session that has to make room before another can be [`FlowTable::open`]ed at `now_ns`; `None` when there is
    /// room. It may be stale.
    #[inline]
    pub fn half_open_in_the_way(&mut self, now_ns: u64) -> Option<HalfOpenIndex> {
        let timeouts = &self.timeouts;
        let stale = |record: &HalfOpen| record.last_ns.saturating_add(timeouts.of(record.class())) <= now_ns;
        self.half_open.in_the_way(stale).map(HalfOpenIndex)
    }

    /// The record `ahead` places after the one that is given out next, to be loaded by then.
    #[must_use]
    #[inline]
    pub fn half_open_ahead(&self, ahead: u32) -> Option<&HalfOpen> {
        self.half_open.at(self.half_open.ahead(ahead))
    }

    /// The index line of a record.
    #[must_use]
    #[inline]
    pub fn half_open_bucket(&self, record: &HalfOpen) -> Option<&Bucket> {
        self.buckets.get(usize::try_from(record.bucket).ok()?)
    }

    /// Adds a half-open session for a key that is not in the table, with its first packet, `length` bytes on the wire.
    /// [`FlowTable::half_open_in_the_way`] has said that there is room.
    #[inline]
    pub fn open(
        &mut self,
        key: &FlowKey,
        hash: u64,
        begin: &Begin,
        direction: Direction,
        opening: &Opening,
        length: u32,
    ) -> HalfOpenIndex {
        let place = self.half_open.take();
        let (number, tag) = (self.bucket_number(hash), Bucket::tag(hash));
        let queued = self.half_open.queued(begin.now_ns);
        if let Some(record) = self.half_open.at_mut(place) {
            record.begin(key, u32::try_from(number).unwrap_or(u32::MAX), tag, queued, begin);
            record.count_first(direction, opening, length);
        }
        self.link(number, tag, Slot::of_half_open(place));
        HalfOpenIndex(place)
    }

    /// Counts a further packet of a half-open session, `length` bytes on the wire. The index is of no use afterwards.
    pub fn count_half_open(
        &mut self,
        index: HalfOpenIndex,
        direction: Direction,
        opening: &Opening,
        length: u32,
        now_ns: u64,
    ) {
        let Some(record) = self.half_open.at_mut(index.0) else { return };
        record.last_ns = now_ns;
        record.count(direction, opening, length);
        if self.half_open.at(index.0).is_some_and(|record| self.half_open.is_old(record)) {
            self.append_anew(index, now_ns);
        }
    }

    /// Moves a record to the young end of the ring, if that has room.
    fn append_anew(&mut self, index: HalfOpenIndex, now_ns: u64) {
        if self.half_open_in_the_way(now_ns).is_some() {
            return;
        }
        let Some(mut record) = self.half_open.at(index.0).cloned() else { return };
        let number = usize::try_from(record.bucket).unwrap_or(usize::MAX);
        self.close(index);
        let place = self.half_open.take();
        record.queued = self.half_open.queued(record.last_ns);
        record.chain = NO_SLOT;
        let tag = record.tag;
        if let Some(to) = self.half_open.at_mut(place) {
            *to = record;
        }
        self.link(number, tag, Slot::of_half_open(place));
    }

    /// Removes a half-open session. To remove it twice before its place is given out again does nothing.
    #[inline]
    pub fn close(&mut self, index: HalfOpenIndex) {
        let Some(record) = self.half_open(index).filter(|record| record.bits.has(Bits::IN_USE)) else { return };
        let (number, tag) = (usize::try_from(record.bucket).unwrap_or(usize::MAX), record.tag);
        self.unlink(number, tag, Slot::of_half_open(index.0));
        self.half_open.release(index.0);
    }

    /// Makes a half-open session a flow of the class [`Class::TcpNew`], with its times, counts, interface and facts;
    /// its record is returned. `None`, and nothing is changed, when all flow records are in use.
    pub fn promote(&mut self, index: HalfOpenIndex, now_ns: u64) -> Option<(FlowIndex, HalfOpen)> {
        if self.free() == 0 {
            return None;
        }
        let record = self.half_open(index).filter(|record| record.bits.has(Bits::IN_USE))?.clone();
        let hash = self.hash(record.key());
        self.close(index);
        let flow_index = self.insert(record.key(), hash, Class::TcpNew, now_ns)?;
        let flow = self.get_mut(flow_index)?;
        flow.start_ns = record.start_ns;
        flow.last_ns = record.last_ns;
        flow.iface = record.iface;
        flow.packets = record.packets.map(u64::from);
        flow.bytes = record.bytes.map(u64::from);
        flow.bits.set_all(record.bits.without(Bits::OPTIONS_TOLD | Bits::FLAGS_TOLD));
        if record.flags_seen.iter().all(|flags| flags & tcp_flag::SYN == 0) {
            flow.bits.set(Bits::BEGAN_UNSEEN);
        }
        if record.packets.iter().all(|count| *count != 0) {
            flow.bits.set(Bits::BOTH_WAYS);
        }
        Some((flow_index, record))
    }

    /// The oldest half-open session that is stale at `now_ns`, if it is the oldest of all. Bounded work: when many
    /// sessions have left the old end since the last time, it takes several calls to see past their places.
    pub fn next_stale_half_open(&mut self, now_ns: u64) -> Option<HalfOpenIndex> {
        for _ in 0..MAX_RENEWED {
            let place = self.half_open.oldest()?;
            let record = self.half_open.at(place)?;
            if self.half_open_deadline(record) <= now_ns {
                return Some(HalfOpenIndex(place));
            }
            if !self.half_open.is_old(record) {
                return None;
            }
            // It has heard from its session when the ring was too full to append it anew, and must not stand in the
            // way of those behind it now.
            if !self.half_open.pass_over_oldest() {
                self.append_anew(HalfOpenIndex(place), now_ns);
            }
        }
        None
    }

    /// Any half-open session, for the final flush: oldest first.
    pub fn any_half_open(&mut self) -> Option<HalfOpenIndex> {
        self.half_open.any().map(HalfOpenIndex)
    }
}
