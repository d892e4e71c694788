//! Packets that are more than their own headers: within tunnels, ICMP errors,
//! fragments, and what another worker owns.

use super::prepare::{Prepared, Work};
use super::{Frame, Origin, Pipeline};
use crate::event::{Layer, Versions};
use crate::flow::FlowKey;
use crate::wire::{Headers, TunnelStop, quote};
use crate::worker::forward::Forward;

impl Pipeline {
    /// Whatever is not [`Work::Flow`], at its place in the burst. True when it now is to meet its flow.
    #[cold]
    #[inline(never)]
    pub(super) fn unusual(
        &mut self,
        number: usize,
        frame: &Frame<'_>,
        prepared: &mut Prepared,
        forward: &mut dyn Forward,
    ) -> bool {
        if frame.origin == Origin::Nic
            && prepared.work != Work::Nothing
            && let Some(worker) = forward.elsewhere(frame.data, &prepared.headers)
        {
            forward.pass(number, frame, worker);
            return false;
        }
        match prepared.work {
            Work::Flow => true,
            Work::Marked => {
                self.marked(frame, prepared);
                true
            }
            Work::Fragment => {
                self.fragment(frame, &prepared.headers, forward);
                false
            }
            Work::Nothing => false,
        }
    }

    /// Counts what the headers say besides, and finds the flow's place, which was not prepared for.
    fn marked(&mut self, frame: &Frame<'_>, prepared: &mut Prepared) {
        let headers = prepared.headers;
        let counters = &mut self.inspector.desk.counters;
        counters.tunnelled += u64::from(headers.tunnel != 0);
        if let Some(stop) = headers.stop {
            counters.tunnel_stop(stop);
            if stop == TunnelStop::TooDeep {
                self.decode_anomaly(frame, &headers, "decoder.too_many_layers", None);
            }
        }
        if headers.icmp_error
            && let Some(quote) = quote::of(frame.data, &headers)
        {
            self.inspector.desk.counters.icmp_errors += 1;
            let of = FlowKey::of_quote(&quote, &headers, self.options.vlan);
            let known = self.table.find(&of, self.table.hash(&of)).is_some();
            self.inspector.desk.counters.icmp_errors_known += u64::from(known);
            (prepared.key, prepared.from_high) = FlowKey::of_error(&headers, quote.fold(), self.options.vlan);
        }
        prepared.hash = self.table.hash(&prepared.key);
        prepared.likely = None;
    }

    /// An anomaly of a packet by itself.
    pub(super) fn decode_anomaly(
        &mut self,
        frame: &Frame<'_>,
        headers: &Headers,
        event: &'static str,
        versions: Option<Versions>,
    ) {
        self.sessionless(frame, headers, headers.vlan, Layer::Decode, event, versions);
    }
}
