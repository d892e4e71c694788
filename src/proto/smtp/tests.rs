//! Dialogues, cut anywhere, with holes anywhere, and nonsense.

use proptest::prelude::*;

use super::*;
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::testing::{Recorder, Turn, dialogue, gap_anywhere, nonsense, split_anywhere, turns, whole};
use crate::proto::{Guess, Heads};

/// What is told of a dialogue at any cut, without lines of commands and replies.
fn told(text: &str) -> Vec<String> {
    let dialogue = dialogue(text);
    let seen = split_anywhere::<Smtp>(&turns(&dialogue));
    seen.told().into_iter().filter(|line| !line.contains("smtp/")).collect()
}

const PLAIN: &str = "
    < 220 mail.example ESMTP
    > EHLO client.example
    < 250-mail.example
    < 250-PIPELINING
    < 250 SIZE 1000
    > MAIL FROM:<a@example.org> SIZE=20
    < 250 2.1.0 Ok
    > RCPT TO:<b@example.net>
    < 250 2.1.5 Ok
    > rcpt to: <c@example.net>
    < 250 2.1.5 Ok
    > DATA
    < 354 go on
    > Subject: dots
    >
    > ..one
    > .two
    > .
    < 250 2.0.0 queued
    > QUIT
    < 221 bye";

#[test]
fn a_message_and_its_record() {
    assert_eq!(
        told(PLAIN),
        [
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"Subject: dots\\r\\n\\r\\n.one\\r\\ntwo\\r\\n\"",
            "> object 0 ends",
            "record smtp helo=client.example mail_from=<a@example.org> rcpt_to[]=<b@example.net> rcpt_to[]=<c@example.net> /email.subject=dots /email.status=PARSE_DONE",
        ]
    );
}

#[test]
fn commands_and_replies_are_lines() {
    let dialogue = dialogue(
        "
        < 220 mail.example ESMTP
        > HELO x
        < 250 hello
        > VRFY someone
        < 252 maybe",
    );
    assert_eq!(
        split_anywhere::<Smtp>(&turns(&dialogue)).told(),
        [
            "< smtp/reply \"220 mail.example ESMTP\\r\\n\"",
            "> smtp/command \"HELO x\\r\\n\"",
            "< smtp/reply \"250 hello\\r\\n\"",
            "> smtp/command \"VRFY someone\\r\\n\"",
            "< smtp/reply \"252 maybe\\r\\n\"",
            "record smtp helo=x",
        ]
    );
}

#[test]
fn pipelined_commands_and_messages() {
    let seen = told(
        "
        < 220 mail.example ESMTP
        > EHLO c
        < 250 PIPELINING
        > MAIL FROM:<a>
        > RCPT TO:<b>
        > DATA
        < 250 ok
        < 250 ok
        < 354 go
        > one
        > .
        > MAIL FROM:<c>
        > RCPT TO:<d>
        > DATA
        < 250 queued
        < 250 ok
        < 250 ok
        < 354 go
        > two
        > .
        > QUIT
        < 250 queued
        < 221 bye",
    );
    assert_eq!(
        seen,
        [
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"one\\r\\n\"",
            "> object 0 ends",
            "record smtp helo=c mail_from=<a> rcpt_to[]=<b>",
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"two\\r\\n\"",
            "> object 0 ends",
            "record smtp helo=c mail_from=<c> rcpt_to[]=<d>",
        ]
    );
}

#[test]
fn refused_data_is_no_message() {
    let seen = told(
        "
        > EHLO c
        < 250 hi
        > MAIL FROM:<a>
        > RCPT TO:<b>
        > DATA
        < 250 ok
        < 550 no such user
        < 503 no recipients
        > MAIL FROM:<x>
        < 250 ok
        > DATA
        < 354 go
        > .
        < 250 ok",
    );
    assert_eq!(
        seen,
        [
            "record smtp helo=c mail_from=<a> rcpt_to[]=<b>",
            "> object 0 begins smtp type=message/rfc822",
            "> object 0 ends",
            "record smtp helo=c mail_from=<x>",
        ]
    );
}

