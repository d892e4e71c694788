//! Files that are put together from parts.
//!
//! A file is walked from its first byte to its last: bytes that come next go on at once, without a copy, and those that
//! come too early are stored. Who walks is a [`Walker`]; nothing here knows of decoders. What is found depends on the bytes
//! and on who brought them, not on the order in which parts come: an event's time is that of the latest byte up to it.
//!
//! Each part is an object of its flow as well, which is looked into at once and whatever stands in others. So the file that is
//! put together finds what no part shows, and costs nothing of what each shows: bytes that come again are passed over, and what there
//! is no room for is not put together. Who brings more of a file that has raised an alert with a reset is reset too, for a
//! part of what is packed says nothing by itself.
//!
//! # Limits
//!
//! Files at a time: the one that was written least recently makes room. Stored bytes, and [`STRETCHES`] a file. A file to
//! which nothing was added for long is closed: holes in front of what is stored become gaps. Stored bytes are walked
//! a portion at a time.
//!
//! [`STRETCHES`]: super::store::STRETCHES

use super::key::FileId;
use super::piece::{Described, Place, Source};
use super::store::{Store, Stretches};
use super::{Counters, RangeLimits, Verdict};

/// Who brought bytes.
#[derive(Debug)]
pub(in crate::worker::content) enum By<'a> {
    /// The flow whose packet is being worked on.
    Present,
    /// A flow as it was.
    Other(&'a mut Source),
}

/// A file that has passed whole, until it broke off.
#[derive(Clone, Debug)]
pub(in crate::worker::content) struct Adopted {
    pub(in crate::worker::content) tree: u16,
    /// Bytes that the tree has had.
    pub(in crate::worker::content) passed: u64,
    /// They have raised an alert that wants a reset.
    pub(in crate::worker::content) condemned: bool,
    /// Who brought them.
    pub(in crate::worker::content) source: Source,
}

/// Walks files. A tree is known by its number.
pub(in crate::worker::content) trait Walker {
    /// A tree, if there is one.
    fn take(&mut self) -> Option<u16>;
    /// A file begins, at its byte `start`.
    fn begin(&mut self, tree: u16, start: u64, described: &Described);
    /// Its next bytes. Returns whether they have raised an alert that wants a reset.
    fn data(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, bytes: &[u8]) -> bool;
    /// Its next `length` bytes were never seen. Returns the same.
    fn gap(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, length: u64) -> bool;
    /// It is over, and `complete` where its last byte was seen. The tree goes back. Returns the same.
    fn end(&mut self, tree: u16, by: By<'_>, timestamp_ns: u64, complete: bool) -> bool;
    /// Who brings more of a file that has raised such an alert is to be reset as well.
    fn condemn(&mut self, by: By<'_>);
    /// There was no byte of it.
    fn give_back(&mut self, tree: u16);
    /// What was found of a flow that is not the present one.
    fn verdict(&mut self) -> Option<Verdict>;
}

/// Bytes, and all that is known of them.
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    pub(super) bytes: &'a [u8],
    pub(super) source: Source,
    /// `source` is the flow whose packet is being worked on.
    pub(super) present: bool,
    pub(super) described: &'a Described,
}

impl Piece<'_> {
    fn by(&mut self) -> By<'_> {
        if self.present { By::Present } else { By::Other(&mut self.source) }
    }
}

/// One file.
#[derive(Debug)]
struct File {
    size: u64,
    /// Bytes before this one have been walked.
    next: u64,
    tree: u16,
    /// The tree has begun.
    begun: bool,
    /// Holes are walked over, and that has happened.
    closing: bool,
    holed: bool,
    /// It has raised an alert that wants a reset.
    condemned: bool,
    /// When its first part began, and the flow of that; whether there was another.
    first: (u64, u64),
    several: bool,
    /// Time of the latest byte that was walked.
    walked_ns: u64,
    /// Time of the latest byte.
    last_ns: u64,
    /// When it was last written, by the count of pieces.
    written: u64,
    ahead: Stretches,
    /// Who brought the byte that was walked last, or the first that was stored.
    source: Option<Source>,
    described: Described,
}

/// A file that was complete, without a hole. A part that had begun by then is of none that comes after.
#[derive(Clone, Copy, Debug, Default)]
struct Over {
    digest: FileId,
    timestamp_ns: u64,
    condemned: bool,
}

/// All of a worker.
#[derive(Debug)]
pub(super) struct Files {
    /// By number of the file; 0 where there is none.
    digests: Box<[FileId]>,
    files: Box<[File]>,
    ended: Box<[Over]>,
    next_ended: usize,
    store: Store,
    pieces: u64,
    used: usize,
    /// There may be stored bytes whose turn has come.
    due: bool,
    idle_ns: u64,
}

