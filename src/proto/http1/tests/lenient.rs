//! What is faulty and read all the same, for clients read it: what follows is not lost.

use super::*;

const NEXT: &str = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxy";

/// A response, then another: lines of what comes behind the first header section, and the anomalies.
#[track_caller]
fn followed(first: &str, expected: &[&str], odd: &[Anomaly]) {
    let steps = [
        request("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        response(&format!("{first}{NEXT}")),
        Step::End(ToClient, true),
    ];
    let Outcome { lines, odd: anomalies, told } = outcome_at_any_split(first, &steps);
    let shown = |line: &&String| !line.starts_with("header");
    assert_eq!(lines[1].iter().filter(shown).collect::<Vec<_>>(), expected, "{first:?}");
    assert_eq!(anomalies[1], odd, "{first:?}");
    assert!(told[1].objects.iter().all(|object| object.ends_with(": whole")), "{:?}", told[1].objects);
}

#[test]
fn a_response_whose_length_is_faulty_goes_on_until_another_begins() {
    use Anomaly::{BadContentLength as Bad, ConflictingLength as Conflict};
    for (fields, odd) in [
        ("Content-Length: +4", Bad),
        ("Content-Length: 4abc", Bad),
        ("Content-Length: 4 1", Bad),
        ("Content-Length: 9\r\nContent-Length: 4", Conflict),
        ("Content-Length: 9, 4", Conflict),
        ("Content-Length: x\r\nContent-Length: 4", Bad),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");
        followed(&format!("{head}abcd"), &["body 0 abcd", "body 0 xy"], &[odd]);
    }
    // What does not follow such a length is of the body, as where no length is to be seen.
    let all = format!("body 0 abcde{}", NEXT.as_bytes().escape_ascii());
    for (field, odd) in [
        ("+4", Bad),
        ("0x4", Bad),
        ("-5", Bad),
        ("abc", Bad),
        ("", Bad),
        ("18446744073709551616", Bad),
        ("4\r\nContent-Length: 99999999999999999999999", Bad),
    ] {
        followed(&format!("HTTP/1.1 200 OK\r\nContent-Length: {field}\r\n\r\nabcde"), &[&all], &[odd]);
    }
    followed("HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\n", &["body -", "body 0 xy"], &[Bad]);
}

#[test]
fn a_gap_in_a_body_of_faulty_length_is_one_of_the_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 4x\r\n\r\n";
    let gap = |len| Step::Gap(ToClient, len);
    for (steps, expected) in [
        ([response(&format!("{head}ab")), gap(2), response(NEXT)], &["body 0 ab", "gap body 2", "body 0 xy"][..]),
        ([response(&format!("{head}ab")), gap(3), response("Hello")], &["body 0 ab", "gap body 3", "+body 5 Hello"]),
        (
            [response(&format!("{head}abcd")), gap(1), response("Hello")],
            &["body 0 abcd", "gap body 1", "+body 5 Hello"],
        ),
    ] {
        let lines = outcome_at_any_split("gap", &steps).lines;
        let shown = |line: &&String| !line.starts_with("header");
        assert_eq!(lines[1].iter().filter(shown).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn status_lines_that_clients_take() {
    for (line, protocol) in [
        ("http/1.1 200 OK", "HTTP/1.1"),
        ("HtTP/1.0 200", "HTTP/1.0"),
        ("HTTP/2.0 200 OK", "HTTP/2.0"),
        ("HTTP/2 200", "HTTP/2.0"),
        ("HTTP/3  200 OK", "HTTP/3.0"),
        ("HTTP/1.1 200OK", "HTTP/1.1"),
    ] {
        let first = format!("{line}\r\nContent-Length: 4\r\n\r\nabcd");
        followed(&first, &["body 0 abcd", "body 0 xy"], &[Anomaly::BadStartLine]);
        let told = outcome_at_any_split(line, &[response(&first)]).told;
        assert!(told[1].events[0].contains(&format!("protocol={protocol}")), "{:?}", told[1].events);
    }
}

#[test]
fn chunks_that_clients_take() {
    use Anomaly::{BadChunkEnd, BadChunkSize, BareCr, BareLf};
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (chunks, odd) in [
        ("4xyz\r\nabcd\r\n0\r\n\r\n", &[BadChunkSize][..]),
        ("4 xyz;\r\nabcd\r\n0\r\n\r\n", &[BadChunkSize]),
        ("4 4\nabcd\r\n0\r\n\r\n", &[BadChunkSize, BareLf]),
        ("4\r\r\nabcd\r\n0\r\n\r\n", &[BadChunkSize]),
        ("4\rx\r\nabcd\r\n0\r\n\r\n", &[BadChunkSize]),
        ("4\r\nabcd\r\r\r\n0\r\n\r\n", &[BadChunkEnd]),
        ("4\r\nabcd\r\n0\r\n\r\r\r\n", &[BareCr]),
        ("4\r\nabcd\r\n0\r\nA: b\r\n\r\r\n", &[BareCr]),
    ] {
        followed(&format!("{head}{chunks}"), &["body 0 abcd", "body 0 xy"], odd);
    }
}

#[test]
fn several_cr_before_the_last_line_end_of_a_header_section() {
    followed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\r\r\nabcd", &["body 0 abcd", "body 0 xy"], &[Anomaly::BareCr]);
    // a line that only begins with them is a line
    let first = "HTTP/1.1 200 OK\r\n\r\rA: b\r\nContent-Length: 4\r\n\r\nabcd";
    followed(first, &["body 0 abcd", "body 0 xy"], &[Anomaly::BareCr]);
}
