//! At least one frame for every way a frame can be unusable.

use std::collections::HashSet;

use super::frames::{mpls_stack, named};
use super::*;

/// Reasons that the parser does not give, and who does.
const RAISED_ELSEWHERE: [(Reject, &str); 2] = [
    (Reject::MultiSegment, "the worker finds a chain of buffers before there is one frame to parse"),
    (
        Reject::FragmentNested,
        "the parser reads fragments and says so in Headers::fragment; the worker puts them together",
    ),
];

struct Case {
    reject: Reject,
    what: &'static str,
    link: LinkType,
    frame: Vec<u8>,
}

/// Length of the Ethernet header, and of what follows it.
const ETH: usize = 14;
const IP4: usize = 20;
const IP6: usize = 40;

/// A right frame, spoilt.
fn spoil(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> (LinkType, Vec<u8>) {
    let good = named(name);
    let mut frame = good.frame;
    change(&mut frame);
    (good.link, frame)
}

/// Sets the IPv4 header checksum right again, so that only the fault in question is there.
fn fix_checksum(frame: &mut [u8], header_len: usize) {
    frame[ETH + 10..ETH + 12].fill(0);
    let sum = crate::wire::checksum::finish(crate::wire::checksum::add(0, &frame[ETH..ETH + header_len]));
    frame[ETH + 10..ETH + 12].copy_from_slice(&sum.to_be_bytes());
}

/// A frame of one IPv6 packet: first next-header value and everything behind the fixed header.
fn ipv6(next: u8, rest: &[u8]) -> Vec<u8> {
    let mut frame = named("IPv6 TCP over Ethernet").frame[..ETH + IP6].to_vec();
    frame[ETH + 4..ETH + 6].copy_from_slice(&(rest.len() as u16).to_be_bytes());
    frame[ETH + 6] = next;
    frame.extend(rest);
    frame
}

/// Extension headers of eight bytes each that name one another, the last of them `last`.
fn chain(kinds: &[u8], last: u8) -> Vec<u8> {
    let next = kinds.iter().skip(1).chain([&last]);
    next.flat_map(|next| [*next, 0, 1, 4, 0, 0, 0, 0]).collect()
}

fn link_cases() -> Vec<Case> {
    let raw = |reject, what, link, frame: &[u8]| Case { reject, what, link, frame: frame.to_vec() };
    let ethernet = |reject, what, ethertype: [u8; 2], rest: &[u8]| Case {
        reject,
        what,
        link: LinkType::Ethernet,
        frame: [&[2; 12], &ethertype[..], rest].concat(),
    };
    let ip = named("IPv4 TCP over raw IP").frame;
    let tag = [0x81, 0, 0, 1];
    let mut nine_labels = mpls_stack(9);
    nine_labels.extend(&ip);
    let mut four_tags = vec![0, 1];
    for _ in 0..3 {
        four_tags.extend(tag);
    }
    four_tags.extend([8, 0]);
    four_tags.extend(&ip);
    vec![
        ethernet(Reject::NotIp, "ARP", [8, 6], &[0; 46]),
        ethernet(Reject::NotIp, "a spanning tree frame: the field is a length", [0, 38], &[0x42; 46]),
        ethernet(Reject::NotIp, "ARP in a VLAN", [0x81, 0], &[0, 1, 8, 6, 0, 1]),
        ethernet(Reject::NotIp, "a pseudowire", [0x88, 0x47], &[0, 0, 1, 64, 0, 0, 0, 0]),
        raw(Reject::NotIp, "version 5", LinkType::RawIp, &[0x50; 40]),
        raw(Reject::NotIp, "cooked ARP", LinkType::LinuxSll, &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 6]),
        raw(Reject::EthernetTruncated, "nothing", LinkType::Ethernet, &[]),
        raw(Reject::EthernetTruncated, "half a type", LinkType::Ethernet, &[8; 13]),
        raw(Reject::LinkTruncated, "nothing", LinkType::RawIp, &[]),
        raw(Reject::LinkTruncated, "three bytes", LinkType::Null, &[0, 0, 0]),
        raw(Reject::LinkTruncated, "three bytes", LinkType::Loop, &[0, 0, 0]),
        raw(Reject::LinkTruncated, "15 bytes", LinkType::LinuxSll, &[0; 15]),
        raw(Reject::LinkTruncated, "one byte", LinkType::LinuxSll2, &[8]),
        raw(Reject::LinkTruncated, "19 bytes", LinkType::LinuxSll2, &[8; 19]),
        raw(Reject::NullBadFamily, "AppleTalk", LinkType::Null, &[&[0, 0, 0, 16], &ip[..]].concat()),
        raw(Reject::NullBadFamily, "no family", LinkType::Loop, &[&[0, 0, 0, 0], &ip[..]].concat()),
        raw(Reject::NullBadFamily, "two families", LinkType::Null, &[&[2, 0, 0, 2], &ip[..]].concat()),
        raw(Reject::NullBadFamily, "a middle byte", LinkType::Null, &[&[0, 2, 0, 0], &ip[..]].concat()),
        ethernet(Reject::VlanTruncated, "three bytes", [0x81, 0], &[0, 1, 8]),
        ethernet(Reject::VlanTruncated, "no second tag", [0x88, 0xa8], &[0, 1, 0x81, 0]),
        ethernet(Reject::VlanTooDeep, "four tags", [0x81, 0], &four_tags),
        ethernet(Reject::MplsTruncated, "three bytes of a label", [0x88, 0x47], &[0, 0, 1]),
        ethernet(Reject::MplsTruncated, "no bottom of the stack", [0x88, 0x47], &[0, 0, 0, 64]),
        ethernet(Reject::MplsTruncated, "nothing below the stack", [0x88, 0x48], &[0, 0, 1, 64]),
        ethernet(Reject::MplsTooDeep, "nine labels", [0x88, 0x47], &nine_labels),
    ]
}

