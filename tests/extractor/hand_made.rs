//! What no honest program makes.

use tidegate::decode::Cut;

use crate::compound::compound;
use crate::damage::bounded;
use crate::heard::Heard;
use crate::real::read;

/// Where the FAT and the directory of such a file begin.
fn places(file: &[u8]) -> (usize, usize) {
    let word = |at: usize| usize::try_from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap())).unwrap();
    (512 * (word(76) + 1), 512 * (word(48) + 1))
}

fn set(file: &mut [u8], at: usize, word: u32) {
    file[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

/// A workbook of these records.
fn workbook(records: &[Vec<u8>]) -> Vec<u8> {
    let begin = record(0x809, &[0, 6, 5, 0, 0, 0, 0, 0]);
    let end = record(0x0a, &[]);
    let book = [vec![begin], records.to_vec(), vec![end]].concat().concat();
    compound(&[("Workbook", &book)])
}

#[test]
fn streams_are_found_by_their_paths() {
    let long = vec![b'x'; 5000];
    let file = compound(&[("first", b"one"), ("a/b/second", &long), ("a/third", b""), ("\u{1}Ole", b"left out")]);
    let heard = Heard::of("ole2", &file);
    assert_eq!(heard.names(), ["first", "a/third", "a/b/second"]);
    assert_eq!((heard.part("first").bytes.as_slice(), &heard.part("a/b/second").bytes), (&b"one"[..], &long));
    assert!(heard.whole);
}

#[test]
fn chains_that_come_back() {
    let data = vec![b'x'; 40 * 512];
    let mut file = compound(&[("first", &data), ("second", b"two")]);
    let (fat, _) = places(&file);
    // Sector 20 is followed by sector 3.
    set(&mut file, fat + 20 * 4, 3);
    let heard = bounded("ole2", &file, "a loop");
    assert_eq!((heard.cuts.as_slice(), heard.whole), (&[Cut::Malformed][..], false));
    assert_eq!(heard.part("second").bytes, b"two", "the other stream is read all the same");
    set(&mut file, fat + 20 * 4, 20);
    assert!(bounded("ole2", &file, "a sector that follows itself").is_cut(Cut::Malformed));
    // The directory's own chain, and a list of sectors of the FAT.
    let mut file = compound(&[("first", &data)]);
    let (fat, directory) = places(&file);
    set(&mut file, fat + (directory / 512 - 1) * 4, u32::try_from(directory / 512 - 1).unwrap());
    assert!(bounded("ole2", &file, "a directory that comes back").is_cut(Cut::Malformed));
    let mut file = compound(&[("first", &data)]);
    file[68..72].copy_from_slice(&5_u32.to_le_bytes());
    for word in file[512 * 6..512 * 7].as_chunks_mut::<4>().0 {
        *word = 5_u32.to_le_bytes();
    }
    bounded("ole2", &file, "a list that comes back");
}

#[test]
fn directories_that_come_back() {
    let file = compound(&[("a/first", b"one"), ("a/second", b"two"), ("third", b"three")]);
    let (_, directory) = places(&file);
    let entries = 6;
    // Each link of each entry to each entry.
    for entry in 0..entries {
        for link in [68, 72, 76] {
            for to in 0..entries {
                let mut file = file.clone();
                set(&mut file, directory + entry * 128 + link, u32::try_from(to).unwrap());
                let heard = bounded("ole2", &file, "a directory");
                let mut names = heard.names();
                let all = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), all, "each is handed out once: {names:?}");
            }
        }
    }
}

#[test]
fn a_mini_stream_that_is_its_own() {
    let data = read("vbaProject.bin");
    let (fat, directory) = places(&data);
    let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
    let start = word(directory + 116);
    let mut file = data.clone();
    set(&mut file, fat + 4 * usize::try_from(start).unwrap(), start);
    assert!(bounded("ole2", &file, "a mini stream").is_cut(Cut::Malformed));
    // Every sector of it follows itself.
    let mut file = data.clone();
    let mini = 512 * (usize::try_from(word(60)).unwrap() + 1);
    for number in 0..128 {
        set(&mut file, mini + 4 * number, u32::try_from(number).unwrap());
    }
    assert!(bounded("ole2", &file, "its sectors").is_cut(Cut::Malformed));
}

#[test]
fn sectors_that_many_streams_share() {
    let data = vec![b'x'; 64 * 512];
    let names: Vec<String> = (0..400).map(|number| format!("stream {number}")).collect();
    let streams: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), if name == "stream 0" { &data[..] } else { &[] })).collect();
    let mut file = compound(&streams);
    let (_, directory) = places(&file);
    for number in 1..=400 {
        set(&mut file, directory + 128 * number + 116, 0);
        set(&mut file, directory + 128 * number + 120, 64 * 512);
    }
    let heard = bounded("ole2", &file, "shared sectors");
    assert!(heard.is_cut(Cut::Malformed));
    assert!(heard.given() <= file.len(), "{} bytes of {}", heard.given(), file.len());
}

