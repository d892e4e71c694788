//! TIFF (Adobe, revision 6.0), and what cameras write like it: directories anywhere in the file, of which texts are read.
//!
//! Pixels are passed by. Where directories and texts are, only the file says: its first 64 KiB are kept, and as much from
//! its first directory on. What lies elsewhere is [`Cut::NotInspected`].

use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Out, Taken, take};
use super::super::format::{Format, Guess, begins};
use super::super::metadata::{Held, ROOM, object, texts};
use super::super::parts::{be32, le32};
use super::exif::{self, View};

pub(in super::super) static FORMAT: Format = Format {
    name: "tiff",
    recognise,
    make: || Box::new(Tiff::new()),
    memory: 2 * ROOM + 256,
    scanned: false,
    carries: false,
};

/// Byte order, version, and the place of the first directory.
const HEADER: usize = 8;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, b"II*\0"), begins(bytes, b"MM\0*")) {
        (Guess::No, Guess::No) => Guess::No,
        _ if bytes.len() < HEADER => Guess::More,
        // It is behind the header.
        _ if directory(bytes).is_some_and(|at| at >= HEADER as u64) => Guess::Yes,
        _ => Guess::No,
    }
}

/// Where a header says that the first directory is.
fn directory(header: &[u8]) -> Option<u64> {
    if header.starts_with(b"II") { le32(header, 4) } else { be32(header, 4) }.map(u64::from)
}

#[derive(Debug)]
struct Tiff {
    held: Held,
    /// Bytes of the file that have come, and of those between what is kept.
    taken: u64,
    between: u64,
}

impl Tiff {
    fn new() -> Self {
        Self { held: Held::with_room(2 * ROOM), taken: 0, between: 0 }
    }
}

impl Decoder for Tiff {
    fn push(&mut self, piece: &[u8], _: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        let first = take(&mut input, (ROOM as u64).saturating_sub(self.taken));
        self.held.append(first);
        self.taken += first.len() as u64;
        if !input.is_empty() {
            let second = directory(self.held.get()).unwrap_or(0).max(ROOM as u64);
            let passed = take(&mut input, second.saturating_sub(self.taken)).len() as u64;
            self.between += passed;
            self.held.append(input);
            self.taken += passed + input.len() as u64;
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let (Ok(between), Ok(taken)) = (usize::try_from(self.between), usize::try_from(self.taken)) else {
            out.cut(Cut::NotInspected);
            return false;
        };
        let view = View { bytes: self.held.get(), split: ROOM, between };
        let mut beside = exif::Beside::default();
        let go_on = texts(out, |texts| beside = exif::view(view, texts));
        if let Some(xmp) = beside.xmp.filter(|_| go_on) {
            object(xmp, out);
        }
        if beside.missed {
            let whole = taken == self.held.get().len();
            out.cut(if whole { Cut::Truncated } else { Cut::NotInspected });
        }
        !beside.missed
    }

    fn reset(&mut self) {
        self.held.clear();
        (self.taken, self.between) = (0, 0);
    }
}