fn ipv4_cases() -> Vec<Case> {
    let tcp = |reject, what, change: &dyn Fn(&mut Vec<u8>)| {
        let (link, frame) = spoil("IPv4 TCP over Ethernet", |frame| {
            change(frame);
            if frame.len() >= ETH + IP4 && reject != Reject::Ipv4BadChecksum {
                fix_checksum(frame, IP4);
            }
        });
        Case { reject, what, link, frame }
    };
    let option = |what, bytes: &'static [u8]| {
        let (link, frame) = spoil("IPv4 router alert over Ethernet", |frame| {
            frame[ETH + IP4..ETH + IP4 + 4].copy_from_slice(bytes);
            fix_checksum(frame, IP4 + 4);
        });
        Case { reject: Reject::Ipv4BadOption, what, link, frame }
    };
    vec![
        tcp(Reject::Ipv4Truncated, "no byte of it", &|frame| frame.truncate(ETH)),
        tcp(Reject::Ipv4Truncated, "19 bytes", &|frame| frame.truncate(ETH + IP4 - 1)),
        tcp(Reject::Ipv4BadVersion, "version 6", &|frame| frame[ETH] = 0x65),
        tcp(Reject::Ipv4BadVersion, "version 0", &|frame| frame[ETH] = 0x05),
        tcp(Reject::Ipv4BadIhl, "no words", &|frame| frame[ETH] = 0x40),
        tcp(Reject::Ipv4BadIhl, "four words", &|frame| frame[ETH] = 0x44),
        tcp(Reject::Ipv4BadTotalLength, "19", &|frame| frame[ETH + 2..ETH + 4].copy_from_slice(&[0, 19])),
        tcp(Reject::Ipv4BadTotalLength, "1", &|frame| frame[ETH + 2..ETH + 4].copy_from_slice(&[0, 1])),
        tcp(Reject::Ipv4LengthBeyondFrame, "one byte too long", &|frame| frame[ETH + 3] += 1),
        tcp(Reject::Ipv4LengthBeyondFrame, "the longest", &|frame| frame[ETH + 2..ETH + 4].fill(0xff)),
        tcp(Reject::Ipv4BadChecksum, "one bit", &|frame| frame[ETH + 10] ^= 1),
        tcp(Reject::Ipv4BadChecksum, "none", &|frame| frame[ETH + 10..ETH + 12].fill(0)),
        option("length 0", &[0x94, 0, 0, 0]),
        option("length 1", &[0x94, 1, 0, 0]),
        option("longer than the header", &[0x94, 5, 0, 0]),
        option("no length byte", &[1, 1, 1, 0x94]),
    ]
}

