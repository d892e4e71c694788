//! What the system says of a process while it looks into an object.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::tidegate;
use crate::traffic::object;

/// Longer than a process takes to start, or to die.
const PATIENCE: Duration = Duration::from_secs(30);

/// `tidegate scan` with a process that hangs, and the number of that.
struct Scan {
    sensor: Child,
    process: u32,
    _directory: TempDir,
}

impl Scan {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("hang.rar");
        fs::write(&file, object("hang", b"")).unwrap();
        let mut command = tidegate();
        command.args(["scan", "--rehearsal"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        // A variable that it must not inherit.
        let sensor = command.env("SECRET", "1").spawn().unwrap();
        let process = eventually(|| child_of(sensor.id()).filter(|child| status(*child)["Seccomp"] == "2"));
        Self { sensor, process, _directory: directory }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        let _ = self.sensor.kill();
        let _ = self.sensor.wait();
    }
}

/// What `look` finds, sooner or later.
fn eventually<T>(look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The process that another has started.
fn child_of(parent: u32) -> Option<u32> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.retain(|number| status(*number).get("PPid").is_some_and(|found| *found == parent.to_string()));
    numbers.pop()
}

/// `/proc/NUMBER/status`; `Seccomp` is there in any case.
fn status(process: u32) -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let mut status: BTreeMap<_, _> = lines.map(|(key, value)| (key.to_owned(), value.trim().to_owned())).collect();
    status.entry("Seccomp".to_owned()).or_default();
    status
}

#[test]
#[allow(clippy::print_stdout)] // why it was skipped
fn a_process_has_nothing_and_may_nothing() {
    let scan = Scan::start();
    let status = status(scan.process);
    assert_eq!(
        (status["NoNewPrivs"].as_str(), status["Seccomp"].as_str(), status["Threads"].as_str()),
        ("1", "2", "1")
    );
    let limits = fs::read_to_string(format!("/proc/{}/limits", scan.process)).unwrap();
    for limit in ["Max processes", "Max open files", "Max file size", "Max core file size", "Max locked memory"] {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        let soft_and_hard: Vec<_> = line.split_whitespace().filter(|word| word.parse::<u64>().is_ok()).collect();
        assert_eq!(soft_and_hard, ["0", "0"], "{line}");
    }
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root sees more, and has a user to give up");
        return;
    }
    for (key, words) in [("Uid", 4), ("Gid", 4)] {
        let ids: Vec<_> = status[key].split_whitespace().collect();
        assert!(ids.len() == words && ids.iter().all(|id| *id != "0" && *id == ids[0]), "{key}: {ids:?}");
    }
    assert_eq!(status["Groups"], "");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(u64::from_str_radix(&status[set], 16), Ok(0), "{set}");
    }
    // Others may not look at these.
    let open = fs::read_dir(format!("/proc/{}/fd", scan.process)).unwrap().count();
    assert_eq!(open, 0, "descriptors");
    let environment = fs::read(format!("/proc/{}/environ", scan.process)).unwrap();
    assert_eq!(String::from_utf8_lossy(&environment), "");
    let maps = fs::read_to_string(format!("/proc/{}/maps", scan.process)).unwrap();
    let objects = maps.lines().find(|line| line.contains("tidegate-objects")).unwrap();
    assert!(objects.contains(" r--s "), "{objects}");
}

#[test]
fn a_process_dies_with_its_sensor() {
    let mut scan = Scan::start();
    let process = scan.process;
    scan.sensor.kill().unwrap();
    scan.sensor.wait().unwrap();
    // Whoever inherits it may not have taken note yet.
    eventually(|| status(process).get("State").is_none_or(|state| state.starts_with('Z')).then_some(()));
}
