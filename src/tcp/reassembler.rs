//! The reassembler: segments in, bytes in order out.

use super::pool::{BUFFER, NO_SEGMENT, Pool, Segment};
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
    /// Payload segments delivered whole as they came.
    pub in_order: u64,
    /// Segments that came early and were stored; one that only carries a FIN counts too.
    pub out_of_order: u64,
    /// Payload segments of which nothing was new: delivered or stored before.
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
    /// Payload bytes after a FIN or a reset; retransmitted bytes from before a FIN are not among them.
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
    /// Bytes that each of [`Limits::segments`] takes.
    pub const BYTES_PER_SEGMENT: usize = BUFFER + size_of::<super::pool::Segment>();

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
    #[allow(clippy::too_many_arguments)] // one segment is all of these
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
            let piece = Piece { seq, bytes: payload, missing, fin };
            self.payload(half, direction, &piece, now_ns, consumer);
        }
        if flags & tcp_flag::ACK != 0 {
            let other = direction.flip();
            self.skip_old_holes(pair.half_mut(other), other, Some(header.ack), now_ns, consumer);
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

    fn payload(
        &mut self,
        half: &mut Half,
        direction: Direction,
        piece: &Piece<'_>,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        if half.has(FINISHED | RESET) {
            self.after_close(half, piece);
            return;
        }
        if distance(piece.seq, half.next_seq) > 0 {
            self.early(half, direction, piece, now_ns, consumer);
            return;
        }
        if !piece.bytes.is_empty() {
            let known = behind(piece.seq, half.next_seq);
            let counter = if known >= piece.bytes.len() {
                &mut self.counters.retransmitted
            } else if known != 0 {
                &mut self.counters.partly_new
            } else {
                &mut self.counters.in_order
            };
            *counter = counter.saturating_add(1);
        }
        take(&mut self.counters, half, direction, piece, consumer);
        if half.early != NO_SEGMENT {
            self.drain(half, direction, consumer);
            self.skip_old_holes(half, direction, None, now_ns, consumer);
        }
    }

    /// Counts a segment that comes when its stream has ended.
    fn after_close(&mut self, half: &Half, piece: &Piece<'_>) {
        let mut beyond = piece.bytes.len();
        if half.has(FINISHED) {
            // The FIN's own number is the last that counts; what lies before it was seen already.
            beyond = beyond.saturating_sub(before(piece.seq, half.next_seq.wrapping_sub(1)));
            if beyond == 0 && !piece.bytes.is_empty() {
                self.counters.retransmitted = self.counters.retransmitted.saturating_add(1);
            }
        }
        let beyond = u64::try_from(beyond).unwrap_or(0);
        self.counters.after_close = self.counters.after_close.saturating_add(beyond);
    }

    /// Stores a segment that lies ahead, or skips the hole before it when it cannot.
    fn early(
        &mut self,
        half: &mut Half,
        direction: Direction,
        piece: &Piece<'_>,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        if self.holds(half, piece) {
            if !piece.bytes.is_empty() {
                self.counters.retransmitted = self.counters.retransmitted.saturating_add(1);
            }
            self.skip_old_holes(half, direction, None, now_ns, consumer);
            return;
        }
        let buffers = piece.bytes.len().div_ceil(BUFFER).max(1);
        let over_limit = usize::from(half.held).saturating_add(buffers) > usize::from(self.limits.per_stream);
        if over_limit || self.pool.available() < buffers {
            let counter = if over_limit { &mut self.counters.stream_limit } else { &mut self.counters.pool_exhausted };
            *counter = counter.saturating_add(1);
            self.skip_to(half, direction, piece, consumer);
            return;
        }
        self.counters.out_of_order = self.counters.out_of_order.saturating_add(1);
        self.store(half, piece, now_ns);
        self.skip_old_holes(half, direction, None, now_ns, consumer);
    }

    /// True when all of a piece is stored already. A sender that repeats what lies behind a hole must not use up the
    /// stream's buffers with it.
    fn holds(&self, half: &Half, piece: &Piece<'_>) -> bool {
        let end = piece.end();
        let mut covered = piece.seq;
        let mut fin = false;
        let mut next = half.early;
        while let Some(segment) = self.pool.get(next) {
            if distance(segment.seq, covered) > 0 {
                break;
            }
            let segment_end = segment.seq.wrapping_add(u32::from(segment.len)).wrapping_add(segment.missing);
            if distance(segment_end, covered) > 0 {
                covered = segment_end;
            }
            fin |= segment.fin && segment_end == end;
            next = segment.next;
        }
        distance(covered, end) >= 0 && (fin || !piece.fin)
    }

    /// Stores a piece; the caller has made sure that there are buffers enough.
    fn store(&mut self, half: &mut Half, piece: &Piece<'_>, now_ns: u64) {
        let mut at = piece.seq;
        let mut rest = piece.bytes;
        loop {
            let (bytes, after) = rest.split_at_checked(BUFFER).unwrap_or((rest, &[]));
            if let Some(number) = self.pool.store(at, bytes, now_ns) {
                if let Some(segment) = self.pool.get_mut(number).filter(|_| after.is_empty()) {
                    segment.missing = piece.missing;
                    segment.fin = piece.fin;
                }
                self.link(half, number, at);
            }
            if after.is_empty() {
                return;
            }
            at = at.wrapping_add(u32::try_from(bytes.len()).unwrap_or(0));
            rest = after;
        }
    }

    /// Delivers everything up to and with a piece that lies ahead and cannot be stored, with gaps.
    fn skip_to(&mut self, half: &mut Half, direction: Direction, piece: &Piece<'_>, consumer: &mut impl Consumer) {
        while self.pool.get(half.early).is_some_and(|segment| distance(segment.seq, piece.seq) < 0) {
            self.skip_hole(half, direction, consumer);
        }
        if half.has(FINISHED) {
            self.after_close(half, piece);
            return;
        }
        let hole = distance(piece.seq, half.next_seq);
        if hole > 0 {
            gap(&mut self.counters, half, direction, hole.unsigned_abs(), consumer);
        }
        take(&mut self.counters, half, direction, piece, consumer);
        self.drain(half, direction, consumer);
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

    /// Delivers stored segments whose turn has come, and drops those behind a FIN.
    fn drain(&mut self, half: &mut Half, direction: Direction, consumer: &mut impl Consumer) {
        let first = half.early;
        while let Some(segment) = self.pool.get(half.early).copied() {
            if !half.has(FINISHED) && distance(segment.seq, half.next_seq) > 0 {
                break;
            }
            self.take_early(half, direction, &segment, consumer);
        }
        // Another hole, or none: what was acknowledged of the one before says nothing of it.
        if half.early != first {
            half.bits &= !HOLE_ACKED;
        }
    }

    /// Delivers the first stored segment, which does not lie ahead, and gives its buffer back.
    fn take_early(&mut self, half: &mut Half, direction: Direction, segment: &Segment, consumer: &mut impl Consumer) {
        let number = half.early;
        half.early = segment.next;
        half.held = half.held.saturating_sub(1);
        let bytes = self.pool.data(number);
        if half.has(FINISHED) {
            let seen = before(segment.seq, half.next_seq.wrapping_sub(1));
            let beyond = u64::try_from(bytes.len().saturating_sub(seen)).unwrap_or(0);
            self.counters.after_close = self.counters.after_close.saturating_add(beyond);
        } else {
            let piece = Piece { seq: segment.seq, bytes, missing: segment.missing, fin: segment.fin };
            take(&mut self.counters, half, direction, &piece, consumer);
        }
        self.pool.release(number);
    }

    /// Skips the hole before the first stored segment and delivers what follows it.
    fn skip_hole(&mut self, half: &mut Half, direction: Direction, consumer: &mut impl Consumer) {
        let Some(segment) = self.pool.get(half.early) else { return };
        let hole = distance(segment.seq, half.next_seq);
        if hole > 0 && !half.has(FINISHED) {
            gap(&mut self.counters, half, direction, hole.unsigned_abs(), consumer);
        }
        self.drain(half, direction, consumer);
    }

    /// Skips holes that have been acknowledged for a while, or are too old.
    /// `ack` is the receiver's acknowledgement number, when it just sent one.
    fn skip_old_holes(
        &mut self,
        half: &mut Half,
        direction: Direction,
        ack: Option<u32>,
        now_ns: u64,
        consumer: &mut impl Consumer,
    ) {
        while let Some(segment) = self.pool.get(half.early) {
            if ack.is_some_and(|ack| distance(ack, segment.seq) >= 0) {
                half.bits |= HOLE_ACKED;
            }
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
}

/// What one segment says of its stream.
struct Piece<'packet> {
    seq: u32,
    bytes: &'packet [u8],
    /// Bytes behind those that were on the wire but not captured.
    missing: u32,
    fin: bool,
}

impl Piece<'_> {
    /// The number after its last byte, captured or not.
    fn end(&self) -> u32 {
        self.seq.wrapping_add(u32::try_from(self.bytes.len()).unwrap_or(0)).wrapping_add(self.missing)
    }
}

