//! Tunnels: what is found within, and every way in which one is not looked into.

use std::collections::HashSet;

use etherparse::{IpNumber, PacketBuilder};

use super::damaged::try_all_through;
use super::frames::{DEST_MAC, DEST4, SRC_MAC, ipv4_header, ipv6_header, tcp};
use super::*;

const INNER: &[u8] = b"what the tunnel carries";
const TUNNEL_SRC: [u8; 4] = [203, 0, 113, 1];
const TUNNEL_DEST: [u8; 4] = [203, 0, 113, 2];
const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;
const GTPU: u16 = 2152;

/// IPv4 TCP, from a host that the outer headers do not name.
fn inner4() -> Vec<u8> {
    tcp(ipv4_header(&[]), INNER)
}

fn inner6() -> Vec<u8> {
    tcp(ipv6_header(Default::default()), INNER)
}

fn ethernet(tags: &[u8], ethertype: u16, packet: &[u8]) -> Vec<u8> {
    [&DEST_MAC[..], &SRC_MAC, tags, &ethertype.to_be_bytes(), packet].concat()
}

/// A frame of an IPv4 packet of any protocol between the tunnel's ends.
fn over_ip(proto: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2(SRC_MAC, DEST_MAC).ipv4(TUNNEL_SRC, TUNNEL_DEST, 64);
    step.write(&mut bytes, IpNumber(proto), body).unwrap();
    bytes
}

/// The same over IPv6.
fn over_ip6(proto: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2(SRC_MAC, DEST_MAC).ipv6([0xfd; 16], [0xfe; 16], 64);
    step.write(&mut bytes, IpNumber(proto), body).unwrap();
    bytes
}

fn over_udp(port: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2(SRC_MAC, DEST_MAC).ipv4(TUNNEL_SRC, TUNNEL_DEST, 64);
    step.udp(50_000, port).write(&mut bytes, body).unwrap();
    bytes
}

fn gre(flags: u16, protocol: u16, fields: &[u8], packet: &[u8]) -> Vec<u8> {
    [&flags.to_be_bytes()[..], &protocol.to_be_bytes(), fields, packet].concat()
}

