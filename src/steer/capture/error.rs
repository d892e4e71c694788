//! What can be wrong with a capture file, and the one line that says so.

use std::{error, fmt, io};

/// Why a capture could not be opened or not be read on. Its `Display` is one line that begins with the file's name.
#[derive(Debug)]
pub struct CaptureError {
    name: String,
    kind: CaptureErrorKind,
}

/// The ways a capture can fail.
#[derive(Debug)]
pub enum CaptureErrorKind {
    /// The system would not open or read the file.
    Unreadable(io::Error),
    /// Neither pcap nor pcapng; the text names what the first bytes look like.
    NotACapture(String),
    /// The file, or its packed data, ends in the middle of something.
    Truncated(Place),
    /// Something that cannot be framed or unpacked, and why.
    Corrupt(Place, String),
    /// A packet of a link layer that is not parsed.
    UnsupportedLinkType {
        /// Where the packet or, in pcap, the file header is.
        place: Place,
        /// `LINKTYPE_` value as the file has it.
        number: u32,
    },
}

/// A spot in a capture. Packets count from 1, as tshark's `frame.number` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What stands there.
    pub item: Item,
    /// Byte at which the item begins, in the unpacked data.
    pub offset: u64,
    /// True when the file is packed, so that `offset` is none of the file itself.
    pub packed: bool,
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The file header of pcap.
    Header,
    /// The packet of this number.
    Packet(u64),
    /// A pcapng block that holds no packet, or a record cut off before it tells, after this many packets.
    Block(u64),
}

impl CaptureError {
    pub(super) fn new(name: &str, kind: CaptureErrorKind) -> Self {
        Self { name: name.to_owned(), kind }
    }

    /// Name of the file, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> &CaptureErrorKind {
        &self.kind
    }

    /// Where it is wrong; `None` when no format was recognised yet.
    #[must_use]
    pub const fn place(&self) -> Option<Place> {
        match &self.kind {
            CaptureErrorKind::Unreadable(_) | CaptureErrorKind::NotACapture(_) => None,
            CaptureErrorKind::Truncated(place)
            | CaptureErrorKind::Corrupt(place, _)
            | CaptureErrorKind::UnsupportedLinkType { place, .. } => Some(*place),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Item::Header => write!(f, "file header")?,
            Item::Packet(number) => write!(f, "packet {number}")?,
            Item::Block(0) => write!(f, "block before packet 1")?,
            Item::Block(after) => write!(f, "block after packet {after}")?,
        }
        write!(f, " at byte {}", self.offset)?;
        if self.packed { write!(f, " of the unpacked data") } else { Ok(()) }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.kind {
            CaptureErrorKind::Unreadable(error) => write!(f, "cannot be read: {error}"),
            CaptureErrorKind::NotACapture(found) => {
                write!(f, "not a capture: found {found}; expected pcap or pcapng, plain, gzip or zstd")
            }
            CaptureErrorKind::Truncated(place) => write!(f, "{place}: the file ends in the middle of it"),
            CaptureErrorKind::Corrupt(place, reason) => write!(f, "{place}: {reason}"),
            CaptureErrorKind::UnsupportedLinkType { place, number } => write!(
                f,
                "{place}: link type {number} is not supported; expected Ethernet (1), raw IP (101, 12, 14, 228, 229), \
                 null (0), loop (108), Linux cooked (113) or Linux cooked v2 (276)"
            ),
        }
    }
}

impl error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            CaptureErrorKind::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}
