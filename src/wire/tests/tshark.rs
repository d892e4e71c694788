//! Forged resets as tshark sees them.

use std::io::ErrorKind;
use std::process::Command;

use super::forge::{forge, triggers};
use crate::wire::forge::Target;

/// A pcap file (draft-ietf-opsawg-pcap) of Ethernet frames.
fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for frame in frames {
        let len = frame.len() as u32;
        for word in [1, 0, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// What tshark's fields are for each frame; `None` when there is no tshark.
fn tshark(frames: &[Vec<u8>], fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("forged.pcap");
    std::fs::write(&path, pcap(frames)).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path).args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]);
    command.args(["-T", "fields", "-E", "separator=;"]).args(fields.iter().flat_map(|field| ["-e", field]));
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("tshark does not start: {error}"),
    };
    let diagnostics = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark: {diagnostics}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.split(';').map(str::to_owned).collect()).collect())
}

#[test]
#[allow(clippy::print_stderr)] // says why nothing was compared
fn tshark_finds_all_checksums_good() {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    for trigger in triggers() {
        for target in [Target::Receiver, Target::Sender] {
            frames.push(forge(&trigger.frame, target).bytes().to_vec());
        }
    }
    let good = frames.len();
    // One frame whose checksum is wrong shows that tshark looks.
    let mut bad = frames[0].clone();
    bad[14 + 20 + 16] ^= 1;
    frames.push(bad);
    let fields = ["ip.version", "ip.checksum.status", "tcp.checksum.status", "tcp.flags.reset", "tcp.len"];
    let Some(lines) = tshark(&frames, &fields) else {
        eprintln!("skipped: tshark is not installed");
        return;
    };
    assert_eq!(lines.len(), frames.len());
    for (number, line) in lines.iter().enumerate() {
        let [version, ip, tcp, reset, len] = line.as_slice() else { panic!("frame {number}: {line:?}") };
        // Statuses: 0 bad, 1 good; IPv6 has no header checksum, and no ip.version.
        assert!(matches!((version.as_str(), ip.as_str()), ("4", "1") | ("6" | "", "")), "frame {number}: {line:?}");
        assert_eq!(tcp, if number < good { "1" } else { "0" }, "frame {number}");
        assert!(matches!(reset.as_str(), "1" | "True"), "frame {number}: {line:?}");
        assert_eq!(len, "0", "frame {number}");
    }
}
