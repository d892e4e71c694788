//! What the parser is, beside what it says: its pieces, its size, its names, its probe.

use super::*;

#[test]
fn pieces_are_sub_slices_of_the_input() {
    struct Within<'a>(&'a [u8], usize);
    impl Within<'_> {
        fn take(&mut self, bytes: &[u8]) {
            let outer = self.0.as_ptr_range();
            let inner = bytes.as_ptr_range();
            assert!(outer.start <= inner.start && inner.end <= outer.end);
            self.1 += 1;
        }
    }
    impl Sink for Within<'_> {
        fn begin_lines(&mut self, _: &'static str) {}
        fn lines(&mut self, _: u64, bytes: &[u8]) {
            self.take(bytes);
        }
        fn lines_gap(&mut self, _: u64) {}
        fn begin_object(&mut self, _: u32, _: &Object<'_>) {}
        fn object(&mut self, _: u32, bytes: &[u8]) {
            self.take(bytes);
        }
        fn object_gap(&mut self, _: u32, _: u64) {}
        fn end_object(&mut self, _: u32, _: bool) {}
        fn raw(&mut self, bytes: &[u8]) {
            self.take(bytes);
        }
        fn raw_gap(&mut self, _: u64) {}
        fn record(&mut self, _: &'static Layout, _: &[&[u8]]) {}
        fn anomaly(&mut self, _: &'static str) {}
    }
    let message = b"PUT / HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n\0";
    let mut sink = Within(message, 0);
    Http1::default().push(ToServer, message, &mut sink);
    // one call each for the header section, the chunk, the trailers and the rest
    assert_eq!(sink.1, 4);
}

#[test]
fn the_state_is_small() {
    assert!(size_of::<Http1>() <= 4096, "{}", size_of::<Http1>());
}

#[test]
fn an_anomaly_has_a_name_in_each_direction() {
    for (index, anomaly) in Anomaly::ALL.iter().enumerate() {
        assert_eq!(*anomaly as usize, index);
        for direction in [ToServer, ToClient] {
            let same = Anomaly::ALL.iter().filter(|other| other.name(direction) == anomaly.name(direction));
            assert_eq!(same.count(), 1, "{anomaly:?}");
        }
    }
}

#[test]
fn every_anomaly_and_every_field_is_in_the_guide() {
    let guide = include_str!("../../../../docs/events.md");
    for anomaly in Anomaly::ALL {
        for direction in [ToServer, ToClient] {
            let name = anomaly.name(direction);
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }
    for key in LAYOUT.keys {
        let (object, last) = key.rsplit_once('.').map_or(("http", *key), |(_, last)| ("", last));
        assert!(guide.contains(&format!("`{object}.{last}`")), "{key}");
    }
    for line in guide.lines().filter(|line| line.starts_with("| `http.") && line.matches('|').count() == 3) {
        for name in line.split('`').filter(|word| word.starts_with("http.")) {
            let known = |direction| Anomaly::ALL.iter().any(|anomaly| anomaly.name(direction) == name);
            assert!(known(ToServer) || known(ToClient), "{name} is none");
        }
    }
}

#[test]
fn probes() {
    use Probe::{NeedMore, No, Yes};
    let requests: &[(&str, Probe)] = &[
        ("", NeedMore),
        ("G", NeedMore),
        ("GET", NeedMore),
        ("GET ", NeedMore),
        ("GET /", Yes),
        ("\r\nGET /", Yes),
        ("\r\n\r\n", NeedMore),
        ("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", NeedMore),
        ("\r\n\r\n\r\n\r\n\n\n\n\n\n\n\n\n\n\n\n\n\nGET /", Yes),
        ("GET  /", Yes),
        ("GET   ", NeedMore),
        ("GET x://h/", NeedMore),
        ("GET x://h/ HTTP/1.", NeedMore),
        ("GET x://h/ HTTP/1.1\r\n", Yes),
        ("GET x://h/ HTTP/1.1 \n", Yes),
        ("GET x://h/\r\n", No),
        ("SETUP rtsp://h/ RTSP/1.0\r\n", No),
        ("GET HtTpS://h/", Yes),
        ("GET page HTTP/1.0\r\n", Yes),
        ("GET \0", No),
        ("UPDATEREDIRECTREF /", Yes),
        ("A23456789012345678901234567890ZW /", Yes),
        ("A23456789012345678901234567890ZWX /", No),
        ("OPTIONS * HTTP/1.1", Yes),
        ("GET http://a/", Yes),
        ("GET HTTP://a/", Yes),
        ("GET ht", NeedMore),
        ("GET host", NeedMore),
        ("GET host\r\n", No),
        ("PROPFIND /dav", Yes),
        ("RPC_IN_DATA /r", Yes),
        ("VERSION-CONTROL /x", Yes),
        ("CONNECT h:1", Yes),
        ("CONNECT [::1]:1", Yes),
        ("CONNECT /", No),
        ("PRI ", NeedMore),
        ("PRI * HTTP/2.0\r\n\r\n", No),
        ("EHLO mail.example", NeedMore),
        ("EHLO mail.example\r\n", No),
        ("USER name\r\n", No),
        (" GET /", No),
        ("get /", No),
        ("GET\t/", No),
        ("\x16\x03\x01", No),
        ("SSH-2.0-OpenSSH_9.2", No),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", NeedMore),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", No),
    ];
    for &(head, expected) in requests {
        assert_eq!(probe(ToServer, head.as_bytes()), expected, "{head:?}");
    }
    // lines that are too long to be seen as a whole
    let long = "y".repeat(PROBE_BYTES);
    for (head, expected) in [
        (format!("GET x://h/{long}"), Yes),
        (format!("GET {long}"), No),
        (format!("GET{:1$}/", "", PROBE_BYTES), Yes),
        (format!("{:1$}/", "GET", PROBE_BYTES - 1), Yes),
    ] {
        assert_eq!(probe(ToServer, head.as_bytes()), expected, "{head:?}");
        let undecided = (0..head.len()).find(|at| !matches!(probe(ToServer, &head.as_bytes()[..*at]), NeedMore));
        assert!(undecided.is_none_or(|at| probe(ToServer, &head.as_bytes()[..at]) == expected), "{head:?}");
    }
    let responses: &[(&str, Probe)] = &[
        ("", NeedMore),
        ("HTTP/1", NeedMore),
        ("HTTP/1.", Yes),
        ("HTTP/1.0 200", Yes),
        ("HTTP/2", No),
        ("RTSP/1.0 200", No),
        ("GET / HTTP/1.1", No),
    ];
    for &(head, expected) in responses {
        assert_eq!(probe(ToClient, head.as_bytes()), expected, "{head:?}");
    }
}
