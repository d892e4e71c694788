//! TLS, SSH, DNS and QUIC as tidegate's parsers and tshark read them in the public mix: the same names, and every
//! difference with its reason.

use std::collections::BTreeSet;

mod common;
#[path = "common/mix.rs"]
mod mix;
#[path = "names/oracle.rs"]
mod oracle;
#[path = "common/small.rs"]
mod small;
#[path = "names/told.rs"]
mod told;
#[path = "names/transport.rs"]
mod transport;

use mix::{public_mix, skipped};
use oracle::Row;
use told::Told;

/// A direction and what was seen of it: addresses and ports of sender and receiver, then a value.
type Seen = BTreeSet<(String, String)>;

fn values(told: &[(String, Told)], key: &str) -> Seen {
    told.iter()
        .flat_map(|(way, told)| {
            let values = told.records.iter().flat_map(|record| told::values(record, key));
            values.map(|value| (way.clone(), value.to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

fn theirs(rows: &[Row], column: usize) -> Seen {
    rows.iter()
        .filter(|row| !row.columns[column].is_empty())
        .map(|row| (row.way.clone(), row.columns[column].clone()))
        .collect()
}

/// What is compared; how many are the same at least, and how many only tidegate and only tshark has at most. The differences
/// are of these kinds:
/// - TLS that does not begin its connection (STARTTLS in SMTP, IMAP, POP3, FTP, LDAP, XMPP, MySQL and PostgreSQL, CONNECT, SOCKS, OpenVPN)
///   and TLS in tunnels: tshark's alone. So are hellos of renegotiations and the second of a HelloRetryRequest, as tidegate tells of
///   one of each side.
/// - TLS and SSH on ports where tshark looks for other protocols, and hellos behind holes or in segments out of order: tidegate's alone.
/// - QUIC of versions that stand for none (`0x0a0a0a0a`), other drafts and vendors' versions: tshark's alone.
/// - DNS: messages that are cut, malformed or of unknown types, in other protocols' ports: tshark's alone. NetBIOS names, which
///   have the same messages: tidegate's alone.
const LIMITS: [(&str, usize, usize, usize); 9] = [
    ("JA3", 775, 6, 32),
    ("JA3S", 715, 30, 32),
    ("SNI", 660, 3, 14),
    ("HASSH", 20, 1, 0),
    ("HASSH server", 19, 2, 0),
    ("QUIC JA3", 135, 3, 76),
    ("QUIC SNI", 130, 2, 75),
    ("DNS questions", 2600, 17, 245),
    ("DNS addresses", 732, 0, 12),
];

/// Prints what differs, and sees that it is no more than is known.
#[allow(clippy::print_stdout)] // for whoever looks for the reasons
fn check(what: &str, ours: &Seen, theirs: &Seen) {
    let same = ours.intersection(theirs).count();
    let (ours, theirs): (Vec<_>, Vec<_>) = (ours.difference(theirs).collect(), theirs.difference(ours).collect());
    println!("{what}: {same} the same, {} tidegate's alone, {} tshark's alone", ours.len(), theirs.len());
    for (whose, list) in [("tidegate", &ours), ("tshark", &theirs)] {
        for (way, value) in list {
            println!("  {whose}: {way} {value}");
        }
    }
    let (_, at_least, only_ours, only_theirs) = LIMITS.iter().find(|(name, ..)| *name == what).unwrap();
    assert!(same >= *at_least && ours.len() <= *only_ours && theirs.len() <= *only_theirs, "{what}");
}

#[test]
fn the_public_mix_is_named_as_tshark_names_it() {
    let Some(file) = public_mix() else { return };
    let fields = [
        "tls.handshake.ja3",
        "tls.handshake.ja3s",
        "tls.handshake.extensions_server_name",
        "ssh.protocol",
        "ssh.kex.hassh",
        "ssh.kex.hasshserver",
    ];
    let Some(tcp) = oracle::rows(&file, "tcp and (tls.handshake.type == 1 or tls.handshake.type == 2 or ssh)", &fields)
    else {
        skipped("tshark is not installed");
        return;
    };
    let streams = transport::streams(&file);
    let (tls, ssh) = told::of_streams(&streams);
    for (what, ours, column) in [
        ("JA3", values(&tls, "ja3.hash"), 0),
        ("JA3S", values(&tls, "ja3s.hash"), 1),
        ("SNI", values(&tls, "sni"), 2),
        ("HASSH", values(&ssh, "client.hassh.hash"), 4),
        ("HASSH server", values(&ssh, "server.hassh.hash"), 5),
    ] {
        check(what, &ours, &theirs(&tcp, column));
    }
    let datagrams = oracle::datagrams(&file).unwrap();
    let (dns, quic) = told::of_datagrams(&datagrams);
    let rows = oracle::rows(&file, "udp and quic and tls.handshake.type == 1", &fields).unwrap();
    check("QUIC JA3", &values(&quic, "ja3.hash"), &theirs(&rows, 0));
    check("QUIC SNI", &values(&quic, "sni"), &theirs(&rows, 2));
    let names = ["dns.qry.name", "dns.resp.name", "dns.a", "dns.aaaa"];
    let rows = oracle::rows(&file, "udp and (dns or mdns or llmnr)", &names).unwrap();
    check("DNS questions", &values(&dns, "queries[].rrname"), &oracle::split(&rows, 0));
    check("DNS addresses", &told::addresses(&dns), &oracle::split(&rows, 2));
}

#[test]
fn the_bundled_captures_are_named_as_tshark_names_them() {
    for (name, filter, key, field, least) in [
        ("tls.pcap", "tls.handshake.type == 1", "ja3.hash", "tls.handshake.ja3", 4),
        ("tls.pcap", "tls.handshake.type == 2", "ja3s.hash", "tls.handshake.ja3s", 4),
        ("ssh.pcap", "ssh", "client.hassh.hash", "ssh.kex.hassh", 2),
        ("ssh.pcap", "ssh", "server.hassh.hash", "ssh.kex.hasshserver", 2),
    ] {
        let file = common::capture(name);
        let Some(rows) = oracle::rows(&file, filter, &[field]) else { return skipped("tshark is not installed") };
        let (tls, ssh) = told::of_streams(&transport::streams(&file));
        let ours = values(if name == "tls.pcap" { &tls } else { &ssh }, key);
        assert_eq!(ours, theirs(&rows, 0), "{name}: {key}");
        assert!(ours.len() >= least, "{name}: {key}: {}", ours.len());
    }
    let file = common::capture("dns.pcap");
    let (dns, _) = told::of_datagrams(&oracle::datagrams(&file).unwrap());
    let rows = oracle::rows(&file, "udp and dns", &["dns.qry.name"]).unwrap();
    assert_eq!(values(&dns, "queries[].rrname"), oracle::split(&rows, 0));
}
