//! The reassembler: segments in, bytes in order out.

use super::pool::{BUFFER, NO_SEGMENT, Pool};
use super::seq::distance;
use super::stream::{ACKED, FINISHED, HOLE_ACKED, Half, RESET, STARTED, StreamPair};
use crate::event::Direction;
use crate::wire::{TcpHeader, tcp_flag};

/// A hole that the receiver has acknowledged is skipped only when it is this old
/// (capture time): on a tap's two ports an acknowledgement can overtake its data.
const ACKED_HOLE_GRACE_NS: u64 = 20_000_000;

/// A reset counts when it lies at most this far after the next expected byte; data
/// in between may have been lost on the way to the sensor.
const RESET_AHEAD: i32 = 1 << 20;

/// Who takes the streams' content.
pub trait Consumer {
    /// The next bytes of a direction; `offset` counts from the stream's first byte.
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]);
    /// The next `length` bytes of a direction will never come.
    fn gap(&mut self, direction: Direction, length: u64);
}

/// Limits of the store for early segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Buffers of 2 KiB a worker.
    pub segments: u32,
    /// Most of them one direction of a flow may hold.
    pub per_stream: u16,
    /// How long a hole may stay before it is skipped, nanoseconds.
    pub hole_timeout_ns: u64,
}

/// What the reassembler counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpCounters {
    /// Payload segments delivered as they came.
    pub in_order: u64,
    /// Payload segments that came early and were stored.
    pub out_of_order: u64,
    /// Payload segments of which nothing was new.
    pub retransmitted: u64,
    /// Payload segments of which a part was new.
    pub partly_new: u64,
    /// Gaps delivered.
    pub gaps: u64,
    /// Bytes in them.
    pub gap_bytes: u64,
    /// Holes skipped because the receiver had what is missing.
    pub hole_acked: u64,
    /// Holes skipped because they were older than the timeout.
    pub hole_timeout: u64,
    /// Holes skipped because the stream held as many buffers as it may.
    pub stream_limit: u64,
    /// Holes skipped because no buffer was free.
    pub pool_exhausted: u64,
    /// Resets that did not fit their stream.
    pub bad_reset: u64,
    /// Payload bytes after a FIN or a reset.
    pub after_close: u64,
}

/// The reassembler of one worker.
#[derive(Debug)]
pub struct Reassembler {
    pool: Pool,
    limits: Limits,
    counters: TcpCounters,
}

impl Reassembler {
    /// Takes all memory for the store.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { pool: Pool::new(limits.segments), limits, counters: TcpCounters::default() }
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &TcpCounters {
        &self.counters
    }

    /// Buffers in use.
    #[must_use]
    pub const fn segments_used(&self) -> u32 {
        self.pool.used()
    }

    /// The store's memory, for advice to the kernel.
    #[must_use]
    pub fn memory(&self) -> &[u8] {
        self.pool.memory()
    }

    /// Takes one segment of `pair` that travels in `direction`. `missing` bytes
    /// after `payload` were on the wire but not captured.
    pub fn segment(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        header: &TcpHeader,
        payload: &[u8],
        missing: u32,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        let flags = header.flags;
        let half = pair.half_mut(direction);
        half.flags_seen |= flags;
        if flags & tcp_flag::RST != 0 {
            self.reset(half, header);
            return;
        }
        if flags & tcp_flag::ACK != 0 {
            half.bits |= ACKED;
        }
        // RFC 9293 section 3.4: the SYN occupies the sequence number before the first byte of data.
        let syn = flags & tcp_flag::SYN != 0;
        let seq = if syn { header.seq.wrapping_add(1) } else { header.seq };
        if !half.has(STARTED) {
            half.bits |= STARTED;
            half.next_seq = seq;
        }
        let fin = flags & tcp_flag::FIN != 0;
        if !payload.is_empty() || missing != 0 || fin {
            self.payload(half, direction, seq, payload, missing, fin, now_ns, consumer);
        }
        if flags & tcp_flag::ACK != 0 {
            self.acknowledge(pair, direction.flip(), header.ack, now_ns, consumer);
        }
    }

