//! One half-open session's record: two cache lines.

use super::Opening;
use crate::event::Direction;
use crate::flow::age::Class;
use crate::flow::entry::{Bits, NO_SLOT};
use crate::flow::key::FlowKey;
use crate::wire::{TcpHeader, tcp_flag};

/// A TCP session of which no payload was seen and whose handshake is not complete.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct HalfOpen {
    pub(in crate::flow) key: FlowKey,
    /// Interface of the first packet.
    pub iface: u16,
    /// Its tag in its bucket.
    pub(in crate::flow) tag: u16,
    /// Clock at the last packet, nanoseconds.
    pub last_ns: u64,
    /// Capture time of the first packet, nanoseconds.
    pub start_ns: u64,
    /// Next in the overflow chain of its bucket.
    pub(in crate::flow) chain: u32,
    /// Its bucket's number, so that the bucket of one that is to make room can be loaded ahead.
    pub(in crate::flow) bucket: u32,
    /// Bytes on the wire by direction.
    pub bytes: [u32; 2],
    /// Packets by direction.
    pub packets: [u16; 2],
    /// When it was appended, in units of [`super::Ring`]; wraps after two thousand timeouts.
    pub(in crate::flow) queued: u16,
    /// Union of the flags by direction.
    pub flags_seen: [u8; 2],
    /// Yes-or-no facts.
    pub bits: Bits,
    /// It should be a flow, and there was no room for one: payload of it was not looked at.
    pub refused: bool,
    openings: [Opening; 2],
}

const _: () = assert!(size_of::<HalfOpen>() == 128, "a half-open session is two cache lines");

/// Who and when: what a half-open session begins with, besides its first packet.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    /// Clock, nanoseconds.
    pub now_ns: u64,
    /// Capture time, nanoseconds.
    pub start_ns: u64,
    /// Interface.
    pub iface: u16,
    /// Client, and what else is known from the start.
    pub bits: Bits,
}

impl HalfOpen {
    /// An unused record.
    pub(super) const EMPTY: Self = Self {
        key: FlowKey::EMPTY,
        iface: 0,
        chain: NO_SLOT,
        bucket: 0,
        tag: 0,
        queued: 0,
        last_ns: 0,
        start_ns: 0,
        bytes: [0; 2],
        packets: [0; 2],
        flags_seen: [0; 2],
        bits: Bits::NONE,
        refused: false,
        openings: [Opening::NONE; 2],
    };

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &FlowKey {
        &self.key
    }

    /// The way of a packet whose sender is the key's higher end (`from_high`).
    #[must_use]
    #[inline]
    pub const fn direction(&self, from_high: bool) -> Direction {
        if self.bits.has(Bits::CLIENT_IS_HIGH) == from_high { Direction::ToServer } else { Direction::ToClient }
    }

    /// The tuple, client first.
    #[must_use]
    pub fn tuple(&self) -> crate::event::Tuple {
        self.key.tuple(self.bits.has(Bits::CLIENT_IS_HIGH))
    }

    /// The first packet of a side that has spoken.
    #[must_use]
    pub fn opening(&self, direction: Direction) -> Option<&Opening> {
        self.openings.get(direction.index()).filter(|_| self.has_spoken(direction))
    }

    #[inline]
    fn has_spoken(&self, direction: Direction) -> bool {
        self.packets.get(direction.index()).is_some_and(|count| *count != 0)
    }

    #[inline]
    fn flags(&self, direction: Direction) -> u8 {
        self.flags_seen.get(direction.index()).copied().unwrap_or(0)
    }

    /// A side that had said nothing before has sent a reset: the attempt is over.
    #[must_use]
    #[inline]
    pub const fn is_closed(&self) -> bool {
        let [a, b] = self.flags_seen;
        (a | b) & tcp_flag::RST != 0
    }

    /// The age class whose timeout holds for it.
    #[must_use]
    #[inline]
    pub const fn class(&self) -> Class {
        if self.is_closed() { Class::TcpClosed } else { Class::TcpNew }
    }

    /// True when a packet without payload leaves the session half open, and this record can hold all that it says.
    #[must_use]
    #[inline]
    pub fn holds(&self, direction: Direction, header: &TcpHeader, length: u32) -> bool {
        let flags = header.flags;
        // After a reset, what either side says is for the session automaton to judge; so are a FIN, and a reset of a
        // side whose numbers are known.
        if self.is_closed() || flags & tcp_flag::FIN != 0 {
            return false;
        }
        if flags & tcp_flag::RST != 0 && self.has_spoken(direction) {
            return false;
        }
        // Another initial number than before, or an answer to another SYN: both readings have to be kept.
        if flags & tcp_flag::SYN != 0 {
            let other_isn = self.opening(direction).is_some_and(|opening| opening.seq() != header.seq);
            let other_syn = flags & tcp_flag::ACK != 0
                && self.opening(direction.flip()).is_some_and(|opening| opening.seq().wrapping_add(1) != header.ack);
            if other_isn || other_syn {
                return false;
            }
        }
        // Both sides have acknowledged something: established.
        if flags & self.flags(direction.flip()) & tcp_flag::ACK != 0 && flags & tcp_flag::RST == 0 {
            return false;
        }
        let place = direction.index();
        self.packets.get(place).is_some_and(|count| *count != u16::MAX)
            && self.bytes.get(place).is_some_and(|bytes| bytes.checked_add(length).is_some())
    }

    /// Begins anew; the first packet is still to be counted. What the last session has left of its openings stays: it
    /// is of no meaning until the side has spoken.
    #[inline]
    pub(in crate::flow) fn begin(&mut self, key: &FlowKey, bucket: u32, tag: u16, queued: u16, begin: &Begin) {
        self.key = *key;
        self.iface = begin.iface;
        self.chain = NO_SLOT;
        self.bucket = bucket;
        self.tag = tag;
        self.queued = queued;
        self.last_ns = begin.now_ns;
        self.start_ns = begin.start_ns;
        self.bits = begin.bits;
        self.bits.set(Bits::IN_USE);
        self.refused = false;
    }

    /// Counts the first packet of all.
    #[inline]
    pub(in crate::flow) const fn count_first(&mut self, direction: Direction, opening: &Opening, length: u32) {
        let [to_server, to_client] = &mut self.openings;
        match direction {
            Direction::ToServer => {
                *to_server = *opening;
                (self.packets, self.bytes, self.flags_seen) = ([1, 0], [length, 0], [opening.flags, 0]);
            }
            Direction::ToClient => {
                *to_client = *opening;
                (self.packets, self.bytes, self.flags_seen) = ([0, 1], [0, length], [0, opening.flags]);
            }
        }
    }

    /// Counts a further packet of `length` bytes. Counts stay at their largest values, where [`HalfOpen::holds`] did not ask
    /// for a flow record before.
    #[inline]
    pub(in crate::flow) fn count(&mut self, direction: Direction, opening: &Opening, length: u32) {
        let place = direction.index();
        if !self.has_spoken(direction)
            && let Some(first) = self.openings.get_mut(place)
        {
            *first = *opening;
        }
        if let Some(flags) = self.flags_seen.get_mut(place) {
            *flags |= opening.flags;
        }
        if let Some(count) = self.packets.get_mut(place) {
            *count = count.saturating_add(1);
        }
        if let Some(bytes) = self.bytes.get_mut(place) {
            *bytes = bytes.saturating_add(length);
        }
    }
}
