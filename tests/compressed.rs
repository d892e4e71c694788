//! Compression formats on objects that real programs have made: what comes out is what went in, however the pieces are cut,
//! and whatever is missing or wrong.

#[path = "common/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tidegate::decode::{Child, Cut, Decoder, Ended, Leaves, Limits, Out, Path, Taken, coding};

use tree::Tree;

/// A leaf as `tests/content/make-compressed.py` has written it down.
#[derive(Clone, Debug, Deserialize)]
struct Expected {
    path: String,
    /// Names of the contents it is made of, or its text.
    #[serde(default)]
    contents: Vec<String>,
    #[serde(default)]
    text: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Entry {
    leaves: Vec<Expected>,
    /// The content coding of HTTP that it is, where it is not told by its first bytes.
    coding: Option<String>,
}

/// An object: its name, its bytes, how it is decoded, and paths and bytes of what comes out.
struct Object {
    name: String,
    data: Vec<u8>,
    coding: Option<String>,
    leaves: Vec<(String, Vec<u8>)>,
}

impl Object {
    /// What comes out is more than one block of its format.
    fn is_long(&self) -> bool {
        self.leaves.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000
    }

    /// Places to cut it at: all, or where that would take too long some.
    fn places(&self) -> impl Iterator<Item = usize> {
        let step = if self.is_long() { self.data.len() / 30 } else { 1 };
        (0..self.data.len()).step_by(step.max(1))
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content/compressed")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A content by its name; the long one and that of zeros are built as the script builds them.
fn content(name: &str) -> Vec<u8> {
    match name {
        "empty" => Vec::new(),
        "zeros" => vec![0; 3000],
        "long" => {
            let part = read("varied");
            (0..70).flat_map(|number| [format!("part {number}\n").as_bytes(), &part].concat()).collect()
        }
        other => read(other),
    }
}

fn objects() -> Vec<Object> {
    let text = String::from_utf8(read("expected.json")).unwrap();
    let entries: BTreeMap<String, Entry> = serde_json::from_str(&text).unwrap();
    assert!(entries.len() >= 85, "{} objects", entries.len());
    let leaf = |leaf: Expected| {
        let parts: Vec<u8> = leaf.contents.iter().flat_map(|name| content(name)).collect();
        // Each character is a byte.
        let text = leaf.text.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        (leaf.path, [parts, text].concat())
    };
    entries
        .into_iter()
        .map(|(name, entry)| Object {
            data: read(&name),
            name,
            coding: entry.coding,
            leaves: entry.leaves.into_iter().map(leaf).collect(),
        })
        .collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Leaf {
    path: String,
    bytes: Vec<u8>,
    complete: Option<bool>,
}

/// All that was said.
#[derive(Clone, Default, PartialEq, Eq)]
struct Said {
    leaves: Vec<Leaf>,
    cuts: Vec<Cut>,
    /// Where the object ended, or turned out to be malformed, if it was decoded by its coding.
    ended: Option<usize>,
    /// The leaf of each level that has begun: what is scanned as it stands may have leaves within it.
    open: BTreeMap<usize, usize>,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let leaves: Vec<_> = self.leaves.iter().map(|leaf| (&leaf.path, leaf.bytes.len(), leaf.complete)).collect();
        write!(f, "{leaves:?} {:?} {:?}", self.cuts, self.ended)
    }
}

impl Leaves for Said {
    fn begin(&mut self, level: usize, path: &Path) {
        let last = self.open.insert(level, self.leaves.len());
        assert_eq!(last, None, "{path} begins before the last of level {level} has ended");
        self.leaves.push(Leaf { path: path.to_string(), bytes: Vec::new(), complete: None });
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        self.leaves[self.open[&level]].bytes.extend_from_slice(bytes);
    }

    fn end(&mut self, level: usize, ended: Ended) {
        let leaf = &mut self.leaves[self.open.remove(&level).unwrap()];
        assert_eq!((leaf.complete, ended.size), (None, leaf.bytes.len() as u64));
        leaf.complete = Some(ended.complete);
    }

    fn cut(&mut self, _: &Path, reason: Cut) {
        self.cuts.push(reason);
    }
}

/// What a decoder says that is asked by its coding; no more than `most` bytes are wanted.
struct Coded {
    path: String,
    said: Said,
    most: usize,
}

impl Out for Coded {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        self.said.open.insert(0, self.said.leaves.len());
        self.said.leaves.push(Leaf { path: self.path.clone(), bytes: Vec::new(), complete: None });
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        assert!(!bytes.is_empty(), "nothing is handed out");
        Leaves::data(&mut self.said, 0, bytes);
        self.said.leaves.iter().map(|leaf| leaf.bytes.len()).sum::<usize>() <= self.most
    }

    fn end(&mut self) {
        self.said.leaves.last_mut().unwrap().complete = Some(!self.said.cuts.contains(&Cut::Truncated));
    }

    fn cut(&mut self, reason: Cut) {
        if !self.said.cuts.contains(&reason) {
            self.said.cuts.push(reason);
        }
    }
}

/// Whatever decodes objects, made once.
struct Ways {
    tree: Tree,
    codings: BTreeMap<String, Box<dyn Decoder>>,
    most: usize,
}

impl Ways {
    fn new(most: usize) -> Self {
        // No ratio: it is compared whenever bytes come out, so with other pieces it may be reached a little earlier.
        let limits = Limits { output: most as u64, ratio: u64::MAX, decoders: 2, ..Limits::default() };
        let decoder = |name: &str| (name.to_owned(), (coding(name.as_bytes()).unwrap().make)());
        Self { tree: Tree::new(limits), codings: ["br", "deflate"].map(decoder).into(), most }
    }

