//! Forged resets: whom they go to, what they say, and that a receiver would believe them.

use etherparse::{
    IpNumber, Ipv4HeaderSlice, Ipv6Extensions, Ipv6HeaderSlice, NetSlice, PacketBuilder, SlicedPacket, TransportSlice,
};

use super::frames::{DEST_MAC, DEST4, DEST6, SRC_MAC, SRC4, SRC6, TTL, ipv4_header, ipv6_header, named};
use super::*;
use crate::wire::forge::{ForgeError, Forged, MAX_FORGED, Target, reset};
use crate::wire::tcp_flag::{ACK, FIN, PSH, RST, SYN};

const SEQ: u32 = 0xffff_fffa;
const ACKED: u32 = 0x8000_0001;

/// A packet that lets a connection be killed.
pub(super) struct Trigger {
    pub(super) name: String,
    pub(super) frame: Vec<u8>,
    flags: u8,
    payload_len: u32,
    v6: bool,
    /// What stands between the addresses and the IP header.
    tags: Vec<u8>,
}

/// Every shape of trigger: link header, IP version, flags, payload.
pub(super) fn triggers() -> Vec<Trigger> {
    let shapes: [(&str, u8, &[u8]); 7] = [
        ("data", ACK | PSH, b"secret plans"),
        ("bare ACK", ACK, b""),
        ("SYN", SYN, b""),
        ("SYN with data", SYN, b"fast open"),
        ("SYN-ACK", SYN | ACK, b""),
        ("FIN with data", FIN | ACK, b"the end"),
        ("data without ACK", PSH, b"odd"),
    ];
    let tags: [(&str, &[u8]); 4] = [
        ("untagged", &[]),
        ("802.1Q", &[0x81, 0, 0xe0, 100]),
        ("QinQ", &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6]),
        ("triple tag", &[0x91, 0, 0, 1, 0x88, 0xa8, 0, 2, 0x81, 0, 0, 3]),
    ];
    let mut all = Vec::new();
    for v6 in [false, true] {
        for (tag_name, tag) in tags {
            for (name, flags, payload) in shapes {
                let ip = if v6 { ipv6_header(Ipv6Extensions::default()) } else { ipv4_header(&[0x94, 4, 0, 0]) };
                let mut step = PacketBuilder::ip(ip).tcp(40_001, 443, SEQ, 1000);
                if flags & ACK != 0 {
                    step = step.ack(ACKED);
                }
                if flags & SYN != 0 {
                    step = step.syn();
                }
                if flags & FIN != 0 {
                    step = step.fin();
                }
                let mut packet = Vec::new();
                step.write(&mut packet, payload).unwrap();
                let ethertype: [u8; 2] = if v6 { [0x86, 0xdd] } else { [8, 0] };
                let tags = [tag, &ethertype[..]].concat();
                all.push(Trigger {
                    name: format!("{name}, {tag_name}, {}", if v6 { "IPv6" } else { "IPv4" }),
                    frame: [&DEST_MAC[..], &SRC_MAC, &tags, &packet].concat(),
                    flags,
                    payload_len: payload.len() as u32,
                    v6,
                    tags,
                });
            }
        }
    }
    all
}

pub(super) fn forge(frame: &[u8], target: Target) -> Forged {
    let headers = parse_whole(LinkType::Ethernet, frame).unwrap();
    reset(frame, &headers, target).unwrap()
}

/// The TCP header, which etherparse finds and whose checksums it confirms.
fn checked_tcp(frame: &[u8], v6: bool) -> etherparse::TcpHeader {
    let sliced = SlicedPacket::from_ethernet(frame).unwrap();
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP in {frame:02x?}") };
    let header = tcp.to_header();
    assert!(tcp.payload().is_empty(), "padding is no payload");
    assert!(header.options.is_empty());
    match sliced.net {
        Some(NetSlice::Ipv4(ip)) => {
            assert!(!v6);
            let ip = ip.header().to_header();
            assert_eq!(ip.header_checksum, ip.calc_header_checksum());
            assert_eq!(header.checksum, header.calc_checksum_ipv4(&ip, &[]).unwrap());
            assert_eq!((ip.total_len, ip.protocol, ip.time_to_live), (40, IpNumber::TCP, TTL));
            assert!(ip.dont_fragment && !ip.more_fragments && ip.fragment_offset.value() == 0);
        }
        Some(NetSlice::Ipv6(ip)) => {
            assert!(v6);
            let ip = ip.header().to_header();
            assert_eq!(header.checksum, header.calc_checksum_ipv6(&ip, &[]).unwrap());
            assert_eq!((ip.payload_length, ip.next_header, ip.hop_limit), (20, IpNumber::TCP, TTL));
        }
        other => panic!("not IP: {other:?}"),
    }
    header
}

