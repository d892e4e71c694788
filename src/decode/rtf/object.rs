//! The header of an embedded object ([MS-OLEDS] section 2.2.4), which is passed over.

use super::super::decoder::{Field, take};
use super::super::parts::le32;

/// Longest class, topic and item.
const LONGEST: u32 = 512;
/// How many those are.
const STRINGS: u8 = 3;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Version and format.
    Start,
    /// The length of a string, of which so many have come.
    Length(u8),
    /// So many bytes of it.
    String(u8, u32),
    Size,
    Data,
}

#[derive(Debug)]
pub(super) struct Header {
    state: State,
    field: Field<8>,
}

impl Header {
    pub(super) const NEW: Self = Self { state: State::Start, field: Field::EMPTY };

    /// Whether the next byte is one of the object.
    pub(super) fn passes(&mut self, byte: u8) -> bool {
        let piece = [byte];
        let mut input = &piece[..];
        while !input.is_empty() {
            self.state = match self.state {
                State::Data => return true,
                State::String(number, 0) => after(number),
                State::String(number, left) => {
                    take(&mut input, 1);
                    State::String(number, left - 1)
                }
                State::Start => match self.number(&mut input, 8, 4) {
                    None => return false,
                    Some(_) => State::Length(0),
                },
                State::Length(number) => match self.number(&mut input, 4, 0) {
                    None => return false,
                    Some(0) => after(number),
                    Some(length) if length <= LONGEST => State::String(number, length),
                    Some(_) => State::Data,
                },
                State::Size => match self.number(&mut input, 4, 0) {
                    None => return false,
                    Some(_) => State::Data,
                },
            };
        }
        false
    }

    /// The number at `at` of a field of `length` bytes, once they are there.
    fn number(&mut self, input: &mut &[u8], length: usize, at: usize) -> Option<u32> {
        if !self.field.fill(input, length) {
            return None;
        }
        let number = le32(self.field.get(), at);
        self.field.clear();
        number
    }
}

const fn after(number: u8) -> State {
    if number + 1 < STRINGS { State::Length(number + 1) } else { State::Size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_passed_over_whatever_is_in_it() {
        let whole =
            [&b"\x01\x05\0\0\x02\0\0\0\x08\0\0\0Package\0\0\0\0\0\x02\0\0\0i\0\x04\0\0\0"[..], b"data"].concat();
        let long = [&b"\x01\x05\0\0\x02\0\0\0\xff\xff\0\0"[..], b"data"].concat();
        for bytes in [whole, long] {
            let mut header = Header::NEW;
            let found: Vec<u8> = bytes.into_iter().filter(|byte| header.passes(*byte)).collect();
            assert_eq!(found, b"data");
        }
    }
}
