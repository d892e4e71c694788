//! Why a file that tshark exports is none of those that are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use memchr::memmem;
use serde_json::Value;

/// One direction of a connection, with all of its bytes.
struct Stream {
    flow: u64,
    has_gaps: bool,
    bytes: Vec<u8>,
}

/// What is known of all connections.
pub(crate) struct Evidence {
    streams: Vec<Stream>,
    /// Events of each connection.
    flows: BTreeMap<u64, Vec<Value>>,
    /// Of each frame that carries TCP, the addresses and ports of its innermost packet, in order.
    frames: BTreeMap<u64, [String; 2]>,
    /// Connections by addresses and ports, in order.
    ends: BTreeMap<[String; 2], BTreeSet<u64>>,
}

/// Files that nothing else tells, each with its reason.
const NAMED: [(&str, &str, &str); 3] = [
    ("http", "%2f(76)", "it came through AYIYA, a tunnel that is not looked into"),
    ("ftp-data", "1MB.zip", "its end was not captured: here it is a segment longer"),
    ("ftp-data", "rand.txt", "packets far beyond the window of the one before them, which no receiver takes"),
];

fn end(address: &str, port: &str) -> String {
    format!("{address} {port}")
}

fn both(a: String, b: String) -> [String; 2] {
    if a < b { [a, b] } else { [b, a] }
}

impl Evidence {
    pub(crate) fn new(file: &Path, events: &[Value], streams: &Path) -> Self {
        let (mut flows, mut ends): (BTreeMap<u64, Vec<Value>>, BTreeMap<_, BTreeSet<u64>>) = Default::default();
        for event in events {
            let Some(flow) = event["flow_id"].as_u64() else { continue };
            flows.entry(flow).or_default().push(event.clone());
            let of = |side: &str| {
                end(event[format!("{side}_ip")].as_str().unwrap_or(""), &event[format!("{side}_port")].to_string())
            };
            ends.entry(both(of("src"), of("dest"))).or_default().insert(flow);
        }
        let report = fs::read_to_string(streams.join("report.json")).unwrap();
        let reports: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let with_gaps: BTreeSet<_> = reports
            .iter()
            .filter(|report| report["gaps"] != Value::Array(vec![]))
            .map(|report| report["flow_id"].as_u64())
            .collect();
        let streams = reports.iter().filter_map(|report| {
            let bytes = fs::read(streams.join(report["file"].as_str()?)).unwrap();
            let flow = report["flow_id"].as_u64()?;
            Some(Stream { flow, has_gaps: with_gaps.contains(&Some(flow)), bytes })
        });
        Self { streams: streams.collect(), flows, frames: frames(file), ends }
    }

