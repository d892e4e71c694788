//! Frames of every kind the parser reads, each with what must be read from it.

use etherparse::{
    IpAuthHeader, IpFragOffset, IpHeaders, IpNumber, Ipv4Header, Ipv4Options, Ipv6Extensions, Ipv6FragmentHeader,
    Ipv6Header, Ipv6RawExtHeader, Ipv6RoutingExtensions, PacketBuilder, TcpOptionElement,
};

use super::*;

pub(super) const SRC_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(super) const DEST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
pub(super) const SRC4: [u8; 4] = [192, 0, 2, 1];
pub(super) const DEST4: [u8; 4] = [198, 51, 100, 7];
pub(super) const SRC6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(super) const DEST6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe];
pub(super) const TTL: u8 = 57;
const PAYLOAD: &[u8] = b"the payload";

/// A frame, and what the parser must find.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) name: String,
    pub(super) link: LinkType,
    pub(super) frame: Vec<u8>,
    pub(super) v6: bool,
    pub(super) proto: u8,
    pub(super) ports: (u16, u16),
    pub(super) vlan: [u16; 2],
    pub(super) mpls: bool,
    pub(super) network_at: usize,
    pub(super) payload: Vec<u8>,
    pub(super) tcp: TcpHeader,
}

/// An IP packet without its link header.
#[derive(Clone)]
struct Packet {
    name: &'static str,
    bytes: Vec<u8>,
    v6: bool,
    proto: u8,
    ports: (u16, u16),
    payload: Vec<u8>,
    tcp: TcpHeader,
}

pub(super) fn ipv4_header(options: &[u8]) -> IpHeaders {
    let mut header = Ipv4Header::new(0, TTL, IpNumber(0), SRC4, DEST4).unwrap();
    header.options = Ipv4Options::try_from(options).unwrap();
    IpHeaders::Ipv4(header, Default::default())
}

pub(super) fn ipv6_header(extensions: Ipv6Extensions) -> IpHeaders {
    let header = Ipv6Header { source: SRC6, destination: DEST6, hop_limit: TTL, ..Default::default() };
    IpHeaders::Ipv6(header, extensions)
}

fn raw_extension(len: usize) -> Ipv6RawExtHeader {
    // PadN (RFC 8200 section 4.2), so that the header is right inside as well.
    let mut data = vec![0; len];
    data[0] = 1;
    data[1] = (len - 2) as u8;
    Ipv6RawExtHeader::new_raw(IpNumber(0), &data).unwrap()
}

pub(super) fn fragment_extension(offset: u16, more: bool) -> Ipv6FragmentHeader {
    Ipv6FragmentHeader::new(IpNumber(0), IpFragOffset::try_new(offset).unwrap(), more, 77)
}

/// TCP with options over `ip`.
pub(super) fn tcp(ip: IpHeaders, payload: &[u8]) -> Vec<u8> {
    let options = [TcpOptionElement::Noop, TcpOptionElement::Noop, TcpOptionElement::Timestamp(1, 2)];
    let step = PacketBuilder::ip(ip).tcp(40_001, 80, 0xfedc_ba98, 8192).ack(0x1234_5678).psh();
    let mut bytes = Vec::new();
    step.options(&options).unwrap().write(&mut bytes, payload).unwrap();
    bytes
}

fn tcp_packet(name: &'static str, v6: bool, ip: IpHeaders) -> Packet {
    let flags = tcp_flag::ACK | tcp_flag::PSH;
    let tcp_header = TcpHeader { seq: 0xfedc_ba98, ack: 0x1234_5678, window: 8192, flags };
    let (bytes, payload) = (tcp(ip, PAYLOAD), PAYLOAD.to_vec());
    Packet { name, bytes, v6, proto: proto::TCP, ports: (40_001, 80), payload, tcp: tcp_header }
}

fn udp_packet(name: &'static str, v6: bool, ip: IpHeaders, payload: &[u8]) -> Packet {
    let mut bytes = Vec::new();
    PacketBuilder::ip(ip).udp(5353, 53).write(&mut bytes, payload).unwrap();
    Packet { name, bytes, v6, proto: proto::UDP, ports: (5353, 53), payload: payload.to_vec(), tcp: Default::default() }
}

