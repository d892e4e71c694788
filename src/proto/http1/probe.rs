//! Is this HTTP/1?

use super::head::MAX_METHOD_BYTES;
use crate::event::Direction;
use crate::proto::{Guess, Heads};

/// With this many bytes behind empty lines, [`probe`] always decides.
pub const PROBE_BYTES: usize = 256;

/// The answer of [`probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It begins like an HTTP/1 message.
    Yes,
    /// It does not.
    No,
    /// It fits so far; ask again with more of the same bytes, at most [`PROBE_BYTES`] behind empty lines.
    NeedMore,
}

/// Is this the beginning of an HTTP/1 message? `head` is what the direction begins with,
/// as much of it as there is.
///
/// A response begins with `HTTP/1.`. A request begins with a method as methods are
/// in use (upper-case letters, digits, `-`, `_`), spaces, and a target that is a path,
/// `*` or a `http` URI, or after CONNECT a host. Any other target needs a line that ends in `HTTP/1.` and a digit, or, where
/// that is too long to be seen, a scheme. That keeps out other protocols
/// of the form "word space argument" (`EHLO host`, `USER name`, `SETUP rtsp://host`). The HTTP/2 preface
/// is not HTTP/1. Empty lines may precede, any number of them.
#[must_use]
pub fn probe(direction: Direction, head: &[u8]) -> Probe {
    let empty = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let message = head.get(empty..).unwrap_or_default();
    match direction {
        Direction::ToServer => request(message.get(..PROBE_BYTES).unwrap_or(message)),
        Direction::ToClient => prefix(message, b"HTTP/1."),
    }
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
    if length > usize::from(MAX_METHOD_BYTES) || (length == 0 && !rest.is_empty()) {
        return Probe::No;
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let whole = message.len() == PROBE_BYTES;
    match rest.get(spaces..).unwrap_or_default() {
        // so many spaces stand behind no other word
        [] if whole => Probe::Yes,
        [] => Probe::NeedMore,
        _ if spaces == 0 => Probe::No,
        [host, ..] if method == b"CONNECT" => {
            if host.is_ascii_alphanumeric() || *host == b'[' {
                Probe::Yes
            } else {
                Probe::No
            }
        }
        [b'/' | b'*', ..] => Probe::Yes,
        target if scheme(target).is_some_and(is_http) => Probe::Yes,
        target => other_target(target, whole),
    }
}

/// A target that says nothing by its first byte: the end of its line does.
fn other_target(target: &[u8], whole: bool) -> Probe {
    match target.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') {
        Some(end) if target.get(end).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) => {
            if target.get(..end).is_some_and(ends_in_protocol) { Probe::Yes } else { Probe::No }
        }
        Some(_) => Probe::No,
        None if !whole => Probe::NeedMore,
        None if scheme(target).is_some() => Probe::Yes,
        None => Probe::No,
    }
}

fn ends_in_protocol(line: &[u8]) -> bool {
    let [before @ .., minor] = line.trim_ascii_end() else { return false };
    minor.is_ascii_digit() && before.ends_with(b" HTTP/1.")
}

/// What stands before `://` (RFC 3986, section 3.1).
fn scheme(target: &[u8]) -> Option<&[u8]> {
    let is_scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let (scheme, rest) = target.split_at_checked(target.iter().take_while(is_scheme).count())?;
    (!scheme.is_empty() && rest.starts_with(b"://")).then_some(scheme)
}

fn is_http(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https")
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