    /// What is said of an object that comes in these pieces.
    fn decode<'a>(&mut self, coding: Option<&str>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Said {
        let Some(name) = coding else {
            let mut said = Said::default();
            self.tree.begin();
            pieces.into_iter().for_each(|piece| self.tree.push(piece, &mut said));
            self.tree.finish(&mut said);
            assert!(said.leaves.iter().all(|leaf| leaf.complete.is_some()), "every leaf ends: {said:?}");
            return said;
        };
        let decoder = self.codings.get_mut(name).unwrap();
        let mut out = Coded { path: name.to_owned(), said: Said::default(), most: self.most };
        let mut before = 0;
        for piece in pieces {
            match decoder.push(piece, &mut out) {
                Ok(Taken::All) => {}
                Ok(Taken::End(at)) => out.said.ended = Some(before + at),
                Ok(Taken::Enough) => out.said.ended = Some(0),
                Err(fault) => {
                    out.said.ended = Some(before + fault.at);
                    out.said.cuts.push(Cut::Malformed);
                }
            }
            if out.said.ended.is_some() {
                break;
            }
            before += piece.len();
        }
        if out.said.ended.is_none() {
            decoder.finish(&mut out);
            assert!(out.said.leaves.iter().all(|leaf| leaf.complete.is_some()), "every leaf ends: {:?}", out.said);
        }
        decoder.reset();
        out.said
    }
}

#[test]
fn what_comes_out_is_what_went_in() {
    let mut ways = Ways::new(1 << 30);
    for object in objects() {
        let said = ways.decode(object.coding.as_deref(), [&*object.data]);
        let paths: Vec<_> = said.leaves.iter().map(|leaf| &leaf.path).collect();
        assert_eq!(paths, object.leaves.iter().map(|(path, _)| path).collect::<Vec<_>>(), "{}: {said:?}", object.name);
        for (leaf, (path, bytes)) in said.leaves.iter().zip(&object.leaves) {
            assert!(leaf.bytes == *bytes, "{}: {path} is other: {said:?}", object.name);
            assert_eq!(leaf.complete, Some(true), "{}: {path}", object.name);
        }
        assert_eq!(said.cuts, [], "{}", object.name);
        if object.coding.is_some() {
            assert_eq!(said.ended, Some(object.data.len()), "{}", object.name);
        }
    }
}

#[test]
fn cuts_between_pieces_change_nothing() {
    let mut ways = Ways::new(1 << 30);
    for object in objects() {
        let coding = object.coding.as_deref();
        let whole = ways.decode(coding, [&*object.data]);
        assert!(ways.decode(coding, object.data.chunks(1)) == whole, "{}, byte by byte", object.name);
        for size in [2, 3, 7, 64, 1460] {
            assert!(ways.decode(coding, object.data.chunks(size)) == whole, "{}, pieces of {size}", object.name);
        }
        for at in object.places() {
            let (first, second) = object.data.split_at(at);
            let said = ways.decode(coding, [first, second]);
            assert!(said == whole, "{}, cut at {at}: {said:?}, not {whole:?}", object.name);
        }
    }
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_found() {
    let mut ways = Ways::new(1 << 30);
    for object in objects() {
        let Object { name, data, coding, leaves } = &object;
        let mut given = 0;
        for length in object.places().skip(1) {
            let said = ways.decode(coding.as_deref(), [&data[..length]]);
            for (leaf, (path, bytes)) in said.leaves.iter().zip(leaves) {
                // The first bytes may be too few to say what they are, and then they are a leaf as they stand.
                if leaf.path == *path {
                    assert!(bytes.starts_with(&leaf.bytes), "{name}, {length} bytes: {path}");
                    given = given.max(leaf.bytes.len());
                }
            }
            let told = said.cuts.contains(&Cut::Truncated);
            let unknown = said.leaves.len() == 1 && said.leaves[0].path.is_empty();
            // Between two streams, and before what is none, nothing is missing; nor in a ZIP's directory.
            let first_is_whole = said.leaves.first().is_some_and(|leaf| {
                let all = &leaves[0].1;
                leaf.complete == Some(true)
                    && (leaf.bytes == *all || all.starts_with(&leaf.bytes) && leaf.bytes == content("short"))
            });
            // Nothing says how long compress's data are.
            let open = name.ends_with(".Z");
            assert!(told || unknown || first_is_whole || open, "{name}, {length} bytes: {said:?}");
        }
        // These have one block of what goes in, and it comes out when that is complete.
        let in_blocks = [".bz2", ".zst", ".lz4", "bzip2.zip", "zstd.zip"].iter().any(|end| name.ends_with(end));
        let whole: usize = leaves[0].1.len();
        // Of these few bytes the last one may stand for all.
        let is_tiny = data.len() < 40;
        assert!(
            given * 3 >= whole || in_blocks && !object.is_long() || is_tiny,
            "{name}: only {given} of {whole} bytes were found"
        );
    }
}

/// Bytes of sums of the content, or of a part of it, that damage does nothing to but make them wrong.
const SUMS: [(&str, usize); 9] = [
    ("short.bz2", 7),
    ("short.xz", 8),
    ("crc32.xz", 4),
    ("sha256.xz", 32),
    ("blocks.xz", 6 * 8),
    ("short.zst", 4),
    ("frames.zst", 8),
    ("short.lz4", 4),
    ("summed.lz4", 8),
];

#[test]
fn damage_is_bounded_and_told() {
    const MOST: usize = 4 << 20;
    let mut ways = Ways::new(MOST);
    for object in objects() {
        let Object { name, data, coding, leaves } = &object;
        let (mut told, mut untold, mut summed_only) = (0, 0, 0);
        for at in object.places() {
            let mut damaged = data.clone();
            damaged[at] ^= 0x55;
            let said = ways.decode(coding.as_deref(), damaged.chunks(100));
            let at_once = ways.decode(coding.as_deref(), [&*damaged]);
            let most = [&said, &at_once].map(|said| said.leaves.iter().map(|leaf| leaf.bytes.len()).sum());
            if said.cuts.contains(&Cut::Output)
                || at_once.cuts.contains(&Cut::Output)
                || most.iter().max() >= Some(&MOST)
            {
                // How much is handed out at a time decides where that ends.
            } else if name.ends_with(".br") && said.cuts.contains(&Cut::Malformed) {
                // How much of what came before the fault comes out depends on the pieces; all of it is right.
                assert_eq!(
                    (&said.cuts, said.leaves.len()),
                    (&at_once.cuts, at_once.leaves.len()),
                    "{name}, damage at {at}"
                );
                for (one, other) in said.leaves.iter().zip(&at_once.leaves) {
                    let (short, long) = if one.bytes.len() < other.bytes.len() { (one, other) } else { (other, one) };
                    assert!(long.bytes.starts_with(&short.bytes), "{name}, damage at {at}");
                }
            } else {
                assert!(said == at_once, "{name}, damage at {at}: {said:?} in pieces, {at_once:?} at once");
            }
            let same = said.leaves.iter().map(|leaf| &leaf.bytes).eq(leaves.iter().map(|(_, bytes)| bytes));
            told += usize::from(!said.cuts.is_empty());
            summed_only += usize::from(same && said.cuts == [Cut::Checksum]);
            untold += usize::from(!same && said.cuts.is_empty());
            let given: usize = said.leaves.iter().map(|leaf| leaf.bytes.len()).sum();
            assert!(given <= MOST + (1 << 20), "{name}: {given} bytes come out");
        }
        // Bytes of the sums themselves.
        let sums = SUMS.iter().find(|(other, _)| other == name).map_or(0, |(_, bytes)| *bytes);
        assert!(summed_only >= sums, "{name}: {summed_only} bytes are a sum's, not {sums}");
        // Formats without a sum cannot tell; those with one tell all but damage to what makes a stream of the bytes.
        let whole = ["trailing", "streams", "none.xz"].iter().all(|other| !name.starts_with(other));
        let summed = [".bz2", ".xz"].iter().any(|end| name.ends_with(end)) && whole;
        assert!(!summed || untold <= 14, "{name}: {untold} of {} passed untold", data.len());
        assert!(told > 0 || name.ends_with(".Z") || data.len() < 10, "{name}: no damage was told");
    }
}

/// Counts what comes out, and keeps nothing.
#[derive(Default)]
struct Count {
    bytes: u64,
    cuts: Vec<Cut>,
}

impl Leaves for Count {
    fn begin(&mut self, _: usize, _: &Path) {}

    fn data(&mut self, _: usize, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
    }

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, _: &Path, reason: Cut) {
        self.cuts.push(reason);
    }
}

impl Out for Count {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        self.bytes += bytes.len() as u64;
        self.bytes < 32 << 20
    }

