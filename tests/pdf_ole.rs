//! PDF and OLE2 documents that real programs have made: the words in them are those that the programs say that read them,
//! however the pieces are cut, and whatever is missing or wrong.

#[path = "common/counted.rs"]
mod counted;
#[path = "pdf_ole/ole2.rs"]
mod ole2;
#[path = "pdf_ole/pdf.rs"]
mod pdf;
#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;
#[path = "common/unzipped.rs"]
mod unzipped;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use tidegate::decode::{Cut, Ended, Leaves, Limits, Path};

use said::{Said, decode};
use tree::Tree;

/// What is in a document, as `tests/content/make-pdf-ole.py` has found it.
#[derive(Debug, Deserialize)]
struct Expected {
    /// What a reader shows, and text that it does not show.
    text: String,
    strings: Vec<String>,
    /// Texts within leaves, by what stands in their paths.
    leaves: BTreeMap<String, String>,
    cuts: Vec<(String, String)>,
}

struct Document {
    name: String,
    data: Vec<u8>,
    expected: Expected,
}

impl Said {
    /// All parts of the text; what metadata say is not among them.
    fn text(&self) -> String {
        let is_text = |path: &str| path.ends_with(":(text)") && !path.contains("(metadata)/");
        let parts = self.leaves.iter().filter(|leaf| is_text(&leaf.path));
        parts.map(|leaf| std::str::from_utf8(&leaf.bytes).unwrap()).collect()
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content/pdf_ole")
}

/// A document, without the gzip that makes large ones smaller.
fn read(name: &str) -> Vec<u8> {
    unzipped::read(&folder().join(name))
}

/// All documents of a kind.
fn documents(kind: &str) -> Vec<Document> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
    let found = expected.into_iter().filter(|(name, _)| name.trim_end_matches(".gz").ends_with(kind));
    let found: Vec<_> = found.map(|(name, expected)| Document { data: read(&name), name, expected }).collect();
    assert!(!found.is_empty(), "no {kind}");
    found
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The words of `text`, and how often each is there.
fn bag(text: &str) -> BTreeMap<&str, usize> {
    let mut bag = BTreeMap::new();
    for word in words(text) {
        *bag.entry(word).or_default() += 1;
    }
    bag
}

/// Positions to cut a document at: all of a small one, of a large one some three hundred.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    let step = (length / 300).max(1) | 1;
    (0..=length).filter(move |at| at % step == 0 || at + 40 > length || *at < 40)
}

/// Cut anywhere, ending anywhere and damaged anywhere; nothing is allocated.
fn prove(document: &Document) {
    let Document { name, data, .. } = document;
    let mut tree = Tree::new(Limits::default());
    let whole = decode(&mut tree, [&**data]);
    assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
    for at in positions(data.len()) {
        let (first, second) = data.split_at(at);
        assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
        let short = decode(&mut tree, [first]);
        assert!(short.given() <= whole.given() + 4096, "{name}, {at} bytes: {} come out", short.given());
        if at < data.len() {
            let mut damaged = data.clone();
            damaged[at] ^= 0x55;
            let said = decode(&mut tree, damaged.chunks(100));
            assert_eq!(decode(&mut tree, damaged.chunks(7)), said, "{name}, damaged at {at}, cut elsewhere");
            assert!(said.given() < 1 << 20, "{name}, damaged at {at}: {} bytes come out", said.given());
        }
    }
    let memory = allocation_counter::measure(|| {
        tree.begin();
        data.chunks(1460).for_each(|piece| tree.push(piece, &mut Nobody));
        tree.finish(&mut Nobody);
    });
    assert_eq!((memory.count_total, memory.count_current), (0, 0), "{name}: allocations");
}

/// Wants nothing.
struct Nobody;

impl Leaves for Nobody {
    fn begin(&mut self, _: usize, _: &Path) {}

    fn data(&mut self, _: usize, _: &[u8]) {}

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, _: &Path, _: Cut) {}
}
