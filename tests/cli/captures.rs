//! What is no capture, or one only in part.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};

use crate::common::{capture, replay};
use crate::one_line;
use crate::small::SMALL;

/// Runs a replay of `bytes` with small tables, on one worker.
fn replay_bytes(directory: &Path, bytes: &[u8]) -> crate::common::Replayed {
    let (file, config) = (directory.join("some.pcap"), directory.join("small.toml"));
    fs::write(&file, bytes).unwrap();
    let text = "[flow]\ncapacity = 1024\n[tcp]\nout_of_order_segments = 64\n[worker]\nring = 64\n";
    fs::write(&config, format!("{SMALL}{text}")).unwrap();
    replay(&[file.as_path(), "--workers".as_ref(), "1".as_ref(), "--config".as_ref(), &config])
}

#[test]
fn what_is_no_capture_gives_one_line_that_says_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"hello, this is text\n").unwrap();
    let program = fs::read(std::env::current_exe().unwrap()).unwrap();
    let cases: [(&[u8], &str); 4] = [
        (b"hello, this is text\n", "not a capture: found text"),
        (program.get(..4096).unwrap(), "not a capture: found an ELF program"),
        (b"", "not a capture: found an empty file"),
        (&gzip.finish().unwrap(), "not a capture: found gzip data that holds text"),
    ];
    for (bytes, expected) in cases {
        one_line(&replay_bytes(directory.path(), bytes).output, 2, expected);
    }
    one_line(&replay(&[directory.path()]).output, 2, "cannot be read: Is a directory");
    let missing = directory.path().join("missing.pcap");
    one_line(&replay(&[&missing]).output, 2, "missing.pcap: cannot be read: No such file or directory");
}

#[test]
fn a_truncated_capture_is_inspected_up_to_there_and_then_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let whole = fs::read(capture("http-leak-v4.pcap")).unwrap();
    let run = replay_bytes(directory.path(), &whole[..3000]);
    let stderr = String::from_utf8_lossy(&run.output.stderr);
    assert_eq!(run.output.status.code(), Some(2), "{stderr}");
    assert!(stderr.ends_with("some.pcap: packet 18 at byte 2079: the file ends in the middle of it\n"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let events = run.events();
    assert_eq!(events.iter().filter(|event| event["event_type"] == "flow").count(), 2);
    assert_eq!(events.iter().rfind(|event| event["event_type"] == "stats").unwrap()["stats"]["decoder"]["pkts"], 17);
}

#[test]
fn a_missing_second_file_leaves_the_events_of_the_first() {
    let run = replay(&[capture("icmp.pcap"), capture("no-such.pcap")]);
    assert_eq!(run.output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.output.stderr).contains("no-such.pcap: cannot be read"));
    assert!(run.events().len() > 1);
}

#[test]
fn a_capture_cut_anywhere_or_followed_by_noise_never_panics() {
    let directory = tempfile::tempdir().unwrap();
    let whole = fs::read(capture("icmp.pcap")).unwrap();
    // At every byte of the file header and the first packet, then at some places further on.
    let lengths = (1..120).chain((120..whole.len()).step_by(1499));
    let cut = lengths.map(|length| whole[..length].to_vec());
    // SplitMix64 from a fixed start: the same noise every time.
    let mut state = 1_u64;
    let mut noise = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).to_le_bytes()
    };
    let noisy: Vec<Vec<u8>> =
        (0..8).map(|_| whole[..24].iter().copied().chain((0..500).flat_map(|_| noise())).collect()).collect();
    // Packets framed rightly, each full of noise.
    let framed: Vec<u8> = whole[..24]
        .iter()
        .copied()
        .chain((0..500_u32).flat_map(|number| {
            let header = [1_700_000_000, number, 64, 64].into_iter().flat_map(u32::to_le_bytes);
            header.chain((0..8).flat_map(|_| noise()).collect::<Vec<_>>()).collect::<Vec<_>>()
        }))
        .collect();
    for bytes in cut.chain(noisy).chain([framed.clone()]) {
        let run = replay_bytes(directory.path(), &bytes);
        let stderr = String::from_utf8_lossy(&run.output.stderr);
        assert!(!stderr.contains("panicked"), "{} bytes: {stderr}", bytes.len());
        assert!(matches!(run.output.status.code(), Some(0 | 2)), "{} bytes: {}", bytes.len(), run.output.status);
        assert!(stderr.lines().count() <= 1, "{} bytes: {stderr}", bytes.len());
    }
    let events = replay_bytes(directory.path(), &framed).succeeded().events();
    let stats = events.iter().rfind(|event| event["event_type"] == "stats").unwrap();
    assert_eq!(stats["stats"]["decoder"]["pkts"], 500);
}
