//! Parts of one file, on one or several connections, become one object.
//!
//! HTTP's 206 responses, and requests with `Content-Range`, carry parts of files (RFC 9110, section 14). Each part says by its
//! [`key`] which file it is of. One worker owns the file, whichever worker's connections bring its parts: the others
//! hand their bytes on ([`exchange`]). The owner walks the file through one tree of decoders, in order ([`files`]), and stores
//! what comes too early ([`store`]).
//!
//! A part is an object of its flow all the same. So what cannot be joined, because a table is full, lacks in the file alone.

mod counters;
mod exchange;
mod files;
mod key;
mod piece;
mod store;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use self::counters::{Counters, Gauges};
pub use self::exchange::{Exchange, Membership};

pub(super) use self::files::{Adopted, By, Walker};
pub(super) use self::piece::{Described, Source};

use self::exchange::{Link, Message, Refusal};
use self::files::{Files, Piece};
pub(super) use self::key::FileId;
use self::key::Keys;
use self::piece::{PIECE, Place};
use crate::flow::Facts;
use crate::proto::Object;
use crate::worker::content::scan::Spot;

/// Stored bytes that are walked before the next packets have their turn.
const PORTION: usize = 64 * 1024;
/// Messages that are read before they have.
pub(super) const MESSAGES: usize = 64;
/// Verdicts that wait for their flow.
const VERDICTS: usize = 256;

/// How much of files is put together at a time, for each worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeLimits {
    /// Files. With none, every part is a file of its own.
    pub files: u16,
    /// Bytes of memory for what comes before what is in front of it.
    pub buffer: u64,
    /// A file is over when nothing was added to it for so long.
    pub idle_ns: u64,
}

/// What bytes of a joined file mean for a flow that brought them.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The flow as it was.
    pub(super) source: Source,
    /// They have raised an alert.
    pub(super) alerted: bool,
    /// It is to be reset.
    pub(super) reset: bool,
}

/// What was found of flows while a file was walked.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) list: Vec<Verdict>,
    /// Verdicts for which there was no room.
    pub(super) lost: u64,
}

impl Found {
    /// What it holds, bytes.
    pub(super) const BYTES: usize = VERDICTS * size_of::<Verdict>();

    pub(super) fn new() -> Self {
        Self { list: Vec::with_capacity(VERDICTS), lost: 0 }
    }

    /// Bytes that came from `source` have raised an alert, or are of a file that is to be reset.
    pub(super) fn note(&mut self, source: &Source, alerted: bool, reset: bool) {
        let same = |known: &&mut Verdict| known.source.is_of(&source.facts);
        if let Some(known) = self.list.last_mut().filter(same) {
            known.alerted |= alerted;
            known.reset |= reset;
        } else if self.list.len() < VERDICTS {
            self.list.push(Verdict { source: source.clone(), alerted, reset });
        } else {
            self.lost += 1;
        }
    }
}

/// What an object is to files, besides one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// Nothing.
    Object,
    /// A part of one.
    Part,
    /// One that passes whole.
    Whole,
}

/// A part that is passing in a flow.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    digest: FileId,
    size: u64,
    /// The worker that puts the file together.
    owner: u16,
    /// Where it ends in its file.
    end: u64,
    /// Where its next byte belongs.
    pub(super) next: u64,
    begun_ns: u64,
    described: Described,
}

impl Part {
    /// Of so many of its next bytes, how many are part of the file.
    pub(super) fn room(&self, bytes: usize) -> usize {
        usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(usize::MAX).min(bytes)
    }

    /// So many of its next bytes were never seen. Returns how many of those are part of the file.
    pub(super) fn skip(&mut self, length: u64) -> u64 {
        let inside = length.min(self.end.saturating_sub(self.next));
        self.next = self.next.saturating_add(inside);
        inside
    }
}

/// The parts that pass on a worker, and the files that it owns.
#[derive(Debug)]
pub(super) struct Ranges {
    keys: Keys,
    files: Files,
    link: Link,
    /// By slot of the object.
    parts: Box<[Part]>,
    verdicts: Vec<Verdict>,
    pub(super) counters: Counters,
}

