//! Whose bytes win where segments overlap, and for which destination.

use super::seq::distance;

/// How a destination treats what arrives out of order and overlaps.
///
/// After Novak and Sturges, "Target-Based TCP Stream Reassembly" (Sourcefire,
/// 2007), in the form in which Suricata and Snort use their tables: `e` is a
/// segment that waits before its turn, `n` the new one, each with the extent with
/// which it arrived.
///
/// | policy | `n` wins over `e` where |
/// |---|---|
/// | `first` | never |
/// | `last` | always |
/// | `bsd`, `windows` | `n` begins before `e` |
/// | `linux` | `n` begins before `e`, or begins with it and ends after it |
/// | `solaris` | `n` ends after `e`, or ends with it and does not begin after it |
///
/// Bytes that the receiver has already passed on are never replaced, whatever the
/// policy: they are before its window's left edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Policy {
    /// What came first stays.
    First,
    /// What came last counts.
    Last,
    /// Linux: what most servers run, and proven against its kernel.
    #[default]
    Linux,
    /// Windows.
    Windows,
    /// FreeBSD and its relatives.
    Bsd,
    /// Solaris and illumos.
    Solaris,
}

impl Policy {
    /// All of them, with the names that configurations use.
    pub const ALL: [(&'static str, Self); 6] = [
        ("first", Self::First),
        ("last", Self::Last),
        ("linux", Self::Linux),
        ("windows", Self::Windows),
        ("bsd", Self::Bsd),
        ("solaris", Self::Solaris),
    ];

    /// Whether a new segment over `new` wins against one over `old` that it overlaps; sequence numbers, end exclusive.
    pub(super) fn newer_wins(self, old: (u32, u32), new: (u32, u32)) -> bool {
        let begins = distance(new.0, old.0);
        let ends = distance(new.1, old.1);
        match self {
            Self::First => false,
            Self::Last => true,
            Self::Linux => begins < 0 || (begins == 0 && ends > 0),
            Self::Windows | Self::Bsd => begins < 0,
            Self::Solaris => ends > 0 || (ends == 0 && begins <= 0),
        }
    }

    /// Whether it matters with which segment a byte came.
    pub(super) const fn looks_at_extents(self) -> bool {
        !matches!(self, Self::First | Self::Last)
    }

    /// Whether a segment that reaches past the window's right edge is cut there, as RFC 9293 section 3.10.7.4 has it.
    /// Linux takes it whole or not at all.
    pub(super) const fn cuts_at_window(self) -> bool {
        !matches!(self, Self::Linux)
    }
}
