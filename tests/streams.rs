//! `replay --streams` beside tcpflow and tshark: the same bytes in files of the same names, and every difference with
//! its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/dissectors.rs"]
mod dissectors;
#[path = "streams/ends.rs"]
mod ends;
#[path = "common/mix.rs"]
mod mix;
#[path = "streams/reasons.rs"]
mod reasons;
#[path = "streams/segments.rs"]
mod segments;
#[path = "common/small.rs"]
mod small;
#[path = "streams/tcpflow.rs"]
mod tcpflow;

use common::replay;
use serde_json::Value;
use small::SMALL;
use tcpflow::Files;

/// Larger files than this are nothing but a hole.
const MOST: u64 = 64 << 20;

/// A replay that wrote streams.
struct Streams {
    /// The report's lines.
    report: Vec<Value>,
    files: Files,
    events: Vec<Value>,
}

fn streams(capture: &Path, workers: &str) -> Streams {
    let directory = tempfile::tempdir().unwrap();
    let streams = directory.path().join("streams");
    let config = directory.path().join("small.toml");
    // The others look into no tunnel, put no fragments together, go on after a TLS handshake, have urgent bytes in line and
    // believe every checksum and TTL.
    let text = "[flow]\ncapacity = 16384\nhalf_open = 4096\n[worker]\nring = 256\n\
                [tunnel]\ndepth = 0\n[defrag]\nmin_fragment = 1280\nmax_packet = 1280\n[tls]\nhandshake_only = false\n\
                [decoder]\ntcp_checksum = \"ignore\"\n[tcp]\nurgent_inline = true\nttl_slack = 255\n";
    fs::write(&config, format!("{SMALL}{text}")).unwrap();
    let [streams_option, workers_option, config_option] = ["--streams", "--workers", "--config"].map(Path::new);
    let workers = Path::new(workers);
    let arguments = [capture, streams_option, &streams, workers_option, workers, config_option, &config];
    let events = replay(&arguments).succeeded().events();
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
    Streams { report, files, events }
}

/// Both directions of each IPv4 connection in which something odd was seen.
fn odd(events: &[serde_json::Value]) -> BTreeSet<String> {
    let end = |address: &serde_json::Value, port: &serde_json::Value| {
        let address: std::net::Ipv4Addr = address.as_str()?.parse().ok()?;
        let [a, b, c, d] = address.octets();
        Some(format!("{a:03}.{b:03}.{c:03}.{d:03}.{:05}", port.as_u64()?))
    };
    let anomalies = events.iter().filter(|event| event["event_type"] == "anomaly");
    let ends = anomalies.filter_map(|event| {
        Some((end(&event["src_ip"], &event["src_port"])?, end(&event["dest_ip"], &event["dest_port"])?))
    });
    ends.flat_map(|(a, b)| [format!("{a}-{b}"), format!("{b}-{a}")]).collect()
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
    let Streams { files: mut ours, events, .. } = streams(capture, "2");
    let odd = odd(&events);
    let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).cloned().collect();
    let mut reasons = BTreeMap::new();
    let mut unexplained = Vec::new();
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
                match reasons::of(name, &directions) {
                    "unexplained" if odd.contains(name) => "a segment that its receiver should not take",
                    reason => reason,
                }
            }
        };
        if reason == "unexplained" {
            unexplained.push(name);
        }
        *reasons.entry(reason).or_insert(0) += 1;
    }
    assert!(unexplained.is_empty(), "unexplained: {unexplained:?}");
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
    let expected = [
        ("tcpflow reads no IPv6 extension headers", 4),
        ("tcpflow reads no IPv6 on this null link", 2),
        ("tcpflow reads no MPLS", 10),
        ("tcpflow reads no SLL2", 6),
        ("the same", 129),
        ("the same, but for what tcpflow calls a stacked or prioritised VLAN", 6),
    ];
    assert_eq!(all.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_public_mix_gives_the_files_that_tcpflow_gives() {
    let Some(capture) = mix::public_mix() else { return };
    let Some(reasons) = compare(&capture, true) else { return };
    let expected = [
        ("SYN and RST at once", 1),
        ("a flow that was silent for longer than its timeout", 4),
        ("a hole", 20),
        ("a segment that its receiver should not take", 19),
        ("an overlap with other bytes: tcpflow keeps the last", 18),
        ("bytes after a FIN: tcpflow begins a new file", 7),
        ("bytes after a reset", 8),
        ("bytes from before where the capture begins", 5),
        ("bytes that came when their hole was skipped already", 4),
        ("segmentation offload: IP length 0, which tcpflow takes for no payload", 8),
        ("sequence numbers jump", 3),
        ("tcpflow reads no MPLS", 1),
        ("tcpflow takes a first fragment for a packet", 2),
        ("tcpflow takes a segment whose lengths are wrong", 6),
        ("the same", 4687),
        ("the same, but for what tcpflow calls a stacked or prioritised VLAN", 1),
    ];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), expected);
}

