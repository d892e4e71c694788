//! Headers of messages, whole and cut anywhere, and nonsense; what Python's `email` makes of them is in `tests/mail`.

use proptest::prelude::*;

use super::*;
use crate::event::record::{Value, fields};

type Reader = Email<0>;

/// What is told of a message that is fed in these pieces.
fn told<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, complete: bool) -> Vec<String> {
    let mut email = Reader::default();
    email.begin();
    pieces.into_iter().for_each(|piece| email.push(piece));
    lines(&mut email, complete)
}

fn lines(email: &mut Reader, complete: bool) -> Vec<String> {
    let (kept, outcome) = email.told(complete);
    let all = [kept, outcome.bytes()].concat();
    let line = |(tag, value): (u8, Value<'_>)| {
        let key = KEYS[usize::from(tag)].strip_prefix("/email.").unwrap();
        match value {
            Value::Text(text) => format!("{key}={}", text.escape_ascii()),
            other => format!("{key}={other:?}"),
        }
    };
    fields(&all).map(line).collect()
}

/// The same at any cut, without the status of a whole message.
fn header(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let whole = told([bytes], true);
    for size in 1..4 {
        assert_eq!(told(bytes.chunks(size), true), whole, "in pieces of {size}");
    }
    for cut in 0..bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(told([head, tail], true), whole, "cut at {cut}");
    }
    whole.into_iter().filter(|line| line != "status=PARSE_DONE").collect()
}

#[test]
fn fields_are_told_as_they_stand() {
    let seen = header(
        "Received: from a\r\n\tby b\r\nFROM: =?utf-8?q?An=C3=A4?= <a@x>\r\nTo: \"B, C\" <b@y>,\r\n  d@z (e, (f), \\( g),, \
         <h,i@j>\r\ncc:\tTeam: k@l, m@n;\r\nSubject:  one\r\n two \r\n\t three\t\r\nDate : Sat, 21 Nov 2026 17:05:00 +0000\r\n\
         Message-ID:\r\n <1@x>\r\nX-Mailer: A\rB\r\nBcc: secret@x\r\nSubject: other\r\n\r\nTo: body@x\r\n",
    );
    assert_eq!(
        seen,
        [
            "from==?utf-8?q?An=C3=A4?= <a@x>",
            "to[]=\\\"B, C\\\" <b@y>",
            "to[]=d@z (e, (f), \\\\( g)",
            "to[]=<h,i@j>",
            "cc[]=Team: k@l",
            "cc[]=m@n;",
            "subject=one two \\t three",
            "date=Sat, 21 Nov 2026 17:05:00 +0000",
            "message_id=<1@x>",
            "x_mailer=A\\rB",
        ]
    );
}

#[test]
fn where_the_header_ends() {
    for (end, reads_on) in [
        ("\r\n", false),
        ("\n", false),
        ("\rx\r\n", false),
        ("no field\r\n", false),
        ("nofield\r\n", false),
        (": x\r\n", false),
        ("\u{e4}: x\r\n", false),
        ("Field x: y\r\n", false),
        ("From here\r\n", false),
        ("Other:\r\n", true),
        ("Other \t: x\n", true),
        (" folded\r\n", true),
    ] {
        let seen = header(&format!("X: y\r\n{end}Subject: one\r\n"));
        assert_eq!(seen.len(), usize::from(reads_on), "{end:?}: {seen:?}");
    }
    assert_eq!(header("From anna Sat Nov 21 17:05:00 2026\r\nFrom: a@x\r\n\r\n"), ["from=a@x"]);
    assert_eq!(header("\tfolded\r\nFrom: a@x"), ["from=a@x"]);
    assert_eq!(header(&format!("{}: x\r\nFrom: a@x", "n".repeat(998))), ["from=a@x"]);
    assert_eq!(header(&format!("{}: x\r\nFrom: a@x", "n".repeat(999))), Vec::<String>::new());
    assert_eq!(header("Subject:\r\nTo: , ,\r\n\r\n"), Vec::<String>::new());
}

#[test]
fn how_far_a_message_got() {
    for (text, status) in [
        ("From: a@x\r\nTo", "HEADER_STARTED"),
        ("From: a@x\r\n\r\n", "BODY_STARTED"),
        ("From: a@x\r\nx y", "BODY_STARTED"),
    ] {
        assert_eq!(told([text.as_bytes()], false), ["from=a@x".to_owned(), format!("status={status}")]);
        assert_eq!(told([text.as_bytes()], true), ["from=a@x", "status=PARSE_DONE"]);
    }
    assert_eq!(told([&b"one\r\n"[..]], true), Vec::<String>::new(), "no field of it is known");
}

