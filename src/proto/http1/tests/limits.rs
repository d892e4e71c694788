//! What is of any length, and what has one that is the longest.

use super::*;

/// Runs one direction whole, in bytes and in pieces of several sizes; all must agree.
fn long(direction: Direction, bytes: &[u8]) -> (Heard, Vec<Anomaly>) {
    let mut results = [bytes.len().max(1), 1, 1460, 4096, 65536].map(|size| {
        let mut connection = Connection::default();
        for piece in bytes.chunks(size) {
            connection.push(direction, piece);
        }
        let odd = connection.odd(direction);
        let [to_server, to_client] = connection.records;
        (if direction == ToServer { to_server } else { to_client }, odd)
    });
    for (record, anomalies) in &results[1..] {
        assert!(record.items == results[0].0.items && *anomalies == results[0].1, "pieces make a difference");
    }
    std::mem::take(&mut results[0])
}

#[test]
fn long_header_sections_are_told_and_chunk_lines_have_a_limit() {
    let limit = MAX_HEADER_BYTES as usize;
    let fill = |len: usize| {
        let mut bytes = b"GET / HTTP/1.1\r\nHost:a\r\nA: ".to_vec();
        bytes.resize(len - 4, b'x');
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes
    };
    let (record, anomalies) = long(ToServer, &fill(limit));
    assert_eq!((record.items.len(), record.joined("header").len()), (1, limit));
    assert!(anomalies.is_empty());
    let (record, anomalies) = long(ToServer, &fill(limit + 1));
    assert_eq!((record.joined("header").len(), record.joined("raw")), (limit + 1, Vec::new()));
    assert_eq!(anomalies, [Anomaly::HeaderTooLong]);

    // trailers count with the header section that they belong to
    let head = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut bytes = [&head[..], b"0\r\n"].concat();
    bytes.resize(3 + limit, b'x');
    let (record, anomalies) = long(ToServer, &bytes);
    assert_eq!((record.joined("header").len(), anomalies), (limit, vec![]));
    bytes.extend_from_slice(b"\r\n\r\n");
    let (record, anomalies) = long(ToServer, &bytes);
    assert_eq!((record.joined("header").len(), record.joined("raw").len()), (limit + 4, 0));
    assert_eq!(anomalies, [Anomaly::HeaderTooLong]);

    // what stands behind the limit counts
    let bytes = [&fill(2 * limit)[..limit * 2 - 2], b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab"].concat();
    let (record, anomalies) = long(ToServer, &bytes);
    assert_eq!((record.joined("body"), record.objects), (b"ab".to_vec(), vec!["||gzip length 2: whole".to_owned()]));
    assert_eq!(anomalies, [Anomaly::HeaderTooLong]);

    let line = usize::from(MAX_CHUNK_LINE_BYTES);
    for (extra, gives_up) in [(0, false), (1, true)] {
        let mut bytes = [&head[..], b"1;"].concat();
        bytes.resize(head.len() + line - 2 + extra, b'x');
        bytes.extend_from_slice(b"\r\na\r\n0\r\n\r\n");
        let (record, anomalies) = long(ToServer, &bytes);
        assert_eq!(anomalies.contains(&Anomaly::BadChunkSize), gives_up);
        assert_eq!(record.joined("body"), if gives_up { &b""[..] } else { b"a" });
        assert_eq!(record.joined("raw"), if gives_up { &b"\na\r\n0\r\n\r\n"[..] } else { b"" });
    }
    // endless leading zeros are no way to pass unseen
    let zeros = [&head[..], &vec![b'0'; line + 7]].concat();
    let (record, anomalies) = long(ToServer, &zeros);
    assert_eq!(record.joined("raw").len(), 7);
    assert!(anomalies.contains(&Anomaly::BadChunkSize));
}

#[test]
fn a_line_of_any_length_is_delivered_and_found_out() {
    let target = "x".repeat(3000);
    let padding = "\t ".repeat(700);
    let message = format!("POST /{target} HTTP/1.1\r\nB: {target}\r\nContent-Length:{padding}3{padding}\r\n\r\nabc");
    let (record, anomalies) = long(ToServer, message.as_bytes());
    assert_eq!(record.joined("header").len(), message.len() - 3);
    assert_eq!(record.joined("body"), b"abc");
    assert!(anomalies.is_empty());
}

#[test]
fn requests_beyond_the_remembered_ones_keep_their_place() {
    let depth = MAX_OUTSTANDING as usize;
    let mut connection = Connection::default();
    for _ in 0..depth {
        connection.push(ToServer, b"HEAD / HTTP/1.1\r\n\r\n");
    }
    assert!(connection.odd(ToServer).is_empty());
    // two more: the first only counted, the second too, though a place is free by then
    connection.push(ToServer, b"HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!(connection.odd(ToServer), [Anomaly::PipelineOverflow]);
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    connection.push(ToClient, head);
    connection.push(ToServer, b"HEAD / HTTP/1.1\r\n\r\n");
    for _ in 1..depth {
        connection.push(ToClient, head);
    }
    assert_eq!(connection.records[1].joined("body"), b"");
    for _ in 0..2 {
        connection.push(ToClient, &[&head[..], b"x"].concat());
    }
    assert_eq!(connection.records[1].joined("body"), b"xx");
    // all are answered: methods are remembered again
    connection.push(ToServer, b"HEAD / HTTP/1.1\r\n\r\n");
    connection.push(ToClient, &[&head[..], &head[..]].concat());
    assert_eq!(connection.records[1].joined("body"), b"xx");
    assert_eq!(connection.records[1].joined("raw"), b"");
}
