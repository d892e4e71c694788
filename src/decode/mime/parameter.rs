//! Parameters of header fields (RFC 2045 section 5.1), in one or several parts and with a charset (RFC 2231).

use super::super::charset;
use super::super::decoder::Field;
use super::super::quoted_printable::hex;
use super::word::{self, Charset};

/// How often the parameters are read to put parts together that stand in another order.
const PASSES: usize = 4;

/// Appends the value of parameter `key`, as UTF-8 where its charset is known. False where there is none.
pub(super) fn parameter<const N: usize>(field: &[u8], key: &[u8], out: &mut Field<N>) -> bool {
    extended(field, key, out) || parts(field, key, out) || plain(field, key, out)
}

/// What a text is written in by its media type (RFC 9110 section 8.3.2), such as `text/html; charset=windows-1251`. `None`
/// where that does not say so, or says that it is UTF-8 or nothing known.
#[must_use]
pub fn charset_of(media_type: &[u8]) -> Option<charset::Charset> {
    let mut label = Field::<64>::EMPTY;
    parameter(media_type, b"charset", &mut label).then(|| charset::Charset::of(label.get())).flatten()
}

/// The part of a field before its parameters, without blanks and comments.
pub(super) fn value<const N: usize>(field: &[u8], out: &mut Field<N>) {
    unquote(next(field).0, out);
}

/// Key and value of each parameter, as they stand.
fn parameters(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = next(field).1;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (one, after) = next(rest);
            rest = after;
            if let Some(equals) = memchr::memchr(b'=', one) {
                let (key, value) = one.split_at_checked(equals)?;
                return Some((without_comment(key), value.get(1..)?.trim_ascii()));
            }
        }
        None
    })
}

/// `key` and whatever stands behind its name, such as `*0*`.
fn suffix<'a>(name: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let (name, suffix) = name.split_at_checked(key.len())?;
    name.eq_ignore_ascii_case(key).then_some(suffix)
}

/// What stands before the next semicolon that is in no quoted string and no comment, and behind it.
fn next(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped, mut comments) = (false, false, 0_u32);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted || comments != 0 => escaped = true,
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            b';' if !quoted && comments == 0 => {
                return (bytes.get(..at).unwrap_or(&[]), bytes.get(at + 1..).unwrap_or(&[]));
            }
            _ => {}
        }
    }
    (bytes, &[])
}

/// A word without the comment before or behind it.
fn without_comment(bytes: &[u8]) -> &[u8] {
    let mut word = bytes.trim_ascii();
    if word.starts_with(b"(")
        && let Some(end) = memchr::memchr(b')', word)
    {
        word = word.get(end + 1..).unwrap_or(&[]).trim_ascii();
    }
    if word.ends_with(b")")
        && let Some(start) = memchr::memmem::find(word, b" (")
    {
        word = word.get(..start).unwrap_or(&[]).trim_ascii();
    }
    word
}

/// Appends a token, or a quoted string without its quotes. A backslash that escapes neither a quote nor itself stands
/// for itself: it is one of a path.
fn unquote<const N: usize>(value: &[u8], out: &mut Field<N>) {
    let value = without_comment(value);
    let Some(mut text) = value.strip_prefix(b"\"") else {
        value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).for_each(|byte| out.append(&[*byte]));
        return;
    };
    loop {
        let (byte, rest) = match text {
            [] | [b'"', ..] => return,
            [b'\\', byte @ (b'"' | b'\\'), rest @ ..] => (byte, rest),
            [byte, rest @ ..] => (byte, rest),
        };
        if !matches!(byte, b'\r' | b'\n') {
            out.append(&[*byte]);
        }
        text = rest;
    }
}

/// `key=value`.
fn plain<const N: usize>(field: &[u8], key: &[u8], out: &mut Field<N>) -> bool {
    let Some((_, value)) = parameters(field).find(|(name, _)| name.eq_ignore_ascii_case(key)) else { return false };
    let mut text: Field<N> = Field::EMPTY;
    unquote(value, &mut text);
    word::decode(text.get(), out);
    true
}

/// RFC 2231 section 4: `key*=charset'language'value`.
fn extended<const N: usize>(field: &[u8], key: &[u8], out: &mut Field<N>) -> bool {
    let found = parameters(field).find(|(name, _)| suffix(name, key) == Some(b"*"));
    let Some((_, value)) = found else { return false };
    let mut text: Field<N> = Field::EMPTY;
    unquote(value, &mut text);
    let (charset, text) = charset(text.get());
    percent(text, charset, out);
    true
}

