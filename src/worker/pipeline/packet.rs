//! Third pass: a packet meets its flow.

use super::prepare::Prepared;
use super::{Frame, Pipeline};
use crate::event::Direction;
use crate::flow::{Bits, Class};
use crate::tcp::SessionState;
use crate::wire::{proto, tcp_flag};
use crate::worker::content::{Content, Trigger};

impl Pipeline {
    pub(super) fn packet(&mut self, frame: &Frame<'_>, prepared: &Prepared) {
        let Prepared { headers, .. } = prepared;
        let now_ns = frame.clock_ns;
        // An earlier packet of the burst may have ended the likely flow.
        let likely = prepared.likely.filter(|index| self.table.is(*index, &prepared.key));
        let found = likely.or_else(|| self.table.find(&prepared.key, prepared.hash));
        let found = found.and_then(|index| self.still_this_flow(index, prepared, now_ns));
        let Some(index) = found.or_else(|| self.begin(frame, prepared)) else { return };
        let Some(flow) = self.table.get_mut(index) else { return };
        let direction = flow.direction(prepared.from_high);
        let [to_server, to_client] = &mut flow.packets;
        let [bytes_to_server, bytes_to_client] = &mut flow.bytes;
        let length = u64::from(frame.wire_len);
        match direction {
            Direction::ToServer => {
                *to_server += 1;
                *bytes_to_server += length;
            }
            Direction::ToClient => {
                *to_client += 1;
                *bytes_to_client += length;
            }
        }
        if *to_server != 0 && *to_client != 0 {
            flow.bits.set(Bits::BOTH_WAYS);
        }
        // The content that follows is inspected at this packet's time.
        flow.last_ns = now_ns;
        let payload = headers.payload(frame.data);
        let trigger = Some(Trigger { frame: frame.data, headers, iface: frame.iface });
        let inspector = &mut self.inspector;
        let class = match headers.proto {
            proto::TCP => {
                inspector.counters.tcp += 1;
                if flow.bits.has(Bits::KILLED) && headers.tcp.flags & tcp_flag::RST == 0 {
                    inspector.killer.again(frame.data, headers, frame.iface, flow.killed_at, now_ns);
                }
                let mut streams = flow.tcp;
                let mut content = Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns };
                let (tcp, missing) = (&headers.tcp, headers.missing_len);
                if content.flow.bits.has(Bits::NO_CONTENT) {
                    self.tcp.segment(&mut streams, direction, tcp, &[], 0, now_ns, &mut content);
                } else {
                    self.tcp.segment(&mut streams, direction, tcp, payload, missing, now_ns, &mut content);
                }
                flow.tcp = streams;
                match streams.state() {
                    SessionState::Unestablished => Class::TcpNew,
                    SessionState::Established => Class::TcpEstablished,
                    SessionState::Closed => Class::TcpClosed,
                }
            }
            proto::UDP => {
                inspector.counters.udp += 1;
                let both = flow.bits.has(Bits::BOTH_WAYS);
                if !payload.is_empty() {
                    Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns }.datagram(direction, payload);
                }
                if both { Class::UdpEstablished } else { Class::UdpNew }
            }
            proto::ICMP | proto::ICMPV6 => {
                inspector.counters.icmp += 1;
                Class::Icmp
            }
            _ => {
                inspector.counters.other += 1;
                Class::Other
            }
        };
        self.table.touch(index, class, now_ns);
    }
}
