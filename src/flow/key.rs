//! What makes two packets belong to one flow.

use super::hash::{fold, halves, seeds};
use crate::event::Tuple;
use crate::wire::{Headers, Quote, proto};

/// Addresses, ports, protocol and VLANs of a flow, the same for both directions:
/// the numerically lower end stands first.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct FlowKey {
    low: [u8; 16],
    high: [u8; 16],
    low_port: u16,
    high_port: u16,
    vlan: [u16; 2],
    /// The virtual network of a tunnelled packet: hosts of two tenants may have the same addresses.
    tenant: u16,
    proto: u8,
    v6: bool,
}

impl PartialEq for FlowKey {
    /// All fields at once: that of a likely flow is hardly ever another one, so nothing is gained by stopping early.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let numbers = |key: &Self| {
            let [outer, inner] = key.vlan;
            let [port_a, port_b, vlan_a, vlan_b] = [key.low_port, key.high_port, outer, inner].map(u64::from);
            let ports = port_a | port_b << 16 | vlan_a << 32 | vlan_b << 48;
            let rest = u32::from(key.tenant) | u32::from(key.proto) << 16 | u32::from(key.v6) << 24;
            (ports, u64::from(rest))
        };
        let words = |key: &Self| {
            let ((a, b), (c, d), (e, f)) = (halves(&key.low), halves(&key.high), numbers(key));
            [a, b, c, d, e, f]
        };
        words(self).iter().zip(words(other)).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }
}

impl Eq for FlowKey {}

impl FlowKey {
    /// The key of no flow.
    pub(super) const EMPTY: Self =
        Self { low: [0; 16], high: [0; 16], low_port: 0, high_port: 0, vlan: [0; 2], tenant: 0, proto: 0, v6: false };

    /// The key of a packet, and whether its sender is the higher end. ICMP has
    /// no ports to tell conversations apart, so all ICMP of a pair of hosts is one flow.
    #[must_use]
    #[inline]
    pub fn of(headers: &Headers, use_vlan: bool) -> (Self, bool) {
        let (src_port, dest_port) = match headers.proto {
            proto::ICMP | proto::ICMPV6 => (0, 0),
            _ => (headers.src_port, headers.dest_port),
        };
        let ports = u32::from(src_port) << 16 | u32::from(dest_port);
        // Which end counts as the lower one does not matter as long as both directions agree, so words compare as
        // this machine reads them. Of random addresses nobody can tell which is lower: swapped without a branch, which
        // would be mispredicted.
        let (source, destination) = (halves(&headers.src), halves(&headers.dest));
        let (low, high, reversed) = if headers.v6 {
            let reversed = (source, src_port) > (destination, dest_port);
            let (first_low, first_high) = ordered(source.0, destination.0, reversed);
            let (second_low, second_high) = ordered(source.1, destination.1, reversed);
            ((first_low, second_low), (first_high, second_high), reversed)
        } else {
            // All but the first 32 bits are zero, so address and port compare as one number.
            let end = |address: u64, port: u16| address << 16 | u64::from(port);
            let reversed = end(source.0, src_port) > end(destination.0, dest_port);
            let (low, high) = ordered(source.0, destination.0, reversed);
            ((low, 0), (high, 0), reversed)
        };
        let [a, b, c, d] = ports.rotate_left(u32::from(reversed) << 4).to_be_bytes();
        let (low_port, high_port) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let vlan = if use_vlan { headers.vlan } else { [0; 2] };
        let Headers { tenant, proto, v6, .. } = *headers;
        (Self { low: joined(low), high: joined(high), low_port, high_port, vlan, tenant, proto, v6 }, reversed)
    }

    /// The key of an ICMP error that quotes a packet whose [`Quote::fold`] is `fold`.
    ///
    /// Errors are steered by what they quote, so those about connections of two workers must not be one flow: the
    /// fold, on which the steering hash depends, stands where ports would, with its complement to tell it from no
    /// ports.
    #[must_use]
    pub fn of_error(headers: &Headers, fold: u16, use_vlan: bool) -> (Self, bool) {
        let (key, reversed) = Self::of(headers, use_vlan);
        (Self { low_port: fold, high_port: !fold, ..key }, reversed)
    }

    /// The key of the connection that an ICMP error with these headers is about.
    #[must_use]
    pub fn of_quote(quote: &Quote, headers: &Headers, use_vlan: bool) -> Self {
        let Quote { src, dest, src_port, dest_port, proto, v6 } = *quote;
        Self::of(&Headers { src, dest, src_port, dest_port, proto, v6, ..*headers }, use_vlan).0
    }

    /// The tuple with the higher end first when `client_is_high`.
    #[must_use]
    pub fn tuple(&self, client_is_high: bool) -> Tuple {
        let (src, dest, src_port, dest_port) = if client_is_high {
            (self.high, self.low, self.high_port, self.low_port)
        } else {
            (self.low, self.high, self.low_port, self.high_port)
        };
        Tuple { src, dest, src_port, dest_port, proto: self.proto, v6: self.v6 }
    }

    /// IP protocol number.
    #[must_use]
    pub const fn proto(&self) -> u8 {
        self.proto
    }

    /// VLAN ids, from the outside in.
    #[must_use]
    pub const fn vlan(&self) -> [u16; 2] {
        self.vlan
    }

    /// The virtual network that a tunnel is of; 0 outside of all.
    #[must_use]
    pub const fn tenant(&self) -> u16 {
        self.tenant
    }
}

/// The table's own hash: keyed, so that nobody outside can choose flows that collide.
#[derive(Clone, Copy, Debug)]
pub struct KeyHash {
    seeds: [u64; 4],
    /// What the second halves of two IPv4 addresses, which are zero, come to.
    v4: u64,
}

impl KeyHash {
    /// A hash with `seed`; live sensors take a random one at start.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let seeds @ [_, s1, s2, _] = seeds(seed);
        Self { seeds, v4: fold(s1, s2) }
    }

    /// Hash of a key. Multiplications of seeded halves, folded (the construction of wyhash).
    #[must_use]
    #[inline]
    pub fn hash(&self, key: &FlowKey) -> u64 {
        let [s0, s1, s2, s3] = self.seeds;
        let (low_a, low_b) = halves(&key.low);
        let (high_a, high_b) = halves(&key.high);
        let ports = u64::from(key.low_port) << 48
            | u64::from(key.high_port) << 32
            | u64::from(key.vlan_word() ^ u32::from(key.tenant)) << 8
            | u64::from(key.proto);
        let second = if key.v6 { fold(low_b ^ s1, high_b ^ s2) } else { self.v4 };
        let mixed = fold(low_a ^ s0, high_a ^ s1) ^ second;
        fold(mixed ^ s3, ports ^ s2)
    }
}

impl FlowKey {
    /// Both VLAN ids (12 bits each) as one number.
    #[inline]
    fn vlan_word(&self) -> u32 {
        let [outer, inner] = self.vlan;
        u32::from(outer) << 12 | u32::from(inner)
    }
}

/// Both words, the other way round when `reversed`.
#[inline]
fn ordered(a: u64, b: u64, reversed: bool) -> (u64, u64) {
    let change = (a ^ b) & 0_u64.wrapping_sub(u64::from(reversed));
    (a ^ change, b ^ change)
}

/// The opposite of [`halves`].
#[inline]
fn joined((first, second): (u64, u64)) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h] = first.to_ne_bytes();
    let [i, j, k, l, m, n, o, p] = second.to_ne_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}
