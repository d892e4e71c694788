//! What is read from frames that are right.

use etherparse::{Ipv6Extensions, LinuxSllPacketType, PacketBuilder, VlanId};

use super::frames::{
    DEST_MAC, DEST4, DEST6, Good, SRC_MAC, SRC4, SRC6, TTL, all, fragment_extension, ipv4_header, ipv6_header, named,
};
use super::*;

fn assert_good(good: &Good, frame: &[u8], wire_len: u32) -> Headers {
    let headers = parse(good.link, frame, wire_len, true).unwrap_or_else(|why| panic!("{}: {why:?}", good.name));
    assert_within(frame, wire_len, &headers);
    let address = |v4: [u8; 4], v6| if good.v6 { v6 } else { [&v4[..], &[0; 12]].concat().try_into().unwrap() };
    let name = &good.name;
    assert_eq!((headers.src, headers.dest), (address(SRC4, SRC6), address(DEST4, DEST6)), "{name}");
    assert_eq!((headers.v6, headers.proto, headers.ttl), (good.v6, good.proto, TTL), "{name}");
    assert_eq!((headers.src_port, headers.dest_port), good.ports, "{name}");
    assert_eq!((headers.vlan, headers.mpls, headers.fragment), (good.vlan, good.mpls, false), "{name}");
    assert_eq!(headers.network_at as usize, good.network_at, "{name}");
    assert_eq!(headers.tcp, good.tcp, "{name}");
    assert_eq!(headers.steers_by_ports(), matches!(good.proto, proto::TCP | proto::UDP), "{name}");
    headers
}

#[test]
fn every_frame_is_read_right() {
    for good in all() {
        let headers = assert_good(&good, &good.frame, good.frame.len() as u32);
        assert_eq!(headers.payload(&good.frame), good.payload, "{}", good.name);
        assert_eq!(headers.missing_len, 0, "{}", good.name);
    }
}

#[test]
fn padding_is_no_payload() {
    for good in all() {
        for padding in [1, 6, 46] {
            let frame = [good.frame.as_slice(), &vec![0xaa; padding]].concat();
            let headers = assert_good(&good, &frame, frame.len() as u32);
            assert_eq!(headers.payload(&frame), good.payload, "{} with {padding} bytes of padding", good.name);
            assert_eq!(headers.missing_len, 0, "{}", good.name);
        }
    }
}

#[test]
fn what_a_capture_cut_off_is_missing() {
    for good in all() {
        let whole = good.frame.len();
        for cut in 1..=good.payload.len() {
            let frame = &good.frame[..whole - cut];
            let headers = assert_good(&good, frame, whole as u32);
            assert_eq!(headers.payload(frame), &good.payload[..good.payload.len() - cut], "{}", good.name);
            assert_eq!(headers.missing_len as usize, cut, "{}", good.name);
        }
    }
}

#[test]
fn a_capture_may_cut_tcp_options() {
    let good = named("IPv4 TCP over Ethernet");
    let headers = parse(good.link, &good.frame[..14 + 20 + 20], good.frame.len() as u32, true).unwrap();
    assert_eq!(headers.payload_len, 0);
    assert_eq!(headers.missing_len as usize, good.payload.len());
    assert_eq!(headers.tcp, good.tcp);
}

#[test]
fn link_headers_are_those_of_etherparse() {
    let ethernet = || PacketBuilder::ethernet2(SRC_MAC, DEST_MAC);
    let id = |id| VlanId::try_new(id).unwrap();
    for (v6, version) in [(false, "IPv4"), (true, "IPv6")] {
        let ip = || if v6 { ipv6_header(Ipv6Extensions::default()) } else { ipv4_header(&[]) };
        let steps = [
            ("Ethernet", 14, ethernet().ip(ip())),
            ("QinQ", 22, ethernet().double_vlan(id(4094), id(7)).ip(ip())),
            ("LINUX_SLL", 16, {
                let sender = [2, 0, 0, 0, 0, 1, 0, 0];
                PacketBuilder::linux_sll(LinuxSllPacketType::OUTGOING, 6, sender).ip(ip())
            }),
        ];
        for (link, len, step) in steps {
            let mut bytes = Vec::new();
            step.tcp(1, 2, 3, 4).write(&mut bytes, b"").unwrap();
            let good = named(&format!("{version} TCP over {link}"));
            assert_eq!(good.frame[..len], bytes[..len], "{}", good.name);
        }
    }
}

