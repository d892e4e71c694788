//! Connections made up packet by packet.

use etherparse::PacketBuilder;
use tidegate::wire::LinkType;

use super::world::{Packet, SECOND};

const MILLISECOND: u64 = 1_000_000;

/// One side's segment, relative to the initial numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) from_client: bool,
    pub(crate) syn: bool,
    pub(crate) ack: bool,
    pub(crate) fin: bool,
    pub(crate) urgent: Option<u16>,
    pub(crate) seq: u32,
    pub(crate) acked: u32,
    pub(crate) ttl: u8,
    pub(crate) text: &'a str,
}

/// A client's data.
pub(crate) const DATA: Segment<'_> =
    Segment { from_client: true, syn: false, ack: true, fin: false, urgent: None, seq: 1, acked: 1, ttl: 64, text: "" };

/// A connection to a port that no protocol is known of.
pub(crate) struct Connection {
    port: u16,
    now_ns: u64,
    said: u32,
    packets: Vec<Packet>,
}

impl Connection {
    /// One of which nothing was seen so far.
    pub(crate) fn unopened(port: u16, begin_ns: u64) -> Self {
        Self { port, now_ns: begin_ns, said: 1, packets: Vec::new() }
    }

    /// One after its handshake.
    pub(crate) fn open() -> Self {
        Self::unopened(40_000, SECOND).handshake()
    }

    pub(crate) fn handshake(self) -> Self {
        self.segment(&Segment { syn: true, ack: false, seq: 0, ..DATA })
            .segment(&Segment { from_client: false, syn: true, seq: 0, ..DATA })
            .segment(&DATA)
    }

    /// The client's next bytes.
    pub(crate) fn client(mut self, text: &str) -> Self {
        let seq = self.said;
        self.said += u32::try_from(text.len()).unwrap();
        self.segment(&Segment { seq, text, ..DATA })
    }

    /// Time goes by.
    pub(crate) fn after(mut self, ns: u64) -> Self {
        self.now_ns += ns;
        self
    }

    /// Any segment, a millisecond after the last one.
    pub(crate) fn segment(mut self, segment: &Segment<'_>) -> Self {
        let Segment { from_client, syn, ack, fin, urgent, seq, acked, ttl, text } = *segment;
        let (client, server) = (([10, 0, 0, 2], self.port, 1_000_u32), ([10, 0, 0, 1], 9_000, 500_000_u32));
        let (from, to) = if from_client { (client, server) } else { (server, client) };
        let mut builder =
            PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(from.0, to.0, ttl).tcp(from.1, to.1, from.2 + seq, 60_000);
        if syn {
            builder = builder.syn();
        }
        if ack {
            builder = builder.ack(to.2 + acked);
        }
        if fin {
            builder = builder.fin();
        }
        if let Some(pointer) = urgent {
            builder = builder.urg(pointer);
        }
        let mut data = Vec::new();
        builder.write(&mut data, text.as_bytes()).unwrap();
        self.now_ns += MILLISECOND;
        let wire_len = u32::try_from(data.len()).unwrap();
        self.packets.push(Packet { data, timestamp_ns: self.now_ns, wire_len, link: LinkType::Ethernet });
        self
    }

    /// Spoils the TCP checksum of the last packet.
    pub(crate) fn spoiled(mut self) -> Self {
        let packet = self.packets.last_mut().unwrap();
        packet.data[14 + 20 + 16] ^= 0xff;
        self
    }

    /// Spoils the IPv4 checksum of the last packet.
    pub(crate) fn spoiled_header(mut self) -> Self {
        let packet = self.packets.last_mut().unwrap();
        packet.data[14 + 10] ^= 0xff;
        self
    }

    pub(crate) fn packets(self) -> Vec<Packet> {
        self.packets
    }
}

/// A fragment of a datagram to a UDP port: `text` from byte `offset` of its IP payload on.
pub(crate) fn fragment(timestamp_ns: u64, offset: u16, more: bool, text: &[u8]) -> Packet {
    let mut payload = text.to_vec();
    if offset == 0 {
        // A UDP header without a checksum, of 41 or 24 bytes in all; the sensor believes what IP says.
        payload[..8].copy_from_slice(&[0x9c, 0x40, 0x23, 0x28, 0, 24, 0, 0]);
    }
    let mut data = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    data.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    data.extend([0, 7]);
    data.extend(((u16::from(more) << 13) | (offset / 8)).to_be_bytes());
    data.extend([64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]);
    data.extend(payload);
    let wire_len = u32::try_from(data.len()).unwrap();
    Packet { data, timestamp_ns, wire_len, link: LinkType::Ethernet }
}
