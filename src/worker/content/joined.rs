//! Parts of files among a flow's objects, and the trees of files that are put together from them.
//!
//! A joined file belongs to no flow: its tree is a slot of its own, and its keywords are counted by themselves. An alert is
//! about the flow whose byte raised it, which may be over by then, or be another worker's: then that worker is told, so
//! that the flow's record says so and its session is reset where the dictionary wants that.

use super::objects::{Objects, Sight, Slot};
use super::ranges::{Adopted, By, Described, Ranges, Source, Verdict, Walker};
use super::scan::Spot;
use super::{Desk, ranges};
use crate::decode::{Decoders, Tree};
use crate::flow::{Bits, Facts, Flow, FlowTable, Found, NO_SLOT};
use crate::kill::eighth;
use crate::scan::keyword::Dictionaries;

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
                desk.told = desk.hits.alerted(flow.hits);
                sight(flow, spot, desk, *records);
            }
            (By::Present, None) => {}
            (By::Other(source), _) => {
                let Source { facts, direction, records, alerted, .. } = &mut *source;
                desk.told = *alerted;
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
        desk.told = Dictionaries::NONE;
        debug_assert_eq!(*generation, desk.generation, "renewed with the dictionaries");
        desk.reset_wanted
    }
}

impl Walker for Walk<'_, '_> {
    fn take(&mut self) -> Option<u16> {
        let Some(number) = self.objects.free.pop() else {
            self.desk.counters.objects_exhausted += 1;
            return None;
        };
        let slot = self.objects.slots.get_mut(usize::from(number))?;
        (slot.hits, slot.generation) = (NO_SLOT, self.desk.generation);
        (slot.part, slot.whole) = (false, false);
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

    /// Who brings bytes, as the flow is now.
    fn source(&self, flow: &Facts, spot: &Spot<'_>, desk: &Desk, records: u32) -> Source {
        let worker = self.ranges.as_ref().map_or(0, |ranges| ranges.number());
        Source::new(flow, spot.direction, records, spot.timestamp_ns, desk.hits.alerted(flow.hits), worker)
    }

    /// Takes the next bytes of a part to its file as well.
    pub(super) fn join(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        number: u16,
        records: u32,
        bytes: &[u8],
    ) {
        let room = self.ranges.as_mut().and_then(|ranges| ranges.part(number)).map_or(0, |part| part.room(bytes.len()));
        let inside = bytes.get(..room).unwrap_or_default();
        let source = self.source(flow, spot, desk, records);
        let joined = self.with_ranges(desk, Some((flow, spot, records)), |ranges, walk| {
            let joined = ranges.push(number, &source, inside, walk);
            ranges.judge(walk);
            joined
        });
        while let Some(verdict) = self.ranges.as_mut().and_then(|ranges| ranges.verdict_about(flow)) {
            carry_out(&verdict, flow, desk);
        }
        if joined.unwrap_or(0) < bytes.len() {
            self.set_apart(number);
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
        let is_kept = |slot: &&Slot| slot.whole && slot.passed != 0;
        let Some((passed, condemned)) =
            self.slots.get(usize::from(number)).filter(is_kept).map(|slot| (slot.passed, slot.condemned))
        else {
            return false;
        };
        // The tree moves to a slot that is of no flow.
        let Some(tree) = self.free.pop() else { return false };
        self.move_tree(number, tree, desk);
        let source = self.source(flow, spot, desk, records);
        let adopted = Adopted { tree, passed, condemned, source };
        let is_kept = self.with_ranges(desk, None, |ranges, walk| ranges.keep_broken(number, adopted, walk));
        if is_kept != Some(true) {
            self.move_tree(tree, number, desk);
            self.give_back(tree);
        }
        is_kept == Some(true)
    }

    fn move_tree(&mut self, from: u16, to: u16, desk: &Desk) {
        let Ok([from, to]) = self.slots.get_disjoint_mut([usize::from(from), usize::from(to)]) else { return };
        std::mem::swap(&mut from.tree, &mut to.tree);
        std::mem::swap(&mut from.state, &mut to.state);
        (to.start, to.part) = (from.start, false);
        if from.generation != desk.generation {
            to.state.renew();
        }
        (to.hits, to.generation) = (NO_SLOT, desk.generation);
    }

    /// Bytes of a part were never seen.
    pub(super) fn pass_over(&mut self, number: u16, length: u64) {
        let Some(part) = self.ranges.as_mut().and_then(|ranges| ranges.part(number)) else { return };
        if part.skip(length) < length {
            self.set_apart(number);
        }
    }

    /// The rest of a part is not put together with others.
    #[cold]
    fn set_apart(&mut self, number: u16) {
        let Self { slots, ranges, .. } = self;
        let (Some(slot), Some(ranges)) = (slots.get_mut(usize::from(number)), ranges) else { return };
        ranges.counters.apart += 1;
        slot.part = false;
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
