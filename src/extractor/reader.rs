//! What a worker knows of one process, and whether what that hands back may be true.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::answers::{Answers, Wrong};
use super::layout::RING;
use super::link::Link;
use super::record::{Kind, Record, split_lengths};
use super::teller::PROBE;
use crate::decode::{Cut, Ended};

/// Most levels of a tree.
const LEVELS: usize = 128;

/// A process, as its worker sees it.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) answers: Answers,
    pub(super) link: Arc<Link>,
    /// Objects that it was given and that there is no answer to, the oldest first.
    pub(super) queue: VecDeque<u64>,
    /// The object that it looks into.
    pub(super) current: Option<u64>,
    /// What comes of that is wanted.
    pub(super) live: bool,
    /// Its process is gone, and the object that this is put down to was given up.
    pub(super) blamed: bool,
    /// It broke the rules: nothing that it says counts any more.
    pub(super) broken: bool,
    /// The first number that may come next.
    next: u64,
    open: Open,
}

/// What has begun of the object that a process looks into.
#[derive(Debug)]
struct Open {
    /// Level of the object.
    base: usize,
    /// Leaves, a bit each by level, and their bytes so far.
    leaves: u128,
    sizes: Box<[u64; LEVELS]>,
    /// The file: its level and its bytes so far.
    file: Option<(usize, u64)>,
    /// Bytes of all that was handed back.
    given: u64,
}

/// What must hold for every answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The deepest level.
    pub(super) deepest: usize,
    /// Most bytes of an object's answer.
    pub(super) most: u64,
}

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is a beginning: whose object it is says somebody else.
    Start,
    /// Something of the current object.
    Part(Part),
    /// The current object is done with.
    Over,
}

/// Something of an object, as far as it stands beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Begin,
    Data,
    Gap(u64),
    End(Ended),
    Cut(Cut),
    FileBegin,
    FileData,
    FileGap(u64),
    FileEnd(Ended),
}

impl Reader {
    pub(super) fn new(settle: bool) -> io::Result<Self> {
        Ok(Self {
            answers: Answers::new(settle)?,
            link: Arc::default(),
            queue: VecDeque::with_capacity(RING + 1),
            current: None,
            live: false,
            blamed: false,
            broken: false,
            next: 0,
            open: Open { base: 0, leaves: 0, sizes: Box::new([0; LEVELS]), file: None, given: 0 },
        })
    }

    /// The next record and what it means. An error is said once, and then nothing more.
    pub(super) fn next(&mut self, rules: &Rules) -> Result<Option<(Record, Verdict)>, Wrong> {
        if self.broken {
            return Ok(None);
        }
        let judged = self.answers.next().and_then(|record| match record {
            Some(record) => self.judge(&record, rules).map(|verdict| Some((record, verdict))),
            None => Ok(None),
        });
        self.broken = judged.is_err();
        judged
    }

    /// An object has begun at `level`; what comes of it is wanted where it is `live`.
    pub(super) fn start(&mut self, number: u64, level: usize, live: bool) {
        (self.current, self.live, self.next) = (Some(number), live, number + 1);
        self.open.base = level;
        (self.open.leaves, self.open.file, self.open.given) = (0, None, 0);
    }

    /// How much it has to do, the object that it is still at although that was given up among it.
    pub(super) fn load(&self) -> usize {
        self.queue.len() + usize::from(self.is_behind())
    }

    /// Says what it is waited for, so that its time counts.
    pub(super) fn tell_oldest(&self) {
        let oldest = self.current.filter(|_| self.is_behind()).or(self.queue.front().copied());
        self.link.wait_for(oldest);
    }

    const fn is_behind(&self) -> bool {
        self.current.is_some() && !self.live
    }