#[test]
fn storages_within_each_other() {
    let path = "a/".repeat(60) + "stream";
    let heard = bounded("ole2", &compound(&[(&path, b"deep")]), "storages");
    assert_eq!((heard.cuts.as_slice(), heard.names().len()), (&[Cut::Depth][..], 1));
    assert_eq!(heard.names(), ["(loose)/stream"], "what no storage has that was looked into is handed out too");
    let path = "a/".repeat(20) + "stream";
    let heard = bounded("ole2", &compound(&[(&path, b"deep")]), "storages");
    assert_eq!((heard.names(), heard.whole), (vec![&*path], true));
}

#[test]
fn strings_that_go_on_in_other_records() {
    let text = |heard: &Heard| heard.part("(text)").text().to_owned();
    let cell = |number: u32| record(0xfd, &[&[0; 6][..], &number.to_le_bytes()].concat());
    // Two strings: one whose second half is in two bytes a character, and one with formats and more behind it.
    let first = [&[2, 0, 0, 0, 2, 0, 0, 0][..], &[6, 0, 0], b"abc"].concat();
    let second =
        [&[1][..], "d\u{3b1}f".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice()].concat();
    let third = [&[2, 0, 0x0c, 1, 0, 3, 0, 0, 0][..], b"xy", &[1, 2, 3, 4, 5]].concat();
    let file = workbook(&[
        record(0xfc, &first),
        record(0x3c, &second),
        record(0x3c, &third),
        record(0x3c, &[6, 7]),
        cell(1),
        cell(0),
    ]);
    let heard = Heard::of("ole2", &file);
    assert_eq!((text(&heard).as_str(), heard.whole), ("xy\nabcd\u{3b1}f\n", true));
    // More strings than there are, and cells of those.
    let lying = [&[0xff; 8][..], &[3, 0, 0], b"abc"].concat();
    let heard = bounded("ole2", &workbook(&[record(0xfc, &lying), cell(7), cell(u32::MAX), cell(0)]), "strings");
    assert_eq!((text(&heard).as_str(), heard.whole), ("abc\n", false));
}

#[test]
fn numbers_of_all_kinds() {
    let at = [0_u8; 6];
    let whole = record(0x27e, &[&at[..], &((-12_i32 << 2) as u32 | 2).to_le_bytes()].concat());
    let hundredth = record(0x27e, &[&at[..], &((1234_u32 << 2) | 3).to_le_bytes()].concat());
    let real = record(0x203, &[&at[..], &4_111_111_111_111_111_f64.to_le_bytes()].concat());
    let result = record(0x06, &[&at[..], &2.5_f64.to_le_bytes(), &[0; 6]].concat());
    let none = record(0x06, &[&at[..], &[0, 0, 0, 0, 0, 0, 0xff, 0xff], &[0; 6]].concat());
    let text = record(0x207, &[&[3, 0, 0][..], b"sum"].concat());
    let heard = Heard::of("ole2", &workbook(&[whole, hundredth, real, result, none, text]));
    assert_eq!(heard.part("(text)").text(), "-12\n12.34\n4111111111111111\n2.5\nsum\n");
}

#[test]
fn cells_that_repeat_a_long_string() {
    let mut records =
        vec![record(0xfc, &[&[1, 0, 0, 0, 1, 0, 0, 0][..], &8000_u16.to_le_bytes(), &[0], &[b'x'; 8000]].concat())];
    records.resize(1500, record(0xfd, &[0; 10]));
    let file = workbook(&records);
    let heard = bounded("ole2", &file, "a workbook");
    assert!(heard.is_cut(Cut::Ratio), "{:?}", heard.cuts);
    assert!(heard.given() <= 65 * file.len(), "{} bytes of {}", heard.given(), file.len());
}

