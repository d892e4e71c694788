//! Receive-side scaling as a device has it: hash types, key and redirection table.

use super::error::DpdkError;

/// What the NIC's hash may cover, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashTypes(u64);

impl HashTypes {
    /// Addresses of IPv4 and IPv6, fragments and other protocols included.
    #[must_use]
    pub fn addresses() -> Self {
        // SAFETY: constants of the shim.
        Self(unsafe {
            dpdk_sys::tg_rss_ipv4
                | dpdk_sys::tg_rss_ipv4_other
                | dpdk_sys::tg_rss_frag_ipv4
                | dpdk_sys::tg_rss_ipv6
                | dpdk_sys::tg_rss_ipv6_other
                | dpdk_sys::tg_rss_frag_ipv6
        })
    }

    /// Addresses of IPv4 and IPv6 packets that are nothing more special.
    #[must_use]
    pub fn plain_ip() -> Self {
        // SAFETY: constants of the shim.
        Self(unsafe { dpdk_sys::tg_rss_ipv4 | dpdk_sys::tg_rss_ipv6 })
    }

    /// Addresses and ports of TCP.
    #[must_use]
    pub fn tcp() -> Self {
        // SAFETY: constants of the shim.
        Self(unsafe { dpdk_sys::tg_rss_ipv4_tcp | dpdk_sys::tg_rss_ipv6_tcp })
    }

    /// Addresses and ports of UDP.
    #[must_use]
    pub fn udp() -> Self {
        // SAFETY: constants of the shim.
        Self(unsafe { dpdk_sys::tg_rss_ipv4_udp | dpdk_sys::tg_rss_ipv6_udp })
    }

    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self(Self::addresses().0 | Self::tcp().0 | Self::udp().0)
    }

    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// DPDK's bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// From DPDK's bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// What both sets have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// True when all of `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True for the empty set.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Names, such as `ipv4 ipv4-tcp`.
    #[must_use]
    pub fn names(self) -> String {
        // SAFETY: constants of the shim.
        let table = unsafe {
            [
                (dpdk_sys::tg_rss_ipv4, "ipv4"),
                (dpdk_sys::tg_rss_frag_ipv4, "ipv4-frag"),
                (dpdk_sys::tg_rss_ipv4_tcp, "ipv4-tcp"),
                (dpdk_sys::tg_rss_ipv4_udp, "ipv4-udp"),
                (dpdk_sys::tg_rss_ipv4_other, "ipv4-other"),
                (dpdk_sys::tg_rss_ipv6, "ipv6"),
                (dpdk_sys::tg_rss_frag_ipv6, "ipv6-frag"),
                (dpdk_sys::tg_rss_ipv6_tcp, "ipv6-tcp"),
                (dpdk_sys::tg_rss_ipv6_udp, "ipv6-udp"),
                (dpdk_sys::tg_rss_ipv6_other, "ipv6-other"),
            ]
        };
        let names: Vec<&str> = table.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(" ") }
    }
}

/// Reads the hash types and the key that a started port uses now.
///
/// # Errors
/// When the driver does not tell.
pub fn read_back(port: u16, key_len: usize) -> Result<(HashTypes, Vec<u8>), DpdkError> {
    let mut key = vec![0_u8; key_len.max(40)];
    #[allow(clippy::needless_update)] // DPDK 23.11 has one field more
    let mut conf = dpdk_sys::rte_eth_rss_conf {
        rss_key: key.as_mut_ptr(),
        rss_key_len: u8::try_from(key.len()).unwrap_or(u8::MAX),
        ..Default::default()
    };
    // SAFETY: `conf` points to a key buffer as long as the device's key, alive for the call.
    let code = unsafe { dpdk_sys::rte_eth_dev_rss_hash_conf_get(port, &raw mut conf) };
    if code != 0 {
        return Err(DpdkError::code("the driver does not tell its RSS key", code));
    }
    key.truncate(key_len);
    Ok((HashTypes(conf.rss_hf), key))
}

/// Sets hash types and key of a port.
///
/// # Errors
/// When the driver refuses.
pub fn set(port: u16, types: HashTypes, key: &[u8]) -> Result<(), DpdkError> {
    let mut key = key.to_vec();
    #[allow(clippy::needless_update)] // DPDK 23.11 has one field more
    let mut conf = dpdk_sys::rte_eth_rss_conf {
        rss_key: key.as_mut_ptr(),
        rss_key_len: u8::try_from(key.len()).unwrap_or(u8::MAX),
        rss_hf: types.0,
        ..Default::default()
    };
    // SAFETY: `conf` points to the key, alive for the call.
    let code = unsafe { dpdk_sys::rte_eth_dev_rss_hash_update(port, &raw mut conf) };
    if code != 0 {
        return Err(DpdkError::code("the driver refuses the RSS key", code));
    }
    Ok(())
}

const GROUP: usize = 64;

/// Writes the redirection table: entry `i` is the queue for hashes whose low bits are `i`.
///
/// # Errors
/// When the driver refuses or has no table of this size.
pub fn set_reta(port: u16, table: &[u16]) -> Result<(), DpdkError> {
    let mut groups: Vec<dpdk_sys::rte_eth_rss_reta_entry64> = table
        .chunks(GROUP)
        .map(|chunk| {
            let mut group = dpdk_sys::rte_eth_rss_reta_entry64::default();
            for (place, queue) in group.reta.iter_mut().zip(chunk) {
                *place = *queue;
            }
            group.mask = if chunk.len() == GROUP { u64::MAX } else { (1_u64 << chunk.len()) - 1 };
            group
        })
        .collect();
    let size = u16::try_from(table.len()).unwrap_or(u16::MAX);
    // SAFETY: one group for each 64 entries, as the call wants.
    let code = unsafe { dpdk_sys::rte_eth_dev_rss_reta_update(port, groups.as_mut_ptr(), size) };
    if code != 0 {
        return Err(DpdkError::code("the driver refuses the redirection table", code));
    }
    Ok(())
}

/// Reads the redirection table.
///
/// # Errors
/// When the driver does not tell.
pub fn read_reta(port: u16, size: u16) -> Result<Vec<u16>, DpdkError> {
    let count = usize::from(size).div_ceil(GROUP);
    let mut groups = vec![dpdk_sys::rte_eth_rss_reta_entry64 { mask: u64::MAX, ..Default::default() }; count];
    // SAFETY: one group for each 64 entries, as the call wants.
    let code = unsafe { dpdk_sys::rte_eth_dev_rss_reta_query(port, groups.as_mut_ptr(), size) };
    if code != 0 {
        return Err(DpdkError::code("the driver does not tell its redirection table", code));
    }
    Ok(groups.iter().flat_map(|group| group.reta).take(usize::from(size)).collect())
}

/// DPDK's own software Toeplitz hash over a tuple given as host-order words
/// (`rte_softrss`), kept to prove ours against.
///
/// # Panics
/// When the key is too short for the tuple (4 bytes more than it).
#[must_use]
pub fn softrss(words: &[u32], key: &[u8]) -> u32 {
    assert!(key.len() >= words.len() * 4 + 4, "rte_softrss reads a key word past the tuple");
    let mut words = words.to_vec();
    let count = u32::try_from(words.len()).unwrap_or(0);
    // SAFETY: `count` words, and a key long enough for them (asserted).
    unsafe { dpdk_sys::tg_softrss(words.as_mut_ptr(), count, key.as_ptr()) }
}
