//! The reassembler by case and against a naive model; the harness is here.

mod anomalies;
mod behaviour;
mod ends;
mod holes;
mod model;
mod policy;
mod session;
mod store;

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::event::{EndReason, Kept, Versions};
use crate::wire::TcpHeader;
use crate::wire::tcp_flag::{ACK, FIN, RST, SYN};

/// Nanoseconds of a millisecond.
const MS: u64 = 1_000_000;

/// Where the tests' client starts to count; the number after it is its first byte's.
const CLIENT_ISN: u32 = 1000;
/// Where the tests' server starts to count.
const SERVER_ISN: u32 = 9000;

/// Limits that no test reaches unless it means to.
fn roomy() -> Limits {
    Limits::new(64, 32, 1_000 * MS)
}

/// What one direction delivered. Data and gaps must follow each other without a
/// break from offset 0, so nothing can be delivered twice or out of order.
#[derive(Debug, Default)]
struct Log {
    /// The stream with its gaps filled by `?`.
    bytes: Vec<u8>,
    /// Gaps: offset and length.
    gaps: Vec<(u64, u64)>,
    /// How it ended.
    end: Option<StreamEnd>,
    /// What was odd, with both versions where there are two.
    odd: Vec<(Anomaly, Option<Versions>)>,
    /// Bytes after which the consumer has had enough.
    enough: Option<usize>,
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[derive(Debug, Default)]
struct Logs([Log; 2]);

impl Consumer for Logs {
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let log = &mut self.0[direction.index()];
        assert_eq!(offset, log.bytes.len() as u64, "data that does not continue its stream");
        assert!(!bytes.is_empty(), "an empty delivery");
        assert_eq!(log.end, None, "data after the end");
        log.bytes.extend_from_slice(bytes);
    }

    fn gap(&mut self, direction: Direction, length: u64) {
        let log = &mut self.0[direction.index()];
        assert_ne!(length, 0, "an empty gap");
        log.gaps.push((log.bytes.len() as u64, length));
        log.bytes.resize(log.bytes.len() + usize::try_from(length).unwrap(), b'?');
    }

    fn end(&mut self, direction: Direction, reason: StreamEnd) {
        assert_eq!(self.0[direction.index()].end.replace(reason), None, "a second end");
    }

    fn anomaly(&mut self, direction: Direction, anomaly: Anomaly, versions: Option<Versions>) {
        self.0[direction.index()].odd.push((anomaly, versions));
    }

    fn enough(&self, direction: Direction) -> bool {
        let log = &self.0[direction.index()];
        log.enough.is_some_and(|enough| log.bytes.len() >= enough)
    }
}

/// An ordinary segment without payload, to be made special.
fn packet(header: &TcpHeader, now_ns: u64) -> Packet<'_> {
    Packet {
        header,
        options: Options::default(),
        urgent: 0,
        payload: &[],
        missing: 0,
        ttl: 64,
        checksum: Checksum::Unchecked,
        dest: &[0; 16],
        v6: false,
        server_port: 80,
        now_ns,
    }
}

/// One session and its reassembler.
struct Session {
    tcp: Reassembler,
    pair: StreamPair,
    logs: Logs,
    now_ns: u64,
}

impl Session {
    fn new(limits: Limits) -> Self {
        Self { tcp: Reassembler::new(limits, 0), pair: StreamPair::new(), logs: Logs::default(), now_ns: 1_000 * MS }
    }

    /// A session after its handshake.
    fn established(limits: Limits) -> Self {
        let mut session = Self::new(limits);
        session.send(ToServer, SYN, 0, 0, b"");
        session.send(ToClient, SYN | ACK, 0, 1, b"");
        session.send(ToServer, ACK, 1, 1, b"");
        assert_eq!(session.pair.state(), SessionState::Established);
        session
    }

    /// Sends a segment; `seq` and `ack` are relative to the initial sequence numbers, as Wireshark shows them.
    fn send(&mut self, direction: Direction, flags: u8, seq: u32, ack: u32, payload: &[u8]) {
        self.send_cut(direction, flags, seq, ack, payload, 0);
    }

    /// The same, with `missing` bytes that the capture cut off.
    fn send_cut(&mut self, direction: Direction, flags: u8, seq: u32, ack: u32, payload: &[u8], missing: u32) {
        let (own, other) = match direction {
            ToServer => (CLIENT_ISN, SERVER_ISN),
            ToClient => (SERVER_ISN, CLIENT_ISN),
        };
        let ack = if flags & ACK == 0 { 0 } else { other.wrapping_add(ack) };
        let header = TcpHeader { seq: own.wrapping_add(seq), ack, window: 65535, flags };
        self.take(direction, &Packet { payload, missing, ..packet(&header, self.now_ns) });
    }

    /// Sends a segment that is like no other.
    fn take(&mut self, direction: Direction, packet: &Packet<'_>) -> Placement {
        self.tcp.segment(&mut self.pair, direction, packet, &mut self.logs)
    }

    /// Client data; the number of its first byte counts from 1.
    fn client(&mut self, seq: u32, payload: &[u8]) {
        self.send(ToServer, ACK, seq, 1, payload);
    }

    /// The server acknowledges everything before client number `ack`.
    fn server_ack(&mut self, ack: u32) {
        self.send(ToClient, ACK, 1, ack, b"");
    }

    fn finish(&mut self) {
        self.tcp.finish(&mut self.pair, StreamEnd::Session(EndReason::Timeout), &mut self.logs);
        assert_eq!(self.tcp.segments_used(), 0, "buffers that were not given back");
        assert!(!self.pair.holds_segments());
    }

    fn log(&self, direction: Direction) -> &Log {
        &self.logs.0[direction.index()]
    }

    fn client_text(&self) -> String {
        self.log(ToServer).text()
    }

    /// All counters are as `expect` sets them on top of zero.
    fn assert_counters(&self, expect: impl FnOnce(&mut TcpCounters)) {
        let mut expected = TcpCounters::default();
        expect(&mut expected);
        assert_eq!(*self.tcp.counters(), expected);
    }
}

#[test]
fn a_stream_pair_is_112_bytes() {
    assert_eq!(size_of::<StreamPair>(), 112);
}
