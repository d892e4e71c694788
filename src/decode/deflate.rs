//! HTTP's content coding `deflate`: zlib's format (RFC 1950), or, as servers have sent it under this name all along, the
//! raw data (RFC 1951) without it. Two bytes tell: raw data that begin like zlib's header would begin with a stored block
//! with odd padding.

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess};
use super::inflate::{Inflate, Step};

pub(super) static FORMAT: Format = Format {
    name: "deflate",
    recognise: |_| Guess::No,
    make: || Box::new(Deflate::new()),
    memory: 64 << 10,
    scanned: false,
    carries: false,
};

/// RFC 1950 section 2.2: method 8, a window of up to 32 KiB, no dictionary, and a sum that is a multiple of 31.
const fn is_zlib([method, flags]: [u8; 2]) -> bool {
    method & 15 == 8 && method >> 4 <= 7 && flags & 0x20 == 0 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

#[derive(Debug)]
struct Deflate {
    first: Field<2>,
    inflate: Inflate,
    begun: bool,
    ended: bool,
}

impl Deflate {
    fn new() -> Self {
        Self { first: Field::EMPTY, inflate: Inflate::new(false), begun: false, ended: false }
    }

    /// Takes data; gives how many bytes of them belong to the object where it ends.
    fn inflate(&mut self, bytes: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        Ok(match self.inflate.push(bytes, out)? {
            Step::More => Taken::All,
            Step::Enough => Taken::Enough,
            Step::Done(taken) => {
                self.ended = true;
                out.end();
                Taken::End(taken)
            }
        })
    }
}

impl Decoder for Deflate {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if !self.begun {
            if !self.first.fill(&mut input, 2) {
                return Ok(Taken::All);
            }
            let first = *self.first.get().first_chunk::<2>().ok_or(Fault { at: 0 })?;
            self.begun = true;
            self.inflate.begin(is_zlib(first));
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
            // Of these two bytes so many came with an earlier piece.
            let earlier = 2 - (piece.len() - input.len());
            match self.inflate(&first, out) {
                Ok(Taken::All) => {}
                Ok(Taken::End(taken)) => return Ok(Taken::End(taken.saturating_sub(earlier))),
                Ok(Taken::Enough) => return Ok(Taken::Enough),
                Err(Fault { at }) => return Err(Fault { at: at.saturating_sub(earlier) }),
            }
        }
        let before = piece.len() - input.len();
        match self.inflate(input, out) {
            Ok(Taken::End(taken)) => Ok(Taken::End(before + taken)),
            Err(Fault { at }) => Err(Fault { at: before + at }),
            taken => taken,
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if !self.ended {
            out.cut(Cut::Truncated);
            if self.begun {
                out.end();
            }
        }
        self.ended
    }

    fn reset(&mut self) {
        self.first.clear();
        self.inflate.reset();
        (self.begun, self.ended) = (false, false);
    }
}
