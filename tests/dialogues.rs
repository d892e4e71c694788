//! What two sides say to each other, through a worker's whole way from packets to events: where a connection is picked up,
//! what it speaks, and what is in another.

#[path = "common/connection.rs"]
mod connection;
#[path = "common/pipeline.rs"]
mod pipeline;

use std::sync::Arc;

use connection::{Connection, Turn};
use tidegate::event::{Event, Location, RingPolicy, channel};
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::wire::LinkType;
use tidegate::worker::{Frame, Pipeline, TcpChecksums};

const SECRET: &str = "Project Tern";

/// What a worker has told of some packets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// Where the secret was found.
    alerts: Vec<String>,
    anomalies: Vec<&'static str>,
    /// Protocols of flows at their ends, and the server's port.
    flows: Vec<(&'static str, u16)>,
}

fn told(frames: &[Vec<u8>]) -> Told {
    let keywords = vec![KeywordSpec { bytes: SECRET.into(), weight: 1, max: 0 }];
    let matcher = Matcher::new(&[DictionarySpec { threshold: 1, ignore_case: false, keywords }]).unwrap();
    let (sender, mut receiver) = channel(1 << 12, RingPolicy::DropAndCount);
    let mut options = pipeline::options();
    (options.tcp_checksum, options.verify_checksum) = (TcpChecksums::Ignored, false);
    let mut pipeline = Pipeline::new(options, Arc::new(matcher), Killer::new(None, 0), sender);
    for data in frames {
        pipeline.burst(&[Frame {
            wire_len: data.len() as u32,
            timestamp_ns: 1_700_000_000_000_000_000,
            clock_ns: 1_700_000_000_000_000_000,
            link: LinkType::Ethernet,
            data,
            ..Frame::EMPTY
        }]);
    }
    pipeline.flush(1_700_000_001_000_000_000);
    let (mut told, mut text) = (Told::default(), Vec::new());
    while let Some(event) = receiver.pop(&mut text) {
        match event {
            Event::Alert(alert) => told.alerts.push(match alert.location {
                Location::Part(part) => part.to_owned(),
                Location::Object(length) => String::from_utf8_lossy(&text[..usize::from(length)]).into_owned(),
            }),
            Event::Anomaly(anomaly) => told.anomalies.push(anomaly.event),
            Event::Flow(flow) => told.flows.push((flow.head.app_proto.name().unwrap_or(""), flow.head.tuple.dest_port)),
            _ => {}
        }
    }
    told
}

fn turn(from_client: bool, text: &str) -> Turn {
    (from_client, text.as_bytes().to_vec())
}

fn response(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const REQUEST: &str = "GET /q3.txt HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

/// Frames of which the handshake was not seen, nor so many after it.
fn midstream(port: u16, turns: &[Turn], unseen: usize) -> Told {
    told(&Connection::new(port, turns).frames[3 + unseen..])
}

#[test]
fn a_connection_is_read_from_wherever_it_is_picked_up() {
    let secret = response(&format!("the value of {SECRET} is"));
    let http = [turn(true, REQUEST), turn(false, &response("nothing")), turn(true, REQUEST), turn(false, &secret)];
    let whole = told(&Connection::new(80, &http).frames);
    for unseen in 0..4 {
        for port in [80, 8080] {
            let told = midstream(port, &http, unseen);
            assert_eq!(
                told,
                Told { flows: vec![("http", port)], ..midstream(80, &http, 0) },
                "{unseen} unseen, {port}"
            );
            assert_eq!(told.alerts, whole.alerts, "{unseen} unseen");
        }
    }
    // Where neither port says who serves, the first is the client, and is asked in vain.
    assert_eq!(midstream(40_001, &http, 1).flows, [("failed", 40_000)]);

    // In the middle of a body, of either side.
    let long = "nothing, and nothing again, ".repeat(200);
    let download = [turn(true, REQUEST), turn(false, &response(&long)), turn(true, REQUEST), turn(false, &secret)];
    let mail = |text: &str| {
        vec![
            turn(false, "220 mx ESMTP\r\n"),
            turn(true, "EHLO client\r\n"),
            turn(false, "250 mx\r\n"),
            turn(true, "MAIL FROM:<a@example.org>\r\n"),
            turn(false, "250 ok\r\n"),
            turn(true, "RCPT TO:<b@example.net>\r\n"),
            turn(false, "250 ok\r\n"),
            turn(true, "DATA\r\n"),
            turn(false, "354 go\r\n"),
            turn(true, &format!("Subject: papers\r\n\r\n{text}\r\n.\r\n")),
            turn(false, "250 ok\r\n"),
        ]
    };
    let encoded =
        data_encoding::BASE64.encode(format!("the value of {SECRET}, and of all others that we know").as_bytes());
    let part = format!("{encoded}\r\n");
    let mails = [&mail(&long)[..], &mail(&part)[1..]].concat();
    for (port, turns, unseen, protocol, alerts) in [
        (80, &download[..], 3, "http", &["http/body"][..]),
        (25, &mails[..], 12, "smtp", &["smtp/mime[1]/base64:(base64)"]),
    ] {
        let told = midstream(port, turns, unseen);
        assert_eq!(told.flows, [(protocol, port)]);
        assert_eq!(told.alerts, alerts, "{protocol}");
    }
}

#[test]
fn connections_within_connections_have_an_end() {
    let opened = "HTTP/1.1 101 x\r\n\r\n";
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    for count in [1, 4, 5, 50, 3000] {
        let turns = [turn(true, upgrade), turn(false, &format!("{}{SECRET}", opened.repeat(count)))];
        let told = told(&Connection::new(80, &turns).frames);
        assert_eq!(told.alerts, ["stream"], "{count}");
        let many = told.anomalies.iter().filter(|name| **name == "app_proto.too_many_tunnels").count();
        assert_eq!(many, usize::from(count > 4), "{count}: {:?}", told.anomalies);
    }
}