#[test]
fn a_reset_to_the_receiver_continues_the_trigger() {
    for trigger in triggers() {
        let name = &trigger.name;
        let forged = forge(&trigger.frame, Target::Receiver);
        let frame = forged.bytes();
        assert_eq!(frame[..12], [DEST_MAC, SRC_MAC].concat()[..], "{name}");
        assert_eq!(frame[12..12 + trigger.tags.len()], trigger.tags, "{name}: the tags are kept");
        let tcp = checked_tcp(frame, trigger.v6);
        assert_eq!((tcp.source_port, tcp.destination_port), (40_001, 443), "{name}");
        // SYN and FIN take one sequence number each (RFC 9293 section 3.4).
        let numbers = trigger.payload_len + u32::from(trigger.flags & (SYN | FIN) != 0);
        assert_eq!(tcp.sequence_number, SEQ.wrapping_add(numbers), "{name}");
        let has_ack = trigger.flags & ACK != 0;
        assert_eq!((tcp.rst, tcp.syn, tcp.fin, tcp.psh), (true, false, false, false), "{name}");
        assert_eq!(tcp.ack, has_ack, "{name}: nothing is acknowledged that the trigger does not");
        assert_eq!(tcp.acknowledgment_number, if has_ack { ACKED } else { 0 }, "{name}");
    }
}

#[test]
fn a_reset_to_the_sender_answers_the_trigger() {
    for trigger in triggers() {
        let name = &trigger.name;
        let forged = forge(&trigger.frame, Target::Sender);
        let frame = forged.bytes();
        assert_eq!(frame[..12], [SRC_MAC, DEST_MAC].concat()[..], "{name}");
        assert_eq!(frame[12..12 + trigger.tags.len()], trigger.tags, "{name}: the tags are kept");
        let tcp = checked_tcp(frame, trigger.v6);
        assert_eq!((tcp.source_port, tcp.destination_port), (443, 40_001), "{name}");
        let numbers = trigger.payload_len + u32::from(trigger.flags & (SYN | FIN) != 0);
        assert_eq!(tcp.acknowledgment_number, SEQ.wrapping_add(numbers), "{name}");
        assert!(tcp.rst && tcp.ack && !tcp.syn && !tcp.fin, "{name}");
        // RFC 9293 section 3.10.7.1: without an ACK to answer, the reset's number is 0.
        let seq = if trigger.flags & ACK != 0 { ACKED } else { 0 };
        assert_eq!(tcp.sequence_number, seq, "{name}");
    }
}

#[test]
fn the_parser_reads_what_is_forged() {
    for trigger in triggers() {
        let original = parse_whole(LinkType::Ethernet, &trigger.frame).unwrap();
        for (target, back) in [(Target::Receiver, false), (Target::Sender, true)] {
            let forged = forge(&trigger.frame, target);
            let headers = parse_whole(LinkType::Ethernet, forged.bytes()).unwrap();
            assert_within(forged.bytes(), forged.bytes().len() as u32, &headers);
            let ends = (headers.src, headers.src_port, headers.dest, headers.dest_port);
            let (a, b) = ((original.src, original.src_port), (original.dest, original.dest_port));
            let (from, to) = if back { (b, a) } else { (a, b) };
            assert_eq!(ends, (from.0, from.1, to.0, to.1), "{}", trigger.name);
            assert_eq!((headers.vlan, headers.v6), (original.vlan, original.v6));
            assert_eq!((headers.payload_len, headers.missing_len), (0, 0));
            assert_ne!(headers.tcp.flags & RST, 0);
        }
    }
}

#[test]
fn addresses_stand_where_they_belong() {
    for (name, v6) in [("IPv4 TCP over Ethernet", false), ("IPv6 TCP over Ethernet", true)] {
        let trigger = named(name).frame;
        for (target, back) in [(Target::Receiver, false), (Target::Sender, true)] {
            let forged = forge(&trigger, target);
            if v6 {
                let ip = Ipv6HeaderSlice::from_slice(&forged.bytes()[14..]).unwrap();
                let expected = if back { (DEST6, SRC6) } else { (SRC6, DEST6) };
                assert_eq!((ip.source(), ip.destination()), expected);
            } else {
                let ip = Ipv4HeaderSlice::from_slice(&forged.bytes()[14..]).unwrap();
                let expected = if back { (DEST4, SRC4) } else { (SRC4, DEST4) };
                assert_eq!((ip.source(), ip.destination()), expected);
            }
        }
    }
}

