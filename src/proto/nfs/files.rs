//! Files of which something was said, by their handles.

use super::anomaly::Anomaly;
use crate::event::Direction;
use crate::proto::Sink;
use crate::proto::stretches::{Key, Placement, Stretches};
use crate::proto::text::Name;
use xxhash_rust::xxh3::xxh3_64;

/// Files of a connection that are remembered.
pub const MAX_FILES: usize = 32;

/// Objects of all of them that are followed at a time.
const STRETCHES: usize = 32;

/// A file, for as long as it is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileRef {
    at: u8,
    /// 0: none.
    serial: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct File {
    serial: u32,
    /// When it was last used, in calls.
    used: u32,
    /// Digest of its handle, once that is known. Two files of one digest are taken for one.
    handle: Option<u64>,
    name: Name,
    size: Option<u64>,
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files {
    files: [File; MAX_FILES],
    pub(super) stretches: Stretches<FileRef, STRETCHES>,
    serial: u32,
    clock: u32,
}

impl Files {
    pub(super) fn new() -> Self {
        Self { files: [File::default(); MAX_FILES], stretches: Stretches::new("nfs/file"), serial: 0, clock: 0 }
    }

    /// A file of that name is asked for: a place for it, in place of the one that was not used for longest.
    pub(super) fn ask(&mut self, name: &[u8], direction: Direction, sink: &mut dyn Sink) -> FileRef {
        let idle = |file: &File| if file.serial == 0 { u32::MAX } else { self.clock.wrapping_sub(file.used) };
        let oldest = self.files.iter().enumerate().max_by_key(|(_, file)| idle(file));
        let at = oldest.map_or(0, |(at, _)| at);
        self.free(at, direction, sink);
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.clock = self.clock.wrapping_add(1);
        if let Some(file) = self.files.get_mut(at) {
            *file = File { serial: self.serial, used: self.clock, ..File::default() };
            file.name.set(name);
        }
        FileRef { at: u8::try_from(at).unwrap_or(0), serial: self.serial }
    }

    fn get(&mut self, file: FileRef) -> Option<&mut File> {
        self.files.get_mut(usize::from(file.at)).filter(|known| known.serial == file.serial && file.serial != 0)
    }

    pub(super) fn name(&self, file: FileRef) -> &[u8] {
        let known = self.files.get(usize::from(file.at)).filter(|known| known.serial == file.serial);
        known.map_or(&[], |known| known.name.bytes())
    }

    fn by_digest(&self, handle: u64) -> Option<FileRef> {
        let known = self.files.iter().enumerate().find(|(_, file)| file.serial != 0 && file.handle == Some(handle));
        known.map(|(at, file)| FileRef { at: u8::try_from(at).unwrap_or(0), serial: file.serial })
    }

    /// The file of that handle, if it is remembered.
    pub(super) fn known(&self, handle: &[u8]) -> Option<FileRef> {
        self.by_digest(xxh3_64(handle))
    }

    /// The file of that handle; a new one where its name was not seen.
    pub(super) fn find(&mut self, handle: &[u8], direction: Direction, sink: &mut dyn Sink) -> FileRef {
        let digest = xxh3_64(handle);
        let file = self.by_digest(digest).unwrap_or_else(|| self.ask(b"", direction, sink));
        self.clock = self.clock.wrapping_add(1);
        let clock = self.clock;
        if let Some(known) = self.get(file) {
            (known.handle, known.used) = (Some(digest), clock);
        }
        file
    }

    /// A file that was asked for has that handle. If it was known under it, it goes on as what it was, under its new name.
    pub(super) fn found(&mut self, file: FileRef, handle: &[u8], direction: Direction, sink: &mut dyn Sink) {
        let digest = xxh3_64(handle);
        if let Some(before) = self.by_digest(digest) {
            let name = self.get(file).map(|file| file.name);
            if let (Some(known), Some(name)) = (self.get(before), name) {
                known.name = name;
            }
            self.forget(file, direction, sink);
        } else if let Some(file) = self.get(file) {
            file.handle = Some(digest);
        }
    }

    pub(super) fn has_size(&mut self, file: FileRef, size: Option<u64>) {
        if let Some(known) = self.get(file) {
            known.size = size.or(known.size);
        }
    }

    pub(super) fn forget(&mut self, file: FileRef, direction: Direction, sink: &mut dyn Sink) {
        if self.get(file).is_some() {
            self.free(usize::from(file.at), direction, sink);
        }
    }

    fn free(&mut self, at: usize, direction: Direction, sink: &mut dyn Sink) {
        let Some(known) = self.files.get_mut(at).filter(|known| known.serial != 0) else { return };
        let size = known.size;
        let file = FileRef { at: u8::try_from(at).unwrap_or(0), serial: std::mem::take(&mut known.serial) };
        self.settle(file, size);
        self.stretches.abandon(file, direction, sink);
    }

    /// What is written is complete if it has all that the server said the file has.
    fn settle(&mut self, file: FileRef, size: Option<u64>) {
        if let Some(size) = size {
            for direction in [Direction::ToServer, Direction::ToClient] {
                self.stretches.reach(Key::new(file, direction, true), size, false);
            }
        }
    }

    /// All of a file was stored that was written up to now: if that is all of it, its object ends.
    pub(super) fn stored(&mut self, file: FileRef, direction: Direction) {
        if let Some(size) = self.get(file).and_then(|file| file.size) {
            self.stretches.reach(Key::new(file, direction, true), size, true);
        }
    }

    /// Bytes of a file were read up to its last, which is before `end`.
    pub(super) fn read_up_to(&mut self, file: FileRef, direction: Direction, end: u64, sink: &mut dyn Sink) {
        self.stretches.close_only(Key::new(file, direction, false), end, sink);
    }

    /// Finds where a piece of a file goes.
    pub(super) fn place(
        &mut self,
        file: FileRef,
        (direction, is_write): (Direction, bool),
        (offset, length): (u64, u32),
        follows: impl Fn(u64) -> bool,
        sink: &mut dyn Sink,
    ) -> Placement {
        if offset.checked_add(length.into()).is_none() {
            sink.anomaly(Anomaly::MalformedData.name());
            return Placement::default();
        }
        let name = self.get(file).map(|file| file.name).unwrap_or_default();
        let key = Key::new(file, direction, is_write);
        let placement = self.stretches.place(key, name.bytes(), offset, length, follows, sink);
        if placement.stretch.is_none() {
            sink.anomaly(Anomaly::TooManyPieces.name());
        } else if placement.again > 0 && is_write {
            sink.anomaly(Anomaly::FileOverlap.name());
        }
        placement
    }

    /// No more comes in a direction.
    pub(super) fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink) {
        if in_order {
            for at in 0..MAX_FILES {
                let Some(known) = self.files.get(at).copied().filter(|known| known.serial != 0) else { continue };
                let file = FileRef { at: u8::try_from(at).unwrap_or(0), serial: known.serial };
                self.settle(file, known.size);
            }
        }
        self.stretches.end(direction, sink);
    }
}
