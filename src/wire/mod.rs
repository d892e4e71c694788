//! Headers as they stand on the wire: views, checksums, and the builder of forged packets.
//!
//! [`parse`] walks one frame from its link layer to the transport payload and
//! proves every length on the way; what it returns are plain values and offsets
//! that lie within the frame. [`parse_into`] goes on through tunnels to the
//! innermost packet ([`Tunnels`]), and knows ICMP errors by what they quote
//! ([`quote`]). Each way a header can be wrong is one [`Reject`]
//! variant, which is one counter. No state, no allocation, no panic.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

pub mod checksum;
mod fast;
pub mod forge;
mod ip;
mod link;
mod parse;
pub mod quote;
mod reject;
mod transport;
mod tunnel;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)] // a test may fail loudly
mod tests;

pub use link::{LinkType, Resumed, bare_packet};
pub use parse::{Headers, Reading, TcpHeader, parse, parse_into, resume_into};
pub use quote::Quote;
pub use reject::{REJECT_COUNT, Reject};
pub use tunnel::{MAX_TUNNEL_PORTS, TUNNEL_STOP_COUNT, TunnelStop, Tunnels};

/// IP protocol numbers (IANA "Protocol Numbers") that are looked into.
pub mod proto {
    /// ICMP, RFC 792.
    pub const ICMP: u8 = 1;
    /// IPv4 within IP, RFC 2003.
    pub const IPV4: u8 = 4;
    /// TCP, RFC 9293.
    pub const TCP: u8 = 6;
    /// UDP, RFC 768.
    pub const UDP: u8 = 17;
    /// IPv6 within IP, RFC 4213 and RFC 2473.
    pub const IPV6: u8 = 41;
    /// GRE, RFC 2784.
    pub const GRE: u8 = 47;
    /// ICMPv6, RFC 4443.
    pub const ICMPV6: u8 = 58;
    /// SCTP, RFC 9260.
    pub const SCTP: u8 = 132;
}

/// TCP flag bits, RFC 9293 section 3.1.
pub mod tcp_flag {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push.
    pub const PSH: u8 = 0x08;
    /// The acknowledgement field counts.
    pub const ACK: u8 = 0x10;
    /// The urgent pointer counts.
    pub const URG: u8 = 0x20;
    /// ECN echo, RFC 3168.
    pub const ECE: u8 = 0x40;
    /// Congestion window reduced, RFC 3168.
    pub const CWR: u8 = 0x80;
}

/// `N` bytes at `offset`, if the frame has them.
#[inline]
fn bytes_at<const N: usize>(frame: &[u8], offset: usize) -> Option<&[u8; N]> {
    frame.get(offset..)?.first_chunk::<N>()
}

/// Big-endian 16-bit number at `offset`.
#[inline]
fn be16(frame: &[u8], offset: usize) -> Option<u16> {
    bytes_at::<2>(frame, offset).map(|bytes| u16::from_be_bytes(*bytes))
}
