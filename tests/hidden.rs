//! Content where few look: behind what ends, under codings that are none, in parts that other readers pass by.

#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;

use std::io::Write as _;
use std::path::PathBuf;

use tidegate::decode::{Charset, Cut, Ended, File, Leaves, Limits, Path, Start, coding};

use said::{Said, decode};
use tree::Tree;

const PLANTED: &[u8] = b"zanzibar heron";

fn read(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content").join(name)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Paths of the leaves that have the planted words.
fn planted_in(said: &Said) -> Vec<&str> {
    said.leaves.iter().filter(|leaf| contains(&leaf.bytes, PLANTED)).map(|leaf| leaf.path.as_str()).collect()
}

/// What is said of an object, which is the same however it comes in pieces.
fn said_of(data: &[u8]) -> Said {
    let mut tree = Tree::new(Limits::default());
    let whole = decode(&mut tree, [data]);
    for size in [1, 7, 64, 511, 512, 513, 1460] {
        assert_eq!(decode(&mut tree, data.chunks(size)), whole, "in pieces of {size}");
    }
    whole
}

/// What was handed out as files: how each began, its bytes, and how it ended.
#[derive(Debug, Default)]
struct Files {
    leaves: Said,
    files: Vec<(&'static str, Vec<u8>, Option<Ended>)>,
}

impl Leaves for Files {
    fn begin(&mut self, level: usize, path: &Path) {
        self.leaves.begin(level, path);
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        self.leaves.data(level, bytes);
    }

    fn end(&mut self, level: usize, ended: Ended) {
        self.leaves.end(level, ended);
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.leaves.cut(path, reason);
    }

    fn file_begin(&mut self, _: usize, file: &File<'_>) {
        assert!(self.files.last().is_none_or(|file| file.2.is_some()), "a file begins within another");
        self.files.push((file.kind, Vec::new(), None));
    }

    fn file_data(&mut self, _: usize, bytes: &[u8]) {
        self.files.last_mut().unwrap().1.extend_from_slice(bytes);
    }

    fn file_end(&mut self, _: usize, ended: Ended) {
        self.files.last_mut().unwrap().2 = Some(ended);
    }
}

/// What is said of an object that is said to be coded so.
fn coded(data: &[u8], names: &[&str], size: usize) -> Files {
    let mut tree = Tree::new(Limits::default());
    let codings: Vec<_> = names.iter().map(|name| coding(name.as_bytes())).collect();
    let start = Start { prefix: "http/body", name: b"sent.bin", codings: &codings, ..Start::default() };
    let mut files = Files::default();
    tree.tree.begin(&start, &mut tree.decoders);
    data.chunks(size).for_each(|piece| tree.push(piece, &mut files));
    tree.finish(&mut files);
    assert!(files.leaves.leaves.iter().all(|leaf| leaf.ended.is_some()), "every leaf ends: {files:?}");
    files
}

#[test]
fn a_coding_that_is_none_hides_nothing() {
    let text = [b"lo and behold, the ".as_slice(), PLANTED, &b" and more, ".repeat(200)].concat();
    let short = [b"<p>".as_slice(), PLANTED].concat();
    let packed = gzip(&text);
    let page = [b"<html><p>zanzibar&#32;heron</p>".as_slice(), &b"<br>text".repeat(200)].concat();
    let lies = ["br", "deflate", "zstd", "gzip", "compress"];
    for (what, data, leaf, kind) in [
        ("text", &text, "http/body", "text/plain"),
        ("short text", &short, "http/body/html", "text/html"),
        ("gzip", &packed, "http/body/gzip", "application/gzip"),
        ("a page", &page, "http/body/html:(text)", "text/html"),
    ] {
        for names in lies.map(|lie| vec![lie]).into_iter().chain([vec!["br", "zstd"], vec!["gzip", "br", "gzip"]]) {
            if what == "gzip" && names.contains(&"gzip") {
                continue;
            }
            for size in [1, 100, 512, 600, usize::MAX] {
                let said = coded(data, &names, size);
                let what = format!("{what} as {names:?} in pieces of {size}");
                assert!(planted_in(&said.leaves).contains(&leaf), "{what}: {:?}", said.leaves);
                let last = said.files.last().unwrap_or_else(|| panic!("{what}: no file"));
                assert_eq!(last.2, Some(Ended { size: data.len() as u64, complete: true }), "{what}");
                assert!((last.0, &last.1) == (kind, data), "{what}: another file, {}", last.0);
                let outermost = said.leaves.cuts.iter().filter(|(path, _)| path.matches('/').count() <= 2).count();
                assert_eq!(outermost, 1, "{what}: {:?}", said.leaves.cuts);
            }
        }
    }
}

#[test]
fn a_coding_that_is_one_of_two_is_undone() {
    let text = [PLANTED, &b" and more, ".repeat(200)].concat();
    let said = coded(&gzip(&text), &["zstd", "gzip"], 100);
    assert_eq!(planted_in(&said.leaves), ["http/body/gzip"]);
    assert_eq!(said.files, [("text/plain", text.clone(), Some(Ended { size: text.len() as u64, complete: true }))]);
    let said = coded(&gzip(&zlib(&text)), &["gzip", "br"], 100);
    assert_eq!(planted_in(&said.leaves), ["http/body/gzip/zlib"]);
    assert_eq!(said.files.len(), 1);
}

#[test]
fn brotli_that_breaks_later_shows_what_follows() {
    let mut data = read("compressed/fast.br");
    data.splice(data.len() / 2.., b"zanzibar heron ".repeat(200));
    for (size, path) in [(100, "http/body/br:(rest)"), (1460, "http/body")] {
        let said = coded(&data, &["br"], size);
        assert!(planted_in(&said.leaves).contains(&path), "{:?}", said.leaves);
    }
}

/// The smallest PNG, JPEG and GIF that there are.
fn images() -> [Vec<u8>; 3] {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82".to_vec();
    let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9".to_vec();
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;".to_vec();
    [png, jpeg, gif]
}

#[test]
fn what_stands_behind_an_object_is_looked_into() {
    let (zip, stored) = (read("deflated.zip"), read("stored.zip"));
    let packed = gzip(PLANTED);
    let [png, jpeg, gif] = images();
    let cases: [(&str, &[&[u8]], &str); 8] = [
        ("gzip behind PNG", &[&png, &packed], "png:(trailing)/gzip"),
        ("gzip behind JPEG", &[&jpeg, &packed], "jpeg:(trailing)/gzip"),
        ("gzip behind GIF", &[&gif, &packed], "gif:(trailing)/gzip"),
        ("gzip behind ZIP", &[&zip, &packed], "zip:(trailing)/gzip"),
        ("text behind ZIP", &[&zip, PLANTED], "zip:(trailing)"),
        ("gzip behind ZIP behind JPEG", &[&jpeg, &zip, &packed], "jpeg:(trailing)/gzip"),
        ("a page behind ZIP behind zlib", &[&zlib(b"x"), &zip, b"<html>zanzibar heron"], "zlib:(trailing)/html"),
        ("gzip behind a damaged entry", &[&stored[..stored.len() - 22], b"xxxx", &packed], "zip:(rest)/gzip"),
    ];
    for (what, parts, path) in cases {
        let said = said_of(&parts.concat());
        assert!(planted_in(&said).contains(&path), "{what}: {said:?}");
    }
    let said = said_of(&[jpeg.as_slice(), &zip].concat());
    assert_eq!(
        said.leaves.iter().map(|leaf| &*leaf.path).collect::<Vec<_>>(),
        ["jpeg:(trailing)/zip:plans/q3.txt", "jpeg:(trailing)/zip:note.txt"]
    );
    assert_eq!(said.cuts, []);
}

#[test]
fn a_file_is_all_of_it_whatever_stands_behind_what() {
    let [png, ..] = images();
    let data = [png, gzip(PLANTED), read("deflated.zip")].concat();
    for size in [1, 100, 512, usize::MAX] {
        let said = coded(&data, &[], size);
        assert_eq!(said.files, [("image/png", data.clone(), Some(Ended { size: data.len() as u64, complete: true }))]);
    }
}

#[test]
fn a_chain_of_objects_is_as_long_as_an_object_may_have_children() {
    let one = zlib(b"");
    let most = 10_000;
    for (count, cuts) in [(most / 4, vec![]), (100_000, vec![("zlib:(trailing)".to_owned(), Cut::Children)])] {
        let data = [one.repeat(count), gzip(PLANTED)].concat();
        let mut tree = Tree::new(Limits { children: most as u32, ..Limits::default() });
        for size in [1460, usize::MAX] {
            let said = decode(&mut tree, data.chunks(size));
            assert_eq!(said.cuts, cuts, "{count} in pieces of {size}");
            let last = said.leaves.last().unwrap();
            let expected = if cuts.is_empty() { "zlib:(trailing)/gzip" } else { "zlib:(trailing)" };
            assert_eq!(last.path, expected, "{count} in pieces of {size}");
            assert!(cuts.is_empty() || last.bytes.ends_with(&gzip(PLANTED)));
        }
    }
}

#[test]
fn comments_of_an_archive_are_scanned() {
    let zip = read("stored.zip");
    let end = zip.len() - 22;
    assert!(zip[end..].starts_with(b"PK\x05\x06"));
    let mut data = zip.clone();
    data.truncate(zip.len() - 2);
    data.extend((PLANTED.len() as u16).to_le_bytes());
    data.extend(PLANTED);
    assert_eq!(planted_in(&said_of(&data)), ["zip:(comment)"]);
    // One of an entry: of the first record of the directory.
    let at = zip.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    let length = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let behind = at + 46 + length(at + 28) + length(at + 30);
    let mut data = zip.clone();
    data.splice(behind..behind, PLANTED.iter().copied());
    data[at + 32..at + 34].copy_from_slice(&(PLANTED.len() as u16).to_le_bytes());
    let said = said_of(&[&data, b"!".as_slice()].concat());
    assert_eq!(planted_in(&said), ["zip:(comment)"]);
    assert_eq!(said.leaves.last().unwrap().path, "zip:(trailing)");
}

/// A TAR entry of that type.
fn entry(kind: u8, name: &str, data: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    header[156] = kind;
    header[257..262].copy_from_slice(b"ustar");
    change(&mut header);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// Data in blocks.
fn blocks(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(512), 0);
    data
}

#[test]
fn entries_of_any_type_are_files() {
    for kind in [b'S', b'D', b'M', b'A', b'Z', b'7', 0] {
        let data = [entry(kind, "f", PLANTED, |_| ()), blocks(PLANTED), vec![0; 1024]].concat();
        assert_eq!(planted_in(&said_of(&data)), ["tar:f"], "type {kind:?}");
    }
    // A sparse file with two more blocks of holes.
    let header = entry(b'S', "f", PLANTED, |header| header[482] = 1);
    let more = [vec![b'0'; 504], vec![1; 8], vec![b'0'; 504], vec![0; 8]].concat();
    let data = [header, more, blocks(PLANTED), vec![0; 1024]].concat();
    let said = said_of(&data);
    assert_eq!((planted_in(&said), said.cuts.len()), (vec!["tar:f"], 0));
    assert_eq!(said.leaves[0].bytes, PLANTED);
    // Those that describe others are none.
    for kind in [b'L', b'K', b'x', b'g'] {
        let other = entry(0, "other", b"x", |_| ());
        let data = [entry(kind, "f", PLANTED, |_| ()), blocks(PLANTED), other, blocks(b"x"), vec![0; 1024]].concat();
        assert_eq!(said_of(&data).leaves.len(), 1, "type {kind:?}");
    }
}

#[test]
fn less_than_a_block_behind_an_archive_is_scanned() {
    for (end, cut) in [(1024, Cut::Malformed), (0, Cut::Truncated)] {
        let data = [entry(0, "f", b"x", |_| ()), blocks(b"x"), vec![0; end], PLANTED.to_vec()].concat();
        let said = said_of(&data);
        assert_eq!(planted_in(&said), ["tar:(rest)"]);
        assert_eq!(said.cuts, [("tar:(rest)".to_owned(), cut)]);
    }
    assert_eq!(said_of(&[entry(0, "f", b"x", |_| ()), blocks(b"x"), vec![0; 1500]].concat()).cuts, []);
}

/// Text in units of two or four bytes.
fn wide(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

fn wider(text: &str, little: bool) -> Vec<u8> {
    let bytes = |letter| if little { u32::to_le_bytes(letter) } else { u32::to_be_bytes(letter) };
    text.chars().flat_map(|letter| bytes(u32::from(letter))).collect()
}

const RUSSIAN: &str = "\u{421}\u{435}\u{43a}\u{440}\u{435}\u{442}\u{43d}\u{44b}\u{439} \u{43f}\u{43b}\u{430}\u{43d}\n\u{43d}\u{430} \u{433}\u{43e}\u{434}: zanzibar heron";

#[test]
fn wide_text_needs_no_mark() {
    for little in [true, false] {
        for (data, path) in [
            (wide(RUSSIAN, little), "utf-16:(text)"),
            (wider(RUSSIAN, little), "utf-32:(text)"),
            (wider("a zanzibar heron", little), "utf-32:(text)"),
            (wide(&RUSSIAN.repeat(50), little), "utf-16:(text)"),
        ] {
            assert_eq!(planted_in(&said_of(&data)), [path], "little {little}");
        }
    }
}

#[test]
fn wide_text_that_is_declared_shows_its_order() {
    for name in ["utf-16", "UTF-16LE", "utf-16be", "utf-32", "utf-32le", "utf-32be"] {
        for little in
            [true, false].into_iter().filter(|little| !name.to_lowercase().ends_with(if *little { "be" } else { "le" }))
        {
            let four = name.contains("32");
            for text in ["zanzibar heron", "\u{feff}zanzibar heron", "<p>zanzibar heron"] {
                let data = if four { wider(text, little) } else { wide(text, little) };
                let start = Start { charset: Charset::of(name.as_bytes()), ..Start::default() };
                let mut tree = Tree::new(Limits::default());
                for size in [1, 3, 100] {
                    let mut said = Said::default();
                    tree.tree.begin(&start, &mut tree.decoders);
                    data.chunks(size).for_each(|piece| tree.push(piece, &mut said));
                    tree.finish(&mut said);
                    assert!(!planted_in(&said).is_empty(), "{text:?} as {name}, little {little}: {said:?}");
                }
            }
        }
    }
}

#[test]
fn json_is_told_by_its_first_string() {
    let escaped = "zanzibar\\u0020heron";
    let long = "n".repeat(600);
    for text in [
        format!("[\"{escaped}\"]"),
        format!("[{{}}, {{\"a\": \"{escaped}\"}}]"),
        format!("[[1, 2.5], [true, \"{escaped}\"]]"),
        format!("\"{escaped}\""),
        format!("{{\"{long}\": \"{escaped}\"}}"),
        format!("[\"{long}\", \"{escaped}\"]"),
    ] {
        assert_eq!(planted_in(&said_of(text.as_bytes())), ["json:(text)"], "{text}");
    }
    assert_eq!(said_of(b"[zanzibar heron] \"and\" so on").leaves.len(), 1);
}

/// The same text as of these windows, with lc 1, lp 2, pb 0, by Python's `lzma`.
const OTHER_LZMA: &str = "1300000100ffffffffffffffff003d190d16736bdc39ef015cae9ea70921134da5f0dcbe81b543823c2d84896f0a7ffff18e\
     8800";

#[test]
fn compressed_content_is_told_whatever_its_window_or_its_properties() {
    let text = [PLANTED, &b", and more".repeat(50)].concat();
    for method in 0..8_u8 {
        let mut data = zlib(&text);
        data[0] = method << 4 | 8;
        data[1] = (0..32).find(|flags| u16::from_be_bytes([data[0], *flags]).is_multiple_of(31)).unwrap();
        assert_eq!(planted_in(&said_of(&data)), ["zlib"], "window {method}");
    }
    let said = said_of(b"HK, the zanzibar heron, which is no zlib at all");
    assert_eq!((planted_in(&said), said.cuts.len()), (vec![""], 0));
    let data = data_encoding::HEXLOWER.decode(OTHER_LZMA.as_bytes()).unwrap();
    assert_eq!(planted_in(&said_of(&data)), ["lzma"]);
}

#[test]
fn base64_is_found_behind_zeros_and_in_addresses() {
    let text = b"zanzibar heron, ".repeat(9);
    for data in [
        data_encoding::BASE64.encode(&[vec![0; 48], text.clone()].concat()),
        data_encoding::BASE64.encode(&[vec![0; 480], text.clone()].concat()),
        data_encoding::BASE64URL.encode(&[vec![0xfb, 0xef, 0xbe], text.clone()].concat()),
        format!(
            "?t={}&x",
            data_encoding::BASE64URL_NOPAD.encode(&[text.clone(), vec![0xff; 6], text.clone()].concat())
        ),
    ] {
        for data in [format!("text {data} and text"), format!("{{\"a\": \"{data}\"}}")] {
            let said = said_of(data.as_bytes());
            assert!(planted_in(&said).iter().any(|path| path.ends_with(":(base64)")), "{data}: {said:?}");
        }
    }
}

#[test]
fn markup_is_read_as_readers_read_it() {
    for (text, path) in [
        ("<html>zanz&#105bar heron", "html:(text)"),
        ("<html>zanz&#x69;bar&#32heron", "html:(text)"),
        ("<html>zanz&#0000000000000000000000000000000000000000105;bar heron", "html:(text)"),
        ("<html>zanzibar&nbspheron", ""),
        ("<note><to>zanz&#105;bar heron</to></note>", "xml:(text)"),
        ("<note><to a=\"b\">x</to><to>zanz&#105;bar heron</to></note>", "xml:(text)"),
        (
            "<x:document xmlns:x=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><x:p><x:r><x:t>zanzi</x:t>\
             </x:r><x:r><x:t>bar heron</x:t></x:r></x:p></x:document>",
            "xml:(text)",
        ),
        (
            "<document xmlns=\"http://purl.oclc.org/ooxml/wordprocessingml/main\"><p><r><t>zanzi</t></r><r>\
             <t>bar heron</t></r></p></document>",
            "xml:(text)",
        ),
    ] {
        let said = said_of(text.as_bytes());
        if path.is_empty() {
            let found = said.leaves.iter().any(|leaf| contains(&leaf.bytes, "zanzibar\u{a0}heron".as_bytes()));
            assert!(
                found || said.leaves.iter().any(|leaf| leaf.path == "html:(text)" && contains(&leaf.bytes, PLANTED)),
                "{said:?}"
            );
        } else {
            assert_eq!(planted_in(&said), [path], "{text}");
        }
    }
}

#[test]
fn fields_of_mail_are_decoded() {
    let mail = b"From: a@example.org\r\nSubject: =?utf-8?B?emFueg==?=\r\n =?utf-8?Q?ibar?=\r\n heron\r\n\r\ntext";
    assert_eq!(planted_in(&said_of(mail)), ["mime:(fields)"]);
    // What stands behind much else in a field is read; behind too much it is told that it is not.
    for (length, found) in [(4000, true), (9000, false)] {
        let mail = format!(
            "From: a\r\nTo: b\r\nContent-Type: multipart/mixed; x=\"{}\"; boundary=b\r\n\r\n\
             --b\r\nX-Other: 1\r\nContent-Transfer-Encoding: base64\r\n\r\nemFuemliYXIgaGVyb24=\r\n--b--\r\n",
            "x".repeat(length)
        );
        let said = said_of(mail.as_bytes());
        assert_eq!(!planted_in(&said).is_empty(), found, "{length}");
        assert_eq!(said.cuts.iter().any(|(_, cut)| *cut == Cut::Unsupported), !found, "{length}");
    }
}

#[test]
fn a_multipart_that_is_claimed_may_begin_with_other_text() {
    let part = "--b\r\nX-Other: 1\r\nContent-Transfer-Encoding: base64\r\n\r\nemFuemliYXIgaGVyb24=\r\n--b--\r\n";
    let mut tree = Tree::new(Limits::default());
    for (media_type, data, found) in [
        ("multipart/mixed; boundary=b", format!("<html>This is a multipart.\r\n{part}"), true),
        ("Multipart/Form-Data; boundary=\"b\"", part.to_owned(), true),
        ("multipart/mixed", format!("This is a multipart.\r\n{part}"), false),
        ("text/plain; boundary=b", format!("This is a multipart.\r\n{part}"), false),
    ] {
        let start = Start { media_type: media_type.as_bytes(), ..Start::default() };
        for size in [1, 20, 1000] {
            let mut said = Said::default();
            tree.tree.begin(&start, &mut tree.decoders);
            data.as_bytes().chunks(size).for_each(|piece| tree.push(piece, &mut said));
            tree.finish(&mut said);
            assert_eq!(!planted_in(&said).is_empty(), found, "{media_type}: {said:?}");
        }
    }
    // One that has no such boundary is what it looks like.
    let start = Start { media_type: b"multipart/mixed; boundary=b", ..Start::default() };
    let mut said = Said::default();
    tree.tree.begin(&start, &mut tree.decoders);
    tree.push(&gzip(PLANTED), &mut said);
    tree.finish(&mut said);
    assert_eq!(planted_in(&said), ["gzip"]);
}

#[test]
fn what_cannot_be_read_is_scanned_as_it_stands() {
    let zip = read("stored.zip");
    let words: &[u8] = b"Project Tern, the launch valuation";
    for (method, encrypted, cut) in [(0_u8, true, Cut::Encrypted), (98, false, Cut::Unsupported)] {
        let mut data = zip.clone();
        data[6] |= u8::from(encrypted);
        data[8] = method;
        let said = said_of(&data);
        assert_eq!(said.leaves[0].path, "zip:plans/q3.txt");
        assert!(contains(&said.leaves[0].bytes, words), "method {method}");
        assert_eq!(said.cuts, [("zip:plans/q3.txt".to_owned(), cut)]);
    }
    for first in [&b"PK\x07\x08"[..], b"PK00"] {
        let said = said_of(&[first, &zip].concat());
        assert_eq!((&*said.leaves[0].path, said.cuts.len()), ("zip:plans/q3.txt", 0));
    }
}

#[test]
fn what_is_in_a_transfer_encoding_is_a_file_without_it() {
    let text = format!("{}=\r\nGr=C3=B6=C3=9Fe, zanzi=\r\nbar heron\r\n", "word ".repeat(12)).repeat(20);
    let decoded = format!("{}Gr\u{f6}\u{df}e, zanzibar heron\r\n", "word ".repeat(12)).repeat(20);
    let short = "zanzi=\r\nbar heron".to_owned();
    for (sent, path, file) in [
        (&text, "imap/quoted-printable", &decoded),
        (&short, "imap/quoted-printable", &"zanzibar heron".to_owned()),
        // What is none.
        (&decoded, "imap", &decoded),
    ] {
        let mut tree = Tree::new(Limits::default());
        let sizes = [1, 7, 511, 512, 513, usize::MAX].into_iter().map(|size| (0, size));
        for (cut, size) in sizes.chain((0..sent.len()).map(|cut| (cut, usize::MAX))) {
            let (first, rest) = sent.as_bytes().split_at(cut);
            let start = Start { prefix: "imap", name: b"1", encoded: true, ..Start::default() };
            let mut files = Files::default();
            tree.tree.begin(&start, &mut tree.decoders);
            if cut != 0 {
                tree.push(first, &mut files);
            }
            rest.chunks(size).for_each(|piece| tree.push(piece, &mut files));
            tree.finish(&mut files);
            assert_eq!(planted_in(&files.leaves), [path], "cut at {cut}, in pieces of {size}");
            let ended = Some(Ended { size: file.len() as u64, complete: true });
            assert_eq!(
                files.files,
                [("text/plain", file.clone().into_bytes(), ended)],
                "cut at {cut}, in pieces of {size}"
            );
            assert_eq!(files.leaves.cuts, []);
        }
    }
}

#[test]
fn base64_that_readers_of_a_document_do_not_see_is_undone() {
    let packed = data_encoding::BASE64
        .encode(&gzip(&[PLANTED, b" and what else is in a paper of that kind ", PLANTED].concat()));
    assert!(packed.len() > 64, "{packed}");
    let lines =
        packed.as_bytes().chunks(76).map(|line| format!("{}\r\n", str::from_utf8(line).unwrap())).collect::<String>();
    let cases = [
        ("html", format!("<html><script>var a=\"\\x41 b\", f=\"{packed}\"; go(f)</script><p>Words</html>"), "A b"),
        ("html", format!("<html><p>Words <img src=\"data:image/png;base64,{packed}\">go on</html>"), "go on"),
        ("html", format!("<html><!-- {lines} --><p>Words</html>"), "Words"),
        (
            "html",
            format!("<html><style>p {{ src: url(data:font/woff;base64,{packed}) }}</style><p>Words</html>"),
            "Words",
        ),
        ("html", format!("<html><p data-file='{packed}'>Words<embed src=data:;base64,{packed}></html>"), "Words"),
        ("xml", format!("<?xml version=\"1.0\"?><w:p><w:t w:x=\"{packed}\">Words</w:t></w:p>"), "Words"),
        ("html", format!("<html><p>Words<script>f=\"{packed}"), "Words"),
    ];
    for (format, document, text) in cases {
        let said = said_of(document.as_bytes());
        let times = document.matches(&packed).count().max(1);
        let expected = vec![format!("{format}:(base64)/gzip"); times];
        let paths = planted_in(&said);
        assert_eq!(paths, expected, "{document}: {said:?}");
        let texts = said.leaves.iter().filter(|leaf| leaf.path == format!("{format}:(text)"));
        let texts: Vec<_> = texts.flat_map(|leaf| leaf.bytes.clone()).collect();
        assert!(contains(&texts, text.as_bytes()), "{document}: {said:?}");
        assert_eq!(said.cuts, [], "{document}");
    }
}
