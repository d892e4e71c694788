//! One fragment as its frame shows it.

use super::buffers::HEADROOM;
use super::fault::Fault;
use super::units::UNIT;
use crate::event::reasons::reasons;
use crate::wire::{Headers, proto};

reasons! {
    /// Why a frame was not looked at as a fragment. One variant, one counter, one test.
    pub enum Refusal {
        /// The headers say that it is no fragment, or are not this frame's.
        NotFragment => "not_fragment",
        /// The IP header has length 0: a jumbogram (RFC 2675) or a segment yet to be cut, neither of which is fragmented.
        NoLength => "no_length",
        /// The capture does not hold the fragment's whole payload.
        Truncated => "truncated",
    }

    /// The counter's name in statistics.
    pub fn name => "";
    /// The counter's name with its place among all counters.
    pub fn counter => "defrag.refused.";
}

impl Refusal {
    /// Its place in arrays by refusal.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// How many refusals there are.
pub(super) const REFUSAL_COUNT: usize = Refusal::ALL.len();

/// IPv6 fragment header.
const FRAGMENT: u8 = 44;

/// A fragment: where it belongs and what it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'frame> {
    /// First byte, in the packet's payload.
    pub(super) start: u32,
    /// More fragments follow.
    pub(super) more: bool,
    pub(super) payload: &'frame [u8],
    /// Link layer and IP headers, without a fragment header.
    pub(super) head: &'frame [u8],
    pub(super) network_at: u32,
    /// Protocol of the payload; IPv6: of its first header.
    pub(super) proto: u8,
    /// ECN code point (RFC 3168).
    pub(super) ecn: u8,
    pub(super) dont_fragment: bool,
}

