//! Whether a connection speaks SSH.

use crate::proto::parser::{Guess, Heads};

/// By a side's banner. A server may send lines before it; then the client's tells.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    let mut answer = Guess::No;
    for head in [heads.to_server, heads.to_client] {
        match of(head) {
            Guess::Yes => return Guess::Yes,
            Guess::More => answer = Guess::More,
            Guess::No if !heads.to_server.is_empty() => return Guess::No,
            Guess::No => {}
        }
    }
    answer
}

fn of(head: &[u8]) -> Guess {
    let begin: &[u8] = b"SSH-";
    match head {
        [b'S', b'S', b'H', b'-', b'1' | b'2', b'.', ..] => Guess::Yes,
        _ if begin.starts_with(head) => Guess::More,
        [b'S', b'S', b'H', b'-'] | [b'S', b'S', b'H', b'-', b'1' | b'2'] => Guess::More,
        _ => Guess::No,
    }
}
