//! How sessions begin and how resets end them.

use super::anomaly::Anomaly;
use super::segment::Packet;
use super::seq::distance;
use super::stream::{
    ACKED, ALT, EDGE, FINISHED, GUESSED, Half, RESET, SACK, SCALED, SIGNED, STAMPED, STARTED, SYN, Sides, TS_SYN,
    URGENT,
};
use crate::wire::{TcpHeader, tcp_flag};

/// Where the receiver's side is not seen, a reset counts when it lies at most this far after the next expected byte;
/// data in between may have been lost on the way to the sensor.
const RESET_AHEAD: i32 = 1 << 20;

/// What a SYN or a SYN-ACK turned out to be.
pub(super) enum Opening {
    /// The first, or one seen before: its sender's numbers are known now.
    Counts,
    /// It changes nothing.
    Ignored,
    /// It changes nothing, and is odd.
    Odd(Anomaly),
}

/// Takes a SYN or SYN-ACK of `half`.
pub(super) fn open(sides: &mut Sides<'_>, packet: &Packet<'_>) -> Opening {
    let Sides { half, peer, alt, .. } = sides;
    let header = packet.header;
    let with_ack = packet.has(tcp_flag::ACK);
    if half.has(ACKED) && peer.has(ACKED) {
        // RFC 5961 section 4.2: an established session answers a SYN with an ACK, and goes on.
        if half.has(SYN) && half.isn == header.seq {
            return Opening::Ignored;
        }
        // It may be a new session on the same ports, the end of this one not seen: a SYN-ACK for it would show that.
        if !with_ack {
            **alt = header.seq;
            half.bits = half.bits & !URGENT | ALT;
            peer.bits &= !(ALT | URGENT);
        }
        return Opening::Odd(if with_ack { Anomaly::SynAckInSession } else { Anomaly::SynInSession });
    }
    if with_ack && peer.has(SYN) && !acknowledges_syn(peer, **alt, header.ack) {
        return Opening::Odd(Anomaly::SynAckBadAck);
    }
    if half.has(SYN) {
        if half.isn == header.seq {
            half.ttl = half.ttl.max(packet.ttl);
            if with_ack && !half.has(ACKED) {
                // Simultaneous open: its SYN came without an acknowledgement (RFC 9293 section 3.5, figure 8).
                acknowledge(half, header);
            }
            return Opening::Counts;
        }
        // Which of the two counts is seen from the answer, if there was none yet.
        if !peer.has(ACKED) || peer.acked != half.isn.wrapping_add(1) {
            **alt = header.seq;
            half.bits = half.bits & !URGENT | ALT;
            peer.bits &= !(ALT | URGENT);
        }
        return Opening::Odd(if with_ack { Anomaly::SynAckResentOtherIsn } else { Anomaly::SynResentOtherIsn });
    }
    let first = header.seq.wrapping_add(1);
    if !half.has(STARTED) || half.offset() == 0 && half.has(GUESSED) {
        half.next_seq = first;
        // Data that the tap has shown before this SYN was sent within the window of the other side's SYN, which is never
        // scaled (RFC 7323 section 2.2).
        let ahead = distance(half.sent, first);
        if !half.has(STARTED) || !(0..=i32::from(u16::MAX)).contains(&ahead) {
            half.sent = first;
        }
    } else if distance(first, half.next_seq) > 0 {
        // Data was picked up that lies before this SYN: it belongs to another session.
        return Opening::Ignored;
    }
    half.isn = header.seq;
    half.bits |= STARTED | SYN;
    half.bits &= !GUESSED;
    half.ttl = packet.ttl;
    if packet.options.signed {
        half.bits |= SIGNED;
    }
    if packet.options.sack {
        half.bits |= SACK;
    }
    if let Some(shift) = packet.options.window_scale {
        half.set_scale(shift);
    }
    if let Some((stamp, _)) = packet.options.timestamps {
        half.ts_recent = stamp;
        half.bits |= TS_SYN | STAMPED;
    }
    if with_ack {
        acknowledge(half, header);
        if !peer.has(STARTED) {
            peer.next_seq = header.ack;
            peer.sent = header.ack;
            peer.isn = header.ack.wrapping_sub(1);
            peer.bits |= STARTED | GUESSED;
        }
    }
    Opening::Counts
}

