//! Messages of real peers, and others by case.

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::parser::{Guess, Heads, Parser};
use crate::proto::told::{Piece, Told, borrowed, feed, noise, talk, told_wherever_cut, with_holes};

/// What dnsmasq was asked, and how it answered.
const ANSWERS: [(&str, &str, &str, &str); 9] = [
    ("www.server.example", "A", "NOERROR", "A\tanswers[].ttl=0\tanswers[].rdata=192.0.2.80"),
    ("www.server.example", "AAAA", "NOERROR", "AAAA\tanswers[].ttl=0\tanswers[].rdata=2001:db8::80"),
    ("alias.server.example", "A", "NOERROR", "CNAME\tanswers[].ttl=0\tanswers[].rdata=target.server.example"),
    ("server.example", "MX", "NOERROR", "MX\tanswers[].ttl=0\tanswers[].rdata=mail.server.example"),
    ("server.example", "TXT", "NOERROR", "TXT\tanswers[].ttl=0\tanswers[].rdata=v=spf1 -allsecond text"),
    (
        "_sip._tcp.server.example",
        "SRV",
        "NOERROR",
        "SRV\tanswers[].ttl=0\tanswers[].srv.priority=1\tanswers[].srv.weight=2\tanswers[].srv.port=5060\t\
         answers[].srv.name=sip.server.example",
    ),
    ("7.2.0.192.in-addr.arpa", "PTR", "NOERROR", "PTR\tanswers[].ttl=0\tanswers[].rdata=server.example"),
    ("nothing.server.example", "A", "NXDOMAIN", ""),
    ("version.bind", "TXT", "NOERROR", "TXT\tanswers[].ttl=0\tanswers[].rdata=dnsmasq-"),
];

fn check(told: &Told) {
    assert_eq!((told.records.len(), told.anomalies.len()), (2 * ANSWERS.len(), 0), "{told:?}");
    for (number, (name, kind, code, answer)) in ANSWERS.iter().enumerate() {
        let [request, response] = [&told.records[2 * number], &told.records[2 * number + 1]];
        let asked = format!("queries[].rrname={name}\tqueries[].rrtype={kind}");
        assert!(request.contains(&format!("type=request\ttx_id={}\t", 2 * number)), "{request}");
        assert!(
            request.ends_with(&asked) && request.contains("flags=120\trd=true\topcode=0\trcode=NOERROR"),
            "{request}"
        );
        assert!(response.contains(&format!("type=response\ttx_id={}\t", 2 * number + 1)), "{response}");
        assert!(response.contains(&format!("opcode=0\trcode={code}\t{asked}")), "{response}");
        assert_eq!(response.contains("answers[]"), !answer.is_empty());
        assert!(answer.is_empty() || response.contains(&format!("\tanswers[].rrtype={answer}")), "{response}");
    }
}

#[test]
fn datagrams_of_real_peers() {
    check(&feed(&mut Dns::default(), borrowed(&talk("dns-udp"))));
}

#[test]
fn a_connection_of_real_peers_wherever_it_is_cut() {
    let pieces = talk("dns-tcp");
    check(&told_wherever_cut(DnsTcp::default, &pieces));
}

#[test]
fn holes_leave_out_messages_and_make_none_up() {
    let pieces = talk("dns-tcp");
    let whole = feed(&mut DnsTcp::default(), borrowed(&pieces));
    let without_number = |record: &str| record.replace(|c: char| c.is_ascii_digit(), "");
    let known: Vec<String> = whole.records.iter().map(|record| without_number(record)).collect();
    with_holes(DnsTcp::default, &pieces, |told| {
        assert!(told.records.iter().all(|record| known.contains(&without_number(record))), "{:?}", told.records);
        assert!(told.records.len() < whole.records.len());
    });
}

/// A header with those counts.
fn header(flags: u16, counts: [u16; 4]) -> Vec<u8> {
    [0x1234, flags].into_iter().chain(counts).flat_map(u16::to_be_bytes).collect()
}

/// `a.example`, type and class, and for a record a time to live of five seconds and the data.
fn entry(kind: u16, data: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = b"\x01a\x07example\x00".to_vec();
    bytes.extend([kind.to_be_bytes(), [0, 1]].concat());
    if let Some(data) = data {
        bytes.extend([&[0, 0, 0, 5][..], &(data.len() as u16).to_be_bytes(), data].concat());
    }
    bytes
}

fn told(message: &[u8]) -> Told {
    feed(&mut Dns::default(), [(ToClient, message)])
}

