//! Keyword counts of flows, in records from a fixed pool.

use super::matcher::{MAX_DICTIONARIES, Matcher};
use crate::event::{AlertHit, MAX_ALERT_HITS};

/// "No record", as flows store it.
const NONE: u32 = u32::MAX;
/// Keywords one record counts; a flow with more has a chain of records.
const ENTRIES: usize = 10;
/// Most records of one flow: 640 keywords below their dictionaries' thresholds.
const MAX_CHAIN: usize = 64;

/// Dictionaries, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dictionaries([u64; MAX_DICTIONARIES / 64]);

impl Dictionaries {
    /// None of them.
    pub const NONE: Self = Self([0; MAX_DICTIONARIES / 64]);

    /// The dictionary of that number is among them.
    #[must_use]
    pub fn has(&self, dictionary: u16) -> bool {
        let (word, bit) = mark(dictionary);
        self.0.get(word).is_some_and(|marks| marks & bit != 0)
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    keyword: u32,
    count: u32,
}

/// Two cache lines.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Record {
    entries: [Entry; ENTRIES],
    /// Dictionaries that have alerted, a bit each. Of a chain's first record only.
    alerted: Dictionaries,
    next: u32,
    used: u8,
}

const EMPTY: Record =
    Record { entries: [Entry { keyword: NONE, count: 0 }; ENTRIES], alerted: Dictionaries::NONE, next: NONE, used: 0 };

/// What could not be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitCounters {
    /// Keywords found.
    pub hits: u64,
    /// Keywords found and not counted because no record was free.
    pub pool_exhausted: u64,
    /// Keywords found and not counted because the flow has as many records as it may.
    pub flow_limit: u64,
}

/// A dictionary's score has reached its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The dictionary's number.
    pub dictionary: u16,
    /// Its score.
    pub score: u32,
    /// Its keywords seen on this flow, most weighty first.
    pub hits: [AlertHit; MAX_ALERT_HITS],
    /// Valid entries of `hits`.
    pub hit_count: u8,
    /// Keywords besides those.
    pub more_hits: u32,
}

/// The records of one worker.
#[derive(Debug)]
pub struct HitPool {
    records: Box<[Record]>,
    free: u32,
    used: u32,
    counters: HitCounters,
}

impl HitPool {
    /// Bytes of a record.
    pub const BYTES_PER_RECORD: usize = size_of::<Record>();

    /// Takes memory for `capacity` records of 128 bytes.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        let records = (0..capacity)
            .map(|slot| Record { next: if slot + 1 == capacity { NONE } else { slot + 1 }, ..EMPTY })
            .collect();
        Self { records, free: if capacity == 0 { NONE } else { 0 }, used: 0, counters: HitCounters::default() }
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &HitCounters {
        &self.counters
    }

