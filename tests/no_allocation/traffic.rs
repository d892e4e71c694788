//! Captures and made-up connections in memory, the same traffic again and again under other addresses.

use std::path::{Path, PathBuf};

use tidegate::steer::capture::CaptureReader;
use tidegate::wire::{self, LinkType, checksum};
use tidegate::worker::Frame;

/// Time between the beginnings of two turns.
const TURN_NS: u64 = 1_000_000_000_000;
/// Segment size of the made-up connections.
const SEGMENT: usize = 100;

/// A file of `tests/captures`.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(name)
}

struct Packet {
    data: Vec<u8>,
    timestamp_ns: u64,
    wire_len: u32,
    link: LinkType,
}

/// The same packets for each turn, prepared.
pub(crate) struct Traffic {
    turns: Vec<Vec<Packet>>,
}

impl Traffic {
    /// Three turns of `packets`.
    fn new(packets: &[Packet]) -> Self {
        Self { turns: (0..3).map(|turn| packets.iter().map(|packet| renewed(packet, turn)).collect()).collect() }
    }

    fn of_capture(name: &str) -> Self {
        let mut reader = CaptureReader::open(&capture(name)).unwrap();
        let mut packets = Vec::new();
        while let Some(packet) = reader.next().unwrap() {
            let (timestamp_ns, wire_len, link) = (packet.timestamp_ns, packet.wire_len, packet.link);
            packets.push(Packet { data: packet.data.to_vec(), timestamp_ns, wire_len, link });
        }
        Self::new(&packets)
    }

    /// Packets of a turn.
    pub(crate) fn len(&self) -> usize {
        self.turns[0].len()
    }

    /// The packets of turn `number`, counted modulo the turns there are.
    pub(crate) fn frames(&self, number: u32) -> Vec<Frame<'_>> {
        let turn = &self.turns[usize::try_from(number).unwrap() % self.turns.len()];
        let first_ns = turn[0].timestamp_ns;
        let frame = |packet: &Packet| packet.timestamp_ns - first_ns + TURN_NS * u64::from(number + 1);
        turn.iter()
            .map(|packet| Frame {
                data: &packet.data,
                timestamp_ns: frame(packet),
                clock_ns: frame(packet),
                wire_len: packet.wire_len,
                link: packet.link,
                ..Frame::EMPTY
            })
            .collect()
    }

    /// A time by which every flow of turn `number` has timed out.
    pub(crate) fn end_ns(&self, number: u32) -> u64 {
        TURN_NS * u64::from(number + 1) + TURN_NS * 9 / 10
    }
}

/// The packet under other addresses: those of IPv4 differ in the second byte, those of IPv6 in the fourth.
fn renewed(packet: &Packet, turn: u8) -> Packet {
    let mut data = packet.data.clone();
    if let Ok(headers) = wire::parse(packet.link, &data, packet.wire_len, false) {
        let network = usize::try_from(headers.network_at).unwrap();
        let places = if headers.v6 { [network + 8 + 3, network + 24 + 3] } else { [network + 13, network + 17] };
        for place in places {
            data[place] ^= turn;
        }
        if !headers.v6 {
            let header = network..network + usize::from(data[network] & 15) * 4;
            data[network + 10..network + 12].fill(0);
            let sum = checksum::finish(checksum::add(0, &data[header]));
            data[network + 10..network + 12].copy_from_slice(&sum.to_be_bytes());
        }
    }
    Packet { data, ..*packet }
}

/// One side of a made-up connection.
struct Side {
    address: [u8; 4],
    port: u16,
    seq: u32,
}

/// A connection that is being made up.
struct Connection {
    sides: [Side; 2],
    packets: Vec<Packet>,
}

impl Connection {
    /// A connection with its handshake.
    fn open(client_port: u16, server_port: u16, begin_ns: u64) -> Self {
        let side = |last, port, seq| Side { address: [10, 0, 0, last], port, seq };
        let sides = [side(2, client_port, 1_000), side(1, server_port, u32::MAX - 500)];
        let mut connection = Self { sides, packets: Vec::new() };
        connection.push(0, 0x02, &[]);
        connection.push(1, 0x12, &[]);
        connection.push(0, 0x10, &[]);
        for (packet, number) in connection.packets.iter_mut().zip(0..) {
            packet.timestamp_ns = begin_ns + number;
        }
        connection
    }

