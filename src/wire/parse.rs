//! One frame, from its link layer to its payload.

use super::fast;
use super::ip;
use super::link::{self, LinkType, Network, Resumed};
use super::reject::Reject;
use super::transport;
use super::tunnel::{self, TunnelStop, Tunnels};

/// Fields of a TCP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number; counts only with the ACK flag.
    pub ack: u32,
    /// Window as it stands, not scaled.
    pub window: u16,
    /// The eight flag bits, [`super::tcp_flag`].
    pub flags: u8,
}

/// What the headers of a packet say: a frame's, or the innermost one's where
/// tunnels are looked into. All offsets are from the frame's first byte
/// and lie within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// Source address; IPv4 in the first four bytes.
    pub src: [u8; 16],
    /// Destination address.
    pub dest: [u8; 16],
    /// Source port; ICMP: type; 0 where the protocol has none, and for fragments.
    pub src_port: u16,
    /// Destination port; ICMP: code.
    pub dest_port: u16,
    /// IP protocol number, after any IPv6 extension headers; 44 (the fragment header) for an IPv6 fragment.
    pub proto: u8,
    /// True for IPv6.
    pub v6: bool,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// An MPLS label stack was peeled off, whose labels say one direction only.
    pub mpls: bool,
    /// An IP fragment: ports and payload are not known.
    pub fragment: bool,
    /// An ICMP error that quotes a packet, which [`super::quote::of`] reads.
    pub icmp_error: bool,
    /// Tunnels around this packet; 0 for one that is in none.
    pub tunnel: u8,
    /// Why the walk into a tunnel stopped here.
    pub stop: Option<TunnelStop>,
    /// The virtual network that the tunnels name, as a number that is the same for both directions; 0 where they
    /// name none.
    pub tenant: u16,
    /// The two outer VLAN ids, from the outside in; 0 where there is none.
    pub vlan: [u16; 2],
    /// IP header.
    pub network_at: u32,
    /// Transport header.
    pub transport_at: u32,
    /// Payload of the transport protocol.
    pub payload_at: u32,
    /// Bytes of payload that the frame holds.
    pub payload_len: u32,
    /// Bytes of payload that the packet had and the capture cut off.
    pub missing_len: u32,
    /// Valid for TCP.
    pub tcp: TcpHeader,
}

impl Headers {
    /// The payload within `frame`.
    #[must_use]
    #[inline]
    pub fn payload<'frame>(&self, frame: &'frame [u8]) -> &'frame [u8] {
        let start = usize::try_from(self.payload_at).unwrap_or(usize::MAX);
        let length = usize::try_from(self.payload_len).unwrap_or(0);
        frame.get(start..).and_then(|rest| rest.get(..length)).unwrap_or(&[])
    }

    /// Transport header and payload within `frame`, without what a link layer appends.
    #[must_use]
    #[inline]
    pub fn segment<'frame>(&self, frame: &'frame [u8]) -> &'frame [u8] {
        let start = usize::try_from(self.transport_at).unwrap_or(usize::MAX);
        let end = usize::try_from(self.payload_at.saturating_add(self.payload_len)).unwrap_or(0);
        frame.get(start..end).unwrap_or(&[])
    }

    /// The fixed part of a TCP header and its options, within `frame`.
    #[must_use]
    #[inline]
    pub fn tcp_header<'frame>(&self, frame: &'frame [u8]) -> (Option<&'frame [u8; 20]>, &'frame [u8]) {
        let start = usize::try_from(self.transport_at).unwrap_or(usize::MAX);
        let end = usize::try_from(self.payload_at).unwrap_or(0);
        let header = frame.get(start..end).unwrap_or(&[]);
        header.split_first_chunk::<20>().map_or((None, &[]), |(fixed, options)| (Some(fixed), options))
    }
}

/// Reads the headers of the outermost packet in `frame`, whose first byte is a
/// `link` header's.
///
/// `wire_len` is the frame's length on the wire, which may be more than
/// `frame.len()` where a capture was cut. `verify_checksum` checks the IPv4
/// header checksum; a NIC that checks it itself makes that unnecessary, and
/// captures taken on the sending host may not have one yet.
///
/// # Errors
/// The one reason why the frame cannot be analysed.
pub fn parse(link: LinkType, frame: &[u8], wire_len: u32, verify_checksum: bool) -> Result<Headers, Reject> {
    let mut headers = Headers::default();
    parse_into(link, frame, wire_len, verify_checksum, &Tunnels::none(), &mut headers)?;
    Ok(headers)
}

/// Whether a packet is more than its own headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A whole packet by itself.
    Plain,
    /// A fragment, a packet within a tunnel, what may be a tunnel and was not looked into, or an ICMP message: see
    /// [`Headers::fragment`], [`Headers::tunnel`], [`Headers::stop`] and [`Headers::icmp_error`].
    Marked,
}

