//! A sensor of four workers without ports: the file is read again, and all of them have it or none.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use tidegate::config::Config;
use tidegate::control::reload::{Compiled, Reloader};
use tidegate::control::sensor::{Sensor, WorkerStatus};
use tidegate::dpdk::lcore::StopFlag;
use tidegate::event::{NameBook, RingPolicy, StatsEvent, channel};
use tidegate::kill::Killer;
use tidegate::scan::keyword::Matcher;
use tidegate::steer::Reta;
use tidegate::worker::{Pipeline, WorkerControl};

use super::world::{matcher, options};

const WORKERS: u16 = 4;
const START: &str = "[flow]\ncapacity = 2048\n[tcp]\npolicy = \"linux\"\n[worker]\ncount = 4\n";

/// The sensor, its file, and workers that look for new settings all the time.
struct World {
    directory: tempfile::TempDir,
    sensor: Arc<Sensor>,
    stats: mpsc::Receiver<StatsEvent>,
    workers: Vec<thread::JoinHandle<()>>,
    /// Allocations and releases by workers.
    operations: Arc<AtomicU64>,
    /// While false, workers take nothing.
    looking: Arc<AtomicBool>,
    book: NameBook,
    /// The dictionaries of the start.
    first: Weak<Matcher>,
}

/// Compiles as the program does, with sizes of its own: the first keyword of a configuration is all that matters here.
fn compile(config: &Config, running: &Arc<Matcher>, new: &Config) -> Result<Compiled, String> {
    let keywords = |config: &Config| config.dictionaries.first().map(|dictionary| dictionary.keywords.clone());
    let same = keywords(config) == keywords(new);
    let matcher = if same { Arc::clone(running) } else { matcher(&[("sextant", 1)], 1) };
    Ok(Compiled { dictionaries: Arc::from([]), matcher, options: options(), kill_rate: new.kill.rate })
}

fn file(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("sensor.toml")
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(file(&directory), START).unwrap();
        let config = Config::load(&file(&directory)).unwrap();
        let (stop, paused) = (StopFlag::new(), Arc::default());
        let (dictionaries, book) = (matcher(&[("windlass", 1)], 1), NameBook::new(Arc::from([])));
        let (operations, looking) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
        let first = Arc::downgrade(&dictionaries);
        let (mut statuses, mut workers) = (Vec::new(), Vec::new());
        for number in 0..u32::from(WORKERS) {
            let control = Arc::new(WorkerControl::new(stop.clone(), Arc::clone(&paused)));
            statuses.push(WorkerStatus { lcore: number, cpu: -1, socket: 0, control: Arc::clone(&control) });
            let (stop, matcher) = (stop.clone(), Arc::clone(&dictionaries));
            let (operations, looking) = (Arc::clone(&operations), Arc::clone(&looking));
            workers.push(thread::spawn(move || {
                let (sender, _receiver) = channel(16, RingPolicy::DropAndCount);
                let mut pipeline = Pipeline::new(options(), matcher, Killer::new(None, 0), sender);
                while !stop.raised() {
                    if looking.load(Ordering::Relaxed) {
                        let info = measure(|| {
                            control.settings.exchange(&mut pipeline);
                            pipeline.renew_flows();
                        });
                        let released = i64::try_from(info.count_total).unwrap() - info.count_current;
                        operations.fetch_add(info.count_total + released.unsigned_abs(), Ordering::Relaxed);
                    }
                    thread::yield_now();
                }
            }));
        }
        let (sender, stats) = mpsc::channel();
        let reta = Reta::new(128, WORKERS).unwrap();
        let sensor = Sensor::new(Vec::new(), statuses, None, Vec::new(), reta, stop, paused);
        let sensor = sensor.with_reloader(Reloader::new(config, dictionaries, compile, book.clone(), sender));
        Self { directory, sensor: Arc::new(sensor), stats, workers, operations, looking, book, first }
    }

    /// Writes the file and has it read.
    fn reload(&self, text: &str) -> Vec<String> {
        fs::write(file(&self.directory), text).unwrap();
        self.sensor.reload()
    }

    /// The configuration in force, reloads done and refused.
    fn counts(&self) -> [u64; 3] {
        let figures = self.sensor.figures();
        ["reload.configuration", "reload.done", "reload.refused"].map(|name| figures[name])
    }

    fn end(self) {
        self.sensor.stop.raise();
        self.workers.into_iter().for_each(|worker| worker.join().unwrap());
    }
}

/// A line without the time that it tells.
fn timeless(line: &str) -> String {
    line.rsplit_once(" after ").map_or(line, |(before, _)| before).to_owned()
}

