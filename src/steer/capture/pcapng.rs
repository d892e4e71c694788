//! The next generation format: sections of blocks (draft-ietf-opsawg-pcapng).
//!
//! Blocks are framed here, so that their length is bounded before anything is held and a block that is cut off is
//! told from one that lies about its inside; `pcap-parser` takes apart those that are held as a whole.

use std::ops::Range;

use pcap_parser::nom::IResult;
use pcap_parser::pcapng::{
    BOM_MAGIC, EPB_MAGIC, EnhancedPacketBlock, IDB_MAGIC, InterfaceDescriptionBlock, OptionCode, SHB_MAGIC, SPB_MAGIC,
    parse_enhancedpacketblock_be, parse_enhancedpacketblock_le, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_sectionheaderblock, parse_simplepacketblock_be,
    parse_simplepacketblock_le,
};
use pcap_parser::{PcapError, PcapNGOption};

use super::error::Item;
use super::reader::{Found, Trouble, u16_at, u32_at};
use super::time::{self, Resolution};
use super::window::Window;
use super::{MAX_BLOCK_BYTES, MAX_INTERFACES, MAX_PACKET_BYTES};
use crate::wire::LinkType;

/// Type of the obsolete packet block (appendix A of the format), which `pcap-parser` does not know.
const OPB_MAGIC: u32 = 2;
/// Type and length, before the body.
const HEAD_BYTES: usize = 8;
/// The length once more, after the body.
const TAIL_BYTES: usize = 4;
/// Where the data of an enhanced or obsolete packet block begins.
const PACKET_DATA: usize = 28;
/// Where the data of a simple packet block begins.
const SIMPLE_DATA: usize = 12;
/// Where the captured length of an enhanced or obsolete packet block stands.
const CAPTURED_LEN: usize = 20;

/// The state that blocks leave for those that follow.
pub(super) struct PcapNg {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// Interfaces of the sections before this one.
    earlier: u32,
    last_timestamp_ns: u64,
}

/// What an interface description block says.
struct Interface {
    link_number: u32,
    link: Option<LinkType>,
    snap_bytes: u32,
    resolution: Resolution,
    offset_s: i64,
}

/// What one block amounts to.
enum Step {
    End,
    NoPacket,
    Packet(Found),
}

/// A block's head: where it is, what it is, how long it says to be.
#[derive(Clone, Copy)]
struct Block {
    at: u64,
    item: Item,
    kind: u32,
    len: u32,
}

impl PcapNg {
    /// Does a file that begins with `head` have this format?
    pub(super) fn recognises(head: &[u8]) -> bool {
        head.starts_with(&SHB_MAGIC.to_le_bytes())
    }

    /// Reads the first section header.
    pub(super) fn open(window: &mut Window) -> Result<Self, Trouble> {
        let mut format = Self { big_endian: false, interfaces: Vec::new(), earlier: 0, last_timestamp_ns: 0 };
        format.step(window, 0)?;
        Ok(format)
    }

    /// The next packet, brought into view; `packets` were found before.
    pub(super) fn next(&mut self, window: &mut Window, packets: u64) -> Result<Option<Found>, Trouble> {
        loop {
            match self.step(window, packets)? {
                Step::End => return Ok(None),
                Step::NoPacket => {}
                Step::Packet(found) => return Ok(Some(found)),
            }
        }
    }

    fn step(&mut self, window: &mut Window, packets: u64) -> Result<Step, Trouble> {
        let Some(block) = self.head(window, packets)? else { return Ok(Step::End) };
        let len = block.len as usize;
        if !matches!(block.kind, SHB_MAGIC | IDB_MAGIC | EPB_MAGIC | OPB_MAGIC | SPB_MAGIC) {
            self.skip(window, block)?;
            return Ok(Step::NoPacket);
        }
        if block.kind == EPB_MAGIC || block.kind == OPB_MAGIC {
            block.want(window, PACKET_DATA)?;
            let captured = u32_at(window.view(), CAPTURED_LEN, self.big_endian);
            if captured > MAX_PACKET_BYTES {
                return Err(Trouble::too_large(block.item, block.at, captured));
            }
        }
        if block.len > MAX_BLOCK_BYTES {
            return Err(block.corrupt(format!("block says {len} bytes, more than the largest block {MAX_BLOCK_BYTES}")));
        }
        block.want(window, len)?;
        let bytes = window.view().get(..len).unwrap_or_default();
        self.check_tail(block, u32_at(bytes, len - TAIL_BYTES, self.big_endian))?;
        let found = match block.kind {
            SHB_MAGIC => {
                self.section(block, bytes)?;
                None
            }
            IDB_MAGIC => {
                self.interface(block, bytes)?;
                None
            }
            EPB_MAGIC => Some(self.enhanced(block, bytes)?),
            SPB_MAGIC => Some(self.simple(block, bytes)?),
            _ => Some(self.obsolete(block, bytes)?),
        };
        Ok(match found {
            Some(found) => {
                self.last_timestamp_ns = found.timestamp_ns;
                Step::Packet(found)
            }
            None => {
                window.consume(len);
                Step::NoPacket
            }
        })
    }

