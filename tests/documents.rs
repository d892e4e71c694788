//! Documents, scripts and media that real programs have made: their text is what the programs that read them say, however the pieces are
//! cut, and whatever is missing or wrong.

#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use tidegate::decode::{Cut, Ended, Leaves, Limits, Path};

use said::{Said, decode};
use tree::Tree;

/// What `tests/content/make-documents.py` has found in a document, or another of these scripts.
#[derive(Debug, Deserialize)]
struct Expected {
    /// Paths of leaves, and all their text but line ends at its end.
    exact: BTreeMap<String, String>,
    /// Paths of leaves, and lines in them.
    lines: BTreeMap<String, Vec<String>>,
}

struct Document {
    name: String,
    data: Vec<u8>,
    expected: Expected,
}

/// Where documents are, each folder with what its script has found in them.
const FOLDERS: [&str; 3] = ["documents", "scripts", "media"];

/// All documents whose names end so.
fn documents(kinds: &[&str]) -> Vec<Document> {
    let content = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content");
    let mut found = Vec::new();
    for folder in FOLDERS.map(|folder| content.join(folder)) {
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
        let wanted = expected.into_iter().filter(|(name, _)| kinds.iter().any(|kind| name.ends_with(kind)));
        found.extend(wanted.map(|(name, expected)| Document {
            data: std::fs::read(folder.join(&name)).unwrap(),
            name,
            expected,
        }));
    }
    assert!(kinds.iter().all(|kind| found.iter().any(|document| document.name.ends_with(kind))), "no {kinds:?}");
    found
}

/// The text of the leaf at that path.
fn text(said: &Said, path: &str) -> Option<String> {
    let leaf = said.leaves.iter().find(|leaf| leaf.path == path)?;
    Some(String::from_utf8_lossy(&leaf.bytes).trim_end_matches(['\r', '\n']).to_owned())
}

fn is_as_expected(name: &str, said: &Said, expected: &Expected) {
    let paths: Vec<_> = said.leaves.iter().map(|leaf| &leaf.path).collect();
    for (path, expected) in &expected.exact {
        assert_eq!(text(said, path).as_ref(), Some(expected), "{name}: {path} of {paths:?}");
    }
    for (path, lines) in &expected.lines {
        let found = text(said, path).unwrap_or_else(|| panic!("{name}: no {path} among {paths:?}"));
        for line in lines {
            assert!(found.lines().any(|found| found == line), "{name}: {path} has no line {line:?}: {found:?}");
        }
    }
}

/// Every position of a short document, and of a long one some, whatever its length is.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    let step = if length < 3000 { 1 } else { (length / 100) | 1 };
    (0..=length).step_by(step)
}

/// The whole proof for documents whose names end so.
fn prove(kinds: &[&str]) {
    let mut tree = Tree::new(Limits::default());
    for Document { name, data, expected } in documents(kinds) {
        let whole = decode(&mut tree, [&*data]);
        is_as_expected(&name, &whole, &expected);
        // Its text refers to entities that it declares.
        let cuts: &[_] = if name == "bomb.xml" { &[("xml".to_owned(), Cut::Unsupported)] } else { &[] };
        assert_eq!(whole.cuts, cuts, "{name}");
        assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
        let mut partial = 0;
        for at in positions(data.len()) {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
            partial += usize::from(begins_alike(&name, at, &decode(&mut tree, [first]), &whole, &expected));
            if at < data.len() {
                let mut damaged = data.clone();
                damaged[at] ^= 0x55;
                let said = decode(&mut tree, damaged.chunks(100));
                assert_eq!(decode(&mut tree, damaged.chunks(7)), said, "{name}, damaged at {at}, cut elsewhere");
                let given: usize = said.leaves.iter().map(|leaf| leaf.bytes.len()).sum();
                assert!(given < (1 << 20) + 16 * data.len(), "{name}, damaged at {at}: {given} bytes come out");
            }
        }
        assert!(partial > 0, "{name}: no part of it had any text");
        let memory = allocation_counter::measure(|| {
            tree.begin();
            data.chunks(1460).for_each(|piece| tree.push(piece, &mut Nobody));
            tree.finish(&mut Nobody);
        });
        assert_eq!((memory.count_total, memory.count_current), (0, 0), "{name}: allocations");
    }
}

