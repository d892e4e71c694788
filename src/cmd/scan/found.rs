//! What was found in a file.

use std::path::PathBuf;

use crate::decode::Cut;
use crate::scan::keyword::Crossing;

/// A file and all that is in it.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: PathBuf,
    pub(super) size: u64,
    pub(super) leaves: Vec<Leaf>,
    /// What was cut short of which there is no leaf, by its path.
    pub(super) cuts: Vec<(String, Cut)>,
    /// Why it could not be read to its end.
    pub(super) unread: Option<String>,
}

/// What nothing recognises, and so is scanned.
#[derive(Debug)]
pub(super) struct Leaf {
    /// How it is wrapped; empty for a file that is not.
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) kind: Kind,
    pub(super) complete: bool,
    /// Why it is not whole, each reason once.
    pub(super) cuts: Vec<Cut>,
    /// Its bytes, where they were asked for, and whether they are not all.
    pub(super) text: Vec<u8>,
    pub(super) text_cut: bool,
    pub(super) findings: Vec<Finding>,
}

/// What a leaf looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    /// UTF-8 without control characters other than those that texts have.
    Text,
    Data,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Text => "text",
            Self::Data => "data",
        }
    }
}

/// A dictionary's score has reached its threshold.
#[derive(Debug)]
pub(super) struct Finding {
    /// Where the keyword ends that made it do so, bytes from the leaf's first.
    pub(super) offset: u64,
    pub(super) crossing: Crossing,
}
