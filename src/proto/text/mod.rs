//! What protocols of lines have in common: lines of bounded memory, bodies that end with a dot, commands that await
//! their answers.

mod auth;
mod dots;
mod line;
mod name;
mod queue;
mod reply;
mod stranger;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;

pub(in crate::proto) use auth::Auth;
pub(in crate::proto) use dots::{Dots, End};
pub(in crate::proto) use line::{Line, Show};
pub use name::MAX_NAME_BYTES;
pub(in crate::proto) use name::Name;
pub(in crate::proto) use queue::Queue;
pub(in crate::proto) use reply::{Reply, Told, code};
pub(in crate::proto) use stranger::Stranger;

use super::{Guess, HEAD_BYTES, Heads};

/// The first word of a line and what follows the blanks behind it.
pub(in crate::proto) fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
    (word, rest.trim_ascii_start())
}

/// A decimal number with nothing around it; `None` where it is none, or has no room in 64 bits.
pub(in crate::proto) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// Whether `text` contains `word`, whatever the case of its letters.
pub(in crate::proto) fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word))
}

/// What two sides say together: one that cannot be of the protocol decides against it, else one that is decides for it, and
/// as much of either as is kept is enough to tell.
pub(in crate::proto) fn both_sides(heads: &Heads<'_>, client: Guess, server: Guess) -> Guess {
    match (client, server) {
        (Guess::No, _) | (_, Guess::No) => Guess::No,
        (Guess::Yes, _) | (_, Guess::Yes) => Guess::Yes,
        _ if heads.to_server.len() >= HEAD_BYTES || heads.to_client.len() >= HEAD_BYTES => Guess::No,
        _ => Guess::More,
    }
}

/// Whether the beginning of a line may become one of these commands, or is one: all of its first word that is there says so.
pub(in crate::proto) fn may_begin(head: &[u8], commands: &[&[u8]]) -> bool {
    match head.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')) {
        Some(end) => {
            head.get(..end).is_some_and(|word| commands.iter().any(|command| command.eq_ignore_ascii_case(word)))
        }
        None => commands.iter().any(|command| begins(command, head)),
    }
}

/// Whether `text` begins with `word`, whatever the case of its letters.
pub(in crate::proto) fn begins(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}
