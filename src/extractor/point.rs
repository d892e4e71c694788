//! The connection point of a worker: objects go out to processes, and what is in them comes back.
//!
//! The worker never waits for a process: who is so far behind that its object's place is needed has lost
//! the object, which is counted and told. Only a replay and `scan` wait for each answer ([`Point::wait`]), so that
//! what they find does not depend on how fast anybody is.

use std::io;

use crossbeam_utils::Backoff;

use super::board::{Board, Facts, Holder, Ticket};
use super::counters::{Counters, Lost};
use super::layout::{ANSWERS_WORDS, RING, slot};
use super::link::{Failure, State};
use super::module::Module;
use super::reader::{Part, Reader, Rules, Verdict};
use super::record::Record;
use super::step::{Step, What};
use crate::decode::{Cut, Leaves, Path, Taking, Totals, Whole};

/// Sizes of a connection point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Processes, 1 to 32.
    pub processes: u8,
    /// Bytes of the largest object.
    pub object_max: usize,
    /// Bytes of all objects that are being written or wait for a process.
    pub arena: usize,
    /// The deepest level of a tree.
    pub depth: usize,
    /// Bytes that come out of one object.
    pub output: u64,
}

impl Sizes {
    /// What a worker and its processes share, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let answers = usize::from(self.processes) * ANSWERS_WORDS * 8;
        u64::try_from(Board::memory_bytes(self.arena) + answers).unwrap_or(u64::MAX)
    }
}

/// Records of one process that are looked at in one go.
const RECORDS: usize = 256;

/// Where objects go out, and answers come back.
#[derive(Debug)]
pub struct Point {
    pub(super) board: Board,
    pub(super) readers: Box<[Reader]>,
    modules: &'static [&'static Module],
    object_max: usize,
    rules: Rules,
    ring: [Place; RING],
    /// Places whose object will not be answered, a bit each.
    failing: u128,
    counters: Counters,
    totals: Totals,
}

/// One of the last objects.
#[derive(Clone, Copy, Debug)]
struct Place {
    number: u64,
    /// There is no answer yet.
    out: bool,
    failure: Failure,
    reader: usize,
    facts: Facts,
}

