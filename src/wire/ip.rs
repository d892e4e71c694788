//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use super::parse::Headers;
use super::reject::Reject;
use super::{be16, bytes_at, checksum, proto};

/// Where an IP header leads.
pub(super) struct Ip {
    /// Transport header, from the start of the frame.
    pub(super) transport: usize,
    /// Where the IP packet ends, from the start of the frame, as the header says.
    pub(super) end: usize,
}

/// Most IPv6 extension headers of a packet; RFC 8504 section 5.3 lets hosts refuse long chains.
const MAX_EXTENSIONS: usize = 8;

/// An IPv4 address in the first of 16 bytes. Written as whole words, so that the
/// flow key can read them back as words at once.
#[inline]
fn address4(bytes: [u8; 4]) -> [u8; 16] {
    u128::from(u32::from_le_bytes(bytes)).to_le_bytes()
}

/// Reads the IPv4 header at `offset`. `wire_len` is the frame's length on the
/// wire, which may be more than was captured. What the header says of the packet
/// goes into `headers`.
#[inline(always)] // as parse::from_network
pub(super) fn v4(
    frame: &[u8],
    offset: usize,
    wire_len: usize,
    verify: bool,
    headers: &mut Headers,
) -> Result<Ip, Reject> {
    let header = bytes_at::<20>(frame, offset).ok_or(Reject::Ipv4Truncated)?;
    let [
        version_ihl,
        _tos,
        length_high,
        length_low,
        _id_high,
        _id_low,
        fragment_high,
        fragment_low,
        ttl,
        proto,
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
    ] = *header;
    if version_ihl >> 4 != 4 {
        return Err(Reject::Ipv4BadVersion);
    }
    let words = version_ihl & 0x0f;
    if words < 5 {
        return Err(Reject::Ipv4BadIhl);
    }
    let header_len = usize::from(words).saturating_mul(4);
    let total = usize::from(u16::from_be_bytes([length_high, length_low]));
    // A total length of 0 is what a sender's own capture shows of a segment that the NIC will cut (TSO): the frame
    // says how long it is.
    let total = if total == 0 { wire_len.saturating_sub(offset) } else { total };
    if total < header_len {
        return Err(Reject::Ipv4BadTotalLength);
    }
    let end = offset.saturating_add(total);
    if end > wire_len {
        return Err(Reject::Ipv4LengthBeyondFrame);
    }
    let transport = offset.saturating_add(header_len);
    if header_len > 20 || verify {
        let header = frame.get(offset..transport).ok_or(Reject::Ipv4Truncated)?;
        if header_len > 20 {
            check_options(header.get(20..).unwrap_or(&[]))?;
        }
        if verify && !checksum::is_right(header) {
            return Err(Reject::Ipv4BadChecksum);
        }
    }
    // RFC 791 section 3.1: bit 2 is "more fragments", the low 13 bits are the offset.
    headers.fragment = u16::from_be_bytes([fragment_high, fragment_low]) & 0x3fff != 0;
    headers.src = address4([s0, s1, s2, s3]);
    headers.dest = address4([d0, d1, d2, d3]);
    headers.proto = proto;
    headers.ttl = ttl;
    Ok(Ip { transport, end })
}

/// RFC 791 section 3.1: an option is one byte (end, no-operation) or type, length, data.
fn check_options(options: &[u8]) -> Result<(), Reject> {
    let mut rest = options;
    while let [kind, after @ ..] = rest {
        match kind {
            0 => return Ok(()),
            1 => rest = after,
            _ => {
                let length = usize::from(*after.first().ok_or(Reject::Ipv4BadOption)?);
                if length < 2 {
                    return Err(Reject::Ipv4BadOption);
                }
                rest = rest.get(length..).ok_or(Reject::Ipv4BadOption)?;
            }
        }
    }
    Ok(())
}

/// Reads the IPv6 header at `offset` and walks its extension headers.
pub(super) fn v6(frame: &[u8], offset: usize, wire_len: usize, headers: &mut Headers) -> Result<Ip, Reject> {
    let version = frame.get(offset).ok_or(Reject::Ipv6Truncated)? >> 4;
    if version != 6 {
        return Err(Reject::Ipv6BadVersion);
    }
    let [payload_high, payload_low, next, hop_limit] =
        *bytes_at::<4>(frame, offset.saturating_add(4)).ok_or(Reject::Ipv6Truncated)?;
    headers.src = *bytes_at::<16>(frame, offset.saturating_add(8)).ok_or(Reject::Ipv6Truncated)?;
    headers.dest = *bytes_at::<16>(frame, offset.saturating_add(24)).ok_or(Reject::Ipv6Truncated)?;
    let after = offset.saturating_add(40);
    let payload = usize::from(u16::from_be_bytes([payload_high, payload_low]));
    // Length 0 with a payload is a jumbogram (RFC 2675) or a segment that the sender's NIC will cut: as for IPv4,
    // the frame says how long it is.
    let end = if payload == 0 { wire_len } else { after.saturating_add(payload) };
    if end > wire_len {
        return Err(Reject::Ipv6LengthBeyondFrame);
    }
    headers.proto = next;
    headers.ttl = hop_limit;
    headers.fragment = false;
    let mut ip = Ip { transport: after, end };
    for position in 0..=MAX_EXTENSIONS {
        let at = ip.transport;
        // RFC 8200 section 4: the extension headers, and how each says its length.
        let length = match headers.proto {
            // Hop-by-hop options, routing, destination options, mobility (RFC 6275), HIP (RFC 7401), shim6 (RFC 5533).
            0 | 43 | 60 | 135 | 139 | 140 => {
                // "The Hop-by-Hop Options header ... must immediately follow the IPv6 header."
                if headers.proto == 0 && position != 0 {
                    return Err(Reject::Ipv6HopByHopNotFirst);
                }
                let units = *frame.get(at.saturating_add(1)).ok_or(Reject::Ipv6ExtensionTruncated)?;
                usize::from(units).saturating_add(1).saturating_mul(8)
            }
            // Authentication header, RFC 4302: length in 4-byte units minus 2.
            51 => {
                let units = *frame.get(at.saturating_add(1)).ok_or(Reject::Ipv6ExtensionTruncated)?;
                usize::from(units).saturating_add(2).saturating_mul(4)
            }
            // Fragment header: 8 bytes; offset and more-flag both zero is an atomic fragment (RFC 6946), a whole packet.
            44 => {
                let field = be16(frame, at.saturating_add(2)).ok_or(Reject::Ipv6ExtensionTruncated)?;
                let after = at.saturating_add(8);
                if after <= ip.end && after <= frame.len() && field & 0xfff9 != 0 {
                    headers.fragment = true;
                    return Ok(ip);
                }
                8
            }
            // RFC 8200 section 4.7: nothing follows "no next header", and what does is ignored.
            59 => {
                ip.end = at;
                return Ok(ip);
            }
            _ => return Ok(ip),
        };
        let next = at.saturating_add(length);
        if next > ip.end || next > frame.len() {
            return Err(Reject::Ipv6ExtensionTruncated);
        }
        headers.proto = *frame.get(at).ok_or(Reject::Ipv6ExtensionTruncated)?;
        ip.transport = next;
    }
    Err(Reject::Ipv6TooManyExtensions)
}

/// True for protocols whose first four bytes are two ports.
pub(super) const fn has_ports(proto: u8) -> bool {
    matches!(proto, proto::TCP | proto::UDP | proto::SCTP)
}
