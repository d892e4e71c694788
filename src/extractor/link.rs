//! What a worker and the supervisor know of one process.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::event::reasons::reasons;

reasons! {
    /// Why an object that was given to a process was not looked into, or not all of it.
    pub enum Failure {
        /// The process was more than 128 objects behind, or the memory for them was needed.
        Overflow => "overflow",
        /// It died.
        Died => "died",
        /// It took longer than the deadline.
        Deadline => "deadline",
        /// What it handed back broke the rules.
        Protocol => "protocol",
        /// There is no process any more.
        Off => "off",
    }
    /// The counter's name.
    pub fn counter => "extractor.not_inspected.";
}

/// How many there are.
pub(super) const FAILURES: usize = Failure::ALL.len();

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// The process runs, or is being started.
    Up,
    /// It is gone: the worker clears up.
    Down,
    /// The worker has cleared up: the supervisor starts another.
    Cleared,
    /// There will be no other.
    Off,
}

/// Shared by a worker and the supervisor. Each field says who writes it.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Up to down, down to off and cleared to up: the supervisor. Down to cleared: the worker.
    state: AtomicU8,
    /// Supervisor, before down: what happened.
    reason: AtomicU8,
    /// Worker: number plus one of the oldest object that there is no answer to, or 0.
    waiting: AtomicU64,
    /// Worker: times it has looked for answers.
    looked: AtomicU64,
    /// Worker: times the process broke the rules.
    wrong: AtomicU64,
    /// Supervisor: processes started in place of others.
    replaced: AtomicU64,
}

impl Link {
    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            0 => State::Up,
            1 => State::Down,
            2 => State::Cleared,
            _ => State::Off,
        }
    }

    pub(super) fn set(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }

    /// The process is gone.
    pub(super) fn down(&self, reason: Failure) {
        self.reason.store(reason as u8, Ordering::Relaxed);
        self.set(State::Down);
    }

    /// Why it is gone.
    pub(super) fn reason(&self) -> Failure {
        let reason = usize::from(self.reason.load(Ordering::Relaxed));
        Failure::ALL.get(reason).copied().unwrap_or(Failure::Died)
    }

    pub(super) fn wait_for(&self, oldest: Option<u64>) {
        self.waiting.store(oldest.map_or(0, |number| number + 1), Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn look(&self) {
        let looked = self.looked.load(Ordering::Relaxed);
        self.looked.store(looked.wrapping_add(1), Ordering::Relaxed);
    }

    pub(super) fn looked(&self) -> u64 {
        self.looked.load(Ordering::Relaxed)
    }

    pub(super) fn accuse(&self) {
        self.wrong.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn accused(&self) -> u64 {
        self.wrong.load(Ordering::Relaxed)
    }

    pub(super) fn count_replaced(&self) {
        self.replaced.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn replaced(&self) -> u64 {
        self.replaced.load(Ordering::Relaxed)
    }
}
