//! Unix compress (`.Z`): LZW with codes of 9 to 16 bits, as ncompress writes it.
//!
//! Nothing says where it ends, nor what its sum is.

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{Format, Guess, begins};

pub(super) static FORMAT: Format = Format {
    name: "compress",
    recognise,
    make: || Box::new(Compress::new()),
    memory: 272 << 10,
    scanned: false,
    carries: false,
};

const MAGIC: [u8; 2] = [0x1f, 0x9d];
/// Of the third byte: most bits of a code, and whether there is a code that empties the table.
const BITS: u8 = 0x1f;
const BLOCKS: u8 = 0x80;
/// Bits of the first codes, and of the longest.
const SHORTEST: u32 = 9;
const LONGEST: u32 = 16;
/// The code that empties the table.
const CLEAR: u16 = 256;
const CODES: usize = 1 << LONGEST;
/// Bytes handed out at a time.
const PIECE: usize = 16 << 10;

/// The magic number, a third byte that means something, and a first code, which is a byte.
fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, &MAGIC), bytes.get(2..).unwrap_or(&[])) {
        (Guess::Yes, [flags, ..]) if flags & 0x60 != 0 || !(9..=16).contains(&(flags & BITS)) => Guess::No,
        (Guess::Yes, [_, _, high, ..]) => {
            if high & 1 == 0 {
                Guess::Yes
            } else {
                Guess::No
            }
        }
        (Guess::Yes, _) => Guess::More,
        (guess, _) => guess,
    }
}

struct Compress {
    header: Field<3>,
    open: bool,
    /// Bits that were read and not used, the lowest first, and how many; bits to pass over before the next code.
    hold: u32,
    count: u32,
    skip: u32,
    /// Bits of a code now and at most, and how many codes of this width there were, modulo eight.
    width: u32,
    most: u32,
    codes: u32,
    blocks: bool,
    /// The next free code.
    free: usize,
    /// The last code, and the first byte it stands for.
    last: Option<u16>,
    first: u8,
    /// What codes stand for: those before the last byte, and that byte.
    prefixes: Box<[u16]>,
    suffixes: Box<[u8]>,
    /// The bytes of a code, from the end.
    stack: Box<[u8]>,
    piece: Box<[u8]>,
    filled: usize,
}

impl Compress {
    fn new() -> Self {
        Self {
            header: Field::EMPTY,
            open: false,
            hold: 0,
            count: 0,
            skip: 0,
            width: SHORTEST,
            most: LONGEST,
            codes: 0,
            blocks: false,
            free: 0,
            last: None,
            first: 0,
            prefixes: vec![0; CODES].into_boxed_slice(),
            suffixes: vec![0; CODES].into_boxed_slice(),
            stack: vec![0; CODES].into_boxed_slice(),
            piece: vec![0; PIECE].into_boxed_slice(),
            filled: 0,
        }
    }

    /// Codes of another width follow, behind what is left of a group of eight of this one.
    const fn set_width(&mut self, width: u32) {
        self.skip = (8 - self.codes) % 8 * self.width;
        (self.width, self.codes) = (width, 0);
    }

    /// The next code.
    fn code(&mut self, input: &mut &[u8]) -> Option<u16> {
        loop {
            if self.skip != 0 && self.count != 0 {
                let now = self.skip.min(self.count);
                self.hold = self.hold.checked_shr(now).unwrap_or(0);
                self.count -= now;
                self.skip -= now;
            } else if self.skip == 0 && self.count >= self.width {
                let code = u16::try_from(self.hold & ((1 << self.width) - 1)).ok()?;
                self.hold = self.hold.checked_shr(self.width).unwrap_or(0);
                self.count -= self.width;
                self.codes = (self.codes + 1) % 8;
                return Some(code);
            } else {
                let (byte, rest) = input.split_first()?;
                *input = rest;
                self.hold |= u32::from(*byte) << self.count;
                self.count += 8;
            }
        }
    }

