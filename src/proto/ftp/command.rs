//! Commands by name.

use crate::proto::text::{Show, begins, word};

/// What a command means here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verb {
    /// Nothing.
    #[default]
    Other,
    /// Its argument is secret: PASS, ACCT, ADAT.
    Secret,
    /// AUTH: what follows may be TLS.
    Auth,
    /// PASV, EPSV or LPSV: the answer names the server's end of a data connection.
    Passive,
    /// PORT names the client's end.
    Port,
    /// EPRT too.
    ExtendedPort,
    /// LPRT too.
    LongPort,
    /// REST: where in the file the next transfer begins.
    Restart,
    /// MODE.
    Mode,
    /// A transfer.
    Transfer(Transfer),
}

/// Commands that use a data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    Retr,
    Stor,
    Appe,
    Stou,
    List,
    Nlst,
    Mlsd,
}

impl Transfer {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Retr => "RETR",
            Self::Stor => "STOR",
            Self::Appe => "APPE",
            Self::Stou => "STOU",
            Self::List => "LIST",
            Self::Nlst => "NLST",
            Self::Mlsd => "MLSD",
        }
    }

    /// A directory is sent, and no file.
    pub(super) const fn is_listing(self) -> bool {
        matches!(self, Self::List | Self::Nlst | Self::Mlsd)
    }

    /// The client sends.
    pub(super) const fn is_upload(self) -> bool {
        matches!(self, Self::Stor | Self::Appe | Self::Stou)
    }
}

/// The word that names the command, and what follows it. A client may put Telnet's interrupt and synch before it (RFC
/// 959 section 3.5).
pub(super) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let telnet = line.iter().take_while(|byte| **byte >= 0xf0).count();
    word(line.get(telnet..).unwrap_or(&[]))
}

/// What the word means.
pub(super) fn verb(name: &[u8]) -> Verb {
    const TRANSFERS: [Transfer; 7] = [
        Transfer::Retr,
        Transfer::Stor,
        Transfer::Appe,
        Transfer::Stou,
        Transfer::List,
        Transfer::Nlst,
        Transfer::Mlsd,
    ];
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    if is("PASS") || is("ACCT") || is("ADAT") {
        Verb::Secret
    } else if is("AUTH") {
        Verb::Auth
    } else if is("PASV") || is("EPSV") || is("LPSV") || is("SPSV") {
        Verb::Passive
    } else if is("PORT") {
        Verb::Port
    } else if is("EPRT") {
        Verb::ExtendedPort
    } else if is("LPRT") {
        Verb::LongPort
    } else if is("REST") {
        Verb::Restart
    } else if is("MODE") {
        Verb::Mode
    } else {
        TRANSFERS.into_iter().find(|transfer| is(transfer.name())).map_or(Verb::Other, Verb::Transfer)
    }
}

/// What is handed out of a command. `lost`: it may be none, for bytes before it were lost.
pub(super) fn show(line: &[u8], lost: bool) -> Show {
    let (name, rest) = split(line);
    match verb(name) {
        Verb::Secret => Show::First(line.len() - rest.len()),
        Verb::Other if rest.is_empty() && is_cut_secret(name) => Show::Nothing,
        Verb::Other if lost => Show::Raw,
        _ => Show::All,
    }
}

/// The beginning of a word behind which a secret stands.
fn is_cut_secret(name: &[u8]) -> bool {
    !name.is_empty() && name.len() < 4 && [b"PASS", b"ACCT", b"ADAT"].iter().any(|secret| begins(*secret, name))
}
