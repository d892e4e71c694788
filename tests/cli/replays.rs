//! Several files, standard input, and a replay that is interrupted.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{capture, replay, tidegate};

/// Where the records of a little-endian pcap file begin, and the file's end.
fn records(file: &[u8]) -> Vec<usize> {
    let mut places = vec![24];
    while let Some(length) = file.get(places[places.len() - 1] + 8..).and_then(|rest| rest.first_chunk::<4>()) {
        places.push(places[places.len() - 1] + 16 + usize::try_from(u32::from_le_bytes(*length)).unwrap());
    }
    assert_eq!(places.last(), Some(&file.len()));
    places
}

fn flows(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["event_type"] == "flow").collect()
}

/// A field of all flows, but for those of their interface's name.
fn without_interface(events: &[Value]) -> Vec<Value> {
    let mut events = events.to_vec();
    for event in &mut events {
        if let Some(fields) = event.as_object_mut() {
            fields.remove("in_iface");
        }
    }
    events
}

#[test]
fn a_later_file_goes_on_where_the_one_before_ended() {
    let directory = tempfile::tempdir().unwrap();
    let whole = fs::read(capture("http-leak-v4.pcap")).unwrap();
    let places = records(&whole);
    // Within the third connection, whose download is planted.
    let cut = places[28];
    let (first, second) = (directory.path().join("1.pcap"), directory.path().join("2.pcap"));
    fs::write(&first, &whole[..cut]).unwrap();
    fs::write(&second, [&whole[..24], &whole[cut..]].concat()).unwrap();
    let config = capture("quickstart.toml");
    let parts = replay(&[first.as_path(), &second, "--config".as_ref(), &config]).succeeded().events();
    let one = replay(&[capture("http-leak-v4.pcap").as_path(), "--config".as_ref(), &config]).succeeded().events();
    assert_eq!(without_interface(&parts), without_interface(&one));
    let names: Vec<_> = flows(&parts).iter().map(|flow| flow["in_iface"].as_str().unwrap().to_owned()).collect();
    assert!(names.contains(&"1.pcap".to_owned()) && names.contains(&"2.pcap".to_owned()), "{names:?}");
}

#[test]
fn an_earlier_file_has_a_time_of_its_own() {
    let file = capture("http-leak-v4.pcap");
    let once = replay(&[&file]).succeeded().events();
    let twice = replay(&[&file, &file]).succeeded().events();
    assert_eq!(flows(&twice).len(), 2 * flows(&once).len());
    // Both times the same: nothing of the first reached into the second.
    for (pair, single) in flows(&twice).chunks(2).zip(flows(&once)) {
        assert_eq!((pair[0], pair[1]), (single, single));
    }
}

#[test]
fn standard_input_is_a_file_named_by_a_dash() {
    let directory = tempfile::tempdir().unwrap();
    let input = fs::File::open(capture("http-leak-v4.pcap.gz")).unwrap();
    let mut command = tidegate();
    command.args(["replay", "-", "--json", "--out"]).arg(directory.path()).stdin(input);
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["packets"], &summary["flows"]), (&46.into(), &4.into()));
}

/// Waits until `done`, 60 s at most.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn interrupted(signal: &str, directory: &Path) {
    let mut command = tidegate();
    command.args(["replay", "-", "--json", "--workers", "2", "--out"]).arg(directory);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let whole = fs::read(capture("http-leak-v4.pcap")).unwrap();
    pipe.write_all(&whole).unwrap();
    pipe.flush().unwrap();
    // The event file is opened before signals are heard; the workers come after both.
    wait_for("the event file", || directory.join("eve.json").exists());
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it ended before it was told to");
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    // Packets go on coming slowly, until nobody reads them any more.
    let records = whole[24..].repeat(4);
    let mut ended = false;
    for piece in records.chunks(64) {
        ended = pipe.write_all(piece).is_err() || child.try_wait().unwrap().is_some();
        if ended {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(ended, "SIG{signal}: it read on to the end of its input");
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "tidegate: interrupted; events are those of the packets read until now\n");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = fs::read_to_string(directory.join("eve.json")).unwrap();
    assert!(lines.ends_with('\n'), "the last line is cut");
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(summary["events"], events.len());
    assert_eq!(summary["flows"], flows(&events).len());
    assert!(flows(&events).len() >= 4, "{} flows were flushed", flows(&events).len());
}

#[test]
fn sigint_ends_a_replay_with_its_flows_written() {
    let directory = tempfile::tempdir().unwrap();
    interrupted("INT", directory.path());
}

#[test]
fn sigterm_does_the_same() {
    let directory = tempfile::tempdir().unwrap();
    interrupted("TERM", directory.path());
}