/// GRE with the right checksum, RFC 2784 section 2.3.
fn gre_checked(packet: &[u8]) -> Vec<u8> {
    let mut bytes = gre(0x8000, 0x0800, &[0; 4], packet);
    let sum = crate::wire::checksum::finish(crate::wire::checksum::add(0, &bytes));
    bytes[4..6].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn vxlan(vni: u32, frame: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = vni.to_be_bytes();
    [&[8, 0, 0, 0, high, middle, low, 0], frame].concat()
}

fn geneve(flags: u8, protocol: u16, options: &[u8], packet: &[u8]) -> Vec<u8> {
    let units = u8::try_from(options.len() / 4).unwrap();
    [&[units, flags], &protocol.to_be_bytes()[..], &[0, 0x12, 0x34, 0], options, packet].concat()
}

fn gtpu(flags: u8, kind: u8, optional: &[u8], packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(optional.len() + packet.len()).unwrap();
    [&[flags, kind], &length.to_be_bytes()[..], &[0, 0, 0, 9], optional, packet].concat()
}

fn read(frame: &[u8], tunnels: &Tunnels) -> Result<Headers, Reject> {
    let mut headers = Headers::default();
    parse_into(LinkType::Ethernet, frame, frame.len() as u32, true, tunnels, &mut headers)?;
    assert_within(frame, frame.len() as u32, &headers);
    Ok(headers)
}

/// Name, frame, tunnels around the inner packet, and what its tenant's number is made from.
fn good() -> Vec<(&'static str, Vec<u8>, u8, u16)> {
    let (v4, v6) = (inner4(), inner6());
    let (eth4, eth6) = (ethernet(&[], 0x0800, &v4), ethernet(&[], 0x86dd, &v6));
    let option = [1, 2, 0x03, 1, 9, 9, 9, 9];
    let critical = [1, 2, 0x83, 0];
    let gtp_extension = [0, 7, 0, 0x85, 1, 0x10, 9, 0];
    let two_extensions = [0, 7, 0, 0x85, 1, 0x10, 9, 0xc0, 2, 1, 2, 3, 4, 5, 6, 0];
    vec![
        ("IPv4 in IPv4", over_ip(4, &v4), 1, 0),
        ("IPv6 in IPv4", over_ip(41, &v6), 1, 0),
        ("IPv4 in IPv6", over_ip6(4, &v4), 1, 0),
        ("IPv6 in IPv6", over_ip6(41, &v6), 1, 0),
        ("GRE", over_ip(47, &gre(0, 0x0800, &[], &v4)), 1, 0),
        ("GRE over IPv6 with IPv6", over_ip6(47, &gre(0, 0x86dd, &[], &v6)), 1, 0),
        ("GRE with checksum", over_ip(47, &gre_checked(&v4)), 1, 0),
        ("GRE with key", over_ip(47, &gre(0x2000, 0x0800, &[0, 0, 0, 77], &v4)), 1, 77),
        ("GRE with sequence number", over_ip(47, &gre(0x1000, 0x0800, &[0, 0, 0, 1], &v4)), 1, 0),
        ("GRE with key and sequence", over_ip(47, &gre(0x3000, 0x86dd, &[0, 0, 0, 5, 0, 0, 0, 1], &v6)), 1, 5),
        ("GRE with Ethernet", over_ip(47, &gre(0, 0x6558, &[], &eth4)), 1, 0),
        ("GRE with MPLS", over_ip(47, &gre(0, 0x8847, &[0, 1, 0x21, 64], &v4)), 1, 0),
        ("VXLAN", over_udp(VXLAN, &vxlan(42, &eth4)), 1, 42),
        ("VXLAN with IPv6", over_udp(VXLAN, &vxlan(65_535, &eth6)), 1, 65_535),
        (
            "VXLAN, reserved bits set",
            over_udp(VXLAN, &[&[0xff; 4], &vxlan(42, &eth4)[4..7], &[7], &eth4].concat()),
            1,
            42,
        ),
        ("GENEVE with Ethernet", over_udp(GENEVE, &geneve(0, 0x6558, &[], &eth4)), 1, 0x1234),
        ("GENEVE with IPv6", over_udp(GENEVE, &geneve(0, 0x86dd, &[], &v6)), 1, 0x1234),
        ("GENEVE with an option", over_udp(GENEVE, &geneve(0, 0x6558, &option, &eth6)), 1, 0x1234),
        ("GENEVE with a critical option", over_udp(GENEVE, &geneve(0x40, 0x0800, &critical, &v4)), 1, 0x1234),
        ("GTP-U", over_udp(GTPU, &gtpu(0x30, 255, &[], &v4)), 1, 0),
        ("GTP-U with IPv6", over_udp(GTPU, &gtpu(0x30, 255, &[], &v6)), 1, 0),
        ("GTP-U with sequence number", over_udp(GTPU, &gtpu(0x32, 255, &[0, 7, 0, 0x85], &v4)), 1, 0),
        ("GTP-U with N-PDU number", over_udp(GTPU, &gtpu(0x31, 255, &[0, 0, 3, 0], &v4)), 1, 0),
        ("GTP-U with an extension", over_udp(GTPU, &gtpu(0x34, 255, &gtp_extension, &v4)), 1, 0),
        ("GTP-U with two", over_udp(GTPU, &gtpu(0x36, 255, &two_extensions, &v4)), 1, 0),
        ("IP in IP in GRE", over_ip(47, &gre(0, 0x0800, &[], &over_ip(4, &v4)[14..])), 2, 0),
        (
            "IPv6 in GTP-U in VXLAN",
            { over_udp(VXLAN, &vxlan(3, &over_udp(GTPU, &gtpu(0x30, 255, &[], &over_ip(41, &v6)[14..])))) },
            3,
            3,
        ),
    ]
}

#[test]
fn the_innermost_packet_is_found() {
    let plain4 = parse_whole(LinkType::RawIp, &inner4()).unwrap();
    let plain6 = parse_whole(LinkType::RawIp, &inner6()).unwrap();
    for (name, frame, depth, tenant) in good() {
        let headers = read(&frame, &Tunnels::all()).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let plain = if headers.v6 { plain6 } else { plain4 };
        assert_eq!((headers.tunnel, headers.stop), (depth, None), "{name}");
        assert_eq!(headers.tenant, tenant, "{name}");
        assert_eq!((headers.src, headers.dest, headers.proto), (plain.src, plain.dest, proto::TCP), "{name}");
        assert_eq!((headers.src_port, headers.dest_port, headers.tcp), (plain.src_port, plain.dest_port, plain.tcp));
        assert_eq!(headers.payload(&frame), INNER, "{name}");
        let outside = Headers { tenant: 0, ..read(&frame, &Tunnels::all().with_tenants(false)).unwrap() };
        assert_eq!(outside, Headers { tenant: 0, ..headers }, "{name}");
    }
}

#[test]
fn padding_around_a_tunnel_is_no_payload_and_what_was_cut_is_missing() {
    for (name, frame, depth, _) in good() {
        let padded = [&frame[..], &[0xaa; 9]].concat();
        assert_eq!(read(&padded, &Tunnels::all()).unwrap().payload(&padded), INNER, "{name}");
        if name == "GRE with checksum" {
            continue;
        }
        let (cut, wire_len) = (&frame[..frame.len() - 5], frame.len() as u32);
        let mut headers = Headers::default();
        parse_into(LinkType::Ethernet, cut, wire_len, true, &Tunnels::all(), &mut headers).unwrap();
        assert_eq!((headers.tunnel, headers.missing_len), (depth, 5), "{name}");
        assert_eq!(headers.payload(cut), &INNER[..INNER.len() - 5], "{name}");
    }
}

#[test]
fn a_tunnel_that_is_switched_off_is_a_packet_like_any_other() {
    let names = |off: &Tunnels| -> Vec<&'static str> {
        let untouched = |(name, frame, _, _): &(&'static str, Vec<u8>, u8, u16)| {
            let headers = read(frame, off).unwrap();
            (headers.tunnel == 0 && headers.stop.is_none()).then_some(*name)
        };
        good().iter().filter_map(untouched).collect()
    };
    let starts = |start: &str| -> Vec<&'static str> {
        good().iter().map(|case| case.0).filter(|name| name.starts_with(start) || start.is_empty()).collect()
    };
    assert_eq!(names(&Tunnels::none()), starts(""));
    assert_eq!(names(&Tunnels::all().with_depth(0)), starts(""));
    assert_eq!(names(&Tunnels::all().with_ip(false, true)), ["IPv4 in IPv4", "IPv4 in IPv6"]);
    assert_eq!(names(&Tunnels::all().with_ip(true, false)), ["IPv6 in IPv4", "IPv6 in IPv6"]);
    let gre = [starts("GRE"), vec!["IP in IP in GRE"]].concat();
    assert_eq!(names(&Tunnels::all().with_gre(false)), gre);
    let udp = |vxlan: &[u16], geneve: &[u16], gtpu: &[u16]| names(&Tunnels::all().with_udp(vxlan, geneve, gtpu));
    let in_vxlan = [starts("VXLAN"), vec!["IPv6 in GTP-U in VXLAN"]].concat();
    assert_eq!(udp(&[], &[GENEVE], &[GTPU]), in_vxlan);
    assert_eq!(udp(&[1, 2, 3, 4, VXLAN], &[GENEVE], &[GTPU]), in_vxlan, "a fifth port does not count");
    assert_eq!(udp(&[1, 2, 3, VXLAN], &[], &[GTPU]), starts("GENEVE"));
    assert_eq!(udp(&[VXLAN], &[9, GENEVE], &[]), starts("GTP-U"));
}

