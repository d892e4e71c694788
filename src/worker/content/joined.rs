//! Parts of files among a flow's objects, and the trees of files that are put together from them.
//!
//! A joined file belongs to no flow: its tree is a slot of its own, and its keywords are counted by themselves. An alert is
//! about the flow whose byte raised it, which may be over by then, or be another worker's: then that worker is told, so
//! that the flow's record says so and its session is reset where the dictionary wants that.

use super::objects::{Objects, Sight, Slot};
use super::ranges::{Adopted, By, Described, FileId, Ranges, Source, Verdict, Walker};
use super::scan::{Spot, Where};
use super::{Desk, ranges};
use crate::decode::{Decoders, Tree};
use crate::flow::{Bits, Facts, Flow, FlowTable, Found, NO_OBJECT, NO_SLOT};
use crate::kill::eighth;
use crate::scan::keyword::ScanState;

/// Walks joined files through trees.
pub(super) struct Walk<'a, 'b> {
    objects: &'a mut Objects,
    desk: &'a mut Desk,
    /// The flow whose packet is being worked on, and its transactions so far.
    present: Option<(&'a mut Facts, &'a Spot<'b>, u32)>,
}

impl Walk<'_, '_> {
    /// Works on a tree in the name of who brought its bytes. Returns whether an alert was raised that wants a reset.
    fn look(
        &mut self,
        number: u16,
        by: By<'_>,
        timestamp_ns: u64,
        work: impl FnOnce(&mut Tree, &mut Decoders, &mut Sight<'_>),
    ) -> bool {
        let Objects { slots, decoders, sha256, keeper, extraction, found, .. } = &mut *self.objects;
        let Some(Slot { tree, state, generation, start, hits, last_ns, .. }) = slots.get_mut(usize::from(number))
        else {
            return false;
        };
        *last_ns = timestamp_ns;
        let (start, sha256) = (*start, *sha256);
        let desk = &mut *self.desk;
        desk.reset_wanted = false;
        let sight = |flow: &mut Facts, spot: &Spot<'_>, desk: &mut Desk, records: u32| {
            // The file has its own score: what it is does not depend on how many connections brought it.
            std::mem::swap(&mut flow.hits, hits);
            let (keeper, extraction) = (keeper.as_deref_mut(), extraction.as_deref_mut());
            let spot = &Spot { timestamp_ns, ..*spot };
            let sight =
                &mut Sight { state, start, offset: None, flow, spot, desk, records, sha256, keeper, extraction };
            work(tree, decoders, sight);
            std::mem::swap(&mut sight.flow.hits, hits);
        };
        match (by, &mut self.present) {
            (By::Present, Some((flow, spot, records))) => {
                desk.renew(flow);
                sight(flow, spot, desk, *records);
            }
            (By::Present, None) => {}
            (By::Other(source), _) => {
                let Source { facts, direction, records, .. } = &mut *source;
                facts.bits.put(Bits::GENERATION, desk.generation);
                let alerted = facts.bits.has(Bits::ALERTED);
                facts.bits.put(Bits::ALERTED, false);
                let spot = Spot { trigger: None, timestamp_ns, direction: *direction, late: false };
                sight(facts, &spot, desk, *records);
                if facts.bits.has(Bits::ALERTED) {
                    found.note(source, true, desk.reset_wanted);
                }
                source.facts.bits.put(Bits::ALERTED, alerted || source.facts.bits.has(Bits::ALERTED));
            }
        }
        debug_assert_eq!(*generation, desk.generation, "renewed with the dictionaries");
        desk.reset_wanted
    }
}

/// Objects that are remembered as files which there may be parts of; the newest takes the place of the oldest.
const ADOPTABLE: usize = 128;

/// Slots of those objects. What has become of a slot meanwhile is seen when it is looked at.
#[derive(Debug)]
pub(super) struct Adoptable {
    slots: [u16; ADOPTABLE],
    next: usize,
    /// That which breaks off just now, and no other.
    only: Option<u16>,
}

impl Default for Adoptable {
    fn default() -> Self {
        Self { slots: [NO_OBJECT; ADOPTABLE], next: 0, only: None }
    }
}

impl Adoptable {
    pub(super) fn push(&mut self, slot: u16) {
        if let Some(place) = self.slots.get_mut(self.next) {
            *place = slot;
        }
        self.next = (self.next + 1) % ADOPTABLE;
    }
}

impl Walker for Walk<'_, '_> {
    fn adopt(&mut self, digest: FileId) -> Option<Adopted> {
        let Objects { slots, adoptable, .. } = &*self.objects;
        let is_it = |number: &&u16| slots.get(usize::from(**number)).is_some_and(|slot| slot.is_open(digest));
        let candidates = adoptable.only.as_ref().map_or(&adoptable.slots[..], std::slice::from_ref);
        let old = usize::from(*candidates.iter().find(is_it)?);
        let new = self.take()?;
        let slots = &mut self.objects.slots;
        let [old, slot] = slots.get_disjoint_mut([old, usize::from(new)]).ok()?;
        std::mem::swap(&mut old.tree, &mut slot.tree);
        std::mem::swap(&mut old.state, &mut slot.state);
        slot.start = old.start;
        (old.part, old.whole) = (true, 0);
        if slot.generation != old.generation {
            slot.state.renew();
        }
        Some(Adopted { tree: new, passed: old.passed, condemned: old.condemned })
    }