#[test]
fn data_by_type() {
    let soa = [&b"\x02ns\xC0\x0C\x04root\xC0\x0C"[..], &[0, 0, 0, 9], &[0; 12], &[0, 0, 1, 0]].concat();
    for (kind, data, expected) in [
        (1, &[192, 0, 2, 1][..], "A\tanswers[].ttl=5\tanswers[].rdata=192.0.2.1"),
        (2, b"\x02ns\xC0\x0C", "NS\tanswers[].ttl=5\tanswers[].rdata=ns.a.example"),
        (
            6,
            &soa,
            "SOA\tanswers[].ttl=5\tanswers[].soa.mname=ns.a.example\tanswers[].soa.rname=root.a.example\tanswers[].soa.serial=9\t\
             answers[].soa.refresh=0\tanswers[].soa.retry=0\tanswers[].soa.expire=0\tanswers[].soa.minimum=256",
        ),
        (10, b"any", "NULL\tanswers[].ttl=5\tanswers[].rdata=any"),
        (16, b"\x03one\x00\x03two", "TXT\tanswers[].ttl=5\tanswers[].rdata=onetwo"),
        (
            44,
            &[4, 2, 0xAB, 0xCD],
            "SSHFP\tanswers[].ttl=5\tanswers[].sshfp.algo=4\tanswers[].sshfp.type=2\tanswers[].sshfp.fingerprint=ab:cd",
        ),
        (65, &[0, 1, 0], "HTTPS\tanswers[].ttl=5"),
        (4000, b"?", "4000\tanswers[].ttl=5"),
        (1, b"", "A\tanswers[].ttl=5"),
    ] {
        let message = [header(0x8180, [1, 1, 0, 0]), entry(kind, None), entry(kind, Some(data))].concat();
        let told = told(&message);
        assert!(
            told.records[0].ends_with(&format!("\tanswers[].rrname=a.example\tanswers[].rrtype={expected}")),
            "{told:?}"
        );
        assert_eq!(told.anomalies.len(), 0);
    }
}

#[test]
fn sections_have_their_own_keys_and_opt_is_none_of_them() {
    let records = [
        entry(1, Some(&[1, 1, 1, 1])),
        entry(1, Some(&[2, 2, 2, 2])),
        entry(41, Some(&[])),
        entry(1, Some(&[3, 3, 3, 3])),
    ];
    let message = [header(0x8400, [0, 1, 1, 2]), records.concat()].concat();
    let told = told(&message);
    assert!(told.records[0].contains("aa=true"));
    assert_eq!(told.value("answers[].rdata"), Some("1.1.1.1"));
    assert_eq!(told.value("authorities[].rdata"), Some("2.2.2.2"));
    assert_eq!((told.value("additionals[].rdata"), told.records[0].contains("OPT")), (Some("3.3.3.3"), false));
}

#[test]
fn faults_by_name() {
    let question = entry(1, None);
    let looped = b"\xC0\x0C\x00\x01\x00\x01";
    for (message, name) in [
        (b"short".to_vec(), "dns.malformed_data"),
        (header(0x0100, [1, 0, 0, 0]), "dns.malformed_data"),
        ([header(0x0100, [1, 0, 0, 0]), looped.to_vec()].concat(), "dns.infinite_loop"),
        ([header(0x0140, [1, 0, 0, 0]), question.clone()].concat(), "dns.z_flag_set"),
        ([header(0x7900, [1, 0, 0, 0]), question.clone()].concat(), "dns.invalid_opcode"),
        ([header(0x8000, [0, 1, 0, 0]), entry(1, Some(&[1, 2, 3]))].concat(), "dns.malformed_data"),
        ([header(0x8000, [0, 1, 0, 0]), entry(16, Some(&[9, 1]))].concat(), "dns.malformed_data"),
        ([header(0x8000, [0, 0, 1, 0]), question.clone()].concat(), "dns.invalid_authorities"),
        ([header(0x8000, [0, 0, 0, 1]), question.clone()].concat(), "dns.invalid_additionals"),
    ] {
        let told = told(&message);
        assert_eq!(told.anomalies.iter().copied().collect::<Vec<_>>(), [name], "{message:?}");
    }
}

#[test]
fn a_flow_whose_first_message_is_none_was_mistaken_for_one() {
    let good = [header(0x0100, [1, 0, 0, 0]), entry(1, None)].concat();
    for (messages, expected) in [(vec![&b"no"[..]], true), (vec![&good], false), (vec![&b"no"[..], &good], false)] {
        let mut dns = Dns::default();
        assert!(!dns.was_mistaken());
        feed(&mut dns, messages.iter().map(|message| (ToServer, *message)));
        assert_eq!(dns.was_mistaken(), expected);
    }
}