fn ipv6_cases() -> Vec<Case> {
    let case = |reject, what, frame| Case { reject, what, link: LinkType::Ethernet, frame };
    let tcp = |reject, what, change: &dyn Fn(&mut Vec<u8>)| {
        let (_, frame) = spoil("IPv6 TCP over Ethernet", |frame| change(frame));
        case(reject, what, frame)
    };
    let nine = chain(&[60; 9], proto::UDP);
    let mut fragment_in_padding = ipv6(44, &[17, 0]);
    fragment_in_padding.extend([0xff; 6]);
    vec![
        tcp(Reject::Ipv6Truncated, "no byte of it", &|frame| frame.truncate(ETH)),
        tcp(Reject::Ipv6Truncated, "39 bytes", &|frame| frame.truncate(ETH + IP6 - 1)),
        tcp(Reject::Ipv6Truncated, "no addresses", &|frame| frame.truncate(ETH + 8)),
        tcp(Reject::Ipv6BadVersion, "version 4", &|frame| frame[ETH] = 0x40),
        tcp(Reject::Ipv6LengthBeyondFrame, "one byte too long", &|frame| frame[ETH + 5] += 1),
        tcp(Reject::Ipv6LengthBeyondFrame, "the longest", &|frame| frame[ETH + 4..ETH + 6].fill(0xff)),
        case(Reject::Ipv6ExtensionTruncated, "one byte of it", ipv6(60, &[17])),
        case(Reject::Ipv6ExtensionTruncated, "longer than the packet", ipv6(60, &[17, 1, 1, 4, 0, 0, 0, 0])),
        case(Reject::Ipv6ExtensionTruncated, "an AH longer than the packet", ipv6(51, &[17, 4, 0, 0, 0, 0, 0, 0])),
        case(Reject::Ipv6ExtensionTruncated, "half a fragment header", ipv6(44, &[17, 0, 0, 1])),
        case(Reject::Ipv6ExtensionTruncated, "half an atomic fragment header", ipv6(44, &[17, 0, 0, 0, 0, 0, 0])),
        case(Reject::Ipv6ExtensionTruncated, "a fragment header half in the padding", fragment_in_padding),
        case(Reject::Ipv6TooManyExtensions, "nine", ipv6(60, &nine)),
        case(Reject::Ipv6HopByHopNotFirst, "second", ipv6(60, &chain(&[60, 0], proto::UDP))),
        case(Reject::Ipv6HopByHopNotFirst, "twice", ipv6(0, &chain(&[0, 0], proto::UDP))),
    ]
}

fn transport_cases() -> Vec<Case> {
    let mut all = Vec::new();
    // Both versions; where the packet is too short, on the wire as well: its length says so.
    for (version, at) in [("IPv4", ETH + IP4), ("IPv6", ETH + IP6)] {
        let short = |reject, what, of: &str, len: usize| {
            let (link, frame) = spoil(&format!("{of} over Ethernet"), |frame| {
                frame.truncate(at + len);
                if version == "IPv4" {
                    frame[ETH + 2..ETH + 4].copy_from_slice(&((IP4 + len) as u16).to_be_bytes());
                    fix_checksum(frame, IP4);
                } else {
                    frame[ETH + 4..ETH + 6].copy_from_slice(&(len as u16).to_be_bytes());
                }
                // Padding must not stand in for what is missing; a length of 0 would mean all of the frame.
                if len != 0 {
                    frame.extend([0x55; 40]);
                }
            });
            Case { reject, what, link, frame }
        };
        let change = |reject, what, of: &str, offset: usize, bytes: &[u8]| {
            let (link, frame) = spoil(&format!("{of} over Ethernet"), |frame| {
                frame[at + offset..at + offset + bytes.len()].copy_from_slice(bytes);
            });
            Case { reject, what, link, frame }
        };
        let (tcp, udp) = (format!("{version} TCP"), format!("{version} UDP"));
        let sctp = format!("{version} SCTP");
        for len in [0, 1, 19] {
            all.push(short(Reject::TcpTruncated, "", &tcp, len));
        }
        all.push(change(Reject::TcpBadOffset, "four words", &tcp, 12, &[0x40]));
        all.push(change(Reject::TcpBadOffset, "no words", &tcp, 12, &[0x00]));
        all.push(short(Reject::TcpOffsetBeyondSegment, "options past the end", &tcp, 31));
        all.push(short(Reject::UdpTruncated, "seven bytes", &udp, 7));
        all.push(short(Reject::UdpTruncated, "nothing", &udp, 0));
        all.push(change(Reject::UdpBadLength, "seven", &udp, 4, &[0, 7]));
        all.push(change(Reject::UdpBadLength, "one too many", &udp, 4, &[0, 8 + 11 + 1]));
        let (icmp, icmp_truncated) =
            if version == "IPv4" { ("ICMP", Reject::IcmpTruncated) } else { ("ICMPv6", Reject::Icmpv6Truncated) };
        all.push(short(icmp_truncated, "three bytes", icmp, 3));
        all.push(short(icmp_truncated, "nothing", icmp, 0));
        all.push(short(Reject::SctpTruncated, "three bytes", &sctp, 3));
        all.push(short(Reject::SctpTruncated, "one byte", &sctp, 1));
    }
    all
}

