//! TCP sessions that are not flows yet.

use super::prepare::Prepared;
use super::{Frame, Pipeline};
use crate::dpdk::memory;
use crate::event::{AppProto, Direction, EndReason, Event, FlowEvent, FlowHead, FlowState, TcpSummary};
use crate::flow::{Begin, Bits, Class, Flow, FlowIndex, HalfOpen, HalfOpenIndex, Opening};
use crate::tcp::{self, Anomaly, Checksum, Options, Packet};
use crate::wire::{Headers, TcpHeader, proto, tcp_flag};
use crate::worker::content::Content;

/// How far ahead of an eviction the record and its index line are loaded, in packets: a memory access takes as long as
/// about four of a flood.
const AHEAD: u32 = 8;

/// A SYN that is no answer.
pub(super) const fn opens(flags: u8) -> bool {
    flags & (tcp_flag::SYN | tcp_flag::ACK) == tcp_flag::SYN
}

impl Pipeline {
    /// True for a packet that does not need a flow record to be its session's first.
    #[inline]
    pub(super) const fn may_begin_half_open(prepared: &Prepared) -> bool {
        let headers = &prepared.headers;
        headers.proto == proto::TCP && headers.payload_len == 0 && headers.missing_len == 0
    }

    /// Begins a half-open session with its first packet.
    #[inline]
    pub(super) fn begin_half_open(&mut self, frame: &Frame<'_>, prepared: &Prepared, refused: bool) {
        if let Some(record) = self.table.half_open_ahead(2 * AHEAD) {
            memory::prefetch_lines(record, size_of::<HalfOpen>() / 64);
        }
        if let Some(bucket) = self.table.half_open_ahead(AHEAD).and_then(|record| self.table.half_open_bucket(record)) {
            memory::prefetch(bucket);
        }
        if let Some(index) = self.table.half_open_in_the_way(frame.clock_ns) {
            self.evict(index, frame, prepared);
        }
        let Prepared { headers, key, hash, from_high, .. } = prepared;
        let bits = self.first_bits(headers, *from_high);
        let begin = Begin { now_ns: frame.clock_ns, start_ns: frame.timestamp_ns, iface: frame.iface, bits };
        let from_client = bits.has(Bits::CLIENT_IS_HIGH) == *from_high;
        let direction = if from_client { Direction::ToServer } else { Direction::ToClient };
        let options = Options::read(headers.tcp_header(frame.data).1);
        let opening = Opening::of(headers, &options, self.is_checked(frame, prepared));
        let spilled = self.table.spilled();
        let index = self.table.open(key, *hash, &begin, direction, &opening, frame.wire_len);
        self.note_insertion(spilled);
        let counters = &mut self.inspector.desk.counters;
        counters.tcp += 1;
        counters.flows += 1;
        counters.half_open += 1;
        if refused && let Some(record) = self.table.half_open_mut(index) {
            record.refused = true;
        }
        self.judge_half_open(index, &options, frame, prepared);
    }

    /// What is odd about a packet that leaves its session half open: what is made a flow, the reassembler judges.
    #[inline]
    fn judge_half_open(&mut self, index: HalfOpenIndex, options: &Options, frame: &Frame<'_>, prepared: &Prepared) {
        if options.malformed {
            self.odd(index, Anomaly::BadOptions, (Bits::OPTIONS_TOLD, true), frame, prepared);
        }
        if let Some(anomaly) = tcp::illegal_flags(prepared.headers.tcp.flags) {
            let event = self.tcp.illegal_flags().event;
            self.odd(index, anomaly, (Bits::FLAGS_TOLD, event), frame, prepared);
        }
    }

    /// True when the checksum of a TCP packet was looked at and is right.
    fn is_checked(&self, frame: &Frame<'_>, prepared: &Prepared) -> bool {
        self.options.tcp_checksum.of(frame, &prepared.headers) == Checksum::Right
    }

    /// Something odd in a session that is not a flow: counted, and, where it is to be an event, told once, which the
    /// bit `told` remembers.
    #[cold]
    fn odd(
        &mut self,
        index: HalfOpenIndex,
        anomaly: Anomaly,
        (told, event): (u8, bool),
        frame: &Frame<'_>,
        prepared: &Prepared,
    ) {
        self.tcp.count(anomaly);
        let Some(record) = self.table.half_open_mut(index) else { return };
        if event && !record.bits.has(told) {
            record.bits.set(told);
            self.report(anomaly.name(), frame, prepared);
        }
    }