    fn end(&mut self) {}

    fn cut(&mut self, reason: Cut) {
        self.cuts.push(reason);
    }
}

#[test]
fn a_decoder_that_was_made_takes_no_more_memory() {
    let mut ways = Ways::new(1 << 30);
    for object in objects() {
        let mut count = Count::default();
        let memory = allocation_counter::measure(|| match &object.coding {
            None => {
                ways.tree.begin();
                object.data.chunks(1460).for_each(|piece| ways.tree.push(piece, &mut count));
                ways.tree.finish(&mut count);
            }
            Some(name) => {
                let decoder = ways.codings.get_mut(name).unwrap();
                for piece in object.data.chunks(1460) {
                    assert!(decoder.push(piece, &mut count).is_ok());
                }
                decoder.reset();
            }
        });
        assert_eq!((memory.count_total, memory.count_current), (0, 0), "{}: allocations", object.name);
        assert!(count.bytes > 0 || object.name.starts_with("empty"), "{}: nothing came out", object.name);
    }
}

/// Bombs of 256 MiB of zeros, as real programs have made them.
const BOMBS: [&str; 5] = ["bomb.bz2", "bomb.xz", "bomb.lzma", "bomb.zst", "bomb.br"];

#[test]
fn bombs_are_cut_by_what_comes_out_of_them() {
    for name in BOMBS {
        let data = read(name);
        let start = Instant::now();
        let (bytes, cuts) = if name == "bomb.br" {
            let mut count = Count::default();
            let mut decoder = (coding(b"br").unwrap().make)();
            let ended =
                data.chunks(1).map(|piece| decoder.push(piece, &mut count)).find(|taken| *taken != Ok(Taken::All));
            assert_eq!(ended, Some(Ok(Taken::Enough)), "{name}");
            (count.bytes, count.cuts)
        } else {
            let mut whole = Count::default();
            let mut tree = Tree::new(Limits { output: 32 << 20, ratio: u64::MAX, decoders: 1, ..Limits::default() });
            tree.begin();
            data.chunks(1460).for_each(|piece| tree.push(piece, &mut whole));
            tree.finish(&mut whole);
            assert_eq!(whole.cuts, [Cut::Output], "{name}");
            let mut count = Count::default();
            let mut tree = Tree::new(Limits { decoders: 1, ..Limits::default() });
            tree.begin();
            data.chunks(16).for_each(|piece| tree.push(piece, &mut count));
            tree.finish(&mut count);
            assert_eq!(count.cuts, [Cut::Ratio], "{name}");
            assert!(count.bytes <= 2 << 20, "{name}: {} bytes", count.bytes);
            (whole.bytes, Vec::new())
        };
        assert!(cuts.is_empty(), "{name}: {cuts:?}");
        assert!(((15 << 20)..=(33 << 20)).contains(&bytes), "{name}: {bytes} bytes");
        let time = start.elapsed();
        assert!(time < Duration::from_secs(20), "{name}: {time:?}");
    }
}

