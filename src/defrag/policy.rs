//! Whose bytes win where fragments overlap, and for which destination.

use std::fmt;
use std::net::IpAddr;

/// How a destination puts overlapping IPv4 fragments together.
///
/// The classes are those of Novak, "Target-Based Fragmentation Reassembly"
/// (Sourcefire, 2005), after Paxson and Shankar's active mapping; `e` is a piece
/// that has arrived before, `n` the new fragment, and what decides is where they
/// begin and end:
///
/// | policy | `n` wins over `e` where | hosts |
/// |---|---|---|
/// | `first` | never | |
/// | `last` | always | Cisco IOS |
/// | `bsd` | `n` begins before `e` | FreeBSD, OpenBSD, HP-UX, AIX |
/// | `windows` | `n` begins before `e` and ends after it | Windows |
/// | `linux` | the whole packet is thrown away | Linux since 4.20 |
/// | `drop` | the descriptor is marked bad | none: what the sensor itself does not trust |
///
/// A piece that has lost a part begins or ends where its rest does.
///
/// `linux` is what the kernel does today (`inet_frag_queue_insert`): pieces that
/// arrived in order are one run; a fragment inside one run is a repetition and is
/// left out unread, and any other overlap throws away all that has arrived. Novak's
/// "Linux", where the earlier fragment wins unless `n` begins with it or before it,
/// is the kernel before 2018 and is not offered.
///
/// IPv6 packets with overlaps are discarded by all hosts (RFC 5722, RFC 8200
/// section 4.5), so there `first`, `last`, `bsd` and `windows` act as `drop` does.
///
/// The default is `linux`: it is what most servers run, it is the one of which
/// every detail is proven against a real kernel, and whoever gets a packet past it
/// has to use overlaps that raise an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Policy {
    /// What came first stays.
    First,
    /// What came last counts.
    Last,
    /// Today's Linux kernel.
    #[default]
    Linux,
    /// Windows.
    Windows,
    /// FreeBSD and its relatives.
    Bsd,
    /// An overlap makes the descriptor bad.
    Drop,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::First, Self::Last, Self::Linux, Self::Windows, Self::Bsd, Self::Drop];

    /// The name that configurations use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Bsd => "bsd",
            Self::Drop => "drop",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// Whether a fragment over `new` wins against a piece over `held`; both in bytes, end exclusive. Asked only for
    /// policies that put overlaps together.
    pub(super) const fn new_wins(self, held: (u32, u32), new: (u32, u32)) -> bool {
        match self {
            Self::First | Self::Linux | Self::Drop => false,
            Self::Last => true,
            Self::Bsd => new.0 < held.0,
            Self::Windows => new.0 < held.0 && new.1 > held.1,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// The first `len` bits of 128.
fn mask(len: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(len))).unwrap_or(0)
}

/// A policy for every destination: a default, and exceptions by prefix of which the longest decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyTable {
    default: Policy,
    v4: Family,
    v6: Family,
}

/// The exceptions of one address family, by length and address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Family {
    /// Lengths that occur, longest first, each with its prefixes in order of their address.
    by_length: Vec<(u8, Vec<(u128, Policy)>)>,
}

impl Family {
    fn insert(&mut self, prefix: Prefix, policy: Policy) {
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
                    entry.1 = policy;
                }
            }
            Err(place) => entries.insert(place, (prefix.bits, policy)),
        }
    }

    fn find(&self, address: u128) -> Option<Policy> {
        self.by_length.iter().find_map(|(len, entries)| {
            let at = entries.binary_search_by_key(&(address & mask(*len)), |(bits, _)| *bits).ok()?;
            entries.get(at).map(|(_, policy)| *policy)
        })
    }
}

impl PolicyTable {
    /// `default` for every destination.
    #[must_use]
    pub const fn new(default: Policy) -> Self {
        Self { default, v4: Family { by_length: Vec::new() }, v6: Family { by_length: Vec::new() } }
    }

    /// Sets the policy of `prefix`, in place of the one it may have.
    pub fn insert(&mut self, prefix: Prefix, policy: Policy) {
        let family = if prefix.v6 { &mut self.v6 } else { &mut self.v4 };
        family.insert(prefix, policy);
    }

    /// The policy of a destination as [`crate::wire::Headers::dest`] has it. Allocates nothing.
    #[must_use]
    pub fn lookup(&self, dest: &[u8; 16], v6: bool) -> Policy {
        let bits = u128::from_be_bytes(*dest);
        let family = if v6 { &self.v6 } else { &self.v4 };
        family.find(bits).unwrap_or(self.default)
    }
}
