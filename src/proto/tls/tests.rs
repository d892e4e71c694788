//! Sessions of real peers, and hellos by case.

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::parser::{Guess, Heads};
use crate::proto::told::{Piece, Told, borrowed, feed, noise, talk, told_wherever_cut, with_holes};

/// All talks, and what they have in common with no other.
const TALKS: [(&str, &str, &str); 7] = [
    ("tls13", "TLS 1.3", "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"),
    ("tls12", "TLS 1.2", "t12d2807h2_d943125447b4_a44c6288192a"),
    ("tls10", "TLSv1", "t10d0907h1_c491f621fb4c_195413a0cc0f"),
    ("tls13-retry", "TLS 1.3", "t13d311000_e8f1e7e78f70_1f22a2ca17c4"),
    ("tls13-resumed", "TLS 1.3", "t13d041100_16476d049b0b_6775ac8fe30b"),
    ("tls12-resumed", "TLS 1.2", "t12d280700_d943125447b4_e7e480e5a997"),
    ("tls12-resumed-id", "TLS 1.2", "t12d280700_d943125447b4_e7e480e5a997"),
];

fn tell(pieces: &[Piece]) -> Told {
    feed(&mut Tls::default(), borrowed(pieces))
}

/// A record of type 22.
fn record(body: &[u8]) -> Vec<u8> {
    [&[22, 3, 1][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn numbers(list: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = list.iter().flat_map(|number| number.to_be_bytes()).collect();
    sized(&bytes)
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

/// A ClientHello in a record; extensions by type and content.
fn client_hello(ciphers: &[u16], extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(numbers(ciphers));
    body.extend([1, 0]);
    let all: Vec<u8> =
        extensions.iter().flat_map(|(kind, content)| [kind.to_be_bytes().to_vec(), sized(content)].concat()).collect();
    body.extend(sized(&all));
    record(&message(1, &body))
}

fn server_name(names: &[&str]) -> Vec<u8> {
    let list: Vec<u8> = names.iter().flat_map(|name| [vec![0], sized(name.as_bytes())].concat()).collect();
    sized(&list)
}

fn protocols(names: &[&[u8]]) -> Vec<u8> {
    let list: Vec<u8> = names.iter().flat_map(|name| [&[name.len() as u8][..], name].concat()).collect();
    sized(&list)
}

#[test]
fn sessions_of_real_peers_are_told_the_same_wherever_they_are_cut() {
    for (name, version, ja4) in TALKS {
        let told = told_wherever_cut(Tls::default, &talk(name));
        assert_eq!(told.anomalies.len(), 0, "{name}: {:?}", told.anomalies);
        assert_eq!((told.value("version"), told.value("ja4")), (Some(version), Some(ja4)), "{name}");
        assert_eq!(told.value("sni"), Some("server.example"), "{name}");
        assert_eq!(told.value("session_resumed"), name.contains("resumed").then_some("true"), "{name}");
        let has_certificate = matches!(name, "tls12" | "tls10");
        assert_eq!(told.value("subject").is_some(), has_certificate, "{name}");
    }
}

#[test]
fn the_fields_of_a_session() {
    let told = tell(&talk("tls12"));
    let expected = "tls\tversion=TLS 1.2\tja3.string=771,49196-49200-159-52393-52392-52394-49195-49199-158-49188-49192-107-\
                    49187-49191-103-49162-49172-57-49161-49171-51-157-156-61-60-53-47-255,0-11-10-16-22-23-13,29-23-30-25-24,\
                    0-1-2\tja3.hash=87b9bfc7da97115ed2276737b09f8d74\tja4=t12d2807h2_d943125447b4_a44c6288192a\t\
                    ja3s.string=771,49200,65281-11-16-23\tja3s.hash=6aea764ee67f71caf3dc723118906199\t\
                    server_handshake.cipher=49200\tfingerprint=";
    assert!(told.records[0].starts_with(expected), "{}", told.records[0]);
    let expected = "\tsni=server.example\tclient_alpns[]=h2\tclient_alpns[]=http/1.1\t\
                    server_alpns[]=http/1.1\tserial=00:F1:E2:D3:C4:B5:A6:97\tissuerdn=C=DE, ST=Bremen, O=Tidal Works GmbH, \
                    OU=Gates + OU=Locks, CN=server.example, Email=root@server.example\tnotbefore=";
    assert!(told.records[0].contains(expected), "{}", told.records[0]);
    assert_eq!(told.value("subject"), told.value("issuerdn"));
    let names = "\tsubjectaltname[]=server.example\tsubjectaltname[]=*.server.example\tsubjectaltname[]=192.0.2.7\t\
                 subjectaltname[]=2001:db8::7\tsubjectaltname[]=root@server.example\tsubjectaltname[]=https://server.example/";
    assert!(told.records[0].contains(names), "{}", told.records[0]);
}

#[test]
fn only_the_handshake_is_in_clear() {
    for (name, ..) in TALKS {
        let mut tls = Tls::default();
        assert!(tls.followed().is_none());
        feed(&mut tls, borrowed(&talk(name)));
        assert!(tls.is_encrypted(ToServer) && tls.is_encrypted(ToClient), "{name}");
        assert!(tls.followed().is_some_and(|records| records.is_encrypted(ToServer)), "{name}");
        assert!(!tls.was_mistaken());
    }
}

#[test]
fn messages_may_be_spread_over_records() {
    let hello = talk("tls12").swap_remove(0).1;
    let whole = tell(&[(ToServer, hello.clone())]);
    for size in [1, 2, 3, 7, 64] {
        let records: Vec<u8> = hello[5..].chunks(size).flat_map(record).collect();
        assert_eq!(tell(&[(ToServer, records)]).records, whole.records, "records of {size}");
    }
}

/// FoxIO's own example: a Chrome whose reserved values are left out.
#[test]
fn ja4_of_its_specification() {
    let ciphers = [
        0x5A5A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
        0x002F, 0x0035,
    ];
    let empty = |kind| (kind, Vec::new());
    let extensions = [
        empty(0x1A1A),
        (0, server_name(&["example.org"])),
        empty(0x17),
        empty(0xFF01),
        (10, numbers(&[0x2A2A, 29, 23, 24])),
        (11, vec![1, 0]),
        empty(0x23),
        (16, protocols(&[b"h2", b"http/1.1"])),
        empty(5),
        (13, numbers(&[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601])),
        empty(0x12),
        empty(0x33),
        empty(0x2D),
        (43, vec![6, 0x3A, 0x3A, 3, 4, 3, 3]),
        empty(0x1B),
        empty(0x4469),
        empty(0x2A2A),
        empty(0x15),
    ];
    let told = tell(&[(ToServer, client_hello(&ciphers, &extensions))]);
    assert_eq!(told.value("ja4"), Some("t13d1516h2_8daaf6152771_e5627efa2ab1"));
    let ja3 = told.value("ja3.string").unwrap();
    assert!(ja3.starts_with("771,4865-4866-") && ja3.ends_with("-27-17513-21,29-23-24,0"), "no reserved value: {ja3}");
    assert_eq!(told.value("version"), Some("UNDETERMINED"), "no server has spoken");
}

/// A hello that has what a raw fingerprint (`JA4_r`) lists, with reserved values among it, which do not count.
fn hello_of(raw: &str) -> Vec<u8> {
    let parts: Vec<&str> = raw.split('_').collect();
    let numbers_of = |list: &str| -> Vec<u16> {
        list.split(',').filter(|text| !text.is_empty()).map(|text| u16::from_str_radix(text, 16).unwrap()).collect()
    };
    let signatures = parts.get(3).map(|list| numbers_of(list));
    let mut extensions =
        vec![(0x1A1A, vec![]), (0, server_name(&["example.org"])), (16, protocols(&[b"h2", b"http/1.1"]))];
    extensions.extend(numbers_of(parts[2]).into_iter().map(|kind| {
        let content = match kind {
            10 => numbers(&[0x2A2A, 29, 23, 24]),
            11 => vec![1, 0],
            13 => signatures.as_deref().map_or_else(|| numbers(&[]), numbers),
            43 => vec![6, 0x3A, 0x3A, 3, 4, 3, 3],
            _ => vec![],
        };
        (kind, content)
    }));
    client_hello(&[&[0x5A5A], &numbers_of(parts[1])[..]].concat(), &extensions)
}

/// Fingerprints that others have published with what they are made of: FoxIO's description of JA4 (`technical_details/JA4.md`,
/// with and without signature algorithms), and what browserleaks.com and ja4db.com say of releases of Chrome, whose lists
/// `JA4_r` has. The `t13d1516h2_8daaf6152771_b186095e22b6` of its introduction is not among them: nobody says which hello
/// that is of; its first two parts are the same.
#[test]
fn ja4_of_published_hellos() {
    const CIPHERS: &str = "t13d_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9";
    const SIGNATURES: &str = "0403,0804,0401,0503,0805,0501,0806,0601";
    let cases = [
        (
            "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
            SIGNATURES,
            "t13d1516h2_8daaf6152771_e5627efa2ab1",
        ),
        (
            "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
            "",
            "t13d1516h2_8daaf6152771_6d807ffa2a79",
        ),
        // Chrome 120 to 131, and one that resumes a session.
        (
            "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,4469,fe0d,ff01",
            SIGNATURES,
            "t13d1516h2_8daaf6152771_02713d6af862",
        ),
        (
            "0005,000a,000b,000d,0012,0017,001b,0023,0029,002b,002d,0033,4469,fe0d,ff01",
            SIGNATURES,
            "t13d1517h2_8daaf6152771_b0da82dd1658",
        ),
        // Chrome 133 to 149; 150 and later sign with ML-DSA as well.
        (
            "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01",
            SIGNATURES,
            "t13d1516h2_8daaf6152771_d8a2da3f94cd",
        ),
        (
            "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01",
            "0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601",
            "t13d1516h2_8daaf6152771_806a8c22fdea",
        ),
    ];
    for (extensions, signatures, expected) in cases {
        let raw = if signatures.is_empty() {
            format!("{CIPHERS}_{extensions}")
        } else {
            format!("{CIPHERS}_{extensions}_{signatures}")
        };
        assert_eq!(tell(&[(ToServer, hello_of(&raw))]).value("ja4"), Some(expected), "{raw}");
    }
}

#[test]
fn protocols_and_versions_of_ja4() {
    for (name, expected) in
        [(&b"h2"[..], "h2"), (b"h", "hh"), (b"\xAB\xCD", "ad"), (b"\xAB", "ab"), (b"0\xAB", "3b"), (b"", "00")]
    {
        let told = tell(&[(ToServer, client_hello(&[0x1301], &[(16, protocols(&[name]))]))]);
        assert_eq!(told.value("ja4").unwrap()[8..10], *expected, "{name:?}");
    }
    let none = tell(&[(ToServer, client_hello(&[], &[]))]);
    assert_eq!(none.value("ja4"), Some("t12i000000_000000000000_000000000000"));
    let version = |versions: &[u8]| tell(&[(ToServer, client_hello(&[1], &[(43, versions.to_vec())]))]);
    assert_eq!(version(&[4, 3, 3, 3, 4]).value("ja4").unwrap()[1..3], *"13");
    assert_eq!(version(&[2, 0x7F, 0x1C]).value("ja4").unwrap()[1..3], *"00", "a draft");
}

#[test]
fn what_is_too_much_has_no_fingerprint() {
    let many: Vec<u16> = (0..=MAX_CIPHERS as u16).collect();
    let name = (0, server_name(&["a.example"]));
    assert!(tell(&[(ToServer, client_hello(&many[1..], std::slice::from_ref(&name)))]).value("ja3.hash").is_some());
    let told = tell(&[(ToServer, client_hello(&many, std::slice::from_ref(&name)))]);
    assert_eq!(told.keys(), ["version", "sni"]);
    let extensions: Vec<_> = (100..=100 + MAX_EXTENSIONS as u16).map(|kind| (kind, Vec::new())).collect();
    assert_eq!(tell(&[(ToServer, client_hello(&[1], &extensions))]).keys(), ["version"]);
    let groups = (10, numbers(&many[..=MAX_ALGORITHMS]));
    assert_eq!(tell(&[(ToServer, client_hello(&[1], &[groups, name]))]).keys(), ["version", "sni"]);
}

#[test]
fn two_names_are_odd_and_the_first_counts() {
    let told = tell(&[(ToServer, client_hello(&[1], &[(0, server_name(&["a.example", "b.example"]))]))]);
    assert_eq!(told.value("sni"), Some("a.example"));
    assert!(told.anomalies.contains("tls.multiple_sni_extensions"));
    assert_eq!(told.records[0].matches("sni=").count(), 1);
}

#[test]
fn lying_lengths_are_told_and_give_no_fingerprint() {
    let hello = client_hello(&[0x1301, 0x1302], &[(0, server_name(&["a.example"])), (10, numbers(&[29, 23]))]);
    let whole = tell(&[(ToServer, hello.clone())]);
    assert_eq!(whole.anomalies.len(), 0);
    // Behind the headers of record and message: lengths of the session's id, the ciphers, the extensions, the first of
    // these, its list, its name.
    let mut found = 0;
    for at in [43, 44, 45, 50, 52, 53, 56, 57, 58, 59, 61, 62] {
        for byte in [0, 1, 0x7F, 0xFF] {
            let mut hello = hello.clone();
            if std::mem::replace(&mut hello[at], byte) == byte {
                continue;
            }
            let told = tell(&[(ToServer, hello)]);
            let is_odd = told.anomalies.contains("tls.invalid_handshake_message");
            assert_eq!(told.value("ja3.hash").is_none(), is_odd, "byte {at} is {byte}");
            found += usize::from(is_odd);
        }
    }
    assert!(found > 25, "{found} of them");
    let told = tell(&[(ToServer, record(&[11, 0xFF, 0xFF, 0xFF, 0]))]);
    assert!(told.anomalies.contains("tls.invalid_handshake_message") && told.records.is_empty());
}

#[test]
fn holes_and_early_ends_leave_out_fields_and_make_none_up() {
    for (name, ..) in TALKS {
        let pieces = talk(name);
        let whole = tell(&pieces);
        let [line] = &whole.records[..] else { panic!("{name}") };
        let fields: Vec<&str> = line.split('\t').collect();
        with_holes(Tls::default, &pieces, |told| {
            for record in &told.records {
                for field in record.split('\t') {
                    // A text that a hole has cut is a beginning of the text.
                    let is_part = fields.iter().any(|whole| whole.starts_with(field));
                    assert!(is_part || field == "version=UNDETERMINED", "{name}: {field}");
                }
            }
        });
    }
}

#[test]
fn a_client_of_before_tls() {
    let hello = |version: [u8; 2]| {
        let body = [&[1][..], &version, &[0, 6, 0, 0, 0, 16], &[0, 0, 5, 1, 0, 0x80], &[9; 16]].concat();
        [&[0x80, body.len() as u8][..], &body].concat()
    };
    let server = talk("tls10").into_iter().find(|(direction, _)| *direction == ToClient).unwrap().1;
    let old = vec![(ToServer, hello([3, 1])), (ToClient, server)];
    let told = told_wherever_cut(Tls::default, &old);
    assert_eq!((told.value("version"), told.value("ja3.hash")), (Some("TLSv1"), None));
    assert!(told.value("subject").is_some());
    let oldest = [(ToServer, hello([0, 2])), (ToClient, vec![0x80, 20, 4, 0, 1, 0, 2]), (ToClient, vec![1; 40])];
    let told = told_wherever_cut(Tls::default, &oldest);
    assert_eq!(told.keys(), ["version"]);
    assert_eq!((told.value("version"), told.anomalies.len()), (Some("SSLv2"), 0));
    let whole = hello([0, 2]);
    let mut lying = whole.clone();
    lying[1] += 1;
    for (client, expected) in [(&whole[..], Guess::Yes), (&whole[..10], Guess::More), (&lying, Guess::No)] {
        assert_eq!(guess(&Heads { to_server: client, to_client: b"" }), expected, "{client:?}");
    }
}

#[test]
fn sessions_are_known_by_their_first_bytes() {
    let hello = talk("tls13").swap_remove(0).1;
    let data = [&[23, 3, 3, 0, 4][..], b"abcd", &[23, 3, 3, 0, 9], b"abcdefghi"].concat();
    let lying = [&[23, 3, 3, 0, 4][..], b"abcde", &[23, 3, 3, 0, 9]].concat();
    for (client, server, expected) in [
        (&hello[..], &b""[..], Guess::Yes),
        (&hello[..6], b"", Guess::Yes),
        (&hello[..5], b"", Guess::More),
        (b"", b"", Guess::More),
        (b"", &[22, 3, 3, 0, 80, 2], Guess::Yes),
        (&data, b"", Guess::Yes),
        (b"", &data[..5], Guess::Yes),
        (b"", &data[..4], Guess::More),
        (&lying, b"", Guess::No),
        (&[23, 3, 3, 0, 0], b"", Guess::No),
        (&[23, 3, 3, 0xFF], b"", Guess::No),
        (&[22, 2], b"", Guess::No),
        (b"SSH-2.0-x\r\n", b"", Guess::No),
        (b"GET / HTTP/1.1\r\n", b"", Guess::No),
        (b"", b"220 mail.example ESMTP\r\n", Guess::No),
    ] {
        let heads = Heads { to_server: client, to_client: server };
        assert_eq!(guess(&heads), expected, "{:?} {:?}", client.escape_ascii(), server.escape_ascii());
    }
    for length in 1..6 {
        assert_eq!(
            guess(&Heads { to_server: &hello[..length], to_client: b"" }),
            Guess::More,
            "{length} bytes of a hello"
        );
    }
}

#[test]
fn what_is_no_tls_is_handed_on_all_the_same() {
    let told = told_wherever_cut(
        Tls::default,
        &[(ToServer, b"\x16\x03\x01no".to_vec()), (ToServer, b"thing of TLS".to_vec())],
    );
    assert_eq!((told.records.len(), told.anomalies.len()), (0, 1));
    let mut tls = Tls::default();
    feed(&mut tls, [(ToServer, &b"SSH-2.0-x"[..])]);
    assert!(tls.was_mistaken());
    for (bytes, name) in [
        (&[19, 3, 3, 0, 0], "tls.invalid_record_type"),
        (&[22, 4, 3, 0, 0], "tls.invalid_record_version"),
        (&[22, 3, 3, 0xFF, 0], "tls.invalid_record_length"),
    ] {
        assert!(feed(&mut Tls::default(), [(ToClient, &bytes[..])]).anomalies.contains(name));
    }
}

#[test]
fn noise_does_no_harm() {
    let hello = talk("tls13").swap_remove(0).1;
    for seed in 0..2_000 {
        let bytes = noise(seed, 600);
        let told = told_of_noise(&[&hello[..(seed as usize % hello.len())], &bytes].concat());
        assert!(told.records.len() <= 1);
        told_of_noise(&record(&bytes));
        told_of_noise(&record(&message(seed as u8 % 16, &bytes)));
        told_of_noise(&bytes);
    }
}

fn told_of_noise(bytes: &[u8]) -> Told {
    feed(&mut Tls::default(), [(ToServer, bytes), (ToClient, bytes)])
}

#[test]
fn certificates_with_any_byte_changed_do_no_harm() {
    let pieces = talk("tls12");
    let (number, server) = pieces.iter().enumerate().find(|(_, (direction, _))| *direction == ToClient).unwrap();
    for at in 0..server.1.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut pieces = pieces.clone();
            pieces[number].1[at] ^= change;
            let told = tell(&pieces);
            assert!(told.records.len() <= 1);
        }
    }
}

#[test]
fn the_size_of_a_session() {
    assert_eq!(size_of::<Tls>(), 3472);
}
