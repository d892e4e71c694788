//! Dialogues, cut anywhere, with holes anywhere, and nonsense.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, dialogue, gap_anywhere, nonsense, split_anywhere, turns, whole};
use crate::proto::{Content, Endpoint, Expected, Guess, Heads, Parser, Port, Transport};

/// What is told of a dialogue at any cut, without lines of commands and replies.
fn told(text: &str) -> Vec<String> {
    let dialogue = dialogue(text);
    let seen = split_anywhere::<Ftp>(&turns(&dialogue));
    seen.told().into_iter().filter(|line| !line.contains("ftp/command") && !line.contains("ftp/reply")).collect()
}

/// What was announced: opener, listener, direction, content.
fn announced(text: &str) -> Vec<String> {
    let expected = told(text).into_iter().filter(|line| line.starts_with("Expected"));
    expected
        .map(|line| {
            let line = line
                .replace("Expected { transport: Tcp, opener: ", "")
                .replace("Endpoint { address: None, port: Any }", "-");
            line.replace("Endpoint { address: Some(", "(").replace("), port: Number(", " ").replace(") }", ")")
        })
        .collect()
}

#[test]
fn commands_have_their_replies() {
    assert_eq!(
        told(
            "
            < 220 (vsFTPd 3.0.3)
            > USER anna
            < 331 Please specify the password.
            > PASS secret
            < 230 Login successful.
            > FEAT
            < 211-Features:
            <  EPSV
            <  MDTM
            < 211 End
            > QUIT
            < 221 Goodbye."
        ),
        [
            "record ftp reply[]=(vsFTPd 3.0.3) completion_code[]=220 reply_received=yes",
            "record ftp command=USER command_data=anna reply[]=Please specify the password. completion_code[]=331 reply_received=yes",
            "record ftp command=PASS reply[]=Login successful. completion_code[]=230 reply_received=yes",
            "record ftp command=FEAT reply[]=Features: completion_code[]=211 reply[]=EPSV reply[]=MDTM reply[]=End completion_code[]=211 reply_received=yes",
            "record ftp command=QUIT reply[]=Goodbye. completion_code[]=221 reply_received=yes",
        ]
    );
}

#[test]
fn passive_connections_are_announced_and_what_they_carry() {
    let seen = told(
        "
        > PASV
        < 227 Entering Passive Mode (192,0,2,7,200,10).
        > REST 100
        < 350 Restart position accepted (100).
        > RETR /pub/q3.docx
        < 150 Opening BINARY mode data connection for /pub/q3.docx (4711 bytes).
        < 226 Transfer complete.
        > EPSV
        < 229 Entering Extended Passive Mode (|||50001|)
        > RETR b.zip
        < 150 Opening BINARY mode data connection for b.zip (12 bytes).
        < 226 Transfer complete.",
    );
    let expected: Vec<_> = seen.iter().filter(|line| line.starts_with("Expected")).cloned().collect();
    let server = |address: Option<&str>, port| Endpoint {
        address: address.map(|text| text.parse().unwrap()),
        port: Port::Number(port),
    };
    let base = Expected {
        transport: Transport::Tcp,
        opener: ToServer,
        client: Endpoint::default(),
        server: server(Some("192.0.2.7"), 51210),
        direction: None,
        content: Content::Unknown,
        label: "ftp/file",
        command: "",
        codings: b"",
    };
    let retr = Expected { direction: Some(ToClient), command: "RETR", ..base };
    let second = server(None, 50001);
    let file = |name, offset, length| Content::File { name, offset, length };
    let all = [
        base,
        Expected { content: file(b"/pub/q3.docx", 100, None), ..retr },
        Expected { server: second, ..base },
        Expected { server: second, content: file(b"b.zip", 0, None), ..retr },
        Expected { server: second, content: file(b"b.zip", 0, Some(12)), ..retr },
    ];
    assert_eq!(expected, all.map(|expected| format!("{expected:?}")));
    assert!(seen.contains(
        &"record ftp command=PASV reply[]=Entering Passive Mode (192,0,2,7,200,10). completion_code[]=227 dynamic_port=51210 mode=passive reply_received=yes".to_owned()
    ));
}

