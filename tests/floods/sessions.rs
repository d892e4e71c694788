//! Ten thousand sessions, each with two texts that nobody else has.

use tidegate::event::Tuple;
use tidegate::wire::{checksum, tcp_flag};

pub(crate) const SESSIONS: u32 = 10_000;
/// Segments that the texts are sent in, client and server in turn.
pub(crate) const SEGMENTS: usize = 8;
/// Bytes of a segment, and of a text.
const PIECE: usize = 4;
pub(crate) const TEXT: usize = PIECE * SEGMENTS / 2;
/// Packets of a session by direction: handshake and segments.
pub(crate) const PACKETS: [u64; 2] = [2 + SEGMENTS as u64 / 2, 1 + SEGMENTS as u64 / 2];

const CLIENT_ISN: u32 = u32::MAX - 9;
const SERVER_ISN: u32 = 70_000;

/// What all sessions do next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Syn,
    SynAck,
    Ack,
    /// Segment of this number; even ones are the client's.
    Data(usize),
}

/// All texts: of the first session client and server, of the second, and so on.
pub(crate) fn texts() -> impl Iterator<Item = Vec<u8>> {
    (0..SESSIONS).flat_map(|session| [text(session, 'c'), text(session, 's')])
}

/// Each segment of a text says whose it is, how manieth it is, and a digit of its session's number.
fn text(session: u32, side: char) -> Vec<u8> {
    let digits = format!("{session:04}");
    digits.chars().enumerate().flat_map(|(place, digit)| format!("{place}{side}{digit}~").into_bytes()).collect()
}

pub(crate) fn is_session(tuple: &Tuple) -> bool {
    tuple.src[0] == 10
}

/// The number of the session with this tuple.
pub(crate) fn of_tuple(tuple: &Tuple) -> u32 {
    assert!(is_session(tuple), "{tuple:?}");
    u32::from_be_bytes([0, tuple.src[1], tuple.src[2], tuple.src[3]])
}

pub(crate) struct Sessions {
    texts: Vec<Vec<u8>>,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self { texts: texts().collect() }
    }

    /// Writes what session `number` sends in `step`. Returns the frame's length.
    pub(crate) fn packet(&self, number: u32, step: Step, frame: &mut [u8; 128]) -> usize {
        let [_, a, b, c] = number.to_be_bytes();
        let (client, server) = (([10, a, b, c], 50_000), ([192, 168, 0, 1], 9_000));
        match step {
            Step::Syn => write(frame, client, server, CLIENT_ISN, 0, tcp_flag::SYN, b""),
            Step::SynAck => {
                let ack = CLIENT_ISN.wrapping_add(1);
                write(frame, server, client, SERVER_ISN, ack, tcp_flag::SYN | tcp_flag::ACK, b"")
            }
            Step::Ack => write(frame, client, server, CLIENT_ISN.wrapping_add(1), SERVER_ISN + 1, tcp_flag::ACK, b""),
            Step::Data(segment) => {
                let (turn, side) = (segment / 2, segment % 2);
                let text = &self.texts[number as usize * 2 + side];
                let piece = &text[turn * PIECE..(turn + 1) * PIECE];
                // How far both sides have come: the client is one segment ahead when the server speaks.
                let client_next = CLIENT_ISN.wrapping_add(1 + ((turn + side) * PIECE) as u32);
                let server_next = SERVER_ISN + 1 + (turn * PIECE) as u32;
                let flags = tcp_flag::ACK | tcp_flag::PSH;
                if side == 0 {
                    write(frame, client, server, client_next, server_next, flags, piece)
                } else {
                    write(frame, server, client, server_next, client_next, flags, piece)
                }
            }
        }
    }
}

/// Writes an Ethernet frame with a TCP packet, at least 60 bytes. Returns its length.
pub(crate) fn write(
    frame: &mut [u8; 128],
    source: ([u8; 4], u16),
    destination: ([u8; 4], u16),
    seq: u32,
    ack: u32,
    flags: u8,
    payload: &[u8],
) -> usize {
    let total = 40 + payload.len();
    frame.fill(0);
    frame[..14].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    frame[14] = 0x45;
    frame[16..18].copy_from_slice(&u16::try_from(total).unwrap().to_be_bytes());
    frame[22] = 64;
    frame[23] = 6;
    frame[26..30].copy_from_slice(&source.0);
    frame[30..34].copy_from_slice(&destination.0);
    let sum = checksum::finish(checksum::add(0, &frame[14..34]));
    frame[24..26].copy_from_slice(&sum.to_be_bytes());
    frame[34..36].copy_from_slice(&source.1.to_be_bytes());
    frame[36..38].copy_from_slice(&destination.1.to_be_bytes());
    frame[38..42].copy_from_slice(&seq.to_be_bytes());
    frame[42..46].copy_from_slice(&if flags & tcp_flag::ACK == 0 { 0 } else { ack }.to_be_bytes());
    frame[46..50].copy_from_slice(&[0x50, flags, 0x20, 0]);
    frame[54..54 + payload.len()].copy_from_slice(payload);
    let pseudo = checksum::pseudo_header(&source.0, &destination.0, 6, u32::try_from(total - 20).unwrap());
    let sum = checksum::finish(checksum::add(pseudo, &frame[34..14 + total]));
    frame[50..52].copy_from_slice(&sum.to_be_bytes());
    (14 + total).max(60)
}
