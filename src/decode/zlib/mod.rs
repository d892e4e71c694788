//! zlib (RFC 1950).

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Out, Taken};
use super::format::{Format, Guess};
use super::inflate::{Inflate, Step};

pub(super) static FORMAT: Format = Format {
    name: "zlib",
    recognise,
    make: || Box::new(Zlib::new()),
    memory: 64 << 10,
    scanned: false,
    carries: false,
};

/// RFC 1950 section 2.2: method 8 with a window of 32 KiB, as nearly all programs write it (text may begin with any other
/// pair of bytes that is allowed), no dictionary, and a sum that is a multiple of 31. The first block's type must be one as well.
fn recognise(bytes: &[u8]) -> Guess {
    match *bytes {
        [] | [0x78] => Guess::More,
        [0x78, flags, ..] if !u16::from_be_bytes([0x78, flags]).is_multiple_of(31) || flags & 0x20 != 0 => Guess::No,
        [0x78, _] => Guess::More,
        [0x78, _, block, ..] if block >> 1 & 3 != 3 => Guess::Yes,
        _ => Guess::No,
    }
}

#[derive(Debug)]
struct Zlib {
    inflate: Inflate,
    begun: bool,
    ended: bool,
}

impl Zlib {
    fn new() -> Self {
        Self { inflate: Inflate::new(true), begun: false, ended: false }
    }
}

impl Decoder for Zlib {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        if !self.begun {
            self.begun = true;
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
        }
        match self.inflate.push(piece, out)? {
            Step::More => Ok(Taken::All),
            Step::Enough => Ok(Taken::Enough),
            Step::Done(taken) => {
                self.ended = true;
                out.end();
                Ok(Taken::End(taken))
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if self.begun && !self.ended {
            out.cut(Cut::Truncated);
            out.end();
        }
        self.ended
    }

    fn reset(&mut self) {
        self.inflate.reset();
        (self.begun, self.ended) = (false, false);
    }
}
