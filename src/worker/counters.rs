//! What a worker counts, and how others read it.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::content::{RangeCounters, RangeGauges};
use super::mesh::MeshCounters;
use crate::decode::{Cut, Totals};
use crate::defrag::{self, Fault, Refusal};
use crate::event::{APP_PROTO_COUNT, AppProto, EndReason};
use crate::extractor;
use crate::kill::KillCounters;
use crate::scan::keyword::HitCounters;
use crate::tcp::{Anomaly, TcpCounters};
use crate::wire::{REJECT_COUNT, Reject, TUNNEL_STOP_COUNT, TunnelStop};

/// Counters of the pipeline itself; those of its parts are with the parts.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Frames seen.
    pub packets: u64,
    /// Bytes of them on the wire.
    pub bytes: u64,
    /// Frames that were not analysed, by reason.
    pub rejects: [u64; REJECT_COUNT],
    /// Frames that the capture had cut.
    pub cut: u64,
    /// TCP segments analysed.
    pub tcp: u64,
    /// UDP datagrams analysed.
    pub udp: u64,
    /// ICMP and ICMPv6 messages.
    pub icmp: u64,
    /// ICMP and ICMPv6 errors that quote a packet.
    pub icmp_errors: u64,
    /// Those of them that quote a connection which is in the flow table.
    pub icmp_errors_known: u64,
    /// Packets of other protocols.
    pub other: u64,
    /// Packets analysed that were within a tunnel.
    pub tunnelled: u64,
    /// Packets that may be tunnels and were not looked into any further, by reason.
    pub tunnel_stops: [u64; TUNNEL_STOP_COUNT],
    /// Flows begun.
    pub flows: u64,
    /// Flows ended by their timeout.
    pub flows_timeout: u64,
    /// Flows ended because the table was full.
    pub flows_forced: u64,
    /// Flows ended because their ports were used again.
    pub flows_reused: u64,
    /// Flows ended because the capture ended or the sensor stopped.
    pub flows_shutdown: u64,
    /// TCP sessions that were half open at first, and so had no flow record.
    pub half_open: u64,
    /// Of those, sessions that became flows.
    pub half_open_promoted: u64,
    /// Of those, sessions ended by their timeout.
    pub half_open_timeout: u64,
    /// Of those, sessions that had to make room for others.
    pub half_open_evicted: u64,
    /// Times that flow records ran out and new sessions were refused.
    pub overloads: u64,
    /// TCP sessions refused.
    pub refused_sessions: u64,
    /// Packets of refused sessions, of any protocol, which were not analysed.
    pub refused_packets: u64,
    /// Bytes of those on the wire.
    pub refused_bytes: u64,
    /// TCP flows whose start was not seen and whose content was left alone (`tcp.midstream = false`).
    pub midstream_ignored: u64,
    /// Flows by what they speak; those that were not recognised are in none.
    pub app_flows: [u64; APP_PROTO_COUNT],
    /// Flows read as plain bytes because all parser states were taken.
    pub app_exhausted: u64,
    /// Flows that turned out not to speak what they seemed to.
    pub app_mistaken: u64,
    /// Odd things that parsers met.
    pub app_anomalies: u64,
    /// Transactions told.
    pub records: u64,
    /// Transactions that were too long to be told.
    pub records_too_long: u64,
    /// Objects that were scanned as they stand because too many were being looked into.
    pub objects_exhausted: u64,
    /// The same, because too many of the flow were.
    pub objects_pending: u64,
    /// Files told.
    pub files: u64,
    /// Bytes that went through the keyword scanner.
    pub scanned_bytes: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Bursts that held at least one frame.
    pub bursts: u64,
    /// Time-stamp counter ticks spent on them.
    pub busy_ticks: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            packets: 0,
            bytes: 0,
            rejects: [0; REJECT_COUNT],
            cut: 0,
            tcp: 0,
            udp: 0,
            icmp: 0,
            icmp_errors: 0,
            icmp_errors_known: 0,
            other: 0,
            tunnelled: 0,
            tunnel_stops: [0; TUNNEL_STOP_COUNT],
            flows: 0,
            flows_timeout: 0,
            flows_forced: 0,
            flows_reused: 0,
            flows_shutdown: 0,
            half_open: 0,
            half_open_promoted: 0,
            half_open_timeout: 0,
            half_open_evicted: 0,
            overloads: 0,
            refused_sessions: 0,
            refused_packets: 0,
            refused_bytes: 0,
            midstream_ignored: 0,
            app_flows: [0; APP_PROTO_COUNT],
            app_exhausted: 0,
            app_mistaken: 0,
            app_anomalies: 0,
            records: 0,
            records_too_long: 0,
            objects_exhausted: 0,
            objects_pending: 0,
            files: 0,
            scanned_bytes: 0,
            alerts: 0,
            bursts: 0,
            busy_ticks: 0,
        }
    }
}