#[test]
fn frames_have_ethernet_s_least_length_and_zeros_for_padding() {
    for trigger in triggers() {
        let forged = forge(&trigger.frame, Target::Receiver);
        let ip = if trigger.v6 { 40 } else { 20 };
        let packet = 12 + trigger.tags.len() + ip + 20;
        assert_eq!(forged.bytes().len(), packet.max(60), "{}", trigger.name);
        assert!(forged.bytes().len() <= MAX_FORGED);
        assert!(forged.bytes()[packet..].iter().all(|byte| *byte == 0), "no foreign bytes leave in the padding");
    }
}

#[test]
fn bytes_that_the_capture_cut_off_count() {
    let good = named("IPv4 TCP over Ethernet");
    let whole = parse_whole(good.link, &good.frame).unwrap();
    let cut = &good.frame[..good.frame.len() - 5];
    let headers = parse(good.link, cut, good.frame.len() as u32, true).unwrap();
    assert_eq!(headers.missing_len, 5);
    for target in [Target::Receiver, Target::Sender] {
        let expected = reset(&good.frame, &whole, target).unwrap();
        assert_eq!(reset(cut, &headers, target).unwrap().bytes(), expected.bytes());
    }
}

#[test]
fn ipv6_extension_headers_are_left_out() {
    let good = named("IPv6 all extensions over Ethernet");
    let forged = forge(&good.frame, Target::Receiver);
    assert_eq!(forged.bytes().len(), 14 + 40 + 20);
    checked_tcp(forged.bytes(), true);
}

#[test]
fn only_tcp_is_reset() {
    for name in ["IPv4 UDP", "ICMP", "ICMPv6", "IPv4 SCTP", "IPv4 GRE", "IPv6 ESP"] {
        let good = named(&format!("{name} over Ethernet"));
        let headers = parse_whole(good.link, &good.frame).unwrap();
        for target in [Target::Receiver, Target::Sender] {
            assert_eq!(reset(&good.frame, &headers, target).err(), Some(ForgeError::NotTcp), "{name}");
        }
    }
    let mut fragment = named("IPv4 TCP over Ethernet").frame;
    fragment[14 + 6..14 + 8].copy_from_slice(&[0x20, 0]);
    let headers = parse(LinkType::Ethernet, &fragment, 0, false).unwrap();
    assert_eq!(reset(&fragment, &headers, Target::Receiver).err(), Some(ForgeError::NotTcp), "a first fragment");
}

#[test]
fn only_ethernet_without_mpls_is_answered() {
    let links = ["raw IP", "LINUX_SLL", "LINUX_SLL2", "LINUX_SLL with a tag", "MPLS in a VLAN", "1 MPLS labels"];
    for link in links.into_iter().chain(["8 MPLS labels", "NULL 2, big endian", "LOOP 2"]) {
        let good = named(&format!("IPv4 TCP over {link}"));
        let headers = parse_whole(good.link, &good.frame).unwrap();
        for target in [Target::Receiver, Target::Sender] {
            assert_eq!(reset(&good.frame, &headers, target).err(), Some(ForgeError::Link), "{link}");
        }
    }
}

#[test]
fn nothing_within_a_tunnel_is_answered() {
    let inner = named("IPv4 TCP over Ethernet").frame.split_off(14);
    let mut frame = Vec::new();
    let outer = PacketBuilder::ethernet2(SRC_MAC, DEST_MAC).ipv4([203, 0, 113, 1], [203, 0, 113, 2], 64);
    outer.write(&mut frame, IpNumber(4), &inner).unwrap();
    let mut headers = Headers::default();
    parse_into(LinkType::Ethernet, &frame, 0, true, &Tunnels::all(), &mut headers).unwrap();
    assert_eq!((headers.proto, headers.tunnel), (proto::TCP, 1));
    for target in [Target::Receiver, Target::Sender] {
        assert_eq!(reset(&frame, &headers, target).err(), Some(ForgeError::Tunnel));
    }
}

#[test]
fn headers_that_are_not_the_frame_s_are_refused() {
    let good = named("IPv4 TCP over Ethernet");
    let headers = parse_whole(good.link, &good.frame).unwrap();
    for network_at in [0, 11, 13, 15, 74, 1000, u32::MAX] {
        let other = Headers { network_at, ..headers };
        assert_eq!(reset(&good.frame, &other, Target::Sender).err(), Some(ForgeError::Link), "{network_at}");
    }
}
