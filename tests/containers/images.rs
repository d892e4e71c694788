//! ISO 9660 images that lie, and what only looks like one.

use tidegate::decode::{Ended, Limits, Tree};

use super::Said;
use super::hand_made::{check, outline, said};

const SECTOR: usize = 2048;

#[test]
fn what_is_taken_for_an_image_lacks_what_the_object_lacks() {
    let mut tree = Tree::new(Limits::default());
    for complete in [true, false] {
        let mut said = Said::default();
        tree.begin("");
        tree.push(&vec![0; 100_000], &mut said);
        tree.finish(complete, &mut said);
        assert_eq!(said.leaves[0].ended, Some(Ended { size: 100_000, complete }));
    }
}

/// A number in both orders of bytes.
fn both(number: u32) -> [u8; 8] {
    (u64::from(number.swap_bytes()) << 32 | u64::from(number)).to_le_bytes()
}

/// A directory record.
fn record(sector: u32, size: u32, is_directory: bool, name: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0];
    record.extend_from_slice(&both(sector));
    record.extend_from_slice(&both(size));
    record.extend_from_slice(&[126, 11, 22, 0, 0, 0, 0, u8::from(is_directory) * 2, 0, 0, 1, 0, 0, 1]);
    record.push(u8::try_from(name.len()).unwrap());
    record.extend_from_slice(name);
    record.resize(record.len().next_multiple_of(2), 0);
    record[0] = u8::try_from(record.len()).unwrap();
    record
}

/// An image whose root directory, at sector 18, has these records; behind it is what follows.
fn image(records: &[Vec<u8>], behind: &[&[u8]]) -> Vec<u8> {
    let sectors = 19 + behind.len();
    let mut volume = vec![0; SECTOR];
    volume[..7].copy_from_slice(b"\x01CD001\x01");
    volume[80..88].copy_from_slice(&both(u32::try_from(sectors).unwrap()));
    volume[128..132].copy_from_slice(&[0, 8, 8, 0]);
    let root = record(18, 2048, true, &[0]);
    volume[156..190].copy_from_slice(&root);
    let mut data = vec![0; 16 * SECTOR];
    let parts = [&volume, b"\xffCD001\x01".as_slice(), &[root, records.concat()].concat()];
    for part in parts.into_iter().chain(behind.iter().copied()) {
        data.extend_from_slice(part);
        data.resize(data.len().next_multiple_of(SECTOR), 0);
    }
    data
}

#[test]
fn directories_that_lie() {
    let file = |sector, size, name: &str| record(sector, size, false, name.as_bytes());
    check(
        &image(&[file(19, 3, "A.TXT;1"), file(20, 3, "B.")], &[b"one", b"two"]),
        &[("iso9660:A.TXT", "one"), ("iso9660:B", "two")],
        &[],
    );
    // Loops: to the root, and to a directory that comes twice.
    let inner = [record(18, 2048, true, b"UP"), record(19, 2048, true, b"SELF"), file(20, 3, "A")].concat();
    let loops = [record(18, 2048, true, b"ROOT"), record(19, 2048, true, b"D"), record(19, 2048, true, b"E")];
    check(&image(&loops, &[&inner, b"one"]), &[("iso9660:D/A", "one")], &[]);
    // A file that has passed, one within another, and one behind the end.
    let records = [file(17, 9, "PAST"), file(19, 4096, "LONG"), file(20, 3, "WITHIN"), file(900, 9, "NEVER")];
    check(
        &image(&records, &[b"one", b"two"]),
        &[("iso9660:LONG", "one\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")],
        &["iso9660:PAST unsupported", "iso9660:WITHIN unsupported"],
    );
    check(
        &image(&[file(19, 0xffff_ffff, "A")], &[b"one"]),
        &[("iso9660:A", "one\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")],
        &["iso9660:A truncated"],
    );
    // A record that is longer than its sector, and one too short for its name.
    let mut short = file(19, 3, "A");
    short[32] = 200;
    let (leaves, cuts) = outline(&image(&[short, vec![255, 0]], &[b"one"]));
    assert_eq!((leaves[0].0.as_str(), cuts[0].as_str()), ("iso9660:(between)", "iso9660 malformed"));
}

#[test]
fn more_files_than_are_kept_are_scanned_as_they_stand() {
    let name = "N".repeat(200);
    let mut records = Vec::new();
    let mut directories = Vec::new();
    // Directories of eight files each, all of which have long names.
    for number in 0..400_u32 {
        let files = (0..8).map(|place| record(2000 + number * 8 + place, 3, false, name.as_bytes()));
        directories.push(files.collect::<Vec<_>>().concat());
        records.push(record(19 + number, 2048, true, b"D"));
    }
    records.truncate(50);
    let parts: Vec<&[u8]> = directories.iter().map(Vec::as_slice).collect();
    let data = image(&[records.concat().into_iter().take(2000).collect()], &parts);
    let said = said(&data);
    assert!(said.given() <= data.len(), "{} bytes come out of {}", said.given(), data.len());
}

#[test]
fn zeros_and_boot_sectors_are_not_images() {
    for length in [512, 5000, 16 * SECTOR, 16 * SECTOR + 5, 16 * SECTOR + 6, 100_000] {
        let zeros = vec![0; length];
        let found = said(&zeros);
        assert_eq!((found.texts(), found.cuts.len()), (vec![(String::new(), zeros)], 0), "{length} zeros");
        let mut boot = vec![b'x'; length];
        boot[510] = 0x55;
        boot[511] = 0xaa;
        let found = said(&boot);
        assert_eq!((found.texts(), found.cuts.len()), (vec![(String::new(), boot)], 0), "a disk of {length} bytes");
    }
}
