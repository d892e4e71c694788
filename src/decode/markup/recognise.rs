//! Telling HTML and XML from other text, by their first bytes.

use super::super::format::{Guess, PROBE};

/// Elements that HTML begins with: documents, and the fragments that mail programs send.
const FIRST: [&[u8]; 32] = [
    b"html",
    b"head",
    b"body",
    b"script",
    b"meta",
    b"title",
    b"style",
    b"link",
    b"base",
    b"div",
    b"p",
    b"table",
    b"br",
    b"span",
    b"font",
    b"center",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"a",
    b"b",
    b"i",
    b"u",
    b"ul",
    b"ol",
    b"pre",
    b"img",
    b"iframe",
    b"form",
    b"hr",
    b"blockquote",
];

/// What stands behind the byte order mark and white space.
fn start(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

/// What stands behind what begins with `opening` and ends with `closing`, if that is there.
enum Behind<'a> {
    Other,
    Open,
    At(&'a [u8]),
}

fn skip<'a>(text: &'a [u8], opening: &[u8], closing: &[u8]) -> Behind<'a> {
    let common = text.len().min(opening.len());
    if text.get(..common) != opening.get(..common) {
        return Behind::Other;
    }
    let inner = text.get(opening.len()..).unwrap_or(&[]);
    match memchr::memmem::find(inner, closing) {
        Some(at) => Behind::At(inner.get(at + closing.len()..).unwrap_or(&[]).trim_ascii_start()),
        None => Behind::Open,
    }
}

/// `More` as long as there may be more.
fn open(bytes: &[u8]) -> Guess {
    if bytes.len() < PROBE { Guess::More } else { Guess::No }
}

/// HTML: one of its first tags or its document type, behind comments and an XML declaration.
pub(super) fn html(bytes: &[u8]) -> Guess {
    if let Some(guess) = half_mark(bytes) {
        return guess;
    }
    let mut text = start(bytes);
    let mut is_xml = false;
    loop {
        if text.is_empty() || text == b"<" {
            return open(bytes);
        }
        text = match (skip(text, b"<!--", b"-->"), skip(text, b"<?xml", b"?>")) {
            (Behind::At(behind), _) => behind,
            (_, Behind::At(behind)) => {
                is_xml = true;
                behind
            }
            (Behind::Open, _) if text.len() < 4 => return doctype(text, bytes),
            (Behind::Open, _) | (_, Behind::Open) => return open(bytes),
            (Behind::Other, Behind::Other) => break,
        };
    }
    let Some(name) = text.strip_prefix(b"<") else { return Guess::No };
    if name.starts_with(b"!") {
        return doctype(text, bytes);
    }
    let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric());
    let (tag, rest) = name.split_at_checked(end.unwrap_or(name.len())).unwrap_or((name, &[]));
    let known = if is_xml { FIRST.get(..1).unwrap_or(&[]) } else { &FIRST };
    let alike = |known: &[u8]| known.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
    match rest.first() {
        None if known.iter().any(|known| alike(known)) => open(bytes),
        Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n')
            if known.iter().any(|known| tag.eq_ignore_ascii_case(known)) =>
        {
            // What has a name space is XML, but for HTML itself and what mail programs write.
            let is_html = tag.eq_ignore_ascii_case(b"html") || tag.eq_ignore_ascii_case(b"div");
            match (is_html, memchr::memchr(b'>', rest)) {
                (true, _) => Guess::Yes,
                (false, Some(at)) if has_name_space(rest.get(..at).unwrap_or(&[])) => Guess::No,
                (false, Some(_)) => Guess::Yes,
                (false, None) => {
                    if has_name_space(rest) {
                        Guess::No
                    } else if bytes.len() < PROBE {
                        Guess::More
                    } else {
                        Guess::Yes
                    }
                }
            }
        }
        _ => Guess::No,
    }
}

/// Whether a byte order mark has begun and is not all there, if it is one.
fn half_mark(bytes: &[u8]) -> Option<Guess> {
    match bytes {
        [0xef] | [0xef, 0xbb] => Some(Guess::More),
        [0xef, second, third, ..] if (*second, *third) == (0xbb, 0xbf) => None,
        [0xef, ..] => Some(Guess::No),
        _ => None,
    }
}

