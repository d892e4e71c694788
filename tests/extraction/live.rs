//! A worker that does not wait, with real processes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use tidegate::decode::Limits;
use tidegate::event::{AlertEvent, Event, EventReceiver, Location, RingPolicy, channel};
use tidegate::extractor::{Options, Point, Sizes, Supervisor};
use tidegate::kill::{Injector, Killer};
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::worker::{Answers, Pipeline, PipelineOptions, Sessions};

use crate::pipeline::options;
use crate::traffic::{Connection, Packet, download, frame, object};

/// Longer than any answer takes, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn nobody() -> Option<(u32, u32)> {
    rustix::process::geteuid().is_root().then_some((65534, 65534))
}

/// So many processes for one worker.
fn processes(processes: u8, deadline: Duration) -> (Supervisor, Point) {
    start(processes, deadline, true)
}

/// The same; with `rehearsal`, of modules that do what an object says.
fn start(processes: u8, deadline: Duration, rehearsal: bool) -> (Supervisor, Point) {
    let options = Options {
        sizes: Sizes { processes, object_max: 1 << 20, arena: 4 << 20, depth: 16, output: 1 << 26 },
        limits: Limits::default(),
        deadline,
        memory: 64 << 20,
        user: nobody(),
        settle: false,
        program: PathBuf::from(env!("CARGO_BIN_EXE_tidegate")),
        rehearsal,
    };
    let (supervisor, mut points) = Supervisor::start(&options, 1, |_| {}).unwrap();
    (supervisor, points.remove(0))
}

fn matcher() -> Arc<Matcher> {
    let keyword = KeywordSpec { bytes: b"Project Tern".as_slice().into(), weight: 5, max: 0 };
    let dictionary = DictionarySpec { threshold: 5, ignore_case: false, keywords: vec![keyword] };
    Arc::new(Matcher::new(&[dictionary]).unwrap())
}

fn worker(point: Point, killer: Killer, resets: bool) -> (Pipeline, EventReceiver) {
    let (sender, receiver) = channel(8192, RingPolicy::DropAndCount);
    let sessions = Sessions::all(1024);
    let options = PipelineOptions { resets: vec![resets], sessions, hit_records: 1024, ..options() };
    let mut pipeline = Pipeline::new(options, matcher(), killer, sender);
    pipeline.extract(point, Answers::Later);
    (pipeline, receiver)
}

fn feed(pipeline: &mut Pipeline, packets: &[Packet]) {
    for packet in packets {
        pipeline.burst(&[frame(packet)]);
    }
}

/// Takes answers until there is nothing to wait for.
fn settle(pipeline: &mut Pipeline) {
    let begun = Instant::now();
    while pipeline.awaits_answers() {
        pipeline.take_answers();
        assert!(begun.elapsed() < PATIENCE, "no answer after {PATIENCE:?}");
        std::thread::yield_now();
    }
}

fn counter(pipeline: &Pipeline, name: &str) -> u64 {
    let mut found = None;
    pipeline.snapshot().visit(|have, value| found = if have == name { Some(value) } else { found });
    found.unwrap_or_else(|| panic!("there is no counter {name}"))
}

/// What was told, in a word and a path each.
fn told(receiver: &mut EventReceiver) -> Vec<(&'static str, String)> {
    let mut text = Vec::new();
    let mut told = Vec::new();
    while let Some(event) = receiver.pop(&mut text) {
        let path = String::from_utf8_lossy(&text).into_owned();
        match event {
            Event::Alert(AlertEvent { location: Location::Object(_), .. }) => told.push(("alert", path)),
            Event::Anomaly(anomaly) => told.push((anomaly.event, path)),
            Event::Flow(_) => told.push(("flow", path)),
            _ => {}
        }
    }
    told
}

