//! Pieces of answers, and how they become what a tree hands out.

use super::reader::Part;
use super::record::{Record, split_lengths};
use crate::decode::{Cut, File, Leaves, Path, kind_of};

/// A piece of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub(super) number: u64,
    pub(super) reader: usize,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// Part of the answer, at that level, with the bytes of that record.
    Part(Part, usize, Option<Record>),
    /// All of it has come.
    Over,
    /// No more of it will come: the name of the object's format.
    Failed(&'static str),
}

impl Step {
    /// Number of the object.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Nothing more comes of it.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self.what, What::Over | What::Failed(_))
    }

    /// Bytes that it brings.
    #[must_use]
    pub const fn length(&self) -> usize {
        match self.what {
            What::Part(_, _, Some(record)) => record.length,
            _ => 0,
        }
    }

    /// The record that it is made from.
    pub(super) const fn record(&self) -> Option<Record> {
        match self.what {
            What::Part(_, _, record) => record,
            _ => None,
        }
    }

    /// Hands it on, with its bytes. `base` is the way to the object, `path` is for the ways to what is within it.
    pub(super) fn apply(&self, bytes: &[u8], base: &Path, path: &mut Path, leaves: &mut dyn Leaves) {
        let (part, level, record) = match self.what {
            What::Part(part, level, record) => (part, level, record),
            What::Failed(name) => {
                path.join(base, name.as_bytes());
                return leaves.cut(path, Cut::NotInspected);
            }
            What::Over => return,
        };
        match part {
            Part::Begin => {
                path.join(base, bytes);
                leaves.begin(level, path);
            }
            Part::Data => leaves.data(level, bytes),
            Part::Gap(length) => leaves.gap(level, length),
            Part::End(ended) => leaves.end(level, ended),
            Part::Cut(reason) => {
                path.join(base, bytes);
                leaves.cut(path, reason);
            }
            Part::FileBegin => {
                let lengths = split_lengths(record.map_or(0, |record| record.value));
                let mut rest = bytes;
                let [name, way, claimed, first] = lengths.map(|length| {
                    let (taken, behind) = rest.split_at_checked(length).unwrap_or((&[], &[]));
                    rest = behind;
                    taken
                });
                path.join(base, way);
                leaves.file_begin(level, &File { name, kind: kind_of(first), claimed, path });
            }
            Part::FileData => leaves.file_data(level, bytes),
            Part::FileGap(length) => leaves.file_gap(level, length),
            Part::FileEnd(ended) => leaves.file_end(level, ended),
        }
    }
}
