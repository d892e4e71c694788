//! First pass: what a frame is, and whose.

use super::{Frame, PipelineOptions};
use crate::flow::{FlowKey, Found};
use crate::wire::{self, Headers, Reject};
use crate::worker::counters::Counters;

/// What the first stage found out about a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prepared {
    pub(super) headers: Headers,
    pub(super) key: FlowKey,
    pub(super) hash: u64,
    /// The session, if the index has no other with the same tag before it.
    pub(super) likely: Option<Found>,
    /// The sender is the key's higher end.
    pub(super) from_high: bool,
    /// The frame is to be analysed.
    pub(super) live: bool,
}

/// Reads a frame's headers and makes its flow's key.
#[inline]
pub(super) fn prepare(frame: &Frame<'_>, options: &PipelineOptions, counters: &mut Counters, prepared: &mut Prepared) {
    counters.packets += 1;
    counters.bytes += u64::from(frame.wire_len);
    prepared.live = false;
    if frame.split {
        counters.reject(Reject::MultiSegment);
        return;
    }
    let headers = &mut prepared.headers;
    match wire::parse_into(frame.link, frame.data, frame.wire_len, options.verify_checksum, headers) {
        Ok(()) if headers.fragment => counters.reject(Reject::Fragment),
        Ok(()) => {
            counters.cut += u64::from(headers.missing_len != 0);
            (prepared.key, prepared.from_high) = FlowKey::of(headers, options.vlan);
            prepared.live = true;
        }
        Err(reason) => counters.reject(reason),
    }
}
