//! `replay --streams` beside tcpflow and tshark: the same bytes in files of the same names, and every difference with
//! its reason.

#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)] // test arithmetic

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/mix.rs"]
mod mix;
#[path = "streams/reasons.rs"]
mod reasons;
#[path = "streams/segments.rs"]
mod segments;
#[path = "streams/tcpflow.rs"]
mod tcpflow;

use common::replay;
use serde_json::Value;
use tcpflow::Files;

/// Larger files than this are nothing but a hole.
const MOST: u64 = 64 << 20;

/// The report's lines, and the files in the directory beside it.
fn streams(capture: &Path, workers: &str) -> (Vec<Value>, Files) {
    let directory = tempfile::tempdir().unwrap();
    let streams = directory.path().join("streams");
    let arguments = [capture, "--streams".as_ref(), &streams, "--workers".as_ref(), workers.as_ref()];
    replay(&arguments).succeeded();
    let report = fs::read_to_string(streams.join("report.json")).unwrap();
    let report: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut files = Files::new();
    for entry in fs::read_dir(&streams).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "report.json" {
            let large = fs::metadata(&path).unwrap().len() > MOST;
            let content = if large { b"too large".to_vec() } else { fs::read(&path).unwrap() };
            let (ends, rest) = tcpflow::split(&name);
            files.entry(ends.to_owned()).or_default().push((rest.to_owned(), content));
        }
    }
    for list in files.values_mut() {
        list.sort_unstable();
    }
    (report, files)
}

/// How many directions agree, and how many do not, by reason.
fn compare(capture: &Path, padded: bool) -> Option<BTreeMap<&'static str, usize>> {
    let trimmed = tempfile::NamedTempFile::new().unwrap();
    let mut theirs = if padded {
        let (bytes, count) = tcpflow::without_padding(&fs::read(capture).unwrap());
        assert!(count > 10_000, "only {count} frames are padded");
        fs::write(trimmed.path(), bytes).unwrap();
        tcpflow::files(trimmed.path())?
    } else {
        tcpflow::files(capture)?
    };
    let directions = segments::of(capture)?;
    let (_, mut ours) = streams(capture, "2");
    let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).cloned().collect();
    let mut reasons = BTreeMap::new();
    for name in &names {
        let (mut left, mut right) = (theirs.remove(name).unwrap_or_default(), ours.remove(name).unwrap_or_default());
        left.sort_unstable();
        let reason = if left == right {
            "the same"
        } else {
            let content = |list: &mut Vec<(String, Vec<u8>)>| {
                let mut list: Vec<_> = list.drain(..).map(|(_, content)| content).collect();
                list.sort_unstable();
                list
            };
            if content(&mut left) == content(&mut right) {
                "the same, but for what tcpflow calls a stacked or prioritised VLAN"
            } else {
                reasons::of(name, &directions)
            }
        };
        if reason == "unexplained" {
            eprintln!("unexplained: {name}");
        }
        *reasons.entry(reason).or_insert(0) += 1;
    }
    Some(reasons)
}

#[test]
fn bundled_captures_give_the_files_that_tcpflow_gives() {
    let mut all = BTreeMap::new();
    for capture in bundle::captures() {
        // The plain capture of the same name is compared; tcpflow unpacks no zstd.
        if bundle::name(&capture).ends_with(".zst") {
            continue;
        }
        let Some(reasons) = compare(&capture, false) else { return };
        for (reason, count) in reasons {
            *all.entry(reason).or_insert(0) += count;
        }
    }
    let expected = [("the same", 0)];
    assert_eq!(all.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_public_mix_gives_the_files_that_tcpflow_gives() {
    let Some(capture) = mix::public_mix() else { return };
    let Some(reasons) = compare(&capture, true) else { return };
    let expected = [("the same", 0)];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), expected);
}
