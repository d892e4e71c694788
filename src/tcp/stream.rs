//! What a flow keeps of its two streams.

use super::pool::NONE;
use crate::event::Direction;

/// State of a session, over both streams (NCAP: unestablished, established, closed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Handshake not complete.
    Unestablished,
    /// Both sides have acknowledged something.
    Established,
    /// Both sides have sent their FIN, or one a reset that counts.
    Closed,
}

/// State of one stream (NCAP's stream automaton, with the names of RFC 9293).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Not begun, or ended by a FIN or a reset.
    Closed,
    /// The other side has sent a SYN here.
    Listen,
    /// It has sent a SYN.
    SynSent,
    /// It has answered the other side's SYN with its own.
    SynRcvd,
    /// It sends data, or may.
    Established,
}

/// One direction: what its sender has said, of its own bytes and of the other side's.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Half {
    /// Sequence number of the next byte to deliver. Valid when STARTED.
    pub(super) next_seq: u32,
    /// The number after the last one seen of it, whether that could be delivered or not.
    pub(super) sent: u32,
    /// Highest acknowledgement number it has sent. Valid when ACKED.
    pub(super) acked: u32,
    /// Right edge of the window that it has granted the other side. Valid when EDGE.
    pub(super) edge: u32,
    /// Its latest timestamp, RFC 7323's TS.Recent. Valid when STAMPED.
    pub(super) ts_recent: u32,
    pub(super) bits: u32,
    /// Root of the tree of early pieces.
    pub(super) early: u32,
    /// First of the doubtful pieces, by sequence number.
    pub(super) doubts: u32,
    /// Stream offset of the byte at `next_seq`, low and high half: bytes delivered and skipped so far.
    offset: [u32; 2],
    /// Initial sequence number. Valid when SYN; otherwise the number before the first that was seen.
    pub(super) isn: u32,
    /// Bytes skipped as gaps; stays at its largest value when it would wrap.
    pub(super) gap_bytes: u32,
    /// Pieces in the tree.
    pub(super) held: u16,
    /// Union of the flags seen.
    pub(super) flags_seen: u8,
    /// TTL or hop limit of its packets: the highest, until a lower one is shown to arrive.
    pub(super) ttl: u8,
}

/// `next_seq` is known.
pub(super) const STARTED: u32 = 1;
/// Everything up to the FIN was delivered.
pub(super) const FINISHED: u32 = 1 << 1;
/// A reset that counts was seen.
pub(super) const RESET: u32 = 1 << 2;
/// The receiver has acknowledged bytes that are missing here.
pub(super) const HOLE_ACKED: u32 = 1 << 3;
/// A segment with ACK was seen; `acked` is valid.
pub(super) const ACKED: u32 = 1 << 4;
/// Its SYN was seen; `isn` is valid.
pub(super) const SYN: u32 = 1 << 5;
/// `next_seq` is where a session was picked up, and nothing was delivered since.
pub(super) const GUESSED: u32 = 1 << 6;
/// The pair's `alt` is another initial number that it may mean, before the handshake is complete.
pub(super) const ALT: u32 = 1 << 7;
/// Its SYN had the timestamps option.
pub(super) const TS_SYN: u32 = 1 << 8;
/// `ts_recent` is valid.
pub(super) const STAMPED: u32 = 1 << 9;
/// Its SYN had the window scale option, whose shift [`Half::scale`] is.
pub(super) const SCALED: u32 = 1 << 10;
/// `edge` is valid.
pub(super) const EDGE: u32 = 1 << 11;
/// What was refused of it had been taken by the receiver: windows and acknowledgements are not judged any more.
pub(super) const LOOSE: u32 = 1 << 12;
/// No more of it is inspected.
pub(super) const STOPPED: u32 = 1 << 13;
/// One of its segments had a right checksum, so wrong ones are wrong.
pub(super) const CHECKED: u32 = 1 << 14;
/// Its SYN was signed (RFC 2385, RFC 5925).
pub(super) const SIGNED: u32 = 1 << 15;
/// The consumer was told of its end.
pub(super) const ENDED: u32 = 1 << 16;
/// The pair's `alt` is the number of an urgent byte that has yet to come.
pub(super) const URGENT: u32 = 1 << 17;
/// Its SYN permitted selective acknowledgements.
pub(super) const SACK: u32 = 1 << 18;
/// Segments with wrong checksums were taken by the receiver: its NIC fills them in after the capture.
pub(super) const UNFILLED: u32 = 1 << 19;
/// Pieces in the list `doubts`, four bits.
const DOUBTS_SHIFT: u32 = 20;
/// Its receiver has taken a segment whose signature should not have been there, or should have: it does not look.
pub(super) const ANY_SIGNATURE: u32 = 1 << 24;
/// Window scale, four bits.
const SCALE_SHIFT: u32 = 28;