/// Sends SIGTERM to a process and waits for its end, `seconds` at most.
fn terminated(mut child: Child, seconds: u64) -> Output {
    let sent = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(seconds) {
            child.kill().unwrap();
            panic!("it still runs {seconds} s after SIGTERM");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_replay_that_waits_for_a_silent_pipe_ends_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let config = capture("quickstart.toml");
    let mut command = tidegate();
    command.args(["replay", "-", "--json", "--workers", "2", "--config"]).arg(config);
    command.arg("--out").arg(directory.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&fs::read(capture("http-leak-v4.pcap")).unwrap()).unwrap();
    pipe.flush().unwrap();
    wait_for("the event file", || directory.path().join("eve.json").exists());
    std::thread::sleep(Duration::from_secs(2));
    // Nothing comes any more, and the pipe stays open.
    let output = terminated(child, 30);
    drop(pipe);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "tidegate: interrupted; events are those of the packets read until now\n");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["packets"], &summary["flows"]), (&46.into(), &4.into()));
}

#[test]
fn a_replay_whose_output_takes_nothing_ends_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("eve.json");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // Opened for both, so that opening waits for nobody; nobody reads.
    let unread = fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
    let file = capture("http-keepalive.pcap");
    let mut command = tidegate();
    command.args(["replay", "--workers", "2"]).args(vec![file; 200]).arg("--out").arg(directory.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(8));
    assert!(child.try_wait().unwrap().is_none(), "a full pipe held nothing up");
    let output = terminated(child, 60);
    drop(unread);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.ends_with("since its output takes nothing; the last events are lost\n"), "{stderr}");
}

/// What a process of its own writes to is let alone, also the state that a running sensor leaves for the next.
#[test]
fn a_second_process_does_not_touch_a_directory_that_one_writes_to() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("sensor.toml");
    fs::write(&config, "[eal]\nhugepages = false\n[[port]]\nname = \"net_null0\"\nvdev = \"\"\n").unwrap();
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    let files = ["eve.json", "run.state", ".passing"].map(|name| out.join(name));
    for file in &files {
        fs::write(file, "theirs").unwrap();
    }
    let lock = fs::File::open(&out).unwrap();
    lock.try_lock().unwrap();
    let elsewhere = directory.path().join("elsewhere");
    for option in ["--out", "--extract"] {
        let other = if option == "--out" { "--extract" } else { "--out" };
        let place = |command: &mut Command| command.arg(option).arg(&out).arg(other).arg(&elsewhere).output().unwrap();
        let replayed = place(tidegate().arg("replay").arg(capture("icmp.pcap")));
        let live = place(tidegate().args(["run", "--duration", "1", "--config"]).arg(&config));
        for output in [replayed, live] {
            let stderr = String::from_utf8(output.stderr).unwrap();
            let expected = format!("tidegate: {option}: {}: found another process that writes to it", out.display());
            assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
            assert!(stderr.starts_with(&expected), "{stderr}");
            for file in &files {
                assert_eq!(fs::read(file).unwrap(), b"theirs", "{}", file.display());
            }
        }
    }
    drop(lock);
    let output = tidegate().arg("replay").arg(capture("icmp.pcap")).arg("--out").arg(&out).output().unwrap();
    assert!(output.status.success() && fs::read(&files[0]).unwrap() != b"theirs", "{output:?}");
    // Both may be one directory of one process.
    let _ = fs::remove_file(&files[2]);
    let mut both = tidegate();
    both.arg("replay").arg(capture("http-leak-v4.pcap")).arg("--out").arg(&out).arg("--extract").arg(&out);
    assert!(both.output().unwrap().status.success());
}

#[test]
fn an_interface_is_called_as_its_file_whatever_bytes_that_name_has() {
    use std::os::unix::ffi::OsStrExt as _;
    let directory = tempfile::tempdir().unwrap();
    let files =
        [&b"\xff.pcap"[..], b"\xfe\n.pcap"].map(|name| directory.path().join(std::ffi::OsStr::from_bytes(name)));
    for file in &files {
        fs::copy(capture("icmp.pcap"), file).unwrap();
    }
    for (file, expected) in files.iter().zip(["\\xff.pcap", "\\xfe\\x0a.pcap"]) {
        let events = replay(&[file]).succeeded().events();
        assert_eq!(flows(&events).first().unwrap()["in_iface"], expected);
    }
}

/// Events say that a file is kept when its bytes are on their way to the disk; that they did not get there is counted.
#[test]
fn files_that_cannot_be_written_are_counted_and_told_once() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..=255 {
        fs::write(directory.path().join(format!("{number:02x}")), "no directory").unwrap();
    }
    let file = capture("http-keepalive.pcap");
    let run = replay(&[file.as_path(), "--json".as_ref(), "--extract".as_ref(), directory.path()]);
    let summary: Value = serde_json::from_slice(&run.output.stdout).unwrap();
    let failed = summary["extracted"]["failed"].as_u64().unwrap();
    assert!(failed > 3 && summary["extracted"]["files"] == 0, "{summary}");
    let events = run.events();
    let stats = events.iter().find(|event| event["event_type"] == "stats").unwrap();
    assert_eq!(stats["stats"]["decode"]["not_stored"], failed);
    let stderr = String::from_utf8(run.output.stderr.clone()).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.ends_with(": found no directory; that file is not kept\n"), "{stderr}");
    assert!(stderr.starts_with(&format!("tidegate: --extract: {}/", directory.path().display())), "{stderr}");
}
