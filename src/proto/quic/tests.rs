//! Connections of real peers, and the examples of RFC 9001 and RFC 9369.

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::parser::{Guess, Heads};
use crate::proto::quic::protection::tests::seal;
use crate::proto::told::{Piece, Told, borrowed, feed, noise, talk};

const ID: &[u8] = &[0x83, 0x94, 0xC8, 0xF0, 0x3E, 0x51, 0x57, 0x08];

fn tell(pieces: &[Piece]) -> Told {
    feed(&mut Quic::default(), borrowed(pieces))
}

#[test]
fn connections_of_real_peers() {
    for (name, version, ja4) in [
        ("quic-v1", "1", "q13d0307h3"),
        ("quic-v2", "2", "q13d0307h3"),
        ("quic-retry", "1", "q13d0307h3"),
        ("quic-large", "1", "q13d0307h3"),
    ] {
        let pieces = talk(name);
        let mut quic = Quic::default();
        let told = feed(&mut quic, borrowed(&pieces));
        assert_eq!(told.anomalies.len(), 0, "{name}: {:?}", told.anomalies);
        assert_eq!((told.value("version"), told.value("sni")), (Some(version), Some("server.example")), "{name}");
        assert!(told.value("ja4").is_some_and(|text| text.starts_with(ja4)), "{name}: {:?}", told.records);
        assert!(told.records[0].contains("\tclient_alpns[]=h3\tclient_alpns[]=h3-29"), "{name}: {:?}", told.records);
        assert_eq!(told.value("server_handshake.cipher"), Some("4866"), "{name}");
        assert!(told.value("ja3s.hash").is_some() && quic.is_told() && !quic.was_mistaken(), "{name}");
        let [client, server] = [ToServer, ToClient].map(|way| {
            let sent = pieces.iter().filter(|(direction, _)| *direction == way);
            sent.flat_map(|(_, piece)| piece.clone()).collect::<Vec<u8>>()
        });
        assert!(told.raw == [client, server], "every byte is handed on");
    }
}

#[test]
fn lost_datagrams_leave_out_fields_and_make_none_up() {
    for name in ["quic-v1", "quic-retry", "quic-large"] {
        let pieces = talk(name);
        let whole = tell(&pieces);
        let fields: Vec<&str> = whole.records[0].split('\t').collect();
        for lost in 0..pieces.len() {
            let mut pieces = pieces.clone();
            pieces.remove(lost);
            for field in tell(&pieces).records.iter().flat_map(|record| record.split('\t')) {
                assert!(fields.contains(&field), "{name} without {lost}: {field}");
            }
        }
    }
}

/// The ClientHello that curl sends over TCP.
fn hello() -> Vec<u8> {
    talk("tls13").swap_remove(0).1[5..].to_vec()
}

fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let number = |value: usize| (value as u16 | 0x4000).to_be_bytes();
    [&[6][..], &number(offset), &number(bytes.len()), bytes].concat()
}

#[test]
fn a_hello_comes_in_any_order_over_several_packets() {
    let hello = hello();
    let over_tcp = feed(&mut crate::proto::tls::Tls::default(), [(ToServer, &talk("tls13")[0].1[..])]);
    let expected = over_tcp.value("ja4").unwrap().replacen('t', "q", 1);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let parts: Vec<_> = hello.chunks(hello.len().div_ceil(4)).enumerate().collect();
        let frames = order.map(|part| crypto(parts[part].0 * hello.len().div_ceil(4), parts[part].1));
        let [a, b, c, d] = frames;
        // Padding and pings between them, pieces twice.
        let first = [&a[..], &[0, 0, 1], &b, &[0; 40]].concat();
        let second = [&[1][..], &a, &c, &d, &[2, 0, 0, 0, 0], &[0; 40]].concat();
        let pieces = [(ToServer, seal(&first, 0, ID, ID)), (ToServer, seal(&second, 1, ID, ID))];
        let told = tell(&pieces);
        assert_eq!(told.value("ja4"), Some(&expected[..]), "{order:?}");
        assert_eq!(told.value("ja3.hash"), over_tcp.value("ja3.hash"));
        // Both packets in one datagram are read as well.
        let together = [(ToServer, pieces.iter().flat_map(|(_, piece)| piece.clone()).collect())];
        assert_eq!(tell(&together).records, told.records);
        assert_eq!(told.anomalies.len(), 0);
        let without_first = tell(&pieces[1..]).records;
        assert!(without_first.iter().all(|record| !record.contains("ja4=")), "{without_first:?}");
    }
}

#[test]
fn faults_by_name() {
    let mut damaged = seal(&crypto(0, &hello()), 0, ID, ID);
    *damaged.last_mut().unwrap() ^= 1;
    for (datagram, name) in [
        (damaged, "quic.failed_decrypt"),
        (seal(&crypto(4090, &[0; 20]), 0, ID, ID), "quic.crypto_frag_too_long"),
        (seal(&[&crypto(0, &hello())[..], &[0x30, 1]].concat(), 0, ID, ID), "quic.error_on_data"),
        (seal(&[&[6, 0, 9][..], &[0; 3]].concat(), 0, ID, ID), "quic.error_on_data"),
        (seal(&crypto(0, &[1, 0xFF, 0xFF, 0xFF, 0, 0]), 0, ID, ID), "tls.invalid_handshake_message"),
    ] {
        let told = tell(&[(ToServer, datagram)]);
        assert_eq!(told.anomalies.iter().copied().collect::<Vec<_>>(), [name]);
    }
    let mut quic = Quic::default();
    feed(&mut quic, [(ToServer, &seal(&[0; 30], 0, b"other id", ID)[..])]);
    assert!(quic.was_mistaken(), "keys of another connection ID");
}

#[test]
fn flows_are_known_by_their_first_datagram() {
    let first = talk("quic-v1").swap_remove(0).1;
    let mut other_version = first.clone();
    other_version[4] = 9;
    for (client, server, expected) in [
        (&first[..], &b""[..], Guess::Yes),
        (&first[..512], b"", Guess::Yes),
        (b"", &first, Guess::More),
        (&first[..20], b"", Guess::No),
        (&other_version, b"", Guess::No),
        (b"\x40short header", b"", Guess::No),
        (b"GET / HTTP/1.1\r\n", b"", Guess::No),
    ] {
        assert_eq!(guess(&Heads { to_server: client, to_client: server }), expected);
    }
}

#[test]
fn damage_and_noise_do_no_harm() {
    let pieces = talk("quic-v1");
    for at in 0..pieces[0].1.len() {
        let mut pieces = pieces.clone();
        pieces[0].1[at] ^= 0x55;
        assert!(tell(&pieces).records.len() <= 1);
        pieces[0].1.truncate(at);
        assert!(tell(&pieces).records.len() <= 1);
    }
    for seed in 0..3_000 {
        let bytes = noise(seed, 200);
        tell(&[(ToServer, bytes.clone()), (ToClient, bytes.clone())]);
        tell(&[(ToServer, [&pieces[0].1[..seed as usize % 40], &bytes].concat())]);
        tell(&[(ToServer, seal(&bytes, 0, ID, ID)), (ToServer, seal(&crypto(0, &bytes), 1, ID, ID))]);
    }
}

#[test]
fn the_size_of_a_connection() {
    assert_eq!(size_of::<Quic>(), 8080);
}
