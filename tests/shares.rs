//! Network shares: what `replay` says about captures between real servers and clients, against the files that were sent
//! (`tests/captures/shares/make` makes them), and against the files that tshark finds.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

mod common;
#[path = "common/mix.rs"]
mod mix;

use common::{capture, replay};
use mix::{public_mix, skipped};

fn events(name: &str) -> Vec<Value> {
    let file = capture(&format!("shares/{name}.pcap"));
    let config = capture("quickstart.toml");
    replay(&[&file, Path::new("--config"), &config]).succeeded().events()
}

/// Events of one kind.
fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event_type"] == kind).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn document() -> Vec<u8> {
    fs::read(capture("leak.txt")).unwrap()
}

/// Name, direction, digest and state of each file.
fn files(events: &[Value]) -> BTreeSet<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of(events, "fileinfo")
        .into_iter()
        .map(|event| {
            let file = &event["fileinfo"];
            [&file["filename"], &event["tidegate"]["direction"], &file["sha256"], &file["state"]].map(text)
        })
        .collect()
}

fn file(name: &str, direction: &str, bytes: &[u8]) -> [String; 4] {
    [name.to_owned(), direction.to_owned(), sha256(bytes), "CLOSED".to_owned()]
}

#[test]
fn files_by_smb() {
    let events = events("smb");
    let document = document();
    let expected = [
        file("q3\\plan.txt", "to_client", &document),
        file("long.txt", "to_client", &document.repeat(5)),
        file("q3\\up.txt", "to_server", &document),
    ];
    assert_eq!(files(&events), expected.into());
    let paths: BTreeSet<_> = of(&events, "alert").iter().map(|alert| alert["tidegate"]["path"].to_string()).collect();
    assert_eq!(paths, ["\"smb/file\"".to_owned()].into());
    assert_eq!(of(&events, "anomaly").len(), 0);
    let records = of(&events, "smb");
    let told = |command: &str, field: &str| {
        let of: BTreeSet<_> = records
            .iter()
            .filter(|record| record["smb"]["command"] == format!("SMB2_COMMAND_{command}"))
            .map(|record| {
                record["smb"].pointer(field).map_or(String::new(), |value| value.to_string().replace('"', ""))
            })
            .collect();
        of.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(told("SESSION_SETUP", "/ntlmssp/user"), ["", "nobody"]);
    assert_eq!(told("SESSION_SETUP", "/ntlmssp/domain"), ["", "HARBOUR"]);
    assert!(told("SESSION_SETUP", "/ntlmssp/host").contains(&"PIER".to_owned()));
    assert_eq!(told("TREE_CONNECT", "/share_type"), ["FILE", "PIPE"]);
    assert_eq!(told("CREATE", "/status"), ["STATUS_OBJECT_NAME_NOT_FOUND", "STATUS_SUCCESS"]);
    assert_eq!(told("CLOSE", "/share"), ["\\\\\\\\10.77.0.1\\\\papers"]);
    assert_eq!(told("CLOSE", "/written"), ["0", "3667"]);
}

#[test]
fn every_dialect_of_smb() {
    let events = events("smb-dialects");
    let file = file("plan.txt", "to_client", &document());
    assert_eq!(files(&events), [file].into());
    assert_eq!(of(&events, "fileinfo").len(), 5);
    let dialects: BTreeSet<_> = of(&events, "smb")
        .iter()
        .map(|record| record["smb"]["dialect"].as_str().unwrap_or("none").to_owned())
        .collect();
    assert_eq!(dialects, ["2.02", "2.10", "3.00", "3.02", "3.11"].map(str::to_owned).into());
    assert_eq!(of(&events, "anomaly").len(), 0);
}

#[test]
fn encrypted_smb_is_told() {
    let events = events("smb-encrypted");
    assert_eq!((of(&events, "fileinfo").len(), of(&events, "alert").len()), (0, 0));
    let encrypted = of(&events, "smb").iter().filter(|record| record["smb"]["encrypted"] == true).count();
    assert_eq!(encrypted, 1);
}

#[test]
fn files_by_nfs() {
    let events = events("nfs");
    let document = document();
    let expected = [file("up.txt", "to_server", &document), file("long.txt", "to_client", &document.repeat(3))];
    assert_eq!(files(&events), expected.into());
    assert_eq!(of(&events, "anomaly").len(), 0);
    let records = of(&events, "nfs");
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            assert_eq!((&record["nfs"]["version"], &record["rpc"]["auth_type"]), (&3.into(), &"UNIX".into()));
            let of = |field: &str| record["nfs"][field].as_str().unwrap().to_owned();
            [of("procedure"), of("filename"), of("status")].join(" ")
        })
        .collect();
    for expected in ["CREATE up.txt OK", "WRITE up.txt OK", "READ long.txt OK", "LOOKUP nothing.txt ERR_NOENT"] {
        assert!(told.contains(&expected.to_owned()), "{expected}: {told:?}");
    }
}