impl Ranges {
    /// For a worker of that `membership` that looks into `objects` at a time; nothing where nobody wants files.
    pub(super) fn new(limits: &RangeLimits, objects: u16, seed: u64, membership: Membership) -> Option<Self> {
        (limits.files != 0).then(|| Self {
            keys: Keys::new(seed),
            files: Files::new(limits),
            link: Link::new(membership),
            parts: vec![Part::default(); usize::from(objects)].into_boxed_slice(),
            verdicts: Vec::with_capacity(VERDICTS),
            counters: Counters::default(),
        })
    }

    /// What it holds, bytes.
    pub(super) fn memory_bytes(limits: &RangeLimits, objects: u16) -> usize {
        if limits.files == 0 {
            return 0;
        }
        Files::memory_bytes(limits) + usize::from(objects) * size_of::<Part>() + VERDICTS * size_of::<Verdict>()
    }

    pub(super) fn gauges(&self) -> Gauges {
        let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Gauges { active: number(self.files.used()), held_bytes: number(self.files.stored_bytes()) }
    }

    /// Notes that the object of `slot` is a part, or a file that there may be parts of.
    pub(super) fn begin(&mut self, slot: u16, flow: &Facts, spot: &Spot<'_>, object: &Object<'_>) -> Is {
        let Some(of) = object.part.as_ref() else { return Is::Object };
        let Some(place) = self.parts.get_mut(usize::from(slot)) else { return Is::Object };
        let Some(digest) = self.keys.digest(flow, spot.direction, of) else { return Is::Object };
        let whole = of.whole || (object.offset == 0 && of.length == of.size);
        let owner = self.link.settle(digest, whole, spot.timestamp_ns, self.files.idle_ns());
        *place = Part {
            digest,
            size: of.size,
            owner,
            end: object.offset.saturating_add(of.length).min(of.size),
            next: object.offset,
            begun_ns: spot.timestamp_ns,
            described: Described::of(object),
        };
        // Where parts of it were first elsewhere, it is one of them.
        if whole && owner == self.link.number() {
            return Is::Whole;
        }
        self.counters.parts += 1;
        Is::Part
    }

    pub(super) fn part(&mut self, slot: u16) -> Option<&mut Part> {
        self.parts.get_mut(usize::from(slot))
    }

    /// Takes the next bytes of the part of `slot`. Returns how many there was room for.
    pub(super) fn push(&mut self, slot: u16, source: &Source, bytes: &[u8], walker: &mut dyn Walker) -> usize {
        let portion = self.portion();
        let Self { files, link, parts, counters, .. } = self;
        let Some(part) = parts.get_mut(usize::from(slot)) else { return 0 };
        let Part { digest, size, owner, next: offset, begun_ns, .. } = *part;
        let place = Place { digest, size, offset, begun_ns };
        let mut taken = 0;
        if owner == link.number() {
            let source = source.clone();
            let mut piece = Piece { place, bytes, source, present: true, described: &part.described };
            taken = files.take(&mut piece, portion, counters, walker);
        } else {
            for chunk in bytes.chunks(PIECE) {
                let place = Place { offset: place.offset.saturating_add(length(taken)), ..place };
                let sent = link.send(owner, chunk, |block| {
                    (block.message, block.place, block.source) = (Message::Bytes, place, Some(source.clone()));
                    block.described.clone_from(&part.described);
                });
                match sent {
                    Ok(()) => taken += chunk.len(),
                    Err(Refusal::NoBlock) => counters.no_block += 1,
                    Err(Refusal::InboxFull) => counters.inbox_full += 1,
                }
                if sent.is_err() {
                    break;
                }
            }
            counters.passed_bytes += length(taken);
        }
        part.next = part.next.saturating_add(length(taken));
        if owner != self.link.number() && self.link.waits() {
            while !self.link.is_read(owner) {
                self.receive(MESSAGES, walker);
                std::thread::yield_now();
            }
            // What came of it was sent before it was put back.
            while self.receive(MESSAGES, walker) {}
        }
        taken
    }

    /// The file that passes whole in `slot` breaks off. Where there is room, its tree waits for parts of its rest: true.
    pub(super) fn keep_broken(&mut self, slot: u16, adopted: Adopted, walker: &mut dyn Walker) -> bool {
        let portion = self.portion();
        let Self { files, parts, counters, .. } = self;
        let Some(part) = parts.get(usize::from(slot)) else { return false };
        let Part { digest, size, begun_ns, .. } = *part;
        let place = Place { digest, size, offset: adopted.passed, begun_ns };
        files.keep_broken(&place, adopted, portion, counters, walker)
    }

