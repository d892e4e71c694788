//! What happens when flow records run out.

use super::prepare::Prepared;
use super::{Frame, Pipeline, VICTIMS_AHEAD};
use crate::dpdk::memory;
use crate::event::{EndReason, Layer};
use crate::wire::proto;

/// What becomes of a new session when no flow record is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverloadPolicy {
    /// It is refused, and so are all others until a tenth of the records is free: who is known is not disturbed.
    #[default]
    Refuse,
    /// It takes the place of the session that is least worth keeping.
    Recycle,
}

impl Pipeline {
    /// Makes sure that a flow record is free for the session of `prepared`; false when it has to be refused.
    pub(super) fn make_room(&mut self, frame: &Frame<'_>, prepared: &Prepared) -> bool {
        let (free, capacity) = (self.table.free(), self.table.flow_capacity());
        if self.options.overload == OverloadPolicy::Recycle {
            if free != 0 {
                return true;
            }
            if let Some(bucket) = self.table.victim_bucket(VICTIMS_AHEAD) {
                memory::prefetch(bucket);
            }
            let Some(victim) = self.table.victim() else { return false };
            self.end(victim, EndReason::Forced);
            return true;
        }
        let before = self.pressure.is_overloaded();
        let admitted = self.pressure.admits(free, capacity);
        if !admitted && !before {
            self.inspector.desk.counters.overloads += 1;
            if self.overload_onset.occurs(frame.clock_ns) {
                self.report("flow.overload", frame, prepared);
            }
        }
        admitted
    }

    /// Counts a packet that is not analysed because its session was refused a flow; `new` for the first of them, which
    /// can be told of TCP alone. Its half-open record counts TCP packets by protocol.
    pub(super) fn count_refused(&mut self, frame: &Frame<'_>, prepared: &Prepared, new: bool) {
        let counters = &mut self.inspector.desk.counters;
        counters.refused_packets += 1;
        counters.refused_bytes = counters.refused_bytes.saturating_add(u64::from(frame.wire_len));
        match prepared.headers.proto {
            proto::TCP => counters.refused_sessions += u64::from(new),
            proto::UDP => counters.udp += 1,
            proto::ICMP | proto::ICMPV6 => counters.icmp += 1,
            _ => counters.other += 1,
        }
    }

    /// Raises the recycling level where an insertion met a full bucket or a table that is nearly full. `spilled` is
    /// [`crate::flow::FlowTable::spilled`] before it.
    #[inline]
    pub(super) fn note_insertion(&mut self, spilled: u64) {
        let bucket_full = self.table.spilled() != spilled;
        self.pressure.inserted(bucket_full, self.table.free(), self.table.flow_capacity());
    }

    /// Ends at most `most` sessions that are stale: half-open ones, unestablished, closed and established TCP, then the
    /// others. Returns how many.
    pub(super) fn recycle(&mut self, most: usize) -> usize {
        let mut ended = 0;
        while ended < most {
            if let Some(index) = self.table.next_stale_half_open(self.clock_ns) {
                self.end_half_open(index, EndReason::Timeout);
            } else if let Some(index) = self.table.next_stale(self.clock_ns) {
                self.end(index, EndReason::Timeout);
            } else {
                self.pressure.relax();
                break;
            }
            ended += 1;
        }
        self.pressure.relieve(self.table.free(), self.table.flow_capacity());
        ended
    }

    /// Tells of a packet whose session is no flow: a table has come to its limit, or the packet itself is odd.
    #[cold]
    pub(super) fn report(&mut self, event: &'static str, frame: &Frame<'_>, prepared: &Prepared) {
        self.sessionless(frame, &prepared.headers, prepared.key.vlan(), Layer::Stream, event, None);
    }
}
