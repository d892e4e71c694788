//! Percent-encoding (RFC 3986 section 2.1), undone piece by piece.

use super::quoted_printable::hex;

/// What has come of `%XX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Percent {
    #[default]
    Nothing,
    Sign,
    /// The first digit, as it stands.
    High(u8),
}

impl Percent {
    /// Whether an escape ends with that byte.
    pub(super) const fn is_last(self, byte: u8) -> bool {
        matches!(self, Self::High(_)) && byte.is_ascii_hexdigit()
    }

    /// Takes a byte, and puts what is known then.
    pub(super) fn byte(&mut self, byte: u8, mut put: impl FnMut(u8)) {
        match (*self, hex(byte)) {
            (Self::Sign, Some(_)) => *self = Self::High(byte),
            (Self::High(high), Some(low)) => {
                *self = Self::Nothing;
                put(hex(high).unwrap_or(0) << 4 | low);
            }
            _ => {
                self.finish(&mut put);
                if byte == b'%' { *self = Self::Sign } else { put(byte) }
            }
        }
    }

    /// Nothing more comes: what is no escape stands for itself.
    pub(super) fn finish(&mut self, mut put: impl FnMut(u8)) {
        match std::mem::take(self) {
            Self::Nothing => {}
            Self::Sign => put(b'%'),
            Self::High(high) => {
                put(b'%');
                put(high);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
        let cases = [
            ("a%20b", "a b"),
            ("%C3%a4", "\u{e4}"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%%41", "%A"),
            ("%4%41", "%4A"),
            ("%zz", "%zz"),
        ];
        for (text, expected) in cases {
            let (mut percent, mut found) = (Percent::default(), Vec::new());
            text.bytes().for_each(|byte| percent.byte(byte, |byte| found.push(byte)));
            percent.finish(|byte| found.push(byte));
            assert_eq!(String::from_utf8_lossy(&found), expected, "{text}");
        }
    }
}