    /// Ends something of the current object that is still open.
    pub(super) fn end_one(&mut self) -> Option<(usize, Part)> {
        let open = &mut self.open;
        if let Some((level, size)) = open.file.take() {
            return Some((level, Part::FileEnd(Ended { size, complete: false })));
        }
        // The innermost leaf first.
        let level = usize::try_from(open.leaves.checked_ilog2()?).ok()?;
        open.leaves &= !(1 << level);
        let size = open.sizes.get(level).copied().unwrap_or(0);
        Some((level, Part::End(Ended { size, complete: false })))
    }

    /// Its process is gone; the next one begins with its oldest object, or with number `published`.
    pub(super) fn renew(&mut self, published: u64) {
        self.next = self.queue.front().copied().unwrap_or(published);
        self.answers.clear(self.next);
        (self.current, self.live, self.blamed, self.broken) = (None, false, false, false);
        self.tell_oldest();
    }

    /// Whether an object of that number may begin now.
    fn may_start(&self, number: u64) -> bool {
        self.current.is_none() && number >= self.next
    }

    fn judge(&mut self, record: &Record, rules: &Rules) -> Result<Verdict, Wrong> {
        if record.kind == Kind::Start {
            return if self.may_start(record.value) { Ok(Verdict::Start) } else { Err(Wrong) };
        }
        let current = self.current.ok_or(Wrong)?;
        let open = &mut self.open;
        if record.kind == Kind::Over {
            let done = record.value == current && (!self.live || open.leaves == 0 && open.file.is_none());
            return if done { Ok(Verdict::Over) } else { Err(Wrong) };
        }
        let length = u64::try_from(record.length).unwrap_or(u64::MAX);
        // Records without bytes are no way around the limit, nor are those of an object that nobody wants any more.
        open.given = open.given.saturating_add(length).saturating_add(RECORD);
        if open.given > rules.most {
            return Err(Wrong);
        }
        if !self.live {
            // What was open of it has been ended already.
            return Ok(Verdict::Part(Part::Data));
        }
        let level = usize::from(record.level);
        let within = level >= open.base && level <= rules.deepest && level < LEVELS;
        let bit = 1_u128.checked_shl(u32::from(record.level)).unwrap_or(0);
        let is_open = open.leaves & bit != 0;
        let size = open.sizes.get_mut(level).ok_or(Wrong)?;
        let has_file = open.file.is_some();
        let file = open.file.as_mut().filter(|(at, _)| *at == level).map(|(_, size)| size);
        let complete = record.value == 1;
        let part = match (record.kind, file) {
            (Kind::Begin, _) if within && !is_open => {
                open.leaves |= bit;
                *size = 0;
                Part::Begin
            }
            (Kind::Data, _) if is_open => {
                *size = size.saturating_add(length);
                Part::Data
            }
            (Kind::Gap, _) if is_open => Part::Gap(record.value),
            (Kind::End, _) if is_open => {
                open.leaves &= !bit;
                Part::End(Ended { size: *size, complete })
            }
            (Kind::Cut, _) => Part::Cut(reason(record.value).ok_or(Wrong)?),
            (Kind::FileBegin, None) if within && !has_file => {
                let [name, path, claimed, first] = split_lengths(record.value);
                if name + path + claimed + first != record.length || first > PROBE {
                    return Err(Wrong);
                }
                open.file = Some((level, 0));
                Part::FileBegin
            }
            (Kind::FileData, Some(size)) => {
                *size = size.saturating_add(length);
                Part::FileData
            }
            (Kind::FileGap, Some(_)) => Part::FileGap(record.value),
            (Kind::FileEnd, Some(size)) => {
                let ended = Ended { size: *size, complete };
                open.file = None;
                Part::FileEnd(ended)
            }
            _ => return Err(Wrong),
        };
        Ok(Verdict::Part(part))
    }
}

/// What a record counts towards the limit beside its bytes.
const RECORD: u64 = 16;

fn reason(number: u64) -> Option<Cut> {
    Cut::ALL.get(usize::try_from(number).ok()?).copied()
}
