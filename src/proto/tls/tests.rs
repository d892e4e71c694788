//! Records by case, cut everywhere.

use super::*;
use crate::event::Direction::{ToClient, ToServer};

/// A record of `length` zeros.
fn record(kind: u8, length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    [vec![kind, 3, 3, high, low], vec![0; usize::from(length)]].concat()
}

#[test]
fn client_hellos_are_told_from_what_only_begins_like_them() {
    let hello = [22, 3, 1, 2, 0, 1, 0, 1, 252];
    assert!(is_client_hello(&hello) && is_client_hello(&hello[..6]));
    for (at, byte) in [(0, 23), (1, 2), (2, 5), (5, 2)] {
        let mut other = hello;
        other[at] = byte;
        assert!(!is_client_hello(&other), "{other:?}");
    }
    assert!(!is_client_hello(&hello[..5]) && !is_client_hello(b"") && !is_client_hello(b"GET / HTTP/1.1"));
}

#[test]
fn the_first_application_data_ends_the_handshake_wherever_the_stream_is_cut() {
    let stream = [record(22, 300), record(20, 1), record(21, 2), record(22, 0), record(23, 50)].concat();
    let header_end = stream.len() - 50;
    for cut in 0..=stream.len() {
        let mut tls = Tls::default();
        let (first, second) = stream.split_at(cut);
        let before = tls.push(ToServer, first);
        assert_eq!(before == Progress::Encrypted, cut >= header_end, "cut at {cut}");
        assert_eq!(tls.push(ToServer, second), Progress::Encrypted);
        assert!(tls.is_encrypted(ToServer) && !tls.is_encrypted(ToClient), "each direction by itself");
    }
    let mut tls = Tls::default();
    let last = stream.iter().position(|_| tls.push(ToClient, &[0; 0]) != Progress::Handshake);
    assert_eq!(last, None);
    for byte in &stream[..header_end - 1] {
        assert_eq!(tls.push(ToClient, &[*byte]), Progress::Handshake);
    }
    assert_eq!(tls.push(ToClient, &stream[header_end - 1..header_end]), Progress::Encrypted);
}

#[test]
fn what_is_no_record_breaks_it() {
    for header in [[19, 3, 3, 0, 1], [25, 3, 3, 0, 1], [22, 2, 3, 0, 1], [22, 3, 5, 0, 1], [22, 3, 3, 0x48, 1]] {
        assert_eq!(Tls::default().push(ToServer, &header), Progress::Broken, "{header:?}");
    }
    assert_eq!(Tls::default().push(ToServer, &[22, 3, 3, 0x48, 0]), Progress::Handshake, "as long as may be");
    assert_eq!(Tls::default().push(ToServer, b"SSH-2.0"), Progress::Broken);
}

#[test]
fn a_hole_within_a_record_does_not_matter_and_one_past_it_ends_the_handshake() {
    for (length, encrypted) in [(0, false), (200, false), (201, true), (1 << 40, true)] {
        let mut tls = Tls::default();
        assert_eq!(tls.push(ToClient, &record(22, 300)[..105]), Progress::Handshake);
        tls.gap(ToClient, length);
        assert_eq!(tls.is_encrypted(ToClient), encrypted, "{length} bytes");
    }
}

#[test]
fn a_session_is_twenty_two_bytes() {
    assert_eq!(size_of::<Tls>(), 22);
}
