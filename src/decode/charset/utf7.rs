//! UTF-7 (RFC 2152): ASCII, with UTF-16 in base64 between a plus sign and what is no digit of it.

use super::converter::put;

/// Where in the text the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Direct,
    /// Behind a plus sign: with a hyphen it stands for itself.
    Plus,
    Base64,
}

/// Undoes UTF-7.
#[derive(Clone, Copy, Debug)]
pub(super) struct Utf7 {
    state: State,
    /// Bits that are no whole unit yet, and how many.
    bits: u32,
    count: u32,
    /// The first half of a character of two.
    high: Option<u16>,
}

impl Utf7 {
    pub(super) const NEW: Self = Self { state: State::Direct, bits: 0, count: 0, high: None };

    /// Undoes what is at the front of `input`, as far as there is room in `out`. Returns how many bytes it has written.
    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut [u8]) -> usize {
        let mut written = 0;
        while let Some((byte, rest)) = input.split_first() {
            // One byte may end a surrogate that stands alone, and be one itself.
            let Some(room) = out.get_mut(written..).filter(|room| room.len() >= 8) else { break };
            *input = rest;
            written += self.byte(*byte, room);
        }
        written
    }

    /// Nothing more comes. Returns how many bytes were written.
    pub(super) fn finish(&mut self, out: &mut [u8]) -> usize {
        let written = match self.state {
            State::Plus => put('+', out),
            _ => self.lone(out),
        };
        *self = Self::NEW;
        written
    }

    fn byte(&mut self, byte: u8, out: &mut [u8]) -> usize {
        if self.state == State::Direct {
            if byte == b'+' {
                self.state = State::Plus;
                return 0;
            }
            return direct(byte, out);
        }
        if let Some(digit) = digit(byte) {
            if self.state == State::Plus {
                (self.state, self.bits, self.count) = (State::Base64, 0, 0);
            }
            self.bits = (self.bits << 6 | digit) & 0x003f_ffff;
            self.count += 6;
            if self.count < 16 {
                return 0;
            }
            self.count -= 16;
            let [_, _, first, second] = (self.bits >> self.count).to_be_bytes();
            return self.unit(u16::from_be_bytes([first, second]), out);
        }
        let mut written = if self.state == State::Plus {
            // "+-" is a plus sign; a plus sign before anything else is one as well, though RFC 2152 has none there.
            put('+', out)
        } else {
            self.lone(out)
        };
        self.state = State::Direct;
        if byte != b'-' {
            written += self.byte(byte, out.get_mut(written..).unwrap_or_default());
        }
        written
    }

    fn unit(&mut self, unit: u16, out: &mut [u8]) -> usize {
        if let Some(high) = self.high.take() {
            if let Some(Ok(letter)) = char::decode_utf16([high, unit]).next() {
                return put(letter, out);
            }
            let written = put(char::REPLACEMENT_CHARACTER, out);
            return written + self.unit(unit, out.get_mut(written..).unwrap_or_default());
        }
        if matches!(unit, 0xd800..0xdc00) {
            self.high = Some(unit);
            return 0;
        }
        put(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), out)
    }

    /// The first half of a character without a second.
    fn lone(&mut self, out: &mut [u8]) -> usize {
        self.high.take().map_or(0, |_| put(char::REPLACEMENT_CHARACTER, out))
    }
}

/// A byte for itself.
fn direct(byte: u8, out: &mut [u8]) -> usize {
    put(if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER }, out)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_rfc_and_of_python() {
        let cases = [
            ("A+ImIDkQ.", "A\u{2262}\u{391}."),
            ("Hi Mom -+Jjo--!", "Hi Mom -\u{263a}-!"),
            ("+ZeVnLIqe-", "\u{65e5}\u{672c}\u{8a9e}"),
            ("Item 3 is +AKM-1.", "Item 3 is \u{a3}1."),
            ("1 +- 1 +AD0 2", "1 + 1 = 2"),
            ("+ADw-script+AD4-", "<script>"),
            ("+2D3eAA-!", "\u{1f600}!"),
            ("+2D0-x", "\u{fffd}x"),
            ("+2D0AQQ-", "\u{fffd}A"),
            ("a +", "a +"),
            ("+2D0", "\u{fffd}"),
            ("1 + 1", "1 + 1"),
        ];
        for (text, expected) in cases {
            for size in 1..=text.len() {
                let (mut utf7, mut found, mut room) = (Utf7::NEW, Vec::new(), [0; 16]);
                for piece in text.as_bytes().chunks(size) {
                    let mut input = piece;
                    while !input.is_empty() {
                        let written = utf7.push(&mut input, &mut room);
                        found.extend_from_slice(&room[..written]);
                    }
                }
                let written = utf7.finish(&mut room);
                found.extend_from_slice(&room[..written]);
                assert_eq!(String::from_utf8_lossy(&found), expected, "{text:?} in pieces of {size}");
            }
        }
    }
}