fn icmp_packet(name: &'static str, v6: bool, ip: IpHeaders) -> Packet {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ip(ip);
    let (proto, ports) = if v6 {
        step.icmpv6_echo_request(0x0102, 0x0304).write(&mut bytes, PAYLOAD).unwrap();
        (proto::ICMPV6, (128, 0))
    } else {
        step.icmpv4_echo_request(0x0102, 0x0304).write(&mut bytes, PAYLOAD).unwrap();
        (proto::ICMP, (8, 0))
    };
    // Identifier and sequence number follow type, code and checksum; they belong to the message's body.
    let payload = [&[1, 2, 3, 4], PAYLOAD].concat();
    Packet { name, bytes, v6, proto, ports, payload, tcp: Default::default() }
}

/// A packet of a protocol that etherparse does not write.
fn other_packet(name: &'static str, v6: bool, ip: IpHeaders, proto: u8, header: &[u8], ports: (u16, u16)) -> Packet {
    let body = [header, PAYLOAD].concat();
    let mut bytes = Vec::new();
    PacketBuilder::ip(ip).write(&mut bytes, IpNumber(proto), &body).unwrap();
    let payload = if proto == proto::SCTP { body[4..].to_vec() } else { body };
    Packet { name, bytes, v6, proto, ports, payload, tcp: Default::default() }
}

fn packets() -> Vec<Packet> {
    let v4 = || ipv4_header(&[]);
    let v6 = || ipv6_header(Ipv6Extensions::default());
    let with = |change: fn(&mut Ipv6Extensions)| {
        let mut extensions = Ipv6Extensions::default();
        change(&mut extensions);
        ipv6_header(extensions)
    };
    let sctp = [0x0b, 0x59, 0x0b, 0x5a, 0, 0, 0, 1, 0, 0, 0, 2];
    let routing =
        || Ipv6RoutingExtensions { routing: raw_extension(14), final_destination_options: Some(raw_extension(6)) };
    let auth = || IpAuthHeader::new(IpNumber(0), 1, 2, &[9; 12]).unwrap();
    let mut all = vec![
        tcp_packet("IPv4 TCP", false, v4()),
        tcp_packet("IPv6 TCP", true, v6()),
        udp_packet("IPv4 UDP", false, v4(), PAYLOAD),
        udp_packet("IPv6 UDP", true, v6(), PAYLOAD),
        udp_packet("IPv4 empty UDP", false, v4(), b""),
        icmp_packet("ICMP", false, v4()),
        icmp_packet("ICMPv6", true, v6()),
        other_packet("IPv4 SCTP", false, v4(), proto::SCTP, &sctp, (2905, 2906)),
        other_packet("IPv6 SCTP", true, v6(), proto::SCTP, &sctp, (2905, 2906)),
        other_packet("IPv4 GRE", false, v4(), 47, &[0, 0, 8, 0], (0, 0)),
        other_packet("IPv6 ESP", true, v6(), 50, &[0, 0, 0, 1], (0, 0)),
        tcp_packet("IPv4 router alert", false, ipv4_header(&[0x94, 4, 0, 0])),
        // Record route, three no-operations, end of options with rubbish behind it.
        tcp_packet("IPv4 long options", false, ipv4_header(&[7, 7, 4, 0, 0, 0, 0, 1, 1, 1, 0, 99])),
        tcp_packet("IPv4 longest options", false, ipv4_header(&[1; 40])),
        tcp_packet("IPv6 hop-by-hop", true, with(|e| e.hop_by_hop_options = Some(raw_extension(6)))),
        tcp_packet("IPv6 destination", true, with(|e| e.destination_options = Some(raw_extension(22)))),
        udp_packet("IPv6 atomic fragment", true, with(|e| e.fragment = Some(fragment_extension(0, false))), PAYLOAD),
    ];
    let mut routed = Ipv6Extensions { routing: Some(routing()), ..Default::default() };
    all.push(tcp_packet("IPv6 routing", true, ipv6_header(routed.clone())));
    routed.auth = Some(auth());
    all.push(icmp_packet("IPv6 routing and AH", true, ipv6_header(routed.clone())));
    routed.hop_by_hop_options = Some(raw_extension(6));
    routed.destination_options = Some(raw_extension(14));
    routed.fragment = Some(fragment_extension(0, false));
    all.push(tcp_packet("IPv6 all extensions", true, ipv6_header(routed)));
    all
}