impl Files {
    pub(super) fn new(limits: &RangeLimits) -> Self {
        let file = |_| File {
            size: 0,
            next: 0,
            tree: 0,
            begun: false,
            closing: false,
            holed: false,
            condemned: false,
            first: (0, 0),
            several: false,
            walked_ns: 0,
            last_ns: 0,
            written: 0,
            ahead: Stretches::default(),
            source: None,
            described: Described::default(),
        };
        let count = usize::from(limits.files);
        Self {
            digests: vec![0; count].into_boxed_slice(),
            files: (0..count).map(file).collect(),
            ended: vec![Over::default(); count].into_boxed_slice(),
            next_ended: 0,
            store: Store::new(usize::try_from(limits.buffer).unwrap_or(usize::MAX)),
            pieces: 0,
            used: 0,
            due: false,
            idle_ns: limits.idle_ns,
        }
    }

    /// What they hold, bytes.
    pub(super) fn memory_bytes(limits: &RangeLimits) -> usize {
        let buffer = usize::try_from(limits.buffer).unwrap_or(usize::MAX);
        usize::from(limits.files) * (size_of::<File>() + size_of::<FileId>() + size_of::<Over>()) + buffer
    }

    /// Files that are being put together.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Memory that stored bytes take.
    pub(super) const fn stored_bytes(&self) -> usize {
        self.store.used_bytes()
    }

