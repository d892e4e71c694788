//! A schedule of segments of several sessions: whatever is delivered continues its stream from offset 0, an end is told
//! once and is the last, no limit is passed, and nothing is left when the sessions are over.
//!
//! Two bytes pick the policy and the limits; then each eight bytes are a step: session and direction, flags, sequence
//! number and acknowledgement relative to what was sent so far, length, window and timestamp, what is odd about it, and
//! how much later it comes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::event::{Direction, EndReason, Versions};
use tidegate::policy::PrefixTable;
use tidegate::tcp::{
    Anomaly, Checksum, Consumer, Depth, IllegalFlags, Limits, Options, Packet, Policy, Reassembler, StreamEnd,
    StreamPair,
};
use tidegate::wire::{TcpHeader, tcp_flag};

const SESSIONS: usize = 3;
/// Most doubtful pieces of a stream; see `tcp::stream`.
const MAX_DOUBTS: u32 = 15;
const HOLE_TIMEOUT_NS: u64 = 1_000_000_000;

/// In the first byte of a step, besides session and direction.
const FLAGS_AS_THEY_ARE: u8 = 0x08;
const LONG: u8 = 0x10;
const FAR: u8 = 0x20;
const OVER: u8 = 0x40;
/// In its seventh.
const LOW_TTL: u8 = 0x01;
const SIGNED: u8 = 0x02;
const MALFORMED: u8 = 0x04;
const STAMPED: u8 = 0x08;
const RIGHT: u8 = 0x10;
const WRONG: u8 = 0x20;
const SCALED: u8 = 0x40;
const CUT: u8 = 0x80;

/// What one session has delivered.
#[derive(Default)]
struct Log {
    offset: [u64; 2],
    ended: [bool; 2],
    enough: [Option<u64>; 2],
    anomalies: u64,
}

impl Consumer for Log {
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let at = direction.index();
        assert!(!self.ended[at] && !bytes.is_empty());
        assert_eq!(offset, self.offset[at]);
        self.offset[at] += bytes.len() as u64;
    }

    fn gap(&mut self, direction: Direction, length: u64) {
        let at = direction.index();
        assert!(!self.ended[at] && length != 0);
        self.offset[at] += length;
    }

    fn end(&mut self, direction: Direction, _reason: StreamEnd) {
        assert!(!std::mem::replace(&mut self.ended[direction.index()], true), "a second end");
    }

    fn anomaly(&mut self, _direction: Direction, anomaly: Anomaly, versions: Option<Versions>) {
        self.anomalies += 1;
        assert_eq!(versions.is_some(), anomaly == Anomaly::OverlapDifferentData);
        if let Some(versions) = versions {
            assert!(versions.length != 0 && versions.first != versions.later);
        }
    }

    fn enough(&self, direction: Direction) -> bool {
        let at = direction.index();
        self.enough[at].is_some_and(|enough| self.offset[at] >= enough)
    }
}

/// One session, and the number after the last that each side has sent.
struct Session {
    pair: StreamPair,
    log: Log,
    next: [u32; 2],
}

impl Session {
    /// Numbers near the wrap in some.
    fn new(number: usize, limits: u8) -> Self {
        let mut log = Log::default();
        if limits & 0x80 != 0 {
            log.enough = [Some(300), None];
        }
        Self { pair: StreamPair::new(), log, next: [0_u32.wrapping_sub(number as u32 * 40), 0x7fff_ff00] }
    }
}