/// Reads the headers of the innermost packet in `frame` that `tunnels` lead to,
/// into a place that is there already: the packet path's form, which moves
/// nothing. Arguments are those of [`parse`]. After an error `headers` means nothing.
///
/// # Errors
/// As [`parse`], of whichever packet.
#[inline]
pub fn parse_into(
    link: LinkType,
    frame: &[u8],
    wire_len: u32,
    verify_checksum: bool,
    tunnels: &Tunnels,
    headers: &mut Headers,
) -> Result<Reading, Reject> {
    let wire_len = usize::try_from(wire_len).unwrap_or(usize::MAX).max(frame.len());
    if link == LinkType::Ethernet
        && fast::plain4(frame, wire_len, verify_checksum, headers)
        && !tunnels.concern(headers)
    {
        return Ok(Reading::Plain);
    }
    parse_any(link, frame, wire_len, verify_checksum, tunnels, headers)
}

/// [`parse_into`] for frames of any kind.
pub(super) fn parse_any(
    link: LinkType,
    frame: &[u8],
    wire_len: usize,
    verify_checksum: bool,
    tunnels: &Tunnels,
    headers: &mut Headers,
) -> Result<Reading, Reject> {
    let network = link::network(link, frame)?;
    (headers.tunnel, headers.tenant) = (0, 0);
    if link == LinkType::Resumed {
        let Resumed { tunnel, tenant, .. } = Resumed::read(frame)?;
        (headers.tunnel, headers.tenant) = (tunnel, tenant);
    }
    from_network(frame, &network, wire_len, verify_checksum, headers)?;
    onwards(frame, verify_checksum, tunnels, headers)
}

/// Reads on from the IP header at `outer.network_at`: that of a packet which was
/// put together from fragments with the headers `outer`, and reaches to the end
/// of `frame`. What stands before it has been read, and does not count.
///
/// # Errors
/// As [`parse_into`].
pub fn resume_into(frame: &[u8], outer: &Headers, tunnels: &Tunnels, headers: &mut Headers) -> Result<Reading, Reject> {
    let Headers { v6, vlan, mpls, tunnel, tenant, .. } = *outer;
    let offset = usize::try_from(outer.network_at).unwrap_or(usize::MAX);
    let network = Network { offset, v6, vlan, mpls };
    (headers.tunnel, headers.tenant) = (tunnel, tenant);
    // The header is the defragmenter's, so its checksum says nothing of what arrived.
    within(frame, &network, frame.len(), false, headers)?;
    onwards(frame, false, tunnels, headers)
}

/// From the packet in `headers` on through tunnels, if there are any.
#[inline]
fn onwards(frame: &[u8], verify: bool, tunnels: &Tunnels, headers: &mut Headers) -> Result<Reading, Reject> {
    if tunnels.concern(headers) {
        tunnel::descend(frame, verify, tunnels, headers)?;
        return Ok(Reading::Marked);
    }
    let marked = headers.fragment || headers.tunnel != 0;
    Ok(if marked { Reading::Marked } else { Reading::Plain })
}

/// [`from_network`] in a copy of its own, for what is rare.
#[inline(never)]
pub(super) fn within(
    frame: &[u8],
    network: &Network,
    wire_len: usize,
    verify_checksum: bool,
    headers: &mut Headers,
) -> Result<(), Reject> {
    from_network(frame, network, wire_len, verify_checksum, headers)
}

/// Reads IP and transport headers. `frame` ends where the layer around them does, or earlier where the capture was
/// cut; `wire_len` is where it would have ended. What tunnels say of the packet is the caller's to fill in.
#[inline(always)] // it is most of the parser's work, and most packets need nothing else
fn from_network(
    frame: &[u8],
    network: &Network,
    wire_len: usize,
    verify_checksum: bool,
    headers: &mut Headers,
) -> Result<(), Reject> {
    headers.v6 = network.v6;
    headers.mpls = network.mpls;
    headers.vlan = network.vlan;
    headers.icmp_error = false;
    headers.stop = None;
    let ip = if network.v6 {
        ip::v6(frame, network.offset, wire_len, headers)?
    } else {
        ip::v4(frame, network.offset, wire_len, verify_checksum, headers)?
    };
    headers.network_at = narrow(network.offset);
    headers.transport_at = narrow(ip.transport);
    if headers.fragment {
        headers.payload_at = headers.transport_at;
        (headers.src_port, headers.dest_port) = (0, 0);
        (headers.payload_len, headers.missing_len) = (0, 0);
        headers.tcp = TcpHeader::default();
        return Ok(());
    }
    let transport = transport::read(frame, ip.transport, ip.end, headers.proto)?;
    let held = transport.end.min(frame.len()).saturating_sub(transport.payload);
    headers.src_port = transport.src_port;
    headers.dest_port = transport.dest_port;
    headers.payload_at = narrow(transport.payload.min(frame.len()));
    headers.payload_len = narrow(held);
    headers.missing_len = narrow(transport.end.saturating_sub(transport.payload).saturating_sub(held));
    headers.tcp = transport.tcp;
    Ok(())
}

impl Headers {
    /// Whether the packet's transport header has ports that steering hashes:
    /// TCP, UDP and SCTP would, but NICs agree only on TCP and UDP.
    #[must_use]
    pub const fn steers_by_ports(&self) -> bool {
        !self.fragment && ip::has_ports(self.proto) && self.proto != super::proto::SCTP
    }
}

/// Offsets fit 32 bits, since no frame is longer; saturates rather than wraps.
#[inline]
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
