//! What an object is, by its first bytes: media types for people and for events.

/// The media type of what begins with `bytes`: that of its signature, else `text/plain` for UTF-8 without control
/// characters, `application/octet-stream` for other bytes, and `application/x-empty` for none.
pub(crate) fn of(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "application/x-empty";
    }
    if let Some(kind) = infer::get(bytes) {
        return kind.mime_type();
    }
    let end = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        // The last character may be cut off.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => 0,
    };
    let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if end > 0 && bytes.iter().all(is_text) { "text/plain" } else { "application/octet-stream" }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn kinds_are_those_of_the_first_bytes() {
        let cases: [(&[u8], &str); 10] = [
            (b"", "application/x-empty"),
            (b"plain text\r\n", "text/plain"),
            ("Gr\u{f6}\u{df}e".as_bytes(), "text/plain"),
            (b"cut in a character \xc3", "text/plain"),
            (b"Latin-1 \xe4 text", "application/octet-stream"),
            (b"null\0", "application/octet-stream"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
            (b"<!DOCTYPE html><html>", "text/html"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(of(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
