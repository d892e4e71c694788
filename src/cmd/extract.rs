//! `--extract DIR`: files that have passed, each once, named by its SHA-256.
//!
//! A file whose digest is `abcd…` becomes `DIR/ab/abcd…`; while it passes it is
//! `DIR/.passing/WORKER-NUMBER`. One thread owns all of them. When the quota is
//! reached no further file is kept, and that is told at the end; a file that cannot be
//! written is given up and told once, and the sensor goes on.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::output::{Failure, complain};
use crate::control::figures;
use crate::worker::{KeptFiles, KeptRecord};

/// How long the thread sleeps when no worker has anything for it; workers have room for more than comes meanwhile.
const NAP: Duration = Duration::from_micros(200);
/// Records taken from one worker before the next one's turn.
const TURN: usize = 256;
/// Where files are while they pass.
const PASSING: &str = ".passing";

/// What was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ExtractReport {
    /// Files, each once.
    pub(super) files: u64,
    /// Bytes in them.
    pub(super) bytes: u64,
    /// Files that were there already.
    pub(super) again: u64,
    /// Files not kept because the quota was reached.
    pub(super) over_quota: u64,
    /// Files not kept because the worker had no room for their bytes.
    pub(super) lost: u64,
    /// Files not kept because they could not be written.
    pub(super) failed: u64,
}

impl ExtractReport {
    /// For programs.
    pub(super) fn json(&self) -> Value {
        let Self { files, bytes, again, over_quota, lost, failed } = self;
        json!({
            "files": files, "bytes": bytes, "again": again, "over_quota": over_quota, "lost": lost, "failed": failed,
        })
    }

    /// For people.
    pub(super) fn text(&self, directory: &Path) -> String {
        let (files, bytes) = (figures::grouped(self.files), figures::grouped(self.bytes));
        let mut text = format!("{files} files, {bytes} bytes, kept in {}", directory.display());
        let reasons = [(self.over_quota, "over the quota"), (self.lost, "without room"), (self.failed, "not written")];
        for (count, reason) in reasons.into_iter().filter(|(count, _)| *count != 0) {
            text.push_str(&format!("; {} not kept: {reason}", figures::grouped(count)));
        }
        text
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Extractor {
    thread: JoinHandle<ExtractReport>,
}

/// A file that is passing.
#[derive(Debug)]
struct Passing {
    file: File,
    path: PathBuf,
    bytes: u64,
}

#[derive(Debug)]
struct Directory {
    directory: PathBuf,
    quota: u64,
    /// By worker and number; `None` for one that is given up.
    passing: HashMap<(usize, u64), Option<Passing>>,
    /// Bytes of files that are passing.
    underway: u64,
    report: ExtractReport,
}

/// Makes the directory.
///
/// # Errors
/// Exit code 2 when it is none, or cannot be made or written to.
pub(super) fn prepare(directory: &Path) -> Result<(), Failure> {
    let passing = directory.join(PASSING);
    let made = match fs::remove_dir_all(&passing) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&passing),
    };
    made.map_err(|error| Failure::input(format!("--extract: {}: {error}", directory.display())))
}

impl Extractor {
    /// Starts the thread over one receiver a worker; it keeps `quota` bytes at most. `directory` has been through
    /// [`prepare`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn spawn(directory: &Path, quota: u64, receivers: Vec<KeptFiles>) -> io::Result<Self> {
        let directory = Directory {
            directory: directory.to_path_buf(),
            quota,
            passing: HashMap::new(),
            underway: 0,
            report: ExtractReport::default(),
        };
        let thread = thread::Builder::new().name("files".to_owned()).spawn(move || directory.run(receivers))?;
        Ok(Self { thread })
    }

    /// Waits until everything is written; the workers must have ended, or be about to.
    ///
    /// # Errors
    /// Exit code 1 when the thread broke off.
    pub(super) fn finish(self) -> Result<ExtractReport, Failure> {
        self.thread.join().map_err(|_| Failure::Running(anyhow::anyhow!("the thread that keeps files broke off")))
    }
}

impl Directory {
    fn run(mut self, receivers: Vec<KeptFiles>) -> ExtractReport {
        let mut bytes = Vec::new();
        let mut receivers: Vec<_> = receivers.into_iter().enumerate().collect();
        while !receivers.is_empty() {
            let mut got = false;
            receivers.retain_mut(|(worker, receiver)| {
                // Asked first: what the worker sent before it went is still there then.
                let over = receiver.is_abandoned();
                for _ in 0..TURN {
                    let Some(record) = receiver.pop(&mut bytes) else { return !over };
                    got = true;
                    self.take(*worker, record, &bytes);
                }
                true
            });
            if !got {
                thread::sleep(NAP);
            }
        }
        if let Err(error) = fs::remove_dir_all(self.directory.join(PASSING)) {
            complain(&format!("--extract: {}: {error}", self.directory.join(PASSING).display()));
        }
        self.report
    }

