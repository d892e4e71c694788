//! 7z archives. Their header, with the names, comes last and is packed itself as a rule: what streams by is the packed data,
//! `(packed)`, which are scanned as they stand, since they may be stored. Behind them it is known whether the header or
//! the files are encrypted ([`Cut::Encrypted`]); else the archive is [`Cut::Unsupported`]. Files are named where
//! the header is not packed and not longer than 64 KiB.

mod names;

use super::crc32::Crc32;

use self::names::Files;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, begins};
use super::parts::{le32, le64, only_name};

pub(super) static FORMAT: Format = Format {
    name: "7z",
    recognise: |bytes| begins(bytes, b"7z\xbc\xaf\x27\x1c"),
    make: || Box::new(SevenZip::new()),
    memory: 66 << 10,
    scanned: false,
    carries: false,
};

const START: usize = 32;
/// As much of the header as is kept.
const HEADER: usize = 64 << 10;
/// Identifies AES-256 with SHA-256 among the methods.
const AES: &[u8] = b"\x06\xf1\x07\x01";

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    /// Packed data: what is left, and whether it is wanted.
    Packed(u64, bool),
    /// What is left of the header.
    Header(u64),
}

#[derive(Debug)]
struct SevenZip {
    state: State,
    start: Field<START>,
    header: Vec<u8>,
    crc: Crc32,
}

impl SevenZip {
    fn new() -> Self {
        Self { state: State::Start, start: Field::EMPTY, header: Vec::with_capacity(HEADER), crc: Crc32::new() }
    }

    /// The first bytes are complete: where the header lies. `None` where their sum is wrong.
    fn start(&self) -> Option<(u64, u64)> {
        let start = self.start.get();
        let mut crc = Crc32::new();
        crc.update(start.get(12..)?);
        (le32(start, 8)? == crc.sum()).then_some((le64(start, 12)?, le64(start, 20)?))
    }

    /// The header is complete.
    fn header(&self, out: &mut dyn Out) {
        if le32(self.start.get(), 28) != Some(self.crc.sum()) {
            out.cut(Cut::Checksum);
            return;
        }
        let is_encrypted = memchr::memmem::find(&self.header, AES).is_some();
        let reason = if is_encrypted { Cut::Encrypted } else { Cut::Unsupported };
        // Property 1 is a header, property 0x17 one that is packed and maybe encrypted.
        let files =
            Some(&self.header).filter(|header| header.first() == Some(&1)).and_then(|header| Files::find(header));
        for name in files.into_iter().flat_map(Files::with_content) {
            only_name(name.get(), reason, out);
        }
        out.cut(reason);
    }
}

impl Decoder for SevenZip {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Start => {
                    if !self.start.fill(&mut input, START) {
                        return Ok(Taken::All);
                    }
                    match self.start().ok_or(Fault::before(piece, input))? {
                        // An archive of nothing.
                        (_, 0) => return Ok(Taken::End(piece.len() - input.len())),
                        (0, length) => State::Header(length),
                        (packed, _) => State::Packed(packed, out.begin_text(&Child { name: b"(packed)" })),
                    }
                }
                State::Packed(0, wanted) => {
                    if wanted {
                        out.end();
                    }
                    State::Header(le64(self.start.get(), 20).unwrap_or(0))
                }
                State::Header(0) => {
                    self.header(out);
                    return Ok(Taken::End(piece.len() - input.len()));
                }
                _ if input.is_empty() => return Ok(Taken::All),
                State::Packed(left, wanted) => {
                    let bytes = take(&mut input, left);
                    if wanted && !out.data(bytes) {
                        return Ok(Taken::Enough);
                    }
                    State::Packed(left - bytes.len() as u64, wanted)
                }
                State::Header(left) => {
                    let bytes = take(&mut input, left);
                    self.crc.update(bytes);
                    let room = HEADER.saturating_sub(self.header.len()).min(bytes.len());
                    self.header.extend_from_slice(bytes.get(..room).unwrap_or(&[]));
                    State::Header(left - bytes.len() as u64)
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if matches!(self.state, State::Packed(_, true)) {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Start;
        self.start.clear();
        self.header.clear();
        self.crc.reset();
    }
}
