//! Is this FTP?

use super::command::split;
use crate::proto::text::{begins, both_sides, code, contains, may_begin};
use crate::proto::{Guess, Heads};

/// Commands that no other protocol of lines has.
const COMMANDS: [&[u8]; 32] = [
    b"FEAT", b"SYST", b"PASV", b"EPSV", b"LPSV", b"PORT", b"EPRT", b"TYPE", b"STOR", b"STOU", b"APPE", b"CWD", b"CDUP",
    b"PWD", b"XPWD", b"XCWD", b"MKD", b"RMD", b"NLST", b"MLSD", b"MLST", b"SIZE", b"MDTM", b"OPTS", b"RNFR", b"RNTO",
    b"DELE", b"ABOR", b"PBSZ", b"PROT", b"CLNT", b"SITE",
];

/// Commands that others have too.
const SHARED: [&[u8]; 13] = [
    b"USER", b"PASS", b"RETR", b"LIST", b"QUIT", b"NOOP", b"HELP", b"AUTH", b"ALLO", b"REST", b"ACCT", b"MODE", b"STAT",
];

/// Whether a connection is FTP's control connection. A client is told by a command that others have not, a server by its
/// greeting's text or a code that others have not; a greeting of 220 with nothing else waits for the client.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    both_sides(heads, client(heads.to_server, heads.to_client), server(heads.to_client))
}

/// Whether a client of FTP says this, of all that is in use.
pub(super) fn is_known(name: &[u8]) -> bool {
    COMMANDS.iter().chain(&SHARED).any(|known| known.eq_ignore_ascii_case(name))
}

fn client(head: &[u8], server: &[u8]) -> Guess {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | 0xf0..);
        // An interrupt of Telnet may stand in front of ABOR.
        let begins =
            may_begin(head, &COMMANDS) || may_begin(head, &SHARED) || head.first().is_some_and(|byte| *byte >= 0xf0);
        return if begins && head.iter().all(is_text) { Guess::More } else { Guess::No };
    };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    let (name, argument) = split(line);
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    let any = |names: &[&[u8]]| names.iter().any(|other| is(other));
    let tls = is(b"AUTH") && (begins(argument, b"TLS") || begins(argument, b"SSL"));
    let login = is(b"USER") && code(server) == Some(220);
    if contains(line, b" HTTP/1.") {
        Guess::No
    } else if any(&COMMANDS) || tls || login {
        Guess::Yes
    } else if any(&SHARED) {
        Guess::More
    } else {
        Guess::No
    }
}

fn server(head: &[u8]) -> Guess {
    if head.is_empty() {
        return Guess::More;
    }
    let is_start = |(at, byte): (usize, &u8)| match at {
        0 => matches!(byte, b'1'..=b'6'),
        1 | 2 => byte.is_ascii_digit(),
        _ => matches!(byte, b' ' | b'-'),
    };
    if !head.iter().take(4).enumerate().all(is_start) {
        return Guess::No;
    }
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else { return Guess::More };
    let line = head.get(..end).unwrap_or(head).trim_ascii_end();
    match code(line) {
        Some(220) if contains(head, b"SMTP") => Guess::No,
        Some(220) if contains(head, b"FTP") => Guess::Yes,
        Some(150) => Guess::Yes,
        Some(226) if contains(line, b"transfer") || contains(line, b"closing data") => Guess::Yes,
        Some(227) if contains(line, b"passive") => Guess::Yes,
        Some(229) if contains(line, b"|||") => Guess::Yes,
        Some(230 | 331) if contains(line, b"log") || contains(line, b"password") => Guess::Yes,
        Some(257) if contains(line, b"\"") => Guess::Yes,
        Some(354 | 334) => Guess::No,
        Some(120 | 125 | 200..=299 | 331 | 332 | 350 | 421 | 425 | 426 | 450..=452 | 500..=553) => Guess::More,
        _ => Guess::No,
    }
}