    fn take(&mut self, worker: usize, record: KeptRecord, bytes: &[u8]) {
        match record {
            KeptRecord::Data { number, .. } => self.data((worker, number), bytes),
            KeptRecord::End { number, sha256 } => {
                // A file without a byte has no record of any.
                self.data((worker, number), &[]);
                if let Some(passing) = self.remove((worker, number)) {
                    let kept = self.keep(&passing, &HEXLOWER.encode(&sha256));
                    self.note(kept);
                }
            }
            KeptRecord::Lost { number } => {
                if let Some(passing) = self.remove((worker, number)) {
                    // Half a file is of no use.
                    let _ = fs::remove_file(passing.path);
                    self.report.lost += 1;
                }
            }
        }
    }

    fn data(&mut self, key: (usize, u64), bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if !self.passing.contains_key(&key) {
            let path = self.directory.join(PASSING).join(format!("{}-{}", key.0, key.1));
            let file = File::create(&path).map(|file| Passing { file, path, bytes: 0 });
            let passing = file.map_err(|error| self.note(Err(error))).ok();
            self.passing.insert(key, passing);
        }
        let Some(Some(passing)) = self.passing.get_mut(&key) else { return };
        if self.report.bytes.saturating_add(self.underway).saturating_add(length) > self.quota {
            self.report.over_quota += 1;
            self.give_up(key);
            return;
        }
        if let Err(error) = passing.file.write_all(bytes) {
            self.note(Err(error));
            self.give_up(key);
            return;
        }
        passing.bytes = passing.bytes.saturating_add(length);
        self.underway = self.underway.saturating_add(length);
    }

    /// Keeps no more of a file, and forgets what was kept.
    fn give_up(&mut self, key: (usize, u64)) {
        if let Some(passing) = self.remove(key) {
            let _ = fs::remove_file(passing.path);
        }
        self.passing.insert(key, None);
    }

    fn remove(&mut self, key: (usize, u64)) -> Option<Passing> {
        let passing = self.passing.remove(&key).flatten()?;
        self.underway = self.underway.saturating_sub(passing.bytes);
        Some(passing)
    }

    /// Gives a file that is complete its name.
    fn keep(&mut self, passing: &Passing, digest: &str) -> io::Result<()> {
        let directory = self.directory.join(digest.get(..2).unwrap_or("00"));
        let path = directory.join(digest);
        if path.exists() {
            self.report.again += 1;
            return fs::remove_file(&passing.path);
        }
        fs::create_dir_all(&directory)?;
        fs::rename(&passing.path, &path)?;
        self.report.files += 1;
        self.report.bytes = self.report.bytes.saturating_add(passing.bytes);
        Ok(())
    }

    /// Tells of the first file that could not be written, and counts them all.
    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            if self.report.failed == 0 {
                complain(&format!("--extract: {}: {error}; that file is not kept", self.directory.display()));
            }
            self.report.failed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RingPolicy;
    use crate::worker::{FileKeeper, file_keeper};

    /// Keeps files with these contents, whose first byte is the first of their digest.
    fn extract(directory: &Path, quota: u64, files: &[&[u8]]) -> ExtractReport {
        prepare(directory).unwrap();
        let (mut keeper, kept) = file_keeper(8, 1 << 20, RingPolicy::Wait);
        let extractor = Extractor::spawn(directory, quota, vec![kept]).unwrap();
        for content in files {
            FileKeeper::keep_whole(&mut keeper, content, [content.first().copied().unwrap_or(0); 32]);
        }
        drop(keeper);
        extractor.finish().unwrap()
    }

    #[test]
    fn files_are_kept_once_and_by_their_digest() {
        let directory = tempfile::tempdir().unwrap();
        let report = extract(directory.path(), 1 << 20, &[b"one", b"two", b"one", b""]);
        assert_eq!(report, ExtractReport { files: 3, bytes: 6, again: 1, ..ExtractReport::default() });
        let read = |digit: &str| fs::read(directory.path().join(digit).join(digit.repeat(32))).unwrap();
        assert_eq!((read("6f"), read("74"), read("00")), (b"one".to_vec(), b"two".to_vec(), Vec::new()));
        assert!(!directory.path().join(PASSING).exists());
        // A second run adds to it.
        let report = extract(directory.path(), 1 << 20, &[b"one", b"new"]);
        assert_eq!((report.files, report.again), (1, 1));
    }

    #[test]
    fn nothing_is_kept_beyond_the_quota() {
        let directory = tempfile::tempdir().unwrap();
        let report = extract(directory.path(), 5, &[b"one", b"two", b"2!"]);
        assert_eq!(report, ExtractReport { files: 2, bytes: 5, over_quota: 1, ..ExtractReport::default() });
    }

    #[test]
    fn what_is_no_directory_is_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = prepare(file.path()).unwrap_err();
        assert!(error.to_string().starts_with("--extract: /"), "{error}");
        assert!(error.to_string().contains("Not a directory"), "{error}");
    }
}
