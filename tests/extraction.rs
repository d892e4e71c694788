//! What has to be seen whole, through confined processes and back: in replays, on files, and live.
//!
//! The processes have modules that do what an object says: hand out children, hang, panic, take all memory, open a
//! file.

#[path = "extraction/behind.rs"]
mod behind;
mod common;
#[path = "extraction/confined.rs"]
mod confined;
#[path = "extraction/encrypted.rs"]
mod encrypted;
#[path = "extraction/live.rs"]
mod live;
#[path = "common/pipeline.rs"]
mod pipeline;
#[path = "extraction/traffic.rs"]
mod traffic;

use std::fs;
use std::path::Path;

use common::{Replayed, capture, replay, tidegate};
use serde_json::Value;
use tempfile::TempDir;
use traffic::{Connection, Packet, download, object, pcap};

const DICTIONARY: &str = r#"
[[dictionary]]
file = "tern.toml"
"#;
const TERN: &str = r#"
name = "tern"
signature_id = 1
threshold = 5
[[keyword]]
text = "Project Tern"
weight = 5
"#;

/// A capture with these packets, and a configuration with the dictionary and `more`.
fn prepare(packets: &[Packet], more: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("tern.toml"), TERN).unwrap();
    fs::write(directory.path().join("config.toml"), format!("{more}{DICTIONARY}")).unwrap();
    fs::write(directory.path().join("capture.pcap"), pcap(packets)).unwrap();
    directory
}

fn run(directory: &Path, workers: &str) -> Replayed {
    run_with(directory, workers, &["--rehearsal"])
}

/// The same with the modules that everybody has.
fn run_modules(directory: &Path, workers: &str) -> Replayed {
    run_with(directory, workers, &[])
}

fn run_with(directory: &Path, workers: &str, more: &[&str]) -> Replayed {
    let [config, capture] = ["config.toml", "capture.pcap"].map(|name| directory.join(name).display().to_string());
    replay(&[more, &["--config", &config, "--workers", workers, &capture]].concat())
}

/// Downloads of these objects, a connection each.
fn downloads(objects: &[Vec<u8>]) -> Vec<Packet> {
    let mut packets = Vec::new();
    for (port, object) in (40_000..).zip(objects) {
        packets.extend(download(port, u64::from(port) * 1_000_000_000, object));
    }
    packets
}

/// Paths of alerts, and paths of anomalies of that name.
fn found(events: &[Value], anomaly: &str) -> (Vec<String>, Vec<String>) {
    let path = |event: &Value| event["tidegate"]["path"].as_str().unwrap_or_default().to_owned();
    let alerts = events.iter().filter(|event| event["event_type"] == "alert").map(path);
    let anomalies = events.iter().filter(|event| event["anomaly"]["event"] == anomaly).map(path);
    (alerts.collect(), anomalies.collect())
}

/// A counter of the last `stats` event.
fn counter(events: &[Value], name: &str) -> u64 {
    let stats = events.iter().rfind(|event| event["event_type"] == "stats").unwrap();
    let mut value = &stats["stats"];
    for part in name.split('.') {
        value = &value[part];
    }
    value.as_u64().unwrap_or_else(|| panic!("{name}: {stats}"))
}

/// What does not depend on how long a run took or on who counted.
fn comparable(replayed: &Replayed) -> Vec<Value> {
    replayed.events().into_iter().filter(|event| event["event_type"] != "stats").collect()
}

#[test]
fn what_is_in_an_object_raises_an_alert_with_the_way_to_it() {
    let inner = object("child notes.txt", b"the numbers of Project Tern");
    let objects = [
        object("child plan.txt", b"about Project Tern"),
        object("child inner.rar", &inner),
        object("many 3", b"nothing to see"),
        object("nonsense", b"Project Tern, behind a signature that lies"),
    ];
    let directory = prepare(&downloads(&objects), "");
    let one = run(directory.path(), "1").succeeded();
    let events = one.events();
    let (mut alerts, malformed) = found(&events, "content.malformed");
    alerts.sort_unstable();
    assert_eq!(alerts, ["http/body", "http/body/rar:inner.rar/rar:notes.txt", "http/body/rar:plan.txt"]);
    assert_eq!(malformed, ["http/body/rar"]);
    assert_eq!([counter(&events, "extractor.objects"), counter(&events, "extractor.answered")], [4, 4]);
    let three = run(directory.path(), "3").succeeded();
    assert_eq!(comparable(&one), comparable(&three), "one worker and three");
}

