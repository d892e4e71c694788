//! Fragments at their place in the burst, and the packets that they make.

use std::slice;

use super::prepare::{Prepared, Work, classify};
use super::{Frame, Origin, Pipeline};
use crate::defrag::{Defragmenter, Outcome, Report, Whole};
use crate::event::Versions;
use crate::wire::{self, Headers, LinkType, Reject, Resumed};
use crate::worker::forward::Forward;

/// Most packets that one fragment may complete, each a fragment of the next: those within tunnels, and those whose
/// first fragment has another fragment header.
const MAX_NESTED: u32 = 8;

/// Longest frame that a buffer holds, whose lengths have 16 bits.
const MAX_PASSED: usize = u16::MAX as usize;

/// Room for a packet that is put together and turns out to be a fragment: 64 KiB and the headers around it.
const SCRATCH: usize = 2 << 16;

/// What puts fragments together.
#[derive(Debug)]
pub(super) struct Fragments {
    defragmenter: Defragmenter,
    scratch: Box<[u8]>,
}

impl Fragments {
    pub(super) fn new(defragmenter: Defragmenter) -> Self {
        Self { defragmenter, scratch: vec![0; SCRATCH].into_boxed_slice() }
    }

    pub(super) const fn defragmenter(&self) -> &Defragmenter {
        &self.defragmenter
    }

    pub(super) const fn defragmenter_mut(&mut self) -> &mut Defragmenter {
        &mut self.defragmenter
    }
}

impl Pipeline {
    /// Takes a fragment, and goes on with the packet that it completes.
    pub(super) fn fragment(&mut self, frame: &Frame<'_>, headers: &Headers, forward: &mut dyn Forward) {
        // Lent out, so that the packet, which lies in its buffers, can be worked on.
        let Some(mut fragments) = self.fragments.take() else { return };
        self.assemble(&mut fragments, frame, headers, forward);
        self.fragments = Some(fragments);
    }

    fn assemble(&mut self, fragments: &mut Fragments, frame: &Frame<'_>, headers: &Headers, forward: &mut dyn Forward) {
        let Fragments { defragmenter, scratch } = fragments;
        let mut headers = *headers;
        let mut prepared = Prepared::default();
        // The first is in the frame, those that it makes are in the scratch space.
        let mut nested: Option<(usize, u32)> = None;
        for _ in 0..MAX_NESTED {
            let (data, wire_len) = match nested {
                None => (frame.data, frame.wire_len),
                Some((len, wire_len)) => (scratch.get(..len).unwrap_or(&[]), wire_len),
            };
            let verdict = defragmenter.fragment(data, &headers, wire_len, frame.clock_ns);
            if let Some(report) = verdict.report {
                self.fault(frame, &headers, &report);
            }
            let Outcome::Whole(whole) = verdict.outcome else { return };
            let around = Headers { network_at: whole.network_at, ..headers };
            let read = wire::resume_into(whole.frame, &around, &self.options.tunnels, &mut prepared.headers);
            let counters = &mut self.inspector.desk.counters;
            match read {
                Ok(reading) => classify(reading, &self.options, counters, &mut prepared),
                Err(reason) => return counters.reject(reason),
            }
            let (data, wire_len) = (whole.frame, whole.wire_len);
            let whole_frame = Frame { data, wire_len, origin: Origin::Mesh, l4_checksum: None, ..*frame };
            if let Some(worker) = forward.elsewhere(whole.frame, &prepared.headers) {
                return pass(forward, &whole, &around, &whole_frame, worker);
            }
            match prepared.work {
                Work::Fragment => {
                    let Some(room) = scratch.get_mut(..whole.frame.len()) else { break };
                    room.copy_from_slice(whole.frame);
                    nested = Some((whole.frame.len(), whole.wire_len));
                    headers = prepared.headers;
                }
                Work::Flow | Work::Marked => {
                    // So that the flow is looked up: nothing was prepared for it.
                    prepared.work = Work::Marked;
                    return self.work(slice::from_ref(&whole_frame), slice::from_mut(&mut prepared), forward);
                }
                Work::Nothing => return,
            }
        }
        self.inspector.desk.counters.reject(Reject::FragmentNested);
    }

    fn fault(&mut self, frame: &Frame<'_>, headers: &Headers, report: &Report) {
        let versions = report.conflict.map(|conflict| Versions {
            offset: u64::from(conflict.offset),
            length: conflict.length,
            first: conflict.held_digest,
            later: conflict.arrived_digest,
            kept: conflict.kept,
        });
        self.decode_anomaly(frame, headers, report.fault.event(headers.v6), versions);
    }
}

/// Passes a packet on that was put together here. Within a tunnel the headers around it are those of a fragment; what
/// they say stands before the packet instead.
fn pass(forward: &mut dyn Forward, whole: &Whole<'_>, around: &Headers, frame: &Frame<'_>, worker: u16) {
    let network = usize::try_from(whole.network_at).unwrap_or(usize::MAX);
    let packet = whole.frame.get(network..).unwrap_or(&[]);
    if around.tunnel != 0 {
        let head = Resumed::of(around).to_bytes();
        forward.pass_copy(&head, &Frame { data: packet, link: LinkType::Resumed, ..*frame }, worker);
    } else if whole.frame.len() > MAX_PASSED && around.vlan == [0; 2] {
        // The longest packet there is fits a buffer without its link header, which says nothing else.
        forward.pass_copy(&[], &Frame { data: packet, link: LinkType::RawIp, ..*frame }, worker);
    } else {
        forward.pass_copy(&[], frame, worker);
    }
}
