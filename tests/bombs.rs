//! Bombs, loops and lies by name: whatever an object claims to be, what it costs has a bound, one event says what was cut
//! short, and the tree takes no memory beyond what it has from its start.
//!
//! | what | the limit it meets | event (`content.`) | asserted bound |
//! |---|---|---|---|
//! | gzip, zlib, deflate, ZIP of 64 MiB of zeros | `decode.ratio` | `ratio` | 1 MiB and 1,000 times what came |
//! | bzip2, xz, LZMA, zstd, Brotli of 256 MiB | `decode.ratio` | `ratio` | that of a packet, and one more piece of the decoder |
//! | gzip within gzip within gzip | `decode.output` | `output` | the limit |
//! | ZIP of ZIP of ZIP, 16 in each, 4 GiB in less than 8 KiB | `decode.ratio` of a packet | `ratio`, one a packet | that of its packets |
//! | ZIP whose directory names one entry 250 times | none: what stands there is read once | `malformed` | once what stands there |
//! | ZIP whose entries are each within the one before | the same | `malformed`, of it and of what its first entry seems to hold | headers and kernel once |
//! | gzip and ZIP that hold themselves | `decode.depth` | `depth` | 16 times the file |
//! | entities of XML that multiply | none: they are not expanded | `unsupported` | twice the file |
//! | messages within each other; multiparts within each other | `decode.depth`; 8 boundaries | `depth` | 17 times the file; twice |
//! | gzip, ZIP, TAR within each other, 100 deep | `decode.depth` | `depth` | 17 times the file |
//! | the same where there are too few decoders | `decode.decoders` | `decoders` | the same |
//! | brackets of JSON, elements of HTML, arrays of PDF, 100,000 deep | none: nothing is stacked | one at most | twice the file |
//! | PDF whose tables, pages, objects, lengths or streams refer to each other in a ring | none: read in the order of the file | none, its text is found | twice the file |
//! | the same in the extractor | its deadline, here ten seconds | one at most | the file's size |
//! | OLE2 whose FAT, directory or mini FAT comes back | none in passing; each sector once in the extractor | one at most; `malformed`, of the file and of one stream at most | twice the file |
//! | any object whose bytes lie: `ff` or zeros over any four of them | all | one for each object at most | twice that of the whole, or 4 MiB |
//! | any object that ends too soon, of long ones at some hundred places | | one for each object at most | twice that of the whole, or 4 MiB |
//!
//! Every byte of short objects is a place where they end in `decode`, `compressed`, `containers`, `documents` and `pdf_ole`, which
//! compare what comes out as well. Directories of TIFF and ISO 9660 that come back are in `documents` and `containers`, lists of OLE2 that share sectors in
//! `extractor`, archives of 7z, RAR and cabinets that lie there as well.

#[path = "bombs/behind.rs"]
mod behind;
#[path = "extractor/compound.rs"]
mod compound;
#[path = "bombs/lies.rs"]
mod lies;
#[path = "bombs/loops.rs"]
mod loops;
#[path = "bombs/quine.rs"]
mod quine;
#[path = "common/said.rs"]
mod said;
#[path = "common/tarred.rs"]
mod tarred;
#[path = "common/tree.rs"]
mod tree;
#[path = "common/unzipped.rs"]
mod unzipped;
#[path = "bombs/witness.rs"]
mod witness;
#[path = "bombs/zips.rs"]
mod zips;

use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use tidegate::decode::{Limits, Start, coding};

use tree::Tree;
use witness::{Outcome, PIECE, inspect, limits, with};

const MIB: u64 = 1 << 20;

