//! What can be wrong with fragments, and what follows from it.

use super::policy::Policy;
use crate::event::Kept;
use crate::event::reasons::reasons;

reasons! {
    /// What is wrong with a fragment. One variant, one counter, one event name, one test.
    ///
    /// What follows depends on the destination's [`Policy`] (`-`: reported, nothing else happens):
    ///
    /// | fault | `drop` | `linux`, IPv4 | `linux`, IPv6 | `first` `last` `windows` `bsd` |
    /// |---|---|---|---|---|
    /// | [`Overlap`](Self::Overlap), [`Conflict`](Self::Conflict) | bad | again, or the fragment is left out | as IPv4 | the policy decides; IPv6: bad |
    /// | [`PastEnd`](Self::PastEnd), [`MultipleTails`](Self::MultipleTails), [`Teardrop`](Self::Teardrop), [`ZeroLength`](Self::ZeroLength) | bad | again | again | bad |
    /// | [`InvalidLength`](Self::InvalidLength) | bad | cut to a multiple of 8 | left out | bad |
    /// | [`PacketTooLarge`](Self::PacketTooLarge) | bad | bad | left out | bad |
    /// | [`TinyFirst`](Self::TinyFirst), [`TinyOffset`](Self::TinyOffset) | bad | - | | - |
    /// | [`HeaderChain`](Self::HeaderChain) | bad | | left out | bad |
    /// | [`EcnMixed`](Self::EcnMixed) | packet dropped | packet dropped | packet dropped | - |
    /// | all others | bad | bad | bad | bad |
    ///
    /// "Bad": the descriptor ignores whatever else belongs to it until it times out. "Again": what was gathered
    /// is thrown away and the next fragment begins anew, as in the kernel, whose queue is gone then;
    /// [`Limits::restarts`](super::Limits::restarts) bounds how often. "Left out": only this fragment is.
    pub enum Fault {
        /// A fragment that is not the last has a length that is no multiple of 8 (RFC 791 section 3.2, RFC 8200 section 4.5).
        InvalidLength => "invalid_length",
        /// Covers again what has arrived, with the same bytes, and is no exact repetition.
        Overlap => "overlap",
        /// Covers again what has arrived, with other bytes: one of two readers sees something else (Ptacek and Newsham 1998).
        Conflict => "overlap_conflict",
        /// Data beyond the packet's end: a fragment past a known end, or an end before what has arrived.
        PastEnd => "past_end",
        /// A second last fragment that ends elsewhere than the first.
        MultipleTails => "multiple_tails",
        /// The last fragment lies inside what has arrived and ends before it (CERT CA-1997-28, "teardrop").
        Teardrop => "teardrop",
        /// Offset and length go beyond 65,535, what an IP packet can be long (CERT CA-1996-26, "ping of death").
        PacketTooLarge => "pkt_too_large",
        /// The packet would be longer than [`Limits::max_packet`](super::Limits::max_packet).
        OverMaxPacket => "over_max_packet",
        /// More fragments than [`Limits::max_fragments`](super::Limits::max_fragments), repetitions among them ("jolt").
        TooMany => "too_many",
        /// No payload.
        ZeroLength => "zero_length",
        /// A fragment that is not the last has less payload than [`Limits::min_fragment`](super::Limits::min_fragment).
        TooSmall => "too_small",
        /// The first fragment does not hold the transport header's ports and flags (RFC 1858 section 3, IPv4).
        TinyFirst => "tiny_first",
        /// TCP at offset 1, over the flags of a first fragment (RFC 1858 section 4, RFC 3128, IPv4).
        TinyOffset => "tiny_offset",
        /// The first fragment does not hold the whole header chain (RFC 7112, RFC 8200 section 4.5, IPv6).
        HeaderChain => "incomplete_header_chain",
        /// A fragment header inside a fragmented packet (RFC 8200 section 4.1 has at most one).
        Nested => "nested",
        /// The headers before the payload are longer than the 512 bytes that a buffer has for them.
        HeaderTooLong => "header_too_long",
        /// Fragments with ECN and without it (RFC 3168 section 5.3).
        EcnMixed => "ecn_mixed",
        /// The packet began anew more often than [`Limits::restarts`](super::Limits::restarts).
        Restarts => "restarts",
        /// No large buffer could be had, and no other packet's could be taken.
        NoBuffer => "no_buffer",
    }

    /// The counter's name in statistics.
    pub fn name => "";
    /// The counter's name with its place among all counters.
    pub fn counter => "defrag.fault.";
    fn event4 => "decoder.ipv4.frag_";
    fn event6 => "decoder.ipv6.frag_";
}

impl Fault {
    /// The event's name, in the form of Suricata's decoder events; those that Suricata has are named as it does.
    #[must_use]
    pub const fn event(self, v6: bool) -> &'static str {
        if v6 { self.event6() } else { self.event4() }
    }
}

/// How many faults there are.
pub const FAULT_COUNT: usize = Fault::ALL.len();

const _: () = assert!(FAULT_COUNT <= 32, "sets of faults are 32 bits");

impl Fault {
    /// Its place in arrays by fault.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its bit in sets of faults.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// What follows from it.
    pub(super) const fn effect(self, policy: Policy, v6: bool) -> Effect {
        let linux = matches!(policy, Policy::Linux);
        if matches!(policy, Policy::Drop) {
            return Effect::Bad;
        }
        match self {
            Self::Overlap | Self::Conflict if linux => Effect::Again,
            Self::Overlap | Self::Conflict if !v6 => Effect::Report,
            Self::PastEnd | Self::MultipleTails | Self::Teardrop | Self::ZeroLength if linux => Effect::Again,
            Self::InvalidLength if linux && !v6 => Effect::Report,
            Self::InvalidLength | Self::PacketTooLarge | Self::HeaderChain if linux && v6 => Effect::LeaveOut,
            Self::TinyFirst | Self::TinyOffset => Effect::Report,
            Self::EcnMixed if !linux => Effect::Report,
            _ => Effect::Bad,
        }
    }
}

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing but the report.
    Report,
    /// This fragment does not count.
    LeaveOut,
    /// What was gathered is thrown away.
    Again,
    /// The descriptor ignores what follows.
    Bad,
}

/// A fault, to be made an event of: raised once for each fault of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is wrong.
    pub fault: Fault,
    /// Where the fragment begins in the packet's payload, bytes.
    pub offset: u32,
    /// Its length, bytes.
    pub length: u32,
    /// With [`Fault::Conflict`]: what differs.
    pub conflict: Option<Conflict>,
}

/// Two versions of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where the first piece that differs begins within the fragment, bytes from the start of the packet's payload.
    pub offset: u32,
    /// Its length, bytes.
    pub length: u32,
    /// XXH3-64 (seed 0) of what had arrived before.
    pub held_digest: u64,
    /// XXH3-64 (seed 0) of what the fragment has in its place.
    pub arrived_digest: u64,
    /// Which of them the packet has now, by the destination's policy.
    pub kept: Kept,
}