/// `<!doctype html`, or the beginning of one or of a comment.
fn doctype(text: &[u8], bytes: &[u8]) -> Guess {
    const DOCTYPE: &[u8] = b"<!doctype html";
    let common = text.len().min(DOCTYPE.len());
    let alike = text.get(..common).zip(DOCTYPE.get(..common)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    match (alike, common == DOCTYPE.len()) {
        (true, true) => Guess::Yes,
        (true, false) => open(bytes),
        (false, _) if b"<!--".starts_with(text) => open(bytes),
        (false, _) => Guess::No,
    }
}

fn has_name_space(tag: &[u8]) -> bool {
    memchr::memmem::find(tag, b"xmlns").is_some()
}

/// XML: its declaration or that of a packet of metadata, a document type, or a first element with a name space, or one
/// with attributes that is empty, or behind which an element ends that has begun.
pub(super) fn xml(bytes: &[u8]) -> Guess {
    if let Some(guess) = half_mark(bytes) {
        return guess;
    }
    let mut text = start(bytes);
    while let Behind::At(behind) = skip(text, b"<!--", b"-->") {
        text = behind;
    }
    if text.is_empty() {
        return open(bytes);
    }
    for opening in [&b"<?xml"[..], b"<?xpacket ", b"<!DOCTYPE ", b"<!--"] {
        let common = text.len().min(opening.len());
        if text.get(..common) == opening.get(..common) {
            let whole = common == opening.len() && opening != b"<!--";
            return if whole { Guess::Yes } else { open(bytes) };
        }
    }
    match text {
        [b'<', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {}
        _ => return Guess::No,
    }
    let end = memchr::memchr(b'>', text);
    let tag = text.get(..end.unwrap_or(text.len())).unwrap_or(&[]);
    let name = tag.iter().skip(1).position(|byte| !(byte.is_ascii_alphanumeric() || b"_:.-".contains(byte)));
    let is_name = name.is_none_or(|at| matches!(tag.get(at + 1), Some(b' ' | b'\t' | b'\r' | b'\n' | b'/')));
    match (is_name, has_name_space(tag), end) {
        (false, ..) => Guess::No,
        (true, true, _) => Guess::Yes,
        (true, false, Some(at)) if has_end(text, at) => Guess::Yes,
        (true, false, Some(_)) => open(bytes),
        (true, false, None) => open(bytes),
    }
}

/// Whether the first element, whose tag ends at `at`, ends there, or another one behind it.
fn has_end(text: &[u8], at: usize) -> bool {
    let (tag, behind) = text.split_at_checked(at).unwrap_or((text, &[]));
    if tag.ends_with(b"/") && memchr::memmem::find(tag, b"=\"").is_some() {
        return true;
    }
    let Some(end) = memchr::memmem::find(behind, b"</") else { return false };
    let name = behind.get(end + 2..).unwrap_or(&[]);
    let Some(length) = name.iter().position(|byte| matches!(byte, b'>' | b' ' | b'\r' | b'\n')) else { return false };
    let opening = name.get(..length).unwrap_or(&[]);
    let before = text.get(..at + end).unwrap_or(&[]);
    !opening.is_empty()
        && memchr::memmem::find_iter(before, opening).any(|at| at > 0 && before.get(at - 1) == Some(&b'<'))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn html_and_xml_are_told_from_each_other_and_from_text() {
        use Guess::{More, No, Yes};
        let long = format!("<!--{}--><html>", "x".repeat(600));
        let cases: [(&str, Guess, Guess); 38] = [
            ("<!DOCTYPE html><html>", Yes, Yes),
            ("<!doctype HTML PUBLIC", Yes, No),
            ("\u{feff} \r\n<html lang=de>", Yes, More),
            ("<html xmlns=\"http://www.w3.org/1999/xhtml\">", Yes, Yes),
            ("<!-- a --><!-- b -->\n<BODY>", Yes, More),
            ("<!-- a", More, More),
            ("<!--", More, More),
            ("<!", More, More),
            ("<", More, More),
            ("<h", More, More),
            ("<html", More, More),
            ("<head>", Yes, More),
            ("<header>", No, More),
            ("<div dir=\"ltr\">Hi", Yes, More),
            ("<p>Hi</p>", Yes, Yes),
            ("<p xmlns=\"urn:x\">Hi</p>", No, Yes),
            ("<p class=", More, More),
            ("<br/>", Yes, More),
            ("<script>", Yes, More),
            ("<scripture>", No, More),
            ("<?xml version=\"1.0\"?><a/>", No, Yes),
            ("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC", Yes, Yes),
            ("<?xml version=\"1.0\"?><html>", Yes, Yes),
            ("<?xml version=\"1.0\"?><p>", No, Yes),
            ("<?xml", More, Yes),
            ("<?xpacket begin=\"\u{feff}\"", No, Yes),
            ("<?php echo 1", No, No),
            ("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">", No, Yes),
            ("<note>text", No, More),
            ("<note><to>you</to>", No, Yes),
            ("<note a=\"b\"/>", No, Yes),
            ("<note>a</b>", No, More),
            ("<Ann> hello <Bob> and so on", No, More),
            ("<name@example.org> wrote", No, No),
            ("< 5 and > 3", No, No),
            ("text <html>", No, No),
            ("", More, More),
            (&long, No, No),
        ];
        for (text, is_html, is_xml) in cases {
            let bytes = &text.as_bytes()[..text.len().min(PROBE)];
            assert_eq!((html(bytes), xml(bytes)), (is_html, is_xml), "{text:?}");
            let (mut last, mut other) = (More, More);
            for length in 0..=bytes.len() {
                let (guess, second) = (html(&bytes[..length]), xml(&bytes[..length]));
                assert!(last == More || guess == last, "{text:?} is {last:?}, then {guess:?} at {length}");
                assert!(other == More || second == other, "{text:?} is {other:?}, then {second:?} at {length}");
                (last, other) = (guess, second);
            }
        }
    }
}
