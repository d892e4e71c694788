//! Streams of captures without loss, and a sink that keeps what it is given.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::event::record::{Layout, Value, fields};
use tidegate::proto::tftp::Tftp;
use tidegate::proto::{Content, Expected, Guess, HEAD_BYTES, Heads, Object, Parser, Port, Sink};
use tidegate::steer::capture::CaptureReader;

/// A file beside the captures.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/mail").join(name)
}

/// Its bytes.
pub(crate) fn file(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

/// A connection, or the datagrams between two ports: who spoke first is its client.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) turns: Vec<(Direction, Vec<u8>)>,
    next: [Option<u32>; 2],
}

impl Stream {
    /// What a direction sent.
    pub(crate) fn bytes(&self, direction: Direction) -> Vec<u8> {
        self.turns.iter().filter(|(way, _)| *way == direction).flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// What is known of it when both sides have spoken once.
    pub(crate) fn heads(&self) -> Heads<'_> {
        let first = |direction| {
            let turn = self.turns.iter().find(|(way, _)| *way == direction);
            turn.map_or(&[][..], |(_, bytes)| &bytes[..bytes.len().min(HEAD_BYTES)])
        };
        Heads { to_server: first(ToServer), to_client: first(ToClient) }
    }

    /// All of it in the order of its packets.
    pub(crate) fn feed(&self, parser: &mut dyn Parser) -> Kept {
        let mut kept = Kept::default();
        for (direction, bytes) in &self.turns {
            kept.direction = *direction;
            parser.push(*direction, bytes, &mut kept);
        }
        for direction in [ToServer, ToClient] {
            kept.direction = direction;
            parser.end(direction, true, &mut kept);
        }
        assert!(!parser.was_mistaken());
        kept
    }
}

/// What comes of several streams of a protocol.
pub(crate) fn objects<P: Parser>(
    streams: &[Stream],
    guess: impl Fn(&Heads<'_>) -> Guess,
    parser: impl Fn() -> P,
) -> Kept {
    let mut all = Kept::default();
    assert!(!streams.is_empty());
    for stream in streams {
        assert_eq!(guess(&stream.heads()), Guess::Yes);
        let kept = stream.feed(&mut parser());
        all.objects.extend(kept.objects);
        all.anomalies.extend(kept.anomalies);
        all.text.push_str(&kept.text);
    }
    all
}

/// TCP connections of a capture to a server's port (0: any), retransmissions left out.
pub(crate) fn streams(name: &str, port: u16) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::new();
    each_packet(name, |source, dest, transport| {
        let TransportSlice::Tcp(tcp) = transport else { return };
        if tcp.syn() && !tcp.ack() {
            streams.push(Stream { client: source, server: dest, turns: Vec::new(), next: [None; 2] });
        }
        let Some((stream, direction)) = find(&mut streams, source, dest) else { return };
        let next = &mut stream.next[direction.index()];
        let begin = tcp.sequence_number().wrapping_add(u32::from(tcp.syn()));
        let expected = *next.get_or_insert(begin);
        let payload = tcp.payload();
        if payload.is_empty() || begin.wrapping_sub(expected) > u32::MAX / 2 {
            return;
        }
        assert_eq!(begin, expected, "{name} has a hole");
        *next = Some(begin.wrapping_add(u32::try_from(payload.len()).unwrap()));
        stream.turns.push((direction, payload.to_vec()));
    });
    streams.retain(|stream| port == 0 || stream.server.port() == port);
    streams
}

/// Datagrams of a capture.
pub(crate) fn datagrams(name: &str) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::new();
    each_packet(name, |source, dest, transport| {
        let TransportSlice::Udp(udp) = transport else { return };
        if find(&mut streams, source, dest).is_none() {
            streams.push(Stream { client: source, server: dest, turns: Vec::new(), next: [None; 2] });
        }
        let (stream, direction) = find(&mut streams, source, dest).unwrap();
        stream.turns.push((direction, udp.payload().to_vec()));
    });
    streams
}

fn find(streams: &mut [Stream], source: SocketAddr, dest: SocketAddr) -> Option<(&mut Stream, Direction)> {
    streams.iter_mut().rev().find_map(|stream| match (stream.client, stream.server) {
        (client, server) if (client, server) == (source, dest) => Some((stream, ToServer)),
        (client, server) if (server, client) == (source, dest) => Some((stream, ToClient)),
        _ => None,
    })
}

