//! Bytes in a charset, as UTF-8, piece by piece.

use encoding_rs::{CoderResult, Encoding};

use super::utf7::Utf7;

/// Room for what is converted at a time; a character has four bytes at most.
const ROOM: usize = 2048;

/// How bytes become UTF-8.
#[derive(Debug)]
enum Kind {
    /// They are, or nobody knows what else.
    AsItIs,
    /// In a charset of the Encoding Standard.
    Standard(encoding_rs::Decoder),
    Utf7(Utf7),
    /// Whether the first byte of four is the lowest, and those that have come of them.
    Utf32 {
        little: bool,
        unit: [u8; 4],
        have: usize,
    },
}

/// A charset that is neither UTF-8 nor ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// One of the Encoding Standard.
    Standard(&'static Encoding),
    /// UTF-7 (RFC 2152).
    Utf7,
    /// UTF-32.
    Utf32 {
        /// The first byte of four is the lowest.
        little: bool,
    },
}

impl Charset {
    /// The charset of that name, if it is known and neither UTF-8 nor ASCII.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let name = name.trim_ascii();
        if [&b"us-ascii"[..], b"ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return None;
        }
        if [&b"utf-7"[..], b"unicode-1-1-utf-7", b"unicode-2-0-utf-7"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            return Some(Self::Utf7);
        }
        let encoding = Encoding::for_label_no_replacement(name)?;
        (encoding != encoding_rs::UTF_8).then_some(Self::Standard(encoding))
    }

    /// As [`Charset::of`], of what is declared within a text: that it is UTF-16 cannot be, or nobody could read it there.
    pub(in super::super) fn within(name: &[u8]) -> Option<Self> {
        Self::of(name).filter(|charset| match charset {
            Self::Standard(encoding) => encoding.is_ascii_compatible() || *encoding == encoding_rs::ISO_2022_JP,
            _ => true,
        })
    }
}

/// Converts a text.
#[derive(Debug)]
pub(in super::super) struct Converter {
    kind: Kind,
    room: [u8; ROOM],
}

impl Converter {
    pub(in super::super) const fn new() -> Self {
        Self { kind: Kind::AsItIs, room: [0; ROOM] }
    }

    /// Another text begins, in that charset, or as it is.
    pub(in super::super) fn begin(&mut self, charset: Option<Charset>) {
        self.kind = match charset {
            None => Kind::AsItIs,
            Some(Charset::Standard(encoding)) => Kind::Standard(encoding.new_decoder_without_bom_handling()),
            Some(Charset::Utf7) => Kind::Utf7(Utf7::NEW),
            Some(Charset::Utf32 { little }) => Kind::Utf32 { little, unit: [0; 4], have: 0 },
        };
    }

    /// Converts what is at the front of `input`, as much as there is room for; with `last`, nothing comes behind it.
    /// Ends with nothing, once `input` is empty.
    pub(in super::super) fn next<'s, 'a: 's>(&'s mut self, input: &mut &'a [u8], last: bool) -> &'s [u8] {
        let Self { kind, room } = self;
        let written = match kind {
            Kind::AsItIs => return std::mem::take(input),
            Kind::Standard(decoder) => {
                let (result, read, written, _) = decoder.decode_to_utf8(input, room, last);
                *input = input.get(read..).unwrap_or(&[]);
                if last && result == CoderResult::InputEmpty {
                    // It has said its last word, and takes no other.
                    *kind = Kind::AsItIs;
                }
                written
            }
            Kind::Utf7(utf7) => {
                let written = utf7.push(input, room);
                if last && input.is_empty() && written == 0 { utf7.finish(room) } else { written }
            }
            Kind::Utf32 { little, unit, have } => utf32(*little, unit, have, input, room),
        };
        room.get(..written).unwrap_or(&[])
    }
}

/// Converts UTF-32. Returns how many bytes were written.
fn utf32(little: bool, unit: &mut [u8; 4], have: &mut usize, input: &mut &[u8], room: &mut [u8]) -> usize {
    let mut written = 0;
    while let Some((byte, rest)) = input.split_first() {
        let Some(place) = room.get_mut(written..).filter(|place| place.len() >= 4) else { break };
        *input = rest;
        if let Some(slot) = unit.get_mut(*have) {
            *slot = *byte;
        }
        *have += 1;
        if *have == 4 {
            *have = 0;
            let number = if little { u32::from_le_bytes(*unit) } else { u32::from_be_bytes(*unit) };
            let letter = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            written += put(letter, place);
        }
    }
    written
}

/// Writes a character where there is room for it. Returns how many bytes it has.
pub(super) fn put(letter: char, place: &mut [u8]) -> usize {
    let mut bytes = [0; 4];
    let text = letter.encode_utf8(&mut bytes).as_bytes();
    match place.get_mut(..text.len()) {
        Some(place) => place.copy_from_slice(text),
        None => return 0,
    }
    text.len()
}
