//! Tunnels: from a packet to the innermost one that it carries.
//!
//! | carried in | recognised by | source |
//! |---|---|---|
//! | IPv4 or IPv6 in IP | protocol 4 or 41 | RFC 2003, RFC 4213, RFC 2473 |
//! | GRE: IP, Ethernet, MPLS | protocol 47 | RFC 2784, RFC 2890 |
//! | VXLAN: Ethernet | UDP port and header | RFC 7348 |
//! | GENEVE: IP, Ethernet | UDP port and header | RFC 8926 |
//! | GTP-U: IP | UDP port and header | 3GPP TS 29.281 |
//!
//! The walk goes inwards until a layer carries no tunnel that is looked into. A
//! protocol number says for certain what follows, so what is malformed there is a
//! [`Reject`]. A UDP port says it only by custom: unless the tunnel's header and
//! the packet within it read well, the datagram stays the datagram it is, and a
//! [`TunnelStop`] says why. Each layer lies within the one around it; lengths,
//! offsets and the capture's cut are checked as for a packet without a tunnel.
//!
//! Work is bounded: [`Tunnels::depth`] levels, eight extension headers a GTP-U header.

mod geneve;
mod gre;
mod gtpu;
mod stop;
mod vxlan;

use super::link::{self, Network};
use super::parse::{self, Headers};
use super::reject::Reject;
use super::{proto, quote};
pub use stop::{TUNNEL_STOP_COUNT, TunnelStop};

/// Most UDP ports a kind of tunnel may have.
pub const MAX_TUNNEL_PORTS: usize = 4;

/// Places for ports: three kinds', and four that are never used.
const PORTS: usize = 4 * MAX_TUNNEL_PORTS;

/// Which tunnels are looked into, and how deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnels {
    /// UDP ports of VXLAN, GENEVE and GTP-U, four places each; 0 is no port. Two registers' worth, so that all are
    /// compared at once.
    ports: [u16; PORTS],
    depth: u8,
    ipv4: bool,
    ipv6: bool,
    gre: bool,
    tenants: bool,
}

/// What a UDP port is for, in the order of its places in [`Tunnels::ports`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UdpTunnel {
    Vxlan,
    Geneve,
    Gtpu,
}

impl Tunnels {
    /// No tunnel is looked into.
    #[must_use]
    pub const fn none() -> Self {
        Self { ports: [0; PORTS], depth: 0, ipv4: false, ipv6: false, gre: false, tenants: true }
    }

    /// All tunnels at the ports that IANA and 3GPP name, four levels deep.
    #[must_use]
    pub fn all() -> Self {
        Self::none().with_ip(true, true).with_gre(true).with_udp(&[4789], &[6081], &[2152]).with_depth(4)
    }

    /// Looks at most `depth` levels deep; 0: not at all.
    #[must_use]
    pub const fn with_depth(self, depth: u8) -> Self {
        Self { depth, ..self }
    }

    /// IPv4 (protocol 4) and IPv6 (protocol 41) directly in IP.
    #[must_use]
    pub const fn with_ip(self, ipv4: bool, ipv6: bool) -> Self {
        Self { ipv4, ipv6, ..self }
    }

    /// GRE.
    #[must_use]
    pub const fn with_gre(self, gre: bool) -> Self {
        Self { gre, ..self }
    }

    /// VXLAN, GENEVE and GTP-U at these destination ports, of which the first [`MAX_TUNNEL_PORTS`] count; no
    /// port: not looked into.
    #[must_use]
    pub fn with_udp(self, vxlan: &[u16], geneve: &[u16], gtpu: &[u16]) -> Self {
        let mut ports = [0; PORTS];
        for (places, wanted) in ports.chunks_mut(MAX_TUNNEL_PORTS).zip([vxlan, geneve, gtpu]) {
            for (place, port) in places.iter_mut().zip(wanted) {
                *place = *port;
            }
        }
        Self { ports, ..self }
    }

