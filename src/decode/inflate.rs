//! Raw deflate data (RFC 1951), for the formats around it.

use std::fmt;

use super::crc32::Crc32;
use flate2::{Decompress, FlushDecompress, Status};

use super::decoder::{Fault, Out};

/// Bytes handed out at a time.
const PIECE: usize = 16 * 1024;

/// Undoes deflate, and sums up what comes out.
pub(super) struct Inflate {
    state: Decompress,
    zlib: bool,
    piece: Box<[u8]>,
    crc: Crc32,
}

/// How far a piece has led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// All of it was taken.
    More,
    /// The data end after so many bytes of it.
    Done(usize),
    /// No more is wanted.
    Enough,
}

impl Inflate {
    /// Raw data, or with the header and trailer of zlib (RFC 1950).
    pub(super) fn new(zlib: bool) -> Self {
        Self { state: Decompress::new(zlib), zlib, piece: vec![0; PIECE].into_boxed_slice(), crc: Crc32::new() }
    }

    pub(super) fn reset(&mut self) {
        self.state.reset(self.zlib);
        self.crc.reset();
    }

    /// Begins anew with raw data, or with the header and trailer of zlib.
    pub(super) fn begin(&mut self, zlib: bool) {
        self.zlib = zlib;
        self.reset();
    }

    /// CRC-32 of what came out, and its length modulo 2^32.
    pub(super) fn sum(&self) -> (u32, u32) {
        (self.crc.sum(), self.crc.amount())
    }

    /// Bytes that came out.
    pub(super) fn given(&self) -> u64 {
        self.state.total_out()
    }

    /// Bytes that went in.
    pub(super) fn taken(&self) -> u64 {
        self.state.total_in()
    }

    /// Takes what it can of `input`.
    ///
    /// # Errors
    /// A [`Fault`] in `input`.
    pub(super) fn push(&mut self, input: &[u8], out: &mut dyn Out) -> Result<Step, Fault> {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or(&[]);
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(rest, &mut self.piece, FlushDecompress::None);
            let taken = usize::try_from(self.state.total_in() - before_in).unwrap_or(0);
            let given = usize::try_from(self.state.total_out() - before_out).unwrap_or(0);
            at += taken;
            if let Some(bytes) = self.piece.get(..given).filter(|bytes| !bytes.is_empty()) {
                self.crc.update(bytes);
                if !out.data(bytes) {
                    return Ok(Step::Enough);
                }
            }
            match status {
                Ok(Status::StreamEnd) => return Ok(Step::Done(at)),
                Ok(_) if taken == 0 && given == 0 => return Ok(Step::More),
                Ok(_) => {}
                Err(_) => return Err(Fault { at }),
            }
        }
    }
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").field("taken", &self.taken()).field("given", &self.given()).finish_non_exhaustive()
    }
}
