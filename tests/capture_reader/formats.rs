//! Whole files of every format.

use std::io::Write;

use tempfile::NamedTempFile;
use tidegate::steer::capture::CaptureReader;
use tidegate::wire::LinkType;

use crate::build::{
    ORDERS, Order, PACKED, Packet, block, enhanced, gzip, interface, obsolete, option, packets, pcap, pcap_header,
    pcap_record, pcapng, section, simple,
};
use crate::{Got, expected, read_whole};

#[test]
fn every_format_order_resolution_and_packing_gives_the_same_packets() {
    let packets = packets();
    let expected = expected(&packets);
    let mut files = vec![("modified".to_owned(), pcap(Order::Little, 0xa1b2_cd34, &packets))];
    for order in ORDERS {
        files.push((format!("pcap {order:?} us"), pcap(order, 0xa1b2_c3d4, &packets)));
        files.push((format!("pcap {order:?} ns"), pcap(order, 0xa1b2_3c4d, &packets)));
        for exponent in [6, 8, 9] {
            files.push((format!("pcapng {order:?} 10^{exponent}"), pcapng(order, exponent, &packets)));
        }
    }
    for (what, file) in files {
        for packed in PACKED {
            assert_eq!(read_whole(&packed.pack(&file)), expected, "{what}, {packed:?}");
        }
    }
}

#[test]
fn link_types_of_pcap_with_and_without_frame_check_sequence_bits() {
    for (number, link) in [
        (1, LinkType::Ethernet),
        (0x1400_0001, LinkType::Ethernet),
        (101, LinkType::RawIp),
        (12, LinkType::RawIp),
        (14, LinkType::RawIp),
        (228, LinkType::RawIp),
        (229, LinkType::RawIp),
        (0, LinkType::Null),
        (108, LinkType::Loop),
        (113, LinkType::LinuxSll),
        (276, LinkType::LinuxSll2),
    ] {
        let mut file = pcap_header(Order::Big, 0xa1b2_c3d4, number);
        file.extend(pcap_record(Order::Big, 1, 2, 3, 4));
        file.extend(b"abc");
        let got = read_whole(&file);
        let packet = Got { timestamp_ns: 1_000_002_000, wire_len: 4, link, interface: 0, data: b"abc".to_vec() };
        assert_eq!(got, [packet], "link type {number}");
    }
}

#[test]
fn sections_interfaces_clocks_and_packet_blocks_of_pcapng() {
    let packet = |data: &[u8], wire_len| Packet { time_us: 0, wire_len, data: data.to_vec() };
    let (l, b) = (Order::Little, Order::Big);
    let file = [
        section(l),
        interface(l, 1, 0, &[]),
        interface(l, 101, 4, &[option(l, 9, &[0x80 | 10]), option(l, 14, &l.u64(100))]),
        enhanced(l, 1, 5 << 9, &packet(b"ip", 2)),
        enhanced(l, 0, 7, &packet(b"ether", 5)),
        obsolete(l, 1, 1 << 10, &packet(b"obsolete", 80)),
        simple(l, &packet(b"sim", 3)),
        // A section of the other byte order forgets the interfaces; the first one's snapshot length cuts simple packets.
        section(b),
        block(b, 5, &[0; 12]),
        interface(b, 276, 4, &[option(b, 14, &b.u64((-2i64).cast_unsigned())), option(b, 9, &[9])]),
        simple(b, &packet(b"cut.", 9)),
        enhanced(b, 0, 2_000_000_003, &packet(b"", 0)),
        enhanced(b, 0, 1_999_999_999, &packet(b"before 1970", 11)),
        interface(b, 147, 0, &[]),
    ]
    .concat();
    let got = |timestamp_ns, wire_len, link, interface, data: &[u8]| Got {
        timestamp_ns,
        wire_len,
        link,
        interface,
        data: data.to_vec(),
    };
    let expected = [
        got(102_500_000_000, 2, LinkType::RawIp, 1, b"ip"),
        got(7_000, 5, LinkType::Ethernet, 0, b"ether"),
        got(101_000_000_000, 80, LinkType::RawIp, 1, b"obsolete"),
        got(101_000_000_000, 3, LinkType::Ethernet, 0, b"sim"),
        got(101_000_000_000, 9, LinkType::LinuxSll2, 2, b"cut."),
        got(3, 0, LinkType::LinuxSll2, 2, b""),
        got(0, 11, LinkType::LinuxSll2, 2, b"before 1970"),
    ];
    for packed in PACKED {
        assert_eq!(read_whole(&packed.pack(&file)), expected, "{packed:?}");
    }
}

#[test]
fn lying_lengths_that_can_be_framed_are_delivered() {
    let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
    file.extend(pcap_record(Order::Little, 0, 0, 5, 2));
    file.extend(b"12345");
    let got = read_whole(&file);
    assert_eq!((got[0].wire_len, got[0].data.as_slice()), (5, &b"12345"[..]));

    let long = Packet { time_us: 0, wire_len: 3, data: b"longer than its snapshot length".to_vec() };
    let file = [section(Order::Big), interface(Order::Big, 1, 8, &[]), enhanced(Order::Big, 0, 0, &long)].concat();
    let got = read_whole(&file);
    assert_eq!((got[0].wire_len, got[0].data.as_slice()), (31, long.data.as_slice()));
}

#[test]
fn the_largest_packet_passes() {
    let data: Vec<u8> = (0..262_144u32).map(|i| i.to_le_bytes()[0]).collect();
    let packets = [Packet { time_us: 1, wire_len: 300_000, data }, Packet { time_us: 2, wire_len: 1, data: vec![9] }];
    for file in [pcap(Order::Big, 0xa1b2_c3d4, &packets), pcapng(Order::Little, 6, &packets)] {
        for packed in PACKED {
            assert_eq!(read_whole(&packed.pack(&file)), expected(&packets));
        }
    }
}

#[test]
fn files_without_packets_end_at_once() {
    assert_eq!(read_whole(&pcap_header(Order::Little, 0xa1b2_c3d4, 1)), []);
    assert_eq!(read_whole(&section(Order::Big)), []);
}

#[test]
fn progress_counts_stored_bytes() {
    let stored = gzip(&pcap(Order::Little, 0xa1b2_c3d4, &packets()));
    let mut file = NamedTempFile::with_suffix(".misnamed").unwrap();
    file.write_all(&stored).unwrap();
    let mut reader = CaptureReader::open(file.path()).unwrap();
    assert_eq!(reader.size(), Some(stored.len() as u64));
    while reader.next().unwrap().is_some() {}
    assert_eq!(reader.bytes_read(), stored.len() as u64);
}
