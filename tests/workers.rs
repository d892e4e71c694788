//! However many workers share the work, and however they are scheduled, the events are the same.

use std::fs;
use std::path::Path;

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/mix.rs"]
mod mix;

use common::{capture, replay};
use mix::skipped;
use serde_json::Value;

/// Replays `file` twice with each number of workers. Returns the events, which were always the same.
fn same_with_every_number_of_workers(file: &Path, config: &Path) -> Vec<Value> {
    let mut first: Option<Vec<Value>> = None;
    for workers in ["1", "2", "3", "8"] {
        for turn in ["first", "second"] {
            let run = replay(&[file, Path::new("--config"), config, Path::new("--workers"), Path::new(workers)]);
            let events = run.succeeded().events();
            let expected = first.get_or_insert_with(|| events.clone());
            // Whole events would not be readable when there are ten thousand.
            let different = expected.iter().zip(&events).find(|(expected, found)| expected != found);
            assert_eq!(different, None, "{}: {workers} workers, {turn} time", file.display());
            assert_eq!(events.len(), expected.len(), "{}: {workers} workers, {turn} time", file.display());
        }
    }
    first.unwrap()
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
        "[flow]\ncapacity = 1024\n[tcp]\nout_of_order_segments = 1024\n[http]\nsessions = 256\n\
         [scan]\nhit_records = 256\n[worker]\nring = 64\n[[dictionary]]\nfile = {:?}\n",
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