impl Point {
    /// A point without processes yet. With `settle` its memory is taken at once.
    pub(super) fn new(sizes: &Sizes, modules: &'static [&'static Module], settle: bool) -> io::Result<Self> {
        let place = Place { number: 0, out: false, failure: Failure::Off, reader: 0, facts: Facts::default() };
        let readers: io::Result<Vec<_>> = (0..sizes.processes).map(|_| Reader::new(settle)).collect();
        // What is handed on as it is counts beside what decoders make of it, and so do names.
        let object = u64::try_from(sizes.object_max).unwrap_or(u64::MAX);
        let most = sizes.output.saturating_mul(2).saturating_add(object).saturating_add(1 << 24);
        Ok(Self {
            board: Board::new(sizes.arena, settle)?,
            readers: readers?.into_boxed_slice(),
            modules,
            object_max: sizes.object_max,
            rules: Rules { deepest: sizes.depth, most },
            ring: [place; RING],
            failing: 0,
            counters: Counters::default(),
            totals: Totals::default(),
        })
    }

    /// What has been counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let replaced = self.readers.iter().map(|reader| reader.link.replaced()).sum();
        let waiting = self.readers.iter().map(|reader| reader.queue.len() as u64).sum();
        Counters { replaced, waiting, ..self.counters }
    }

    /// What the processes' trees have handed back.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Whether there is an object without an answer.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.readers.iter().any(|reader| !reader.queue.is_empty())
    }

    /// An object begins; says also whether a decoder gets it as well. `None` when its format has no module, or there is
    /// no process for it; for who waits for answers (`waits`), also when the module is only slow.
    pub fn begin(&mut self, format: &str, waits: bool) -> Option<(Ticket, Taking)> {
        let module = self.modules.iter().find(|module| module.name == format)?;
        if waits && module.extract.is_none() {
            return None;
        }
        let ticket = self.lightest().and_then(|_| self.board.begin());
        self.counters.declined += u64::from(ticket.is_none());
        Some((ticket?, if module.encrypted { Taking::Both } else { Taking::Whole }))
    }

    /// Its next bytes.
    ///
    /// # Errors
    /// Why the object was given up. That is not counted, since nobody may need it: see [`Point::lose`].
    pub fn write(&mut self, ticket: Ticket, bytes: &[u8]) -> Result<(), Lost> {
        if !self.board.is_open(ticket) {
            return Err(Lost::Stalled);
        }
        if self.board.length(ticket).saturating_add(bytes.len()) > self.object_max {
            self.board.abandon(ticket);
            return Err(Lost::TooLarge);
        }
        let mut rest = bytes;
        loop {
            let written = self.board.write(ticket, rest);
            rest = rest.get(written..).unwrap_or(&[]);
            if rest.is_empty() {
                return Ok(());
            }
            if !self.make_room(ticket) {
                self.board.abandon(ticket);
                return Err(Lost::NoRoom);
            }
        }
    }

    /// Counts an object that was given up before it was published.
    pub const fn lose(&mut self, lost: Lost) {
        match lost {
            Lost::TooLarge => self.counters.too_large += 1,
            Lost::NoRoom => self.counters.no_room += 1,
            Lost::Stalled => self.counters.stalled += 1,
        }
    }

    /// It will not be published.
    pub fn abandon(&mut self, ticket: Ticket) {
        self.board.abandon(ticket);
    }

    /// The object that would have to leave the ring for the next one has no answer yet: gives it up. To be called, and
    /// followed by [`Point::next_failed`] until there is nothing, before each [`Point::publish`].
    pub fn make_way(&mut self) {
        if let Some(oldest) = self.board.published().checked_sub(RING as u64) {
            self.give_up(oldest, Failure::Overflow);
        }
    }

    /// It is over; the process with the least to do gets it. Returns its number; `None`, which is counted, when it was
    /// given up for others or nobody can take it.
    pub fn publish(&mut self, ticket: Ticket, whole: &Whole<'_>, complete: bool) -> Option<u64> {
        if !self.board.is_open(ticket) {
            self.lose(Lost::Stalled);
            return None;
        }
        let module = self.modules.iter().position(|module| module.name == whole.format.name);
        let place = self.ring.get(slot(self.board.published())).filter(|place| !place.out);
        let (Some(module), Some(reader), Some(_)) = (module, self.lightest(), place) else {
            self.board.abandon(ticket);
            self.count(Failure::Off);
            return None;
        };
        let bytes = self.board.length(ticket) as u64;
        let facts = Facts { module, level: whole.level, complete, within: whole.within };
        if let Some(oldest) = self.board.published().checked_sub(RING as u64) {
            self.board.release(oldest);
        }
        let bit = u32::try_from(reader).ok().and_then(|reader| 1_u32.checked_shl(reader)).unwrap_or(0);
        let number = self.board.publish(ticket, bit, &facts);
        if let Some(place) = self.ring.get_mut(slot(number)) {
            *place = Place { number, out: true, failure: Failure::Off, reader, facts };
        }
        if let Some(reader) = self.readers.get_mut(reader) {
            reader.queue.push_back(number);
            reader.tell_oldest();
        }
        self.counters.objects += 1;
        self.counters.bytes = self.counters.bytes.saturating_add(bytes);
        Some(number)
    }

    /// The next piece of an answer; `None` when there is nothing now.
    pub fn next_step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.next_failed() {
                return Some(step);
            }
            for reader in 0..self.readers.len() {
                if let Some(step) = self.read(reader) {
                    return Some(step);
                }
            }
            if self.failing == 0 {
                return None;
            }
        }
    }

    /// The next piece of the end of an object that was given up.
    pub fn next_failed(&mut self) -> Option<Step> {
        let at = usize::try_from(self.failing.checked_ilog2()?).ok()?;
        let Place { number, reader, failure, facts, .. } = *self.ring.get(at)?;
        if let Some(reading) = self.readers.get_mut(reader).filter(|reader| reader.current == Some(number)) {
            if let Some((level, part)) = reading.end_one() {
                return Some(Step { number, reader, what: What::Part(part, level, None) });
            }
            reading.live = false;
        }
        self.failing &= !(1 << at);
        self.count(failure);
        self.totals.add_cut(Cut::NotInspected);
        self.settle(number);
        let name = self.modules.get(facts.module).map_or("", |module| module.name);
        Some(Step { number, reader, what: What::Failed(name) })
    }

    /// Hands a piece of an answer on. `base` is the way to the object, without its format; `path` is for the ways to what
    /// is within it.
    pub fn apply(&self, step: &Step, base: &Path, path: &mut Path, leaves: &mut dyn Leaves) {
        let bytes = match (self.readers.get(step.reader), step.record()) {
            (Some(reader), Some(record)) => reader.answers.bytes(&record),
            _ => &[],
        };
        step.apply(bytes, base, path, leaves);
    }

    /// Waits until all of an answer has come, and hands it on.
    pub fn wait(&mut self, number: u64, base: &Path, path: &mut Path, leaves: &mut dyn Leaves) {
        let backoff = Backoff::new();
        loop {
            while let Some(step) = self.next_step() {
                backoff.reset();
                if step.number == number {
                    self.apply(&step, base, path, leaves);
                    if step.is_last() {
                        return;
                    }
                }
            }
            backoff.snooze();
        }
    }

    /// The process with the least to do.
    fn lightest(&self) -> Option<usize> {
        let running = self.readers.iter().enumerate().filter(|(_, reader)| reader.link.state() != State::Off);
        running.min_by_key(|(_, reader)| reader.load()).map(|(number, _)| number)
    }

    /// What a process hands back, or what is left to do for one that is gone.
    fn read(&mut self, number: usize) -> Option<Step> {
        let reader = self.readers.get_mut(number)?;
        reader.link.look();
        // Before its records: what it wrote before it went counts.
        let state = reader.link.state();
        if state == State::Cleared {
            return None;
        }
        let mut records = 0;
        loop {
            // A process that writes as fast as it is read keeps no worker from its packets.
            if records == RECORDS {
                return None;
            }
            records += 1;
            let reader = self.readers.get_mut(number)?;
            match reader.next(&self.rules) {
                Ok(Some((record, verdict))) => {
                    if let Some(step) = self.take(number, &record, verdict) {
                        return Some(step);
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    reader.link.accuse();
                    break;
                }
            }
        }
        match state {
            State::Up | State::Cleared => {}
            State::Down => self.clear_up(number),
            State::Off => self.give_all_up(number),
        }
        None
    }

    /// A record of a process.
    fn take(&mut self, number: usize, record: &Record, verdict: Verdict) -> Option<Step> {
        let reader = self.readers.get_mut(number)?;
        match verdict {
            Verdict::Start => {
                let place = self.ring.get(slot(record.value))?;
                let live = place.out && place.number == record.value && place.reader == number;
                if record.value >= self.board.published() {
                    reader.broken = true;
                    reader.link.accuse();
                    return None;
                }
                reader.start(record.value, place.facts.level, live);
                if live {
                    // It has been copied.
                    self.board.release(record.value);
                }
                None
            }
            Verdict::Part(part) => {
                let object = reader.current.filter(|_| reader.live)?;
                match part {
                    Part::Begin => self.totals.leaves = self.totals.leaves.saturating_add(1),
                    Part::Data => self.totals.given = self.totals.given.saturating_add(record.length as u64),
                    Part::Cut(reason) => self.totals.add_cut(reason),
                    _ => {}
                }
                let what = What::Part(part, usize::from(record.level), Some(*record));
                Some(Step { number: object, reader: number, what })
            }
            Verdict::Over => {
                let object = reader.current.take()?;
                if !std::mem::take(&mut reader.live) {
                    reader.tell_oldest();
                    return None;
                }
                self.counters.answered += 1;
                self.settle(object);
                Some(Step { number: object, reader: number, what: What::Over })
            }
        }
    }

    /// A process is gone, and with it the object that it was at.
    fn clear_up(&mut self, number: usize) {
        let Some(reader) = self.readers.get_mut(number) else { return };
        let blamed = match reader.current {
            Some(current) => Some(current).filter(|_| reader.live),
            None => reader.queue.front().copied(),
        };
        match blamed {
            // The next process may begin once what is open of the object has been ended.
            Some(object) if !std::mem::replace(&mut reader.blamed, true) => {
                let reason = reader.link.reason();
                self.give_up(object, reason);
            }
            _ => {
                reader.renew(self.board.published());
                reader.link.set(State::Cleared);
            }
        }
    }

    /// There is no process any more.
    fn give_all_up(&mut self, number: usize) {
        if let Some(object) = self.readers.get(number).and_then(|reader| reader.queue.front().copied()) {
            self.give_up(object, Failure::Off);
        }
    }

    /// Takes memory back from an object other than `writer`: one that was copied already, or else the one that was written
    /// least recently. That may wait for a process, or its sender may have stopped; who writes it learns that with its next
    /// bytes, or at its end. False when nobody has any.
    fn make_room(&mut self, writer: Ticket) -> bool {
        let published = self.board.published();
        let mut numbers = published.saturating_sub(RING as u64)..published;
        if let Some(number) = numbers.find(|number| self.board.holds(*number) && self.was_copied(*number)) {
            self.board.release(number);
            return true;
        }
        match self.board.least_recent(writer) {
            Some(Holder::Open(ticket)) => self.board.abandon(ticket),
            Some(Holder::Published(number)) => {
                self.board.release(number);
                self.give_up(number, Failure::Overflow);
            }
            None => return false,
        }
        true
    }

    /// Whether the process that an object is for has copied it, which need not have been read yet.
    fn was_copied(&self, number: u64) -> bool {
        let reader = self.ring.get(slot(number)).and_then(|place| self.readers.get(place.reader));
        reader.is_some_and(|reader| reader.answers.copied() > number)
    }

    fn give_up(&mut self, number: u64, failure: Failure) {
        let at = slot(number);
        if let Some(place) = self.ring.get_mut(at).filter(|place| place.out && place.number == number) {
            place.failure = failure;
            self.failing |= 1 << at;
        }
    }

    /// An object is no longer waited for.
    fn settle(&mut self, number: u64) {
        self.board.release(number);
        let Some(place) = self.ring.get_mut(slot(number)) else { return };
        place.out = false;
        if let Some(reader) = self.readers.get_mut(place.reader) {
            reader.queue.retain(|waiting| *waiting != number);
            reader.tell_oldest();
        }
    }

    fn count(&mut self, failure: Failure) {
        if let Some(count) = self.counters.failures.get_mut(failure as usize) {
            *count += 1;
        }
    }
}
