//! Files on their way from a worker to a thread that may write them.
//!
//! Between the worker's [`FileKeeper`] and the thread's [`KeptFiles`] are two rings
//! of fixed size, one of records and one of bytes, so that keeping a file costs no
//! allocation. What happens when they are full is the events' policy: live, the file
//! is given up and counted; in a replay the worker waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::Backoff;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::event::{RingPolicy, take_bytes};

/// Records between worker and thread, beside those that end files.
const RECORDS: usize = 8192;
/// Files that are open in answers of processes, at most.
const ANSWERED: usize = 256;
/// Most bytes of one record.
const PIECE: usize = 1 << 14;

/// What becomes of a file. Files of a worker are told apart by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptRecord {
    /// Its next bytes, which follow in the ring of bytes. Its first record is its beginning.
    Data {
        /// Which file.
        number: u64,
        /// How many there are.
        length: usize,
    },
    /// It is over.
    End {
        /// Which file.
        number: u64,
        /// SHA-256 of all its bytes.
        sha256: [u8; 32],
    },
    /// It is not kept.
    Lost {
        /// Which file.
        number: u64,
        /// It went beyond the quota; else its bytes had no room in the ring.
        over_quota: bool,
    },
}

/// Bytes of files that may still be kept, by all workers together.
#[derive(Debug)]
pub struct Quota(AtomicU64);

impl Quota {
    /// So many.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(AtomicU64::new(bytes))
    }

    /// Takes some, if they are there.
    fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    /// Gives back those of a file that is not kept after all.
    pub fn give_back(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Makes both ends for a worker that looks into `objects` objects at a time, with room for `bytes` bytes.
#[must_use]
pub fn file_keeper(objects: u16, bytes: usize, policy: RingPolicy, quota: Arc<Quota>) -> (FileKeeper, KeptFiles) {
    // Each open file may need a record for its end when there is no room for its bytes, those that processes find too.
    let reserve = usize::from(objects) + ANSWERED;
    let (records, records_out) = RingBuffer::new(RECORDS + reserve);
    let (bytes, bytes_out) = RingBuffer::new(bytes.max(PIECE));
    let keeper = FileKeeper { records, bytes, reserve, policy, quota, number: 0, lost: 0 };
    (keeper, KeptFiles { records: records_out, bytes: bytes_out })
}

/// The worker's end. Dropping it tells the thread that no more will come.
#[derive(Debug)]
pub struct FileKeeper {
    records: Producer<KeptRecord>,
    bytes: Producer<u8>,
    reserve: usize,
    policy: RingPolicy,
    quota: Arc<Quota>,
    number: u64,
    lost: u64,
}

/// A file that is being kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keeping {
    number: u64,
    /// Bytes of it are in the ring, or were.
    sent: bool,
    lost: Option<Lost>,
}

/// Why a file is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Its bytes had no room in the ring.
    Room,
    /// The quota was reached.
    Quota,
}

impl FileKeeper {
    /// A file begins.
    pub(super) const fn begin(&mut self) -> Keeping {
        self.number += 1;
        Keeping { number: self.number, sent: false, lost: None }
    }

    /// Its next bytes.
    pub(super) fn data(&mut self, file: &mut Keeping, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            if file.lost.is_some() {
                return;
            }
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            if !self.quota.take(length) {
                file.lost = Some(Lost::Quota);
                return;
            }
            // The bytes go first: who finds the record finds them.
            let room = self.has_room(piece.len()) || self.wait(piece.len());
            let record = KeptRecord::Data { number: file.number, length: piece.len() };
            if !room || self.bytes.push_entire_slice(piece).is_err() || self.records.push(record).is_err() {
                self.quota.give_back(length);
                file.lost = Some(Lost::Room);
                return;
            }
            file.sent = true;
        }
    }

    /// It is over. True when it goes into the directory. What was sent of a file that is lost counts for the quota until the
    /// thread has removed it.
    pub(super) fn end(&mut self, mut file: Keeping, sha256: [u8; 32]) -> bool {
        let number = file.number;
        let record = match file.lost {
            Some(why) => KeptRecord::Lost { number, over_quota: why == Lost::Quota },
            None => KeptRecord::End { number, sha256 },
        };
        // There is always room for the end of a file of which something was sent.
        let told = (file.sent || self.has_room(0)) && self.records.push(record).is_ok();
        if !told {
            file.lost = Some(Lost::Room);
        }
        self.lost += u64::from(file.lost == Some(Lost::Room));
        file.lost.is_none()
    }

    /// A file that is at hand as a whole.
    #[cfg(test)]
    pub(crate) fn keep_whole(keeper: &mut Self, content: &[u8], sha256: [u8; 32]) {
        let mut file = keeper.begin();
        keeper.data(&mut file, content);
        keeper.end(file, sha256);
    }

    /// Files that were given up because there was no room for their bytes.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.bytes.slots() >= bytes && self.records.slots() > self.reserve
    }

    #[cold]
    fn wait(&self, bytes: usize) -> bool {
        let backoff = Backoff::new();
        while self.policy == RingPolicy::Wait && !self.records.is_abandoned() {
            backoff.snooze();
            if self.has_room(bytes) {
                return true;
            }
        }
        false
    }
}

/// The thread's end. Dropping it lets the worker go on without being heard.
#[derive(Debug)]
pub struct KeptFiles {
    records: Consumer<KeptRecord>,
    bytes: Consumer<u8>,
}

impl KeptFiles {
    /// The oldest record, whose bytes, if it has any, are put into `bytes` in place of what that held.
    pub fn pop(&mut self, bytes: &mut Vec<u8>) -> Option<KeptRecord> {
        let record = self.records.pop().ok()?;
        bytes.clear();
        if let KeptRecord::Data { length, .. } = record {
            return take_bytes(&mut self.bytes, length, bytes).then_some(record);
        }
        Some(record)
    }

