//! Is this SMTP?

use super::command::{Command, parse};
use crate::proto::text::{begins, both_sides, code, contains, may_begin, number, word};
use crate::proto::{Guess, Heads};

/// Names that stand in a greeting of SMTP and in none of FTP, which begins with the same code.
const NAMES: [&[u8]; 8] = [b"SMTP", b"Postfix", b"Exim", b"Sendmail", b"Exchange", b"qmail", b"LMTP", b"OpenSMTPD"];

/// Commands (RFC 5321 section 4.1.1, RFC 2033, 3030, 3207, 4954).
const COMMANDS: [&[u8]; 16] = [
    b"EHLO",
    b"HELO",
    b"LHLO",
    b"MAIL",
    b"RCPT",
    b"DATA",
    b"BDAT",
    b"RSET",
    b"STARTTLS",
    b"AUTH",
    b"QUIT",
    b"NOOP",
    b"VRFY",
    b"EXPN",
    b"HELP",
    b"ETRN",
];

/// Keywords of EHLO's answer (RFC 1870, 2920, 3030, 3207, 6152).
const KEYWORDS: [&[u8]; 6] = [b"PIPELINING", b"SIZE", b"CHUNKING", b"8BITMIME", b"STARTTLS", b"ENHANCEDSTATUSCODES"];

/// Whether a connection speaks SMTP or LMTP. A client is told by its first command, a server by the name in its greeting, its answer
/// to EHLO, or a code with an enhanced one behind it (RFC 2034); 354 is SMTP's alone. With 220 and nothing else the client decides.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    both_sides(heads, client(heads.to_server, !heads.to_client.is_empty()), server(heads.to_client))
}

/// `answered`: the server has spoken, and what it said may be SMTP.
fn client(head: &[u8], answered: bool) -> Guess {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        return if may_begin(head, &COMMANDS) || answered { unfinished(head) } else { Guess::No };
    };
    let line = head.get(..end).unwrap_or(head).trim_ascii();
    match parse(line) {
        Command::Hello(_) | Command::Mail(_) | Command::Recipient(_) | Command::Chunk(Some(_), _) => Guess::Yes,
        Command::Data if line.len() == 4 => Guess::Yes,
        Command::Reset | Command::StartTls if word(line).1.is_empty() => Guess::Yes,
        // also POP3's and FTP's
        Command::Other => Guess::More,
        Command::Auth if !begins(word(line).1, b"TLS") && !begins(word(line).1, b"SSL") => Guess::More,
        // the middle of a message, if the server says so
        _ if head.contains(&0) => Guess::No,
        _ if is_other(line) || !answered => Guess::No,
        _ => Guess::More,
    }
}

/// A command of FTP or POP3, or the first line of a request of HTTP.
fn is_other(line: &[u8]) -> bool {
    const OTHERS: [&[u8]; 10] =
        [b"USER", b"PASS", b"CAPA", b"STAT", b"LIST", b"RETR", b"FEAT", b"SYST", b"PASV", b"EPSV"];
    let (verb, _) = word(line);
    OTHERS.iter().any(|other| verb.eq_ignore_ascii_case(other))
        || contains(line, b" HTTP/1.")
        || begins(line, b"AUTH TLS")
}

/// No line is complete: text goes on, anything else is none.
fn unfinished(head: &[u8]) -> Guess {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | 0x80..);
    if head.iter().all(is_text) { Guess::More } else { Guess::No }
}

fn server(head: &[u8]) -> Guess {
    if head.is_empty() {
        return Guess::More;
    }
    let is_start = |(at, byte): (usize, &u8)| match at {
        0 => matches!(byte, b'2'..=b'5'),
        1 | 2 => byte.is_ascii_digit(),
        _ => matches!(byte, b' ' | b'-' | b'\r' | b'\n'),
    };
    if !head.iter().take(4).enumerate().all(is_start) {
        return Guess::No;
    }
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else { return Guess::More };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    let text = line.get(4..).unwrap_or(&[]);
    let named = NAMES.iter().any(|name| contains(head, name));
    match code(line) {
        Some(220 | 421 | 554) if named => Guess::Yes,
        Some(220) if contains(head, b"FTP") => Guess::No,
        Some(354) => Guess::Yes,
        Some(334 | 535 | 235) => Guess::More,
        Some(250) if KEYWORDS.iter().any(|keyword| contains(head, keyword)) => Guess::Yes,
        Some(hundreds) if is_enhanced(hundreds / 100, text) => Guess::Yes,
        Some(220 | 221 | 250 | 251 | 252 | 421 | 450..=455 | 500..=504 | 550..=556) => Guess::More,
        _ => Guess::No,
    }
}

/// `2.1.0 ` after a code that begins with 2.
fn is_enhanced(class: u16, text: &[u8]) -> bool {
    let (status, _) = word(text);
    let mut parts = status.split(|byte| *byte == b'.');
    let digits = |part: Option<&[u8]>| part.is_some_and(|part| part.len() <= 3 && number(part).is_some());
    let first = parts.next().and_then(number);
    first == Some(u64::from(class)) && digits(parts.next()) && digits(parts.next()) && parts.next().is_none()
}
