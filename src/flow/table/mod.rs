//! The table: index, flow records with their free list and age lists, and the ring of half-open sessions.

mod half_open;
mod links;

use super::age::{AgeList, Class, Timeouts};
use super::entry::{Bits, Flow, NO_SLOT};
use super::half_open::{HalfOpen, Ring};
use super::index::Bucket;
use super::key::{FlowKey, KeyHash};
pub use half_open::HalfOpenIndex;
use links::Slot;

/// Average sessions of a bucket when a table is full whose capacities add up to a power of two; a Poisson share above
/// eight, one bucket in 50, spills into its chain. Otherwise buckets are emptier, down to half of it.
const PER_BUCKET: usize = 4;

/// Bytes one flow costs in a full table: its record and its share of the index, where the number of flows and half-open
/// sessions is a power of two. Otherwise the number of buckets is rounded up, which adds less than another such share.
pub const BYTES_PER_FLOW: usize = size_of::<Flow>() + size_of::<Bucket>() / PER_BUCKET;

/// Bytes one half-open session costs, likewise.
pub const BYTES_PER_HALF_OPEN: usize = size_of::<HalfOpen>() + size_of::<Bucket>() / PER_BUCKET;

/// A flow moves to the young end of its list at most once in this part of its timeout.
const REFRESH_PART: u64 = 16;

/// Nanoseconds to the units of [`Flow::queued`].
const QUEUED_SHIFT: u32 = 27;

/// Names a flow of a table until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowIndex(u32);

/// What the index has for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A flow.
    Flow(FlowIndex),
    /// A half-open session.
    HalfOpen(HalfOpenIndex),
}

/// How many sessions a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Flow records.
    pub flows: u32,
    /// Half-open sessions.
    pub half_open: u32,
}

/// The flows of one worker.
#[derive(Debug)]
pub struct FlowTable {
    flows: Box<[Flow]>,
    half_open: Ring,
    buckets: Box<[Bucket]>,
    mask: usize,
    hash: KeyHash,
    free: u32,
    len: u32,
    lists: [AgeList; Class::ALL.len()],
    timeouts: Timeouts,
    /// Times an insertion found its bucket full.
    spilled: u64,
}

impl FlowTable {
    /// A table for at most so many sessions, one of each kind at least and less than 2^31. All memory is taken and
    /// touched here.
    #[must_use]
    pub fn new(capacity: Capacity, timeouts: Timeouts, seed: u64) -> Self {
        let half_open = Ring::new(capacity.half_open, &timeouts);
        let capacity = capacity.flows.clamp(1, Slot::MAX_FLOW);
        let count = usize::try_from(capacity).unwrap_or(usize::MAX);
        let sessions = count.saturating_add(half_open.records().len());
        let buckets = sessions.div_ceil(PER_BUCKET).next_power_of_two();
        let mut flows: Vec<Flow> = Vec::with_capacity(count);
        for slot in 0..capacity {
            let mut flow = Flow::empty();
            let next = slot.saturating_add(1);
            flow.chain = if next == capacity { NO_SLOT } else { next };
            flows.push(flow);
        }
        Self {
            flows: flows.into_boxed_slice(),
            half_open,
            buckets: vec![Bucket::new(); buckets].into_boxed_slice(),
            mask: buckets.saturating_sub(1),
            hash: KeyHash::new(seed),
            free: 0,
            len: 0,
            lists: [AgeList::new(); Class::ALL.len()],
            timeouts,
            spilled: 0,
        }
    }

    /// The table's memory, for advice to the kernel: flows, half-open sessions and index.
    #[must_use]
    pub fn memory(&self) -> (&[Flow], &[HalfOpen], &[Bucket]) {
        (&self.flows, self.half_open.records(), &self.buckets)
    }

    /// Flows in the table.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// True when there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Flows of a class.
    #[must_use]
    pub fn class_len(&self, class: Class) -> u32 {
        self.lists.get(class.index()).map_or(0, |list| list.len)
    }

