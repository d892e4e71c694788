//! Compressed RTF ([MS-OXRTFCP]), piece by piece.

use super::super::decoder::{Field, Out};
use super::super::parts::le32;

const HEADER: usize = 16;
const DICTIONARY: usize = 4096;
/// What the dictionary begins with (section 2.1.2.1).
const PRESET: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// CRC-32 without the inversions that others do (section 2.1.3.2).
static TABLE: [u32; 256] = table();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which does not allow a wrong index")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        let mut value = number;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 != 0 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[number as usize] = value;
        number += 1;
    }
    table
}

/// What the bytes behind the header are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    /// "LZFu".
    Packed,
    /// "MELA".
    Plain,
    /// Neither, or they are over.
    Over,
}

#[derive(Debug)]
pub(crate) struct Lzfu {
    header: Field<HEADER>,
    kind: Kind,
    /// What is left of the text.
    left: u32,
    crc: u32,
    dictionary: Box<[u8; DICTIONARY]>,
    at: usize,
    /// Eight decisions, and how many of them are to come.
    control: u8,
    decisions: u8,
    /// The first byte of a reference.
    first: Option<u8>,
}

impl Lzfu {
    pub(crate) fn new() -> Self {
        Self {
            header: Field::EMPTY,
            kind: Kind::Unknown,
            left: 0,
            crc: 0,
            dictionary: Box::new([0; DICTIONARY]),
            at: 0,
            control: 0,
            decisions: 0,
            first: None,
        }
    }

    /// Another text begins.
    pub(crate) fn clear(&mut self) {
        self.header.clear();
        self.dictionary.fill(0);
        if let Some(place) = self.dictionary.first_chunk_mut() {
            *place = *PRESET;
        }
        (self.kind, self.left, self.crc, self.at) = (Kind::Unknown, 0, 0, PRESET.len());
        (self.control, self.decisions, self.first) = (0, 0, None);
    }

    /// Whether all came that the header says, and its sum is right.
    pub(crate) fn is_whole(&self) -> bool {
        // What is not packed has no sum.
        let told = le32(self.header.get(), 12);
        self.left == 0 && self.kind == Kind::Over && (told == Some(self.crc) || told == Some(0))
    }

    /// Takes the next bytes. False when no more is wanted.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut input = bytes;
        if self.kind == Kind::Unknown {
            if !self.header.fill(&mut input, HEADER) {
                return true;
            }
            self.left = le32(self.header.get(), 4).unwrap_or(0);
            self.kind = match self.header.get().get(8..12) {
                Some(b"LZFu") => Kind::Packed,
                Some(b"MELA") => Kind::Plain,
                _ => Kind::Over,
            };
        }
        match self.kind {
            Kind::Plain => {
                let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len());
                self.left -= u32::try_from(count).unwrap_or(self.left);
                if self.left == 0 {
                    self.kind = Kind::Over;
                }
                input.get(..count).is_none_or(|text| text.is_empty() || out.data(text))
            }
            Kind::Packed => self.unpack(input, out),
            Kind::Unknown | Kind::Over => true,
        }
    }

    fn unpack(&mut self, input: &[u8], out: &mut dyn Out) -> bool {
        let mut text: Field<1024> = Field::EMPTY;
        for byte in input {
            if self.kind == Kind::Over {
                break;
            }
            let place = usize::from(self.crc.to_le_bytes()[0] ^ byte);
            self.crc = self.crc >> 8 ^ TABLE.get(place).copied().unwrap_or(0);
            if let Some(first) = self.first.take() {
                self.refer(u16::from_be_bytes([first, *byte]), &mut text);
            } else if self.decisions == 0 {
                (self.control, self.decisions) = (*byte, 8);
                continue;
            } else if self.control & 1 != 0 {
                self.first = Some(*byte);
                continue;
            } else {
                self.put(*byte, &mut text);
            }
            self.control >>= 1;
            self.decisions -= 1;
            // A reference gives 17 bytes at most.
            if text.get().len() > 1000 {
                if !out.data(text.get()) {
                    return false;
                }
                text.clear();
            }
        }
        text.get().is_empty() || out.data(text.get())
    }

    fn put<const N: usize>(&mut self, byte: u8, text: &mut Field<N>) {
        if let Some(place) = self.dictionary.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % DICTIONARY;
        if self.left != 0 {
            self.left -= 1;
            text.append(&[byte]);
        }
    }

    /// Twelve bits say where in the dictionary, four how many bytes less two; the place that is written next ends it all.
    fn refer<const N: usize>(&mut self, reference: u16, text: &mut Field<N>) {
        let from = usize::from(reference >> 4);
        if from == self.at {
            self.kind = Kind::Over;
            return;
        }
        for step in 0..usize::from(reference & 15) + 2 {
            let byte = self.dictionary.get((from + step) % DICTIONARY).copied().unwrap_or(0);
            self.put(byte, text);
        }
    }
}
