//! Which protocols there are, and the states of their parsers.

use xxhash_rust::xxh3::xxh3_64;

use super::expectations::Awaited;
use super::recognise::Undecided;
use crate::decode::HeadSeeker;
use crate::event::{APP_PROTO_COUNT, AppProto, Direction};
use crate::proto::dns::{self, Dns, DnsTcp};
use crate::proto::ftp::{self, Ftp, FtpData};
use crate::proto::http1::{self, Http1};
use crate::proto::http2::{self, Http2};
use crate::proto::imap::{self, Imap};
use crate::proto::nfs::{self, Nfs, NfsUdp};
use crate::proto::pop3::{self, Pop3};
use crate::proto::quic::{self, Quic};
use crate::proto::smb::{self, Smb};
use crate::proto::smtp::{self, Smtp};
use crate::proto::ssh::{self, Ssh};
use crate::proto::tftp::{self, Tftp};
use crate::proto::tls::{self, Tls};
use crate::proto::{Guess, Heads, Parser};
use crate::worker::slots::Slots;

/// How a protocol is told by a connection's first bytes.
pub(super) type Recognise = (AppProto, fn(&Heads<'_>) -> Guess);

/// Those over TCP; the first that is sure decides.
pub(super) const STREAMS: &[Recognise] = &[
    (AppProto::Http2, http2::guess),
    (AppProto::Http, http1::guess),
    (AppProto::Tls, tls::guess),
    (AppProto::Ssh, ssh::guess),
    (AppProto::Smtp, smtp::guess),
    (AppProto::Ftp, ftp::guess),
    (AppProto::Pop3, pop3::guess),
    (AppProto::Imap, imap::guess),
    (AppProto::Smb, smb::guess),
    (AppProto::Nfs, nfs::guess_tcp),
    (AppProto::DnsTcp, dns::guess_tcp),
];

/// Those over UDP.
pub(super) const DATAGRAMS: &[Recognise] = &[
    (AppProto::Quic, quic::guess),
    (AppProto::NfsUdp, nfs::guess_udp),
    (AppProto::Dns, dns::guess),
    (AppProto::Tftp, tftp::guess),
];

/// What is known of a connection beside its parser's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// Transactions that are over.
    pub(super) records: u32,
    /// What the lines of each direction are.
    pub(super) labels: [&'static str; 2],
    /// What becomes of the lines of each direction beside being scanned.
    pub(super) lines: [Lines; 2],
    /// Bytes so far of the object of each direction that there was no room to look into.
    pub(super) passed: [u64; 2],
    /// Digests of the names of anomalies that were told.
    anomalies: [u32; ANOMALIES],
    /// How many.
    count: usize,
}

/// Lines of a direction in which other letters may stand for what is said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    pub(super) seeker: HeadSeeker,
    pub(super) state: LinesState,
}

/// What is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LinesState {
    /// They are nothing else, as far as anybody cares.
    #[default]
    Plain,
    /// Nothing was seen so far that is to be undone.
    Sought,
    /// They go on as an object.
    Undone,
}

/// Kinds of anomalies that are told of a connection: HTTP, which has most of them, has fewer in one connection. Of any
/// more only the counters know.
const ANOMALIES: usize = 64;

impl Default for Told {
    fn default() -> Self {
        let lines = [Lines::default(); 2];
        Self { records: 0, labels: [""; 2], lines, passed: [0; 2], anomalies: [0; ANOMALIES], count: 0 }
    }
}

impl Told {
    /// Whether an anomaly is told for the first time.
    #[cold]
    pub(super) fn is_new(&mut self, name: &'static str) -> bool {
        let digest = digest(name);
        if self.anomalies.get(..self.count).is_none_or(|told| told.contains(&digest)) {
            return false;
        }
        let Some(place) = self.anomalies.get_mut(self.count) else { return false };
        *place = digest;
        self.count += 1;
        true
    }
}