/// What is there of a document that ends at `at` is the beginning of what is in the whole, but for its last lines: what
/// stands beside the text comes before it where the line does not go on. Says whether anything is there.
fn begins_alike(name: &str, at: usize, short: &Said, whole: &Said, expected: &Expected) -> bool {
    let mut found = false;
    for path in expected.exact.keys().chain(expected.lines.keys()) {
        let (Some(short), Some(whole)) = (text(short, path), text(whole, path)) else { continue };
        let lines: Vec<_> = whole.lines().collect();
        let count = short.lines().count();
        for line in short.lines().take(count.saturating_sub(4)) {
            assert!(lines.contains(&line), "{name}, {at} bytes: {line:?} is not in {whole:?}");
        }
        found |= count > 0;
    }
    found
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
fn html_as_browsers_show_it() {
    prove(&[".html"]);
}

#[test]
fn xml_without_expansion() {
    prove(&[".xml"]);
}

#[test]
fn office_documents() {
    prove(&[".docx", ".xlsx", ".pptx", ".odt"]);
}

#[test]
fn texts_in_other_charsets() {
    prove(&[".txt", ".eml"]);
}

#[test]
fn rtf_as_word_processors_show_it() {
    prove(&[".rtf"]);
}

#[test]
fn what_programs_send() {
    prove(&[".json", ".form", ".base64"]);
}

#[test]
fn scripts_as_their_engine_reads_them() {
    prove(&[".js"]);
}

#[test]
fn metadata_of_images() {
    prove(&[".png", ".jpg", ".gif"]);
}

#[test]
fn metadata_of_pictures_in_directories() {
    prove(&[".tif", ".tif.gz", ".webp"]);
}

#[test]
fn metadata_of_sounds() {
    prove(&[".wav", ".mp3", ".ogg", ".opus", ".oga", ".flac", ".m4a"]);
}

#[test]
fn metadata_of_films() {
    prove(&[".ogv", ".avi", ".mp4", ".mov", ".3gp"]);
}

#[test]
fn the_document_as_it_stands_is_scanned_too() {
    for document in documents(&["page.html", "records.xml"]) {
        let said = decode(&mut Tree::new(Limits::default()), document.data.chunks(99));
        let format = document.name.rsplit('.').next().unwrap();
        assert_eq!((said.leaves[0].path.as_str(), &said.leaves[0].bytes), (format, &document.data));
        assert_eq!(said.leaves.len(), 2, "{said:?}");
    }
}

#[test]
fn what_hides_behind_an_image_is_scanned() {
    let mut tree = Tree::new(Limits::default());
    for Document { name, data, .. } in documents(&["packed.png", "comment.jpg", "comment.gif"]) {
        let format = match name.rsplit('.').next() {
            Some("jpg") => "jpeg",
            kind => kind.unwrap(),
        };
        let hidden = [&*data, b"Project Tern"].concat();
        let said = decode(&mut tree, hidden.chunks(11));
        assert_eq!(text(&said, &format!("{format}:(trailing)")).as_deref(), Some("Project Tern"), "{name}: {said:?}");
        let cut = decode(&mut tree, [&data[..data.len() - 1]]);
        assert_eq!(cut.cuts, [(format.to_owned(), Cut::Truncated)], "{name}");
    }
}

#[test]
fn what_hides_behind_sound_and_film_is_scanned() {
    let mut tree = Tree::new(Limits::default());
    let cases = [
        ("lossy.webp", "webp:(trailing)", false),
        ("riff.wav", "wav:(trailing)", false),
        ("list.avi", "avi:(trailing)", false),
        ("vorbis.ogg", "ogg:(rest)", true),
        ("frames.mp3", "mp3:(rest)", true),
        ("items.mp4", "mp4:(rest)", true),
    ];
    for (name, path, is_told) in cases {
        let Document { data, .. } = documents(&[name]).remove(0);
        let hidden = [&*data, b"Tern, the launch valuation"].concat();
        let said = decode(&mut tree, hidden.chunks(11));
        assert_eq!(text(&said, path).as_deref(), Some("Tern, the launch valuation"), "{name}: {said:?}");
        assert_eq!(said.cuts.iter().map(|(_, cut)| *cut).collect::<Vec<_>>(), [Cut::Malformed][..usize::from(is_told)]);
        assert_eq!(decode(&mut tree, hidden.chunks(1)), said, "{name}");
        // It may be any format.
        let packed = [&*data, b"{\"name\": \"Project \\u0054ern\"}"].concat();
        let said = decode(&mut tree, [&*packed]);
        let found = text(&said, &format!("{path}/json:(text)"));
        assert!(!is_told || found.as_deref() == Some("name\nProject Tern"), "{name}: {said:?}");
    }
}

#[test]
fn metadata_that_lies_is_bounded() {
    let mut tree = Tree::new(Limits::default());
    let boxed = |kind: &[u8], size: u32, body: &[u8]| [&size.to_be_bytes(), kind, body].concat();
    let file = boxed(b"ftyp", 16, b"isom\0\0\0\0");
    // Each within the one before, and each longer than that.
    let deep: Vec<u8> = (0..100_u32).flat_map(|number| boxed(b"udta", 8 * (200 - number), &[])).collect();
    let within = boxed(b"moov", 40, &boxed(b"udta", 32, &boxed(b"\xa9nam", 5000, b"\0\x04\0\0Tern")));
    let counted = [b"fLaC\x84\0\0\x0c", &[0; 4][..], &[0xff; 8], &[0xff, 0xf8]].concat();
    // A directory that is its own next one, with an entry that is as long as a number can be.
    let entry = b"\x0e\x01\x02\0\xff\xff\xff\xff\x0a\0\0\0";
    let loops = [b"II*\0\x08\0\0\0\xff\xff".as_slice(), &entry.repeat(300), b"\x08\0\0\0"].concat();
    let nowhere = b"MM\0*\xff\xff\xff\xfe and no directory".to_vec();
    let chunk = b"RIFF\x1c\0\0\0WAVELIST\xff\xff\xff\xffINFOINAM\xff\xff\xff\x7fTern".to_vec();
    let page = [b"OggS\0\0".as_slice(), &[0; 20], b"\x02\xff\xff\x03vorbis\xff\xff\xff\xffTern"].concat();
    let frame = b"ID3\x03\0\0\0\0\0\x14TIT2\xff\xff\xff\xff\0\0\0Tern\0\0\0\0\0".to_vec();
    let cases: [(&str, Vec<u8>, Option<Cut>); 9] = [
        ("deep boxes", [&*file, &deep].concat(), Some(Cut::Truncated)),
        ("a box longer than the one around it", [&*file, &within].concat(), Some(Cut::Malformed)),
        ("more comments than there are", counted, None),
        ("directories in a loop", loops, Some(Cut::Truncated)),
        ("no directory", nowhere, Some(Cut::Truncated)),
        ("a chunk longer than the file", chunk, None),
        ("a page that ends too soon", page, Some(Cut::Truncated)),
        ("a frame longer than its tag", frame, None),
        ("a box of no length", [&*file, &[0; 8], b"more"].concat(), Some(Cut::Malformed)),
    ];
    for (name, data, cut) in cases {
        let said = decode(&mut tree, [&*data]);
        assert_eq!(said.cuts.iter().map(|(_, cut)| *cut).collect::<Vec<_>>(), Vec::from_iter(cut), "{name}: {said:?}");
        let given: usize = said.leaves.iter().map(|leaf| leaf.bytes.len()).sum();
        assert!(given <= 70_000, "{name}: {given} bytes come out");
        for size in [1, 3, 100] {
            assert_eq!(decode(&mut tree, data.chunks(size)), said, "{name}, pieces of {size}");
        }
    }
}

#[test]
fn what_only_looks_like_a_document_stays_as_it_is() {
    let mut tree = Tree::new(Limits::default());
    let texts: [&[u8]; 8] = [
        b"<name@example.org> wrote: Project Tern",
        b"if (a < b) { return; }\n",
        b"{ not json }",
        b"[1, 2, 3]",
        b"name = value & other = text",
        b"#include <stdio.h>\nint main() {}\n",
        b"id,name\n1,Project Tern\n",
        b"a+b=c, and Gr\xf6\xdfe in Latin-1",
    ];
    for text in texts {
        let said = decode(&mut tree, [text]);
        let found: Vec<_> = said.leaves.iter().map(|leaf| (leaf.path.as_str(), &*leaf.bytes)).collect();
        assert_eq!(found, [("", text)], "{:?}", text.escape_ascii().to_string());
    }
}

#[test]
fn what_stands_beside_a_line_is_never_lost() {
    // More than is held, in one value and in many.
    let long = "v".repeat(5000);
    let many: String = (0..900).map(|number| format!("<i title=\"number {number}\">")).collect();
    for (page, values) in [
        (format!("<html><p>one <a title=\"{long}\">two</a> three</p>"), vec![long]),
        (format!("<html><p>one {many} two</p>"), (0..900).map(|number| format!("number {number}")).collect()),
    ] {
        let mut tree = Tree::new(Limits::default());
        let said = decode(&mut tree, [page.as_bytes()]);
        let text = text(&said, "html:(text)").unwrap();
        for value in values {
            assert!(text.lines().any(|line| line == value), "{value} is not in {text}");
        }
        assert!(text.starts_with("one") && text.contains("two"), "{text}");
        assert_eq!(decode(&mut tree, page.as_bytes().chunks(1)), said);
    }
}

#[test]
fn what_is_a_blank_or_not_seen_is_so_however_it_is_written() {
    let mut tree = Tree::new(Limits::default());
    let html = |body: &str, charset: &str| {
        format!("<!DOCTYPE html><meta charset={charset}><p>{body}</p><a title='{body}'>x</a>").into_bytes()
    };
    let latin: Vec<u8> =
        html("Pro\u{ad}ject\u{a0}Tern", "iso-8859-1").iter().copied().filter(|byte| *byte != 0xc2).collect();
    let odt = "<?xml version=\"1.0\"?><a:doc><a:p>Pro\u{200b}ject\u{a0}<a:s/>\u{2009}Tern</a:p></a:doc>";
    let json = "{\"name\": \"Pro\u{ad}ject\u{a0}Tern\", \"again\": \"Pro\\u00adject\\u00a0Tern\"}";
    let quoted = "From: a\nSubject: b\nContent-Type: text/html; charset=utf-8\n\
                  Content-Transfer-Encoding: quoted-printable\n\n<html><p>Pro=C2=ADject=C2=A0=E2=80=8BTern</p>";
    let cases: [(&str, Vec<u8>, &str, &str); 9] = [
        ("references", html("Pro&shy;ject&nbsp;Tern", "utf-8"), "html:(text)", "Project Tern\nx\nProject Tern"),
        ("UTF-8", html("Pro\u{ad}ject\u{a0}\u{200b}Tern", "utf-8"), "html:(text)", "Project Tern\nx\nProject Tern"),
        ("blanks", html("Project \u{a0} \u{3000}\n\u{feff}Tern", "utf-8"), "html:(text)", "Project Tern\nx"),
        ("Latin-1", latin, "html:(text)", "Project Tern\nx\nProject Tern"),
        ("XML", odt.into(), "xml:(text)", "Project Tern"),
        ("JSON", json.into(), "json:(text)", "name\nProject Tern\nagain\nProject Tern"),
        ("mail", quoted.into(), "mime[1]/html:(text)", "Project Tern"),
        ("RTF", br"{\rtf1\ansi Pro\'adject\'a0\u8203?Tern\par}".into(), "rtf:(text)", "Project Tern"),
        (
            "others",
            html("\u{a9}\u{2014}\u{3042}\u{ff01}\u{e9}", "utf-8"),
            "html:(text)",
            "\u{a9}\u{2014}\u{3042}\u{ff01}\u{e9}\nx",
        ),
    ];
    for (name, data, path, expected) in cases {
        let whole = decode(&mut tree, [&*data]);
        let found = text(&whole, path).unwrap_or_else(|| panic!("{name}: {whole:?}"));
        assert!(found.starts_with(expected), "{name}: {found:?}");
        for at in 0..=data.len() {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
        }
        assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
    }
}

/// What base64 in a text holds, however it is cut.
fn undone(text: &str) -> Vec<String> {
    let mut tree = Tree::new(Limits::default());
    let whole = decode(&mut tree, [text.as_bytes()]);
    for at in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(at);
        assert_eq!(decode(&mut tree, [first, second]), whole, "{text:?}, cut at {at}");
    }
    assert_eq!(decode(&mut tree, text.as_bytes().chunks(1)), whole, "{text:?}, byte by byte");
    let found = whole.leaves.iter().filter(|leaf| leaf.path.ends_with("(base64)"));
    found.map(|leaf| String::from_utf8_lossy(&leaf.bytes).into_owned()).collect()
}

