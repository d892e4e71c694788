//! What a decoder that works in passing hands out within a module.

use crate::decode::{Charset, Child, Cut, Out};

/// Remembers that no more was wanted, which a decoder does not say at its end, and leaves out what nobody is to hear.
pub(super) struct Watched<'a> {
    pub(super) out: &'a mut dyn Out,
    pub(super) enough: bool,
    /// What begins now has been handed out before, but for text.
    pub(super) known: bool,
    /// The module itself says what cannot be read.
    pub(super) quiet: bool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(out: &'a mut dyn Out) -> Self {
        Self { out, enough: false, known: false, quiet: false }
    }
}

impl Out for Watched<'_> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        !self.enough && !self.known && self.out.begin(child)
    }

    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        !self.enough && (!self.known || child.name == b"(text)") && self.out.begin_text(child)
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        self.enough = self.enough || !self.out.data(bytes);
        !self.enough
    }

    fn declare(&mut self, charset: Charset) {
        self.out.declare(charset);
    }

    fn end(&mut self) {
        if !self.enough {
            self.out.end();
        }
    }

    fn mistaken(&mut self) {
        self.out.mistaken();
    }

    fn cut(&mut self, reason: Cut) {
        if !self.enough && !self.quiet {
            self.out.cut(reason);
        }
    }
}
