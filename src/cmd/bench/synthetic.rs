//! Made-up traffic for limits: smallest packets, most flows, most bytes.

use super::flood::{self, Flood};
use super::traffic::{Renew, Traffic};
use crate::cmd::arguments::Synthetic;
use crate::steer::SymmetricHash;
use crate::wire::{LinkType, checksum, proto, tcp_flag};

/// A 64-byte Ethernet frame without its check sequence.
const SMALLEST: usize = 60;
/// Where TCP begins behind Ethernet and IPv4 headers.
const TCP_AT: usize = 34;
/// Time between frames at 14.88 million a second.
pub(super) const GAP_NS: u64 = 67;
/// When it all begins: 2026-01-01, for no reason but to be a plausible time.
pub(super) const START_NS: u64 = 1_767_225_600_000_000_000;
/// Packets of a turn.
pub(super) const PER_TURN: u32 = 1_000_000;
/// Parallel bulk streams, their segments a turn, and the segment size.
const STREAMS: u32 = 64;
const SEGMENTS: u32 = 1_000;
const SEGMENT: u32 = 1_460;
/// Of so many segments one comes late, in bulk streams that are reordered.
const REORDERED: u64 = 100;

/// Makes the traffic of one scenario.
pub(super) fn make(kind: Synthetic, flows: u32) -> Traffic {
    match kind {
        Synthetic::Syn => flood::make(Flood::Flags(tcp_flag::SYN)),
        Synthetic::SynAck => flood::make(Flood::SYN_ACK),
        Synthetic::Ack => flood::make(Flood::Flags(tcp_flag::ACK)),
        Synthetic::Fin => flood::make(Flood::FIN),
        Synthetic::Rst => flood::make(Flood::Flags(tcp_flag::RST)),
        Synthetic::RandomFlags => flood::make(Flood::AnyFlags),
        Synthetic::OneByte => flood::make(Flood::OneByte),
        Synthetic::TinyFragments => flood::make(Flood::MiddleFragment),
        Synthetic::FirstFragments => flood::make(Flood::FirstFragment),
        Synthetic::Established => established(flows.max(1)),
        Synthetic::Bulk => bulk(0),
        Synthetic::BulkReordered => bulk(REORDERED),
    }
}

/// Handshakes first; then acknowledgements over all flows in a random order.
fn established(flows: u32) -> Traffic {
    let mut traffic = Traffic::new(Renew::Nothing);
    let (hash, mut random, mut time_ns) = (SymmetricHash::new(), Random(2), START_NS);
    let mut push = |traffic: &mut Traffic, flow: u32, reverse: bool, flags: u8, seq: u32, ack: u32| {
        let (client, server) = (0x0a00_0000 | flow & 0x00ff_ffff, 0xc0a8_0000 + flow % 251);
        let ports = [1024 | (flow % 60_000) as u16, 443];
        let frame = if reverse {
            tcp(server, client, [ports[1], ports[0]], flags, seq, ack, &[])
        } else {
            tcp(client, server, ports, flags, seq, ack, &[])
        };
        traffic.push(&hash, LinkType::Ethernet, &frame, 64, time_ns);
        time_ns += GAP_NS;
    };
    for flow in 0..flows {
        push(&mut traffic, flow, false, tcp_flag::SYN, 1_000, 0);
        push(&mut traffic, flow, true, tcp_flag::SYN | tcp_flag::ACK, 5_000, 1_001);
        push(&mut traffic, flow, false, tcp_flag::ACK, 1_001, 5_001);
    }
    traffic.end_warm_up();
    for _ in 0..PER_TURN {
        let bits = random.next();
        let flow = ((bits >> 32) % u64::from(flows)) as u32;
        let reverse = bits & 1 == 1;
        let (seq, ack) = if reverse { (5_001, 1_001) } else { (1_001, 5_001) };
        push(&mut traffic, flow, reverse, tcp_flag::ACK, seq, ack);
    }
    traffic
}

