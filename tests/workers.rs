//! However many workers share the work, and however they are scheduled, the events are the same.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/mix.rs"]
mod mix;
#[path = "common/small.rs"]
mod small;

use common::{capture, replay};
use mix::skipped;
use serde_json::Value;
use small::SMALL;

/// Replays `file` with several numbers of workers, with two of them twice. Returns the events, which were always the same.
fn same_with_every_number_of_workers(file: &Path, config: &Path) -> Vec<Value> {
    let mut first: Option<Vec<Value>> = None;
    // Where workers wait for each other, two runs may take different ways.
    for (workers, turn) in [("1", 1), ("2", 1), ("2", 2), ("3", 1), ("8", 1)] {
        let run = replay(&[file, Path::new("--config"), config, Path::new("--workers"), Path::new(workers)]);
        let events = run.succeeded().events();
        let expected = first.get_or_insert_with(|| events.clone());
        // Whole events would not be readable when there are ten thousand.
        let different = expected.iter().zip(&events).find(|(expected, found)| expected != found);
        assert_eq!(different, None, "{}: {workers} workers, run {turn}", file.display());
        assert_eq!(events.len(), expected.len(), "{}: {workers} workers, run {turn}", file.display());
    }
    first.unwrap()
}

/// A capture of `count` datagrams, each from an address of its own, so that every worker has its share.
fn datagrams(count: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let word = |file: &mut Vec<u8>, value: u32| file.extend_from_slice(&value.to_le_bytes());
    for value in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 101] {
        word(&mut file, value);
    }
    for number in 0..count {
        let [_, high, middle, low] = number.to_be_bytes();
        let packet = [
            &[0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, high, middle, low, 10, 255, 0, 1][..],
            &[0x30, 0x39, 0, 9, 0, 10, 0, 0, 1, 2],
        ]
        .concat();
        for value in [1_700_000_000, number, 30, 30] {
            word(&mut file, value);
        }
        file.extend_from_slice(&packet);
    }
    file
}

#[test]
fn the_smallest_queues_and_many_workers_keep_no_replay_waiting_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let (file, config) = (directory.path().join("many.pcap"), directory.path().join("small.toml"));
    fs::write(&file, datagrams(60_000)).unwrap();
    // Buffers that went back to their lcore's cache are out of the feeder's reach, and with short rings they are the most.
    let text = format!(
        "{SMALL}[flow]\ncapacity = 1024\n[tcp]\nout_of_order_segments = 1024\n\
         [worker]\nring = 64\ninbox = 64\nmesh_buffers = 64\n"
    );
    fs::write(&config, text).unwrap();
    for workers in ["2", "8", "24"] {
        let mut command = common::tidegate();
        command.args(["replay", "--json", "--workers", workers, "--config"]).arg(&config).arg(&file);
        let mut child = command.arg("--out").arg(directory.path()).stdout(Stdio::piped()).spawn().unwrap();
        let begin = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begin.elapsed() > Duration::from_secs(120) {
                child.kill().unwrap();
                panic!("{workers} workers: not done after two minutes");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{workers} workers: {}", output.status);
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["packets"], &summary["drops"]), (&60_000.into(), &0.into()), "{workers} workers");
    }
}

/// How many of `events` are alerts.
fn alerts(events: &[Value]) -> usize {
    events.iter().filter(|event| event["event_type"] == "alert").count()
}

#[test]
fn bundled_captures_give_the_same_events_on_1_2_3_and_8_workers_twice() {
    // Tables of the default size take longer to set up than these captures to read.
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("small.toml");
    let text = format!(
        "{SMALL}[flow]\ncapacity = 1024\n[tcp]\nout_of_order_segments = 1024\n[worker]\nring = 64\n[[dictionary]]\nfile = {:?}\n",
        capture("tern.toml")
    );
    fs::write(&config, text).unwrap();
    let mut alert_count = 0;
    for file in bundle::captures() {
        let events = same_with_every_number_of_workers(&file, &config);
        assert!(events.len() > 1, "{}: nothing but statistics", bundle::name(&file));
        alert_count += alerts(&events);
    }
    assert!(alert_count >= 20, "only {alert_count} alerts were compared");
}

#[test]
fn the_public_mix_gives_the_same_events_on_1_2_3_and_8_workers_twice() {
    let Some(file) = mix::public_mix() else { return };
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("words.toml");
    let mut text = "[flow]\ncapacity = 65536\n".to_owned();
    let keywords = fs::canonicalize(file.with_file_name("keywords-1000.txt")).ok();
    match &keywords {
        Some(path) => text += &format!("[[dictionary]]\nfile = {path:?}\nthreshold = 3\ncase_insensitive = true\n"),
        None => skipped("keywords-1000.txt is not beside the mix; it is replayed without keywords"),
    }
    fs::write(&config, text).unwrap();
    let events = same_with_every_number_of_workers(&file, &config);
    assert!(events.len() > 10_000, "only {} events", events.len());
    if keywords.is_some() {
        let alerts = alerts(&events);
        assert!(alerts >= 50, "only {alerts} alerts");
    }
}
