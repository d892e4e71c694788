//! Microsoft's cabinets ([MS-CAB]): files that are stored or packed with MSZIP ([MS-MCI]), with the checksums of blocks.
//!
//! The lists of folders and files come first: 64 folders, 1,024 files and 64 KiB of their names are kept, and what belongs to
//! no file that is known is `(rest)`. Files packed otherwise (Quantum, LZX) are named, [`Cut::Unsupported`]; those that
//! began in another cabinet are [`Cut::Truncated`]. What stands behind the cabinet, such as a signature, is no part of it.

pub(crate) mod header;

use flate2::{Decompress, FlushDecompress};

use self::header::{BLOCK, FILE, FIXED, FOLDER, File, Folder, Header, Method};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Out, Taken, take};
use super::format::{Format, begins};
use super::parts::{Kept, begin_rest, le16, le32, only_name};

pub(super) static FORMAT: Format = Format {
    name: "cab",
    recognise: |bytes| begins(bytes, b"MSCF\0\0\0\0"),
    make: || Box::new(Cab::new()),
    memory: 230 << 10,
    scanned: false,
    carries: false,
};

const FOLDERS: usize = 64;
const FILES: usize = 1024;
const NAMES: usize = 64 << 10;
/// Longest name of one file, with its zero ([MS-CAB] section 2.4).
const NAME: usize = 257;
/// Largest block as it comes, and as it is handed out ([MS-MCI] section 1).
const PACKED: usize = 65_535;
const WHOLE: usize = 32 << 10;
/// Largest reserved fields that a block may have.
const HELD: usize = 272;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fixed,
    Reserves,
    /// So many reserved bytes, then names of other cabinets.
    Reserved(u64),
    /// So many of those names.
    Names(u8),
    Folder(u16),
    File(u16),
    FileName(u16),
    /// The folder of this number.
    Data(usize),
    /// So many blocks of it.
    Blocks(usize, u16),
    Block(usize, u16),
    /// What stands behind the last folder.
    Behind,
    /// What is no cabinet, and whether it is wanted.
    Rest(bool),
}

/// What the bytes of a folder are handed out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A file: what is left of it, and whether it is wanted.
    File(u64, bool),
}

struct Cab {
    state: State,
    /// Bytes that have passed.
    at: u64,
    header: Header,
    field: Kept<HELD>,
    /// Reserved bytes of each folder and of each block.
    reserved: (u64, u64),
    folders: Vec<Folder>,
    files: Vec<File>,
    names: Vec<u8>,
    /// The next file, what is handed out, and how much of the folder has been.
    next: usize,
    open: Open,
    given: u64,
    block: Vec<u8>,
    whole: Box<[u8]>,
    /// How much of the block before is what this one refers to.
    history: usize,
    inflate: Decompress,
}

impl std::fmt::Debug for Cab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cab").field("state", &self.state).field("at", &self.at).finish_non_exhaustive()
    }
}

/// The object is not wanted any more.
struct Enough;

impl Cab {
    fn new() -> Self {
        Self {
            state: State::Fixed,
            at: 0,
            header: Header::default(),
            field: Kept::EMPTY,
            reserved: (0, 0),
            folders: Vec::with_capacity(FOLDERS),
            files: Vec::with_capacity(FILES),
            names: Vec::with_capacity(NAMES),
            next: 0,
            open: Open::Nothing,
            given: 0,
            block: Vec::with_capacity(PACKED),
            whole: vec![0; WHOLE].into_boxed_slice(),
            history: 0,
            inflate: Decompress::new(false),
        }
    }

    /// Fills the field to `length` bytes. True when they are there.
    fn fill(&mut self, input: &mut &[u8], length: u64) -> bool {
        let before = self.field.passed();
        let full = self.field.pass(input, length);
        self.at += self.field.passed() - before;
        full
    }

    /// Passes over what stands before `place`. `Some(false)` where that has passed.
    fn reach(&mut self, input: &mut &[u8], place: u64) -> Option<bool> {
        self.at += take(input, place.saturating_sub(self.at)).len() as u64;
        (self.at >= place).then_some(self.at == place)
    }

    /// What is left of a name that ends with a zero. True when it has passed.
    fn name(&mut self, input: &mut &[u8]) -> bool {
        let zero = memchr::memchr(0, input);
        let bytes = take(input, zero.map_or(input.len(), |zero| zero + 1) as u64);
        self.at += bytes.len() as u64;
        let mut bytes = bytes;
        let length = self.field.passed() + bytes.len() as u64;
        self.field.pass(&mut bytes, length);
        zero.is_some()
    }

