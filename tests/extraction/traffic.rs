//! Downloads made up for the extractor's modules that do what an object says (`--rehearsal`).

use etherparse::PacketBuilder;
use tidegate::worker::Frame;

/// An object that tells a module what to do.
pub(crate) fn object(line: &str, body: &[u8]) -> Vec<u8> {
    [b"Rar!\x1a\x07\0", line.as_bytes(), b"\n", body].concat()
}

/// A packet and its time, nanoseconds.
pub(crate) type Packet = (u64, Vec<u8>);

/// A connection to a web server.
pub(crate) struct Connection {
    port: u16,
    now_ns: u64,
    next: [u32; 2],
    pub(crate) packets: Vec<Packet>,
}

impl Connection {
    /// Its handshake.
    pub(crate) fn open(port: u16, begin_ns: u64) -> Self {
        let mut connection = Self { port, now_ns: begin_ns, next: [100, 500], packets: Vec::new() };
        connection.push(0, "S", &[]);
        connection.push(1, "SA", &[]);
        connection.push(0, "A", &[]);
        connection
    }

    /// A request, and its answer with `object` as body.
    pub(crate) fn download(&mut self, object: &[u8]) {
        self.push(0, "A", b"GET /plans HTTP/1.1\r\nHost: files.example\r\n\r\n");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", object.len());
        // No more at a time than the client has room for.
        for pieces in [head.as_bytes(), object].concat().chunks(40 * 1400) {
            pieces.chunks(1400).for_each(|piece| self.push(1, "A", piece));
            self.push(0, "A", &[]);
        }
    }

    /// Both sides close it.
    pub(crate) fn close(&mut self) {
        self.push(0, "FA", &[]);
        self.push(1, "FA", &[]);
        self.push(0, "A", &[]);
    }

    /// A packet from the client (0) or the server (1).
    pub(crate) fn push(&mut self, from: usize, flags: &str, payload: &[u8]) {
        let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
        let ports = [self.port, 80];
        let (seq, ack) = (self.next[from], self.next[1 - from]);
        let mut step = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(addresses[from], addresses[1 - from], 64).tcp(
            ports[from],
            ports[1 - from],
            seq,
            60_000,
        );
        for flag in flags.chars() {
            step = match flag {
                'S' => step.syn(),
                'F' => step.fin(),
                _ => step.ack(ack),
            };
        }
        let mut frame = Vec::new();
        step.write(&mut frame, payload).unwrap();
        self.next[from] += u32::try_from(payload.len()).unwrap() + u32::from(flags.contains(['S', 'F']));
        self.now_ns += 1_000_000;
        self.packets.push((self.now_ns, frame));
    }
}

/// One download and its end.
pub(crate) fn download(port: u16, begin_ns: u64, object: &[u8]) -> Vec<Packet> {
    let mut connection = Connection::open(port, begin_ns);
    connection.download(object);
    connection.close();
    connection.packets
}

/// A packet as a pipeline takes it.
pub(crate) fn frame((timestamp_ns, data): &Packet) -> Frame<'_> {
    let wire_len = u32::try_from(data.len()).unwrap();
    Frame { data, timestamp_ns: *timestamp_ns, clock_ns: *timestamp_ns, wire_len, ..Frame::EMPTY }
}

/// A capture file.
pub(crate) fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    // Nanoseconds, version 2.4, Ethernet.
    for value in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(value.to_le_bytes());
    }
    for (time_ns, data) in packets {
        let length = u64::try_from(data.len()).unwrap();
        for value in [time_ns / 1_000_000_000, time_ns % 1_000_000_000, length, length] {
            file.extend(u32::try_from(value).unwrap().to_le_bytes());
        }
        file.extend(data);
    }
    file
}
