//! ISO 9660 (ECMA-119), with the long names of Rock Ridge and Joliet.
//!
//! Directories come before the files that are in them, as all programs write them that are known: the extents of files
//! are kept, 2,048 of them and 64 KiB of names, and handed out as they pass, each once under the best of its names. What
//! is in no extent that is known, and has a byte that is not zero, is scanned as it stands, `(between)`; so is the system
//! area in front, `(system area)`. A file that is named only after it has passed, or lies within another, is
//! [`Cut::Unsupported`]. Empty files are not named.
//!
//! An image is told from other objects only behind its system area, 32 KiB that are held until then: whatever begins with
//! 512 zeros or a boot sector is looked at, and scanned as it stands where it is none.

mod record;
mod table;

use self::record::{Descriptor, Extent, NAME, Record, SECTOR, Tree};
use self::table::{Entry, Kind, Table};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, PROBE};
use super::parts::only_name;

pub(super) static FORMAT: Format = Format {
    name: "iso9660",
    recognise,
    make: || Box::new(Image::new()),
    memory: 180 << 10,
    scanned: false,
    carries: false,
};

/// Bytes of the system area, and with the first bytes of the first descriptor.
const SYSTEM: usize = 16 * SECTOR;
const FIRST: usize = SYSTEM + 6;

/// Largest directory, and table of paths: what is larger is none, but hides something.
const LARGEST: u32 = 1 << 20;

