//! Is this SMB?

use crate::proto::{Guess, Heads};

/// Whether either side begins with a message of SMB behind its length (MS-SMB2 section 2.1), or with NetBIOS' request for a
/// session (RFC 1002 section 4.3.2).
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    heads.either(of)
}

fn of(head: &[u8]) -> Guess {
    match head {
        [0, _, _, _, 0xFC..=0xFF, b'S', b'M', b'B', ..] => Guess::Yes,
        // two names of 34 bytes each, as letters from A to P
        [0x81, 0, 0, 68, 32, b'A'..=b'P', b'A'..=b'P', b'A'..=b'P', ..] => Guess::Yes,
        [] => Guess::More,
        _ if head.len() < 8 => {
            let begins =
                |pattern: &[&[u8]]| head.iter().zip(pattern).all(|(byte, any)| any.is_empty() || any.contains(byte));
            let direct: [&[u8]; 7] = [&[0], &[], &[], &[], &[0xFC, 0xFD, 0xFE, 0xFF], b"S", b"M"];
            let session: [&[u8]; 7] = [&[0x81], &[0], &[0], &[68], &[32], b"ABCDEFGHIJKLMNOP", b"ABCDEFGHIJKLMNOP"];
            if begins(&direct) || begins(&session) { Guess::More } else { Guess::No }
        }
        _ => Guess::No,
    }
}