    /// A file's entry is complete, its name with it.
    fn add_file(&mut self) {
        let entry = self.field.get();
        let Some((entry, name)) = entry.split_first_chunk::<FILE>() else { return };
        let name = name.get(..NAME).unwrap_or(name);
        let name = super::parts::until_zero(name);
        let start = self.names.len();
        if self.files.len() < FILES && start + name.len() <= NAMES {
            self.names.extend(name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }));
            let file = File::read(entry, self.folders.len());
            self.files.extend(file.map(|file| File { name: (start, self.names.len()), ..file }));
        }
    }

    /// A folder begins.
    fn begin_folder(&mut self) {
        (self.given, self.history, self.open) = (0, 0, Open::Nothing);
    }

    /// The next file of the folder, if it has another.
    fn next_file(&self, folder: usize) -> Option<(File, &[u8])> {
        let file = self.files.get(self.next).filter(|file| file.folder <= folder)?;
        Some((*file, self.names.get(file.name.0..file.name.1).unwrap_or(&[])))
    }

    /// Whether a folder's bytes can be told.
    fn is_known(&self, folder: usize) -> bool {
        let continued = self.next_file(folder).is_some_and(|(file, _)| file.continued);
        !continued && self.folders.get(folder).is_some_and(|folder| folder.method != Method::Other)
    }

    /// A block is complete, or, `cut`, as much of it as there is.
    fn end_of_block(&mut self, folder: usize, cut: bool, out: &mut dyn Out) -> Result<(), Enough> {
        if !self.is_known(folder) {
            return Ok(());
        }
        let head = self.field.get();
        let (told, rest) = head.split_at_checked(4).unwrap_or_default();
        let told = le32(told, 0).unwrap_or(0);
        let wrong = told != 0 && !cut && header::checksum(header::checksum(0, &self.block), rest) != told;
        let size = usize::from(le16(head, 6).unwrap_or(0)).min(WHOLE);
        let method = self.folders.get(folder).map(|folder| folder.method);
        let mut given = 0;
        if method == Some(Method::MsZip) {
            let packed = self.block.strip_prefix(b"CK").unwrap_or(&[]);
            self.inflate.reset(false);
            let history = self.whole.get(..self.history).unwrap_or(&[]);
            if self.history == 0 || self.inflate.set_dictionary(history).is_ok() {
                // Whatever is wrong shows in how much comes out.
                let _ = self.inflate.decompress(packed, &mut self.whole, FlushDecompress::Finish);
                given = usize::try_from(self.inflate.total_out()).unwrap_or(0);
            }
            self.history = given;
        } else {
            let stored = self.block.get(..size.min(self.block.len())).unwrap_or(&[]);
            if let Some(place) = self.whole.get_mut(..stored.len()) {
                place.copy_from_slice(stored);
                given = stored.len();
            }
        }
        self.give(folder, given, out)?;
        if wrong || (given != size && !cut) {
            // Of the file that is open where the damage is seen.
            out.cut(if wrong { Cut::Checksum } else { Cut::Malformed });
        }
        Ok(())
    }

    /// Hands out the first bytes of what a block has become.
    fn give(&mut self, folder: usize, given: usize, out: &mut dyn Out) -> Result<(), Enough> {
        let mut at = 0;
        loop {
            match self.open {
                Open::File(0, wanted) => {
                    if wanted {
                        out.end();
                    }
                    self.open = Open::Nothing;
                }
                _ if at == given => return Ok(()),
                Open::File(left, wanted) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(given - at);
                    let bytes = self.whole.get(at..at + count).unwrap_or(&[]);
                    if wanted && !out.data(bytes) {
                        return Err(Enough);
                    }
                    at += count;
                    self.given += count as u64;
                    self.open = Open::File(left - count as u64, wanted);
                }
                Open::Nothing => self.open = self.begin_file(folder, out),
            }
        }
    }

    /// The file that lies where the folder has got to.
    fn begin_file(&mut self, folder: usize, out: &mut dyn Out) -> Open {
        while let Some((file, name)) = self.next_file(folder) {
            if file.folder < folder || file.at < self.given {
                only_name(name, Cut::Unsupported, out);
                self.next += 1;
                continue;
            }
            if file.at > self.given {
                return Open::File(file.at - self.given, out.begin(&Child { name: b"(rest)" }));
            }
            let open = Open::File(file.size, out.begin(&Child { name }));
            self.next += 1;
            return open;
        }
        Open::File(u64::MAX, out.begin(&Child { name: b"(rest)" }))
    }

    /// The folder is over, `complete` or not.
    fn end_folder(&mut self, folder: usize, complete: bool, out: &mut dyn Out) {
        let known = self.is_known(folder);
        let packed = self.folders.get(folder).is_some_and(|folder| folder.method == Method::Other);
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::File(left, wanted) => {
                // What belongs to no file has no end to miss.
                if left != 0 && (left < u64::MAX >> 1 || !complete) {
                    out.cut(Cut::Truncated);
                }
                if wanted {
                    out.end();
                }
            }
            Open::Nothing => {}
        }
        while let Some((file, name)) = self.next_file(folder) {
            let reason = if packed { Cut::Unsupported } else { Cut::Truncated };
            if file.size == 0 && known {
                if out.begin(&Child { name }) {
                    out.end();
                }
            } else {
                only_name(name, reason, out);
            }
            self.next += 1;
        }
    }

    fn rest(&mut self, out: &mut dyn Out) -> State {
        if let Open::File(_, true) = std::mem::replace(&mut self.open, Open::Nothing) {
            out.end();
        }
        State::Rest(begin_rest(self.field.get(), out))
    }
}