#[test]
fn active_connections_are_announced_when_they_were_accepted() {
    assert_eq!(
        announced(
            "
            > EPRT |2|2001:db8::9|5282|
            < 200 EPRT command successful.
            > STOR up.bin
            < 150 Ok to send data.
            < 226 Transfer complete.
            > PORT 192,0,2,9,4,1
            < 500 Illegal PORT command.
            > LIST /pub
            < 425 Use PORT or PASV first.
            > PORT 192,0,2,9,4,2
            > LIST
            < 200 PORT command successful.
            < 150 Here comes the directory listing.
            < 226 Directory send OK."
        ),
        [
            "ToClient, client: (2001:db8::9 5282), server: -, direction: None, content: Unknown, label: \"ftp/file\", command: \"\", codings: [] }",
            "ToClient, client: (2001:db8::9 5282), server: -, direction: Some(ToServer), content: File { name: [117, 112, 46, 98, 105, 110], offset: 0, length: None }, label: \"ftp/file\", command: \"STOR\", codings: [] }",
            "ToClient, client: (192.0.2.9 1026), server: -, direction: None, content: Unknown, label: \"ftp/file\", command: \"\", codings: [] }",
            "ToClient, client: (192.0.2.9 1026), server: -, direction: Some(ToClient), content: Listing { name: [] }, label: \"ftp/listing\", command: \"LIST\", codings: [] }",
        ]
    );
}

#[test]
fn what_was_refused_leaves_the_connection_to_the_next_command() {
    let seen = announced(
        "
        > PASV
        < 227 Entering Passive Mode (192,0,2,7,200,10).
        > RETR no
        < 550 Failed to open file.
        > RETR b
        < 150 Opening.
        < 426 Aborted.
        > RETR c
        < 425 Use PASV first.",
    );
    let carried: Vec<_> =
        seen.iter().filter_map(|line| line.split_once("content: ")?.1.split_once(", label")).collect();
    let file = |name: u8| format!("File {{ name: [{name}], offset: 0, length: None }}");
    assert_eq!(
        carried.iter().map(|(content, _)| (*content).to_owned()).collect::<Vec<_>>(),
        ["Unknown".to_owned(), "File { name: [110, 111], offset: 0, length: None }".to_owned(), file(b'b')]
    );
}

#[test]
fn long_addresses_are_announced() {
    let seen = announced(
        "
        > LPSV
        < 228 Entering Long Passive Mode (4,4,192,0,2,7,2,200,10)
        > LPRT 6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,9,2,20,162
        < 200 ok",
    );
    assert!(seen[0].starts_with("ToServer, client: -, server: (192.0.2.7 51210)"), "{seen:#?}");
    assert!(seen[1].starts_with("ToClient, client: (2001:db8::9 5282), server: -"), "{seen:#?}");
    assert_eq!(seen.len(), 2);
    // the answer to a command that was never seen
    assert_eq!(announced("< 228 Entering Long Passive Mode (4,4,192,0,2,7,2,200,10)").len(), 1);
}

#[test]
fn names_that_the_server_gives_and_compression() {
    let seen = announced(
        "
        > MODE Z
        < 200 MODE Z ok.
        > EPSV
        < 229 ok (|||7|)
        > STOU
        < 150 FILE: x.1
        < 226 ok",
    );
    assert!(seen[2].contains("File { name: [120, 46, 49]"), "{seen:#?}");
    assert!(seen.iter().all(|line| line.contains(&format!("codings: {:?}", b"deflate"))), "{seen:#?}");
}

#[test]
fn a_bad_address_is_said() {
    let seen = told(
        "
        > PASV
        < 227 Entering Passive Mode (nowhere)",
    );
    assert_eq!(seen[1], "anomaly ftp.invalid_address");
}

