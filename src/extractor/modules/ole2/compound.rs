//! The file system in a file ([MS-CFB]): sectors, chains of them, and a directory.
//!
//! A sector belongs to one chain, and has one place in it: it is read once. So chains that come back to themselves end, and
//! all that is read together is no longer than the file and its mini stream.

use crate::decode::{le16, le32, le64};

/// Sector numbers from here on are none (section 2.1).
const NONE: u32 = 0xffff_fffa;
/// What the table says of a sector that nobody uses.
const FREE: u32 = 0xffff_ffff;
/// Bytes of a directory entry.
const ENTRY: usize = 128;
/// Bytes of a sector of the mini stream.
const MINI: usize = 64;
/// Storages within each other that are looked into.
pub(super) const DEPTH: usize = 32;
/// Entries that are looked at.
const ENTRIES: usize = 1 << 16;

/// What an entry of the directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Storage,
    Stream,
}

/// An entry of the directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The storage that it is in; that of the root, and of what is in none, is the root.
    pub(super) parent: usize,
    /// No storage has it.
    pub(super) is_loose: bool,
    start: u32,
    size: u64,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// Sectors lie beyond its end.
    pub(super) truncated: bool,
    /// Chains or the directory come back to themselves, share what they have, or end too soon.
    pub(super) malformed: bool,
    /// Storages lie too deep.
    pub(super) deep: bool,
    /// There are more entries than are looked at.
    pub(super) many: bool,
}

#[derive(Debug)]
pub(super) struct Compound<'a> {
    object: &'a [u8],
    /// Bytes of a sector.
    size: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini: Vec<u8>,
    /// Streams of fewer bytes are in the mini stream.
    cutoff: u64,
    entries: Vec<Option<Entry>>,
    /// Parents and their children, sorted.
    order: Vec<(usize, usize)>,
    /// Sectors that were read, and those of the mini stream.
    taken: Vec<bool>,
    mini_taken: Vec<bool>,
    pub(super) faults: Faults,
}

impl<'a> Compound<'a> {
    /// Opens a file. `None` where it is none.
    pub(super) fn open(object: &'a [u8]) -> Option<Self> {
        let shift = le16(object, 30)?;
        if le16(object, 28)? != 0xfffe || !matches!(shift, 9 | 12) || le16(object, 32)? != 6 {
            return None;
        }
        let mut file = Self {
            object,
            size: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini: Vec::new(),
            cutoff: u64::from(le32(object, 56)?).min(1 << 16),
            entries: Vec::new(),
            order: Vec::new(),
            taken: Vec::new(),
            mini_taken: Vec::new(),
            faults: Faults::default(),
        };
        file.read_fat()?;
        let directory = file.chain(le32(object, 48)?, usize::MAX);
        let (entries, _) = directory.as_chunks::<ENTRY>();
        file.faults.many = entries.len() > ENTRIES;
        let entries = entries.get(..ENTRIES).unwrap_or(entries);
        let root = entries.first()?;
        let mini_fat = file.chain(le32(object, 60)?, usize::MAX);
        file.mini_fat = words(&mini_fat).collect();
        let (start, size) = (le32(root, 116)?, le32(root, 120)?);
        file.mini = file.chain(start, usize::try_from(size).ok()?);
        file.mini_taken = vec![false; file.mini.len().div_ceil(MINI)];
        file.read_directory(entries);
        Some(file)
    }

    /// Bytes up to the end of the last sector that is in use, which may be more than there are.
    pub(super) fn end(&self) -> usize {
        let used = self.fat.iter().rposition(|next| *next != FREE).map_or(0, |last| last + 1);
        // The header takes the place of a sector.
        used.saturating_add(1).saturating_mul(self.size)
    }

