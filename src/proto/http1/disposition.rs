//! The file name in a `Content-Disposition` (RFC 6266), also in its extended form (RFC 8187).

use super::object::{Buffer, MAX_FILE_NAME_BYTES};

type Name = Buffer<MAX_FILE_NAME_BYTES>;

/// Puts the file name into `name`; false where there is none. RFC 6266, 4.3: "when both "filename" and "filename*" are
/// present in a single header field value, recipients SHOULD pick "filename*"".
pub(super) fn file_name(value: &[u8], name: &mut Name) -> bool {
    let mut plain = None;
    let mut rest = value;
    while let Some(parameter) = next(&mut rest) {
        if parameter.name.eq_ignore_ascii_case(b"filename*") {
            if extended(parameter.value, name) {
                return true;
            }
            name.clear();
        } else if parameter.name.eq_ignore_ascii_case(b"filename") {
            plain = plain.or(Some(parameter.value));
        }
    }
    unquoted(plain.unwrap_or_default(), name);
    !name.bytes().is_empty()
}

struct Parameter<'a> {
    name: &'a [u8],
    /// In its quotes, where it has any.
    value: &'a [u8],
}

/// The next parameter; the disposition type is one without a value.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Parameter<'a>> {
    let text = rest.trim_ascii_start();
    if text.is_empty() {
        return None;
    }
    let (mut quoted, mut escaped) = (false, false);
    let end = text.iter().position(|&byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = quoted && byte == b'\\';
        quoted ^= byte == b'"';
        byte == b';' && !quoted
    });
    let (parameter, after) = text.split_at_checked(end.unwrap_or(text.len()))?;
    *rest = after.strip_prefix(b";").unwrap_or(after);
    let equals = parameter.iter().position(|&byte| byte == b'=').unwrap_or(parameter.len());
    let (name, value) = parameter.split_at_checked(equals)?;
    Some(Parameter { name: name.trim_ascii(), value: value.strip_prefix(b"=").unwrap_or(value).trim_ascii() })
}

/// A token, or what a quoted string means.
fn unquoted(value: &[u8], name: &mut Name) {
    let Some(inner) = value.strip_prefix(b"\"") else {
        name.push(value);
        return;
    };
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => name.push(bytes.next().map_or(&b"\\"[..], std::slice::from_ref)),
            _ => name.push(&[byte]),
        };
    }
}

/// `UTF-8'en'%e2%82%ac%20rates`; false where it is none of that form.
fn extended(value: &[u8], name: &mut Name) -> bool {
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (Some(charset), Some(_), Some(text)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let latin = charset.eq_ignore_ascii_case(b"iso-8859-1");
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let pair = (bytes.next().and_then(hex), bytes.next().and_then(hex));
            let (Some(high), Some(low)) = pair else { return false };
            high << 4 | low
        } else {
            byte
        };
        if latin && byte >= 0x80 {
            name.push(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
        } else {
            name.push(&[byte]);
        }
    }
    !name.bytes().is_empty()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        let cases: &[(&str, Option<&str>)] = &[
            ("", None),
            ("inline", None),
            ("attachment; filename=example.html", Some("example.html")),
            ("INLINE; FILENAME= \"an example.html\"", Some("an example.html")),
            ("attachment;filename=\"a\\\"b\\\\c;d.txt\"; size=3", Some("a\"b\\c;d.txt")),
            ("attachment; filename*= UTF-8''%e2%82%ac%20rates", Some("€ rates")),
            ("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates", Some("€ rates")),
            ("attachment; filename*=utf-8'en'a; filename=b", Some("a")),
            ("attachment; filename*=iso-8859-1'en'%A3%20rates", Some("£ rates")),
            ("attachment; filename*=utf-8''%zz; filename=b", Some("b")),
            ("attachment; filename=b; filename*=utf-8''%e", Some("b")),
            ("attachment; filename*=nothing; filename=b", Some("b")),
            ("attachment; filename=first; filename=second", Some("first")),
            ("filename=bare.txt", Some("bare.txt")),
            ("attachment; filename=\"open", Some("open")),
            ("attachment; filename=\"\"", None),
            ("attachment; filename", None),
            (";;;", None),
        ];
        for &(value, expected) in cases {
            let mut name = Name::new();
            let found = file_name(value.as_bytes(), &mut name);
            assert_eq!(found.then_some(name.bytes()), expected.map(str::as_bytes), "{value:?}");
        }
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let mut name = Name::new();
        assert!(file_name(&[b"a; filename=", &[b'x'; 900][..]].concat(), &mut name));
        assert_eq!(name.bytes().len(), MAX_FILE_NAME_BYTES);
    }
}
