//! Frames of a TCP connection, made up of what its two sides say.

use tidegate::wire::LinkType;
use tidegate::worker::Frame;

/// Payload of a full-size Ethernet frame behind TCP's usual timestamps.
pub(crate) const SEGMENT: usize = 1448;

/// One side's bytes, in turn.
pub(crate) type Turn = (bool, Vec<u8>);

/// A frame that comes at that time.
pub(crate) fn frame(data: &[u8], now_ns: u64) -> Frame<'_> {
    Frame {
        wire_len: data.len() as u32,
        timestamp_ns: now_ns,
        clock_ns: now_ns,
        link: LinkType::Ethernet,
        data,
        ..Frame::EMPTY
    }
}

/// Frames of one connection.
pub(crate) struct Connection {
    pub(crate) frames: Vec<Vec<u8>>,
    /// Payload bytes.
    pub(crate) payload: usize,
}

impl Connection {
    /// Handshake, turns (true: from the client), and both ends.
    pub(crate) fn new(port: u16, turns: &[Turn]) -> Self {
        let mut all = Self { frames: Vec::new(), payload: 0 };
        let mut next = [1_000_u32, 5_000];
        all.segment(port, true, next, 2, &[]);
        next[0] += 1;
        all.segment(port, false, next, 0x12, &[]);
        next[1] += 1;
        all.segment(port, true, next, 0x10, &[]);
        for (from_client, bytes) in turns {
            for (number, piece) in bytes.chunks(SEGMENT).enumerate() {
                all.segment(port, *from_client, next, 0x18, piece);
                let side = &mut next[usize::from(!from_client)];
                *side = side.wrapping_add(piece.len() as u32);
                if number % 2 == 1 {
                    all.segment(port, !from_client, next, 0x10, &[]);
                }
            }
        }
        for from_client in [false, true] {
            all.segment(port, from_client, next, 0x11, &[]);
            next[usize::from(!from_client)] += 1;
        }
        all.segment(port, false, next, 0x10, &[]);
        all
    }

    fn segment(&mut self, port: u16, from_client: bool, next: [u32; 2], flags: u8, payload: &[u8]) {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        frame.extend([0x45, 0]);
        frame.extend((52 + payload.len() as u16).to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        let (client, server) = ([192, 0, 2, 1], [198, 51, 100, 1]);
        let [from, to] = if from_client { [client, server] } else { [server, client] };
        frame.extend(from.iter().chain(&to));
        let [source, destination] = if from_client { [40_000, port] } else { [port, 40_000] };
        frame.extend(u16::to_be_bytes(source));
        frame.extend(u16::to_be_bytes(destination));
        let [sequence, acknowledged] = if from_client { next } else { [next[1], next[0]] };
        frame.extend(sequence.to_be_bytes());
        frame.extend(acknowledged.to_be_bytes());
        frame.extend([0x80, flags, 0xff, 0xff, 0, 0, 0, 0]);
        frame.extend([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1]);
        frame.extend(payload);
        self.payload += payload.len();
        self.frames.push(frame);
    }
}