impl Counters {
    /// Counts a frame that is not analysed.
    #[inline]
    pub(super) fn reject(&mut self, reason: Reject) {
        if let Some(count) = self.rejects.get_mut(reason as usize) {
            *count += 1;
        }
    }

    /// Counts a packet that was not looked into any further.
    pub(super) fn tunnel_stop(&mut self, stop: TunnelStop) {
        if let Some(count) = self.tunnel_stops.get_mut(stop as usize) {
            *count += 1;
        }
    }

    /// Counts a flow that is known to speak `protocol`.
    pub(super) fn begin_app(&mut self, protocol: AppProto) {
        if let Some(count) = self.app_flows.get_mut(protocol as usize) {
            *count += 1;
        }
    }

    /// Counts a session that has ended.
    pub(super) fn ended(&mut self, reason: EndReason) {
        match reason {
            EndReason::Timeout => self.flows_timeout += 1,
            EndReason::Forced => self.flows_forced += 1,
            EndReason::TcpReuse => self.flows_reused += 1,
            EndReason::Shutdown => self.flows_shutdown += 1,
        }
    }

    fn visit(&self, show: &mut impl FnMut(&'static str, u64)) {
        show("decoder.pkts", self.packets);
        show("decoder.bytes", self.bytes);
        show("decoder.tcp", self.tcp);
        show("decoder.udp", self.udp);
        show("decoder.icmp", self.icmp);
        show("decoder.icmp_error", self.icmp_errors);
        show("decoder.icmp_error_known", self.icmp_errors_known);
        show("decoder.other", self.other);
        show("decoder.cut", self.cut);
        show("decoder.tunnelled", self.tunnelled);
        for (stop, count) in TunnelStop::ALL.iter().zip(&self.tunnel_stops) {
            show(stop.counter(), *count);
        }
        for (reason, count) in Reject::ALL.iter().zip(&self.rejects) {
            show(reason.counter(), *count);
        }
        show("flow.total", self.flows);
        show("flow.end.timeout", self.flows_timeout);
        show("flow.end.forced", self.flows_forced);
        show("flow.end.tcp_reuse", self.flows_reused);
        show("flow.end.shutdown", self.flows_shutdown);
        show("flow.half_open.total", self.half_open);
        show("flow.half_open.promoted", self.half_open_promoted);
        show("flow.half_open.timeout", self.half_open_timeout);
        show("flow.half_open.evicted", self.half_open_evicted);
        show("flow.overload", self.overloads);
        show("flow.refused.sessions", self.refused_sessions);
        show("flow.refused.pkts", self.refused_packets);
        show("flow.refused.bytes", self.refused_bytes);
        show("tcp.midstream_ignored", self.midstream_ignored);
        for (protocol, count) in AppProto::ALL.iter().zip(&self.app_flows).filter(|(protocol, _)| protocol.is_known()) {
            show(protocol.counter(), *count);
        }
        show("app_layer.exhausted", self.app_exhausted);
        show("app_layer.mistaken", self.app_mistaken);
        show("app_layer.anomaly", self.app_anomalies);
        show("app_layer.tx", self.records);
        show("app_layer.tx_too_long", self.records_too_long);
        show("decode.exhausted", self.objects_exhausted);
        show("decode.pending_limit", self.objects_pending);
        show("decode.files", self.files);
        show("detect.scanned_bytes", self.scanned_bytes);
        show("detect.alert", self.alerts);
        show("worker.bursts", self.bursts);
        show("worker.busy_ticks", self.busy_ticks);
    }
}

/// What there is now, rather than what has been counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    /// Flows in the table.
    pub flows: u64,
    /// TCP flows, handshake not complete.
    pub tcp_new: u64,
    /// TCP flows, established.
    pub tcp_established: u64,
    /// TCP flows, closed.
    pub tcp_closed: u64,
    /// TCP sessions that are half open and have no flow record; they are among `flows` and `tcp_new`.
    pub half_open: u64,
    /// Recycling level, 1 to 7.
    pub recycle_level: u64,
    /// 1 while new sessions are refused.
    pub overloaded: u64,
    /// UDP flows.
    pub udp: u64,
    /// Times a flow did not fit its index line.
    pub index_spills: u64,
    /// Buffers that early segments take.
    pub segments_held: u64,
    /// Early and doubtful pieces in them.
    pub pieces_held: u64,
    /// Flows that are followed, by what they speak.
    pub app_active: [u64; APP_PROTO_COUNT],
    /// Flows that have not yet said what they speak.
    pub undecided: u64,
    /// Objects that are being looked into.
    pub objects: u64,
    /// Files that were not kept because there was no room for their bytes.
    pub not_kept: u64,
    /// Keyword-hit records taken.
    pub hit_records: u64,
    /// Events passed to the event thread.
    pub events_sent: u64,
    /// Events lost because its ring was full.
    pub events_dropped: u64,
}