/// What is told of a mail that follows an exchange of a client and its server, at any cut.
fn mail_after(asked: &str, answered: &str) -> Recorder {
    let dialogue: [Turn<'_>; 7] = [
        (ToServer, b"EHLO c\r\n"),
        (ToClient, b"220 x ESMTP\r\n250 ok\r\n"),
        (ToServer, asked.as_bytes()),
        (ToClient, answered.as_bytes()),
        (ToServer, b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"),
        (ToClient, b"250 ok\r\n250 ok\r\n354 go\r\n"),
        (ToServer, b"one\r\n.\r\n"),
    ];
    split_anywhere::<Smtp>(&dialogue)
}

#[test]
fn what_is_refused_swallows_no_mail() {
    let noops = |count: usize| ("NOOP\r\n".repeat(count), "250 ok\r\n".repeat(count));
    let (many, answers) = noops(MAX_OUTSTANDING + 6);
    for (asked, answered) in [
        ("BDAT 99999999\r\n".to_owned(), "502 what\r\n".to_owned()),
        ("BDAT 99999999 LAST\r\n".to_owned(), "500 what\r\n".to_owned()),
        ("BDAT 99999999\r\nNOOP\r\n".to_owned(), "502 what\r\n250 ok\r\n".to_owned()),
        ("STARTTLS\r\n\x16foo\r\n".to_owned(), "502 no\r\n500 what\r\n".to_owned()),
        ("DATA\r\n".to_owned(), "503 no\r\n".to_owned()),
        ("DATA\r\nNOOP\r\n".to_owned(), "503 no\r\n250 ok\r\n".to_owned()),
        (format!("{many}DATA\r\n"), format!("{answers}503 no\r\n")),
    ] {
        let seen = mail_after(&asked, &answered);
        assert_eq!(seen.objects().last().unwrap(), &(b"one\r\n".to_vec(), true), "{asked}: {:#?}", seen.told());
        let record = "record smtp helo=c mail_from=<a> rcpt_to[]=<b>".to_owned();
        assert!(seen.told().contains(&record), "{asked}: {:#?}", seen.told());
    }
    // a server that knows chunks reads this one before it refuses it
    let seen = mail_after("BDAT 6\r\nDATA\r\n", "503 no recipients\r\n");
    assert_eq!(seen.objects(), [(b"DATA\r\n".to_vec(), false), (b"one\r\n".to_vec(), true)]);
}

/// Commands that were sent behind what is refused are obeyed by the server all the same, and it asks for a message.
#[test]
fn a_message_that_is_asked_for_behind_what_was_refused() {
    let (many, answers) = ("NOOP\r\n".repeat(MAX_OUTSTANDING + 6), "250 ok\r\n".repeat(MAX_OUTSTANDING + 6));
    let mail = "MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n";
    for (asked, refused) in [
        (format!("DATA\r\n{mail}"), "503 no".to_owned()),
        (format!("{many}DATA\r\n{mail}"), format!("{answers}503 no")),
        (format!("BDAT 99999999\r\n{mail}"), "502 what".to_owned()),
        (format!("BDAT {}\r\n{mail}", mail.len()), "502 what".to_owned()),
        (format!("STARTTLS\r\n\x16foo\r\n{mail}"), "502 no\r\n500 what".to_owned()),
        (format!("DATA\r\na\n.\nb\r\n{mail}"), "503 no\r\n500 what\r\n500 what\r\n500 what".to_owned()),
    ] {
        let answered = format!("{refused}\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        let dialogue: [Turn<'_>; 6] = [
            (ToServer, b"EHLO c\r\n"),
            (ToClient, b"220 x ESMTP\r\n250 ok\r\n"),
            (ToServer, asked.as_bytes()),
            (ToClient, answered.as_bytes()),
            (ToServer, b"Subject: x\r\n\r\none\r\n.\r\n"),
            (ToClient, b"250 ok\r\n"),
        ];
        let seen = split_anywhere::<Smtp>(&dialogue);
        let mail = (b"Subject: x\r\n\r\none\r\n".to_vec(), true);
        assert_eq!(seen.objects().last().unwrap(), &mail, "{asked}: {:#?}", seen.told());
    }
}

#[test]
fn chunks_make_one_message() {
    let dialogue: [Turn<'_>; 9] = [
        (ToClient, b"220 mail.example ESMTP\r\n"),
        (ToServer, b"EHLO c\r\n"),
        (ToClient, b"250-x\r\n250 CHUNKING\r\n"),
        (ToServer, b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nBDAT 7\r\nab\r\n.\r\nBDAT 0\r\nBDAT 3 LAST\r\nxyz"),
        (ToClient, b"250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"),
        (ToServer, b"RSET\r\nMAIL FROM:<d>\r\nBDAT 2 LAST\r\n..QUIT\r\n"),
        (ToClient, b"250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"),
        (ToServer, b"BDAT x\r\nBDAT 4\r\nabcdRSET\r\nBDAT 0 LAST\r\n"),
        (ToClient, b"501 ok\r\n250 ok\r\n250 ok\r\n503 no\r\n"),
    ];
    let seen = split_anywhere::<Smtp>(&dialogue);
    let told: Vec<_> = seen.told().into_iter().filter(|line| !line.contains("smtp/")).collect();
    assert_eq!(
        told,
        [
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"ab\\r\\n.\\r\\n\"",
            "> body 0 \"xyz\"",
            "> object 0 ends",
            "record smtp helo=c mail_from=<a> rcpt_to[]=<b>",
            "> object 0 begins smtp type=message/rfc822 length=2",
            "> body 0 \"..\"",
            "> object 0 ends",
            "record smtp helo=c mail_from=<d>",
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"abcd\"",
            "> object 0 ends incomplete",
            "> object 0 begins smtp type=message/rfc822 length=0",
            "> object 0 ends",
            "record smtp helo=c",
            "anomaly smtp.bdat_invalid_length",
        ]
    );
}

const HEADER: &str = "From: A <a@x>\r\nTo: \"B, C\" <b@y>,\r\n d@z\r\nSubject: the\r\n plan\r\n.Hidden: x\r\nDate: today\r\n\r\nCc: body@x\r\n";
const EMAIL: &str =
    "/email.from=A <a@x> /email.to[]=\\\"B, C\\\" <b@y> /email.to[]=d@z /email.subject=the plan /email.date=today";

/// What a message's header says, in records alone.
#[test]
fn a_record_has_what_the_header_says() {
    let envelope = "EHLO c\r\nAUTH PLAIN U0VDUkVU\r\nMAIL FROM:<m@x>\r\nRCPT TO:<r@y>\r\n";
    let stuffed = HEADER.replace("\r\n.Hidden", "\r\n..Hidden");
    let (half, rest) = HEADER.split_at(30);
    let sizes = [half.len(), rest.len()];
    let chunks = format!("BDAT {}\r\n{half}BDAT {}\r\n{rest}BDAT 0 LAST\r\n", sizes[0], sizes[1]);
    let cut = format!("BDAT {}\r\n{HEADER}RSET\r\n", HEADER.len());
    for (message, status) in [
        (format!("DATA\r\n{stuffed}.\r\n"), "PARSE_DONE"),
        (chunks, "PARSE_DONE"),
        (cut, "BODY_STARTED"),
        (format!("DATA\r\n{stuffed}"), "BODY_STARTED"),
        (format!("DATA\r\n{}", stuffed.replace("today\r\n\r\nCc: body@x\r\n", "today")), "HEADER_STARTED"),
    ] {
        let said = format!("{envelope}{message}");
        let told = split_anywhere::<Smtp>(&[(ToServer, said.as_bytes())]).told();
        let records: Vec<_> = told.iter().filter(|line| line.starts_with("record")).collect();
        let expected = format!("record smtp helo=c mail_from=<m@x> rcpt_to[]=<r@y> {EMAIL} /email.status={status}");
        assert_eq!(records, [&expected], "{message}");
    }
    // The next message has a header of its own, and one that was refused has none.
    let two = format!("{envelope}DATA\r\n{stuffed}.\r\nMAIL FROM:<n@x>\r\nDATA\r\nSubject: two\r\n\r\n.\r\n");
    let told = split_anywhere::<Smtp>(&[(ToServer, two.as_bytes())]).told();
    let second = "record smtp helo=c mail_from=<n@x> /email.subject=two /email.status=PARSE_DONE";
    assert_eq!(told.iter().rfind(|line| line.starts_with("record")).unwrap(), second);
    let refused: [Turn<'_>; 3] = [
        (ToServer, b"MAIL FROM:<a>\r\nDATA\r\nSubject: x\r\n"),
        (ToClient, b"250 ok\r\n503 no\r\n"),
        (ToServer, b"QUIT\r\n"),
    ];
    assert!(split_anywhere::<Smtp>(&refused).told().contains(&"record smtp mail_from=<a>".to_owned()));
}

#[test]
fn a_hole_in_the_header_ends_it() {
    let dialogue: [Turn<'_>; 4] = [
        (ToServer, b"EHLO c\r\nMAIL FROM:<a>\r\nDATA\r\n"),
        (ToClient, b"250 ok\r\n250 ok\r\n354 go\r\n"),
        (ToServer, b"From: a@x\r\nX: y\r\n\r\nSubject: body\r\n.\r\n"),
        (ToClient, b"250 ok\r\n"),
    ];
    for length in [1, 2, 9] {
        gap_anywhere::<Smtp>(&dialogue, length, |seen, turn, at| {
            let told = seen.told();
            let subject = told.iter().any(|line| line.contains("email.subject"));
            assert!(!subject, "turn {turn}, {length} lost at {at}: {told:#?}");
        });
    }
}

#[test]
fn keys_of_the_header_are_in_their_places() {
    assert_eq!(LAYOUT.keys[usize::from(super::EMAIL)..], crate::proto::email::KEYS);
}

#[test]
fn after_starttls_all_is_raw() {
    let dialogue: [Turn<'_>; 6] = [
        (ToClient, b"220 mail.example ESMTP\r\n"),
        (ToServer, b"EHLO c\r\n"),
        (ToClient, b"250 STARTTLS\r\n"),
        (ToServer, b"STARTTLS\r\n"),
        (ToClient, b"220 2.0.0 ready\r\n\x16\x03\x01"),
        (ToServer, b"\x16\x03\x01\x02\n"),
    ];
    let seen = split_anywhere::<Smtp>(&dialogue);
    let told = seen.told();
    assert_eq!(
        told[3..],
        [
            "> smtp/command \"STARTTLS\\r\\n\"",
            "< smtp/reply \"220 2.0.0 ready\\r\\n\"",
            "record smtp helo=c",
            "< raw \"\\x16\\x03\\x01\"",
            "> raw \"\\x16\\x03\\x01\\x02\\n\"",
        ]
    );
    let injected = told_injected();
    assert!(injected.contains(&"anomaly smtp.invalid_pipelined_sequence".to_owned()), "{injected:?}");
}

fn told_injected() -> Vec<String> {
    told(
        "
        < 220 ESMTP
        > STARTTLS
        > RSET
        < 220 ready
        < raw",
    )
}

#[test]
fn tls_that_comes_before_its_answer_is_raw() {
    let dialogue: [Turn<'_>; 2] =
        [(ToServer, b"EHLO c\r\nSTARTTLS\r\n\x16\x03\x01\r\n"), (ToClient, b"220 x ESMTP\r\n250 ok\r\n220 go\r\n\x16")];
    let told = split_anywhere::<Smtp>(&dialogue).told();
    assert!(told.contains(&"> raw \"\\x16\\x03\\x01\\r\\n\"".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("anomaly")), "{told:?}");
}

/// Each secret stands in a line of AUTH or its challenge.
#[test]
fn credentials_are_not_handed_out() {
    let cases = [
        "> AUTH PLAIN SECRET
         < 235 ok",
        "> auth login
         < 334 SECRET
         > SECRET
         < 334 SECRET
         > SECRET=
         < 235 ok",
        "> AUTH LOGIN
         > SECRET
         > SECRET",
        " > \tAUTH PLAIN SECRET",
        "> AUTH PLAIN
         < 334 SECRET
         > SECRET and more, whatever it is
         < 535 no",
        "> AUTH PLAIN
         < 334
         > QUITSECRET
         < 535 no",
    ];
    for case in cases {
        let text =
            format!("< 220 x ESMTP\n> EHLO c\n< 250 AUTH PLAIN\n{case}\n> MAIL FROM:<a>\n< 250 ok\n> QUIT\n< 221 bye");
        let dialogue = dialogue(&text);
        let dialogue = turns(&dialogue);
        let told = split_anywhere::<Smtp>(&dialogue).told();
        assert!(!told.iter().any(|line| line.contains("SECRET")), "{told:#?}");
        assert!(told.contains(&"record smtp helo=c mail_from=<a>".to_owned()), "{told:#?}");
        assert!(told.contains(&"> smtp/command \"QUIT\\r\\n\"".to_owned()), "{told:#?}");
        // where the challenge is lost, base64 is all that tells an answer from a command
        for length in [1, 3, 12].into_iter().filter(|_| !case.contains("whatever")) {
            gap_anywhere::<Smtp>(&dialogue, length, |seen, turn, at| {
                let told = seen.told();
                let shown = told.iter().any(|line| line.contains("SECRET") && !line.contains("raw"));
                assert!(!shown, "turn {turn}, {length} lost at {at}: {told:#?}");
            });
        }
    }
}

#[test]
fn line_ends_that_only_some_take_for_an_end() {
    let dialogue: [Turn<'_>; 4] = [
        (ToServer, b"MAIL FROM:<a>\r\nDATA\r\n"),
        (ToClient, b"250 ok\r\n354 go\r\n"),
        (ToServer, b"one\n.\r\nMAIL FROM:<smuggled>\r\n.\r\n"),
        (ToClient, b"250 ok\r\n"),
    ];
    let seen = split_anywhere::<Smtp>(&dialogue);
    assert_eq!(seen.objects(), [(b"one\n.\r\nMAIL FROM:<smuggled>\r\n".to_vec(), true)]);
    assert!(seen.told().contains(&"anomaly smtp.data_end_without_crlf".to_owned()));
    // a server that does take it for the end says so
    let dialogue: [Turn<'_>; 6] = [
        (ToServer, b"MAIL FROM:<a>\r\nDATA\r\n"),
        (ToClient, b"250 ok\r\n354 go\r\n"),
        (ToServer, b"one\n.\n"),
        (ToClient, b"250 ok\r\n"),
        (ToServer, b"MAIL FROM:<b>\r\n"),
        (ToClient, b"250 ok\r\n"),
    ];
    let told = split_anywhere::<Smtp>(&dialogue).told();
    assert!(told.contains(&"record smtp mail_from=<b>".to_owned()), "{told:#?}");
}

#[test]
fn long_lines_are_handed_out_whole() {
    let long = format!("MAIL FROM:<{}>\r\n", "a".repeat(3 * MAX_LINE_BYTES));
    let seen = whole::<Smtp>(&[(ToServer, long.as_bytes()), (ToServer, b"QUIT\r\n")]).told();
    assert!(seen.contains(&format!("> smtp/command \"{}\"", long.escape_default())));
    assert!(seen.contains(&"anomaly smtp.max_command_line_len_exceeded".to_owned()));
    for size in [1, 100, 767, 768, 769] {
        let pieces: Vec<Turn<'_>> = long.as_bytes().chunks(size).map(|piece| (ToServer, piece)).collect();
        assert_eq!(whole::<Smtp>(&[&pieces[..], &[(ToServer, b"QUIT\r\n")]].concat()).told(), seen, "{size}");
    }
}

#[test]
fn what_was_picked_up_in_the_middle() {
    // an invitation is the first thing seen
    assert_eq!(
        told(
            "
            < 354 go
            > one
            > .
            < 250 ok
            > MAIL FROM:<b>
            < 250 ok"
        ),
        [
            "> object 0 begins smtp type=message/rfc822",
            "> body 0 \"one\\r\\n\"",
            "> object 0 ends",
            "record smtp mail_from=<b>",
        ]
    );
    // one side only
    let client = told(
        "
        > EHLO c
        > MAIL FROM:<a>
        > DATA
        > one
        > .
        > QUIT",
    );
    assert_eq!(client.last().unwrap(), "record smtp helo=c mail_from=<a>");
    assert!(client.contains(&"> body 0 \"one\\r\\n\"".to_owned()));
}

#[test]
fn a_hole_that_takes_data_or_its_end_is_recovered_from() {
    let dialogue = dialogue(&format!(
        "{}
        > MAIL FROM:<second>
        < 250 ok
        > DATA
        < 354 go
        > two
        > .
        < 250 ok",
        PLAIN.replace("> QUIT\n    < 221 bye", "")
    ));
    for length in [1, 2, 3, 7, 100] {
        gap_anywhere::<Smtp>(&turns(&dialogue), length, |seen, turn, at| {
            let told = seen.told();
            if turn < 12 {
                assert_eq!(
                    seen.objects().last().unwrap(),
                    &(b"two\r\n".to_vec(), true),
                    "turn {turn}, {length} at {at}: {told:#?}"
                );
            }
            if turn == 11 || (turn == 9 && at < 5) {
                assert!(seen.objects().len() >= 2 || length > 99, "turn {turn}, {length} at {at}: {told:#?}");
            }
        });
    }
}

#[test]
fn a_lost_answer_does_not_make_commands_a_message() {
    let dialogue = dialogue(
        "
        < 220 x ESMTP
        > EHLO c
        < 250 ok
        > MAIL FROM:<a>
        < 250 ok
        > DATA
        < 503 no recipients
        > MAIL FROM:<b>
        < 250 ok
        > QUIT
        < 221 bye",
    );
    for length in [1, 9, 30] {
        gap_anywhere::<Smtp>(&turns(&dialogue), length, |seen, turn, at| {
            let last = "record smtp helo=c mail_from=<b>".to_owned();
            if [0, 2, 8].contains(&turn) {
                assert!(seen.told().contains(&last), "turn {turn}, {length} lost at {at}: {:#?}", seen.told());
            }
        });
    }
}

#[test]
fn what_is_none_is_given_up() {
    let server: Vec<u8> = (0..10).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
    let mut smtp = Smtp::default();
    let mut seen = Recorder::default();
    seen.direction = Some(ToClient);
    smtp.push(ToClient, &server, &mut seen);
    assert!(smtp.was_mistaken());
    seen.direction = Some(ToServer);
    smtp.push(ToServer, b"anything", &mut seen);
    assert!(seen.told().contains(&"> raw \"anything\"".to_owned()), "{:?}", seen.told());
}

/// Where a side is given up does not depend on how its bytes are divided.
#[test]
fn giving_up_is_the_same_at_any_cut() {
    for direction in [ToServer, ToClient] {
        let lines: Vec<u8> = (0..12).flat_map(|n| format!("{n}\r\n").into_bytes()).collect();
        let told = split_anywhere::<Smtp>(&[(direction, &lines)]).told();
        assert!(told.iter().any(|line| line.ends_with("raw \"8\\r\\n9\\r\\n10\\r\\n11\\r\\n\"")), "{told:#?}");
    }
}

#[test]
fn guesses() {
    let cases: [(&str, &str, Guess); 24] = [
        ("EHLO x\r\n", "", Guess::Yes),
        ("EHLO", "", Guess::More),
        ("MAIL FROM:<a@b>\r\n", "", Guess::Yes),
        ("RCPT TO:<a@b>\r\n", "", Guess::Yes),
        ("BDAT 10 LAST\r\nabc", "", Guess::Yes),
        ("", "220 mx ESMTP Postfix\r\n", Guess::Yes),
        ("", "220 mx ready\r\n", Guess::More),
        ("EHLO x\r\n", "220 mx ready\r\n", Guess::Yes),
        ("USER x\r\n", "220 mx ready\r\n", Guess::No),
        ("", "220 (vsFTPd 3.0.3)\r\n", Guess::No),
        ("", "250 2.1.0 Ok\r\n", Guess::Yes),
        ("", "250-mx\r\n250-PIPELINING\r\n250 SIZE\r\n", Guess::Yes),
        ("", "250 ok\r\n", Guess::More),
        ("", "354 go\r\n", Guess::Yes),
        ("text of a message\r\n", "250 2.0.0 queued\r\n", Guess::Yes),
        ("QUIT\r\n", "", Guess::More),
        ("GET / HTTP/1.1\r\n", "", Guess::No),
        ("USER x\r\n", "", Guess::No),
        ("AUTH TLS\r\n", "220 x\r\n", Guess::No),
        ("\x16\x03\x01", "", Guess::No),
        ("", "+OK ready\r\n", Guess::No),
        ("", "SSH-2.0-x\r\n", Guess::No),
        ("", "227 Entering Passive Mode (1,2,3,4,5,6)\r\n", Guess::No),
        ("", "", Guess::More),
    ];
    for (client, server, expected) in cases {
        let heads = Heads { to_server: client.as_bytes(), to_client: server.as_bytes() };
        assert_eq!(guess(&heads), expected, "{client:?} {server:?}");
    }
}

#[test]
fn the_state_is_small() {
    assert!(std::mem::size_of::<Smtp>() <= 3632, "{} bytes", std::mem::size_of::<Smtp>());
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "EHLO x\r\n",
            "MAIL FROM:<a>\r\n",
            "DATA\r\n",
            ".\r\n",
            "BDAT 5\r\n",
            "BDAT 9 LAST\r\n",
            "RSET\r\n",
            "AUTH PLAIN\r\n",
            "STARTTLS\r\n",
            "\x16\r\n",
            "QUIT\r\n",
            "502 what\r\n",
            "250 ok\r\n",
            "354 go\r\n",
            "334 x\r\n",
            "235 ok\r\n",
            "550 no\r\n",
            "250-more\r\n",
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
        nonsense::<Smtp>(&steps);
    }

    #[test]
    fn guessing_does_not_panic(client in words(), server in words()) {
        let _ = guess(&Heads { to_server: &client, to_client: &server });
    }

    #[test]
    fn messages_come_out_as_they_went_in(lines in prop::collection::vec("[ab.]{0,6}", 0..8), size in 1usize..30) {
        let (mut sent, mut body) = (Vec::new(), Vec::new());
        for line in &lines {
            if line.starts_with('.') {
                sent.push(b'.');
            }
            for to in [&mut sent, &mut body] {
                to.extend_from_slice(line.as_bytes());
                to.extend_from_slice(b"\r\n");
            }
        }
        sent.extend_from_slice(b".\r\n");
        let mut pieces: Vec<Turn<'_>> = vec![(ToServer, b"DATA\r\n"), (ToClient, b"354 go\r\n")];
        pieces.extend(sent.chunks(size).map(|piece| (ToServer, piece)));
        let seen = whole::<Smtp>(&pieces);
        prop_assert_eq!(seen.objects(), [(body, true)]);
    }
}