    fn take(&mut self) -> Option<u16> {
        let Some(number) = self.objects.free.pop() else {
            self.desk.counters.objects_exhausted += 1;
            return None;
        };
        let slot = self.objects.slots.get_mut(usize::from(number))?;
        (slot.hits, slot.generation, slot.part) = (NO_SLOT, self.desk.generation, false);
        Some(number)
    }

    fn begin(&mut self, tree: u16, start: u64, described: &Described) {
        let Objects { slots, decoders, .. } = &mut *self.objects;
        let Some(slot) = slots.get_mut(usize::from(tree)) else { return };
        slot.start = start;
        slot.tree.begin(&described.start(), decoders);
    }

    fn data(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, bytes: &[u8]) -> bool {
        self.look(tree, by, timestamp_ns, |tree, decoders, leaves| tree.push(bytes, decoders, leaves))
    }

    fn gap(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, length: u64) -> bool {
        self.look(tree, by, timestamp_ns, |tree, decoders, leaves| tree.gap(length, decoders, leaves))
    }

    fn end(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, complete: bool) -> bool {
        let wanted =
            self.look(tree, by, timestamp_ns, |tree, decoders, leaves| tree.finish(complete, decoders, leaves));
        self.give_back(tree);
        wanted
    }

    fn condemn(&mut self, by: By<'_>) {
        match (by, &mut self.present) {
            (By::Present, Some((flow, spot, _))) => reset(flow, spot.timestamp_ns, self.desk),
            (By::Present, None) => {}
            (By::Other(source), _) if source.facts.bits.has(Bits::KILLED) => {}
            (By::Other(source), _) => self.objects.found.note(source, false, true),
        }
    }

    fn give_back(&mut self, tree: u16) {
        if let Some(slot) = self.objects.slots.get_mut(usize::from(tree)) {
            self.desk.hits.release(&mut slot.hits);
        }
        self.objects.give_back(tree);
    }

    fn stray(&mut self, source: &mut Source, bytes: &[u8]) {
        let Source { facts, direction, timestamp_ns, .. } = &mut *source;
        facts.bits.put(Bits::GENERATION, self.desk.generation);
        self.desk.reset_wanted = false;
        let spot = Spot { trigger: None, timestamp_ns: *timestamp_ns, direction: *direction, late: false };
        let mut state = ScanState::default();
        self.desk.scan(facts, &spot, Where::Part("http/body"), &mut state, 0, bytes);
        self.desk.hits.release(&mut facts.hits);
        if facts.bits.has(Bits::ALERTED) {
            self.objects.found.note(source, true, self.desk.reset_wanted);
        }
    }

