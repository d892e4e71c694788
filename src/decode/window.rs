//! What came out last, for matches to be copied from.

use super::decoder::Out;

/// Handed out at a time, at most, so that what takes it finds it in a cache.
const PIECE: usize = 64 * 1024;

/// A ring of the bytes that came out last. Its memory is taken when it is made.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8]>,
    /// Where the next byte goes, and up to where bytes were handed out.
    at: usize,
    flushed: usize,
    /// Bytes since the window was emptied.
    total: u64,
    enough: bool,
}

/// Why a match cannot be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It begins before the first byte.
    Before,
    /// It begins further back than the window goes.
    Far,
}

impl Window {
    /// A window of so many bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { bytes: vec![0; size].into_boxed_slice(), at: 0, flushed: 0, total: 0, enough: false }
    }

    /// Forgets what came out; what was not handed out yet never is.
    pub(super) const fn clear(&mut self) {
        (self.at, self.flushed, self.total, self.enough) = (0, 0, 0, false);
    }

    /// No match reaches further back than here.
    pub(super) const fn forget(&mut self) {
        self.total = 0;
    }

    /// Bytes since the window was emptied.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The byte that came `distance` bytes before the next one; 0 where there is none.
    #[inline(always)]
    pub(super) fn back(&self, distance: usize) -> u8 {
        if distance as u64 > self.total {
            return 0;
        }
        let at =
            if distance <= self.at { self.at - distance } else { (self.at + self.bytes.len()).wrapping_sub(distance) };
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Whether a match may begin so far back.
    #[inline(always)]
    pub(super) const fn check(&self, distance: usize) -> Result<(), Reach> {
        if distance == 0 || distance as u64 > self.total {
            Err(Reach::Before)
        } else if distance > self.bytes.len() {
            Err(Reach::Far)
        } else {
            Ok(())
        }
    }

    /// Appends a byte. False where no more is wanted.
    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        if let Some(place) = self.bytes.get_mut(self.at) {
            *place = byte;
        }
        self.at += 1;
        self.total += 1;
        self.turn(out)
    }

    /// Appends bytes. False where no more is wanted.
    pub(super) fn append(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let now = (self.bytes.len() - self.at).min(rest.len()).min(PIECE);
            let Some((first, later)) = rest.split_at_checked(now) else { return false };
            if let Some(place) = self.bytes.get_mut(self.at..self.at + now) {
                place.copy_from_slice(first);
            }
            if !self.advance(now, out) {
                return false;
            }
            rest = later;
        }
        true
    }

    /// Appends so many equal bytes. False where no more is wanted.
    pub(super) fn fill(&mut self, byte: u8, times: usize, out: &mut dyn Out) -> bool {
        let mut left = times;
        while left != 0 {
            let now = (self.bytes.len() - self.at).min(left).min(PIECE);
            if let Some(place) = self.bytes.get_mut(self.at..self.at + now) {
                place.fill(byte);
            }
            if !self.advance(now, out) {
                return false;
            }
            left -= now;
        }
        true
    }

    /// Appends what begins `distance` bytes back, which was checked. False where no more is wanted.
    #[inline]
    pub(super) fn copy(&mut self, distance: usize, length: usize, out: &mut dyn Out) -> bool {
        let mut left = length;
        while left != 0 {
            let from = if distance <= self.at { self.at - distance } else { self.at + self.bytes.len() - distance };
            // What is copied may overlap what it is copied to, and neither may run over the end.
            let room = self.bytes.len() - self.at.max(from);
            let now = left.min(distance).min(room);
            if distance < 8 && distance <= self.at {
                // Short periods: doubling what is there beats copying it over and over.
                let now = left.min(self.bytes.len() - self.at);
                self.repeat(from, distance, now);
                if !self.advance(now, out) {
                    return false;
                }
                left -= now;
                continue;
            }
            self.bytes.copy_within(from..from + now, self.at);
            if !self.advance(now, out) {
                return false;
            }
            left -= now;
        }
        true
    }

    fn repeat(&mut self, from: usize, distance: usize, length: usize) {
        let Some(part) = self.bytes.get_mut(from..self.at + length) else { return };
        let mut ready = distance;
        while ready < part.len() {
            let now = ready.min(part.len() - ready);
            part.copy_within(..now, ready);
            ready += now;
        }
    }

    fn advance(&mut self, by: usize, out: &mut dyn Out) -> bool {
        self.at += by;
        self.total += by as u64;
        self.turn(out)
    }

    #[inline(always)]
    fn turn(&mut self, out: &mut dyn Out) -> bool {
        if self.at < self.bytes.len() && self.at - self.flushed < PIECE {
            return true;
        }
        self.flush(out)
    }

    /// Hands out what was not handed out yet. False where no more is wanted.
    pub(super) fn flush(&mut self, out: &mut dyn Out) -> bool {
        let bytes = self.bytes.get(self.flushed..self.at).unwrap_or(&[]);
        self.enough |= !bytes.is_empty() && !out.data(bytes);
        if self.at >= self.bytes.len() {
            self.at = 0;
        }
        self.flushed = self.at;
        !self.enough
    }
}
