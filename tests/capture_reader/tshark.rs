//! tshark reads the same file and has to see the same packets.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tidegate::steer::capture::CaptureReader;

use crate::skipped;

/// Number of packets and the sums of their times, lengths on the wire and captured lengths.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    packets: u64,
    time_ns: u128,
    wire_bytes: u64,
    captured_bytes: u64,
}

fn ours(file: &Path) -> Sums {
    let mut sums = Sums::default();
    let mut reader = CaptureReader::open(file).unwrap();
    while let Some(packet) = reader.next().unwrap() {
        sums.packets += 1;
        sums.time_ns += u128::from(packet.timestamp_ns);
        sums.wire_bytes += u64::from(packet.wire_len);
        sums.captured_bytes += packet.data.len() as u64;
    }
    sums
}

/// What tshark says; `None` when there is no tshark.
fn theirs(file: &Path) -> Option<Sums> {
    // Without the dissectors, which are not what is compared, only the frame's own fields are left.
    let fields = ["-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"];
    let mut child = Command::new("tshark")
        .args(["-n", "--disable-protocol", "eth", "-T", "fields"])
        .args(fields)
        .arg("-r")
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut sums = Sums::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let [time, wire, captured] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("tshark said {line:?}") };
        let (seconds, fraction) = time.split_once('.').unwrap();
        assert_eq!(fraction.len(), 9, "tshark said {line:?}");
        sums.packets += 1;
        sums.time_ns += seconds.parse::<u128>().unwrap() * 1_000_000_000 + fraction.parse::<u128>().unwrap();
        sums.wire_bytes += wire.parse::<u64>().unwrap();
        sums.captured_bytes += captured.parse::<u64>().unwrap();
    }
    assert!(child.wait().unwrap().success(), "tshark failed");
    Some(sums)
}

#[test]
fn agrees_with_tshark_on_the_public_mix() {
    let shared = env::var_os("TIDEGATE_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let file = shared.join("pcaps/public-mix.pcap");
    if !file.exists() {
        skipped(&format!("{} is not there", file.display()));
        return;
    }
    let Some(theirs) = theirs(&file) else {
        skipped("tshark is not installed");
        return;
    };
    assert!(theirs.packets > 0);
    assert_eq!(ours(&file), theirs);
}