    /// Bytes of a sector, fewer at the end of the file, none beyond it.
    fn sector(&self, number: u32) -> &'a [u8] {
        let from = usize::try_from(number).ok().and_then(|number| number.checked_add(1)?.checked_mul(self.size));
        let rest = from.and_then(|from| self.object.get(from..)).unwrap_or(&[]);
        rest.get(..self.size).unwrap_or(rest)
    }

    /// Reads which sector follows which (sections 2.3 and 2.5).
    fn read_fat(&mut self) -> Option<()> {
        let sectors = self.object.len().div_ceil(self.size);
        let per_sector = self.size / 4;
        // What tells of sectors that are not there is not needed.
        let most = sectors.div_ceil(per_sector);
        let mut places: Vec<u32> = words(self.object.get(76..512)?).collect();
        let mut next = le32(self.object, 68)?;
        for _ in 0..=most / (per_sector - 1) {
            if next >= NONE {
                break;
            }
            let mut more: Vec<u32> = words(self.sector(next)).collect();
            self.faults.truncated |= more.len() < per_sector;
            next = more.pop().unwrap_or(NONE);
            places.append(&mut more);
        }
        for place in places.into_iter().filter(|place| *place < NONE).take(most) {
            let sector = self.sector(place);
            self.faults.truncated |= sector.len() < self.size;
            self.fat.extend(words(sector));
            let whole = self.fat.len().next_multiple_of(per_sector);
            self.fat.resize(whole, NONE);
        }
        self.fat.truncate(sectors);
        self.taken = vec![false; self.fat.len()];
        Some(())
    }

    /// The bytes of a chain of sectors, `size` at most; of a chain that is not whole as many as there are.
    fn chain(&mut self, start: u32, size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut number = start;
        while number < NONE && bytes.len() < size {
            let Some(next) = follow(number, &self.fat, &mut self.taken) else {
                let is_beyond = usize::try_from(number).is_ok_and(|number| number >= self.fat.len());
                self.faults.truncated |= is_beyond;
                self.faults.malformed |= !is_beyond;
                break;
            };
            let sector = self.sector(number);
            let wanted = (size - bytes.len()).min(self.size);
            // Of the last one not all may be there.
            self.faults.truncated |= sector.len() < wanted;
            bytes.extend_from_slice(sector.get(..wanted).unwrap_or(sector));
            number = next;
        }
        bytes
    }

    /// The bytes of a chain in the mini stream.
    fn mini_chain(&mut self, start: u32, size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut number = start;
        while number < NONE && bytes.len() < size {
            let next = follow(number, &self.mini_fat, &mut self.mini_taken);
            let from = usize::try_from(number).ok().and_then(|number| number.checked_mul(MINI));
            let wanted = (size - bytes.len()).min(MINI);
            let part = from.and_then(|from| self.mini.get(from..)?.get(..wanted));
            let Some((next, part)) = next.zip(part) else {
                self.faults.malformed = true;
                break;
            };
            bytes.extend_from_slice(part);
            number = next;
        }
        bytes
    }

    /// Reads the tree of entries (section 2.6): each once, however often it is referred to. Streams that are in no storage
    /// are kept too.
    fn read_directory(&mut self, entries: &[[u8; ENTRY]]) {
        let wide = |entry: &[u8; ENTRY]| {
            let length = usize::from(le16(entry, 64).unwrap_or(0)).saturating_sub(2).min(62);
            super::super::text::wide(entry.get(..length).unwrap_or(&[]))
        };
        let is_short = self.size == 512;
        let make = |entry: &[u8; ENTRY], parent, is_loose| {
            let kind = match entry.get(66) {
                Some(1 | 5) => Kind::Storage,
                Some(2) => Kind::Stream,
                _ => return None,
            };
            let size = le64(entry, 120).unwrap_or(0);
            // Section 2.6.1: of short sectors the upper half may be anything.
            let size = if is_short { size & 0xffff_ffff } else { size };
            let start = le32(entry, 116).unwrap_or(NONE);
            Some(Entry { name: wide(entry), kind, parent, is_loose, start, size })
        };
        self.entries.resize_with(entries.len(), || None);
        let mut seen = vec![false; entries.len()];
        let mut open = Vec::new();
        if let (Some(root), Some(place), Some(seen)) = (entries.first(), self.entries.first_mut(), seen.first_mut()) {
            *place = make(root, 0, false);
            *seen = true;
            open.push((le32(root, 76), 0, 1));
        }
        while let Some((number, parent, depth)) = open.pop() {
            let Some(at) = number.filter(|number| *number < NONE).and_then(|number| usize::try_from(number).ok())
            else {
                continue;
            };
            let (Some(entry), Some(seen), Some(place)) = (entries.get(at), seen.get_mut(at), self.entries.get_mut(at))
            else {
                self.faults.malformed = true;
                continue;
            };
            if std::mem::replace(seen, true) {
                self.faults.malformed = true;
                continue;
            }
            *place = make(entry, parent, false);
            open.push((le32(entry, 68), parent, depth));
            open.push((le32(entry, 72), parent, depth));
            if entry.get(66) == Some(&1) {
                if depth < DEPTH {
                    open.push((le32(entry, 76), at, depth + 1));
                } else {
                    self.faults.deep = true;
                }
            }
        }
        for ((entry, seen), place) in entries.iter().zip(seen).zip(&mut self.entries) {
            if !seen && entry.get(66) == Some(&2) {
                *place = make(entry, 0, true);
            }
        }
        let known = self.entries.iter().enumerate().skip(1);
        self.order = known.filter_map(|(at, entry)| Some((entry.as_ref()?.parent, at))).collect();
        self.order.sort_unstable();
    }

    /// An entry.
    pub(super) fn entry(&self, number: usize) -> Option<&Entry> {
        self.entries.get(number)?.as_ref()
    }

    /// The entries of a storage, in the order of the directory.
    pub(super) fn children(&self, storage: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let from = self.order.partition_point(|(parent, _)| *parent < storage);
        let own = self.order.get(from..).unwrap_or(&[]).iter().take_while(move |(parent, _)| *parent == storage);
        own.filter_map(|(_, at)| Some((*at, self.entry(*at)?)))
    }

    /// The stream of that name in a storage, in whatever case.
    pub(super) fn find(&self, storage: usize, name: &str) -> Option<usize> {
        let is_it = |entry: &Entry| entry.kind == Kind::Stream && entry.name.eq_ignore_ascii_case(name);
        self.children(storage).find(|(_, entry)| is_it(entry)).map(|(at, _)| at)
    }

    /// The bytes of a stream, as far as they are there.
    pub(super) fn read(&mut self, stream: usize) -> Vec<u8> {
        let Some(entry) = self.entry(stream) else { return Vec::new() };
        let (start, told) = (entry.start, entry.size);
        let size = usize::try_from(told).unwrap_or(usize::MAX);
        let bytes = if told < self.cutoff { self.mini_chain(start, size) } else { self.chain(start, size) };
        self.faults.malformed |= bytes.len() < size;
        bytes
    }
}

/// Takes a sector, and says which follows. `None` where there is none of that number, or it is taken.
fn follow(number: u32, fat: &[u32], taken: &mut [bool]) -> Option<u32> {
    let at = usize::try_from(number).ok()?;
    let next = fat.get(at)?;
    let before = std::mem::replace(taken.get_mut(at)?, true);
    (!before).then_some(*next)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
}
