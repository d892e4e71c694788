//! Bits of a stream that comes in pieces.
//!
//! Bits may be read ahead of what is used of them, but only so that the last byte that was used is always one of the piece
//! that is being taken: what needs no more bits than are there is done at once.

/// Most bits that [`Bits::take`] gives at once.
pub(super) const MOST: u32 = 56;

/// Reads bits from the highest of each byte to the lowest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    /// The lowest `count` bits are those that were read and not used.
    hold: u64,
    count: u32,
}

impl Bits {
    pub(super) const EMPTY: Self = Self { hold: 0, count: 0 };

    /// Reads as much of `input` as there is room for. Afterwards [`MOST`] bits are there, or nothing of `input`.
    pub(super) fn fill(&mut self, input: &mut &[u8]) {
        if self.count <= 32
            && let Some((word, rest)) = input.split_first_chunk::<4>()
        {
            self.hold = self.hold << 32 | u64::from(u32::from_be_bytes(*word));
            self.count += 32;
            *input = rest;
        }
        while self.count < MOST
            && let Some((byte, rest)) = input.split_first()
        {
            self.hold = self.hold << 8 | u64::from(*byte);
            self.count += 8;
            *input = rest;
        }
    }

    /// Bits that are there.
    pub(super) const fn count(self) -> u32 {
        self.count
    }

    /// The next `wanted` bits, 32 at most, with zeros for those that are not there.
    pub(super) const fn peek(self, wanted: u32) -> u64 {
        let mask = (1 << wanted) - 1;
        if self.count >= wanted {
            self.hold >> (self.count - wanted) & mask
        } else {
            self.hold << (wanted - self.count) & mask
        }
    }

    /// Bits are used; that many must be there.
    pub(super) const fn skip(&mut self, used: u32) {
        self.count = self.count.saturating_sub(used);
    }

    /// The next `wanted` bits, [`MOST`] at most. `None`, and nothing is used, until they are there.
    pub(super) fn take(&mut self, input: &mut &[u8], wanted: u32) -> Option<u64> {
        if self.count < wanted {
            self.fill(input);
        }
        if self.count < wanted {
            return None;
        }
        self.count -= wanted;
        Some(self.hold >> self.count & ((1 << wanted) - 1))
    }

    /// Bytes of `piece` before the first of which no bit was used; `input` is what was not read of it.
    pub(super) const fn used(self, piece: &[u8], input: &[u8]) -> usize {
        piece.len().saturating_sub(input.len()).saturating_sub(self.count as usize / 8)
    }

    /// Forgets what was read.
    pub(super) const fn clear(&mut self) {
        (self.hold, self.count) = (0, 0);
    }
}
