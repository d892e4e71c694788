//! Every object of the tests, with lengths in it that lie, and ending too soon.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tidegate::decode::Limits;

use crate::tree::Tree;
use crate::unzipped;
use crate::witness::{Outcome, inspect, limits};

/// Where objects are; those of the extractor too, of which here is what is read in passing.
const FOLDERS: [&str; 8] = ["", "compressed", "containers", "documents", "extractor", "media", "pdf_ole", "scripts"];
/// What comes out of any of them that is not a bomb.
const OUTPUT: u64 = 4 << 20;

/// What was made from the others, or says what is in them; and bombs, which are tried by themselves.
fn is_object(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap();
    path.is_file() && !name.ends_with(".py") && name != "expected.json" && !name.starts_with("bomb.")
}

fn objects() -> Vec<(String, Vec<u8>)> {
    let content = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content");
    let files = FOLDERS.iter().flat_map(|folder| std::fs::read_dir(content.join(folder)).unwrap());
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).filter(|path| is_object(path)).collect();
    paths.sort();
    assert!(paths.len() > 250, "{} objects", paths.len());
    let object = |path: PathBuf| {
        // What is kept in gzip because it is mostly zeros.
        let is_packed = path.to_str().is_some_and(|path| path.ends_with(".iso.gz") || path.ends_with(".tif.gz"));
        let data = if is_packed { unzipped::read(&path) } else { std::fs::read(&path).unwrap() };
        (path.strip_prefix(&content).unwrap().display().to_string(), data)
    };
    paths.into_iter().map(object).collect()
}

/// Each object is told of once. An only child has the path of what it is in, so one path may stand twice; what follows
/// another in its place has no name of its own, and may be several.
fn is_bounded(what: &str, whole: &Outcome, outcome: &Outcome) {
    assert!(outcome.given <= OUTPUT.max(2 * whole.given), "{what}: {outcome:?}");
    assert!(outcome.deepest <= 16, "{what}: {outcome:?}");
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for path in outcome.told.iter().filter_map(|line| line.split_once(' ')).map(|(_, path)| path) {
        *told.entry(path).or_default() += 1;
    }
    let is_once =
        |(path, times): (&&str, &usize)| *times <= 2 || path.contains("(rest)") || path.contains("(trailing)");
    assert!(told.iter().all(is_once), "{what}: {outcome:?}");
    assert!(outcome.events <= 2 * told.len() + 16, "{what}: {outcome:?}");
}

/// Places of an object: all in its beginning and at its end, where most lengths stand, and so many others.
fn places(length: usize, work: u64) -> impl Iterator<Item = usize> {
    let most = usize::try_from((24 << 20) / work.max(1)).unwrap().clamp(30, 1200);
    let step = (length / most).max(1);
    (0..length).filter(move |at| at % step == 0 || most > 600 && (*at < 256 || at + 64 > length))
}

fn prove(change: impl Fn(&[u8], usize) -> Vec<u8>, what: &str) {
    let limits = Limits { output: 64 << 20, ..limits() };
    let mut tree = Tree::new(limits);
    let mut tried = 0;
    for (name, data) in objects() {
        let whole = inspect(&name, &mut tree, None, &data);
        let work = data.len() as u64 + whole.given;
        for at in places(data.len(), work) {
            let what = format!("{name}, {what} {at}");
            let outcome = inspect(&what, &mut tree, None, &change(&data, at));
            is_bounded(&what, &whole, &outcome);
            tried += 1;
        }
    }
    assert!(tried > 50_000, "{tried} objects were tried");
}

/// The object with other bytes at a place, as far as it goes.
fn with(data: &[u8], at: usize, bytes: [u8; 4]) -> Vec<u8> {
    let mut lying = data.to_vec();
    lying.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = byte);
    lying
}

#[test]
fn lengths_that_are_as_large_as_they_can_be() {
    prove(|data, at| with(data, at, [0xff; 4]), "as large as can be at");
}

#[test]
fn lengths_that_are_nothing() {
    prove(|data, at| with(data, at, [0; 4]), "nothing at");
}

#[test]
fn objects_that_end_anywhere() {
    prove(|data, at| data[..at].to_vec(), "ends at");
}