#[test]
fn vlans_are_those_next_to_the_packet() {
    let tagged = |body: &[u8]| {
        let frame = over_udp(VXLAN, body);
        ethernet(&[0x81, 0, 0, 5], 0x0800, &frame[14..])
    };
    let inner = ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8], 0x0800, &inner4());
    let vlan = |frame: &[u8]| read(frame, &Tunnels::all()).unwrap().vlan;
    assert_eq!(vlan(&tagged(&vxlan(1, &inner))), [7, 8]);
    assert_eq!(vlan(&tagged(&vxlan(1, &ethernet(&[], 0x0800, &inner4())))), [0, 0], "the VNI names the segment");
    assert_eq!(vlan(&ethernet(&[0x81, 0, 0, 5], 0x0800, &over_ip(4, &inner4())[14..])), [5, 0]);
}

#[test]
fn tenants_with_the_same_addresses_are_told_apart() {
    let tenant =
        |vni| read(&over_udp(VXLAN, &vxlan(vni, &ethernet(&[], 0x0800, &inner4()))), &Tunnels::all()).unwrap().tenant;
    let low: HashSet<u16> = (0..65_536).step_by(97).map(tenant).collect();
    assert_eq!(low.len(), 676, "numbers of 16 bits never meet");
    assert_ne!(tenant(1), tenant(0x01_0001));
    let nested = |outer, inner| {
        let within = over_udp(VXLAN, &vxlan(inner, &ethernet(&[], 0x0800, &inner4())));
        read(&over_udp(VXLAN, &vxlan(outer, &within)), &Tunnels::all()).unwrap().tenant
    };
    assert_ne!(nested(1, 2), nested(2, 1));
}

