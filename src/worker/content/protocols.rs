//! Which protocols there are, and the states of their parsers.

use super::recognise::Undecided;
use crate::event::{APP_PROTO_COUNT, AppProto, Direction};
use crate::proto::http1::Http1;
use crate::proto::tls::Tls;
use crate::proto::{Guess, Heads, Parser, http1, tls};
use crate::worker::slots::Slots;

/// How many connections of each protocol are followed at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// Connections whose protocol is not known yet.
    pub undecided: u32,
    /// HTTP/1.
    pub http: u32,
    /// TLS.
    pub tls: u32,
}

impl Sessions {
    /// What a worker's parsers hold, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let of = |count: u32, bytes: usize| u64::from(count) * u64::try_from(bytes).unwrap_or(u64::MAX);
        of(self.undecided, size_of::<Undecided>())
            + of(self.http, size_of::<Session<Http1>>())
            + of(self.tls, size_of::<Session<Tls>>())
    }
}

/// What is known of a connection beside its parser's state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Transactions that are over.
    pub(super) records: u32,
    /// What the lines of each direction are.
    pub(super) labels: [&'static str; 2],
    /// Anomalies that were told, by a bit of their name's digest each.
    anomalies: u64,
}

impl Told {
    /// Whether an anomaly is told for the first time. Two names may share a bit: then the counters alone have the second.
    pub(super) fn is_new(&mut self, name: &'static str) -> bool {
        let bit = 1_u64 << (xxhash_rust::const_xxh3::xxh3_64(name.as_bytes()) % 64);
        let new = self.anomalies & bit == 0;
        self.anomalies |= bit;
        new
    }
}

/// A connection that is followed.
#[derive(Clone, Copy, Debug, Default)]
struct Session<T> {
    parser: T,
    told: Told,
}

impl<T: Parser> Session<T> {
    fn lend(&mut self) -> (&mut dyn Parser, &mut Told) {
        (&mut self.parser, &mut self.told)
    }
}

/// Parser states of one worker.
#[derive(Debug)]
pub(in crate::worker) struct Protocols {
    http: Slots<Session<Http1>>,
    tls: Slots<Session<Tls>>,
}

/// How a protocol is told by a connection's first bytes.
type Recognise = (AppProto, fn(&Heads<'_>) -> Guess);

/// Those over TCP; the first that is sure decides.
pub(super) const STREAMS: &[Recognise] = &[(AppProto::Http, http1::guess), (AppProto::Tls, tls::guess)];

/// Those over UDP.
pub(super) const DATAGRAMS: &[Recognise] = &[];

impl Protocols {
    pub(in crate::worker) fn new(sessions: &Sessions) -> Self {
        Self { http: Slots::new(sessions.http), tls: Slots::new(sessions.tls) }
    }

    /// A fresh parser, or `None` when all are taken.
    pub(super) fn take(&mut self, protocol: AppProto) -> Option<u32> {
        match protocol {
            AppProto::Http => self.http.take(),
            AppProto::Tls => self.tls.take(),
            AppProto::Unknown | AppProto::Failed => None,
        }
    }

    pub(super) fn get_mut(&mut self, protocol: AppProto, slot: u32) -> Option<(&mut dyn Parser, &mut Told)> {
        match protocol {
            AppProto::Http => self.http.get_mut(slot).map(Session::lend),
            AppProto::Tls => self.tls.get_mut(slot).map(Session::lend),
            AppProto::Unknown | AppProto::Failed => None,
        }
    }

    pub(super) fn release(&mut self, protocol: AppProto, slot: &mut u32) {
        match protocol {
            AppProto::Http => self.http.release(slot),
            AppProto::Tls => self.tls.release(slot),
            AppProto::Unknown | AppProto::Failed => {}
        }
    }

    /// All that follows in this direction is encrypted.
    pub(super) fn is_encrypted(&self, protocol: AppProto, slot: u32, direction: Direction) -> bool {
        match protocol {
            AppProto::Tls => self.tls.get(slot).is_some_and(|session| session.parser.is_encrypted(direction)),
            _ => false,
        }
    }

    /// Connections that are followed, by protocol.
    pub(in crate::worker) fn used(&self) -> [u64; APP_PROTO_COUNT] {
        let mut used = [0; APP_PROTO_COUNT];
        for (protocol, place) in AppProto::ALL.iter().zip(&mut used) {
            let count = match protocol {
                AppProto::Http => self.http.used(),
                AppProto::Tls => self.tls.used(),
                AppProto::Unknown | AppProto::Failed => 0,
            };
            *place = u64::try_from(count).unwrap_or(u64::MAX);
        }
        used
    }
}

/// The stream is scanned as it is, beside what the parser makes of it.
pub(super) const fn is_scanned(protocol: AppProto) -> bool {
    matches!(protocol, AppProto::Tls)
}
