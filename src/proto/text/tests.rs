//! Bodies with dots, queues and replies.

use super::*;

/// The content, as one or in pieces of `size`; how much was taken.
fn unstuffed(body: &[u8], size: usize) -> (Vec<u8>, usize, End, bool) {
    let (mut dots, mut content, mut taken) = (Dots::default(), Vec::new(), 0);
    for piece in body.chunks(size) {
        let (used, end) = dots.feed(piece, &mut |bytes| content.extend_from_slice(bytes));
        taken += used;
        if end == End::Dot {
            return (content, taken, end, dots.saw_lenient_end());
        }
        assert_eq!(used, piece.len());
    }
    (content, taken, End::Open, dots.saw_lenient_end())
}

#[test]
fn dots_are_removed_and_end_the_body() {
    let cases: [(&str, &str, usize, bool); 14] = [
        (".\r\nQUIT", "", 3, false),
        ("a\r\n.\r\nQUIT", "a\r\n", 6, false),
        ("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", 13, false),
        (".a\r\n.\r\n", "a\r\n", 7, false),
        ("a.\r\n.\r\n", "a.\r\n", 7, false),
        ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", 11, false),
        ("a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", 10, false),
        ("a\r.\r\n.\r\n", "a\r.\r\n", 8, false),
        ("a\r\r\n.\r\n", "a\r\r\n", 7, false),
        ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", 11, true),
        ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", 10, true),
        ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", 11, true),
        ("a\n..\nb\r\n.\r\n", "a\n..\nb\r\n", 11, false),
        ("\n.\r\r\n.\r\n", "\n.\r\r\n", 8, false),
    ];
    for (body, content, taken, lenient) in cases {
        for size in [1, 2, 3, body.len()] {
            let expected = (content.as_bytes().to_vec(), taken, End::Dot, lenient);
            assert_eq!(unstuffed(body.as_bytes(), size), expected, "{body:?} in pieces of {size}");
        }
    }
}

#[test]
fn a_body_goes_on_until_its_end() {
    for body in ["a\r\n", "a\r\n.", "a\r\n.\r", "\r\n..\r\n", "a\n.\n"] {
        assert_eq!(unstuffed(body.as_bytes(), 1).2, End::Open, "{body:?}");
    }
}

#[test]
fn a_queue_that_overflows_keeps_the_order() {
    let mut queue: Queue<u8, 2> = Queue::default();
    for item in 1..=4 {
        queue.push(item);
    }
    assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
    queue.push(5);
    assert_eq!((queue.pop(), queue.pop()), (None, None), "3 and 4 are only counted");
    assert!(queue.is_last());
    assert_eq!(queue.pop(), None, "and so is 5");
    assert!(!queue.is_last());
    assert!(queue.is_empty());
    queue.push(6);
    assert_eq!((queue.front(), queue.pop(), queue.pop()), (Some(6), Some(6), None));
}

#[test]
fn replies_of_several_lines() {
    let cases: [(&str, bool, &[Told]); 6] = [
        ("250 ok", false, &[Told::Last(250)]),
        ("250", false, &[Told::Last(250)]),
        ("250-a\n250-b\n250 c", false, &[Told::More(250), Told::More(250), Told::Last(250)]),
        ("211-a\n b\n212 no\n211 end", true, &[Told::More(211), Told::More(211), Told::More(211), Told::Last(211)]),
        ("250-a\nb\n550 c\n250 d", false, &[Told::More(250), Told::Bad, Told::Bad, Told::Last(250)]),
        ("25x\n999 a\n2500", false, &[Told::Bad, Told::Bad, Told::Bad]),
    ];
    for (lines, free, expected) in cases {
        let mut reply = Reply::default();
        let told: Vec<_> = lines.lines().map(|line| reply.line(line.as_bytes(), free)).collect();
        assert_eq!(told, expected, "{lines:?}");
    }
}

#[test]
fn words_and_numbers() {
    assert_eq!(word(b" MAIL  FROM:<> "), (&b"MAIL"[..], &b"FROM:<> "[..]));
    assert_eq!(word(b"QUIT"), (&b"QUIT"[..], &b""[..]));
    let cases: [(&[u8], Option<u64>); 5] = [
        (b"0", Some(0)),
        (b"18446744073709551615", Some(u64::MAX)),
        (b"18446744073709551616", None),
        (b"", None),
        (b"+1", None),
    ];
    for (digits, expected) in cases {
        assert_eq!(number(digits), expected, "{}", digits.escape_ascii());
    }
}