    /// Records in use.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.used
    }

    /// Counts a keyword for the flow whose first record is `head` (`u32::MAX`:
    /// none yet). Returns the crossing when this hit makes the keyword's
    /// dictionary reach its threshold for the first time on this flow.
    pub fn count(&mut self, head: &mut u32, matcher: &Matcher, keyword: u32) -> Option<Crossing> {
        self.counters.hits = self.counters.hits.saturating_add(1);
        let dictionary = matcher.keyword(keyword)?.dictionary;
        if self.has_alerted(*head, dictionary) || !self.add(head, keyword) {
            return None;
        }
        let (score, _) = self.score(*head, matcher, dictionary);
        if score < matcher.threshold(dictionary) {
            return None;
        }
        let crossing = self.crossing(*head, matcher, dictionary);
        self.mark_alerted(*head, dictionary);
        Some(crossing)
    }

    /// Gives a flow's records back.
    pub fn release(&mut self, head: &mut u32) {
        let mut slot = std::mem::replace(head, NONE);
        while let Some(record) = self.get_mut(slot) {
            let next = record.next;
            *record = EMPTY;
            let free = self.free;
            if let Some(record) = self.get_mut(slot) {
                record.next = free;
            }
            self.free = slot;
            self.used = self.used.saturating_sub(1);
            slot = next;
        }
    }

    /// Adds one to a keyword's count; false when there is no room for it.
    fn add(&mut self, head: &mut u32, keyword: u32) -> bool {
        let (mut slot, mut last, mut length) = (*head, NONE, 0_usize);
        while let Some(record) = self.get_mut(slot) {
            let used = usize::from(record.used);
            if let Some(entry) = record.entries.iter_mut().take(used).find(|entry| entry.keyword == keyword) {
                entry.count = entry.count.saturating_add(1);
                return true;
            }
            if let Some(entry) = record.entries.get_mut(used) {
                *entry = Entry { keyword, count: 1 };
                record.used += 1;
                return true;
            }
            last = slot;
            slot = record.next;
            length += 1;
        }
        if length >= MAX_CHAIN {
            self.counters.flow_limit = self.counters.flow_limit.saturating_add(1);
            return false;
        }
        let fresh = self.free;
        let Some(record) = self.get_mut(fresh) else {
            self.counters.pool_exhausted = self.counters.pool_exhausted.saturating_add(1);
            return false;
        };
        let next_free = record.next;
        *record = EMPTY;
        record.used = 1;
        if let Some(entry) = record.entries.first_mut() {
            *entry = Entry { keyword, count: 1 };
        }
        self.free = next_free;
        self.used = self.used.saturating_add(1);
        match self.get_mut(last) {
            Some(record) => record.next = fresh,
            None => *head = fresh,
        }
        true
    }

    /// Entries of a chain.
    fn entries(&self, head: u32) -> impl Iterator<Item = Entry> + '_ {
        std::iter::successors(self.get(head), |record| self.get(record.next))
            .flat_map(|record| record.entries.iter().take(usize::from(record.used)).copied())
    }

    /// Score of a dictionary, and how many of its keywords were seen.
    fn score(&self, head: u32, matcher: &Matcher, dictionary: u16) -> (u32, u32) {
        let (mut score, mut distinct) = (0_u32, 0_u32);
        for entry in self.entries(head) {
            if let Some(keyword) = matcher.keyword(entry.keyword).filter(|keyword| keyword.dictionary == dictionary) {
                score = score.saturating_add(worth(keyword.weight, keyword.max, entry.count));
                distinct = distinct.saturating_add(1);
            }
        }
        (score, distinct)
    }

    fn crossing(&self, head: u32, matcher: &Matcher, dictionary: u16) -> Crossing {
        let (score, distinct) = self.score(head, matcher, dictionary);
        let mut best = [(0_u32, AlertHit::default()); MAX_ALERT_HITS];
        let mut count = 0_usize;
        for entry in self.entries(head) {
            let Some(keyword) = matcher.keyword(entry.keyword).filter(|keyword| keyword.dictionary == dictionary)
            else {
                continue;
            };
            let mut carry = (
                worth(keyword.weight, keyword.max, entry.count),
                AlertHit { keyword: keyword.index, count: entry.count },
            );
            // Insertion by worth, then by the keyword's place in its file, which makes the order the same every time.
            for (position, place) in best.iter_mut().enumerate() {
                let better = carry.0 > place.0 || (carry.0 == place.0 && carry.1.keyword < place.1.keyword);
                if position >= count || better {
                    std::mem::swap(place, &mut carry);
                }
                if position >= count {
                    count += 1;
                    break;
                }
            }
        }
        let hit_count = u8::try_from(count).unwrap_or(u8::MAX);
        let more_hits = distinct.saturating_sub(u32::from(hit_count));
        Crossing { dictionary, score, hits: best.map(|(_, hit)| hit), hit_count, more_hits }
    }

    fn has_alerted(&self, head: u32, dictionary: u16) -> bool {
        self.get(head).is_some_and(|record| record.alerted.has(dictionary))
    }

    /// Dictionaries that have alerted on the flow whose first record is `head`.
    #[must_use]
    pub fn alerted(&self, head: u32) -> Dictionaries {
        self.get(head).map_or(Dictionaries::NONE, |record| record.alerted)
    }

    fn mark_alerted(&mut self, head: u32, dictionary: u16) {
        let (word, bit) = mark(dictionary);
        if let Some(marks) = self.get_mut(head).and_then(|record| record.alerted.0.get_mut(word)) {
            *marks |= bit;
        }
    }

    fn get(&self, slot: u32) -> Option<&Record> {
        self.records.get(usize::try_from(slot).ok()?)
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut Record> {
        self.records.get_mut(usize::try_from(slot).ok()?)
    }
}

/// Weight times count, the count clipped to `max` where that is not 0.
fn worth(weight: u32, max: u32, count: u32) -> u32 {
    let counted = if max == 0 { count } else { count.min(max) };
    weight.saturating_mul(counted)
}

fn mark(dictionary: u16) -> (usize, u64) {
    (usize::from(dictionary / 64), 1 << (dictionary % 64))
}
