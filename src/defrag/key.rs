//! What makes two fragments belong to one packet.

use crate::flow::hash::{fold, halves, seeds};
use crate::wire::Headers;

/// Addresses, identification, protocol, VLAN ids and virtual network, as words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    addresses: [u64; 4],
    /// Identification, VLAN ids (12 bits each) and, for IPv4, the protocol.
    rest: u64,
    /// IPv6 in the lowest bit, and the virtual network of a packet within a tunnel.
    v6: u64,
}

impl Key {
    /// The key of no packet.
    pub(super) const EMPTY: Self = Self { addresses: [0; 4], rest: 0, v6: 0 };

    /// The key of a fragment; `id` is 16 bits for IPv4 and 32 for IPv6.
    #[inline]
    pub(super) fn of(headers: &Headers, id: u32) -> Self {
        let (s0, s1) = halves(&headers.src);
        let (d0, d1) = halves(&headers.dest);
        let [outer, inner] = headers.vlan;
        let vlan = u64::from(outer & 0xfff) << 12 | u64::from(inner & 0xfff);
        // RFC 8200 section 4.5 names no protocol: each fragment may say another one, and the first one's counts.
        let proto = if headers.v6 { 0 } else { headers.proto };
        let rest = u64::from(id) << 32 | vlan << 8 | u64::from(proto);
        Self { addresses: [s0, s1, d0, d1], rest, v6: u64::from(headers.tenant) << 16 | u64::from(headers.v6) }
    }

    /// Whether two keys are the same, word by word: a key that was just put together is still on its way to memory, and
    /// comparing it there as larger words would wait for it to arrive.
    #[inline]
    pub(super) const fn is(&self, other: &Self) -> bool {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.addresses, other.addresses);
        let differences = (a0 ^ b0) | (a1 ^ b1) | (a2 ^ b2) | (a3 ^ b3);
        differences | (self.rest ^ other.rest) | (self.v6 ^ other.v6) == 0
    }

    pub(super) const fn v6(&self) -> bool {
        self.v6 & 1 != 0
    }
}

/// The index's hash: keyed, so that nobody outside can choose packets that collide.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyHash {
    seeds: [u64; 4],
}

impl KeyHash {
    pub(super) fn new(seed: u64) -> Self {
        Self { seeds: seeds(seed) }
    }

    /// Multiplications of seeded halves, folded (the construction of wyhash).
    #[inline]
    pub(super) fn hash(&self, key: &Key) -> u64 {
        let [s0, s1, s2, s3] = self.seeds;
        let [a0, a1, b0, b1] = key.addresses;
        let mut mixed = fold(a0 ^ s0, b0 ^ s1);
        if key.v6() {
            mixed ^= fold(a1 ^ s1, b1 ^ s2);
        }
        fold(mixed ^ s3, key.rest ^ s2 ^ key.v6)
    }
}