/// A link header: name, type, bytes, VLAN ids, whether MPLS.
type Link = (String, LinkType, Vec<u8>, [u16; 2], bool);

fn ethernet(tags: &[(u16, u16)], ethertype: u16, rest: &[u8]) -> Vec<u8> {
    let mut bytes = [DEST_MAC, SRC_MAC].concat();
    for (tpid, tci) in tags {
        bytes.extend(tpid.to_be_bytes());
        bytes.extend(tci.to_be_bytes());
    }
    bytes.extend(ethertype.to_be_bytes());
    bytes.extend(rest);
    bytes
}

pub(super) fn mpls_stack(labels: usize) -> Vec<u8> {
    let last = labels - 1;
    (0..labels).flat_map(|n| [0, n as u8, u8::from(n == last) | 0x20, 64]).collect()
}

fn links(v6: bool) -> Vec<Link> {
    let ethertype = if v6 { 0x86dd } else { 0x0800_u16 };
    let type_bytes = ethertype.to_be_bytes();
    let plain = |name: &str, link, bytes: Vec<u8>| (name.to_owned(), link, bytes, [0; 2], false);
    let mut all: Vec<Link> = vec![
        plain("Ethernet", LinkType::Ethernet, ethernet(&[], ethertype, &[])),
        // Priority 5 and the drop bit are no part of the id.
        ("802.1Q".into(), LinkType::Ethernet, ethernet(&[(0x8100, 0xb064)], ethertype, &[]), [100, 0], false),
        ("QinQ".into(), LinkType::Ethernet, ethernet(&[(0x88a8, 4094), (0x8100, 7)], ethertype, &[]), [4094, 7], false),
        (
            "triple tag".into(),
            LinkType::Ethernet,
            ethernet(&[(0x9100, 1), (0x88a8, 2), (0x8100, 3)], ethertype, &[]),
            [1, 2],
            false,
        ),
        plain("raw IP", LinkType::RawIp, vec![]),
        plain("LINUX_SLL", LinkType::LinuxSll, [&[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &type_bytes[..]].concat()),
        plain(
            "LINUX_SLL2",
            LinkType::LinuxSll2,
            [&type_bytes[..], &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]].concat(),
        ),
        (
            "LINUX_SLL with a tag".into(),
            LinkType::LinuxSll,
            [&[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 9], &type_bytes[..]].concat(),
            [9, 0],
            false,
        ),
        ("MPLS in a VLAN".into(), LinkType::Ethernet, ethernet(&[(0x8100, 5)], 0x8848, &mpls_stack(2)), [5, 0], true),
    ];
    for labels in 1..=8 {
        let bytes = ethernet(&[], 0x8847, &mpls_stack(labels));
        all.push((format!("{labels} MPLS labels"), LinkType::Ethernet, bytes, [0; 2], true));
    }
    let families: &[u8] = if v6 { &[10, 24, 28, 30] } else { &[2] };
    for family in families {
        all.push(plain(&format!("NULL {family}, big endian"), LinkType::Null, vec![0, 0, 0, *family]));
        all.push(plain(&format!("NULL {family}, little endian"), LinkType::Null, vec![*family, 0, 0, 0]));
        all.push(plain(&format!("LOOP {family}"), LinkType::Loop, vec![0, 0, 0, *family]));
    }
    all
}

fn good(packet: &Packet, (link_name, link, header, vlan, mpls): Link) -> Good {
    Good {
        name: format!("{} over {link_name}", packet.name),
        link,
        frame: [header.as_slice(), &packet.bytes].concat(),
        v6: packet.v6,
        proto: packet.proto,
        ports: packet.ports,
        vlan,
        mpls,
        network_at: header.len(),
        payload: packet.payload.clone(),
        tcp: packet.tcp,
    }
}

/// Every packet over Ethernet, and TCP of both versions over every link.
pub(super) fn all() -> Vec<Good> {
    let mut frames = Vec::new();
    for (n, packet) in packets().iter().enumerate() {
        let links = links(packet.v6);
        let count = if n < 2 { links.len() } else { 1 };
        frames.extend(links.into_iter().take(count).map(|link| good(packet, link)));
    }
    frames
}

/// The frame of a name.
pub(super) fn named(name: &str) -> Good {
    all().into_iter().find(|good| good.name == name).unwrap_or_else(|| panic!("there is no frame {name:?}"))
}
