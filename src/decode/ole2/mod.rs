//! OLE2 compound files ([MS-CFB]), as old Word, Excel, PowerPoint and Outlook write them: the text in their sectors, as
//! those pass.
//!
//! Which sectors belong together stands anywhere in the file, so streams are not put together: all runs of text, of one
//! byte (Windows-1252) or two a character, are one child, `(text)`, each with a line end behind it, and as UTF-8. Names of
//! streams are among them; `_VBA_PROJECT` says that there are macros ([`Cut::Macros`]), and so does the file that documents of
//! OOXML keep theirs in. Numbers beside a text may look like one more letter of it. A text whose sectors are apart is broken
//! where they are. Pictures and objects within are not told apart, nor is what Outlook or macros have packed.

mod runs;

use self::runs::{ENCRYPTED, MACROS, Runs};
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, begins};
use super::parts::{le16, le32};

pub(super) static FORMAT: Format = Format {
    name: "ole2",
    recognise: |bytes| begins(bytes, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    make: || Box::new(Ole2::new()),
    memory: 4 << 10,
    scanned: false,
    carries: false,
};

const HEADER: usize = 512;
/// Of each sector so much says whether a stream that begins in it is encrypted.
const FIRST: usize = 32;
/// Sector numbers from here on are none ([MS-CFB] section 2.1).
const NONE: u32 = 0xffff_fffa;

#[derive(Debug)]
struct Ole2 {
    header: Field<HEADER>,
    /// Bytes of the header that have passed as well where sectors are longer than it; of a sector what is left.
    left: u64,
    size: u64,
    first: Field<FIRST>,
    passed: u64,
    /// Sectors that there are at least, the header's among them.
    least: u64,
    runs: Runs,
    encrypted: bool,
}

impl Ole2 {
    const fn new() -> Self {
        Self {
            header: Field::EMPTY,
            left: 0,
            size: 0,
            first: Field::EMPTY,
            passed: 0,
            least: 0,
            runs: Runs::new(),
            encrypted: false,
        }
    }

    /// Reads the header (section 2.2). `None` where it is none.
    fn read(&mut self) -> Option<()> {
        let header = self.header.get();
        let shift = le16(header, 30)?;
        if le16(header, 28)? != 0xfffe || !matches!(shift, 9 | 12) {
            return None;
        }
        self.size = 1 << shift;
        // Where a version has longer sectors, zeros follow the header to the end of the first.
        self.left = self.size - HEADER as u64;
        let fat = header.get(76..)?.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        let places = fat.chain([le32(header, 48)?, le32(header, 60)?]).filter(|number| *number < NONE);
        self.least = places.max().map_or(1, |last| u64::from(last) + 2);
        Some(())
    }

    /// The first bytes of a sector are complete.
    fn begin_sector(&mut self) {
        let first = self.first.get();
        // [MS-DOC] section 2.5.2: fEncrypted.
        let word = le16(first, 0) == Some(0xa5ec) && le16(first, 10).is_some_and(|flags| flags & 0x100 != 0);
        // [MS-XLS] section 2.4.117: FilePass behind the first record.
        let excel = le16(first, 0) == Some(0x809)
            && le16(first, 2).is_some_and(|length| le16(first, 4 + usize::from(length)) == Some(0x2f));
        self.encrypted |= word || excel;
    }
}

impl Decoder for Ole2 {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if self.size == 0 {
            if !self.header.fill(&mut input, HEADER) {
                return Ok(Taken::All);
            }
            self.read().ok_or(Fault::before(piece, input))?;
            self.passed = HEADER as u64;
        }
        while !input.is_empty() {
            if self.left == 0 {
                self.left = self.size;
                self.first.clear();
            }
            let bytes = take(&mut input, self.left);
            self.left -= bytes.len() as u64;
            self.passed += bytes.len() as u64;
            let mut rest = bytes;
            if self.first.get().len() < FIRST && self.first.fill(&mut rest, FIRST) {
                self.begin_sector();
            }
            if !self.runs.push(bytes, out) {
                return Ok(Taken::Enough);
            }
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        self.runs.finish(out);
        let complete = self.size != 0 && self.passed > (self.least - 1) * self.size;
        if self.encrypted || self.runs.seen(ENCRYPTED) {
            out.cut(Cut::Encrypted);
        } else if !complete {
            out.cut(Cut::Truncated);
        } else if self.runs.seen(MACROS) {
            out.cut(Cut::Macros);
        }
        complete
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