    /// What is known of a TCP session from its first packet.
    pub(super) fn first_bits(&mut self, headers: &Headers, from_high: bool) -> Bits {
        let flags = headers.tcp.flags;
        let opens = flags & tcp_flag::SYN != 0;
        // A SYN-ACK comes from the server, and a SYN from the client; in mid-stream the ports have to say it.
        let answers =
            if opens { flags & tcp_flag::ACK != 0 } else { comes_from_server(headers.src_port, headers.dest_port) };
        let mut bits = Bits::when(Bits::CLIENT_IS_HIGH, from_high != answers);
        if !opens && !self.options.midstream {
            bits.set(Bits::NO_CONTENT);
            self.inspector.desk.counters.midstream_ignored += 1;
        }
        bits
    }

    /// Ends a half-open session that the packet only shares its key with; see [`Pipeline::still_this_flow`].
    pub(super) fn still_this_attempt(
        &mut self,
        index: HalfOpenIndex,
        prepared: &Prepared,
        now_ns: u64,
    ) -> Option<HalfOpenIndex> {
        let record = self.table.half_open(index)?;
        if self.table.half_open_deadline(record) <= now_ns {
            self.end_half_open(index, EndReason::Timeout);
            return None;
        }
        if opens(prepared.headers.tcp.flags) && record.is_closed() {
            self.end_half_open(index, EndReason::TcpReuse);
            return None;
        }
        Some(index)
    }

    /// A further packet of a half-open session. Returns its flow when it is to be one from this packet on.
    pub(super) fn half_open_packet(
        &mut self,
        index: HalfOpenIndex,
        frame: &Frame<'_>,
        prepared: &Prepared,
    ) -> Option<FlowIndex> {
        let headers = &prepared.headers;
        let record = self.table.half_open(index)?;
        let direction = record.direction(prepared.from_high);
        let stays = Self::may_begin_half_open(prepared) && record.holds(direction, &headers.tcp, frame.wire_len);
        let was_refused = record.refused;
        if !stays {
            if let Some(flow) = self.promote(index, frame, prepared) {
                return Some(flow);
            }
            self.count_refused(frame, prepared, !was_refused);
            if let Some(record) = self.table.half_open_mut(index) {
                record.refused = true;
            }
        }
        let options = Options::read(headers.tcp_header(frame.data).1);
        self.judge_half_open(index, &options, frame, prepared);
        let opening = Opening::of(headers, &options, self.is_checked(frame, prepared));
        self.table.count_half_open(index, direction, &opening, frame.wire_len, frame.clock_ns);
        self.inspector.desk.counters.tcp += 1;
        None
    }

    /// Makes a half-open session a flow, unless there is no room for one.
    fn promote(&mut self, index: HalfOpenIndex, frame: &Frame<'_>, prepared: &Prepared) -> Option<FlowIndex> {
        if !self.make_room(frame, prepared) {
            return None;
        }
        let spilled = self.table.spilled();
        let (flow_index, record) = self.table.promote(index, frame.clock_ns)?;
        self.note_insertion(spilled);
        self.inspector.desk.counters.half_open_promoted += 1;
        if record.refused {
            // Payload went by that was not looked at: what comes now is the middle of the session.
            if let Some(flow) = self.table.get_mut(flow_index) {
                flow.bits.set(Bits::BEGAN_UNSEEN);
                if !self.options.midstream && !flow.bits.has(Bits::NO_CONTENT) {
                    flow.bits.set(Bits::NO_CONTENT);
                    self.inspector.desk.counters.midstream_ignored += 1;
                }
            }
        } else {
            self.replay(flow_index, &record);
        }
        Some(flow_index)
    }

