//! Objects of all flows of a worker on their way through the decoders.

use sha2::{Digest, Sha256};

use super::extraction::{Answers, Extraction};
use super::scan::{Spot, Where};
use super::{Desk, head, length};
use crate::decode::{
    Cut, Decoders, Ended, File, Format, Held, Leaves, Limits, MAX_CODINGS, MESSAGE, Path, Start, Totals, Tree, Whole,
    charset_of, coding,
};
use crate::event::{AnomalyEvent, Direction, Event, FileEvent, Layer};
use crate::extractor::{self, Point, Ticket};
use crate::flow::{Bits, Facts, FlowTable, NO_OBJECT};
use crate::proto::Object;
use crate::scan::keyword::ScanState;
use crate::worker::keep::{FileKeeper, Keeping};

/// Longest name of a file that is told, bytes.
const NAME: usize = 255;

/// How many objects are looked into, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLimits {
    /// Objects of all flows of a worker at the same time, at most 65,535.
    pub objects: u16,
    /// Objects of one flow at the same time (NCAP: `DQ_MAX_LEN`).
    pub pending: u16,
    /// What is decoded of one object.
    pub decode: Limits,
    /// Sum files up.
    pub sha256: bool,
}

impl ObjectLimits {
    /// What a worker keeps beside of objects that processes look into, bytes.
    #[must_use]
    pub fn extraction_bytes(&self) -> u64 {
        u64::try_from(Extraction::memory_bytes(self.decode.depth)).unwrap_or(u64::MAX)
    }

    /// What a worker's objects and decoders hold, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let levels = Scanned::memory_bytes(self.decode.depth);
        let object = size_of::<Slot>() + levels + Tree::memory_bytes(&self.decode);
        let bytes = usize::from(self.objects) * object + Decoders::memory_bytes(&self.decode);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Trees, and the decoders they share.
#[derive(Debug)]
pub(in crate::worker) struct Objects {
    slots: Box<[Slot]>,
    /// Free slots; the last is taken first.
    free: Vec<u16>,
    decoders: Decoders,
    pending: u16,
    sha256: bool,
    /// Keeps files, where that is asked for.
    keeper: Option<Box<FileKeeper>>,
    /// Gets what has to be seen whole, where there is an extractor.
    extraction: Option<Box<Extraction>>,
    depth: usize,
}

/// One object of a flow.
#[derive(Debug)]
struct Slot {
    /// Next object of the same flow, or [`NO_OBJECT`].
    next: u16,
    direction: Direction,
    id: u32,
    /// It has not ended. One that has is kept for the next, whose coding goes on.
    open: bool,
    /// Where it begins in the file that it is a part of.
    start: u64,
    /// [`Bits::GENERATION`] of the dictionaries that its scanner states are of.
    generation: bool,
    tree: Tree,
    state: Scanned,
}

/// What is kept of an object while it is scanned.
#[derive(Debug)]
pub(super) struct Scanned {
    /// Way to the leaf that began last; those of leaves around it are its beginnings.
    path: Path,
    levels: Box<[Level]>,
    file: Passing,
    /// The object that is handed out whole.
    pub(super) whole: Option<Ticket>,
}

impl Scanned {
    /// For trees of that depth.
    pub(super) fn new(depth: usize) -> Self {
        Self {
            path: Path::default(),
            levels: vec![Level::default(); depth + 1].into_boxed_slice(),
            file: Passing {
                name: [0; NAME],
                name_length: 0,
                path: Path::default(),
                kind: "",
                gaps: false,
                digest: Sha256::new(),
                keeping: Keeping::default(),
            },
            whole: None,
        }
    }

    /// What it holds beside itself, bytes.
    pub(super) const fn memory_bytes(depth: usize) -> usize {
        (depth + 1) * size_of::<Level>()
    }

    /// Scanner states are of other dictionaries.
    pub(super) fn renew(&mut self) {
        self.levels.iter_mut().for_each(|level| level.state = ScanState::default());
    }
}

/// A leaf that has begun.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    state: ScanState,
    offset: u64,
    /// Length of its path.
    path: usize,
}

/// The file that is passing.
#[derive(Debug)]
struct Passing {
    name: [u8; NAME],
    name_length: usize,
    path: Path,
    kind: &'static str,
    gaps: bool,
    digest: Sha256,
    keeping: Keeping,
}

