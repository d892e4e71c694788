//! What a line's end says of the literal that follows it.

use crate::proto::text::{begins, number};

/// A literal that is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    /// Its bytes.
    pub(super) length: u64,
    /// The client waits until it is asked for it.
    pub(super) waits: bool,
    /// What stands before it on the line.
    pub(super) before: &'a [u8],
}

/// Reads the end of a line, without its line end.
pub(super) fn literal(line: &[u8]) -> Option<Literal<'_>> {
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    let (before, digits) = (line.get(..open)?, line.get(open + 1..)?);
    let (digits, waits) = match digits {
        [digits @ .., b'+' | b'-'] => (digits, false),
        digits => (digits, true),
    };
    let before = before.strip_suffix(b"~").unwrap_or(before).trim_ascii_end();
    Some(Literal { length: number(digits)?, waits, before })
}

/// A part of a message that a FETCH response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// Which part (RFC 3501 section 6.4.5); empty for the whole message.
    pub(super) name: &'a [u8],
    /// Where in the part it begins.
    pub(super) offset: u64,
    /// It is a piece of the part, as it was asked for.
    pub(super) partial: bool,
    /// The type it has by its name.
    pub(super) media_type: &'static [u8],
    /// It is as it stands in the message, without the header that says how it is encoded.
    pub(super) encoded: bool,
}

/// Reads what stands before a literal of a FETCH response: `BODY[1.2]`, `BODY[]<1024>`, `RFC822.TEXT`, `BINARY[1]`.
pub(super) fn section(before: &[u8]) -> Option<Section<'_>> {
    let (item, offset, partial) = match before.strip_suffix(b">") {
        Some(rest) => {
            let open = rest.iter().rposition(|byte| *byte == b'<')?;
            (rest.get(..open)?, number(rest.get(open + 1..)?)?, true)
        }
        None => (before, 0, false),
    };
    let name = if let Some(rest) = item.strip_suffix(b"]") {
        // a list of fields may be longer than what is kept of the line
        let open = rest.iter().rposition(|byte| *byte == b'[');
        rest.get(open.map_or(0, |open| open + 1)..)?
    } else {
        let start = item.iter().rposition(|byte| matches!(byte, b' ' | b'(')).map_or(0, |at| at + 1);
        let word = item.get(start..)?;
        if !begins(word, b"RFC822") {
            return None;
        }
        word.get(b"RFC822".len()..)?.strip_prefix(b".").unwrap_or(&[])
    };
    let (_, last) = name
        .iter()
        .rposition(|byte| *byte == b'.')
        .and_then(|dot| name.split_at_checked(dot + 1))
        .unwrap_or((&[], name));
    let media_type: &[u8] = if name.is_empty() {
        b"message/rfc822"
    } else if begins(last, b"HEADER") || begins(last, b"MIME") || begins(last, b"FIELDS") {
        b"text/rfc822-headers"
    } else {
        b""
    };
    // BINARY (RFC 3516) is decoded by the server.
    let decoded = item.strip_suffix(b"]").and_then(|item| item.strip_suffix(name)?.strip_suffix(b"["));
    let decoded = decoded.and_then(<[u8]>::last_chunk::<6>).is_some_and(|item| item.eq_ignore_ascii_case(b"BINARY"));
    let is_part = last.eq_ignore_ascii_case(b"TEXT") || !last.is_empty() && last.iter().all(u8::is_ascii_digit);
    Some(Section { name, offset, partial, media_type, encoded: is_part && !decoded })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        for (line, expected) in [
            ("a APPEND x {310}", Some((310, true, "a APPEND x"))),
            ("a LOGIN {4+}", Some((4, false, "a LOGIN"))),
            ("a LOGIN {4-}", Some((4, false, "a LOGIN"))),
            ("x UTF8 (~{5}", Some((5, true, "x UTF8 ("))),
            ("{0}", Some((0, true, ""))),
            ("x {}", None),
            ("x {1", None),
            ("x {1} ", None),
            ("x {-1}", None),
            ("x 1}", None),
            ("\"{1}\"", None),
        ] {
            let found = literal(line.as_bytes()).map(|literal| (literal.length, literal.waits, literal.before));
            assert_eq!(found, expected.map(|(length, waits, before)| (length, waits, before.as_bytes())), "{line}");
        }
    }

    #[test]
    fn sections() {
        for (before, expected) in [
            ("* 1 FETCH (UID 2 BODY[]", Some(("", 0, "message/rfc822", false))),
            ("* 1 FETCH (RFC822", Some(("", 0, "message/rfc822", false))),
            ("* 1 FETCH (BODY[]<1024>", Some(("", 1024, "message/rfc822", false))),
            ("* 1 FETCH (RFC822.TEXT", Some(("TEXT", 0, "", true))),
            ("* 1 FETCH (RFC822.HEADER", Some(("HEADER", 0, "text/rfc822-headers", false))),
            ("* 1 FETCH (BODY[1.2]", Some(("1.2", 0, "", true))),
            ("* 1 FETCH (BINARY[2]<7>", Some(("2", 7, "", false))),
            ("BODY[HEADER.FIELDS (FROM TO)]", Some(("HEADER.FIELDS (FROM TO)", 0, "text/rfc822-headers", false))),
            (" BODY[2.MIME]", Some(("2.MIME", 0, "text/rfc822-headers", false))),
            ("FROM TO SUBJECT)]", Some(("FROM TO SUBJECT)", 0, "", false))),
            ("* 1 FETCH (ENVELOPE (\"date\"", None),
            ("* 1 FETCH (X<x>", None),
        ] {
            let found = section(before.as_bytes());
            let expected = expected.map(|(name, offset, media_type, encoded)| Section {
                name: name.as_bytes(),
                offset,
                partial: before.ends_with('>'),
                media_type: media_type.as_bytes(),
                encoded,
            });
            assert_eq!(found, expected, "{before}");
        }
    }
}
