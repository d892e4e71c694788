//! Objects of all flows of a worker on their way through the decoders.

use sha2::{Digest, Sha256};

use super::extraction::{Answers, Extraction};
use super::ranges::{Found, Is, Membership, RangeLimits, Ranges};
use super::scan::{Spot, Where};
use super::{Desk, head, length};
use crate::decode::{
    Cut, Decoders, Ended, Field, File, Format, HEAD, Leaves, Limits, MAX_CODINGS, MEDIA_TYPE, MESSAGE, Outcome, Path,
    Sequence, Start, Taking, Totals, Tree, Whole, charset_of, coding,
};
use crate::event::{AnomalyEvent, AppProto, Direction, Event, FileEvent, Layer, flow_id};
use crate::extractor::{self, Collected, Point};
use crate::flow::{Bits, Facts, FlowTable, NO_OBJECT, NO_SLOT};
use crate::proto::Object;
use crate::scan::keyword::ScanState;
use crate::worker::keep::{FileKeeper, Keeping};

/// Why an object is scanned as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The flow has too many.
    Pending,
    /// The worker has.
    Exhausted,
}

/// Stalled objects are looked for no more often than so.
const LOOK_NS: u64 = 100_000_000;

/// What an object of a direction's lines is known by. No parser calls its own so: streams of HTTP/2 have 31 bits.
pub(super) const HEAD_ID: u32 = u32::MAX;

/// Longest name of a file that is told, bytes.
const NAME: usize = 255;

/// How many objects are looked into, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLimits {
    /// Objects of all flows of a worker at the same time, at most 65,535.
    pub objects: u16,
    /// Objects of one flow at the same time (NCAP: `DQ_MAX_LEN`).
    pub pending: u16,
    /// An object that has been silent for so long gives its decoder up to others that need it, nanoseconds.
    pub stalled_ns: u64,
    /// What is decoded of one object.
    pub decode: Limits,
    /// Sum files up.
    pub sha256: bool,
    /// Files that are put together from parts.
    pub ranges: RangeLimits,
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
        let ranges = Ranges::memory_bytes(&self.ranges, self.objects) + Found::BYTES;
        let bytes = usize::from(self.objects) * object + Decoders::memory_bytes(&self.decode) + ranges;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Trees, and the decoders they share.
#[derive(Debug)]
pub(in crate::worker) struct Objects {
    pub(super) slots: Box<[Slot]>,
    /// Free slots; the last is taken first.
    pub(super) free: Vec<u16>,
    pub(super) decoders: Decoders,
    pending: u16,
    stalled_ns: u64,
    /// When stalled objects were last looked for.
    pub(super) looked_ns: u64,
    pub(super) sha256: bool,
    /// Keeps files, where that is asked for.
    pub(super) keeper: Option<Box<FileKeeper>>,
    /// Gets what has to be seen whole, where there is an extractor.
    pub(super) extraction: Option<Box<Extraction>>,
    depth: usize,
    /// Parts and the files they are put together to; lent out while it walks one of those.
    pub(super) ranges: Option<Box<Ranges>>,
    /// What joined files have meant for flows that brought bytes of them.
    pub(super) found: Found,
}

/// Bytes of an object, and where they stand in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) at: u64,
    pub(super) bytes: &'a [u8],
}

/// One object of a flow.
#[derive(Debug)]
pub(super) struct Slot {
    /// Next object of the same flow, or [`NO_OBJECT`].
    next: u16,
    direction: Direction,
    id: u32,
    /// When its last bytes came.
    pub(super) last_ns: u64,
    /// Its bytes go to the file that it is a part of as well.
    pub(super) part: bool,
    /// It is a file that there may be parts of.
    pub(super) whole: bool,
    /// Bytes that it has had, those that were never seen among them.
    pub(super) passed: u64,
    /// They have raised an alert that wants a reset.
    pub(super) condemned: bool,
    /// Where it begins in the stream; nothing before its first byte.
    offset: Option<u64>,
    /// Where it begins in the file that it is a part of.
    pub(super) start: u64,
    /// [`Bits::GENERATION`] of the dictionaries that its scanner states are of.
    pub(super) generation: bool,
    /// Keyword hits of a joined file, which are nobody's else.
    pub(super) hits: u32,
    pub(super) tree: Tree,
    pub(super) state: Scanned,
}

