//! Names of files in a 7z header that is not packed (7zFormat.txt, "Files Information").

use super::super::decoder::Field;
use super::super::parts::le16;

/// Longest name that is kept.
pub(super) const NAME: usize = 1024;
/// Properties that are read in search of the right ones.
const STEPS: u32 = 1 << 20;

/// The list of files in a header: how many there are, their names in UTF-16, and which of them have no content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files<'a> {
    count: usize,
    names: &'a [u8],
    empty: &'a [u8],
}

/// Takes a number from the front: the ones at the top of the first byte say how many bytes follow it.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let length = first.leading_ones().min(8);
    let (low, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    let value = low.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let high = u64::from(first & 0x7f_u8.checked_shr(length).unwrap_or(0));
    Some(value | high.checked_shl(8 * length).unwrap_or(0))
}

impl<'a> Files<'a> {
    /// Finds the list, which is the last part of a header. What stands in front of it says how the files are packed, and is
    /// as long as that takes: the list is where all properties up to the very end fit together.
    pub(super) fn find(header: &'a [u8]) -> Option<Self> {
        let mut steps = STEPS;
        memchr::memchr_iter(5, header).find_map(|at| Self::read(header.get(at + 1..)?, &mut steps))
    }

    fn read(bytes: &'a [u8], steps: &mut u32) -> Option<Self> {
        let mut rest = bytes;
        let count = usize::try_from(number(&mut rest)?).ok().filter(|count| (1..=bytes.len()).contains(count))?;
        let mut files = Self { count, names: &[], empty: &[] };
        loop {
            *steps = steps.checked_sub(1)?;
            let (kind, behind) = rest.split_first()?;
            rest = behind;
            if *kind == 0 {
                break;
            }
            let size = usize::try_from(number(&mut rest)?).ok()?;
            let (property, behind) = rest.split_at_checked(size)?;
            rest = behind;
            match (kind, property) {
                (0x0e, bits) if bits.len() == count.div_ceil(8) => files.empty = bits,
                // The zero says that they stand here.
                (0x11, [0, names @ ..]) => files.names = names,
                _ => {}
            }
        }
        (rest == [0] && files.names().count() == count).then_some(files)
    }

    /// The names of all files, as they stand there.
    fn names(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.names;
        std::iter::from_fn(move || {
            let units = rest.chunks_exact(2).position(|unit| unit == [0, 0])?;
            let (name, behind) = rest.split_at_checked(2 * units)?;
            rest = behind.get(2..)?;
            Some(name)
        })
    }

    /// The names of those that have content, as UTF-8.
    pub(super) fn with_content(self) -> impl Iterator<Item = Field<NAME>> {
        let is_empty =
            move |number: usize| self.empty.get(number / 8).is_some_and(|bits| bits << (number % 8) & 0x80 != 0);
        self.names().take(self.count).enumerate().filter(move |(number, _)| !is_empty(*number)).map(|(_, name)| {
            let mut text: Field<NAME> = Field::EMPTY;
            let units = (0..name.len() / 2).filter_map(|unit| le16(name, 2 * unit));
            for letter in char::decode_utf16(units) {
                let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
                text.append(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        let cases: [(&[u8], Option<u64>); 6] = [
            (&[0x7f], Some(127)),
            (&[0x80, 0x80], Some(128)),
            (&[0x81, 0x02], Some(0x102)),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], Some(0x0807_0605_0403_0201)),
            (&[0xc0, 1], None),
            (&[], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(number(&mut &*bytes), expected, "{bytes:?}");
        }
    }
}
