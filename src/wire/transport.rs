//! TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, RFC 4443) and SCTP (RFC 9260) headers.

use super::parse::TcpHeader;
use super::reject::Reject;
use super::{be16, bytes_at, proto};

/// Ports and payload of a transport header.
pub(super) struct Transport {
    pub(super) src_port: u16,
    pub(super) dest_port: u16,
    /// Payload, from the start of the frame.
    pub(super) payload: usize,
    /// Where the payload ends; past the frame's end when the capture cut it.
    pub(super) end: usize,
    pub(super) tcp: TcpHeader,
}

/// Reads the transport header at `at` of an IP packet that ends at `end`.
#[inline(always)] // as parse::from_network
pub(super) fn read(frame: &[u8], at: usize, end: usize, protocol: u8) -> Result<Transport, Reject> {
    // Padding after the IP packet (Ethernet's minimum length) is no part of it.
    let packet = frame.get(..end.min(frame.len())).unwrap_or(frame);
    let tcp = TcpHeader::default();
    match protocol {
        proto::TCP => tcp_header(packet, at, end),
        proto::UDP => {
            let header = bytes_at::<8>(packet, at).ok_or(Reject::UdpTruncated)?;
            let [s0, s1, d0, d1, l0, l1, _, _] = *header;
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            let room = end.saturating_sub(at);
            // Length 0 is a jumbogram's (RFC 2675) or an offloaded segment's: the IP header says how long it is.
            let length = if length == 0 { room } else { length };
            if length < 8 || length > room {
                return Err(Reject::UdpBadLength);
            }
            Ok(Transport {
                src_port: u16::from_be_bytes([s0, s1]),
                dest_port: u16::from_be_bytes([d0, d1]),
                payload: at.saturating_add(8),
                end: at.saturating_add(length),
                tcp,
            })
        }
        proto::ICMP | proto::ICMPV6 => {
            let truncated = if protocol == proto::ICMP { Reject::IcmpTruncated } else { Reject::Icmpv6Truncated };
            let [kind, code, _, _] = *bytes_at::<4>(packet, at).ok_or(truncated)?;
            Ok(Transport {
                src_port: u16::from(kind),
                dest_port: u16::from(code),
                payload: at.saturating_add(4),
                end,
                tcp,
            })
        }
        proto::SCTP => Ok(Transport {
            src_port: be16(packet, at).ok_or(Reject::SctpTruncated)?,
            dest_port: be16(packet, at.saturating_add(2)).ok_or(Reject::SctpTruncated)?,
            payload: at.saturating_add(4),
            end,
            tcp,
        }),
        _ => Ok(Transport { src_port: 0, dest_port: 0, payload: at.min(packet.len()), end, tcp }),
    }
}

#[inline(always)] // as read
fn tcp_header(packet: &[u8], at: usize, end: usize) -> Result<Transport, Reject> {
    let header = bytes_at::<20>(packet, at).ok_or(Reject::TcpTruncated)?;
    let [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1, _, _, _, _] = *header;
    let words = offset >> 4;
    // RFC 9293 section 3.1: the data offset counts 32-bit words, and the header without options has five.
    if words < 5 {
        return Err(Reject::TcpBadOffset);
    }
    let payload = at.saturating_add(usize::from(words).saturating_mul(4));
    if payload > end {
        return Err(Reject::TcpOffsetBeyondSegment);
    }
    Ok(Transport {
        src_port: u16::from_be_bytes([s0, s1]),
        dest_port: u16::from_be_bytes([d0, d1]),
        payload,
        end,
        tcp: TcpHeader {
            seq: u32::from_be_bytes([q0, q1, q2, q3]),
            ack: u32::from_be_bytes([a0, a1, a2, a3]),
            window: u16::from_be_bytes([w0, w1]),
            flags,
        },
    })
}