/// What is kept of an object while it is scanned.
#[derive(Debug)]
pub(super) struct Scanned {
    /// Way to the leaf that began last; those of leaves around it are its beginnings.
    path: Path,
    levels: Box<[Level]>,
    file: Passing,
    /// Objects that are handed out whole.
    pub(super) collected: Collected,
}

impl Scanned {
    /// For trees of that depth.
    pub(super) fn new(depth: usize) -> Self {
        Self {
            path: Path::default(),
            levels: vec![Level::default(); depth + 1].into_boxed_slice(),
            file: Passing {
                name: Field::EMPTY,
                path: Path::default(),
                kind: "",
                claimed: Field::EMPTY,
                gaps: false,
                digest: Sha256::new(),
                keeping: Keeping::default(),
            },
            collected: Collected::new(depth),
        }
    }

    /// What it holds beside itself, bytes.
    pub(super) const fn memory_bytes(depth: usize) -> usize {
        (depth + 1) * size_of::<Level>() + Collected::memory_bytes(depth)
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
    name: Field<NAME>,
    path: Path,
    kind: &'static str,
    claimed: Field<MEDIA_TYPE>,
    gaps: bool,
    digest: Sha256,
    keeping: Keeping,
}

impl Objects {
    pub(in crate::worker) fn new(limits: &ObjectLimits, seed: u64, membership: Membership) -> Self {
        let slot = |_| Slot {
            next: NO_OBJECT,
            direction: Direction::ToServer,
            id: 0,
            last_ns: 0,
            part: false,
            whole: false,
            passed: 0,
            condemned: false,
            offset: None,
            start: 0,
            generation: false,
            hits: NO_SLOT,
            tree: Tree::new(&limits.decode),
            state: Scanned::new(limits.decode.depth),
        };
        let count = limits.objects.min(NO_OBJECT - 1);
        Self {
            slots: (0..count).map(slot).collect(),
            free: (0..count).rev().collect(),
            decoders: Decoders::new(limits.decode.clone()),
            pending: limits.pending,
            stalled_ns: limits.stalled_ns,
            looked_ns: 0,
            sha256: limits.sha256,
            keeper: None,
            extraction: None,
            depth: limits.decode.depth,
            ranges: Ranges::new(&limits.ranges, count, seed, membership).map(Box::new),
            found: Found::new(),
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
        self.renew_joined(desk);
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

    /// An object of a flow begins.
    ///
    /// # Errors
    /// Where there is no room for it, it is to be scanned as it stands: why.
    pub(super) fn begin(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        object: &Object<'_>,
    ) -> Result<(), Refused> {
        self.end(flow, spot, desk, id, false, 0);
        let codings = &read_codings(object.codings, object.label == "websocket");
        let number = self.take(flow, spot, desk, id)?;
        let Self { slots, decoders, ranges, .. } = self;
        let Some(slot) = slots.get_mut(usize::from(number)) else { return Err(Refused::Exhausted) };
        slot.start = object.offset;
        let is = ranges.as_mut().map_or(Is::Object, |ranges| ranges.begin(number, flow, spot, object));
        (slot.part, slot.whole) = (is == Is::Part, is == Is::Whole);
        let format = is_message(object.media_type).then_some(MESSAGE);
        let charset = charset_of(object.media_type);
        let continues = codings.first().copied().flatten().is_some_and(|format| format.continues());
        let sequence = if continues { sequence(flow, spot.direction, id) } else { Sequence::default() };
        let (prefix, name, media_type) = (object.label, object.name, object.media_type);
        let (carrier, encoded, part) = (object.carrier, object.encoded, false);
        let start = Start { prefix, name, codings, format, charset, sequence, media_type, carrier, encoded, part };
        slot.tree.begin(&start, decoders);
        Ok(())
    }

    /// What is to be undone of lines begins, which are scanned as they stand already.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin).
    pub(super) fn begin_head(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        label: &'static str,
    ) -> Result<(), Refused> {
        self.end(flow, spot, desk, HEAD_ID, false, 0);
        let number = self.take(flow, spot, desk, HEAD_ID)?;
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            let start = Start { prefix: label, format: Some(HEAD), part: true, ..Start::default() };
            slot.tree.begin(&start, &mut self.decoders);
        }
        Ok(())
    }

    /// Where a format has no idle decoder, takes one from the object that has been silent longest, if that is long enough.
    /// Looks for it now and then, since it has to look at all of them.
    fn take_from_stalled(&mut self, now_ns: u64) {
        let Some(format) = self.decoders.short_of() else { return };
        if now_ns.saturating_sub(self.looked_ns) < LOOK_NS {
            return;
        }
        self.looked_ns = now_ns;
        let stalled = self.slots.iter_mut().filter(|slot| now_ns.saturating_sub(slot.last_ns) >= self.stalled_ns);
        let silent = stalled.filter(|slot| slot.tree.holds(format)).min_by_key(|slot| slot.last_ns);
        if let Some(slot) = silent {
            slot.tree.give_up(format, &mut self.decoders);
        }
    }

    /// A free slot, which becomes the flow's first.
    fn take(&mut self, flow: &mut Facts, spot: &Spot<'_>, desk: &mut Desk, id: u32) -> Result<u16, Refused> {
        if self.count(flow) >= usize::from(self.pending) {
            desk.counters.objects_pending += 1;
            return Err(Refused::Pending);
        }
        let Some(number) = self.free.pop() else {
            desk.counters.objects_exhausted += 1;
            return Err(Refused::Exhausted);
        };
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            slot.next = std::mem::replace(&mut flow.objects, number);
            (slot.direction, slot.id, slot.start) = (spot.direction, id, 0);
            slot.last_ns = flow.last_ns;
            (slot.part, slot.whole, slot.passed, slot.condemned, slot.offset) = (false, false, 0, false, None);
        }
        self.take_from_stalled(flow.last_ns);
        Ok(number)
    }