#[test]
fn what_needs_no_extractor_is_seen_as_without() {
    let arguments = |capture: &Path| [capture.display().to_string(), "--config".to_owned(), quickstart()];
    fn quickstart() -> String {
        capture("quickstart.toml").display().to_string()
    }
    for name in ["http-leak-v4.pcap", "smtp-leak.pcap", "http-chunked.pcap"] {
        let plain = replay(&arguments(&capture(name))).succeeded();
        let beside = [&arguments(&capture(name))[..], &["--rehearsal".to_owned()]].concat();
        assert_eq!(comparable(&plain), comparable(&replay(&beside).succeeded()), "{name}");
    }
}

#[test]
fn without_an_extractor_decoders_do_in_passing_what_they_can() {
    let objects = [object("child plan.txt", b"about Project Tern")];
    let directory = prepare(&downloads(&objects), "[extractor]\nenabled = false\n");
    let events = run(directory.path(), "1").succeeded().events();
    assert_eq!(counter(&events, "extractor.objects"), 0);
    // The decoder of the format sees that this is none, and so it is scanned as it stands.
    let (alerts, truncated) = found(&events, "content.truncated");
    assert_eq!((alerts, truncated), (vec!["http/body".to_owned()], vec!["http/body/rar".to_owned()]));
}

/// Each way to fail: the object before and after are found, the one between is told, and the reason is the right one.
#[test]
fn who_fails_is_replaced_and_others_go_on() {
    let cases = [
        ("hang", "deadline", "an object took longer than 300ms"),
        ("half", "deadline", "an object took longer than 300ms"),
        ("panic", "died", "ended by signal 6"),
        ("bomb", "died", "ended by signal 6"),
        ("open", "died", "killed for a forbidden system call"),
        ("socket", "died", "killed for a forbidden system call"),
        ("fork", "died", "killed for a forbidden system call"),
        ("thread", "died", "killed for a forbidden system call"),
    ];
    for (verb, reason, said) in cases {
        let good = object("child plan.txt", b"about Project Tern");
        let objects = [good.clone(), object(verb, b"half of Project Tern"), good];
        let directory = prepare(&downloads(&objects), "[extractor]\ndeadline = \"300ms\"\nmemory = \"64 MiB\"\n");
        let replayed = run(directory.path(), "1");
        let stderr = String::from_utf8_lossy(&replayed.output.stderr);
        assert!(replayed.output.status.success(), "{verb}: {stderr}");
        let lines: Vec<_> = stderr.lines().collect();
        let expected = format!("tidegate: extractor 0/0: {said}; replaced");
        assert_eq!(lines, [expected.as_str()], "{verb}");
        let events = replayed.events();
        let (alerts, lost) = found(&events, "content.not_inspected");
        let mut expected = vec!["http/body/rar:plan.txt"; 2];
        if verb == "half" {
            // What had come back before counts.
            expected.push("http/body/rar");
        }
        let mut alerts = alerts;
        alerts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(alerts, expected, "{verb}");
        assert_eq!(lost, ["http/body/rar"], "{verb}");
        assert_eq!(counter(&events, &format!("extractor.not_inspected.{reason}")), 1, "{verb}");
        assert_eq!(counter(&events, "decode.cut.not_inspected"), 1, "{verb}");
        assert_eq!(counter(&events, "extractor.replaced"), 1, "{verb}");
    }
}

