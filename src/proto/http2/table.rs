//! The dynamic table of HPACK (RFC 7541, section 2.3.2), as far as it is kept.
//!
//! An encoder may use a larger table than [`MAX_TABLE_BYTES`]; of that the newest entries are kept, and the others are
//! not known. Nothing is known of entries that were made before a gap either. Long values are kept in part: the size that an entry
//! counts for is that of the whole.

/// Bytes of entries that are kept, counted as RFC 7541, section 4.1, does: the default of `SETTINGS_HEADER_TABLE_SIZE`.
pub(super) const MAX_TABLE_BYTES: u32 = 4096;

const BYTES: usize = 4096;

/// "The size of an entry is the sum of its name's length in octets (as defined in Section 5.2), its value's length in
/// octets, and 32."
const OVERHEAD: u32 = 32;

const MAX_ENTRIES: usize = (MAX_TABLE_BYTES / OVERHEAD) as usize;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Bytes that are kept.
    name: u16,
    value: u16,
    /// Length of the whole name.
    name_size: u16,
    /// What it counts for; at most [`MAX_TABLE_BYTES`].
    size: u16,
}

/// An entry as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Length of the whole name.
    pub(super) name_size: u16,
}

/// The table of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// Entries one behind the other, the oldest first.
    bytes: [u8; BYTES],
    start: u16,
    end: u16,
    /// A ring, the oldest at `oldest`.
    entries: [Entry; MAX_ENTRIES],
    oldest: u8,
    count: u8,
    size: u32,
    max: u32,
    /// There may be entries that were never seen.
    pub(super) lost: bool,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; BYTES],
            start: 0,
            end: 0,
            entries: [Entry { name: 0, value: 0, name_size: 0, size: 0 }; MAX_ENTRIES],
            oldest: 0,
            count: 0,
            size: 0,
            max: MAX_TABLE_BYTES,
            lost: false,
        }
    }

    /// What was in it is not known any more.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.clear();
    }

    /// The encoder uses so many bytes.
    pub(super) fn resize(&mut self, max: u32) {
        self.lost |= max > MAX_TABLE_BYTES;
        self.max = max.min(MAX_TABLE_BYTES);
        if self.max == 0 {
            // An empty table has no entry that could not be known.
            self.lost = false;
        }
        self.make_room(0);
    }

    /// The entry that many places behind the newest.
    pub(super) fn get(&self, index: u32) -> Option<Found<'_>> {
        let index = u8::try_from(index).ok().filter(|index| *index < self.count)?;
        let mut end = usize::from(self.end);
        for newer in 0..index {
            end = end.checked_sub(self.entry(newer)?.kept())?;
        }
        let entry = self.entry(index)?;
        let (name, value) = (usize::from(entry.name), usize::from(entry.value));
        let value_at = end.checked_sub(value)?;
        let name_at = value_at.checked_sub(name)?;
        let (name, value) = (self.bytes.get(name_at..value_at)?, self.bytes.get(value_at..end)?);
        Some(Found { name, value, name_size: entry.name_size })
    }

    /// Adds an entry, of whose name and value this is kept and which were so long.
    pub(super) fn insert(&mut self, name: &[u8], name_size: usize, value: &[u8], value_size: usize) {
        let whole = name_size.saturating_add(value_size);
        let size = u32::try_from(whole).unwrap_or(u32::MAX).saturating_add(OVERHEAD);
        // RFC 7541, 4.4: "an attempt to add an entry larger than the maximum size causes the table to be emptied"
        if size > self.max {
            self.clear();
            return;
        }
        self.make_room(size);
        let kept = name.len() + value.len();
        if usize::from(self.end) + kept > BYTES {
            self.bytes.copy_within(usize::from(self.start)..usize::from(self.end), 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let end = usize::from(self.end);
        let Some(place) = self.bytes.get_mut(end..end + kept) else { return };
        let (for_name, for_value) = place.split_at_mut(name.len());
        for_name.copy_from_slice(name);
        for_value.copy_from_slice(value);
        let short = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
        let at = (usize::from(self.oldest) + usize::from(self.count)) % MAX_ENTRIES;
        if let Some(entry) = self.entries.get_mut(at) {
            let (name, value) = (short(name.len()), short(value.len()));
            *entry = Entry { name, value, name_size: short(name_size), size: u16::try_from(size).unwrap_or(u16::MAX) };
        }
        self.end += short(kept);
        self.count += 1;
        self.size += size;
    }

    /// RFC 7541, 4.4: "entries are evicted from the end of the dynamic table until the size of the dynamic table is less
    /// than or equal to (maximum size - new entry size) or until the table is empty."
    fn make_room(&mut self, size: u32) {
        while self.count > 0 && self.size + size > self.max {
            let Some(entry) = self.entries.get(usize::from(self.oldest)).copied() else { return };
            self.size = self.size.saturating_sub(u32::from(entry.size));
            self.start += entry.name + entry.value;
            self.oldest = u8::try_from((usize::from(self.oldest) + 1) % MAX_ENTRIES).unwrap_or(0);
            self.count -= 1;
        }
        if self.count == 0 {
            self.clear();
        }
    }

    fn clear(&mut self) {
        (self.start, self.end, self.oldest, self.count, self.size) = (0, 0, 0, 0, 0);
    }

    /// By its place behind the newest.
    fn entry(&self, index: u8) -> Option<&Entry> {
        let place = usize::from(self.oldest) + usize::from(self.count.checked_sub(index)?.checked_sub(1)?);
        self.entries.get(place % MAX_ENTRIES)
    }
}

impl Entry {
    fn kept(self) -> usize {
        usize::from(self.name) + usize::from(self.value)
    }
}
