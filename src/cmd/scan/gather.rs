//! Which leaf it is that was cut short.
//!
//! A tree tells what was cut by its path, which several leaves of a file may have: three parts of an archive with one
//! name are three leaves. What tells them apart is when it is told: while the leaf is open; right before it begins,
//! where too little of it had come to say what it is; or right behind its end, where it ended for that reason.

use super::found::{Kind, Leaf};
use crate::decode::Cut;

/// Leaves in the order in which they begin, and what was cut short.
#[derive(Debug)]
pub(super) struct Gathering {
    leaves: Vec<Leaf>,
    /// What was cut and has no leaf, by its path.
    cuts: Vec<(String, Cut)>,
    /// The leaf that is open at each level.
    open: Box<[Option<usize>]>,
    /// The leaf that ended last.
    last: Option<usize>,
    /// What was told while no leaf of that path was open, since the last leaf began.
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    path: String,
    cut: Cut,
    /// The leaf it is about if the next one is another's.
    before: Option<usize>,
}

impl Gathering {
    /// For leaves at so many levels.
    pub(super) fn new(levels: usize) -> Self {
        Self {
            leaves: Vec::new(),
            cuts: Vec::new(),
            open: vec![None; levels].into_boxed_slice(),
            last: None,
            waiting: Vec::new(),
        }
    }

    /// A leaf begins. Returns its place.
    pub(super) fn begin(&mut self, level: usize, path: String) -> usize {
        let mut leaf = Leaf {
            path,
            size: 0,
            kind: Kind::Empty,
            complete: false,
            cuts: Vec::new(),
            text: Vec::new(),
            text_cut: false,
            findings: Vec::new(),
        };
        for waiting in std::mem::take(&mut self.waiting) {
            if waiting.path == leaf.path { leaf.cut(waiting.cut) } else { self.settle(waiting) }
        }
        let place = self.leaves.len();
        self.leaves.push(leaf);
        if let Some(open) = self.open.get_mut(level) {
            *open = Some(place);
        }
        place
    }

    /// A leaf that has begun.
    pub(super) fn leaf(&mut self, place: usize) -> Option<&mut Leaf> {
        self.leaves.get_mut(place)
    }

    /// The leaf at `level` is over: it is handed to `ended`.
    pub(super) fn end(&mut self, level: usize, ended: impl FnOnce(&mut Leaf)) {
        let Some(place) = self.open.get_mut(level).and_then(Option::take) else { return };
        self.last = Some(place);
        if let Some(leaf) = self.leaves.get_mut(place) {
            ended(leaf);
        }
    }

    /// What has this path was cut short.
    pub(super) fn cut(&mut self, path: &str, cut: Cut) {
        let Self { leaves, open, last, waiting, .. } = self;
        let is_it = |place: &usize| leaves.get(*place).is_some_and(|leaf| leaf.path == path);
        // The innermost: what is around it has another path, or is the same as it stands.
        if let Some(place) = open.iter().rev().flatten().copied().find(is_it) {
            if let Some(leaf) = leaves.get_mut(place) {
                leaf.cut(cut);
            }
            return;
        }
        let before = last.filter(is_it).filter(|place| leaves.get(*place).is_some_and(|leaf| !leaf.complete));
        match before.and_then(|place| leaves.get_mut(place)).filter(|leaf| leaf.cuts.is_empty()) {
            Some(leaf) => leaf.cut(cut),
            None => waiting.push(Waiting { path: path.to_owned(), cut, before }),
        }
    }

    /// The file is over: its leaves, and what was cut short without one.
    pub(super) fn finish(&mut self) -> (Vec<Leaf>, Vec<(String, Cut)>) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.settle(waiting);
        }
        self.open.fill(None);
        self.last = None;
        (std::mem::take(&mut self.leaves), std::mem::take(&mut self.cuts))
    }

    /// No leaf has begun that it is about.
    fn settle(&mut self, Waiting { path, cut, before }: Waiting) {
        match before.and_then(|place| self.leaves.get_mut(place)) {
            Some(leaf) => leaf.cut(cut),
            None => self.cuts.push((path, cut)),
        }
    }
}

impl Leaf {
    fn cut(&mut self, cut: Cut) {
        if !self.cuts.contains(&cut) {
            self.cuts.push(cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Told {
        Begin(usize, &'static str),
        End(usize, bool),
        Cut(&'static str, Cut),
    }
    use Told::{Begin, End};

    /// Cuts of each leaf, and those of none.
    fn gathered(told: &[Told]) -> (Vec<Vec<Cut>>, Vec<(String, Cut)>) {
        let mut gathering = Gathering::new(3);
        for told in told {
            match told {
                Begin(level, path) => {
                    gathering.begin(*level, (*path).to_owned());
                }
                End(level, complete) => gathering.end(*level, |leaf| leaf.complete = *complete),
                Told::Cut(path, cut) => gathering.cut(path, *cut),
            }
        }
        let (leaves, cuts) = gathering.finish();
        assert_eq!(gathering.finish().0.len(), 0, "the next file begins anew");
        (leaves.into_iter().map(|leaf| leaf.cuts).collect(), cuts)
    }

    #[test]
    fn of_leaves_with_one_path_each_has_its_own() {
        use Cut::{Checksum, Malformed, Truncated};
        // The first while it is open, the third before its first bytes said what it is.
        let (leaves, cuts) = gathered(&[
            Begin(1, "a"),
            Told::Cut("a", Checksum),
            End(1, true),
            Begin(1, "a"),
            End(1, true),
            Told::Cut("a", Truncated),
            Begin(1, "a"),
            End(1, false),
        ]);
        assert_eq!((leaves, cuts), (vec![vec![Checksum], vec![], vec![Truncated]], vec![]));
        // The first behind its end, since that is why it ended, and again.
        let (leaves, cuts) = gathered(&[
            Begin(1, "a"),
            End(1, false),
            Told::Cut("a", Malformed),
            Begin(1, "a"),
            End(1, true),
            Begin(1, "b"),
            End(1, false),
            Told::Cut("b", Truncated),
            Told::Cut("b", Truncated),
        ]);
        assert_eq!((leaves, cuts), (vec![vec![Malformed], vec![], vec![Truncated]], vec![]));
        // The innermost of two, each reason once, both reasons.
        let (leaves, cuts) = gathered(&[
            Begin(0, "a"),
            Begin(2, "a"),
            Told::Cut("a", Checksum),
            Told::Cut("a", Checksum),
            End(2, false),
            End(0, false),
            Begin(1, "a"),
            Told::Cut("a", Checksum),
            End(1, false),
            Told::Cut("a", Malformed),
        ]);
        assert_eq!((leaves, cuts), (vec![vec![], vec![Checksum], vec![Checksum, Malformed]], vec![]));
    }

    #[test]
    fn what_has_no_leaf_stands_by_itself() {
        let told = [
            Told::Cut("b", Cut::Malformed),
            Begin(1, "a"),
            End(1, true),
            Told::Cut("a", Cut::Encrypted),
            Begin(1, "c"),
            End(1, true),
            Told::Cut("c", Cut::Truncated),
        ];
        let (leaves, cuts) = gathered(&told);
        assert_eq!(leaves, vec![vec![]; 2]);
        let names: Vec<_> = cuts.iter().map(|(path, cut)| (path.as_str(), *cut)).collect();
        assert_eq!(names, [("b", Cut::Malformed), ("a", Cut::Encrypted), ("c", Cut::Truncated)]);
    }
}
