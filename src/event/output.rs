//! Where the lines go, and what happens to them while it does not take any.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::eve::EncodeError;

/// Bytes that are collected before they are written.
const BATCH_BYTES: usize = 64 * 1024;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Write behind what it holds (live). A last line that was cut off, by a crash or
    /// a full disk, is ended first, so that it spoils no line of this run.
    Append,
    /// Empty it first (replay).
    Truncate,
}

/// A place for lines, with the name under which errors speak of it.
pub struct Output {
    name: String,
    writer: Box<dyn Write + Send>,
}

impl Output {
    /// Opens, or makes, the file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened; the text names the path.
    pub fn open(path: &Path, mode: OpenMode) -> io::Result<Self> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let file = match mode {
            OpenMode::Append => append(path),
            OpenMode::Truncate => File::create(path),
        };
        Ok(Self { name: path.display().to_string(), writer: Box::new(file.map_err(named)?) })
    }

    /// Lines go to `writer`, which errors call `name`. It should not buffer: what it
    /// has accepted and flushed counts as written.
    #[must_use]
    pub fn writer(name: &str, writer: Box<dyn Write + Send>) -> Self {
        Self { name: name.to_owned(), writer }
    }
}

fn append(path: &Path) -> io::Result<File> {
    match OpenOptions::new().append(true).read(true).open(path) {
        Ok(mut file) => {
            // A pipe or a terminal has no end to look at.
            if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
                file.seek(SeekFrom::End(-1))?;
                let mut last = [0];
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                }
            }
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => OpenOptions::new().append(true).create(true).open(path),
        Err(error) => Err(error),
    }
}

/// Lines and bytes that were written, and lines that were lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) written: u64,
    pub(super) bytes: u64,
    pub(super) errors: u64,
}

/// Collects lines and writes them. While the output fails, lines wait, up to a limit,
/// and the write is taken up again at the byte where it stopped.
pub(super) struct LineSink {
    output: Output,
    pending: Vec<u8>,
    limit: usize,
    failing: bool,
    /// Lines and bytes that the output has accepted but not yet flushed.
    unflushed: (u64, u64),
    totals: Totals,
}

impl LineSink {
    pub(super) fn new(output: Output, limit: usize) -> Self {
        let pending = Vec::with_capacity(BATCH_BYTES.min(limit));
        Self { output, pending, limit, failing: false, unflushed: (0, 0), totals: Totals::default() }
    }

    pub(super) const fn totals(&self) -> Totals {
        self.totals
    }

    /// Adds the line that `encode` appends. A line that cannot be encoded, or for
    /// which there is no room, is counted; only the former is an error to tell.
    pub(super) fn add(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let before = self.pending.len();
        let encoded = encode(&mut self.pending);
        if encoded.is_err() || self.pending.len() > self.limit {
            self.pending.truncate(before);
            self.totals.errors += 1;
        }
        encoded
    }

    /// There is enough for a write. While the output fails, only the timer asks.
    pub(super) fn is_due(&self) -> bool {
        !self.failing && self.pending.len() >= BATCH_BYTES.min(self.limit / 2)
    }

    /// Writes and flushes what is pending. `Some` when the output has just begun to fail:
    /// one line that says how.
    pub(super) fn write(&mut self) -> Option<String> {
        let result = self.write_pending();
        // What was accepted before an error is flushed all the same.
        let result = result.and(self.flush());
        let began = !self.failing;
        self.failing = result.is_err();
        let error = result.err().filter(|_| began)?;
        Some(format!("cannot write events to {}: {error}; events wait, then are lost", self.output.name))
    }

    /// Writes for the last time; lines that still do not go are lost, and counted.
    pub(super) fn finish(&mut self) -> Option<String> {
        let failure = self.write();
        let lost = newlines(&self.pending) + self.unflushed.0;
        self.pending.clear();
        self.unflushed = (0, 0);
        self.totals.errors += lost;
        failure
    }

    fn write_pending(&mut self) -> io::Result<()> {
        let mut done = 0;
        let result = loop {
            let (_, rest) = self.pending.split_at(done);
            if rest.is_empty() {
                break Ok(());
            }
            match self.output.writer.write(rest) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                // A writer that claims more than it was given must not make us skip.
                Ok(count) => done += count.min(rest.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let (accepted, _) = self.pending.split_at(done);
        self.unflushed.0 += newlines(accepted);
        self.unflushed.1 += accepted.len() as u64;
        self.pending.drain(..done);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.unflushed.1 > 0 {
            self.output.writer.flush()?;
            let (lines, bytes) = std::mem::take(&mut self.unflushed);
            self.totals.written += lines;
            self.totals.bytes += bytes;
        }
        Ok(())
    }
}

/// Every line holds exactly one newline, its last byte.
fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
