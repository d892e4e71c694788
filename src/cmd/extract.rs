//! `--extract DIR`: files that have passed, each once, named by its SHA-256.
//!
//! A file whose digest is `abcd…` becomes `DIR/ab/abcd…`; while it passes it is
//! `DIR/.passing/WORKER-NUMBER`. One thread of one process owns all of them. Workers see to the quota,
//! of which files of former runs have their part; how many files it has kept out is told at
//! the end. A file that cannot be written is given up and told once, and the sensor goes on.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::claim::Claims;
use super::output::{Failure, complain};
use crate::control::figures;
use crate::worker::{KeptFiles, KeptRecord, Quota};

/// How long the thread sleeps when no worker has anything for it; workers have room for more than comes meanwhile.
const NAP: Duration = Duration::from_micros(200);
/// Records taken from one worker before the next one's turn.
const TURN: usize = 256;
/// Files that are open at the same time, whatever number of them passes: systems let a process have some 1,000.
const OPEN: usize = 256;
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
    /// It is open; when too many are, it is not, until its next bytes come.
    file: Option<File>,
    /// It has been made.
    made: bool,
    path: PathBuf,
    /// All that came of it.
    bytes: u64,
    /// It could not be written, and is given up.
    failed: bool,
}

impl Passing {
    /// Appends bytes, unless it is given up; returns whether the file was opened for that.
    fn append(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.failed {
            return Ok(false);
        }
        let (mut file, opened) = match self.file.take() {
            Some(file) => (file, false),
            None => (File::options().append(true).create_new(!self.made).open(&self.path)?, true),
        };
        self.made = true;
        file.write_all(bytes)?;
        self.file = Some(file);
        Ok(opened)
    }
}

#[derive(Debug)]
struct Directory {
    directory: PathBuf,
    quota: Arc<Quota>,
    /// By worker and number.
    passing: HashMap<(usize, u64), Passing>,
    /// Files that were opened, the oldest first; some of them may be over.
    opened: VecDeque<(usize, u64)>,
    report: ExtractReport,
}

/// Makes the directory, and finds out what may be kept in it beside what is there: `quota` bytes in all. What a run
/// that was killed has left half written is removed, so `claims` must have the directory for as long as it is written to.
///
/// # Errors
/// Exit code 2 when it is none, cannot be made, read or written to, or another process writes to it.
pub(super) fn prepare(claims: &mut Claims, directory: &Path, quota: u64) -> Result<Arc<Quota>, Failure> {
    claims.take("--extract", directory)?;
    let passing = directory.join(PASSING);
    let made = match fs::remove_dir_all(&passing) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&passing),
    };
    let kept = made.and_then(|()| kept_bytes(directory));
    let kept = kept.map_err(|error| Failure::input(format!("--extract: {}: {error}", directory.display())))?;
    Ok(Arc::new(Quota::new(quota.saturating_sub(kept))))
}

/// Bytes of the files that are kept in the directory.
fn kept_bytes(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0_u64;
    for folder in fs::read_dir(directory)? {
        let folder = folder?;
        let is_ours = folder.file_name().len() == 2 && folder.file_type()?.is_dir();
        let files = if is_ours { Some(fs::read_dir(folder.path())?) } else { None };
        for file in files.into_iter().flatten() {
            bytes = bytes.saturating_add(file?.metadata()?.len());
        }
    }
    Ok(bytes)
}