/// A few streams of full-size segments of words, turn by turn. Of `late` segments one changes places with the next of
/// its stream; 0: none does.
fn bulk(late: u64) -> Traffic {
    let mut traffic = Traffic::new(Renew::Sequence(SEGMENTS * SEGMENT));
    let (hash, mut random, mut time_ns) = (SymmetricHash::new(), Random(3), START_NS);
    let hosts = |stream: u32| (0x0a01_0000 | stream, 0x0a02_0000 | stream);
    for stream in 0..STREAMS {
        let (client, server) = hosts(stream);
        let steps: [(bool, u8, u32, u32); 3] = [
            (false, tcp_flag::SYN, 999, 0),
            (true, tcp_flag::SYN | tcp_flag::ACK, 4_999, 1_000),
            (false, tcp_flag::ACK, 1_000, 5_000),
        ];
        for (reverse, flags, seq, ack) in steps {
            let frame = if reverse {
                tcp(server, client, [9_000, 40_000], flags, seq, ack, &[])
            } else {
                tcp(client, server, [40_000, 9_000], flags, seq, ack, &[])
            };
            traffic.push(&hash, LinkType::Ethernet, &frame, 64, time_ns);
            time_ns += GAP_NS;
        }
    }
    traffic.end_warm_up();
    let mut chance = Random(4);
    let mut order: Vec<Vec<u32>> = (0..STREAMS).map(|_| (0..SEGMENTS).collect()).collect();
    for order in order.iter_mut().filter(|_| late != 0) {
        for pair in order.chunks_exact_mut(2).filter(|_| chance.next() % late < 2) {
            pair.reverse();
        }
    }
    for place in 0..SEGMENTS as usize {
        for (stream, order) in (0..STREAMS).zip(&order) {
            let (client, server) = hosts(stream);
            let payload = words(&mut random);
            let seq = 1_000 + order[place] * SEGMENT;
            let frame = tcp(client, server, [40_000, 9_000], tcp_flag::ACK, seq, 5_000, &payload);
            let wire_len = u32::try_from(frame.len()).unwrap_or(0) + 4;
            traffic.push(&hash, LinkType::Ethernet, &frame, wire_len, time_ns);
            time_ns += 1_230;
        }
    }
    traffic
}

/// One segment of lower-case words of two to nine letters.
fn words(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < SEGMENT as usize {
        let mut bits = random.next();
        for _ in 0..2 + bits % 8 {
            bits = bits.rotate_right(5);
            text.push(b'a' + (bits % 26) as u8);
        }
        text.push(b' ');
    }
    text.truncate(SEGMENT as usize);
    text
}

/// A TCP packet with an Ethernet header and right checksums, at least of the smallest size.
pub(super) fn tcp(
    source: u32,
    destination: u32,
    ports: [u16; 2],
    flags: u8,
    seq: u32,
    ack: u32,
    payload: &[u8],
) -> Vec<u8> {
    let total = 40 + u16::try_from(payload.len()).unwrap_or(0);
    let mut ip = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, proto::TCP, 0, 0];
    ip.splice(2..4, total.to_be_bytes());
    ip.extend(source.to_be_bytes());
    ip.extend(destination.to_be_bytes());
    let sum = checksum::finish(checksum::add(0, &ip));
    ip.splice(10..12, sum.to_be_bytes());
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend(ip);
    for port in ports {
        frame.extend(port.to_be_bytes());
    }
    frame.extend(seq.to_be_bytes());
    frame.extend(ack.to_be_bytes());
    frame.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    frame.extend(payload);
    let segment = frame.get(TCP_AT..).unwrap_or_default();
    let length = u32::try_from(segment.len()).unwrap_or(0);
    let pseudo = checksum::pseudo_header(&source.to_be_bytes(), &destination.to_be_bytes(), proto::TCP, length);
    let sum = checksum::finish(checksum::add(pseudo, segment));
    frame.splice(TCP_AT + 16..TCP_AT + 18, sum.to_be_bytes());
    frame.resize(frame.len().max(SMALLEST), 0);
    frame
}

/// `SplitMix64`: the same numbers every time.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
