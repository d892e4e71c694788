//! From stream bytes to verdicts: protocol, scanner, alert, kill.

use std::sync::Arc;

use super::counters::Counters;
use super::slots::Slots;
use super::tap::StreamTap;
use crate::event::{
    AlertEvent, AnomalyEvent, AppProto, Direction, Event, EventSender, FlowHead, Layer, Location, Versions,
};
use crate::flow::{Bits, Facts, NO_SLOT};
use crate::kill::{Killer, eighth};
use crate::proto::http1::{Http1, PROBE_BYTES, Part, Probe, Sink, probe};
use crate::proto::tls::{Progress, Records, is_client_hello};
use crate::scan::keyword::{Crossing, HitPool, Matcher, ScanState};
use crate::tcp::{ANOMALY_COUNT, Anomaly, Consumer, StreamEnd};
use crate::wire::Headers;

/// What all flows of a worker share when their content is inspected.
#[derive(Debug)]
pub(super) struct Inspector {
    pub(super) matcher: Arc<Matcher>,
    /// Dictionaries whose alerts reset the session.
    pub(super) resets: Box<[bool]>,
    pub(super) hits: HitPool,
    pub(super) parsers: Slots<Http1>,
    pub(super) tls: Slots<Records>,
    /// TLS is inspected no further than its handshake.
    pub(super) tls_handshake_only: bool,
    /// Number of the configuration, which alerts carry.
    pub(super) configuration: u32,
    /// Whether [`Bits::GENERATION`] of flows holds whose scanner states and scores are of these dictionaries.
    pub(super) generation: bool,
    pub(super) killer: Killer,
    pub(super) events: EventSender,
    pub(super) counters: Counters,
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
}

impl Consumer for Content<'_> {
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if let Some(tap) = &mut self.inspector.tap {
            tap.data(head(self.flow, self.timestamp_ns), direction, offset, bytes);
        }
        match self.flow.app_proto {
            AppProto::Http => self.http(direction, offset, bytes),
            AppProto::Tls => self.tls(direction, offset, bytes),
            AppProto::Failed | AppProto::Ssh | AppProto::Dns | AppProto::Quic => {
                self.scan(direction, Location::Stream, offset, bytes);
            }
            AppProto::Unknown => self.recognise(direction, offset, bytes),
        }
    }

    fn gap(&mut self, direction: Direction, length: u64) {
        if let Some(tap) = &mut self.inspector.tap {
            tap.gap(head(self.flow, self.timestamp_ns), direction, length);
        }
        // No keyword reaches over bytes that were never seen.
        self.restart(direction);
        if self.flow.parser == NO_SLOT {
            // What follows a hole at the very start says nothing about the protocol.
            if self.flow.app_proto == AppProto::Unknown {
                self.flow.app_proto = AppProto::Failed;
            }
            return;
        }
        if self.flow.app_proto == AppProto::Tls {
            if let Some(tls) = self.inspector.tls.get_mut(self.flow.parser) {
                tls.gap(direction, length);
            }
            return;
        }
        self.with_parser(direction, 0, |parser, sink| parser.gap(direction, length, sink));
    }

    fn end(&mut self, direction: Direction, reason: StreamEnd) {
        if let Some(tap) = &mut self.inspector.tap {
            tap.ended(head(self.flow, self.timestamp_ns), direction, reason);
        }
    }

    fn anomaly(&mut self, direction: Direction, anomaly: Anomaly, versions: Option<Versions>) {
        // One event of each kind a flow: the counters have them all.
        let told = 1_u32 << (anomaly as u32);
        if self.flow.aux & told != 0 {
            return;
        }
        self.flow.aux |= told;
        self.inspector.events.send(Event::Anomaly(AnomalyEvent {
            head: head(self.flow, self.timestamp_ns),
            of_flow: true,
            direction,
            layer: Layer::Stream,
            event: anomaly.name(),
            versions,
        }));
    }

    fn enough(&self, direction: Direction) -> bool {
        self.flow.app_proto == AppProto::Tls
            && self.inspector.tls_handshake_only
            && self.inspector.tls.get(self.flow.parser).is_some_and(|tls| tls.is_encrypted(direction))
    }
}

const _: () = assert!(ANOMALY_COUNT <= 32, "a flow remembers in 32 bits which anomalies were told");

