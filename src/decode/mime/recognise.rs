//! Telling mail from other text.

use super::super::format::{Guess, PROBE};

/// Header fields that mail has (RFC 5322 section 3.6, RFC 2045), and delivery adds.
const MAIL: [&[u8]; 11] = [
    b"from",
    b"to",
    b"subject",
    b"date",
    b"received",
    b"mime-version",
    b"content-type",
    b"content-disposition",
    b"message-id",
    b"return-path",
    b"delivered-to",
];

/// A message begins with two header fields, of which mail has one or both; a folded field that fills all the bytes
/// there are is enough by itself. In front may be the "From " line of an mbox file (RFC 4155). A multipart body begins
/// with its first boundary and a field about its first part. A request or a response of HTTP begins with a line that is
/// no field.
pub(super) fn recognise(bytes: &[u8]) -> Guess {
    match bytes {
        [] => return Guess::More,
        [b'-', ..] => return multipart(bytes),
        _ => {}
    }
    let (mut fields, mut mail, mut folded) = (0, false, false);
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if number == 0 && (line.starts_with(b"From ") || (bytes.len() < 5 && b"From ".starts_with(line))) {
            continue;
        }
        if matches!(line, [b' ' | b'\t', ..]) && fields != 0 {
            folded = true;
            continue;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            if !is_name(line) {
                return Guess::No;
            }
            break;
        };
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        if !is_name(name) || value.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n'))
        {
            return Guess::No;
        }
        fields += 1;
        mail |= MAIL.iter().any(|known| name.eq_ignore_ascii_case(known));
        if mail && fields >= 2 {
            return Guess::Yes;
        }
    }
    match bytes.len() >= PROBE {
        false => Guess::More,
        true if mail && folded => Guess::Yes,
        true => Guess::No,
    }
}

/// RFC 5322 section 2.2: printable US-ASCII characters except the colon. Mail's begin with a letter.
fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(u8::is_ascii_graphic)
}

/// RFC 2046 section 5.1.1: two hyphens, up to 70 characters, the end of the line, and a part's header.
fn multipart(bytes: &[u8]) -> Guess {
    const FIELD: &[u8] = b"content-";
    let more = |fits: bool| if fits { Guess::More } else { Guess::No };
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        return more(bytes.iter().take(2).all(|byte| *byte == b'-') && bytes.len() <= 76);
    };
    let line = bytes.get(..end).unwrap_or(&[]).trim_ascii_end();
    let second = bytes.get(end + 1..).unwrap_or(&[]);
    let common = second.len().min(FIELD.len());
    let boundary = line.strip_prefix(b"--").unwrap_or(&[]);
    let is_boundary = (1..=70).contains(&boundary.len()) && boundary.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let alike = second.get(..common).zip(FIELD.get(..common)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    if is_boundary && alike && common == FIELD.len() { Guess::Yes } else { more(is_boundary && alike) }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn mail_is_told_from_other_text() {
        let long = format!("Received: from a\r\n\tby b;\r\n\t{}", "x".repeat(600));
        let prose = format!("To: {}", "x".repeat(600));
        let cases: [(&str, Guess); 21] = [
            ("From: a@example.org\r\nSubject: Q3\r\n\r\nText", Guess::Yes),
            ("subject:Q3\nX-Priority: 1\n", Guess::Yes),
            ("X-Mailer: x\nContent-Type: text/plain", Guess::Yes),
            ("Received: from a\r\n\tby b\r\nFrom: c", Guess::Yes),
            ("From a@example.org Sat Jan  1 00:00:00 2026\nFrom: a\nTo: b\n", Guess::Yes),
            ("--limit\r\nContent-Disposition: form-data; name=\"f\"", Guess::Yes),
            (&long, Guess::Yes),
            (&prose, Guess::No),
            ("Subject: Q3\r\n\r\nText", Guess::No),
            ("Subject", Guess::More),
            ("Fro", Guess::More),
            ("From ", Guess::More),
            ("--lim", Guess::More),
            ("--lim\nConte", Guess::More),
            ("-- \nsignature", Guess::No),
            ("--- a/file\n+++ b/file\n", Guess::No),
            ("GET / HTTP/1.1\r\nHost: a\r\nDate: b\r\n\r\n", Guess::No),
            ("HTTP/1.1 200 OK\r\nDate: b\r\nContent-Type: text/html\r\n\r\n", Guess::No),
            ("Dear all,\nSubject: Q3\nDate: today\n", Guess::No),
            ("key: value\nother: value\n\n", Guess::No),
            ("Subject: \x01\nDate: x\n", Guess::No),
        ];
        for (text, expected) in cases {
            let bytes = &text.as_bytes()[..text.len().min(PROBE)];
            assert_eq!(recognise(bytes), expected, "{text:?}");
            let mut last = Guess::More;
            for length in 0..=bytes.len() {
                let guess = recognise(&bytes[..length]);
                assert!(last == Guess::More || guess == last, "{text:?} is {last:?}, then {guess:?} at {length}");
                last = guess;
            }
        }
    }
}
