//! Packets of one connection, made by hand, and what the program reads of them.

use std::fs;
use std::net::Ipv6Addr;

use etherparse::{IpNumber, Ipv4Header, TcpHeader};
use serde_json::Value;

use super::common::{capture, replay};
use crate::small::SMALL;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;
pub(crate) const URG: u8 = 0x20;

/// What the dictionary of these tests looks for.
pub(crate) const KEYWORD: &str = "attack";

/// Small tables, and that dictionary; its path goes behind.
const DICTIONARY: &str = "flow.capacity = 16384\nflow.half_open = 1024\n\
                     worker.ring = 256\ntcp.out_of_order_segments = 64\ntcp.overlap_history = 256\n\
                     defrag.packets = 16\ndefrag.large_packets = 4\n[[dictionary]]\nfile = ";

/// One TCP segment; its numbers are relative to the initial ones of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) from_client: bool,
    pub(crate) flags: u8,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) payload: Vec<u8>,
    pub(crate) window: u16,
    pub(crate) ttl: u8,
    pub(crate) urgent: u16,
    /// As they stand in the header; a multiple of four bytes.
    pub(crate) options: Vec<u8>,
    pub(crate) wrong_checksum: bool,
}

/// A client's segment.
pub(crate) fn client(seq: u32, payload: &str) -> Segment {
    Segment {
        from_client: true,
        flags: ACK | PSH,
        seq,
        ack: 1,
        payload: payload.as_bytes().to_vec(),
        window: 8192,
        ttl: 64,
        urgent: 0,
        options: Vec::new(),
        wrong_checksum: false,
    }
}

/// A server's segment.
pub(crate) fn server(seq: u32, ack: u32, payload: &str) -> Segment {
    Segment { from_client: false, ack, ttl: 60, ..client(seq, payload) }
}

/// The timestamps option as everyone sends it.
pub(crate) fn timestamps(value: u32) -> Vec<u8> {
    [[1, 1, 8, 10], value.to_be_bytes(), [0; 4]].concat()
}

/// A connection's packets, in the order in which a tap shows them.
pub(crate) struct Connection {
    pub(crate) v6: bool,
    /// Initial sequence numbers of client and server.
    pub(crate) isns: [u32; 2],
    /// Lines of configuration, with dotted keys.
    pub(crate) config: String,
    pub(crate) frames: Vec<Vec<u8>>,
}

/// What the program made of it.
pub(crate) struct Seen {
    /// What each side's application reads; holes are zeros.
    pub(crate) to_server: String,
    pub(crate) to_client: String,
    /// Names of the anomalies, each once, in order.
    pub(crate) anomalies: Vec<String>,
    /// How many events they are.
    pub(crate) told: usize,
    /// Of each overlap with other bytes, the version that counts.
    pub(crate) kept: Vec<String>,
    /// The keyword was found.
    pub(crate) found: bool,
    stats: Value,
}

impl Seen {
    /// A counter of the last `stats` event.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let path = format!("/stats/{}", name.replace('.', "/"));
        self.stats.pointer(&path).and_then(Value::as_u64).unwrap_or(0)
    }
}

impl Connection {
    pub(crate) fn new(v6: bool) -> Self {
        Self { v6, isns: [1000, 9000], config: String::new(), frames: Vec::new() }
    }

    /// After its handshake.
    pub(crate) fn open(v6: bool) -> Self {
        let mut connection = Self::new(v6);
        connection.handshake(&[]);
        connection
    }

    /// A handshake in which both sides send the same options.
    pub(crate) fn handshake(&mut self, options: &[u8]) {
        let options = options.to_vec();
        self.send(&Segment { flags: SYN, options: options.clone(), ..client(0, "") });
        self.send(&Segment { flags: SYN | ACK, options: options.clone(), ..server(0, 1, "") });
        let options = if options.starts_with(&[1, 1, 8]) { options } else { Vec::new() };
        self.send(&Segment { flags: ACK, options, ..client(1, "") });
    }