#[test]
fn pieces_of_a_document_that_overlap() {
    let mut word = vec![0; 4096];
    word[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    let count = 500_u32;
    let mut table = vec![2];
    table.extend((12 * count + 4).to_le_bytes());
    // Each is all of the stream.
    (0..=count).for_each(|number| table.extend((number * 4000).to_le_bytes()));
    (0..count).for_each(|_| table.extend([0, 0, 0, 0, 0, 0x40, 0, 0]));
    word[0x1a6..0x1aa].copy_from_slice(&u32::try_from(table.len()).unwrap().to_le_bytes());
    word[1000..1010].copy_from_slice(b"some words");
    let heard = bounded("ole2", &compound(&[("WordDocument", &word), ("0Table", &table)]), "a document");
    assert!(heard.is_cut(Cut::Malformed));
    assert!(heard.given() < 8192, "{} bytes", heard.given());
}

#[test]
fn macros_that_swell() {
    // A chunk that is 4096 times one letter, a thousand times.
    let chunk = [0x03, 0xb0, 0x02, b'a', 0xfc, 0x0f];
    let source = [&[1][..], &chunk.repeat(5000)].concat();
    let streams = [("VBA/dir", &b"\x01"[..]), ("VBA/_VBA_PROJECT", b"x"), ("VBA/Module1", &source)];
    let heard = bounded("ole2", &compound(&streams), "macros");
    // Nothing says where the source begins.
    assert_eq!(heard.part("VBA/Module1").bytes, source);
    let begin = [b"\x01\x0b\xb0\0".as_slice(), b"Attribut", &[0]].concat();
    let source = [&begin[..], &chunk.repeat(5000)].concat();
    let streams = [("VBA/dir", &b"\x01"[..]), ("VBA/_VBA_PROJECT", b"x"), ("VBA/Module1", &source)];
    let heard = bounded("ole2", &compound(&streams), "macros");
    let module = heard.part("VBA/Module1");
    assert!(module.bytes.starts_with(b"Attribut") && module.cuts == [Cut::Macros], "{:?}", module.cuts);
}

/// A document of Word 6 or later in one piece, in a stream as it is.
fn word6(version: u16, language: u16, text: &[u8]) -> Vec<u8> {
    let mut word = vec![0; 0x300];
    for (at, value) in [(0, 0xa5dc), (2, version), (6, language)] {
        word[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    let end = u32::try_from(0x300 + text.len()).unwrap();
    set(&mut word, 0x18, 0x300);
    set(&mut word, 0x1c, end);
    word.extend_from_slice(text);
    word
}

/// All of what was said, where a document was read: its text, and no more.
fn told_of(word: &[u8]) -> (Option<String>, Vec<Cut>, bool) {
    let heard = bounded("ole2", &compound(&[("WordDocument", word)]), "a document");
    let cuts = heard.cuts.iter().chain(heard.parts.iter().flat_map(|part| &part.cuts)).copied().collect();
    (heard.parts.first().map(|part| part.text().to_owned()), cuts, heard.whole)
}

#[test]
fn documents_of_word_6_and_95() {
    let text = |text: &str| Some(text.to_owned());
    let sound = word6(104, 0x409, b"caf\xe9 \x96 the \x13 PAGE \x147\x15 end\r");
    assert_eq!(told_of(&sound), (text("caf\u{e9} \u{2013} the 7 end\nPAGE \n"), vec![], true));
    // Windows-1251 in a Russian one, a Macintosh's set where it says so.
    let russian = word6(101, 0x419, b"\xcf\xf0\xee\xe5\xea\xf2\r");
    assert_eq!(told_of(&russian), (text("\u{41f}\u{440}\u{43e}\u{435}\u{43a}\u{442}\n"), vec![], true));
    let mut macintosh = word6(101, 0x409, b"caf\x8e\r");
    macintosh[0x15] = 1;
    assert_eq!(told_of(&macintosh), (text("caf\u{e9}\n"), vec![], true));
    // Less of it than its header says, and a header that says nothing sensible.
    let mut short = sound.clone();
    set(&mut short, 0x1c, 5000);
    assert_eq!(told_of(&short), (text("caf\u{e9} \u{2013} the 7 end\nPAGE \n"), vec![Cut::Truncated], false));
    let mut encrypted = sound.clone();
    encrypted[11] = 1;
    assert_eq!(told_of(&encrypted), (None, vec![Cut::Encrypted], false));
}

/// Where nobody can say where the text is, it is found by its looks, and only what is wrong with the document is told.
#[test]
fn text_is_found_in_what_cannot_be_read() {
    let line = b"the plans of Project Tern\r";
    let has_text = |(text, cuts, whole): (Option<String>, Vec<Cut>, bool), cut: Cut| {
        assert!(text.is_some_and(|text| text.contains("the plans of Project Tern\n")));
        assert_eq!((cuts, whole), (vec![cut], false));
    };
    let mut backwards = word6(104, 0x409, line);
    set(&mut backwards, 0x18, 5000);
    has_text(told_of(&backwards), Cut::Malformed);
    let mut fast = word6(104, 0x409, line);
    fast[10] = 4;
    set(&mut fast, 0x160, 0x300);
    set(&mut fast, 0x164, 20);
    has_text(told_of(&fast), Cut::Malformed);
    has_text(told_of(&word6(45, 0x409, line)), Cut::Unsupported);
    // A file that has no directory.
    let mut file = compound(&[("WordDocument", &word6(104, 0x409, line))]);
    set(&mut file, 48, 0x00ff_fff0);
    let heard = bounded("ole2", &file, "no directory");
    assert!(heard.part("(text)").text().contains("the plans of Project Tern\n"));
    assert_eq!((heard.cuts.as_slice(), heard.whole), (&[Cut::Malformed][..], false));
}