/// RFC 2231 section 3: `key*0`, `key*1` and so on, those with a star behind it extended.
fn parts<const N: usize>(field: &[u8], key: &[u8], out: &mut Field<N>) -> bool {
    let (mut due, mut of_all) = (0_u32, Some(Charset::Utf8));
    for _ in 0..PASSES {
        let before = due;
        for (name, value) in parameters(field) {
            let Some((number, is_extended)) = suffix(name, key).and_then(part) else { continue };
            if number != due {
                continue;
            }
            let mut text: Field<N> = Field::EMPTY;
            unquote(value, &mut text);
            if is_extended {
                let text = if due == 0 {
                    let (named, text) = charset(text.get());
                    of_all = named;
                    text
                } else {
                    text.get()
                };
                percent(text, of_all, out);
            } else {
                out.append(text.get());
            }
            due += 1;
        }
        if due == before {
            break;
        }
    }
    due != 0
}

/// Number of a part, and whether it is extended, of `*0` or `*0*`.
fn part(suffix: &[u8]) -> Option<(u32, bool)> {
    let number = suffix.strip_prefix(b"*")?;
    let (number, is_extended) = number.strip_suffix(b"*").map_or((number, false), |number| (number, true));
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, is_extended))
}

/// The charset, and what stands behind charset and language.
fn charset(text: &[u8]) -> (Option<Charset>, &[u8]) {
    let mut parts = text.splitn(3, |byte| *byte == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(_), Some(value)) => (Charset::of(name), value),
        _ => (Some(Charset::Utf8), text),
    }
}

/// Appends `text` with its `%XX` undone, unless its charset is not known.
fn percent<const N: usize>(text: &[u8], charset: Option<Charset>, out: &mut Field<N>) {
    let Some(charset) = charset else { return out.append(text) };
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escape = match rest {
            [b'%', high, low, after @ ..] => hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, after)),
            _ => None,
        };
        let (byte, after) = escape.unwrap_or((*byte, after));
        charset.put(byte, out);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_however_they_are_written() {
        let cases = [
            ("attachment; filename=q3.docx", "q3.docx"),
            ("attachment; FileName=\"q3; final.docx\"", "q3; final.docx"),
            (r#"attachment; filename="a \"b\" C:\dir\\c""#, r#"a "b" C:\dir\c"#),
            ("attachment; filename=my file (1).doc; size=3", "my file (1).doc"),
            ("attachment (a; b) ; (c) filename (d) = q3.doc (e)", "q3.doc"),
            ("attachment;\r\n\tfilename=\"folded\r\n name\"", "folded name"),
            ("attachment; filename*=utf-8'de'Gr%C3%B6%C3%9Fe.txt", "Gr\u{f6}\u{df}e.txt"),
            ("attachment; filename*=iso-8859-1''Gr%f6%dfe.txt; filename=x", "Gr\u{f6}\u{df}e.txt"),
            ("attachment; filename*=koi8-r''%f6.txt", "%f6.txt"),
            ("attachment; filename*0=\"a \"; filename*1=b", "a b"),
            ("attachment; filename*1=b; filename*0=a", "ab"),
            ("attachment; filename*0*=UTF-8''%E2%82; filename*1*=%AC; filename*2=\"%41.t\"", "\u{20ac}%41.t"),
            ("attachment; filename=\"=?utf-8?B?4oKs?=.txt\"", "\u{20ac}.txt"),
            ("attachment; filename=\"open", "open"),
            ("attachment; filename*=%41", "A"),
            ("attachment; xfilename=a; filename", ""),
            ("", ""),
        ];
        for (field, expected) in cases {
            let mut out: Field<64> = Field::EMPTY;
            let found = parameter(field.as_bytes(), b"filename", &mut out);
            assert_eq!(std::str::from_utf8(out.get()), Ok(expected), "{field:?}");
            assert_eq!(found, !expected.is_empty(), "{field:?}");
        }
        let mut out: Field<64> = Field::EMPTY;
        value(b" (mail) base64 (x) ; y", &mut out);
        assert_eq!(out.get(), b"base64");
    }
}