    /// Its next bytes. False when it is not looked into.
    pub(super) fn push(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        id: u32,
        records: u32,
        stretch: Stretch<'_>,
    ) -> bool {
        let Stretch { at, bytes } = stretch;
        let Some(number) = self.find(flow, spot.direction, id) else { return false };
        let Some(slot) = self.slots.get_mut(usize::from(number)) else { return false };
        slot.offset.get_or_insert(at.saturating_sub(slot.passed));
        slot.passed = slot.passed.saturating_add(length(bytes));
        let is_part = slot.part;
        self.with(flow, spot, desk, number, records, |tree, decoders, leaves| tree.push(bytes, decoders, leaves));
        if is_part {
            self.join(flow, spot, desk, number, records, bytes);
        }
        true
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
        let Some(number) = self.find(flow, spot.direction, id) else { return false };
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            slot.passed = slot.passed.saturating_add(length);
        }
        self.with(flow, spot, desk, number, records, |tree, decoders, leaves| tree.gap(length, decoders, leaves));
        if self.is_part(number) {
            self.pass_over(number, length);
        }
        true
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
        if !complete && self.keep_broken(flow, spot, desk, number, records) {
            self.unlink(flow, number);
            return;
        }
        self.with(flow, spot, desk, number, records, |tree, decoders, leaves| tree.finish(complete, decoders, leaves));
        self.unlink(flow, number);
    }

    /// The flow is over, and so is all that was open of it.
    pub(super) fn close(&mut self, flow: &mut Facts, timestamp_ns: u64, desk: &mut Desk, records: u32) {
        while let Some(slot) = self.slots.get(usize::from(flow.objects)) {
            let (direction, id) = (slot.direction, slot.id);
            self.end(flow, &Spot { trigger: None, timestamp_ns, direction, late: false }, desk, id, false, records);
        }
        // WebSockets begin as HTTP.
        if flow.app_proto == AppProto::Http && self.decoders.are_left() {
            self.decoders.end(sequences(flow));
        }
    }

