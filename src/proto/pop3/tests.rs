//! Dialogues, cut anywhere, with holes anywhere, and nonsense.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, dialogue, gap_anywhere, nonsense, split_anywhere, turns};
use crate::proto::{Guess, Heads, Parser};

/// What is told of a dialogue at any cut, without lines of commands and answers.
fn told(text: &str) -> Vec<String> {
    let dialogue = dialogue(text);
    let seen = split_anywhere::<Pop3>(&turns(&dialogue));
    seen.told().into_iter().filter(|line| !line.contains("pop3/")).collect()
}

const SESSION: &str = "
    < +OK ready
    > USER anna
    < +OK
    > PASS SECRET
    < +OK Logged in.
    > LIST
    < +OK 2 messages:
    < 1 20
    < 2 30
    < .
    > RETR 1
    < +OK 20 octets
    < Subject: dots
    <
    < ..one
    < .
    > TOP 2 0
    < +OK
    < Subject: two
    <
    < .
    > DELE 9
    < -ERR no such message
    > QUIT
    < +OK bye";

#[test]
fn messages_and_records() {
    assert_eq!(
        told(SESSION),
        [
            "record pop3 response.success=true response.status=OK response.header=ready",
            "record pop3 request.command=USER request.args[]=anna response.success=true response.status=OK response.header=",
            "record pop3 request.command=PASS response.success=true response.status=OK response.header=Logged in.",
            "record pop3 request.command=LIST response.success=true response.status=OK response.header=2 messages:",
            "< object 0 begins pop3 type=message/rfc822",
            "< body 0 \"Subject: dots\\r\\n\\r\\n.one\\r\\n\"",
            "< object 0 ends",
            "record pop3 request.command=RETR request.args[]=1 response.success=true response.status=OK response.header=20 octets /email.subject=dots /email.status=PARSE_DONE",
            "< object 0 begins pop3 type=message/rfc822",
            "< body 0 \"Subject: two\\r\\n\\r\\n\"",
            "< object 0 ends",
            "record pop3 request.command=TOP request.args[]=2 request.args[]=0 response.success=true response.status=OK response.header= /email.subject=two /email.status=PARSE_DONE",
            "record pop3 request.command=DELE request.args[]=9 response.success=false response.status=ERR response.header=no such message",
            "record pop3 request.command=QUIT response.success=true response.status=OK response.header=bye",
        ]
    );
}

#[test]
fn keys_of_the_header_are_in_their_places() {
    assert_eq!(LAYOUT.keys[usize::from(EMAIL)..], crate::proto::email::KEYS);
}

#[test]
fn what_was_lost_of_a_message_is_not_made_up() {
    let dialogue = dialogue(
        "
        > RETR 1
        < +OK
        < From: a@x
        < X: y
        <
        < Subject: body
        < .
        > QUIT
        < +OK",
    );
    for length in [1, 2, 9, 20] {
        gap_anywhere::<Pop3>(&turns(&dialogue), length, |seen, turn, at| {
            let told = seen.told();
            let subject = told.iter().any(|line| line.contains("email.subject"));
            assert!(!subject, "turn {turn}, {length} lost at {at}: {told:#?}");
        });
    }
    // nor what was never sent
    let cut = [(ToServer, &b"RETR 1\r\n"[..]), (ToClient, b"+OK 9 octets\r\nFrom: a@x\r\nTo: b")];
    let told = split_anywhere::<Pop3>(&cut).told();
    let record = "record pop3 request.command=RETR request.args[]=1 response.success=true response.status=OK \
                  response.header=9 octets /email.from=a@x /email.to[]=b /email.status=HEADER_STARTED";
    assert!(told.contains(&record.to_owned()), "{told:#?}");
}

