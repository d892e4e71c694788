//! The packet that an ICMP error quotes.
//!
//! Errors quote the header of the packet that caused them and at least its first
//! eight bytes (RFC 792; RFC 4443 section 3: as much as fits), so addresses and
//! ports of the connection are there. The packet that is quoted went the other way: its
//! source is where the error goes.

use super::parse::Headers;
use super::{be16, bytes_at, ip, proto};

/// The tuple of a packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Source address; IPv4 in the first four bytes.
    pub src: [u8; 16],
    /// Destination address.
    pub dest: [u8; 16],
    /// Source port; 0 where there is none, and in fragments after the first.
    pub src_port: u16,
    /// Destination port.
    pub dest_port: u16,
    /// IP protocol number.
    pub proto: u8,
    /// True for IPv6.
    pub v6: bool,
}

/// Types of ICMP errors: destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792).
const ERRORS4: [u16; 5] = [3, 4, 5, 11, 12];

/// ICMPv6 errors: destination unreachable, packet too big, time exceeded, parameter problem (RFC 4443 section 2.1).
const ERRORS6: [u16; 4] = [1, 2, 3, 4];

/// What the packet quotes; `None` when it is no ICMP error, or one whose quote does not reach to the ports.
#[must_use]
pub fn of(frame: &[u8], headers: &Headers) -> Option<Quote> {
    let is_error = match headers.proto {
        proto::ICMP => ERRORS4.contains(&headers.src_port),
        proto::ICMPV6 => ERRORS6.contains(&headers.src_port),
        _ => false,
    };
    if !is_error || headers.fragment {
        return None;
    }
    let start = usize::try_from(headers.transport_at).ok()?;
    let end = usize::try_from(headers.payload_at.checked_add(headers.payload_len)?).ok()?;
    // The quote follows eight bytes of ICMP header. It is cut, so its own lengths reach beyond it.
    let at = start.checked_add(8)?;
    let packet = frame.get(..end)?;
    let v6 = headers.proto == proto::ICMPV6;
    let mut quoted = Headers::default();
    let transport = if v6 {
        ip::v6(packet, at, usize::MAX, &mut quoted).ok()?.transport
    } else {
        ip::v4(packet, at, usize::MAX, false, &mut quoted).ok()?.transport
    };
    let mut quote = Quote { src: quoted.src, dest: quoted.dest, src_port: 0, dest_port: 0, proto: quoted.proto, v6 };
    // A first fragment has ports; for IPv6 the walk ends at the fragment header, which names the protocol.
    let (transport, is_first) = if quoted.fragment && v6 {
        let [next, _, high, low] = *bytes_at::<4>(packet, transport)?;
        quote.proto = next;
        (transport.checked_add(8)?, u16::from_be_bytes([high, low]) & 0xfff8 == 0)
    } else {
        (transport, be16(packet, at.checked_add(6)?)? & 0x1fff == 0 || v6)
    };
    if is_first && matches!(quote.proto, proto::TCP | proto::UDP) {
        quote.src_port = be16(packet, transport)?;
        quote.dest_port = be16(packet, transport.checked_add(2)?)?;
    }
    Some(quote)
}

impl Quote {
    /// The exclusive-or of all its addresses' and ports' 16-bit words: the same for both directions of the
    /// connection, and all that the symmetric steering hash depends on.
    #[must_use]
    pub fn fold(&self) -> u16 {
        let wide = u128::from_be_bytes(self.src) ^ u128::from_be_bytes(self.dest);
        let words = wide.to_be_bytes();
        let (pairs, _) = words.as_chunks::<2>();
        pairs.iter().fold(self.src_port ^ self.dest_port, |fold, pair| fold ^ u16::from_be_bytes(*pair))
    }
}
