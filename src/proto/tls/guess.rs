//! Whether a connection speaks TLS.

use super::records::{HANDSHAKE, look_like_records};
use crate::proto::parser::{Guess, Heads};

/// Types of the messages that sessions begin with.
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// By a ClientHello or ServerHello, also in the form of SSLv2 (RFC 5246 appendix E.2), or by headers of records where a
/// session is picked up in its middle.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    heads.either(of)
}

fn of(head: &[u8]) -> Guess {
    match head {
        [HANDSHAKE, 3, 0..=4, _, _, CLIENT_HELLO | SERVER_HELLO, ..] => return Guess::Yes,
        [HANDSHAKE]
        | [HANDSHAKE, 3]
        | [HANDSHAKE, 3, 0..=4]
        | [HANDSHAKE, 3, 0..=4, _]
        | [HANDSHAKE, 3, 0..=4, _, _] => {
            return Guess::More;
        }
        [first, ..] if first & 0x80 != 0 => return of_ssl2(head),
        [] => return Guess::More,
        _ => {}
    }
    match look_like_records(head) {
        Some(true) => Guess::Yes,
        Some(false) => Guess::No,
        None => Guess::More,
    }
}

/// A ClientHello of SSLv2: its lengths have to add up.
fn of_ssl2(head: &[u8]) -> Guess {
    let &[high, low, kind, major, minor, ciphers_1, ciphers_2, session_1, session_2, challenge_1, challenge_2, ..] =
        head
    else {
        let may_be = head.get(2).is_none_or(|kind| *kind == CLIENT_HELLO)
            && head.get(3).is_none_or(|major| matches!(major, 0 | 3));
        return if may_be { Guess::More } else { Guess::No };
    };
    let length = u16::from_be_bytes([high & 0x7F, low]);
    let ciphers = u16::from_be_bytes([ciphers_1, ciphers_2]);
    let session = u16::from_be_bytes([session_1, session_2]);
    let challenge = u16::from_be_bytes([challenge_1, challenge_2]);
    let sum = [ciphers, session, challenge].iter().fold(9_u32, |sum, length| sum + u32::from(*length));
    let adds_up = sum == u32::from(length)
        && ciphers > 0
        && ciphers % 3 == 0
        && matches!(session, 0 | 16)
        && (16..=32).contains(&challenge);
    if kind == CLIENT_HELLO && matches!((major, minor), (0, 2) | (3, 0..=4)) && adds_up {
        Guess::Yes
    } else {
        Guess::No
    }
}
