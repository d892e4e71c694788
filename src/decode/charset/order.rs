//! Telling from a text without a mark which byte of its units comes first, and whether it is one of such units at all.

use super::super::format::Guess;
use super::converter::Charset;
use super::is_unit;

/// So much of a text that is known to be of such units decides.
pub(super) const HELD: usize = 64;
/// So many units of two bytes have to be those of a text where nobody says that they are, and of four.
const FEWEST: usize = 16;
const FEWEST_OF_FOUR: usize = 8;

fn two([first, second]: [u8; 2], little: bool) -> u16 {
    if little { u16::from_le_bytes([first, second]) } else { u16::from_be_bytes([first, second]) }
}

fn four(bytes: [u8; 4], little: bool) -> u32 {
    if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

/// Blanks, line ends and full stops, without which there is no long text. Each has a byte that text of single bytes has not.
const fn is_space(unit: u16) -> bool {
    matches!(unit, 0x20 | 0x0a | 0x0d | 0x3000..=0x3002 | 0xff01 | 0xff0c | 0xff0e)
}

/// Letters of East Asia, whose high bytes are many.
const fn is_east(unit: u16) -> bool {
    matches!(unit, 0x3000..0x3100 | 0x3400..0xa000 | 0xac00..0xd7a4 | 0xff00..0xfff0)
}

/// Whether bytes are UTF-16 without a mark in that order: letters of one script, and blanks between them. It is said of the
/// first so many that say it.
fn is_text(bytes: &[u8], little: bool) -> Guess {
    let (mut spaces, mut others, mut east) = (0_usize, 0_usize, 0_usize);
    let mut scripts = [0_u16; 256];
    let mut most = 0;
    let mut low = false;
    for (at, pair) in bytes.as_chunks::<2>().0.iter().enumerate() {
        let unit = two(*pair, little);
        let follows = matches!(unit, 0xdc00..0xe000);
        // A character beyond the first plane has two units.
        if low != follows || !follows && !is_unit(unit) && !matches!(unit, 0xd800..0xdc00) {
            return Guess::No;
        }
        low = matches!(unit, 0xd800..0xdc00);
        spaces += usize::from(is_space(unit));
        if unit >= 0x80 && !is_space(unit) {
            others += 1;
            east += usize::from(is_east(unit));
            if let Some(count) = scripts.get_mut(usize::from(unit >> 8)) {
                *count += 1;
                most = most.max(usize::from(*count));
            }
        }
        if at + 1 >= FEWEST && spaces != 0 && others * 2 >= at && east.max(most) * 4 >= others * 3 {
            return Guess::Yes;
        }
    }
    Guess::More
}

/// Whether bytes are UTF-16 without a mark in a script other than Latin, and if so, whether the first byte is the lower one.
pub(super) fn utf16(bytes: &[u8]) -> (Guess, bool) {
    match [true, false].map(|little| is_text(bytes, little)) {
        [Guess::Yes, _] => (Guess::Yes, true),
        [_, Guess::Yes] => (Guess::Yes, false),
        [Guess::No, Guess::No] => (Guess::No, true),
        _ => (Guess::More, true),
    }
}

/// Whether bytes are UTF-32 without a mark, and if so, whether the first byte is the lowest.
pub(super) fn utf32(bytes: &[u8]) -> (Guess, bool) {
    let may_be = |unit: u32| u16::try_from(unit).map_or(unit < 0x11_0000, is_unit);
    let is_letter = |unit: u32| char::from_u32(unit).is_some_and(char::is_alphabetic);
    let guess = |little: bool| {
        let mut units = bytes.as_chunks::<4>().0.iter().take(FEWEST_OF_FOUR).map(|unit| four(*unit, little));
        let letters = units.clone().filter(|unit| is_letter(*unit)).count();
        let count = units.len();
        match units.all(may_be) {
            true if count < FEWEST_OF_FOUR => Guess::More,
            // Small numbers are no text.
            true if 2 * letters >= FEWEST_OF_FOUR => Guess::Yes,
            _ => Guess::No,
        }
    };
    match [true, false].map(guess) {
        [Guess::Yes, _] => (Guess::Yes, true),
        [_, Guess::Yes] => (Guess::Yes, false),
        [Guess::No, Guess::No] => (Guess::No, true),
        _ => (Guess::More, true),
    }
}

/// The order of text that is said to be UTF-16: its mark's; that in which more of it are blanks and ASCII; that in which more
/// of it may stand in a text; big-endian, says RFC 2781 section 4.3.
pub(super) fn of_two(bytes: &[u8]) -> Charset {
    let pairs = bytes.as_chunks::<2>().0;
    let count = |little, is: fn(u16) -> bool| pairs.iter().filter(|pair| is(two(**pair, little))).count();
    let ascii = |unit| is_unit(unit) && (unit < 0x80 || is_space(unit));
    let little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => (count(true, ascii), count(true, is_unit)) > (count(false, ascii), count(false, is_unit)),
    };
    Charset::Standard(if little { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE })
}

