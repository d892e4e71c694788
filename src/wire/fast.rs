//! The short way for the packets that most are: TCP or UDP over IPv4 without IP options, right behind an Ethernet header.

use super::parse::{Headers, TcpHeader};
use super::{checksum, proto};

/// Ethernet and IPv4 headers, without options.
const NETWORK: usize = 34;
const IP_AT: u32 = 14;
const TRANSPORT_AT: u32 = 34;

/// Reads the headers of such a frame; false, and nothing is written, for any other and for one that has anything wrong
/// with it. Where it says true, the long way says the same, tunnels aside.
#[inline]
pub(super) fn plain4(frame: &[u8], wire_len: usize, verify_checksum: bool, headers: &mut Headers) -> bool {
    let Some((network, rest)) = frame.split_first_chunk::<NETWORK>() else { return false };
    // Names as in RFC 791 section 3.1.
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        type_high,
        type_low, // Ethernet
        version_ihl,
        _,
        length_high,
        length_low,
        _,
        _,
        fragment_high,
        fragment_low,
        ttl,
        protocol,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = *network;
    let fragment = u16::from_be_bytes([fragment_high, fragment_low]) & 0x3fff;
    let end = IP_AT.wrapping_add(u32::from(u16::from_be_bytes([length_high, length_low])));
    let end_at = usize::try_from(end).unwrap_or(usize::MAX);
    let is_ipv4 = u32::from_be_bytes([type_high, type_low, version_ihl, 0]) == 0x0800_4500;
    if !is_ipv4 || fragment != 0 || end_at > wire_len {
        return false;
    }
    let transport = match protocol {
        proto::TCP => tcp(rest, end),
        proto::UDP => udp(rest, end),
        _ => None,
    };
    let Some(transport) = transport else { return false };
    if verify_checksum && !network.split_at_checked(14).is_some_and(|(_, header)| checksum::is_right(header)) {
        return false;
    }
    let Transport { ports, payload_at, end, tcp } = transport;
    let [sp0, sp1, dp0, dp1] = ports;
    // Where the capture cut the frame, some or all of the payload is missing.
    let held_end = u32::try_from(frame.len()).map_or(end, |len| end.min(len));
    let held_at = payload_at.min(held_end);
    *headers = Headers {
        src: address(s0, s1, s2, s3),
        dest: address(d0, d1, d2, d3),
        src_port: u16::from_be_bytes([sp0, sp1]),
        dest_port: u16::from_be_bytes([dp0, dp1]),
        proto: protocol,
        v6: false,
        ttl,
        mpls: false,
        fragment: false,
        tunnel: 0,
        tenant: 0,
        stop: None,
        icmp_error: false,
        vlan: [0; 2],
        network_at: IP_AT,
        transport_at: TRANSPORT_AT,
        payload_at: held_at,
        payload_len: held_end.wrapping_sub(held_at),
        missing_len: end.wrapping_sub(payload_at).wrapping_sub(held_end.wrapping_sub(held_at)),
        tcp,
    };
    true
}

/// What a transport header says. Both places are counted from the frame's first byte.
struct Transport {
    ports: [u8; 4],
    payload_at: u32,
    /// Where the payload ends, whether captured or not.
    end: u32,
    tcp: TcpHeader,
}

/// The header in `bytes` of a TCP segment that ends at `end`.
#[inline]
fn tcp(bytes: &[u8], end: u32) -> Option<Transport> {
    // Names as in RFC 9293 section 3.1.
    let [sp0, sp1, dp0, dp1, q0, q1, q2, q3, a0, a1, a2, a3, data_offset, flags, w0, w1, _, _, _, _] =
        *bytes.first_chunk::<20>()?;
    let header_len = u32::from(data_offset >> 4).wrapping_mul(4);
    let payload_at = TRANSPORT_AT.wrapping_add(header_len);
    (header_len >= 20 && payload_at <= end).then_some(Transport {
        ports: [sp0, sp1, dp0, dp1],
        payload_at,
        end,
        tcp: TcpHeader {
            seq: u32::from_be_bytes([q0, q1, q2, q3]),
            ack: u32::from_be_bytes([a0, a1, a2, a3]),
            window: u16::from_be_bytes([w0, w1]),
            flags,
        },
    })
}

/// The header in `bytes` of a UDP datagram in an IP packet that ends at `end`. Lengths of 0, which the IP header
/// decides, go the long way.
#[inline]
fn udp(bytes: &[u8], end: u32) -> Option<Transport> {
    let [sp0, sp1, dp0, dp1, l0, l1, _, _] = *bytes.first_chunk::<8>()?;
    let length = u32::from(u16::from_be_bytes([l0, l1]));
    let own_end = TRANSPORT_AT.wrapping_add(length);
    (length >= 8 && own_end <= end).then_some(Transport {
        ports: [sp0, sp1, dp0, dp1],
        payload_at: TRANSPORT_AT.wrapping_add(8),
        end: own_end,
        tcp: TcpHeader::default(),
    })
}

#[inline]
fn address(a: u8, b: u8, c: u8, d: u8) -> [u8; 16] {
    u128::from(u32::from_le_bytes([a, b, c, d])).to_le_bytes()
}
