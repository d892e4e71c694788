//! Digests of what was delivered, so that a second version of the same bytes is noticed.
//!
//! Delivered bytes are gone: they were never copied. What stays of each segment is
//! one record in a ring that all sessions of the worker share: its place and the
//! XXH3-64 of its bytes, under a secret of the sensor's own, since anybody can make
//! two texts that have the same one under the secret that the algorithm comes with.
//! A session knows its newest record, each record the one
//! before it. When the ring has come round, old records are forgotten; a repetition
//! whose original is no longer there is counted as unverified.

use xxhash_rust::const_xxh3::const_custom_default_secret;
use xxhash_rust::xxh3::xxh3_64_with_secret;

use super::seq::distance;
use crate::event::Direction;

/// Records looked at for one repeated segment, so that its work stays bounded.
const LOOK_BACK: usize = 128;

/// One delivered segment.
#[derive(Clone, Copy, Debug)]
struct Record {
    digest: u64,
    seq: u32,
    /// The record before it of the same session.
    before: u32,
    /// Whose it is; guards against a place that was used again.
    owner: u32,
    len: u16,
    direction: Direction,
}

/// The digests of one worker.
#[derive(Debug)]
pub(super) struct History {
    /// As long as the one that XXH3 comes with.
    secret: [u8; 192],
    ring: Box<[Record]>,
    mask: u32,
    /// Number of the next record; 0 stands for "none" and is left out.
    next: u32,
}

/// What a comparison with delivered bytes found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// All bytes that could be compared are the same; `unknown` could not.
    Same {
        /// Bytes whose digest was not there any more, or covers others besides.
        unknown: u32,
    },
    /// A delivered segment of `len` bytes at `seq` was different.
    Different {
        /// Its first number.
        seq: u32,
        /// Its length.
        len: u16,
        /// Digest of what was delivered.
        first: u64,
        /// Digest of what came now.
        later: u64,
    },
}

impl History {
    /// A ring of `records`, rounded up to a power of two; 0 switches it off. The secret is made from
    /// `seed`: that of 0 is XXH3's own.
    pub(super) fn new(records: u32, seed: u64) -> Self {
        let count = if records == 0 { 0 } else { records.next_power_of_two() };
        let empty = Record { digest: 0, seq: 0, before: 0, owner: 0, len: 0, direction: Direction::ToServer };
        Self {
            secret: const_custom_default_secret(seed),
            ring: vec![empty; usize::try_from(count).unwrap_or(0)].into_boxed_slice(),
            mask: count.saturating_sub(1),
            next: 1,
        }
    }

    /// Bytes that one record takes.
    pub(super) const BYTES_PER_RECORD: usize = size_of::<Record>();

    /// Notes delivered bytes; `newest` is the session's newest record and becomes this one.
    #[inline]
    pub(super) fn note(&mut self, newest: &mut u32, owner: u32, direction: Direction, seq: u32, bytes: &[u8]) {
        if self.ring.is_empty() {
            return;
        }
        let Ok(len) = u16::try_from(bytes.len()) else { return };
        let record =
            Record { digest: xxh3_64_with_secret(bytes, &self.secret), seq, before: *newest, owner, len, direction };
        if let Some(place) = usize::try_from(self.next & self.mask).ok().and_then(|at| self.ring.get_mut(at)) {
            *place = record;
        }
        *newest = self.next;
        self.next = self.next.wrapping_add(1).max(1);
    }

    /// Compares `bytes` at `seq`, all of which were delivered before, with what is known of them.
    pub(super) fn compare(&self, newest: u32, owner: u32, direction: Direction, seq: u32, bytes: &[u8]) -> Compared {
        let end = seq.wrapping_add(u32::try_from(bytes.len()).unwrap_or(0));
        if self.ring.is_empty() {
            return Compared::Same { unknown: 0 };
        }
        let mut unknown = u32::try_from(bytes.len()).unwrap_or(0);
        let mut number = newest;
        for _ in 0..LOOK_BACK {
            let Some(record) = self.get(number, owner) else { break };
            number = record.before;
            if record.direction != direction {
                continue;
            }
            let record_end = record.seq.wrapping_add(u32::from(record.len));
            // Segments are delivered in order: what ends before the first byte is followed by nothing of interest.
            if distance(record_end, seq) <= 0 {
                break;
            }
            let (Ok(from), true) = (usize::try_from(distance(record.seq, seq)), distance(record_end, end) <= 0) else {
                continue;
            };
            let Some(again) = bytes.get(from..).and_then(|rest| rest.get(..usize::from(record.len))) else { continue };
            let later = xxh3_64_with_secret(again, &self.secret);
            if later != record.digest {
                return Compared::Different { seq: record.seq, len: record.len, first: record.digest, later };
            }
            unknown = unknown.saturating_sub(u32::from(record.len));
            if unknown == 0 {
                break;
            }
        }
        Compared::Same { unknown }
    }

    fn get(&self, number: u32, owner: u32) -> Option<&Record> {
        let age = self.next.wrapping_sub(number);
        if number == 0 || usize::try_from(age).ok()? > self.ring.len() {
            return None;
        }
        self.ring.get(usize::try_from(number & self.mask).ok()?).filter(|record| record.owner == owner)
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    /// Two texts of 16 bytes that have the same digest under XXH3's own secret: it exclusive-ors them with 16 bytes of it
    /// and multiplies the halves, so a half that comes to zero hides the other one.
    fn colliding() -> [[u8; 32]; 2] {
        let secret: [u8; 192] = const_custom_default_secret(0);
        let mut texts = [[0; 32]; 2];
        for (text, fill) in texts.iter_mut().zip([b'a', b'b']) {
            text[..8].copy_from_slice(&secret[..8]);
            text[8..16].fill(fill);
            text[16..].fill(b'z');
        }
        texts
    }

    #[test]
    fn a_secret_tells_texts_apart_that_were_made_to_collide() {
        let [first, later] = colliding();
        assert_eq!(xxh3_64(&first), xxh3_64(&later), "they collide under the secret that everybody knows");
        for (seed, told) in [(0, false), (1, true), (0x1234_5678_9abc_def0, true)] {
            let mut history = History::new(16, seed);
            let mut newest = 0;
            history.note(&mut newest, 7, Direction::ToServer, 100, &first);
            let compared = history.compare(newest, 7, Direction::ToServer, 100, &later);
            assert_eq!(matches!(compared, Compared::Different { .. }), told, "seed {seed}: {compared:?}");
            assert_eq!(history.compare(newest, 7, Direction::ToServer, 100, &first), Compared::Same { unknown: 0 });
        }
    }
}
