//! A file that is passing.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Refuse as _, Refused};

/// A file that is passing.
#[derive(Debug)]
pub(super) struct Passing {
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
    /// Nothing of it has come yet.
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { file: None, made: false, path, bytes: 0, failed: false }
    }

    /// Bytes of it that have come.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It is given up.
    pub(super) const fn failed(&self) -> bool {
        self.failed
    }

    #[cfg(test)]
    pub(super) const fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Appends bytes, unless it is given up; returns whether the file was opened for that. A file that does not take
    /// them is given up, and goes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<bool, Refused> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.failed {
            return Ok(false);
        }
        let appended = self.try_append(bytes);
        if appended.is_err() {
            self.failed = true;
            self.remove();
        }
        appended
    }

    fn try_append(&mut self, bytes: &[u8]) -> Result<bool, Refused> {
        let (mut file, opened) = match self.file.take() {
            Some(file) => (file, false),
            None => (File::options().append(true).create_new(!self.made).open(&self.path).of(&self.path)?, true),
        };
        self.made = true;
        file.write_all(bytes).of(&self.path)?;
        self.file = Some(file);
        Ok(opened)
    }

    /// Its next bytes, if any come, open it again.
    pub(super) fn close(&mut self) {
        self.file = None;
    }

    /// It gets its name, in place of whatever file has that, once all of it is on the disk: a name that got there
    /// before the bytes would stand for others after a power failure.
    pub(super) fn settle(&mut self, name: &Path) -> Result<(), Refused> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path).of(&self.path)?,
        };
        file.sync_data().of(&self.path)?;
        fs::rename(&self.path, name).of(name)
    }

    /// It goes, if it is there.
    pub(super) fn remove(&mut self) {
        self.file = None;
        // What is not ours stays; what else is in the way was told when it was written to, and goes with the folder.
        if self.made {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_never_go_behind_those_of_a_file_that_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0-1");
        fs::write(&path, "somebody's").unwrap();
        let mut passing = Passing::new(path.clone());
        assert_eq!(passing.append(b"mine").unwrap_err().error.kind(), std::io::ErrorKind::AlreadyExists);
        assert!(passing.failed());
        assert_eq!(fs::read(&path).unwrap(), b"somebody's");
    }
}