/// As [`of_two`], of UTF-32.
pub(super) fn of_four(bytes: &[u8]) -> Charset {
    let units = bytes.as_chunks::<4>().0;
    let count = |little| units.iter().filter(|unit| four(**unit, little) < 0x11_0000).count();
    let little = match bytes {
        [0xff, 0xfe, 0, 0, ..] => true,
        [0, 0, 0xfe, 0xff, ..] => false,
        _ => count(true) > count(false),
    };
    Charset::Utf32 { little }
}

/// What stands behind a byte order mark.
pub(super) fn behind_mark(bytes: &[u8]) -> &[u8] {
    let marks = [&b"\xff\xfe\0\0"[..], b"\0\0\xfe\xff", b"\xff\xfe", b"\xfe\xff"];
    marks.iter().find_map(|mark| bytes.strip_prefix(*mark)).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    fn wider(text: &str, little: bool) -> Vec<u8> {
        let unit = |letter| if little { u32::to_le_bytes(letter) } else { u32::to_be_bytes(letter) };
        text.chars().flat_map(|letter| unit(u32::from(letter))).collect()
    }

    const RUSSIAN: &str = "\u{41f}\u{440}\u{43e}\u{435}\u{43a}\u{442} \u{441}\u{435}\u{43a}\u{440}\u{435}\u{442}\u{43d}\u{44b}\u{439}, \
        zanzibar";
    const CHINESE: &str = "\u{8fd9}\u{662f}\u{4e00}\u{4efd}\u{673a}\u{5bc6}\u{6587}\u{4ef6}\u{ff0c}\u{8bf7}\u{52ff}\u{5916}\u{4f20}\u{3002}\u{8c22}\u{8c22}\u{5927}\u{5bb6}";
    const KOREAN: &str = "\u{c774} \u{bb38}\u{c11c}\u{b294} \u{be44}\u{bc00}\u{c785}\u{b2c8}\u{b2e4} \u{c5ec}\u{b7ec}\u{bd84} \u{1f600} \u{ac10}\u{c0ac}";

    #[test]
    fn text_in_wide_units_is_told_from_other_bytes() {
        for text in [RUSSIAN, CHINESE, KOREAN] {
            for little in [true, false] {
                assert_eq!(utf16(&wide(text, little)), (Guess::Yes, little), "{text}, little {little}");
                assert_eq!(utf32(&wider(text, little)), (Guess::Yes, little), "{text}, little {little}");
            }
        }
        let prose = "Bush hid the facts and this app can break, as everybody knows who has it. ".repeat(7);
        let numbers: Vec<u8> = (0..128_u16).flat_map(|number| (number * 77).to_le_bytes()).collect();
        let single = |encoding: &'static encoding_rs::Encoding, text: &str| encoding.encode(text).0.repeat(9);
        let others = [
            prose.as_bytes().to_vec(),
            prose.replace(' ', "\r\n").into_bytes(),
            RUSSIAN.repeat(9).into_bytes(),
            CHINESE.repeat(9).into_bytes(),
            single(encoding_rs::WINDOWS_1251, RUSSIAN),
            single(encoding_rs::KOI8_R, RUSSIAN),
            single(encoding_rs::GBK, CHINESE),
            single(encoding_rs::BIG5, CHINESE),
            single(encoding_rs::SHIFT_JIS, CHINESE),
            single(encoding_rs::EUC_KR, KOREAN),
            numbers,
            vec![0; 512],
            (0..=255).collect(),
            [32_u32, 64, 10].repeat(20).into_iter().flat_map(u32::to_le_bytes).collect(),
        ];
        for bytes in others {
            let bytes = bytes.get(..512).unwrap_or(&bytes);
            assert_ne!(utf16(bytes).0, Guess::Yes, "{}", bytes.escape_ascii());
            assert_eq!(utf32(bytes).0, Guess::No, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_order_is_seen_or_it_is_big_endian() {
        let standard = |little| Charset::Standard(if little { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE });
        for text in ["plan", "a", RUSSIAN, KOREAN, "\u{feff}\u{4e00}"] {
            for little in [true, false] {
                assert_eq!(of_two(&wide(text, little)), standard(little), "{text}, little {little}");
                assert_eq!(of_four(&wider(text, little)), Charset::Utf32 { little }, "{text}, little {little}");
            }
        }
        assert_eq!(of_two(b"\x4e\x4e"), standard(false));
        assert_eq!(of_four(b""), Charset::Utf32 { little: false });
    }
}
