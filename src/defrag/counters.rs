//! What the defragmenter counts.

use super::fault::{FAULT_COUNT, Fault};
use super::piece::{REFUSAL_COUNT, Refusal};

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// IPv4 fragments.
    pub ipv4_fragments: u64,
    /// IPv6 fragments.
    pub ipv6_fragments: u64,
    /// IPv4 packets put together.
    pub ipv4_reassembled: u64,
    /// IPv6 packets put together.
    pub ipv6_reassembled: u64,
    /// Fragments that repeat exactly what has arrived; under policy `linux` all that lie inside one run.
    pub duplicates: u64,
    /// Fragments of packets whose descriptor is bad.
    pub ignored: u64,
    /// IPv4 fragments that say "don't fragment".
    pub dont_fragment: u64,
    /// Packets thrown away and begun anew.
    pub restarts: u64,
    /// Packets that did not become whole in time.
    pub timeouts: u64,
    /// Bad descriptors whose time was over.
    pub bad_expired: u64,
    /// Packets given up because no descriptor was free.
    pub recycled: u64,
    /// Packets given up because no large buffer was free.
    pub buffers_recycled: u64,
    /// By [`Fault::index`].
    pub(super) faults: [u64; FAULT_COUNT],
    /// By [`Refusal::index`].
    pub(super) refusals: [u64; REFUSAL_COUNT],
}

impl Counters {
    /// Fragments with that fault.
    #[must_use]
    pub fn fault(&self, fault: Fault) -> u64 {
        self.faults.get(fault.index()).copied().unwrap_or(0)
    }

    /// Fragments refused for that reason.
    #[must_use]
    pub fn refusal(&self, refusal: Refusal) -> u64 {
        self.refusals.get(refusal.index()).copied().unwrap_or(0)
    }

    pub(super) fn add_fault(&mut self, fault: Fault) {
        if let Some(count) = self.faults.get_mut(fault.index()) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn add_refusal(&mut self, refusal: Refusal) {
        if let Some(count) = self.refusals.get_mut(refusal.index()) {
            *count = count.saturating_add(1);
        }
    }
}

/// What is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Descriptors, bad ones among them.
    pub descriptors: u32,
    /// Bad descriptors.
    pub bad: u32,
    /// Small buffers.
    pub small_buffers: u32,
    /// Large buffers.
    pub large_buffers: u32,
}