    /// Stored bytes that are walked at a time: all, where others wait for what comes of them.
    fn portion(&self) -> usize {
        if self.link.waits() { usize::MAX } else { PORTION }
    }

    /// There is something to do.
    #[inline]
    pub(super) fn has_mail(&self) -> bool {
        self.link.has_mail()
    }

    /// Reads messages. Returns whether there were any.
    pub(super) fn receive(&mut self, most: usize, walker: &mut dyn Walker) -> bool {
        let portion = self.portion();
        let mut read = 0;
        while read < most
            && let Some(mut block) = self.link.receive()
        {
            read += 1;
            if let Some(source) = block.source.take() {
                match block.message {
                    Message::Verdict { alerted, reset } => self.note(Verdict { source, alerted, reset }),
                    Message::Bytes => {
                        let (place, described) = (block.place, &block.described);
                        let mut piece = Piece { place, bytes: block.bytes(), source, present: false, described };
                        let taken = self.files.take(&mut piece, portion, &mut self.counters, walker);
                        self.counters.not_joined_bytes += length(block.bytes().len().saturating_sub(taken));
                        self.judge(walker);
                    }
                }
            }
            self.link.put_back(block);
        }
        read != 0
    }

    /// Goes on with what waits: messages, and stored bytes. Files that are idle at `now_ns` are closed. Returns whether there
    /// was anything.
    pub(super) fn go_on(&mut self, now_ns: u64, walker: &mut dyn Walker) -> bool {
        self.link.keep_time(now_ns);
        let reached_ns = if self.files.used() == 0 { None } else { Some(self.link.reached_ns()) };
        let mut busy = false;
        while self.receive(MESSAGES, walker) {
            busy = true;
        }
        if let Some(reached_ns) = reached_ns {
            self.files.expire(reached_ns, &mut self.counters, walker);
        }
        busy |= self.files.go_on(self.portion(), &mut self.counters, walker);
        self.judge(walker);
        busy
    }

    /// Waits until all workers have come as far, and reads what they hand on meanwhile.
    fn meet(&mut self, walker: &mut dyn Walker) {
        self.link.arrive();
        loop {
            let last = self.link.all_arrived();
            while self.receive(MESSAGES, walker) {}
            if last {
                break;
            }
            std::thread::yield_now();
        }
    }

    /// Waits until no more comes of any worker, and closes all files.
    pub(super) fn flush(&mut self, walker: &mut dyn Walker) {
        self.meet(walker);
        self.files.flush(&mut self.counters, walker);
        self.judge(walker);
        // What others have found in what came from here is here when they have closed their files.
        self.meet(walker);
        self.link.keep_time(0);
    }

    /// Takes what the walker has found to the flows it is about: those of this worker wait for their turn.
    pub(super) fn judge(&mut self, walker: &mut dyn Walker) {
        while let Some(verdict) = walker.verdict() {
            let home = verdict.source.worker;
            if home == self.link.number() {
                self.note(verdict);
                continue;
            }
            let Verdict { source, alerted, reset } = verdict;
            let sent = self.link.send(home, &[], |block| {
                (block.message, block.source) = (Message::Verdict { alerted, reset }, Some(source));
            });
            self.counters.verdicts_lost += u64::from(sent.is_err());
        }
    }

    fn note(&mut self, verdict: Verdict) {
        if self.verdicts.len() < VERDICTS {
            self.verdicts.push(verdict);
        } else {
            self.counters.verdicts_lost += 1;
        }
    }

    /// What was found about flows of this worker, once.
    pub(super) fn verdicts(&mut self) -> impl Iterator<Item = Verdict> + '_ {
        self.verdicts.drain(..)
    }

    /// The same about that flow only.
    pub(super) fn verdict_about(&mut self, flow: &Facts) -> Option<Verdict> {
        let number = self.verdicts.iter().position(|verdict| verdict.source.is_of(flow))?;
        Some(self.verdicts.swap_remove(number))
    }

    #[inline]
    pub(super) fn has_verdicts(&self) -> bool {
        !self.verdicts.is_empty()
    }

    /// Trees of all files.
    pub(super) fn trees(&self) -> impl Iterator<Item = u16> + '_ {
        self.files.trees()
    }

    pub(super) fn number(&self) -> u16 {
        self.link.number()
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
