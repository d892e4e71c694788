//! ZIP archives with something between their entries, or headers that lie.

use std::io::Write as _;

use super::hand_made::check;

/// Fields that a local header and the directory share: a method, a sum and two sizes.
fn fields(method: u16, packed: usize, text: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(text);
    let sizes = [packed, text.len()].map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
    [&[20, 0, 0, 0], &method.to_le_bytes()[..], &[0; 4], &crc.sum().to_le_bytes(), &sizes].concat()
}

/// Bytes as deflate has them.
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A deflated entry whose header says that it is `more` bytes longer.
fn entry(name: &str, text: &str, more: isize) -> Vec<u8> {
    let content = deflated(text.as_bytes());
    let fields = fields(8, content.len().checked_add_signed(more).unwrap(), text.as_bytes());
    let length = [u8::try_from(name.len()).unwrap(), 0, 0, 0];
    [b"PK\x03\x04", &fields[..], &length, name.as_bytes(), &content].concat()
}

/// A directory of so many entries, and its end.
fn directory(count: usize) -> Vec<u8> {
    let record = [b"PK\x01\x02\x14\0", &fields(8, 0, b"")[..], b"\x01\0", &[0; 16], b"a"].concat();
    [record.repeat(count).as_slice(), b"PK\x05\x06", &[0; 18]].concat()
}

#[test]
fn an_archive_goes_on_behind_what_is_none_of_it() {
    let (one, two) = (entry("a.txt", "one", 0), entry("b.txt", "two", 0));
    let with = |junk: &[u8]| [&one, junk, &two, junk, &directory(2)].concat();
    check(&with(b""), &[("zip:a.txt", "one"), ("zip:b.txt", "two")], &[]);
    for zeros in [1, 2, 4, 5, 100] {
        check(&with(&vec![0; zeros]), &[("zip:a.txt", "one"), ("zip:b.txt", "two")], &["zip malformed"]);
    }
    let (junk, blanks) = ("Project Tern PK and PPK\x03", "\0\0\0\0\0PK\x03\x03PPKPK\x01");
    for (junk, found) in [(junk, junk), (blanks, "PK\x03\x03PPKPK\x01"), ("x", "x"), ("PK\x07\x08x", "PK\x07\x08x")] {
        check(
            &with(junk.as_bytes()),
            &[("zip:a.txt", "one"), ("zip:(rest)", found), ("zip:b.txt", "two"), ("zip:(rest)", found)],
            &["zip malformed"],
        );
    }
    // To the end, if nothing follows.
    let open = [&one, &b"Project Tern PK"[..]].concat();
    check(&open, &[("zip:a.txt", "one"), ("zip:(rest)", "Project Tern PK")], &["zip malformed"]);
    check(&[&one, &[0; 50][..]].concat(), &[("zip:a.txt", "one")], &["zip malformed"]);
}

#[test]
fn deflate_ends_where_it_says() {
    let text = "Project Tern, the launch";
    let two = || entry("b.txt", "two", 0);
    for more in [-5, -1] {
        let data = [entry("a.txt", text, more), two(), directory(2)].concat();
        check(&data, &[("zip:a.txt", text), ("zip:b.txt", "two")], &["zip:a.txt malformed"]);
    }
    // What follows it up to where its header says that it ends is no entry.
    let data = [&entry("a.txt", text, 4), &b"more"[..], &two(), &directory(2)].concat();
    check(
        &data,
        &[("zip:a.txt", text), ("zip:(rest)", "more"), ("zip:b.txt", "two")],
        &["zip:a.txt malformed", "zip malformed"],
    );
}
