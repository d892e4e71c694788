//! Containers that lie, which no program makes.

use tidegate::decode::Limits;

use crate::tree::Tree;

use super::{Said, decode};

/// What is in `data`, however it is cut.
pub(super) fn said(data: &[u8]) -> Said {
    let mut tree = Tree::new(Limits::default());
    let whole = decode(&mut tree, [data]);
    for size in [1, 2, 3, 7, 511, 512, 513] {
        assert_eq!(decode(&mut tree, data.chunks(size)), whole, "in pieces of {size}");
    }
    whole
}

/// Paths and beginnings of the leaves, and what was cut.
pub(super) fn outline(data: &[u8]) -> (Vec<(String, String)>, Vec<String>) {
    let said = said(data);
    let start = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(24)]).into_owned();
    let leaves = said.leaves.iter().map(|leaf| (leaf.path.clone(), start(&leaf.bytes))).collect();
    (leaves, said.cuts.iter().map(|(path, cut)| format!("{path} {}", cut.name())).collect())
}

/// The same, as literals.
pub(super) fn check(data: &[u8], leaves: &[(&str, &str)], cuts: &[&str]) {
    let leaves: Vec<_> = leaves.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let cuts: Vec<_> = cuts.iter().map(|cut| (*cut).to_owned()).collect();
    assert_eq!(outline(data), (leaves, cuts));
}

/// A newc entry.
fn newc(name: &str, name_length: usize, size: usize, content: &str) -> Vec<u8> {
    let fields = [1, 0o100_644, 0, 0, 1, 0, size, 0, 0, 0, 0, name_length, 0].map(|field| format!("{field:08x}"));
    let mut entry = format!("070701{}{name}\0", fields.concat()).into_bytes();
    entry.resize(entry.len().next_multiple_of(4), 0);
    entry.extend_from_slice(content.as_bytes());
    entry.resize(entry.len().next_multiple_of(4), 0);
    entry
}

#[test]
fn cpio_that_lies() {
    let one = newc("a.txt", 6, 3, "one");
    check(
        &[one.clone(), newc("b", 2, 0xffff_ffff, "two")].concat(),
        &[("cpio:a.txt", "one"), ("cpio:b", "two\0")],
        &["cpio:b truncated"],
    );
    // A name that has no end, and one of four gigabytes.
    check(&newc("abc", 3, 3, "one"), &[("cpio:abc", "one")], &["cpio truncated"]);
    check(&newc("a", 0xffff_ffff, 3, "one"), &[("", "07070100000001000081a400")], &["cpio truncated"]);
    // No length at all, behind an entry that has one.
    let bad = newc("b", 0, 3, "two");
    check(
        &[one.clone(), bad].concat(),
        &[("cpio:a.txt", "one"), ("cpio:(rest)", "07070100000001000081a400")],
        &["cpio:(rest) malformed"],
    );
    let trailer = newc("TRAILER!!!", 11, 0, "");
    check(
        &[one.clone(), trailer.clone(), b"\0\0xyz".to_vec()].concat(),
        &[("cpio:a.txt", "one"), ("cpio:(trailing)", "xyz")],
        &[],
    );
    check(
        &[one, trailer, b"behind it".to_vec()].concat(),
        &[("cpio:a.txt", "one"), ("cpio:(trailing)", "behind it")],
        &[],
    );
}

#[test]
fn the_sum_of_a_cpio_entry_is_verified() {
    let mut data = std::fs::read(super::folder().join("crc.cpio")).unwrap();
    let at = data.windows(4).position(|bytes| bytes == b"Tern").unwrap();
    data[at] = b't';
    assert_eq!(said(&data).cut_names(), [("cpio:plans/q3.txt".to_owned(), "checksum".to_owned())]);
}

/// An ar member.
fn member(name: &str, size: &str, content: &str) -> String {
    let even = if content.len() % 2 == 1 { "\n" } else { "" };
    format!("{name:16}{:<12}{:<6}{:<6}{:<8}{size:10}`\n{content}{even}", 0, 0, 0, 644)
}

#[test]
fn ar_that_lies() {
    let of = |members: &[String]| format!("!<arch>\n{}", members.concat()).into_bytes();
    let table = member("//", "14", "first/\nsecond\n");
    check(
        &of(&[table.clone(), member("/0", "3", "one"), member("/7", "3", "two"), member("/99", "2", "xy")]),
        &[("ar:first", "one"), ("ar:second", "two"), ("ar:/99", "xy")],
        &[],
    );
    check(&of(&[member("a/", "9999999999", "one")]), &[("ar:a", "one\n")], &["ar:a truncated"]);
    check(&of(&[member("a/", "", "one")]), &[("ar:(rest)", "a/              0       ")], &["ar:(rest) malformed"]);
    check(&of(&[member("#1/9", "3", "one")]), &[("ar:(rest)", "#1/9            0       ")], &["ar:(rest) malformed"]);
    check(&of(&[member("#1/4", "7", "name123")]), &[("ar:name", "123")], &[]);
    let long = "x".repeat(5000);
    let said = said(&of(&[member("#1/5000", "5003", &format!("{long}one"))]));
    assert_eq!((said.leaves.len(), said.leaves[0].bytes.as_slice()), (1, &b"one"[..]));
    // Nothing of it is a member.
    check(b"!<arch>\n", &[], &[]);
}

