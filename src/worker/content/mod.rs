//! From stream bytes to verdicts: protocol, decoders, scanner, alert, kill.
//!
//! [`Content`] takes what the reassembler delivers of one flow. Its first bytes
//! decide which protocol it speaks (`recognise.rs`), whose parser then hands out
//! lines and objects (`sink.rs`). Objects go through a tree of decoders
//! (`objects.rs`), and all that is left goes to the scanner (`scan.rs`).

mod expectations;
mod extraction;
mod joined;
mod objects;
mod protocols;
mod ranges;
mod recognise;
mod scan;
mod sink;

use std::sync::Arc;

use self::recognise::Undecided;
use self::scan::{Spot, Where};
use self::sink::FlowSink;
use super::counters::Counters;
use super::slots::Slots;
use super::tap::StreamTap;
use crate::event::{AnomalyEvent, AppProto, Direction, Event, EventSender, FlowHead, Layer, Versions};
use crate::flow::{Bits, Facts, NO_SLOT, Onset};
use crate::kill::Killer;
use crate::scan::keyword::{Dictionaries, HitPool, Matcher};
use crate::tcp::{ANOMALY_COUNT, Anomaly, Consumer, StreamEnd};
use crate::wire::Headers;

pub(super) use self::objects::Objects;
pub(super) use self::protocols::Protocols;

pub use self::expectations::Expectations;
pub use self::extraction::Answers;
pub use self::objects::ObjectLimits;
pub use self::protocols::Sessions;
pub use self::ranges::{Counters as RangeCounters, Exchange, Gauges as RangeGauges, Membership, RangeLimits};

/// What all flows of a worker share when their content is inspected.
#[derive(Debug)]
pub(super) struct Inspector {
    /// TLS is inspected no further than its handshake.
    pub(super) tls_handshake_only: bool,
    pub(super) protocols: Protocols,
    pub(super) undecided: Slots<Undecided>,
    pub(super) objects: Objects,
    /// Connections that others have announced; all workers share them.
    pub(super) expectations: Arc<Expectations>,
    pub(super) desk: Desk,
}

/// What scanning, telling and killing needs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) matcher: Arc<Matcher>,
    /// Dictionaries whose alerts reset the session.
    pub(super) resets: Box<[bool]>,
    pub(super) hits: HitPool,
    /// Number of the configuration, which alerts carry.
    pub(super) configuration: u32,
    /// Whether [`Bits::GENERATION`] of flows holds whose scanner states and scores are of these dictionaries.
    pub(super) generation: bool,
    /// A dictionary that resets sessions has alerted.
    pub(super) reset_wanted: bool,
    /// Alerts of these need not be told: they were, of the part that brought the deciding byte.
    pub(super) told: Dictionaries,
    pub(super) killer: Killer,
    pub(super) events: EventSender,
    pub(super) counters: Counters,
    /// Connections, and objects, begin to find no room.
    pub(super) shortages: [Onset; 2],
    /// Gets a copy of every stream, in a replay that was asked for one.
    pub(super) tap: Option<Box<StreamTap>>,
}

/// The packet whose bytes are being looked at; absent when a flow's last stored
/// bytes are delivered at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trigger<'a> {
    pub(super) frame: &'a [u8],
    pub(super) headers: &'a Headers,
    /// Interface it came from.
    pub(super) iface: u16,
}

/// Content of one flow on its way through the inspector.
pub(super) struct Content<'a> {
    pub(super) flow: &'a mut Facts,
    pub(super) inspector: &'a mut Inspector,
    pub(super) trigger: Option<Trigger<'a>>,
    pub(super) timestamp_ns: u64,
    /// Connections within others that what is being delivered has opened.
    pub(super) tunnels: u8,
}

/// So many connections within others are opened by the bytes of one packet: each has a parser on the stack. No client
/// answers as many invitations without a round trip each.
const MAX_TUNNELS: u8 = 4;

