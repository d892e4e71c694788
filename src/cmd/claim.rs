//! Directories that one process writes to at a time.
//!
//! The lock is the system's, on the directory itself: it leaves no file behind, and ends with the process
//! however that ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::output::Failure;

/// What this process alone writes to, until this is dropped.
#[derive(Debug, Default)]
pub(super) struct Claims {
    held: Vec<Claim>,
}

#[derive(Debug)]
struct Claim {
    /// Device and inode: one directory may have many names.
    place: (u64, u64),
    _lock: File,
}

impl Claims {
    /// Makes the directory where there is none, and keeps others from writing to it.
    ///
    /// # Errors
    /// Exit code 2 with one line that begins with `option`, when it is none, cannot be made or read, or another
    /// process holds it.
    pub(super) fn take(&mut self, option: &str, directory: &Path) -> Result<(), Failure> {
        let wrong = |error: io::Error| Failure::input(format!("{option}: {}: {error}", directory.display()));
        let made = fs::create_dir_all(directory).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
            _ => error,
        });
        made.map_err(wrong)?;
        let lock = File::open(directory).map_err(wrong)?;
        let facts = lock.metadata().map_err(wrong)?;
        let place = (facts.dev(), facts.ino());
        // A second lock would wait for the first, which is ours.
        if self.held.iter().any(|claim| claim.place == place) {
            return Ok(());
        }
        match lock.try_lock() {
            Ok(()) => self.held.push(Claim { place, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let directory = directory.display();
                return Err(Failure::input(format!(
                    "{option}: {directory}: found another process that writes to it, expected a directory of its own"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_holder_at_a_time_by_whatever_name() {
        let directory = tempfile::tempdir().unwrap();
        let (inside, link) = (directory.path().join("a/b"), directory.path().join("link"));
        let mut first = Claims::default();
        first.take("--out", &inside).unwrap();
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        first.take("--extract", &link).unwrap();
        let mut second = Claims::default();
        for name in [&inside, &link] {
            let error = second.take("--extract", name).unwrap_err();
            assert!(matches!(error, Failure::Input(_)), "{error:?}");
            let expected = format!("--extract: {}: found another process", name.display());
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
        second.take("--out", directory.path()).unwrap();
        drop(first);
        second.take("--extract", &link).unwrap();
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 0, "a lock leaves nothing behind");
    }
}
