//! Is this POP3?

use super::command::{Verb, verb};
use crate::proto::text::{begins, both_sides, may_begin, number, word};
use crate::proto::{Guess, Heads};

/// Commands (RFC 1939, 2449, 2595, 5034).
const COMMANDS: [&[u8]; 14] = [
    b"CAPA", b"UIDL", b"USER", b"PASS", b"APOP", b"STLS", b"RETR", b"TOP", b"LIST", b"STAT", b"DELE", b"NOOP", b"QUIT",
    b"AUTH",
];

/// Whether a connection speaks POP3. A server's first line says so, `+OK` and a text, or `+OK` alone to a client whose command may be
/// POP3's; a client's commands that others have not, too.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    both_sides(heads, client(heads.to_server), server(heads.to_client, !heads.to_server.is_empty()))
}

fn client(head: &[u8]) -> Guess {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r');
        return if may_begin(head, &COMMANDS) && head.iter().all(is_text) { Guess::More } else { Guess::No };
    };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    let (name, argument) = word(line);
    let is_number = number(word(argument).0).is_some();
    match verb(line) {
        Verb::StartTls | Verb::Apop => Guess::Yes,
        // CAPA and UIDL are POP3's alone
        Verb::Listing | Verb::Other if begins(name, b"CAPA") || begins(name, b"UIDL") => Guess::Yes,
        Verb::Message if is_number => Guess::Yes,
        Verb::Other if begins(name, b"DELE") && is_number => Guess::Yes,
        Verb::Message | Verb::Unknown => Guess::No,
        _ => Guess::More,
    }
}

/// `asked`: the client has spoken, and what it said may be POP3.
fn server(head: &[u8], asked: bool) -> Guess {
    const OK: &[u8] = b"+OK";
    match head.strip_prefix(OK) {
        Some([]) => Guess::More,
        // Redis answers so too, and then comes no more than a line end; its client speaks otherwise
        Some([b' ' | b'\r' | b'\n', ..]) if asked || has_text(head) => Guess::Yes,
        Some([b' ' | b'\r' | b'\n', ..]) => Guess::More,
        None if OK.starts_with(head) || b"-ERR".starts_with(head) || begins(head, b"-ERR") => Guess::More,
        _ => Guess::No,
    }
}

/// Something stands behind the first word of the first line.
fn has_text(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or(head);
    !word(line).1.trim_ascii_end().is_empty()
}