fuzz_target!(|input: &[u8]| {
    let [policy, small, rest @ ..] = input else { return };
    let (_, policy_of_all) = Policy::ALL[usize::from(*policy) % Policy::ALL.len()];
    let depth = if small & 0x40 != 0 { 700 } else { u64::MAX };
    let limits = Limits {
        history: u32::from(small & 0x20),
        urgent_inline: policy & 0x80 != 0,
        illegal_flags: IllegalFlags { event: true, drop: policy & 0x40 == 0 },
        policies: PrefixTable::new(policy_of_all),
        depth: Depth { to_server: depth, to_client: u64::MAX },
        port_depths: [(25, Depth { to_server: 9, to_client: 0 })].into(),
        ..Limits::new(u32::from(small & 7), u16::from(small >> 3 & 3) * 9, HOLE_TIMEOUT_NS)
    };
    let (segments, per_stream) = (limits.segments, u32::from(limits.per_stream));
    let mut tcp = Reassembler::new(limits, 0);
    let mut sessions: [Session; SESSIONS] = std::array::from_fn(|number| Session::new(number, *small));
    let mut now_ns = 1_u64;
    for record in rest.as_chunks::<8>().0.iter().take(512) {
        let [kind, flags, seq, length, ack, grant, odd, later] = *record;
        let number = usize::from(kind & 3) % SESSIONS;
        let direction = if kind & 4 == 0 { Direction::ToServer } else { Direction::ToClient };
        let (own, other) = (direction.index(), direction.flip().index());
        let session = &mut sessions[number];
        if kind & OVER != 0 && kind & FAR != 0 {
            tcp.finish(&mut session.pair, StreamEnd::Session(EndReason::Timeout), &mut session.log);
            assert!(!session.pair.holds_segments());
            *session = Session::new(number, *small);
            continue;
        }
        now_ns += u64::from(later).pow(3) * 100;
        let scale = if kind & LONG != 0 { 16 } else { 1 };
        let payload: Vec<u8> = (0..usize::from(length) * scale).map(|at| (at as u8).wrapping_add(later & 1)).collect();
        let away = i32::from(seq.cast_signed()) << if kind & FAR != 0 { 23 } else { 0 };
        let seq = session.next[own].wrapping_add_signed(away);
        let flags = if kind & FLAGS_AS_THEY_ARE != 0 { flags } else { flags | tcp_flag::ACK };
        let ack = session.next[other].wrapping_add_signed(i32::from(ack.cast_signed()));
        let header = TcpHeader { seq, ack, window: 1 << (grant & 15), flags };
        let stamp = u32::from(grant >> 4) << if odd & SIGNED != 0 { 28 } else { 0 };
        let packet = Packet {
            header: &header,
            options: Options {
                timestamps: (odd & STAMPED != 0).then_some((stamp, 0)),
                window_scale: (odd & SCALED != 0).then_some(grant & 7),
                sack: odd & SCALED != 0,
                signed: odd & (SIGNED | STAMPED) == SIGNED,
                malformed: odd & MALFORMED != 0,
            },
            urgent: u16::from(length / 2),
            payload: &payload,
            missing: if odd & CUT != 0 { u32::from(grant) } else { 0 },
            ttl: if odd & LOW_TTL != 0 { 40 } else { 64 },
            checksum: match odd & (RIGHT | WRONG) {
                RIGHT => Checksum::Right,
                WRONG => Checksum::Wrong,
                _ => Checksum::Unchecked,
            },
            dest: &[10; 16],
            v6: kind & 4 != 0,
            server_port: if number == 1 { 25 } else { 80 },
            now_ns,
        };
        tcp.segment(&mut session.pair, direction, &packet, &mut session.log);
        let end = seq.wrapping_add(payload.len() as u32);
        if kind & FAR == 0 && end.wrapping_sub(session.next[own]).cast_signed() > 0 {
            session.next[own] = end;
        }
        for direction in [Direction::ToServer, Direction::ToClient] {
            let at = direction.index();
            if !session.log.ended[at] {
                assert_eq!(session.pair.offset(direction), session.log.offset[at]);
            }
        }
        assert!(tcp.segments_used() <= segments);
        assert!(tcp.pieces_used() <= segments * Reassembler::PIECES_PER_SEGMENT);
        assert!(tcp.pieces_used() <= 2 * SESSIONS as u32 * (per_stream + MAX_DOUBTS));
    }
    for session in &mut sessions {
        tcp.finish(&mut session.pair, StreamEnd::Session(EndReason::Timeout), &mut session.log);
        assert!(!session.pair.holds_segments());
    }
    assert_eq!((tcp.pieces_used(), tcp.segments_used()), (0, 0));
});
