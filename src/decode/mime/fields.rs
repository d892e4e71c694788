//! What a reader sees of header fields that are written in another way: encoded words undone, folded lines joined.

use super::super::decoder::Field;
use super::header::FIELD;
use super::word;

/// Room for what is said of one header.
const ROOM: usize = 8192;

/// Fields that people write, which programs fold.
const TEXTS: [&[u8]; 5] = [b"subject", b"comments", b"keywords", b"thread-topic", b"content-description"];

/// Lines of decoded fields, as many as there is room for.
#[derive(Debug)]
pub(super) struct Fields(Field<ROOM>);

impl Fields {
    pub(super) const NEW: Self = Self(Field::EMPTY);

    pub(super) const fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn get(&self) -> &[u8] {
        self.0.get()
    }

    /// A field is complete: its name, its value, and its line ends.
    pub(super) fn field(&mut self, field: &[u8]) {
        let field = field.trim_ascii_end();
        let end = memchr::memchr(b':', field).unwrap_or(0);
        let name = field.get(..end).unwrap_or(&[]).trim_ascii_end();
        let is_folded = memchr::memchr(b'\n', field).is_some();
        let is_text = TEXTS.iter().any(|known| name.eq_ignore_ascii_case(known));
        if memchr::memmem::find(field, b"=?").is_none() && !(is_folded && is_text) {
            return;
        }
        // RFC 5322 section 2.2.3: without the line ends; the white space behind them stays.
        let mut line: Field<FIELD> = Field::EMPTY;
        for part in field.split(|byte| matches!(byte, b'\r' | b'\n')) {
            line.append(part);
        }
        word::decode(line.get(), &mut self.0);
        self.0.append(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_shown() {
        let cases: [(&str, &str); 7] = [
            ("Subject: =?utf-8?B?emFueg==?=\r\n =?utf-8?q?ibar?= heron\r\n", "Subject: zanzibar heron\n"),
            ("From: =?koi8-r?B?8Mna?= <a@example.org>\n", "From: \u{41f}\u{438}\u{437} <a@example.org>\n"),
            ("Subject: zanzibar\r\n heron\r\n", "Subject: zanzibar heron\n"),
            ("subject : a\n\tb\n", "subject : a\tb\n"),
            ("Received: from a\r\n by b\r\n", ""),
            ("Subject: plain\r\n", ""),
            ("", ""),
        ];
        for (field, expected) in cases {
            let mut fields = Fields::NEW;
            fields.field(field.as_bytes());
            assert_eq!(std::str::from_utf8(fields.get()), Ok(expected), "{field:?}");
        }
        let mut fields = Fields::NEW;
        (0..9000).for_each(|_| fields.field(b"Subject: a\n b"));
        assert_eq!(fields.get().len(), ROOM);
    }
}
