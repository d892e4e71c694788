//! Where `fileinfo` events say that files are, beside what stands there in the streams that `--streams` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

mod common;

use common::{capture, replay};

/// The `fileinfo` events of a capture, and its streams by sender and receiver.
fn seen(name: &str) -> (Vec<Value>, BTreeMap<String, Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let streams = directory.path().join("streams");
    let run = replay(&[&capture(name), Path::new("--streams"), &streams]);
    let events = run.succeeded().events().into_iter().filter(|event| event["event_type"] == "fileinfo").collect();
    let entries = fs::read_dir(&streams).unwrap().map(|entry| entry.unwrap().path());
    let stream =
        |path: std::path::PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
    (events, entries.map(stream).collect())
}

/// The stream that a file came in.
fn stream<'a>(file: &Value, streams: &'a BTreeMap<String, Vec<u8>>) -> &'a [u8] {
    let end = |address: &str, port: &str| {
        let address: std::net::Ipv4Addr = file[address].as_str().unwrap().parse().unwrap();
        let [a, b, c, d] = address.octets();
        format!("{a:03}.{b:03}.{c:03}.{d:03}.{:05}", file[port].as_u64().unwrap())
    };
    let name = format!("{}-{}", end("src_ip", "src_port"), end("dest_ip", "dest_port"));
    streams.get(&name).unwrap_or_else(|| panic!("{name} among {:?}", streams.keys()))
}

fn text<'a>(file: &'a Value, name: &str) -> &'a str {
    file.pointer(name).and_then(Value::as_str).unwrap_or_default()
}

/// Bytes that are sent as they are stand where the event says, and are those of its digest.
#[test]
fn what_is_sent_as_it_is_stands_where_its_event_says() {
    let web = &["application/x-www-form-urlencoded", "text/html", "text/plain"][..];
    let cases = [("http-keepalive.pcap", web, 14), ("http-leak-v4.pcap", &web[1..], 4), ("mail/ftp.pcap", &[""], 6)];
    for (name, claims, count) in cases {
        let (files, streams) = seen(name);
        // Of what was put together from parts no stream has all; an IPv6 address has another form in a stream's name.
        let is_here = |file: &&Value| file["tidegate"]["offset"].is_u64() && file["ip_v"] == 4;
        let files: Vec<_> = files.iter().filter(is_here).collect();
        assert_eq!(files.len(), count, "{name}");
        let mut claimed = BTreeSet::new();
        for file in files {
            let number = |name: &str| usize::try_from(file.pointer(name).and_then(Value::as_u64).unwrap()).unwrap();
            let begin = number("/tidegate/offset");
            let bytes = stream(file, &streams).get(begin..begin + number("/fileinfo/size")).unwrap();
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, text(file, "/fileinfo/sha256"), "{name}: {file}");
            claimed.insert(text(file, "/tidegate/claimed_type"));
        }
        assert_eq!(claimed.into_iter().collect::<Vec<_>>(), claims, "{name}");
    }
}

/// A body in chunks begins behind the line of the first one.
#[test]
fn what_is_sent_in_chunks_begins_in_the_first() {
    let (files, streams) = seen("http-chunked.pcap");
    assert_eq!(files.len(), 4);
    for file in &files {
        let offset = usize::try_from(file["tidegate"]["offset"].as_u64().unwrap()).unwrap();
        let (before, _) = stream(file, &streams).split_at(offset);
        let head = before.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let line = before.get(head..).unwrap().strip_suffix(b"\r\n").unwrap();
        let digits = line.split(|byte| *byte == b';').next().unwrap().trim_ascii();
        assert!(!digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit), "{}", String::from_utf8_lossy(line));
    }
}
