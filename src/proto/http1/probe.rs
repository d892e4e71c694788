//! Is this HTTP/1?

use crate::event::Direction;
use crate::proto::{Guess, Heads};

/// With this many bytes, [`probe`] always decides.
pub const PROBE_BYTES: usize = 16;

/// The answer of [`probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It begins like an HTTP/1 message.
    Yes,
    /// It does not.
    No,
    /// It fits so far; ask again with more of the same bytes, at most [`PROBE_BYTES`].
    NeedMore,
}

/// Is this the beginning of an HTTP/1 message? `head` is what the direction begins with,
/// as much of it as there is.
///
/// A response begins with `HTTP/1.`. A request begins with a method as methods are
/// in use (upper-case letters, digits, `-`, `_`), a space, and a target that is a path,
/// `*` or a `http` URI, or after CONNECT a host. That keeps out other protocols
/// of the form "word space argument" (`EHLO host`, `USER name`). The HTTP/2 preface
/// is not HTTP/1. Empty lines may precede.
#[must_use]
pub fn probe(direction: Direction, head: &[u8]) -> Probe {
    let head = head.get(..PROBE_BYTES).unwrap_or(head);
    let empty = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let message = head.get(empty..).unwrap_or_default();
    let answer = match direction {
        Direction::ToServer => request(message),
        Direction::ToClient => prefix(message, b"HTTP/1."),
    };
    match answer {
        Probe::NeedMore if head.len() == PROBE_BYTES => at_most(direction, message),
        answer => answer,
    }
}

/// All the bytes that may be asked for are there, and they fit: a request whose method is
/// complete is one; anything else is not worth the name.
fn at_most(direction: Direction, message: &[u8]) -> Probe {
    let method_complete = direction == Direction::ToServer && message.contains(&b' ');
    if method_complete { Probe::Yes } else { Probe::No }
}

/// Is this a connection of HTTP/1? One side that begins like it is enough: the other may have been picked up in the middle
/// of a body. What is said by the only side that has spoken decides: nobody waits for the other.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    let sides = [(Direction::ToServer, heads.to_server), (Direction::ToClient, heads.to_client)];
    let nobody_spoke = heads.to_server.is_empty() && heads.to_client.is_empty();
    let answers = sides.map(|(direction, head)| match head {
        [] if !nobody_spoke => Probe::No,
        head => probe(direction, head),
    });
    if answers.contains(&Probe::Yes) {
        Guess::Yes
    } else if answers.contains(&Probe::NeedMore) {
        Guess::More
    } else {
        Guess::No
    }
}

fn request(message: &[u8]) -> Probe {
    if prefix(message, b"PRI *") == Probe::Yes {
        return Probe::No;
    }
    let is_method = |byte: &&u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
    let length = message.iter().take_while(is_method).count();
    let (Some(method), Some(rest)) = (message.get(..length), message.get(length..)) else { return Probe::No };
    match rest {
        [] => Probe::NeedMore,
        [b' ', ..] if length == 0 => Probe::No,
        [b' '] => Probe::NeedMore,
        [b' ', host, ..] if method == b"CONNECT" => {
            if host.is_ascii_alphanumeric() || *host == b'[' {
                Probe::Yes
            } else {
                Probe::No
            }
        }
        [b' ', b'/' | b'*', ..] => Probe::Yes,
        [b' ', target @ ..] => prefix(target, b"http").or(prefix(target, b"HTTP")),
        _ => Probe::No,
    }
}

impl Probe {
    fn or(self, other: Self) -> Self {
        if self == Self::No { other } else { self }
    }
}

fn prefix(bytes: &[u8], expected: &[u8]) -> Probe {
    if bytes.starts_with(expected) {
        Probe::Yes
    } else if expected.starts_with(bytes) {
        Probe::NeedMore
    } else {
        Probe::No
    }
}
