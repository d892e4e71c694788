//! Cabinets, RAR and TNEF archives, databases and captures that are damaged or lie.

use super::hand_made::{check, outline, said};
use super::read;

/// The object with other bytes at `at`.
fn with(name: &str, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut data = read(name);
    data[at..at + bytes.len()].copy_from_slice(bytes);
    data
}

/// Where `needle` is in an object.
fn find(name: &str, needle: &[u8]) -> usize {
    read(name).windows(needle.len()).position(|bytes| bytes == needle).unwrap()
}

#[test]
fn sums_of_cabinets_archives_and_attributes_are_verified() {
    let cases: [(&str, &[u8], &str); 5] = [
        ("stored.cab", b"Tern", "cab checksum"),
        ("stored5.rar", b"Tern", "rar:plans/q3.txt checksum"),
        ("stored4.rar", b"Tern", "rar:plans/q3.txt checksum"),
        ("winmail.tnef", b"Tern", "tnef:q3.txt checksum"),
        ("winmail.tnef", b"LZFu", "tnef:(rtf) checksum"),
    ];
    for (name, text, cut) in cases {
        let (_, cuts) = outline(&with(name, find(name, text), b"t"));
        assert!(cuts.contains(&cut.to_owned()), "{name}: {cuts:?}");
    }
    // The header of a file, and that of the archive.
    for name in ["stored5.rar", "stored4.rar"] {
        let (leaves, cuts) = outline(&with(name, find(name, b"plans/"), b"x"));
        assert_eq!((leaves.len(), leaves[0].0.as_str()), (1, "rar:(rest)"), "{name}");
        assert_eq!(cuts, ["rar:(rest) malformed"], "{name}");
    }
    let (leaves, cuts) = outline(&with("stored.7z", 12, &[1]));
    assert_eq!((leaves[0].0.as_str(), cuts), ("", vec!["7z malformed".to_owned()]));
}

#[test]
fn cabinets_that_lie() {
    // The list of files lies in front of where it can; so does the first folder.
    for at in [16, 36] {
        let (leaves, cuts) = outline(&with("stored.cab", at, &[1, 0, 0, 0]));
        assert_eq!((leaves.len(), leaves[0].0.as_str()), (1, "cab:(rest)"));
        assert_eq!(cuts, ["cab:(rest) malformed"]);
    }
    // The first file is longer than all there is, and shorter: what is left belongs to nobody, or to the next.
    let (leaves, cuts) = outline(&with("stored.cab", 44, &[0xff, 0xff, 0xff, 0x7f]));
    assert_eq!((leaves.len(), leaves[0].0.as_str()), (1, "cab:plans/q3.txt"));
    assert_eq!(cuts, ["cab:plans/q3.txt truncated", "cab:note.txt truncated"]);
    let (leaves, _) = outline(&with("stored.cab", 44, &[9, 0, 0, 0]));
    assert_eq!(
        leaves.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["cab:plans/q3.txt", "cab:(rest)", "cab:note.txt"]
    );
    // Behind the cabinet.
    let signed = [read("stored.cab"), b"signed by Ann".to_vec()].concat();
    assert_eq!(outline(&signed).0.last().unwrap(), &("cab:(trailing)".to_owned(), "signed by Ann".to_owned()));
    // Packed data that are damaged.
    let block = find("mszip.cab", b"CK");
    let (_, cuts) = outline(&with("mszip.cab", block, b"XX"));
    assert!(!cuts.is_empty());
}

#[test]
fn databases_that_lie() {
    let mut page = vec![0; 65_536];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    let no_size = page.clone();
    check(&no_size, &[("", "SQLite format 3\0\0\0\0\0\0\0\0\0")], &["sqlite malformed"]);
    // A page of 64 KiB whose cells are all the same long one.
    page[16..18].copy_from_slice(&[0, 1]);
    page[31] = 1;
    page[100] = 0x0d;
    page[103..105].copy_from_slice(&30_000_u16.to_be_bytes());
    for pointer in page[108..60_108].chunks_exact_mut(2) {
        pointer.copy_from_slice(&60_200_u16.to_be_bytes());
    }
    // 5,000 bytes: a header of three, and a text of 4,997.
    page[60_200..60_207].copy_from_slice(&[0xa7, 0x08, 1, 3, 0xce, 0x17, b'x']);
    let said = said(&page);
    assert!(said.given() > 4000 && said.given() <= 80_000, "{} bytes come out", said.given());
}

#[test]
fn captures_that_lie() {
    let pcap = read("http.pcap");
    let (leaves, cuts) = outline(&[&pcap[..24], &[0; 8], &[0xff; 8], &[1; 40]].concat());
    assert_eq!(
        (leaves.len(), leaves[0].0.as_str(), cuts),
        (1, "pcap:(rest)", vec!["pcap:(rest) malformed".to_owned()])
    );
    // A packet that says that it is longer than its block, and a block that has no length.
    let pcapng = read("http6.pcapng");
    let block = pcapng.windows(4).position(|bytes| bytes == [6, 0, 0, 0]).unwrap();
    for (at, bytes) in [(block + 20, [0xff, 0xff, 0, 0]), (block + 4, [0; 4])] {
        let mut data = pcapng.clone();
        data[at..at + 4].copy_from_slice(&bytes);
        let (leaves, cuts) = outline(&data);
        assert_eq!((leaves[0].0.as_str(), cuts), ("pcap:(rest)", vec!["pcap:(rest) malformed".to_owned()]));
    }
    // Four line ends begin many texts.
    check(b"\n\r\r\n and so on", &[("", "\n\r\r\n and so on")], &[]);
}

#[test]
fn archives_and_attributes_that_lie_about_lengths() {
    // The size of a stored file, in version 4; sums of headers are made again.
    let mut data = read("stored4.rar");
    let name = find("stored4.rar", b"plans/");
    data[name - 25..name - 21].copy_from_slice(&[0xff; 4]);
    let mut crc = flate2::Crc::new();
    crc.update(&data[name - 30..name + 12]);
    data[name - 32..name - 30].copy_from_slice(&crc.sum().to_le_bytes()[..2]);
    let (leaves, cuts) = outline(&data);
    assert_eq!((leaves.len(), leaves[0].0.as_str()), (1, "rar:plans/q3.txt"));
    assert_eq!(cuts, ["rar:plans/q3.txt truncated"]);

    // An attribute, a property, a packed text, and a count of properties.
    let subject = find("winmail.tnef", b"plans\0");
    let (leaves, cuts) = outline(&with("winmail.tnef", subject - 4, &[0xff; 4]));
    assert_eq!((leaves.len(), leaves[0].0.as_str()), (1, "tnef:(subject)"));
    assert_eq!(cuts, ["tnef:(subject) truncated"]);
    let wide = find("winmail.tnef", b"G\0r\0");
    let (leaves, cuts) = outline(&with("winmail.tnef", wide - 4, &[0xff; 4]));
    assert_eq!(leaves[1].0.as_str(), "tnef:(subject)");
    assert!(cuts.contains(&"tnef:(subject) truncated".to_owned()), "{cuts:?}");
    assert_eq!(leaves[2], ("tnef:q3.txt".to_owned(), "Line 1: Project Tern, th".to_owned()), "goes on behind it");
    let packed = find("winmail.tnef", b"LZFu");
    let (leaves, cuts) = outline(&with("winmail.tnef", packed - 4, &[9, 0, 0, 0]));
    assert_eq!(leaves[2], ("tnef:(rtf)".to_owned(), "Line 1: P".to_owned()));
    assert!(cuts.contains(&"tnef checksum".to_owned()), "{cuts:?}");
}
