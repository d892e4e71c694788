//! Commands by name.

use crate::proto::text::{Auth, Show, begins, word};

/// What a command means here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verb {
    /// None was seen.
    #[default]
    Unseen,
    /// It is none that is known.
    Unknown,
    /// Its answer is a line.
    Other,
    /// The same, and its argument is secret.
    Pass,
    /// The same, and all but the first argument is.
    Apop,
    /// AUTH with a mechanism.
    Auth,
    /// Its answer is a listing.
    Listing,
    /// Its answer is a message.
    Message,
    /// STLS.
    StartTls,
}

/// Reads a line without its end.
pub(super) fn verb(line: &[u8]) -> Verb {
    let (name, argument) = word(line);
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    let any = |others: &[&[u8]]| others.iter().any(|other| is(other));
    if any(&[b"RETR", b"TOP"]) {
        Verb::Message
    } else if any(&[b"LIST", b"UIDL", b"LANG"]) {
        if argument.is_empty() { Verb::Listing } else { Verb::Other }
    } else if is(b"AUTH") {
        // RFC 1734 has none without an argument, and servers answer it with a list of mechanisms
        if argument.is_empty() { Verb::Listing } else { Verb::Auth }
    } else if is(b"CAPA") {
        Verb::Listing
    } else if is(b"PASS") {
        Verb::Pass
    } else if is(b"APOP") {
        Verb::Apop
    } else if is(b"STLS") {
        Verb::StartTls
    } else if any(&[b"USER", b"STAT", b"DELE", b"NOOP", b"RSET", b"QUIT", b"LAST", b"UTF8", b"XCLIENT"]) {
        Verb::Other
    } else {
        Verb::Unknown
    }
}

/// Whether a line continues AUTH.
pub(super) fn continues(auth: Auth, line: &[u8]) -> bool {
    auth.is_continued_by(line, |line| verb(line) != Verb::Unknown)
}

/// What is handed out of a line. `lost`: it may be no command, for bytes before it were lost.
pub(super) fn show(auth: Auth, line: &[u8], lost: bool) -> Show {
    if continues(auth, line) {
        return Show::Nothing;
    }
    let (name, rest) = word(line);
    match verb(line) {
        Verb::Pass | Verb::Auth => Show::First(line.len() - rest.len()),
        Verb::Apop => Show::First(line.len() - word(rest).1.len()),
        Verb::Unknown if rest.is_empty() && is_cut_secret(name) => Show::Nothing,
        Verb::Unknown if lost => Show::Raw,
        _ => Show::All,
    }
}

/// The beginning of a word behind which a secret stands.
fn is_cut_secret(name: &[u8]) -> bool {
    !name.is_empty() && name.len() < 4 && [b"PASS", b"APOP", b"AUTH"].iter().any(|secret| begins(*secret, name))
}
