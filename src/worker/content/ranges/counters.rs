//! What is counted of parts and files.

/// Counters of one worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Parts that said which file they are of.
    pub parts: u64,
    /// Files begun.
    pub files: u64,
    /// Of those, files that had passed whole until they broke off.
    pub adopted: u64,
    /// Files whose last byte was walked.
    pub complete: u64,
    /// Files closed because nothing was added to them for long.
    pub idle: u64,
    /// Files closed to make room for others.
    pub evicted: u64,
    /// Bytes stored until those in front of them had come.
    pub stored_bytes: u64,
    /// Bytes that had come before.
    pub repeated_bytes: u64,
    /// Stored bytes of parts to which no other came.
    pub alone_bytes: u64,
    /// Bytes within files that never came.
    pub gap_bytes: u64,
    /// Bytes handed on to other workers.
    pub passed_bytes: u64,
    /// Times that a part was not put together further because no block was free.
    pub no_block: u64,
    /// The same, because the owner's inbox was full.
    pub inbox_full: u64,
    /// Bytes for which the owner had no place.
    pub not_joined_bytes: u64,
    /// Parts that were not put together with others, or not all of them.
    pub apart: u64,
    /// Verdicts that did not reach their flow's worker.
    pub verdicts_lost: u64,
}

/// What there is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Files that are being put together.
    pub active: u64,
    /// Memory that stored bytes take.
    pub held_bytes: u64,
}

impl Counters {
    /// Shows each figure with its name in statistics.
    pub(in crate::worker) fn visit(&self, gauges: &Gauges, show: &mut impl FnMut(&'static str, u64)) {
        show("ranges.parts", self.parts);
        show("ranges.files", self.files);
        show("ranges.adopted", self.adopted);
        show("ranges.complete", self.complete);
        show("ranges.idle", self.idle);
        show("ranges.evicted", self.evicted);
        show("ranges.stored_bytes", self.stored_bytes);
        show("ranges.repeated_bytes", self.repeated_bytes);
        show("ranges.alone_bytes", self.alone_bytes);
        show("ranges.gap_bytes", self.gap_bytes);
        show("ranges.passed_bytes", self.passed_bytes);
        show("ranges.no_block", self.no_block);
        show("ranges.inbox_full", self.inbox_full);
        show("ranges.not_joined_bytes", self.not_joined_bytes);
        show("ranges.apart", self.apart);
        show("ranges.verdicts_lost", self.verdicts_lost);
        show("ranges.active", gauges.active);
        show("ranges.held_bytes", gauges.held_bytes);
    }
}
