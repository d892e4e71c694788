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

/// Of what does not begin like zlib's own streams so much is looked at.
const LOOK: usize = 32;

/// RFC 1950 section 2.2: method 8 with a window of up to 32 KiB, no dictionary, and a sum that is a multiple of 31. The first
/// block's type must be one as well. Nearly all programs write a window of 32 KiB; with a smaller one, which text begins
/// with more often, there has to be something that is no text.
fn recognise(bytes: &[u8]) -> Guess {
    let Some((method, rest)) = bytes.split_first() else { return Guess::More };
    if method & 15 != 8 || method >> 4 > 7 {
        return Guess::No;
    }
    let Some((flags, rest)) = rest.split_first() else { return Guess::More };
    if !u16::from_be_bytes([*method, *flags]).is_multiple_of(31) || flags & 0x20 != 0 {
        return Guess::No;
    }
    match rest.first() {
        None => Guess::More,
        Some(block) if block >> 1 & 3 == 3 => Guess::No,
        Some(_) if *method == 0x78 || !may_be_text(bytes.get(..LOOK).unwrap_or(bytes)) => Guess::Yes,
        Some(_) if bytes.len() < LOOK => Guess::More,
        Some(_) => Guess::No,
    }
}

/// Whether bytes are UTF-8 without control characters, but for a character that is not all there.
fn may_be_text(bytes: &[u8]) -> bool {
    let is_utf8 = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && !bytes.iter().any(|byte| matches!(byte, 0..9 | 11 | 12 | 14..0x20 | 0x7f))
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