/// Files that tshark puts together; `None` where it is not installed. Of each its name and its digest.
fn theirs(file: &Path) -> Option<BTreeSet<(String, String)>> {
    let directory = tempfile::tempdir().unwrap();
    let objects = format!("smb,{}", directory.path().display());
    let run = Command::new("tshark").args(["-Q", "-r"]).arg(file).args(["--export-objects", &objects]).output();
    let Ok(run) = run else {
        skipped("tshark is not installed");
        return None;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let of = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().trim_start_matches("%5c").to_owned();
        // a number tells files of one name apart
        let name = name.split_once('(').map_or(name.as_str(), |(name, _)| name).to_owned();
        (name, sha256(&fs::read(entry.path()).unwrap()))
    };
    Some(fs::read_dir(directory.path()).unwrap().map(|entry| of(entry.unwrap())).collect())
}

/// tshark puts the pieces of a file together in its own way, and finds the same files.
#[test]
fn files_are_those_that_tshark_finds() {
    for name in ["smb", "smb-dialects"] {
        let Some(theirs) = theirs(&capture(&format!("shares/{name}.pcap"))) else { return };
        let theirs: BTreeSet<_> = theirs.into_iter().map(|(_, digest)| digest).collect();
        let ours: BTreeSet<_> = files(&events(name)).into_iter().map(|[_, _, digest, _]| digest).collect();
        assert_eq!(ours, theirs, "{name}");
    }
}

/// Why a file of tshark's over the public mix is none of ours.
fn reason(name: &str, events: &[Value]) -> Option<&'static str> {
    match name {
        "TEST.TXT" => return Some("it was written by SMB1, which is not read"),
        "srvsvc" => return Some("it is a pipe, whose messages are no file"),
        _ => {}
    }
    let ours = of(events, "fileinfo").into_iter().filter(|event| event["fileinfo"]["filename"] == name);
    if ours.into_iter().any(|event| event["fileinfo"]["gaps"] == true) {
        return Some("bytes of it were never seen, for which tshark puts zeros, or what it has of another copy");
    }
    let opened = of(events, "smb").into_iter().any(|event| event["smb"]["filename"] == name);
    opened.then_some("it was opened on one connection of its session, and read on others")
}

/// Connections of other people's peers, some of them with loss and picked up in their middle.
#[test]
fn shares_of_the_public_mix() {
    let Some(file) = public_mix() else { return };
    let events = replay(&[&file]).succeeded().events();
    let protocols = |name: &str| of(&events, "flow").iter().filter(|event| event["app_proto"] == name).count();
    assert!(protocols("smb") > 0 && protocols("nfs") > 0);
    let digests = |kind: &str| -> BTreeSet<String> {
        let path = format!("{kind}/file");
        let of_kind = of(&events, "fileinfo").into_iter().filter(|event| event["tidegate"]["path"] == path.as_str());
        of_kind.map(|event| event["fileinfo"]["sha256"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!of(&events, "smb").is_empty() && !of(&events, "nfs").is_empty() && !digests("nfs").is_empty());
    let Some(theirs) = theirs(&file) else { return };
    let ours = digests("smb");
    let (same, others): (Vec<_>, Vec<_>) = theirs.iter().partition(|(_, digest)| ours.contains(digest));
    for (name, _) in &others {
        assert!(reason(name, &events).is_some(), "{name} is none of ours");
    }
    assert!(same.len() > 10 * others.len(), "{} of {}", same.len(), theirs.len());
}
