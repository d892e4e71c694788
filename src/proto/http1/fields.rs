//! The fields that matter here, and where their values go.

use super::codings::Codings;
use crate::event::Direction;
use crate::event::record::{Record, Value};
use crate::proto::websocket::Extensions;

/// Longest name of a field that matters, in bytes.
pub(in crate::proto) const MAX_NAME_BYTES: usize = 24;

/// A field, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::proto) enum Field {
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
    ETag,
    LastModified,
}

/// Keys of the `http` object.
pub(in crate::proto) mod tag {
    pub(in crate::proto) const METHOD: u8 = 0;
    pub(in crate::proto) const URL: u8 = 1;
    pub(in crate::proto) const PROTOCOL: u8 = 2;
    pub(in crate::proto) const HOSTNAME: u8 = 3;
    pub(in crate::proto) const PORT: u8 = 4;
    pub(in crate::proto) const USER_AGENT: u8 = 5;
    pub(in crate::proto) const REFERER: u8 = 6;
    pub(in crate::proto) const FORWARDED_FOR: u8 = 7;
    pub(in crate::proto) const STATUS: u8 = 8;
    pub(in crate::proto) const CONTENT_TYPE: u8 = 9;
    pub(in crate::proto) const LOCATION: u8 = 10;
    pub(in crate::proto) const RANGE: u8 = 11;
    pub(in crate::proto) const RANGE_START: u8 = 12;
    pub(in crate::proto) const RANGE_END: u8 = 13;
    pub(in crate::proto) const RANGE_SIZE: u8 = 14;
    pub(in crate::proto) const LENGTH: u8 = 15;
    pub(in crate::proto) const TRUNCATED: u8 = 16;
}

/// Bytes for the values that [`Meta`] keeps: all there may be of them together, so that none stands in another's way.
const META_BYTES: usize = 812;

/// What objects and upgrades need of a message; never leaves the parser.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Meta {
    pub(in crate::proto) values: Record<META_BYTES>,
    /// What was put around the content.
    pub(in crate::proto) content_codings: Codings,
    /// What was put around that for the way.
    pub(in crate::proto) transfer_codings: Codings,
    pub(in crate::proto) extensions: Extensions,
}

impl Meta {
    /// Another message begins.
    pub(in crate::proto) fn clear(&mut self) {
        self.values.clear();
        (self.content_codings, self.transfer_codings) = (Codings::default(), Codings::default());
        self.extensions = Extensions::default();
    }

    /// The first value with that tag.
    pub(in crate::proto) fn get(&self, tag: u8) -> Option<Value<'_>> {
        self.values.get(tag)
    }

    /// The first text with that tag; empty where there is none.
    pub(in crate::proto) fn get_text(&self, tag: u8) -> &[u8] {
        self.values.get_text(tag)
    }

    /// There are codings that cannot be undone for lack of room.
    pub(in crate::proto) fn has_too_many_codings(&self) -> bool {
        self.content_codings.too_many(&self.transfer_codings)
    }
}

/// Tags of [`Meta::values`].
pub(in crate::proto) mod meta {
    pub(in crate::proto) const HOST: u8 = 0;
    pub(in crate::proto) const MEDIA_TYPE: u8 = 1;
    pub(in crate::proto) const DISPOSITION: u8 = 2;
    pub(in crate::proto) const RANGE: u8 = 3;
    pub(in crate::proto) const UPGRADE: u8 = 4;
    pub(in crate::proto) const ETAG: u8 = 5;
    pub(in crate::proto) const MODIFIED: u8 = 6;
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::proto) enum Place {
    #[default]
    Nowhere,
    /// Into the transaction's event.
    Event,
    /// Into [`Meta::values`].
    Meta,
}

/// How much of a value is kept, where, and under which tag.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Keep {
    pub(in crate::proto) place: Place,
    pub(in crate::proto) tag: u8,
    pub(in crate::proto) most: u16,
}

