//! `--extract DIR`: files that have passed, each once, named by its SHA-256.
//!
//! A file whose digest is `abcd…` becomes `DIR/ab/abcd…`; while it passes it is
//! `DIR/.passing/WORKER-NUMBER`. One thread of one process owns all of them. Workers see to the quota,
//! of which files of former runs have their part; how many files it has kept out is told at
//! the end. A file that cannot be written is given up, counted and told, and the sensor goes on.

mod passing;
mod report;
mod shelf;

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;

use self::passing::Passing;
pub(super) use self::report::ExtractReport;
use self::report::Told;
use self::shelf::There;
use super::claim::Claims;
use super::output::{Failure, complain};
use crate::worker::{KeptFiles, KeptRecord, Quota};

/// How long the thread sleeps when no worker has anything for it; workers have room for more than comes meanwhile.
const NAP: Duration = Duration::from_micros(200);
/// Records taken from one worker before the next one's turn.
const TURN: usize = 256;
/// Files that are open at the same time, whatever number of them passes: systems let a process have some 1,000.
const OPEN: usize = 256;
/// Where files are while they pass.
const PASSING: &str = ".passing";

/// What the system did not do, and where.
#[derive(Debug)]
struct Refused {
    path: PathBuf,
    error: io::Error,
}

/// Says where an error came from.
trait Refuse<T> {
    fn of(self, path: &Path) -> Result<T, Refused>;
}

impl<T> Refuse<T> for io::Result<T> {
    fn of(self, path: &Path) -> Result<T, Refused> {
        self.map_err(|error| Refused { path: path.to_owned(), error })
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Extractor {
    thread: JoinHandle<ExtractReport>,
    not_stored: Arc<AtomicU64>,
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
    told: Told,
    /// Files that could not be written, for who asks while it goes on.
    not_stored: Arc<AtomicU64>,
}

/// Makes the directory, and finds out what may be kept in it beside what is there: `quota` bytes in all. What a run
/// that was killed has left half written is removed, so `claims` has the directory for as long as it is written to.
///
/// # Errors
/// Exit code 2 when it is none, cannot be made, read or written to, or another process writes to it.
pub(super) fn prepare(claims: &mut Claims, directory: &Path, quota: u64) -> Result<Arc<Quota>, Failure> {
    claims.take("--extract", directory)?;
    let passing = directory.join(PASSING);
    let made = match fs::remove_dir_all(&passing) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir(&passing),
    };
    let kept = made.of(&passing).and_then(|()| shelf::kept_bytes(directory));
    let kept =
        kept.map_err(|Refused { path, error }| Failure::input(format!("--extract: {}: {error}", path.display())))?;
    Ok(Arc::new(Quota::new(quota.saturating_sub(kept))))
}

impl Extractor {
    /// Starts the thread over one receiver a worker. `directory` has been through [`prepare`], which made the quota that
    /// the workers have.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn spawn(directory: &Path, quota: Arc<Quota>, receivers: Vec<KeptFiles>) -> io::Result<Self> {
        let directory = Directory::new(directory, quota);
        let not_stored = Arc::clone(&directory.not_stored);
        let thread = thread::Builder::new().name("files".to_owned()).spawn(move || directory.run(receivers))?;
        Ok(Self { thread, not_stored })
    }

