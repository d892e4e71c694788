//! Packets in memory, replayed under other addresses and later times.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::cmd::output::Failure;
use crate::steer::capture::CaptureReader;
use crate::steer::{Reta, SymmetricHash, steering_hash};
use crate::wire::{self, Headers, LinkType, Tunnels, checksum, proto};
use crate::worker::Frame;

/// Time between two turns. Flows of a turn linger into the next ones until they time out, as on a line.
const PAUSE_NS: u64 = 1_000_000_000;

/// One packet of the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    start: usize,
    len: usize,
    wire_len: u32,
    timestamp_ns: u64,
    link: LinkType,
    /// Where the addresses stand, and how long one is; 0 when the packet has none that are known.
    addresses: (usize, usize),
    /// Where checksums stand that cover addresses, the IP header's and the transport header's; 0 where there is none.
    sums: [usize; 2],
    hash: u32,
}

/// What changes from turn to turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renew {
    /// Both addresses: every turn has flows of its own.
    Addresses,
    /// Nothing: the same flows go on.
    Nothing,
    /// TCP sequence numbers go on where the last turn ended, by this much.
    Sequence(u32),
}

/// A capture, or a worker's share of it.
#[derive(Clone, Debug)]
pub(super) struct Traffic {
    bytes: Vec<u8>,
    packets: Vec<Packet>,
    /// Packets that come once, before the time is taken: handshakes.
    warm: usize,
    renew: Renew,
    first_ns: u64,
    span_ns: u64,
    wire_bytes: u64,
    /// The turn that `bytes` are now in.
    turn: u32,
}

impl Traffic {
    pub(super) const fn new(renew: Renew) -> Self {
        Self {
            bytes: Vec::new(),
            packets: Vec::new(),
            warm: 0,
            renew,
            first_ns: u64::MAX,
            span_ns: 0,
            wire_bytes: 0,
            turn: 0,
        }
    }