    /// Takes one code. False where no more is wanted.
    fn take(&mut self, code: u16, out: &mut dyn Out) -> Result<bool, ()> {
        if code == CLEAR && self.blocks {
            // The entry that the next code makes is this code's own, which nothing can refer to.
            self.free = usize::from(CLEAR);
            self.set_width(SHORTEST);
            return Ok(true);
        }
        let mut at = self.stack.len();
        let mut rest = code;
        match self.last {
            None if usize::from(code) > 255 => return Err(()),
            Some(last) if usize::from(code) >= self.free && code > 255 => {
                if usize::from(code) > self.free {
                    return Err(());
                }
                // It stands for what it is about to be made of: the last one and its first byte.
                at -= 1;
                *self.stack.get_mut(at).ok_or(())? = self.first;
                rest = last;
            }
            _ => {}
        }
        while rest > 255 {
            at = at.checked_sub(1).ok_or(())?;
            *self.stack.get_mut(at).ok_or(())? = self.suffixes.get(usize::from(rest)).copied().ok_or(())?;
            rest = self.prefixes.get(usize::from(rest)).copied().ok_or(())?;
        }
        at = at.checked_sub(1).ok_or(())?;
        self.first = rest.to_le_bytes()[0];
        *self.stack.get_mut(at).ok_or(())? = self.first;
        if let Some(last) = self.last
            && self.free < 1 << self.most
        {
            if let (Some(prefix), Some(suffix)) = (self.prefixes.get_mut(self.free), self.suffixes.get_mut(self.free)) {
                (*prefix, *suffix) = (last, self.first);
            }
            self.free += 1;
        }
        self.last = Some(code);
        Ok(self.put(at, out))
    }

    /// Hands out what is on the stack.
    fn put(&mut self, from: usize, out: &mut dyn Out) -> bool {
        let bytes = self.stack.get(from..).unwrap_or(&[]);
        for part in bytes.chunks(PIECE) {
            if self.piece.len() - self.filled < part.len() {
                if !out.data(self.piece.get(..self.filled).unwrap_or(&[])) {
                    return false;
                }
                self.filled = 0;
            }
            if let Some(place) = self.piece.get_mut(self.filled..self.filled + part.len()) {
                place.copy_from_slice(part);
                self.filled += part.len();
            }
        }
        true
    }

    fn flush(&mut self, out: &mut dyn Out) -> bool {
        let filled = std::mem::take(&mut self.filled);
        filled == 0 || out.data(self.piece.get(..filled).unwrap_or(&[]))
    }
}

impl Decoder for Compress {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if !self.open {
            if !self.header.fill(&mut input, 3) {
                return Ok(Taken::All);
            }
            let [a, b, flags] = *self.header.get().first_chunk::<3>().ok_or(Fault::before(piece, input))?;
            self.most = u32::from(flags & BITS);
            if [a, b] != MAGIC || !(SHORTEST..=LONGEST).contains(&self.most) {
                return Err(Fault::before(piece, input));
            }
            self.blocks = flags & BLOCKS != 0;
            self.free = usize::from(CLEAR) + usize::from(self.blocks);
            self.open = true;
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
        }
        loop {
            if self.free >= 1 << self.width && self.width < self.most {
                self.set_width(self.width + 1);
            }
            let Some(code) = self.code(&mut input) else {
                return Ok(if self.flush(out) { Taken::All } else { Taken::Enough });
            };
            match self.take(code, out) {
                Ok(true) => {}
                Ok(false) => return Ok(Taken::Enough),
                Err(()) if !self.flush(out) => return Ok(Taken::Enough),
                Err(()) => return Err(Fault::before(piece, input)),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if !self.open {
            out.cut(Cut::Truncated);
            return false;
        }
        out.end();
        true
    }

    fn reset(&mut self) {
        self.header.clear();
        (self.hold, self.count, self.skip) = (0, 0, 0);
        (self.width, self.codes, self.last, self.filled) = (SHORTEST, 0, None, 0);
        self.open = false;
    }
}

impl std::fmt::Debug for Compress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compress").field("width", &self.width).field("free", &self.free).finish_non_exhaustive()
    }
}
