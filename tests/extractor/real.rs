//! What real programs have made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::heard::{Heard, Part as Found};

/// What other programs find in an object, as `tests/content/make-extractor.py` has found it.
#[derive(Debug, Deserialize)]
struct Expected {
    module: String,
    parts: Vec<Part>,
    cuts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    /// Its bytes in zlib, in base64.
    zlib: Option<String>,
    /// Words that are there in this order.
    words: Option<Vec<String>>,
    #[serde(default)]
    cuts: Vec<String>,
}

/// An object of the folder.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) data: Vec<u8>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content/extractor")
}

/// An object's bytes, without the gzip that makes large ones smaller.
pub(crate) fn read(name: &str) -> Vec<u8> {
    crate::unzipped::read(&folder().join(name))
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// All objects of a module.
pub(crate) fn objects(module: &str) -> Vec<Object> {
    let found = expected().into_iter().filter(|(_, expected)| expected.module == module);
    let found: Vec<_> =
        found.map(|(name, expected)| Object { data: read(&name), name, module: expected.module }).collect();
    assert!(!found.is_empty(), "nothing of {module}");
    found
}

fn unpack(text: &str) -> Vec<u8> {
    let packed = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
    let mut data = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&*packed), &mut data).unwrap();
    data
}

fn names(cuts: &[tidegate::decode::Cut]) -> Vec<&'static str> {
    cuts.iter().map(|cut| cut.name()).collect()
}

/// Compares what a module finds in all its objects. Of an archive nothing else is found.
fn compare(module: &str, is_archive: bool) {
    for (name, expected) in expected().into_iter().filter(|(_, expected)| expected.module == module) {
        let heard = Heard::of(module, &read(&name));
        assert_eq!(names(&heard.cuts), expected.cuts, "{name}");
        let is_whole = heard.cuts.iter().chain(heard.parts.iter().flat_map(|part| &part.cuts));
        let is_whole = is_whole.into_iter().all(|cut| cut.name() == "macros");
        assert_eq!(heard.whole, is_whole, "{name}: {:?}", heard.cuts);
        if is_archive {
            let wanted: BTreeSet<_> = expected.parts.iter().map(|part| part.name.as_str()).collect();
            assert_eq!(heard.names().into_iter().collect::<BTreeSet<_>>(), wanted, "{name}");
        }
        for part in &expected.parts {
            if part.name == "(recipient)" {
                let all: String = heard.parts.iter().filter(|found| found.name == part.name).map(Found::text).collect();
                assert!(
                    part.words.iter().flatten().all(|word| all.contains(word)),
                    "{name}: {:?} in {all}",
                    part.words
                );
                continue;
            }
            let found = heard.part(&part.name);
            assert_eq!(names(&found.cuts), part.cuts, "{name}: {}", part.name);
            if let Some(packed) = &part.zlib {
                let wanted = unpack(packed);
                let lossy = (String::from_utf8_lossy(&found.bytes), String::from_utf8_lossy(&wanted));
                assert!(found.bytes == wanted, "{name}: {}: {} is not {}", part.name, lossy.0, lossy.1);
            }
            let Some(words) = &part.words else { continue };
            let mut rest = found.text().split_whitespace();
            for word in words {
                assert!(rest.any(|found| found == word), "{name}: {}: {word:?} in {}", part.name, found.text());
            }
        }
    }
}

#[test]
fn documents_and_messages() {
    compare("ole2", false);
}

#[test]
fn archives_of_7z() {
    compare("7z", true);
}

#[test]
fn archives_of_rar() {
    compare("rar", true);
}

#[test]
fn cabinets() {
    compare("cab", true);
}

#[test]
fn modules_are_called_as_their_formats_are() {
    let names: BTreeSet<_> = tidegate::extractor::MODULES.iter().map(|module| module.name).collect();
    assert_eq!(names.len(), tidegate::extractor::MODULES.len());
    assert!(names.iter().all(|name| tidegate::decode::format(name).is_some()), "{names:?}");
}

/// In passing they are encrypted, and nothing of them is read.
#[test]
fn pdf_that_everybody_can_open() {
    compare("pdf", false);
}

/// The texts of the older tests too, in their order: the words of documents that antiword and xls2csv have read.
#[test]
fn texts_are_in_the_order_of_the_document() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content/pdf_ole");
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let plain = |text: &str| {
        text.chars().map(|letter| if letter == '"' || letter == ',' { ' ' } else { letter }).collect::<String>()
    };
    for name in ["letter.doc", "made.xls", "office.xls"] {
        let heard = Heard::of("ole2", &std::fs::read(folder.join(name)).unwrap());
        let (found, wanted) = (plain(heard.part("(text)").text()), plain(expected[name]["text"].as_str().unwrap()));
        let mut rest = found.split_whitespace();
        let mut words = 0;
        for word in wanted.split_whitespace() {
            assert!(rest.any(|found| found == word), "{name}: {word:?} in {found}");
            words += 1;
        }
        assert!(words > 20, "{name}: {words} words");
    }
}

/// What is not wanted is not handed out: whoever says so is left alone.
#[test]
fn enough_is_enough() {
    for module in ["ole2", "7z", "rar", "cab", "pdf"] {
        for Object { name, data, .. } in objects(module) {
            let all = Heard::of(module, &data);
            for most in [0, 10, 1000] {
                let some = Heard::with_most(module, &data, most);
                assert!(some.given() <= most + (64 << 10), "{name}: {} of {most}", some.given());
                assert!(!some.whole || all.given() <= most, "{name}: all of it was read, and {most} bytes were wanted");
            }
        }
    }
}
