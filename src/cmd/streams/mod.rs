//! `replay --streams DIR`: the bytes of each direction of each TCP connection, in a
//! file named as tcpflow names it, and `report.json`, which says of each what is
//! missing from it and how its flow ended.
//!
//! One thread owns all files. It drains the workers' taps ([`crate::worker::tap`])
//! and holds at most [`store::MAX_OPEN`] files open, however many flows there are;
//! what it keeps of a flow is a line of the report. A hole stays a hole: what follows
//! it stands where it would stand had the hole been filled, and the file system
//! stores nothing for it.
//!
//! A name is given when a direction's first byte comes. A connection and its ports'
//! next one belong to one worker, so names do not depend on the number of workers.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod name;
mod report;
mod store;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::output::Failure;
use crate::worker::TapReceiver;
use store::Store;

/// How long the thread sleeps when no worker has anything for it; workers have room for far more than this.
const NAP: Duration = Duration::from_micros(200);
/// Records taken from one worker before the next one's turn.
const TURN: usize = 256;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StreamsReport {
    /// Files, besides the report.
    pub(super) files: u64,
    /// Bytes in them, without holes.
    pub(super) bytes: u64,
    /// Holes.
    pub(super) gaps: u64,
    /// Bytes that holes stand for.
    pub(super) gap_bytes: u64,
}

/// Makes the directory, or sees that it is there and empty.
///
/// # Errors
/// Exit code 2 when it is not empty, no directory, or cannot be made or written to.
pub(super) fn prepare(directory: &Path) -> Result<(), Failure> {
    let wrong = |error: io::Error| Failure::input(format!("--streams: {}: {error}", directory.display()));
    match directory.read_dir() {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Failure::input(format!(
                    "--streams: {}: found a directory that is not empty, expected a new or an empty one",
                    directory.display()
                )));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(directory).map_err(wrong)?;
        }
        Err(error) => return Err(wrong(error)),
    }
    // Whether it can be written to is better known before the captures are read.
    report::create(directory).map(drop).map_err(wrong)
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct StreamsWriter {
    directory: PathBuf,
    thread: JoinHandle<Result<StreamsReport, WriteError>>,
}

/// What could not be written.
#[derive(Debug)]
struct WriteError {
    path: PathBuf,
    error: io::Error,
}

impl StreamsWriter {
    /// Starts the thread over one receiver a worker. `directory` has been through [`prepare`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn spawn(directory: &Path, receivers: Vec<TapReceiver>) -> io::Result<Self> {
        let store = Store::new(directory);
        let thread = thread::Builder::new().name("streams".to_owned()).spawn(move || write(store, receivers))?;
        Ok(Self { directory: directory.to_path_buf(), thread })
    }

    /// Waits until everything is written; the workers must have ended, or be about to.
    ///
    /// # Errors
    /// Exit code 1 with the file that could not be written.
    pub(super) fn finish(self) -> Result<StreamsReport, Failure> {
        match self.thread.join() {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(WriteError { path, error })) => {
                Err(Failure::Running(anyhow::Error::new(error).context(path.display().to_string())))
            }
            Err(_) => Err(Failure::Running(anyhow::anyhow!("{}: its thread broke off", self.directory.display()))),
        }
    }
}

/// Drains all receivers until their workers are gone. At the first error it returns, so that
/// workers find nobody who listens and go on by themselves.
fn write(mut store: Store, mut receivers: Vec<TapReceiver>) -> Result<StreamsReport, WriteError> {
    let mut bytes = Vec::new();
    while !receivers.is_empty() {
        let mut got = false;
        let mut failed = None;
        receivers.retain_mut(|receiver| {
            // Asked first: what the worker sent before it went is still there then.
            let over = receiver.is_abandoned();
            for _ in 0..TURN {
                let Some(record) = receiver.pop(&mut bytes) else { return !over };
                got = true;
                if let Err(error) = store.take(&record, &bytes) {
                    failed.get_or_insert(error);
                    return false;
                }
            }
            true
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if !got {
            thread::sleep(NAP);
        }
    }
    store.finish()
}
