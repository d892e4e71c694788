//! Files that are read and written piece by piece: stretches of them, each an object.
//!
//! Peers have several reads and writes of a file on their way at a time, and they may come out of order. Nothing is kept of
//! them: a piece goes on with the stretch that ends where it begins. One that is further on begins a stretch of its own
//! where what is between is still to come, and else leaves a gap. One that was seen before is no part of the object. So a
//! file that does not come from its first byte to its last comes in several objects, each of which says where it begins.

use super::{Object, Sink};
use crate::event::Direction;

/// Stretches of one file and direction.
pub const MAX_STRETCHES_OF_FILE: usize = 4;

/// Writes may be this far ahead of what is still to be written before them, bytes: clients have several on their way.
const WRITE_AHEAD: u64 = 16 << 20;

/// Longest hole within an object, bytes; what is behind a longer one is an object of its own.
const MAX_JUMP: u64 = 1 << 40;

/// A file in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key<K> {
    pub(super) file: K,
    /// 0 or 1: as [`Direction::index`].
    direction: usize,
    is_write: bool,
}

impl<K> Key<K> {
    pub(super) const fn new(file: K, direction: Direction, is_write: bool) -> Self {
        Self { file, direction: direction.index(), is_write }
    }
}

/// A stretch, for as long as it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StretchRef {
    at: u8,
    id: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stretch<K> {
    /// Of the object; 0 where there is none.
    id: u32,
    key: Key<K>,
    start: u64,
    /// Where its next byte has to be.
    end: u64,
    /// Bytes of it were never seen.
    lossy: bool,
    /// It ends when its direction is served next.
    dying: bool,
    /// And then it is complete.
    whole: bool,
}

/// Where a piece goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placement {
    /// So many bytes of it have been seen before.
    pub(super) again: u32,
    /// The rest is a part of this, if there is room for it.
    pub(super) stretch: Option<StretchRef>,
    /// An object has begun with it.
    pub(super) is_first: bool,
}

/// Those of a connection, `N` at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretches<K, const N: usize> {
    /// What the objects are called in paths.
    label: &'static str,
    stretches: [Stretch<K>; N],
    /// Number of the object that began last.
    last: u32,
    /// One of them is dying.
    sweep: bool,
}

impl<K: Copy + Default + PartialEq, const N: usize> Stretches<K, N> {
    pub(super) fn new(label: &'static str) -> Self {
        const { assert!(N <= 256, "a place is said in 8 bits") };
        Self { label, stretches: [Stretch::default(); N], last: 0, sweep: false }
    }

    fn of(&self, key: Key<K>) -> impl Iterator<Item = (StretchRef, &Stretch<K>)> {
        let mine = move |(_, known): &(usize, &Stretch<K>)| known.id != 0 && !known.dying && known.key == key;
        self.stretches
            .iter()
            .enumerate()
            .filter(mine)
            .map(|(at, known)| (StretchRef { at: u8::try_from(at).unwrap_or(u8::MAX), id: known.id }, known))
    }

    fn get(&mut self, stretch: StretchRef) -> Option<&mut Stretch<K>> {
        self.stretches.get_mut(usize::from(stretch.at)).filter(|known| known.id == stretch.id && !known.dying)
    }

    /// The stretch that holds a byte or goes on with it, and how far it has come.
    fn covering(&self, key: Key<K>, offset: u64) -> (Option<StretchRef>, u64) {
        let holds = |(_, known): &(StretchRef, &Stretch<K>)| known.start <= offset && offset <= known.end;
        let longest = self.of(key).filter(holds).max_by_key(|(_, known)| known.end);
        longest.map_or((None, 0), |(at, known)| (Some(at), known.end))
    }

    /// The last stretch that ends before a byte, and where.
    fn before(&self, key: Key<K>, offset: u64) -> Option<(StretchRef, u64)> {
        self.of(key)
            .filter(|(_, known)| known.end < offset)
            .map(|(at, known)| (at, known.end))
            .max_by_key(|(_, end)| *end)
    }

    /// Another stretch of it may begin.
    fn has_room(&self, key: Key<K>) -> bool {
        self.of(key).count() < MAX_STRETCHES_OF_FILE && self.stretches.iter().any(|known| known.id == 0)
    }

    /// Finds where `length` bytes at `offset` go, and begins an object called `name` if need be. `follows` says of a byte
    /// whether it was asked for and is still to come.
    pub(super) fn place(
        &mut self,
        key: Key<K>,
        name: &[u8],
        offset: u64,
        length: u32,
        follows: impl Fn(u64) -> bool,
        sink: &mut dyn Sink,
    ) -> Placement {
        let (stretch, covered) = self.covering(key, offset);
        if stretch.is_some() {
            let again = u32::try_from(covered - offset).unwrap_or(u32::MAX).min(length);
            return Placement { again, stretch, is_first: false };
        }
        if let Some((before, reached)) = self.before(key, offset) {
            let missing = offset - reached;
            let comes = if key.is_write { missing <= WRITE_AHEAD } else { follows(reached) };
            // Without a loss, who skips a part may still come for it: an archive's directory is read first.
            let is_lossy = self.get(before).is_some_and(|known| known.lossy);
            if ((!comes && is_lossy) || !self.has_room(key)) && missing <= MAX_JUMP {
                self.gap(before, missing, sink);
                return Placement { again: 0, stretch: Some(before), is_first: false };
            }
        }
        let stretch = self.begin(key, name, offset, sink);
        Placement { again: 0, stretch, is_first: stretch.is_some() }
    }

