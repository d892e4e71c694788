//! What is known to come: extents of directories and files, in the order in which they pass.

use super::record::Extent;

/// Extents that are kept, and bytes of their names.
const EXTENTS: usize = 2048;
const NAMES: usize = 64 << 10;

/// What lies in an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A directory; whether it is one of Joliet's.
    Directory {
        joliet: bool,
    },
    /// What nobody wants to see.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) extent: Extent,
    pub(super) kind: Kind,
    /// How good its name is.
    grade: u8,
    name: (usize, usize),
}

/// Bounded: what it has no room for is not known, and scanned as it stands.
#[derive(Debug)]
pub(super) struct Table {
    /// The next is the last.
    entries: Vec<Entry>,
    names: Vec<u8>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { entries: Vec::with_capacity(EXTENTS), names: Vec::with_capacity(NAMES) }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.names.clear();
    }

    pub(super) fn name(&self, entry: &Entry) -> &[u8] {
        self.names.get(entry.name.0..entry.name.1).unwrap_or(&[])
    }

    /// Adds what lies in `extent`: a name within the directory `above`. Where something is known to lie there, the better
    /// name counts.
    pub(super) fn add(&mut self, extent: Extent, kind: Kind, grade: u8, above: Option<&Entry>, name: &[u8]) {
        let place = self.entries.partition_point(|entry| entry.extent.sector > extent.sector);
        let known = self.entries.get(place).is_some_and(|entry| entry.extent.sector == extent.sector);
        let better = self.entries.get(place).is_some_and(|entry| entry.kind == kind && entry.grade < grade);
        let (from, to) = above.map_or((0, 0), |above| above.name);
        let length = to - from + usize::from(to > from) + name.len();
        let is_full = self.entries.len() == EXTENTS && !known;
        if known && !better || is_full || self.names.len() + length > NAMES {
            return;
        }
        let start = self.names.len();
        self.names.extend_from_within(from..to);
        if to > from {
            self.names.push(b'/');
        }
        self.names.extend_from_slice(name);
        let entry = Entry { extent, kind, grade, name: (start, start + length) };
        match self.entries.get_mut(place).filter(|_| known) {
            Some(old) => *old = entry,
            None => self.entries.insert(place, entry),
        }
    }

    /// Whether an entry lies at `sector` or before it.
    pub(super) fn has(&self, sector: u64) -> bool {
        self.entries.last().is_some_and(|entry| u64::from(entry.extent.sector) <= sector)
    }

    /// Takes the next entry that lies at `sector` or before it.
    pub(super) fn pop(&mut self, sector: u64) -> Option<Entry> {
        self.entries.pop_if(|entry| u64::from(entry.extent.sector) <= sector)
    }
}
