//! Link layers: what stands before the network header.

use super::parse::Headers;
use super::reject::Reject;
use super::{be16, bytes_at};

/// Link layer of a captured frame: what its first byte means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LinkType {
    /// Ethernet (LINKTYPE_ETHERNET, 1).
    #[default]
    Ethernet = 0,
    /// An IP header, version 4 or 6 by its first nibble (LINKTYPE_RAW and its kin: 12, 14, 101, 228, 229).
    RawIp = 1,
    /// BSD loopback: address family in the capturing host's byte order (LINKTYPE_NULL, 0).
    Null = 2,
    /// OpenBSD loopback: address family in network order (LINKTYPE_LOOP, 108).
    Loop = 3,
    /// Linux cooked capture (LINKTYPE_LINUX_SLL, 113).
    LinuxSll = 4,
    /// Linux cooked capture, version 2 (LINKTYPE_LINUX_SLL2, 276).
    LinuxSll2 = 5,
    /// A [`Resumed`] header and an IP packet: what was found within a tunnel, on its way between two workers.
    Resumed = 6,
}

/// What stands before an IP packet that was put together within a tunnel: all that its flow's key takes from the
/// layers around it. No capture has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Tunnels around the packet.
    pub tunnel: u8,
    /// The virtual network that they name.
    pub tenant: u16,
    /// VLAN ids.
    pub vlan: [u16; 2],
}

impl Resumed {
    /// Bytes that it takes.
    pub const LEN: usize = 8;

    /// What `headers` say of the layers around their packet.
    #[must_use]
    pub const fn of(headers: &Headers) -> Self {
        Self { tunnel: headers.tunnel, tenant: headers.tenant, vlan: headers.vlan }
    }

    /// Reads it from the start of a frame.
    pub(super) fn read(frame: &[u8]) -> Result<Self, Reject> {
        let [tunnel, _, t0, t1, o0, o1, i0, i1] = *bytes_at::<{ Self::LEN }>(frame, 0).ok_or(Reject::LinkTruncated)?;
        let vlan = [u16::from_be_bytes([o0, o1]), u16::from_be_bytes([i0, i1])];
        Ok(Self { tunnel, tenant: u16::from_be_bytes([t0, t1]), vlan })
    }

    /// As bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [outer, inner] = self.vlan;
        let ([t0, t1], [o0, o1], [i0, i1]) = (self.tenant.to_be_bytes(), outer.to_be_bytes(), inner.to_be_bytes());
        [self.tunnel, 0, t0, t1, o0, o1, i0, i1]
    }
}

impl LinkType {
    /// From a LINKTYPE_ value of a capture file (tcpdump.org/linktypes.html); `None` for those not looked into.
    #[must_use]
    pub const fn from_dlt(n: u32) -> Option<Self> {
        Some(match n {
            0 => Self::Null,
            1 => Self::Ethernet,
            12 | 14 | 101 | 228 | 229 => Self::RawIp,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            _ => return None,
        })
    }

    /// From the number [`LinkType`] itself is stored as.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Ethernet,
            1 => Self::RawIp,
            2 => Self::Null,
            3 => Self::Loop,
            4 => Self::LinuxSll,
            5 => Self::LinuxSll2,
            6 => Self::Resumed,
            _ => return None,
        })
    }

    /// Its name as tcpdump writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "EN10MB",
            Self::RawIp => "RAW",
            Self::Null => "NULL",
            Self::Loop => "LOOP",
            Self::LinuxSll => "LINUX_SLL",
            Self::LinuxSll2 => "LINUX_SLL2",
            Self::Resumed => "RESUMED",
        }
    }
}

/// Where the network header begins, and which it is.
pub(super) struct Network {
    pub(super) offset: usize,
    pub(super) v6: bool,
    pub(super) vlan: [u16; 2],
    /// An MPLS label stack lies before it.
    pub(super) mpls: bool,
}

