//! Whose bytes win where fragments overlap, and for which destination.

use std::fmt;

use crate::policy::PrefixTable;

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

    /// All of them with their names, as a key's choice takes them.
    pub const NAMES: [(&'static str, Self); 6] = {
        let [a, b, c, d, e, f] = Self::ALL;
        [(a.name(), a), (b.name(), b), (c.name(), c), (d.name(), d), (e.name(), e), (f.name(), f)]
    };

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

/// A policy for every destination.
pub type PolicyTable = PrefixTable<Policy>;
