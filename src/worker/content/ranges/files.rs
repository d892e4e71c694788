//! Files that are put together from parts.
//!
//! A file is walked from its first byte to its last: bytes that come next go on at once, without a copy, and those that
//! come too early are stored. Who walks is a [`Walker`]; nothing here knows of decoders. What is found depends on the bytes
//! and on who brought them, not on the order in which parts come: an event's time is that of the latest byte up to it.
//!
//! # Limits
//!
//! Files at a time: the one that was written least recently makes room. Stored bytes, and [`STRETCHES`] a file: bytes
//! for which there is no room are walked by themselves, from there on, as a part whose file begins there (an *offshoot*). So are bytes that
//! come again, for they need not be the same: who sends them twice has them looked into twice. Who brings more of a file that has
//! raised an alert with a reset is reset too, for a part of what is packed says nothing by itself. A file to
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

/// A file that has passed whole until now.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker::content) struct Adopted {
    pub(in crate::worker::content) tree: u16,
    /// Bytes that the tree has had.
    pub(in crate::worker::content) passed: u64,
    /// They have raised an alert that wants a reset.
    pub(in crate::worker::content) condemned: bool,
}

/// Walks files. A tree is known by its number.
pub(in crate::worker::content) trait Walker {
    /// A tree, if there is one.
    fn take(&mut self) -> Option<u16>;
    /// A file that passes whole in a flow. The rest of its bytes come as a part.
    fn adopt(&mut self, digest: FileId) -> Option<Adopted>;
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
    /// Bytes of a file for which there is no place.
    fn stray(&mut self, source: &mut Source, bytes: &[u8]);
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
    /// It is over behind this byte: the last one, or the last of the part that an offshoot is of.
    end: u64,
    /// Bytes before this one have been walked.
    next: u64,
    tree: u16,
    /// The tree has begun.
    begun: bool,
    /// It takes what comes next, and stores nothing.
    offshoot: bool,
    /// It has passed whole before the first part.
    adopted: bool,
    /// Holes are walked over, and that has happened.
    closing: bool,
    holed: bool,
    /// It has raised an alert that wants a reset.
    condemned: bool,
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

/// Where the next bytes of a part go.
#[derive(Debug, Default)]
struct Way {
    file: Option<usize>,
    /// The offshoot that goes on with them. Nothing where the file itself does.
    offshoot: Option<usize>,
    /// How many of them the file has had.
    known: usize,
    /// The file has raised an alert that wants a reset.
    condemned: bool,
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
            end: 0,
            next: 0,
            tree: 0,
            begun: false,
            offshoot: false,
            adopted: false,
            closing: false,
            holed: false,
            condemned: false,
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
            let way = self.find(&place, rest.len(), piece.source.timestamp_ns, counters, walker);
            let Way { file, offshoot, known, condemned } = way;
            if condemned {
                walker.condemn(piece.by());
            }
            let mut step = 0;
            if let Some(number) = file.filter(|_| known == 0 && offshoot.is_none()) {
                step = self.add(number, &place, rest, piece, counters, walker);
                self.walk(number, &mut { portion }, counters, walker);
            }
            if step == 0 {
                let aside = if known == 0 { rest } else { rest.get(..known).unwrap_or(rest) };
                let number = match offshoot {
                    Some(number) => number,
                    None => match self.begin(&place, true, counters, walker) {
                        Some(number) => number,
                        None => break,
                    },
                };
                step = self.go_on_with(number, aside, piece, walker);
                counters.repeated_bytes += length(known);
                if let Some(file) = self.files.get_mut(number).filter(|_| aside.len() < rest.len()) {
                    // What comes next is the file's.
                    file.closing = true;
                }
                self.walk(number, &mut 0, counters, walker);
            }
            taken += step;
        }
        taken
    }

    /// Where a piece goes: to its file, a new one if need be and there is room.
    fn find(
        &mut self,
        place: &Place,
        bytes: usize,
        now_ns: u64,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> Way {
        let mut way = Way::default();
        for number in 0..self.digests.len() {
            if self.digests.get(number) != Some(&place.digest) {
                continue;
            }
            let Some(file) = self.files.get(number).filter(|file| !file.closing) else { continue };
            // What has been idle for too long is another file, whenever that is found out.
            if file.last_ns.saturating_add(self.idle_ns) < now_ns {
                self.close(number, counters, walker);
                continue;
            }
            way.condemned |= file.condemned;
            if !file.offshoot {
                way.file = Some(number);
            } else if file.next == place.offset {
                way.offshoot = Some(number);
            }
        }
        let mut is_over = false;
        if way.file.is_none() {
            for over in self.ended.iter().filter(|over| over.digest == place.digest) {
                is_over |= place.begun_ns <= over.timestamp_ns;
                way.condemned |= over.condemned && now_ns <= over.timestamp_ns.saturating_add(self.idle_ns);
            }
            if !is_over {
                way.file = self.begin(place, false, counters, walker);
            }
        }
        let file = way.file.and_then(|number| self.files.get_mut(number));
        if let Some(file) = file {
            file.condemned |= way.condemned;
            // It makes no room for what comes again of it.
            file.written = self.pieces;
            way.known = file.known(place.offset, bytes);
            // What the file waits for is the file's.
            way.offshoot = way.offshoot.filter(|_| way.known != 0 || file.next != place.offset);
        } else if is_over {
            way.known = bytes;
        }
        way
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
    fn begin(
        &mut self,
        place: &Place,
        offshoot: bool,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) -> Option<usize> {
        let number = match self.digests.iter().position(|digest| *digest == 0) {
            Some(number) => number,
            None => self.make_room(counters, walker)?,
        };
        let (Some(digest), Some(file)) = (self.digests.get_mut(number), self.files.get_mut(number)) else {
            return None;
        };
        let adopted = if offshoot { None } else { walker.adopt(place.digest) };
        (file.begun, file.adopted) = (adopted.is_some(), adopted.is_some());
        Adopted { tree: file.tree, passed: file.next, condemned: file.condemned } = match adopted {
            Some(adopted) => adopted,
            None => {
                let passed = if offshoot { place.offset } else { 0 };
                Adopted { tree: walker.take()?, passed, condemned: false }
            }
        };
        counters.adopted += u64::from(file.begun);
        *digest = place.digest;
        (file.size, file.end) = (place.size, if offshoot { place.end } else { place.size });
        (file.offshoot, file.closing, file.holed) = (offshoot, false, false);
        (file.walked_ns, file.last_ns, file.written) = (0, 0, self.pieces);
        file.source = None;
        self.used += 1;
        counters.files += 1;
        counters.offshoots += u64::from(offshoot);
        Some(number)
    }

    /// A file that passed whole breaks off at `place`: it goes on with parts of its rest, if there is room and they come.
    pub(super) fn keep_broken(
        &mut self,
        place: &Place,
        source: Source,
        counters: &mut Counters,
        walker: &mut dyn Walker,
    ) {
        if self.used == self.files.len() || self.has(place.digest).is_some() || place.offset >= place.size {
            return;
        }
        self.pieces += 1;
        let Some(file) = self.begin(place, false, counters, walker).and_then(|number| self.files.get_mut(number))
        else {
            return;
        };
        (file.walked_ns, file.last_ns) = (source.timestamp_ns, source.timestamp_ns);
        file.source = Some(source);
    }

    /// Whether there is a file with that digest to which parts are added, and whether it has passed whole before.
    pub(super) fn has(&self, digest: FileId) -> Option<bool> {
        let mut known = self.digests.iter().zip(&self.files);
        known.find(|(known, file)| **known == digest && !file.closing && !file.offshoot).map(|(_, file)| file.adopted)
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

    /// Walks or stores the first of a piece's bytes, as far as they are new to the file. Returns how many; 0 when there is no
    /// room.
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
        file.note(*pieces, piece);
        if place.offset > file.next {
            let stored = file.ahead.put(store, place.offset, bytes, &piece.source);
            counters.stored_bytes += length(stored);
            return stored;
        }
        let room = file.ahead.start().map_or(u64::MAX, |start| start - file.next);
        let bytes = bytes.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(bytes);
        file.walk(bytes, piece, walker);
        bytes.len()
    }

    /// Walks bytes through an offshoot.
    fn go_on_with(&mut self, number: usize, bytes: &[u8], piece: &mut Piece<'_>, walker: &mut dyn Walker) -> usize {
        let Self { files, pieces, .. } = self;
        let Some(file) = files.get_mut(number) else { return 0 };
        file.note(*pieces, piece);
        file.walk(bytes, piece, walker);
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
            file.begin(walker);
            (file.walked_ns, file.next) = (timestamp_ns, end);
            file.condemned |= walker.data(file.tree, By::Other(&mut taken.source), timestamp_ns, taken.bytes);
            file.source = Some(taken.source);
        }
        if file.next < file.end && !file.closing {
            return;
        }
        if let Some(source) = file.source.as_mut().filter(|_| file.begun) {
            let complete = file.next >= file.end;
            counters.complete += u64::from(complete && !file.offshoot);
            // What comes late of another has not been looked at.
            let is_whole = complete && !file.holed && !file.offshoot;
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

    /// A piece goes into it.
    fn note(&mut self, pieces: u64, piece: &Piece<'_>) {
        self.written = pieces;
        self.last_ns = self.last_ns.max(piece.source.timestamp_ns);
        if self.source.is_none() {
            self.source = Some(piece.source.clone());
            self.described.clone_from(piece.described);
        }
    }

    /// Walks its next bytes.
    fn walk(&mut self, bytes: &[u8], piece: &mut Piece<'_>, walker: &mut dyn Walker) {
        self.begin(walker);
        self.walked_ns = self.walked_ns.max(piece.source.timestamp_ns);
        self.next = self.next.saturating_add(length(bytes.len()));
        self.source = Some(piece.source.clone());
        self.condemned |= walker.data(self.tree, piece.by(), self.walked_ns, bytes);
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
