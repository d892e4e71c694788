//! Containers and codings of mail that real programs have made: what is in them is what the programs that unpack them
//! say, however the pieces are cut, and whatever is missing or wrong.

#[path = "common/counted.rs"]
mod counted;
#[path = "containers/damaged.rs"]
mod damaged;
#[path = "containers/hand_made.rs"]
mod hand_made;
#[path = "containers/images.rs"]
mod images;
#[path = "containers/mail.rs"]
mod mail;
#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;
#[path = "common/unzipped.rs"]
mod unzipped;
#[path = "containers/zip.rs"]
mod zip;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use tidegate::decode::{Cut, Ended, Leaves, Limits, Path};

use said::{Said, decode};
use tree::Tree;

/// A leaf as `tests/content/make-containers.py` has found it.
#[derive(Debug, Deserialize)]
struct ExpectedLeaf {
    path: String,
    /// Its bytes in zlib, in base64.
    zlib: String,
}

/// What is in an object.
#[derive(Debug, Deserialize)]
struct Expected {
    leaves: Vec<ExpectedLeaf>,
    cuts: Vec<(String, String)>,
}

impl Said {
    /// Paths and contents.
    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        self.leaves.iter().map(|leaf| (leaf.path.clone(), leaf.bytes.clone())).collect()
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content/containers")
}

/// An object, without the gzip that makes some of them smaller.
fn read(name: &str) -> Vec<u8> {
    unzipped::read(&folder().join(name))
}

/// The bytes of a leaf.
fn unpack(text: &str) -> Vec<u8> {
    let packed = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
    let mut data = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&*packed), &mut data).unwrap();
    data
}

/// An object's name, its bytes, and what is in it.
struct Object {
    name: String,
    data: Vec<u8>,
    leaves: Vec<(String, Vec<u8>)>,
    cuts: Vec<(String, String)>,
}

/// All objects of these kinds: what stands behind the last dot of their names.
fn objects(kinds: &[&str]) -> Vec<Object> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
    let found: Vec<_> = expected
        .into_iter()
        .filter(|(name, _)| kinds.contains(&name.trim_end_matches(".gz").rsplit('.').next().unwrap()))
        .map(|(name, expected)| {
            let data = read(&name);
            let leaves = expected.leaves.into_iter().map(|leaf| (leaf.path, unpack(&leaf.zlib))).collect();
            Object { name, data, leaves, cuts: expected.cuts }
        })
        .collect();
    assert!(kinds.iter().all(|kind| found.iter().any(|object| object.name.contains(kind))), "no {kinds:?}");
    found
}

/// Positions to cut an object at: all, or of a large one a thousand and its ends, whatever its length is.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    let step = (length / 1500).max(1) | 1;
    (0..=length).filter(move |at| at % step == 0 || *at < 600 || at + 600 > length)
}

/// The whole proof for objects of these kinds.
fn prove(kinds: &[&str]) {
    let mut tree = Tree::new(Limits::default());
    for Object { name, data, leaves, cuts } in objects(kinds) {
        let whole = decode(&mut tree, [&*data]);
        assert_eq!(whole.texts(), leaves, "{name}");
        assert_eq!(whole.cut_names(), cuts, "{name}");
        assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
        let mut told = 0;
        for at in positions(data.len()) {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
            let short = decode(&mut tree, [first]);
            missing(&name, at, &short, &leaves);
            told += usize::from(short.cuts.iter().any(|(_, cut)| *cut == Cut::Truncated));
            if at < data.len() {
                let mut damaged = data.clone();
                damaged[at] ^= 0x55;
                let said = decode(&mut tree, damaged.chunks(100));
                assert_eq!(decode(&mut tree, damaged.chunks(7)), said, "{name}, damaged at {at}, cut elsewhere");
                assert!(said.given() < 1 << 20, "{name}, damaged at {at}: {} bytes come out", said.given());
            }
        }
        assert!(told > 0, "{name}: nothing was missed wherever it ended");
        let memory = allocation_counter::measure(|| {
            tree.begin();
            data.chunks(1460).for_each(|piece| tree.push(piece, &mut Nobody));
            tree.finish(&mut Nobody);
        });
        assert_eq!((memory.count_total, memory.count_current), (0, 0), "{name}: allocations");
    }
}

/// What is there of an object that ends at `at` is the beginning of what is in the whole.
fn missing(name: &str, at: usize, short: &Said, leaves: &[(String, Vec<u8>)]) {
    let mut rest = leaves.iter();
    for leaf in short.leaves.iter().filter(|leaf| leaf.path.contains(':')) {
        let found = rest.find(|(path, bytes)| *path == leaf.path && bytes.starts_with(&leaf.bytes));
        // Of an object within it, or of a format that is told by few bytes, there may be too little to tell what it is.
        let inner = leaves.iter().any(|(path, _)| path.starts_with(&format!("{}/", leaf.path)));
        let first = leaf.bytes.len() <= 512 && leaf.path.ends_with("(trailing)");
        // Half a header of TAR is none.
        let first = first || leaf.bytes.len() < 512 && leaf.path.ends_with("tar:(rest)");
        // The line that begins a file in a text is text as long as it is not known to be one.
        let opening = leaves.iter().any(|(path, bytes)| {
            let behind = leaf.bytes.strip_prefix(bytes.as_slice());
            *path == leaf.path && behind.is_some_and(|behind| behind.starts_with(b"b") || behind.starts_with(b"=y"))
        });
        let opening = opening || (leaf.path.ends_with("(text)") && b"begin ".starts_with(&leaf.bytes[..1]));
        assert!(found.is_some() || inner || first || opening, "{name}, {at} bytes: {leaf:?}");
    }
}

/// Wants nothing.
struct Nobody;

impl Leaves for Nobody {
    fn begin(&mut self, _: usize, _: &Path) {}

    fn data(&mut self, _: usize, _: &[u8]) {}

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, _: &Path, _: Cut) {}
}

#[test]
fn cpio_in_all_its_formats() {
    prove(&["cpio"]);
}

#[test]
fn ar_and_debian_packages() {
    prove(&["ar", "deb"]);
}

#[test]
fn files_within_text_and_mail() {
    prove(&["uu", "yenc", "eml"]);
}

#[test]
fn iso_9660_with_long_names() {
    prove(&["iso"]);
}

#[test]
fn cabinets_that_are_stored_and_packed() {
    prove(&["cab"]);
}

#[test]
fn rar_and_7z_are_named() {
    prove(&["rar", "7z"]);
}

#[test]
fn tnef_with_attachments_and_packed_rtf() {
    prove(&["tnef"]);
}

#[test]
fn texts_of_databases() {
    prove(&["sqlite"]);
}

#[test]
fn what_the_packets_of_captures_carry() {
    prove(&["pcap", "pcapng"]);
}