fn cases() -> Vec<Case> {
    [link_cases(), ipv4_cases(), ipv6_cases(), transport_cases()].into_iter().flatten().collect()
}

#[test]
fn every_case_is_rejected_for_its_reason() {
    for Case { reject, what, link, frame } in cases() {
        let result = parse_whole(link, &frame);
        assert_eq!(result.err(), Some(reject), "{} ({what}): {frame:02x?}", reject.name());
    }
}

#[test]
fn every_reason_has_a_case_or_is_raised_elsewhere() {
    let mut with_case: HashSet<Reject> = cases().iter().map(|case| case.reject).collect();
    with_case.extend(super::tunnel::rejected().iter().map(|case| case.0));
    for reject in Reject::ALL {
        let elsewhere = RAISED_ELSEWHERE.iter().any(|(exempt, _)| exempt == reject);
        assert!(with_case.contains(reject) != elsewhere, "{}: a case, or a reason to have none", reject.name());
    }
}

#[test]
fn reasons_have_distinct_names_in_the_order_of_their_counters() {
    let names: HashSet<&str> = Reject::ALL.iter().map(|reject| reject.name()).collect();
    assert_eq!(names.len(), REJECT_COUNT);
    for (n, reject) in Reject::ALL.iter().enumerate() {
        assert_eq!(*reject as usize, n);
        assert_eq!(reject.counter(), format!("decoder.reject.{}", reject.name()));
        assert!(reject.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
    }
}

#[test]
fn the_checksum_is_looked_at_only_when_asked_for() {
    for case in cases().into_iter().filter(|case| case.reject == Reject::Ipv4BadChecksum) {
        assert!(parse(case.link, &case.frame, 0, false).is_ok(), "{}", case.what);
    }
}

#[test]
fn what_a_capture_cut_short_within_a_header_is_truncated() {
    // The lengths are right for the wire; only the capture ends early.
    let cases = [
        ("IPv4 router alert over Ethernet", ETH + IP4 + 3, Reject::Ipv4Truncated),
        ("IPv6 destination over Ethernet", ETH + IP6 + 23, Reject::Ipv6ExtensionTruncated),
        ("IPv6 hop-by-hop over Ethernet", ETH + IP6, Reject::Ipv6ExtensionTruncated),
        ("IPv4 TCP over Ethernet", ETH + IP4 + 19, Reject::TcpTruncated),
        ("IPv6 UDP over Ethernet", ETH + IP6 + 7, Reject::UdpTruncated),
        ("ICMP over Ethernet", ETH + IP4 + 3, Reject::IcmpTruncated),
        ("ICMPv6 over Ethernet", ETH + IP6 + 3, Reject::Icmpv6Truncated),
        ("IPv4 SCTP over Ethernet", ETH + IP4 + 3, Reject::SctpTruncated),
    ];
    for (name, len, reject) in cases {
        let good = named(name);
        let result = parse(good.link, &good.frame[..len], good.frame.len() as u32, true);
        assert_eq!(result.err(), Some(reject), "{name} cut to {len}");
    }
}

#[test]
fn eight_extension_headers_are_read() {
    let mut rest = chain(&[60; 8], proto::UDP);
    rest.extend([0, 1, 0, 2, 0, 8, 0, 0]);
    let headers = parse_whole(LinkType::Ethernet, &ipv6(60, &rest)).unwrap();
    assert_eq!((headers.proto, headers.src_port, headers.dest_port), (proto::UDP, 1, 2));
}
