//! ZIP archives whose entries are more than the bytes that they stand in.

use flate2::Compression;
use std::io::Write as _;

/// An entry, and where its local header stands.
pub(crate) struct Entry {
    name: String,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) at: u32,
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap()
}

impl Entry {
    fn of(name: String, packed: &[u8], content: &[u8]) -> Self {
        Self { name, crc: crc(content), packed: number(packed.len()), size: number(content.len()), at: 0 }
    }

    /// What the local header and the directory both have.
    fn fields(&self) -> Vec<u8> {
        let length = u16::try_from(self.name.len()).unwrap();
        let words = [self.crc, self.packed, self.size].map(u32::to_le_bytes).concat();
        [&[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0x58][..], &words, &length.to_le_bytes(), &[0; 2]].concat()
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", &self.fields()[..], self.name.as_bytes()].concat()
    }

    fn central(&self) -> Vec<u8> {
        [b"PK\x01\x02\x14\0", &self.fields()[..], &[0; 10], &self.at.to_le_bytes(), self.name.as_bytes()].concat()
    }
}

/// A directory of these entries, which begins behind `before` bytes.
fn directory(entries: &[Entry], before: usize) -> Vec<u8> {
    let records: Vec<u8> = entries.iter().flat_map(Entry::central).collect();
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let words = [number(records.len()), number(before)].map(u32::to_le_bytes).concat();
    [&records[..], b"PK\x05\x06\0\0\0\0", &count, &count, &words, &[0; 2]].concat()
}

/// An archive of these files.
pub(crate) fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut whole, mut entries) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let packed = deflate(content);
        let entry = Entry { at: number(whole.len()), ..Entry::of(name.clone(), &packed, content) };
        whole.extend([entry.local(), packed].concat());
        entries.push(entry);
    }
    let directory = directory(&entries, whole.len());
    [whole, directory].concat()
}

/// An archive whose directory names one entry `count` times.
pub(crate) fn stacked(count: usize, kernel: &[u8]) -> (Vec<u8>, Vec<Entry>) {
    let packed = deflate(kernel);
    let entries: Vec<_> = (0..count).map(|_| Entry::of("kernel".into(), &packed, kernel)).collect();
    let whole = [entries[0].local(), packed].concat();
    let directory = directory(&entries, whole.len());
    ([whole, directory].concat(), entries)
}

/// An archive of `count` entries each of which has all that follow in it, headers and all: a stored block before the next
/// header quotes that (D. Fifield, "A better zip bomb", 2019).
pub(crate) fn quoted(count: usize, kernel: &[u8]) -> (Vec<u8>, Vec<Entry>) {
    let (mut packed, mut content) = (deflate(kernel), kernel.to_vec());
    let mut entries: Vec<Entry> = Vec::new();
    for place in (0..count).rev() {
        let entry = Entry::of(format!("{place:03}"), &packed, &content);
        if place > 0 {
            let header = entry.local();
            let length = u16::try_from(header.len()).unwrap();
            let block = [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &header].concat();
            packed = [block, packed].concat();
            content = [header, content].concat();
        }
        entries.insert(0, entry);
    }
    let mut at = 0;
    for entry in &mut entries {
        entry.at = at;
        // Behind its header stands that of the block which quotes the next.
        at += number(entry.local().len()) + 5;
    }
    let whole = [entries[0].local(), packed].concat();
    let directory = directory(&entries, whole.len());
    ([whole, directory].concat(), entries)
}

/// What a reader gets that goes by the directory.
pub(crate) fn unpacked(archive: &[u8], entry: &Entry) -> Vec<u8> {
    let begin = usize::try_from(entry.at).unwrap() + entry.local().len();
    let packed = &archive[begin..begin + usize::try_from(entry.packed).unwrap()];
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(packed), &mut content).unwrap();
    assert_eq!((number(content.len()), crc(&content)), (entry.size, entry.crc), "{}", entry.name);
    content
}
