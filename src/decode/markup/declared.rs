//! The charset that a document says it is written in.

use memchr::memmem;

use super::super::charset::Charset;

/// Of HTML: that of the first `meta` element that has one (HTML 5 section 13.2.3.2).
pub(super) fn html(first: &[u8]) -> Option<Charset> {
    let mut rest = first;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = rest.get(at + 1..).unwrap_or(&[]);
        let is_meta = rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"));
        let Some(end) = memchr::memchr(b'>', rest).filter(|_| is_meta) else { continue };
        if let Some(name) = named(rest.get(..end).unwrap_or(&[]), b"charset") {
            return Charset::within(name);
        }
    }
    None
}

/// Of XML: that of its declaration (XML 1.0 section 4.3.3).
pub(super) fn xml(first: &[u8]) -> Option<Charset> {
    let end = memmem::find(first, b"?>")?;
    let declaration = first.get(..end).filter(|first| memmem::find(first, b"<?xml").is_some())?;
    Charset::within(named(declaration, b"encoding")?)
}

/// What stands behind `key` and an equals sign.
fn named<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(key.len()).position(|part| part.eq_ignore_ascii_case(key))?;
    let value = text.get(at + key.len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"';/?".contains(byte);
    value.get(..value.iter().position(is_end).unwrap_or(value.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_found_where_they_are_declared() {
        let standard = |encoding| Some(Charset::Standard(encoding));
        let cases = [
            ("<head><meta charset=\"shift_jis\">", standard(encoding_rs::SHIFT_JIS)),
            ("<META content='text/html; charset=koi8-r' http-equiv=x>", standard(encoding_rs::KOI8_R)),
            ("<meta name=a><meta charset = gb18030 />", standard(encoding_rs::GB18030)),
            ("<meta charset=latin1>", standard(encoding_rs::WINDOWS_1252)),
            ("<meta charset=utf-8>", None),
            ("<meta charset=utf-16>", None),
            ("<meta charset=UTF-7>", Some(Charset::Utf7)),
            ("<meta charset=nonsense>", None),
            ("<p>charset=koi8-r", None),
            ("<meta charset=koi8-r", None),
        ];
        for (text, expected) in cases {
            assert_eq!(html(text.as_bytes()), expected, "{text}");
        }
        let cases = [
            ("<?xml version='1.0' encoding='windows-1251'?>", standard(encoding_rs::WINDOWS_1251)),
            ("<?xml version=\"1.0\" encoding=\"ISO-2022-JP\" ?>", standard(encoding_rs::ISO_2022_JP)),
            ("<?xml version=\"1.0\"?><a encoding='koi8-r'/>", None),
            ("<a encoding='koi8-r'/><?b?>", None),
        ];
        for (text, expected) in cases {
            assert_eq!(xml(text.as_bytes()), expected, "{text}");
        }
    }
}
