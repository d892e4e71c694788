//! First pass: what a frame is, and whose.

use super::{Annotation, Frame, Origin, PipelineOptions};
use crate::flow::{FlowKey, Found};
use crate::wire::{self, Headers, Reading, Reject};
use crate::worker::counters::Counters;

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing: it was rejected, and counted.
    #[default]
    Nothing,
    /// It meets its flow.
    Flow,
    /// As `Flow`, once what its headers say of tunnels and of a packet that it quotes was counted.
    Marked,
    /// It is a part of a packet.
    Fragment,
}

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
    pub(super) work: Work,
    /// What the third pass found out.
    pub(super) annotation: Option<Annotation>,
}

/// Reads a frame's headers and makes its flow's key.
#[inline(always)] // into the first pass, which is where the work is
pub(super) fn prepare(frame: &Frame<'_>, options: &PipelineOptions, counters: &mut Counters, prepared: &mut Prepared) {
    if frame.origin != Origin::Mesh {
        counters.packets += 1;
        counters.bytes += u64::from(frame.wire_len);
    }
    prepared.work = Work::Nothing;
    prepared.annotation = None;
    if frame.split {
        counters.reject(Reject::MultiSegment);
        return;
    }
    let headers = &mut prepared.headers;
    let verify = options.verify_checksum;
    match wire::parse_into(frame.link, frame.data, frame.wire_len, verify, &options.tunnels, headers) {
        Ok(reading) => classify(reading, options, counters, prepared),
        Err(reason) => counters.reject(reason),
    }
}

/// Says what becomes of a packet whose headers were read.
#[inline(always)] // as prepare
pub(super) fn classify(reading: Reading, options: &PipelineOptions, counters: &mut Counters, prepared: &mut Prepared) {
    let headers = &prepared.headers;
    if reading == Reading::Marked && headers.fragment {
        prepared.work = Work::Fragment;
        return;
    }
    counters.cut += u64::from(headers.missing_len != 0);
    (prepared.key, prepared.from_high) = FlowKey::of(headers, options.vlan);
    prepared.work = if reading == Reading::Plain { Work::Flow } else { Work::Marked };
}
