//! Capture files made in memory.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

pub(crate) const PCAPNG_SHB: u32 = 0x0a0d_0d0a;
pub(crate) const PCAPNG_IDB: u32 = 1;
pub(crate) const PCAPNG_OPB: u32 = 2;
pub(crate) const PCAPNG_SPB: u32 = 3;
pub(crate) const PCAPNG_EPB: u32 = 6;

/// Byte order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub(crate) fn u16(self, n: u16) -> [u8; 2] {
        if self == Self::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    pub(crate) fn u32(self, n: u32) -> [u8; 4] {
        if self == Self::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    pub(crate) fn u64(self, n: u64) -> [u8; 8] {
        if self == Self::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }
}

/// A packet to put into a file; microseconds, so that every resolution can hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) time_us: u64,
    pub(crate) wire_len: u32,
    pub(crate) data: Vec<u8>,
}

/// Five packets of odd and even lengths, one empty, one cut by the snapshot length.
pub(crate) fn packets() -> Vec<Packet> {
    let packet = |time_us, wire_len, len: u8| Packet { time_us, wire_len, data: (0..len).map(|i| i ^ 0x5a).collect() };
    vec![
        packet(1_700_000_000_000_001, 60, 60),
        packet(1_700_000_000_250_000, 61, 61),
        packet(1_700_000_001_000_000, 1514, 96),
        packet(1_700_000_002_999_999, 0, 0),
        packet(1_700_000_003_000_000, 7, 7),
    ]
}

/// The pcap file header.
pub(crate) fn pcap_header(order: Order, magic: u32, link: u32) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    file.extend([0; 8]);
    file.extend(order.u32(262_144));
    file.extend(order.u32(link));
    file
}

/// A pcap record header that says whatever it is told to.
pub(crate) fn pcap_record(order: Order, seconds: u32, fraction: u32, captured: u32, wire_len: u32) -> Vec<u8> {
    [seconds, fraction, captured, wire_len].iter().flat_map(|n| order.u32(*n)).collect()
}

/// The Ethernet packets as a pcap file with microseconds, nanoseconds, or in the modified format.
pub(crate) fn pcap(order: Order, magic: u32, packets: &[Packet]) -> Vec<u8> {
    let mut file = pcap_header(order, magic, 1);
    for packet in packets {
        let seconds = u32::try_from(packet.time_us / 1_000_000).unwrap();
        let micros = u32::try_from(packet.time_us % 1_000_000).unwrap();
        let fraction = if magic == 0xa1b2_3c4d { micros * 1_000 } else { micros };
        let captured = u32::try_from(packet.data.len()).unwrap();
        file.extend(pcap_record(order, seconds, fraction, captured, packet.wire_len));
        if magic == 0xa1b2_cd34 {
            file.extend([0xee; 8]);
        }
        file.extend(&packet.data);
    }
    file
}

/// A pcapng block around `body`, which is padded to four bytes.
pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let len = order.u32(u32::try_from(body.len() + 12).unwrap());
    [&order.u32(kind)[..], &len, &body, &len].concat()
}

/// A pcapng option.
pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = order.u16(code).to_vec();
    option.extend(order.u16(u16::try_from(value.len()).unwrap()));
    option.extend(value);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

/// A section header with a name option.
pub(crate) fn section(order: Order) -> Vec<u8> {
    let mut body = order.u32(0x1a2b_3c4d).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend([0xff; 8]);
    body.extend(option(order, 4, b"a test"));
    body.extend(option(order, 0, b""));
    block(order, PCAPNG_SHB, &body)
}

/// An interface description.
pub(crate) fn interface(order: Order, link: u16, snap: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let mut body = order.u16(link).to_vec();
    body.extend([0; 2]);
    body.extend(order.u32(snap));
    body.extend(options.concat());
    block(order, PCAPNG_IDB, &body)
}

/// An enhanced packet block with a comment.
pub(crate) fn enhanced(order: Order, id: u32, ticks: u64, packet: &Packet) -> Vec<u8> {
    let captured = u32::try_from(packet.data.len()).unwrap();
    let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
    let mut body: Vec<u8> = [id, high, low, captured, packet.wire_len].iter().flat_map(|n| order.u32(*n)).collect();
    body.extend(&packet.data);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(option(order, 1, b"comment"));
    block(order, PCAPNG_EPB, &body)
}

/// An obsolete packet block.
pub(crate) fn obsolete(order: Order, id: u16, ticks: u64, packet: &Packet) -> Vec<u8> {
    let captured = u32::try_from(packet.data.len()).unwrap();
    let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
    let mut body = order.u16(id).to_vec();
    body.extend([0xff; 2]);
    body.extend([high, low, captured, packet.wire_len].iter().flat_map(|n| order.u32(*n)));
    body.extend(&packet.data);
    block(order, PCAPNG_OPB, &body)
}

/// A simple packet block.
pub(crate) fn simple(order: Order, packet: &Packet) -> Vec<u8> {
    block(order, PCAPNG_SPB, &[&order.u32(packet.wire_len)[..], &packet.data].concat())
}

/// The Ethernet packets as a pcapng file of enhanced packets whose clock ticks 10^`exponent` times a second.
pub(crate) fn pcapng(order: Order, exponent: u8, packets: &[Packet]) -> Vec<u8> {
    let mut file = section(order);
    file.extend(interface(order, 1, 0, &[option(order, 9, &[exponent])]));
    file.extend(block(order, 0x0bad, b"\0\0\x7e\xd9 skipped"));
    for packet in packets {
        file.extend(enhanced(order, 0, packet.time_us * 10u64.pow(u32::from(exponent) - 6), packet));
        file.extend(block(order, 0x8765_4321, &[7; 21]));
    }
    file
}

/// Ways to store a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packed {
    Plain,
    Gzip,
    GzipMembers,
    Zstd,
    ZstdFrames,
}

pub(crate) const PACKED: [Packed; 5] =
    [Packed::Plain, Packed::Gzip, Packed::GzipMembers, Packed::Zstd, Packed::ZstdFrames];

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(data: &[u8]) -> Vec<u8> {
    compress_to_vec(data, CompressionLevel::Fastest)
}

impl Packed {
    pub(crate) fn pack(self, file: &[u8]) -> Vec<u8> {
        let (a, b) = file.split_at(file.len() / 3);
        match self {
            Self::Plain => file.to_vec(),
            Self::Gzip => gzip(file),
            Self::GzipMembers => [gzip(a), gzip(b)].concat(),
            Self::Zstd => zstd(file),
            Self::ZstdFrames => [zstd(a), zstd(b)].concat(),
        }
    }
}
