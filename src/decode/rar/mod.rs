//! RAR archives of versions 4 and 5, as far as they can be read without unpacking: every file is named, stored ones are
//! handed out, and of the others it is said whether they are encrypted or packed ([`Cut::Unsupported`]).
//!
//! Headers stand in front of what they are about, and their checksums are verified; of a header the first 4 KiB are read.
//! An archive whose headers are encrypted is [`Cut::Encrypted`] as a whole. A file that begins or goes on in another
//! volume is [`Cut::Truncated`]. Of the two names that a file may have in version 4 it is the one that is no Unicode.

mod entry;

use super::crc32::Crc32;

use self::entry::{BASE, Header, Kind};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::parts::{Kept, begin_rest, le16, le32, only_name};

pub(super) static FORMAT: Format =
    Format { name: "rar", recognise, make: || Box::new(Rar::new()), memory: 6 << 10, scanned: false, carries: false };

const VERSION4: &[u8] = b"Rar!\x1a\x07\0";
const VERSION5: &[u8] = b"Rar!\x1a\x07\x01\0";
/// As much of a header as is read.
const HEADER: usize = 4096;
/// Longest header of version 5.
const LONGEST: u64 = 2 << 20;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, VERSION4), begins(bytes, VERSION5)) {
        (Guess::Yes, _) | (_, Guess::Yes) => Guess::Yes,
        (Guess::No, Guess::No) => Guess::No,
        _ => Guess::More,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Signature,
    /// The sum and the length of a header.
    Length,
    /// A header of so many bytes.
    Header(u64),
    /// A stored file: what is left, and whether it is wanted.
    Stored(u64, bool),
    /// So many bytes that are not read.
    Skipped(u64),
    /// Encrypted headers and files, to the end.
    Encrypted,
    /// What is no archive, and whether it is wanted.
    Rest(bool),
}

#[derive(Debug)]
struct Rar {
    state: State,
    is_old: bool,
    field: Field<16>,
    header: Kept<HEADER>,
    header_crc: Crc32,
    crc: Crc32,
    /// The file's checksum, where it can be verified.
    told: Option<u32>,
}

impl Rar {
    fn new() -> Self {
        Self {
            state: State::Signature,
            is_old: false,
            field: Field::EMPTY,
            header: Kept::EMPTY,
            header_crc: Crc32::new(),
            crc: Crc32::new(),
            told: None,
        }
    }

    /// Takes the sum of a header and its length. `None` where they are not complete, an error where they are none.
    fn length(&mut self, input: &mut &[u8]) -> Option<Result<u64, ()>> {
        self.header_crc.reset();
        self.header.clear();
        if self.is_old {
            if !self.field.fill(input, BASE) {
                return None;
            }
            let mut base = self.field.get();
            self.header_crc.update(base.get(2..).unwrap_or(&[]));
            self.header.pass(&mut base, BASE as u64);
            let length = le16(self.field.get(), 5).unwrap_or(0);
            return Some(if usize::from(length) < BASE { Err(()) } else { Ok(u64::from(length)) });
        }
        loop {
            let (filled, bytes) = (self.field.get().len(), self.field.get().get(4..).unwrap_or(&[]));
            if bytes.last().is_some_and(|byte| byte & 0x80 == 0) {
                let mut digits = bytes;
                let length = entry::number(&mut digits).filter(|length| (2..=LONGEST).contains(length));
                self.header_crc.update(bytes);
                return Some(length.ok_or(()));
            }
            if bytes.len() > 3 {
                return Some(Err(()));
            }
            if !self.field.fill(input, (filled + 1).max(5)) {
                return None;
            }
        }
    }

