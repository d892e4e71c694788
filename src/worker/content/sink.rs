//! What a parser hands out, on its way to scanner, decoders and events.

use super::expectations::Expectations;
use super::objects::{Objects, Refused, Stretch};
use super::protocols::Told;
use super::scan::{Spot, Where};
use super::{Desk, Shortage, head, length};
use crate::event::record::Layout;
use crate::event::{Event, RecordEvent};
use crate::flow::Facts;
use crate::proto::{Expected, Object, Sink};

/// Takes what the parser of a flow hands out in one direction.
pub(super) struct FlowSink<'a> {
    pub(super) flow: &'a mut Facts,
    pub(super) told: &'a mut Told,
    pub(super) objects: &'a mut Objects,
    pub(super) desk: &'a mut Desk,
    pub(super) spot: Spot<'a>,
    /// The bytes that the parser was given, and the stream offset after them.
    pub(super) given: &'a [u8],
    pub(super) end: u64,
    /// Raw bytes that are a connection of their own, once there is one.
    pub(super) tunnelled: Option<usize>,
    pub(super) expectations: &'a Expectations,
}

impl FlowSink<'_> {
    /// Where so many bytes begin in the object of this direction that nothing has room for.
    fn pass(&mut self, length: u64) -> u64 {
        let Some(passed) = self.told.passed.get_mut(self.spot.direction.index()) else { return 0 };
        std::mem::replace(passed, passed.saturating_add(length))
    }

    /// Where bytes stand in the stream: where the parser was given them, or what it has made them of.
    fn place_of(&self, bytes: &[u8]) -> u64 {
        let within = bytes.as_ptr().addr().wrapping_sub(self.given.as_ptr().addr());
        let behind = self.given.get(within..).unwrap_or(self.given);
        self.end.saturating_sub(length(behind))
    }
}

impl Sink for FlowSink<'_> {
    fn begin_lines(&mut self, label: &'static str) {
        self.flow.restart_scan(self.spot.direction);
        if let Some(place) = self.told.labels.get_mut(self.spot.direction.index()) {
            *place = label;
        }
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        let label = self.told.labels.get(self.spot.direction.index()).copied().unwrap_or_default();
        self.desk.scan_flow(self.flow, &self.spot, Where::Part(label), offset, bytes);
    }

    fn lines_gap(&mut self, _: u64) {
        self.flow.restart_scan(self.spot.direction);
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        if let Err(refusal) = self.objects.begin(self.flow, &self.spot, self.desk, id, object) {
            match refusal {
                Refused::Pending if self.told.is_new("content.pending") => {
                    self.desk.tell(self.flow, self.spot.timestamp_ns, self.spot.direction, "content.pending");
                }
                Refused::Pending => {}
                Refused::Exhausted => {
                    let (timestamp_ns, direction) = (self.spot.timestamp_ns, self.spot.direction);
                    self.desk.tell_shortage(self.flow, timestamp_ns, direction, Shortage::Objects);
                }
            }
            self.begin_lines(object.label);
            if let Some(passed) = self.told.passed.get_mut(self.spot.direction.index()) {
                *passed = 0;
            }
        }
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        let stretch = Stretch { at: self.place_of(bytes), bytes };
        if !self.objects.push(self.flow, &self.spot, self.desk, id, self.told.records, stretch) {
            // There was no room to look into it.
            let offset = self.pass(length(bytes));
            self.lines(offset, bytes);
        }
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        if !self.objects.gap(self.flow, &self.spot, self.desk, id, self.told.records, length) {
            self.flow.restart_scan(self.spot.direction);
            self.pass(length);
        }
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        self.objects.end(self.flow, &self.spot, self.desk, id, complete, self.told.records);
    }

    fn raw(&mut self, bytes: &[u8]) {
        if let Some(tunnelled) = &mut self.tunnelled {
            *tunnelled += bytes.len();
            return;
        }
        // Raw bytes are always the rest of what was pushed.
        let offset = self.end.saturating_sub(length(bytes));
        self.desk.scan_flow(self.flow, &self.spot, Where::STREAM, offset, bytes);
    }

    fn raw_gap(&mut self, _: u64) {
        self.flow.restart_scan(self.spot.direction);
    }

    fn tunnel(&mut self) {
        self.tunnelled = Some(0);
    }

    fn expect(&mut self, expected: &Expected<'_>) {
        self.expectations.announce(&self.flow.tuple(), expected, self.flow.last_ns);
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let Ok(length) = u16::try_from(length) else {
            self.desk.counters.records_too_long += 1;
            return;
        };
        let event = RecordEvent {
            head: head(self.flow, self.spot.timestamp_ns),
            direction: self.spot.direction,
            layout,
            tx_id: self.told.records,
            length,
        };
        self.told.records = self.told.records.saturating_add(1);
        self.desk.counters.records = self.desk.counters.records.saturating_add(1);
        self.desk.events.send_with(Event::Record(event), parts);
    }

    fn anomaly(&mut self, name: &'static str) {
        self.desk.counters.app_anomalies = self.desk.counters.app_anomalies.saturating_add(1);
        if self.told.is_new(name) {
            self.desk.tell(self.flow, self.spot.timestamp_ns, self.spot.direction, name);
        }
    }
}