/// Whether it may be one: the system area is empty, or has a boot sector.
fn recognise(bytes: &[u8]) -> Guess {
    let zeros = bytes.iter().all(|byte| *byte == 0);
    match bytes.get(..PROBE) {
        None => Guess::More,
        Some([.., 0x55, 0xaa]) => Guess::Yes,
        Some(_) if zeros => Guess::Yes,
        Some(_) => Guess::No,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The system area.
    System,
    /// A volume descriptor.
    Descriptor,
    /// The first byte of a sector.
    Sector,
    /// A sector that is nobody's; whether a child is open, which it goes on with.
    Between(bool),
    /// A file: what is left of it, and whether it is wanted.
    File(u64, bool),
    /// So many bytes of a directory.
    Directory(u64),
    /// So many bytes that nobody wants.
    Skipped(u64),
    /// It is no image.
    Other(bool),
}

#[derive(Debug)]
struct Image {
    state: State,
    /// The system area, as long as it is not known what it is.
    system: Vec<u8>,
    sector: Field<SECTOR>,
    /// Bytes that have passed, and that there should be.
    at: u64,
    length: u64,
    table: Table,
    /// The directory that is being read.
    directory: Option<Entry>,
}

impl Image {
    fn new() -> Self {
        Self {
            state: State::System,
            system: Vec::with_capacity(FIRST),
            sector: Field::EMPTY,
            at: 0,
            length: 0,
            table: Table::new(),
            directory: None,
        }
    }

    /// The system area is complete, or all that there is.
    fn system(&mut self, out: &mut dyn Out) -> State {
        let (system, first) = self.system.split_at_checked(SYSTEM).unwrap_or((&self.system, &[]));
        if first.get(1..) != Some(b"CD001") {
            out.mistaken();
            return State::Other(out.begin_text(&Child::default()) && out.data(&self.system));
        }
        if system.iter().any(|byte| *byte != 0) && out.begin_text(&Child { name: b"(system area)" }) {
            out.data(system);
            out.end();
        }
        self.sector.append(first);
        State::Descriptor
    }

    /// A sector is complete that should be a descriptor.
    fn descriptor(&mut self, out: &mut dyn Out) -> State {
        match record::descriptor(self.sector.get()) {
            None => {
                out.cut(Cut::Malformed);
                return self.between(false, out);
            }
            Some(Descriptor::Volume { tree, root, tables, sectors }) => {
                let joliet = tree == Tree::Joliet;
                self.length = self.length.max(u64::from(sectors) * SECTOR as u64);
                self.table.add(root, Kind::Directory { joliet }, 0, None, b"");
                for extent in tables.into_iter().filter(|table| table.size <= LARGEST) {
                    self.table.add(extent, Kind::Nothing, 0, None, b"");
                }
            }
            Some(Descriptor::Terminator) => {
                self.sector.clear();
                return State::Sector;
            }
            Some(Descriptor::Other) => {}
        }
        self.sector.clear();
        State::Descriptor
    }

    /// At the first byte of a sector: what lies there.
    fn extent(&mut self, out: &mut dyn Out) -> State {
        let here = self.at / SECTOR as u64;
        while let Some(entry) = self.table.pop(here) {
            let Extent { sector, size } = entry.extent;
            let size = u64::from(size);
            let is_here = u64::from(sector) == here && size != 0;
            match entry.kind {
                Kind::File if is_here => return State::File(size, out.begin(&Child { name: self.table.name(&entry) })),
                Kind::File => only_name(self.table.name(&entry), Cut::Unsupported, out),
                Kind::Directory { .. } if is_here => {
                    self.directory = Some(entry);
                    return State::Directory(size.next_multiple_of(SECTOR as u64));
                }
                Kind::Nothing if is_here => return State::Skipped(size.next_multiple_of(SECTOR as u64)),
                Kind::Directory { .. } | Kind::Nothing => {}
            }
        }
        State::Between(false)
    }

    /// A sector is complete that is nobody's.
    fn between(&mut self, open: bool, out: &mut dyn Out) -> State {
        let sector = self.sector;
        self.sector.clear();
        if sector.get().iter().all(|byte| *byte == 0) {
            if open {
                out.end();
            }
            return State::Sector;
        }
        if (open || out.begin_text(&Child { name: b"(between)" })) && out.data(sector.get()) {
            return State::Between(true);
        }
        State::Sector
    }

    /// A sector of the directory is complete.
    fn directory(&mut self, out: &mut dyn Out) {
        let here = (self.at / SECTOR as u64).saturating_sub(1);
        let Some(above) = self.directory else { return };
        let joliet = above.kind == Kind::Directory { joliet: true };
        let tree = if joliet { Tree::Joliet } else { Tree::Primary };
        let sector = self.sector;
        let mut rest = sector.get();
        while let Some(length) = rest.first().copied().filter(|length| *length != 0) {
            let Some((bytes, behind)) = rest.split_at_checked(usize::from(length)) else {
                out.cut(Cut::Malformed);
                break;
            };
            rest = behind;
            let Some(record) = Record::read(bytes) else {
                out.cut(Cut::Malformed);
                continue;
            };
            if record.is_dot() || record.extent.size == 0 {
                continue;
            }
            let mut name: Field<NAME> = Field::EMPTY;
            let grade = record.name(tree, &mut name);
            let has_passed = u64::from(record.extent.sector) <= here;
            match record.is_directory {
                // A loop, or one that is not read any more.
                true if has_passed || record.extent.size > LARGEST => {}
                true => {
                    self.table.add(record.extent, Kind::Directory { joliet }, 0, Some(&above), name.get());
                }
                false if has_passed => only_name(name.get(), Cut::Unsupported, out),
                false => self.table.add(record.extent, Kind::File, grade, Some(&above), name.get()),
            }
        }
        self.sector.clear();
    }

    /// Bytes behind what has passed up to the next sector.
    const fn to_sector(&self) -> u64 {
        super::parts::padding(self.at, SECTOR as u64)
    }

    /// Fills the sector. True when it is complete.
    fn fill(&mut self, input: &mut &[u8]) -> bool {
        let before = input.len();
        let full = self.sector.fill(input, SECTOR);
        self.at += (before - input.len()) as u64;
        full
    }
}

impl Decoder for Image {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::System => {
                    let bytes = take(&mut input, (FIRST - self.system.len()) as u64);
                    self.system.extend_from_slice(bytes);
                    if self.system.len() < FIRST {
                        return Ok(Taken::All);
                    }
                    self.at = FIRST as u64;
                    self.system(out)
                }
                State::Sector if self.to_sector() == 0 => self.extent(out),
                State::Sector => State::Skipped(self.to_sector()),
                State::Between(open) if self.to_sector() == 0 && self.table.has(self.at / SECTOR as u64) => {
                    if open {
                        out.end();
                    }
                    State::Sector
                }
                State::File(0, wanted) => {
                    if wanted {
                        out.end();
                    }
                    State::Sector
                }
                State::Directory(0) | State::Skipped(0) => State::Sector,
                _ if input.is_empty() => return Ok(Taken::All),
                state @ (State::Descriptor | State::Between(_) | State::Directory(_)) => {
                    if !self.fill(&mut input) {
                        return Ok(Taken::All);
                    }
                    match state {
                        State::Descriptor => self.descriptor(out),
                        State::Between(open) => self.between(open, out),
                        State::Directory(left) => {
                            self.directory(out);
                            State::Directory(left.saturating_sub(SECTOR as u64))
                        }
                        _ => state,
                    }
                }
                State::File(left, wanted) => {
                    let bytes = take(&mut input, left);
                    self.at += bytes.len() as u64;
                    if wanted && !out.data(bytes) {
                        return Ok(Taken::Enough);
                    }
                    State::File(left - bytes.len() as u64, wanted)
                }
                State::Skipped(left) => {
                    let passed = take(&mut input, left).len() as u64;
                    self.at += passed;
                    State::Skipped(left - passed)
                }
                State::Other(wanted) => {
                    return Ok(if wanted && out.data(input) { Taken::All } else { Taken::Enough });
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if self.state == State::System {
            self.state = self.system(out);
        }
        if let State::Other(wanted) = self.state {
            if wanted {
                out.end();
            }
            return true;
        }
        let complete = self.at >= self.length && self.length != 0;
        if let State::Between(open) = self.state {
            // Half a sector.
            let sector = self.sector;
            if sector.get().iter().any(|byte| *byte != 0) && (open || out.begin_text(&Child { name: b"(between)" })) {
                out.data(sector.get());
                out.end();
            } else if open {
                out.end();
            }
        }
        let in_file = matches!(self.state, State::File(left, true) if left != 0);
        if !complete || in_file {
            out.cut(Cut::Truncated);
        }
        if matches!(self.state, State::File(_, true)) {
            out.end();
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::System;
        self.system.clear();
        self.sector.clear();
        self.table.clear();
        (self.at, self.length, self.directory) = (0, 0, None);
    }
}
