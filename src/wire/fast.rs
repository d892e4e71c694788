//! The short way for the packet that most are: TCP over IPv4 without IP options, right behind an Ethernet header.

use super::parse::{Headers, TcpHeader};
use super::{checksum, proto};

/// Ethernet, IPv4 and TCP headers, all without options.
const LENGTH: usize = 54;
const IP_AT: u32 = 14;
const TCP_AT: u32 = 34;

/// Reads the headers of such a frame; false, and nothing is written, for any other and for one that has anything wrong
/// with it. Where it says true, the long way says the same.
#[inline]
pub(super) fn tcp4(frame: &[u8], wire_len: usize, verify_checksum: bool, headers: &mut Headers) -> bool {
    let Some(header) = frame.first_chunk::<LENGTH>() else { return false };
    // Names as in RFC 791 section 3.1 and RFC 9293 section 3.1.
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
        _, // IPv4
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3, //
        sp0,
        sp1,
        dp0,
        dp1,
        q0,
        q1,
        q2,
        q3,
        a0,
        a1,
        a2,
        a3,
        data_offset,
        flags,
        w0,
        w1,
        _,
        _,
        _,
        _, // TCP
    ] = *header;
    let kind = u32::from_be_bytes([type_high, type_low, version_ihl, protocol]);
    let fragment = u16::from_be_bytes([fragment_high, fragment_low]) & 0x3fff;
    let header_len = u32::from(data_offset >> 4).wrapping_mul(4);
    let total = u32::from(u16::from_be_bytes([length_high, length_low]));
    let payload_at = TCP_AT.wrapping_add(header_len);
    let end = IP_AT.wrapping_add(total);
    let end_at = usize::try_from(end).unwrap_or(usize::MAX);
    let is_plain = kind == u32::from_be_bytes([0x08, 0x00, 0x45, proto::TCP]) && fragment == 0;
    if !is_plain || header_len < 20 || payload_at > end || end_at > wire_len {
        return false;
    }
    if verify_checksum && !header.get(14..34).is_some_and(checksum::is_right) {
        return false;
    }
    // Where the capture cut the frame, some or all of the payload is missing.
    let held_end = u32::try_from(end_at.min(frame.len())).unwrap_or(end);
    let held_at = payload_at.min(held_end);
    *headers = Headers {
        src: address(s0, s1, s2, s3),
        dest: address(d0, d1, d2, d3),
        src_port: u16::from_be_bytes([sp0, sp1]),
        dest_port: u16::from_be_bytes([dp0, dp1]),
        proto: proto::TCP,
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
        transport_at: TCP_AT,
        payload_at: held_at,
        payload_len: held_end.wrapping_sub(held_at),
        missing_len: end.wrapping_sub(payload_at).wrapping_sub(held_end.wrapping_sub(held_at)),
        tcp: TcpHeader {
            seq: u32::from_be_bytes([q0, q1, q2, q3]),
            ack: u32::from_be_bytes([a0, a1, a2, a3]),
            window: u16::from_be_bytes([w0, w1]),
            flags,
        },
    };
    true
}

#[inline]
fn address(a: u8, b: u8, c: u8, d: u8) -> [u8; 16] {
    u128::from(u32::from_le_bytes([a, b, c, d])).to_le_bytes()
}
