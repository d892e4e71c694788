//! A data connection: one object a direction.

use super::{DATA_COMMAND, DATA_LAYOUT, FILENAME};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::{Content, Expected, Object, Parser, Sink};

/// Bytes of a file's name that are kept.
pub const MAX_NAME_BYTES: usize = 256;

/// A file's name, as much of it as is kept.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Name {
    bytes: [u8; MAX_NAME_BYTES],
    len: u16,
}

impl Default for Name {
    fn default() -> Self {
        Self { bytes: [0; MAX_NAME_BYTES], len: 0 }
    }
}

impl Name {
    pub(in crate::proto) fn set(&mut self, name: &[u8]) {
        let kept = name.get(..MAX_NAME_BYTES).unwrap_or(name);
        if let Some(place) = self.bytes.get_mut(..kept.len()) {
            place.copy_from_slice(kept);
        }
        self.len = u16::try_from(kept.len()).unwrap_or(0);
    }

    pub(in crate::proto) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// A connection that was [expected](Sink::expect). Its bytes are the content, in whichever direction they come.
#[derive(Clone, Copy, Debug)]
pub struct FtpData {
    label: &'static str,
    command: &'static str,
    codings: &'static [u8],
    name: Name,
    offset: u64,
    length: Option<u64>,
    halves: [Half; 2],
    told: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Half {
    open: bool,
    seen: u64,
    lossy: bool,
}

impl Default for FtpData {
    /// A connection of which nothing is known.
    fn default() -> Self {
        Self {
            label: "",
            command: "",
            codings: b"",
            name: Name::default(),
            offset: 0,
            length: None,
            halves: [Half::default(); 2],
            told: false,
        }
    }
}

impl FtpData {
    /// A connection of which that much is known when it begins.
    #[must_use]
    pub fn new(expected: &Expected<'_>) -> Self {
        let mut data = Self::default();
        data.learn(expected);
        data
    }

    /// More was announced of it. What its object is called no longer changes once that has begun.
    pub fn learn(&mut self, expected: &Expected<'_>) {
        (self.label, self.command, self.codings) = (expected.label, expected.command, expected.codings);
        let (name, offset, length): (&[u8], _, _) = match expected.content {
            Content::File { name, offset, length } => (name, offset, length),
            Content::Listing { name } => (name, 0, None),
            Content::Unknown | Content::Same => (b"", 0, None),
        };
        self.name.set(name);
        (self.offset, self.length) = (offset, length);
    }

    fn begin(&mut self, direction: Direction, sink: &mut dyn Sink) {
        let Some(half) = self.halves.get_mut(direction.index()) else { return };
        if std::mem::replace(&mut half.open, true) {
            return;
        }
        sink.begin_object(
            0,
            &Object {
                label: self.label,
                name: self.name.bytes(),
                codings: self.codings,
                length: self.length,
                offset: self.offset,
                ..Object::default()
            },
        );
    }
}

impl Parser for FtpData {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        self.begin(direction, sink);
        sink.object(0, bytes);
        if let Some(half) = self.halves.get_mut(direction.index()) {
            half.seen = half.seen.saturating_add(bytes.len() as u64);
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        self.begin(direction, sink);
        sink.object_gap(0, length);
        if let Some(half) = self.halves.get_mut(direction.index()) {
            (half.lossy, half.seen) = (true, half.seen.saturating_add(length));
        }
    }

    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink) {
        let Some(half) = self.halves.get_mut(direction.index()) else { return };
        if !std::mem::take(&mut half.open) {
            return;
        }
        sink.end_object(0, in_order && !half.lossy && self.length.is_none_or(|length| half.seen >= length));
        if !std::mem::replace(&mut self.told, true) {
            let mut record: Record<{ MAX_NAME_BYTES + 32 }> = Record::default();
            record.text(FILENAME, self.name.bytes());
            record.text(DATA_COMMAND, self.command.as_bytes());
            sink.record(&DATA_LAYOUT, &[record.bytes()]);
        }
    }
}
