//! Rings and the event thread: policies under load, files, and outputs that fail.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tidegate::event::{
    AlertEvent, AlertHit, AppProto, DictionaryNames, Direction, EndReason, Event, EventNames, EventReceiver,
    EventSender, FlowEvent, FlowHead, FlowState, Location, MAX_ALERT_HITS, NameBook, OpenMode, Output, RingPolicy,
    StatsEvent, Tuple, WriterHandle, WriterOptions, channel,
};

/// A flow that tests know again by its packet count, `number`.
fn flow_event(number: u64) -> FlowEvent {
    let time_ns = 1_795_280_700_000_000_000;
    let mut src = [0; 16];
    src[..4].copy_from_slice(&[192, 0, 2, 1]);
    FlowEvent {
        head: FlowHead {
            timestamp_ns: time_ns,
            start_ns: time_ns,
            tuple: Tuple { src, dest: src, src_port: 1_000, dest_port: 53, proto: 17, v6: false },
            vlan: [0; 2],
            iface: 0,
            app_proto: AppProto::Unknown,
        },
        end_ns: time_ns,
        packets: [number, 0],
        bytes: [0; 2],
        state: FlowState::New,
        reason: EndReason::Timeout,
        alerted: false,
        blocked: false,
        tcp: None,
    }
}

fn flow(number: u64) -> Event {
    Event::Flow(flow_event(number))
}

fn number(event: &Event) -> u64 {
    match event {
        Event::Flow(flow) => flow.packets[0],
        _ => panic!("not a flow"),
    }
}

/// The numbers of the flows in a file's text, every line of which must be JSON.
fn numbers(text: &str) -> Vec<u64> {
    let json = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    text.lines().map(json).filter_map(|json| json["flow"]["pkts_toserver"].as_u64()).collect()
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn quick() -> WriterOptions {
    WriterOptions { flush_interval: Duration::from_millis(5), ..WriterOptions::default() }
}

type StatsSender = mpsc::Sender<StatsEvent>;

fn spawn(receivers: Vec<EventReceiver>, output: Output, options: WriterOptions) -> (StatsSender, WriterHandle) {
    let (stats, stats_receiver) = mpsc::channel();
    let names = EventNames { ifaces: vec![b"eth0".to_vec()], ..EventNames::default() };
    (stats, WriterHandle::spawn(receivers, stats_receiver, names, output, options).unwrap())
}

/// An alert of the only dictionary of a configuration.
fn alert(configuration: u32) -> Event {
    let FlowEvent { head, packets, bytes, .. } = flow_event(1);
    Event::Alert(AlertEvent {
        configuration,
        head,
        dictionary: 0,
        direction: Direction::ToServer,
        location: Location::STREAM,
        offset: 8,
        score: 1,
        blocked: false,
        hits: [AlertHit::default(); MAX_ALERT_HITS],
        hit_count: 0,
        more_hits: 0,
        packets,
        bytes,
    })
}

fn dictionary(name: &str) -> Arc<[DictionaryNames]> {
    Arc::from([DictionaryNames {
        name: name.to_owned(),
        signature_id: 1,
        rev: 1,
        severity: 1,
        category: String::new(),
        threshold: 1,
        keywords: Vec::new(),
    }])
}

#[test]
fn names_of_the_configuration_before_are_kept_until_its_last_alert_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("eve.json");
    let book = NameBook::new(dictionary("old"));
    book.add(2, dictionary("new"));
    let (mut sender, receiver) = channel(4096, RingPolicy::DropAndCount);
    for place in 0..2000 {
        sender.send(alert(if place < 1000 { 1 } else { 2 }));
    }
    // No worker raises alerts of the first any more, but a thousand of them wait, several batches.
    book.retire_before(2);
    let (_stats, stats) = mpsc::channel();
    let names = EventNames { ifaces: vec![b"eth0".to_vec()], dictionaries: book.clone() };
    let output = Output::open(&path, OpenMode::Truncate).unwrap();
    let writer = WriterHandle::spawn(vec![receiver], stats, names, output, quick()).unwrap();
    wait_for("the old names are forgotten", || book.of(1).is_none());
    drop(sender);
    let (report, failure) = writer.finish().unwrap();
    assert_eq!((report.written, report.errors, failure), (2000, 0, None));
    let text = fs::read_to_string(path).unwrap();
    let names: Vec<bool> = text.lines().map(|line| line.contains("\"dictionary\":\"old\"")).collect();
    assert_eq!(names, [[true; 1000], [false; 1000]].concat());
    assert!(book.of(2).is_some());
}

