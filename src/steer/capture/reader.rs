//! The reader itself.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::MAX_PACKET_BYTES;
use super::error::{CaptureError, CaptureErrorKind, Item, Place};
use super::packing::{Packing, unpack};
use super::pcap::Pcap;
use super::pcapng::PcapNg;
use super::pump::Pump;
use super::sniff;
use super::source::{Progress, Source};
use super::window::Window;
use crate::wire::LinkType;

/// Bytes that tell a format.
const MAGIC_BYTES: usize = 4;
/// Most bytes looked at to name a file that is no capture.
const HEAD_BYTES: usize = 64;

/// A packet of a capture file, borrowed from its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapturedPacket<'a> {
    /// When it was captured: nanoseconds since 1970, UTC.
    pub timestamp_ns: u64,
    /// Its length on the wire in bytes; never less than what was captured of it.
    pub wire_len: u32,
    /// What its first byte means.
    pub link: LinkType,
    /// The interface it was seen on: 0 in pcap; in pcapng the number of the interface's description in the
    /// file, from 0 and counting on across sections.
    pub interface: u32,
    /// What was captured of it, from the link layer on; may be empty.
    pub data: &'a [u8],
}

/// Reads a capture file packet by packet. See the [module](super) for formats, limits and what damage does.
pub struct CaptureReader {
    name: String,
    size: Option<u64>,
    progress: Progress,
    packing: Packing,
    window: Window,
    format: Format,
    packets: u64,
    /// Bytes of the view that the packet handed out last takes.
    handed_out: usize,
    finished: bool,
}

enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// A packet in the window's view.
pub(super) struct Found {
    pub(super) timestamp_ns: u64,
    pub(super) wire_len: u32,
    pub(super) link: LinkType,
    pub(super) interface: u32,
    /// Where its data is in the view.
    pub(super) data: Range<usize>,
    /// Bytes of the view it takes with all that is around it.
    pub(super) block: usize,
}

/// An error that does not know its file yet.
pub(super) struct Trouble {
    item: Item,
    at: u64,
    what: What,
}

enum What {
    Io(io::Error),
    Truncated,
    Corrupt(String),
    Link(u32),
}

impl Trouble {
    pub(super) const fn io(item: Item, at: u64, error: io::Error) -> Self {
        Self { item, at, what: What::Io(error) }
    }

    pub(super) const fn truncated(item: Item, at: u64) -> Self {
        Self { item, at, what: What::Truncated }
    }

    pub(super) const fn corrupt(item: Item, at: u64, reason: String) -> Self {
        Self { item, at, what: What::Corrupt(reason) }
    }

    pub(super) const fn link(item: Item, at: u64, number: u32) -> Self {
        Self { item, at, what: What::Link(number) }
    }

    pub(super) fn too_large(item: Item, at: u64, said: u32) -> Self {
        let reason = format!("record says {said} bytes, more than the largest packet {MAX_PACKET_BYTES}");
        Self::corrupt(item, at, reason)
    }

    /// The error for the file `name`.
    fn of_file(self, name: &str, packing: Packing, progress: &Progress) -> CaptureError {
        let place = Place { item: self.item, offset: self.at, packed: packing != Packing::Plain };
        let kind = match self.what {
            What::Io(error) => match progress.take_failure() {
                Some(failure) => CaptureErrorKind::Unreadable(failure),
                None if error.kind() == ErrorKind::UnexpectedEof => CaptureErrorKind::Truncated(place),
                None => CaptureErrorKind::Corrupt(place, format!("{} data is damaged: {error}", packing.name())),
            },
            What::Truncated => CaptureErrorKind::Truncated(place),
            What::Corrupt(reason) => CaptureErrorKind::Corrupt(place, reason),
            What::Link(number) => CaptureErrorKind::UnsupportedLinkType { place, number },
        };
        CaptureError::new(name, kind)
    }
}