impl Consumer for Content<'_> {
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if let Some(tap) = &mut self.inspector.desk.tap {
            tap.data(head(self.flow, self.timestamp_ns), direction, offset, bytes);
        }
        match self.flow.app_proto {
            AppProto::Failed if self.flow.bits.has(Bits::BEGAN_UNSEEN) => self.ask_again(direction, offset, bytes),
            AppProto::Failed => self.raw(direction, offset, bytes),
            AppProto::Unknown => self.recognise(direction, offset, bytes),
            _ => self.parse(direction, offset, bytes),
        }
    }

    fn gap(&mut self, direction: Direction, length: u64) {
        if let Some(tap) = &mut self.inspector.desk.tap {
            tap.gap(head(self.flow, self.timestamp_ns), direction, length);
        }
        if self.flow.app_proto == AppProto::Unknown && !self.was_expected(direction, 0, &[]) {
            // What follows a hole at the very start says nothing about the protocol, but what follows that may.
            self.flow.bits.set(Bits::BEGAN_UNSEEN);
            self.fail();
        }
        // No keyword reaches over bytes that were never seen.
        self.flow.restart_scan(direction);
        self.with_parser(direction, 0, &[], |parser, sink| parser.gap(direction, length, sink));
    }

    fn end(&mut self, direction: Direction, reason: StreamEnd) {
        if let Some(tap) = &mut self.inspector.desk.tap {
            tap.ended(head(self.flow, self.timestamp_ns), direction, reason);
        }
        let in_order = reason == StreamEnd::Fin;
        self.with_parser(direction, 0, &[], |parser, sink| parser.end(direction, in_order, sink));
    }

    fn anomaly(&mut self, direction: Direction, anomaly: Anomaly, versions: Option<Versions>) {
        // One event of each kind a flow: the counters have them all.
        let told = 1_u32 << (anomaly as u32);
        if self.flow.aux & told != 0 {
            return;
        }
        self.flow.aux |= told;
        self.inspector.desk.events.send(Event::Anomaly(AnomalyEvent {
            head: head(self.flow, self.timestamp_ns),
            of_flow: true,
            direction,
            layer: Layer::Stream,
            event: anomaly.name(),
            versions,
            path: 0,
        }));
    }

    fn enough(&self, direction: Direction) -> bool {
        self.flow.app_proto == AppProto::Tls
            && self.inspector.tls_handshake_only
            && self.inspector.protocols.is_encrypted(self.flow.app_proto, self.flow.parser, direction)
    }
}

const _: () = assert!(ANOMALY_COUNT <= 30, "a flow remembers in 30 bits which anomalies were told");

impl Inspector {
    /// Forgets what a flow has of other dictionaries than these. A flow without any may have either bit.
    #[inline]
    pub(super) fn renew(&mut self, flow: &mut Facts) {
        self.desk.renew(flow);
    }
}

impl Desk {
    #[inline]
    pub(super) fn renew(&mut self, flow: &mut Facts) {
        if flow.bits.has(Bits::GENERATION) != self.generation {
            flow.scan = Default::default();
            flow.bits.put(Bits::GENERATION, self.generation);
            self.hits.release(&mut flow.hits);
        }
    }
}