#[test]
fn what_is_not_read_is_said_and_what_comes_before_it_is_found() {
    let noise = content("noise");
    // The second noise is a repetition from further back than the window goes.
    let near = [&*noise, &vec![0; 9 << 20]].concat();
    let far = [&*near, &*noise].concat();
    let short = content("short");
    let cases = [
        ("far.xz", near.len(), &far, Cut::Unsupported),
        ("far.lzma", near.len(), &far, Cut::Unsupported),
        ("far.zst", near.len(), &far, Cut::Unsupported),
        ("filter.xz", 0, &far, Cut::Unsupported),
        // Behind a frame to skip, and one without a dictionary.
        ("dictionary.zst", short.len(), &short, Cut::NotInspected),
        ("dictionary.lz4", short.len(), &short, Cut::NotInspected),
    ];
    for (name, least, whole, cut) in cases {
        let data = read(name);
        let said = Ways::new(1 << 30).decode(None, data.chunks(100));
        assert_eq!(said.cuts, [cut], "{name}");
        let found: Vec<u8> = said.leaves.iter().flat_map(|leaf| leaf.bytes.clone()).collect();
        assert!((least..=whole.len()).contains(&found.len()), "{name}: {} bytes", found.len());
        assert!(whole.starts_with(&found), "{name}");
        assert!(said.leaves.iter().all(|leaf| leaf.complete == Some(false)), "{name}");
    }
}

#[test]
fn codings_have_the_names_that_http_gives_them() {
    let names = [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", "deflate"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("compress", "compress"),
        ("x-compress", "compress"),
    ];
    for (name, format) in names {
        assert_eq!(coding(name.as_bytes()).map(|format| format.name), Some(format), "{name}");
    }
    for name in ["", "identity", "gzipp", "gz", "exi", "aes128gcm"] {
        assert!(coding(name.as_bytes()).is_none(), "{name}");
    }
}
