//! Open files, and the objects that what is read of them and written to them makes.

use super::anomaly::Anomaly;
use super::fields::Text;
use super::pending::Pending;
use crate::event::Direction;
use crate::proto::Sink;
use crate::proto::stretches::{Key, Placement, Stretches};

/// Files of a connection that are followed at a time.
pub const MAX_FILES: usize = 24;

/// The number of an open file that says: that of the request before in the chain (MS-SMB2 section 3.2.4.1.4).
pub(super) const RELATED: [u8; 16] = [0xFF; 16];

/// Objects of all of them that are followed at a time.
const STRETCHES: usize = 48;

/// An open file, for as long as it is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileRef {
    at: u8,
    /// 0: none.
    serial: u32,
}

impl FileRef {
    pub(super) const NONE: Self = Self { at: 0, serial: 0 };
}

/// An open file.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    /// 0 where there is none.
    serial: u32,
    /// When it was last used, in requests.
    used: u32,
    /// What the server calls it, once it has said so.
    pub(super) id: Option<[u8; 16]>,
    pub(super) name: Text,
    pub(super) tree: u32,
    pub(super) disposition: u32,
    pub(super) deleted_on_close: bool,
    /// A directory was asked for.
    pub(super) is_directory: bool,
    /// It is a named pipe.
    pub(super) is_pipe: bool,
    /// Not all that was written was taken.
    pub(super) refused: bool,
    /// Its bytes when it was opened.
    pub(super) size: Option<u64>,
    /// Bytes read of it and written to it.
    pub(super) read: u64,
    pub(super) written: u64,
}

impl File {
    const NONE: Self = Self {
        serial: 0,
        used: 0,
        id: None,
        name: Text::EMPTY,
        tree: 0,
        disposition: 0,
        deleted_on_close: false,
        is_directory: false,
        is_pipe: false,
        refused: false,
        size: None,
        read: 0,
        written: 0,
    };
}

/// Bytes of a file in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) direction: Direction,
    pub(super) is_write: bool,
    pub(super) offset: u64,
    pub(super) length: u32,
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
        Self { files: [File::NONE; MAX_FILES], stretches: Stretches::new("smb/file"), serial: 0, clock: 0 }
    }

    /// A file is being opened: a place for it.
    pub(super) fn open(&mut self, direction: Direction, sink: &mut dyn Sink) -> FileRef {
        let at = match self.files.iter().position(|file| file.serial == 0) {
            Some(free) => free,
            None => {
                sink.anomaly(Anomaly::TooManyFiles.name());
                let oldest = self.files.iter().enumerate().max_by_key(|(_, file)| self.clock.wrapping_sub(file.used));
                let at = oldest.map_or(0, |(at, _)| at);
                self.free(at, direction, sink);
                at
            }
        };
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.clock = self.clock.wrapping_add(1);
        let (serial, used) = (self.serial, self.clock);
        if let Some(file) = self.files.get_mut(at) {
            *file = File { serial, used, ..File::NONE };
        }
        FileRef { at: u8::try_from(at).unwrap_or(0), serial }
    }

    pub(super) fn get(&mut self, file: FileRef) -> Option<&mut File> {
        self.files.get_mut(usize::from(file.at)).filter(|known| known.serial == file.serial && file.serial != 0)
    }

    /// The file that the server calls so; a new one where its opening was not seen.
    pub(super) fn find(&mut self, id: [u8; 16], direction: Direction, sink: &mut dyn Sink) -> FileRef {
        self.clock = self.clock.wrapping_add(1);
        if let Some(file) = self.known(id) {
            let clock = self.clock;
            if let Some(file) = self.get(file) {
                file.used = clock;
            }
            return file;
        }
        let file = self.open(direction, sink);
        if let Some(file) = self.get(file) {
            file.id = Some(id);
        }
        file
    }

    /// The file that the server calls so.
    pub(super) fn known(&self, id: [u8; 16]) -> Option<FileRef> {
        let (at, file) = self.files.iter().enumerate().find(|(_, file)| file.serial != 0 && file.id == Some(id))?;
        Some(FileRef { at: u8::try_from(at).ok()?, serial: file.serial })
    }

    /// The file of that name is not followed any more: another has it, or it was not opened.
    pub(super) fn forget(&mut self, file: FileRef, direction: Direction, sink: &mut dyn Sink) {
        if self.get(file).is_some() {
            self.free(usize::from(file.at), direction, sink);
        }
    }

    fn free(&mut self, at: usize, direction: Direction, sink: &mut dyn Sink) {
        let Some(file) = self.files.get_mut(at) else { return };
        let file = FileRef { at: u8::try_from(at).unwrap_or(0), serial: std::mem::take(&mut file.serial) };
        self.stretches.abandon(file, direction, sink);
    }

    /// It is closed: what goes that way ends here.
    pub(super) fn close(&mut self, file: FileRef, direction: Direction, sink: &mut dyn Sink) {
        let Some(known) = self.get(file) else { return };
        let (size, refused) = (known.size, known.refused);
        self.stretches.close(Key::new(file, direction, false), |end| size == Some(end), sink);
        self.stretches.close(Key::new(file, direction, true), |_| !refused, sink);
    }

    /// Finds where a piece of a file goes, and begins an object if need be.
    pub(super) fn place(&mut self, file: FileRef, piece: Piece, pending: &Pending, sink: &mut dyn Sink) -> Placement {
        let Some(known) = self.get(file) else { return Placement::default() };
        let length = u64::from(piece.length);
        if piece.offset.checked_add(length).is_none() {
            sink.anomaly(Anomaly::MalformedData.name());
            return Placement::default();
        }
        let total = if piece.is_write { &mut known.written } else { &mut known.read };
        *total = total.saturating_add(length);
        let name = known.name;
        let key = Key::new(file, piece.direction, piece.is_write);
        let follows = |offset| pending.awaits(file, offset);
        let placement = self.stretches.place(key, name.bytes(), piece.offset, piece.length, follows, sink);
        if placement.stretch.is_none() {
            sink.anomaly(Anomaly::TooManyPieces.name());
        } else if placement.again > 0 && piece.is_write {
            sink.anomaly(Anomaly::FileOverlap.name());
        }
        placement
    }

    /// No more comes in a direction: what is open there is cut short.
    pub(super) fn end(&mut self, direction: Direction, sink: &mut dyn Sink) {
        self.stretches.end(direction, sink);
    }
}
