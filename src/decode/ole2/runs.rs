//! Runs of text in bytes that are mostly none.

use super::super::decoder::{Child, Field, Out};
use super::super::pdf::windows_character;

/// So many characters begin a run.
const LEAST: usize = 4;
/// Bytes that may begin one.
const WINDOW: usize = 2 * LEAST;
/// Names of streams that tell something ([MS-OFFCRYPTO] section 2.3.4, [MS-OVBA] section 2.2.1).
const NAMES: [&[u8]; 3] = [b"EncryptedPackage", b"EncryptionInfo", b"_VBA_PROJECT"];
/// Any of those whose presence says that the file is encrypted, or has macros.
pub(super) const ENCRYPTED: &[usize] = &[0, 1];
pub(super) const MACROS: &[usize] = &[2];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Idle,
    /// One byte a character.
    Narrow,
    /// Two, of which the first may be there; so may be half of a character.
    Wide(Option<u8>, Option<u16>),
}

#[derive(Debug)]
pub(super) struct Runs {
    mode: Mode,
    /// The last bytes that are in no run.
    window: [u8; WINDOW],
    held: usize,
    /// The run as far as it is a name, in UTF-8, and names that were seen.
    line: Field<32>,
    seen: [bool; NAMES.len()],
    some: Field<1024>,
    open: Option<bool>,
    enough: bool,
}

impl Runs {
    pub(super) const fn new() -> Self {
        Self {
            mode: Mode::Idle,
            window: [0; WINDOW],
            held: 0,
            line: Field::EMPTY,
            seen: [false; NAMES.len()],
            some: Field::EMPTY,
            open: None,
            enough: false,
        }
    }

    /// Whether one of these names was seen.
    pub(super) fn seen(&self, names: &[usize]) -> bool {
        names.iter().any(|name| self.seen.get(*name) == Some(&true))
    }

    /// Takes the next bytes. False where no more is wanted.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        for byte in bytes {
            self.byte(*byte, out);
        }
        !self.enough
    }

    fn byte(&mut self, byte: u8, out: &mut dyn Out) {
        match self.mode {
            Mode::Idle => self.idle(byte, out),
            Mode::Narrow if is_narrow(byte) => self.put(windows_character(byte), out),
            Mode::Narrow => {
                self.end(out);
                self.idle(byte, out);
            }
            Mode::Wide(None, half) => self.mode = Mode::Wide(Some(byte), half),
            Mode::Wide(Some(low), half) => {
                let unit = u16::from_le_bytes([low, byte]);
                match (half, unit) {
                    (None, 0xd800..0xdc00) => self.mode = Mode::Wide(None, Some(unit)),
                    (Some(high), 0xdc00..0xe000) => {
                        self.mode = Mode::Wide(None, None);
                        char::decode_utf16([high, unit]).flatten().for_each(|letter| self.put(letter, out));
                    }
                    (None, _) if goes_on(unit) => {
                        self.mode = Mode::Wide(None, None);
                        self.put(char::from_u32(unit.into()).unwrap_or(' '), out);
                    }
                    _ => {
                        self.end(out);
                        self.idle(low, out);
                        // The first byte may have begun nothing that the second goes on.
                        self.byte(byte, out);
                    }
                }
            }
        }
    }

    /// A byte outside runs, with which one may begin.
    fn idle(&mut self, byte: u8, out: &mut dyn Out) {
        if self.held == WINDOW {
            self.window.copy_within(1.., 0);
            self.held -= 1;
        }
        if let Some(place) = self.window.get_mut(self.held) {
            *place = byte;
            self.held += 1;
        }
        let window = self.window;
        let held = window.get(..self.held).unwrap_or(&[]);
        if let Some(last) = held.last_chunk::<LEAST>()
            && last.iter().all(|byte| is_narrow(*byte))
            && last.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 2
            && last.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ' || **byte >= 0xc0).count() >= 3
        {
            (self.mode, self.held) = (Mode::Narrow, 0);
            last.iter().for_each(|byte| self.put(windows_character(*byte), out));
        } else if let Some(all) = held.last_chunk::<WINDOW>()
            && all.as_chunks::<2>().0.iter().all(|unit| begins(u16::from_le_bytes(*unit)))
        {
            (self.mode, self.held) = (Mode::Wide(None, None), 0);
            for unit in all.as_chunks::<2>().0 {
                self.put(char::from_u32(u16::from_le_bytes(*unit).into()).unwrap_or(' '), out);
            }
        }
    }

    fn put(&mut self, letter: char, out: &mut dyn Out) {
        // Ends of paragraphs, cells, lines and pages ([MS-DOC] section 2.4.1).
        let letter = if matches!(letter, '\r' | '\u{7}' | '\u{b}' | '\u{c}') { '\n' } else { letter };
        let mut room = [0; 4];
        let bytes = letter.encode_utf8(&mut room).as_bytes();
        self.line.append(bytes);
        if self.some.get().len() + bytes.len() > 1024 {
            self.flush(out);
        }
        self.some.append(bytes);
    }

    /// A run is over.
    fn end(&mut self, out: &mut dyn Out) {
        let line = self.line.get();
        for (seen, name) in self.seen.iter_mut().zip(NAMES) {
            *seen |= line == name;
        }
        self.put('\n', out);
        self.line.clear();
        (self.mode, self.held) = (Mode::Idle, 0);
    }

    fn flush(&mut self, out: &mut dyn Out) {
        if !self.some.get().is_empty() && !self.enough {
            let wanted = *self.open.get_or_insert_with(|| out.begin_text(&Child { name: b"(text)" }));
            self.enough = !wanted || !out.data(self.some.get());
        }
        self.some.clear();
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        if self.mode != Mode::Idle {
            self.end(out);
        }
        self.flush(out);
        if self.open.take() == Some(true) {
            out.end();
        }
    }
}

