//! The end of a stream that its consumer sees: bytes, gaps and ends, in order.

use super::anomaly::Anomaly;
use super::counters::{TcpCounters, add, one};
use super::history::History;
use super::limits::Limits;
use super::seq::distance;
use super::stream::{ENDED, FINISHED, Half, STOPPED, Sides, URGENT};
use crate::event::{Direction, EndReason, Versions};

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Its sender's FIN.
    Fin,
    /// A reset, of either side.
    Reset,
    /// The session is over for the sensor: timed out, its ports used again, its place needed, or the sensor stops.
    Session(EndReason),
    /// As much of it as is to be inspected was.
    Depth,
    /// The consumer has had enough.
    Enough,
}

impl StreamEnd {
    /// Its name in reports; that of a flow's end is EVE's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Reset => "rst",
            Self::Session(reason) => reason.name(),
            Self::Depth => "depth",
            Self::Enough => "stopped",
        }
    }
}

/// Who takes the streams' content.
pub trait Consumer {
    /// The next bytes of a direction; `offset` counts from the stream's first byte.
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]);
    /// The next `length` bytes of a direction will never come.
    fn gap(&mut self, direction: Direction, length: u64);
    /// Nothing more comes in this direction: said exactly once for each that has shown its SYN or delivered something,
    /// at the latest by [`Reassembler::finish`](super::Reassembler::finish), and never for one of which nothing was seen.
    fn end(&mut self, direction: Direction, reason: StreamEnd);
    /// Something odd was seen in what travels in this direction.
    fn anomaly(&mut self, direction: Direction, anomaly: Anomaly, versions: Option<Versions>);
    /// True when no more bytes of a direction are wanted; asked after each delivery.
    fn enough(&self, direction: Direction) -> bool;
}

/// What all streams of a worker share when their bytes are delivered.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) history: History,
    pub(super) limits: Limits,
    /// No stream is cut before this offset.
    pub(super) least_depth: u64,
    pub(super) counters: TcpCounters,
}

/// A stream's consumer side.
pub(super) struct Out<'a, C> {
    pub(super) shared: &'a mut Shared,
    pub(super) half: &'a mut Half,
    pub(super) newest: &'a mut u32,
    pub(super) alt: u32,
    pub(super) owner: u32,
    pub(super) direction: Direction,
    pub(super) server_port: u16,
    pub(super) consumer: &'a mut C,
}

impl<'a, C: Consumer> Out<'a, C> {
    /// The end of the stream in `direction`, whose sides are `sides`.
    #[inline]
    pub(super) fn new(
        shared: &'a mut Shared,
        sides: Sides<'a>,
        owner: u32,
        direction: Direction,
        server_port: u16,
        consumer: &'a mut C,
    ) -> Self {
        let Sides { half, newest, alt, .. } = sides;
        Self { shared, half, newest, alt: *alt, owner, direction, server_port, consumer }
    }

    /// Counts and tells something odd.
    #[cold]
    pub(super) fn anomaly(&mut self, anomaly: Anomaly, versions: Option<Versions>) {
        self.shared.counters.anomaly(anomaly);
        self.consumer.anomaly(self.direction, anomaly, versions);
    }

    /// Delivers the next bytes of the stream.
    #[inline]
    pub(super) fn deliver(&mut self, bytes: &[u8]) {
        if self.half.has(STOPPED | URGENT) {
            self.deliver_rarely(bytes);
        } else {
            self.deliver_plain(bytes);
        }
    }

    pub(super) fn deliver_plain(&mut self, bytes: &[u8]) {
        let offset = self.half.offset();
        let seq = self.half.next_seq;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if offset.saturating_add(u64::from(length)) > self.shared.least_depth {
            self.deliver_to_depth(bytes);
            return;
        }
        self.half.advance(length);
        self.shared.history.note(self.newest, self.owner, self.direction, seq, bytes);
        self.consumer.data(self.direction, offset, bytes);
        if self.consumer.enough(self.direction) {
            self.stop(StreamEnd::Enough);
        }
    }

    /// Near the offset up to which some stream is inspected.
    #[cold]
    fn deliver_to_depth(&mut self, bytes: &[u8]) {
        let offset = self.half.offset();
        let depth = self.shared.limits.depth_of(self.server_port, self.direction);
        let wanted = usize::try_from(depth.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (before, after) = bytes.split_at_checked(wanted).unwrap_or((bytes, &[]));
        if !before.is_empty() {
            let seq = self.half.next_seq;
            self.half.advance(u32::try_from(before.len()).unwrap_or(u32::MAX));
            self.shared.history.note(self.newest, self.owner, self.direction, seq, before);
            self.consumer.data(self.direction, offset, before);
            if self.consumer.enough(self.direction) {
                self.stop(StreamEnd::Enough);
            }
        }
        if !after.is_empty() {
            if !self.half.has(STOPPED) {
                // Nothing of a stream whose depth is 0 was to be inspected: that is no limit reached.
                if depth != 0 {
                    self.anomaly(Anomaly::DepthReached, None);
                }
                self.stop(StreamEnd::Depth);
            }
            self.pass(after.len());
        }
    }

    /// Goes on past bytes that nobody wants.
    fn pass(&mut self, length: usize) {
        add(&mut self.shared.counters.stopped_bytes, length);
        self.half.advance(u32::try_from(length).unwrap_or(u32::MAX));
    }

    #[cold]
    fn deliver_rarely(&mut self, bytes: &[u8]) {
        if self.half.has(STOPPED) {
            self.pass(bytes.len());
            return;
        }
        // RFC 6093 section 3.1: applications read the urgent byte apart, so it is no part of the stream.
        let urgent = usize::try_from(distance(self.alt, self.half.next_seq)).ok();
        let Some((before, [_, after @ ..])) = urgent.and_then(|at| bytes.split_at_checked(at)) else {
            self.deliver_plain(bytes);
            return;
        };
        self.half.bits &= !URGENT;
        if !before.is_empty() {
            self.deliver_plain(before);
        }
        self.half.next_seq = self.half.next_seq.wrapping_add(1);
        if !after.is_empty() {
            self.deliver(after);
        }
    }

    /// Tells of bytes that will never come.
    pub(super) fn gap(&mut self, length: u32) {
        self.half.advance(length);
        if self.half.has(STOPPED) {
            self.shared.counters.stopped_bytes = self.shared.counters.stopped_bytes.saturating_add(u64::from(length));
            return;
        }
        one(&mut self.shared.counters.gaps);
        self.shared.counters.gap_bytes = self.shared.counters.gap_bytes.saturating_add(u64::from(length));
        self.half.gap_bytes = self.half.gap_bytes.saturating_add(length);
        self.consumer.gap(self.direction, u64::from(length));
    }

    /// The FIN's turn has come.
    pub(super) fn fin(&mut self) {
        self.half.bits |= FINISHED;
        // The FIN occupies one number itself; a reset or acknowledgement after it counts it.
        self.half.next_seq = self.half.next_seq.wrapping_add(1);
        self.end(StreamEnd::Fin);
    }

    /// Inspects no more of this stream.
    pub(super) fn stop(&mut self, reason: StreamEnd) {
        self.half.bits |= STOPPED;
        one(&mut self.shared.counters.stopped);
        self.end(reason);
    }

    /// Tells the end, once.
    pub(super) fn end(&mut self, reason: StreamEnd) {
        // A SYN-ACK alone tells where the other side begins, not that anything came from there.
        if !self.half.has(ENDED) && self.half.flags_seen != 0 {
            self.half.bits |= ENDED;
            self.consumer.end(self.direction, reason);
        }
    }
}