    /// Most flows it can hold.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.flows.len()
    }

    /// Times an insertion found its bucket full.
    #[must_use]
    pub const fn spilled(&self) -> u64 {
        self.spilled
    }

    /// Hash of a key under this table's seed.
    #[must_use]
    #[inline]
    pub fn hash(&self, key: &FlowKey) -> u64 {
        self.hash.hash(key)
    }

    /// The bucket of a hash, to be loaded ahead of [`FlowTable::find`].
    #[must_use]
    #[inline]
    pub fn bucket(&self, hash: u64) -> Option<&Bucket> {
        self.buckets.get(self.bucket_number(hash))
    }

    /// What a hash most likely belongs to, whose record is to be loaded ahead of [`FlowTable::find`].
    #[must_use]
    #[inline]
    pub fn likely(&self, hash: u64) -> Option<Found> {
        self.bucket(hash)?.candidates(Bucket::tag(hash)).next().map(|slot| Slot(slot).found())
    }

    /// True when `found` is, still, what the index has for `key`.
    #[must_use]
    #[inline]
    pub fn is(&self, found: Found, key: &FlowKey) -> bool {
        match found {
            Found::Flow(index) => self.get(index).is_some_and(|flow| flow.key == *key && flow.bits.has(Bits::IN_USE)),
            Found::HalfOpen(index) => {
                self.half_open(index).is_some_and(|record| record.key == *key && record.bits.has(Bits::IN_USE))
            }
        }
    }

    /// Finds the flow or the half-open session of a key; `hash` is its [`FlowTable::hash`].
    #[must_use]
    #[inline]
    pub fn find(&self, key: &FlowKey, hash: u64) -> Option<Found> {
        let bucket = self.bucket(hash)?;
        for slot in bucket.candidates(Bucket::tag(hash)) {
            if self.entry(Slot(slot)).is_some_and(|entry| *entry.key == *key) {
                return Some(Slot(slot).found());
            }
        }
        let mut slot = Slot(bucket.overflow);
        while let Some(entry) = self.entry(slot) {
            if *entry.key == *key {
                return Some(slot.found());
            }
            slot = Slot(entry.chain);
        }
        None
    }

    /// Flow records, in use and free.
    #[must_use]
    #[inline]
    pub fn flow_capacity(&self) -> u32 {
        u32::try_from(self.flows.len()).unwrap_or(u32::MAX)
    }

    /// Flow records that are free.
    #[must_use]
    #[inline]
    pub fn free(&self) -> u32 {
        self.flow_capacity().saturating_sub(self.len)
    }

    /// Adds a flow for a key that is not in the table. `None` when all records are in use.
    pub fn insert(&mut self, key: &FlowKey, hash: u64, class: Class, now_ns: u64) -> Option<FlowIndex> {
        let slot = self.free;
        let number = self.bucket_number(hash);
        let flow = self.flows.get_mut(usize::try_from(slot).ok()?)?;
        self.free = flow.chain;
        *flow = Flow::empty();
        flow.key = *key;
        flow.class = class;
        flow.bits.set(Bits::IN_USE);
        flow.last_ns = now_ns;
        flow.queued = queued(now_ns);
        self.link(number, Bucket::tag(hash), Slot(slot));
        self.len = self.len.saturating_add(1);
        if let Some(list) = self.lists.get_mut(class.index()) {
            list.push(&mut self.flows, slot);
        }
        Some(FlowIndex(slot))
    }

    /// The flow of an index.
    #[must_use]
    #[inline]
    pub fn get(&self, index: FlowIndex) -> Option<&Flow> {
        self.at(index.0)
    }

    /// The flow of an index.
    #[inline]
    pub fn get_mut(&mut self, index: FlowIndex) -> Option<&mut Flow> {
        self.flows.get_mut(usize::try_from(index.0).ok()?)
    }

    /// True when a flow has been idle for its class's timeout or longer.
    #[must_use]
    #[inline]
    pub fn is_stale(&self, flow: &Flow, now_ns: u64) -> bool {
        flow.last_ns.saturating_add(self.timeouts.of(flow.class)) <= now_ns
    }

    /// When an idle flow times out.
    #[must_use]
    pub fn deadline(&self, flow: &Flow) -> u64 {
        flow.last_ns.saturating_add(self.timeouts.of(flow.class))
    }

    /// Notes a packet at `now_ns`: the flow is young again, and in `class`. The age lists stay sorted only while
    /// `now_ns` never goes back between calls of [`FlowTable::insert`] and this.
    #[inline]
    pub fn touch(&mut self, index: FlowIndex, class: Class, now_ns: u64) {
        let timeout = self.timeouts.of(class);
        let Some(flow) = self.get_mut(index) else { return };
        flow.last_ns = now_ns;
        let part = queued(timeout / REFRESH_PART);
        if flow.class != class || queued(now_ns).wrapping_sub(flow.queued) > part {
            self.requeue(index.0, class, now_ns);
        }
    }

    fn requeue(&mut self, slot: u32, class: Class, now_ns: u64) {
        let Some(old) = self.at(slot).map(|flow| flow.class) else { return };
        if let Some(list) = self.lists.get_mut(old.index()) {
            list.unlink(&mut self.flows, slot);
        }
        if let Some(flow) = self.get_mut(FlowIndex(slot)) {
            flow.class = class;
            flow.queued = queued(now_ns);
        }
        if let Some(list) = self.lists.get_mut(class.index()) {
            list.push(&mut self.flows, slot);
        }
    }

    /// The next flow that is stale at `now_ns`, if any. Looks at the old end of each class's list only.
    ///
    /// Never early, and late by less than a sixteenth of the timeout and one unit of `queued`: the lists are sorted
    /// by `queued`, which lags the last packet by no more than that (see [`FlowTable::touch`]), so a flow at the old
    /// end that was active since hides nothing older for longer. It must not be moved up here: it would land behind
    /// flows that are younger than it, and wait for them to time out too.
    #[must_use]
    pub fn next_stale(&self, now_ns: u64) -> Option<FlowIndex> {
        Class::ALL
            .iter()
            .filter_map(|class| self.oldest(*class))
            .find(|slot| self.at(*slot).is_some_and(|flow| self.is_stale(flow, now_ns)))
            .map(FlowIndex)
    }

    /// The flow that is to make room when the table is full.
    #[must_use]
    pub fn victim(&self) -> Option<FlowIndex> {
        Class::RECYCLE_ORDER.iter().find_map(|class| self.oldest(*class)).map(FlowIndex)
    }

    /// The index line that will be needed when `ahead` more flows have made room, to
    /// be loaded by then. A flood evicts with every packet, each from another line.
    #[must_use]
    pub fn victim_bucket(&self, ahead: usize) -> Option<&Bucket> {
        let slot = Class::RECYCLE_ORDER.iter().find_map(|class| self.oldest(*class))?;
        let flow = std::iter::successors(self.at(slot), |flow| self.at(flow.newer)).nth(ahead)?;
        self.bucket(self.hash(&flow.key))
    }

    /// Any flow, for the final flush: oldest first within each class.
    #[must_use]
    pub fn any(&self) -> Option<FlowIndex> {
        Class::ALL.iter().find_map(|class| self.oldest(*class)).map(FlowIndex)
    }

    /// Removes a flow. The index names nothing afterwards until its place is given out again; to remove it twice
    /// before that does nothing.
    pub fn remove(&mut self, index: FlowIndex) {
        let Some(flow) = self.get(index).filter(|flow| flow.bits.has(Bits::IN_USE)) else { return };
        let (key, class) = (flow.key, flow.class);
        if let Some(list) = self.lists.get_mut(class.index()) {
            list.unlink(&mut self.flows, index.0);
        }
        let hash = self.hash.hash(&key);
        self.unlink(self.bucket_number(hash), Bucket::tag(hash), Slot(index.0));
        let free = self.free;
        if let Some(flow) = self.get_mut(index) {
            flow.chain = free;
            flow.bits = Bits::default();
        }
        self.free = index.0;
        self.len = self.len.saturating_sub(1);
    }

    /// Flows whose records stand in this range of places, in no order that means
    /// anything: for a walk over the table in slices.
    pub fn walk(&self, places: std::ops::Range<u32>) -> impl Iterator<Item = &Flow> {
        let start = usize::try_from(places.start).unwrap_or(usize::MAX).min(self.flows.len());
        let end = usize::try_from(places.end).unwrap_or(usize::MAX).min(self.flows.len());
        self.flows.get(start..end.max(start)).unwrap_or(&[]).iter().filter(|flow| flow.bits.has(Bits::IN_USE))
    }

    /// The same, to change them.
    pub fn walk_mut(&mut self, places: std::ops::Range<u32>) -> impl Iterator<Item = &mut Flow> {
        let start = usize::try_from(places.start).unwrap_or(usize::MAX).min(self.flows.len());
        let end = usize::try_from(places.end).unwrap_or(usize::MAX).min(self.flows.len());
        let slice = self.flows.get_mut(start..end.max(start)).unwrap_or(&mut []);
        slice.iter_mut().filter(|flow| flow.bits.has(Bits::IN_USE))
    }

    /// Takes other idle times and leaves its own in their place. They hold for the sessions there are, too; those that
    /// have waited may be noticed late by a sixteenth of the longer time.
    pub fn exchange(&mut self, timeouts: &mut Timeouts) {
        std::mem::swap(&mut self.timeouts, timeouts);
        self.half_open.set_units(&self.timeouts);
    }

    /// All flows, oldest first within each class.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        Class::ALL.into_iter().flat_map(move |class| {
            std::iter::successors(self.oldest(class).and_then(|slot| self.at(slot)), move |flow| self.at(flow.newer))
        })
    }

    fn oldest(&self, class: Class) -> Option<u32> {
        self.lists.get(class.index()).map(|list| list.oldest).filter(|slot| *slot != NO_SLOT)
    }

    #[inline]
    fn at(&self, slot: u32) -> Option<&Flow> {
        self.flows.get(usize::try_from(slot).ok()?)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the low bits are what is wanted
    fn bucket_number(&self, hash: u64) -> usize {
        hash as usize & self.mask
    }
}

#[inline]
fn queued(ns: u64) -> u32 {
    // Wraps after 18 years, which differences survive.
    u32::try_from((ns >> QUEUED_SHIFT) & u64::from(u32::MAX)).unwrap_or(0)
}