impl Inspector {
    /// Forgets what a flow has of other dictionaries than these. A flow without any may have either bit.
    #[inline]
    pub(super) fn renew(&mut self, flow: &mut Facts) {
        if flow.bits.has(Bits::GENERATION) != self.generation {
            flow.scan = Default::default();
            flow.bits.put(Bits::GENERATION, self.generation);
            self.hits.release(&mut flow.hits);
        }
    }

    /// Gives a flow's parser back.
    pub(super) fn release(&mut self, flow: &mut Facts) {
        self.hits.release(&mut flow.hits);
        match flow.app_proto {
            AppProto::Tls => self.tls.release(&mut flow.parser),
            _ => self.parsers.release(&mut flow.parser),
        }
    }
}

impl Content<'_> {
    /// A UDP datagram: a message of its own.
    pub(super) fn datagram(&mut self, direction: Direction, bytes: &[u8]) {
        self.restart(direction);
        self.scan(direction, Location::Stream, 0, bytes);
        self.restart(direction);
    }

    /// The first bytes of a flow decide what it is.
    fn recognise(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let known = self.flow.parser != NO_SLOT;
        let answer = if known { Probe::NeedMore } else { probe(direction, bytes) };
        if answer == Probe::No {
            if direction == Direction::ToServer && offset == 0 && is_client_hello(bytes) && self.begin_tls() {
                self.tls(direction, offset, bytes);
                return;
            }
            self.flow.app_proto = AppProto::Failed;
            self.scan(direction, Location::Stream, offset, bytes);
            return;
        }
        if !known {
            let Some(slot) = self.inspector.parsers.take() else {
                self.inspector.counters.http_exhausted += 1;
                self.flow.app_proto = AppProto::Failed;
                self.scan(direction, Location::Stream, offset, bytes);
                return;
            };
            self.flow.parser = slot;
        }
        if answer == Probe::Yes {
            self.recognised();
        }
        self.http(direction, offset, bytes);
        // A first segment too short to tell goes to the parser all the same: it either goes on as HTTP or gives up.
        if self.flow.app_proto == AppProto::Unknown {
            let raw = self.inspector.parsers.get_mut(self.flow.parser).is_none_or(|parser| parser.is_raw(direction));
            if raw {
                self.flow.app_proto = AppProto::Failed;
                self.inspector.parsers.release(&mut self.flow.parser);
            } else if offset.saturating_add(length(bytes)) >= u64::try_from(PROBE_BYTES).unwrap_or(0) {
                self.recognised();
            }
        }
    }

    /// Follows a TLS session from its first byte on; false when there is no room to.
    fn begin_tls(&mut self) -> bool {
        let Some(slot) = self.inspector.tls.take() else {
            self.inspector.counters.tls_exhausted += 1;
            return false;
        };
        self.flow.parser = slot;
        self.flow.app_proto = AppProto::Tls;
        self.inspector.counters.tls += 1;
        true
    }

    fn tls(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        self.scan(direction, Location::Stream, offset, bytes);
        let progress = self.inspector.tls.get_mut(self.flow.parser).map(|tls| tls.push(direction, bytes));
        if progress == Some(Progress::Broken) {
            self.inspector.counters.tls_broken += 1;
            self.inspector.tls.release(&mut self.flow.parser);
            self.flow.app_proto = AppProto::Failed;
        }
    }

    fn recognised(&mut self) {
        self.flow.app_proto = AppProto::Http;
        self.inspector.counters.http += 1;
    }

    fn http(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let end = offset.saturating_add(length(bytes));
        self.with_parser(direction, end, |parser, sink| parser.push(direction, bytes, sink));
    }

    /// Lends the flow's parser out together with the sink it delivers to.
    fn with_parser(&mut self, direction: Direction, end: u64, work: impl FnOnce(&mut Http1, &mut HttpSink<'_, '_>)) {
        let slot = self.flow.parser;
        // The sink needs all of the inspector while the parser runs, so the parser (208 bytes) works on a copy.
        let Some(mut parser) = self.inspector.parsers.get_mut(slot).copied() else { return };
        work(&mut parser, &mut HttpSink { content: self, direction, end });
        let odd = parser.take_anomalies(direction).iter().count();
        let counters = &mut self.inspector.counters;
        counters.http_anomalies = counters.http_anomalies.saturating_add(u64::try_from(odd).unwrap_or(0));
        if let Some(place) = self.inspector.parsers.get_mut(slot) {
            *place = parser;
        }
    }

    fn state(&mut self, direction: Direction) -> &mut ScanState {
        let [to_server, to_client] = &mut self.flow.scan;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    /// The next byte begins something new: no keyword reaches back over it.
    fn restart(&mut self, direction: Direction) {
        *self.state(direction) = ScanState::default();
    }

    fn scan(&mut self, direction: Direction, location: Location, offset: u64, bytes: &[u8]) {
        self.inspector.renew(self.flow);
        // Disjoint parts, so that the automaton can be read while its hits are counted and raised.
        let Inspector { matcher, resets, configuration, hits, killer, events, counters, .. } = &mut *self.inspector;
        if matcher.is_empty() {
            return;
        }
        counters.scanned_bytes = counters.scanned_bytes.saturating_add(length(bytes));
        let mut state = self.flow.scan.get(direction.index()).copied().unwrap_or_default();
        let mut place = Place {
            flow: self.flow,
            trigger: self.trigger,
            timestamp_ns: self.timestamp_ns,
            direction,
            location,
            resets,
            configuration: *configuration,
            killer,
            events,
            counters,
        };
        matcher.scan(&mut state, bytes, |keyword, end| {
            if let Some(crossing) = hits.count(&mut place.flow.hits, matcher, keyword) {
                place.alert(offset.saturating_add(u64::try_from(end).unwrap_or(0)), &crossing);
            }
        });
        *self.state(direction) = state;
    }
}

