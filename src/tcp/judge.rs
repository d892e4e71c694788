//! Would the receiver take this segment?

use super::anomaly::Anomaly;
use super::limits::Limits;
use super::segment::Packet;
use super::seq::{distance, later};
use super::stream::{ACKED, EDGE, Half, LOOSE, SIGNED, STAMPED, STARTED, SYN};
use crate::wire::tcp_flag;

/// Farthest that data may lie ahead, whatever is known of the window: none is larger (RFC 7323 section 2.3).
pub(super) const LARGEST_WINDOW: i32 = 1 << 30;

/// What is illegal about a combination of flags, whatever the state.
#[must_use]
pub const fn illegal_flags(flags: u8) -> Option<Anomaly> {
    const fn all(flags: u8, bits: u8) -> bool {
        flags & bits == bits
    }
    // The usual cases first: an acknowledgement of any kind without SYN and RST, and the SYN.
    if flags & (tcp_flag::ACK | tcp_flag::SYN | tcp_flag::RST) == tcp_flag::ACK {
        return None;
    }
    if all(flags, tcp_flag::SYN | tcp_flag::FIN) {
        return Some(Anomaly::FlagsSynFin);
    }
    if all(flags, tcp_flag::SYN | tcp_flag::RST) {
        return Some(Anomaly::FlagsSynRst);
    }
    if all(flags, tcp_flag::FIN | tcp_flag::RST) {
        return Some(Anomaly::FlagsFinRst);
    }
    if flags & (tcp_flag::SYN | tcp_flag::RST) != 0 {
        return None;
    }
    // RFC 9293 section 3.10.7.4: "if the ACK bit is off, drop the segment".
    Some(if flags & tcp_flag::FIN != 0 { Anomaly::FlagsFinWithoutAck } else { Anomaly::FlagsNull })
}

/// True for most segments of an open session that [`judge`] has nothing against: all numbers lie in order and none far
/// from the others. Where it is false nothing is said.
#[inline]
pub(super) fn is_beyond_doubt(half: &Half, peer: &Half, packet: &Packet<'_>, end: u32, limits: &Limits) -> bool {
    const OPEN: u32 = STARTED | ACKED | EDGE;
    let unacknowledged = peer.sent.wrapping_sub(half.acked);
    let news = packet.header.ack.wrapping_sub(half.acked);
    half.bits & (OPEN | SIGNED) == OPEN
        && peer.bits & (STARTED | EDGE) == STARTED | EDGE
        && news <= unacknowledged
        && unacknowledged <= LARGEST_WINDOW.unsigned_abs()
        && (!peer.has(SYN) || distance(packet.header.ack, peer.isn) > 0)
        && distance(peer.edge, end) >= 0
        && !arrives_not(half, packet.ttl, limits)
        && !packet.options.signed
        && !packet.options.timestamps.is_some_and(|(stamp, _)| half.has(STAMPED) && distance(half.ts_recent, stamp) > 1)
}

/// True when a packet's TTL or hop limit is so low that it dies on its way.
#[inline]
pub(super) const fn arrives_not(half: &Half, ttl: u8, limits: &Limits) -> bool {
    ttl.saturating_add(limits.ttl_slack) < half.ttl
}

/// What speaks against a segment with ACK, and neither SYN nor RST, of an open session; `None`: its receiver takes it.
pub(super) fn judge(half: &Half, peer: &Half, packet: &Packet<'_>, limits: &Limits) -> Option<Anomaly> {
    let header = packet.header;
    if arrives_not(half, packet.ttl, limits) {
        return Some(Anomaly::TtlTooLow);
    }
    if half.signature_surprises(packet.options.signed) {
        return Some(Anomaly::SignatureSurprise);
    }
    if let Some((stamp, _)) = packet.options.timestamps
        && half.has(STAMPED)
        && half.stamps()
        && peer.stamps()
        // RFC 7323 section 5.3 R1; receivers forgive a difference of one tick.
        && distance(half.ts_recent, stamp) > 1
    {
        return Some(Anomaly::BadTimestamp);
    }
    if peer.has(STARTED) && !half.has(LOOSE) {
        // RFC 9293 section 3.10.7.4: "If the ACK acks something not yet sent, then send an ACK, drop the segment". What
        // lies before the SYN was never sent either.
        let ahead = distance(header.ack, peer.sent);
        if ahead > 0 || ahead == i32::MIN || peer.has(SYN) && distance(header.ack, peer.isn) <= 0 {
            return Some(Anomaly::BadAck);
        }
        // RFC 5961 section 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK.
        if half.has(ACKED) {
            let window = half.edge.wrapping_sub(half.acked);
            let old = distance(half.acked, header.ack);
            if old > 0 && old.unsigned_abs() > window {
                return Some(Anomaly::BadAck);
            }
        }
    }
    if !packet.payload.is_empty() || packet.missing != 0 {
        return out_of_window(half, peer, packet);
    }
    None
}

fn out_of_window(half: &Half, peer: &Half, packet: &Packet<'_>) -> Option<Anomaly> {
    let seq = packet.header.seq;
    let ahead = distance(seq, half.next_seq);
    // Numbers exactly 2^31 apart lie on neither side.
    if ahead > LARGEST_WINDOW || ahead == i32::MIN {
        return Some(Anomaly::OutOfWindow);
    }
    if !half.has(LOOSE) && peer.has(EDGE) {
        // What was seen before is no question of the window.
        let first = later(seq, half.next_seq);
        let known = distance(packet_end(packet), half.next_seq) <= 0;
        return (!known && distance(first, peer.edge) >= 0).then_some(Anomaly::OutOfWindow);
    }
    None
}

/// The number after a packet's last payload byte.
pub(super) fn packet_end(packet: &Packet<'_>) -> u32 {
    let length = u32::try_from(packet.payload.len()).unwrap_or(u32::MAX);
    packet.header.seq.wrapping_add(length).wrapping_add(packet.missing)
}
