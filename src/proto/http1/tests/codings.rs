//! Codings, and what else decides how a body is read, beside fields of any length.

use super::*;

/// As long a value as is kept of each of them, and more.
fn crowd() -> String {
    let long = "x".repeat(300);
    format!(
        "Content-Disposition: attachment; filename=\"{long}\"\r\nETag: \"{long}\"\r\nLast-Modified: {long}\r\n\
         Content-Range: bytes {long}\r\nSec-WebSocket-Extensions: {long}\r\nSec-WebSocket-Extensions: {long}\r\n\
         Sec-WebSocket-Extensions: {long}\r\nUpgrade: {long}\r\nContent-Type: text/plain; y={long}\r\n"
    )
}

/// The codings of the one object of each direction.
fn codings(steps: &[Step]) -> [String; 2] {
    let told = outcome_at_any_split("codings", steps).told;
    told.map(|told| {
        let [object] = &told.objects[..] else { panic!("{:?}", told.objects) };
        let codings = object.split('|').nth(2).unwrap_or_default();
        codings.split([' ', ':']).next().unwrap_or_default().to_owned()
    })
}

#[test]
fn no_field_takes_the_room_of_a_coding() {
    let crowd = crowd();
    let host = "h".repeat(250);
    let fields = format!("{crowd}Content-Encoding: deflate\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    let steps = [
        request(&format!("POST /u HTTP/1.1\r\nHost: {host}\r\n{fields}")),
        response(&format!("HTTP/1.1 200 OK\r\n{fields}")),
    ];
    assert_eq!(codings(&steps), ["deflate,gzip", "deflate,gzip"]);
}

#[test]
fn no_field_takes_the_room_of_a_media_type() {
    let crowd = crowd();
    let (crowd, _) = crowd.split_at(crowd.find("Content-Type").unwrap());
    let host = "h".repeat(250);
    let fields = format!("{crowd}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1\r\n\r\nx");
    let steps = [
        request(&format!("POST /u HTTP/1.1\r\nHost: {host}\r\n{fields}")),
        response(&format!("HTTP/1.1 200 OK\r\n{fields}")),
    ];
    for told in outcome_at_any_split("media type", &steps).told {
        assert!(told.objects[0].contains("|multipart/form-data; boundary=b "), "{:?}", told.objects);
    }
}

#[test]
fn what_stands_between_codings_takes_no_room() {
    let blanks = " ".repeat(300);
    let empty = ", ".repeat(200);
    for (fields, expected) in [
        (format!("Content-Encoding: identity{blanks}, deflate\r\n"), "deflate"),
        (format!("Content-Encoding:{blanks}identity{blanks}\r\nContent-Encoding: deflate\r\n"), "deflate"),
        (format!("Content-Encoding: {empty}Deflate{empty}\r\n"), "deflate"),
        (format!("Content-Encoding: br;q={blanks}{blanks}, none, gzip\u{b}\r\n"), "br,gzip"),
        (format!("Content-Encoding: br\r\n {blanks}, \u{c}gzip\r\n"), "br,gzip"),
        (format!("Content-Encoding: br x{blanks}\r\n"), "br x"),
    ] {
        let message = format!("{fields}Content-Length: 1\r\n\r\nx");
        let steps = [
            request(&format!("POST /u HTTP/1.1\r\nHost: h\r\n{message}")),
            response(&format!("HTTP/1.1 200 OK\r\n{message}")),
        ];
        // blanks and all that follows the first word of the object's line
        let told = outcome_at_any_split(&fields, &steps).told;
        for told in &told {
            assert!(told.objects[0].contains(&format!("||{expected} length 1")), "{fields}: {:?}", told.objects);
        }
    }
}

#[test]
fn codings_beyond_those_that_are_undone_are_told() {
    use Anomaly::TooManyCodings;
    type Case = (&'static str, &'static str, &'static [Anomaly]);
    let cases: &[Case] = &[
        ("Content-Encoding: br,br,br,gzip\r\nContent-Length: 1\r\n\r\nx", "br,br,br,gzip", &[]),
        (
            "Content-Encoding: br,br,br,br\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
            "br,br,br,gzip",
            &[TooManyCodings],
        ),
        (
            "Content-Encoding: br,br,br\r\nTransfer-Encoding: gzip, deflate, chunked\r\n\r\n0\r\n\r\n",
            "br,br,br,gzip,deflate",
            &[TooManyCodings],
        ),
    ];
    for (fields, expected, odd) in cases {
        let steps = [
            request(&format!("POST /u HTTP/1.1\r\nHost: h\r\n{fields}")),
            response(&format!("HTTP/1.1 200 OK\r\n{fields}")),
        ];
        assert_eq!(codings(&steps), [*expected, *expected]);
        assert_eq!(outcome(&steps).odd, [odd.to_vec(), odd.to_vec()], "{fields}");
    }
    // without a body there is nothing that they are around
    let head = "HTTP/1.1 304 Not Modified\r\nContent-Encoding: a,b,c,d,e\r\n\r\n";
    assert_eq!(outcome_at_any_split("304", &[response(head)]).odd, [vec![], vec![]]);
}
