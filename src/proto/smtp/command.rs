//! Commands by name.

use crate::proto::text::{Auth, Show, begins, number, word};

/// Bytes of a command that are read. RFC 5321 section 4.5.3.1.4 allows 512, and extensions add to that.
pub const MAX_LINE_BYTES: usize = 768;

/// What a line of the client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// EHLO, HELO or LHLO, and the name behind it.
    Hello(&'a [u8]),
    /// MAIL FROM: a new message, and its return path with the brackets.
    Mail(&'a [u8]),
    /// RCPT TO: a forward path with the brackets.
    Recipient(&'a [u8]),
    /// DATA.
    Data,
    /// BDAT: bytes of the chunk (`None`: no number), and whether it is the last.
    Chunk(Option<u64>, bool),
    /// RSET.
    Reset,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// Another that is known.
    Other,
    /// None that is known.
    Unknown,
}

/// Those that need no more than an answer. XCLIENT and XFORWARD are Postfix', the X-EXPS ones Exchange's.
const OTHERS: [&[u8]; 15] = [
    b"VRFY",
    b"EXPN",
    b"HELP",
    b"NOOP",
    b"QUIT",
    b"ETRN",
    b"ATRN",
    b"TURN",
    b"BURL",
    b"SEND",
    b"SOML",
    b"SAML",
    b"XCLIENT",
    b"XFORWARD",
    b"XEXCH50",
];

/// Reads a line without its end.
pub(super) fn parse(line: &[u8]) -> Command<'_> {
    let (verb, rest) = word(line);
    let is = |name: &[u8]| verb.eq_ignore_ascii_case(name);
    if is(b"EHLO") || is(b"HELO") || is(b"LHLO") {
        Command::Hello(word(rest).0)
    } else if is(b"MAIL") && begins(rest, b"FROM:") {
        Command::Mail(path(rest))
    } else if is(b"RCPT") && begins(rest, b"TO:") {
        Command::Recipient(path(rest))
    } else if is(b"DATA") {
        Command::Data
    } else if is(b"BDAT") {
        let (length, rest) = word(rest);
        Command::Chunk(number(length), begins(rest, b"LAST"))
    } else if is(b"RSET") {
        Command::Reset
    } else if is(b"STARTTLS") {
        Command::StartTls
    } else if is(b"AUTH") || is(b"X-EXPS") {
        Command::Auth
    } else if OTHERS.iter().any(|name| is(name)) {
        Command::Other
    } else {
        Command::Unknown
    }
}

/// What stands behind the colon, up to a blank that is neither within brackets nor quoted.
fn path(rest: &[u8]) -> &[u8] {
    let from = rest.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
    let path = rest.get(from..).unwrap_or(&[]).trim_ascii();
    let (mut quoted, mut escaped) = (false, false);
    let bracketed = path.first() == Some(&b'<');
    let end = path.iter().position(|byte| {
        let plain = !escaped;
        escaped = plain && *byte == b'\\';
        quoted ^= plain && *byte == b'"';
        !quoted && if bracketed { *byte == b'>' } else { *byte == b' ' }
    });
    let end = end.map_or(path.len(), |end| end + usize::from(bracketed));
    path.get(..end).unwrap_or(path)
}

/// Whether a line continues AUTH (RFC 4954 section 4).
pub(super) fn continues(auth: Auth, line: &[u8]) -> bool {
    auth.is_continued_by(line, |line| parse(line) != Command::Unknown)
}

/// What is handed out of a line. `lost`: it may be no command, for bytes before it were lost.
pub(super) fn show(auth: Auth, line: &[u8], lost: bool) -> Show {
    if continues(auth, line) {
        return Show::Nothing;
    }
    match parse(line) {
        Command::Auth => {
            let verb = word(line).0.len();
            Show::First(line.len() - line.trim_ascii_start().len() + verb)
        }
        Command::Unknown if is_cut_auth(line) => Show::Nothing,
        Command::Unknown if lost => Show::Raw,
        _ => Show::All,
    }
}

/// The beginning of the word AUTH.
fn is_cut_auth(line: &[u8]) -> bool {
    !line.is_empty() && line.len() < 4 && begins(b"AUTH", line)
}
