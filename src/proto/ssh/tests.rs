//! A connection of real peers, and others by case.

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::parser::{Guess, Heads};
use crate::proto::told::{Told, borrowed, feed, noise, talk, told_wherever_cut, with_holes};

#[test]
fn a_connection_of_real_peers_wherever_it_is_cut() {
    let told = told_wherever_cut(Ssh::default, &talk("ssh"));
    assert_eq!(told.anomalies.len(), 0);
    for side in ["client", "server"] {
        let value = |key: &str| told.value(&format!("{side}.{key}")).unwrap().to_owned();
        assert_eq!((value("proto_version"), value("software_version")), ("2.0".to_owned(), "OpenSSH_9.2p1".to_owned()));
        let begin = "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,";
        assert!(value("hassh.string").starts_with(begin));
    }
    let lists: Vec<usize> = ["client", "server"]
        .iter()
        .map(|side| told.value(&format!("{side}.hassh.string")).unwrap().split(';').count())
        .collect();
    assert_eq!(lists, [4, 4]);
    // What md5sum makes of the texts.
    assert_eq!(told.value("client.hassh.hash"), Some("472b5de333ad665af5cbf10ff892c4df"));
    assert_eq!(told.value("server.hassh.hash"), Some("425d29fe50d8e4f5e37efb6e24bcf660"));
}

#[test]
fn what_follows_the_keys_is_encrypted() {
    let mut ssh = Ssh::default();
    assert!(!ssh.is_encrypted(ToServer));
    feed(&mut ssh, borrowed(&talk("ssh")));
    assert!(ssh.is_encrypted(ToServer) && ssh.is_encrypted(ToClient) && !ssh.was_mistaken());
}

#[test]
fn holes_leave_out_fields_and_make_none_up() {
    let pieces = talk("ssh");
    let whole = feed(&mut Ssh::default(), borrowed(&pieces));
    let fields: Vec<&str> = whole.records[0].split('\t').collect();
    with_holes(Ssh::default, &pieces, |told| {
        for field in told.records.iter().flat_map(|record| record.split('\t')) {
            assert!(fields.iter().any(|whole| whole.starts_with(field)), "{field}");
        }
    });
}

/// A packet with four bytes of padding.
fn packet(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32 + 5).to_be_bytes()[..], &[4], message, &[0; 4]].concat()
}

fn algorithms(lists: [&str; 10]) -> Vec<u8> {
    let lists = lists.iter().flat_map(|list| [&(list.len() as u32).to_be_bytes()[..], list.as_bytes()].concat());
    [20].into_iter().chain([7; 16]).chain(lists).chain([0; 5]).collect()
}

fn tell(client: &[u8], server: &[u8]) -> Told {
    let pieces = [(ToServer, client.to_vec()), (ToClient, server.to_vec())];
    told_wherever_cut(Ssh::default, &pieces.into_iter().filter(|(_, piece)| !piece.is_empty()).collect::<Vec<_>>())
}

#[test]
fn each_side_s_fingerprint_is_of_what_it_sends_by() {
    let lists = algorithms(["kex", "key", "enc-cs", "enc-sc", "mac-cs", "mac-sc", "comp-cs", "comp-sc", "", "de"]);
    let side = |banner: &[u8]| [banner, &packet(&lists), &packet(&[2, 0, 0]), &packet(&[21])].concat();
    let told = tell(&side(b"SSH-2.0-a\r\n"), &side(b"hello\r\n\nSSH is next\r\nSSH-1.99-b c d\n"));
    let expected = "ssh\tclient.proto_version=2.0\tclient.software_version=a\tclient.hassh.string=kex;enc-cs;mac-cs;comp-cs\t\
                    client.hassh.hash=";
    assert!(told.records[0].starts_with(expected), "{told:?}");
    assert_eq!(told.value("server.proto_version"), Some("1.99"));
    assert_eq!(told.value("server.software_version"), Some("b"));
    assert_eq!(told.value("server.hassh.string"), Some("kex;enc-sc;mac-sc;comp-sc"));
    assert_eq!(told.anomalies.len(), 0);
}

