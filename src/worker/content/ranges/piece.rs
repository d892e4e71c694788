//! Bytes of a file on their way into it, and what is known of where they came from.

use super::key::FileId;
use crate::decode::{Charset, Field, Format, MAX_CODINGS, MEDIA_TYPE, MESSAGE, Start, charset_of};
use crate::event::Direction;
use crate::flow::{Facts, NO_OBJECT, NO_SLOT};
use crate::proto::Object;
use crate::scan::keyword::Dictionaries;
use crate::worker::content::objects::{is_message, read_codings};

/// Bytes that are stored or handed on together. The longest segment of an Ethernet fits.
pub(super) const PIECE: usize = 1536;
/// What files that are put together are called in paths.
const LABEL: &str = "http/parts";
/// Bytes of a file's name.
const NAME: usize = 255;

/// Which bytes of which file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(in crate::worker::content) digest: FileId,
    /// Bytes of the file.
    pub(in crate::worker::content) size: u64,
    pub(in crate::worker::content) offset: u64,
    /// When the part began that they are of.
    pub(in crate::worker::content) begun_ns: u64,
}

/// Where bytes came from: whose alerts and files they make.
#[derive(Clone, Debug)]
pub(in crate::worker::content) struct Source {
    /// The flow as it was. It holds nothing of the worker's pools.
    pub(in crate::worker::content) facts: Facts,
    pub(in crate::worker::content) direction: Direction,
    /// Transactions of the flow that were over before.
    pub(in crate::worker::content) records: u32,
    pub(in crate::worker::content) timestamp_ns: u64,
    /// Dictionaries that have alerted on the flow.
    pub(in crate::worker::content) alerted: Dictionaries,
    /// The worker that has the flow.
    pub(in crate::worker::content) worker: u16,
}

impl Source {
    pub(in crate::worker::content) fn new(
        flow: &Facts,
        direction: Direction,
        records: u32,
        timestamp_ns: u64,
        alerted: Dictionaries,
        worker: u16,
    ) -> Self {
        let mut facts = flow.clone();
        (facts.hits, facts.parser, facts.objects) = (NO_SLOT, NO_SLOT, NO_OBJECT);
        Self { facts, direction, records, timestamp_ns, alerted, worker }
    }

    /// It is that flow.
    pub(in crate::worker::content) fn is_of(&self, flow: &Facts) -> bool {
        self.facts.start_ns == flow.start_ns && self.facts.key() == flow.key()
    }
}

/// What the carrier says of the file: what its tree begins with.
#[derive(Clone, Debug)]
pub(in crate::worker::content) struct Described {
    label: &'static str,
    name: Field<NAME>,
    media_type: Field<MEDIA_TYPE>,
    codings: [Option<&'static Format>; MAX_CODINGS],
    format: Option<&'static Format>,
    charset: Option<Charset>,
}

impl Default for Described {
    fn default() -> Self {
        let codings = [None; MAX_CODINGS];
        let (name, media_type) = (Field::EMPTY, Field::EMPTY);
        Self { label: "", name, media_type, codings, format: None, charset: None }
    }
}

impl Described {
    pub(in crate::worker::content) fn of(object: &Object<'_>) -> Self {
        let mut described = Self {
            label: LABEL,
            codings: read_codings(object.codings, false),
            format: is_message(object.media_type).then_some(MESSAGE),
            charset: charset_of(object.media_type),
            ..Self::default()
        };
        described.name.append(object.name);
        described.media_type.append(object.media_type);
        described
    }

    pub(in crate::worker::content) fn start(&self) -> Start<'_> {
        Start {
            prefix: self.label,
            name: self.name.get(),
            codings: &self.codings,
            format: self.format,
            charset: self.charset,
            media_type: self.media_type.get(),
            ..Start::default()
        }
    }
}