    /// The events of a connection that are of one kind.
    fn of<'a>(&'a self, flow: u64, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.flows.get(&flow).into_iter().flatten().filter(move |event| event["event_type"] == kind)
    }

    fn has_anomaly(&self, flow: u64, is_it: impl Fn(&str) -> bool) -> bool {
        self.of(flow, "anomaly").any(|event| event["anomaly"]["event"].as_str().is_some_and(&is_it))
    }

    /// Whether a capture lacks the beginning of a connection.
    fn is_midstream(&self, flow: u64) -> bool {
        self.of(flow, "flow").all(|event| event["tcp"]["syn"] != true)
    }

    /// Connections that hold such bytes, or the frame that the name tells, or a request for such a name.
    fn connections(&self, name: &str, bytes: &[u8]) -> BTreeSet<u64> {
        let finder = memmem::Finder::new(bytes);
        let holds = |stream: &&Stream| bytes.len() >= 8 && finder.find(&stream.bytes).is_some();
        let mut found: BTreeSet<_> = self.streams.iter().filter(holds).map(|stream| stream.flow).collect();
        if found.is_empty()
            && let Some(number) = name.strip_prefix("object")
            && let Ok(number) = number.split('.').next().unwrap_or_default().parse()
            && let Some(ends) = self.frames.get(&number)
        {
            found.extend(self.ends.get(ends).into_iter().flatten());
        }
        if found.is_empty() {
            // The number tells files of one name apart; what file systems do not like has its code.
            let plain = name.split_once('(').map_or(name, |(name, _)| name).replace("%3f", "?");
            let asked =
                |event: &&Value| event["http"]["url"].as_str().is_some_and(|url| url.ends_with(&format!("/{plain}")));
            let records = self.flows.values().flatten().filter(asked);
            found.extend(records.filter(|_| plain.len() > 3).filter_map(|event| event["flow_id"].as_u64()));
        }
        found
    }

    /// The reason, if there is one.
    pub(crate) fn reason(&self, protocol: &str, name: &str, bytes: &[u8]) -> Option<&'static str> {
        if let Some((.., reason)) = NAMED.iter().find(|(of, named, _)| *of == protocol && *named == name) {
            return Some(reason);
        }
        if protocol == "smb" {
            return self.of_share(name);
        }
        if protocol != "http" {
            return None;
        }
        if let Some(reason) = by_its_bytes(bytes) {
            return Some(reason);
        }
        let flows = self.connections(name, bytes);
        let any = |is_it: &dyn Fn(u64) -> bool| flows.iter().any(|flow| is_it(*flow));
        let speaks =
            |flow: u64| self.of(flow, "flow").filter_map(|event| event["app_proto"].as_str()).collect::<Vec<_>>();
        let with_gaps = |flow: u64| self.streams.iter().any(|stream| stream.flow == flow && stream.has_gaps);
        let cases: [(&str, &dyn Fn(u64) -> bool); 6] = [
            ("in a pipeline with a HEAD, for whose body tshark takes the responses behind it", &|flow| {
                self.of(flow, "http").any(|event| event["http"]["http_method"] == "HEAD")
            }),
            ("the connection is TLS, on a port of HTTP", &|flow| speaks(flow).contains(&"tls")),
            (
                "bytes of the connection were never seen, or too late: tshark exports what follows packet by packet, here it is a file with gaps",
                &with_gaps,
            ),
            ("the capture begins within the connection: tshark exports packets that belong to nothing", &|flow| {
                self.is_midstream(flow)
            }),
            (
                "not told as HTTP (SOCKS before it, another protocol, HTTP/0.9, a damaged beginning): scanned as it stands",
                &|flow| speaks(flow).contains(&"failed"),
            ),
            ("HTTP was given up with an event, and the rest scanned as it stands", &|flow| {
                self.has_anomaly(flow, |event| event.starts_with("http."))
            }),
        ];
        cases.into_iter().find(|(_, is_it)| any(is_it)).map(|(reason, _)| reason)
    }
}

impl Evidence {
    /// Why a file of a share is not the same.
    fn of_share(&self, name: &str) -> Option<&'static str> {
        let name = name.trim_start_matches("%5c");
        let name = name.split_once('(').map_or(name, |(name, _)| name);
        let all = || self.flows.values().flatten();
        match name {
            "TEST.TXT" => return Some("it was written by SMB1, which is not read"),
            "srvsvc" => return Some("it is a pipe, whose messages are no file"),
            _ => {}
        }
        if all().any(|event| event["fileinfo"]["filename"] == name && event["fileinfo"]["gaps"] == true) {
            return Some("bytes of it were never seen, for which tshark puts zeros, or what it has of another copy");
        }
        let opened = all().any(|event| event["smb"]["filename"] == name);
        opened.then_some("it was opened on one connection of its session, and read on others")
    }
}

/// What the bytes themselves say.
fn by_its_bytes(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if text.starts_with(b"--") {
        return Some("a multipart as a whole, of which here the parts are kept, each as a file");
    }
    if bytes == b"0\r\n\r\n" {
        return Some("the end of a chunked body, in which tshark has lost its place");
    }
    if memmem::find(first, b" HTTP/1.").is_some() {
        return Some("a request with a method that tshark does not know");
    }
    let is_header =
        bytes.ends_with(b"\r\n\r\n") && bytes.iter().all(|byte| byte.is_ascii_graphic() || b" \r\n".contains(byte));
    (is_header && memmem::find(bytes, b"\r\n\r\n") == Some(bytes.len() - 4))
        .then_some("the rest of a header section, which tshark takes for a body")
}

/// The innermost addresses and ports of TCP, frame by frame, as tshark finds them.
fn frames(file: &Path) -> BTreeMap<u64, [String; 2]> {
    let fields = ["frame.number", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport"];
    let fields: Vec<&str> = fields.iter().flat_map(|field| ["-e", field]).collect();
    let run = Command::new("tshark")
        .args(["-Y", "tcp", "-T", "fields", "-E", "occurrence=l"])
        .args(fields)
        .arg("-r")
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let line = |line: &str| {
        let columns: Vec<_> = line.split('\t').collect();
        let [number, v4_source, v4_destination, v6_source, v6_destination, source, destination] = columns[..] else {
            panic!("{line:?}")
        };
        let pick = |v4: &str, v6: &str, port: &str| end(if v4.is_empty() { v6 } else { v4 }, port);
        let ends = both(pick(v4_source, v6_source, source), pick(v4_destination, v6_destination, destination));
        (number.parse().unwrap(), ends)
    };
    text.lines().map(line).collect()
}