/// Where in which flow the scanner is, and all that an alert there needs.
struct Place<'a> {
    flow: &'a mut Facts,
    trigger: Option<Trigger<'a>>,
    timestamp_ns: u64,
    direction: Direction,
    location: Location,
    resets: &'a [bool],
    configuration: u32,
    killer: &'a mut Killer,
    events: &'a mut EventSender,
    counters: &'a mut Counters,
}

impl Place<'_> {
    #[cold]
    fn alert(&mut self, offset: u64, crossing: &Crossing) {
        self.flow.bits.set(Bits::ALERTED);
        let wants_reset = self.resets.get(usize::from(crossing.dictionary)).copied().unwrap_or(false);
        if wants_reset
            && !self.flow.bits.has(Bits::KILLED)
            && let Some(trigger) = self.trigger
        {
            let sent = self.killer.kill(trigger.frame, trigger.headers, trigger.iface, self.flow.last_ns);
            if sent != 0 {
                self.flow.bits.set(Bits::KILLED);
                self.flow.killed_at = eighth(self.flow.last_ns);
            }
        }
        self.counters.alerts = self.counters.alerts.saturating_add(1);
        self.events.send(Event::Alert(AlertEvent {
            head: head(self.flow, self.timestamp_ns),
            configuration: self.configuration,
            dictionary: crossing.dictionary,
            direction: self.direction,
            location: self.location,
            offset,
            score: crossing.score,
            blocked: wants_reset && self.flow.bits.has(Bits::KILLED),
            hits: crossing.hits,
            hit_count: crossing.hit_count,
            more_hits: crossing.more_hits,
            packets: self.flow.packets,
            bytes: self.flow.bytes,
        }));
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

/// Takes what the HTTP parser hands out in one direction.
struct HttpSink<'content, 'flow> {
    content: &'content mut Content<'flow>,
    direction: Direction,
    /// Stream offset after the bytes that are being pushed.
    end: u64,
}

impl Sink for HttpSink<'_, '_> {
    fn begin(&mut self, _part: Part) {
        self.content.restart(self.direction);
    }

    fn data(&mut self, part: Part, offset: u64, bytes: &[u8]) {
        let location = match part {
            Part::Header => Location::HttpHeader,
            Part::Body => Location::HttpBody,
        };
        self.content.scan(self.direction, location, offset, bytes);
    }

    fn gap(&mut self, _part: Part, _length: u64) {
        self.content.restart(self.direction);
    }

    fn raw(&mut self, bytes: &[u8]) {
        // Raw bytes are always the rest of what was pushed.
        let offset = self.end.saturating_sub(length(bytes));
        self.content.scan(self.direction, Location::Stream, offset, bytes);
    }

    fn raw_gap(&mut self, _length: u64) {
        self.content.restart(self.direction);
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