    /// Ends a session: delivers what is stored, with gaps for what is not, and
    /// gives the buffers back.
    pub fn finish(&mut self, pair: &mut StreamPair, consumer: &mut impl Consumer) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let half = pair.half_mut(direction);
            while half.early != NO_SEGMENT {
                self.skip_hole(half, direction, consumer);
            }
        }
    }

    fn reset(&mut self, half: &mut Half, header: &TcpHeader) {
        // RFC 5961 section 3.2 wants exactly the next expected number. What the sensor expects may lag behind by what
        // it has not seen. A side that never spoke can only be refusing a connection.
        let fits = !half.has(STARTED) || (0..=RESET_AHEAD).contains(&distance(header.seq, half.next_seq));
        if fits {
            half.bits |= RESET;
        } else {
            self.counters.bad_reset = self.counters.bad_reset.saturating_add(1);
        }
    }

    #[allow(clippy::too_many_arguments)] // one segment is all of these
    fn payload(
        &mut self,
        half: &mut Half,
        direction: Direction,
        seq: u32,
        payload: &[u8],
        missing: u32,
        fin: bool,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        if half.has(FINISHED | RESET) {
            let length = u64::try_from(payload.len()).unwrap_or(0);
            self.counters.after_close = self.counters.after_close.saturating_add(length);
            return;
        }
        if distance(seq, half.next_seq) > 0 {
            self.store(half, direction, seq, payload, fin, now_ns, consumer);
            return;
        }
        self.counters.in_order = self.counters.in_order.saturating_add(1);
        self.deliver(half, direction, seq, payload, consumer);
        if missing != 0 {
            let after = seq.wrapping_add(u32::try_from(payload.len()).unwrap_or(0)).wrapping_add(missing);
            let length = distance(after, half.next_seq);
            if length > 0 {
                self.gap(half, direction, length.unsigned_abs(), consumer);
            }
        }
        if fin {
            self.fin(half, seq, payload.len(), missing);
        }
        if half.early != NO_SEGMENT {
            self.drain(half, direction, consumer);
            self.skip_old_holes(half, direction, now_ns, consumer);
        }
    }

    /// Notes a FIN whose data ends where the stream stands.
    fn fin(&mut self, half: &mut Half, seq: u32, len: usize, missing: u32) {
        let end = seq.wrapping_add(u32::try_from(len).unwrap_or(0)).wrapping_add(missing);
        if end == half.next_seq {
            half.bits |= FINISHED;
            // The FIN occupies one number itself; a reset or acknowledgement after it counts it.
            half.next_seq = half.next_seq.wrapping_add(1);
        }
    }

    /// Delivers what is new of a segment that does not lie ahead.
    fn deliver(
        &mut self,
        half: &mut Half,
        direction: Direction,
        seq: u32,
        payload: &[u8],
        consumer: &mut impl Consumer,
    ) {
        let known = usize::try_from(distance(half.next_seq, seq)).unwrap_or(0);
        let new = payload.get(known..).unwrap_or(&[]);
        if known != 0 && !payload.is_empty() {
            let counter = if new.is_empty() { &mut self.counters.retransmitted } else { &mut self.counters.partly_new };
            *counter = counter.saturating_add(1);
        }
        if !new.is_empty() {
            let offset = half.offset;
            half.advance(u32::try_from(new.len()).unwrap_or(u32::MAX));
            consumer.data(direction, offset, new);
        }
    }

    fn gap(&mut self, half: &mut Half, direction: Direction, length: u32, consumer: &mut impl Consumer) {
        self.counters.gaps = self.counters.gaps.saturating_add(1);
        self.counters.gap_bytes = self.counters.gap_bytes.saturating_add(u64::from(length));
        half.gap_bytes = half.gap_bytes.saturating_add(length);
        half.advance(length);
        consumer.gap(direction, u64::from(length));
    }

    /// Stores an early segment, or skips the hole before it when it cannot.
    #[allow(clippy::too_many_arguments)] // one segment is all of these
    fn store(
        &mut self,
        half: &mut Half,
        direction: Direction,
        seq: u32,
        payload: &[u8],
        fin: bool,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        self.counters.out_of_order = self.counters.out_of_order.saturating_add(1);
        let buffers = payload.len().div_ceil(BUFFER).max(1);
        let over_limit = usize::from(half.held).saturating_add(buffers) > usize::from(self.limits.per_stream);
        let exhausted = self.pool.available() < buffers;
        if over_limit || exhausted {
            let counter = if over_limit { &mut self.counters.stream_limit } else { &mut self.counters.pool_exhausted };
            *counter = counter.saturating_add(1);
            self.deliver_up_to(half, direction, seq, consumer);
            let hole = distance(seq, half.next_seq);
            if hole > 0 {
                self.gap(half, direction, hole.unsigned_abs(), consumer);
            }
            self.deliver(half, direction, seq, payload, consumer);
            if fin {
                self.fin(half, seq, payload.len(), 0);
            }
            self.drain(half, direction, consumer);
            return;
        }
        let mut at = seq;
        let mut rest = payload;
        loop {
            let (piece, after) = rest.split_at_checked(BUFFER).unwrap_or((rest, &[]));
            if let Some(number) = self.pool.store(at, piece, fin && after.is_empty(), now_ns) {
                self.link(half, number, at);
            }
            if after.is_empty() {
                break;
            }
            at = at.wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
            rest = after;
        }
        self.skip_old_holes(half, direction, now_ns, consumer);
    }

    /// Puts a stored segment into its stream's list, sorted by sequence number, after those that are equal.
    fn link(&mut self, half: &mut Half, number: u32, seq: u32) {
        half.held = half.held.saturating_add(1);
        let mut before = NO_SEGMENT;
        let mut after = half.early;
        while let Some(segment) = self.pool.get(after) {
            if distance(segment.seq, seq) > 0 {
                break;
            }
            before = after;
            after = segment.next;
        }
        if let Some(segment) = self.pool.get_mut(number) {
            segment.next = after;
        }
        match self.pool.get_mut(before) {
            Some(segment) => segment.next = number,
            None => half.early = number,
        }
    }

    /// Delivers stored segments whose turn has come.
    fn drain(&mut self, half: &mut Half, direction: Direction, consumer: &mut impl Consumer) {
        while let Some(segment) = self.pool.get(half.early).copied() {
            if distance(segment.seq, half.next_seq) > 0 {
                return;
            }
            self.take_early(half, direction, consumer);
        }
        half.bits &= !HOLE_ACKED;
    }

    /// Delivers the first stored segment, which does not lie ahead, and gives its buffer back.
    fn take_early(&mut self, half: &mut Half, direction: Direction, consumer: &mut impl Consumer) {
        let number = half.early;
        let Some(segment) = self.pool.get(number).copied() else { return };
        half.early = segment.next;
        half.held = half.held.saturating_sub(1);
        let len = usize::from(segment.len);
        let known = usize::try_from(distance(half.next_seq, segment.seq)).unwrap_or(0);
        if !half.has(FINISHED) {
            let new = self.pool.data(number).get(known..).unwrap_or(&[]);
            if !new.is_empty() {
                let offset = half.offset;
                half.advance(u32::try_from(new.len()).unwrap_or(0));
                consumer.data(direction, offset, new);
            }
            if segment.fin {
                self.fin(half, segment.seq, len, 0);
            }
        }
        self.pool.release(number);
    }

    /// Skips the hole before the first stored segment and delivers what follows it.
    fn skip_hole(&mut self, half: &mut Half, direction: Direction, consumer: &mut impl Consumer) {
        let Some(segment) = self.pool.get(half.early).copied() else { return };
        let hole = distance(segment.seq, half.next_seq);
        if hole > 0 && !half.has(FINISHED) {
            self.gap(half, direction, hole.unsigned_abs(), consumer);
        } else if hole > 0 {
            // After a FIN nothing is delivered any more; the buffer only has to go back.
            half.next_seq = segment.seq;
        }
        half.bits &= !HOLE_ACKED;
        self.drain(half, direction, consumer);
    }

    /// Delivers stored segments that begin before `seq`, with gaps.
    fn deliver_up_to(&mut self, half: &mut Half, direction: Direction, seq: u32, consumer: &mut impl Consumer) {
        while let Some(segment) = self.pool.get(half.early) {
            if distance(segment.seq, seq) >= 0 {
                return;
            }
            self.skip_hole(half, direction, consumer);
        }
    }

    /// Skips holes that have been acknowledged for a while, or are too old.
    fn skip_old_holes(&mut self, half: &mut Half, direction: Direction, now_ns: u64, consumer: &mut impl Consumer) {
        while let Some(segment) = self.pool.get(half.early) {
            let age = now_ns.saturating_sub(segment.arrived_ns);
            let counter = if age > self.limits.hole_timeout_ns {
                &mut self.counters.hole_timeout
            } else if half.has(HOLE_ACKED) && age > ACKED_HOLE_GRACE_NS {
                &mut self.counters.hole_acked
            } else {
                return;
            };
            *counter = counter.saturating_add(1);
            self.skip_hole(half, direction, consumer);
        }
    }

    /// Takes an acknowledgement of the bytes of `direction`.
    fn acknowledge(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        ack: u32,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        let half = pair.half_mut(direction);
        let Some(segment) = self.pool.get(half.early) else { return };
        if distance(ack, segment.seq) >= 0 {
            half.bits |= HOLE_ACKED;
        }
        self.skip_old_holes(half, direction, now_ns, consumer);
    }
}
