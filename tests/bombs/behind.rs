//! What stands beside a bomb, or behind one, is still seen.

use std::io::Write as _;

use data_encoding::BASE64;
use flate2::Compression;
use tidegate::decode::{Cut, Limits};

use crate::said::{Said, decode};
use crate::tree::Tree;
use crate::{gzip, tar, zips};

const SECRET: &str = "Project Tern, which nobody is to know of";

/// An entry of a ZIP archive, packed or stored.
fn entry(name: &str, method: u8, packed: &[u8], content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let words = [crc.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
    let head = [b"PK\x03\x04\x14\0\0\0", &[method, 0, 0, 0, 0x21, 0x58][..], &words].concat();
    [&head, &(name.len() as u16).to_le_bytes()[..], &[0; 2], name.as_bytes(), packed].concat()
}

fn zeros() -> Vec<u8> {
    vec![0; 2 << 20]
}

/// Zeros that swell, and the secret behind them.
fn bomb() -> Vec<u8> {
    let zeros = zeros();
    [entry("a", 8, &zips::deflate(&zeros), &zeros), entry("b.txt", 0, SECRET.as_bytes(), SECRET.as_bytes())].concat()
}

fn mail(attachment: &[u8]) -> Vec<u8> {
    let part = |fields: &str, body: &str| format!("--b\r\n{fields}\r\n\r\n{body}\r\n");
    let packed = part("Content-Type: application/zip\r\nContent-Transfer-Encoding: base64", &BASE64.encode(attachment));
    let head = "From: a@example.org\r\nSubject: papers\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    format!("{head}{packed}{}--b--\r\n", part("Content-Type: text/plain", SECRET)).into_bytes()
}

/// The ways to leaves that hold the secret.
fn ways(said: &Said) -> Vec<&str> {
    let holds = |bytes: &[u8]| memchr::memmem::find(bytes, SECRET.as_bytes()).is_some();
    said.leaves.iter().filter(|leaf| holds(&leaf.bytes)).map(|leaf| &leaf.path[..]).collect()
}

fn reasons(said: &Said) -> Vec<Cut> {
    said.cuts.iter().map(|(_, reason)| *reason).collect()
}

#[test]
fn what_stands_behind_a_bomb_is_scanned_as_it_stands() {
    let mut tree = Tree::new(Limits::default());
    let bomb = bomb();
    // In one packet it is too much of that; in many, of the object.
    for size in [usize::MAX, 1460, 100] {
        let said = decode(&mut tree, bomb.chunks(size));
        assert_eq!((ways(&said), reasons(&said)), (vec!["zip:(rest)"], vec![Cut::Ratio]), "in pieces of {size}");
    }
    let members = [gzip(&zeros()), gzip(SECRET.as_bytes())].concat();
    let said = decode(&mut tree, [&members[..]]);
    assert_eq!(reasons(&said), [Cut::Ratio]);
    assert!(said.leaves.iter().any(|leaf| leaf.path == "gzip:(rest)" && members.ends_with(&leaf.bytes)), "{said:?}");
}

#[test]
fn what_stands_beside_a_bomb_is_decoded() {
    let mut tree = Tree::new(Limits::default());
    let mail = mail(&bomb());
    for size in [usize::MAX, 1460, 100] {
        let said = decode(&mut tree, mail.chunks(size));
        let ways = ways(&said);
        assert!(ways.contains(&"mime[4]") && ways.iter().any(|way| way.ends_with("zip:(rest)")), "{size}: {ways:?}");
        assert_eq!(reasons(&said), [Cut::Ratio], "in pieces of {size}");
    }
}

#[test]
fn what_is_beyond_the_output_is_scanned_as_it_stands() {
    let limits = Limits { output: 64 << 10, ..Limits::default() };
    let first = tar(&b"words ".repeat(20 << 10));
    let file = [&first[..first.len() - 1024], &tar(SECRET.as_bytes())].concat();
    for size in [usize::MAX, 1460] {
        let said = decode(&mut Tree::new(limits.clone()), file.chunks(size));
        assert_eq!((ways(&said), reasons(&said)), (vec!["tar:(rest)"], vec![Cut::Output]), "in pieces of {size}");
    }
}

#[test]
fn files_beyond_those_that_are_looked_into_are_one_leaf() {
    let mut tree = Tree::new(Limits { children: 2, ..Limits::default() });
    let file = |content: &[u8]| {
        let file = tar(content);
        file[..file.len() - 1024].to_vec()
    };
    let packed = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(SECRET.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let files = [file(b"one"), file(b"two"), file(b"three "), file(&packed), file(SECRET.as_bytes()), vec![0; 1024]];
    let archive = files.concat();
    let said = decode(&mut tree, [&archive[..]]);
    let rest = [b"three ", &packed[..], SECRET.as_bytes()].concat();
    let leaves: Vec<_> = said.leaves.iter().map(|leaf| (&leaf.path[..], &leaf.bytes[..])).collect();
    assert_eq!(leaves, [("tar:a", &b"one"[..]), ("tar:a", b"two"), ("tar:(rest)", &rest)]);
    assert_eq!(reasons(&said), [Cut::Children]);
    for at in 0..=archive.len() {
        let (first, second) = archive.split_at(at);
        assert_eq!(decode(&mut tree, [first, second]), said, "cut at {at}");
    }
    assert_eq!(decode(&mut tree, archive.chunks(1)), said, "byte by byte");
}

#[test]
fn what_follows_too_many_files_is_looked_into_for_itself() {
    let mut tree = Tree::new(Limits { children: 2, ..Limits::default() });
    let files = ["a", "b", "c"].map(|name| (name.to_owned(), name.repeat(9).into_bytes()));
    let hidden = BASE64.encode(&gzip(SECRET.repeat(3).as_bytes()));
    assert!(hidden.len() >= 64, "{hidden}");
    let object = [&zips::archive(&files), &b"Some words, and then "[..], hidden.as_bytes()].concat();
    for size in [usize::MAX, 100, 1] {
        let said = decode(&mut tree, object.chunks(size));
        assert_eq!(ways(&said), ["zip:(trailing)/base64:(base64)/gzip"], "in pieces of {size}: {said:?}");
    }
}