impl Objects {
    pub(in crate::worker) fn new(limits: &ObjectLimits) -> Self {
        let slot = |_| Slot {
            next: NO_OBJECT,
            direction: Direction::ToServer,
            id: 0,
            open: false,
            start: 0,
            generation: false,
            tree: Tree::new(&limits.decode),
            state: Scanned::new(limits.decode.depth),
        };
        let count = limits.objects.min(NO_OBJECT - 1);
        Self {
            slots: (0..count).map(slot).collect(),
            free: (0..count).rev().collect(),
            decoders: Decoders::new(limits.decode.clone()),
            pending: limits.pending,
            sha256: limits.sha256,
            keeper: None,
            extraction: None,
            depth: limits.decode.depth,
        }
    }

    /// Lets `keeper` have all files that begin from now on.
    pub(in crate::worker) fn keep(&mut self, keeper: FileKeeper) {
        self.sha256 = true;
        self.keeper = Some(Box::new(keeper));
        if let Some(extraction) = &mut self.extraction {
            extraction.sum_up();
        }
    }

    /// Lets processes have what has to be seen whole.
    pub(in crate::worker) fn extract(&mut self, point: Point, answers: Answers) {
        self.extraction = Some(Box::new(Extraction::new(point, answers, self.depth, self.sha256)));
    }

    /// Takes a portion of what processes have handed back. Returns whether there was anything.
    pub(in crate::worker) fn take_answers(&mut self, table: &mut FlowTable, desk: &mut Desk, now_ns: u64) -> bool {
        let Some(extraction) = &mut self.extraction else { return false };
        extraction.take(table, desk, self.keeper.as_deref_mut(), now_ns)
    }

    /// Whether there is an object that processes have not answered yet.
    pub(in crate::worker) fn awaits_answers(&self) -> bool {
        self.extraction.as_ref().is_some_and(|extraction| extraction.is_waiting())
    }

    /// Dictionaries have changed.
    pub(in crate::worker) fn renew(&mut self, desk: &mut Desk) {
        if let Some(extraction) = &mut self.extraction {
            extraction.renew(desk);
        }
    }

    /// What was counted of objects for processes.
    pub(in crate::worker) fn extracted(&self) -> extractor::Counters {
        self.extraction.as_ref().map(|extraction| extraction.counters()).unwrap_or_default()
    }

    /// Files that were not kept because there was no room for their bytes.
    pub(in crate::worker) fn not_kept(&self) -> u64 {
        self.keeper.as_ref().map_or(0, |keeper| keeper.lost())
    }

    /// What the decoders have done, those of processes among them.
    pub(in crate::worker) fn totals(&self) -> Totals {
        let totals = self.decoders.totals();
        self.extraction.as_ref().map_or(*totals, |extraction| totals.and(extraction.point().totals()))
    }

    /// Objects that are being looked into.
    pub(in crate::worker) fn used(&self) -> usize {
        self.slots.len().saturating_sub(self.free.len())
    }

    /// An object of a flow begins. False when there is no room for it: it is scanned as it stands.
    pub(super) fn begin(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        object: &Object<'_>,
    ) -> bool {
        self.end(flow, spot, desk, id, false, 0);
        let codings = &read_codings(object.codings, object.label == "websocket");
        let continues = codings.first().copied().flatten().is_some_and(|format| format.continues());
        let kept = if continues { self.find_kept(flow, spot.direction, id) } else { None };
        let number = match kept {
            Some(number) => number,
            None => match self.take(flow, spot, desk) {
                Some(number) => number,
                None => return false,
            },
        };
        let Self { slots, decoders, .. } = self;
        let Some(slot) = slots.get_mut(usize::from(number)) else { return false };
        (slot.direction, slot.id, slot.start, slot.open) = (spot.direction, id, object.offset, true);
        let format = is_message(object.media_type).then_some(MESSAGE);
        let charset = charset_of(object.media_type);
        let (prefix, name, media_type) = (object.label, object.name, object.media_type);
        slot.tree.begin(&Start { prefix, name, codings, format, charset, media_type }, decoders);
        true
    }

