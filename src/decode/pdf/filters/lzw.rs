//! LZW as PDF has it (ISO 32000-1 section 7.4.4): codes of 9 to 12 bits, the highest first, 256 clears, 257 ends.

use super::super::super::bits::Bits;
use super::Flow;

const CLEAR: usize = 256;
const END: usize = 257;
const CODES: usize = 4096;

#[derive(Debug)]
pub(super) struct Lzw {
    bits: Bits,
    width: u32,
    early: usize,
    next: usize,
    /// The code before.
    last: Option<usize>,
    /// Of each code what comes before its last byte, that byte, and how many bytes it is.
    before: [u16; CODES],
    byte: [u8; CODES],
    length: [u16; CODES],
    text: [u8; CODES],
    over: bool,
}

impl Lzw {
    pub(super) fn new() -> Self {
        let mut new = Self {
            bits: Bits::EMPTY,
            width: 9,
            early: 1,
            next: END + 1,
            last: None,
            before: [0; CODES],
            byte: [0; CODES],
            length: [0; CODES],
            text: [0; CODES],
            over: false,
        };
        for ((byte, length), value) in new.byte.iter_mut().zip(&mut new.length).zip(0..=u8::MAX) {
            (*byte, *length) = (value, 1);
        }
        new
    }

    /// Other data begin. `early`: codes become longer one code early.
    pub(super) fn begin(&mut self, early: bool) {
        self.bits.clear();
        (self.early, self.over) = (usize::from(early), false);
        self.clear();
    }

    const fn clear(&mut self) {
        (self.width, self.next, self.last) = (9, END + 1, None);
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        let mut input = bytes;
        if self.over {
            return Flow::Done;
        }
        while let Some(code) = self.bits.take(&mut input, self.width) {
            let code = usize::try_from(code).unwrap_or(END);
            match code {
                CLEAR => self.clear(),
                END => {
                    self.over = true;
                    return Flow::Done;
                }
                _ => {
                    let Some(length) = self.text(code) else {
                        self.over = true;
                        return Flow::Bad;
                    };
                    let text = self.text.get(CODES - length..).unwrap_or(&[]);
                    if !sink(text) {
                        return Flow::Enough;
                    }
                    self.last = Some(code);
                    self.width = match self.next + self.early {
                        0..512 => 9,
                        512..1024 => 10,
                        1024..2048 => 11,
                        _ => 12,
                    };
                }
            }
        }
        Flow::More
    }

    /// Puts what a code means at the end of the text, notes the new code that comes of it, and says how long it is.
    fn text(&mut self, code: usize) -> Option<usize> {
        let is_new = code == self.next;
        if code > self.next || (is_new && self.last.is_none()) {
            return None;
        }
        let known = if is_new { self.last? } else { code };
        let length = usize::from(*self.length.get(known)?);
        let end = CODES - usize::from(is_new);
        let mut at = known;
        for place in self.text.get_mut(end.checked_sub(length)?..end)?.iter_mut().rev() {
            *place = *self.byte.get(at)?;
            at = usize::from(*self.before.get(at)?);
        }
        let first = *self.text.get(end - length)?;
        if is_new {
            *self.text.last_mut()? = first;
        }
        if let Some(last) = self.last.filter(|_| self.next < CODES) {
            *self.before.get_mut(self.next)? = u16::try_from(last).ok()?;
            *self.byte.get_mut(self.next)? = first;
            let longer = self.length.get(last)?.saturating_add(1);
            *self.length.get_mut(self.next)? = longer;
            self.next += 1;
        }
        Some(length + usize::from(is_new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // Section 7.4.4.2, example 1.
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        for size in 1..=packed.len() {
            let mut lzw = Lzw::new();
            lzw.begin(true);
            let mut all = Vec::new();
            for piece in packed.chunks(size) {
                lzw.push(piece, &mut |bytes| {
                    all.extend_from_slice(bytes);
                    true
                });
            }
            assert_eq!(all, [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        }
    }
}
