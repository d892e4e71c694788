//! What ICMP errors quote.

use etherparse::{IpNumber, PacketBuilder};

use super::frames::{DEST4, DEST6, SRC4, SRC6, fragment_extension, ipv4_header, ipv6_header, named, tcp};
use super::*;
use crate::wire::quote::of;

const ROUTER4: [u8; 4] = [203, 0, 113, 9];
const ROUTER6: [u8; 16] = [0xfd; 16];

/// An ICMP message from a router to the sender of the packet that it quotes.
fn icmp(v6: bool, kind: u8, quoted: &[u8]) -> Vec<u8> {
    let body = [&[kind, 0, 0, 0, 0, 0, 0, 0], quoted].concat();
    let mut bytes = Vec::new();
    if v6 {
        PacketBuilder::ipv6(ROUTER6, SRC6, 60).write(&mut bytes, IpNumber(58), &body).unwrap();
    } else {
        PacketBuilder::ipv4(ROUTER4, SRC4, 60).write(&mut bytes, IpNumber(1), &body).unwrap();
    }
    bytes
}

fn read(packet: &[u8]) -> (Headers, Option<Quote>) {
    let mut headers = Headers::default();
    parse_into(LinkType::RawIp, packet, packet.len() as u32, true, &Tunnels::none(), &mut headers).unwrap();
    let quote = of(packet, &headers);
    assert_eq!(headers.icmp_error, quote.is_some());
    (headers, quote)
}

fn address4(address: [u8; 4]) -> [u8; 16] {
    [&address[..], &[0; 12]].concat().try_into().unwrap()
}

#[test]
fn every_kind_of_error_quotes_its_connection() {
    let quoted4 = tcp(ipv4_header(&[]), b"data");
    for kind in [3, 4, 5, 11, 12] {
        for room in [28, 40, quoted4.len()] {
            let (headers, quote) = read(&icmp(false, kind, &quoted4[..room]));
            let quote = quote.unwrap_or_else(|| panic!("type {kind}, {room} bytes"));
            assert_eq!((quote.src, quote.dest), (address4(SRC4), address4(DEST4)));
            assert_eq!((quote.src_port, quote.dest_port, quote.proto, quote.v6), (40_001, 80, proto::TCP, false));
            assert_eq!(headers.dest, quote.src, "the error goes to who sent the packet");
        }
    }
    let quoted6 = tcp(ipv6_header(Default::default()), b"data");
    for kind in [1, 2, 3, 4] {
        let quote = read(&icmp(true, kind, &quoted6[..48])).1.unwrap();
        assert_eq!((quote.src, quote.dest), (SRC6, DEST6));
        assert_eq!((quote.src_port, quote.dest_port, quote.proto, quote.v6), (40_001, 80, proto::TCP, true));
    }
}

#[test]
fn other_messages_quote_nothing() {
    let quoted = tcp(ipv4_header(&[]), b"data");
    for kind in [0, 8, 9, 13, 30] {
        assert_eq!(read(&icmp(false, kind, &quoted)).1, None, "type {kind}");
    }
    for kind in [0, 5, 128, 129, 135, 137] {
        assert_eq!(read(&icmp(true, kind, &quoted)).1, None, "ICMPv6 type {kind}");
    }
    assert_eq!(of(&quoted, &parse_whole(LinkType::RawIp, &quoted).unwrap()), None, "TCP");
}

#[test]
fn a_quote_that_does_not_reach_to_the_ports_is_none() {
    let quoted = tcp(ipv4_header(&[]), b"data");
    for room in 0..24 {
        assert_eq!(read(&icmp(false, 3, &quoted[..room])).1, None, "{room} bytes");
    }
    assert_eq!(read(&icmp(false, 3, &tcp(ipv6_header(Default::default()), b""))).1, None, "IPv6 quoted by ICMP");
}

#[test]
fn quotes_of_what_has_no_ports() {
    let echo = named("ICMP over Ethernet").frame.split_off(14);
    let quote = read(&icmp(false, 11, &echo)).1.unwrap();
    assert_eq!((quote.src_port, quote.dest_port, quote.proto), (0, 0, proto::ICMP));
    // Fragments: the first has ports.
    for (field, ports) in [(0x2000_u16, (40_001, 80)), (0x2001, (0, 0)), (0x0010, (0, 0))] {
        let mut part = tcp(ipv4_header(&[]), b"data");
        part[6..8].copy_from_slice(&field.to_be_bytes());
        let quote = read(&icmp(false, 11, &part)).1.unwrap();
        assert_eq!((quote.src_port, quote.dest_port), ports, "IPv4 {field:04x}");
    }
    for (offset, ports) in [(0, (40_001, 80)), (1, (0, 0))] {
        let extensions =
            etherparse::Ipv6Extensions { fragment: Some(fragment_extension(offset, true)), ..Default::default() };
        let quote = read(&icmp(true, 3, &tcp(ipv6_header(extensions), b"data"))).1.unwrap();
        assert_eq!((quote.src_port, quote.dest_port, quote.proto), (ports.0, ports.1, proto::TCP), "IPv6 at {offset}");
    }
}

#[test]
fn both_directions_fold_to_the_same_number() {
    let quote = read(&icmp(false, 3, &tcp(ipv4_header(&[]), b"data"))).1.unwrap();
    let Quote { src, dest, src_port, dest_port, .. } = quote;
    let back = Quote { src: dest, dest: src, src_port: dest_port, dest_port: src_port, ..quote };
    assert_eq!(back.fold(), quote.fold());
    assert_ne!(Quote { src_port: 40_002, ..quote }.fold(), quote.fold());
}
