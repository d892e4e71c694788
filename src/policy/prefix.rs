//! Values by address prefix; the longest prefix decides.

use std::net::IpAddr;

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    v6: bool,
    len: u8,
    /// The address, left-aligned, with the bits after the prefix zero.
    bits: u128,
}

impl Prefix {
    /// The prefix of `len` bits of `address`; `None` when the address has fewer. Bits after the prefix are ignored.
    #[must_use]
    pub fn new(address: IpAddr, len: u8) -> Option<Self> {
        let (v6, most, bits) = match address {
            IpAddr::V4(address) => (false, 32, u128::from(address.to_bits()) << 96),
            IpAddr::V6(address) => (true, 128, address.to_bits()),
        };
        (len <= most).then(|| Self { v6, len, bits: bits & mask(len) })
    }

    /// True when `address` has no bits after the prefix.
    #[must_use]
    pub fn is_exact(&self, address: IpAddr) -> bool {
        Self::new(address, if self.v6 { 128 } else { 32 }).is_some_and(|whole| whole.bits == self.bits)
    }
}

/// The first `len` bits of 128.
fn mask(len: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(len))).unwrap_or(0)
}

/// A value for every address: a default, and exceptions by prefix of which the longest decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrefixTable<T> {
    default: T,
    v4: Family<T>,
    v6: Family<T>,
}

/// The exceptions of one address family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Family<T> {
    /// Lengths that occur, longest first, each with its prefixes in order of their address.
    by_length: Vec<(u8, Vec<(u128, T)>)>,
}

impl<T: Copy> Family<T> {
    fn insert(&mut self, prefix: Prefix, value: T) {
        let at = match self.by_length.binary_search_by(|(len, _)| prefix.len.cmp(len)) {
            Ok(at) => at,
            Err(at) => {
                self.by_length.insert(at, (prefix.len, Vec::new()));
                at
            }
        };
        let Some((_, entries)) = self.by_length.get_mut(at) else { return };
        match entries.binary_search_by_key(&prefix.bits, |(bits, _)| *bits) {
            Ok(known) => {
                if let Some(entry) = entries.get_mut(known) {
                    entry.1 = value;
                }
            }
            Err(free) => entries.insert(free, (prefix.bits, value)),
        }
    }

    fn get(&self, address: u128) -> Option<T> {
        self.by_length.iter().find_map(|(len, entries)| {
            let found = entries.binary_search_by_key(&(address & mask(*len)), |(bits, _)| *bits).ok()?;
            entries.get(found).map(|(_, value)| *value)
        })
    }
}

impl<T: Copy> PrefixTable<T> {
    /// A table with `default` for every address.
    #[must_use]
    pub const fn new(default: T) -> Self {
        Self { default, v4: Family { by_length: Vec::new() }, v6: Family { by_length: Vec::new() } }
    }

    /// Gives the addresses of a prefix another value; the last one given for the same prefix counts.
    pub fn insert(&mut self, prefix: Prefix, value: T) {
        let family = if prefix.v6 { &mut self.v6 } else { &mut self.v4 };
        family.insert(prefix, value);
    }

    /// The value for an address as headers hold it: IPv4 in the first four bytes. Costs two binary searches for each
    /// length that occurs.
    #[must_use]
    pub fn get(&self, address: &[u8; 16], v6: bool) -> T {
        let family = if v6 { &self.v6 } else { &self.v4 };
        if family.by_length.is_empty() {
            return self.default;
        }
        family.get(u128::from_be_bytes(*address)).unwrap_or(self.default)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    fn table(entries: &[(&str, u8, u8)]) -> PrefixTable<u8> {
        let mut table = PrefixTable::new(0);
        for (address, len, value) in entries {
            table.insert(Prefix::new(address.parse().unwrap(), *len).unwrap(), *value);
        }
        table
    }

    fn get(table: &PrefixTable<u8>, address: &str) -> u8 {
        match address.parse().unwrap() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                table.get(&[a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false)
            }
            IpAddr::V6(ip) => table.get(&ip.octets(), true),
        }
    }

    #[test]
    fn the_longest_prefix_decides() {
        let table = table(&[("10.0.0.0", 8, 1), ("10.1.0.0", 16, 2), ("10.1.2.3", 32, 3), ("2001:db8::", 32, 4)]);
        for (address, value) in [
            ("10.9.9.9", 1),
            ("10.1.9.9", 2),
            ("10.1.2.3", 3),
            ("10.1.2.4", 2),
            ("11.0.0.1", 0),
            ("2001:db8::1", 4),
            ("2001:db9::1", 0),
            ("a00::", 0),
        ] {
            assert_eq!(get(&table, address), value, "{address}");
        }
    }

    #[test]
    fn a_prefix_of_no_bits_is_every_address_of_its_family() {
        let table = table(&[("0.0.0.0", 0, 1)]);
        assert_eq!((get(&table, "255.255.255.255"), get(&table, "::1")), (1, 0));
    }

    #[test]
    fn the_last_value_of_a_prefix_counts_and_bits_after_it_do_not() {
        let table = table(&[("192.0.2.99", 24, 1), ("192.0.2.0", 24, 2)]);
        assert_eq!(get(&table, "192.0.2.7"), 2);
    }

    #[test]
    fn a_prefix_longer_than_its_address_is_refused() {
        assert_eq!(Prefix::new("192.0.2.0".parse().unwrap(), 33), None);
        assert_eq!(Prefix::new("::".parse().unwrap(), 129), None);
        assert!(Prefix::new("::".parse().unwrap(), 128).is_some());
    }
}
