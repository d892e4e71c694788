//! PNG's predictors (ISO 32000-1 section 7.4.4.4, RFC 2083 section 6): each row says in its first byte how it was changed.

use super::{Flow, Parameters};

/// Longest row. Those of object and cross-reference streams are a few bytes; images are passed by.
const ROW: usize = 16 << 10;

#[derive(Debug)]
pub(super) struct Predictor {
    /// The row before, and this one as far as it has come.
    above: Vec<u8>,
    row: Vec<u8>,
    length: usize,
    /// Bytes of a pixel, at least one.
    pixel: usize,
    kind: Option<u8>,
}

impl Predictor {
    pub(super) fn new() -> Self {
        Self { above: vec![0; ROW], row: Vec::with_capacity(ROW), length: 1, pixel: 1, kind: None }
    }

    /// Other data begin. False where their predictor is not undone.
    pub(super) fn begin(&mut self, parameters: &Parameters) -> bool {
        let bits = u64::from(parameters.colors) * u64::from(parameters.bits);
        let length = bits.saturating_mul(u64::from(parameters.columns)).div_ceil(8);
        self.length = usize::try_from(length).unwrap_or(usize::MAX);
        self.pixel = usize::try_from(bits.div_ceil(8)).unwrap_or(1).max(1);
        self.kind = None;
        self.row.clear();
        self.above.fill(0);
        parameters.predictor >= 10 && (1..=ROW).contains(&self.length)
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        for byte in bytes {
            let Some(kind) = self.kind else {
                self.kind = Some(*byte);
                continue;
            };
            let at = self.row.len();
            let up = self.above.get(at).copied().unwrap_or(0);
            let behind = at.checked_sub(self.pixel);
            let left = behind.and_then(|at| self.row.get(at)).copied().unwrap_or(0);
            let before = behind.and_then(|at| self.above.get(at)).copied().unwrap_or(0);
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                4 => paeth(left, up, before),
                _ => return Flow::Bad,
            };
            self.row.push(byte.wrapping_add(guess));
            if self.row.len() == self.length {
                if !sink(&self.row) {
                    return Flow::Enough;
                }
                if let Some(above) = self.above.get_mut(..self.length) {
                    above.copy_from_slice(&self.row);
                }
                self.row.clear();
                self.kind = None;
            }
        }
        Flow::More
    }
}

/// The one of three neighbours that is nearest to left and upper less upper left.
fn paeth(left: u8, up: u8, before: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(before);
    let far = |byte: u8| (guess - i16::from(byte)).unsigned_abs();
    if far(left) <= far(up) && far(left) <= far(before) {
        left
    } else if far(up) <= far(before) {
        up
    } else {
        before
    }
}
