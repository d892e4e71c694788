//! Bytes in a charset, as UTF-8, piece by piece.

use encoding_rs::{CoderResult, Encoding};

use super::super::decoder::Field;
use super::utf7::Utf7;
use super::{dos, order};

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
    Dos(&'static [char; 128]),
    /// Units of two bytes or, if `four`, of four; what has come until their order is seen.
    Unordered {
        four: bool,
        held: Field<{ order::HELD }>,
    },
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
    /// A code page of DOS, whose lower half is ASCII.
    Dos(&'static [char; 128]),
    /// UTF-16 or, if `four`, UTF-32, of which nobody says which byte comes first: it is seen from the text itself.
    Unordered {
        /// Units have four bytes.
        four: bool,
    },
    /// UTF-32.
    Utf32 {
        /// The first byte of four is the lowest.
        little: bool,
    },
}

/// What programs call charsets by other names than the Encoding Standard's. Of the later forms of ISO-2022-JP what the
/// first has is read.
const ALIASES: [(&[u8], &[u8]); 18] = [
    (b"cp932", b"shift_jis"),
    (b"windows-932", b"shift_jis"),
    (b"cp936", b"gbk"),
    (b"windows-936", b"gbk"),
    (b"cp949", b"euc-kr"),
    (b"uhc", b"euc-kr"),
    (b"cp950", b"big5"),
    (b"windows-950", b"big5"),
    (b"macroman", b"macintosh"),
    (b"iso-2022-jp-1", b"iso-2022-jp"),
    (b"iso-2022-jp-2", b"iso-2022-jp"),
    (b"iso-2022-jp-3", b"iso-2022-jp"),
    (b"iso-2022-jp-2004", b"iso-2022-jp"),
    (b"iso-2022-jp-ms", b"iso-2022-jp"),
    (b"utf-16-le", b"utf-16le"),
    (b"utf-16-be", b"utf-16be"),
    (b"utf_16_le", b"utf-16le"),
    (b"utf_16_be", b"utf-16be"),
];

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
        // Not as browsers have it, for whom UTF-16 is little-endian whatever it is: RFC 2781 section 4.3.
        let wide = [
            (&b"utf-16"[..], Self::Unordered { four: false }),
            (b"utf-32", Self::Unordered { four: true }),
            (b"ucs-4", Self::Unordered { four: true }),
            (b"iso-10646-ucs-4", Self::Unordered { four: true }),
            (b"utf-32le", Self::Utf32 { little: true }),
            (b"utf-32be", Self::Utf32 { little: false }),
        ];
        if let Some((_, charset)) = wide.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
            return Some(*charset);
        }
        if let Some(table) = dos::of(name) {
            return Some(Self::Dos(table));
        }
        let alias = ALIASES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        let encoding = Encoding::for_label_no_replacement(alias.map_or(name, |(_, label)| label))?;
        (encoding != encoding_rs::UTF_8).then_some(Self::Standard(encoding))
    }

    /// As [`Charset::of`], of what is declared within a text: that it is UTF-16 cannot be, or nobody could read it there.
    pub(in super::super) fn within(name: &[u8]) -> Option<Self> {
        Self::of(name).filter(|charset| match charset {
            Self::Standard(encoding) => encoding.is_ascii_compatible() || *encoding == encoding_rs::ISO_2022_JP,
            Self::Utf7 | Self::Dos(_) => true,
            Self::Unordered { .. } | Self::Utf32 { .. } => false,
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
            Some(Charset::Dos(table)) => Kind::Dos(table),
            Some(Charset::Unordered { four }) => Kind::Unordered { four, held: Field::EMPTY },
            Some(Charset::Utf32 { little }) => Kind::Utf32 { little, unit: [0; 4], have: 0 },
        };
    }

    /// Converts what is at the front of `input`, as much as there is room for; with `last`, nothing comes behind it.
    /// Ends with nothing, once `input` is empty.
    pub(in super::super) fn next<'s, 'a: 's>(&'s mut self, input: &mut &'a [u8], last: bool) -> &'s [u8] {
        let mut first = Field::EMPTY;
        if let Kind::Unordered { four, held } = &mut self.kind {
            if !held.fill(input, order::HELD) && !last {
                return &[];
            }
            let four = *four;
            first = *held;
            self.begin(Some(if four { order::of_four(first.get()) } else { order::of_two(first.get()) }));
        }
        let Self { kind, room } = self;
        let mut held = order::behind_mark(first.get());
        let input = if held.is_empty() { input } else { return convert_held(kind, &mut held, room) };
        let written = match kind {
            Kind::Unordered { .. } => 0,
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
            Kind::Dos(table) => dos::convert(table, input, room),
            Kind::Utf32 { little, unit, have } => utf32(*little, unit, have, input, room),
        };
        room.get(..written).unwrap_or(&[])
    }
}

/// Converts what was held until the order was seen, for which there is room.
fn convert_held<'a>(kind: &mut Kind, held: &mut &[u8], room: &'a mut [u8]) -> &'a [u8] {
    let written = match kind {
        Kind::Standard(decoder) => decoder.decode_to_utf8(held, room, false).2,
        Kind::Utf32 { little, unit, have } => utf32(*little, unit, have, held, room),
        Kind::AsItIs | Kind::Utf7(_) | Kind::Dos(_) | Kind::Unordered { .. } => 0,
    };
    room.get(..written).unwrap_or(&[])
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
