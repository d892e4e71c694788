//! OLE2.

use super::{Document, Limits, Tree, bag, decode, documents, prove};

/// Letters and digits of a text: readers of tables put quotes and commas around cells.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect()
}

#[test]
fn words_are_those_that_a_reader_shows() {
    let mut tree = Tree::new(Limits::default());
    for kind in [".doc", ".xls", ".ppt"] {
        for Document { name, data, expected } in documents(kind) {
            let found = decode(&mut tree, data.chunks(1000));
            assert_eq!((found.leaves.len(), found.leaves[0].path.as_str()), (1, "ole2:(text)"), "{name}");
            assert_eq!(found.cuts, [], "{name}");
            let text = plain(&found.text());
            let mut words = 0;
            // Numbers of a table are not written as text.
            for word in bag(&plain(&expected.text)).keys().filter(|word| word.chars().any(char::is_alphabetic)) {
                // A number that stands beside it may look like a letter.
                assert!(text.contains(word), "{name}: {word:?} is not in {text}");
                words += 1;
            }
            assert!(words > 20, "{name}: {words} words");
        }
    }
}

#[test]
fn what_is_encrypted_says_so() {
    let mut tree = Tree::new(Limits::default());
    let cuts = |tree: &mut Tree, data: &[u8]| decode(tree, data.chunks(100)).cut_names();
    let encrypted = [("ole2".to_owned(), "encrypted".to_owned())];
    // The flag of a document, a record of a table, and the name of what OOXML is encrypted in.
    let mut letter = documents(".doc").remove(0).data;
    let at = letter.windows(2).position(|bytes| bytes == [0xec, 0xa5]).unwrap();
    letter[at + 11] |= 1;
    assert_eq!(cuts(&mut tree, &letter), encrypted);
    let mut table = documents("made.xls").remove(0).data;
    let at = table.windows(4).position(|bytes| bytes == [0x09, 0x08, 0x10, 0]).unwrap();
    table[at + 20..at + 22].copy_from_slice(&[0x2f, 0]);
    assert_eq!(cuts(&mut tree, &table), encrypted);
    let mut renamed = documents("made.xls").remove(0).data;
    let name = "EncryptedPackage\0".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let old = "Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let at = renamed.windows(old.len()).position(|bytes| bytes == old).unwrap();
    renamed[at..at + name.len()].copy_from_slice(&name);
    assert_eq!(cuts(&mut tree, &renamed), encrypted);
}

#[test]
fn macros_are_told() {
    let mut tree = Tree::new(Limits::default());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/content/extractor/vbaProject.bin");
    let project = std::fs::read(path).unwrap();
    let told = |path: &str| (path.to_owned(), "macros".to_owned());
    assert_eq!(decode(&mut tree, project.chunks(100)).cut_names(), [told("ole2")]);
    // As documents of OOXML have it: stored, under this name.
    let name = b"xl/vbaProject.bin";
    let (mut crc, size) = (flate2::Crc::new(), u32::try_from(project.len()).unwrap().to_le_bytes());
    crc.update(&project);
    let header = [&b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0"[..], &crc.sum().to_le_bytes(), &size, &size, &[17, 0, 0, 0]];
    let book = [&header.concat()[..], name, &project].concat();
    let cuts = decode(&mut tree, book.chunks(100)).cut_names();
    assert!(cuts.contains(&told("zip:xl/vbaProject.bin/ole2")), "{cuts:?}");
}

#[test]
fn what_is_cut_short_says_so() {
    let mut tree = Tree::new(Limits::default());
    let data = documents(".doc").remove(0).data;
    let said = decode(&mut tree, [&data[..data.len() / 2]]);
    assert_eq!(said.cut_names(), [("ole2".to_owned(), "truncated".to_owned())]);
    let mut other = data;
    other[28] = 0;
    let said = decode(&mut tree, [&*other]);
    assert_eq!(said.cut_names(), [("ole2".to_owned(), "malformed".to_owned())]);
    assert_eq!(said.leaves[0].path, "", "what is none is scanned as it stands");
}

#[test]
fn cut_anywhere_and_damaged_anywhere() {
    for kind in [".doc", "office.xls", ".ppt"] {
        for document in documents(kind) {
            prove(&document);
        }
    }
}
