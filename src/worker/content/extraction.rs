//! Objects that are looked into by processes, and what comes back of them.
//!
//! Live, a worker goes on with its packets meanwhile. What it has to know of an object when its answer comes is kept
//! here: whose it is, the way to it, and how its leaves have been scanned so far. Its
//! flow may have ended by then; an alert is made all the same, from what is kept of the flow.

use super::Desk;
use super::objects::{Scanned, Sight};
use super::scan::Spot;
use crate::decode::{Outcome, Path, Taking, Whole};
use crate::event::Direction;
use crate::extractor::{Collected, Counters, Point, RING, Step, Ticket};
use crate::flow::{Facts, Flow, FlowTable, Found, NO_OBJECT, NO_SLOT};
use crate::worker::keep::FileKeeper;

/// Bytes of answers that are scanned before the next packets have their turn.
const PORTION: usize = 64 * 1024;
/// Pieces of them.
const PIECES: usize = 256;

/// When answers are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The worker waits for each: what it finds does not depend on how fast anybody is.
    Awaited,
    /// When they come: the worker never waits.
    Later,
}

/// A worker's way to its processes.
#[derive(Debug)]
pub(in crate::worker) struct Extraction {
    point: Point,
    answers: Answers,
    /// By number of the object, modulo their count.
    pending: Box<[Pending]>,
    /// The way to what is being handed back.
    path: Path,
    sha256: bool,
}

/// An object without an answer.
#[derive(Debug)]
struct Pending {
    /// Its flow as it was, with keyword hits of its own in case that ends before.
    flow: Option<Facts>,
    direction: Direction,
    timestamp_ns: u64,
    records: u32,
    start: u64,
    base: Path,
    state: Scanned,
}

impl Extraction {
    /// `depth` is that of the trees.
    pub(super) fn new(point: Point, answers: Answers, depth: usize, sha256: bool) -> Self {
        let count = match answers {
            Answers::Awaited => 0,
            Answers::Later => RING,
        };
        let pending = |_| Pending {
            flow: None,
            direction: Direction::ToServer,
            timestamp_ns: 0,
            records: 0,
            start: 0,
            base: Path::default(),
            state: Scanned::new(depth),
        };
        Self { point, answers, pending: (0..count).map(pending).collect(), path: Path::default(), sha256 }
    }

    /// What a worker keeps of objects that wait, bytes.
    pub(super) const fn memory_bytes(depth: usize) -> usize {
        RING * (size_of::<Pending>() + Scanned::memory_bytes(depth))
    }

    pub(super) fn counters(&self) -> Counters {
        self.point.counters()
    }

    pub(super) const fn point(&self) -> &Point {
        &self.point
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.point.is_waiting()
    }

    /// Files are summed up from now on.
    pub(super) const fn sum_up(&mut self) {
        self.sha256 = true;
    }

    fn begin(&mut self, collected: &mut Collected, whole: &Whole<'_>) -> Taking {
        collected.begin(&mut self.point, whole, self.answers == Answers::Awaited)
    }

    /// False when the object is lost.
    fn write(
        &mut self,
        collected: &mut Collected,
        level: usize,
        bytes: &[u8],
        desk: &mut Desk,
        keeper: Option<&mut FileKeeper>,
    ) -> bool {
        let fits = collected.write(&mut self.point, level, bytes);
        self.tell_lost(desk, keeper);
        fits
    }

    /// Dictionaries have changed: what leaves and scores were so far means nothing to the new ones.
    pub(super) fn renew(&mut self, desk: &mut Desk) {
        for pending in &mut self.pending {
            pending.state.renew();
            if let Some(flow) = &mut pending.flow {
                desk.renew(flow);
            }
        }
    }

    /// All of an object has come. What it takes apart is handed to `sight` at once where answers are awaited. False
    /// when nobody looks into it.
    fn end(&mut self, ticket: Ticket, whole: &Whole<'_>, complete: bool, sight: &mut Sight<'_>) -> bool {
        self.point.make_way();
        self.tell_lost(sight.desk, sight.keeper.as_deref_mut());
        let Some(number) = self.point.publish(ticket, whole, complete) else { return false };
        if self.answers == Answers::Awaited {
            self.point.wait(number, whole.path, &mut self.path, sight);
            return true;
        }
        if let Some(pending) = place(&mut self.pending, number) {
            let mut kept = sight.flow.clone();
            (kept.hits, kept.parser, kept.objects) = (NO_SLOT, NO_SLOT, NO_OBJECT);
            pending.flow = Some(kept);
            pending.direction = sight.spot.direction;
            pending.timestamp_ns = sight.spot.timestamp_ns;
            (pending.records, pending.start) = (sight.records, sight.start);
            pending.base.copy_from(whole.path);
        }
        true
    }

