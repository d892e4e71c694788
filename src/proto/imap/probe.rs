//! Is this IMAP?

use super::client::{Verb, parse};
use crate::proto::text::{begins, both_sides, may_begin, word};
use crate::proto::{Guess, Heads};

/// Commands that connections begin with, or are picked up at.
const COMMANDS: [&[u8]; 16] = [
    b"CAPABILITY",
    b"NOOP",
    b"LOGIN",
    b"AUTHENTICATE",
    b"STARTTLS",
    b"ID",
    b"SELECT",
    b"EXAMINE",
    b"LIST",
    b"LSUB",
    b"STATUS",
    b"APPEND",
    b"FETCH",
    b"UID",
    b"SEARCH",
    b"IDLE",
];

/// Whether a connection speaks IMAP. A server's first line says so, `* OK` and the like, or a tag and OK; a client's does
/// that has a tag and a command that is known.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    both_sides(heads, client(heads.to_server), server(heads.to_client))
}

fn client(head: &[u8]) -> Guess {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        return unfinished(head);
    };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    // of IDLE
    if line.eq_ignore_ascii_case(b"DONE") {
        return Guess::More;
    }
    if parse(line) == Verb::Unknown { Guess::No } else { Guess::Yes }
}

/// A tag and the beginning of a command, or nothing but what may be a tag.
fn unfinished(head: &[u8]) -> Guess {
    let (tag, rest) = word(head);
    let is_known = tag.len() == head.len() || may_begin(rest, &COMMANDS) || parse(head) != Verb::Unknown;
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r');
    let may_be = may_be_tag(tag) && is_known && head.iter().all(is_text);
    if may_be || head.is_empty() { Guess::More } else { Guess::No }
}

/// Tags are short, and programs make them of letters, digits and full stops, with a digit among them.
fn may_be_tag(word: &[u8]) -> bool {
    word.len() <= 16
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.')
        && word.iter().any(u8::is_ascii_digit)
}

fn server(head: &[u8]) -> Guess {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | 0x80..);
        let begins = matches!(head, [] | [b'*' | b'+'] | [b'*' | b'+', b' ', ..]) || may_be_tag(word(head).0);
        return if begins && head.iter().all(is_text) { Guess::More } else { Guess::No };
    };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    let (first, rest) = word(line);
    let (second, rest) = word(rest);
    let is = |others: &[&[u8]]| others.iter().any(|other| second.eq_ignore_ascii_case(other));
    let counted = [&b"FETCH"[..], b"EXISTS", b"RECENT", b"EXPUNGE"];
    match first {
        b"*" if is(&[
            b"OK",
            b"NO",
            b"BAD",
            b"BYE",
            b"PREAUTH",
            b"CAPABILITY",
            b"LIST",
            b"FLAGS",
            b"SEARCH",
            b"STATUS",
        ]) =>
        {
            Guess::Yes
        }
        b"*" if second.iter().all(u8::is_ascii_digit) && counted.iter().any(|word| begins(rest, word)) => Guess::Yes,
        b"+" => Guess::More,
        // a tag; `200 OK` is RTSP's or SIP's kind of answer
        _ if is(&[b"OK", b"NO", b"BAD"]) && first.len() <= 16 && first.iter().any(u8::is_ascii_alphabetic) => {
            Guess::More
        }
        _ => Guess::No,
    }
}
