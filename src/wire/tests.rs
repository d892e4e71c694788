//! The header parser, checksums and forged resets. Frames are built by
//! `etherparse`, which shares nothing with the parser under test.

mod checksum;
mod damaged;
mod fast;
mod forge;
mod frames;
mod good;
mod quote;
mod reject;
mod tshark;
mod tunnel;

use super::*;

/// What must hold of whatever the parser accepts.
fn assert_within(frame: &[u8], wire_len: u32, headers: &Headers) {
    let len = u32::try_from(frame.len()).unwrap();
    let wire_len = wire_len.max(len);
    assert!(headers.network_at <= headers.transport_at, "{headers:?}");
    assert!(headers.transport_at <= headers.payload_at, "{headers:?}");
    assert!(headers.payload_at + headers.payload_len <= len, "{headers:?} in {len} bytes");
    assert!(headers.payload_at + headers.payload_len + headers.missing_len <= wire_len, "{headers:?} of {wire_len}");
    assert_eq!(headers.payload(frame).len(), headers.payload_len as usize);
    if headers.fragment {
        assert_eq!((headers.src_port, headers.dest_port, headers.payload_len, headers.missing_len), (0, 0, 0, 0));
        assert!(!headers.steers_by_ports());
    }
}

/// Parses a frame that was captured whole.
fn parse_whole(link: LinkType, frame: &[u8]) -> Result<Headers, Reject> {
    parse(link, frame, frame.len() as u32, true)
}
