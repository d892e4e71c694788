//! Any bytes as a frame: every offset the header parser returns lies within it.
//!
//! The first byte picks the link layer and whether the checksum is verified, the second how much of the packet the
//! capture cut off.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::wire::{LinkType, parse};

const LINKS: [LinkType; 6] =
    [LinkType::Ethernet, LinkType::RawIp, LinkType::Null, LinkType::Loop, LinkType::LinuxSll, LinkType::LinuxSll2];

fuzz_target!(|input: &[u8]| {
    let [pick, cut, frame @ ..] = input else { return };
    let link = LINKS[usize::from(pick & 0x7f) % LINKS.len()];
    let wire_len = frame.len() as u32 + u32::from(*cut);
    let Ok(headers) = parse(link, frame, wire_len, pick & 0x80 != 0) else { return };
    let len = frame.len() as u32;
    assert!(headers.network_at <= headers.transport_at && headers.transport_at <= headers.payload_at);
    assert!(headers.payload_at <= len, "{headers:?} in {len} bytes");
    assert!(headers.payload_len <= len - headers.payload_at, "{headers:?} in {len} bytes");
    assert_eq!(headers.payload(frame).len(), headers.payload_len as usize);
    assert!(headers.missing_len <= u32::from(*cut), "{headers:?} in {len} of {wire_len} bytes");
});