    /// Type and length of the block at the start of the view; `None` at the end of the file.
    fn head(&mut self, window: &mut Window, packets: u64) -> Result<Option<Block>, Trouble> {
        let mut block = Block { at: window.offset(), item: Item::Block(packets), kind: 0, len: 0 };
        if !window.fill(HEAD_BYTES).map_err(|error| Trouble::io(block.item, block.at, error))? {
            return if window.view().is_empty() { Ok(None) } else { Err(Trouble::truncated(block.item, block.at)) };
        }
        // The section header's type reads the same in both byte orders; which one holds is said behind the length.
        if PcapNg::recognises(window.view()) {
            block.want(window, HEAD_BYTES + 4)?;
            self.big_endian = match u32_at(window.view(), HEAD_BYTES, false) {
                BOM_MAGIC => false,
                swapped if swapped.swap_bytes() == BOM_MAGIC => true,
                other => {
                    return Err(block.corrupt(format!("{other:#010x} is no byte-order magic; expected {BOM_MAGIC:#x}")));
                }
            };
        }
        block.kind = u32_at(window.view(), 0, self.big_endian);
        block.len = u32_at(window.view(), 4, self.big_endian);
        let least = match block.kind {
            SHB_MAGIC => 28,
            IDB_MAGIC => 20,
            EPB_MAGIC | OPB_MAGIC => 32,
            SPB_MAGIC => 16,
            _ => 12,
        };
        if matches!(block.kind, EPB_MAGIC | OPB_MAGIC | SPB_MAGIC) {
            block.item = Item::Packet(packets + 1);
        }
        if block.len < least {
            return Err(block.corrupt(format!("block says {} bytes, less than the {least} of its kind", block.len)));
        }
        if !block.len.is_multiple_of(4) {
            return Err(block.corrupt(format!("block says {} bytes, not a multiple of 4", block.len)));
        }
        Ok(Some(block))
    }

    fn check_tail(&self, block: Block, tail: u32) -> Result<(), Trouble> {
        if tail == block.len {
            return Ok(());
        }
        Err(block.corrupt(format!("block says {} bytes at its start and {tail} at its end", block.len)))
    }

    fn skip(&self, window: &mut Window, block: Block) -> Result<(), Trouble> {
        let body = u64::from(block.len) - TAIL_BYTES as u64;
        if !window.skip(body).map_err(|error| Trouble::io(block.item, block.at, error))? {
            return Err(Trouble::truncated(block.item, block.at));
        }
        block.want(window, TAIL_BYTES)?;
        self.check_tail(block, u32_at(window.view(), 0, self.big_endian))?;
        window.consume(TAIL_BYTES);
        Ok(())
    }

