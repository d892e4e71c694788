//! Dialogues, cut anywhere, with holes anywhere, and nonsense.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{self, ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, dialogue, gap_anywhere, nonsense, split_anywhere, turns, whole};
use crate::proto::{Guess, Heads};

fn without_lines(seen: &Recorder) -> Vec<String> {
    seen.told().into_iter().filter(|line| !line.contains("imap/")).collect()
}

/// What is told of a dialogue at any cut, without lines of commands and responses.
fn told(text: &str) -> Vec<String> {
    let dialogue = dialogue(text);
    without_lines(&split_anywhere::<Imap>(&turns(&dialogue)))
}

const FETCHES: [Turn<'static>; 7] = [
    (ToClient, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
    (ToServer, b"a1 SELECT INBOX\r\n"),
    (ToClient, b"* 2 EXISTS\r\na1 OK [READ-WRITE] done\r\n"),
    (ToServer, b"a2 FETCH 1:2 (UID BODY.PEEK[])\r\na3 UID FETCH 5 (BODY[1.2] RFC822.HEADER BODY[]<9>)\r\n"),
    (
        ToClient,
        b"* 1 FETCH (UID 4 BODY[] {12}\r\nA: {3}\r\n\r\nx\n)\r\n* 2 FETCH (UID 5 BODY[] {3}\r\ntwo FLAGS (\\Seen))\r\na2 OK done\r\n",
    ),
    (
        ToClient,
        b"* 2 FETCH (BODY[1.2] {4}\r\nbody RFC822.HEADER {0}\r\n BODY[]<9> ~{2}\r\nxy ENVELOPE (NIL {4}\r\nname) UID 5)\r\na3 OK done\r\n",
    ),
    (ToServer, b"a4 LOGOUT\r\n"),
];

#[test]
fn literals_of_fetch_are_objects() {
    let seen = split_anywhere::<Imap>(&FETCHES);
    assert_eq!(
        without_lines(&seen),
        [
            "record imap request.tag=a1 request.command=SELECT request.args=INBOX response.status=OK response.text=[READ-WRITE] done",
            "< object 0 begins imap type=message/rfc822 length=12",
            "< body 0 \"A: {3}\\r\\n\\r\\nx\\n\"",
            "< object 0 ends",
            "< object 0 begins imap type=message/rfc822 length=3",
            "< body 0 \"two\"",
            "< object 0 ends",
            "record imap request.tag=a2 request.command=FETCH request.args=1:2 (UID BODY.PEEK[]) response.status=OK response.text=done",
            "< object 0 begins imap name=1.2 length=4",
            "< body 0 \"body\"",
            "< object 0 ends",
            "< object 0 begins imap name=HEADER type=text/rfc822-headers length=0",
            "< object 0 ends",
            "< object 1 begins imap type=message/rfc822 offset=9",
            "< body 1 \"xy\"",
            "record imap request.tag=a3 request.command=UID request.args=FETCH 5 (BODY[1.2] RFC822.HEADER BODY[]<9>) response.status=OK response.text=done",
            "< object 1 ends incomplete",
            "record imap request.tag=a4 request.command=LOGOUT",
        ]
    );
    assert!(seen.told().contains(&"< imap/response \"name\"".to_owned()), "{:#?}", seen.told());
}

#[test]
fn literals_of_append_are_objects() {
    let dialogue: [Turn<'_>; 9] = [
        (ToServer, b"a APPEND {5}\r\n"),
        (ToClient, b"+ go\r\n"),
        (ToServer, b"Draft (\\Seen) {3}\r\n"),
        (ToClient, b"+ go\r\n"),
        (ToServer, b"one (\\Seen) {3+}\r\ntwo\r\nb APPEND x {9}\r\n"),
        (ToClient, b"a OK done\r\nb NO no such mailbox\r\n"),
        (ToServer, b"c APPEND y UTF8 (~{4+}\r\nfour)\r\n"),
        (ToClient, b"c OK\r\n"),
        (ToServer, b"d NOOP\r\n"),
    ];
    assert_eq!(
        without_lines(&split_anywhere::<Imap>(&dialogue)),
        [
            "> object 0 begins imap type=message/rfc822 length=3",
            "> body 0 \"one\"",
            "> object 0 ends",
            "> object 0 begins imap type=message/rfc822 length=3",
            "> body 0 \"two\"",
            "> object 0 ends",
            "record imap request.tag=a request.command=APPEND request.args={5} response.status=OK response.text=done",
            "record imap request.tag=b request.command=APPEND request.args=x {9} response.status=NO response.text=no such mailbox",
            "> object 0 begins imap type=message/rfc822 length=4",
            "> body 0 \"four\"",
            "> object 0 ends",
            "record imap request.tag=c request.command=APPEND request.args=y UTF8 (~{4+} response.status=OK response.text=",
            "record imap request.tag=d request.command=NOOP",
        ]
    );
}

/// What is told of objects: those of a dialogue in which a client fetches pieces, at any cut.
fn pieces(fetches: &[(&str, &str, &str)]) -> Vec<String> {
    let mut dialogue: Vec<(Direction, Vec<u8>)> = vec![(ToClient, b"* OK hi\r\n".to_vec())];
    for (number, (asked, said, piece)) in fetches.iter().enumerate() {
        dialogue.push((ToServer, format!("t{number} UID FETCH 9 (UID {asked})\r\n").into_bytes()));
        let answer = format!("* 7 FETCH (UID 9 {said} {{{}}}\r\n{piece})\r\nt{number} OK\r\n", piece.len());
        dialogue.push((ToClient, answer.into_bytes()));
    }
    let turns: Vec<Turn<'_>> = dialogue.iter().map(|(direction, bytes)| (*direction, &bytes[..])).collect();
    let told = without_lines(&split_anywhere::<Imap>(&turns));
    told.into_iter().filter(|line| !line.starts_with("record")).collect()
}

#[test]
fn pieces_that_follow_one_another_are_one_object() {
    let begins = "< object 1 begins imap type=message/rfc822";
    // until one is shorter than it was asked to be
    assert_eq!(
        pieces(&[("BODY.PEEK[]<0.4>", "BODY[]<0>", "one "), ("BODY.PEEK[]<4.4>", "BODY[]<4>", "two"), ("X", "X", "x")]),
        [begins, "< body 1 \"one \"", "< body 1 \"two\"", "< object 1 ends"]
    );
    // or the message has as many bytes; other literals may come in between
    assert_eq!(
        pieces(&[
            ("RFC822.SIZE BODY.PEEK[]<0.4>", "RFC822.SIZE 8 BODY[]<0>", "one "),
            ("BODY[HEADER]", "BODY[HEADER]", "A: b"),
            ("RFC822.SIZE BODY.PEEK[]<4.4>", "RFC822.SIZE 8 BODY[]<4>", "two "),
        ]),
        [
            &format!("{begins} length=8")[..],
            "< body 1 \"one \"",
            "< object 0 begins imap name=HEADER type=text/rfc822-headers length=4",
            "< body 0 \"A: b\"",
            "< object 0 ends",
            "< body 1 \"two \"",
            "< object 1 ends",
        ]
    );
    // a piece that is as long as was asked for may have others behind it
    assert_eq!(
        pieces(&[("BODY.PEEK[]<0.4>", "BODY[]<0>", "one ")]),
        [begins, "< body 1 \"one \"", "< object 1 ends incomplete"]
    );
}

#[test]
fn pieces_of_something_else_are_another_object() {
    for (said, name) in [("BODY[]<5>", ""), ("BODY[]<0>", ""), ("BODY[1]<4>", " name=1"), ("BINARY[]<3>", "")] {
        let told = pieces(&[("BODY.PEEK[]<0.4>", "BODY[]<0>", "one "), ("BODY.PEEK[]<4.4>", said, "two")]);
        assert_eq!(told[2], "< object 1 ends incomplete", "{said}: {told:#?}");
        assert!(told[3].starts_with("< object 1 begins imap") && told[3].contains(name), "{said}: {told:#?}");
    }
    // commands that wait together: nothing says which of them asked for more than it got
    let dialogue: [Turn<'_>; 3] = [
        (ToClient, b"* OK hi\r\n"),
        (ToServer, b"a FETCH 7 BODY[]<0.4>\r\nb FETCH 7 BODY[]<0.9>\r\nc FETCH 7 BODY[]<4.4>\r\n"),
        (ToClient, b"* 7 FETCH (BODY[]<0> {4}\r\none )\r\na OK\r\n* 7 FETCH (BODY[]<4> {4}\r\ntwo )\r\nc OK\r\n"),
    ];
    assert_eq!(split_anywhere::<Imap>(&dialogue).objects(), [(b"one two ".to_vec(), false)]);
}

#[test]
fn a_piece_with_a_hole_is_not_complete() {
    let dialogue: [Turn<'_>; 5] = [
        (ToClient, b"* OK hi\r\n"),
        (ToServer, b"a FETCH 7 BODY[]<0.4>\r\n"),
        (ToClient, b"* 7 FETCH (BODY[]<0> {4}\r\none )\r\na OK\r\n"),
        (ToServer, b"b FETCH 7 BODY[]<4.4>\r\n"),
        (ToClient, b"* 7 FETCH (BODY[]<4> {3}\r\ntwo)\r\nb OK\r\n"),
    ];
    assert_eq!(whole::<Imap>(&dialogue).objects(), [(b"one two".to_vec(), true)]);
    for length in [1, 2, 9, 40] {
        gap_anywhere::<Imap>(&dialogue, length, |seen, turn, at| {
            let in_a_piece = (turn == 2 && at < 30) || (turn == 4 && at < 29);
            let complete = seen.objects().iter().any(|(_, complete)| *complete);
            assert!(!(in_a_piece && complete), "turn {turn}, {length} lost at {at}: {:#?}", seen.told());
        });
    }
}

/// The tags of commands are beyond those that are remembered, answered twice, or not answered at all.
#[test]
fn literals_that_are_refused_swallow_nothing() {
    let commands: String = (0..9).map(|n| format!("n{n} NOOP\r\n")).collect();
    let answers: String = (0..9).map(|n| format!("n{n} OK\r\n")).collect();
    let many = (format!("{commands}z APPEND nobox {{99999999}}\r\n"), format!("{answers}z NO no\r\n"));
    let twice = ("z NOOP\r\nz APPEND nobox {99999999}\r\n".to_owned(), "z OK\r\nz NO no\r\n".to_owned());
    let idle =
        ("i IDLE\r\nDONE\r\nz APPEND nobox {99999999}\r\n".to_owned(), "+ idling\r\ni OK\r\nz NO no\r\n".to_owned());
    let untagged = ("z APPEND nobox {99999999}\r\n".to_owned(), "* BAD what\r\n".to_owned());
    let pipelined = ("z APPEND nobox {99999999}\r\ny NOOP\r\n".to_owned(), "z NO no\r\ny OK\r\n".to_owned());
    for (asked, answered) in [many, twice, idle, untagged, pipelined] {
        let dialogue: [Turn<'_>; 7] = [
            (ToClient, b"* OK hi\r\n"),
            (ToServer, asked.as_bytes()),
            (ToClient, answered.as_bytes()),
            (ToServer, b"d APPEND INBOX {4}\r\n"),
            (ToClient, b"+ go\r\n"),
            (ToServer, b"mail\r\n"),
            (ToClient, b"d OK\r\n"),
        ];
        let seen = split_anywhere::<Imap>(&dialogue);
        assert_eq!(seen.objects().last().unwrap(), &(b"mail".to_vec(), true), "{asked}: {:#?}", seen.told());
    }
}

/// An answer to another command does not end a literal, nor one that comes once it was asked for.
#[test]
fn literals_that_are_asked_for_are_read() {
    for answers in ["z OK\r\n+ go\r\n", "* BAD what\r\n+ go\r\n", "+ go\r\n"] {
        let dialogue: [Turn<'_>; 4] = [
            (ToServer, b"z NOOP\r\nz APPEND INBOX {12}\r\n"),
            (ToClient, answers.as_bytes()),
            (ToServer, b"a NOOP\r\nmail\r\n"),
            (ToClient, b"z OK\r\n"),
        ];
        assert_eq!(split_anywhere::<Imap>(&dialogue).objects(), [(b"a NOOP\r\nmail".to_vec(), true)], "{answers}");
    }
}

#[test]
fn a_literal_is_announced_at_the_end_of_a_long_line() {
    let line = format!("* 1 FETCH (ENVELOPE (\"{}\") BODY[] {{3}}\r\none)\r\n", "x".repeat(900));
    let dialogue: [Turn<'_>; 2] = [(ToClient, b"* OK hi\r\n"), (ToClient, line.as_bytes())];
    let seen = split_anywhere::<Imap>(&dialogue);
    assert_eq!(seen.objects(), [(b"one".to_vec(), true)]);
}

#[test]
fn texts_of_statuses_announce_nothing() {
    let seen = told(
        "
        < * OK hello {5}
        > a NOOP
        < a OK see {6}
        > b NOOP
        < b OK done",
    );
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert!(seen[1].ends_with("response.text=done"));
}

#[test]
fn credentials_are_not_handed_out() {
    let cases: [&[Turn<'_>]; 6] = [
        &[(ToServer, b"a LOGIN anna SECRET\r\n"), (ToClient, b"a OK\r\n")],
        &[(ToServer, b"a login {4+}\r\nanna {6+}\r\nSECRET\r\n"), (ToClient, b"a OK\r\n")],
        &[
            (ToServer, b"a LOGIN {4}\r\n"),
            (ToClient, b"+ go\r\n"),
            (ToServer, b"anna \"SECRET\"\r\n"),
            (ToClient, b"a OK\r\n"),
        ],
        &[(ToServer, b"a AUTHENTICATE PLAIN SECRET\r\n"), (ToClient, b"a OK\r\n")],
        &[
            (ToServer, b"a AUTHENTICATE PLAIN\r\n"),
            (ToClient, b"+ \r\n"),
            (ToServer, b"SECRET\r\n"),
            (ToClient, b"a NO\r\n"),
        ],
        &[
            (ToServer, b"a AUTHENTICATE LOGIN\r\n"),
            (ToClient, b"+ SECRET\r\n"),
            (ToServer, b"SECRET=\r\n"),
            (ToClient, b"+ SECRET\r\n"),
            (ToServer, b"SECRET NOT BASE64\r\n"),
            (ToClient, b"a OK\r\n"),
        ],
    ];
    for case in cases {
        let mut dialogue: Vec<Turn<'_>> = vec![(ToClient, b"* OK hi\r\n")];
        dialogue.extend(case);
        dialogue.extend([(ToServer, &b"z NOOP\r\n"[..]), (ToClient, b"z OK done\r\n")]);
        let told = split_anywhere::<Imap>(&dialogue).told();
        assert!(!told.iter().any(|line| line.contains("SECRET")), "{told:#?}");
        assert!(told.iter().any(|line| line.contains("request.tag=z request.command=NOOP response")), "{told:#?}");
    }
}

#[test]
fn after_starttls_and_compress_all_is_raw() {
    for (command, anomaly) in [("STARTTLS", None), ("COMPRESS DEFLATE", Some("anomaly imap.compressed"))] {
        let line = format!("a {command}\r\n");
        let dialogue: [Turn<'_>; 3] =
            [(ToServer, line.as_bytes()), (ToClient, b"a OK go\r\n\x16\x03"), (ToServer, b"\x16\x03\n")];
        let told = split_anywhere::<Imap>(&dialogue).told();
        assert_eq!(told[3..5], ["< raw \"\\x16\\x03\"", "> raw \"\\x16\\x03\\n\""]);
        assert_eq!(told.get(5).map(String::as_str), anomaly);
    }
}

#[test]
fn holes() {
    for length in [1, 3, 20, 80] {
        gap_anywhere::<Imap>(&FETCHES, length, |seen, turn, at| {
            if turn < 4 {
                let bodies: Vec<_> = seen.objects().iter().map(|(body, complete)| (&body[..], *complete)).collect();
                assert!(bodies.contains(&(b"two", true)), "turn {turn}, {length} lost at {at}: {:#?}", seen.told());
            }
            if turn == 5 {
                assert_eq!(seen.objects()[1], (b"two".to_vec(), true));
            }
        });
    }
}

#[test]
fn what_is_picked_up_within_a_literal_is_raw_until_a_response() {
    let seen = told(
        "
        < Subject: x
        <
        < rest of a message)
        < * 3 FETCH (BODY[] {5}
        < abc)
        < a7 OK done",
    );
    assert_eq!(
        seen,
        [
            "< raw \"Subject: x\\r\\n\\r\\nrest of a message)\\r\\n\"",
            "< object 0 begins imap type=message/rfc822 length=5",
            "< body 0 \"abc)\\r\"",
            "< object 0 ends",
        ]
    );
}

#[test]
fn commands_beyond_those_remembered_are_told_all_the_same() {
    let commands: String = (0..10).map(|n| format!("> t{n} NOOP\n")).collect();
    let seen = told(&format!("{commands}< t9 OK\n< t0 OK done\n> u NOOP\n< u OK"));
    assert_eq!(
        seen[..2],
        ["record imap request.tag=t8 request.command=NOOP", "record imap request.tag=t9 request.command=NOOP"]
    );
    assert_eq!(seen[2], "record imap request.tag=t0 request.command=NOOP response.status=OK response.text=done");
    assert_eq!(seen[3], "record imap request.tag=u request.command=NOOP response.status=OK response.text=");
    assert_eq!(seen.len(), 11, "{seen:#?}");
}

#[test]
fn what_is_none_is_given_up() {
    let server: Vec<u8> = (0..10).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
    let (mut imap, mut seen) = (Imap::default(), Recorder::default());
    seen.direction = Some(ToClient);
    imap.push(ToClient, &server, &mut seen);
    assert!(imap.was_mistaken());
}

#[test]
fn guesses() {
    let cases: [(&str, &str, Guess); 16] = [
        ("", "* OK Dovecot ready.\r\n", Guess::Yes),
        ("", "* PREAUTH hi\r\n", Guess::Yes),
        ("", "* OK", Guess::More),
        ("a1 LOGIN a b\r\n", "", Guess::Yes),
        ("A001 CAPABILITY\r\n", "", Guess::Yes),
        ("a1 FETCH 1 (BODY[])\r\n", "* 1 FETCH (BODY[] {3}\r\n", Guess::Yes),
        ("", "* 1 FETCH (BODY[] {3}\r\n", Guess::Yes),
        ("", "a1 OK done\r\n", Guess::More),
        ("DONE\r\n", "a1 OK done\r\n", Guess::More),
        ("GET / HTTP/1.1\r\n", "", Guess::No),
        ("EHLO x\r\n", "", Guess::No),
        ("USER a\r\n", "+OK\r\n", Guess::No),
        ("", "220 x\r\n", Guess::No),
        ("", "HTTP/1.1 200 OK\r\n", Guess::No),
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
    assert!(std::mem::size_of::<Imap>() <= 2928, "{} bytes", std::mem::size_of::<Imap>());
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "a LOGIN x y\r\n",
            "a APPEND x {5}\r\n",
            "a APPEND x {5+}\r\n",
            "a AUTHENTICATE PLAIN\r\n",
            "a STARTTLS\r\n",
            "a NOOP\r\n",
            "* OK\r\n",
            "+ go\r\n",
            "a OK\r\n",
            "a NO\r\n",
            "* 1 FETCH (BODY[] {7}\r\n",
            "* 1 FETCH (BODY[]<0> {3}\r\n",
            "* 1 FETCH (RFC822.SIZE 6 BODY[]<3> {3}\r\n",
            "a FETCH 1 BODY[]<3.9>\r\n",
            "* 1 FETCH (X {18446744073709551615}\r\n",
            ")\r\n",
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
        nonsense::<Imap>(&steps);
    }

    #[test]
    fn guessing_does_not_panic(client in words(), server in words()) {
        let _ = guess(&Heads { to_server: &client, to_client: &server });
    }

    #[test]
    fn messages_come_out_as_they_went_in(body in prop::collection::vec(any::<u8>(), 0..80), size in 1usize..30) {
        let mut sent = format!("* OK hi\r\n* 1 FETCH (BODY[] {{{}}}\r\n", body.len()).into_bytes();
        sent.extend_from_slice(&body);
        sent.extend_from_slice(b")\r\n");
        let pieces: Vec<Turn<'_>> = sent.chunks(size).map(|piece| (ToClient, piece)).collect();
        let seen = whole::<Imap>(&pieces);
        prop_assert_eq!(seen.objects(), [(body, true)]);
    }
}
