//! A tree and its decoders, for objects that are decoded one after the other.

use tidegate::decode::{Decoders, Leaves, Limits, Start};

/// A tree with decoders of its own.
pub(crate) struct Tree {
    pub(crate) tree: tidegate::decode::Tree,
    pub(crate) decoders: Decoders,
}

impl Tree {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { tree: tidegate::decode::Tree::new(&limits), decoders: Decoders::new(limits) }
    }

    pub(crate) fn begin(&mut self) {
        self.tree.begin(&Start::default(), &mut self.decoders);
    }

    pub(crate) fn push(&mut self, piece: &[u8], leaves: &mut dyn Leaves) {
        self.tree.push(piece, &mut self.decoders, leaves);
    }

    pub(crate) fn finish(&mut self, leaves: &mut dyn Leaves) {
        self.tree.finish(true, &mut self.decoders, leaves);
    }
}