/// How many bytes from `seq` on lie before `next`, when `seq` does not lie ahead of it. Numbers exactly 2^31 apart lie
/// on neither side; all of such a segment is as good as old.
fn behind(seq: u32, next: u32) -> usize {
    usize::try_from(distance(next, seq)).unwrap_or(usize::MAX)
}

/// How many numbers from `seq` on lie before `end`; none when `seq` does not.
fn before(seq: u32, end: u32) -> usize {
    usize::try_from(distance(end, seq)).unwrap_or(0)
}

/// Takes what is new of a piece that does not lie ahead: its bytes, what the capture cut off behind them, and its FIN.
fn take(
    counters: &mut TcpCounters,
    half: &mut Half,
    direction: Direction,
    piece: &Piece<'_>,
    consumer: &mut impl Consumer,
) {
    let new = piece.bytes.get(behind(piece.seq, half.next_seq)..).unwrap_or(&[]);
    if !new.is_empty() {
        let offset = half.offset;
        half.advance(u32::try_from(new.len()).unwrap_or(u32::MAX));
        consumer.data(direction, offset, new);
    }
    let end = piece.end();
    let cut = distance(end, half.next_seq);
    if piece.missing != 0 && cut > 0 {
        gap(counters, half, direction, cut.unsigned_abs(), consumer);
    }
    if piece.fin && end == half.next_seq {
        half.bits |= FINISHED;
        // The FIN occupies one number itself; a reset or acknowledgement after it counts it.
        half.next_seq = half.next_seq.wrapping_add(1);
    }
}

fn gap(counters: &mut TcpCounters, half: &mut Half, direction: Direction, length: u32, consumer: &mut impl Consumer) {
    counters.gaps = counters.gaps.saturating_add(1);
    counters.gap_bytes = counters.gap_bytes.saturating_add(u64::from(length));
    half.gap_bytes = half.gap_bytes.saturating_add(length);
    half.advance(length);
    consumer.gap(direction, u64::from(length));
}