#[test]
fn a_full_ring_drops_the_newest_and_counts_it() {
    let (mut sender, mut receiver) = channel(4, RingPolicy::DropAndCount);
    for n in 0..10 {
        sender.send(flow(n));
    }
    assert_eq!((sender.sent(), sender.dropped()), (4, 6));
    let kept: Vec<u64> = std::iter::from_fn(|| receiver.pop(&mut Vec::new())).map(|event| number(&event)).collect();
    assert_eq!(kept, [0, 1, 2, 3]);
    sender.send(flow(10));
    assert_eq!((sender.sent(), sender.dropped()), (5, 6));
    assert_eq!(receiver.pop(&mut Vec::new()).map(|event| number(&event)), Some(10));
}

#[test]
fn a_ring_of_no_capacity_holds_one() {
    let (mut sender, mut receiver) = channel(0, RingPolicy::DropAndCount);
    sender.send(flow(1));
    sender.send(flow(2));
    assert_eq!((sender.sent(), sender.dropped()), (1, 1));
    assert_eq!(receiver.pop(&mut Vec::new()).map(|event| number(&event)), Some(1));
    assert!(receiver.pop(&mut Vec::new()).is_none());
}

/// Takes everything until the sender is gone.
fn collect(mut receiver: EventReceiver) -> Vec<u64> {
    let mut seen = Vec::new();
    loop {
        let abandoned = receiver.is_abandoned();
        match receiver.pop(&mut Vec::new()) {
            Some(event) => seen.push(number(&event)),
            None if abandoned => return seen,
            None => thread::yield_now(),
        }
    }
}

/// Sends `count` numbered flows; returns how many were sent and dropped.
fn produce(mut sender: EventSender, count: u64) -> (u64, u64) {
    for n in 0..count {
        sender.send(flow(n));
    }
    (sender.sent(), sender.dropped())
}

#[test]
fn waiting_loses_nothing_and_keeps_order_through_a_tiny_ring() {
    const COUNT: u64 = 20_000;
    let (sender, receiver) = channel(2, RingPolicy::Wait);
    let producer = thread::spawn(move || produce(sender, COUNT));
    let seen = collect(receiver);
    assert_eq!(producer.join().unwrap(), (COUNT, 0));
    assert!(seen.into_iter().eq(0..COUNT));
}

#[test]
fn dropping_under_load_accounts_for_every_event() {
    const COUNT: u64 = 200_000;
    let (sender, receiver) = channel(8, RingPolicy::DropAndCount);
    let producer = thread::spawn(move || produce(sender, COUNT));
    let seen = collect(receiver);
    let (sent, dropped) = producer.join().unwrap();
    assert_eq!(sent + dropped, COUNT);
    assert_eq!(seen.len() as u64, sent);
    assert!(seen.is_sorted_by(|a, b| a < b));
}

#[test]
fn waiting_ends_when_the_receiver_is_gone() {
    let (mut sender, receiver) = channel(1, RingPolicy::Wait);
    sender.send(flow(0));
    let dropper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        drop(receiver);
    });
    sender.send(flow(1));
    sender.send(flow(2));
    dropper.join().unwrap();
    assert_eq!((sender.sent(), sender.dropped()), (1, 2));
}