    fn section(&mut self, block: Block, bytes: &[u8]) -> Result<(), Trouble> {
        let header = block.parsed(parse_sectionheaderblock(bytes), "section header")?;
        if header.major_version != 1 {
            return Err(block.corrupt(format!(
                "format version {}.{} is unknown; expected 1.0",
                header.major_version, header.minor_version
            )));
        }
        self.earlier = self.earlier.saturating_add(u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX));
        self.interfaces.clear();
        Ok(())
    }

    fn interface(&mut self, block: Block, bytes: &[u8]) -> Result<(), Trouble> {
        if self.interfaces.len() == MAX_INTERFACES {
            return Err(block.corrupt(format!("section describes more than {MAX_INTERFACES} interfaces")));
        }
        let parse: Parse<'_, InterfaceDescriptionBlock<'_>> =
            if self.big_endian { parse_interfacedescriptionblock_be } else { parse_interfacedescriptionblock_le };
        let said = block.parsed(parse(bytes), "interface description")?;
        let link_number = said.linktype.0.cast_unsigned();
        self.interfaces.push(Interface {
            link_number,
            link: LinkType::from_dlt(link_number),
            snap_bytes: said.snaplen,
            resolution: option(&said.options, OptionCode::IfTsresol)
                .map_or(Resolution::DEFAULT, |[value]| Resolution(value)),
            offset_s: option(&said.options, OptionCode::IfTsoffset)
                .map_or(0, |value| if self.big_endian { i64::from_be_bytes(value) } else { i64::from_le_bytes(value) }),
        });
        Ok(())
    }

    fn enhanced(&self, block: Block, bytes: &[u8]) -> Result<Found, Trouble> {
        let parse: Parse<'_, EnhancedPacketBlock<'_>> =
            if self.big_endian { parse_enhancedpacketblock_be } else { parse_enhancedpacketblock_le };
        let captured = u32_at(bytes, CAPTURED_LEN, self.big_endian);
        let packet = parse(bytes).map_err(|_| block.does_not_fit(captured))?.1;
        let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
        let data = block.data(PACKET_DATA, packet.caplen)?;
        self.found(block, packet.if_id, Some(ticks), packet.origlen, data)
    }

    fn simple(&self, block: Block, bytes: &[u8]) -> Result<Found, Trouble> {
        let parse = if self.big_endian { parse_simplepacketblock_be } else { parse_simplepacketblock_le };
        let packet = block.parsed(parse(bytes), "simple packet")?;
        let snap_bytes = match self.interfaces.first().map(|interface| interface.snap_bytes) {
            None | Some(0) => u32::MAX,
            Some(limit) => limit,
        };
        // "The number of captured packet bytes is the minimum of Original Packet Length and SnapLen" (4.4); a packet
        // that has less than that is delivered as it is.
        let room = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        let captured = packet.origlen.min(snap_bytes).min(room);
        if captured > MAX_PACKET_BYTES {
            return Err(Trouble::too_large(block.item, block.at, captured));
        }
        let data = block.data(SIMPLE_DATA, captured)?;
        self.found(block, 0, None, packet.origlen, data)
    }

    fn obsolete(&self, block: Block, bytes: &[u8]) -> Result<Found, Trouble> {
        let interface = u32::from(u16_at(bytes, 8, self.big_endian));
        let high = u32_at(bytes, 12, self.big_endian);
        let low = u32_at(bytes, 16, self.big_endian);
        let data = block.data(PACKET_DATA, u32_at(bytes, CAPTURED_LEN, self.big_endian))?;
        let wire_len = u32_at(bytes, 24, self.big_endian);
        self.found(block, interface, Some(u64::from(high) << 32 | u64::from(low)), wire_len, data)
    }

    fn found(
        &self,
        block: Block,
        id: u32,
        ticks: Option<u64>,
        wire_len: u32,
        data: Range<usize>,
    ) -> Result<Found, Trouble> {
        let index = usize::try_from(id).unwrap_or(usize::MAX);
        let Some(interface) = self.interfaces.get(index) else {
            return Err(block.corrupt(format!(
                "packet is of interface {id}, but its section has described {} so far",
                self.interfaces.len()
            )));
        };
        let link = interface.link.ok_or_else(|| Trouble::link(block.item, block.at, interface.link_number))?;
        let timestamp_ns = ticks
            .map_or(self.last_timestamp_ns, |ticks| time::from_ticks(ticks, interface.resolution, interface.offset_s));
        Ok(Found {
            timestamp_ns,
            wire_len: wire_len.max(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            link,
            interface: self.earlier.saturating_add(id),
            data,
            block: block.len as usize,
        })
    }
}

type Parse<'a, T> = fn(&'a [u8]) -> IResult<&'a [u8], T, PcapError<&'a [u8]>>;

impl Block {
    fn corrupt(self, reason: String) -> Trouble {
        Trouble::corrupt(self.item, self.at, reason)
    }

    fn does_not_fit(self, captured: u32) -> Trouble {
        self.corrupt(format!("record says {captured} bytes, more than fit into its block of {}", self.len))
    }

    /// Brings `n` bytes of the block into view.
    fn want(self, window: &mut Window, n: usize) -> Result<(), Trouble> {
        match window.fill(n) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Trouble::truncated(self.item, self.at)),
            Err(error) => Err(Trouble::io(self.item, self.at, error)),
        }
    }

    /// What `pcap-parser` made of the block, which was given to it as a whole.
    fn parsed<'a, T>(self, result: IResult<&'a [u8], T, PcapError<&'a [u8]>>, what: &str) -> Result<T, Trouble> {
        result.map(|(_, parsed)| parsed).map_err(|_| self.corrupt(format!("{what} cannot be parsed")))
    }

    /// The range of `len` bytes from `start` on, if it ends before the block's tail.
    fn data(self, start: usize, len: u32) -> Result<Range<usize>, Trouble> {
        let end = start + len as usize;
        if end > self.len as usize - TAIL_BYTES {
            return Err(self.does_not_fit(len));
        }
        Ok(start..end)
    }
}

/// The value of an option that has to be `N` bytes long; one of another length is passed over.
fn option<const N: usize>(options: &[PcapNGOption<'_>], code: OptionCode) -> Option<[u8; N]> {
    options.iter().find(|option| option.code == code)?.as_bytes().ok()?.try_into().ok()
}