#[test]
fn a_long_fingerprint_s_text_is_cut_and_its_hash_is_not() {
    let long = "x".repeat(3000);
    let told =
        tell(&[b"SSH-2.0-a\r\n", &packet(&algorithms([&long, "", "", "", "", "", "", "", "", ""]))[..]].concat(), b"");
    // What does not fit is left out, be it the hash: it is never that of another text.
    assert!(told.value("client.hassh.string").is_some_and(|text| long.starts_with(text)));
    assert!(told.value("client.hassh.hash").is_none());
}

#[test]
fn banners_by_case() {
    for (client, server, keys, anomaly) in [
        (&b"SSH-2.0-a\r\n"[..], &b""[..], &["client.proto_version", "client.software_version"][..], None),
        (b"SSH-1.5-a\n\0\0\0", b"", &["client.proto_version", "client.software_version"], None),
        (b"", b"SSH-2.0-b\r\n", &["server.proto_version", "server.software_version"], None),
        (b"GET / HTTP/1.1\r\n", b"", &[], Some("ssh.invalid_banner")),
        (b"SSH-2.0\r\n", b"", &[], Some("ssh.invalid_banner")),
        (
            b"SSH-2.0-a\r\n\0\0\0\x01\x04\x14",
            b"",
            &["client.proto_version", "client.software_version"],
            Some("ssh.invalid_record"),
        ),
        (
            b"SSH-2.0-a\r\n\xFF\0\0\x01\x04\x14",
            b"",
            &["client.proto_version", "client.software_version"],
            Some("ssh.invalid_record"),
        ),
    ] {
        let told = tell(client, server);
        assert_eq!(told.anomalies.iter().copied().next(), anomaly, "{:?}", client.escape_ascii());
        if keys.is_empty() {
            assert_eq!(told.records.len(), 0);
        } else {
            assert_eq!(told.keys(), keys);
        }
    }
    let long = [b"SSH-2.0-", &b"x".repeat(2_000)[..]].concat();
    assert!(tell(&long, b"").anomalies.contains("ssh.long_banner"));
    assert!(tell(b"", &b"line\n".repeat(80)).anomalies.contains("ssh.invalid_banner"));
    let mut ssh = Ssh::default();
    feed(&mut ssh, [(ToServer, &b"GET / HTTP/1.1\r\n"[..])]);
    assert!(ssh.was_mistaken());
}

#[test]
fn connections_are_known_by_their_banners() {
    for (client, server, expected) in [
        (&b"SSH-2.0-a"[..], &b""[..], Guess::Yes),
        (b"", b"SSH-1.99-a", Guess::Yes),
        (b"SSH-2.0-a", b"Welcome\r\n", Guess::Yes),
        (b"SSH", b"", Guess::More),
        (b"SSH-2", b"", Guess::More),
        (b"", b"", Guess::More),
        (b"", b"Welcome\r\n", Guess::More),
        (b"SSH-3.0", b"", Guess::No),
        (b"SST", b"", Guess::No),
        (b"GET / HTTP/1.1\r\n", b"", Guess::No),
    ] {
        assert_eq!(guess(&Heads { to_server: client, to_client: server }), expected, "{client:?} {server:?}");
    }
}

#[test]
fn noise_does_no_harm() {
    for seed in 0..2_000 {
        let bytes = noise(seed, 400);
        let start = [b"SSH-2.0-x\n", &bytes[..]].concat();
        let lists = [b"SSH-2.0-x\n", &packet(&[&[20][..], &[0; 16], &bytes].concat())[..]].concat();
        for bytes in [&bytes, &start, &lists] {
            let whole = feed(&mut Ssh::default(), [(ToServer, &bytes[..]), (ToClient, bytes)]);
            let cut = [ToServer, ToClient].into_iter().flat_map(|way| bytes.chunks(7).map(move |piece| (way, piece)));
            assert_eq!(feed(&mut Ssh::default(), cut), whole);
        }
    }
}

#[test]
fn the_size_of_a_connection() {
    assert_eq!(size_of::<Ssh>(), 4392);
}