impl Extractor {
    /// Starts the thread over one receiver a worker. `directory` has been through [`prepare`], which made the quota that
    /// the workers have.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn spawn(directory: &Path, quota: Arc<Quota>, receivers: Vec<KeptFiles>) -> io::Result<Self> {
        let directory = Directory {
            directory: directory.to_path_buf(),
            quota,
            passing: HashMap::new(),
            opened: VecDeque::new(),
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
                let Some(passing) = self.passing.remove(&(worker, number)) else { return };
                let kept = if passing.failed { Ok(false) } else { self.keep(&passing, &HEXLOWER.encode(&sha256)) };
                if !matches!(kept, Ok(true)) {
                    self.quota.give_back(passing.bytes);
                }
                self.note(kept.map(drop));
            }
            KeptRecord::Lost { number, over_quota } => {
                // Half a file is of no use.
                if let Some(passing) = self.passing.remove(&(worker, number)) {
                    let _ = fs::remove_file(passing.path);
                    self.quota.give_back(passing.bytes);
                }
                *(if over_quota { &mut self.report.over_quota } else { &mut self.report.lost }) += 1;
            }
        }
    }

    fn data(&mut self, key: (usize, u64), bytes: &[u8]) {
        let path = || self.directory.join(PASSING).join(format!("{}-{}", key.0, key.1));
        let fresh = || Passing { file: None, made: false, path: path(), bytes: 0, failed: false };
        let passing = self.passing.entry(key).or_insert_with(fresh);
        match passing.append(bytes) {
            Ok(false) => {}
            Ok(true) => {
                self.opened.push_back(key);
                if self.opened.len() > OPEN
                    && let Some(oldest) = self.opened.pop_front()
                    && let Some(passing) = self.passing.get_mut(&oldest)
                {
                    passing.file = None;
                }
            }
            Err(error) => {
                passing.failed = true;
                let _ = fs::remove_file(&passing.path);
                self.note(Err(error));
            }
        }
    }

    /// Gives a file that is complete its name. False where it was there already.
    fn keep(&mut self, passing: &Passing, digest: &str) -> io::Result<bool> {
        let directory = self.directory.join(digest.get(..2).unwrap_or("00"));
        let path = directory.join(digest);
        if path.exists() {
            self.report.again += 1;
            return fs::remove_file(&passing.path).map(|()| false);
        }
        fs::create_dir_all(&directory)?;
        fs::rename(&passing.path, &path)?;
        self.report.files += 1;
        self.report.bytes = self.report.bytes.saturating_add(passing.bytes);
        Ok(true)
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
        let mut claims = Claims::default();
        let quota = prepare(&mut claims, directory, quota).unwrap();
        let (mut keeper, kept) = file_keeper(8, 1 << 20, RingPolicy::Wait, Arc::clone(&quota));
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
        // What is there counts for later runs too.
        let report = extract(directory.path(), 7, &[b"new", b"ab", b"c"]);
        assert_eq!(report, ExtractReport { files: 1, bytes: 2, over_quota: 2, ..ExtractReport::default() });
    }

    #[test]
    fn more_files_pass_than_a_process_may_have_open() {
        let directory = tempfile::tempdir().unwrap();
        let quota = prepare(&mut Claims::default(), directory.path(), 1 << 20).unwrap();
        let mut writer = Directory {
            directory: directory.path().to_path_buf(),
            quota,
            passing: HashMap::new(),
            opened: VecDeque::new(),
            report: ExtractReport::default(),
        };
        let count = 4 * u64::try_from(OPEN).unwrap();
        for piece in 0..3 {
            for number in 0..count {
                writer.take(0, KeptRecord::Data { number, length: 8 }, &(number + piece).to_be_bytes());
            }
            let open = writer.passing.values().filter(|passing| passing.file.is_some()).count();
            assert_eq!(open, OPEN);
        }
        for number in 0..count {
            let mut sha256 = [0; 32];
            sha256[..8].copy_from_slice(&number.to_be_bytes());
            writer.take(0, KeptRecord::End { number, sha256 }, &[]);
            let expected = [number, number + 1, number + 2].map(u64::to_be_bytes).concat();
            let path = directory.path().join("00").join(HEXLOWER.encode(&sha256));
            assert_eq!(fs::read(path).unwrap(), expected);
        }
        assert_eq!(writer.report, ExtractReport { files: count, bytes: 24 * count, ..ExtractReport::default() });
    }

    #[test]
    fn what_is_no_directory_is_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = prepare(&mut Claims::default(), file.path(), 0).unwrap_err();
        assert!(error.to_string().starts_with("--extract: /"), "{error}");
        assert!(error.to_string().contains("not a directory"), "{error}");
    }

    #[test]
    fn one_process_at_a_time_and_what_a_killed_one_left_goes() {
        let directory = tempfile::tempdir().unwrap();
        let mut claims = Claims::default();
        prepare(&mut claims, directory.path(), 1 << 20).unwrap();
        let passing = directory.path().join(PASSING).join("0-1");
        fs::write(&passing, "half").unwrap();
        let error = prepare(&mut Claims::default(), directory.path(), 1 << 20).unwrap_err();
        assert!(error.to_string().contains(": found another process that writes to it"), "{error}");
        assert_eq!(fs::read(&passing).unwrap(), b"half", "what passes elsewhere is let alone");
        drop(claims);
        assert_eq!(extract(directory.path(), 1 << 20, &[b"one"]).files, 1);
        assert_eq!(fs::read(directory.path().join("6f").join("6f".repeat(32))).unwrap(), b"one");
    }

    #[test]
    fn bytes_never_go_behind_those_of_a_file_that_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0-1");
        fs::write(&path, "somebody's").unwrap();
        let mut passing = Passing { file: None, made: false, path: path.clone(), bytes: 0, failed: false };
        assert_eq!(passing.append(b"mine").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"somebody's");
    }
}