#[test]
fn files_in_text_that_lie() {
    let head = "begin 644 a.txt\n#;VYE\n";
    check(format!("{head}`\nend\n").as_bytes(), &[("uuencode:a.txt", "one")], &[]);
    check(format!("{head}`\nend").as_bytes(), &[("uuencode:a.txt", "one")], &[]);
    check(head.as_bytes(), &[("uuencode:a.txt", "one")], &["uuencode:a.txt truncated"]);
    check(
        format!("{head}not one of them\n{head}`\nend\n").as_bytes(),
        &[("uuencode:a.txt", "one"), ("uuencode:(text)", "not one of them\n"), ("uuencode:a.txt", "one")],
        &["uuencode:a.txt malformed"],
    );
    // A line that is too long, and a name that is.
    let long = "M".repeat(100_000);
    let (leaves, cuts) = outline(format!("{head}{long}\n").as_bytes());
    assert_eq!((leaves.len(), cuts.as_slice()), (2, &["uuencode:a.txt malformed".to_owned()][..]));
    check(format!("begin 644 {long}\n#;VYE\n`\nend\n").as_bytes(), &[("", "begin 644 MMMMMMMMMMMMMM")], &[]);
    // Words.
    check(b"begin 644 words\nnot in this way\n", &[("", "begin 644 words\nnot in t")], &[]);
    check(
        b"begin 644 first\nbegin 644 second\n#;VYE\nend\n",
        &[("uuencode:(text)", "begin 644 first\n"), ("uuencode:second", "one")],
        &[],
    );
    check(b"begin-base64 644 a\nb25l\nb25\n====\n", &[("uuencode:a", "oneon")], &[]);
    check(
        b"begin-base64 644 a\nb25l\n*\n",
        &[("uuencode:a", "one"), ("uuencode:(text)", "*\n")],
        &["uuencode:a malformed"],
    );
}

#[test]
fn yenc_that_lies() {
    let coded = |text: &str| text.bytes().map(|byte| char::from(byte.wrapping_add(42))).collect::<String>();
    let (one, part) = (coded("one"), "=ybegin part=1 total=2 line=128 size=6 name=a\n");
    let whole = |end: &str| {
        format!("=ybegin line=128 size=3 name=a\n{one}\n{end}\n").chars().map(|c| c as u8).collect::<Vec<u8>>()
    };
    let bytes = |text: String| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let leaf: &[(&str, &str)] = &[("yenc:a", "one")];
    check(&whole("=yend size=3 crc32=7a6c86f1"), leaf, &[]);
    check(&whole("=yend size=3"), leaf, &[]);
    check(&whole("=yend size=4"), leaf, &["yenc:a checksum"]);
    check(&whole("=yend size=3 crc32=7a6c86f2"), leaf, &["yenc:a checksum"]);
    check(&whole("=yelse size=3"), leaf, &["yenc:a truncated"]);
    check(&whole(part), leaf, &["yenc:a truncated", "yenc:a truncated"]);
    let of_two = |end: &str| bytes(format!("{part}=ypart begin=1 end=3\n{one}\n=yend size=3 {end}\n"));
    check(&of_two("part=1 pcrc32=7a6c86f1 crc32=12345678"), leaf, &["yenc:a truncated"]);
    check(&of_two("part=1 pcrc32=7a6c86f2"), leaf, &["yenc:a checksum"]);
}

/// A header of TAR.
fn tar_header(name: &str, kind: char, size: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size.as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind as u8;
    block[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// An entry of TAR whose header says that size.
fn tar_entry(name: &str, kind: char, size: &str, content: &str) -> Vec<u8> {
    let mut entry = [tar_header(name, kind, size).as_slice(), content.as_bytes()].concat();
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

#[test]
fn tar_whose_headers_do_not_say_how_long_entries_are() {
    let one = || tar_entry("a.txt", '0', "00000000003\0", "one");
    let two = || tar_entry("b.txt", '0', "00000000003\0", "two");
    let end = vec![0; 1024];
    let both: &[(&str, &str)] = &[("tar:a.txt", "one"), ("tar:b.txt", "two")];
    for size in ["", " ", "            ", "\0\0\0\0"] {
        for kind in ['V', '5', '2'] {
            check(&[tar_header("label", kind, size), one(), two(), end.clone()].concat(), both, &[]);
            check(&[one(), tar_header("label", kind, size), two(), end.clone()].concat(), both, &[]);
        }
    }
    // Records of pax count for one entry, and for its size too; those that say no number do not.
    let pax = |records: &str| tar_entry("pax", 'x', &format!("{:011o}\0", records.len()), records);
    let long = format!("1520 SCHILY.xattr.user.a={}\n", "x".repeat(1520 - 26));
    for records in ["10 size=3\n", "14 path=a.txt\n10 size=3\n", &format!("{long}10 size=3\n14 path=a.txt\n")] {
        for size in ["00000000000\0", "00000123456\0", ""] {
            let entry = tar_entry("a.txt", '0', size, "one");
            check(&[pax(records), entry, two(), end.clone()].concat(), both, &[]);
        }
    }
    for records in
        ["11 size=-3\n", "10 size=x\n", "10 sizes=\n", "8 size=\n", "2 \n", "size=9\n", "99999999999999999999 size=9\n"]
    {
        check(&[pax(records), one(), two(), end.clone()].concat(), both, &[]);
    }
    check(
        &[pax("29 size=18446744073709551615\n"), one(), two()].concat(),
        &[("tar:a.txt", "one\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")],
        &["tar:a.txt truncated"],
    );
}