    /// A new object, for something that is no stretch of a file that is known.
    pub(super) fn number(&mut self) -> u32 {
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.last
    }

    fn begin(&mut self, key: Key<K>, name: &[u8], start: u64, sink: &mut dyn Sink) -> Option<StretchRef> {
        if !self.has_room(key) {
            return None;
        }
        let id = self.number();
        let (at, place) = self.stretches.iter_mut().enumerate().find(|(_, known)| known.id == 0)?;
        *place = Stretch { id, key, start, end: start, lossy: false, dying: false, whole: false };
        sink.begin_object(id, &Object { label: self.label, name, offset: start, ..Object::default() });
        Some(StretchRef { at: u8::try_from(at).ok()?, id })
    }

    /// Its next bytes; false when it is not followed any more.
    pub(super) fn feed(&mut self, stretch: StretchRef, bytes: &[u8], sink: &mut dyn Sink) -> bool {
        let Some(known) = self.get(stretch) else { return false };
        known.end = known.end.saturating_add(bytes.len() as u64);
        sink.object(stretch.id, bytes);
        true
    }

    /// Its next bytes were never seen.
    pub(super) fn gap(&mut self, stretch: StretchRef, length: u64, sink: &mut dyn Sink) {
        let Some(known) = self.get(stretch) else { return };
        known.end = known.end.saturating_add(length);
        known.lossy = true;
        sink.object_gap(stretch.id, length);
    }

    /// Messages of a direction were never seen: whatever is open may lack something.
    pub(super) fn lose(&mut self, direction: Direction) {
        for known in self.stretches.iter_mut().filter(|known| known.key.direction == direction.index()) {
            known.lossy = true;
        }
    }

    /// Ends those of a file that was closed; `is_whole` says of the end of the only one whether it is that of the file. An
    /// object is complete if it has all from the file's first byte to its last.
    pub(super) fn close(&mut self, key: Key<K>, is_whole: impl Fn(u64) -> bool, sink: &mut dyn Sink) {
        let is_only = self.of(key).count() == 1;
        for known in self.stretches.iter_mut().filter(|known| known.id != 0 && !known.dying && known.key == key) {
            sink.end_object(known.id, is_only && is_whole(known.end) && known.start == 0 && !known.lossy);
            known.id = 0;
        }
    }

    /// The file has `size` bytes: if they are there, the object is complete; `ends`: when its direction is served next.
    pub(super) fn reach(&mut self, key: Key<K>, size: u64, ends: bool) {
        if self.of(key).count() != 1 {
            return;
        }
        let done = |known: &&mut Stretch<K>| {
            known.id != 0 && known.key == key && !known.dying && known.end == size && known.start == 0 && !known.lossy
        };
        if let Some(known) = self.stretches.iter_mut().find(done) {
            (known.whole, known.dying) = (true, ends);
            self.sweep |= ends;
        }
    }

    /// The file's last byte is before `end`: its only stretch ends if it has come that far.
    pub(super) fn close_only(&mut self, key: Key<K>, end: u64, sink: &mut dyn Sink) {
        if self.of(key).count() == 1 && self.of(key).any(|(_, known)| known.end == end) {
            self.close(key, |_| true, sink);
        }
    }

    /// Those of a file are not followed any more. Those of the other direction end when that is served.
    pub(super) fn abandon(&mut self, file: K, direction: Direction, sink: &mut dyn Sink) {
        for known in self.stretches.iter_mut().filter(|known| known.id != 0 && known.key.file == file) {
            if known.key.direction == direction.index() {
                sink.end_object(known.id, known.whole);
                known.id = 0;
            } else {
                (known.dying, self.sweep) = (true, true);
            }
        }
    }

    /// Ends those of a direction that are dying.
    pub(super) fn sweep(&mut self, direction: Direction, sink: &mut dyn Sink) {
        if self.sweep {
            self.finish(direction, true, sink);
            self.sweep = self.stretches.iter().any(|known| known.id != 0 && known.dying);
        }
    }

    /// Ends all of a direction.
    pub(super) fn end(&mut self, direction: Direction, sink: &mut dyn Sink) {
        self.finish(direction, false, sink);
    }

    fn finish(&mut self, direction: Direction, only_dying: bool, sink: &mut dyn Sink) {
        let ends = |known: &&mut Stretch<K>| {
            known.id != 0 && known.key.direction == direction.index() && (known.dying || !only_dying)
        };
        for known in self.stretches.iter_mut().filter(ends) {
            sink.end_object(known.id, known.whole);
            known.id = 0;
        }
    }
}