#[test]
fn an_alert_is_made_though_the_flow_has_ended_meanwhile() {
    let (_supervisor, point) = processes(1, Duration::from_secs(20));
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    feed(&mut pipeline, &download(40_000, 0, &object("child plan.txt", b"about Project Tern")));
    pipeline.flush(100_000_000_000);
    assert!(pipeline.awaits_answers());
    settle(&mut pipeline);
    let told = told(&mut receiver);
    let at = |kind| told.iter().position(|(have, _)| *have == kind);
    assert!(at("flow") < at("alert"), "{told:?}");
    assert_eq!(told[at("alert").unwrap()].1, "http/body/rar:plan.txt");
    assert_eq!(counter(&pipeline, "detect.hit_records"), 0, "its hits were given back");
}

#[test]
fn what_is_only_slow_is_done_where_nobody_waits() {
    // What bzip2 made of twenty lines.
    let packed =
        b"\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x3d\x0f\x61\xa2\x00\x00\x95\xd3\x80\x00\x10\x40\x04\x44\x00\
        \x3a\x7f\x9e\x00\x30\x00\xd8\x05\x03\x4d\x0c\x8c\x98\x85\x03\x4d\x0c\x8c\x98\x81\x4a\x92\x9e\xa7\xe5\
        \x4c\x27\xa9\x99\x27\xe1\x3a\x2a\xe0\x9e\x89\xb1\x32\x4c\x13\x72\x74\x4d\xc9\xa1\x34\x4c\x13\xf4\x98\
        \x13\xc1\x37\x27\x24\xfa\x26\x89\xc1\x39\x27\xb2\x7f\x13\xc9\x32\x4d\x13\x24\xe0\x9d\xc9\xe8\x9b\x93\
        \xd9\x3a\x26\xc4\xfb\x26\xc4\xc9\x34\x4c\x93\x04\xf2\x4e\x49\xd1\x3e\x13\x24\xc1\x3c\x09\x92\x77\x13\
        \xfc\x5d\xc9\x14\xe1\x42\x40\xf4\x3d\x86\x88";
    let (_supervisor, point) = start(1, Duration::from_secs(20), false);
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    feed(&mut pipeline, &download(40_000, 0, packed));
    assert!(pipeline.awaits_answers(), "the worker has not decoded it");
    settle(&mut pipeline);
    let said = told(&mut receiver);
    assert!(said.contains(&("alert", "http/body/bzip2".to_owned())), "{said:?}");
    assert_eq!(counter(&pipeline, "extractor.answered"), 1);
    // Who waits for answers does it without them.
    let (_supervisor, point) = start(1, Duration::from_secs(20), false);
    let (sender, mut receiver) = channel(8192, RingPolicy::DropAndCount);
    let mut pipeline = Pipeline::new(options(), matcher(), Killer::new(None, 0), sender);
    pipeline.extract(point, Answers::Awaited);
    feed(&mut pipeline, &download(40_000, 0, packed));
    assert!(told(&mut receiver).contains(&("alert", "http/body/bzip2".to_owned())));
    assert_eq!(counter(&pipeline, "extractor.objects"), 0);
}

#[test]
fn what_comes_late_counts_for_a_flow_that_goes_on() {
    let (_supervisor, point) = processes(1, Duration::from_secs(20));
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    let mut connection = Connection::open(40_000, 0);
    connection.download(&object("child a.txt", b"about Project Tern"));
    connection.download(&object("child b.txt", b"about Project Tern"));
    feed(&mut pipeline, &connection.packets);
    settle(&mut pipeline);
    let alerts = told(&mut receiver).into_iter().filter(|(kind, _)| *kind == "alert").count();
    assert_eq!(alerts, 1, "one flow, one dictionary, one alert");
}

#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<Vec<u8>>>>);

impl Injector for Sent {
    fn inject(&mut self, frame: &[u8], _: u16) -> bool {
        self.0.lock().unwrap().push(frame.to_vec());
        true
    }
}

