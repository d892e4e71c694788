//! How far a worker has come, for who feeds it.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

/// A worker's counts of what it is done with. Written by the worker after the work and after
/// what followed from it has gone to other workers; read by the feeder.
#[derive(Debug, Default)]
pub struct Progress {
    counts: CachePadded<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// From the work queue.
    taken: AtomicU64,
    /// Put into other workers' inboxes.
    passed: AtomicU64,
    /// From its own inbox.
    received: AtomicU64,
}

impl Progress {
    /// Counts what was put into other workers' inboxes; to be called before the packets
    /// that it followed from are counted.
    pub fn passed(&self, count: u64) {
        add(&self.counts.passed, count);
    }

    /// Counts packets from the work queue.
    pub fn taken(&self, count: usize) {
        add(&self.counts.taken, u64::try_from(count).unwrap_or(0));
    }

    /// Counts packets from its own inbox.
    pub fn received(&self, count: usize) {
        add(&self.counts.received, u64::try_from(count).unwrap_or(0));
    }

    /// True when nothing is under way: each worker is done with as many packets as it was sent, and
    /// whatever it passed on has been worked on. `all` has each worker's progress with the number of
    /// packets that its work queue was sent.
    ///
    /// A worker that is done with its queue passes nothing on but for what comes from its inbox. So
    /// when all that was received by some moment is all that is passed until a later one, nothing
    /// was in between.
    pub fn all_quiet<'a>(all: impl Iterator<Item = (&'a Self, u64)> + Clone) -> bool {
        let mut queues = all.clone();
        if queues.any(|(progress, sent)| progress.counts.taken.load(Ordering::Acquire) != sent) {
            return false;
        }
        let sum = |of: fn(&Counts) -> &AtomicU64| -> u64 {
            all.clone().map(|(progress, _)| of(&progress.counts).load(Ordering::Acquire)).sum()
        };
        let received = sum(|counts| &counts.received);
        received == sum(|counts| &counts.passed)
    }
}

/// Adds to a counter that only this thread writes; what was done before is seen by whoever sees the sum.
fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_when_all_that_was_sent_and_passed_is_done() {
        let (a, b) = (Progress::default(), Progress::default());
        let quiet = |to_a, to_b| Progress::all_quiet([(&a, to_a), (&b, to_b)].into_iter());
        assert!(quiet(0, 0));
        assert!(!quiet(2, 0), "two wait in the queue of a");
        a.passed(1);
        a.taken(2);
        assert!(!quiet(2, 0), "one waits in the inbox of b");
        b.received(1);
        assert!(quiet(2, 0));
        assert!(!quiet(2, 1));
        b.taken(1);
        assert!(quiet(2, 1));
    }
}