/// Takes the acknowledgement of a SYN-ACK; its window is not scaled.
const fn acknowledge(half: &mut Half, header: &TcpHeader) {
    half.acked = header.ack;
    half.edge = header.ack.wrapping_add(header.window as u32);
    half.bits |= ACKED | EDGE;
}

/// True when `ack` acknowledges the SYN of `half`, or the other one that it may have sent; that one counts then.
fn acknowledges_syn(half: &mut Half, alt: u32, ack: u32) -> bool {
    let first = half.isn.wrapping_add(1);
    if distance(ack, first) >= 0 && distance(ack, half.sent) <= 0 {
        return true;
    }
    if half.has(ALT) && ack == alt.wrapping_add(1) {
        take_other(half, alt);
        return true;
    }
    false
}

/// Both numbers of a handshake were possible; an acknowledgement says that it is the other one.
pub(super) fn take_other(half: &mut Half, alt: u32) {
    half.isn = alt;
    half.next_seq = alt.wrapping_add(1);
    half.sent = half.next_seq;
    half.bits &= !ALT;
}

/// The window that a segment without SYN grants, in bytes: an upper bound where the handshake was not seen.
#[inline]
pub(super) fn window(half: &Half, peer: &Half, window: u16) -> u32 {
    let shift = if half.has(SCALED) {
        // RFC 7323 section 2.2: the option counts only when both SYNs had it.
        if peer.has(SYN) && !peer.has(SCALED) { 0 } else { half.scale() }
    } else if half.has(SYN) {
        0
    } else {
        u32::from(super::options::MAX_WINDOW_SCALE)
    };
    u32::from(window) << shift
}

/// Takes a reset of `half`; false when its receiver does not believe it.
///
/// `last_held` is the number after the last early piece of `half`: a receiver that told it in its SACK also believes a
/// reset there.
pub(super) fn reset(sides: &mut Sides<'_>, packet: &Packet<'_>, last_held: Option<u32>) -> bool {
    let Sides { half, peer, alt, .. } = sides;
    let header = packet.header;
    let with_ack = packet.has(tcp_flag::ACK);
    if half.signature_surprises(packet.options.signed) {
        return false;
    }
    // A listener that has answered a SYN looks at timestamps first. Later on a reset is believed whatever its timestamp
    // (RFC 7323 section 5.2).
    if half.has(SYN)
        && !half.has(ACKED)
        && half.stamps()
        && peer.stamps()
        && packet.options.timestamps.is_some_and(|(stamp, _)| distance(half.ts_recent, stamp) > 0)
    {
        return false;
    }
    // Selective acknowledgements are agreed upon in the handshake, where that was seen.
    let sacks = half.has(SACK) && peer.has(SACK) || !half.has(SYN) || !peer.has(SYN);
    let fits = if !half.has(STARTED) {
        // RFC 9293 section 3.10.7.3: a connection is refused by acknowledging its SYN. To a segment out of the blue, the
        // reset has the number that the segment acknowledged (section 3.5.2).
        !peer.has(STARTED)
            || with_ack && distance(header.ack, peer.isn) > 0 && distance(header.ack, peer.sent) <= 0
            || peer.has(ACKED) && header.seq == peer.acked
            || peer.has(ALT) && with_ack && header.ack == alt.wrapping_add(1)
    } else if !peer.has(STARTED) || !peer.has(ACKED) {
        // A client that awaits a SYN-ACK refuses what is none with the number that was acknowledged, and goes on waiting.
        let ahead = if half.has(SYN) && peer.has(STARTED) { 0 } else { RESET_AHEAD };
        (0..=ahead).contains(&distance(header.seq, half.next_seq))
            // Section 3.5.2 again: the answer to a segment without ACK, here a second SYN. It has "sequence number zero
            // and ACK field set to the sum of the sequence number and segment length of the incoming segment".
            || with_ack && header.seq == 0 && (1..=RESET_AHEAD).contains(&distance(header.ack, peer.isn))
    } else {
        // RFC 5961 section 3.2: only "exactly the next expected sequence number". What the receiver has acknowledged
        // may be ahead of what the sensor has seen. After a FIN, its own number is believed too.
        header.seq == half.next_seq
            || distance(peer.acked, half.next_seq) > 0 && header.seq == peer.acked
            || sacks && Some(header.seq) == last_held
            || half.has(FINISHED) && header.seq == half.next_seq.wrapping_sub(1)
    };
    if fits {
        half.bits |= RESET;
        peer.bits |= RESET;
    }
    fits
}
