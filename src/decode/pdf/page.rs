//! What the parts of the decoder share while a piece passes.

use super::super::decoder::{Child, Field, Out};
use super::encoding;
use super::fonts::Fonts;
use super::object::NAME;
use super::text::Text;

/// Embedded files whose names are kept.
const NAMES: usize = 64;

/// Everything that text may need on its way out.
pub(super) struct Page<'a> {
    pub(super) text: &'a mut Text,
    pub(super) strings: &'a mut Strings,
    pub(super) names: &'a mut Names,
    pub(super) fonts: &'a mut Fonts,
    pub(super) out: &'a mut dyn Out,
}

impl Page<'_> {
    /// A string of a dictionary, or a part of one. `keep` gets it too. False where no more is wanted.
    pub(super) fn string(&mut self, bytes: &[u8], last: bool, mut keep: Option<&mut Field<NAME>>) -> bool {
        if self.strings.coding.is_none()
            && let Some(keep) = &mut keep
        {
            keep.clear();
        }
        // Text of a page may stand before it.
        if self.strings.coding.is_none() && !self.text.line(self.fonts, self.out) {
            return false;
        }
        let Self { text, strings, fonts, out, .. } = self;
        let mut some: Field<1024> = Field::EMPTY;
        let mut go_on = true;
        strings.read(bytes, last, &mut |letter| {
            let mut room = [0; 4];
            let letter = letter.encode_utf8(&mut room).as_bytes();
            if let Some(keep) = keep.as_mut().filter(|keep| keep.get().len() + letter.len() <= NAME) {
                keep.append(letter);
            }
            some.append(letter);
            if some.get().len() > 1000 {
                go_on &= text.plain(some.get(), fonts, *out);
                some.clear();
            }
        });
        go_on && text.plain(some.get(), fonts, *out) && (!last || text.line(fonts, *out))
    }

    /// A child begins; text that was handed out ends before it. False where it is not wanted.
    pub(super) fn begin(&mut self, name: &[u8], is_text: bool) -> bool {
        self.text.end(self.out);
        let child = Child { name };
        if is_text { self.out.begin_text(&child) } else { self.out.begin(&child) }
    }
}

/// How a string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Document,
    Utf8,
    Wide {
        little: bool,
    },
    /// It is no text.
    Binary,
}

/// Reads text strings (ISO 32000-1 section 7.9.2.2, and UTF-8 of ISO 32000-2), part by part.
#[derive(Debug, Default)]
pub(super) struct Strings {
    coding: Option<Coding>,
    /// The first byte of a pair, and of a pair of units.
    odd: Option<u8>,
    high: Option<u16>,
    /// The bytes of a character in UTF-8 that are missing, and its bits so far.
    missing: u32,
    bits: u32,
}

impl Strings {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn read(&mut self, bytes: &[u8], last: bool, put: &mut dyn FnMut(char)) {
        let (coding, bytes) = match (self.coding, bytes) {
            (Some(coding), _) => (coding, bytes),
            (None, [0xfe, 0xff, rest @ ..]) => (Coding::Wide { little: false }, rest),
            (None, [0xff, 0xfe, rest @ ..]) => (Coding::Wide { little: true }, rest),
            (None, [0xef, 0xbb, 0xbf, rest @ ..]) => (Coding::Utf8, rest),
            (None, _) if bytes.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t'..=b'\r')) => {
                (Coding::Binary, bytes)
            }
            (None, _) => (Coding::Document, bytes),
        };
        self.coding = Some(coding);
        for byte in bytes {
            match coding {
                Coding::Document => put(encoding::document(*byte)),
                Coding::Utf8 => self.utf8(*byte, put),
                Coding::Binary => {}
                Coding::Wide { little } => {
                    let Some(first) = self.odd.take() else {
                        self.odd = Some(*byte);
                        continue;
                    };
                    let pair = [first, *byte];
                    self.unit(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }, put);
                }
            }
        }
        if last {
            self.reset();
        }
    }

    fn unit(&mut self, unit: u16, put: &mut dyn FnMut(char)) {
        match (self.high.take(), unit) {
            (None, 0xd800..0xdc00) => self.high = Some(unit),
            (high, _) => char::decode_utf16(high.into_iter().chain([unit]))
                .for_each(|letter| put(letter.unwrap_or(char::REPLACEMENT_CHARACTER))),
        }
    }

    fn utf8(&mut self, byte: u8, put: &mut dyn FnMut(char)) {
        (self.missing, self.bits) = match byte {
            0x80..0xc0 if self.missing != 0 => (self.missing - 1, self.bits << 6 | u32::from(byte & 0x3f)),
            0xc0..0xe0 => (1, u32::from(byte & 0x1f)),
            0xe0..0xf0 => (2, u32::from(byte & 0x0f)),
            0xf0..0xf8 => (3, u32::from(byte & 0x07)),
            _ => (0, u32::from(byte)),
        };
        if self.missing == 0 {
            put(char::from_u32(self.bits).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

/// Names of files whose streams come later, by the numbers of those.
#[derive(Debug)]
pub(super) struct Names {
    names: Box<[(u32, Field<NAME>)]>,
    count: usize,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { names: vec![(0, Field::EMPTY); NAMES].into_boxed_slice(), count: 0 }
    }

    pub(super) const fn reset(&mut self) {
        self.count = 0;
    }

    pub(super) fn add(&mut self, number: u32, name: &[u8]) {
        if let Some((of, kept)) = self.names.get_mut(self.count).filter(|_| !name.is_empty()) {
            *of = number;
            kept.clear();
            kept.append(name);
            self.count += 1;
        }
    }

    /// The name of the file in that stream; empty where it is not known.
    pub(super) fn get(&self, number: u32) -> &[u8] {
        let known = self.names.get(..self.count).unwrap_or(&[]);
        known.iter().rev().find(|(of, _)| *of == number).map_or(&[], |(_, name)| name.get())
    }
}