    /// A free slot, which becomes the flow's first; nothing where there is no room for another object.
    fn take(&mut self, flow: &mut Facts, spot: &Spot<'_>, desk: &mut Desk) -> Option<u16> {
        if self.count(flow) >= usize::from(self.pending) {
            desk.counters.objects_pending += 1;
            desk.tell(flow, spot.timestamp_ns, spot.direction, "content.pending");
            return None;
        }
        let Some(number) = self.free.pop() else {
            desk.counters.objects_exhausted += 1;
            return None;
        };
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            slot.next = std::mem::replace(&mut flow.objects, number);
        }
        Some(number)
    }

    /// Its next bytes. False when it is not looked into.
    pub(super) fn push(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        records: u32,
        bytes: &[u8],
    ) -> bool {
        self.with(flow, spot, desk, id, records, |tree, decoders, leaves| tree.push(bytes, decoders, leaves))
    }

    /// Its next `length` bytes were never seen. False when it is not looked into.
    pub(super) fn gap(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        records: u32,
        length: u64,
    ) -> bool {
        self.with(flow, spot, desk, id, records, |tree, decoders, leaves| tree.gap(length, decoders, leaves))
    }

    /// It is over. Nothing happens when it is not looked into.
    pub(super) fn end(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        complete: bool,
        records: u32,
    ) {
        let Some(number) = self.find(flow, spot.direction, id) else { return };
        self.with(flow, spot, desk, id, records, |tree, decoders, leaves| tree.finish(complete, decoders, leaves));
        let Some(slot) = self.slots.get_mut(usize::from(number)) else { return };
        slot.open = false;
        if !slot.tree.is_kept() {
            self.unlink(flow, number);
        }
    }

    /// The flow is over, and so is all that was open of it.
    pub(super) fn close(&mut self, flow: &mut Facts, timestamp_ns: u64, desk: &mut Desk, records: u32) {
        while let Some(slot) = self.slots.get_mut(usize::from(flow.objects)) {
            let (direction, id) = (slot.direction, slot.id);
            if slot.open {
                self.end(flow, &Spot { trigger: None, timestamp_ns, direction, late: false }, desk, id, false, records);
            } else {
                slot.tree.release(&mut self.decoders);
                self.unlink(flow, flow.objects);
            }
        }
    }

    fn with(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        records: u32,
        work: impl FnOnce(&mut Tree, &mut Decoders, &mut Sight<'_>),
    ) -> bool {
        let Some(number) = self.find(flow, spot.direction, id) else { return false };
        let Self { slots, decoders, sha256, keeper, extraction, .. } = self;
        let Some(Slot { tree, state, generation, start, .. }) = slots.get_mut(usize::from(number)) else {
            return false;
        };
        desk.renew(flow);
        if *generation != flow.bits.has(Bits::GENERATION) {
            *generation = flow.bits.has(Bits::GENERATION);
            state.renew();
        }
        let (keeper, extraction) = (keeper.as_deref_mut(), extraction.as_deref_mut());
        let sight = &mut Sight { state, start: *start, flow, spot, desk, records, sha256: *sha256, keeper, extraction };
        work(tree, decoders, sight);
        true
    }

    /// The slot of an object that is open.
    fn find(&self, flow: &Facts, direction: Direction, id: u32) -> Option<u16> {
        self.find_that(flow, direction, id, true)
    }

    /// The slot of an object that has ended, whose coding goes on with the next.
    fn find_kept(&self, flow: &Facts, direction: Direction, id: u32) -> Option<u16> {
        self.find_that(flow, direction, id, false)
    }

    fn find_that(&self, flow: &Facts, direction: Direction, id: u32, open: bool) -> Option<u16> {
        let mut number = flow.objects;
        while let Some(slot) = self.slots.get(usize::from(number)) {
            if slot.id == id && slot.direction == direction && slot.open == open {
                return Some(number);
            }
            number = slot.next;
        }
        None
    }

    fn count(&self, flow: &Facts) -> usize {
        let mut number = flow.objects;
        std::iter::from_fn(|| {
            let slot = self.slots.get(usize::from(number))?;
            number = slot.next;
            Some(())
        })
        .count()
    }

    fn unlink(&mut self, flow: &mut Facts, number: u16) {
        let after = self.slots.get(usize::from(number)).map_or(NO_OBJECT, |slot| slot.next);
        let mut before = flow.objects;
        if before == number {
            flow.objects = after;
        }
        while let Some(slot) = self.slots.get_mut(usize::from(before)) {
            before = slot.next;
            if before == number {
                slot.next = after;
                break;
            }
        }
        // The list has room for every number from the start, so this never allocates.
        if self.free.len() < self.free.capacity() {
            self.free.push(number);
        }
    }
}

/// Whether a media type is that of a mail message (RFC 2046 section 5.2.1), which may begin with any field.
fn is_message(media_type: &[u8]) -> bool {
    const RFC822: &[u8] = b"message/rfc822";
    media_type.get(..RFC822.len()).is_some_and(|start| start.eq_ignore_ascii_case(RFC822))
}

