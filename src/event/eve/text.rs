//! Bytes of unknown origin as JSON text.

use std::fmt::{self, Write};

use serde::{Serialize, Serializer};

/// Bytes that are written as text where they are text.
///
/// Valid UTF-8 stands as it is. Written as `\xNN`, two lower-case hexadecimal digits
/// a byte, are: bytes that are not UTF-8; control characters (U+0000 to U+001F, U+007F
/// to U+009F) and U+2028 and U+2029, at which some readers end a line; and a backslash
/// before an `x`, so that what looks like an escape always is one. Undoing every
/// `\xNN` therefore gives the bytes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    /// The text itself, when nothing in it needs an escape of this type's.
    fn plain(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok().filter(|text| !text.contains(breaks_a_line) && !text.contains("\\x"))
    }
}

fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.plain() {
            return f.write_str(text);
        }
        for chunk in self.0.utf8_chunks() {
            let mut chars = chunk.valid().chars().peekable();
            while let Some(c) = chars.next() {
                if breaks_a_line(c) || (c == '\\' && chars.peek() == Some(&'x')) {
                    escape(c.encode_utf8(&mut [0; 4]).as_bytes(), f)?;
                } else {
                    f.write_char(c)?;
                }
            }
            escape(chunk.invalid(), f)?;
        }
        Ok(())
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.plain() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_stands_and_the_rest_is_escaped() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            ("größe €".as_bytes(), "größe €"),
            (b"", ""),
            (b"a\xffb", "a\\xffb"),
            (b"\xc3", "\\xc3"),
            (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
            (b"line\r\nbreak\0", "line\\x0d\\x0abreak\\x00"),
            ("\u{85}\u{2028}\u{2029}\u{7f}".as_bytes(), "\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xa9\\x7f"),
            (b"C:\\temp", "C:\\temp"),
            (b"C:\\xampp", "C:\\x5cxampp"),
            (b"\\\xff", "\\\\xff"),
        ] {
            assert_eq!(Text(bytes).to_string(), expected);
        }
    }

    fn undo(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(hex) = rest.strip_prefix("\\x") {
                out.push(u8::from_str_radix(&hex[..2], 16).unwrap());
                rest = &hex[2..];
            } else {
                out.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'x')], 0..40)) {
            let json = serde_json::to_string(&Text(&bytes)).unwrap();
            prop_assert!(!json.contains(breaks_a_line));
            let text: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&text, &Text(&bytes).to_string());
            prop_assert_eq!(undo(&text), bytes);
        }
    }
}