/// A byte that may be text in Windows-1252.
const fn is_narrow(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x07 | 0x0b | 0x0c | 0x80 | 0x82..=0x8c | 0x8e | 0x91..=0x9c | 0x9e..=0xff)
}

/// A unit of text that begins a run: of an alphabet, so that other numbers are not taken for one. What has a first byte of
/// 0 or 1 is a letter that hardly anybody writes, but a number or flags in front of text.
const fn begins(unit: u16) -> bool {
    let [low, high] = unit.to_le_bytes();
    matches!(unit, 0x20..=0x7e | 0xa0..=0x6ff | 0x1e00..=0x206f | 0x20a0..=0x20bf | 0x09 | 0x0a | 0x0d)
        && (high == 0 || low > 1)
}

/// A unit of text within a run.
const fn goes_on(unit: u16) -> bool {
    let [low, _] = unit.to_le_bytes();
    let other = match unit {
        0x100..0x700 => low != 0,
        0x700..0xd800 | 0xf900..0xfffe => low > 1,
        _ => matches!(unit, 0x07 | 0x0b | 0x0c),
    };
    begins(unit) || other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Cut;

    #[derive(Default)]
    struct Heard(Vec<u8>);

    impl Out for Heard {
        fn begin(&mut self, _: &Child<'_>) -> bool {
            true
        }

        fn data(&mut self, bytes: &[u8]) -> bool {
            self.0.extend_from_slice(bytes);
            true
        }

        fn end(&mut self) {}

        fn cut(&mut self, _: Cut) {}
    }

    #[test]
    fn runs_are_found_at_any_place() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let cases: [(Vec<u8>, &str); 6] = [
            (b"\0\x01Gr\xf6\xdfe\0abc\0".to_vec(), "Gr\u{f6}\u{df}e\n"),
            (
                [b"\x07\0\0".to_vec(), wide("caf\u{e9} \u{20ac} \u{65e5}"), vec![0, 0]].concat(),
                "caf\u{e9} \u{20ac} \u{65e5}\n",
            ),
            // A length that is a letter, flags, and the text: the run begins anew at the other place.
            ([wide("first"), vec![0x2e, 0, 1], wide("second")].concat(), "first.\nsecond\n"),
            (wide("and \u{1f600} b"), "and \u{1f600} b\n"),
            ([1_u8, 0, 2, 0, 3, 0, 0x41, 0, 0, 0].repeat(9), ""),
            (wide("\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}"), "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}\n"),
        ];
        for (bytes, expected) in cases {
            let (mut runs, mut heard) = (Runs::new(), Heard::default());
            bytes.chunks(3).for_each(|piece| assert!(runs.push(piece, &mut heard)));
            runs.finish(&mut heard);
            assert_eq!(String::from_utf8_lossy(&heard.0), expected);
        }
    }
}
