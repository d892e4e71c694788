//! How much the defragmenter may use.

use super::policy::PolicyTable;

/// Limits of a worker's defragmenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Packets that can be incomplete (or bad) at a time; the oldest makes room for one more. Each has a small buffer
    /// of its own, so this costs about 5 KiB a packet.
    pub descriptors: u32,
    /// Large buffers, for packets of more than 4,096 bytes; the oldest packet that has one makes room for one more.
    /// Each is as long as the largest packet.
    pub large_buffers: u32,
    /// Least payload of a fragment that is not the last, bytes. 0 and 8 allow whatever is legal; RFC 791 section 3.2
    /// lets links be as narrow as 68 bytes, so nothing honest is below 48.
    pub min_fragment: u16,
    /// Most fragments of a packet, repetitions among them. 65,535 bytes in links of 1,280 are 54.
    pub max_fragments: u16,
    /// Longest payload of a packet after its IP header, bytes; at most 65,535.
    pub max_packet: u32,
    /// How often what was gathered of one packet may be thrown away and begun anew before its descriptor is bad. Only
    /// policy `linux` begins anew, since the kernel does.
    pub restarts: u8,
    /// How long a packet may take from its first fragment to its last, nanoseconds.
    pub timeout_ns: u64,
    /// How destinations treat overlaps.
    pub policy: PolicyTable,
    /// Seed of the index's hash; live sensors take a random one at start.
    pub seed: u64,
}

impl Default for Limits {
    /// 4,096 packets, 256 of them large (38 MiB); every legal fragment; 1,024 fragments a packet, as narrow links
    /// make of a large one; 3 restarts; 30 seconds, Linux's `ipfrag_time` (RFC 8200 allows 60).
    fn default() -> Self {
        Self {
            descriptors: 4096,
            large_buffers: 256,
            min_fragment: 8,
            max_fragments: 1024,
            max_packet: 65_535,
            restarts: 3,
            timeout_ns: 30_000_000_000,
            policy: PolicyTable::default(),
            seed: 0,
        }
    }
}