    /// Whether the network that a VXLAN or GENEVE identifier or a GRE key names goes into [`Headers::tenant`].
    #[must_use]
    pub const fn with_tenants(self, tenants: bool) -> Self {
        Self { tenants, ..self }
    }

    /// True when the outermost packet may be a tunnel or an ICMP error, which [`descend`] then finds out.
    #[inline]
    pub(super) fn concern(&self, headers: &Headers) -> bool {
        match headers.proto {
            proto::TCP => false,
            // No early end: a loop that always looks at all of them is a few vector instructions.
            proto::UDP => self.ports.iter().fold(false, |hit, port| hit | (*port == headers.dest_port)),
            proto::ICMP | proto::ICMPV6 | proto::IPV4 | proto::IPV6 | proto::GRE => true,
            _ => false,
        }
    }

    fn udp(&self, port: u16) -> Option<UdpTunnel> {
        let place = self.ports.iter().position(|known| *known == port && port != 0)?;
        Some(match place.checked_div(MAX_TUNNEL_PORTS)? {
            0 => UdpTunnel::Vxlan,
            1 => UdpTunnel::Geneve,
            _ => UdpTunnel::Gtpu,
        })
    }
}

/// What a tunnel header leads to.
struct Carried {
    /// What the packet within begins with.
    what: What,
    /// Where, from the start of the frame.
    at: usize,
    /// Where the payload of the tunnel ends, as lengths say; past the frame's end when the capture cut it.
    end: usize,
    /// The virtual network's number, where the header has one that both directions share.
    tenant: Option<u32>,
    /// What stops the walk when the packet within does not read well; `None`: that is a reason to reject it.
    doubt: Option<TunnelStop>,
}

/// How a packet within a tunnel begins.
enum What {
    /// An Ethernet header.
    Ethernet,
    /// What an EtherType says.
    EtherType(u16),
    /// An IPv4 header.
    Ipv4,
    /// An IPv6 header.
    Ipv6,
    /// An IP header whose first nibble says which.
    Ip,
}

/// The bytes that a tunnel's header may lie in.
struct Payload<'frame> {
    frame: &'frame [u8],
    /// Its first byte.
    at: usize,
    /// Where it ends on the wire.
    end: usize,
}

impl<'frame> Payload<'frame> {
    fn of(frame: &'frame [u8], headers: &Headers) -> Self {
        let at = usize::try_from(headers.payload_at).unwrap_or(usize::MAX);
        let held = at.saturating_add(usize::try_from(headers.payload_len).unwrap_or(0));
        let end = held.saturating_add(usize::try_from(headers.missing_len).unwrap_or(0));
        Self { frame: frame.get(..held).unwrap_or(frame), at, end }
    }

    /// `N` bytes, `skip` bytes after the first.
    fn bytes<const N: usize>(&self, skip: usize) -> Option<&'frame [u8; N]> {
        super::bytes_at(self.frame, self.at.saturating_add(skip))
    }
}

/// Why a tunnel's header leads nowhere.
enum Dead {
    Stop(TunnelStop),
    Reject(Reject),
}

/// Goes on from the outermost packet, which `headers` describe, to the innermost one.
///
/// # Errors
/// A layer that a protocol number announced is malformed.
#[cold]
#[inline(never)]
pub(super) fn descend(frame: &[u8], verify: bool, tunnels: &Tunnels, headers: &mut Headers) -> Result<(), Reject> {
    loop {
        if headers.fragment {
            return Ok(());
        }
        let payload = Payload::of(frame, headers);
        let carried = match tunnels.carried(&payload, headers) {
            Ok(Some(carried)) => carried,
            Ok(None) => {
                headers.icmp_error = quote::of(frame, headers).is_some();
                return Ok(());
            }
            Err(Dead::Stop(stop)) => {
                headers.stop = Some(stop);
                return Ok(());
            }
            Err(Dead::Reject(reject)) => return Err(reject),
        };
        match enter(payload.frame, &carried, verify, tunnels, headers) {
            Ok(inner) if inner.tunnel > tunnels.depth => {
                headers.stop = Some(TunnelStop::TooDeep);
                return Ok(());
            }
            Ok(inner) => *headers = inner,
            Err(Dead::Stop(stop)) => {
                headers.stop = Some(stop);
                return Ok(());
            }
            Err(Dead::Reject(reject)) => return Err(reject),
        }
    }
}

