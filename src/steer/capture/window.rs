//! The part of the unpacked stream that is in memory.

use std::io::{self, ErrorKind, Read};

/// What the buffer has at first, in bytes; more is taken only for a block that is larger.
const FIRST_BYTES: usize = 128 << 10;

/// A reader with a view of its next bytes.
pub(super) struct Window {
    reader: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Position of `start` in the stream.
    offset: u64,
}

impl Window {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, bytes: vec![0; FIRST_BYTES], start: 0, end: 0, offset: 0 }
    }

    /// The bytes in view.
    pub(super) fn view(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Position of the view's first byte in the stream.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes the buffer takes.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Reads until at least `wanted` bytes are in view; false when the stream ends before. The caller bounds
    /// `wanted`, and with it the buffer.
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        while self.end - self.start < wanted {
            if self.bytes.len() - self.start < wanted {
                self.bytes.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
                if self.bytes.len() < wanted {
                    self.bytes.reserve_exact(wanted - self.bytes.len());
                    self.bytes.resize(wanted, 0);
                }
            }
            let space = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(space) {
                Ok(0) => return Ok(false),
                Ok(n) => self.end += n.min(space.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Moves the view past `n` of its bytes.
    pub(super) fn consume(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.offset += n as u64;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Moves past `n` bytes of the stream, in view or not; false when the stream ends before.
    pub(super) fn skip(&mut self, mut n: u64) -> io::Result<bool> {
        while n > 0 {
            if !self.fill(1)? {
                return Ok(false);
            }
            let step = usize::try_from(n).unwrap_or(usize::MAX).min(self.end - self.start);
            self.consume(step);
            n -= step as u64;
        }
        Ok(true)
    }
}