#[test]
fn base64_goes_on_behind_the_blanks_of_its_lines() {
    let secret = "Project Tern, the launch valuation is confidential and not for those who are not of it.";
    for length in [secret.len() * 3 - 2, secret.len() * 3 - 1, secret.len() * 3] {
        let secret = &secret.repeat(3)[..length];
        let coded = data_encoding::BASE64.encode(secret.as_bytes());
        let ends = ["\n", "\n     ", "\r\n\t\t", "\r\n ", "\n\n ", " ", " \n  "];
        for (width, end) in [76, 72, 64, 75, 67, 76, 68].into_iter().zip(ends) {
            let lines: Vec<_> = coded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let text = format!("before: {}{}", lines.join(end), end.trim_start_matches(' '));
            for behind in ["", "</data> and so on", "\n", "\n\n: and so on\n"] {
                assert_eq!(undone(&format!("{text}{behind}")), [secret], "{width} digits and {end:?}, {behind:?}");
            }
        }
    }
    // The first line may have less than 64 digits.
    let coded = data_encoding::BASE64.encode(secret.repeat(3).as_bytes());
    for (name, end) in [("PHOTO;ENCODING=b:", "\r\n "), ("userCertificate;binary:: ", "\n ")] {
        let (first, rest) = coded.split_at(75 - name.len());
        let lines: Vec<_> = rest.as_bytes().chunks(74).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let text = format!("BEGIN:VCARD\r\n{name}{first}{end}{}\r\n\r\n:", lines.join(end));
        assert_eq!(undone(&text), [secret.repeat(3)], "{text:?}");
    }
    // Prose that follows is none of it, and neither is another word of the kind.
    let whole = data_encoding::BASE64.encode(&secret.as_bytes()[..87]);
    let first = |text: &str| undone(text).into_iter().next().unwrap();
    for behind in [" is what it is", "\n    and more of prose", "\n  key: value", " a", "\n\tuser@example.org", " -- "]
    {
        assert_eq!(first(&format!("{whole}{behind}")), secret[..87], "{behind:?}");
    }
    let (two, long) = (format!("{whole} {whole}"), data_encoding::BASE64.encode(secret.repeat(2).as_bytes()));
    assert_eq!(undone(&two).concat(), secret[..87].repeat(2));
    assert_eq!(undone(&format!("{long} {long}")).len(), 2);
    assert_eq!(undone(&format!("{whole}{}{whole}", " ".repeat(2))).len(), 2);
    assert_eq!(undone(&format!("{whole}\n{}{whole}", " ".repeat(100))).len(), 2);
    // In a string of JSON what is no run is text.
    let mut tree = Tree::new(Limits::default());
    let said = decode(&mut tree, [format!("{{\"a\": \"{whole}\\n  and more of it\"}}").as_bytes()]);
    let texts: Vec<_> = said.leaves.iter().filter(|leaf| leaf.path == "json:(text)").map(|leaf| &*leaf.bytes).collect();
    assert_eq!(texts.concat(), b"a\n  and more of it\n");
}

