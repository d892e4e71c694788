//! How long flows may be idle, and the lists they age in.

use super::entry::{Flow, NO_SLOT};

/// Age class of a flow; each has its own list and timeout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Class {
    /// TCP, handshake not complete.
    #[default]
    TcpNew = 0,
    /// TCP, closed by FINs or a reset; waits for stragglers.
    TcpClosed = 1,
    /// TCP, both sides speak.
    TcpEstablished = 2,
    /// UDP seen one way.
    UdpNew = 3,
    /// UDP seen both ways.
    UdpEstablished = 4,
    /// ICMP and ICMPv6.
    Icmp = 5,
    /// Any other protocol.
    Other = 6,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 7] = [
        Self::TcpNew,
        Self::TcpClosed,
        Self::TcpEstablished,
        Self::UdpNew,
        Self::UdpEstablished,
        Self::Icmp,
        Self::Other,
    ];

    /// The order in which flows make room for new ones when the table is full:
    /// what is least worth keeping first (NCAP: unestablished, closed, established).
    pub const RECYCLE_ORDER: [Self; 7] = [
        Self::TcpNew,
        Self::UdpNew,
        Self::Icmp,
        Self::Other,
        Self::TcpClosed,
        Self::UdpEstablished,
        Self::TcpEstablished,
    ];

    /// Its place in per-class arrays.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Idle times in nanoseconds, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    by_class: [u64; Class::ALL.len()],
}

impl Timeouts {
    /// The same time for every class; set each with [`Timeouts::set`].
    #[must_use]
    pub const fn uniform(ns: u64) -> Self {
        Self { by_class: [ns; Class::ALL.len()] }
    }

    /// Sets one class.
    pub fn set(&mut self, class: Class, ns: u64) {
        if let Some(place) = self.by_class.get_mut(class.index()) {
            *place = ns;
        }
    }

    /// Idle time of a class.
    #[must_use]
    #[inline]
    pub fn of(&self, class: Class) -> u64 {
        self.by_class.get(class.index()).copied().unwrap_or(u64::MAX)
    }
}

/// A doubly linked list through the flows' own links, oldest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgeList {
    pub(super) oldest: u32,
    newest: u32,
    pub(super) len: u32,
}

impl AgeList {
    pub(super) const fn new() -> Self {
        Self { oldest: NO_SLOT, newest: NO_SLOT, len: 0 }
    }

    /// Appends flow `slot`, which is in no list, as the newest.
    pub(super) fn push(&mut self, flows: &mut [Flow], slot: u32) {
        if let Some(flow) = at(flows, slot) {
            flow.older = self.newest;
            flow.newer = NO_SLOT;
        }
        match at(flows, self.newest) {
            Some(before) => before.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
        self.len = self.len.saturating_add(1);
    }

    /// Takes flow `slot` out of this list.
    pub(super) fn unlink(&mut self, flows: &mut [Flow], slot: u32) {
        let Some((older, newer)) = at(flows, slot).map(|flow| (flow.older, flow.newer)) else { return };
        match at(flows, older) {
            Some(flow) => flow.newer = newer,
            None => self.oldest = newer,
        }
        match at(flows, newer) {
            Some(flow) => flow.older = older,
            None => self.newest = older,
        }
        self.len = self.len.saturating_sub(1);
    }
}

fn at(flows: &mut [Flow], slot: u32) -> Option<&mut Flow> {
    flows.get_mut(usize::try_from(slot).ok()?)
}
