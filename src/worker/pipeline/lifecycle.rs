//! How flows begin and end.

use super::prepare::Prepared;
use super::{Frame, Pipeline};
use crate::event::{Direction, EndReason, Event, FlowEvent, FlowState, TcpSummary};
use crate::flow::{Bits, Class, Flow, FlowIndex};
use crate::tcp::{SessionState, StreamEnd};
use crate::wire::{proto, tcp_flag};
use crate::worker::content::{Content, head};

/// The flags of a SYN-ACK.
const OPENED: u8 = tcp_flag::SYN | tcp_flag::ACK;

impl Pipeline {
    /// Ends a flow that the packet only shares its key with: idle for too long,
    /// or a TCP connection whose ports are used again.
    pub(super) fn still_this_flow(&mut self, index: FlowIndex, prepared: &Prepared, now_ns: u64) -> Option<FlowIndex> {
        let flow = self.table.get(index)?;
        if self.table.is_stale(flow, now_ns) {
            self.end(index, EndReason::Timeout);
            return None;
        }
        if prepared.headers.proto != proto::TCP {
            return Some(index);
        }
        let tcp = &prepared.headers.tcp;
        let reused = match tcp.flags & (tcp_flag::SYN | tcp_flag::ACK) {
            // RFC 9293 section 3.6.1: a new SYN may reuse the ports of a closed connection. Before the handshake is
            // complete, or in an established session, a SYN is no reason to believe that anything ended (RFC 5961
            // section 4): what answers it will tell.
            tcp_flag::SYN => flow.class() == Class::TcpClosed,
            OPENED => flow.tcp.is_reopened_by(flow.direction(prepared.from_high), tcp.ack),
            _ => false,
        };
        if reused {
            self.end(index, EndReason::TcpReuse);
            return None;
        }
        Some(index)
    }

    /// Begins a session with its first packet. `None` when there is no more to do for the packet: the session is
    /// half open, or refused.
    pub(super) fn begin(&mut self, frame: &Frame<'_>, prepared: &Prepared) -> Option<FlowIndex> {
        if Self::may_begin_half_open(prepared) {
            self.begin_half_open(frame, prepared, false);
            return None;
        }
        let Prepared { headers, key, hash, from_high, .. } = prepared;
        let is_tcp = headers.proto == proto::TCP;
        if !self.make_room(frame, prepared) {
            self.count_refused(frame, prepared, true);
            // The half-open record knows the session again, which so is counted once, and shows it in its event.
            if is_tcp {
                self.begin_half_open(frame, prepared, true);
            }
            return None;
        }
        let class = match headers.proto {
            proto::TCP => Class::TcpNew,
            proto::UDP => Class::UdpNew,
            proto::ICMP | proto::ICMPV6 => Class::Icmp,
            _ => Class::Other,
        };
        let spilled = self.table.spilled();
        let index = self.table.insert(key, *hash, class, frame.clock_ns)?;
        self.note_insertion(spilled);
        self.inspector.desk.counters.flows += 1;
        let bits = is_tcp.then(|| self.first_bits(headers, *from_high));
        let flow = self.table.get_mut(index)?;
        flow.start_ns = frame.timestamp_ns;
        flow.iface = frame.iface;
        if let Some(bits) = bits {
            flow.bits.set_all(bits);
            flow.bits.put(Bits::BEGAN_UNSEEN, headers.tcp.flags & tcp_flag::SYN == 0);
        } else {
            if class == Class::Icmp {
                flow.aux = u32::from(headers.src_port) << 16 | u32::from(headers.dest_port);
            }
            if *from_high {
                flow.bits.set(Bits::CLIENT_IS_HIGH);
            }
        }
        Some(index)
    }

    /// Ends a flow: what is stored of it is delivered, its record written, its memory given back.
    pub(super) fn end(&mut self, index: FlowIndex, reason: EndReason) {
        let deadline = self.table.get(index).map_or(0, |flow| self.table.deadline(flow));
        let Some(flow) = self.table.get_mut(index) else { return };
        if flow.key().proto() == proto::TCP && !flow.tcp.is_finished() {
            let Flow { facts, tcp } = &mut *flow;
            let timestamp_ns = facts.last_ns;
            let mut content =
                Content { flow: facts, inspector: &mut self.inspector, trigger: None, timestamp_ns, tunnels: 0 };
            self.tcp.finish(tcp, StreamEnd::Session(reason), &mut content);
        }
        let Flow { facts, .. } = &mut *flow;
        Content { timestamp_ns: facts.last_ns, flow: facts, inspector: &mut self.inspector, trigger: None, tunnels: 0 }
            .close();
        let timestamp_ns = match reason {
            EndReason::Timeout => deadline,
            EndReason::Forced | EndReason::TcpReuse => self.clock_ns,
            EndReason::Shutdown => flow.last_ns,
        };
        self.inspector.desk.counters.ended(reason);
        let ended = record(flow, timestamp_ns, reason);
        if let Some(tap) = self.inspector.desk.tap.as_mut().filter(|_| ended.tcp.is_some()) {
            tap.over(ended);
        }
        self.inspector.desk.events.send(Event::Flow(ended));
        self.table.remove(index);
    }
}

fn record(flow: &Flow, timestamp_ns: u64, reason: EndReason) -> FlowEvent {
    let is_tcp = flow.key().proto() == proto::TCP;
    let state = match (is_tcp, flow.tcp.state()) {
        (true, SessionState::Closed) => FlowState::Closed,
        (true, SessionState::Established) => FlowState::Established,
        (true, SessionState::Unestablished) => FlowState::New,
        (false, _) if flow.bits.has(Bits::BOTH_WAYS) => FlowState::Established,
        (false, _) => FlowState::New,
    };
    let tcp = is_tcp.then(|| TcpSummary {
        flags_to_server: flow.tcp.flags_seen(Direction::ToServer),
        flags_to_client: flow.tcp.flags_seen(Direction::ToClient),
        gap_bytes: [flow.tcp.gap_bytes(Direction::ToServer), flow.tcp.gap_bytes(Direction::ToClient)],
    });
    FlowEvent {
        head: head(flow, timestamp_ns),
        end_ns: flow.last_ns,
        packets: flow.packets,
        bytes: flow.bytes,
        state,
        reason,
        alerted: flow.bits.has(Bits::ALERTED),
        blocked: flow.bits.has(Bits::KILLED),
        tcp,
    }
}