    /// Reads a whole capture.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let mut reader = CaptureReader::open(file)?;
        let mut traffic = Self::new(Renew::Addresses);
        let hash = SymmetricHash::new();
        let mut clock_ns = 0;
        while let Some(packet) = reader.next()? {
            clock_ns = packet.timestamp_ns.max(clock_ns);
            traffic.push(&hash, packet.link, packet.data, packet.wire_len, clock_ns);
        }
        Ok(traffic)
    }

    /// Appends a packet; `hash` is the steering hash.
    pub(super) fn push(&mut self, hash: &SymmetricHash, link: LinkType, data: &[u8], wire_len: u32, timestamp_ns: u64) {
        let headers = wire::parse(link, data, wire_len, false).ok();
        let addresses = headers.map_or((0, 0), |headers| {
            let at = usize::try_from(headers.network_at).unwrap_or(0);
            if headers.v6 { (at + 8, 16) } else { (at + 12, 4) }
        });
        let sums = headers.map_or([0; 2], |headers| checksums(data, &headers));
        self.first_ns = self.first_ns.min(timestamp_ns);
        self.span_ns = self.span_ns.max(timestamp_ns.saturating_sub(self.first_ns));
        self.wire_bytes += u64::from(wire_len);
        self.packets.push(Packet {
            start: self.bytes.len(),
            len: data.len(),
            wire_len,
            timestamp_ns,
            link,
            addresses,
            sums,
            hash: innermost(link, data, wire_len).map_or(0, |headers| steering_hash(hash, data, &headers)),
        });
        self.bytes.extend_from_slice(data);
    }

    /// All packets until now are for warming up only.
    pub(super) fn end_warm_up(&mut self) {
        self.warm = self.packets.len();
        self.wire_bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets of a turn.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.packets.len() - self.warm).unwrap_or(0)
    }

    /// Bytes on the wire of a turn.
    pub(super) const fn wire_bytes(&self) -> u64 {
        self.wire_bytes
    }

    /// Each worker's share, as RSS would deal packets out.
    pub(super) fn split(self, reta: &Reta, workers: u16) -> Vec<Self> {
        if workers == 1 {
            return vec![self];
        }
        let mut shares: Vec<Self> = (0..workers).map(|_| Self::new(self.renew)).collect();
        for (number, packet) in self.packets.iter().enumerate() {
            let Some(share) = shares.get_mut(usize::from(reta.worker(packet.hash))) else { continue };
            let warm = number < self.warm;
            let start = share.bytes.len();
            share.bytes.extend_from_slice(self.bytes.get(packet.start..packet.start + packet.len).unwrap_or_default());
            share.packets.push(Packet { start, ..*packet });
            share.warm += usize::from(warm);
            share.wire_bytes += if warm { 0 } else { u64::from(packet.wire_len) };
        }
        for share in &mut shares {
            (share.first_ns, share.span_ns) = (self.first_ns, self.span_ns);
        }
        shares
    }

    /// The warm-up packets in bursts.
    pub(super) fn warm_up(&self, size: usize) -> impl Iterator<Item = Vec<Frame<'_>>> {
        self.packets
            .get(..self.warm)
            .unwrap_or_default()
            .chunks(size.max(1))
            .map(|chunk| chunk.iter().map(|packet| self.frame(packet, 0)).collect())
    }

    /// Prepares turn `turn`: other addresses, or the next sequence numbers. Checksums stay as right or wrong as they are.
    pub(super) fn turn(&mut self, turn: u32) {
        // The change from the last turn to this one, undone and done at once.
        let change = (spread(self.turn) ^ spread(turn)).to_be_bytes();
        for packet in self.packets.get(self.warm..).unwrap_or_default() {
            let (at, len) = packet.addresses;
            let bytes = self.bytes.get_mut(packet.start..packet.start + packet.len).unwrap_or_default();
            match self.renew {
                Renew::Nothing => {}
                Renew::Addresses if len == 0 => {}
                Renew::Addresses => {
                    for address in [at, at + len] {
                        // The same change on both addresses leaves the symmetric hash as it is.
                        replace(bytes, address, &packet.sums, |old| {
                            let mut new = old;
                            new.iter_mut().zip(change).for_each(|(byte, change)| *byte ^= change);
                            new
                        });
                    }
                }
                Renew::Sequence(step) if turn != self.turn => {
                    let [_, sum] = packet.sums;
                    replace(bytes, at + len * 2 + 4, &[0, sum], |old| {
                        u32::from_be_bytes(old).wrapping_add(step).to_be_bytes()
                    });
                }
                Renew::Sequence(_) => {}
            }
        }
        self.turn = turn;
    }

    /// Fills `frames` from packet `next` of this turn on. Returns how many were filled.
    #[inline]
    pub(super) fn frames<'a>(&'a self, next: usize, frames: &mut [Frame<'a>]) -> usize {
        let packets = self.packets.get(self.warm + next..).unwrap_or_default();
        let shift = (self.span_ns + PAUSE_NS) * u64::from(self.turn);
        for (packet, place) in packets.iter().zip(frames.iter_mut()) {
            *place = self.frame(packet, shift);
        }
        packets.len().min(frames.len())
    }

    /// How long it takes to do no more than read each packet of a turn once.
    pub(super) fn read_once(&self) -> Duration {
        let start = Instant::now();
        let mut sum = 0_u64;
        for packet in self.packets.get(self.warm..).unwrap_or_default() {
            let data = self.bytes.get(packet.start..packet.start + packet.len).unwrap_or_default();
            let (words, _) = data.as_chunks::<8>();
            sum = words.iter().fold(sum, |sum, word| sum.wrapping_add(u64::from_ne_bytes(*word)));
        }
        black_box(sum);
        start.elapsed()
    }

    /// The clock after `turns` turns.
    pub(super) fn end_ns(&self, turns: u32) -> u64 {
        self.first_ns.saturating_add((self.span_ns + PAUSE_NS) * u64::from(turns))
    }

    fn frame(&self, packet: &Packet, shift_ns: u64) -> Frame<'_> {
        let time_ns = packet.timestamp_ns + shift_ns;
        Frame {
            data: self.bytes.get(packet.start..packet.start + packet.len).unwrap_or_default(),
            timestamp_ns: time_ns,
            clock_ns: time_ns,
            wire_len: packet.wire_len,
            link: packet.link,
            ..Frame::EMPTY
        }
    }
}