    /// Trees of all files.
    pub(super) fn trees(&self) -> impl Iterator<Item = u16> + '_ {
        self.digests.iter().zip(&self.files).filter(|(digest, _)| **digest != 0).map(|(_, file)| file.tree)
    }

    /// Takes a piece. Returns how many of its bytes were taken, from the first; for the others there is no room.
    pub(super) fn take(
        &mut self,
        piece: &mut Piece<'_>,
        portion: usize,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> usize {
        self.pieces += 1;
        let mut taken = 0;
        while let Some(rest) = piece.bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let place = Place { offset: piece.place.offset.saturating_add(length(taken)), ..piece.place };
            let Some(number) = self.find(&place, piece, counters, walker) else {
                if self.is_over(&place) {
                    counters.repeated_bytes += length(rest.len());
                    return piece.bytes.len();
                }
                break;
            };
            let step = self.add(number, &place, rest, piece, counters, walker);
            self.walk(number, &mut { portion }, counters, walker);
            if step == 0 {
                break;
            }
            taken += step;
        }
        taken
    }

    /// The file that a piece goes to, a new one if need be. Nothing when there is no room for another, or when it is over.
    fn find(
        &mut self,
        place: &Place,
        piece: &mut Piece<'_>,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> Option<usize> {
        let now_ns = piece.source.timestamp_ns;
        let mut number = self.number(place.digest);
        // What has been idle for too long is another file, whenever that is found out.
        let is_idle = |file: &File| file.last_ns.saturating_add(self.idle_ns) < now_ns;
        if let Some(idle) = number.filter(|number| self.files.get(*number).is_some_and(is_idle)) {
            self.close(idle, counters, walker);
            number = None;
        }
        if let Some(file) = number.and_then(|number| self.files.get(number)) {
            if file.condemned {
                walker.condemn(piece.by());
            }
            return number;
        }
        let recent = |over: &&Over| now_ns <= over.timestamp_ns.saturating_add(self.idle_ns);
        let mut ended = self.ended.iter().filter(|over| over.digest == place.digest);
        let condemned = ended.any(|over| over.condemned && recent(&over));
        if condemned {
            walker.condemn(piece.by());
        }
        if self.is_over(place) {
            return None;
        }
        let number = self.begin(place, counters, walker)?;
        if let Some(file) = self.files.get_mut(number) {
            file.condemned = condemned;
        }
        Some(number)
    }

    /// The file with that digest that is being put together.
    fn number(&self, digest: FileId) -> Option<usize> {
        let mut known = self.digests.iter().zip(&self.files);
        known.position(|(known, file)| *known == digest && !file.closing)
    }

    /// Bytes are of a file that was complete when their part had begun.
    fn is_over(&self, place: &Place) -> bool {
        self.ended.iter().any(|over| over.digest == place.digest && place.begun_ns <= over.timestamp_ns)
    }

    /// Closes a file that has been idle.
    fn close(&mut self, number: usize, counters: &mut Counters, walker: &mut dyn Walker) {
        counters.idle += 1;
        if let Some(file) = self.files.get_mut(number) {
            file.closing = true;
        }
        self.due = true;
        self.walk(number, &mut 0, counters, walker);
    }

    /// Another file.
    fn begin(&mut self, place: &Place, counters: &mut Counters, walker: &mut dyn Walker) -> Option<usize> {
        let number = match self.digests.iter().position(|digest| *digest == 0) {
            Some(number) => number,
            None => self.make_room(counters, walker)?,
        };
        let (Some(digest), Some(file)) = (self.digests.get_mut(number), self.files.get_mut(number)) else {
            return None;
        };
        (file.tree, file.next, file.begun) = (walker.take()?, 0, false);
        *digest = place.digest;
        file.size = place.size;
        (file.closing, file.holed, file.condemned) = (false, false, false);
        (file.walked_ns, file.last_ns, file.written) = (0, 0, self.pieces);
        file.source = None;
        self.used += 1;
        counters.files += 1;
        Some(number)
    }

    /// A file that passed whole breaks off at `place`: it goes on with parts of its rest, those that are there and those that may
    /// come. False when there is no room, or when its parts have begun with its first byte.
    pub(super) fn keep_broken(
        &mut self,
        place: &Place,
        adopted: Adopted,
        portion: usize,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> bool {
        if place.offset >= place.size {
            return false;
        }
        self.pieces += 1;
        let number = match self.number(place.digest) {
            Some(number) => number,
            None if self.used == self.files.len() => return false,
            None => match self.begin(place, counters, walker) {
                Some(number) => number,
                None => return false,
            },
        };
        let Some(file) = self.files.get_mut(number).filter(|file| !file.begun) else { return false };
        walker.give_back(file.tree);
        counters.adopted += 1;
        (file.tree, file.next, file.begun) = (adopted.tree, adopted.passed, true);
        file.condemned |= adopted.condemned;
        file.written = self.pieces;
        file.walked_ns = adopted.source.timestamp_ns;
        file.last_ns = file.last_ns.max(file.walked_ns);
        file.source = Some(adopted.source);
        file.several = true;
        self.walk(number, &mut { portion }, counters, walker);
        true
    }

    /// A file to which nothing is added for so long is over.
    pub(super) const fn idle_ns(&self) -> u64 {
        self.idle_ns
    }

    /// Ends the file that was written least recently. One with stored bytes only begins to end, since to walk them takes
    /// time; until it has, no other makes room.
    fn make_room(&mut self, counters: &mut Counters, walker: &mut dyn Walker) -> Option<usize> {
        if self.files.iter().any(|file| file.closing) {
            return None;
        }
        let open = self.files.iter().enumerate().filter(|(_, file)| file.written != self.pieces);
        let (number, _) = open.min_by_key(|(_, file)| file.written)?;
        counters.evicted += 1;
        if let Some(file) = self.files.get_mut(number) {
            file.closing = true;
        }
        self.due = true;
        self.walk(number, &mut 0, counters, walker);
        self.digests.get(number).is_some_and(|digest| *digest == 0).then_some(number)
    }

    /// Walks, stores or passes over the first of a piece's bytes. Returns how many; 0 when there is no room.
    fn add(
        &mut self,
        number: usize,
        place: &Place,
        bytes: &[u8],
        piece: &mut Piece<'_>,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> usize {
        let Self { files, store, pieces, .. } = self;
        let Some(file) = files.get_mut(number) else { return 0 };
        file.written = *pieces;
        file.last_ns = file.last_ns.max(piece.source.timestamp_ns);
        let part = (place.begun_ns, piece.source.facts.start_ns);
        if file.source.is_none() {
            file.source = Some(piece.source.clone());
            file.described.clone_from(piece.described);
            (file.first, file.several) = (part, file.begun);
        }
        file.several |= file.first != part;
        let known = file.known(place.offset, bytes.len());
        if known != 0 {
            counters.repeated_bytes += length(known);
            return known;
        }
        if place.offset > file.next {
            let stored = file.ahead.put(store, place.offset, bytes, &piece.source);
            counters.stored_bytes += length(stored);
            return stored;
        }
        let room = file.ahead.start().map_or(u64::MAX, |start| start - file.next);
        let bytes = bytes.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(bytes);
        file.begin(walker);
        file.walked_ns = file.walked_ns.max(piece.source.timestamp_ns);
        file.next = file.next.saturating_add(length(bytes.len()));
        file.source = Some(piece.source.clone());
        file.condemned |= walker.data(file.tree, piece.by(), file.walked_ns, bytes);
        bytes.len()
    }

    /// Walks stored bytes whose turn has come, at most about `portion` of them, and ends the file where it is over.
    fn walk(&mut self, number: usize, portion: &mut usize, counters: &mut Counters, walker: &mut dyn Walker) {
        let Self { files, store, digests, used, due, ended, next_ended, .. } = self;
        let Some(file) = files.get_mut(number) else { return };
        while let Some(start) = file.ahead.start().filter(|start| *start <= file.next || file.closing) {
            if *portion == 0 {
                *due = true;
                return;
            }
            let Some(mut taken) = file.ahead.pop(store) else { break };
            if !file.several && !file.begun {
                // There is nothing to put together.
                *portion = portion.saturating_sub(taken.bytes.len());
                counters.alone_bytes += length(taken.bytes.len());
                continue;
            }
            let end = taken.offset.saturating_add(length(taken.bytes.len()));
            let timestamp_ns = file.walked_ns.max(taken.source.timestamp_ns);
            if start > file.next {
                file.holed = true;
                if file.begun {
                    counters.gap_bytes += start - file.next;
                    file.condemned |=
                        walker.gap(file.tree, By::Other(&mut taken.source), timestamp_ns, start - file.next);
                }
                file.next = start;
            }
            *portion = portion.saturating_sub(taken.bytes.len());
            // What has passed whole until now may have had the first of them.
            let known = usize::try_from(file.next - taken.offset).unwrap_or(usize::MAX).min(taken.bytes.len());
            counters.repeated_bytes += length(known);
            let bytes = taken.bytes.get(known..).unwrap_or_default();
            if !bytes.is_empty() {
                file.begin(walker);
                (file.walked_ns, file.next) = (timestamp_ns, end);
                file.condemned |= walker.data(file.tree, By::Other(&mut taken.source), timestamp_ns, bytes);
                file.source = Some(taken.source);
            }
        }
        if file.next < file.size && !file.closing {
            return;
        }
        if let Some(source) = file.source.as_mut().filter(|_| file.begun) {
            let complete = file.next >= file.size;
            counters.complete += u64::from(complete);
            // What comes late of another has not been looked at.
            let is_whole = complete && !file.holed;
            file.condemned |= walker.end(file.tree, By::Other(source), file.walked_ns, complete);
            if let Some((place, digest)) = ended.get_mut(*next_ended).zip(digests.get(number)).filter(|_| is_whole) {
                *place = Over { digest: *digest, timestamp_ns: file.walked_ns, condemned: file.condemned };
                *next_ended = (*next_ended + 1) % ended.len();
            }
        } else {
            walker.give_back(file.tree);
        }
        (file.source, file.closing) = (None, false);
        if let Some(digest) = digests.get_mut(number) {
            *digest = 0;
            *used = used.saturating_sub(1);
        }
    }

    /// Goes on with stored bytes whose turn has come. Returns whether there were any.
    pub(super) fn go_on(&mut self, portion: usize, counters: &mut Counters, walker: &mut dyn Walker) -> bool {
        if !std::mem::take(&mut self.due) {
            return false;
        }
        let mut portion = portion;
        for number in 0..self.files.len() {
            if self.digests.get(number).is_some_and(|digest| *digest != 0) {
                self.walk(number, &mut portion, counters, walker);
            }
        }
        true
    }

    /// Closes what nothing was added to for long before `now_ns`.
    pub(super) fn expire(&mut self, now_ns: u64, counters: &mut Counters, walker: &mut dyn Walker) {
        for number in 0..self.digests.len() {
            let is_stale = |file: &File| !file.closing && file.last_ns.saturating_add(self.idle_ns) < now_ns;
            if self.digests.get(number).is_some_and(|digest| *digest != 0)
                && self.files.get(number).is_some_and(is_stale)
            {
                self.close(number, counters, walker);
            }
        }
    }

    /// Closes all; what comes then may have a clock of its own.
    pub(super) fn flush(&mut self, counters: &mut Counters, walker: &mut dyn Walker) {
        for number in 0..self.files.len() {
            if self.digests.get(number).is_none_or(|digest| *digest == 0) {
                continue;
            }
            if let Some(file) = self.files.get_mut(number) {
                file.closing = true;
            }
            self.walk(number, &mut { usize::MAX }, counters, walker);
        }
        self.due = false;
        self.ended.fill(Over::default());
    }
}

impl File {
    /// How many of the next `bytes` have been walked or stored.
    fn known(&self, offset: u64, bytes: usize) -> usize {
        let known = self.next.checked_sub(offset).filter(|walked| *walked != 0);
        let known = known.unwrap_or_else(|| self.ahead.known(offset));
        usize::try_from(known).unwrap_or(usize::MAX).min(bytes)
    }

    fn begin(&mut self, walker: &mut dyn Walker) {
        if !std::mem::replace(&mut self.begun, true) {
            walker.begin(self.tree, self.next, &self.described);
        }
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
