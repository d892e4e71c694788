//! The files that tshark exports (`--export-objects`) and those that `--extract` keeps are the same, by their digests, protocol
//! by protocol; every other one has its reason, which is worked out from what is known of its connection, and counted.
//!
//! For HTTP tshark is told to put segments in order before it looks at them, as every receiver does. Mail (`imf`) is not kept as a file,
//! but what it has attached; so messages are not compared.

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/mix.rs"]
mod mix;
#[path = "objects/reasons.rs"]
mod reasons;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use common::{capture, replay};
use mix::{public_mix, skipped};
use reasons::Evidence;

/// What tshark can export and is kept here.
const PROTOCOLS: [&str; 4] = ["http", "smb", "tftp", "ftp-data"];

fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A file of tshark's: the protocol, its name as tshark writes it, its bytes.
struct Theirs {
    protocol: &'static str,
    name: String,
    bytes: Vec<u8>,
}

/// All files that tshark finds; `None` where it is not installed.
fn theirs(file: &Path) -> Option<Vec<Theirs>> {
    let directory = tempfile::tempdir().unwrap();
    for protocol in PROTOCOLS {
        let objects = format!("{protocol},{}", directory.path().join(protocol).display());
        // Of shares it finds a tenth when it puts segments in order.
        let order =
            if protocol == "http" { "tcp.reassemble_out_of_order:TRUE" } else { "tcp.reassemble_out_of_order:FALSE" };
        let run =
            Command::new("tshark").args(["-Q", "-o", order, "--export-objects", &objects, "-r"]).arg(file).output();
        let Ok(run) = run else {
            skipped("tshark is not installed");
            return None;
        };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let mut found = Vec::new();
    for protocol in PROTOCOLS {
        let Ok(entries) = fs::read_dir(directory.path().join(protocol)) else { continue };
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push(Theirs { protocol, name, bytes: fs::read(entry.path()).unwrap() });
        }
    }
    found.sort_by(|a, b| (a.protocol, &a.name).cmp(&(b.protocol, &b.name)));
    Some(found)
}

/// What the sensor makes of a capture: events, digests of files kept, and its streams.
struct Ours {
    events: Vec<Value>,
    kept: BTreeSet<String>,
    directory: TempDir,
}

impl Ours {
    fn streams(&self) -> PathBuf {
        self.directory.path().join("streams")
    }
}

fn ours(file: &Path) -> Ours {
    let directory = tempfile::tempdir().unwrap();
    let (kept, streams) = (directory.path().join("kept"), directory.path().join("streams"));
    let arguments =
        [file, Path::new("--workers"), Path::new("1"), Path::new("--extract"), &kept, Path::new("--streams"), &streams];
    let events = replay(&arguments).succeeded().events();
    let folders =
        fs::read_dir(&kept).into_iter().flatten().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let kept = files.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    Ours { events, kept, directory }
}

/// How many files of each protocol are the same, and how many of the others have each reason.
type Compared = (BTreeMap<&'static str, usize>, BTreeMap<String, usize>);

/// Compares what both find.
fn compare(file: &Path) -> Option<Compared> {
    let (theirs, ours) = (theirs(file)?, ours(file));
    let evidence = Evidence::new(file, &ours.events, &ours.streams());
    let (mut same, mut others, mut unknown) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for Theirs { protocol, name, bytes } in theirs {
        if ours.kept.contains(&sha256(&bytes)) {
            *same.entry(protocol).or_default() += 1;
            continue;
        }
        match evidence.reason(protocol, &name, &bytes) {
            Some(reason) => *others.entry(format!("{protocol}: {reason}")).or_default() += 1,
            None => unknown.push(format!("{protocol} {name}, {} bytes", bytes.len())),
        }
    }
    assert!(unknown.is_empty(), "{}: without a reason: {unknown:#?}", file.display());
    Some((same, others))
}

#[test]
fn bundled_captures_hold_the_files_that_tshark_finds() {
    let mut captures = bundle::captures();
    for name in ["ftp", "tftp"] {
        captures.push(capture(&format!("mail/{name}.pcap")));
    }
    for name in ["smb", "smb-dialects"] {
        captures.push(capture(&format!("shares/{name}.pcap")));
    }
    let (mut same, mut others) = (BTreeMap::new(), BTreeMap::new());
    for file in captures {
        let Some((alike, different)) = compare(&file) else { return };
        for (protocol, count) in alike {
            *same.entry(protocol).or_insert(0) += count;
        }
        for (reason, count) in different {
            *others.entry(format!("{}: {reason}", bundle::name(&file))).or_insert(0) += count;
        }
    }
    let head = "in a pipeline with a HEAD, for whose body tshark takes the responses behind it";
    let multipart = "a multipart as a whole, of which here the parts are kept, each as a file";
    let expected =
        [(format!("http-keepalive.pcap: http: {head}"), 3), (format!("http-leak-v6.pcap: http: {multipart}"), 1)];
    assert_eq!(others, BTreeMap::from(expected));
    // tshark writes no file of FTP where the data connection is IPv6.
    assert_eq!(same, BTreeMap::from([("http", 71), ("smb", 8), ("tftp", 3)]));
}

#[test]
fn the_public_mix_holds_the_files_that_tshark_finds() {
    let Some(file) = public_mix() else { return };
    let Some((same, others)) = compare(&file) else { return };
    let others: Vec<_> = others.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    let expected = [
        ("ftp-data: its end was not captured: here it is a segment longer", 1),
        ("ftp-data: packets far beyond the window of the one before them, which no receiver takes", 1),
        ("http: HTTP was given up with an event, and the rest scanned as it stands", 4),
        ("http: a multipart as a whole, of which here the parts are kept, each as a file", 28),
        ("http: a request with a method that tshark does not know", 3),
        (
            "http: bytes of the connection were never seen, or too late: tshark exports what follows packet by packet, here it is a file with gaps",
            39,
        ),
        ("http: it came through AYIYA, a tunnel that is not looked into", 1),
        (
            "http: not told as HTTP (SOCKS before it, another protocol, HTTP/0.9, a damaged beginning): scanned as it stands",
            46,
        ),
        ("http: the capture begins within the connection: tshark exports packets that belong to nothing", 61),
        ("http: the connection is TLS, on a port of HTTP", 6),
        ("http: the end of a chunked body, in which tshark has lost its place", 1),
        ("http: the rest of a header section, which tshark takes for a body", 3),
        ("smb: bytes of it were never seen, for which tshark puts zeros, or what it has of another copy", 3),
        ("smb: it is a pipe, whose messages are no file", 2),
        ("smb: it was opened on one connection of its session, and read on others", 2),
        ("smb: it was written by SMB1, which is not read", 1),
    ];
    assert_eq!(others, expected);
    assert_eq!(same, BTreeMap::from([("ftp-data", 5), ("http", 392), ("smb", 113), ("tftp", 1)]));
}