impl CaptureReader {
    /// Opens the capture file at `path`, or standard input if it is `-`, and reads its header.
    ///
    /// # Errors
    /// The file cannot be read, is not a capture, or is damaged in its header.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        if path == Path::new("-") {
            return Self::from_reader("standard input", Box::new(io::stdin()));
        }
        let name = path.display().to_string();
        let unreadable = |error| CaptureError::new(&name, CaptureErrorKind::Unreadable(error));
        let file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        let mut reader = Self::from_reader(name, Box::new(file))?;
        reader.size = about.is_file().then_some(about.len());
        Ok(reader)
    }

    /// As [`open`](Self::open), but whatever is no regular file (standard input, a FIFO, a device), and so may
    /// have nothing to give for long, is read only until `stop` is set. What is read then fails.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_until(path: &Path, stop: &Arc<AtomicBool>) -> Result<Self, CaptureError> {
        let unreadable = |name: &str, error| CaptureError::new(name, CaptureErrorKind::Unreadable(error));
        if path == Path::new("-") {
            let name = "standard input";
            let pump = Pump::new(|| Ok(io::stdin()), Arc::clone(stop)).map_err(|error| unreadable(name, error))?;
            return Self::from_reader(name, Box::new(pump));
        }
        if fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
            let (name, owned) = (path.display().to_string(), path.to_owned());
            // Opened there too: that of a FIFO ends when somebody opens its other end.
            let pump =
                Pump::new(move || File::open(owned), Arc::clone(stop)).map_err(|error| unreadable(&name, error))?;
            return Self::from_reader(name, Box::new(pump));
        }
        Self::open(path)
    }

    /// Reads a capture from `reader`; `name` stands in messages for the file's name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_reader(name: impl Into<String>, reader: Box<dyn Read + Send>) -> Result<Self, CaptureError> {
        let name = name.into();
        let progress = Progress::default();
        let (packing, unpacked) = unpack(Source::new(reader, progress.clone()))
            .map_err(|error| Trouble::io(Item::Header, 0, error).of_file(&name, Packing::Plain, &progress))?;
        let mut window = Window::new(unpacked);
        let format = recognise(&mut window, packing).map_err(|failure| match failure {
            Failure::NotACapture(found) => CaptureError::new(&name, CaptureErrorKind::NotACapture(found)),
            Failure::Trouble(trouble) => trouble.of_file(&name, packing, &progress),
        })?;
        Ok(Self { name, size: None, progress, packing, window, format, packets: 0, handed_out: 0, finished: false })
    }

    /// The next packet, borrowed until the next call; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read on, or is damaged. The packets before have all been delivered, the error is returned
    /// once, and `None` follows.
    #[allow(clippy::should_implement_trait)] // an iterator's items cannot borrow from it
    pub fn next(&mut self) -> Result<Option<CapturedPacket<'_>>, CaptureError> {
        if self.finished {
            return Ok(None);
        }
        self.window.consume(self.handed_out);
        self.handed_out = 0;
        let found = match &mut self.format {
            Format::Pcap(format) => format.next(&mut self.window, self.packets),
            Format::PcapNg(format) => format.next(&mut self.window, self.packets),
        };
        match found {
            Ok(Some(found)) => {
                self.packets += 1;
                self.handed_out = found.block;
                Ok(Some(CapturedPacket {
                    timestamp_ns: found.timestamp_ns,
                    wire_len: found.wire_len,
                    link: found.link,
                    interface: found.interface,
                    data: self.window.view().get(found.data).unwrap_or_default(),
                }))
            }
            Ok(None) => {
                self.finished = true;
                Ok(None)
            }
            Err(trouble) => {
                self.finished = true;
                Err(trouble.of_file(&self.name, self.packing, &self.progress))
            }
        }
    }

    /// Packets delivered so far.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Bytes read so far of the file as it is stored, so packed ones if it is packed.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.progress.bytes()
    }

    /// Size of the file as it is stored; `None` for standard input and what else has no size.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Bytes that the reader's buffer takes at the moment.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.window.capacity()
    }
}

enum Failure {
    NotACapture(String),
    Trouble(Trouble),
}

fn recognise(window: &mut Window, packing: Packing) -> Result<Format, Failure> {
    if let Err(error) = window.fill(MAGIC_BYTES) {
        return Err(Failure::Trouble(Trouble::io(Item::Header, 0, error)));
    }
    if Pcap::recognises(window.view()) {
        return Pcap::open(window).map(Format::Pcap).map_err(Failure::Trouble);
    }
    if PcapNg::recognises(window.view()) {
        return PcapNg::open(window).map(Format::PcapNg).map_err(Failure::Trouble);
    }
    if let Err(error) = window.fill(HEAD_BYTES) {
        return Err(Failure::Trouble(Trouble::io(Item::Header, 0, error)));
    }
    let found = sniff::describe(window.view().get(..HEAD_BYTES).unwrap_or(window.view()));
    Err(Failure::NotACapture(match packing {
        Packing::Plain => found,
        Packing::Gzip | Packing::Zstd => format!("{} data that holds {found}", packing.name()),
    }))
}

/// The number at `at`, which the caller has brought into view.
pub(super) fn u32_at(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let raw = bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    if big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) }
}

/// The number at `at`, which the caller has brought into view.
pub(super) fn u16_at(bytes: &[u8], at: usize, big_endian: bool) -> u16 {
    let raw = bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    if big_endian { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) }
}