#[test]
fn what_other_names_and_beginnings_stand_for() {
    let mut tree = Tree::new(Limits::default());
    let page = |charset: &str, body: &[u8]| {
        [format!("<html><meta charset={charset}><p>").as_bytes(), body, b"</p></html>"].concat()
    };
    let mail = |charset: &str, word: &str| {
        format!("From: a\nSubject: =?{charset}?B?{word}?=\nContent-Type: text/plain\n\nx").into_bytes()
    };
    let cases: [(&str, Vec<u8>, &str, &str); 14] = [
        ("cp932", page("cp932", b"\x93\xfa\x96\x7b"), "html:(text)", "\u{65e5}\u{672c}"),
        ("cp949", page("CP949", b"\xb0\xa1"), "html:(text)", "\u{ac00}"),
        ("cp850", page("ibm850", b"Gr\x94\xe1e"), "html:(text)", "Gr\u{f6}\u{df}e"),
        ("ISO-2022-JP-2", page("iso-2022-jp-2", b"\x1b$B$\\\x1b(B"), "html:(text)", "\u{307c}"),
        ("a subject", mail("cp932", "k/qWew=="), "mime:(fields)", "Subject: \u{65e5}\u{672c}"),
        ("a Japanese subject", mail("iso-2022-jp-3", "GyRCJFwbKEI="), "mime:(fields)", "Subject: \u{307c}"),
        ("a wide subject", mail("utf-16-le", "VABlAHIAbgA="), "mime:(fields)", "Subject: Tern"),
        ("\\pc", br"{\rtf1\pc Gr\'94\'e1e \'e0}".into(), "rtf:(text)", "Gr\u{f6}\u{df}e \u{3b1}"),
        ("\\pca", br"{\rtf1\pca Gr\'94\'e1e \'d5}".into(), "rtf:(text)", "Gr\u{f6}\u{df}e \u{131}"),
        ("\\mac", br"{\rtf1\mac Gr\'9a\'a7e}".into(), "rtf:(text)", "Gr\u{f6}\u{df}e"),
        ("\\rt", br"{\rt Project {\b Te}rn}".into(), "rtf:(text)", "Project Tern"),
        ("while(1);", b"while(1);{\"a\": \"T\\u0065rn\"}".into(), "json:(text)", "a\nTern"),
        (")]}',", b")]}',\n[\"T\\u0065rn\", 1]".into(), "json:(text)", "Tern"),
        ("for(;;);", b"for(;;);[[\"T\\u0065rn\"]]".into(), "json:(text)", "Tern"),
    ];
    for (name, data, path, expected) in cases {
        let whole = decode(&mut tree, [&*data]);
        assert_eq!(text(&whole, path).as_deref(), Some(expected), "{name}: {whole:?}");
        for at in 0..=data.len() {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
        }
        assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
    }
}
