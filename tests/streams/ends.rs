//! `end` in the report: each reason, told once for each direction.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use etherparse::PacketBuilder;
use serde_json::Value;

use super::common::replay;
use crate::small::SMALL;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A capture that grows, a millisecond a packet.
struct Capture {
    bytes: Vec<u8>,
    now_us: u64,
}

/// Connections are told apart by the client's port; the initial numbers of both sides are 1000 and 5000.
impl Capture {
    fn new() -> Self {
        let words: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1];
        Self { bytes: words.iter().flat_map(|word| word.to_le_bytes()).collect(), now_us: 1_700_000_000_000_000 }
    }

    fn send(&mut self, port: u16, from_client: bool, flags: u8, (seq, ack): (u32, u32), payload: &[u8]) {
        let (hosts, ports) = if from_client {
            (([192, 0, 2, 1], [198, 51, 100, 2]), (port, 443))
        } else {
            (([198, 51, 100, 2], [192, 0, 2, 1]), (443, port))
        };
        let ip = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ipv4(hosts.0, hosts.1, 64);
        let mut tcp = ip.tcp(ports.0, ports.1, seq, 8192);
        if flags & FIN != 0 {
            tcp = tcp.fin();
        }
        if flags & SYN != 0 {
            tcp = tcp.syn();
        }
        if flags & RST != 0 {
            tcp = tcp.rst();
        }
        if flags & ACK != 0 {
            tcp = tcp.ack(ack);
        }
        let mut frame = Vec::new();
        tcp.write(&mut frame, payload).unwrap();
        let length = u32::try_from(frame.len()).unwrap();
        self.now_us += 1000;
        let (seconds, micros) = ((self.now_us / 1_000_000) as u32, (self.now_us % 1_000_000) as u32);
        self.bytes.extend([seconds, micros, length, length].iter().flat_map(|word| word.to_le_bytes()));
        self.bytes.extend(frame);
    }

    fn client(&mut self, port: u16, flags: u8, seq: u32, payload: &[u8]) {
        self.send(port, true, flags, (1000 + seq, 5001), payload);
    }

    /// `ack`: how many of the client's numbers it acknowledges.
    fn server(&mut self, port: u16, flags: u8, seq: u32, ack: u32, payload: &[u8]) {
        self.send(port, false, flags, (5000 + seq, 1000 + ack), payload);
    }

    /// A handshake.
    fn open(&mut self, port: u16) {
        self.client(port, SYN, 0, b"");
        self.server(port, SYN | ACK, 0, 1, b"");
        self.client(port, ACK, 1, b"");
    }

    /// A handshake, and four bytes each way.
    fn talk(&mut self, port: u16) {
        self.open(port);
        self.client(port, ACK, 1, b"ping");
        self.server(port, ACK, 1, 5, b"pong");
        self.client(port, ACK, 5, b"");
    }

    /// The report's lines, by client port and direction; connections of the same ports in the order of their beginning.
    fn report(&self, config: &str) -> BTreeMap<(u64, String), Vec<Value>> {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let tables = "flow.capacity = 1024\nflow.half_open = 1024\nworker.ring = 256\n";
        fs::write(path("sensor.toml"), format!("{SMALL}{tables}{config}\n")).unwrap();
        fs::write(path("ends.pcap"), &self.bytes).unwrap();
        let options = ["--streams", "--config", "--workers", "1"].map(Path::new);
        let (streams, sensor) = (path("streams"), path("sensor.toml"));
        let arguments = [&path("ends.pcap"), options[0], &streams, options[1], &sensor, options[2], options[3]];
        let _ = replay(&arguments).succeeded();
        let report = fs::read_to_string(streams.join("report.json")).unwrap();
        let mut lines: BTreeMap<_, Vec<Value>> = BTreeMap::new();
        for line in report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let port = if line["direction"] == "to_server" { "src_port" } else { "dest_port" };
            let key = (line[port].as_u64().unwrap(), line["direction"].as_str().unwrap().to_owned());
            lines.entry(key).or_default().push(line);
        }
        for list in lines.values_mut() {
            list.sort_by_key(|line| line["start"].as_str().unwrap().to_owned());
        }
        lines
    }

    /// What the report says of the ends of the connection from `port`: to the server, and to the client.
    #[track_caller]
    fn expect(&self, config: &str, port: u64, to_server: &[&str], to_client: &[&str]) {
        let report = self.report(config);
        for (direction, expected) in [("to_server", to_server), ("to_client", to_client)] {
            let lines = report.get(&(port, direction.to_owned())).map_or(&[][..], Vec::as_slice);
            let ends: Vec<_> = lines.iter().map(|line| line["end"].as_str().unwrap()).collect();
            assert_eq!(ends, expected, "{direction}: {lines:?}");
        }
    }
}