#[test]
fn a_hole_ends_the_reading() {
    let mut email = Reader::default();
    email.push(b"From: nobody has begun\r\n");
    assert!(email.is_empty());
    for (before, truncated) in [("From: a@x\r\n", false), ("From: a@x", true), ("From: a@x\r\nTo", false)] {
        email.begin();
        email.push(before.as_bytes());
        email.lose();
        email.push(b"\r\nSubject: body\r\n");
        let seen = lines(&mut email, false);
        assert_eq!(seen[..2], ["from=a@x", "status=HEADER_STARTED"]);
        assert_eq!(seen.len(), 2 + usize::from(truncated), "{before:?}: {seen:?}");
    }
    email.begin();
    email.push(b"From: a@x\r\n\r\nbody");
    email.lose();
    assert_eq!(lines(&mut email, false), ["from=a@x", "status=BODY_STARTED"]);
}

#[test]
fn what_is_longer_than_is_kept_is_said_to_be() {
    for known in KNOWN.iter().filter(|known| !known.is_list) {
        let name = known.name.escape_ascii();
        let full = format!("{name}: {} \t \r\n\r\n", "x".repeat(known.limit));
        assert_eq!(header(&full).len(), 1, "{full}");
        let seen = header(&format!("{name}: {}\r\n folded\r\nX: y\r\n\r\n", "x".repeat(known.limit + 1)));
        assert!(seen[0].ends_with(&format!("={}", "x".repeat(known.limit))) && seen.len() == 2, "{seen:?}");
        assert_eq!(seen[1], "truncated=Flag(true)");
    }
    // an address has 21 bytes, and four stand before each
    let list = "0123456789@example.xy, ".repeat(50);
    let seen = header(&format!("Cc: {list}\r\nTo: a@x\r\n\r\n"));
    assert_eq!(seen[..7], ["cc[]=0123456789@example.xy"; 7]);
    assert_eq!(seen[7..], ["cc[]=0123456789@ex", "to[]=a@x", "truncated=Flag(true)"]);
}

#[test]
fn all_that_is_kept_has_room() {
    let mut text = String::new();
    for known in &KNOWN {
        text += &format!("{}: {}\r\n", known.name.escape_ascii(), "x,".repeat(500));
    }
    let mut email = Reader::default();
    email.begin();
    email.push(text.as_bytes());
    assert!(email.truncated && !email.fields.is_cut() && email.fields.bytes().len() <= FIELDS_BYTES);
    assert_eq!(fields(email.fields.bytes()).map(|(tag, _)| tag).max(), Some(6));
    let longest = KNOWN.iter().map(|known| known.name.len()).max().unwrap();
    assert_eq!(longest + 1, NAME_BYTES);
}

/// Each key stands in the user's guide with its limit, and the guide has no other.
#[test]
fn the_guide_has_every_key() {
    let guide = include_str!("../../../docs/protocols.md");
    let rows: Vec<_> = guide.lines().filter(|line| line.starts_with("| `email.")).collect();
    let is_key = |word: &&str| word.starts_with("email.");
    let mut told: Vec<_> = rows.iter().flat_map(|row| row.split('`')).filter(is_key).collect();
    let mut keys: Vec<_> = KEYS.iter().map(|key| key.trim_start_matches('/').trim_end_matches("[]")).collect();
    told.sort_unstable();
    keys.sort_unstable();
    assert_eq!(told, keys);
    for known in &KNOWN {
        let name = format!("`{}`", known.name.escape_ascii());
        let row = rows.iter().find(|row| row.contains(&name)).unwrap();
        assert!(row.contains(&format!(" {} ", known.limit)), "{row}");
    }
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::sample::select(vec![
            "From: ", "To: ", "cc:", "Subject:", "\r\n", "\n", " ", "\t", "\r", ",", "\"", "<", ">", "(", ")", "\\",
            "a@x", ":",
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
    ]
}

proptest! {
    #[test]
    fn cuts_do_not_matter(words in prop::collection::vec(words(), 0..60), size in 1usize..20, complete in any::<bool>()) {
        let text = words.concat();
        prop_assert_eq!(told(text.chunks(size), complete), told([&text[..]], complete));
    }
}