    /// The worker's end is gone. Records may still be in the ring; when this was true
    /// *before* [`pop`](Self::pop) found nothing, nothing will ever come.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.records.is_abandoned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    fn keeper_of(objects: u16, bytes: usize, policy: RingPolicy) -> (FileKeeper, KeptFiles) {
        file_keeper(objects, bytes, policy, Arc::new(Quota::new(u64::MAX)))
    }

    #[test]
    fn what_goes_beyond_the_quota_is_said_and_takes_none_of_it() {
        let quota = Arc::new(Quota::new(5));
        let (mut keeper, mut files) = file_keeper(4, PIECE, RingPolicy::DropAndCount, Arc::clone(&quota));
        let (mut one, mut two) = (keeper.begin(), keeper.begin());
        keeper.data(&mut one, b"one");
        keeper.data(&mut two, b"2");
        keeper.data(&mut two, b"wo");
        assert!(!keeper.end(two, [2; 32]) && keeper.end(one, [1; 32]));
        let mut bytes = Vec::new();
        let records: Vec<_> = std::iter::from_fn(|| files.pop(&mut bytes)).collect();
        assert!(records.contains(&KeptRecord::Lost { number: 2, over_quota: true }), "{records:?}");
        assert!(records.contains(&KeptRecord::End { number: 1, sha256: [1; 32] }), "{records:?}");
        assert_eq!(keeper.lost(), 0, "the ring had room");
        // What was sent of the second is there for others when the thread has removed it.
        let mut early = keeper.begin();
        keeper.data(&mut early, b"3!");
        assert!(!keeper.end(early, [3; 32]));
        quota.give_back(1);
        let mut three = keeper.begin();
        keeper.data(&mut three, b"3!");
        assert!(keeper.end(three, [3; 32]));
        assert!(!quota.take(1));
    }

    #[test]
    fn files_side_by_side_arrive_whole() {
        let (mut keeper, mut files) = keeper_of(4, PIECE, RingPolicy::DropAndCount);
        let (mut one, mut two) = (keeper.begin(), keeper.begin());
        keeper.data(&mut one, b"first ");
        keeper.data(&mut two, b"second ");
        keeper.data(&mut one, b"file");
        assert!(keeper.end(two, [2; 32]) && keeper.end(one, [1; 32]));
        let mut bytes = Vec::new();
        let mut popped = || files.pop(&mut bytes).map(|record| (record, String::from_utf8(bytes.clone()).unwrap()));
        assert_eq!(popped(), Some((KeptRecord::Data { number: 1, length: 6 }, "first ".to_owned())));
        assert_eq!(popped(), Some((KeptRecord::Data { number: 2, length: 7 }, "second ".to_owned())));
        assert_eq!(popped(), Some((KeptRecord::Data { number: 1, length: 4 }, "file".to_owned())));
        assert_eq!(popped(), Some((KeptRecord::End { number: 2, sha256: [2; 32] }, String::new())));
        assert_eq!(popped(), Some((KeptRecord::End { number: 1, sha256: [1; 32] }, String::new())));
        assert_eq!((popped(), keeper.lost()), (None, 0));
    }

    #[test]
    fn live_a_file_without_room_is_given_up_and_said_so() {
        let (mut keeper, mut files) = keeper_of(1, PIECE, RingPolicy::DropAndCount);
        let mut file = keeper.begin();
        keeper.data(&mut file, &vec![7; PIECE + 1]);
        keeper.data(&mut file, b"more");
        assert!(!keeper.end(file, [0; 32]));
        let mut bytes = Vec::new();
        assert_eq!(files.pop(&mut bytes), Some(KeptRecord::Data { number: 1, length: PIECE }));
        assert_eq!(files.pop(&mut bytes), Some(KeptRecord::Lost { number: 1, over_quota: false }));
        assert_eq!((files.pop(&mut bytes), keeper.lost()), (None, 1));
        // There is room again.
        let mut file = keeper.begin();
        keeper.data(&mut file, b"next");
        assert!(keeper.end(file, [0; 32]));
    }

    #[test]
    fn an_end_has_room_when_bytes_have_none() {
        let (mut keeper, _files) = keeper_of(3, 1 << 20, RingPolicy::DropAndCount);
        let mut open = [keeper.begin(), keeper.begin(), keeper.begin()];
        for _ in 0..RECORDS {
            keeper.data(&mut open[0], b"x");
        }
        for file in &mut open {
            keeper.data(file, b"y");
            assert_eq!(file.lost, Some(Lost::Room));
        }
        assert!(open.iter().all(|file| !keeper.end(*file, [0; 32])));
        assert_eq!(keeper.lost(), 3);
    }

    #[test]
    fn in_a_replay_the_worker_waits_for_the_thread() {
        let (mut keeper, mut files) = keeper_of(1, PIECE, RingPolicy::Wait);
        let sent: Vec<u8> = (0..10 * PIECE).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let expected = sent.clone();
        let worker = std::thread::spawn(move || {
            let mut file = keeper.begin();
            keeper.data(&mut file, &sent);
            assert!(keeper.end(file, [9; 32]));
        });
        let (mut got, mut bytes) = (Vec::new(), Vec::new());
        loop {
            match files.pop(&mut bytes) {
                Some(KeptRecord::Data { .. }) => got.extend_from_slice(&bytes),
                Some(other) => {
                    assert_eq!(other, KeptRecord::End { number: 1, sha256: [9; 32] });
                    break;
                }
                None => std::thread::yield_now(),
            }
        }
        worker.join().unwrap();
        assert!(got == expected);
    }
}
