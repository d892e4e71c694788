//! The file as it is stored: how much of it was read, and what the system said when reading failed.

use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes taken from a source and its first failure, readable while a decompressor owns the source itself.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bytes: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

impl Progress {
    /// Stored bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// The system's error, if the source failed: a decompressor may have wrapped it beyond recognition.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A source that reports to a [`Progress`].
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    progress: Progress,
}

impl Source {
    pub(super) fn new(reader: Box<dyn Read + Send>, progress: Progress) -> Self {
        Self { reader, progress }
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(into) {
            Ok(n) => {
                self.progress.0.bytes.fetch_add(n as u64, Ordering::Relaxed);
                Ok(n)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                *self.progress.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(kind.into())
            }
        }
    }
}