#[inline]
fn at(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[inline]
fn array<const N: usize>(frame: &[u8], offset: usize) -> Option<[u8; N]> {
    frame.get(offset..)?.first_chunk::<N>().copied()
}

/// The identification of a fragment.
#[inline]
pub(super) fn identification(frame: &[u8], headers: &Headers) -> Option<u32> {
    if headers.v6 {
        // RFC 8200 section 4.5: the last four bytes of the fragment header.
        array(frame, at(headers.transport_at).checked_add(4)?).map(u32::from_be_bytes)
    } else {
        array(frame, at(headers.network_at).checked_add(4)?).map(|id| u32::from(u16::from_be_bytes(id)))
    }
}

impl<'frame> Piece<'frame> {
    /// Reads a fragment whose headers [`crate::wire::parse_into`] has read; `None`: [`Self::refusal`] says why not.
    ///
    /// An `Option` of this needs no room for a tag, so the value is never copied out of one.
    #[inline]
    pub(super) fn read<const V6: bool>(frame: &'frame [u8], headers: &Headers) -> Option<Self> {
        if V6 { Self::read_v6(frame, headers) } else { Self::read_v4(frame, headers) }
    }

    #[inline]
    fn read_v4(frame: &'frame [u8], headers: &Headers) -> Option<Self> {
        let (network, transport) = (at(headers.network_at), at(headers.transport_at));
        let [_, tos, length_high, length_low, _, _, field_high, field_low] = array::<8>(frame, network)?;
        let total = usize::from(u16::from_be_bytes([length_high, length_low]));
        if total == 0 {
            return None;
        }
        // RFC 791 section 3.1: reserved, "don't fragment", "more fragments", and 13 bits of offset.
        let field = u16::from_be_bytes([field_high, field_low]);
        Some(Self {
            start: u32::from(field & 0x1fff) * UNIT,
            more: field & 0x2000 != 0,
            payload: frame.get(transport..network.saturating_add(total))?,
            head: frame.get(..transport)?,
            network_at: headers.network_at,
            proto: headers.proto,
            ecn: tos & 3,
            dont_fragment: field & 0x4000 != 0,
        })
    }

    /// Why [`Self::read`] has read nothing.
    #[cold]
    pub(super) fn refusal(frame: &[u8], headers: &Headers) -> Refusal {
        let field = at(headers.network_at).saturating_add(if headers.v6 { 4 } else { 2 });
        if array(frame, field) == Some([0, 0]) { Refusal::NoLength } else { Refusal::Truncated }
    }

    #[inline]
    fn read_v6(frame: &'frame [u8], headers: &Headers) -> Option<Self> {
        let (network, fragment) = (at(headers.network_at), at(headers.transport_at));
        let [_, class, _, _, length_high, length_low] = array::<6>(frame, network)?;
        let length = usize::from(u16::from_be_bytes([length_high, length_low]));
        if length == 0 {
            return None;
        }
        let end = network.saturating_add(40).saturating_add(length);
        // RFC 8200 section 4.5: next header, reserved, 13 bits of offset, two reserved, "more fragments".
        let [next, _, field_high, field_low] = array::<4>(frame, fragment)?;
        let field = u16::from_be_bytes([field_high, field_low]);
        Some(Self {
            start: u32::from(field & 0xfff8),
            more: field & 1 != 0,
            payload: frame.get(fragment.saturating_add(8)..end)?,
            head: frame.get(..fragment)?,
            network_at: headers.network_at,
            proto: next,
            // The traffic class spans the low half of the first byte and the high half of the second.
            ecn: class >> 4 & 3,
            dont_fragment: false,
        })
    }

    /// Length of the payload: a frame is never longer than 32 bits tell.
    #[inline]
    pub(super) fn length(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX)
    }

    /// One past its last byte, in the packet's payload.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        self.start.saturating_add(self.length())
    }

    /// What is wrong with the fragment by itself, policies and what has arrived aside.
    #[inline]
    pub(super) fn shape(&self, v6: bool) -> Option<Fault> {
        if self.start == 0 {
            return self.first_shape(v6);
        }
        // RFC 1858 section 4: "IF FO=1 and PROTOCOL=TCP then DROP PACKET".
        (!v6 && self.start == UNIT && self.proto == proto::TCP).then_some(Fault::TinyOffset)
    }

    fn first_shape(&self, v6: bool) -> Option<Fault> {
        if self.head.len() > HEADROOM {
            return Some(Fault::HeaderTooLong);
        }
        if v6 {
            return header_chain(self.proto, self.payload);
        }
        // RFC 1858 section 3: what a filter needs of the transport header; for TCP that is up to the flags, byte 13.
        let least = match self.proto {
            proto::TCP => 16,
            proto::UDP | proto::ICMP => 8,
            proto::SCTP => 12,
            _ => 0,
        };
        (self.payload.len() < least).then_some(Fault::TinyFirst)
    }
}

/// RFC 7112 section 5: "the first fragment must contain the entire IPv6 header chain", with the transport header.
fn header_chain(first: u8, payload: &[u8]) -> Option<Fault> {
    let mut rest = payload;
    let mut next = first;
    loop {
        let length = match next {
            FRAGMENT => return Some(Fault::Nested),
            // Hop-by-hop, routing, destination options, mobility, HIP, shim6: 8-byte units after the first 8.
            0 | 43 | 60 | 135 | 139 | 140 => {
                rest.get(1).map(|units| usize::from(*units).saturating_add(1).saturating_mul(8))
            }
            // Authentication header, RFC 4302: 4-byte units minus 2.
            51 => rest.get(1).map(|units| usize::from(*units).saturating_add(2).saturating_mul(4)),
            proto::TCP => return (rest.len() < 20).then_some(Fault::HeaderChain),
            proto::UDP | proto::ICMPV6 => return (rest.len() < 8).then_some(Fault::HeaderChain),
            proto::SCTP => return (rest.len() < 12).then_some(Fault::HeaderChain),
            59 => return None,
            _ => return rest.is_empty().then_some(Fault::HeaderChain),
        };
        let (Some(length), Some(after)) = (length, rest.first()) else { return Some(Fault::HeaderChain) };
        next = *after;
        let Some(after) = rest.get(length..) else { return Some(Fault::HeaderChain) };
        rest = after;
    }
}