#[test]
fn passwords_are_not_handed_out() {
    let text = "
        < 220 FTP
        > USER anna
        < 331 ok
        > PASS SECRET
        < 332 ok
        > acct  SECRET SECRET
        < 230 ok
        > PWD
        < 257 \"/\"";
    let dialogue = dialogue(text);
    let dialogue = turns(&dialogue);
    let told = split_anywhere::<Ftp>(&dialogue).told();
    assert!(!told.iter().any(|line| line.contains("SECRET")), "{told:#?}");
    for length in [1, 3, 8] {
        gap_anywhere::<Ftp>(&dialogue, length, |seen, turn, at| {
            let told = seen.told();
            let shown = told.iter().any(|line| line.contains("SECRET") && !line.contains("raw"));
            assert!(!shown, "turn {turn}, {length} lost at {at}: {told:#?}");
        });
    }
}

#[test]
fn after_auth_all_is_raw() {
    let dialogue: [Turn<'_>; 4] = [
        (ToClient, b"220 FTP\r\n"),
        (ToServer, b"AUTH TLS\r\n"),
        (ToClient, b"234 Proceed with negotiation.\r\n\x16\x03"),
        (ToServer, b"\x16\x03\x01\n"),
    ];
    let told = split_anywhere::<Ftp>(&dialogue).told();
    assert_eq!(
        told[3..],
        [
            "< ftp/reply \"234 Proceed with negotiation.\\r\\n\"",
            "record ftp command=AUTH command_data=TLS reply[]=Proceed with negotiation. completion_code[]=234 reply_received=yes",
            "< raw \"\\x16\\x03\"",
            "> raw \"\\x16\\x03\\x01\\n\"",
        ]
    );
}

#[test]
fn commands_beyond_those_remembered_are_told_all_the_same() {
    let commands: String = (0..6).map(|n| format!("> NOOP {n}\n")).collect();
    let replies: String = (0..6).map(|n| format!("< 200 {n}\n")).collect();
    let seen = told(&format!("{commands}{replies}> PWD\n< 257 x"));
    assert_eq!(seen[0], "record ftp command=NOOP command_data=4 reply_received=no");
    assert_eq!(seen[2], "record ftp command=NOOP command_data=0 reply[]=0 completion_code[]=200 reply_received=yes");
    assert_eq!(seen[6], "record ftp reply[]=4 completion_code[]=200 reply_received=yes");
    assert_eq!(seen[8], "record ftp command=PWD reply[]=x completion_code[]=257 reply_received=yes");
}

#[test]
fn long_lines_are_handed_out_whole() {
    let long = format!("200 {}\r\n", "x".repeat(3 * MAX_LINE_BYTES));
    let seen = split_anywhere::<Ftp>(&[(ToServer, b"NOOP\r\n"), (ToClient, long.as_bytes())]).told();
    assert_eq!(seen[1], format!("< ftp/reply \"{}\"", long.escape_default()));
    assert!(seen[2].ends_with("reply_received=yes reply_truncated=true"), "{}", seen[2]);
}

#[test]
fn a_hole_leaves_nothing_waiting() {
    let dialogue = dialogue(
        "
        < 220 FTP
        > PASV
        < 227 x (1,2,3,4,5,6)
        > RETR f
        < 150 go
        < 226 done
        > PWD
        < 257 \"/\"
        > QUIT
        < 221 bye",
    );
    for length in [1, 5, 40] {
        gap_anywhere::<Ftp>(&turns(&dialogue), length, |seen, turn, at| {
            let last = "record ftp command=QUIT reply[]=bye completion_code[]=221 reply_received=yes".to_owned();
            if turn < 5 {
                assert!(seen.told().contains(&last), "turn {turn}, {length} lost at {at}: {:#?}", seen.told());
            }
        });
    }
}