/// Frames that stay what they are outside, each with the reason.
fn stopped() -> Vec<(TunnelStop, &'static str, Vec<u8>)> {
    let (v4, eth) = (inner4(), ethernet(&[], 0x0800, &inner4()));
    let arp = ethernet(&[], 0x0806, &[0; 28]);
    let mut five = v4.clone();
    for _ in 0..5 {
        five = over_ip(4, &five)[14..].to_vec();
    }
    let bad_version = [&[0x55], &v4[1..]].concat();
    let spoilt = |at: usize, byte: u8, frame: &[u8]| {
        let mut frame = frame.to_vec();
        frame[at] = byte;
        frame
    };
    let nine = [&[0, 0, 0, 1][..], &[1, 0, 0, 1].repeat(8), &[1, 0, 0, 0]].concat();
    use TunnelStop as S;
    vec![
        (S::TooDeep, "five", ethernet(&[], 0x0800, &five)),
        (S::TooDeep, "VXLAN in four", {
            let mut frame = over_udp(VXLAN, &vxlan(1, &eth));
            for _ in 0..4 {
                frame = over_ip(4, &frame[14..]);
            }
            frame
        }),
        (S::NotIp, "ARP in GRE", over_ip(47, &gre(0, 0x6558, &[], &arp))),
        (S::NotIp, "NHRP in GRE", over_ip(47, &gre(0, 0x2001, &[], &v4))),
        (S::NotIp, "ARP in VXLAN", over_udp(VXLAN, &vxlan(1, &arp))),
        (S::NotIp, "another protocol in GENEVE", over_udp(GENEVE, &geneve(0, 0x894f, &[], &v4))),
        (S::NotIp, "Ethernet in GTP-U", over_udp(GTPU, &gtpu(0x30, 255, &[], &eth))),
        (S::GrePptp, "version 1", over_ip(47, &gre(0x3001, 0x880b, &[0; 8], &[0x21]))),
        (S::VxlanTruncated, "nothing", over_udp(VXLAN, &[])),
        (S::VxlanTruncated, "seven bytes", over_udp(VXLAN, &vxlan(1, &eth)[..7])),
        (S::VxlanNoVni, "no flag", over_udp(VXLAN, &spoilt(0, 0xf7, &vxlan(1, &eth)))),
        (S::VxlanInner, "no Ethernet", over_udp(VXLAN, &vxlan(1, &eth[..13]))),
        (S::VxlanInner, "a short IP header", over_udp(VXLAN, &vxlan(1, &eth[..30]))),
        (S::VxlanInner, "no IP packet behind the EtherType", over_udp(VXLAN, &vxlan(1, &spoilt(14, 0x55, &eth)))),
        (S::VxlanInner, "longer than the datagram", over_udp(VXLAN, &vxlan(1, &eth[..eth.len() - 1]))),
        (S::VxlanInner, "a wrong header checksum", over_udp(VXLAN, &vxlan(1, &spoilt(24, eth[24] ^ 1, &eth)))),
        (S::GeneveTruncated, "seven bytes", over_udp(GENEVE, &geneve(0, 0x0800, &[], &v4)[..7])),
        (S::GeneveBadVersion, "version 1", over_udp(GENEVE, &spoilt(0, 0x40, &geneve(0, 0x0800, &[], &v4)))),
        (S::GeneveControl, "O bit", over_udp(GENEVE, &geneve(0x80, 0x0800, &[], &v4))),
        (
            S::GeneveBadOption,
            "options past the datagram",
            over_udp(GENEVE, &spoilt(0, 63, &geneve(0, 0x0800, &[], &[]))),
        ),
        (S::GeneveBadOption, "an option past the options", over_udp(GENEVE, &geneve(0, 0x0800, &[1, 2, 3, 1], &v4))),
        (S::GeneveCriticalMismatch, "only the header", over_udp(GENEVE, &geneve(0x40, 0x0800, &[1, 2, 3, 0], &v4))),
        (S::GeneveCriticalMismatch, "only the option", over_udp(GENEVE, &geneve(0, 0x0800, &[1, 2, 0x83, 0], &v4))),
        (S::GeneveInner, "no such IP", over_udp(GENEVE, &geneve(0, 0x0800, &[], &bad_version))),
        (S::GtpuTruncated, "seven bytes", over_udp(GTPU, &gtpu(0x30, 255, &[], &v4)[..7])),
        (S::GtpuTruncated, "optional fields", over_udp(GTPU, &gtpu(0x32, 255, &[0, 1, 2], &[]))),
        (S::GtpuBadVersion, "version 2", over_udp(GTPU, &gtpu(0x50, 255, &[], &v4))),
        (S::GtpuBadVersion, "GTP'", over_udp(GTPU, &gtpu(0x20, 255, &[], &v4))),
        (S::GtpuBadLength, "past the datagram", over_udp(GTPU, &gtpu(0x30, 255, &[], &v4)[..8 + v4.len() - 1])),
        (S::GtpuBadLength, "below the optional fields", over_udp(GTPU, &spoilt(3, 3, &gtpu(0x32, 255, &[0; 4], &[])))),
        (S::GtpuSignalling, "echo request", over_udp(GTPU, &gtpu(0x32, 1, &[0; 4], &[]))),
        (S::GtpuBadExtension, "of length 0", over_udp(GTPU, &gtpu(0x34, 255, &[0, 0, 0, 1, 0, 0, 0, 0], &v4))),
        (S::GtpuBadExtension, "past the message", over_udp(GTPU, &gtpu(0x34, 255, &[0, 0, 0, 1, 200, 0, 0, 0], &v4))),
        (S::GtpuBadExtension, "nine of them", over_udp(GTPU, &gtpu(0x34, 255, &nine, &v4))),
        (S::GtpuInner, "a short IP header", over_udp(GTPU, &gtpu(0x30, 255, &[], &v4[..12]))),
    ]
}

