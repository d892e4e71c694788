//! The Internet checksum against RFC 1071's example, a naive one, and packets.

use etherparse::{Ipv6Extensions, PacketBuilder};
use proptest::collection::vec;
use proptest::prelude::*;

use super::frames::{DEST4, DEST6, SRC4, SRC6, ipv4_header, ipv6_header};
use crate::wire::{checksum, proto};

/// RFC 1071 section 1, word by word with the carry added at once.
fn naive(start: u32, bytes: &[u8]) -> u16 {
    let mut sum = start;
    let mut add = |word: u32| {
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    };
    for pair in bytes.chunks(2) {
        add(u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    }
    sum as u16
}

/// One's complement has two zeros; sums that differ only so are the same.
fn same(a: u16, b: u16) -> bool {
    a == b || a.min(b) == 0 && a.max(b) == 0xffff
}

#[test]
fn the_example_of_rfc_1071() {
    let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
    assert_eq!(checksum::add(0, &bytes), 0xddf2);
    assert_eq!(checksum::finish(checksum::add(0, &bytes)), 0x220d);
}

#[test]
fn a_known_ipv4_header() {
    let mut header = [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7];
    assert!(checksum::is_right(&header));
    for at in 0..header.len() {
        header[at] ^= 0x20;
        assert!(!checksum::is_right(&header), "byte {at}");
        header[at] ^= 0x20;
    }
}

#[test]
fn all_zeros_and_all_ones() {
    assert_eq!(checksum::finish(checksum::add(0, &[])), 0xffff);
    assert!(!checksum::is_right(&[0; 20]), "a header of zeros has no checksum");
    for len in 0..200 {
        assert_eq!(checksum::finish(checksum::add(0, &vec![0; len])), 0xffff);
        let ones = vec![0xff; len & !1];
        assert_eq!(checksum::finish(checksum::add(0, &ones)), if ones.is_empty() { 0xffff } else { 0 });
    }
}

#[test]
fn sums_of_the_largest_packet_do_not_overflow() {
    let bytes = vec![0xff; 1 << 20];
    assert_eq!(checksum::add(u32::MAX, &bytes), 0xffff);
    assert_eq!(checksum::finish(u32::MAX), 0);
}

proptest! {
    /// All lengths, from any place of a buffer, on top of any sum.
    #[test]
    fn as_the_naive_sum(bytes in vec(any::<u8>(), 208), offset in 0..8_usize, start in any::<u16>()) {
        for len in 0..=200 {
            let part = &bytes[offset..offset + len];
            let sum = checksum::add(u32::from(start), part);
            prop_assert!(sum <= 0xffff);
            let expected = naive(u32::from(start), part);
            prop_assert!(same(sum as u16, expected), "{len} bytes: {sum:04x}, naive {expected:04x}");
            prop_assert!(same(checksum::finish(sum), !expected));
        }
    }

    /// Even pieces can be summed up one after the other.
    #[test]
    fn pieces_add_up(bytes in vec(any::<u8>(), 0..200), cut in 0..100_usize) {
        let (head, tail) = bytes.split_at((cut * 2).min(bytes.len() & !1));
        let sum = checksum::add(checksum::add(0, head), tail);
        prop_assert!(same(sum as u16, naive(0, &bytes)));
    }

    /// A field brought up to date is that of the new bytes.
    #[test]
    fn updates_as_a_new_sum(bytes in vec(any::<u8>(), 4..80), new in any::<[u8; 4]>(), at in 0..40_usize) {
        let at = (at * 2).min((bytes.len() - 4) & !1);
        let mut changed = bytes.clone();
        changed[at..at + 4].copy_from_slice(&new);
        let field = checksum::update(checksum::finish(checksum::add(0, &bytes)), &bytes[at..at + 4], &new);
        prop_assert!(same(field, checksum::finish(checksum::add(0, &changed))));
    }

    #[test]
    fn pseudo_headers_of_both_versions(
        addresses in any::<[u8; 32]>(), proto in any::<u8>(), length in any::<u32>(), v6 in any::<bool>(),
    ) {
        let len = if v6 { 16 } else { 4 };
        let (source, destination) = (&addresses[..len], &addresses[16..16 + len]);
        // RFC 8200 section 8.1; RFC 9293's form for IPv4 has the same sum, since its length is below 2^16.
        let length = if v6 { length } else { length & 0xffff };
        let whole = [source, destination, &length.to_be_bytes(), &[0, 0, 0, proto]].concat();
        let sum = checksum::pseudo_header(source, destination, proto, length);
        prop_assert!(same(sum as u16, naive(0, &whole)));
    }

    /// Segments whose checksum etherparse has written sum up to nothing.
    #[test]
    fn checksums_of_packets_agree(payload in vec(any::<u8>(), 0..100), v6 in any::<bool>()) {
        let ip = || if v6 { ipv6_header(Ipv6Extensions::default()) } else { ipv4_header(&[]) };
        let (mut tcp, mut udp) = (Vec::new(), Vec::new());
        PacketBuilder::ip(ip()).tcp(1, 2, 3, 4).write(&mut tcp, &payload).unwrap();
        PacketBuilder::ip(ip()).udp(1, 2).write(&mut udp, &payload).unwrap();
        for (packet, number) in [(tcp, proto::TCP), (udp, proto::UDP)] {
            let segment = &packet[if v6 { 40 } else { 20 }..];
            let length = segment.len() as u32;
            let pseudo = if v6 {
                checksum::pseudo_header(&SRC6, &DEST6, number, length)
            } else {
                checksum::pseudo_header(&SRC4, &DEST4, number, length)
            };
            prop_assert_eq!(checksum::finish(checksum::add(pseudo, segment)), 0);
        }
    }
}

proptest! {
    #[test]
    fn a_segment_is_right_when_its_sum_is_all_ones(
        src in any::<[u8; 16]>(),
        dest in any::<[u8; 16]>(),
        v6 in any::<bool>(),
        mut segment in vec(any::<u8>(), 20..3000),
        wrong in any::<u16>(),
    ) {
        let (mut src, mut dest) = (src, dest);
        if !v6 {
            src[4..].fill(0);
            dest[4..].fill(0);
        }
        let length = if v6 { 16 } else { 4 };
        let pseudo = checksum::pseudo_header(&src[..length], &dest[..length], proto::TCP, segment.len() as u32);
        segment[16..18].fill(0);
        let field = checksum::finish(checksum::add(pseudo, &segment));
        for value in [field, wrong] {
            segment[16..18].copy_from_slice(&value.to_be_bytes());
            let right = checksum::transport_is_right(&src, &dest, v6, proto::TCP, &segment);
            prop_assert_eq!(right, same(value, field));
        }
    }
}