#[test]
fn what_is_none_is_given_up() {
    let server: Vec<u8> = (0..10).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
    let (mut ftp, mut seen) = (Ftp::default(), Recorder::default());
    seen.direction = Some(ToClient);
    ftp.push(ToClient, &server, &mut seen);
    assert!(ftp.was_mistaken());
}

/// Lines of a client that knows no command of FTP, and of a server whose lines look like replies.
#[test]
fn a_client_that_says_nothing_known_is_given_up() {
    let given_up = |text: &str| {
        let dialogue = dialogue(text);
        let told = split_anywhere::<Ftp>(&turns(&dialogue)).told();
        let (mut ftp, mut seen) = (Ftp::default(), Recorder::default());
        for (direction, bytes) in &dialogue {
            seen.direction = Some(*direction);
            ftp.push(*direction, bytes, &mut seen);
        }
        (ftp.was_mistaken(), told)
    };
    let asked = |answer: &str, count: usize| format!("> ASK a\n< {answer}\n").repeat(count);
    let (mistaken, told) = given_up(&format!("< 150 a\n{}", asked("200 b", 12)));
    assert!(mistaken);
    let records = told.iter().filter(|line| line.starts_with("record")).count();
    assert_eq!(records, 8, "{told:#?}");
    assert!(told.contains(&"> raw \"ASK a\\r\\n\"".to_owned()), "{told:#?}");
    assert!(given_up(&"> (a)\n".repeat(70)).0);
    // A server that refuses them speaks FTP, and so does a client that says anything known.
    let refused = format!("< 220 FTP\n{}> PASV\n< 227 x (1,2,3,4,5,6)", asked("500 what", 12));
    let known = format!("< 220 FTP\n> USER a\n< 331 b\n{}", asked("200 b", 12));
    for (text, last) in [(refused, "command=PASV"), (known, "command=ASK")] {
        let (mistaken, told) = given_up(&text);
        assert!(!mistaken);
        let last_record = told.iter().rfind(|line| line.starts_with("record")).unwrap();
        assert!(last_record.contains(last), "{told:#?}");
    }
}

/// A data connection with these pieces, `None` for a hole of three; and whether it ended in order.
fn data(length: Option<u64>, pieces: &[Option<&[u8]>], in_order: bool) -> Vec<String> {
    let mut seen = Recorder::default();
    seen.direction = Some(ToClient);
    let mut data = FtpData::new(&Expected {
        transport: Transport::Tcp,
        opener: ToServer,
        client: Endpoint::default(),
        server: Endpoint::default(),
        direction: Some(ToClient),
        content: Content::File { name: b"a/b.txt", offset: 5, length },
        label: "ftp/file",
        command: "RETR",
        codings: b"",
    });
    for piece in pieces {
        match piece {
            Some(bytes) => data.push(ToClient, bytes, &mut seen),
            None => data.gap(ToClient, 3, &mut seen),
        }
    }
    data.end(ToClient, in_order, &mut seen);
    seen.direction = Some(ToServer);
    data.end(ToServer, in_order, &mut seen);
    seen.told()
}

#[test]
fn a_data_connection_is_an_object() {
    assert_eq!(
        data(Some(6), &[Some(b"con"), Some(b"tent")], true),
        [
            "< object 0 begins ftp/file name=a/b.txt length=6 offset=5",
            "< body 0 \"content\"",
            "< object 0 ends",
            "record ftp_data filename=a/b.txt command=RETR",
        ]
    );
    for (length, pieces, in_order) in [
        (Some(8), vec![Some(&b"content"[..])], true),
        (None, vec![Some(&b"x"[..])], false),
        (None, vec![None, Some(&b"x"[..])], true),
    ] {
        let told = data(length, &pieces, in_order);
        assert!(told.contains(&"< object 0 ends incomplete".to_owned()), "{told:?}");
    }
    assert!(data(None, &[], true).is_empty());
}