/// Most doubtful pieces a stream holds.
pub(super) const MAX_DOUBTS: u32 = 15;

impl Half {
    pub(super) const fn new() -> Self {
        Self {
            next_seq: 0,
            sent: 0,
            acked: 0,
            edge: 0,
            ts_recent: 0,
            bits: 0,
            early: NONE,
            doubts: NONE,
            offset: [0; 2],
            isn: 0,
            gap_bytes: 0,
            held: 0,
            flags_seen: 0,
            ttl: 0,
        }
    }

    /// True when any of `bits` is set.
    #[inline]
    pub(super) const fn has(&self, bits: u32) -> bool {
        self.bits & bits != 0
    }

    /// Bytes delivered and skipped so far.
    #[inline]
    pub(super) const fn offset(&self) -> u64 {
        let [low, high] = self.offset;
        (high as u64) << 32 | low as u64
    }

    /// Goes `count` numbers on, all of them bytes of the stream.
    #[inline]
    pub(super) const fn advance(&mut self, count: u32) {
        self.next_seq = self.next_seq.wrapping_add(count);
        let (low, carry) = self.offset[0].overflowing_add(count);
        self.offset = [low, self.offset[1].wrapping_add(carry as u32)];
        self.bits &= !GUESSED;
    }

    /// The shift of its windows; 0 where its SYN had none.
    #[inline]
    pub(super) const fn scale(&self) -> u32 {
        self.bits >> SCALE_SHIFT
    }

    pub(super) fn set_scale(&mut self, shift: u8) {
        self.bits = self.bits & !(15 << SCALE_SHIFT) | SCALED | u32::from(shift & 15) << SCALE_SHIFT;
    }

    /// Pieces in the list `doubts`.
    pub(super) const fn doubt_count(&self) -> u32 {
        self.bits >> DOUBTS_SHIFT & 15
    }

    pub(super) const fn set_doubt_count(&mut self, count: u32) {
        self.bits = self.bits & !(15 << DOUBTS_SHIFT) | (count & 15) << DOUBTS_SHIFT;
    }

    /// True when a segment that is `signed` like that is none of its sender's, by what its SYN showed.
    #[inline]
    pub(super) const fn signature_surprises(&self, signed: bool) -> bool {
        self.bits & (SYN | ANY_SIGNATURE) == SYN && signed != self.has(SIGNED)
    }

    /// True when its segments carry timestamps, as far as its SYN or its segments tell.
    #[inline]
    pub(super) const fn stamps(&self) -> bool {
        self.has(TS_SYN) || (!self.has(SYN) && self.has(STAMPED))
    }
}

/// Both directions of a TCP session.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct StreamPair {
    pub(super) halves: [Half; 2],
    /// Newest record of what was delivered.
    pub(super) newest: u32,
    /// Another number that the side with ALT or URGENT may mean; not more than one side has one of them.
    pub(super) alt: u32,
}

const _: () = assert!(size_of::<StreamPair>() == 112, "a flow's record has no more room");

/// One direction's half and the other's, and what they share.
pub(super) struct Sides<'a> {
    pub(super) half: &'a mut Half,
    pub(super) peer: &'a mut Half,
    pub(super) newest: &'a mut u32,
    pub(super) alt: &'a mut u32,
}

impl StreamPair {
    /// A session nothing is known of.
    #[must_use]
    pub const fn new() -> Self {
        Self { halves: [Half::new(); 2], newest: 0, alt: 0 }
    }