impl Network {
    const fn new(offset: usize, v6: bool, vlan: [u16; 2], mpls: bool) -> Self {
        Self { offset, v6, vlan, mpls }
    }
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_VLAN: u16 = 0x8100;
const ETHERTYPE_QINQ: u16 = 0x88a8;
const ETHERTYPE_QINQ_OLD: u16 = 0x9100;
const ETHERTYPE_MPLS: u16 = 0x8847;
const ETHERTYPE_MPLS_MULTICAST: u16 = 0x8848;

/// Most VLAN tags on a frame. IEEE 802.1ad has two; one more is met where carriers stack them again.
const MAX_VLAN_TAGS: usize = 3;
/// Most MPLS labels on a frame; a deeper stack has no use that is known.
const MAX_MPLS_LABELS: usize = 8;

/// Walks the link layer of `frame`.
#[inline(always)] // as parse::from_network
pub(super) fn network(link: LinkType, frame: &[u8]) -> Result<Network, Reject> {
    match link {
        LinkType::Ethernet => {
            let ethertype = be16(frame, 12).ok_or(Reject::EthernetTruncated)?;
            if ethertype == ETHERTYPE_IPV4 {
                return Ok(Network::new(14, false, [0; 2], false));
            }
            by_ethertype(frame, 14, ethertype)
        }
        LinkType::RawIp => by_version(frame, 0, false, [0; 2]).ok_or(Reject::LinkTruncated)?,
        LinkType::Null | LinkType::Loop => {
            let family = bytes_at::<4>(frame, 0).ok_or(Reject::LinkTruncated)?;
            // AF_INET is 2 everywhere; AF_INET6 is 24, 28 or 30 on the BSDs and macOS, 10 on Linux. NULL comes in
            // either byte order, so a family in the high byte is the same family.
            let family = match *family {
                [0, 0, 0, family] | [family, 0, 0, 0] => family,
                _ => return Err(Reject::NullBadFamily),
            };
            let v6 = match family {
                2 => false,
                10 | 24 | 28 | 30 => true,
                _ => return Err(Reject::NullBadFamily),
            };
            Ok(Network::new(4, v6, [0; 2], false))
        }
        LinkType::LinuxSll => {
            let ethertype = be16(frame, 14).ok_or(Reject::LinkTruncated)?;
            by_ethertype(frame, 16, ethertype)
        }
        LinkType::LinuxSll2 => {
            let ethertype = be16(frame, 0).ok_or(Reject::LinkTruncated)?;
            if frame.len() < 20 {
                return Err(Reject::LinkTruncated);
            }
            by_ethertype(frame, 20, ethertype)
        }
        LinkType::Resumed => {
            let resumed = Resumed::read(frame)?;
            by_version(frame, Resumed::LEN, false, resumed.vlan).ok_or(Reject::LinkTruncated)?
        }
    }
}

/// The IP packet of a frame, where no VLAN tag and no label stands before it that would be lost without its link layer.
#[must_use]
pub fn bare_packet(link: LinkType, frame: &[u8]) -> Option<&[u8]> {
    let network = network(link, frame).ok().filter(|network| network.vlan == [0; 2] && !network.mpls)?;
    frame.get(network.offset..)
}

pub(super) fn by_ethertype(frame: &[u8], offset: usize, ethertype: u16) -> Result<Network, Reject> {
    let (mut offset, mut ethertype) = (offset, ethertype);
    let mut vlan = [0_u16; 2];
    let mut tags = 0_usize;
    while matches!(ethertype, ETHERTYPE_VLAN | ETHERTYPE_QINQ | ETHERTYPE_QINQ_OLD) {
        let [tci_high, tci_low, type_high, type_low] = *bytes_at::<4>(frame, offset).ok_or(Reject::VlanTruncated)?;
        if tags >= MAX_VLAN_TAGS {
            return Err(Reject::VlanTooDeep);
        }
        if let Some(place) = vlan.get_mut(tags) {
            // IEEE 802.1Q: the low 12 bits of the tag control information are the VLAN identifier.
            *place = u16::from_be_bytes([tci_high, tci_low]) & 0x0fff;
        }
        tags = tags.saturating_add(1);
        offset = offset.saturating_add(4);
        ethertype = u16::from_be_bytes([type_high, type_low]);
    }
    match ethertype {
        ETHERTYPE_IPV4 => Ok(Network::new(offset, false, vlan, false)),
        ETHERTYPE_IPV6 => Ok(Network::new(offset, true, vlan, false)),
        ETHERTYPE_MPLS | ETHERTYPE_MPLS_MULTICAST => by_mpls(frame, offset, vlan),
        // Below 0x0600 the field is a length (IEEE 802.3): LLC frames such as STP.
        _ => Err(Reject::NotIp),
    }
}

fn by_mpls(frame: &[u8], offset: usize, vlan: [u16; 2]) -> Result<Network, Reject> {
    let mut offset = offset;
    for _ in 0..MAX_MPLS_LABELS {
        let [_, _, bottom, _] = *bytes_at::<4>(frame, offset).ok_or(Reject::MplsTruncated)?;
        offset = offset.saturating_add(4);
        // RFC 3032 section 2.1: the S bit is set in the last entry of the stack. What follows is not named; the first
        // nibble tells IP versions apart (RFC 4928 section 2).
        if bottom & 1 == 1 {
            return by_version(frame, offset, true, vlan).ok_or(Reject::MplsTruncated)?;
        }
    }
    Err(Reject::MplsTooDeep)
}

/// `None` when the frame ends before the version nibble.
fn by_version(frame: &[u8], offset: usize, mpls: bool, vlan: [u16; 2]) -> Option<Result<Network, Reject>> {
    let version = frame.get(offset)? >> 4;
    Some(match version {
        4 => Ok(Network::new(offset, false, vlan, mpls)),
        6 => Ok(Network::new(offset, true, vlan, mpls)),
        _ => Err(Reject::NotIp),
    })
}
