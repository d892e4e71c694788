//! What a reassembler counts.

use super::anomaly::{ANOMALY_COUNT, Anomaly};

/// What a reassembler counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Holes skipped because the stream held as many pieces as it may.
    pub stream_limit: u64,
    /// Holes skipped because no buffer or descriptor was free.
    pub pool_exhausted: u64,
    /// Payload bytes after a FIN or a reset; retransmitted bytes from before a FIN are not among them.
    pub after_close: u64,
    /// Segments left out of the analysis.
    pub refused: u64,
    /// Payload segments that their receiver should refuse, kept until it shows whether it did.
    pub doubted: u64,
    /// Doubted segments that were delivered after all: acknowledged, or nothing better came.
    pub doubts_confirmed: u64,
    /// Doubted segments that were dropped because the stream held as many as it may.
    pub doubts_dropped: u64,
    /// Repeated segments that could not all be compared with what was delivered.
    pub overlap_unverified: u64,
    /// Streams whose inspection ended early, by depth or because the consumer had enough.
    pub stopped: u64,
    /// Payload bytes that were not inspected since.
    pub stopped_bytes: u64,
    /// Odd things, by kind.
    pub anomalies: [u64; ANOMALY_COUNT],
}

impl Default for TcpCounters {
    fn default() -> Self {
        Self {
            in_order: 0,
            out_of_order: 0,
            retransmitted: 0,
            partly_new: 0,
            gaps: 0,
            gap_bytes: 0,
            hole_acked: 0,
            hole_timeout: 0,
            stream_limit: 0,
            pool_exhausted: 0,
            after_close: 0,
            refused: 0,
            doubted: 0,
            doubts_confirmed: 0,
            doubts_dropped: 0,
            overlap_unverified: 0,
            stopped: 0,
            stopped_bytes: 0,
            anomalies: [0; ANOMALY_COUNT],
        }
    }
}

impl TcpCounters {
    pub(super) fn anomaly(&mut self, anomaly: Anomaly) {
        if let Some(count) = self.anomalies.get_mut(anomaly as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// How often one was seen.
    #[must_use]
    pub fn seen(&self, anomaly: Anomaly) -> u64 {
        self.anomalies.get(anomaly as usize).copied().unwrap_or(0)
    }
}

/// Adds one.
#[inline]
pub(super) const fn one(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

/// Adds a length.
#[inline]
pub(super) fn add(counter: &mut u64, length: usize) {
    *counter = counter.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
}