    /// Takes a portion of the answers that have come. Returns whether there was any.
    pub(super) fn take(
        &mut self,
        table: &mut FlowTable,
        desk: &mut Desk,
        mut keeper: Option<&mut FileKeeper>,
        now_ns: u64,
    ) -> bool {
        let (mut bytes, mut pieces) = (0, 0);
        while bytes < PORTION && pieces < PIECES {
            let Some(step) = self.point.next_step() else { break };
            bytes += step.length();
            pieces += 1;
            self.hand_on(&step, Some(table), desk, keeper.as_deref_mut(), now_ns);
        }
        pieces != 0
    }

    /// Tells of objects that had to make room for others.
    fn tell_lost(&mut self, desk: &mut Desk, mut keeper: Option<&mut FileKeeper>) {
        while let Some(step) = self.point.next_failed() {
            // Files that were being kept of it end here.
            self.hand_on(&step, None, desk, keeper.as_deref_mut(), 0);
        }
    }

    fn hand_on(
        &mut self,
        step: &Step,
        table: Option<&mut FlowTable>,
        desk: &mut Desk,
        keeper: Option<&mut FileKeeper>,
        now_ns: u64,
    ) {
        let Self { point, pending, path, sha256, .. } = self;
        let Some(Pending { flow: kept, direction, timestamp_ns, records, start, base, state }) =
            place(pending, step.number())
        else {
            return;
        };
        if let Some(own) = kept {
            let living = table.and_then(|table| living(table, own));
            let late = living.is_some();
            let flow = living.unwrap_or(own);
            desk.renew(flow);
            let timestamp_ns = now_ns.max(*timestamp_ns);
            let spot = &Spot { trigger: None, timestamp_ns, direction: *direction, late };
            let mut sight = Sight {
                state,
                start: *start,
                offset: None,
                flow,
                spot,
                desk,
                records: *records,
                sha256: *sha256,
                keeper,
                extraction: None,
            };
            point.apply(step, base, path, &mut sight);
        }
        if step.is_last()
            && let Some(mut own) = kept.take()
        {
            desk.hits.release(&mut own.hits);
        }
    }
}

fn place(pending: &mut [Pending], number: u64) -> Option<&mut Pending> {
    let count = u64::try_from(pending.len()).ok().filter(|count| *count != 0)?;
    pending.get_mut(usize::try_from(number % count).ok()?)
}

/// The flow that `kept` was taken from, while it goes on.
fn living<'a>(table: &'a mut FlowTable, kept: &Facts) -> Option<&'a mut Facts> {
    let Some(Found::Flow(index)) = table.find(kept.key(), table.hash(kept.key())) else { return None };
    let Flow { facts, .. } = table.get_mut(index)?;
    (facts.start_ns == kept.start_ns).then_some(facts)
}

/// What a tree hands out whole goes to the processes.
impl Sight<'_> {
    pub(super) fn begin_whole(&mut self, whole: &Whole<'_>) -> Taking {
        let Some(extraction) = &mut self.extraction else { return Taking::Passing };
        extraction.begin(&mut self.state.collected, whole)
    }

    pub(super) fn write_whole(&mut self, level: usize, bytes: &[u8]) -> bool {
        let Some(extraction) = &mut self.extraction else { return false };
        extraction.write(&mut self.state.collected, level, bytes, self.desk, self.keeper.as_deref_mut())
    }

    pub(super) fn end_whole(&mut self, whole: &Whole<'_>, complete: bool) -> Outcome {
        let Some(extraction) = self.extraction.take() else { return Outcome::Lost };
        let ticket = self.state.collected.end(&mut extraction.point, whole.level);
        let published = ticket.is_some_and(|ticket| extraction.end(ticket, whole, complete, self));
        self.extraction = Some(extraction);
        if published { Outcome::Elsewhere } else { Outcome::Lost }
    }

    pub(super) fn drop_whole(&mut self, level: usize) {
        if let Some(extraction) = &mut self.extraction {
            self.state.collected.forget(&mut extraction.point, level);
        }
    }
}