    pub(super) fn with(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        desk: &mut Desk,
        number: u16,
        records: u32,
        work: impl FnOnce(&mut Tree, &mut Decoders, &mut Sight<'_>),
    ) {
        let Self { slots, decoders, sha256, keeper, extraction, .. } = self;
        let slot = slots.get_mut(usize::from(number));
        let Some(Slot { tree, state, generation, start, offset, last_ns, condemned, .. }) = slot else { return };
        *last_ns = flow.last_ns;
        desk.reset_wanted = false;
        desk.renew(flow);
        if *generation != flow.bits.has(Bits::GENERATION) {
            *generation = flow.bits.has(Bits::GENERATION);
            state.renew();
        }
        let (keeper, extraction) = (keeper.as_deref_mut(), extraction.as_deref_mut());
        let (start, offset, sha256) = (*start, *offset, *sha256);
        let sight = &mut Sight { state, start, offset, flow, spot, desk, records, sha256, keeper, extraction };
        work(tree, decoders, sight);
        *condemned |= sight.desk.reset_wanted;
    }

    /// The slot of an object.
    fn find(&self, flow: &Facts, direction: Direction, id: u32) -> Option<u16> {
        let mut number = flow.objects;
        while let Some(slot) = self.slots.get(usize::from(number)) {
            if slot.id == id && slot.direction == direction {
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
        let Some(slot) = self.slots.get_mut(usize::from(number)) else { return };
        let after = slot.next;
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
        self.give_back(number);
    }

    /// A slot is free again.
    pub(super) fn give_back(&mut self, number: u16) {
        // The list has room for every number from the start, so this never allocates.
        if self.free.len() < self.free.capacity() {
            self.free.push(number);
        }
    }
}

/// What objects of a connection are known by whose coding goes on from one to the next. Two connections that had the same
/// would spoil what is decoded of each other, as their ends can by themselves.
#[cold]
fn sequences(flow: &Facts) -> u64 {
    flow_id(&head(flow, flow.last_ns))
}

fn sequence(flow: &Facts, direction: Direction, id: u32) -> Sequence {
    let direction = u64::from(direction == Direction::ToClient);
    Sequence { of: sequences(flow), number: u64::from(id) << 1 | direction }
}

/// Whether a media type is that of a mail message (RFC 2046 section 5.2.1), which may begin with any field.
pub(super) fn is_message(media_type: &[u8]) -> bool {
    const RFC822: &[u8] = b"message/rfc822";
    media_type.get(..RFC822.len()).is_some_and(|start| start.eq_ignore_ascii_case(RFC822))
}

/// Formats of codings as `Content-Encoding` names them, the outermost first. What nobody knows ends the list, for what is
/// within it cannot be reached. A coding that goes on from one object to the next (`continues`) counts for messages of a
/// WebSocket only: who says so elsewhere would keep an object for nothing.
pub(super) fn read_codings(names: &[u8], continues: bool) -> [Option<&'static Format>; MAX_CODINGS] {
    let known = |name: &[u8]| coding(name.trim_ascii()).filter(|format| continues || !format.continues());
    let mut known = names.rsplit(|byte| *byte == b',').map_while(known);
    std::array::from_fn(|_| known.next())
}

/// Takes what a tree hands out.
pub(super) struct Sight<'a> {
    pub(super) state: &'a mut Scanned,
    pub(super) start: u64,
    pub(super) offset: Option<u64>,
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
        let offset = level.offset;
        level.offset = offset.saturating_add(length(bytes));
        if !self.desk.matcher.is_empty() {
            let place = Where::Object(path.head(level.path));
            self.desk.scan(self.flow, self.spot, place, &mut level.state, offset, bytes);
        }
    }

    fn reads(&self) -> bool {
        !self.desk.matcher.is_empty()
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
        passing.name.clear();
        passing.name.append(file.name);
        passing.path.copy_from(file.path);
        (passing.kind, passing.gaps) = (file.kind, false);
        passing.claimed.clear();
        passing.claimed.append(file.claimed);
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
        let name = passing.name.get();
        let path = passing.path.as_str().as_bytes();
        let claimed = passing.claimed.get();
        let sha256: Option<[u8; 32]> = self.sha256.then(|| passing.digest.finalize_reset().into());
        let keeper = self.keeper.as_mut().zip(sha256);
        let stored = keeper.is_some_and(|(keeper, sha256)| keeper.end(passing.keeping, sha256));
        let event = FileEvent {
            head: head(self.flow, self.spot.timestamp_ns),
            direction: self.spot.direction,
            kind: passing.kind,
            size: ended.size,
            start: self.start,
            offset: self.offset,
            sha256,
            gaps: passing.gaps,
            complete: ended.complete,
            stored,
            tx_id: self.records,
            lengths: [name, path, claimed].map(|text| u16::try_from(text.len()).unwrap_or(0)),
        };
        self.desk.counters.files = self.desk.counters.files.saturating_add(1);
        self.desk.events.send_with(Event::File(event), &[name, path, claimed]);
    }

    fn whole_begin(&mut self, whole: &Whole<'_>) -> Taking {
        self.begin_whole(whole)
    }

    fn whole_data(&mut self, level: usize, bytes: &[u8]) -> bool {
        self.write_whole(level, bytes)
    }

    fn whole_end(&mut self, whole: &Whole<'_>, complete: bool) -> Outcome {
        self.end_whole(whole, complete)
    }

    fn whole_drop(&mut self, level: usize) {
        self.drop_whole(level);
    }
}