#[test]
fn what_does_not_check_out_is_analysed_as_what_it_is_outside() {
    for (stop, what, frame) in stopped() {
        let headers = read(&frame, &Tunnels::all()).unwrap_or_else(|why| panic!("{what}: {why:?}"));
        assert_eq!(headers.stop, Some(stop), "{what}");
        let depth = if stop == TunnelStop::TooDeep { 4 } else { 0 };
        assert_eq!(headers.tunnel, depth, "{what}");
        if depth == 0 {
            let plain = read(&frame, &Tunnels::none()).unwrap();
            assert_eq!(Headers { stop: None, ..headers }, plain, "{what}");
        }
    }
}

#[test]
fn every_stop_has_a_case_and_a_name_of_its_own() {
    let with_case: HashSet<TunnelStop> = stopped().iter().map(|case| case.0).collect();
    assert_eq!(with_case.len(), TUNNEL_STOP_COUNT);
    let names: HashSet<&str> = TunnelStop::ALL.iter().map(|stop| stop.counter()).collect();
    assert_eq!(names.len(), TUNNEL_STOP_COUNT);
    assert!(TunnelStop::ALL.iter().enumerate().all(|(n, stop)| *stop as usize == n));
}

/// Frames of which a protocol number says what they carry, and which carry something else.
pub(super) fn rejected() -> Vec<(Reject, &'static str, Vec<u8>)> {
    let v4 = inner4();
    let mut wrong_sum = gre_checked(&v4);
    wrong_sum[20] ^= 0x10;
    vec![
        (Reject::GreTruncated, "three bytes", over_ip(47, &[0; 3])),
        (Reject::GreTruncated, "no checksum", over_ip(47, &gre(0x8000, 0x0800, &[0; 3], &[]))),
        (Reject::GreTruncated, "no key", over_ip(47, &gre(0x2000, 0x0800, &[0; 3], &[]))),
        (Reject::GreTruncated, "no sequence number", over_ip6(47, &gre(0x3000, 0x0800, &[0; 7], &[]))),
        (Reject::GreBadVersion, "version 2", over_ip(47, &gre(0x0002, 0x0800, &[], &v4))),
        (Reject::GreBadVersion, "version 7", over_ip(47, &gre(0x0007, 0x0800, &[], &v4))),
        (Reject::GreRouting, "source routes", over_ip(47, &gre(0x4000, 0x0800, &[0; 4], &v4))),
        (Reject::GreRouting, "strict source route", over_ip(47, &gre(0x0800, 0x0800, &[], &v4))),
        (Reject::GreRouting, "recursion control", over_ip(47, &gre(0x0400, 0x0800, &[], &v4))),
        (Reject::GreBadChecksum, "one bit", over_ip(47, &wrong_sum)),
        (Reject::Ipv4BadVersion, "IPv6 said to be IPv4", over_ip(4, &inner6())),
        (Reject::Ipv6BadVersion, "IPv4 said to be IPv6", over_ip(41, &v4)),
        (Reject::Ipv4LengthBeyondFrame, "longer than its tunnel", over_ip(4, &v4[..v4.len() - 1])),
        (Reject::TcpTruncated, "half a TCP header", {
            let mut short = v4[..30].to_vec();
            short[2..4].copy_from_slice(&30_u16.to_be_bytes());
            short[10..12].fill(0);
            let sum = crate::wire::checksum::finish(crate::wire::checksum::add(0, &short[..20]));
            short[10..12].copy_from_slice(&sum.to_be_bytes());
            over_ip(47, &gre(0, 0x0800, &[], &short))
        }),
    ]
}

