//! What tshark says about the TCP segments of a capture, and what follows from it about a connection.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::dissectors;

const FIELDS: [&str; 14] = [
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.flags",
    "tcp.len",
    "ip.flags.mf",
    "_ws.expert.message",
    "tcp.payload",
    "frame.time_epoch",
];

/// One segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) protocols: String,
    /// It has an IP header in an IP packet.
    pub(crate) inside: bool,
    pub(crate) fragment: bool,
    /// tshark says that its lengths are wrong.
    pub(crate) damaged: bool,
    /// Seconds.
    pub(crate) time: f64,
    pub(crate) seq: u32,
    pub(crate) flags: u16,
    pub(crate) length: usize,
    pub(crate) payload: Vec<u8>,
}

/// The segments of each sender and receiver, in the order of the capture.
pub(crate) type Directions = BTreeMap<String, Vec<Segment>>;

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// An end as tcpflow writes it.
fn end(address: &str, port: &str) -> String {
    let port: u16 = port.parse().unwrap();
    match address.parse().unwrap() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{a:03}.{b:03}.{c:03}.{d:03}.{port:05}")
        }
        IpAddr::V6(address) => format!("{address}.{port:05}"),
    }
}

/// Runs tshark; `None` when it is not installed.
pub(crate) fn of(capture: &Path) -> Option<Directions> {
    let Some(profile) = dissectors::headers_only() else {
        super::mix::skipped("tshark is not installed");
        return None;
    };
    let mut command = Command::new("tshark");
    command.env("WIRESHARK_CONFIG_DIR", profile.path()).arg("-r").arg(capture).arg("-n");
    for preference in ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE"] {
        command.args(["-o", preference]);
    }
    command.args(["-Y", "tcp", "-T", "fields"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let mut directions = Directions::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let first = |number: usize| columns[number].split(',').next().unwrap();
        let (source, destination) = if columns[1].is_empty() { (3, 4) } else { (1, 2) };
        let several = [1, 3, 5].iter().any(|number| columns[*number].contains(','));
        let mixed = !columns[1].is_empty() && !columns[3].is_empty();
        let quoted = columns[0].contains("icmp");
        let name = format!("{}-{}", end(first(source), first(5)), end(first(destination), first(6)));
        let flags = u16::from_str_radix(first(8).trim_start_matches("0x"), 16).unwrap_or(0);
        directions.entry(name).or_default().push(Segment {
            protocols: columns[0].to_owned(),
            inside: several || mixed || quoted,
            fragment: first(10) == "1" || first(10) == "True",
            damaged: columns[11].contains("ogus") || columns[11].contains("exceeds"),
            time: first(13).parse().unwrap(),
            seq: first(7).parse().unwrap_or(0),
            flags,
            length: first(9).parse().unwrap_or(0),
            payload: hex(first(12)),
        });
    }
    Some(directions)
}
