//! Plain LZ77 (MS-XCA section 2.3 and 2.4), as SMB's compressed messages have it.
//!
//! It has no magic number, and is recognised by nothing: whoever knows that data are LZ77 pushes them. Matches reach back
//! 8 KiB, so content comes out as it goes in. Nothing is allocated.

use super::decoder::{Fault, Field, Out};

/// Bytes that matches may reach back: thirteen bits.
const WINDOW: usize = 8 << 10;
/// Shortest match.
const SHORTEST: u32 = 3;
/// Length that goes on in half a byte, in a byte, and in two or four.
const HALF: u32 = 7;
const BYTE: u32 = 15;
const WORD: u32 = 255;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Four bytes that say of 32 elements each whether they are matches.
    Flags,
    /// One of those.
    Element,
    /// A match that begins so far back; the rest of its length, in half a byte, a byte, two bytes or four.
    Match,
    Half(usize),
    Byte(usize),
    Word(usize),
    Long(usize),
}

/// Undoes plain LZ77.
#[derive(Debug)]
pub struct Lz77 {
    window: [u8; WINDOW],
    /// Where the next byte goes, up to where bytes were handed out, and how many there are to refer to.
    at: usize,
    flushed: usize,
    known: usize,
    state: State,
    field: Field<4>,
    flags: u32,
    /// Elements that these say something of still.
    elements: u32,
    /// The upper half of a byte, of which a match has had the lower one.
    half: Option<u8>,
    /// No more is wanted.
    enough: bool,
}