    #[inline]
    pub(super) const fn half(&self, direction: Direction) -> &Half {
        let [to_server, to_client] = &self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    #[inline]
    pub(super) const fn sides(&mut self, direction: Direction) -> Sides<'_> {
        let [to_server, to_client] = &mut self.halves;
        let (half, peer) = match direction {
            Direction::ToServer => (to_server, to_client),
            Direction::ToClient => (to_client, to_server),
        };
        Sides { half, peer, newest: &mut self.newest, alt: &mut self.alt }
    }

    /// The session's state.
    #[must_use]
    #[inline]
    pub const fn state(&self) -> SessionState {
        let [a, b] = &self.halves;
        if (a.bits | b.bits) & RESET != 0 || a.bits & b.bits & FINISHED != 0 {
            SessionState::Closed
        } else if a.bits & b.bits & ACKED != 0 {
            SessionState::Established
        } else {
            SessionState::Unestablished
        }
    }

    /// The state of the stream that travels in `direction`.
    #[must_use]
    pub const fn stream_state(&self, direction: Direction) -> StreamState {
        let (half, peer) = (self.half(direction), self.half(direction.flip()));
        if half.has(FINISHED) || (half.bits | peer.bits) & RESET != 0 {
            StreamState::Closed
        } else if !half.has(STARTED) {
            if peer.has(SYN) { StreamState::Listen } else { StreamState::Closed }
        } else if !half.has(ACKED) {
            StreamState::SynSent
        } else if half.has(SYN) && !peer.has(ACKED) {
            StreamState::SynRcvd
        } else {
            StreamState::Established
        }
    }

    /// The client's initial sequence number, when its SYN was seen.
    #[must_use]
    pub fn client_isn(&self) -> Option<u32> {
        let half = self.half(Direction::ToServer);
        half.has(SYN).then_some(half.isn)
    }

    /// True when a SYN-ACK that travels in `direction` and acknowledges `ack` opens a new session on the ports of this
    /// established one: it answers a SYN that was seen since.
    #[must_use]
    pub const fn is_reopened_by(&self, direction: Direction, ack: u32) -> bool {
        let [a, b] = &self.halves;
        let opener = self.half(direction.flip());
        a.bits & b.bits & ACKED != 0 && opener.has(ALT) && ack == self.alt.wrapping_add(1)
    }

    /// Adds flags that a side has sent before the reassembler saw it.
    pub const fn note_flags(&mut self, direction: Direction, flags: u8) {
        self.sides(direction).half.flags_seen |= flags;
    }

    /// Union of the flags that one side sent.
    #[must_use]
    pub const fn flags_seen(&self, direction: Direction) -> u8 {
        self.half(direction).flags_seen
    }

    /// Bytes of one direction that were never seen (at most 2^32 - 1).
    #[must_use]
    pub fn gap_bytes(&self, direction: Direction) -> u64 {
        u64::from(self.half(direction).gap_bytes)
    }

    /// Bytes of one direction delivered or skipped so far.
    #[must_use]
    pub const fn offset(&self, direction: Direction) -> u64 {
        self.half(direction).offset()
    }

    /// True while pieces wait in a pool.
    #[must_use]
    #[inline]
    pub const fn holds_segments(&self) -> bool {
        let [a, b] = &self.halves;
        a.held | b.held != 0 || a.doubts & b.doubts != NONE
    }

    /// True when there is nothing left to deliver, and the consumer knows of both directions' ends.
    #[must_use]
    #[inline]
    pub const fn is_finished(&self) -> bool {
        let [a, b] = &self.halves;
        a.bits & b.bits & ENDED != 0 && !self.holds_segments()
    }

    /// True when neither direction is inspected any more.
    #[must_use]
    #[inline]
    pub const fn is_stopped(&self) -> bool {
        let [a, b] = &self.halves;
        a.bits & b.bits & STOPPED != 0
    }

    /// Tells this session's records from those of others.
    #[inline]
    pub(super) const fn owner(&self) -> u32 {
        let [a, b] = &self.halves;
        a.isn ^ b.isn.rotate_left(16)
    }
}

impl Default for StreamPair {
    fn default() -> Self {
        Self::new()
    }
}