#[test]
fn guesses() {
    let cases: [(&str, &str, Guess); 18] = [
        ("", "220 (vsFTPd 3.0.3)\r\n", Guess::Yes),
        ("", "220 ready\r\n", Guess::More),
        ("USER x\r\n", "220 ready\r\n", Guess::Yes),
        ("USER x\r\n", "", Guess::More),
        ("EHLO x\r\n", "220 ready\r\n", Guess::No),
        ("FEAT\r\n", "", Guess::Yes),
        ("PASV\r\n", "", Guess::Yes),
        ("AUTH TLS\r\n", "220 x\r\n", Guess::Yes),
        ("RETR 1\r\n", "+OK\r\n", Guess::No),
        ("RETR a\r\n", "150 Opening\r\n", Guess::Yes),
        ("", "227 Entering Passive Mode (1,2,3,4,5,6)\r\n", Guess::Yes),
        ("", "220 mx ESMTP\r\n", Guess::No),
        ("", "250 ok\r\n", Guess::More),
        ("", "354 go\r\n", Guess::No),
        ("GET / HTTP/1.1\r\n", "", Guess::No),
        ("SSH-2.0-x\r\n", "", Guess::No),
        ("NICK a\r\nUSER a 0 * :a\r\n", "", Guess::No),
        ("", "", Guess::More),
    ];
    for (client, server, expected) in cases {
        let heads = Heads { to_server: client.as_bytes(), to_client: server.as_bytes() };
        assert_eq!(guess(&heads), expected, "{client:?} {server:?}");
    }
}

#[test]
fn no_connection_is_both_ftp_and_smtp() {
    for client in
        ["", "USER x\r\n", "EHLO x\r\n", "QUIT\r\n", "FEAT\r\n", "MAIL FROM:<a>\r\n", "AUTH TLS\r\n", "RSET\r\n"]
    {
        for server in [
            "",
            "220 x\r\n",
            "220 x ESMTP\r\n",
            "220 FTP\r\n",
            "250 ok\r\n",
            "250 2.0.0 ok\r\n",
            "150 x\r\n",
            "221 bye\r\n",
        ] {
            let heads = Heads { to_server: client.as_bytes(), to_client: server.as_bytes() };
            let both = (guess(&heads), crate::proto::smtp::guess(&heads));
            assert_ne!(both, (Guess::Yes, Guess::Yes), "{client:?} {server:?}");
        }
    }
}

#[test]
fn the_state_is_small() {
    assert!(std::mem::size_of::<Ftp>() <= 4024, "{} bytes", std::mem::size_of::<Ftp>());
    assert!(std::mem::size_of::<FtpData>() <= 368, "{} bytes", std::mem::size_of::<FtpData>());
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "USER x\r\n",
            "PASS x\r\n",
            "PASV\r\n",
            "EPSV\r\n",
            "PORT 1,2,3,4,5,6\r\n",
            "RETR x\r\n",
            "LIST\r\n",
            "REST 5\r\n",
            "AUTH TLS\r\n",
            "227 (1,2,3,4,5,6)\r\n",
            "229 (|||7|)\r\n",
            "150 x (9 bytes)\r\n",
            "226 x\r\n",
            "211-x\r\n",
            "234 x\r\n",
            "\r\n",
            "x",
            "",
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
    ]
}

proptest! {
    #[test]
    fn nothing_panics(steps in prop::collection::vec((any::<bool>(), any::<u8>(), words()), 0..60)) {
        nonsense::<Ftp>(&steps);
    }

    #[test]
    fn guessing_does_not_panic(client in words(), server in words()) {
        let _ = guess(&Heads { to_server: &client, to_client: &server });
    }
}

#[test]
fn telnet_signals_before_a_command_are_skipped() {
    let seen = whole::<Ftp>(&[(ToServer, b"\xff\xf4\xff\xf2ABOR\r\n"), (ToClient, b"226 ok\r\n")]).told();
    assert_eq!(seen[2], "record ftp command=ABOR reply[]=ok completion_code[]=226 reply_received=yes");
}
