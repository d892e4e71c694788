//! tshark with nothing switched on but what stands before a payload.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The dissectors that are left on: what stands before a payload. Those for payloads would find more
/// streams, in UDP tunnels and for media sessions that other streams announce; which ones depends on
/// tshark's version.
const DISSECTORS: [&str; 23] = [
    "frame",
    "eth",
    "ethertype",
    "llc",
    "vlan",
    "ieee8021ad",
    "mpls",
    "raw",
    "null",
    "loop",
    "sll",
    "ip",
    "ipv6",
    "ipv6.hopopts",
    "ipv6.routing",
    "ipv6.dstopts",
    "ipv6.fraghdr",
    "ah",
    "tcp",
    "udp",
    "icmp",
    "icmpv6",
    "data",
];

/// The names of all dissectors that are to be off; `None` when there is no tshark.
fn switched_off() -> Option<&'static str> {
    static OFF: OnceLock<Option<String>> = OnceLock::new();
    OFF.get_or_init(|| {
        let all = Command::new("tshark").args(["-G", "protocols"]).stderr(Stdio::null()).output().ok()?;
        let all = String::from_utf8(all.stdout).unwrap();
        let names = all.lines().filter_map(|line| line.split('\t').nth(2));
        let off: Vec<_> = names.filter(|name| !DISSECTORS.contains(name)).collect();
        assert!(off.len() > 1000, "tshark -G protocols named {} protocols", off.len());
        Some(off.join("\n"))
    })
    .as_deref()
}

/// A profile (`WIRESHARK_CONFIG_DIR`) in which the dissectors for payloads are off; `None` when there is no tshark.
pub(crate) fn headers_only() -> Option<TempDir> {
    let profile = tempfile::tempdir().unwrap();
    fs::write(profile.path().join("disabled_protos"), switched_off()?).unwrap();
    Some(profile)
}
