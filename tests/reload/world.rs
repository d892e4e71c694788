//! A pipeline, packets for it, and all that it makes of them.

use std::path::Path;
use std::sync::Arc;

use tidegate::event::{AlertEvent, Event, EventReceiver, FIRST_CONFIGURATION, RingPolicy, channel};
use tidegate::flow::{Capacity, Timeouts};
use tidegate::kill::{Injector, Killer};
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::steer::capture::CaptureReader;
use tidegate::tcp::Limits;
use tidegate::wire::LinkType;
use tidegate::worker::{Frame, Pipeline, PipelineOptions, TapReceiver, TapRecord, TcpChecksums, tap};

use crate::pipeline::options as common_options;

pub(crate) const SECOND: u64 = 1_000_000_000;

/// One captured frame.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) data: Vec<u8>,
    pub(crate) timestamp_ns: u64,
    pub(crate) wire_len: u32,
    pub(crate) link: LinkType,
}

/// Every pcap file of `tests/captures`, by name.
pub(crate) fn captures() -> Vec<(String, Vec<Packet>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "pcap"));
    files.sort_unstable();
    assert!(files.len() >= 20, "only {} captures", files.len());
    let read = |file: &Path| {
        let mut reader = CaptureReader::open(file).unwrap();
        let mut packets = Vec::new();
        while let Some(packet) = reader.next().unwrap() {
            let (timestamp_ns, wire_len, link) = (packet.timestamp_ns, packet.wire_len, packet.link);
            packets.push(Packet { data: packet.data.to_vec(), timestamp_ns, wire_len, link });
        }
        packets
    };
    files.iter().map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), read(file))).collect()
}

/// One dictionary.
pub(crate) fn matcher(keywords: &[(&str, u32)], threshold: u32) -> Arc<Matcher> {
    let keyword = |(text, weight): &(&str, u32)| KeywordSpec { bytes: text.as_bytes().into(), weight: *weight, max: 0 };
    let keywords = keywords.iter().map(keyword).collect();
    Arc::new(Matcher::new(&[DictionarySpec { threshold, ignore_case: false, keywords }]).unwrap())
}

/// Small tables.
pub(crate) fn options() -> PipelineOptions {
    PipelineOptions {
        capacity: Capacity { flows: 256, half_open: 64 },
        timeouts: Timeouts::uniform(30 * SECOND),
        tcp: Limits { history: 256, ..Limits::new(256, 64, 2 * SECOND) },
        tcp_checksum: TcpChecksums::FromHost,
        verify_checksum: false,
        defrag: tidegate::defrag::Limits { descriptors: 64, large_buffers: 4, ..Default::default() },
        ..common_options()
    }
}

/// A way out that takes every reset.
struct Nowhere;

impl Injector for Nowhere {
    fn inject(&mut self, _: &[u8], _: u16) -> bool {
        true
    }
}

/// A pipeline that can kill, and the other ends of it.
pub(crate) struct World {
    pipeline: Pipeline,
    events: EventReceiver,
    tap: TapReceiver,
    seen: Seen,
}

/// What a run has shown.
#[derive(Default)]
pub(crate) struct Seen {
    events: Vec<Event>,
    /// Bytes and gaps of streams, in order.
    pub(crate) delivered: Vec<(TapRecord, Vec<u8>)>,
    /// Every counter and gauge at the end.
    pub(crate) counters: Vec<(&'static str, u64)>,
}

impl World {
    pub(crate) fn new(options: PipelineOptions, matcher: &Arc<Matcher>) -> Self {
        Self::with_rate(options, matcher, 0)
    }

    /// With a most of sessions that are killed in a second.
    pub(crate) fn with_rate(options: PipelineOptions, matcher: &Arc<Matcher>, rate: u32) -> Self {
        let (sender, events) = channel(1 << 12, RingPolicy::DropAndCount);
        let killer = Killer::new(Some(Box::new(Nowhere)), rate);
        let mut pipeline = Pipeline::new(options, Arc::clone(matcher), killer, sender);
        let (tapped, tap) = tap();
        pipeline.attach(tapped);
        Self { pipeline, events, tap, seen: Seen::default() }
    }

    /// Takes the packets one by one, with `before` each of them, and ends all flows.
    pub(crate) fn run(mut self, packets: &[Packet], mut before: impl FnMut(usize, &mut Pipeline)) -> Seen {
        let mut clock_ns = 0;
        for (number, packet) in packets.iter().enumerate() {
            before(number, &mut self.pipeline);
            clock_ns = clock_ns.max(packet.timestamp_ns);
            self.pipeline.burst(&[Frame {
                data: &packet.data,
                timestamp_ns: packet.timestamp_ns,
                clock_ns,
                wire_len: packet.wire_len,
                link: packet.link,
                ..Frame::EMPTY
            }]);
            self.pipeline.expire(clock_ns);
            self.collect();
        }
        self.pipeline.flush(clock_ns);
        self.collect();
        let snapshot = self.pipeline.snapshot();
        assert_eq!(snapshot.gauges.events_dropped, 0);
        snapshot.visit(|name, value| self.seen.counters.push((name, value)));
        self.seen
    }

    fn collect(&mut self) {
        self.seen.events.extend(std::iter::from_fn(|| self.events.pop(&mut Vec::new())));
        let mut bytes = Vec::new();
        while let Some(record) = self.tap.pop(&mut bytes) {
            if !matches!(record, TapRecord::Over(_)) {
                self.seen.delivered.push((record, std::mem::take(&mut bytes)));
            }
        }
    }
}

impl Seen {
    /// All events, as if none knew which configuration it is of.
    pub(crate) fn events(&self) -> Vec<Event> {
        let neutral = |event: &Event| match *event {
            Event::Alert(alert) => Event::Alert(AlertEvent { configuration: FIRST_CONFIGURATION, ..alert }),
            other => other,
        };
        self.events.iter().map(neutral).collect()
    }

    pub(crate) fn alert_events(&self) -> impl Iterator<Item = &AlertEvent> {
        self.events.iter().filter_map(|event| if let Event::Alert(alert) = event { Some(alert) } else { None })
    }

    pub(crate) fn alerts(&self) -> usize {
        self.alert_events().count()
    }

    /// Ends of flows, whatever was found on them.
    pub(crate) fn flows(&self) -> Vec<Event> {
        let neutral = |event: &Event| match *event {
            Event::Flow(flow) => Some(Event::Flow(tidegate::event::FlowEvent { alerted: false, ..flow })),
            _ => None,
        };
        self.events.iter().filter_map(neutral).collect()
    }
}
