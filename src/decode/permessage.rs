//! Messages of a WebSocket that are compressed (permessage-deflate, RFC 7692): raw deflate data, each message up to a
//! flush, whose four bytes `00 00 ff ff` the sender leaves out and the protocol's parser puts back.
//!
//! Where the two sides agreed on context takeover a message goes on with the window of the one before it. Such a decoder
//! is kept from one message to the next: [`Format::continues`](super::Format::continues).

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Out, Taken};
use super::format::{Format, Guess};
use super::inflate::{Inflate, Step};

/// Each message goes on with the window of the one before.
pub(super) static TAKEOVER: Format = Format { name: "permessage-deflate", ..FRESH };

/// Each message stands for itself.
pub(super) static FRESH: Format = Format {
    name: "deflate-raw",
    recognise: |_| Guess::No,
    make: || Box::new(Message { inflate: Inflate::new(false), begun: false, last: 0 }),
    memory: 64 << 10,
    scanned: false,
    carries: false,
};

/// How a flush ends, and so a message (RFC 7692 section 7.2.1).
const FLUSHED: u32 = 0x0000_ffff;

#[derive(Debug)]
struct Message {
    inflate: Inflate,
    begun: bool,
    /// The last four bytes that came.
    last: u32,
}

impl Decoder for Message {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        if !self.begun {
            self.begun = true;
            self.last = u32::MAX;
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
        }
        for byte in piece.get(piece.len().saturating_sub(4)..).unwrap_or(&[]) {
            self.last = self.last << 8 | u32::from(*byte);
        }
        let mut at = 0;
        loop {
            let rest = piece.get(at..).unwrap_or(&[]);
            match self.inflate.push(rest, out).map_err(|fault| Fault { at: at + fault.at })? {
                Step::More => return Ok(Taken::All),
                Step::Enough => return Ok(Taken::Enough),
                // "A block with the BFINAL bit set to 1": what follows begins anew (RFC 7692 section 7.2.3.4).
                Step::Done(taken) => {
                    at += taken;
                    self.inflate.reset();
                }
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let is_whole = self.last == FLUSHED;
        if !is_whole {
            out.cut(Cut::Truncated);
        }
        if std::mem::take(&mut self.begun) {
            out.end();
        }
        is_whole
    }

    fn reset(&mut self) {
        self.inflate.reset();
        self.begun = false;
    }
}
