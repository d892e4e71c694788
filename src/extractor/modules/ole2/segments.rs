//! Bytes of a record of Excel's and of those that go on with it, and the strings in them ([MS-XLS] section 2.5.293).

use encoding_rs::Encoding;

use crate::decode::{le16, le32};

/// What comes next of a record, and of the `Continue` records behind it.
#[derive(Clone, Debug)]
pub(super) struct Segments<'a, 'b> {
    now: &'a [u8],
    later: &'b [&'a [u8]],
}

impl<'a, 'b> Segments<'a, 'b> {
    pub(super) const fn new(now: &'a [u8], later: &'b [&'a [u8]]) -> Self {
        Self { now, later }
    }

    /// Goes to the next record where this one is over. False where there is none.
    fn go_on(&mut self) -> bool {
        while self.now.is_empty() {
            let Some((next, later)) = self.later.split_first() else { return false };
            (self.now, self.later) = (next, later);
        }
        true
    }

    fn byte(&mut self) -> Option<u8> {
        self.go_on();
        let (byte, rest) = self.now.split_first()?;
        self.now = rest;
        Some(*byte)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        let mut left = count;
        while left != 0 {
            if !self.go_on() {
                return None;
            }
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(self.now.len());
            self.now = self.now.get(length..)?;
            left -= length as u64;
        }
        Some(())
    }

    /// Appends a string that has `count` characters to `text`, with what says how they are written in front of them. A part
    /// in another record says so again.
    pub(super) fn characters(&mut self, count: usize, text: &mut String) -> Option<()> {
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { self.word()? } else { 0 };
        let extra = if flags & 4 != 0 { u32::from(self.word()?) | u32::from(self.word()?) << 16 } else { 0 };
        let (mut left, mut is_wide) = (count, flags & 1 != 0);
        while left != 0 {
            if self.now.is_empty() {
                is_wide = self.byte()? & 1 != 0;
                // One with nothing but that byte.
                continue;
            }
            let size = if is_wide { 2 } else { 1 };
            let here = left.min(self.now.len() / size);
            let (bytes, rest) = self.now.split_at_checked(here * size)?;
            // Half a character is none.
            self.now = if here < left && rest.len() < size { &[] } else { rest };
            left -= here;
            if is_wide {
                let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
                text.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
            } else {
                // The lower halves of UTF-16.
                text.extend(bytes.iter().map(|byte| char::from(*byte)));
            }
        }
        self.skip(u64::from(runs) * 4 + u64::from(extra))
    }

    /// As [`Segments::characters`], of a string that begins with its length, of two bytes.
    pub(super) fn string(&mut self, text: &mut String) -> Option<()> {
        let count = usize::from(self.word()?);
        self.characters(count, text)
    }
}

/// How strings of one record are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Strings {
    /// As [`Segments`] has them.
    Unicode,
    /// In a code page: Excel 5 and 95.
    Narrow(&'static Encoding),
}

impl Strings {
    /// The string at `at` whose length has `size` bytes, one or two. What is missing of it is left out.
    pub(super) fn read(self, record: &[u8], at: usize, size: usize) -> String {
        let count = match size {
            1 => record.get(at).copied().map(usize::from),
            _ => le16(record, at).map(usize::from),
        };
        let (Some(count), Some(rest)) = (count, record.get(at + size..)) else { return String::new() };
        match self {
            Self::Unicode => {
                let mut text = String::new();
                // What is there of it is there even if there is not all.
                let _missing = Segments::new(rest, &[]).characters(count, &mut text).is_none();
                text
            }
            Self::Narrow(encoding) => {
                let bytes = rest.get(..count).unwrap_or(rest);
                encoding.decode_without_bom_handling(bytes).0.into_owned()
            }
        }
    }
}

/// A number of 30 bits, with what it is to be multiplied by (section 2.5.217).
pub(super) fn packed_number(bytes: &[u8], at: usize) -> Option<f64> {
    let value = le32(bytes, at)?;
    let number = if value & 2 != 0 {
        f64::from(value.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(value & 0xffff_fffc) << 32)
    };
    Some(if value & 1 != 0 { number / 100.0 } else { number })
}