#[test]
fn pipelined_messages() {
    let seen = told(
        "
        > LIST 1
        > RETR 1
        > RETR 2
        > RETR 3
        > UIDL
        < +OK 1 20
        < +OK
        < one
        < .
        < -ERR gone
        < +OK
        < three
        < .
        < +OK
        < 1 x
        < .",
    );
    assert_eq!(
        seen.iter().filter(|line| line.contains("body")).collect::<Vec<_>>(),
        ["< body 0 \"one\\r\\n\"", "< body 0 \"three\\r\\n\""]
    );
    assert!(seen.last().unwrap().contains("request.command=UIDL response.success=true"), "{seen:#?}");
}

#[test]
fn listings_are_lines() {
    let dialogue = dialogue(
        "
        > CAPA
        < +OK
        < UIDL
        < +OK is a line like any
        < .
        > NOOP
        < +OK",
    );
    let told = split_anywhere::<Pop3>(&turns(&dialogue)).told();
    assert_eq!(
        told[..7],
        [
            "> pop3/command \"CAPA\\r\\n\"",
            "< pop3/reply \"+OK\\r\\n\"",
            "record pop3 request.command=CAPA response.success=true response.status=OK response.header=",
            "< pop3/reply \"UIDL\\r\\n\"",
            "< pop3/reply \"+OK is a line like any\\r\\n\"",
            "< pop3/reply \".\\r\\n\"",
            "> pop3/command \"NOOP\\r\\n\"",
        ]
    );
}

/// The answer to a command that is not known, or is beyond those remembered, may have any number of lines.
#[test]
fn lines_that_follow_an_answer_to_anything() {
    let lines = "x y\r\n".repeat(20);
    let noops = "NOOP\r\n".repeat(MAX_OUTSTANDING);
    let answers = "+OK\r\n".repeat(MAX_OUTSTANDING);
    for (asked, answered) in [
        ("FOO\r\n".to_owned(), format!("+OK\r\n{lines}.\r\n")),
        ("FOO\r\n".to_owned(), format!("+OK\r\n{lines}")),
        ("FOO\r\n".to_owned(), "+OK\r\n".to_owned()),
        ("LANG\r\n".to_owned(), format!("+OK\r\n{lines}.\r\n")),
        ("LANG en\r\n".to_owned(), "+OK\r\n".to_owned()),
        (format!("{noops}LIST\r\n"), format!("{answers}+OK\r\n{lines}.\r\n")),
    ] {
        let dialogue: [Turn<'_>; 5] = [
            (ToClient, b"+OK ready\r\n"),
            (ToServer, asked.as_bytes()),
            (ToClient, answered.as_bytes()),
            (ToServer, b"RETR 1\r\n"),
            (ToClient, b"+OK\r\none\r\n.\r\n"),
        ];
        let seen = split_anywhere::<Pop3>(&dialogue);
        assert_eq!(seen.objects(), [(b"one\r\n".to_vec(), true)], "{asked}{answered}: {:#?}", seen.told());
        assert!(!seen.told().iter().any(|line| line.starts_with("anomaly")), "{:#?}", seen.told());
        let shown = seen.told().iter().filter(|line| line.contains("pop3/reply \"x y")).count();
        assert_eq!(shown, answered.matches("x y").count(), "{asked}{answered}");
    }
}

/// Each secret stands where a client identifies itself.
#[test]
fn credentials_are_not_handed_out() {
    for case in [
        "> USER a
         < +OK
         > pass  SECRET SECRET
         < +OK",
        "> APOP anna SECRET
         < +OK",
        "> AUTH PLAIN SECRET
         < +OK",
        "> AUTH PLAIN
         < +
         > SECRET
         < -ERR",
        "> AUTH LOGIN
         < + SECRET
         > SECRET=
         < + SECRET
         > SECRET==
         < +OK",
        "> AUTH CRAM-MD5
         > SECRET",
    ] {
        let text = format!("< +OK <1@mail.example>\n{case}\n> NOOP\n< +OK\n> DELE 1\n< +OK");
        let dialogue = dialogue(&text);
        let dialogue = turns(&dialogue);
        let told = split_anywhere::<Pop3>(&dialogue).told();
        assert!(!told.iter().any(|line| line.contains("SECRET")), "{told:#?}");
        assert!(told.contains(&"> pop3/command \"NOOP\\r\\n\"".to_owned()), "{told:#?}");
        for length in [1, 3, 12] {
            gap_anywhere::<Pop3>(&dialogue, length, |seen, turn, at| {
                let told = seen.told();
                let shown = told.iter().any(|line| line.contains("SECRET") && !line.contains("raw"));
                assert!(!shown, "turn {turn}, {length} lost at {at}: {told:#?}");
            });
        }
    }
}

