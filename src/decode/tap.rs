//! What comes out of a decoder on its way, looked at as it passes.

use super::cut::Cut;
use super::decoder::{Child, Out};

/// Hands everything on, after `see` has seen the bytes.
pub(super) struct Tap<'a, F> {
    pub(super) out: &'a mut dyn Out,
    pub(super) see: F,
}

impl<F: FnMut(&[u8])> Out for Tap<'_, F> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        self.out.begin(child)
    }

    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        self.out.begin_text(child)
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        (self.see)(bytes);
        self.out.data(bytes)
    }

    fn end(&mut self) {
        self.out.end();
    }

    fn cut(&mut self, reason: Cut) {
        self.out.cut(reason);
    }
}