#[test]
fn a_fin_ends_its_own_direction() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.client(40_001, FIN | ACK, 5, b"");
    capture.expect("", 40_001, &["fin"], &["shutdown"]);
    capture.server(40_001, FIN | ACK, 5, 6, b"");
    capture.client(40_001, ACK, 6, b"");
    capture.expect("", 40_001, &["fin"], &["fin"]);
}

#[test]
fn a_reset_ends_both_directions_that_have_not_ended() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.server(40_001, RST | ACK, 5, 5, b"");
    capture.expect("", 40_001, &["rst"], &["rst"]);
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.client(40_001, FIN | ACK, 5, b"");
    capture.server(40_001, RST | ACK, 5, 6, b"");
    capture.expect("", 40_001, &["fin"], &["rst"]);
}

#[test]
fn a_refused_reset_ends_nothing() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.server(40_001, RST | ACK, 4_000_000, 5, b"");
    capture.expect("", 40_001, &["shutdown"], &["shutdown"]);
}

#[test]
fn silence_ends_a_session() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.now_us += 24 * 3_600_000_000;
    capture.client(40_002, ACK, 1, b"a day later");
    capture.expect("", 40_001, &["timeout"], &["timeout"]);
    capture.expect("", 40_002, &["shutdown"], &[]);
}

#[test]
fn depth_ends_what_is_longer() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.client(40_001, ACK, 5, b"more");
    capture.client(40_001, FIN | ACK, 9, b"");
    capture.expect("tcp.depth_to_server = \"6 B\"", 40_001, &["depth"], &["shutdown"]);
    capture.expect("tcp.depth_to_server = \"8 B\"", 40_001, &["fin"], &["shutdown"]);
}

#[test]
fn a_tls_session_is_stopped_after_its_handshake() {
    // A ClientHello (RFC 8446 section 4.1.2) with nothing in it, a change of cipher, application data.
    let hello = [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let secret = [20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 4, 1, 2, 3, 4];
    let mut capture = Capture::new();
    capture.open(40_001);
    capture.client(40_001, ACK, 1, &hello);
    let sent = 1 + hello.len() as u32;
    capture.server(40_001, ACK, 1, sent, b"");
    capture.client(40_001, ACK, sent, &secret);
    capture.client(40_001, FIN | ACK, sent + secret.len() as u32, b"");
    capture.expect("", 40_001, &["stopped"], &["shutdown"]);
    capture.expect("tls.handshake_only = false", 40_001, &["fin"], &["shutdown"]);
}

#[test]
fn a_new_connection_on_the_same_ports_ends_the_old_one() {
    let mut capture = Capture::new();
    capture.talk(40_001);
    capture.client(40_001, SYN, 1_000_000, b"");
    capture.server(40_001, SYN | ACK, 2_000_000, 1_000_001, b"");
    capture.client(40_001, ACK, 1_000_001, b"again");
    capture.expect("", 40_001, &["tcp_reuse", "shutdown"], &["tcp_reuse", "shutdown"]);
}

#[test]
fn a_session_whose_place_is_needed_is_forced_out() {
    let mut capture = Capture::new();
    for port in 0..1100 {
        capture.client(20_000 + port, ACK, 1, b"one way");
    }
    let report = capture.report("flow.overload = \"recycle\"");
    let ends: Vec<_> = report.values().flatten().map(|line| line["end"].as_str().unwrap()).collect();
    let forced = ends.iter().filter(|end| **end == "forced").count();
    assert!(forced >= 1100 - 1024, "{forced}");
    assert_eq!(forced + ends.iter().filter(|end| **end == "shutdown").count(), 1100);
}

#[test]
fn a_direction_that_carried_nothing_has_an_end_and_one_that_was_not_seen_has_none() {
    let mut capture = Capture::new();
    capture.open(40_001);
    capture.client(40_001, ACK, 1, b"question");
    capture.client(40_001, FIN | ACK, 9, b"");
    capture.expect("", 40_001, &["fin"], &["shutdown"]);
    let line = &capture.report("")[&(40_001, "to_client".to_owned())][0];
    assert_eq!((&line["file"], &line["bytes"]), (&Value::Null, &Value::from(0)));
    // Only the way back is tapped.
    let mut capture = Capture::new();
    capture.server(40_001, SYN | ACK, 0, 1, b"");
    capture.server(40_001, ACK, 1, 1, b"answer");
    capture.server(40_001, RST | ACK, 7, 1, b"");
    capture.expect("", 40_001, &[], &["rst"]);
}
