//! The fields that matter here, and where their values go.

use crate::event::Direction;
use crate::event::record::Record;

/// Longest name of a field that matters, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 24;

/// A field, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    #[default]
    Other,
    ContentLength,
    TransferEncoding,
    Host,
    UserAgent,
    Referer,
    ForwardedFor,
    ContentType,
    ContentEncoding,
    ContentDisposition,
    ContentRange,
    Location,
    Upgrade,
    WebSocketExtensions,
}

/// Keys of the `http` object.
pub(super) mod tag {
    pub(in super::super) const METHOD: u8 = 0;
    pub(in super::super) const URL: u8 = 1;
    pub(in super::super) const PROTOCOL: u8 = 2;
    pub(in super::super) const HOSTNAME: u8 = 3;
    pub(in super::super) const PORT: u8 = 4;
    pub(in super::super) const USER_AGENT: u8 = 5;
    pub(in super::super) const REFERER: u8 = 6;
    pub(in super::super) const FORWARDED_FOR: u8 = 7;
    pub(in super::super) const STATUS: u8 = 8;
    pub(in super::super) const CONTENT_TYPE: u8 = 9;
    pub(in super::super) const LOCATION: u8 = 10;
    pub(in super::super) const RANGE: u8 = 11;
    pub(in super::super) const RANGE_START: u8 = 12;
    pub(in super::super) const RANGE_END: u8 = 13;
    pub(in super::super) const RANGE_SIZE: u8 = 14;
    pub(in super::super) const LENGTH: u8 = 15;
    pub(in super::super) const TRUNCATED: u8 = 16;
}

/// What objects and upgrades need of a message; never leaves the parser.
pub(super) type Meta = Record<352>;

/// Tags of [`Meta`].
pub(super) mod meta {
    pub(in super::super) const HOST: u8 = 0;
    pub(in super::super) const MEDIA_TYPE: u8 = 1;
    pub(in super::super) const CONTENT_ENCODING: u8 = 2;
    pub(in super::super) const TRANSFER_ENCODING: u8 = 3;
    pub(in super::super) const DISPOSITION: u8 = 4;
    pub(in super::super) const RANGE: u8 = 5;
    pub(in super::super) const UPGRADE: u8 = 6;
    pub(in super::super) const EXTENSIONS: u8 = 7;
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Nowhere,
    /// Into the transaction's event.
    Event,
    /// Into [`Meta`].
    Meta,
}

/// How much of a value is kept, where, and under which tag.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keep {
    pub(super) place: Place,
    pub(super) tag: u8,
    pub(super) most: u16,
}

impl Field {
    /// The field of that name, in any case. A name has at least one byte that no other of its length has in the same place,
    /// so at most two are compared.
    pub(super) fn of(name: &[u8]) -> Self {
        let (field, expected): (_, &[u8]) = match (name.len(), name.first().map(u8::to_ascii_lowercase)) {
            (4, _) => (Self::Host, b"host"),
            (7, Some(b'r')) => (Self::Referer, b"referer"),
            (7, _) => (Self::Upgrade, b"upgrade"),
            (8, _) => (Self::Location, b"location"),
            (10, _) => (Self::UserAgent, b"user-agent"),
            (12, _) => (Self::ContentType, b"content-type"),
            (13, _) => (Self::ContentRange, b"content-range"),
            (14, _) => (Self::ContentLength, b"content-length"),
            (15, _) => (Self::ForwardedFor, b"x-forwarded-for"),
            (16, _) => (Self::ContentEncoding, b"content-encoding"),
            (17, _) => (Self::TransferEncoding, b"transfer-encoding"),
            (19, _) => (Self::ContentDisposition, b"content-disposition"),
            (24, _) => (Self::WebSocketExtensions, b"sec-websocket-extensions"),
            _ => return Self::Other,
        };
        if name.eq_ignore_ascii_case(expected) { field } else { Self::Other }
    }

    /// Can a name that matters begin with this byte?
    pub(super) const fn may_begin_with(byte: u8) -> bool {
        matches!(byte.to_ascii_lowercase(), b'c' | b'h' | b'l' | b'r' | b's' | b't' | b'u' | b'x')
    }

    /// It says where the message ends.
    pub(super) const fn frames(self) -> bool {
        matches!(self, Self::ContentLength | Self::TransferEncoding)
    }

    /// It may stand in a message several times, each adding to those before.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::TransferEncoding | Self::ContentEncoding | Self::WebSocketExtensions)
    }

    /// What is kept of its value in messages of this direction.
    pub(super) const fn keep(self, direction: Direction) -> Keep {
        let request = matches!(direction, Direction::ToServer);
        let (place, tag, most) = match self {
            Self::Host if request => (Place::Meta, meta::HOST, 200),
            Self::UserAgent if request => (Place::Event, tag::USER_AGENT, 256),
            Self::Referer if request => (Place::Event, tag::REFERER, 256),
            Self::ForwardedFor if request => (Place::Event, tag::FORWARDED_FOR, 64),
            Self::ContentType => (Place::Meta, meta::MEDIA_TYPE, 256),
            Self::ContentEncoding => (Place::Meta, meta::CONTENT_ENCODING, 64),
            Self::TransferEncoding => (Place::Meta, meta::TRANSFER_ENCODING, 48),
            Self::ContentDisposition => (Place::Meta, meta::DISPOSITION, 256),
            Self::ContentRange => (Place::Meta, meta::RANGE, 48),
            Self::Location if !request => (Place::Event, tag::LOCATION, 256),
            Self::Upgrade if !request => (Place::Meta, meta::UPGRADE, 32),
            Self::WebSocketExtensions if !request => (Place::Meta, meta::EXTENSIONS, 128),
            _ => (Place::Nowhere, 0, 0),
        };
        Keep { place, tag, most }
    }
}
