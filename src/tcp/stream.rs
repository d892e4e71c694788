//! What a flow keeps of its two streams.

use super::pool::NO_SEGMENT;
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

/// One direction.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Half {
    /// Stream offset of the byte at `next_seq`: bytes delivered and skipped so far.
    pub(super) offset: u64,
    /// Sequence number of the next byte to deliver. Valid when STARTED.
    pub(super) next_seq: u32,
    /// First early segment, by sequence number, or `NO_SEGMENT`.
    pub(super) early: u32,
    /// Bytes skipped as gaps; stays at its largest value when it would wrap.
    pub(super) gap_bytes: u32,
    /// Union of the flags seen.
    pub(super) flags_seen: u8,
    pub(super) bits: u8,
    /// Pool segments in the list `early`.
    pub(super) held: u16,
}

/// `next_seq` is known.
pub(super) const STARTED: u8 = 1;
/// Everything up to the FIN was delivered.
pub(super) const FINISHED: u8 = 2;
/// A reset that counts was seen.
pub(super) const RESET: u8 = 4;
/// The receiver has acknowledged bytes that are missing here.
pub(super) const HOLE_ACKED: u8 = 8;
/// A segment with ACK was seen.
pub(super) const ACKED: u8 = 16;

impl Half {
    pub(super) const fn new() -> Self {
        Self { offset: 0, next_seq: 0, early: NO_SEGMENT, gap_bytes: 0, flags_seen: 0, bits: 0, held: 0 }
    }

    #[inline]
    pub(super) const fn has(&self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    /// Goes `count` bytes on.
    #[inline]
    pub(super) fn advance(&mut self, count: u32) {
        self.next_seq = self.next_seq.wrapping_add(count);
        self.offset = self.offset.saturating_add(u64::from(count));
    }
}

/// Both directions of a TCP session.
#[derive(Clone, Copy, Debug)]
pub struct StreamPair {
    pub(super) halves: [Half; 2],
}

impl StreamPair {
    /// A session nothing is known of.
    #[must_use]
    pub const fn new() -> Self {
        Self { halves: [Half::new(); 2] }
    }

    #[inline]
    pub(super) fn half(&self, direction: Direction) -> &Half {
        let [to_server, to_client] = &self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    #[inline]
    pub(super) fn half_mut(&mut self, direction: Direction) -> &mut Half {
        let [to_server, to_client] = &mut self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
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

    /// Union of the flags that one side sent.
    #[must_use]
    pub fn flags_seen(&self, direction: Direction) -> u8 {
        self.half(direction).flags_seen
    }

    /// Bytes of one direction that were never seen (at most 2^32 - 1).
    #[must_use]
    pub fn gap_bytes(&self, direction: Direction) -> u64 {
        u64::from(self.half(direction).gap_bytes)
    }

    /// Bytes of one direction delivered or skipped so far.
    #[must_use]
    pub fn offset(&self, direction: Direction) -> u64 {
        self.half(direction).offset
    }

    /// True while early segments wait in a pool.
    #[must_use]
    #[inline]
    pub const fn holds_segments(&self) -> bool {
        let [a, b] = &self.halves;
        a.held | b.held != 0
    }
}

impl Default for StreamPair {
    fn default() -> Self {
        Self::new()
    }
}
