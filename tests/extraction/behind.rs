//! What only looks like an object that has to be seen whole, and what follows one.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::tidegate;
use crate::prepare;

const PLANTED: &[u8] = b"the numbers of Project Tern";

fn content(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content").join(name)).unwrap()
}

/// Paths of the leaves of a file that alert, and all flags.
fn scan(file: &[u8]) -> (Vec<String>, Vec<String>) {
    let directory = prepare(&[], "");
    let path = directory.path().join("sent");
    fs::write(&path, file).unwrap();
    let config = directory.path().join("config.toml");
    let output = tidegate().args(["scan", "--json", "--config"]).arg(config).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let leaves: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alerts = leaves.iter().filter(|leaf| !leaf["findings"].as_array().unwrap().is_empty());
    let flags = leaves.iter().flat_map(|leaf| leaf["flags"].as_array().unwrap().clone());
    (
        alerts.map(|leaf| leaf["path"].as_str().unwrap().to_owned()).collect(),
        flags.map(|flag| flag.as_str().unwrap().to_owned()).collect(),
    )
}

#[test]
fn what_cannot_be_taken_apart_is_scanned_as_it_stands() {
    let cases: [(&str, &[u8]); 4] = [
        ("rar", b"Rar!\x1a\x07\x00 "),
        ("cab", b"MSCF\0\0\0\0 "),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("ole2", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 "),
    ];
    for (name, head) in cases {
        let file = [head, PLANTED, &[0; 600]].concat();
        let (alerts, flags) = scan(&file);
        assert_eq!(alerts.len(), 1, "{name}: {alerts:?}, {flags:?}");
        // Behind an archive of nothing is no fault of it.
        assert!(!flags.is_empty() || alerts[0].ends_with("(trailing)"), "{name}: {alerts:?}");
    }
    let empty = [b"MSCF", &[0; 40][..], PLANTED].concat();
    assert_eq!(scan(&empty).0, ["cab:(trailing)"]);
}

#[test]
fn what_follows_an_object_is_looked_into() {
    let zip = content("stored.zip");
    let objects = ["extractor/lzma.7z", "extractor/mszip.cab", "pdf_ole/letter.doc"];
    for name in objects {
        let object = content(name);
        let format = match name.rsplit('.').next() {
            Some("doc") => "ole2",
            ending => ending.unwrap(),
        };
        let before = scan(&object);
        let (alerts, flags) = scan(&[&object, PLANTED].concat());
        let expected = [before.0.clone(), vec![format!("{format}:(trailing)")]].concat();
        assert_eq!((alerts, flags), (expected, before.1.clone()), "{name}");
        // Another of its kind, and what follows that.
        let (alerts, flags) = scan(&[&object, &object, &zip[..]].concat());
        let alert = alerts.last().unwrap();
        assert!(alert.starts_with(&format!("{format}:(trailing)")) && alert.contains("zip:"), "{name}: {alerts:?}");
        assert_eq!(flags.len(), 2 * before.1.len(), "{name}: {flags:?}");
    }
}

#[test]
fn so_many_objects_behind_each_other_are_taken_apart() {
    let object = content("extractor/lzma.7z");
    let (alerts, flags) = scan(&[object.repeat(40), PLANTED.to_vec()].concat());
    assert_eq!(alerts.last().unwrap(), "7z:(rest)", "{alerts:?}");
    assert!(flags.contains(&"children".to_owned()), "{flags:?}");
}