#[test]
fn a_session_is_reset_at_its_next_packet() {
    let (_supervisor, point) = processes(1, Duration::from_secs(20));
    let sent = Sent::default();
    let (mut pipeline, _receiver) = worker(point, Killer::new(Some(Box::new(sent.clone())), 0), true);
    let mut connection = Connection::open(40_000, 0);
    connection.download(&object("child a.txt", b"about Project Tern"));
    feed(&mut pipeline, &connection.packets);
    settle(&mut pipeline);
    assert_eq!((sent.0.lock().unwrap().len(), counter(&pipeline, "kill.sessions")), (0, 1));
    connection.packets.clear();
    connection.push(0, "A", b"GET /more HTTP/1.1\r\n\r\n");
    feed(&mut pipeline, &connection.packets);
    assert_eq!(sent.0.lock().unwrap().len(), 2, "to both sides");
}

#[test]
fn a_process_that_hangs_costs_its_worker_no_time() {
    const OBJECTS: u16 = 400;
    let (_supervisor, point) = processes(1, Duration::from_secs(1));
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    feed(&mut pipeline, &download(1000, 0, &object("hang", b"")));
    let mut slowest = Duration::ZERO;
    for number in 0..OBJECTS {
        let packets = download(2000 + number, 1_000_000, &object("child a", b"about Project Tern"));
        for packet in &packets {
            let begun = Instant::now();
            pipeline.burst(&[frame(packet)]);
            slowest = slowest.max(begun.elapsed());
        }
    }
    let lost = counter(&pipeline, "extractor.not_inspected.overflow");
    // The one that hangs is at least a second at its object, and no more than 128 wait behind it.
    assert!(lost >= u64::from(OBJECTS) - 128 || slowest > Duration::from_millis(100), "{lost} were lost");
    assert!(slowest < Duration::from_millis(300), "a packet took {slowest:?}");
    settle(&mut pipeline);
    let told = told(&mut receiver);
    let count = |kind| told.iter().filter(|(have, _)| *have == kind).count() as u64;
    let lost = counter(&pipeline, "extractor.not_inspected.overflow");
    let late = counter(&pipeline, "extractor.not_inspected.deadline");
    assert_eq!(count("content.not_inspected"), lost + late, "each is told");
    assert_eq!(count("alert") + lost + late, u64::from(OBJECTS) + 1, "and each of the others is found");
    assert_eq!(counter(&pipeline, "extractor.waiting"), 0);
}

#[test]
fn thirty_two_processes_share_the_work() {
    let (_supervisor, point) = processes(32, Duration::from_secs(20));
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    // 31 of them are stuck, and the last one does the rest.
    for number in 0..31 {
        feed(&mut pipeline, &download(1000 + number, 0, &object("hang", b"")));
    }
    for number in 0..100 {
        feed(&mut pipeline, &download(2000 + number, 0, &object("child a", b"about Project Tern")));
        let begun = Instant::now();
        while counter(&pipeline, "extractor.answered") <= u64::from(number) {
            pipeline.take_answers();
            assert!(begun.elapsed() < Duration::from_secs(15), "no answer to object {number}");
        }
    }
    assert_eq!(told(&mut receiver).iter().filter(|(kind, _)| *kind == "alert").count(), 100);
}

#[test]
fn objects_and_answers_cost_no_allocation() {
    let (_supervisor, point) = processes(2, Duration::from_secs(20));
    let (mut pipeline, mut receiver) = worker(point, Killer::new(None, 0), false);
    let body = vec![b'x'; 50_000];
    let objects = [object("child a", b"about Project Tern"), object("many 3", &body), object("nonsense", &body)];
    for turn in 0..3 {
        let packets: Vec<_> = (0..).zip(&objects).map(|(at, object)| download(1000 + at, turn << 40, object)).collect();
        let info = measure(|| {
            for packets in &packets {
                feed(&mut pipeline, packets);
            }
            pipeline.flush((turn << 40) + 1);
            settle(&mut pipeline);
        });
        let told = told(&mut receiver);
        assert_eq!(told.iter().filter(|(kind, _)| *kind == "alert").count(), 1, "{told:?}");
        if turn == 2 {
            assert_eq!((info.count_total, info.count_current), (0, 0), "allocations and releases");
        }
    }
    assert_eq!(counter(&pipeline, "extractor.answered"), 9);
}