    /// Tells the reassembler what the packets until now have said. Those with illegal flags were told and counted.
    fn replay(&mut self, index: FlowIndex, record: &HalfOpen) {
        let Some(flow) = self.table.get_mut(index) else { return };
        let [to_server, to_client] = record.flags_seen;
        for (direction, flags_seen) in [(Direction::ToServer, to_server), (Direction::ToClient, to_client)] {
            let Some(opening) = record.opening(direction) else { continue };
            let first = opening.header();
            for flags in [first.flags, flags_seen & !first.flags] {
                if flags == 0 || tcp::illegal_flags(flags).is_some() {
                    continue;
                }
                let header = TcpHeader { flags, ..first };
                let packet = Packet {
                    header: &header,
                    options: opening.options(),
                    urgent: 0,
                    payload: &[],
                    missing: 0,
                    ttl: opening.ttl,
                    checksum: if opening.is_checked() { Checksum::Right } else { Checksum::Unchecked },
                    dest: &[0; 16],
                    v6: false,
                    server_port: 0,
                    now_ns: record.last_ns,
                };
                let Flow { facts, tcp } = &mut *flow;
                let timestamp_ns = record.last_ns;
                let mut content =
                    Content { flow: facts, inspector: &mut self.inspector, trigger: None, timestamp_ns, tunnels: 0 };
                self.tcp.segment(tcp, direction, &packet, &mut content);
            }
            flow.tcp.note_flags(direction, flags_seen);
        }
    }

    /// Ends the oldest half-open session because its place is needed.
    fn evict(&mut self, index: HalfOpenIndex, frame: &Frame<'_>, prepared: &Prepared) {
        let Some(record) = self.table.half_open(index) else { return };
        if self.table.half_open_deadline(record) <= self.clock_ns {
            self.end_half_open(index, EndReason::Timeout);
            return;
        }
        self.inspector.desk.counters.half_open_evicted += 1;
        if self.half_open_onset.occurs(self.clock_ns) {
            self.report("flow.half_open_overflow", frame, prepared);
        }
        if self.options.half_open_events {
            self.end_half_open(index, EndReason::Forced);
        } else {
            self.inspector.desk.counters.flows_forced += 1;
            self.table.close(index);
        }
    }

    /// Ends a half-open session with its event.
    pub(super) fn end_half_open(&mut self, index: HalfOpenIndex, reason: EndReason) {
        let Some(record) = self.table.half_open(index) else { return };
        let timestamp_ns = match reason {
            EndReason::Timeout => self.table.half_open_deadline(record),
            EndReason::Forced | EndReason::TcpReuse => self.clock_ns,
            EndReason::Shutdown => record.last_ns,
        };
        let event = event(record, timestamp_ns, reason);
        self.inspector.desk.counters.half_open_timeout += u64::from(reason == EndReason::Timeout);
        self.inspector.desk.counters.ended(reason);
        self.inspector.desk.events.send(Event::Flow(event));
        self.table.close(index);
    }
}

fn event(record: &HalfOpen, timestamp_ns: u64, reason: EndReason) -> FlowEvent {
    let [to_server, to_client] = record.flags_seen;
    let state = match record.class() {
        Class::TcpClosed => FlowState::Closed,
        // Only a refused session is kept although both sides have acknowledged something.
        _ if to_server & to_client & tcp_flag::ACK != 0 => FlowState::Established,
        _ => FlowState::New,
    };
    FlowEvent {
        head: FlowHead {
            timestamp_ns,
            start_ns: record.start_ns,
            tuple: record.tuple(),
            vlan: record.key().vlan(),
            iface: record.iface,
            app_proto: AppProto::Unknown,
        },
        end_ns: record.last_ns,
        packets: record.packets.map(u64::from),
        bytes: record.bytes.map(u64::from),
        state,
        reason,
        alerted: false,
        blocked: false,
        tcp: Some(TcpSummary { flags_to_server: to_server, flags_to_client: to_client, gap_bytes: [0; 2] }),
    }
}

/// Whether a packet of a session whose beginning was not seen comes from its server: from a port of a service (RFC 6335
/// section 6) to one of none, or from one that no system takes for its own connections (Linux begins at 32,768, others
/// above) to one that they do. Where the ports do not say it, who is seen first is the client.
fn comes_from_server(source: u16, destination: u16) -> bool {
    const SERVICES: u16 = 1024;
    const CLIENTS: u16 = 32_768;
    for limit in [SERVICES, CLIENTS] {
        if (source < limit) != (destination < limit) {
            return source < limit;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::comes_from_server;

    #[test]
    fn ports_say_who_is_the_server() {
        let cases = [
            (80, 40_000, true),
            (40_000, 80, false),
            (25, 1025, true),
            (1025, 25, false),
            (8080, 51_000, true),
            (51_000, 8080, false),
            (20, 21, false),
            (5000, 6000, false),
            (50_000, 60_000, false),
        ];
        for (source, destination, from_server) in cases {
            assert_eq!(comes_from_server(source, destination), from_server, "{source} to {destination}");
        }
    }
}