#[test]
fn more_records_than_are_told_are_said_to_be_left_out() {
    let answers = |count: u16| {
        let records = entry(1, Some(&[1, 1, 1, 1])).repeat(usize::from(count));
        told(&[header(0x8000, [0, count, 0, 0]), records].concat())
    };
    for (count, is_cut) in [(MAX_RECORDS - 20, false), (MAX_RECORDS, false), (MAX_RECORDS + 1, true)] {
        let told = answers(count);
        assert_eq!(told.records[0].contains("truncated=true"), is_cut, "{count}: {}", told.records[0].len());
        assert_eq!(told.anomalies.len(), 0);
    }
}

#[test]
fn of_a_long_message_the_beginning_is_told() {
    let records = entry(10, Some(&[0; 90])).repeat(60);
    let message = [header(0x8000, [0, 60, 0, 0]), records].concat();
    assert!(message.len() > MAX_MESSAGE_BYTES);
    let framed = [&(message.len() as u16).to_be_bytes()[..], &message].concat();
    let small = [header(0x0100, [1, 0, 0, 0]), entry(1, None)].concat();
    let framed = [framed, [0, small.len() as u8].to_vec(), small].concat();
    let told = told_wherever_cut(DnsTcp::default, &[(ToClient, framed)]);
    assert!(told.records[0].contains("truncated=true") && told.records[1].contains("tx_id=1\t"));
    assert_eq!(told.anomalies.len(), 0);
}

#[test]
fn messages_are_known_by_their_shape() {
    let query = [header(0x0100, [1, 0, 0, 0]), entry(1, None)].concat();
    let answer = [header(0x8180, [1, 1, 0, 0]), entry(1, None), entry(1, Some(&[1, 1, 1, 1]))].concat();
    let long = [header(0x8180, [1, 20, 0, 0]), entry(1, None), entry(10, Some(&[7; 60])).repeat(20)].concat();
    let mut odd_class = query.clone();
    *odd_class.last_mut().unwrap() = 9;
    let mut odd_type = query.clone();
    odd_type[query.len() - 4] = 200;
    for (message, expected) in [
        (query.clone(), Guess::Yes),
        (answer.clone(), Guess::Yes),
        (long[..512].to_vec(), Guess::Yes),
        (long[..300].to_vec(), Guess::No),
        (answer[..answer.len() - 1].to_vec(), Guess::No),
        (odd_class, Guess::No),
        (odd_type, Guess::No),
        ([header(0x0140, [1, 0, 0, 0]), entry(1, None)].concat(), Guess::No),
        ([header(0x7900, [1, 0, 0, 0]), entry(1, None)].concat(), Guess::No),
        (header(0x8180, [0, 0, 0, 0]), Guess::No),
        ([header(0, [2, 1, 0, 0]), entry(1, None).repeat(2), entry(1, Some(&[1, 1, 1, 1]))].concat(), Guess::Yes),
        ([header(0x0100, [1, 0, 0, 0]), b"\x04\xFF\x80\x01x\x00\x00\x0A\x00\x01".to_vec()].concat(), Guess::Yes),
        (b"REGISTER sip:a SIP/2.0\r\n".to_vec(), Guess::No),
        (b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe".to_vec(), Guess::No),
        (vec![0; 48], Guess::No),
    ] {
        for heads in [Heads { to_server: &message, to_client: b"" }, Heads { to_server: b"", to_client: &message }] {
            assert_eq!(guess(&heads), expected, "{:?}", message.escape_ascii());
        }
    }
    assert_eq!((guess(&Heads::default()), guess_tcp(&Heads::default())), (Guess::More, Guess::More));
    let framed = [&(query.len() as u16).to_be_bytes()[..], &query].concat();
    for cut in 0..=framed.len() {
        let expected = if cut < 19 { Guess::More } else { Guess::Yes };
        assert_eq!(guess_tcp(&Heads { to_server: &framed[..cut], to_client: b"" }), expected, "cut at {cut}");
    }
    for other in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 9, 9, 9, 9, 9, 9, 9, 9],
    ] {
        assert_eq!(guess_tcp(&Heads { to_server: other, to_client: b"" }), Guess::No, "{other:?}");
    }
}

#[test]
fn noise_does_no_harm() {
    for seed in 0..3_000 {
        let bytes = noise(seed, 300);
        let message = [header(0x8180, [1, 9, 9, 9]), bytes.clone()].concat();
        assert_eq!(told(&message).records.len(), 1);
        let pieces: [Piece; 2] = [(ToServer, bytes.clone()), (ToClient, bytes[7..].to_vec())];
        let whole = feed(&mut DnsTcp::default(), borrowed(&pieces));
        let cut = pieces.iter().flat_map(|(direction, piece)| piece.chunks(11).map(move |part| (*direction, part)));
        assert_eq!(feed(&mut DnsTcp::default(), cut), whole);
    }
}

#[test]
fn the_sizes_of_states() {
    assert_eq!((size_of::<Dns>(), size_of::<DnsTcp>()), (8, 8220));
}