impl Default for Lz77 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz77 {
    /// A decoder; it holds its 8 KiB itself.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            window: [0; WINDOW],
            at: 0,
            flushed: 0,
            known: 0,
            state: State::Flags,
            field: Field::EMPTY,
            flags: 0,
            elements: 0,
            half: None,
            enough: false,
        }
    }

    /// Forgets everything: what comes next is the first piece of another object.
    pub const fn reset(&mut self) {
        (self.at, self.flushed, self.known) = (0, 0, 0);
        (self.state, self.elements, self.half, self.enough) = (State::Flags, 0, None, false);
        self.field.clear();
    }

    /// Takes the next piece; what comes out goes to [`Out::data`]. False where no more is wanted.
    ///
    /// # Errors
    /// [`Fault`], behind the bytes that show it and after all that came before them.
    pub fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<bool, Fault> {
        let mut input = piece;
        loop {
            match self.step(&mut input, out) {
                Some(true) => {}
                None => return Ok(self.flush(out)),
                Some(false) => {
                    let wanted = !self.enough && self.flush(out);
                    return if wanted { Err(Fault::before(piece, input)) } else { Ok(false) };
                }
            }
        }
    }

    /// Takes the next element, or a part of it. `None` where the piece ends; false where it is wrong, or nothing more is
    /// wanted.
    fn step(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Option<bool> {
        match self.state {
            State::Flags => {
                self.flags = self.number(input, 4)?;
                (self.elements, self.state) = (32, State::Element);
            }
            State::Element if self.elements == 0 => self.state = State::Flags,
            State::Element => {
                let is_match = self.flags >> (self.elements - 1) & 1 == 1;
                if is_match {
                    self.state = State::Match;
                } else {
                    let (byte, rest) = input.split_first()?;
                    *input = rest;
                    if !self.put(*byte, out) {
                        return Some(false);
                    }
                }
                self.elements -= 1;
            }
            State::Match => {
                let word = self.number(input, 2)?;
                let distance = usize::try_from(word >> 3).ok()? + 1;
                return Some(match word & 7 {
                    HALF => match self.half.take() {
                        Some(half) => self.lengthen(distance, u32::from(half), out),
                        None => {
                            self.state = State::Half(distance);
                            true
                        }
                    },
                    length => self.copy(distance, length, out),
                });
            }
            State::Half(distance) => {
                let byte = self.number(input, 1)?;
                self.half = u8::try_from(byte >> 4).ok();
                return Some(self.lengthen(distance, byte & 15, out));
            }
            State::Byte(distance) => {
                let byte = self.number(input, 1)?;
                if byte != WORD {
                    return Some(self.copy(distance, byte + BYTE + HALF, out));
                }
                self.state = State::Word(distance);
            }
            State::Word(distance) => {
                let word = self.number(input, 2)?;
                if word != 0 {
                    return Some(word >= BYTE + HALF && self.copy(distance, word, out));
                }
                self.state = State::Long(distance);
            }
            State::Long(distance) => {
                let long = self.number(input, 4)?;
                return Some(long >= BYTE + HALF && self.copy(distance, long, out));
            }
        }
        Some(true)
    }

    fn number(&mut self, input: &mut &[u8], length: usize) -> Option<u32> {
        if !self.field.fill(input, length) {
            return None;
        }
        let number = self.field.get().iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
        self.field.clear();
        Some(number)
    }

    /// A match's length goes on in half a byte.
    fn lengthen(&mut self, distance: usize, half: u32, out: &mut dyn Out) -> bool {
        if half == BYTE {
            self.state = State::Byte(distance);
            return true;
        }
        self.copy(distance, half + HALF, out)
    }

    /// Puts a match of that length, less the shortest. False where it begins before the first byte, or no more is wanted.
    fn copy(&mut self, distance: usize, length: u32, out: &mut dyn Out) -> bool {
        self.state = State::Element;
        if distance > self.known {
            return false;
        }
        for _ in 0..u64::from(length) + u64::from(SHORTEST) {
            let from = (self.at + WINDOW - distance) % WINDOW;
            let byte = self.window.get(from).copied().unwrap_or(0);
            if !self.put(byte, out) {
                return false;
            }
        }
        true
    }

    fn put(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at += 1;
        self.known = (self.known + 1).min(WINDOW);
        self.at < WINDOW || self.flush(out)
    }

    /// Hands out what was not handed out yet. False where no more is wanted.
    fn flush(&mut self, out: &mut dyn Out) -> bool {
        let bytes = self.window.get(self.flushed..self.at).unwrap_or(&[]);
        self.enough |= !bytes.is_empty() && !out.data(bytes);
        self.at %= WINDOW;
        self.flushed = self.at;
        !self.enough
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::super::cut::Cut;
    use super::super::decoder::Child;
    use super::*;

    /// Keeps what comes out; so much is wanted.
    struct Bytes(Vec<u8>, usize);

    impl Out for Bytes {
        fn begin(&mut self, _: &Child<'_>) -> bool {
            true
        }

        fn data(&mut self, bytes: &[u8]) -> bool {
            self.0.extend_from_slice(bytes);
            self.0.len() < self.1
        }

        fn end(&mut self) {}

        fn cut(&mut self, _: Cut) {}
    }

    fn unpack<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Result<bool, usize>) {
        let (mut decoder, mut out) = (Lz77::new(), Bytes(Vec::new(), 1 << 20));
        let mut before = 0;
        for piece in pieces {
            match decoder.push(piece, &mut out) {
                Ok(true) => before += piece.len(),
                Ok(false) => return (out.0, Ok(false)),
                Err(Fault { at }) => return (out.0, Err(before + at)),
            }
        }
        (out.0, Ok(true))
    }

    /// What Samba's library has made of a content (`tests/content/make-lz77.py`).
    fn made() -> [(&'static [u8], Vec<u8>); 3] {
        let varied = include_bytes!("../../tests/content/compressed/varied");
        let long = (0..70).flat_map(|number| [format!("part {number}\n").as_bytes(), varied].concat()).collect();
        [
            (include_bytes!("../../tests/content/lz77/varied.lz77"), varied.to_vec()),
            (include_bytes!("../../tests/content/lz77/long.lz77"), long),
            (include_bytes!("../../tests/content/lz77/zeros.lz77"), vec![0; 70_000]),
        ]
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        // MS-XCA section 3.1.
        let alphabet = [b"\x3f\0\0\0".as_slice(), b"abcdefghijklmnopqrstuvwxyz"].concat();
        assert_eq!(unpack([&*alphabet]), (b"abcdefghijklmnopqrstuvwxyz".to_vec(), Ok(true)));
        let repeated = b"\xff\xff\xff\x1fabc\x17\0\x0f\xff\x26\x01";
        assert_eq!(unpack([&repeated[..]]), (b"abc".repeat(100), Ok(true)));
    }

    #[test]
    fn what_another_program_packs_comes_out_wherever_pieces_end() {
        for (packed, content) in made() {
            assert_eq!(unpack([packed]), (content.clone(), Ok(true)));
            assert!(unpack(packed.chunks(1)).0 == content);
            for at in (0..packed.len()).step_by(1 + packed.len() / 300) {
                let (first, second) = packed.split_at(at);
                assert!(unpack([first, second]).0 == content, "cut at {at}");
                assert!(content.starts_with(&unpack([first]).0), "{at} bytes");
            }
        }
    }

    #[test]
    fn damage_is_bounded_and_at_the_same_place_wherever_pieces_end() {
        for (packed, _) in made() {
            for at in (0..packed.len()).step_by(1 + packed.len() / 300) {
                let mut damaged = packed.to_vec();
                damaged[at] ^= 0x55;
                let (bytes, end) = unpack([&*damaged]);
                assert!(bytes.len() <= (1 << 20) + WINDOW, "damage at {at}");
                if end != Ok(false) {
                    assert_eq!((bytes, end), unpack(damaged.chunks(7)), "damage at {at}");
                }
            }
        }
    }

    #[test]
    fn lies_are_told_and_bombs_end_where_no_more_is_wanted() {
        // A match before the first byte, and lengths that are shorter than what they go on from.
        assert_eq!(unpack([&b"\xff\xff\xff\xff\0\0"[..]]), (Vec::new(), Err(6)));
        assert_eq!(unpack([&b"\xff\xff\xff\x7fa\x07\0\x0f\xff\x15\0"[..]]), (b"a".to_vec(), Err(11)));
        assert_eq!(unpack([&b"\xff\xff\xff\x7fa\x07\0\x0f\xff\0\0\x15\0\0\0"[..]]), (b"a".to_vec(), Err(15)));
        let (bytes, end) = unpack([&b"\xff\xff\xff\x7fa\x07\0\x0f\xff\0\0\xff\xff\xff\xff"[..]]);
        assert_eq!((bytes.len(), end), (1 << 20, Ok(false)));
    }
}
