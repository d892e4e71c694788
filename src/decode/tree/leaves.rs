//! Who gets what a tree finds.

use super::super::cut::Cut;
use super::super::decoder::Out;
use super::super::format::Format;
use super::super::path::Path;

/// How a leaf ended, or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its bytes, as far as they were seen.
    pub size: u64,
    /// Its container said that it is complete; for an outermost object whoever pushed it.
    pub complete: bool,
}

/// What somebody sends as a file: an outermost object, or what mail or a form brings under a name, without the codings
/// that it was sent in.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name as it stands in what carries it; empty where it has none.
    pub name: &'a [u8],
    /// Its media type by its first bytes.
    pub kind: &'static str,
    /// Its media type as what carries it says, [`MEDIA_TYPE`](super::MEDIA_TYPE) bytes at most; empty where that says nothing.
    pub claimed: &'a [u8],
    /// The way to it.
    pub path: &'a Path,
}

/// Who gets what nothing recognises, and what may be read in two ways. `level` tells leaves apart that are open at the
/// same time; it is at most [`Limits::depth`](super::Limits::depth).
pub trait Leaves {
    /// A leaf begins.
    fn begin(&mut self, level: usize, path: &Path);
    /// Its next bytes.
    fn data(&mut self, level: usize, bytes: &[u8]);
    /// Whether anybody looks into leaves. Else nothing is looked for in text (base64) that only another leaf would come of.
    fn reads(&self) -> bool {
        true
    }
    /// Its next `length` bytes were never seen.
    fn gap(&mut self, _level: usize, _length: u64) {}
    /// It is over.
    fn end(&mut self, level: usize, ended: Ended);
    /// The object at `path` was not decoded, or not all of it.
    fn cut(&mut self, path: &Path, reason: Cut);
    /// A file begins.
    fn file_begin(&mut self, _level: usize, _file: &File<'_>) {}
    /// Its next bytes, as they are.
    fn file_data(&mut self, _level: usize, _bytes: &[u8]) {}
    /// Its next `length` bytes were never seen.
    fn file_gap(&mut self, _level: usize, _length: u64) {}
    /// It is over.
    fn file_end(&mut self, _level: usize, _ended: Ended) {}
    /// An object begins of a format that may have to be seen whole. Where it goes to [`Leaves::whole_data`], that has its
    /// first bytes next. There may be others around it, at lower levels.
    fn whole_begin(&mut self, _whole: &Whole<'_>) -> Taking {
        Taking::Passing
    }
    /// Its next bytes. False: no more of it are taken. What became of it is said by [`Leaves::whole_end`] all the same.
    fn whole_data(&mut self, _level: usize, _bytes: &[u8]) -> bool {
        false
    }
    /// All of it that there is has been handed in.
    fn whole_end(&mut self, _whole: &Whole<'_>, _complete: bool) -> Outcome {
        Outcome::Lost
    }
    /// It need not be seen whole, since the decoder has read it.
    fn whole_drop(&mut self, _level: usize) {}
}

/// Who gets an object of a format that may have to be seen whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// A decoder, while it passes.
    Passing,
    /// [`Leaves::whole_data`] in its place.
    Whole,
    /// Both. The decoder reads all that is not encrypted; only of an object that is, [`Leaves::whole_end`] hears, and else
    /// [`Leaves::whole_drop`].
    Both,
}

/// What becomes of an object all of which was handed in.
#[derive(Debug)]
pub enum Outcome {
    /// It is taken apart in its place.
    Held(Held),
    /// What is within it becomes known elsewhere.
    Elsewhere,
    /// It was too much, and is not looked into.
    Lost,
}

/// An object of a format that may have to be seen whole.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// How many objects it lies within.
    pub level: usize,
    /// What it is.
    pub format: &'static Format,
    /// The way to it, without its format.
    pub path: &'a Path,
    /// It is a file, or part of one: what it holds under names are no files of their own.
    pub within: bool,
}

/// Such an object, and what takes it apart.
#[derive(Debug)]
pub struct Held {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Hands out its children; false when not all of it could be read.
    pub extract: fn(&[u8], &mut dyn Out) -> bool,
}
