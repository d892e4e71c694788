//! Files that were fetched in parts: what `replay` says about captures between real clients and a real server
//! (`tests/captures/ranges/make` makes them), against the files that were fetched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

mod common;
#[path = "common/small.rs"]
mod small;

use common::{capture, replay};
use small::SMALL;

/// What was replayed: the events, and the files that were kept.
struct Seen {
    events: Vec<Value>,
    kept: Vec<Vec<u8>>,
}

impl Seen {
    fn of(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["event_type"] == kind).collect()
    }

    /// Name, size, digest, state, gaps and beginning of each file whose path begins so.
    fn files_at(&self, path: &str) -> Vec<(String, u64, String, String, bool, u64)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let file = |event: &&Value| {
            let file = &event["fileinfo"];
            let [name, sha256, state] = [&file["filename"], &file["sha256"], &file["state"]].map(text);
            let (size, gaps) = (file["size"].as_u64().unwrap(), file["gaps"].as_bool().unwrap());
            (name, size, sha256, state, gaps, file["start"].as_u64().unwrap_or(0))
        };
        let mut files = self.of("fileinfo");
        files.retain(|file| file["tidegate"]["path"].as_str().unwrap().starts_with(path));
        files.iter().map(file).collect()
    }

    /// The same of all.
    fn files(&self) -> Vec<(String, u64, String, String, bool, u64)> {
        self.files_at("")
    }

    /// The way to what each alert is about.
    fn alerts(&self) -> Vec<&str> {
        self.of("alert").iter().map(|alert| alert["tidegate"]["path"].as_str().unwrap()).collect()
    }

    fn counter(&self, name: &str) -> u64 {
        let path = format!("/stats/{}", name.replace('.', "/"));
        self.of("stats")[0].pointer(&path).and_then(Value::as_u64).unwrap_or(0)
    }
}

fn kept(directory: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(kept(&path)) } else { files.push(fs::read(path).unwrap()) }
    }
    files.sort();
    files
}

fn seen(name: &str, config: &Path, workers: &str) -> Seen {
    let directory = tempfile::tempdir().unwrap();
    let file = capture(&format!("ranges/{name}"));
    let [with, of, to] = ["--config", "--workers", "--extract"].map(Path::new);
    let run = replay(&[&file, with, config, of, Path::new(workers), to, directory.path()]);
    Seen { events: run.succeeded().events(), kept: kept(directory.path()) }
}

/// Replays a capture with each number of workers, and looks at what came of each.
fn each(name: &str, mut look: impl FnMut(&Seen, &str)) {
    for workers in ["1", "2", "3", "8"] {
        let directory = tempfile::tempdir().unwrap();
        look(&seen(name, &joining(directory.path()), workers), &format!("{name}: {workers} workers"));
    }
}