/// All figures of a worker at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Of the pipeline.
    pub counters: Counters,
    /// Of the reassembler.
    pub tcp: TcpCounters,
    /// Of the keyword hits.
    pub hits: HitCounters,
    /// Of the killer.
    pub kill: KillCounters,
    /// Of the defragmenter.
    pub defrag: defrag::Counters,
    /// What the defragmenter has in use.
    pub fragments: defrag::Held,
    /// Of the decoders.
    pub decode: Totals,
    /// Of what processes look into.
    pub extractor: extractor::Counters,
    /// Of files that are put together from parts.
    pub ranges: RangeCounters,
    /// What of those there is now.
    pub joined: RangeGauges,
    /// Of the mesh, which the worker has beside its pipeline.
    pub mesh: MeshCounters,
    /// Of the tables.
    pub gauges: Gauges,
}

impl Snapshot {
    /// Shows each figure with its name in statistics; names and order never change.
    pub fn visit(&self, mut show: impl FnMut(&'static str, u64)) {
        self.counters.visit(&mut show);
        let Self { tcp, hits, kill, gauges, decode, .. } = self;
        visit_defrag(&self.defrag, &self.fragments, &mut show);
        show("flow.active", gauges.flows);
        show("flow.active_tcp_new", gauges.tcp_new);
        show("flow.active_tcp_established", gauges.tcp_established);
        show("flow.active_tcp_closed", gauges.tcp_closed);
        show("flow.active_half_open", gauges.half_open);
        show("flow.active_udp", gauges.udp);
        show("flow.index_spills", gauges.index_spills);
        show("tcp.in_order", tcp.in_order);
        show("tcp.out_of_order", tcp.out_of_order);
        show("tcp.retransmitted", tcp.retransmitted);
        show("tcp.partly_new", tcp.partly_new);
        show("tcp.reassembly_gap", tcp.gaps);
        show("tcp.gap_bytes", tcp.gap_bytes);
        show("tcp.hole_acked", tcp.hole_acked);
        show("tcp.hole_timeout", tcp.hole_timeout);
        show("tcp.stream_limit", tcp.stream_limit);
        show("tcp.pool_exhausted", tcp.pool_exhausted);
        show("tcp.after_close_bytes", tcp.after_close);
        show("tcp.refused", tcp.refused);
        show("tcp.doubted", tcp.doubted);
        show("tcp.doubts_confirmed", tcp.doubts_confirmed);
        show("tcp.doubts_dropped", tcp.doubts_dropped);
        show("tcp.overlap_unverified", tcp.overlap_unverified);
        show("tcp.stopped", tcp.stopped);
        show("tcp.stopped_bytes", tcp.stopped_bytes);
        for (anomaly, count) in Anomaly::ALL.iter().zip(&tcp.anomalies) {
            show(anomaly.counter(), *count);
        }
        show("tcp.segments_held", gauges.segments_held);
        show("tcp.pieces_held", gauges.pieces_held);
        for (protocol, count) in
            AppProto::ALL.iter().zip(&gauges.app_active).filter(|(protocol, _)| protocol.is_known())
        {
            show(protocol.gauge(), *count);
        }
        show("app_layer.undecided", gauges.undecided);
        show("decode.not_kept", gauges.not_kept);
        show("decode.active", gauges.objects);
        show("decode.objects", decode.objects);
        show("decode.leaves", decode.leaves);
        show("decode.taken_bytes", decode.taken);
        show("decode.given_bytes", decode.given);
        show("decode.forgotten", decode.forgotten);
        for cut in Cut::ALL {
            show(cut.counter(), decode.cut(*cut));
        }
        self.ranges.visit(&self.joined, &mut show);
        self.extractor.visit(&mut show);
        show("detect.keyword_hits", hits.hits);
        show("detect.hit_records_exhausted", hits.pool_exhausted);
        show("detect.hit_flow_limit", hits.flow_limit);
        show("detect.hit_records", gauges.hit_records);
        show("kill.sessions", kill.sessions);
        show("kill.resets", kill.resets);
        show("kill.rate_limited", kill.rate_limited);
        show("kill.not_possible", kill.not_possible);
        show("kill.tunnelled", kill.tunnelled);
        show("kill.not_sent", kill.not_sent);
        show("mesh.passed", self.mesh.passed);
        show("mesh.received", self.mesh.received);
        show("mesh.inbox_full", self.mesh.inbox_full);
        show("mesh.no_buffer", self.mesh.no_buffer);
        show("mesh.oversize", self.mesh.oversize);
        show("event.sent", gauges.events_sent);
        show("event.dropped", gauges.events_dropped);
        show("worker.recycle_level", gauges.recycle_level);
        show("worker.overloaded", gauges.overloaded);
    }
}

fn visit_defrag(counters: &defrag::Counters, held: &defrag::Held, show: &mut impl FnMut(&'static str, u64)) {
    show("defrag.ipv4.fragments", counters.ipv4_fragments);
    show("defrag.ipv4.reassembled", counters.ipv4_reassembled);
    show("defrag.ipv6.fragments", counters.ipv6_fragments);
    show("defrag.ipv6.reassembled", counters.ipv6_reassembled);
    show("defrag.duplicates", counters.duplicates);
    show("defrag.ignored", counters.ignored);
    show("defrag.dont_fragment", counters.dont_fragment);
    show("defrag.restarts", counters.restarts);
    show("defrag.timeouts", counters.timeouts);
    show("defrag.bad_expired", counters.bad_expired);
    show("defrag.recycled", counters.recycled);
    show("defrag.buffers_recycled", counters.buffers_recycled);
    for fault in Fault::ALL {
        show(fault.counter(), counters.fault(*fault));
    }
    for refusal in Refusal::ALL {
        show(refusal.counter(), counters.refusal(*refusal));
    }
    show("defrag.held", u64::from(held.descriptors));
    show("defrag.held_bad", u64::from(held.bad));
    show("defrag.small_buffers", u64::from(held.small_buffers));
    show("defrag.large_buffers", u64::from(held.large_buffers));
}

/// A worker's counters as last published. Written by the worker's housekeeping,
/// read by the control thread; each number is whole, and they may be a
/// housekeeping interval old.
#[derive(Debug)]
pub struct Published {
    names: Vec<&'static str>,
    values: CachePadded<Box<[AtomicU64]>>,
}

impl Published {
    /// Room for every figure of a [`Snapshot`].
    #[must_use]
    pub fn new() -> Self {
        let mut names = Vec::new();
        Snapshot::default().visit(|name, _| names.push(name));
        let values = names.iter().map(|_| AtomicU64::new(0)).collect();
        Self { names, values: CachePadded::new(values) }
    }

    /// Publishes a snapshot.
    pub fn publish(&self, snapshot: &Snapshot) {
        let mut places = self.values.iter();
        snapshot.visit(|_, value| {
            if let Some(place) = places.next() {
                place.store(value, Ordering::Relaxed);
            }
        });
    }

    /// All counters, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.names.iter().zip(self.values.iter()).map(|(name, value)| (*name, value.load(Ordering::Relaxed)))
    }

    /// One counter; 0 when there is none of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.iter().find(|(have, _)| *have == name).map_or(0, |(_, value)| value)
    }
}

impl Default for Published {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_name_of_its_own_and_is_published_under_it() {
        let mut snapshot = Snapshot::default();
        snapshot.counters.packets = 7;
        snapshot.gauges.events_dropped = 9;
        snapshot.counters.reject(Reject::TcpBadOffset);
        let published = Published::new();
        published.publish(&snapshot);
        assert_eq!(published.get("decoder.pkts"), 7);
        assert_eq!(published.get("event.dropped"), 9);
        assert_eq!(published.get("decoder.reject.tcp_bad_offset"), 1);
        let mut names: Vec<_> = published.iter().map(|(name, _)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "two figures share a name");
    }
}