#[test]
fn an_object_that_is_too_large_is_told() {
    let objects = [object("child plan.txt", &vec![b'x'; 70_000]), object("child plan.txt", b"Project Tern")];
    let directory = prepare(&downloads(&objects), "[extractor]\nobject_max = \"64 KiB\"\n");
    let events = run(directory.path(), "1").succeeded().events();
    let (alerts, lost) = found(&events, "content.not_inspected");
    assert_eq!((alerts.len(), lost), (1, vec!["http/body/rar".to_owned()]));
    assert_eq!(counter(&events, "extractor.not_inspected.too_large"), 1);
}

/// Downloads that have stopped half-way hold all memory there is, until others need it.
#[test]
fn who_has_stopped_makes_room_and_is_told() {
    let large = object("child plan.txt", &[&vec![b'x'; 40_000][..], b"about Project Tern"].concat());
    let mut packets = Vec::new();
    for port in 39_000..39_004 {
        let mut stopped = Connection::open(port, u64::from(port) * 100_000_000);
        stopped.push(0, "A", b"GET /plans HTTP/1.1\r\nHost: files.example\r\n\r\n");
        stopped.push(1, "A", b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n");
        large.chunks(1400).take(24).for_each(|piece| stopped.push(1, "A", piece));
        packets.extend(stopped.packets);
    }
    packets.extend(download(39_004, 3_900_400_000_000, &large));
    let directory = prepare(&packets, "[extractor]\nobject_max = \"64 KiB\"\narena = \"64 KiB\"\n");
    let events = run(directory.path(), "1").succeeded().events();
    let (alerts, lost) = found(&events, "content.not_inspected");
    assert_eq!(alerts, ["http/body/rar:plan.txt"], "what came last has room");
    assert_eq!(lost, ["http/body/rar"; 4]);
    assert_eq!(counter(&events, "extractor.not_inspected.stalled"), 4);
    assert_eq!(counter(&events, "extractor.not_inspected.no_room"), 0);
    assert_eq!([counter(&events, "extractor.objects"), counter(&events, "extractor.answered")], [1, 1]);
}

#[test]
fn files_on_disk_are_seen_as_those_that_pass() {
    let directory = prepare(&[], "");
    let inner = object("child notes.txt", b"the numbers of Project Tern");
    fs::write(directory.path().join("a.rar"), object("child inner.rar", &inner)).unwrap();
    fs::write(directory.path().join("b.rar"), object("panic", b"")).unwrap();
    fs::write(directory.path().join("c.rar"), object("child plan.txt", b"Project Tern")).unwrap();
    let names = ["a.rar", "b.rar", "c.rar"].map(|name| directory.path().join(name));
    let config = directory.path().join("config.toml");
    let output =
        tidegate().args(["scan", "--rehearsal", "--json", "--config"]).arg(config).args(&names).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> =
        lines.iter().map(|line| (line["path"].as_str().unwrap(), line["findings"].as_array().unwrap().len())).collect();
    assert_eq!(seen, [("rar:inner.rar/rar:notes.txt", 1), ("rar", 0), ("rar:plan.txt", 1)]);
    assert_eq!(lines[1]["flags"], serde_json::json!(["not_inspected"]));
}

#[test]
#[allow(clippy::print_stdout)] // why it was skipped
fn who_cannot_be_confined_does_not_start() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root has a user to give up");
        return;
    }
    let directory = prepare(&[], "[extractor]\nuser = \"nobody-at-all\"\n");
    let output = run(directory.path(), "1").output;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("extractor.user: found \"nobody-at-all\", expected a user of this system"), "{stderr}");
}

/// The process by itself: told to become somebody that it may not become, it says so and looks at nothing.
#[test]
fn a_process_without_its_memory_says_so_in_one_line() {
    let arguments = "extractor --reader 0 --parent 1 --depth 16 --children 10 --output 1000 --ratio 10 \
        --object-max 1000 --memory 1000000";
    let output = tidegate().args(arguments.split(' ')).stdin(std::process::Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("tidegate: the shared memory: ") && stderr.lines().count() == 1, "{stderr}");
    let help = tidegate().arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("extractor"), "it is nobody's business");
}