/// Formats of codings as `Content-Encoding` names them, the outermost first. What nobody knows ends the list, for what is
/// within it cannot be reached. A coding that goes on from one object to the next (`continues`) counts for messages of a
/// WebSocket only: who says so elsewhere would keep an object for nothing.
fn read_codings(names: &[u8], continues: bool) -> [Option<&'static Format>; MAX_CODINGS] {
    let known = |name: &[u8]| coding(name.trim_ascii()).filter(|format| continues || !format.continues());
    let mut known = names.rsplit(|byte| *byte == b',').map_while(known);
    std::array::from_fn(|_| known.next())
}

/// Takes what a tree hands out.
pub(super) struct Sight<'a> {
    pub(super) state: &'a mut Scanned,
    pub(super) start: u64,
    pub(super) flow: &'a mut Facts,
    pub(super) spot: &'a Spot<'a>,
    pub(super) desk: &'a mut Desk,
    pub(super) records: u32,
    pub(super) sha256: bool,
    pub(super) keeper: Option<&'a mut FileKeeper>,
    pub(super) extraction: Option<&'a mut Extraction>,
}

impl Leaves for Sight<'_> {
    fn begin(&mut self, level: usize, path: &Path) {
        self.state.path.copy_from(path);
        if let Some(place) = self.state.levels.get_mut(level) {
            *place = Level { path: path.as_str().len(), ..Level::default() };
        }
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        let Scanned { path, levels, .. } = &mut *self.state;
        let Some(level) = levels.get_mut(level) else { return };
        let place = Where::Object(path.head(level.path));
        self.desk.scan(self.flow, self.spot, place, &mut level.state, level.offset, bytes);
        level.offset = level.offset.saturating_add(length(bytes));
    }

    fn gap(&mut self, level: usize, length: u64) {
        if let Some(level) = self.state.levels.get_mut(level) {
            level.state = ScanState::default();
            level.offset = level.offset.saturating_add(length);
        }
    }

    fn end(&mut self, _: usize, _: Ended) {}

    #[cold]
    fn cut(&mut self, path: &Path, reason: Cut) {
        let path = path.as_str().as_bytes();
        let event = AnomalyEvent {
            head: head(self.flow, self.spot.timestamp_ns),
            of_flow: true,
            direction: self.spot.direction,
            layer: Layer::AppLayer,
            event: reason.event(),
            versions: None,
            path: u16::try_from(path.len()).unwrap_or(0),
        };
        self.desk.events.send_with(Event::Anomaly(event), &[path]);
    }

    fn file_begin(&mut self, _: usize, file: &File<'_>) {
        let passing = &mut self.state.file;
        let name = file.name.get(..NAME).unwrap_or(file.name);
        passing.name_length = name.len();
        if let Some(place) = passing.name.get_mut(..name.len()) {
            place.copy_from_slice(name);
        }
        passing.path.copy_from(file.path);
        (passing.kind, passing.gaps) = (file.kind, false);
        passing.digest.reset();
        if let Some(keeper) = &mut self.keeper {
            passing.keeping = keeper.begin();
        }
    }

    fn file_data(&mut self, _: usize, bytes: &[u8]) {
        if self.sha256 {
            self.state.file.digest.update(bytes);
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.data(&mut self.state.file.keeping, bytes);
        }
    }

    fn file_gap(&mut self, _: usize, _: u64) {
        self.state.file.gaps = true;
    }

    fn file_end(&mut self, _: usize, ended: Ended) {
        let passing = &mut self.state.file;
        let name = passing.name.get(..passing.name_length).unwrap_or(&[]);
        let path = passing.path.as_str().as_bytes();
        let sha256: Option<[u8; 32]> = self.sha256.then(|| passing.digest.finalize_reset().into());
        let keeper = self.keeper.as_mut().zip(sha256);
        let stored = keeper.is_some_and(|(keeper, sha256)| keeper.end(passing.keeping, sha256));
        let event = FileEvent {
            head: head(self.flow, self.spot.timestamp_ns),
            direction: self.spot.direction,
            kind: passing.kind,
            size: ended.size,
            start: self.start,
            sha256,
            gaps: passing.gaps,
            complete: ended.complete,
            stored,
            tx_id: self.records,
            lengths: [name, path].map(|text| u16::try_from(text.len()).unwrap_or(0)),
        };
        self.desk.counters.files = self.desk.counters.files.saturating_add(1);
        self.desk.events.send_with(Event::File(event), &[name, path]);
    }

    fn whole_begin(&mut self, whole: &Whole<'_>) -> bool {
        self.begin_whole(whole)
    }

    fn whole_data(&mut self, bytes: &[u8]) -> bool {
        self.write_whole(bytes)
    }

    fn whole_end(&mut self, whole: &Whole<'_>, complete: bool) -> Option<Held> {
        self.end_whole(whole, complete);
        None
    }
}
