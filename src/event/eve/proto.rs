//! IP protocol names and which fields a protocol has.

use std::fmt;

use serde::{Serialize, Serializer};

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// An IP protocol number that is written as EVE's `proto`: IANA's keyword for the
/// protocols in use today, the number with three digits for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proto(pub(super) u8);

impl Proto {
    const fn keyword(self) -> Option<&'static str> {
        Some(match self.0 {
            ICMP => "ICMP",
            2 => "IGMP",
            4 => "IPv4",
            6 => "TCP",
            17 => "UDP",
            33 => "DCCP",
            41 => "IPv6",
            46 => "RSVP",
            47 => "GRE",
            50 => "ESP",
            51 => "AH",
            ICMPV6 => "IPv6-ICMP",
            59 => "IPv6-NoNxt",
            88 => "EIGRP",
            89 => "OSPFIGP",
            97 => "ETHERIP",
            103 => "PIM",
            108 => "IPComp",
            112 => "VRRP",
            115 => "L2TP",
            132 => "SCTP",
            136 => "UDPLite",
            137 => "MPLS-in-IP",
            _ => return None,
        })
    }

    /// EVE writes `src_port` and `dest_port`.
    pub(super) const fn has_ports(self) -> bool {
        matches!(self.0, 6 | 17 | 132)
    }

    /// EVE writes `icmp_type` and `icmp_code`.
    pub(super) const fn is_icmp(self) -> bool {
        matches!(self.0, ICMP | ICMPV6)
    }
}

impl fmt::Display for Proto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keyword() {
            Some(keyword) => f.write_str(keyword),
            None => write!(f, "{:03}", self.0),
        }
    }
}

impl Serialize for Proto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.keyword() {
            Some(keyword) => serializer.serialize_str(keyword),
            None => serializer.collect_str(self),
        }
    }
}
