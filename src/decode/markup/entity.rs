//! Character references: by number, and by name (HTML 5 section 13.2.5.72, XML 1.0 section 4.1).

use super::named::NAMED;

/// Longest reference that is one, bytes without the ampersand.
pub(super) const LONGEST: usize = 32;

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Letter(char),
    /// Nothing is known by that name.
    Unknown,
}

/// What `name` stands for, which came between an ampersand and a semicolon, or was `open`: without one.
pub(super) fn meaning(name: &[u8], open: bool, is_xml: bool) -> Meaning {
    let letter = match name.strip_prefix(b"#") {
        Some(number) => numeric(number),
        None if is_xml => five(name).filter(|_| !open),
        // Those of Latin-1 and the first four may stand without a semicolon.
        None => named(name).filter(|letter| !open || (u32::from(*letter) < 256 && !is_new(name))),
    };
    letter.map_or(Meaning::Unknown, Meaning::Letter)
}

/// What the longest name stands for that may have no semicolon and that `name` begins with, and what stands behind it
/// (HTML 5 section 13.2.5.73).
pub(super) fn beginning(name: &[u8]) -> Option<(char, &[u8])> {
    (2..name.len().min(7)).rev().find_map(|length| {
        let (known, behind) = name.split_at_checked(length)?;
        match meaning(known, true, false) {
            Meaning::Letter(letter) if known.first() != Some(&b'#') => Some((letter, behind)),
            _ => None,
        }
    })
}

/// Names that came with HTML 5 for ASCII.
fn is_new(name: &[u8]) -> bool {
    named(name).is_some_and(|letter| letter.is_ascii())
        && ![&b"amp"[..], b"lt", b"gt", b"quot", b"AMP", b"LT", b"GT", b"QUOT"].contains(&name)
}

/// XML 1.0 section 4.6.
fn five(name: &[u8]) -> Option<char> {
    Some(match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => return None,
    })
}

fn named(name: &[u8]) -> Option<char> {
    let at = NAMED.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
    NAMED.get(at).and_then(|(_, letter)| char::from_u32(u32::from(*letter)))
}

/// A decimal number, or a hexadecimal one behind an x. Numbers of Windows code page 1252 mean what they mean there.
fn numeric(number: &[u8]) -> Option<char> {
    let (digits, radix) = match number {
        [b'x' | b'X', digits @ ..] => (digits, 16),
        digits => (digits, 10),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u32;
    for digit in digits {
        value = value.saturating_mul(radix).saturating_add(char::from(*digit).to_digit(radix)?);
    }
    Some(match value {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => windows(value),
        _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

/// HTML 5 section 13.2.5.80.
fn windows(value: u32) -> char {
    const LETTERS: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
        '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}',
        '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}',
        '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    let at = usize::try_from(value.saturating_sub(0x80)).unwrap_or(usize::MAX);
    LETTERS.get(at).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(NAMED.is_sorted_by(|(first, _), (second, _)| first < second));
        assert!(NAMED.iter().all(|(name, _)| name.len() < LONGEST));
    }

    #[test]
    fn old_names_are_found_in_what_begins_with_them() {
        let cases: [(&str, Option<(char, &str)>); 7] = [
            ("ampfoo", Some(('&', "foo"))),
            ("eacutezanzibar", Some(('\u{e9}', "zanzibar"))),
            ("notit", Some(('\u{ac}', "it"))),
            ("thetasym", None),
            ("eurozone", None),
            ("nothing", Some(('\u{ac}', "hing"))),
            ("x", None),
        ];
        for (name, expected) in cases {
            let expected = expected.map(|(letter, behind)| (letter, behind.as_bytes()));
            assert_eq!(beginning(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn references_mean_what_browsers_and_xml_say() {
        let letter = Meaning::Letter;
        let cases: [(&str, bool, bool, Meaning); 28] = [
            ("amp", false, false, letter('&')),
            ("amp", true, false, letter('&')),
            ("eacute", false, false, letter('\u{e9}')),
            ("eacute", true, false, letter('\u{e9}')),
            ("euro", false, false, letter('\u{20ac}')),
            ("euro", true, false, Meaning::Unknown),
            ("commat", false, false, letter('@')),
            ("commat", true, false, Meaning::Unknown),
            ("Alpha", false, false, letter('\u{391}')),
            ("alpha", false, false, letter('\u{3b1}')),
            ("nonsense", false, false, Meaning::Unknown),
            ("", false, false, Meaning::Unknown),
            ("#84", false, false, letter('T')),
            ("#84", true, false, letter('T')),
            ("#x54", false, false, letter('T')),
            ("#X1F600", false, false, letter('\u{1f600}')),
            ("#128", false, false, letter('\u{20ac}')),
            ("#0", false, false, letter('\u{fffd}')),
            ("#xD800", false, false, letter('\u{fffd}')),
            ("#99999999999999999999", false, false, letter('\u{fffd}')),
            ("#", false, false, Meaning::Unknown),
            ("#x", false, false, Meaning::Unknown),
            ("#12a", false, false, Meaning::Unknown),
            ("apos", false, true, letter('\'')),
            ("lt", false, true, letter('<')),
            ("lt", true, true, Meaning::Unknown),
            ("eacute", false, true, Meaning::Unknown),
            ("#x41", false, true, letter('A')),
        ];
        for (name, open, is_xml, expected) in cases {
            assert_eq!(meaning(name.as_bytes(), open, is_xml), expected, "{name:?}, open {open}, XML {is_xml}");
        }
    }
}