#[test]
fn four_workers_and_stats_end_up_in_one_file() {
    const EACH: u64 = 5_000;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("eve.json");
    fs::write(&path, "what an earlier run wrote\n").unwrap();
    let output = Output::open(&path, OpenMode::Truncate).unwrap();

    let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| channel(64, RingPolicy::Wait)).unzip();
    let (stats, handle) = spawn(receivers, output, WriterOptions::default());
    let workers: Vec<_> = senders.into_iter().map(|sender| thread::spawn(move || produce(sender, EACH))).collect();
    stats.send(StatsEvent::new(0, 1)).unwrap();
    for worker in workers {
        assert_eq!(worker.join().unwrap(), (EACH, 0));
    }
    stats.send(StatsEvent::new(0, 2)).unwrap();
    let (report, failure) = handle.finish().unwrap();

    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(failure, None);
    assert_eq!((report.written, report.errors), (4 * EACH + 2, 0));
    assert_eq!(report.bytes, text.len() as u64);
    assert!(text.ends_with('\n'));
    let mut seen = numbers(&text);
    seen.sort_unstable();
    assert!(seen.into_iter().eq((0..EACH).flat_map(|n| [n; 4])));
    assert_eq!(text.lines().filter(|line| line.contains("\"event_type\":\"stats\"")).count(), 2);
}

#[test]
fn a_quiet_live_run_is_on_disk_within_the_interval_and_appends() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("eve.json");
    for run in 0..2 {
        let (mut sender, receiver) = channel(8, RingPolicy::DropAndCount);
        let (_stats, handle) = spawn(vec![receiver], Output::open(&path, OpenMode::Append).unwrap(), quick());
        sender.send(flow(run));
        wait_for("the line is in the file before the end", || handle.progress().written == 1);
        assert_eq!(numbers(&fs::read_to_string(&path).unwrap()), (0..=run).collect::<Vec<_>>());
        drop(sender);
        assert_eq!(handle.finish().unwrap().0.written, 1);
    }
}

#[test]
fn appending_ends_a_torn_last_line_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("eve.json");
    for (before, after) in [("", ""), ("whole\n", "whole\n"), ("torn", "torn\n")] {
        fs::write(&path, before).unwrap();
        let (mut sender, receiver) = channel(8, RingPolicy::Wait);
        let (_stats, handle) = spawn(vec![receiver], Output::open(&path, OpenMode::Append).unwrap(), quick());
        sender.send(flow(7));
        drop(sender);
        handle.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(numbers(text.strip_prefix(after).unwrap()), [7]);
    }
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing").join("eve.json");
    for mode in [OpenMode::Append, OpenMode::Truncate] {
        let error = Output::open(&path, mode).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
    }
}

/// Takes `room` bytes, then is a full disk until `freed`. A write takes at most 100
/// bytes, so that lines are torn, and every third is interrupted.
#[derive(Clone, Default)]
struct Disk {
    taken: Arc<Mutex<Vec<u8>>>,
    room: usize,
    freed: Arc<AtomicBool>,
    calls: Arc<AtomicU64>,
}

