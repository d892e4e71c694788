//! Property sets ([MS-OLEPS]): title, author, company and the like, as one text, a line each.

use encoding_rs::Encoding;

use super::super::text::{Text, code_page, decoded, wide};
use crate::decode::{le16, le32};

/// Reads a stream such as `SummaryInformation`. False where it is none.
pub(super) fn read(stream: &[u8], text: &mut Text<'_>) -> bool {
    if le16(stream, 0) != Some(0xfffe) {
        return false;
    }
    // Section 2.21: one set or two.
    let count = usize::try_from(le32(stream, 24).unwrap_or(0)).unwrap_or(0).min(2);
    // Values do not overlap.
    let mut left = stream.len();
    (0..count).all(|number| {
        let offset = le32(stream, 28 + 20 * number + 16).and_then(|at| usize::try_from(at).ok());
        offset.and_then(|at| stream.get(at..)).is_some_and(|set| read_set(set, &mut left, text).is_some())
    })
}

/// Reads one set (section 2.20).
fn read_set(set: &[u8], left: &mut usize, text: &mut Text<'_>) -> Option<()> {
    let count = usize::try_from(le32(set, 4)?).ok()?.min(set.len() / 8);
    let property = |number: usize| {
        let at = usize::try_from(le32(set, 8 + 8 * number + 4)?).ok()?;
        Some((le32(set, 8 + 8 * number)?, set.get(at..)?))
    };
    // Property 1 is the code page of the others.
    let page = (0..count).filter_map(property).find(|(id, _)| *id == 1);
    let page = page.and_then(|(_, value)| le16(value, 4)).unwrap_or(1252);
    for number in 0..count {
        let (id, value) = property(number)?;
        // Property 0 is a dictionary of names.
        if id > 1 {
            let kind = le32(value, 0)?;
            values(kind, value.get(4..)?, page, left, text)?;
        }
    }
    Some(())
}

/// The texts of a value, or of a vector of them.
fn values(kind: u32, value: &[u8], page: u16, left: &mut usize, text: &mut Text<'_>) -> Option<()> {
    let encoding = code_page(u32::from(page));
    if kind & 0x1000 == 0 {
        return string(kind, value, page, encoding, left, text).map(|_| ());
    }
    // What is in none of these is no text, and ends the vector.
    let (count, mut rest) = (le32(value, 0)?, value.get(4..)?);
    for _ in 0..count {
        // Whatever it is, it has so many bytes of its own; and properties may all point here.
        *left = left.checked_sub(4)?;
        let mut kind = kind & 0xfff;
        // VT_VARIANT: each says what it is.
        if kind == 0x0c {
            kind = le32(rest, 0)?;
            rest = rest.get(4..)?;
        }
        let length = match kind {
            0x1e | 0x1f => string(kind, rest, page, encoding, left, text)?,
            0x02 | 0x03 | 0x0b => 4,
            _ => return Some(()),
        };
        rest = rest.get(length..)?;
    }
    Some(())
}

/// A string (sections 2.5 and 2.7), and how many bytes it has; 0 for anything else.
fn string(
    kind: u32,
    value: &[u8],
    page: u16,
    encoding: &'static Encoding,
    left: &mut usize,
    text: &mut Text<'_>,
) -> Option<usize> {
    // VT_LPSTR, VT_LPWSTR.
    if !matches!(kind, 0x1e | 0x1f) {
        return Some(0);
    }
    let told = usize::try_from(le32(value, 0)?).ok()?;
    let length = if kind == 0x1f { told.checked_mul(2)? } else { told };
    let bytes = value.get(4..)?.get(..length)?;
    *left = left.checked_sub(length)?;
    // Code page 1200 is UTF-16.
    text.line(&if kind == 0x1f || page == 1200 { wide(bytes).into() } else { decoded(bytes, encoding) });
    // Strings in vectors of today's programs are not padded; those of wide characters are.
    Some(4 + if kind == 0x1f { length.next_multiple_of(4) } else { length })
}
