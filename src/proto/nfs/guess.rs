//! Is this NFS?

use crate::proto::{Guess, Heads};

/// Whether a connection begins with a call of NFS, any version, behind the length of its first fragment. What only a server
/// has said could be a reply of any program.
#[must_use]
pub fn guess_tcp(heads: &Heads<'_>) -> Guess {
    heads.either(of)
}

/// Whether a datagram is a call of NFS.
#[must_use]
pub fn guess_udp(heads: &Heads<'_>) -> Guess {
    for head in [heads.to_server, heads.to_client] {
        if head.len() >= 40 && call(head) == Guess::Yes {
            return Guess::Yes;
        }
    }
    Guess::No
}

fn of(head: &[u8]) -> Guess {
    match head {
        [] => Guess::More,
        // the last fragment of its message, of less than 16 MiB
        [0x80, ..] => call(head.get(4..).unwrap_or(&[])),
        _ => Guess::No,
    }
}

/// A number of its own; then: a call, of RPC version 2, of program 100003, version 2 to 4.
fn call(message: &[u8]) -> Guess {
    let begins = [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xA3, 0, 0, 0];
    let rest = message.get(4..).unwrap_or(&[]);
    if rest.iter().zip(begins).any(|(byte, expected)| *byte != expected) {
        // a reply, accepted or denied, may be one to NFS: its call tells
        let reply = [0, 0, 0, 1, 0, 0, 0];
        let may_be = rest.iter().zip(reply).all(|(byte, expected)| *byte == expected)
            && rest.get(7).is_none_or(|stat| *stat < 2);
        return if may_be { Guess::More } else { Guess::No };
    }
    match rest.get(15) {
        Some(2..=4) => Guess::Yes,
        Some(_) => Guess::No,
        None => Guess::More,
    }
}
