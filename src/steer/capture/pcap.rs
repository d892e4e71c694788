//! The classic format: one file header, then records (draft-ietf-opsawg-pcap).

use pcap_parser::nom::IResult;
use pcap_parser::{
    LegacyPcapBlock, PcapError, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header,
};

use super::error::Item;
use super::reader::{Found, Trouble, u32_at};
use super::window::Window;
use super::{MAX_PACKET_BYTES, time};
use crate::wire::LinkType;

/// Bytes of the file header.
const FILE_HEADER_BYTES: usize = 24;
/// Bytes before the data of a record.
const RECORD_HEADER_BYTES: usize = 16;
/// The same in the modified format, which adds interface, protocol and packet type.
const MODIFIED_RECORD_HEADER_BYTES: usize = 24;
/// The link type without the frame check sequence's length and the reserved bits above it.
const LINK_TYPE_MASK: u32 = 0x03ff_ffff;

type ParseRecord = fn(&[u8]) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>>;

/// What the file header says.
pub(super) struct Pcap {
    parse: ParseRecord,
    big_endian: bool,
    nanoseconds: bool,
    header_bytes: usize,
    link: LinkType,
}

impl Pcap {
    /// Does a file that begins with `head` have this format?
    pub(super) fn recognises(head: &[u8]) -> bool {
        matches!(
            head,
            [0xd4, 0xc3, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0xc3, 0xd4, ..]
                | [0x4d, 0x3c, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0x3c, 0x4d, ..]
                | [0x34, 0xcd, 0xb2, 0xa1, ..]
        )
    }

    /// Reads the file header.
    pub(super) fn open(window: &mut Window) -> Result<Self, Trouble> {
        let at = window.offset();
        if !window.fill(FILE_HEADER_BYTES).map_err(|error| Trouble::io(Item::Header, at, error))? {
            return Err(Trouble::truncated(Item::Header, at));
        }
        let (_, header) = parse_pcap_header(window.view())
            .map_err(|_| Trouble::corrupt(Item::Header, at, "its magic number is unknown".to_owned()))?;
        if header.version_major != 2 {
            let reason =
                format!("format version {}.{} is unknown; expected 2.4", header.version_major, header.version_minor);
            return Err(Trouble::corrupt(Item::Header, at, reason));
        }
        let big_endian = header.is_bigendian();
        let modified = header.is_modified_format();
        let parse: ParseRecord = match (modified, big_endian) {
            (true, _) => parse_pcap_frame_modified,
            (false, true) => parse_pcap_frame_be,
            (false, false) => parse_pcap_frame,
        };
        let number = header.network.0.cast_unsigned() & LINK_TYPE_MASK;
        let link = LinkType::from_dlt(number).ok_or_else(|| Trouble::link(Item::Header, at, number))?;
        window.consume(FILE_HEADER_BYTES);
        let header_bytes = if modified { MODIFIED_RECORD_HEADER_BYTES } else { RECORD_HEADER_BYTES };
        Ok(Self { parse, big_endian, nanoseconds: header.is_nanosecond_precision(), header_bytes, link })
    }

    /// The next record, brought into view; `packets` were found before.
    pub(super) fn next(&self, window: &mut Window, packets: u64) -> Result<Option<Found>, Trouble> {
        let item = Item::Packet(packets + 1);
        let at = window.offset();
        if !window.fill(self.header_bytes).map_err(|error| Trouble::io(item, at, error))? {
            return if window.view().is_empty() { Ok(None) } else { Err(Trouble::truncated(item, at)) };
        }
        let captured = u32_at(window.view(), 8, self.big_endian);
        if captured > MAX_PACKET_BYTES {
            return Err(Trouble::too_large(item, at, captured));
        }
        let block = self.header_bytes + captured as usize;
        if !window.fill(block).map_err(|error| Trouble::io(item, at, error))? {
            return Err(Trouble::truncated(item, at));
        }
        let (_, record) = (self.parse)(window.view())
            .map_err(|_| Trouble::corrupt(item, at, "its record cannot be parsed".to_owned()))?;
        Ok(Some(Found {
            timestamp_ns: time::from_record(record.ts_sec, record.ts_usec, self.nanoseconds),
            wire_len: record.origlen.max(captured),
            link: self.link,
            interface: 0,
            data: self.header_bytes..block,
            block,
        }))
    }
}
