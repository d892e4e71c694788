//! Pages of a database: what is in the cells of tables' leaves (SQLite's "Database File Format", section 1.6).

use super::super::parts::be16;

/// A page that holds rows, and where its header is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf<'a> {
    page: &'a [u8],
    at: usize,
    /// Bytes of a page that hold something.
    usable: usize,
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) is_text: bool,
    /// The rest of it lies on other pages.
    pub(super) is_cut: bool,
}

impl<'a> Leaf<'a> {
    /// `None` where the page is none. `first`: it is the first page, which begins with the header of the database.
    pub(super) fn of(page: &'a [u8], first: bool, reserved: usize) -> Option<Self> {
        let at = if first { 100 } else { 0 };
        (page.get(at) == Some(&0x0d)).then_some(Self { page, at, usable: page.len().checked_sub(reserved)? })
    }

    /// The payloads of all cells as far as they lie on this page, and whether that is not all of them.
    pub(super) fn cells(self) -> impl Iterator<Item = (&'a [u8], bool)> {
        let count = be16(self.page, self.at + 3).map_or(0, usize::from);
        (0..count).filter_map(move |number| {
            let place = usize::from(be16(self.page, self.at + 8 + 2 * number)?);
            let mut rest = self.page.get(..self.usable)?.get(place..)?;
            let length = usize::try_from(varint(&mut rest)?).ok()?;
            varint(&mut rest)?;
            let local = self.local(length);
            Some((rest.get(..local.min(rest.len()))?, local < length))
        })
    }

    /// How much of a payload lies on the page.
    fn local(&self, length: usize) -> usize {
        let most = self.usable.saturating_sub(35);
        if length <= most {
            return length;
        }
        let least = (self.usable.saturating_sub(12) * 32 / 255).saturating_sub(23);
        let pages = self.usable.saturating_sub(4).max(1);
        let fitting = least + length.saturating_sub(least) % pages;
        if fitting <= most { fitting } else { least }
    }
}

/// The texts and blobs of a row (section 2.1). `is_cut`: the record goes on elsewhere.
pub(super) fn values(record: &[u8], is_cut: bool) -> impl Iterator<Item = Value<'_>> {
    let mut rest = record;
    let header = varint(&mut rest).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let before = record.len() - rest.len();
    let mut types = record.get(before..header.min(record.len())).unwrap_or(&[]);
    let mut values = record.get(header..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let kind = varint(&mut types)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.checked_sub(12)? / 2,
        };
        let length = usize::try_from(length).ok()?;
        let (bytes, behind) = values.split_at_checked(length.min(values.len()))?;
        values = behind;
        Some((kind >= 12).then_some(Value { bytes, is_text: kind % 2 == 1, is_cut: is_cut && bytes.len() < length }))
    })
    .flatten()
}

/// Takes a number of one to nine bytes from the front: seven bits each, and eight of the ninth.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            return Some(value << 8 | u64::from(*byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        let cases: [(&[u8], Option<u64>); 6] = [
            (&[0x7f], Some(127)),
            (&[0x81, 0x00], Some(128)),
            (&[0xff; 9], Some(u64::MAX)),
            (&[0x80; 9], Some(128)),
            (&[0x80], None),
            (&[], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(varint(&mut &*bytes), expected, "{bytes:?}");
        }
    }
}