/// So much may come out of so many bytes before the ratio cuts them short, with one more piece of a decoder.
fn by_ratio(taken: usize) -> u64 {
    MIB + 1000 * taken as u64 + MIB
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(content: &[u8]) -> Vec<u8> {
    zips::archive(&[("a".to_owned(), content.to_vec())])
}

fn tar(content: &[u8]) -> Vec<u8> {
    tarred::tar(&[("a", content)])
}

/// A wrapping applied so often.
fn deep(wrap: fn(&[u8]) -> Vec<u8>, times: usize, core: &[u8]) -> Vec<u8> {
    (0..times).fold(core.to_vec(), |inner, _| wrap(&inner))
}

fn content(name: &str) -> Vec<u8> {
    unzipped::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content").join(name))
}

#[track_caller]
fn is_told_once(what: &str, outcome: &Outcome, event: &str) {
    assert_eq!((outcome.events, outcome.told.as_slice()), (1, &[event.to_owned()][..]), "{what}: {outcome:?}");
}

#[test]
fn what_swells_is_cut_by_its_ratio() {
    let zeros = vec![0; 64 << 20];
    let stages: [(&str, Vec<u8>, &[&str], &str); 4] = [
        ("gzip", gzip(&zeros), &[], "ratio gzip"),
        ("zlib", zlib(&zeros), &[], "ratio zlib"),
        ("deflate", zips::deflate(&zeros), &["deflate"], "ratio deflate"),
        ("zip", zip(&zeros), &[], "ratio zip"),
    ];
    for (what, object, codings, event) in stages {
        let codings: Vec<_> = codings.iter().map(|name| coding(name.as_bytes())).collect();
        let mut tree = Tree::new(limits());
        let outcome = inspect(what, &mut tree, Some(&Start { codings: &codings, ..Start::default() }), &object);
        is_told_once(what, &outcome, event);
        assert!(outcome.given <= by_ratio(object.len()), "{what}: {outcome:?}");
    }
}

#[test]
fn what_real_packers_make_of_zeros_is_cut_within_its_packet() {
    let bombs = [("bz2", "bzip2"), ("xz", "xz"), ("lzma", "lzma"), ("zst", "zstd"), ("br", "br")];
    for (ending, format) in bombs {
        let object = content(&format!("compressed/bomb.{ending}"));
        let codings = if ending == "br" { vec![coding(b"br")] } else { vec![] };
        let mut tree = Tree::new(limits());
        let outcome = inspect(ending, &mut tree, Some(&Start { codings: &codings, ..Start::default() }), &object);
        is_told_once(ending, &outcome, &format!("ratio {format}"));
        // 256 MiB without the limit. Brotli hands out what its window holds, 16 MiB.
        let piece = if ending == "br" { 16 * MIB } else { 0 };
        assert!(outcome.given <= by_ratio(PIECE) + piece, "{ending}: {outcome:?}");
    }
}

#[test]
fn gzip_within_gzip_is_cut_by_what_comes_out() {
    let bomb = deep(gzip, 3, &vec![b'x'; 32 << 20]);
    let limits = Limits { output: MIB, ratio: u64::MAX, ..limits() };
    let outcome = with(&limits, "gzip in gzip in gzip", &bomb);
    is_told_once("gzip in gzip in gzip", &outcome, "output gzip/gzip/gzip");
    assert!(outcome.scanned <= MIB && outcome.given <= 2 * MIB, "{outcome:?}");
}

/// In the manner of `42.zip`.
#[test]
fn zip_within_zip_within_zip() {
    let sixteen = |inner: &[u8], ending: &str| {
        zips::archive(&(0..16).map(|number| (format!("{number:02}.{ending}"), inner.to_vec())).collect::<Vec<_>>())
    };
    let bomb = sixteen(&sixteen(&zip(&vec![0; 16 << 20]), "zip"), "zip");
    assert!(bomb.len() < 8 << 10, "4 GiB in {} bytes", bomb.len());
    let outcome = with(&limits(), "42.zip", &bomb);
    let packets = bomb.len().div_ceil(PIECE);
    assert!(outcome.given <= by_ratio(bomb.len()) + packets as u64 * MIB, "{packets} packets: {outcome:?}");
    assert!((1..=packets).contains(&outcome.events), "{packets} packets: {outcome:?}");
    assert!(outcome.reasons().iter().all(|reason| *reason == "ratio"), "{outcome:?}");
}

#[test]
fn entries_that_lie_over_each_other_are_read_once_and_told() {
    // What does not compress much, so that no ratio is the reason.
    let kernel: Vec<u8> = (0..200_000_u32).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 27) as u8).collect();
    for (what, (object, entries)) in [("stacked", zips::stacked(250, &kernel)), ("quoted", zips::quoted(250, &kernel))]
    {
        for entry in &entries {
            assert!(zips::unpacked(&object, entry).ends_with(&kernel), "{what}");
        }
        let sum: u64 = entries.iter().map(|entry| u64::from(entry.size)).sum();
        assert!(sum >= 250 * kernel.len() as u64, "{what}: {sum} bytes for whoever goes by the directory");
        let outcome = with(&limits(), what, &object);
        // What the first entry holds begins like an archive, with the header of the second, and is none.
        let told = ["malformed zip:000/zip", "malformed zip"];
        assert_eq!(outcome.told, told[usize::from(what == "stacked")..], "{what}: {outcome:?}");
        assert_eq!((outcome.given, outcome.leaves), (u64::from(entries[0].size), 1), "{what}: {outcome:?}");
    }
    // What names its entries once is as it should be.
    let honest = zips::archive(&[("a".to_owned(), kernel.clone()), ("b".to_owned(), kernel)]);
    assert_eq!(with(&limits(), "honest", &honest).events, 0);
}

