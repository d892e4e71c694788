//! The Toeplitz hash of receive-side scaling, in software.
//!
//! The hash of an input is the exclusive-or of 32-bit windows of the key, one
//! for each bit of the input that is set: bit `i` contributes key bits
//! `i .. i + 32` (Microsoft, "RSS hashing functions"). The input is the source
//! address, destination address, source port and destination port in network
//! order.
//!
//! When the key repeats itself every 16 bits, input bits that are 16 apart
//! contribute the same window, so only the exclusive-or of all 16-bit words of
//! the input counts. Addresses and ports of both ends stand at the same place
//! modulo 16 bits, so exchanging them changes nothing: the hash is symmetric.
//! That also makes it cheap: fold the tuple to 16 bits, look two bytes up.

/// The two bytes the symmetric key is made of.
pub const SYMMETRIC_PATTERN: [u8; 2] = [0x6d, 0x5a];

/// The key length of most NICs; 52 bytes is the other one that is common.
pub const DEFAULT_KEY_LEN: usize = 40;

/// The symmetric key in the length a device asks for.
#[must_use]
pub fn symmetric_key(len: usize) -> Vec<u8> {
    SYMMETRIC_PATTERN.iter().copied().cycle().take(len).collect()
}

/// The Toeplitz hash of `input` under any key; bits past the key's end count as zero.
#[must_use]
pub fn toeplitz(key: &[u8], input: &[u8]) -> u32 {
    let mut bytes = key.iter().copied().chain(std::iter::repeat(0));
    let mut window = 0_u64;
    for _ in 0..8 {
        window = window << 8 | u64::from(bytes.next().unwrap_or(0));
    }
    let mut hash = 0_u32;
    for byte in input {
        for bit in 0..8 {
            if byte & (0x80 >> bit) != 0 {
                hash ^= (window << bit >> 32) as u32;
            }
        }
        window = window << 8 | u64::from(bytes.next().unwrap_or(0));
    }
    hash
}

/// The symmetric hash by table: equal to [`toeplitz`] under [`symmetric_key`].
#[derive(Clone, Debug)]
pub struct SymmetricHash {
    high: [u32; 256],
    low: [u32; 256],
}

impl SymmetricHash {
    /// Fills the tables (2 KiB).
    #[must_use]
    pub fn new() -> Self {
        let key = symmetric_key(DEFAULT_KEY_LEN);
        let mut tables = Self { high: [0; 256], low: [0; 256] };
        for (byte, (high, low)) in (0..=u8::MAX).zip(tables.high.iter_mut().zip(&mut tables.low)) {
            *high = toeplitz(&key, &[byte, 0]);
            *low = toeplitz(&key, &[0, byte]);
        }
        tables
    }

    /// Hash of an address pair and a port pair; the order within each pair does
    /// not matter. `ports` is (0, 0) where ports are not hashed.
    #[must_use]
    #[inline]
    pub fn hash(&self, a: &[u8; 16], b: &[u8; 16], ports: (u16, u16)) -> u32 {
        // An IPv4 address stands in the first four bytes and the rest is zero, which the fold ignores.
        let wide = u128::from_be_bytes(*a) ^ u128::from_be_bytes(*b);
        let half = (wide >> 64) as u64 ^ wide as u64;
        let word = (half >> 32) as u32 ^ half as u32;
        let folded = (word >> 16) as u16 ^ word as u16 ^ ports.0 ^ ports.1;
        let [high, low] = folded.to_be_bytes();
        self.high[usize::from(high)] ^ self.low[usize::from(low)]
    }
}

impl Default for SymmetricHash {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dpdk::rss::softrss;

    /// Microsoft's verification key ("Verifying the RSS Hash Calculation").
    const MICROSOFT_KEY: [u8; 40] = [
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca,
        0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b,
        0xbe, 0xac, 0x01, 0xfa,
    ];

    fn input(src: &str, dest: &str, ports: Option<(u16, u16)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for address in [src, dest] {
            match address.parse().expect("an address") {
                std::net::IpAddr::V4(address) => bytes.extend(address.octets()),
                std::net::IpAddr::V6(address) => bytes.extend(address.octets()),
            }
        }
        if let Some((src, dest)) = ports {
            bytes.extend(src.to_be_bytes());
            bytes.extend(dest.to_be_bytes());
        }
        bytes
    }

    /// The published table: destination, source, hash with and without ports.
    #[test]
    fn agrees_with_the_published_vectors() {
        let cases: &[(&str, u16, &str, u16, u32, u32)] = &[
            ("161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e_8fc2, 0x51cc_c178),
            ("65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718_262a, 0xc626_b0ea),
            ("12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0_a5de, 0x5c2b_394a),
            ("209.142.163.6", 2217, "38.27.205.30", 48228, 0x8298_9176, 0xafc7_327f),
            ("202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d18_09c5, 0x10e8_28a2),
            ("3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc1_8cd5, 0x4020_7d3d),
            ("ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c_461c, 0xdde5_1bbf),
            ("fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x4b61_e985, 0x02d1_feef),
        ];
        for &(dest, dest_port, src, src_port, addresses, with_ports) in cases {
            assert_eq!(toeplitz(&MICROSOFT_KEY, &input(src, dest, None)), addresses, "{src} {dest}");
            let ports = Some((src_port, dest_port));
            assert_eq!(toeplitz(&MICROSOFT_KEY, &input(src, dest, ports)), with_ports, "{src} {dest} {ports:?}");
        }
    }

    fn words(input: &[u8]) -> Vec<u32> {
        input.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect()
    }

    proptest! {
        #[test]
        fn equals_rte_softrss(input in prop_oneof![
            proptest::collection::vec(any::<u8>(), 8), proptest::collection::vec(any::<u8>(), 12),
            proptest::collection::vec(any::<u8>(), 32), proptest::collection::vec(any::<u8>(), 36)])
        {
            prop_assert_eq!(toeplitz(&MICROSOFT_KEY, &input), softrss(&words(&input), &MICROSOFT_KEY));
            let key = symmetric_key(DEFAULT_KEY_LEN);
            prop_assert_eq!(toeplitz(&key, &input), softrss(&words(&input), &key));
        }

        #[test]
        fn the_table_equals_the_definition_and_both_directions_meet(
            a in any::<[u8; 16]>(), b in any::<[u8; 16]>(), ports in any::<(u16, u16)>(), v6 in any::<bool>(),
            key_len in prop_oneof![Just(40_usize), Just(52)])
        {
            let (mut a, mut b) = (a, b);
            let len = if v6 { 16 } else { 4 };
            a[len..].fill(0);
            b[len..].fill(0);
            let hash = SymmetricHash::new();
            let key = symmetric_key(key_len);
            let forward: Vec<u8> = [&a[..len], &b[..len], &ports.0.to_be_bytes(), &ports.1.to_be_bytes()].concat();
            let backward: Vec<u8> = [&b[..len], &a[..len], &ports.1.to_be_bytes(), &ports.0.to_be_bytes()].concat();
            prop_assert_eq!(hash.hash(&a, &b, ports), toeplitz(&key, &forward));
            prop_assert_eq!(toeplitz(&key, &backward), toeplitz(&key, &forward));
            prop_assert_eq!(hash.hash(&b, &a, (ports.1, ports.0)), hash.hash(&a, &b, ports));
            prop_assert_eq!(hash.hash(&a, &b, (0, 0)), toeplitz(&key, &forward[..len * 2]));
        }
    }
}
