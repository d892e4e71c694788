//! What tidegate's parsers tell.

use std::collections::{BTreeMap, BTreeSet};

use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::event::record::{Layout, Value, fields};
use tidegate::proto::dns::{self, Dns};
use tidegate::proto::quic::{self, Quic};
use tidegate::proto::ssh::{self, Ssh};
use tidegate::proto::tls::{self, Tls};
use tidegate::proto::{Guess, HEAD_BYTES, Heads, Object, Parser, Sink};

use crate::transport::Stream;

/// What a parser has told of a connection.
#[derive(Default)]
pub(crate) struct Told {
    /// Keys and values of each record.
    pub(crate) records: Vec<Vec<(&'static str, String)>>,
    pub(crate) anomalies: BTreeSet<&'static str>,
}

impl Sink for Told {
    fn begin_lines(&mut self, _: &'static str) {}
    fn lines(&mut self, _: u64, _: &[u8]) {}
    fn lines_gap(&mut self, _: u64) {}
    fn begin_object(&mut self, _: u32, _: &Object<'_>) {}
    fn object(&mut self, _: u32, _: &[u8]) {}
    fn object_gap(&mut self, _: u32, _: u64) {}
    fn end_object(&mut self, _: u32, _: bool) {}
    fn raw(&mut self, _: &[u8]) {}
    fn raw_gap(&mut self, _: u64) {}
    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let pairs = parts.iter().flat_map(|part| fields(part)).map(|(tag, value)| {
            let value = match value {
                Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
                Value::Number(number) => number.to_string(),
                Value::Flag(flag) => flag.to_string(),
            };
            (layout.keys[usize::from(tag)], value)
        });
        self.records.push(pairs.collect());
    }
    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.insert(name);
    }
}

/// The values of a key.
pub(crate) fn values<'a>(record: &'a [(&'static str, String)], key: &str) -> Vec<&'a str> {
    record.iter().filter(|(found, _)| *found == key).map(|(_, value)| &value[..]).collect()
}

/// Addresses in answers, authorities and additionals.
pub(crate) fn addresses(told: &[(String, Told)]) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (way, record) in told.iter().flat_map(|(way, told)| told.records.iter().map(move |record| (way, record))) {
        for pair in record.windows(3) {
            if pair[0].0.ends_with("rrtype") && pair[0].1 == "A" && pair[2].0.ends_with("rdata") {
                all.insert((way.clone(), pair[2].1.clone()));
            }
        }
    }
    all
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD_BYTES)]
}

/// What is told of a connection's directions, by the direction that tshark has it in.
type Both = Vec<(String, Told)>;

/// Connections that speak TLS, and those that speak SSH.
pub(crate) fn of_streams(streams: &[[Stream; 2]]) -> (Both, Both) {
    let (mut tls, mut ssh) = (Both::new(), Both::new());
    for [client, server] in streams {
        let heads = Heads { to_server: head(&client.bytes), to_client: head(&server.bytes) };
        if tls::guess(&heads) == Guess::Yes {
            split(&mut tls, client, server, &feed(&mut Tls::default(), client, server), &["ja3s."]);
        } else if ssh::guess(&heads) == Guess::Yes {
            split(&mut ssh, client, server, &feed(&mut Ssh::default(), client, server), &["server."]);
        }
    }
    (tls, ssh)
}

/// A record has both sides; those fields are the server's.
fn split(into: &mut Both, client: &Stream, server: &Stream, told: &Told, of_server: &[&str]) {
    for (way, is_server) in [(&client.way, false), (&server.way, true)] {
        let of = |key: &str| of_server.iter().any(|begin| key.starts_with(begin)) == is_server;
        let records = told.records.iter().map(|record| record.iter().filter(|(key, _)| of(key)).cloned().collect());
        into.push((way.clone(), Told { records: records.collect(), anomalies: told.anomalies.clone() }));
    }
}

fn feed(parser: &mut impl Parser, client: &Stream, server: &Stream) -> Told {
    let mut told = Told::default();
    for (direction, stream) in [(ToServer, client), (ToClient, server)] {
        let mut at = 0;
        for (begin, length) in &stream.gaps {
            parser.push(direction, &stream.bytes[at..*begin], &mut told);
            parser.gap(direction, *length as u64, &mut told);
            at = (begin + length).min(stream.bytes.len());
        }
        parser.push(direction, &stream.bytes[at..], &mut told);
    }
    parser.end(ToServer, true, &mut told);
    parser.end(ToClient, true, &mut told);
    told
}

/// DNS by datagram, QUIC by the client's direction.
pub(crate) fn of_datagrams(datagrams: &[(String, Vec<u8>)]) -> (Both, Both) {
    let mut dns = Both::new();
    let mut flows: BTreeMap<String, (Quic, Told)> = BTreeMap::new();
    for (way, payload) in datagrams {
        let (sender, receiver) = way.split_once(" > ").unwrap();
        let back = format!("{receiver} > {sender}");
        let heads = Heads { to_server: head(payload), to_client: b"" };
        if let Some((parser, told)) = flows.get_mut(way) {
            parser.push(ToServer, payload, told);
        } else if let Some((parser, told)) = flows.get_mut(&back) {
            parser.push(ToClient, payload, told);
        } else if quic::guess(&heads) == Guess::Yes {
            let (mut parser, mut told) = (Quic::default(), Told::default());
            parser.push(ToServer, payload, &mut told);
            flows.insert(way.clone(), (parser, told));
        } else if dns::guess(&heads) == Guess::Yes {
            let mut told = Told::default();
            Dns::default().push(Direction::ToServer, payload, &mut told);
            dns.push((way.clone(), told));
        }
    }
    let quic = flows.into_iter().map(|(way, (mut parser, mut told))| {
        parser.end(ToServer, true, &mut told);
        parser.end(ToClient, true, &mut told);
        (way, told)
    });
    (dns, quic.collect())
}