#[test]
fn what_a_protocol_number_announces_and_is_malformed_is_rejected() {
    for (reject, what, frame) in rejected() {
        assert_eq!(read(&frame, &Tunnels::all()).err(), Some(reject), "{what}");
        assert!(read(&frame, &Tunnels::none()).is_ok(), "{what}: nobody looks");
    }
}

#[test]
fn the_walk_ends_at_a_fragment() {
    let mut inner = inner4();
    inner[6..8].copy_from_slice(&0x2000_u16.to_be_bytes());
    inner[10..12].fill(0);
    let sum = crate::wire::checksum::finish(crate::wire::checksum::add(0, &inner[..20]));
    inner[10..12].copy_from_slice(&sum.to_be_bytes());
    let frame = over_udp(VXLAN, &vxlan(9, &ethernet(&[], 0x0800, &inner)));
    let headers = read(&frame, &Tunnels::all()).unwrap();
    assert_eq!((headers.fragment, headers.tunnel, headers.tenant), (true, 1, 9));
    assert_eq!(headers.dest[..4], DEST4);
    // An outer fragment hides what it carries.
    let mut outer = over_udp(VXLAN, &vxlan(9, &ethernet(&[], 0x0800, &inner4())));
    outer[20] = 0x20;
    let mut headers = Headers::default();
    parse_into(LinkType::Ethernet, &outer, outer.len() as u32, false, &Tunnels::all(), &mut headers).unwrap();
    assert_eq!((headers.fragment, headers.tunnel, &headers.dest[..4]), (true, 0, &TUNNEL_DEST[..]));
}

#[test]
fn a_packet_put_together_is_read_on_from_its_ip_header() {
    for (name, frame, depth, tenant) in good() {
        let whole = read(&frame, &Tunnels::all()).unwrap();
        // As of its fragment: the same layers around it, whose lengths are another packet's.
        let around = Headers { fragment: true, ..whole };
        let mut bytes = frame[..whole.network_at as usize + if whole.v6 { 40 } else { 20 }].to_vec();
        bytes[16..18].fill(0xff);
        bytes.extend(&frame[bytes.len()..]);
        let mut headers = Headers::default();
        resume_into(&bytes, &around, &Tunnels::all(), &mut headers).unwrap();
        assert_eq!(headers, whole, "{name}");
        // And by itself, on its way between two workers.
        let network = whole.network_at as usize;
        let passed = [&Resumed::of(&around).to_bytes()[..], &frame[network..]].concat();
        parse_into(LinkType::Resumed, &passed, passed.len() as u32, true, &Tunnels::all(), &mut headers).unwrap();
        assert_eq!((headers.tunnel, headers.tenant, headers.vlan), (depth, tenant, whole.vlan), "{name}");
        assert_eq!(headers.payload(&passed), INNER, "{name}");
    }
}

#[test]
fn a_tunnel_may_be_damaged_anywhere() {
    let all = good().into_iter().map(|(_, frame, _, _)| frame);
    let all = all.chain(stopped().into_iter().map(|case| case.2)).chain(rejected().into_iter().map(|case| case.2));
    for mut frame in all {
        let wire_len = frame.len() as u32;
        for len in 0..frame.len() {
            try_all_through(&Tunnels::all(), LinkType::Ethernet, &frame[..len], wire_len);
        }
        for at in 12..frame.len() {
            let right = frame[at];
            for wrong in [0, 0xff, right ^ 0x01, right ^ 0x80, right ^ 0x10, 4, 47, 41] {
                frame[at] = wrong;
                try_all_through(&Tunnels::all(), LinkType::Ethernet, &frame, wire_len);
            }
            frame[at] = right;
        }
    }
}