impl Disk {
    fn full_after(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    fn endless() -> Self {
        Self::full_after(usize::MAX)
    }

    fn text(&self) -> String {
        String::from_utf8(self.taken.lock().unwrap().clone()).unwrap()
    }

    fn output(&self) -> Output {
        Output::writer("the disk", Box::new(self.clone()))
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut taken = self.taken.lock().unwrap();
        let room = if self.freed.load(Ordering::Relaxed) { usize::MAX } else { self.room - taken.len() };
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = bytes.len().min(room).min(100);
        taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_once_and_a_freed_one_gets_every_line() {
    let disk = Disk::full_after(1_000);
    let (mut sender, receiver) = channel(64, RingPolicy::Wait);
    let (_stats, handle) = spawn(vec![receiver], disk.output(), quick());
    for n in 0..50 {
        sender.send(flow(n));
    }
    let mut failure = None;
    wait_for("the failure is told", || {
        failure = handle.take_failure();
        failure.is_some()
    });
    let expected = "cannot write events to the disk: no storage space; events wait, then are lost";
    assert_eq!(failure.as_deref(), Some(expected));
    let calls = disk.calls.load(Ordering::Relaxed);
    wait_for("it is tried again", || disk.calls.load(Ordering::Relaxed) > calls + 3);
    assert_eq!(handle.take_failure(), None, "an outage is told once");

    disk.freed.store(true, Ordering::Relaxed);
    wait_for("all is written", || handle.progress().written == 50);
    drop(sender);
    let (report, failure) = handle.finish().unwrap();
    assert_eq!((report.written, report.errors, failure), (50, 0, None));
    assert_eq!(report.bytes, disk.text().len() as u64);
    assert!(numbers(&disk.text()).into_iter().eq(0..50));
}

#[test]
fn a_disk_that_stays_full_never_blocks_a_worker_and_every_event_is_counted() {
    const COUNT: u64 = 5_000;
    let disk = Disk::full_after(1_000);
    let (sender, receiver) = channel(16, RingPolicy::Wait);
    let options = WriterOptions { max_pending_bytes: 20_000, ..quick() };
    let (_stats, handle) = spawn(vec![receiver], disk.output(), options);
    assert_eq!(produce(sender, COUNT), (COUNT, 0));
    let (report, failure) = handle.finish().unwrap();
    assert!(failure.unwrap().contains("no storage space"));
    assert_eq!(report.written, disk.text().matches('\n').count() as u64);
    assert!(report.written > 0);
    assert_eq!(report.written + report.errors, COUNT);
    assert_eq!(report.bytes, 1_000);
}

#[test]
fn the_kernel_s_full_device_is_named_and_every_event_is_counted() {
    let (sender, receiver) = channel(16, RingPolicy::Wait);
    let output = Output::open(Path::new("/dev/full"), OpenMode::Append).unwrap();
    let (_stats, handle) = spawn(vec![receiver], output, quick());
    assert_eq!(produce(sender, 5), (5, 0));
    let (report, failure) = handle.finish().unwrap();
    assert_eq!((report.written, report.bytes, report.errors), (0, 0, 5));
    let expected =
        "cannot write events to /dev/full: No space left on device (os error 28); events wait, then are lost";
    assert_eq!(failure.as_deref(), Some(expected));
}

/// Accepts everything; cannot flush.
struct Unflushable;

impl Write for Unflushable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn what_was_never_flushed_was_not_written() {
    let (sender, receiver) = channel(16, RingPolicy::Wait);
    let (_stats, handle) = spawn(vec![receiver], Output::writer("the pipe", Box::new(Unflushable)), quick());
    assert_eq!(produce(sender, 5), (5, 0));
    let (report, failure) = handle.finish().unwrap();
    assert_eq!((report.written, report.bytes, report.errors), (0, 0, 5));
    assert_eq!(failure.as_deref(), Some("cannot write events to the pipe: broken pipe; events wait, then are lost"));
}

#[test]
fn an_event_that_cannot_be_encoded_is_counted_and_told_and_the_rest_is_written() {
    let disk = Disk::endless();
    let (mut sender, receiver) = channel(16, RingPolicy::Wait);
    let (_stats, handle) = spawn(vec![receiver], disk.output(), quick());
    let mut unnamed = flow_event(1);
    unnamed.head.iface = 9;
    for event in [flow(0), Event::Flow(unnamed), flow(2)] {
        sender.send(event);
    }
    drop(sender);
    let (report, failure) = handle.finish().unwrap();
    assert_eq!((report.written, report.errors), (2, 1));
    assert_eq!(failure.as_deref(), Some("an event names interface 9, which has no name"));
    assert_eq!(numbers(&disk.text()), [0, 2]);
}

#[test]
fn dropping_the_handle_lets_the_thread_end_after_the_last_event() {
    let disk = Disk::endless();
    let (mut sender, receiver) = channel(16, RingPolicy::Wait);
    let (_stats, handle) = spawn(vec![receiver], disk.output(), quick());
    drop(handle);
    sender.send(flow(3));
    drop(sender);
    wait_for("the line is written", || numbers(&disk.text()) == [3]);
}
