//! What a file that is no capture looks like, in words for its user.

/// Formats by their first bytes.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x7fELF", "an ELF program"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"BZh", "bzip2 data"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"snoop\0\0\0", "a snoop capture"),
    (b"GMBU", "a Network Monitor capture"),
    (b"RTSS", "a Network Monitor 1 capture"),
    (b"\xa1\xb2\xcd\x34", "a big-endian pcap of the modified kind"),
];

/// Names what `head`, the first bytes of a file (none if it is empty), looks like.
pub(super) fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "an empty file".to_owned();
    }
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*name).to_owned();
    }
    if is_text(head) {
        return "text".to_owned();
    }
    let first: Vec<String> = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("data that begins with {}", first.join(" "))
}

/// UTF-8 (of which the end may cut a character) without control characters.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_it_sees() {
        for (head, name) in [
            (&b""[..], "an empty file"),
            (b"\x7fELF\x02\x01\x01\0", "an ELF program"),
            (b"GET / HTTP/1.1\r\n", "text"),
            ("Ger\u{e4}t".as_bytes(), "text"),
            (b"abc\xc3", "text"),
            (b"\x00\x01\x02\x03\x04", "data that begins with 00 01 02 03"),
            (b"\xff", "data that begins with ff"),
            (b"\xfd7zXZ\0\0", "xz data"),
        ] {
            assert_eq!(describe(head), name);
        }
    }
}
