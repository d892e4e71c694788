//! The event thread: drains every worker's ring, encodes, writes.
//!
//! Rings are drained in turn, a bounded batch each, so that no worker's flood holds
//! up another's events. Lines are collected and written in large pieces, at the
//! latest after [`WriterOptions::flush_interval`]. When there is nothing to do the
//! thread spins shortly, yields, and then sleeps a millisecond at a time.
//!
//! An output that fails (a full disk) does not stop the rings: lines wait in a
//! bounded buffer, the write is tried again at every interval and goes on at the byte
//! where it stopped, and lines for which there is no room, or that still wait at the
//! end, are counted in [`WriterReport::errors`].

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_utils::Backoff;

use super::eve::EveEncoder;
use super::name_book::NameBook;
use super::names::EventNames;
use super::output::{LineSink, Output, Totals};
use super::ring::EventReceiver;
use super::stats::StatsEvent;

/// Events that are taken from one ring before the next one has its turn.
const BATCH_EVENTS: usize = 256;
const IDLE_SLEEP: Duration = Duration::from_millis(1);

/// Limits of the event thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// Longest time that a line waits before it is written, and between two tries
    /// while the output fails.
    pub flush_interval: Duration,
    /// Most bytes that wait while the output fails.
    pub max_pending_bytes: usize,
}

impl Default for WriterOptions {
    /// One second, 8 MiB.
    fn default() -> Self {
        Self { flush_interval: Duration::from_secs(1), max_pending_bytes: 8 << 20 }
    }
}

/// What the event thread has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterReport {
    /// Lines that the output took.
    pub written: u64,
    /// Bytes that the output took.
    pub bytes: u64,
    /// Events that could not be written and are lost.
    pub errors: u64,
}

/// Written by the event thread, read through the handle; `stop` the other way round.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    written: AtomicU64,
    bytes: AtomicU64,
    errors: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Shared {
    fn publish(&self, totals: Totals) {
        self.written.store(totals.written, Ordering::Relaxed);
        self.bytes.store(totals.bytes, Ordering::Relaxed);
        self.errors.store(totals.errors, Ordering::Relaxed);
    }

    fn report(&self) -> WriterReport {
        WriterReport {
            written: self.written.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
        }
    }

    /// Keeps the oldest failure that nobody has been told of.
    fn fail(&self, failure: String) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }
}

/// The running event thread.
///
/// Dropping it without [`finish`](Self::finish) lets the thread end by itself once
/// all senders are gone, and nobody learns how it went.
#[must_use = "the event thread is ended, and its errors are told, by finish()"]
pub struct WriterHandle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl WriterHandle {
    /// Starts the event thread over the workers' rings and the control thread's channel.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(
        receivers: Vec<EventReceiver>,
        stats: Receiver<StatsEvent>,
        names: EventNames,
        output: Output,
        options: WriterOptions,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let event_thread = EventThread {
            receivers,
            text: Vec::new(),
            stats,
            book: names.dictionaries.clone(),
            encoder: EveEncoder::new(names),
            sink: LineSink::new(output, options.max_pending_bytes),
            flush_interval: options.flush_interval,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new().name("events".to_owned()).spawn(move || event_thread.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What has been done until now.
    #[must_use]
    pub fn progress(&self) -> WriterReport {
        self.shared.report()
    }

    /// One line about what went wrong, each time that the output begins to fail or
    /// an event cannot be encoded; `None` when there is nothing new. Of several that
    /// were not asked for, the first.
    #[must_use]
    pub fn take_failure(&self) -> Option<String> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until every sender has been dropped and everything is written.
    ///
    /// The senders must have been dropped, or be about to be: a worker that keeps its
    /// sender keeps this waiting. Returns the totals, and what
    /// [`take_failure`](Self::take_failure) would have given.
    ///
    /// # Errors
    /// When the event thread panicked.
    pub fn finish(mut self) -> io::Result<(WriterReport, Option<String>)> {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| io::Error::other("the event thread panicked; events are lost"))?;
        }
        Ok((self.progress(), self.take_failure()))
    }
}

impl Drop for WriterHandle {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
    }
}

struct EventThread {
    receivers: Vec<EventReceiver>,
    /// Text of the event that is being written.
    text: Vec<u8>,
    stats: Receiver<StatsEvent>,
    book: NameBook,
    encoder: EveEncoder,
    sink: LineSink,
    flush_interval: Duration,
    shared: Arc<Shared>,
}

/// What came of looking into every ring once.
#[derive(Clone, Copy)]
struct Drained {
    /// Events were there.
    busy: bool,
    /// Events may still come.
    open: bool,
    /// Every ring was found empty at some moment.
    emptied: bool,
}

impl EventThread {
    fn run(mut self) {
        let backoff = Backoff::new();
        let mut last_write = Instant::now();
        let mut kept_from = 0;
        loop {
            // Read before the sources are looked into: a source found empty after
            // the order to stop is empty for good.
            let stopping = self.shared.stop.load(Ordering::Acquire);
            let in_use = self.book.first_in_use();
            let (rings, stats_busy) = (self.drain_rings(), self.drain_stats());
            if in_use != kept_from && rings.emptied {
                self.book.forget_before(in_use);
                kept_from = in_use;
            }
            if self.sink.is_due() || last_write.elapsed() >= self.flush_interval {
                let failure = self.sink.write();
                self.tell(failure);
                last_write = Instant::now();
            }
            if rings.busy || stats_busy {
                backoff.reset();
            } else if stopping && !rings.open {
                break;
            } else if backoff.is_completed() {
                thread::sleep(IDLE_SLEEP.min(self.flush_interval));
            } else {
                backoff.snooze();
            }
        }
        let failure = self.sink.finish();
        self.tell(failure);
    }

    fn drain_rings(&mut self) -> Drained {
        let mut all = Drained { busy: false, open: false, emptied: true };
        for receiver in &mut self.receivers {
            // Asked before the ring is found empty, see `EventReceiver::is_abandoned`.
            let abandoned = receiver.is_abandoned();
            let mut taken = 0;
            while taken < BATCH_EVENTS {
                let Some(event) = receiver.pop(&mut self.text) else { break };
                taken += 1;
                if let Err(error) = self.sink.add(|line| self.encoder.event(&event, &self.text, line)) {
                    self.shared.fail(error.to_string());
                }
            }
            all.busy |= taken > 0;
            all.open |= !abandoned || taken == BATCH_EVENTS;
            all.emptied &= taken < BATCH_EVENTS;
            if self.sink.is_due()
                && let Some(failure) = self.sink.write()
            {
                self.shared.fail(failure);
            }
        }
        all
    }

    /// True when there were any.
    fn drain_stats(&mut self) -> bool {
        let mut taken = 0;
        while taken < BATCH_EVENTS {
            match self.stats.try_recv() {
                Ok(event) => {
                    taken += 1;
                    if let Err(error) = self.sink.add(|line| self.encoder.stats(&event, line)) {
                        self.shared.fail(error.to_string());
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        taken > 0
    }

    fn tell(&self, failure: Option<String>) {
        self.shared.publish(self.sink.totals());
        if let Some(failure) = failure {
            self.shared.fail(failure);
        }
    }
}