/// Where the checksums of a packet stand that cover its addresses: RFC 791 section 3.1, RFC 9293 section 3.1, RFC 768,
/// RFC 4443 section 2.3. Fragments have that of their IP header only, whose datagram's is not looked at.
fn checksums(data: &[u8], headers: &Headers) -> [usize; 2] {
    let at = |offset: u32, more: u32| {
        let place = usize::try_from(offset + more).unwrap_or(0);
        if place + 2 <= data.len() { place } else { 0 }
    };
    let network = if headers.v6 { 0 } else { at(headers.network_at, 10) };
    let transport = match headers.proto {
        _ if headers.fragment => 0,
        proto::TCP => at(headers.transport_at, 16),
        // RFC 768: "An all zero transmitted checksum value means that the transmitter generated no checksum".
        proto::UDP => {
            Some(at(headers.transport_at, 6)).filter(|at| data.get(*at..*at + 2) != Some(&[0; 2])).unwrap_or(0)
        }
        proto::ICMPV6 => at(headers.transport_at, 2),
        _ => 0,
    };
    [network, transport]
}

/// Puts other bytes at `at`, and brings the checksums at `sums` up to date.
fn replace(bytes: &mut [u8], at: usize, sums: &[usize; 2], new: impl FnOnce([u8; 4]) -> [u8; 4]) {
    let Some(place) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) else { return };
    let old = *place;
    *place = new(old);
    let new = *place;
    for sum in sums.iter().filter(|sum| **sum != 0) {
        if let Some(field) = bytes.get_mut(*sum..).and_then(|rest| rest.first_chunk_mut::<2>()) {
            *field = checksum::update(u16::from_be_bytes(*field), &old, &new).to_be_bytes();
        }
    }
}

/// What the packet is steered by.
fn innermost(link: LinkType, data: &[u8], wire_len: u32) -> Option<Headers> {
    let mut headers = Headers::default();
    wire::parse_into(link, data, wire_len, false, &Tunnels::all(), &mut headers).ok()?;
    Some(headers)
}

/// A turn's number over the upper bytes of an address, never the same for two turns below 2^16.
fn spread(turn: u32) -> u32 {
    turn.wrapping_mul(0x9e37) << 12 & 0x0fff_f000
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cmd::arguments::Synthetic;
    use crate::cmd::bench::synthetic;

    /// Packets of the current turn whose TCP checksum is right, and those whose IP header's is.
    fn right(traffic: &Traffic) -> (u32, u32) {
        let (mut tcp, mut ip) = (0, 0);
        let mut frames = [Frame::EMPTY; 32];
        let filled = traffic.frames(0, &mut frames);
        for frame in frames.iter().take(filled) {
            let headers = wire::parse(frame.link, frame.data, frame.wire_len, false).unwrap();
            let segment = headers.segment(frame.data);
            tcp += u32::from(checksum::transport_is_right(&headers.src, &headers.dest, false, headers.proto, segment));
            ip += u32::from(wire::parse(frame.link, frame.data, frame.wire_len, true).is_ok());
        }
        (tcp, ip)
    }

    #[test]
    fn checksums_are_right_in_every_turn() {
        for kind in [Synthetic::Syn, Synthetic::BulkReordered, Synthetic::OneByte] {
            let mut traffic = synthetic::make(kind, 8);
            let first: Vec<u8> = traffic.first_bytes();
            for turn in [0, 1, 2, 77] {
                traffic.turn(turn);
                assert_eq!(right(&traffic), (32, 32), "{kind:?} turn {turn}");
                assert_eq!(traffic.first_bytes() == first, turn == 0, "{kind:?} turn {turn} has other bytes");
            }
        }
    }

    impl Traffic {
        fn first_bytes(&self) -> Vec<u8> {
            let mut frames = [Frame::EMPTY; 32];
            let filled = self.frames(0, &mut frames);
            frames.iter().take(filled).flat_map(|frame| frame.data.to_vec()).collect()
        }
    }
}