#[test]
fn fragments_are_known_as_such() {
    for (offset, more) in [(0, true), (1, false), (185, true), (0x1fff, false)] {
        let extensions = Ipv6Extensions { fragment: Some(fragment_extension(offset, more)), ..Default::default() };
        let mut v6 = Vec::new();
        PacketBuilder::ip(ipv6_header(extensions)).udp(1, 2).write(&mut v6, b"part").unwrap();
        let mut v4 = named("IPv4 UDP over Ethernet").frame.split_off(14);
        v4[6..8].copy_from_slice(&(offset | u16::from(more) << 13).to_be_bytes());
        for frame in [v4, v6] {
            let headers = parse(LinkType::RawIp, &frame, frame.len() as u32, false).unwrap();
            assert_within(&frame, frame.len() as u32, &headers);
            assert!(headers.fragment, "offset {offset}, more {more}");
            assert_eq!(headers.proto, if headers.v6 { 44 } else { proto::UDP });
            assert_eq!(headers.transport_at, if headers.v6 { 40 } else { 20 });
        }
    }
}

#[test]
fn do_not_fragment_is_no_fragment() {
    let mut frame = named("IPv4 UDP over Ethernet").frame;
    for flags in [0x40, 0x80, 0xc0] {
        frame[14 + 6] = flags;
        assert!(!parse(LinkType::Ethernet, &frame, 0, false).unwrap().fragment);
    }
}

#[test]
fn a_segment_that_the_nic_will_cut_reaches_to_the_end_of_the_frame() {
    for (name, at) in [("IPv4 TCP over Ethernet", 16), ("IPv6 TCP over Ethernet", 18), ("IPv4 UDP over Ethernet", 38)] {
        let mut good = named(name);
        good.frame[at..at + 2].fill(0);
        let headers = parse(good.link, &good.frame, good.frame.len() as u32, false).unwrap();
        assert_eq!(headers.payload(&good.frame), good.payload, "{name}");
    }
}

#[test]
fn nothing_follows_no_next_header() {
    for payload_length in [0_u8, 3] {
        let mut frame = named("IPv6 ESP over Ethernet").frame[..14 + 40].to_vec();
        frame[14 + 4..14 + 6].copy_from_slice(&[0, payload_length]);
        frame[14 + 6] = 59;
        frame.extend([0xaa; 6]);
        let headers = parse_whole(LinkType::Ethernet, &frame).unwrap();
        assert_within(&frame, frame.len() as u32, &headers);
        assert_eq!((headers.proto, headers.payload_len, headers.missing_len), (59, 0, 0));
    }
}

#[test]
fn link_types_have_their_codes_and_names() {
    let known = [
        (1, LinkType::Ethernet, "EN10MB"),
        (101, LinkType::RawIp, "RAW"),
        (0, LinkType::Null, "NULL"),
        (108, LinkType::Loop, "LOOP"),
        (113, LinkType::LinuxSll, "LINUX_SLL"),
        (276, LinkType::LinuxSll2, "LINUX_SLL2"),
    ];
    for (dlt, link, name) in known {
        assert_eq!(LinkType::from_dlt(dlt), Some(link));
        assert_eq!(LinkType::from_code(link as u8), Some(link));
        assert_eq!(link.name(), name);
    }
    for raw in [12, 14, 228, 229] {
        assert_eq!(LinkType::from_dlt(raw), Some(LinkType::RawIp));
    }
    assert_eq!(LinkType::from_dlt(105), None, "802.11 is not looked into");
    assert_eq!(LinkType::from_code(LinkType::Resumed as u8), Some(LinkType::Resumed));
    assert_eq!(LinkType::from_code(7), None);
}
