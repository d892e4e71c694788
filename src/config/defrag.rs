//! `[defrag]`: the defragmenter of a worker.

use super::spec::{Choice, Number, Time, section};
use super::tcp::{HostConfig, by_host};
use super::value::{MILLIS, MINUTE, SECOND};
use crate::defrag::{Limits, Policy};

/// How destinations treat overlapping fragments.
pub(super) const POLICY: Choice<Policy> = Choice { default: Policy::Linux, of: &Policy::NAMES };

section! {
    /// `[defrag]`: how IP fragments are put together.
    pub struct DefragConfig at "defrag" {
        /// Packets that a worker may hold incomplete at a time.
        "packets" => packets: u32 = Number { default: 4096, min: 16, max: 1_048_576 };
        /// Those of them that may be longer than 4,096 bytes.
        "large_packets" => large_packets: u32 = Number { default: 256, min: 4, max: 65_536 };
        /// Least payload in bytes of a fragment that is not the last.
        "min_fragment" => min_fragment: u16 = Number { default: 8, min: 0, max: 1280 }, reload;
        /// Most fragments of a packet.
        "max_fragments" => max_fragments: u16 = Number { default: 1024, min: 2, max: 8192 }, reload;
        /// Longest payload in bytes of a packet after its IP header.
        "max_packet" => max_packet: u32 = Number { default: 65_535, min: 1280, max: 65_535 };
        /// How often what was gathered of a packet may be thrown away and begun anew.
        "restarts" => restarts: u8 = Number { default: 3, min: 0, max: 100 }, reload;
        /// How long a packet may take from its first fragment to its last, nanoseconds.
        "timeout" => timeout_ns: u64 = Time { default: 30 * SECOND, min: 100 * MILLIS, max: 10 * MINUTE, or_zero: false }, reload;
        /// How destinations treat overlaps.
        "policy" => policy: Policy = POLICY, reload;
    }
}

impl DefragConfig {
    /// As the defragmenter takes it.
    pub(super) fn limits(&self, hosts: &[HostConfig], seed: u64) -> Limits {
        let policy = by_host(self.policy, hosts, |host| host.fragments);
        Limits {
            descriptors: self.packets,
            large_buffers: self.large_packets,
            min_fragment: self.min_fragment,
            max_fragments: self.max_fragments,
            max_packet: self.max_packet,
            restarts: self.restarts,
            timeout_ns: self.timeout_ns,
            policy,
            seed,
        }
    }
}