/// Replays a capture with each number of workers. The events are always the same.
fn same(name: &str) -> Seen {
    let directory = tempfile::tempdir().unwrap();
    let first = seen(name, &joining(directory.path()), "1");
    each(name, |now, which| {
        let different = first.events.iter().zip(&now.events).find(|(first, now)| first != now);
        assert_eq!(different, None, "{which}");
        assert_eq!((first.events.len(), &first.kept), (now.events.len(), &now.kept), "{which}");
    });
    first
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Size and digest of a file that was fetched.
fn fetched(name: &str) -> (u64, String) {
    let table = fs::read_to_string(capture("ranges/files.tsv")).unwrap();
    let line = table.lines().find(|line| line.starts_with(name)).unwrap();
    let fields: Vec<_> = line.split('\t').collect();
    (fields[1].parse().unwrap(), fields[2].to_owned())
}

/// The file was put together whole, kept as it is, and the sentence found in it, once; beside what each part is.
fn whole(seen: &Seen, file: &str, paths: &[&str]) {
    let (size, digest) = fetched(file);
    let (whole, parts): (Vec<_>, Vec<_>) = seen.files().into_iter().partition(|file| file.2 == digest);
    assert_eq!(whole, [(file.to_owned(), size, digest.clone(), "CLOSED".to_owned(), false, 0)]);
    assert!(parts.iter().all(|part| part.0 == file && part.1 < size && !part.4), "{parts:?}");
    let digests: BTreeSet<_> = seen.kept.iter().map(|bytes| sha256(bytes)).collect();
    assert_eq!(digests, parts.into_iter().map(|part| part.2).chain([digest]).collect());
    assert_eq!(seen.alerts().iter().filter(|alert| paths.contains(alert)).count(), 1);
    assert_eq!((seen.counter("ranges.files"), seen.counter("ranges.complete")), (1, 1));
    for limit in ["apart", "evicted", "not_joined_bytes", "gap_bytes", "verdicts_lost"] {
        assert_eq!(seen.counter(&format!("ranges.{limit}")), 0, "{limit}");
    }
}

const PLANTED: &[&str] = &["http/parts/zip:plans/q3.txt"];

#[test]
fn parts_in_order_over_one_connection() {
    let seen = same("one-connection.pcap");
    whole(&seen, "plans.zip", PLANTED);
    assert_eq!((seen.counter("ranges.parts"), seen.of("http").len()), (5, 5));
}

#[test]
fn parts_over_several_connections_out_of_order() {
    let seen = same("connections.pcap");
    whole(&seen, "plans.zip", PLANTED);
    assert_eq!(seen.counter("ranges.parts"), 5);
    // The connection that is told has brought the byte.
    let alert = seen.of("alert")[0];
    let flows = seen.of("flow");
    let flow = flows.iter().find(|flow| flow["flow_id"] == alert["flow_id"]).unwrap();
    assert_eq!(flow["flow"]["alerted"], true);
    assert_eq!(flows.iter().filter(|flow| flow["flow"]["alerted"] == true).count(), 1, "and no other");
}

#[test]
fn parts_by_streams_of_http2() {
    whole(&same("http2.pcap"), "plans.zip", PLANTED);
}

#[test]
fn what_was_reset_and_never_came_is_a_gap() {
    let seen = same("reset.pcap");
    let (size, digest) = fetched("plans.zip");
    let joined = seen.files_at("http/parts");
    let [(name, found, other, state, gaps, start)] = &joined[..] else { panic!("{joined:?}") };
    assert_eq!((name.as_str(), *found, state.as_str(), *gaps, *start), ("plans.zip", size, "TRUNCATED", true, 0));
    assert_ne!(*other, digest);
    assert!(seen.counter("ranges.gap_bytes") > 0);
    let kept = seen.kept.iter().find(|bytes| sha256(bytes) == *other).unwrap();
    assert_eq!(u64::try_from(kept.len()).unwrap() + seen.counter("ranges.gap_bytes"), size);
}

#[test]
fn what_was_reset_and_came_again_is_no_gap() {
    // Bytes that came twice are of one connection or the other: which, depends on which worker was there first.
    each("retry.pcap", |seen, which| {
        whole(seen, "plans.zip", PLANTED);
        assert!(seen.counter("ranges.repeated_bytes") > 0, "{which}");
    });
}

#[test]
fn a_downloader_that_begins_with_the_whole_file_and_gets_the_rest_in_parts() {
    each("aria2.pcap.zst", |seen, _| {
        // It is not packed, so that its part shows it as well.
        whole(seen, "large.zip", &["http/body", "http/body/zip:plans/q3.txt", "http/parts/zip:plans/q3.txt"]);
    });
}

#[test]
fn two_versions_under_one_name_do_not_meet() {
    let seen = same("versions.pcap");
    let mut expected: Vec<_> = ["first.txt", "second.txt"].map(fetched).into();
    expected.sort();
    let joined = seen.files_at("http/parts");
    let mut files: Vec<_> = joined.into_iter().map(|(_, size, digest, ..)| (size, digest)).collect();
    files.sort();
    assert_eq!(files, expected);
    // The leak is text, so that the part which has it shows it by itself, and that is told once.
    assert_eq!(seen.alerts(), ["http/body"; 2]);
}

/// A configuration with one dictionary and more.
fn configuration(directory: &Path, more: &str) -> PathBuf {
    let path = directory.join("sensor.toml");
    fs::write(&path, format!("{SMALL}flow.capacity = 1024\n[[dictionary]]\nfile = {:?}\n{more}", capture("tern.toml")))
        .unwrap();
    path
}

/// One under which parts are joined.
fn joining(directory: &Path) -> PathBuf {
    configuration(directory, "")
}

#[test]
fn where_no_files_are_put_together_each_part_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let config = configuration(directory.path(), "[ranges]\nfiles = 0\n");
    let seen = seen("connections.pcap", &config, "3");
    assert_eq!((seen.files().len(), seen.counter("ranges.parts")), (5, 0));
}

#[test]
fn without_a_buffer_what_comes_early_is_looked_into_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let config = configuration(directory.path(), "[ranges]\nbuffer = 0\n");
    for workers in ["1", "3"] {
        let seen = seen("reset.pcap", &config, workers);
        let apart = ["apart", "not_joined_bytes"].map(|counter| seen.counter(&format!("ranges.{counter}")));
        assert_ne!(apart, [0, 0], "{workers} workers");
        let files: Vec<_> =
            seen.files().into_iter().map(|(_, size, _, state, gaps, start)| (size, state, gaps, start)).collect();
        let (size, _) = fetched("plans.zip");
        assert!(files.contains(&(size - 16_000, "CLOSED".to_owned(), false, 16_000)), "{files:?}");
        let kept: usize = seen.kept.iter().map(Vec::len).sum();
        assert!(u64::try_from(kept).unwrap() >= size - 5_000, "nothing is lost but what was never sent: {kept}");
    }
}

#[test]
fn a_part_that_comes_after_the_idle_time_begins_another_file() {
    let directory = tempfile::tempdir().unwrap();
    let config = configuration(directory.path(), "[ranges]\nidle = \"20ms\"\n");
    for workers in ["1", "3"] {
        let seen = seen("versions.pcap", &config, workers);
        // The first parts of both, and what came later, with nothing in front of it.
        assert_eq!(seen.files_at("http/parts").len(), 2, "{workers} workers");
        assert!(seen.counter("ranges.alone_bytes") > 0, "{workers} workers");
        assert!(seen.counter("ranges.idle") >= 2, "{workers} workers");
    }
}
