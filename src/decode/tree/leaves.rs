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
    /// An object begins of a format that may have to be seen whole. True: instead of to a decoder it goes to
    /// [`Leaves::whole_data`], which has its first bytes next.
    fn whole_begin(&mut self, _whole: &Whole<'_>) -> bool {
        false
    }
    /// Its next bytes. False: no more of it are taken, and it will not be looked into.
    fn whole_data(&mut self, _bytes: &[u8]) -> bool {
        false
    }
    /// All of it that there is has been taken. What is returned is taken apart in its place; else what is within it
    /// becomes known elsewhere.
    fn whole_end(&mut self, _whole: &Whole<'_>, _complete: bool) -> Option<Held> {
        None
    }
}

/// An object of a format that may have to be seen whole. A tree has one at a time.
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
