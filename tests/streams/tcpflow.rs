//! What tcpflow makes of a capture.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The files of one sender and receiver: each file's name behind the ports, and its content.
pub(crate) type Files = BTreeMap<String, Vec<(String, Vec<u8>)>>;

/// A name as `192.168.001.010.00080-010.000.000.001.40000` and what follows: VLAN and counter.
pub(crate) fn split(name: &str) -> (&str, &str) {
    let ports_end = name.rfind('.').unwrap() + 6;
    name.split_at(ports_end)
}

/// The files that tcpflow writes; `None` when it is not installed.
pub(crate) fn files(capture: &Path) -> Option<Files> {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("tcpflow");
    command.arg("-q").arg("-r").arg(capture).arg("-o").arg(directory.path());
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => {
            super::mix::skipped(&format!("tcpflow: {error}"));
            return None;
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("unknown datalink type") {
        return Some(Files::new());
    }
    assert!(output.status.success(), "tcpflow: {stderr}");
    let mut files = Files::new();
    for entry in fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "report.xml" {
            let (ends, rest) = split(&name);
            files.entry(ends.to_owned()).or_default().push((rest.to_owned(), fs::read(&path).unwrap()));
        }
    }
    Some(files)
}

/// A copy of an Ethernet capture (pcap, little-endian) whose frames end where their IP packet does: tcpflow takes what
/// pads a short frame for payload. Also returns how many frames were longer.
pub(crate) fn without_padding(capture: &[u8]) -> (Vec<u8>, usize) {
    let word = |at: usize| u32::from_le_bytes(*capture[at..].first_chunk::<4>().unwrap()) as usize;
    let (mut trimmed, mut at, mut count) = (capture[..24].to_vec(), 24, 0);
    while at < capture.len() {
        let (head, captured) = (&capture[at..at + 8], word(at + 8));
        let frame = &capture[at + 16..at + 16 + captured];
        at += 16 + captured;
        let kept = &frame[..ip_end(frame).unwrap_or(captured).min(captured)];
        count += usize::from(kept.len() < captured);
        let length = u32::try_from(kept.len()).unwrap().to_le_bytes();
        trimmed.extend([head, &length, &length, kept].concat());
    }
    (trimmed, count)
}

/// Where the IP packet in an Ethernet frame ends, by its own account.
fn ip_end(frame: &[u8]) -> Option<usize> {
    let two = |at: usize| frame.get(at..at + 2).map(|bytes| usize::from(u16::from_be_bytes([bytes[0], bytes[1]])));
    let mut at = 12;
    while matches!(two(at)?, 0x8100 | 0x88a8) {
        at += 4;
    }
    match two(at)? {
        // A length of zero is a segment that the card was to cut up; its end is the frame's.
        0x0800 => Some(at + 2 + two(at + 4).filter(|length| *length != 0)?),
        0x86dd => Some(at + 42 + two(at + 6)?),
        _ => None,
    }
}
