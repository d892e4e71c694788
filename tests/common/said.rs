//! All that a tree says of an object.

use std::collections::BTreeMap;

use tidegate::decode::{Cut, Ended, Leaves, Path};

use crate::tree::Tree;

/// A leaf as the tree has handed it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: Option<Ended>,
}

/// All that a tree has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) cuts: Vec<(String, Cut)>,
    /// The leaf of each level that has begun.
    open: BTreeMap<usize, usize>,
}

impl Leaves for Said {
    fn begin(&mut self, level: usize, path: &Path) {
        let last = self.open.insert(level, self.leaves.len());
        assert_eq!(last, None, "{path} begins before the last of level {level} has ended");
        self.leaves.push(Leaf { path: path.to_string(), bytes: Vec::new(), ended: None });
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        self.leaves[self.open[&level]].bytes.extend_from_slice(bytes);
    }

    fn end(&mut self, level: usize, ended: Ended) {
        let leaf = &mut self.leaves[self.open.remove(&level).unwrap()];
        assert_eq!(ended.size, leaf.bytes.len() as u64);
        leaf.ended = Some(ended);
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.cuts.push((path.to_string(), reason));
    }
}

/// What a tree says of an object that comes in these pieces.
pub(crate) fn decode<'a>(tree: &mut Tree, pieces: impl IntoIterator<Item = &'a [u8]>) -> Said {
    let mut said = Said::default();
    tree.begin();
    for piece in pieces {
        tree.push(piece, &mut said);
    }
    tree.finish(&mut said);
    assert!(said.leaves.iter().all(|leaf| leaf.ended.is_some()), "every leaf ends: {said:?}");
    said
}