impl Tunnels {
    /// What the packet carries; `None` when it is no tunnel that is looked into.
    fn carried(&self, payload: &Payload<'_>, headers: &Headers) -> Result<Option<Carried>, Dead> {
        if self.depth == 0 {
            return Ok(None);
        }
        let plain = |what| Ok(Some(Carried { what, at: payload.at, end: payload.end, tenant: None, doubt: None }));
        match headers.proto {
            proto::IPV4 if self.ipv4 => plain(What::Ipv4),
            proto::IPV6 if self.ipv6 => plain(What::Ipv6),
            proto::GRE if self.gre => gre::read(payload).map(Some),
            proto::UDP => match self.udp(headers.dest_port) {
                Some(UdpTunnel::Vxlan) => vxlan::read(payload).map(Some).map_err(Dead::Stop),
                Some(UdpTunnel::Geneve) => geneve::read(payload).map(Some).map_err(Dead::Stop),
                Some(UdpTunnel::Gtpu) => gtpu::read(payload).map(Some).map_err(Dead::Stop),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }
}

/// Reads the packet within a tunnel.
fn enter(frame: &[u8], carried: &Carried, verify: bool, tunnels: &Tunnels, outer: &Headers) -> Result<Headers, Dead> {
    let doubt = |reject| match (reject, carried.doubt) {
        (Reject::NotIp, _) => Dead::Stop(TunnelStop::NotIp),
        (_, Some(stop)) => Dead::Stop(stop),
        (reject, None) => Dead::Reject(reject),
    };
    let frame = frame.get(..carried.end.min(frame.len())).unwrap_or(frame);
    let network = network(frame, carried, outer).map_err(doubt)?;
    let tenant = match carried.tenant.filter(|_| tunnels.tenants) {
        Some(number) => tenant(outer.tenant, number),
        None => outer.tenant,
    };
    let mut inner = Headers { tunnel: outer.tunnel.saturating_add(1), tenant, ..Headers::default() };
    parse::within(frame, &network, carried.end, verify, &mut inner).map_err(doubt)?;
    Ok(inner)
}

/// Where the IP header within a tunnel stands. An Ethernet header within names its own VLANs; elsewhere the outer
/// ones stay.
fn network(frame: &[u8], carried: &Carried, outer: &Headers) -> Result<Network, Reject> {
    let at = carried.at;
    let here = |v6| Network { offset: at, v6, vlan: outer.vlan, mpls: outer.mpls };
    match carried.what {
        What::Ethernet => {
            let inner = link::network(link::LinkType::Ethernet, frame.get(at..).unwrap_or(&[]))?;
            Ok(Network { offset: inner.offset.saturating_add(at), ..inner })
        }
        What::EtherType(ethertype) => {
            let inner = link::by_ethertype(frame, at, ethertype)?;
            let vlan = if inner.vlan == [0; 2] { outer.vlan } else { inner.vlan };
            Ok(Network { vlan, ..inner })
        }
        What::Ipv4 => Ok(here(false)),
        What::Ipv6 => Ok(here(true)),
        What::Ip => match frame.get(at).ok_or(Reject::LinkTruncated)? >> 4 {
            4 => Ok(here(false)),
            6 => Ok(here(true)),
            _ => Err(Reject::NotIp),
        },
    }
}

/// A virtual network's number within the one that `outer` says, in 16 bits: numbers below 65,536 are told apart for
/// certain, others but for one in 65,536.
fn tenant(outer: u16, number: u32) -> u16 {
    let [high, low] = [number >> 16, number & 0xffff].map(|half| u16::try_from(half).unwrap_or(0));
    outer.rotate_left(7) ^ low ^ high.wrapping_mul(0x9e37)
}
