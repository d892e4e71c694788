//! One flow's record: four cache lines.

use std::ops::{Deref, DerefMut};

use super::age::Class;
use super::key::FlowKey;
use crate::event::{AppProto, Direction};
use crate::tcp::StreamPair;

/// "None" for slot numbers.
pub const NO_SLOT: u32 = u32::MAX;

/// The number of no object.
pub const NO_OBJECT: u16 = u16::MAX;

/// Yes-or-no facts of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits(u8);

impl Bits {
    /// The client is the key's higher end.
    pub const CLIENT_IS_HIGH: u8 = 1;
    /// A dictionary has alerted on it.
    pub const ALERTED: u8 = 2;
    /// Resets were sent for it.
    pub const KILLED: u8 = 4;
    /// Packets were seen in both directions.
    pub const BOTH_WAYS: u8 = 8;
    /// Its content is not inspected.
    pub const NO_CONTENT: u8 = 16;
    /// Its first bytes were not seen: where a side begins to speak it is asked again what it speaks, until that is known.
    pub const BEGAN_UNSEEN: u8 = 32;
    /// A half-open session's illegal flags were told; flows have [`Bits::BEGAN_UNSEEN`] there.
    pub const FLAGS_TOLD: u8 = 32;
    /// The record is in use.
    pub(super) const IN_USE: u8 = 64;
    /// Which of two generations of dictionaries its scanner states and keyword hits are of.
    pub const GENERATION: u8 = 128;
    /// A half-open session's malformed options were told; flows have [`Bits::GENERATION`] there.
    pub const OPTIONS_TOLD: u8 = 128;

    /// No fact.
    pub const NONE: Self = Self(0);

    /// One fact, or none: without a branch, for what is as good as random.
    #[must_use]
    #[inline]
    pub const fn when(bit: u8, holds: bool) -> Self {
        Self(bit * holds as u8)
    }

    /// Whether a fact holds.
    #[must_use]
    #[inline]
    pub const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// All facts but one.
    #[must_use]
    pub const fn without(self, bit: u8) -> Self {
        Self(self.0 & !bit)
    }

    /// States further facts.
    #[inline]
    pub const fn set_all(&mut self, facts: Self) {
        self.0 |= facts.0;
    }

    /// States a fact.
    #[inline]
    pub const fn set(&mut self, bit: u8) {
        self.0 |= bit;
    }

    /// Says whether a fact holds.
    #[inline]
    pub const fn put(&mut self, bit: u8, holds: bool) {
        self.0 = (self.0 & !bit) | (bit * holds as u8);
    }
}

/// A flow: facts of any, and the streams of a TCP session, which are half of it. They stand apart so that what takes a
/// stream's bytes can change the facts meanwhile.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Flow {
    /// What every flow has.
    pub facts: Facts,
    /// Both directions of TCP.
    pub tcp: StreamPair,
}

/// What is known of a flow, whatever its protocol.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Facts {
    pub(super) key: FlowKey,
    /// Next flow in the overflow chain of its bucket, or in the free list.
    pub(super) chain: u32,
    /// Clock at the last packet, nanoseconds.
    pub last_ns: u64,
    /// Packets by direction.
    pub packets: [u64; 2],
    /// Bytes on the wire by direction.
    pub bytes: [u64; 2],
    /// Capture time of the first packet, nanoseconds.
    pub start_ns: u64,
    /// When it was appended to its age list, in units of 2^27 ns (an eighth of a second).
    pub(super) queued: u32,
    pub(super) older: u32,
    pub(super) newer: u32,
    pub(super) class: Class,
    /// Yes-or-no facts.
    pub bits: Bits,
    /// Application protocol, as far as known.
    pub app_proto: AppProto,
    /// When it was killed, as [`crate::kill::eighth`] says it; of no meaning before.
    pub killed_at: u8,
    /// TCP: anomalies already told, a bit each, and in the last two bits who has spoken last. ICMP: type and code of the first packet.
    pub aux: u32,
    /// Keyword scanner state by direction: case-sensitive and insensitive automaton.
    pub scan: [[u32; 2]; 2],
    /// Slot of its protocol parser, or [`NO_SLOT`].
    pub parser: u32,
    /// Slot of its first keyword-hit record, or [`NO_SLOT`].
    pub hits: u32,
    /// Interface of the first packet.
    pub iface: u16,
    /// Slot of its first object that is being looked into, or [`NO_OBJECT`].
    pub objects: u16,
}

impl Flow {
    /// An unused record.
    #[must_use]
    pub(crate) const fn empty() -> Self {
        let facts = Facts {
            key: FlowKey::EMPTY,
            chain: NO_SLOT,
            scan: [[0; 2]; 2],
            last_ns: 0,
            start_ns: 0,
            packets: [0; 2],
            bytes: [0; 2],
            older: NO_SLOT,
            newer: NO_SLOT,
            queued: 0,
            parser: NO_SLOT,
            hits: NO_SLOT,
            aux: 0,
            iface: 0,
            objects: NO_OBJECT,
            class: Class::TcpNew,
            bits: Bits(0),
            app_proto: AppProto::Unknown,
            killed_at: 0,
        };
        Self { facts, tcp: StreamPair::new() }
    }
}

impl Deref for Flow {
    type Target = Facts;

    #[inline]
    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl DerefMut for Flow {
    #[inline]
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }
}

impl Facts {
    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &FlowKey {
        &self.key
    }

    /// The next byte of a direction begins something new: no keyword reaches back over it.
    pub fn restart_scan(&mut self, direction: Direction) {
        if let Some(state) = self.scan.get_mut(direction.index()) {
            *state = Default::default();
        }
    }

    /// Its age class.
    #[must_use]
    #[inline]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The way of a packet whose sender is the key's higher end (`from_high`).
    #[must_use]
    #[inline]
    pub const fn direction(&self, from_high: bool) -> Direction {
        if self.bits.has(Bits::CLIENT_IS_HIGH) == from_high { Direction::ToServer } else { Direction::ToClient }
    }

    /// The tuple, client first; for ICMP with type and code of the first packet.
    #[must_use]
    pub fn tuple(&self) -> crate::event::Tuple {
        let mut tuple = self.key.tuple(self.bits.has(Bits::CLIENT_IS_HIGH));
        if matches!(self.key.proto(), crate::wire::proto::ICMP | crate::wire::proto::ICMPV6) {
            let [_, kind, _, code] = self.aux.to_be_bytes();
            tuple.src_port = u16::from(kind);
            tuple.dest_port = u16::from(code);
        }
        tuple
    }
}

const _: () = assert!(size_of::<Flow>() == 256, "a flow is four cache lines");