#[test]
fn apop_keeps_the_name() {
    let seen = told("> APOP anna digest\n< +OK");
    assert_eq!(
        seen,
        [
            "record pop3 request.command=APOP request.args[]=anna response.success=true response.status=OK response.header="
        ]
    );
}

#[test]
fn after_stls_all_is_raw() {
    let dialogue: [Turn<'_>; 3] =
        [(ToServer, b"STLS\r\n"), (ToClient, b"+OK begin\r\n\x16\x03"), (ToServer, b"\x16\x03\n")];
    assert_eq!(
        split_anywhere::<Pop3>(&dialogue).told(),
        [
            "> pop3/command \"STLS\\r\\n\"",
            "< pop3/reply \"+OK begin\\r\\n\"",
            "record pop3 request.command=STLS response.success=true response.status=OK response.header=begin",
            "< raw \"\\x16\\x03\"",
            "> raw \"\\x16\\x03\\n\"",
        ]
    );
}

#[test]
fn the_end_of_a_message_that_was_lost_is_made_up_for() {
    let text = format!(
        "{}
        > RETR 3
        < +OK
        < three
        < .
        > QUIT
        < +OK",
        SESSION.trim_end().replace("> QUIT\n    < +OK bye", "")
    );
    let dialogue = dialogue(&text);
    for length in [1, 3, 5, 90] {
        gap_anywhere::<Pop3>(&turns(&dialogue), length, |seen, turn, at| {
            if turn < 11 {
                let last = seen.objects().last();
                assert_eq!(
                    last,
                    Some(&(b"three\r\n".to_vec(), true)),
                    "turn {turn}, {length} lost at {at}: {:#?}",
                    seen.told()
                );
            }
        });
    }
}

#[test]
fn a_message_whose_command_was_never_seen() {
    let seen = told(
        "
        < +OK 7 octets
        < one
        < .
        > QUIT
        < +OK",
    );
    assert!(seen.contains(&"< body 0 \"one\\r\\n\"".to_owned()), "{seen:#?}");
}

#[test]
fn what_is_none_is_given_up() {
    let server: Vec<u8> = (0..10).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
    let (mut pop3, mut seen) = (Pop3::default(), Recorder::default());
    seen.direction = Some(ToClient);
    pop3.push(ToClient, &server, &mut seen);
    assert!(pop3.was_mistaken());
}

/// What a client and a server of Redis say, which answers like POP3 does and is taken for it where that is all that was seen.
const REDIS: &str = "
    < +OK
    > *3
    > $3
    > SET
    > $1
    > k
    > $5
    > hello
    < +OK
    > *2
    > $3
    > GET
    > $1
    > k
    < $5
    < hello
    > *1
    > $5
    > MULTI
    < +OK";

#[test]
fn redis_is_given_up() {
    let redis = dialogue(REDIS);
    let redis = turns(&redis);
    let told = split_anywhere::<Pop3>(&redis).told();
    let raw: Vec<_> = told.iter().filter(|line| line.contains("raw")).collect();
    assert_eq!(
        raw,
        ["< raw \"hello\\r\\n\"", "> raw \"*1\\r\\n$5\\r\\nMULTI\\r\\n\"", "< raw \"+OK\\r\\n\"",],
        "{told:#?}"
    );
    assert!(is_given_up(&redis));
    // lines that a server refuses do not hide what comes behind them
    let refused: String = (0..9).map(|_| "> XYZ\n< -ERR what\n").collect();
    let pipelined = format!("{}{}", "> XYZ\n".repeat(20), "< -ERR what\n".repeat(20));
    for nonsense in [refused, pipelined] {
        let mail = dialogue(&format!("< +OK ready\n{nonsense}{}", SESSION.replace("< +OK ready", "")));
        assert!(!is_given_up(&turns(&mail)));
        assert_eq!(split_anywhere::<Pop3>(&turns(&mail)).objects().len(), 2);
    }
    // nor does what is unknown behind what is known
    let mail = dialogue(&format!("< +OK\n> STAT\n< +OK\n{}< +OK\n", "> XYZ\n".repeat(70)));
    assert!(!is_given_up(&turns(&mail)));
    // and where nobody answers, there is an end as well
    let alone = dialogue(&format!("< +OK\n{}", "> XYZ\n".repeat(70)));
    assert!(is_given_up(&turns(&alone)));
    let told = split_anywhere::<Pop3>(&turns(&alone)).told();
    let raw = format!("> raw \"{}\"", "XYZ\\r\\n".repeat(6));
    assert!(told.contains(&raw), "{told:#?}");
}

fn is_given_up(turns: &[Turn<'_>]) -> bool {
    let (mut pop3, mut seen) = (Pop3::default(), Recorder::default());
    for (direction, bytes) in turns {
        seen.direction = Some(*direction);
        pop3.push(*direction, bytes, &mut seen);
    }
    pop3.was_mistaken()
}

#[test]
fn guesses() {
    let cases: [(&str, &str, Guess); 21] = [
        ("", "+OK ready\r\n", Guess::Yes),
        ("", "+O", Guess::More),
        ("", "+OK\r\n", Guess::More),
        ("", "+OK \r\n", Guess::More),
        ("", "+OK ", Guess::More),
        ("", "+OK r", Guess::Yes),
        ("", "+OK\r\n+OK\r\n", Guess::More),
        ("", "+OKAY\r\n", Guess::No),
        ("USER a\r\n", "", Guess::More),
        ("USER a\r\n", "+OK\r\n", Guess::Yes),
        ("CAPA\r\n", "", Guess::Yes),
        ("RETR 1\r\n", "", Guess::Yes),
        ("RETR file\r\n", "", Guess::No),
        ("", "-ERR busy\r\n", Guess::More),
        ("SET a b\r\n", "+OK\r\n", Guess::No),
        ("*1\r\n$4\r\nPING\r\n", "+OK\r\n", Guess::No),
        ("*1\r\n$4\r\nPING\r\n", "+OK ready\r\n", Guess::No),
        ("", "220 x\r\n", Guess::No),
        ("", "* OK\r\n", Guess::No),
        ("\x16\x03\x01", "", Guess::No),
        ("", "", Guess::More),
    ];
    for (client, server, expected) in cases {
        let heads = Heads { to_server: client.as_bytes(), to_client: server.as_bytes() };
        assert_eq!(guess(&heads), expected, "{client:?} {server:?}");
    }
}

#[test]
fn the_state_is_small() {
    assert!(std::mem::size_of::<Pop3>() <= 4832, "{} bytes", std::mem::size_of::<Pop3>());
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "USER x\r\n",
            "PASS x\r\n",
            "RETR 1\r\n",
            "LIST\r\n",
            "AUTH PLAIN\r\n",
            "STLS\r\n",
            "QUIT\r\n",
            "+OK\r\n",
            "+OK 5 octets\r\n",
            "-ERR\r\n",
            "+ \r\n",
            ".\r\n",
            "..x\r\n",
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
        nonsense::<Pop3>(&steps);
    }

    #[test]
    fn guessing_does_not_panic(client in words(), server in words()) {
        let _ = guess(&Heads { to_server: &client, to_client: &server });
    }
}