#[test]
fn archives_that_hold_themselves() {
    for (what, object, name) in [("gzip", quine::gzip(), "gzip:tern.gz"), ("zip", quine::zip(), "zip:again.zip")] {
        // Another reader finds the same file in it.
        let packed = if what == "gzip" { 18 } else { 39 };
        let mut again = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(&object[packed..]), &mut again).unwrap();
        assert!(again == object, "{what}: what is in it is not itself");
        let outcome = with(&limits(), what, &object);
        is_told_once(what, &outcome, &format!("depth {}", [name; 16].join("/")));
        let expected = (16, 1, 16 * object.len() as u64, object.len() as u64);
        assert_eq!((outcome.deepest, outcome.leaves, outcome.given, outcome.scanned), expected, "{what}: {outcome:?}");
    }
}

#[test]
fn entities_that_multiply_are_not_expanded() {
    let object = content("documents/bomb.xml");
    let outcome = with(&limits(), "entities", &object);
    is_told_once("entities", &outcome, "unsupported xml");
    assert!(outcome.scanned <= 2 * object.len() as u64, "{outcome:?}");
}

#[test]
fn what_lies_deep_is_cut_by_the_depth() {
    let message =
        |inner: &[u8]| [&b"From: a\r\nSubject: b\r\nContent-Type: message/rfc822\r\n\r\n"[..], inner].concat();
    let core: &[u8] = b"From: a\r\nSubject: the end\r\n\r\nProject Tern\r\n";
    let cases: [(&str, Vec<u8>); 4] = [
        ("gzip", deep(gzip, 100, b"Project Tern")),
        ("zip", deep(zip, 100, b"Project Tern")),
        ("tar", deep(tar, 100, b"Project Tern")),
        ("mime", deep(message, 100, core)),
    ];
    for (what, object) in &cases {
        let outcome = with(&limits(), what, object);
        assert_eq!((outcome.reasons(), outcome.events, outcome.deepest), (vec!["depth"], 1, 16), "{what}: {outcome:?}");
        assert!(outcome.given <= 17 * object.len() as u64, "{what}: {outcome:?}");
        let few = with(&Limits::default(), what, object);
        assert_eq!((few.reasons(), few.events, few.deepest), (vec!["decoders"], 1, 4), "{what}: {few:?}");
        assert!(few.given <= 5 * object.len() as u64, "{what}: {few:?}");
    }
}

#[test]
fn multiparts_within_each_other() {
    let mut mail = String::from("From: a\r\n");
    for level in 0..1000 {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    mail += "\r\nthe end\r\n";
    (0..1000).rev().for_each(|level| mail += &format!("--b{level}--\r\n"));
    let outcome = with(&limits(), "multiparts", mail.as_bytes());
    assert_eq!((outcome.reasons(), outcome.events), (vec!["depth"], 1), "{outcome:?}");
    assert!(outcome.given <= 2 * mail.len() as u64 && outcome.leaves < 20, "{outcome:?}");
}

#[test]
fn brackets_and_elements_are_not_stacked() {
    let json = ["[\"a\\u0062\",".repeat(100_000), "]".repeat(100_000)].concat();
    let html = ["<html><body>", &"<div><b>x".repeat(100_000)].concat();
    let pdf = ["%PDF-1.7\n1 0 obj ", &"[<</A".repeat(100_000), "\nendobj\nstartxref\n0\n%%EOF\n"].concat();
    let rtf = ["{\\rtf1 ", &"{\\b x".repeat(100_000)].concat();
    for (what, object) in [("json", json), ("html", html), ("pdf", pdf), ("rtf", rtf)] {
        let outcome = with(&limits(), what, object.as_bytes());
        assert!(outcome.events <= 1 && outcome.given <= 2 * object.len() as u64, "{what}: {outcome:?}");
    }
}
