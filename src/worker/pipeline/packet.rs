//! Third pass: a packet meets its flow.

use super::prepare::Prepared;
use super::{Annotation, Frame, Pipeline};
use crate::event::Direction;
use crate::flow::{Bits, Class, Flow, FlowIndex, Found};
use crate::tcp::{Checksum, Options, Packet, SessionState};
use crate::wire::{proto, tcp_flag};
use crate::worker::content::{Content, Trigger};

impl Pipeline {
    /// The flow of a packet. `None` when its session is half open or refused, and the packet is done with.
    #[inline]
    fn flow_of(&mut self, frame: &Frame<'_>, prepared: &Prepared) -> Option<FlowIndex> {
        let now_ns = frame.clock_ns;
        // An earlier packet of the burst may have ended the likely flow.
        let likely = prepared.likely.filter(|found| self.table.is(*found, &prepared.key));
        match likely.or_else(|| self.table.find(&prepared.key, prepared.hash)) {
            Some(Found::Flow(index)) => match self.still_this_flow(index, prepared, now_ns) {
                Some(index) => Some(index),
                None => self.begin(frame, prepared),
            },
            Some(Found::HalfOpen(index)) => match self.still_this_attempt(index, prepared, now_ns) {
                Some(index) => self.half_open_packet(index, frame, prepared),
                None => self.begin(frame, prepared),
            },
            None => self.begin(frame, prepared),
        }
    }

    /// Takes a packet to its flow, and says where it belongs.
    pub(super) fn packet(&mut self, frame: &Frame<'_>, prepared: &Prepared) -> Option<Annotation> {
        let Prepared { headers, .. } = prepared;
        let now_ns = frame.clock_ns;
        let index = self.flow_of(frame, prepared)?;
        let Flow { facts: flow, tcp: streams } = self.table.get_mut(index)?;
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
        let mut placement = None;
        let class = match headers.proto {
            proto::TCP => {
                inspector.desk.counters.tcp += 1;
                if flow.bits.has(Bits::KILLED) && headers.tcp.flags & tcp_flag::RST == 0 {
                    inspector.desk.killer.again(frame.data, headers, frame.iface, flow.killed_at, now_ns);
                }
                let mut content = Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns, tunnels: 0 };
                let inspected = !content.flow.bits.has(Bits::NO_CONTENT);
                let (raw, options) = headers.tcp_header(frame.data);
                let packet = Packet {
                    header: &headers.tcp,
                    options: Options::read(options),
                    urgent: raw.map_or(0, |[.., high, low]| u16::from_be_bytes([*high, *low])),
                    payload: if inspected { payload } else { &[] },
                    missing: if inspected { headers.missing_len } else { 0 },
                    ttl: headers.ttl,
                    checksum: if streams.is_stopped() {
                        Checksum::Unchecked
                    } else {
                        self.options.tcp_checksum.of(frame, headers)
                    },
                    dest: &headers.dest,
                    v6: headers.v6,
                    server_port: match direction {
                        Direction::ToServer => headers.dest_port,
                        Direction::ToClient => headers.src_port,
                    },
                    now_ns,
                };
                placement = Some(self.tcp.segment(streams, direction, &packet, &mut content));
                match streams.state() {
                    SessionState::Unestablished => Class::TcpNew,
                    SessionState::Established => Class::TcpEstablished,
                    SessionState::Closed => Class::TcpClosed,
                }
            }
            proto::UDP => {
                inspector.desk.counters.udp += 1;
                let both = flow.bits.has(Bits::BOTH_WAYS);
                if !payload.is_empty() {
                    Content { flow, inspector, trigger, timestamp_ns: frame.timestamp_ns, tunnels: 0 }
                        .datagram(direction, payload);
                }
                if both { Class::UdpEstablished } else { Class::UdpNew }
            }
            proto::ICMP | proto::ICMPV6 => {
                inspector.desk.counters.icmp += 1;
                Class::Icmp
            }
            _ => {
                inspector.desk.counters.other += 1;
                Class::Other
            }
        };
        self.table.touch(index, class, now_ns);
        Some(Annotation { flow: index, direction, placement })
    }
}