/// What tells names apart; that it does is tested of all of them.
fn digest(name: &str) -> u32 {
    let [.., a, b, c, d] = xxh3_64(name.as_bytes()).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// A connection that is followed.
#[derive(Debug, Default)]
struct Session<T> {
    parser: T,
    told: Told,
}

impl<T: Parser> Session<T> {
    fn lend(&mut self) -> (&mut dyn Parser, &mut Told) {
        (&mut self.parser, &mut self.told)
    }
}

/// Declares the pools of parser states: for each protocol its variant of [`AppProto`], its name in `[sessions]`, and its
/// parser.
macro_rules! pools {
    ($($variant:ident => $(#[$doc:meta])* $field:ident: $parser:ty,)*) => {
        /// How many connections of each protocol are followed at the same time.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Sessions {
            /// Connections whose protocol is not known yet.
            pub undecided: u32,
            $($(#[$doc])* pub $field: u32,)*
        }

        impl Sessions {
            /// As many of each.
            #[must_use]
            pub const fn all(count: u32) -> Self {
                Self { undecided: count, $($field: count,)* }
            }

            /// What a worker's parsers hold, bytes.
            #[must_use]
            pub fn memory_bytes(&self) -> u64 {
                let of = |count: u32, bytes: usize| u64::from(count) * u64::try_from(bytes).unwrap_or(u64::MAX);
                of(self.undecided, size_of::<Undecided>()) $(+ of(self.$field, size_of::<Session<$parser>>()))*
            }
        }

        /// Parser states of one worker.
        #[derive(Debug)]
        pub(in crate::worker) struct Protocols {
            $($field: Slots<Session<$parser>>,)*
        }

        impl Protocols {
            pub(in crate::worker) fn new(sessions: &Sessions, settle: bool) -> Self {
                Self { $($field: Slots::new(sessions.$field, settle),)* }
            }

            /// A fresh parser, or `None` when all are taken.
            pub(super) fn take(&mut self, protocol: AppProto) -> Option<u32> {
                match protocol {
                    $(AppProto::$variant => self.$field.take(),)*
                    AppProto::Unknown | AppProto::Failed => None,
                }
            }

            pub(super) fn get_mut(&mut self, protocol: AppProto, slot: u32) -> Option<(&mut dyn Parser, &mut Told)> {
                match protocol {
                    $(AppProto::$variant => self.$field.get_mut(slot).map(Session::lend),)*
                    AppProto::Unknown | AppProto::Failed => None,
                }
            }

            pub(super) fn release(&mut self, protocol: AppProto, slot: &mut u32) {
                match protocol {
                    $(AppProto::$variant => self.$field.release(slot),)*
                    AppProto::Unknown | AppProto::Failed => {}
                }
            }

            /// Connections that are followed, by protocol.
            pub(in crate::worker) fn used(&self) -> [u64; APP_PROTO_COUNT] {
                let mut used = [0; APP_PROTO_COUNT];
                for (protocol, place) in AppProto::ALL.iter().zip(&mut used) {
                    let count = match protocol {
                        $(AppProto::$variant => self.$field.used(),)*
                        AppProto::Unknown | AppProto::Failed => 0,
                    };
                    *place = u64::try_from(count).unwrap_or(u64::MAX);
                }
                used
            }
        }
    };
}

pools! {
    Http => /** HTTP/1, and WebSocket behind it. */ http: Http1,
    Http2 => /** HTTP/2 in clear text. */ http2: Http2,
    Tls => /** TLS. */ tls: Tls,
    Ssh => /** SSH. */ ssh: Ssh,
    Dns => /** DNS over UDP. */ dns: Dns,
    DnsTcp => /** DNS over TCP. */ dns_tcp: DnsTcp,
    Quic => /** QUIC. */ quic: Quic,
    Smtp => /** SMTP. */ smtp: Smtp,
    Pop3 => /** POP3. */ pop3: Pop3,
    Imap => /** IMAP4. */ imap: Imap,
    Tftp => /** TFTP. */ tftp: Tftp,
    Smb => /** SMB 2 and 3. */ smb: Smb,
    Nfs => /** NFS over TCP. */ nfs: Nfs,
    NfsUdp => /** NFS over UDP. */ nfs_udp: NfsUdp,
    Ftp => /** Control connections of FTP. */ ftp: Ftp,
    FtpData => /** Connections that others have announced: data connections of FTP. */ expected: FtpData,
}

impl Protocols {
    /// All that follows in this direction is encrypted.
    pub(super) fn is_encrypted(&self, protocol: AppProto, slot: u32, direction: Direction) -> bool {
        match protocol {
            AppProto::Tls => self.tls.get(slot).is_some_and(|session| session.parser.is_encrypted(direction)),
            _ => false,
        }
    }

    /// Puts what was announced of a connection into its state.
    pub(super) fn set_expected(&mut self, slot: u32, parser: Awaited) {
        match parser {
            Awaited::Ftp(parser) => self.expected.get_mut(slot).map(|session| session.parser = parser),
            Awaited::Tftp(parser) => self.tftp.get_mut(slot).map(|session| session.parser = parser),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anomaly_is_told_once_whatever_was_told_before() {
        // All names stand in the user's guide, as other tests see to.
        let names: std::collections::BTreeSet<&'static str> = include_str!("../../../docs/events.md")
            .split('`')
            .filter(|text| {
                text.contains('.') && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
            })
            .collect();
        assert!(names.len() > 200, "{} names", names.len());
        let digests: std::collections::BTreeSet<u32> = names.iter().map(|name| digest(name)).collect();
        assert_eq!(digests.len(), names.len());
        let mut told = Told::default();
        for (number, name) in names.iter().enumerate() {
            assert_eq!(told.is_new(name), number < ANOMALIES, "{name}");
            assert!(!told.is_new(name), "{name}");
        }
    }
}
