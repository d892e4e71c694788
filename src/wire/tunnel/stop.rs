//! Why a walk into a tunnel stopped before the innermost packet; each is a counter of the same name.

use crate::event::reasons::reasons;

reasons! {
    /// Why a packet that may be a tunnel was not looked into any further. It is analysed as what it is up to
    /// there. One variant, one counter, one test.
    pub enum TunnelStop {
        /// More tunnels in one another than are looked into.
        TooDeep => "too_deep",
        /// Carries something else than IP: ARP, or a protocol that is not looked into.
        NotIp => "not_ip",
        /// GRE version 1: PPTP (RFC 2637), whose PPP frames are not looked into.
        GrePptp => "gre_pptp",
        /// Shorter than a VXLAN header.
        VxlanTruncated => "vxlan_truncated",
        /// The flag that the network identifier is valid is not set.
        VxlanNoVni => "vxlan_no_vni",
        /// What follows the VXLAN header does not read as an Ethernet frame with an IP packet.
        VxlanInner => "vxlan_inner",
        /// Shorter than a GENEVE header.
        GeneveTruncated => "geneve_truncated",
        /// A GENEVE version other than 0.
        GeneveBadVersion => "geneve_bad_version",
        /// A control message (O bit), which carries no packet.
        GeneveControl => "geneve_control",
        /// Options run past the datagram, or an option past the options.
        GeneveBadOption => "geneve_bad_option",
        /// An option is marked critical and the header is not, or the other way.
        GeneveCriticalMismatch => "geneve_critical_mismatch",
        /// What follows the GENEVE header does not read as what its protocol type says.
        GeneveInner => "geneve_inner",
        /// Shorter than a GTP-U header.
        GtpuTruncated => "gtpu_truncated",
        /// A GTP version other than 1, or GTP'.
        GtpuBadVersion => "gtpu_bad_version",
        /// The length is more than the datagram holds, or less than the optional fields take.
        GtpuBadLength => "gtpu_bad_length",
        /// A message other than a G-PDU: echo, error indication, end marker and the like.
        GtpuSignalling => "gtpu_signalling",
        /// An extension header of length 0, one that runs past the message, or more than eight.
        GtpuBadExtension => "gtpu_bad_extension",
        /// What follows the GTP-U header does not read as an IP packet.
        GtpuInner => "gtpu_inner",
    }

    /// The counter's name with its place among all counters.
    pub fn counter => "decoder.tunnel_stop.";
}

/// How many there are.
pub const TUNNEL_STOP_COUNT: usize = TunnelStop::ALL.len();
