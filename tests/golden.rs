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