    fn hosts(&self, from_client: bool) -> (Vec<u8>, Vec<u8>) {
        let host = |last: u8| -> Vec<u8> {
            if self.v6 {
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()).octets().to_vec()
            } else {
                vec![192, 0, 2, last]
            }
        };
        if from_client { (host(1), host(2)) } else { (host(2), host(1)) }
    }

    /// The TCP header and payload of a segment.
    pub(crate) fn tcp(&self, segment: &Segment) -> Vec<u8> {
        let Segment { from_client, flags, seq, ack, payload, window, urgent, options, wrong_checksum, .. } = segment;
        let ports = if *from_client { (40_000, 7777) } else { (7777, 40_000) };
        let [own, other] = if *from_client { self.isns } else { [self.isns[1], self.isns[0]] };
        let mut header = TcpHeader::new(ports.0, ports.1, own.wrapping_add(*seq), *window);
        header.acknowledgment_number = if flags & ACK == 0 { 0 } else { other.wrapping_add(*ack) };
        header.urgent_pointer = *urgent;
        header.set_options_raw(options).unwrap();
        (header.fin, header.syn, header.rst) = (flags & FIN != 0, flags & SYN != 0, flags & RST != 0);
        (header.psh, header.ack, header.urg) = (flags & PSH != 0, flags & ACK != 0, flags & URG != 0);
        let (src, dest) = self.hosts(*from_client);
        let sum = match (<[u8; 4]>::try_from(src.as_slice()), <[u8; 4]>::try_from(dest.as_slice())) {
            (Ok(src), Ok(dest)) => header.calc_checksum_ipv4_raw(src, dest, payload),
            _ => header.calc_checksum_ipv6_raw(src.try_into().unwrap(), dest.try_into().unwrap(), payload),
        };
        header.checksum = sum.unwrap() ^ if *wrong_checksum { 0x5a5a } else { 0 };
        let mut bytes = Vec::new();
        header.write(&mut bytes).unwrap();
        bytes.extend(payload);
        bytes
    }

    /// A frame of an IPv4 packet; `fragment` is the offset in bytes and whether more follow.
    pub(crate) fn ipv4(&self, from_client: bool, ttl: u8, fragment: (u16, bool), id: u16, payload: &[u8]) -> Vec<u8> {
        let (src, dest) = self.hosts(from_client);
        let length = u16::try_from(payload.len()).unwrap();
        let mut header =
            Ipv4Header::new(length, ttl, IpNumber::TCP, src.try_into().unwrap(), dest.try_into().unwrap()).unwrap();
        header.identification = id;
        header.dont_fragment = false;
        header.more_fragments = fragment.1;
        header.fragment_offset = (fragment.0 / 8).try_into().unwrap();
        let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        header.write(&mut bytes).unwrap();
        bytes.extend(payload);
        bytes
    }

    /// A frame of an IPv6 packet; `next` is what its payload begins with.
    fn ipv6(&self, from_client: bool, hops: u8, next: u8, payload: &[u8]) -> Vec<u8> {
        let (src, dest) = self.hosts(from_client);
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, length[0], length[1], next, hops];
        [head.as_slice(), &src, &dest, payload].concat()
    }

    /// A segment in a packet of its own.
    pub(crate) fn send(&mut self, segment: &Segment) {
        let tcp = self.tcp(segment);
        let frame = if self.v6 {
            self.ipv6(segment.from_client, segment.ttl, 6, &tcp)
        } else {
            self.ipv4(segment.from_client, segment.ttl, (0, false), 0, &tcp)
        };
        self.frames.push(frame);
    }

    /// A fragment of the client's packet `id`.
    pub(crate) fn fragment(&mut self, id: u16, offset: u16, more: bool, payload: &[u8]) {
        let frame = if self.v6 {
            let field = (offset | u16::from(more)).to_be_bytes();
            let id = id.to_be_bytes();
            let head = [6, 0, field[0], field[1], 0, 0, id[0], id[1]];
            self.ipv6(true, 64, 44, &[head.as_slice(), payload].concat())
        } else {
            self.ipv4(true, 64, (offset, more), id, payload)
        };
        self.frames.push(frame);
    }

    /// A frame as it stands.
    pub(crate) fn raw(&mut self, frame: Vec<u8>) {
        self.frames.push(frame);
    }

    /// A capture of the frames, a millisecond apart.
    fn capture(&self) -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1]);
        for (number, frame) in (0_u32..).zip(&self.frames) {
            let length = u32::try_from(frame.len()).unwrap();
            file.extend(words(&[1_700_000_000 + number / 1000, number % 1000 * 1000, length, length]));
            file.extend(frame);
        }
        file
    }

    /// What the program makes of it.
    pub(crate) fn replay(&self) -> Seen {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let words = capture("../evasion/words.toml");
        fs::write(path("sensor.toml"), format!("{}{SMALL}{DICTIONARY}{words:?}\n", self.config)).unwrap();
        fs::write(path("evasion.pcap"), self.capture()).unwrap();
        let arguments =
            [path("evasion.pcap"), "--streams".into(), path("streams"), "--config".into(), path("sensor.toml")];
        let events = replay(&arguments).succeeded().events();
        let report = fs::read_to_string(path("streams/report.json")).unwrap();
        let mut texts = [String::new(), String::new()];
        for line in report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if let Some(name) = line["file"].as_str() {
                let content = fs::read(path("streams").join(name)).unwrap();
                texts[usize::from(line["direction"] == "to_client")] += &String::from_utf8(content).unwrap();
            }
        }
        let of = |kind: &str| events.iter().filter(|event| event["event_type"] == kind).collect::<Vec<_>>();
        let name = |event: &&Value| event["anomaly"]["event"].as_str().unwrap().to_owned();
        let kept = |event: &&Value| event["tidegate"]["overlap"]["kept"].as_str().map(str::to_owned);
        let kept = of("anomaly").iter().filter_map(kept).collect();
        // What these streams say is no protocol, which the parsers tell too.
        let stream = of("anomaly").into_iter().filter(|event| event["anomaly"]["type"] != "applayer");
        let mut anomalies: Vec<_> = stream.map(|event| name(&event)).collect();
        let told = anomalies.len();
        anomalies.sort_unstable();
        anomalies.dedup();
        let [to_server, to_client] = texts;
        let stats = (*of("stats").last().unwrap()).clone();
        Seen { to_server, to_client, anomalies, told, kept, found: !of("alert").is_empty(), stats }
    }
}

/// Checks what the server's application reads, that the keyword is found when it is there, and which anomalies are told;
/// `stream.` stands before those without a prefix.
#[track_caller]
pub(crate) fn check(connection: &Connection, text: &str, anomalies: &[&str]) -> Seen {
    let family = if connection.v6 { "IPv6" } else { "IPv4" };
    let seen = connection.replay();
    assert_eq!(seen.to_server, text, "{family}");
    let full = |name: &&str| if name.starts_with("decoder.") { (*name).to_owned() } else { format!("stream.{name}") };
    let expected: Vec<_> = anomalies.iter().map(full).collect();
    assert_eq!(seen.anomalies, expected, "{family}");
    let there = text.contains(KEYWORD) || seen.to_client.contains(KEYWORD);
    assert_eq!(seen.found, there, "{family}: the keyword");
    seen
}
