//! ASCII85, ASCIIHex and run lengths (ISO 32000-1 sections 7.4.2, 7.4.3 and 7.4.5).

use super::super::lexer::{digit, is_space};
use super::Flow;

/// Handed out at a time.
const PIECE: usize = 512;

/// Bytes on their way to the next stage.
struct Piece {
    bytes: [u8; PIECE],
    length: usize,
}

impl Piece {
    const EMPTY: Self = Self { bytes: [0; PIECE], length: 0 };

    /// False where no more is wanted.
    fn add(&mut self, byte: u8, sink: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        self.length < PIECE || self.flush(sink)
    }

    fn flush(&mut self, sink: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let bytes = self.bytes.get(..std::mem::take(&mut self.length)).unwrap_or(&[]);
        bytes.is_empty() || sink(bytes)
    }
}

/// Five digits of base 85 are four bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ascii85 {
    value: u64,
    digits: usize,
    /// Behind a tilde; behind `~>`.
    tilde: bool,
    over: bool,
}

impl Ascii85 {
    pub(super) const EMPTY: Self = Self { value: 0, digits: 0, tilde: false, over: false };

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        let mut piece = Piece::EMPTY;
        let mut flow = if self.over { Flow::Done } else { Flow::More };
        for byte in bytes {
            if flow != Flow::More {
                break;
            }
            let mut go_on = true;
            match byte {
                b'~' => self.tilde = true,
                b'>' if self.tilde => {
                    // So many digits less one is the number of bytes; what is missing is `u`.
                    let count = self.digits.saturating_sub(1);
                    while self.digits != 0 && self.digits < 5 {
                        self.value = self.value * 85 + 84;
                        self.digits += 1;
                    }
                    for byte in word(self.value).into_iter().take(count) {
                        go_on &= piece.add(byte, sink);
                    }
                    self.over = true;
                    flow = Flow::Done;
                }
                b'z' if self.digits == 0 => {
                    for _ in 0..4 {
                        go_on &= piece.add(0, sink);
                    }
                }
                b'!'..=b'u' => {
                    self.value = self.value * 85 + u64::from(byte - b'!');
                    self.digits += 1;
                    if self.digits == 5 {
                        for byte in word(self.value) {
                            go_on &= piece.add(byte, sink);
                        }
                        (self.value, self.digits) = (0, 0);
                    }
                }
                _ if is_space(*byte) => {}
                _ => flow = Flow::Bad,
            }
            if !go_on {
                return Flow::Enough;
            }
        }
        self.over |= flow == Flow::Bad;
        if piece.flush(sink) { flow } else { Flow::Enough }
    }
}

/// The lowest 32 bits.
const fn word(value: u64) -> [u8; 4] {
    let [.., a, b, c, d] = value.to_be_bytes();
    [a, b, c, d]
}

/// Two digits are a byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsciiHex {
    first: Option<u8>,
    over: bool,
}

impl AsciiHex {
    pub(super) const EMPTY: Self = Self { first: None, over: false };

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        let mut piece = Piece::EMPTY;
        let mut flow = if self.over { Flow::Done } else { Flow::More };
        for byte in bytes {
            if flow != Flow::More {
                break;
            }
            let whole = match (digit(*byte), self.first) {
                (Some(low), Some(high)) => {
                    self.first = None;
                    Some(high << 4 | low)
                }
                (Some(high), None) => {
                    self.first = Some(high);
                    None
                }
                (None, first) if *byte == b'>' => {
                    flow = Flow::Done;
                    first.map(|high| high << 4)
                }
                (None, _) => {
                    if !is_space(*byte) {
                        flow = Flow::Bad;
                    }
                    None
                }
            };
            if whole.is_some_and(|byte| !piece.add(byte, sink)) {
                return Flow::Enough;
            }
        }
        self.over |= flow != Flow::More;
        if piece.flush(sink) { flow } else { Flow::Enough }
    }
}

/// A length, and bytes or one byte that is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunLength {
    /// Bytes that follow as they are; times the next one is repeated.
    copies: usize,
    repeats: usize,
    over: bool,
}

impl RunLength {
    pub(super) const EMPTY: Self = Self { copies: 0, repeats: 0, over: false };

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        let mut piece = Piece::EMPTY;
        for byte in bytes {
            if self.over {
                break;
            }
            let times = if self.copies != 0 {
                self.copies -= 1;
                1
            } else if self.repeats != 0 {
                std::mem::take(&mut self.repeats)
            } else {
                match *byte {
                    128 => self.over = true,
                    length @ 0..=127 => self.copies = usize::from(length) + 1,
                    length => self.repeats = 257 - usize::from(length),
                }
                0
            };
            for _ in 0..times {
                if !piece.add(*byte, sink) {
                    return Flow::Enough;
                }
            }
        }
        match piece.flush(sink) {
            false => Flow::Enough,
            true if self.over => Flow::Done,
            true => Flow::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(bytes: &[u8], mut push: impl FnMut(&[u8], &mut dyn FnMut(&[u8]) -> bool) -> Flow) -> (Vec<u8>, Flow) {
        let mut all = Vec::new();
        let mut flow = Flow::More;
        for piece in bytes.chunks(1) {
            if flow == Flow::More {
                flow = push(piece, &mut |bytes| {
                    all.extend_from_slice(bytes);
                    true
                });
            }
        }
        (all, flow)
    }

    #[test]
    fn digits_become_bytes() {
        let mut ascii = Ascii85::EMPTY;
        // As Python's base64.a85encode writes it.
        let (found, flow) = out(b":i^JhAR\nfg)<+U)fz+T~>", |bytes, sink| ascii.push(bytes, sink));
        assert_eq!((found, flow), (b"Project Tern\0\0\0\0!".to_vec(), Flow::Done));
        let mut ascii = AsciiHex::EMPTY;
        assert_eq!(out(b"54 65 72 6E\n2>", |bytes, sink| ascii.push(bytes, sink)), (b"Tern ".to_vec(), Flow::Done));
        let mut ascii = AsciiHex::EMPTY;
        assert_eq!(out(b"54x65", |bytes, sink| ascii.push(bytes, sink)), (b"T".to_vec(), Flow::Bad));
        let mut runs = RunLength::EMPTY;
        let (found, flow) = out(b"\x02abc\xfex\x80y", |bytes, sink| runs.push(bytes, sink));
        assert_eq!((found, flow), (b"abcxxx".to_vec(), Flow::Done));
    }
}