impl Field {
    /// The field of that name, in any case.
    pub(in crate::proto) fn of(name: &[u8]) -> Self {
        let Some(&first) = name.first() else { return Self::Other };
        let mut named = Self::that_begin_with(first).iter().filter(|(_, known)| name.eq_ignore_ascii_case(known));
        named.next().map_or(Self::Other, |(field, _)| *field)
    }

    /// The fields whose names begin with this byte, in either case.
    pub(in crate::proto) const fn that_begin_with(byte: u8) -> &'static [(Self, &'static [u8])] {
        match byte.to_ascii_lowercase() {
            b'c' => &[
                (Self::ContentType, b"content-type"),
                (Self::ContentLength, b"content-length"),
                (Self::ContentEncoding, b"content-encoding"),
                (Self::ContentDisposition, b"content-disposition"),
                (Self::ContentRange, b"content-range"),
            ],
            b'e' => &[(Self::ETag, b"etag")],
            b'h' => &[(Self::Host, b"host")],
            b'l' => &[(Self::Location, b"location"), (Self::LastModified, b"last-modified")],
            b'r' => &[(Self::Referer, b"referer")],
            b's' => &[(Self::WebSocketExtensions, b"sec-websocket-extensions")],
            b't' => &[(Self::TransferEncoding, b"transfer-encoding")],
            b'u' => &[(Self::UserAgent, b"user-agent"), (Self::Upgrade, b"upgrade")],
            b'x' => &[(Self::ForwardedFor, b"x-forwarded-for")],
            _ => &[],
        }
    }

    /// It says where the message ends.
    pub(in crate::proto) const fn frames(self) -> bool {
        matches!(self, Self::ContentLength | Self::TransferEncoding)
    }

    /// It may stand in a message several times, each adding to those before; it is read word by word.
    pub(in crate::proto) const fn is_list(self) -> bool {
        matches!(self, Self::TransferEncoding | Self::ContentEncoding | Self::WebSocketExtensions)
    }

    /// What is kept of its value in messages of this direction.
    pub(in crate::proto) const fn keep(self, direction: Direction) -> Keep {
        let request = matches!(direction, Direction::ToServer);
        let (place, tag, most) = match self {
            Self::Host if request => (Place::Meta, meta::HOST, 200),
            Self::UserAgent if request => (Place::Event, tag::USER_AGENT, 256),
            Self::Referer if request => (Place::Event, tag::REFERER, 256),
            Self::ForwardedFor if request => (Place::Event, tag::FORWARDED_FOR, 64),
            Self::ContentType => (Place::Meta, meta::MEDIA_TYPE, 256),
            Self::ContentDisposition => (Place::Meta, meta::DISPOSITION, 256),
            Self::ContentRange => (Place::Meta, meta::RANGE, 48),
            Self::Location if !request => (Place::Event, tag::LOCATION, 256),
            Self::Upgrade => (Place::Meta, meta::UPGRADE, 32),
            Self::ETag if !request => (Place::Meta, meta::ETAG, 48),
            Self::LastModified if !request => (Place::Meta, meta::MODIFIED, 30),
            _ => (Place::Nowhere, 0, 0),
        };
        Keep { place, tag, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_have_room_together() {
        use Field::{
            ContentDisposition, ContentEncoding, ContentLength, ContentRange, ContentType, ETag, ForwardedFor, Host,
            LastModified, Location, Other, Referer, TransferEncoding, Upgrade, UserAgent, WebSocketExtensions,
        };
        let all = [
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
            ETag,
            LastModified,
        ];
        for direction in [Direction::ToServer, Direction::ToClient] {
            let mut values: Record<META_BYTES> = Record::default();
            for (number, field) in all.into_iter().enumerate() {
                assert_eq!(field as usize, number, "one is missing");
                let keep = field.keep(direction);
                if keep.place == Place::Meta {
                    assert!(!field.is_list(), "{field:?} may stand there more than once");
                    values.text(keep.tag, &vec![b'x'; usize::from(keep.most)]);
                }
            }
            assert!(!values.is_cut(), "{direction:?}");
        }
    }
}
