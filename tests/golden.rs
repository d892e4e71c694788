//! Captures in, events out: what `replay` says about each bundled capture, compared with `tests/golden`.
//!
//! `TIDEGATE_BLESS=1` writes the files anew instead of comparing; tests/README.md says what to do then.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[path = "common/bundle.rs"]
mod bundle;
mod common;

use bundle::{captures, name};
use common::{capture, replay};

/// Takes counters that are zero out of a `stats` event, so that a counter more does not change every file.
fn without_zeros(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| without_zeros(field));
            !fields.is_empty()
        }
        other => *other != 0,
    }
}

/// The events of a capture as its golden file has them: sorted, one a line.
fn events(file: &Path) -> String {
    let config = capture("quickstart.toml");
    let run = replay(&[file, Path::new("--config"), &config]).succeeded();
    let mut text = String::new();
    for mut event in run.events() {
        if event["event_type"] == "stats" {
            without_zeros(&mut event["stats"]);
        }
        writeln!(text, "{event}").unwrap();
    }
    text
}

fn golden(file: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{}.json", name(file)))
}

/// The first line in which two texts differ, with both versions of it.
fn first_difference(expected: &str, found: &str) -> String {
    let (mut left, mut right) = (expected.lines(), found.lines());
    for number in 1.. {
        match (left.next(), right.next()) {
            (None, None) => return "the ends of lines".to_owned(),
            (a, b) if a == b => {}
            (a, b) => {
                let show = |line: Option<&str>| line.unwrap_or("no line").to_owned();
                return format!("line {number}\n  expected {}\n  found    {}", show(a), show(b));
            }
        }
    }
    unreachable!("lines are numbered without end")
}

#[test]
fn every_bundled_capture_gives_its_golden_events() {
    let bless = env::var_os("TIDEGATE_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for file in captures() {
        let (found, path) = (events(&file), golden(&file));
        if bless {
            fs::write(&path, found).unwrap();
            continue;
        }
        match fs::read_to_string(&path) {
            Ok(expected) if expected == found => {}
            Ok(expected) => wrong.push(format!("{}: {}", path.display(), first_difference(&expected, &found))),
            Err(error) => wrong.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{} captures differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_golden_file_has_its_capture() {
    let mut expected: Vec<_> = captures().iter().map(|file| golden(file)).collect();
    let mut found: Vec<_> =
        fs::read_dir(golden(Path::new("-")).parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_packed_capture_gives_the_events_of_the_plain_one() {
    let plain = events(&capture("http-leak-v4.pcap"));
    assert!(plain.contains("\"event_type\":\"alert\""));
    for packed in ["http-leak-v4.pcap.gz", "http-leak-v4.pcap.zst"] {
        let found = events(&capture(packed));
        // The file's name stands where a live sensor's interface does; nothing else may differ.
        assert_ne!(found, plain);
        assert_eq!(found.replace(packed, "http-leak-v4.pcap"), plain, "{packed}");
    }
}

/// What the first request of a connection gets that is upgraded to HTTP/2, as stream 1, and what later ones get.
#[test]
fn an_upgrade_to_http2_loses_no_body() {
    let events =
        replay(&[capture("http2-upgrade.pcap"), "--config".into(), capture("quickstart.toml")]).succeeded().events();
    let of = |kind: &str, port: u64| -> Vec<Value> {
        let is_it =
            |event: &&Value| event["event_type"] == kind && (event["src_port"] == port || event["dest_port"] == port);
        events.iter().filter(is_it).cloned().collect()
    };
    let sum = |name: &str| {
        use sha2::Digest as _;
        data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(fs::read(capture(name)).unwrap()))
    };
    for (port, files) in
        [(40001, ["docs/notes.txt", "leak.txt", "leak.txt"].as_slice()), (40002, &["leak.txt", "docs/menu.txt"])]
    {
        let mut bodies: Vec<_> = of("fileinfo", port).iter().map(|event| event["fileinfo"].clone()).collect();
        bodies.sort_by_key(|file| file["tx_id"].as_u64());
        assert!(bodies.iter().all(|file| file["state"] == "CLOSED"), "{bodies:?}");
        let sums: Vec<_> = bodies.iter().map(|file| file["sha256"].as_str().unwrap().to_owned()).collect();
        assert_eq!(sums, files.iter().map(|name| sum(name)).collect::<Vec<_>>(), "port {port}");
        let http = of("http", port);
        let upgraded = http.iter().filter(|event| event["http"]["status"] == 101).count();
        let mut streams: Vec<_> = http
            .iter()
            .filter(|event| event["http"]["status"] == 200)
            .map(|event| event["http"]["http2"]["stream_id"].as_u64())
            .collect();
        streams.sort_unstable();
        assert_eq!((upgraded, streams.as_slice()), (1, &[Some(1), Some(3), Some(5)][..files.len()]), "port {port}");
    }
    assert_eq!(events.iter().filter(|event| event["event_type"] == "alert").count(), 2, "one a connection");
    assert_eq!(events.iter().filter(|event| event["event_type"] == "anomaly").count(), 0);
}