    fn verdict(&mut self) -> Option<Verdict> {
        self.objects.found.list.pop()
    }
}

impl Objects {
    /// Lends the parts out together with what walks their files.
    fn with_ranges<T>(
        &mut self,
        desk: &mut Desk,
        present: Option<(&mut Facts, &Spot<'_>, u32)>,
        work: impl FnOnce(&mut Ranges, &mut Walk<'_, '_>) -> T,
    ) -> Option<T> {
        let mut ranges = self.ranges.take()?;
        let result = work(&mut ranges, &mut Walk { objects: self, desk, present });
        self.ranges = Some(ranges);
        Some(result)
    }

    pub(super) fn is_part(&self, number: u16) -> bool {
        self.slots.get(usize::from(number)).is_some_and(|slot| slot.part)
    }

    /// Takes the next bytes of a part to its file. Returns how many; the others are of an object of its own, which then has begun.
    pub(super) fn join(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        number: u16,
        records: u32,
        bytes: &[u8],
    ) -> usize {
        self.catch_up(number);
        let room = self.ranges.as_mut().and_then(|ranges| ranges.part(number)).map_or(0, |part| part.room(bytes.len()));
        let inside = bytes.get(..room).unwrap_or_default();
        let worker = self.ranges.as_ref().map_or(0, |ranges| ranges.number());
        let source = Source::new(flow, spot.direction, records, spot.timestamp_ns, worker);
        let joined = self.with_ranges(desk, Some((flow, spot, records)), |ranges, walk| {
            let joined = ranges.push(number, &source, inside, walk);
            ranges.judge(walk);
            joined
        });
        let joined = joined.unwrap_or(0);
        while let Some(verdict) = self.ranges.as_mut().and_then(|ranges| ranges.verdict_about(flow)) {
            carry_out(&verdict, flow, desk);
        }
        if joined < bytes.len() {
            self.set_apart(number);
        }
        joined
    }

    /// A part that has been a file by itself until now goes on behind what that has had.
    fn catch_up(&mut self, number: u16) {
        let Self { slots, ranges, .. } = self;
        let (Some(slot), Some(ranges)) = (slots.get_mut(usize::from(number)), ranges) else { return };
        let passed = std::mem::take(&mut slot.passed);
        if let Some(part) = ranges.part(number).filter(|_| passed != 0) {
            part.next = passed;
            ranges.counters.parts += 1;
        }
    }

    /// What passes as a whole file breaks off. Parts of its rest may come, so it ends when those do not: true, and its slot is
    /// free.
    pub(super) fn keep_broken(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        number: u16,
        records: u32,
    ) -> bool {
        let passed = self.slots.get(usize::from(number)).filter(|slot| slot.whole != 0).map_or(0, |slot| slot.passed);
        if passed == 0 {
            return false;
        }
        let worker = self.ranges.as_ref().map_or(0, |ranges| ranges.number());
        let source = Source::new(flow, spot.direction, records, spot.timestamp_ns, worker);
        self.adoptable.only = Some(number);
        self.with_ranges(desk, None, |ranges, walk| ranges.keep_broken(number, passed, source, walk));
        self.adoptable.only = None;
        self.is_part(number)
    }

    /// Bytes of a part were never seen. Returns how many are of an object of its own, which then has begun.
    pub(super) fn pass_over(&mut self, number: u16, length: u64) -> u64 {
        self.catch_up(number);
        let Some(part) = self.ranges.as_mut().and_then(|ranges| ranges.part(number)) else { return length };
        let inside = part.skip(length);
        if inside < length {
            self.set_apart(number);
        }
        length - inside
    }

    /// The rest of a part is an object of its own.
    #[cold]
    fn set_apart(&mut self, number: u16) {
        let Self { slots, decoders, ranges, .. } = self;
        let (Some(slot), Some(ranges)) = (slots.get_mut(usize::from(number)), ranges) else { return };
        ranges.counters.apart += 1;
        let Some(part) = ranges.part(number) else { return };
        (slot.part, slot.start) = (false, part.next);
        slot.tree.begin(&part.described().start(), decoders);
    }

    /// Dictionaries have changed: what joined files scored so far means nothing to the new ones.
    pub(super) fn renew_joined(&mut self, desk: &mut Desk) {
        let Self { slots, ranges, .. } = self;
        for tree in ranges.iter().flat_map(|ranges| ranges.trees()) {
            let Some(slot) = slots.get_mut(usize::from(tree)) else { continue };
            slot.state.renew();
            slot.generation = desk.generation;
            desk.hits.release(&mut slot.hits);
        }
    }

    /// Reads what other workers have handed on.
    #[inline]
    pub(in crate::worker) fn take_parts(&mut self, desk: &mut Desk) -> bool {
        if !self.ranges.as_ref().is_some_and(|ranges| ranges.has_mail()) {
            return false;
        }
        self.with_ranges(desk, None, |ranges, walk| {
            let any = ranges.receive(ranges::MESSAGES, walk);
            ranges.judge(walk);
            any
        })
        .unwrap_or(false)
    }

    /// Goes on with files whose stored bytes have their turn, and closes those that are idle at `now_ns`.
    pub(in crate::worker) fn go_on(&mut self, desk: &mut Desk, now_ns: u64) -> bool {
        self.with_ranges(desk, None, |ranges, walk| ranges.go_on(now_ns, walk)).unwrap_or(false)
    }

    /// Closes all files, on all workers at the same time.
    pub(in crate::worker) fn flush(&mut self, desk: &mut Desk) {
        self.with_ranges(desk, None, |ranges, walk| ranges.flush(walk));
        self.looked_ns = 0;
    }

    /// Whether a flow is to be told of an alert.
    #[inline]
    pub(in crate::worker) fn has_verdicts(&self) -> bool {
        self.ranges.as_ref().is_some_and(|ranges| ranges.has_verdicts())
    }

    /// Tells flows that bytes they brought have raised alerts.
    #[cold]
    pub(in crate::worker) fn settle(&mut self, table: &mut FlowTable, desk: &mut Desk) {
        let Some(ranges) = &mut self.ranges else { return };
        for verdict in ranges.verdicts() {
            let kept = &verdict.source.facts;
            let Some(Found::Flow(index)) = table.find(kept.key(), table.hash(kept.key())) else { continue };
            let Some(Flow { facts, .. }) = table.get_mut(index) else { continue };
            if facts.start_ns == kept.start_ns {
                carry_out(&verdict, facts, desk);
            }
        }
    }

    /// What was counted of parts.
    pub(in crate::worker) fn ranges(&self) -> (ranges::Counters, ranges::Gauges) {
        let Some(ranges) = &self.ranges else { return Default::default() };
        let lost = ranges.counters.verdicts_lost + self.found.lost;
        (ranges::Counters { verdicts_lost: lost, ..ranges.counters }, ranges.gauges())
    }
}

/// A flow learns what its bytes have raised.
fn carry_out(verdict: &Verdict, flow: &mut Facts, desk: &mut Desk) {
    if verdict.alerted {
        flow.bits.set(Bits::ALERTED);
    }
    if verdict.reset {
        reset(flow, verdict.source.timestamp_ns, desk);
    }
}

/// A flow's next packet is answered with resets.
fn reset(flow: &mut Facts, timestamp_ns: u64, desk: &mut Desk) {
    if !flow.bits.has(Bits::KILLED) && desk.killer.condemn(timestamp_ns) {
        flow.bits.set(Bits::KILLED);
        flow.killed_at = eighth(flow.last_ns.max(timestamp_ns));
    }
}
