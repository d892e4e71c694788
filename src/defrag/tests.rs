//! The defragmenter by case and against naive models; the harness is here.

mod faults;
mod headers;
mod model;
mod order;
mod policies;
mod store;

use super::*;
use crate::event::Kept;
use crate::wire::{LinkType, checksum, parse};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// A protocol number for experiments (RFC 3692), of whose header nothing is known.
const EXPERIMENT: u8 = 253;

const SRC: [u8; 4] = [192, 0, 2, 1];
const DEST: [u8; 4] = [198, 51, 100, 2];

/// Few descriptors, so that leaks and limits show.
fn limits(policy: Policy) -> Limits {
    Limits { descriptors: 8, large_buffers: 4, policy: PolicyTable::new(policy), seed: 1, ..Limits::default() }
}

/// A fragment to be sent; change what differs.
#[derive(Clone, Debug)]
struct Fragment {
    v6: bool,
    id: u32,
    /// Bytes, a multiple of 8.
    offset: u32,
    more: bool,
    payload: Vec<u8>,
    proto: u8,
    /// Type of service, or traffic class.
    tos: u8,
    /// IPv4 "don't fragment".
    dont_fragment: bool,
    /// IPv4 options, or IPv6 extension headers before the fragment header with the number of the first.
    options: (u8, Vec<u8>),
    /// VLAN tags, from the outside in.
    vlan: Vec<u16>,
    dest: [u8; 4],
    /// Bytes after the packet: padding of the link layer.
    padding: usize,
}

fn v4(offset: u32, more: bool, payload: impl Into<Vec<u8>>) -> Fragment {
    Fragment {
        v6: false,
        id: 7,
        offset,
        more,
        payload: payload.into(),
        proto: EXPERIMENT,
        tos: 0,
        dont_fragment: false,
        options: (0, Vec::new()),
        vlan: Vec::new(),
        dest: DEST,
        padding: 0,
    }
}

fn v6(offset: u32, more: bool, payload: impl Into<Vec<u8>>) -> Fragment {
    Fragment { v6: true, ..v4(offset, more, payload) }
}

/// IPv4 or IPv6 by number, for tests of both.
fn ip(v6_wanted: bool, offset: u32, more: bool, payload: impl Into<Vec<u8>>) -> Fragment {
    if v6_wanted { v6(offset, more, payload) } else { v4(offset, more, payload) }
}

impl Fragment {
    fn frame(&self) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        for tag in &self.vlan {
            frame.extend([0x81, 0]);
            frame.extend(tag.to_be_bytes());
        }
        frame.extend(if self.v6 { [0x86, 0xdd] } else { [8, 0] });
        if self.v6 {
            self.ipv6(&mut frame);
        } else {
            self.ipv4(&mut frame);
        }
        frame.extend(&self.payload);
        frame.extend(vec![0xaa; self.padding]);
        frame
    }

    fn ipv4(&self, frame: &mut Vec<u8>) {
        let begin = frame.len();
        let header = 20 + self.options.1.len();
        frame.extend([0x40 | (header / 4) as u8, self.tos]);
        frame.extend(((header + self.payload.len()) as u16).to_be_bytes());
        frame.extend((self.id as u16).to_be_bytes());
        let flags = u16::from(self.dont_fragment) << 14 | u16::from(self.more) << 13;
        frame.extend((flags | (self.offset / 8) as u16).to_be_bytes());
        frame.extend([64, self.proto, 0, 0]);
        frame.extend(SRC);
        frame.extend(self.dest);
        frame.extend(&self.options.1);
        let sum = checksum::finish(checksum::add(0, &frame[begin..])).to_be_bytes();
        frame[begin + 10..begin + 12].copy_from_slice(&sum);
    }

    fn ipv6(&self, frame: &mut Vec<u8>) {
        let (first, extensions) = &self.options;
        frame.extend([0x60 | self.tos >> 4, self.tos << 4, 0, 0]);
        frame.extend(((extensions.len() + 8 + self.payload.len()) as u16).to_be_bytes());
        frame.extend([if extensions.is_empty() { 44 } else { *first }, 64]);
        for address in [SRC, self.dest] {
            frame.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0]);
            frame.extend(address);
        }
        frame.extend(extensions);
        frame.extend([self.proto, 0]);
        frame.extend((self.offset as u16 | u16::from(self.more)).to_be_bytes());
        frame.extend(self.id.to_be_bytes());
    }
}

/// What became of a fragment, as a value of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Held,
    /// The packet's payload.
    Whole(Vec<u8>),
    Discarded,
    Ignored,
    Refused(Refusal),
}

struct Lab {
    defragmenter: Defragmenter,
    now_ns: u64,
    report: Option<Report>,
    /// The last packet that became whole.
    frame: Vec<u8>,
}

impl Lab {
    fn new(limits: Limits) -> Self {
        Self {
            defragmenter: Defragmenter::new(limits),
            now_ns: 1_700_000_000 * SECOND,
            report: None,
            frame: Vec::new(),
        }
    }

    fn with(policy: Policy) -> Self {
        Self::new(limits(policy))
    }

    /// Sends a fragment. Whatever becomes whole must be a frame that parses, with a right checksum and right lengths.
    fn send(&mut self, fragment: &Fragment) -> Fate {
        self.frame_in(&fragment.frame())
    }

    fn frame_in(&mut self, frame: &[u8]) -> Fate {
        let wire_len = frame.len() as u32;
        let headers = parse(LinkType::Ethernet, frame, wire_len, true).unwrap();
        assert!(headers.fragment);
        self.now_ns += 1;
        let verdict = self.defragmenter.fragment(frame, &headers, wire_len, self.now_ns);
        self.report = verdict.report;
        match verdict.outcome {
            Outcome::Held => Fate::Held,
            Outcome::Discarded => Fate::Discarded,
            Outcome::Ignored => Fate::Ignored,
            Outcome::Refused(refusal) => Fate::Refused(refusal),
            Outcome::Whole(whole) => {
                let length = whole.frame.len() as u32;
                let parsed = parse(LinkType::Ethernet, whole.frame, length, true).unwrap();
                assert!(!parsed.fragment);
                assert_eq!((parsed.src, parsed.dest, parsed.vlan), (headers.src, headers.dest, headers.vlan));
                assert_eq!(parsed.missing_len, 0);
                self.frame = whole.frame.to_vec();
                Fate::Whole(whole.frame[parsed.transport_at as usize..].to_vec())
            }
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.report.map(|report| report.fault)
    }

    fn count(&self, fault: Fault) -> u64 {
        self.defragmenter.counters().fault(fault)
    }

    /// Lets everything time out; nothing may be in use then.
    fn end(mut self) {
        while self.defragmenter.expire(self.now_ns + 60 * SECOND, 3) != 0 {}
        assert_eq!(self.defragmenter.held(), Held::default(), "something leaked");
    }
}

/// `length` bytes, no two neighbours of which repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}
