//! PDF: what is not encrypted never waits for a process, however large it is, and what is goes out once.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{counter, downloads, found, prepare, run_modules};
use crate::common::{Replayed, tidegate};
use crate::traffic::{Packet, download};

const SMALL: &str = "[extractor]\nobject_max = \"64 KiB\"\n";

fn read(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/content").join(name)).unwrap()
}

/// A document with so many bytes of comments behind its end, and its end once more.
fn longer(document: &[u8], bytes: usize) -> Vec<u8> {
    let comment = b"% a line that says nothing at all\n".repeat(bytes / 34 + 1);
    let end = document.windows(9).rposition(|word| word == b"startxref").unwrap();
    [document, &comment, &document[end..]].concat()
}

fn replayed(objects: &[Vec<u8>], more: &str) -> Vec<Value> {
    of_packets(&downloads(objects), more)
}

fn of_packets(packets: &[Packet], more: &str) -> Vec<Value> {
    let directory = prepare(packets, more);
    let events = run_modules(directory.path(), "1").succeeded().events();
    assert_eq!(counter(&events, "extractor.objects"), counter(&events, "extractor.answered"));
    events
}

/// Paths and names of all that was told of objects.
fn told(events: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let anomalies = events.iter().filter(|event| event["event_type"] == "anomaly");
    anomalies.map(|event| (text(&event["anomaly"]["event"]), text(&event["tidegate"]["path"]))).collect()
}

#[test]
fn plain_documents_are_read_in_passing_whatever_their_size() {
    let plain = read("pdf_ole/gs.pdf");
    for document in [plain.clone(), longer(&plain, 200_000)] {
        let events = replayed(&[document], SMALL);
        assert_eq!(found(&events, "").0, ["http/body/pdf:(text)"]);
        assert_eq!((counter(&events, "extractor.objects"), told(&events)), (0, vec![]));
        assert_eq!(counter(&events, "extractor.not_inspected.too_large"), 0);
        assert_eq!(counter(&events, "decode.cut.encrypted"), 0);
    }
}

#[test]
fn encrypted_documents_go_to_a_process() {
    let names = ["rc4-40.pdf", "aes-128.pdf", "aes-256.pdf", "linear.pdf", "clear-metadata.pdf"];
    for name in names {
        let events = replayed(&[read(&format!("extractor/{name}"))], "");
        assert_eq!(found(&events, "").0, ["http/body/pdf:(text)"], "{name}");
        assert_eq!((counter(&events, "extractor.objects"), told(&events)), (1, vec![]), "{name}");
    }
    let events = replayed(&[read("extractor/locked.pdf")], "");
    assert_eq!(told(&events), [("content.encrypted".to_owned(), "http/body/pdf".to_owned())]);
    assert_eq!([counter(&events, "extractor.objects"), counter(&events, "decode.cut.encrypted")], [1, 1]);
}

#[test]
fn an_encrypted_document_that_is_too_large_is_told_once() {
    let events = replayed(&[longer(&read("extractor/aes-128.pdf"), 70_000)], SMALL);
    assert_eq!(told(&events), [("content.not_inspected".to_owned(), "http/body/pdf".to_owned())]);
    assert_eq!(counter(&events, "extractor.objects"), 0);
    assert_eq!(counter(&events, "extractor.not_inspected.too_large"), 1);
    assert_eq!([counter(&events, "decode.cut.not_inspected"), counter(&events, "decode.cut.encrypted")], [1, 0]);
}

#[test]
fn without_an_extractor_it_is_encrypted() {
    let events = replayed(&[read("extractor/aes-128.pdf")], "[extractor]\nenabled = false\n");
    assert_eq!(told(&events), [("content.encrypted".to_owned(), "http/body/pdf".to_owned())]);
}

/// The packet with the middle of a download was not captured.
#[test]
fn what_came_before_a_hole_is_read() {
    let document = longer(&read("pdf_ole/gs.pdf"), 20_000);
    let mut packets = download(40_000, 1_000_000_000, &document);
    packets.remove(packets.len() / 2);
    let events = of_packets(&packets, "");
    assert_eq!(found(&events, "").0, ["http/body/pdf:(text)"]);
    assert!(told(&events).contains(&("content.gap".to_owned(), "http/body/pdf".to_owned())), "{:?}", told(&events));
    assert_eq!(counter(&events, "extractor.objects"), 0);
}

/// It says that it is encrypted in front of all pages, and a packet near its end was not captured: its beginning is decrypted.
#[test]
fn what_came_before_a_hole_is_decrypted() {
    let mut packets = download(40_000, 1_000_000_000, &longer(&read("extractor/linear.pdf"), 20_000));
    let near = packets.len() - 6;
    assert!(packets[near].1.len() > 1400, "it has bytes of the document");
    packets.remove(near);
    let events = of_packets(&packets, "");
    assert_eq!(found(&events, "").0, ["http/body/pdf:(text)"]);
    assert!(told(&events).contains(&("content.gap".to_owned(), "http/body/pdf".to_owned())), "{:?}", told(&events));
    assert_eq!(counter(&events, "extractor.objects"), 1);
}

/// A document of Word within a document that is collected as well, while it is read in passing.
#[test]
fn what_lies_within_goes_out_by_itself() {
    let letter = read("extractor/letter.doc");
    let head = format!("%PDF-1.7\n1 0 obj\n<</Type/EmbeddedFile/Length {}>>\nstream\n", letter.len());
    let tail = b"\nendstream\nendobj\ntrailer\n<</Size 2>>\nstartxref\n0\n%%EOF\n";
    let events = replayed(&[[head.as_bytes(), &letter, tail].concat()], "");
    assert_eq!(found(&events, "").0, ["http/body/pdf:(file)/ole2:(text)"]);
    assert_eq!((counter(&events, "extractor.objects"), told(&events)), (1, vec![]));
}

/// The paths of all leaves of a file.
fn leaves(name: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/content/extractor").join(name);
    let output = tidegate().args(["scan", "--json"]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let leaves = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    leaves.map(|leaf| leaf["path"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Metadata that are not encrypted are read in passing, unless the file has begun with saying that it is; then by the module.
#[test]
fn what_is_not_encrypted_is_handed_out_once() {
    for name in ["clear-metadata.pdf", "clear-metadata-linear.pdf"] {
        let mut leaves = leaves(name);
        leaves.sort_unstable();
        assert_eq!(leaves, ["pdf", "pdf:(metadata)/xml", "pdf:(metadata)/xml:(text)", "pdf:(text)"], "{name}");
    }
}

/// What keeps a document from being read, as one worker and three find it.
#[test]
fn workers_agree() {
    let objects = [
        read("pdf_ole/gs.pdf"),
        read("extractor/aes-256.pdf"),
        longer(&read("extractor/rc4-128.pdf"), 70_000),
        read("extractor/letter.doc"),
    ];
    let directory = prepare(&downloads(&objects), SMALL);
    let events = |workers: &str| -> Vec<Value> {
        let replayed: Replayed = run_modules(directory.path(), workers).succeeded();
        replayed.events().into_iter().filter(|event| event["event_type"] != "stats").collect()
    };
    assert_eq!(events("1"), events("3"));
}