impl Content<'_> {
    /// A UDP datagram.
    pub(super) fn datagram(&mut self, direction: Direction, bytes: &[u8]) {
        self.flow.restart_scan(direction);
        match self.flow.app_proto {
            AppProto::Failed => self.raw(direction, 0, bytes),
            AppProto::Unknown => self.recognise_datagram(direction, bytes),
            _ => self.parse(direction, 0, bytes),
        }
        self.flow.restart_scan(direction);
    }

    /// The flow is over: ends what is open of it, and gives back all that it holds.
    pub(super) fn close(mut self) {
        if self.flow.app_proto == AppProto::Unknown && self.flow.parser != NO_SLOT {
            self.fail();
        }
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.with_parser(direction, 0, &[], |parser, sink| parser.end(direction, false, sink));
        }
        let Inspector { protocols, objects, desk, .. } = &mut *self.inspector;
        let told = protocols.get_mut(self.flow.app_proto, self.flow.parser).map(|(_, told)| told.records);
        objects.close(self.flow, self.timestamp_ns, desk, told.unwrap_or(0));
        protocols.release(self.flow.app_proto, &mut self.flow.parser);
        desk.hits.release(&mut self.flow.hits);
    }

    /// Bytes of a flow whose protocol is known.
    fn parse(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let end = offset.saturating_add(length(bytes));
        let tunnelled = self.with_parser(direction, end, bytes, |parser, sink| parser.push(direction, bytes, sink));
        let Some(tunnelled) = tunnelled else { return };
        let inner = bytes.get(bytes.len().saturating_sub(tunnelled)..).unwrap_or(&[]);
        if inner.is_empty() {
            return;
        }
        let offset = end.saturating_sub(length(inner));
        if self.tunnels == MAX_TUNNELS {
            self.inspector.desk.tell(self.flow, self.timestamp_ns, direction, "app_proto.too_many_tunnels");
            self.flow.app_proto = AppProto::Failed;
            return self.raw(direction, offset, inner);
        }
        // What is in a tunnel is recognised afresh.
        self.tunnels += 1;
        self.recognise(direction, offset, inner);
        self.tunnels -= 1;
    }

    /// Lends the flow's parser out together with the sink it delivers to. `end` is the stream offset after the bytes
    /// `given` to it. When these have become a connection of its own, says how many of the last of them are part of
    /// that.
    fn with_parser(
        &mut self,
        direction: Direction,
        end: u64,
        given: &[u8],
        work: impl FnOnce(&mut dyn crate::proto::Parser, &mut FlowSink<'_>),
    ) -> Option<usize> {
        let Inspector { protocols, objects, desk, expectations, .. } = &mut *self.inspector;
        let (parser, told) = protocols.get_mut(self.flow.app_proto, self.flow.parser)?;
        let spot = Spot { trigger: self.trigger, timestamp_ns: self.timestamp_ns, direction, late: false };
        let mut sink =
            FlowSink { flow: self.flow, told, objects, desk, spot, given, end, tunnelled: None, expectations };
        work(parser, &mut sink);
        let tunnelled = sink.tunnelled;
        if parser.was_mistaken() {
            desk.counters.app_mistaken += 1;
            desk.tell(self.flow, self.timestamp_ns, direction, "app_proto.mistaken");
            protocols.release(self.flow.app_proto, &mut self.flow.parser);
            self.flow.app_proto = AppProto::Failed;
            self.flow.bits = self.flow.bits.without(Bits::BEGAN_UNSEEN);
        } else if tunnelled.is_some() {
            protocols.release(self.flow.app_proto, &mut self.flow.parser);
            self.flow.app_proto = AppProto::Unknown;
        }
        tunnelled
    }

    /// Scans bytes as they are.
    fn raw(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let spot = Spot { trigger: self.trigger, timestamp_ns: self.timestamp_ns, direction, late: false };
        self.inspector.desk.scan_flow(self.flow, &spot, Where::STREAM, offset, bytes);
    }
}

impl Desk {
    /// Tells of something odd about what a flow says.
    #[cold]
    fn tell(&mut self, flow: &Facts, timestamp_ns: u64, direction: Direction, event: &'static str) {
        self.events.send(Event::Anomaly(AnomalyEvent {
            head: head(flow, timestamp_ns),
            of_flow: true,
            direction,
            layer: Layer::AppLayer,
            event,
            versions: None,
            path: 0,
        }));
    }
}

/// What there is no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortage {
    Connections,
    Objects,
}

impl Desk {
    /// Tells that there is no room for what a flow speaks or carries, when that begins: floods have one event.
    #[cold]
    fn tell_shortage(&mut self, flow: &Facts, timestamp_ns: u64, direction: Direction, of: Shortage) {
        let event = match of {
            Shortage::Connections => "app_proto.exhausted",
            Shortage::Objects => "content.exhausted",
        };
        if self.shortages.get_mut(of as usize).is_some_and(|onset| onset.occurs(flow.last_ns)) {
            self.tell(flow, timestamp_ns, direction, event);
        }
    }
}

/// What every event of a flow begins with.
pub(super) fn head(flow: &Facts, timestamp_ns: u64) -> FlowHead {
    FlowHead {
        timestamp_ns,
        start_ns: flow.start_ns,
        tuple: flow.tuple(),
        vlan: flow.key().vlan(),
        iface: flow.iface,
        app_proto: flow.app_proto,
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
