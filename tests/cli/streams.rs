//! `replay --streams DIR`: where it may write, and what it says.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::{capture, replay};
use crate::one_line;

#[test]
fn streams_are_counted_in_the_summary() {
    let directory = tempfile::tempdir().unwrap();
    let streams = directory.path().join("new/streams");
    let file = capture("http-leak-v4.pcap");
    let run = replay(&[file.as_path(), "--json".as_ref(), "--streams".as_ref(), &streams]).succeeded();
    let summary: Value = serde_json::from_slice(&run.output.stdout).unwrap();
    let bytes: u64 = fs::read_dir(&streams)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != "report.json")
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    let expected = serde_json::json!({"files": 8, "bytes": bytes, "gaps": 0, "gap_bytes": 0});
    assert_eq!(summary["streams"], expected);
    let text = replay(&[file.as_path(), "--streams".as_ref(), directory.path().join("2").as_path()]).succeeded();
    let text = String::from_utf8_lossy(&text.output.stdout).into_owned();
    assert!(text.contains("6,644 bytes of TCP streams in 8 files in "), "{text}");
}

#[test]
fn a_directory_with_something_in_it_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("mine"), "").unwrap();
    let file = capture("icmp.pcap");
    let run = replay(&[file.as_path(), "--streams".as_ref(), directory.path()]);
    one_line(&run.output, 2, "found a directory that is not empty, expected a new or an empty one");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_directory_that_cannot_be_had_gives_one_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("streams");
    let run = replay(&[capture("icmp.pcap").as_path(), "--streams".as_ref(), &inside]);
    one_line(&run.output, 2, inside.to_str().unwrap());
    let run = replay(&[capture("icmp.pcap").as_path(), "--streams".as_ref(), file.path()]);
    one_line(&run.output, 2, "Not a directory");
}

#[test]
fn a_write_that_fails_is_exit_code_1_and_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (streams, out) = (directory.path().join("streams"), directory.path().join("out"));
    // No file may grow beyond 1,024 bytes; the events go to where that does not count.
    fs::create_dir(&out).unwrap();
    std::os::unix::fs::symlink("/dev/null", out.join("eve.json")).unwrap();
    // The extractor's shared memory counts as a file, too.
    let config = directory.path().join("tidegate.toml");
    fs::write(&config, "extractor.enabled = false\n").unwrap();
    let command =
        "ulimit -f 1 && trap '' XFSZ && exec \"$0\" replay \"$1\" --out \"$2\" --streams \"$3\" --config \"$4\"";
    let mut shell = Command::new("bash");
    shell.args(["-c", command, env!("CARGO_BIN_EXE_tidegate")]).arg(capture("http-leak-v4.pcap"));
    let output = shell.arg(&out).arg(&streams).arg(&config).output().unwrap();
    one_line(&output, 1, "File too large");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("010.077.000.001.00080-010.077.000.002.40003"), "{stderr}");
}