#[test]
fn all_workers_take_it_and_none_allocates_or_frees() {
    let world = World::new();
    assert_eq!(world.counts(), [1, 0, 0]);
    for number in 2..20 {
        let policy = if number % 2 == 0 { "bsd" } else { "last" };
        let lines = world.reload(&START.replace("linux", policy));
        let last = lines.last().unwrap();
        assert_eq!(timeless(last), format!("reload: configuration {number} in force on all 4 workers"));
        assert!(last.ends_with(" ms"), "{last}");
        assert_eq!(lines[0], "warning: no [[dictionary]]: nothing is searched for");
        assert_eq!(world.counts(), [number, number - 1, 0]);
    }
    assert_eq!(world.operations.load(Ordering::Relaxed), 0, "allocations and releases by workers");
    assert_eq!(world.stats.try_iter().count(), 18, "a stats event for each");
    world.end();
}

#[test]
fn other_dictionaries_are_freed_once_all_workers_have_passed() {
    let world = World::new();
    let words = world.directory.path().join("words.txt");
    fs::write(&words, "sextant\n").unwrap();
    let text = format!("{START}[[dictionary]]\nfile = \"words.txt\"\nname = \"words\"\n");
    assert!(world.first.upgrade().is_some());
    assert_eq!(timeless(&world.reload(&text)[0]), "reload: configuration 2 in force on all 4 workers");
    assert!(world.first.upgrade().is_none());
    assert!(world.book.of(1).is_some(), "only the event thread knows when no alert of the old ones is left");
    assert!(world.book.of(2).is_some());
    assert_eq!(world.operations.load(Ordering::Relaxed), 0);
    world.end();
}

#[test]
fn a_mistake_refuses_it_and_changes_nothing() {
    let world = World::new();
    let name = file(&world.directory).display().to_string();
    let lines = world.reload(&START.replace("linux", "beos"));
    let expected = "\"first\", \"last\", \"linux\", \"windows\", \"bsd\", \"solaris\"".replacen(
        ", \"solaris\"",
        " or \"solaris\"",
        1,
    );
    assert_eq!(lines, [format!("reload refused: {name}:4: tcp.policy: found \"beos\", expected {expected}")]);
    let lines = world.reload("[tcp]\nmidstream = maybe\n");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("reload refused: {name}:2: not valid TOML")), "{lines:?}");
    fs::remove_file(file(&world.directory)).unwrap();
    let lines = world.sensor.reload();
    assert_eq!(lines, [format!("reload refused: {name}: found no such file, expected a configuration file")]);
    assert_eq!(world.counts(), [1, 0, 3]);
    assert_eq!(world.stats.try_iter().count(), 3);
    // What it runs with is what the next is compared with.
    assert_eq!(world.reload(START).len(), 2);
    assert_eq!(world.counts(), [2, 1, 3]);
    world.end();
}

#[test]
fn what_needs_a_restart_is_told_in_a_line_each() {
    let world = World::new();
    let name = file(&world.directory).display().to_string();
    let text = "[flow]\ncapacity = 4096\nvlan = false\n[flow.timeout]\ntcp_new = \"5s\"\n[tcp]\npolicy = \"bsd\"\n\
                [eal]\nargs = [\"--iova-mode=pa\"]\n[worker]\ncount = 4\n[kill]\nport = \"net_tap0\"\n[[port]]\nname = \"net_tap0\"\n";
    let expected = [
        "eal.args: found [\"--iova-mode=pa\"], runs with []",
        "port: found 1 table, runs with 0 tables",
        "flow.capacity: found 4096, runs with 2048",
        "flow.vlan: found false, runs with true",
        "kill.port: found \"net_tap0\", runs with nothing",
    ];
    let expected = expected.map(|line| format!("reload refused: {name}: {line}: needs a restart"));
    assert_eq!(world.reload(text), expected);
    assert_eq!(world.counts(), [1, 0, 1]);
    world.end();
}

#[test]
fn a_worker_that_takes_its_time_is_waited_for_until_the_sensor_ends() {
    let world = World::new();
    world.looking.store(false, Ordering::Relaxed);
    let sensor = Arc::clone(&world.sensor);
    let reload = thread::spawn(move || sensor.reload());
    thread::sleep(Duration::from_millis(50));
    assert!(!reload.is_finished() && world.counts() == [1, 0, 0]);
    world.sensor.stop.raise();
    assert_eq!(reload.join().unwrap(), ["reload refused: the sensor ends"]);
    assert_eq!(world.counts(), [1, 0, 1]);
    world.end();
}
