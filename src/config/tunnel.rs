//! `[tunnel]`: what is looked into to find the innermost packet.

use super::spec::{Flag, Number, Ports, section};
use crate::wire::{MAX_TUNNEL_PORTS, Tunnels};

section! {
    /// `[tunnel]`: which tunnels are looked into, and how deep.
    pub struct TunnelConfig at "tunnel" {
        /// Most tunnels in one another; 0: none is looked into.
        "depth" => depth: u8 = Number { default: 4, min: 0, max: 16 };
        /// IPv4 in IP, protocol 4.
        "ipv4" => ipv4: bool = Flag(true);
        /// IPv6 in IP, protocol 41.
        "ipv6" => ipv6: bool = Flag(true);
        /// GRE, protocol 47.
        "gre" => gre: bool = Flag(true);
        /// Destination ports of VXLAN.
        "vxlan" => vxlan: Vec<u16> = Ports { default: &[4789], most: MAX_TUNNEL_PORTS };
        /// Destination ports of GENEVE.
        "geneve" => geneve: Vec<u16> = Ports { default: &[6081], most: MAX_TUNNEL_PORTS };
        /// Destination ports of GTP-U.
        "gtpu" => gtpu: Vec<u16> = Ports { default: &[2152], most: MAX_TUNNEL_PORTS };
        /// The virtual network that a VXLAN or GENEVE identifier or a GRE key names is part of a flow's key.
        "tenants" => tenants: bool = Flag(true);
    }
}

impl TunnelConfig {
    /// As the header parser takes it.
    #[must_use]
    pub fn tunnels(&self) -> Tunnels {
        Tunnels::none()
            .with_depth(self.depth)
            .with_ip(self.ipv4, self.ipv6)
            .with_gre(self.gre)
            .with_udp(&self.vxlan, &self.geneve, &self.gtpu)
            .with_tenants(self.tenants)
    }
}