    /// A header is complete. `None` where it is none, or not whole.
    fn header(&self) -> Option<Header<'_>> {
        let sum = self.header_crc.sum();
        if self.is_old {
            let told = u32::from(le16(self.header.get(), 0)?);
            return entry::version4(self.header.get()).filter(|_| sum & 0xffff == told);
        }
        let told = le32(self.field.get(), 0)?;
        entry::version5(self.header.get(), self.header.passed()).filter(|_| sum == told)
    }

    /// What follows the header.
    fn follow(&mut self, out: &mut dyn Out) -> Option<State> {
        let Header { kind, data } = self.header()?;
        let mut told = None;
        let state = match kind {
            Kind::End => return None,
            Kind::Encrypted => {
                out.cut(Cut::Encrypted);
                State::Encrypted
            }
            Kind::File(file) if !file.is_directory => {
                if file.is_encrypted || !file.is_stored {
                    let reason = if file.is_encrypted { Cut::Encrypted } else { Cut::Unsupported };
                    only_name(file.name, reason, out);
                    State::Skipped(data)
                } else {
                    told = file.crc.filter(|_| !file.is_split);
                    let wanted = out.begin(&Child { name: file.name });
                    if wanted && file.is_split {
                        out.cut(Cut::Truncated);
                    }
                    State::Stored(data, wanted)
                }
            }
            Kind::File(_) | Kind::Other => State::Skipped(data),
        };
        self.told = told;
        self.crc.reset();
        Some(state)
    }

    /// What stands here is no header.
    fn rest(&mut self, out: &mut dyn Out) -> State {
        let wanted = begin_rest(if self.is_old { &[] } else { self.field.get() }, out);
        State::Rest(wanted && (self.header.get().is_empty() || out.data(self.header.get())))
    }
}

impl Decoder for Rar {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Signature => {
                    let length = VERSION4.len();
                    if !self.field.fill(&mut input, length) {
                        return Ok(Taken::All);
                    }
                    self.is_old = self.field.get() == VERSION4;
                    if !self.is_old && !self.field.fill(&mut input, VERSION5.len()) {
                        return Ok(Taken::All);
                    }
                    self.field.clear();
                    State::Length
                }
                State::Length => match self.length(&mut input) {
                    None => return Ok(Taken::All),
                    Some(Ok(length)) => State::Header(length),
                    Some(Err(())) => self.rest(out),
                },
                State::Header(length) => {
                    let before = input;
                    let full = self.header.pass(&mut input, length);
                    let passed = before.len() - input.len();
                    self.header_crc.update(before.get(..passed).unwrap_or(&[]));
                    if !full {
                        return Ok(Taken::All);
                    }
                    if matches!(self.header(), Some(Header { kind: Kind::End, .. })) {
                        return Ok(Taken::End(piece.len() - input.len()));
                    }
                    match self.follow(out) {
                        Some(state) => {
                            self.field.clear();
                            state
                        }
                        None => self.rest(out),
                    }
                }
                State::Stored(0, wanted) => {
                    if wanted {
                        if self.told.is_some_and(|told| told != self.crc.sum()) {
                            out.cut(Cut::Checksum);
                        }
                        out.end();
                    }
                    State::Length
                }
                State::Skipped(0) => State::Length,
                _ if input.is_empty() => return Ok(Taken::All),
                State::Stored(left, wanted) => {
                    let bytes = take(&mut input, left);
                    if wanted {
                        self.crc.update(bytes);
                        if !out.data(bytes) {
                            return Ok(Taken::Enough);
                        }
                    }
                    State::Stored(left - bytes.len() as u64, wanted)
                }
                State::Skipped(left) => State::Skipped(left - take(&mut input, left).len() as u64),
                State::Encrypted => return Ok(Taken::All),
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
            State::Encrypted => return true,
            // Version 4 before 3.0 has no block at the end.
            State::Length if self.is_old && self.field.get().is_empty() => return true,
            _ => {}
        }
        out.cut(Cut::Truncated);
        if matches!(self.state, State::Stored(_, true)) {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Signature;
        self.field.clear();
        self.header.clear();
        self.header_crc.reset();
        self.crc.reset();
        (self.is_old, self.told) = (false, None);
    }
}
