//! LZMA's range decoder, and the probabilities it goes by.

/// Probabilities are eleven bits.
const EVEN: u16 = 1 << 10;
const TOP: u32 = 1 << 24;

/// Where each kind of probability begins.
pub(super) const IS_MATCH: usize = 0;
pub(super) const IS_REP: usize = IS_MATCH + STATES * POSITIONS;
pub(super) const IS_REP0: usize = IS_REP + STATES;
pub(super) const IS_REP1: usize = IS_REP0 + STATES;
pub(super) const IS_REP2: usize = IS_REP1 + STATES;
pub(super) const IS_REP0_LONG: usize = IS_REP2 + STATES;
pub(super) const SLOT: usize = IS_REP0_LONG + STATES * POSITIONS;
pub(super) const SPECIAL: usize = SLOT + 4 * 64;
pub(super) const ALIGN: usize = SPECIAL + 128;
pub(super) const LENGTH: usize = ALIGN + 16;
pub(super) const REP_LENGTH: usize = LENGTH + LENGTH_SIZE;
pub(super) const LITERAL: usize = REP_LENGTH + LENGTH_SIZE;
/// Of a length: two choices, 16 short and 16 middling codes of three bits, and one of eight.
pub(super) const LENGTH_LOW: usize = 2;
pub(super) const LENGTH_MIDDLE: usize = LENGTH_LOW + POSITIONS * 8;
pub(super) const LENGTH_HIGH: usize = LENGTH_MIDDLE + POSITIONS * 8;
const LENGTH_SIZE: usize = LENGTH_HIGH + 256;
/// Probabilities of one literal.
pub(super) const LITERAL_SIZE: usize = 0x300;
const STATES: usize = 12;
pub(super) const POSITIONS: usize = 16;
/// All of them, with `lc + lp` of 4, which is the most there can be in xz files.
const COUNT: usize = LITERAL + (LITERAL_SIZE << 4);

/// Probabilities, and those that the symbol that is being read has changed.
#[derive(Clone, Debug)]
pub(super) struct Model {
    probabilities: Box<[u16]>,
    changed: [(usize, u16); 32],
    changes: usize,
}

impl Model {
    pub(super) fn new() -> Self {
        Self { probabilities: vec![EVEN; COUNT].into_boxed_slice(), changed: [(0, 0); 32], changes: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.probabilities.fill(EVEN);
    }

    /// A symbol begins.
    pub(super) const fn begin(&mut self) {
        self.changes = 0;
    }

    /// The symbol that had begun is not complete: it was never read.
    pub(super) fn undo(&mut self) {
        let changed = self.changed.get(..self.changes).unwrap_or(&[]);
        for (at, value) in changed.iter().rev() {
            if let Some(probability) = self.probabilities.get_mut(*at) {
                *probability = *value;
            }
        }
        self.changes = 0;
    }
}

/// The decoder's two registers, and what it reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range<'a> {
    pub(super) range: u32,
    pub(super) code: u32,
    pub(super) input: &'a [u8],
    pub(super) at: usize,
}

impl Range<'_> {
    /// Makes room for another bit. `None` where that needs a byte that is not there.
    #[inline(always)]
    pub(super) fn normalize(&mut self) -> Option<()> {
        if self.range < TOP {
            let byte = *self.input.get(self.at)?;
            self.at += 1;
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(byte);
        }
        Some(())
    }

    /// A bit with a probability; with `UNDO` the change to that can be undone.
    #[inline(always)]
    pub(super) fn bit<const UNDO: bool>(&mut self, model: &mut Model, at: usize) -> Option<usize> {
        self.normalize()?;
        let probability = model.probabilities.get_mut(at)?;
        if UNDO {
            *model.changed.get_mut(model.changes)? = (at, *probability);
            model.changes += 1;
        }
        let bound = (self.range >> 11) * u32::from(*probability);
        if self.code < bound {
            self.range = bound;
            *probability += ((1 << 11) - *probability) >> 5;
            Some(0)
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
            Some(1)
        }
    }

    /// So many bits, the highest first.
    #[inline(always)]
    pub(super) fn tree<const UNDO: bool>(&mut self, model: &mut Model, at: usize, bits: u32) -> Option<usize> {
        let mut value = 1;
        for _ in 0..bits {
            value = value << 1 | self.bit::<UNDO>(model, at + value)?;
        }
        Some(value - (1 << bits))
    }

    /// So many bits, the lowest first.
    #[inline(always)]
    pub(super) fn reverse_tree<const UNDO: bool>(&mut self, model: &mut Model, at: usize, bits: u32) -> Option<usize> {
        let (mut node, mut value) = (1, 0);
        for shift in 0..bits {
            let bit = self.bit::<UNDO>(model, at + node)?;
            node = node << 1 | bit;
            value |= bit << shift;
        }
        Some(value)
    }

    /// So many bits without a probability, the highest first.
    #[inline(always)]
    pub(super) fn direct(&mut self, bits: u32) -> Option<usize> {
        let mut value = 0;
        for _ in 0..bits {
            self.normalize()?;
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            value = value << 1 | usize::from(bit);
        }
        Some(value)
    }
}
