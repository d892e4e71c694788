//! Values that are lists, a word at a time as their bytes pass: what stands between words takes no room, however much it is.

/// Bytes that are kept of a word: one more than the longest that has a meaning has, so that none is taken for what it only
/// begins like.
const MAX_WORD_BYTES: usize = 27;

/// An element of a list up to its parameters, or one of these; in lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Word {
    bytes: [u8; MAX_WORD_BYTES],
    length: u8,
    /// A semicolon stands before it.
    pub(in crate::proto) is_parameter: bool,
}

impl Word {
    pub(in crate::proto) fn text(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
            *place = byte.to_ascii_lowercase();
            self.length += 1;
        }
    }
}

/// The words of one field after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Words {
    word: Word,
    /// White space has come since the word's last byte.
    spaced: bool,
}

impl Words {
    /// Takes the next byte of a value, line ends of a folded one included; says what word it ends. Empty elements count for
    /// nothing (RFC 9110, 5.6.1), nor do control characters around words, which clients take for white space.
    pub(in crate::proto) fn byte(&mut self, byte: u8) -> Option<Word> {
        match byte {
            b',' => self.end(),
            b';' => {
                let word = self.end();
                self.word.is_parameter = true;
                word
            }
            0..=b' ' => {
                self.spaced = self.word.length > 0;
                None
            }
            _ => {
                if std::mem::take(&mut self.spaced) {
                    self.word.push(b' ');
                }
                self.word.push(byte);
                None
            }
        }
    }

    /// The field is over; says what word ends with it.
    pub(in crate::proto) fn end(&mut self) -> Option<Word> {
        self.spaced = false;
        let word = std::mem::take(&mut self.word);
        (word.length > 0).then_some(word)
    }

    /// All words of a value that is there as a whole.
    pub(in crate::proto) fn each(value: &[u8], mut take: impl FnMut(&Word)) {
        let mut words = Self::default();
        for &byte in value {
            if let Some(word) = words.byte(byte) {
                take(&word);
            }
        }
        if let Some(word) = words.end() {
            take(&word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_stands_between_commas_and_semicolons() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" ,\t, ;", &[]),
            ("GZIP", &["gzip"]),
            ("a,b , c", &["a", "b", "c"]),
            ("a;q=1; r , b", &["a", ";q=1", ";r", "b"]),
            ("\u{b}a\u{c}\r\n b \u{1}", &["a b"]),
            ("client_no_context_takeoverx,b", &["client_no_context_takeoverx", "b"]),
            ("client_no_context_takeover_and_more", &["client_no_context_takeover_"]),
        ];
        for (value, expected) in cases {
            let mut words = Vec::new();
            Words::each(value.as_bytes(), |word| {
                let text = String::from_utf8(word.text().to_vec()).unwrap_or_default();
                words.push(if word.is_parameter { format!(";{text}") } else { text });
            });
            assert_eq!(words, *expected, "{value:?}");
        }
    }
}