/// Directions that carry payload by tshark's account and by tidegate's; those of one of the two by reason.
fn count(capture: &Path) -> Option<BTreeMap<&'static str, usize>> {
    let directions = segments::of(capture)?;
    let Streams { files: ours, events, .. } = streams(capture, "2");
    let odd = odd(&events);
    let mut reasons = BTreeMap::new();
    for (name, list) in &directions {
        let carries = list.iter().any(|segment| segment.length != 0);
        let counted = list.iter().any(|one| one.length != 0 && !one.inside && !one.damaged && !one.fragment);
        let reason = match (carries, ours.contains_key(name)) {
            (true, true) => "both",
            (false, false) => "neither",
            (true, false) if !counted => "only tshark: in tunnels, ICMP errors, fragments or with wrong lengths",
            (true, false) => match reasons::of(name, &directions) {
                "unexplained" if odd.contains(name) => "a segment that its receiver should not take",
                reason => reason,
            },
            (false, true) => "only tidegate, in a direction without payload by tshark's account",
        };
        *reasons.entry(reason).or_insert(0) += 1;
    }
    let strange = ours.keys().filter(|name| !directions.contains_key(*name)).count();
    reasons.insert("only tidegate", strange);
    reasons.remove("neither");
    Some(reasons)
}

#[test]
fn streams_are_those_that_tshark_counts() {
    let mut all = BTreeMap::new();
    for capture in bundle::captures() {
        let Some(reasons) = count(&capture) else { return };
        for (reason, count) in reasons {
            *all.entry(reason).or_insert(0) += count;
        }
    }
    assert_eq!(
        all.into_iter().collect::<Vec<_>>(),
        [
            ("both", 165),
            ("only tidegate", 0),
            ("only tshark: in tunnels, ICMP errors, fragments or with wrong lengths", 4),
        ]
    );
    let Some(capture) = mix::public_mix() else { return };
    let Some(reasons) = count(&capture) else { return };
    let expected = [
        ("SYN and RST at once", 1),
        ("a segment that its receiver should not take", 1),
        ("both", 4785),
        ("bytes after a reset", 1),
        ("only tidegate", 0),
        ("only tshark: in tunnels, ICMP errors, fragments or with wrong lengths", 13),
        ("sequence numbers jump", 1),
    ];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), expected);
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn files_and_report_are_the_same_with_every_number_of_workers_and_agree_with_the_flows() {
    for capture in bundle::captures().into_iter().chain(mix::public_mix()) {
        let name = bundle::name(&capture);
        let one = streams(&capture, "1");
        for workers in ["2", "8"] {
            let more = streams(&capture, workers);
            assert_eq!(one.report, more.report, "{name}: {workers} workers");
            assert!(one.files == more.files, "{name}: {workers} workers: files differ");
        }
        let flows: BTreeMap<_, _> = one
            .events
            .iter()
            .filter(|event| event["event_type"] == "flow")
            .map(|event| (number(&event["flow_id"]), event))
            .collect();
        for line in &one.report {
            let flow = flows[&number(&line["flow_id"])];
            let mut missing = 0;
            let mut end = 0;
            for gap in line["gaps"].as_array().unwrap() {
                let (offset, length) = (number(&gap[0]), number(&gap[1]));
                assert!(offset >= end && length != 0, "{name}: {line}");
                end = offset + length;
                missing += length;
            }
            let to_server = line["direction"] == "to_server";
            let (client, server) = if to_server { ("src_port", "dest_port") } else { ("dest_port", "src_port") };
            assert_eq!((&flow["src_port"], &flow["dest_port"]), (&line[client], &line[server]), "{name}: {line}");
            assert_eq!(flow["flow"]["reason"], line["reason"], "{name}: {line}");
            let end_reason = line["end"].as_str().unwrap_or_else(|| panic!("{name}: no end: {line}"));
            let of_stream = ["fin", "rst", "depth", "stopped"].contains(&end_reason);
            assert!(of_stream || line["reason"] == end_reason, "{name}: {line}");
            let Some(file) = line["file"].as_str() else {
                assert_eq!(number(&line["bytes"]), 0, "{name}: {line}");
                continue;
            };
            let (ends, rest) = tcpflow::split(file);
            let (_, content) = one.files[ends].iter().find(|(name, _)| name == rest).unwrap();
            // A gap at the very end is in the report only.
            let at_end = line["gaps"].as_array().unwrap().last().filter(|_| end == number(&line["bytes"]) + missing);
            let trailing = at_end.map_or(0, |gap| number(&gap[1]));
            if content != b"too large" {
                assert_eq!(content.len() as u64, number(&line["bytes"]) + missing - trailing, "{name}: {line}");
            }
        }
        let named = one.report.iter().filter(|line| !line["file"].is_null()).count();
        let written: usize = one.files.values().map(Vec::len).sum();
        assert_eq!(named, written, "{name}");
    }
}
