//! UTF-16 units that escapes tell one by one, as UTF-8.

/// Puts characters together of the units that come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Units {
    /// The first half of a character of two.
    high: Option<u16>,
}

impl Units {
    pub(super) const NEW: Self = Self { high: None };

    /// Puts a unit, or keeps it until its other half comes.
    pub(super) fn unit(&mut self, unit: u16, mut put: impl FnMut(&[u8])) {
        if let Some(Ok(letter)) = self.high.and_then(|high| char::decode_utf16([high, unit]).next()) {
            self.high = None;
            return put(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.end(&mut put);
        if matches!(unit, 0xd800..0xdc00) {
            self.high = Some(unit);
        } else {
            let letter = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
            put(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Something else than a unit comes: half a character is none.
    pub(super) fn end(&mut self, mut put: impl FnMut(&[u8])) {
        if self.high.take().is_some() {
            put("\u{fffd}".as_bytes());
        }
    }

    pub(super) const fn clear(&mut self) {
        self.high = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_a_character_and_lone_ones_are_replaced() {
        let cases: [(&[u16], &str); 6] = [
            (&[0x41, 0xe4, 0x20ac], "A\u{e4}\u{20ac}"),
            (&[0xd83d, 0xde00], "\u{1f600}"),
            (&[0xd83d], "\u{fffd}"),
            (&[0xd83d, 0x41], "\u{fffd}A"),
            (&[0xd83d, 0xd83d, 0xde00], "\u{fffd}\u{1f600}"),
            (&[0xde00, 0x41], "\u{fffd}A"),
        ];
        for (input, expected) in cases {
            let (mut units, mut found) = (Units::NEW, Vec::new());
            input.iter().for_each(|unit| units.unit(*unit, |bytes| found.extend_from_slice(bytes)));
            units.end(|bytes| found.extend_from_slice(bytes));
            assert_eq!(String::from_utf8_lossy(&found), expected, "{input:x?}");
        }
    }
}