    /// Files that could not be written, as it goes on.
    pub(super) fn not_stored(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.not_stored)
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
    fn new(directory: &Path, quota: Arc<Quota>) -> Self {
        Self {
            directory: directory.to_path_buf(),
            quota,
            passing: HashMap::new(),
            opened: VecDeque::new(),
            report: ExtractReport::default(),
            told: Told::default(),
            not_stored: Arc::default(),
        }
    }

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
                let Some(mut passing) = self.passing.remove(&(worker, number)) else { return };
                let bytes = passing.bytes();
                let kept = !passing.failed()
                    && self.keep(&mut passing, &HEXLOWER.encode(&sha256)).unwrap_or_else(|refused| {
                        self.note(&refused);
                        false
                    });
                if !kept {
                    passing.remove();
                    self.quota.give_back(bytes);
                }
            }
            KeptRecord::Lost { number, over_quota } => {
                // Half a file is of no use.
                if let Some(mut passing) = self.passing.remove(&(worker, number)) {
                    passing.remove();
                    self.quota.give_back(passing.bytes());
                }
                *(if over_quota { &mut self.report.over_quota } else { &mut self.report.lost }) += 1;
            }
        }
    }

    fn data(&mut self, key: (usize, u64), bytes: &[u8]) {
        let path = || self.directory.join(PASSING).join(format!("{}-{}", key.0, key.1));
        let passing = self.passing.entry(key).or_insert_with(|| Passing::new(path()));
        match passing.append(bytes) {
            Ok(false) => {}
            Ok(true) => {
                self.opened.push_back(key);
                if self.opened.len() > OPEN
                    && let Some(oldest) = self.opened.pop_front()
                    && let Some(passing) = self.passing.get_mut(&oldest)
                {
                    passing.close();
                }
            }
            Err(refused) => self.note(&refused),
        }
    }

    /// Gives a file that is complete its name. False where it was there already.
    fn keep(&mut self, passing: &mut Passing, digest: &str) -> Result<bool, Refused> {
        let path = shelf::place(&self.directory, digest)?;
        let There::Free { replaced } = shelf::look(&path, passing.bytes())? else {
            self.report.again += 1;
            return Ok(false);
        };
        passing.settle(&path)?;
        self.quota.give_back(replaced);
        self.report.files += 1;
        self.report.bytes = self.report.bytes.saturating_add(passing.bytes());
        Ok(true)
    }

    /// Counts a file that could not be written, and says so from time to time.
    fn note(&mut self, refused: &Refused) {
        self.report.failed += 1;
        self.not_stored.store(self.report.failed, Ordering::Relaxed);
        if let Some(line) = self.told.line(refused, Instant::now()) {
            complain(&line);
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
        let mut writer = Directory::new(directory.path(), quota);
        let count = 4 * u64::try_from(OPEN).unwrap();
        for piece in 0..3 {
            for number in 0..count {
                writer.take(0, KeptRecord::Data { number, length: 8 }, &(number + piece).to_be_bytes());
            }
            let open = writer.passing.values().filter(|passing| passing.is_open()).count();
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

    /// What has a file's name and is not that file does not stand for it.
    #[test]
    fn only_a_file_of_its_length_is_one_that_was_there_already() {
        let directory = tempfile::tempdir().unwrap();
        let names = ["6f", "74", "66", "73"].map(|digit| directory.path().join(digit).join(digit.repeat(32)));
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, "two").unwrap();
        for name in &names {
            fs::create_dir(name.parent().unwrap()).unwrap();
        }
        fs::write(&names[0], "on").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &names[1]).unwrap();
        fs::create_dir(&names[2]).unwrap();
        fs::write(&names[3], "six").unwrap();
        let report = extract(directory.path(), 1 << 20, &[b"two", b"four", b"six", b"one"]);
        assert_eq!(report, ExtractReport { files: 3, bytes: 10, again: 1, ..ExtractReport::default() });
        for (name, content) in names.iter().zip(["one", "two", "four", "six"]) {
            assert!(fs::symlink_metadata(name).unwrap().is_file(), "{content}");
            assert_eq!(fs::read_to_string(name).unwrap(), content);
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "two");
    }

    #[test]
    fn what_cannot_be_written_is_counted_given_up_and_named() {
        let directory = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), directory.path().join("6f")).unwrap();
        fs::write(directory.path().join("74"), "").unwrap();
        let full = directory.path().join("66").join("66".repeat(32));
        fs::create_dir_all(full.join("inside")).unwrap();
        let report = extract(directory.path(), 1 << 20, &[b"one", b"two", b"four", b"six"]);
        assert_eq!(report, ExtractReport { files: 1, bytes: 3, failed: 3, ..ExtractReport::default() });
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "a link leads out of the directory");
        assert!(!directory.path().join(PASSING).exists());
        // Each error names what stands in the way.
        let quota = prepare(&mut Claims::default(), directory.path(), 1 << 20).unwrap();
        let mut writer = Directory::new(directory.path(), quota);
        for (first, path) in [(0x6f, directory.path().join("6f")), (0x74, directory.path().join("74")), (0x66, full)] {
            let mut passing = Passing::new(directory.path().join(PASSING).join("0-1"));
            passing.append(b"some").unwrap();
            let refused = writer.keep(&mut passing, &HEXLOWER.encode(&[first; 32])).unwrap_err();
            assert_eq!(refused.path, path);
            passing.remove();
        }
        // Nor can a file that passes.
        fs::write(directory.path().join(PASSING).join("0-7"), "in its way").unwrap();
        writer.take(0, KeptRecord::Data { number: 7, length: 3 }, b"six");
        writer.take(0, KeptRecord::End { number: 7, sha256: [0x73; 32] }, &[]);
        assert_eq!((writer.report.failed, writer.not_stored.load(Ordering::Relaxed)), (1, 1));
    }
}
