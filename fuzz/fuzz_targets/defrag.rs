//! A schedule of fragments: whatever becomes whole is a frame that parses, has the length its fragments say, and leaves
//! nothing behind.
//!
//! The first byte picks the policy, the second the limits; then each four bytes are a fragment: packet and address family,
//! offset, length, and flags with the version of the bytes. Time moves on when a flag says so.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::defrag::{Defragmenter, Held, Limits, Outcome, Policy, PolicyTable};
use tidegate::wire::{LinkType, checksum, parse};

const MORE: u8 = 0x01;
const LATER: u8 = 0x02;
const ODD: u8 = 0x04;
const LONG: u8 = 0x08;
const OPTIONS: u8 = 0x10;
const CONGESTED: u8 = 0x20;

/// Ethernet frame of a fragment.
fn frame([packet, unit, length, flags]: [u8; 4]) -> Vec<u8> {
    let v6 = packet & 0x80 != 0;
    // Long ones reach as far as offsets do.
    let scale = if flags & LONG != 0 { 32 } else { 1 };
    let offset = usize::from(unit) * 8 * scale;
    let length = usize::from(length) * scale;
    let length = if flags & ODD == 0 { length & !7 } else { length };
    let tos = if flags & CONGESTED != 0 { 3 } else { 0 };
    let options = if flags & OPTIONS != 0 { 8 } else { 0 };
    let more = u16::from(flags & MORE);
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    if v6 {
        frame.extend([0x86, 0xdd, 0x60, tos << 4, 0, 0]);
        frame.extend(((options + 8 + length) as u16).to_be_bytes());
        frame.extend([if options == 0 { 44 } else { 60 }, 64]);
        frame.extend([0x20; 16]);
        frame.extend([0x21; 16]);
        frame.extend([44, 0, 1, 4, 0, 0, 0, 0].iter().take(options));
        frame.extend([if packet & 0x40 == 0 { 17 } else { 60 }, 0]);
        frame.extend((offset as u16 | more).to_be_bytes());
        frame.extend([0, 0, 0, packet & 0x0f]);
    } else {
        let header = 20 + options;
        frame.extend([8, 0, 0x40 | (header / 4) as u8, tos]);
        frame.extend(((header + length) as u16).to_be_bytes());
        frame.extend([0, packet & 0x0f]);
        frame.extend(((more << 13) | (offset / 8) as u16).to_be_bytes());
        frame.extend([64, if packet & 0x40 == 0 { 17 } else { 6 }, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
        frame.extend([0x94, 4, 0, 0, 1, 1, 1, 0].iter().take(options));
        let sum = checksum::finish(checksum::add(0, &frame[14..])).to_be_bytes();
        frame[24..26].copy_from_slice(&sum);
    }
    let version = flags >> 6;
    frame.extend((offset..offset + length).map(|at| (at as u8) ^ version));
    frame
}

fuzz_target!(|input: &[u8]| {
    let [policy, small, rest @ ..] = input else { return };
    let limits = Limits {
        descriptors: u32::from(small & 7) + 1,
        large_buffers: u32::from(small >> 3 & 3),
        min_fragment: if small & 0x20 != 0 { 24 } else { 8 },
        max_fragments: if small & 0x40 != 0 { 6 } else { 200 },
        max_packet: if small & 0x80 != 0 { 5000 } else { 65_535 },
        policy: PolicyTable::new(Policy::ALL[usize::from(*policy) % Policy::ALL.len()]),
        ..Limits::default()
    };
    let (most, timeout_ns) = (limits.max_packet, limits.timeout_ns);
    let mut defragmenter = Defragmenter::new(limits);
    let mut now_ns = 1;
    let mut sent = 0;
    for record in rest.as_chunks::<4>().0.iter().take(256) {
        let frame = frame(*record);
        now_ns += if record[3] & LATER != 0 { timeout_ns / 3 } else { 1 };
        let wire_len = frame.len() as u32;
        let Ok(headers) = parse(LinkType::Ethernet, &frame, wire_len, true) else { continue };
        if !headers.fragment {
            continue;
        }
        sent += 1;
        let verdict = defragmenter.fragment(&frame, &headers, wire_len, now_ns);
        if let Outcome::Whole(whole) = verdict.outcome {
            assert!(u32::from(whole.fragments) <= sent);
            let length = whole.frame.len() as u32;
            assert!(length - headers.network_at <= most + 60 + 8);
            match parse(LinkType::Ethernet, whole.frame, length, true) {
                Ok(parsed) => assert!(!parsed.fragment && parsed.missing_len == 0),
                // What is wrong above IP is for others to say; below, nothing is.
                Err(reject) => assert!(!reject.name().starts_with("ipv4"), "{reject:?}"),
            }
        }
        let held = defragmenter.held();
        assert!(held.bad <= held.descriptors && held.small_buffers + held.large_buffers <= held.descriptors);
    }
    while defragmenter.expire(now_ns + timeout_ns, 3) != 0 {}
    assert_eq!(defragmenter.held(), Held::default());
});
