//! The defragmenter's policy `linux` against what a Linux kernel made of the same fragments.
//!
//! `tests/lab/fragments.py` sends random schedules to the kernel and writes what it sent and what an application read;
//! what it wrote once is in `tests/captures/fragments`. `TIDEGATE_FRAGMENTS` names another folder of the same form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidegate::defrag::{Defragmenter, Limits, Outcome, Policy, PolicyTable};
use tidegate::wire::{LinkType, parse};

fn folder() -> PathBuf {
    match std::env::var_os("TIDEGATE_FRAGMENTS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/fragments"),
    }
}

/// The frames of a little-endian capture with their times in nanoseconds.
fn frames(file: &[u8]) -> Vec<(u64, &[u8])> {
    let mut frames = Vec::new();
    let mut rest = &file[24..];
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let ns = (u64::from(word(0)) * 1_000_000 + u64::from(word(4))) * 1000;
        let end = 16 + word(8) as usize;
        frames.push((ns, &rest[16..end]));
        rest = &rest[end..];
    }
    frames
}

/// A schedule by its address family and identification.
type Schedule = (bool, u64);

/// The payloads that became whole, in order, by schedule.
fn delivered(file: &[u8]) -> BTreeMap<Schedule, Vec<String>> {
    let policy = PolicyTable::new(Policy::Linux);
    // The kernel's queues begin anew as often as they like, and there are as many as schedules.
    let limits = Limits { descriptors: 1 << 15, large_buffers: 4, restarts: u8::MAX, policy, ..Limits::default() };
    let mut defragmenter = Defragmenter::new(limits);
    let mut delivered: BTreeMap<Schedule, Vec<String>> = BTreeMap::new();
    for (now_ns, frame) in frames(file) {
        let length = u32::try_from(frame.len()).unwrap();
        let headers = parse(LinkType::Ethernet, frame, length, true).unwrap();
        let number = if headers.v6 {
            u64::from(u32::from_be_bytes(frame[58..62].try_into().unwrap()))
        } else {
            u64::from(u16::from_be_bytes([frame[18], frame[19]]))
        };
        let packets = delivered.entry((headers.v6, number)).or_default();
        if let Outcome::Whole(whole) = defragmenter.fragment(frame, &headers, length, now_ns).outcome {
            let length = u32::try_from(whole.frame.len()).unwrap();
            let parsed = parse(LinkType::Ethernet, whole.frame, length, true).unwrap();
            packets
                .push(whole.frame[parsed.transport_at as usize..].iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    delivered
}

#[test]
fn the_kernel_and_the_defragmenter_deliver_the_same_packets() {
    let folder = folder();
    let file = std::fs::read(folder.join("fragments.pcap")).unwrap();
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let delivered = delivered(&file);
    let schedules = expected["schedules"].as_array().unwrap();
    assert_eq!(delivered.len(), schedules.len(), "schedules in the capture, and in expected.json");
    let mut whole = 0;
    let mut wrong = Vec::new();
    for schedule in schedules {
        let key = (schedule["v6"].as_bool().unwrap(), schedule["number"].as_u64().unwrap());
        let payloads: Vec<&str> =
            schedule["payloads"].as_array().unwrap().iter().map(|hex| hex.as_str().unwrap()).collect();
        whole += payloads.len();
        let ours = &delivered[&key];
        if *ours != payloads {
            wrong.push(format!("schedule {}: the kernel {payloads:?}\n  here {ours:?}", key.1));
        }
    }
    assert!(wrong.is_empty(), "{} of {} schedules differ:\n{}", wrong.len(), schedules.len(), wrong.join("\n"));
    // The test means something only if packets became whole.
    assert!(schedules.len() == 1 || whole * 4 > schedules.len(), "{whole} packets of {}", schedules.len());
}