impl Decoder for Cab {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Fixed => {
                    if !self.fill(&mut input, FIXED) {
                        return Ok(Taken::All);
                    }
                    self.header = Header::read(self.field.get()).unwrap_or_default();
                    self.field.clear();
                    if self.header.reserves { State::Reserves } else { State::Names(self.header.names) }
                }
                State::Reserves => {
                    if !self.fill(&mut input, 4) {
                        return Ok(Taken::All);
                    }
                    let of_header = le16(self.field.get(), 0).unwrap_or(0);
                    if let [_, _, folder, block] = *self.field.get() {
                        self.reserved = (u64::from(folder), u64::from(block));
                    }
                    self.field.clear();
                    State::Reserved(u64::from(of_header))
                }
                State::Reserved(left) => {
                    if !self.fill(&mut input, left) {
                        return Ok(Taken::All);
                    }
                    self.field.clear();
                    State::Names(self.header.names)
                }
                State::Names(0) => {
                    self.field.clear();
                    State::Folder(self.header.folders)
                }
                State::Names(left) => {
                    if !self.name(&mut input) {
                        return Ok(Taken::All);
                    }
                    State::Names(left - 1)
                }
                State::Folder(0) => match self.reach(&mut input, self.header.files_at) {
                    None => return Ok(Taken::All),
                    Some(true) => State::File(self.header.files),
                    Some(false) => self.rest(out),
                },
                State::Folder(left) => {
                    if !self.fill(&mut input, FOLDER + self.reserved.0) {
                        return Ok(Taken::All);
                    }
                    if self.folders.len() < FOLDERS {
                        self.folders.extend(Folder::read(self.field.get()));
                    }
                    self.field.clear();
                    State::Folder(left - 1)
                }
                State::File(0) => State::Data(0),
                State::File(left) => {
                    if !self.fill(&mut input, FILE as u64) {
                        return Ok(Taken::All);
                    }
                    State::FileName(left)
                }
                State::FileName(left) => {
                    if !self.name(&mut input) {
                        return Ok(Taken::All);
                    }
                    self.add_file();
                    self.field.clear();
                    State::File(left - 1)
                }
                State::Data(number) => match self.folders.get(number).copied() {
                    None => State::Behind,
                    Some(folder) => match self.reach(&mut input, folder.at) {
                        None => return Ok(Taken::All),
                        Some(true) => {
                            self.begin_folder();
                            State::Blocks(number, folder.blocks)
                        }
                        Some(false) => self.rest(out),
                    },
                },
                State::Blocks(folder, 0) => {
                    self.end_folder(folder, true, out);
                    State::Data(folder + 1)
                }
                State::Blocks(folder, left) => {
                    if !self.fill(&mut input, BLOCK + self.reserved.1) {
                        return Ok(Taken::All);
                    }
                    self.block.clear();
                    State::Block(folder, left)
                }
                State::Block(folder, left) => {
                    let length = usize::from(le16(self.field.get(), 4).unwrap_or(0));
                    let bytes = take(&mut input, length.saturating_sub(self.block.len()) as u64);
                    self.at += bytes.len() as u64;
                    self.block.extend_from_slice(bytes);
                    if self.block.len() < length {
                        return Ok(Taken::All);
                    }
                    if self.end_of_block(folder, false, out).is_err() {
                        return Ok(Taken::Enough);
                    }
                    self.field.clear();
                    State::Blocks(folder, left - 1)
                }
                State::Behind => match self.reach(&mut input, self.header.length) {
                    None => return Ok(Taken::All),
                    // Of a longer one than it says the end is known as well.
                    Some(_) if input.is_empty() => return Ok(Taken::All),
                    Some(_) => return Ok(Taken::End(piece.len() - input.len())),
                },
                State::Rest(wanted) => {
                    return Ok(if wanted && out.data(input) { Taken::All } else { Taken::Enough });
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        match self.state {
            State::Rest(wanted) => {
                if wanted {
                    out.end();
                }
                return true;
            }
            State::Behind if self.at >= self.header.length => return true,
            State::Block(folder, _) => {
                let go_on = self.end_of_block(folder, true, out).is_ok();
                if go_on {
                    self.end_folder(folder, false, out);
                }
            }
            State::Blocks(folder, _) => self.end_folder(folder, false, out),
            _ => {}
        }
        out.cut(Cut::Truncated);
        // Whatever lies in folders that never came.
        while self.next_file(usize::MAX).is_some() {
            self.end_folder(usize::MAX, false, out);
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Fixed;
        self.header = Header::default();
        self.field.clear();
        self.folders.clear();
        self.files.clear();
        self.names.clear();
        self.block.clear();
        (self.at, self.next, self.given, self.history) = (0, 0, 0, 0);
        (self.reserved, self.open) = ((0, 0), Open::Nothing);
        self.inflate.reset(false);
    }
}
