//! Floods: 64-byte packets, each from somebody else.

use super::synthetic::{GAP_NS, PER_TURN, Random, START_NS, Segment};
use super::traffic::{Renew, Traffic};
use crate::steer::SymmetricHash;
use crate::wire::{LinkType, checksum, proto, tcp_flag};

/// What each packet of a flood is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    /// TCP without payload, with these flags.
    Flags(u8),
    /// TCP without payload, with flags at random.
    AnyFlags,
    /// TCP with one byte of payload.
    OneByte,
    /// The first fragment of a datagram, 8 bytes, which the second never follows.
    FirstFragment,
    /// Fragments of 8 bytes in the middle of datagrams, each of another datagram.
    MiddleFragment,
}

impl Flood {
    pub(super) const SYN_ACK: Self = Self::Flags(tcp_flag::SYN | tcp_flag::ACK);
    pub(super) const FIN: Self = Self::Flags(tcp_flag::FIN | tcp_flag::ACK);
}

/// A million packets from random addresses to random addresses at 10GbE line rate.
pub(super) fn make(flood: Flood) -> Traffic {
    let mut traffic = Traffic::new(Renew::Addresses);
    let (hash, mut random, mut time_ns) = (SymmetricHash::new(), Random(1), START_NS);
    for _ in 0..PER_TURN {
        let bits = random.next();
        let (source, destination) = ((bits >> 32) as u32, bits as u32);
        let seq = random.next() as u32;
        let ports = [bits as u16 | 1024, 443];
        let between = Segment::between(source, destination, ports);
        let frame = match flood {
            Flood::Flags(flags) => Segment { flags, seq, ack: acknowledged(flags, seq), ..between }.frame(),
            Flood::AnyFlags => {
                let flags = (bits >> 16) as u8;
                Segment { flags, seq, ack: acknowledged(flags, seq), ..between }.frame()
            }
            Flood::OneByte => Segment { flags: tcp_flag::ACK, seq, ack: !seq, payload: b"x", ..between }.frame(),
            Flood::FirstFragment => fragment(source, destination, seq as u16, 0),
            Flood::MiddleFragment => fragment(source, destination, seq as u16, 1 + (bits >> 20) as u16 % 100),
        };
        traffic.push(&hash, LinkType::Ethernet, &frame, 64, time_ns);
        time_ns += GAP_NS;
    }
    traffic
}

/// Any number where the ACK flag says that it counts.
const fn acknowledged(flags: u8, seq: u32) -> u32 {
    if flags & tcp_flag::ACK == 0 { 0 } else { !seq }
}

/// A UDP fragment of 8 bytes at `offset` (in units of 8 bytes) of datagram `id`, with more to follow.
fn fragment(source: u32, destination: u32, id: u16, offset: u16) -> Vec<u8> {
    let mut ip = vec![0x45, 0, 0, 28];
    ip.extend(id.to_be_bytes());
    // RFC 791 section 3.1: bit 2 is "more fragments", the low 13 bits are the offset.
    ip.extend((0x2000 | offset).to_be_bytes());
    ip.extend([64, proto::UDP, 0, 0]);
    ip.extend(source.to_be_bytes());
    ip.extend(destination.to_be_bytes());
    let sum = checksum::finish(checksum::add(0, &ip));
    ip.splice(10..12, sum.to_be_bytes());
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend(ip);
    // The UDP header of a datagram of 1,008 bytes, or eight bytes of its middle.
    frame.extend([0x30, 0x39, 0, 53, 0x03, 0xf0, 0, 0]);
    frame.resize(60, 0);
    frame
}
