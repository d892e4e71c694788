//! What a parser hands out, on its way to scanner, decoders and events.

use super::expectations::Expectations;
use super::objects::{HEAD_ID, Objects, Refused, Stretch};
use super::protocols::{Lines, LinesState, Told};
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

    /// The next bytes of an object. False when it is not looked into.
    fn push(&mut self, id: u32, bytes: &[u8]) -> bool {
        let stretch = Stretch { at: self.place_of(bytes), bytes };
        self.objects.push(self.flow, &self.spot, self.desk, id, self.told.records, stretch)
    }

    /// Where bytes stand in the stream: where the parser was given them, or what it has made them of.
    fn place_of(&self, bytes: &[u8]) -> u64 {
        let within = bytes.as_ptr().addr().wrapping_sub(self.given.as_ptr().addr());
        let behind = self.given.get(within..).unwrap_or(self.given);
        self.end.saturating_sub(length(behind))
    }
}

/// Lines whose other letters are undone.
impl FlowSink<'_> {
    /// Looks for what is to be undone, or hands it on.
    #[inline]
    fn undo_lines(&mut self, label: &'static str, bytes: &[u8]) {
        let direction = self.spot.direction.index();
        match self.told.lines.get_mut(direction) {
            Some(Lines { state: LinesState::Sought, seeker }) => {
                if let Some(found) = seeker.seek(bytes) {
                    let begun = self.objects.begin_head(self.flow, &self.spot, self.desk, label);
                    if begun.is_ok() {
                        let records = self.told.records;
                        for piece in found.into_iter().filter(|piece| !piece.is_empty()) {
                            // Where they stand is of no account: there is no file in them.
                            let stretch = Stretch { at: self.end, bytes: piece };
                            self.objects.push(self.flow, &self.spot, self.desk, HEAD_ID, records, stretch);
                        }
                    }
                    self.set_lines(if begun.is_ok() { LinesState::Undone } else { LinesState::Plain });
                    begun.unwrap_or_else(|refusal| self.tell_refusal(refusal));
                }
            }
            Some(Lines { state: LinesState::Undone, .. }) => {
                self.push(HEAD_ID, bytes);
            }
            Some(Lines { state: LinesState::Plain, .. }) | None => {}
        }
    }

    /// Nothing more of them is undone; says whether anything was.
    fn set_lines(&mut self, state: LinesState) -> bool {
        let lines = self.told.lines.get_mut(self.spot.direction.index());
        lines.is_some_and(|lines| std::mem::replace(&mut lines.state, state) == LinesState::Undone)
    }

    fn end_head(&mut self, complete: bool) {
        if self.set_lines(LinesState::Plain) {
            self.objects.end(self.flow, &self.spot, self.desk, HEAD_ID, complete, self.told.records);
        }
    }

    #[cold]
    fn tell_refusal(&mut self, refusal: Refused) {
        let (timestamp_ns, direction) = (self.spot.timestamp_ns, self.spot.direction);
        match refusal {
            Refused::Pending if self.told.is_new("content.pending") => {
                self.desk.tell(self.flow, timestamp_ns, direction, "content.pending");
            }
            Refused::Pending => {}
            Refused::Exhausted => self.desk.tell_shortage(self.flow, timestamp_ns, direction, Shortage::Objects),
        }
    }
}

impl Sink for FlowSink<'_> {
    fn begin_lines(&mut self, label: &'static str) {
        self.end_head(true);
        self.flow.restart_scan(self.spot.direction);
        if let Some(place) = self.told.labels.get_mut(self.spot.direction.index()) {
            *place = label;
        }
    }

    fn begin_head(&mut self, label: &'static str) {
        self.begin_lines(label);
        // Where there are no keywords, nobody would see it.
        if !self.desk.matcher.is_empty()
            && let Some(lines) = self.told.lines.get_mut(self.spot.direction.index())
        {
            lines.seeker.restart();
            lines.state = LinesState::Sought;
        }
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        let label = self.told.labels.get(self.spot.direction.index()).copied().unwrap_or_default();
        self.desk.scan_flow(self.flow, &self.spot, Where::Part(label), offset, bytes);
        self.undo_lines(label, bytes);
    }

    fn lines_gap(&mut self, _: u64) {
        self.end_head(false);
        self.flow.restart_scan(self.spot.direction);
    }

    fn end_lines(&mut self) {
        self.end_head(true);
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        if let Err(refusal) = self.objects.begin(self.flow, &self.spot, self.desk, id, object) {
            self.tell_refusal(refusal);
            self.begin_lines(object.label);
            if let Some(passed) = self.told.passed.get_mut(self.spot.direction.index()) {
                *passed = 0;
            }
        }
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        if !self.push(id, bytes) {
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
