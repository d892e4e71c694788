//! The ways a frame can be unusable; each is a counter of the same name.

use crate::event::reasons::reasons;

reasons! {
    /// Why a frame was not analysed. One variant, one counter, one test.
    pub enum Reject {
        /// Carries no IP: ARP, LLDP, STP and the like. Nothing is wrong with it.
        NotIp => "not_ip",
        /// Fragments of fragments, more than eight within one another.
        FragmentNested => "fragment_nested",
        /// The frame spans several buffers and does not fit into one.
        MultiSegment => "multi_segment",
        /// Ends within the Ethernet header.
        EthernetTruncated => "ethernet_truncated",
        /// Ends within a loopback, cooked or raw link header.
        LinkTruncated => "link_truncated",
        /// A loopback header names an address family other than IPv4 and IPv6.
        NullBadFamily => "null_bad_family",
        /// Ends within a VLAN tag.
        VlanTruncated => "vlan_truncated",
        /// More than three VLAN tags.
        VlanTooDeep => "vlan_too_deep",
        /// Ends within or right after the MPLS label stack.
        MplsTruncated => "mpls_truncated",
        /// More than eight MPLS labels.
        MplsTooDeep => "mpls_too_deep",
        /// Ends within the IPv4 header.
        Ipv4Truncated => "ipv4_truncated",
        /// The version field is not 4.
        Ipv4BadVersion => "ipv4_bad_version",
        /// The header length field is below 5.
        Ipv4BadIhl => "ipv4_bad_ihl",
        /// The total length is shorter than the header.
        Ipv4BadTotalLength => "ipv4_bad_total_length",
        /// The total length is more than the frame had on the wire.
        Ipv4LengthBeyondFrame => "ipv4_length_beyond_frame",
        /// The header checksum is wrong.
        Ipv4BadChecksum => "ipv4_bad_checksum",
        /// An option's length is below 2 or runs past the header.
        Ipv4BadOption => "ipv4_bad_option",
        /// Ends within the IPv6 header.
        Ipv6Truncated => "ipv6_truncated",
        /// The version field is not 6.
        Ipv6BadVersion => "ipv6_bad_version",
        /// The payload length is more than the frame had on the wire.
        Ipv6LengthBeyondFrame => "ipv6_length_beyond_frame",
        /// Ends within an extension header.
        Ipv6ExtensionTruncated => "ipv6_extension_truncated",
        /// More than eight extension headers.
        Ipv6TooManyExtensions => "ipv6_too_many_extensions",
        /// A hop-by-hop header that is not the first.
        Ipv6HopByHopNotFirst => "ipv6_hop_by_hop_not_first",
        /// Ends within the TCP header.
        TcpTruncated => "tcp_truncated",
        /// The data offset is below 5.
        TcpBadOffset => "tcp_bad_offset",
        /// The data offset is past the end of the segment.
        TcpOffsetBeyondSegment => "tcp_offset_beyond_segment",
        /// Ends within the UDP header.
        UdpTruncated => "udp_truncated",
        /// The UDP length is below 8 or more than the datagram.
        UdpBadLength => "udp_bad_length",
        /// Ends within the first four bytes of an ICMP message.
        IcmpTruncated => "icmp_truncated",
        /// Ends within the first four bytes of an ICMPv6 message.
        Icmpv6Truncated => "icmpv6_truncated",
        /// Ends within the first four bytes of an SCTP header.
        SctpTruncated => "sctp_truncated",
        /// Ends within the GRE header.
        GreTruncated => "gre_truncated",
        /// A GRE version other than 0, and 1 of PPTP.
        GreBadVersion => "gre_bad_version",
        /// Routing, strict route or recursion bits of RFC 1701, which receivers discard.
        GreRouting => "gre_routing",
        /// The GRE checksum is wrong.
        GreBadChecksum => "gre_bad_checksum",
    }

    /// The counter's name in statistics.
    pub fn name => "";
    /// The counter's name with its place among all counters.
    pub fn counter => "decoder.reject.";
}

/// How many there are.
pub const REJECT_COUNT: usize = Reject::ALL.len();
