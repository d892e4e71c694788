//! What a tree has said, in fewer words.

use crate::said::Said;

impl Said {
    /// What was cut short, by name.
    pub(crate) fn cut_names(&self) -> Vec<(String, String)> {
        self.cuts.iter().map(|(path, cut)| (path.clone(), cut.name().to_owned())).collect()
    }

    /// Bytes of all leaves.
    pub(crate) fn given(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.bytes.len()).sum()
    }
}