    /// Appends a packet from side `from`, 1 ms after the one before.
    fn push(&mut self, from: usize, flags: u8, payload: &[u8]) {
        let (source, destination) = (&self.sides[from], &self.sides[1 - from]);
        let total = u16::try_from(40 + payload.len()).unwrap();
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        frame.extend(total.to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        frame.extend(source.address);
        frame.extend(destination.address);
        frame.extend(source.port.to_be_bytes());
        frame.extend(destination.port.to_be_bytes());
        frame.extend(source.seq.to_be_bytes());
        frame.extend(if flags & 0x10 == 0 { 0 } else { destination.seq }.to_be_bytes());
        frame.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        frame.extend(payload);
        let takes = u32::try_from(payload.len()).unwrap() + u32::from(flags & 0x03 != 0);
        self.sides[from].seq = self.sides[from].seq.wrapping_add(takes);
        let timestamp_ns = self.packets.last().map_or(0, |packet| packet.timestamp_ns + 1_000_000);
        let wire_len = u32::try_from(frame.len()).unwrap();
        self.packets.push(Packet { data: frame, timestamp_ns, wire_len, link: LinkType::Ethernet });
    }

    /// Appends `text` in segments. `disorder` swaps neighbours and repeats every fifth; returns their places.
    fn say(&mut self, from: usize, text: &[u8], disorder: bool) -> std::ops::Range<usize> {
        let begin = self.packets.len();
        for piece in text.chunks(SEGMENT) {
            self.push(from, 0x18, piece);
        }
        if disorder {
            for pair in self.packets[begin..].chunks_mut(2) {
                if let [first, second] = pair {
                    std::mem::swap(&mut first.data, &mut second.data);
                    std::mem::swap(&mut first.wire_len, &mut second.wire_len);
                }
            }
            for place in (begin..self.packets.len()).step_by(5) {
                let packet = &self.packets[place];
                let (data, wire_len, link) = (packet.data.clone(), packet.wire_len, packet.link);
                let timestamp_ns = self.packets.last().unwrap().timestamp_ns + 1_000_000;
                self.packets.push(Packet { data, timestamp_ns, wire_len, link });
            }
        }
        begin..self.packets.len()
    }

    fn close(&mut self) {
        self.push(0, 0x11, &[]);
        self.push(1, 0x11, &[]);
        self.push(0, 0x10, &[]);
    }
}

/// The planted document.
fn leak() -> Vec<u8> {
    std::fs::read(capture("leak.txt")).unwrap()
}

/// Requests and responses on one connection, out of order, half of the responses chunked; the sequence numbers wrap. In the
/// requests there is something to undo.
fn keep_alive() -> Vec<Packet> {
    let mut connection = Connection::open(50_000, 80, 0);
    let body = leak();
    for number in 0..10 {
        let fields = "Host: server.example\r\nAuthorization: Basic YWxpY2U6YSBsb25nIHBhc3N3b3Jk";
        connection.say(0, format!("GET /{number}?q=a%20b HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes(), false);
        let mut response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n".to_vec();
        if number % 2 == 0 {
            response.extend(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            response.extend(&body);
        } else {
            response.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            for piece in body.chunks(37) {
                response.extend(format!("{:x}\r\n", piece.len()).as_bytes());
                response.extend(piece);
                response.extend(b"\r\n");
            }
            response.extend(b"0\r\n\r\n");
        }
        connection.say(1, &response, true);
    }
    connection.close();
    connection.packets
}

/// A plain stream of which a segment never comes: the hole times out, and what is behind it is delivered.
fn with_a_hole() -> Vec<Packet> {
    let mut connection = Connection::open(50_001, 9_000, 0);
    let text = leak();
    let sent = connection.say(0, &text, false);
    connection.packets.remove(sent.start + 3);
    let last = connection.packets.last().unwrap().timestamp_ns;
    connection.push(0, 0x18, b"Project Tern, after a while");
    connection.packets.last_mut().unwrap().timestamp_ns = last + 3_000_000_000;
    connection.packets
}

/// Every kind of traffic: name, packets, and the flows and alerts that they are.
pub(crate) fn all() -> Vec<(&'static str, Traffic, u32, u32)> {
    let captures = [
        ("http-leak-v4.pcap", 4, 1),
        ("http-leak-v6.pcap", 7, 2),
        ("http-chunked.pcap", 4, 3),
        ("http-keepalive.pcap", 9, 5),
        ("http-loss.pcap", 5, 2),
        ("smtp-leak.pcap", 3, 2),
        ("udp-leak.pcap", 7, 2),
        ("vlan.pcap", 10, 4),
        ("resets.pcap", 14, 0),
        ("icmp.pcap", 7, 0),
        ("ranges/connections.pcap", 3, 1),
        ("ranges/reset.pcap", 3, 1),
        ("http2-upgrade.pcap", 2, 2),
        ("shares/smb.pcap", 3, 2),
        ("shares/smb-dialects.pcap", 5, 5),
        ("shares/smb-encrypted.pcap", 1, 0),
        ("shares/nfs.pcap", 8, 2),
    ];
    let mut all: Vec<_> =
        captures.iter().map(|(name, flows, alerts)| (*name, Traffic::of_capture(name), *flows, *alerts)).collect();
    all.push(("keep-alive", Traffic::new(&keep_alive()), 1, 1));
    all.push(("hole", Traffic::new(&with_a_hole()), 1, 1));
    all
}
