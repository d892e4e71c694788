//! Questions of the control thread that only the worker can answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::event::{AppProto, Tuple};
use crate::flow::{Flow, FlowTable};

/// Flow records looked at in one housekeeping, about 50 µs' worth.
const SLICE: u32 = 4096;
/// Most flows an answer has.
const MOST: usize = 32;

/// A flow as `show flow top` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowLine {
    /// Who speaks with whom.
    pub tuple: Tuple,
    /// Packets by direction.
    pub packets: [u64; 2],
    /// Bytes by direction.
    pub bytes: [u64; 2],
    /// When it began, nanoseconds since the epoch.
    pub start_ns: u64,
    /// Application protocol.
    pub app_proto: AppProto,
}

impl FlowLine {
    /// Bytes of both directions.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        let [a, b] = self.bytes;
        a.saturating_add(b)
    }
}

/// One worker's mailbox. Control thread: asks and reads. Worker: looks at the flag
/// in its housekeeping, and takes the lock only when there is a question.
#[derive(Debug, Default)]
pub struct Mailbox {
    asked: AtomicBool,
    answer: Mutex<Option<Vec<FlowLine>>>,
}

impl Mailbox {
    /// Asks for the flows with the most bytes.
    pub fn ask(&self) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.asked.store(true, Ordering::Release);
    }

    /// The answer, once it is there; largest first.
    pub fn take(&self) -> Option<Vec<FlowLine>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The worker's side: walks the table a slice at a time.
#[derive(Debug)]
pub(super) struct TopScan {
    next: u32,
    running: bool,
    best: Vec<FlowLine>,
}

impl TopScan {
    pub(super) fn new() -> Self {
        Self { next: 0, running: false, best: Vec::with_capacity(MOST + 1) }
    }

    /// Does the next slice of work, if anyone asked.
    pub(super) fn step(&mut self, mailbox: &Mailbox, table: &FlowTable) {
        if !self.running {
            // Looked at whenever the worker is idle: mostly nobody has asked.
            if !mailbox.asked.load(Ordering::Relaxed) || !mailbox.asked.swap(false, Ordering::AcqRel) {
                return;
            }
            self.running = true;
            self.next = 0;
            self.best.clear();
        }
        let end = self.next.saturating_add(SLICE);
        for flow in table.walk(self.next..end) {
            self.offer(flow);
        }
        self.next = end;
        if usize::try_from(end).unwrap_or(usize::MAX) >= table.capacity() {
            self.running = false;
            *mailbox.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.best.clone());
        }
    }

    fn offer(&mut self, flow: &Flow) {
        let line = FlowLine {
            tuple: flow.tuple(),
            packets: flow.packets,
            bytes: flow.bytes,
            start_ns: flow.start_ns,
            app_proto: flow.app_proto,
        };
        let at = self.best.partition_point(|other| other.total_bytes() >= line.total_bytes());
        if at < MOST {
            self.best.insert(at, line);
            self.best.truncate(MOST);
        }
    }
}