fn each_packet(name: &str, mut take: impl FnMut(SocketAddr, SocketAddr, &TransportSlice<'_>)) {
    let mut reader = CaptureReader::open(&path(name)).unwrap();
    while let Some(packet) = reader.next().unwrap() {
        let sliced = SlicedPacket::from_ethernet(packet.data).unwrap();
        let (source, dest): (IpAddr, IpAddr) = match &sliced.net {
            Some(NetSlice::Ipv4(ip)) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
            Some(NetSlice::Ipv6(ip)) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
            _ => continue,
        };
        let ports = match &sliced.transport {
            Some(TransportSlice::Tcp(tcp)) => (tcp.source_port(), tcp.destination_port()),
            Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port()),
            _ => continue,
        };
        let (source, dest) = (SocketAddr::new(source, ports.0), SocketAddr::new(dest, ports.1));
        take(source, dest, sliced.transport.as_ref().unwrap());
    }
}

/// What a control connection announced.
#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) opener: Direction,
    pub(crate) port: u16,
    pub(crate) direction: Option<Direction>,
    pub(crate) command: &'static str,
    pub(crate) offset: u64,
    pub(crate) length: Option<u64>,
}

/// A sink that keeps objects and what was announced.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) direction: Direction,
    pub(crate) objects: Vec<(&'static str, Vec<u8>, bool)>,
    pub(crate) anomalies: Vec<&'static str>,
    pub(crate) expected: Vec<Announced>,
    pub(crate) tftp: Option<Tftp>,
    pub(crate) raw: u64,
    /// Texts of records, by their keys.
    pub(crate) fields: Vec<(&'static str, String)>,
    text: String,
    /// Objects that are open, by direction and number.
    open: BTreeMap<(usize, u32), (&'static str, Vec<u8>)>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            direction: ToServer,
            objects: Vec::new(),
            anomalies: Vec::new(),
            expected: Vec::new(),
            tftp: None,
            raw: 0,
            fields: Vec::new(),
            text: String::new(),
            open: BTreeMap::new(),
        }
    }
}

impl Kept {
    /// Whether a line or a record has it.
    pub(crate) fn shown(&self, secret: &str) -> bool {
        assert!(!self.text.is_empty());
        self.text.contains(secret)
    }
}

impl Sink for Kept {
    fn begin_lines(&mut self, _label: &'static str) {
        self.text.push('\n');
    }

    fn lines(&mut self, _offset: u64, bytes: &[u8]) {
        self.text.push_str(&String::from_utf8_lossy(bytes));
    }

    fn lines_gap(&mut self, length: u64) {
        panic!("{length} bytes lost in a capture without loss");
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        let before = self.open.insert((self.direction.index(), id), (object.label, Vec::new()));
        assert!(before.is_none());
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        self.open.get_mut(&(self.direction.index(), id)).unwrap().1.extend_from_slice(bytes);
    }

    fn object_gap(&mut self, _id: u32, length: u64) {
        panic!("{length} bytes lost in a capture without loss");
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        let (label, body) = self.open.remove(&(self.direction.index(), id)).unwrap();
        self.objects.push((label, body, complete));
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.raw += bytes.len() as u64;
    }

    fn raw_gap(&mut self, length: u64) {
        panic!("{length} bytes lost in a capture without loss");
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        for (tag, value) in parts.iter().flat_map(|part| fields(part)) {
            if let Value::Text(text) = value {
                let text = String::from_utf8_lossy(text);
                self.text.push('\n');
                self.text.push_str(&text);
                self.fields.push((layout.keys[usize::from(tag)], text.into_owned()));
            }
        }
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }

    fn expect(&mut self, expected: &Expected<'_>) {
        if expected.label == "tftp/file" {
            self.tftp = Some(Tftp::expected(expected));
            return;
        }
        let listener = if expected.opener == ToServer { expected.server } else { expected.client };
        let Port::Number(port) = listener.port else { panic!("a data connection without a port: {expected:?}") };
        let (offset, length) = match expected.content {
            Content::File { offset, length, .. } => (offset, length),
            Content::Listing { .. } | Content::Unknown => (0, None),
        };
        self.expected.push(Announced {
            opener: expected.opener,
            port,
            direction: expected.direction,
            command: expected.command,
            offset,
            length,
        });
    }
}
