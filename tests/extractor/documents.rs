//! Parts of documents and messages that the programs at hand do not write, put together as their descriptions say.

use tidegate::decode::Cut;

use crate::compound::compound;
use crate::heard::Heard;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A document of Word's: pieces, in one or two bytes a character.
fn document(pieces: &[(&str, bool)]) -> Vec<u8> {
    let mut word = vec![0; 0x400];
    word[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    let (mut ends, mut places) = (vec![0_u32], Vec::new());
    for (text, narrow) in pieces {
        let at = u32::try_from(word.len()).unwrap();
        let bytes = if *narrow { encoding_rs::WINDOWS_1252.encode(text).0.into_owned() } else { wide(text) };
        places.push(if *narrow { (at * 2) | 0x4000_0000 } else { at });
        ends.push(ends.last().unwrap() + u32::try_from(text.encode_utf16().count()).unwrap());
        word.extend(bytes);
    }
    // Properties stand in front of the table of pieces.
    let mut table = vec![1, 3, 0, 9, 9, 9, 2];
    table.extend(u32::try_from(4 + 12 * pieces.len()).unwrap().to_le_bytes());
    table.extend(ends.iter().flat_map(|end| end.to_le_bytes()));
    for place in places {
        table.extend([0, 0]);
        table.extend(place.to_le_bytes());
        table.extend([0, 0]);
    }
    word[0x1a6..0x1aa].copy_from_slice(&u32::try_from(table.len()).unwrap().to_le_bytes());
    compound(&[("WordDocument", &word), ("0Table", &table)])
}

#[test]
fn pieces_and_fields_of_a_document() {
    let cases: [(&[(&str, bool)], &str); 4] = [
        (
            &[
                ("Gr\u{f6}\u{df}e: 12 \u{20ac}\r", true),
                ("\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430} \u{1f600}\r", false),
            ],
            "Gr\u{f6}\u{df}e: 12 \u{20ac}\n\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430} \u{1f600}\n",
        ),
        // A word that goes on in another piece, and cells.
        (&[("conf", true), ("iden", false), ("tial\u{7}next\u{7}\u{7}", true)], "confidential\nnext\n"),
        (
            &[("See \u{13}HYPERLINK \"https://tern.example/\"\u{14}the plans\u{15} for more.\rThe end.", true)],
            "See the plans for more.\nHYPERLINK \"https://tern.example/\"\nThe end.\n",
        ),
        // A field within another's instruction, one without a result, and an end without a beginning.
        (
            &[("a\u{13}IF \u{13}DATE\u{14}today\u{15} x\u{14}b\u{15}c\u{13}XE \"entry\"\u{15}d\u{15}\r", true)],
            "abcd\nIF DATE\ntoday x\nXE \"entry\"\n",
        ),
    ];
    for (pieces, expected) in cases {
        let heard = Heard::of("ole2", &document(pieces));
        assert_eq!((heard.part("(text)").text(), heard.whole), (expected, true));
    }
}

#[test]
fn documents_that_are_not_read() {
    let cuts = |file: &[u8]| Heard::of("ole2", file).cuts;
    let file = document(&[("text", true)]);
    let at = file.windows(4).position(|bytes| bytes == [0xec, 0xa5, 0xc1, 0]).unwrap();
    let mut other = file.clone();
    other[at + 11] |= 1;
    assert_eq!(cuts(&other), [Cut::Encrypted]);
    let mut other = file.clone();
    other[at + 2] = 0x2d;
    assert_eq!(cuts(&other), [Cut::Unsupported], "Word 2");
    let mut other = file.clone();
    other[at] = 0;
    assert_eq!(cuts(&other), [Cut::Malformed]);
    assert_eq!(Heard::of("ole2", &file[..400]).cuts, [Cut::Malformed]);
}

/// A property as Outlook keeps it: its stream's name, and its bytes.
fn property(id: u16, kind: u16) -> String {
    format!("__substg1.0_{id:04X}{kind:04X}")
}

/// RTF that is not packed ([MS-OXRTFCP] section 2.1.3.1).
fn rtf(text: &[u8]) -> Vec<u8> {
    let size = u32::try_from(text.len()).unwrap();
    [&(size + 12).to_le_bytes()[..], &size.to_le_bytes(), b"MELA", &[0; 4], text].concat()
}

#[test]
fn messages_with_all_that_they_may_have() {
    let properties = "__properties_version1.0";
    // Windows-1251 for texts, and Shift-JIS for HTML.
    let entry = |tag: u32, value: u32| [&tag.to_le_bytes()[..], &[6, 0, 0, 0], &value.to_le_bytes(), &[0; 4]].concat();
    let pages = [&[0; 32][..], &entry(0x3ffd_0003, 1251), &entry(0x3fde_0003, 932)].concat();
    let russian = encoding_rs::WINDOWS_1251.encode("\u{41f}\u{43b}\u{430}\u{43d}").0.into_owned();
    let attached = "__attach_version1.0_#00000000/";
    let second = "__attach_version1.0_#00000001/";
    let inner = format!("{second}__substg1.0_3701000D/");
    let recipient = "__recip_version1.0_#00000000/";
    let packed = rtf(b"{\\rtf1 packed}");
    let name = wide("q3.txt");
    let address = wide("bob@example.net");
    let label = wide("old.msg");
    let streams: Vec<(String, &[u8])> = vec![
        (properties.into(), &pages),
        (property(0x0037, 0x1e), &russian),
        (property(0x1013, 0x102), b"<html>\x82\xa0</html>"),
        (property(0x1009, 0x102), &packed),
        (property(0x007d, 0x1e), b"Received: by x\r\n"),
        (property(0x8001, 0x101f), b"\x08\0\0\0"),
        (property(0x8001, 0x101f) + "-00000000", &address),
        ("__nameid_version1.0/__substg1.0_00040102".into(), b"names"),
        (recipient.to_owned() + properties, &[0; 8]),
        (recipient.to_owned() + &property(0x3003, 0x1f), &address),
        (attached.to_owned() + properties, &[0; 8]),
        (attached.to_owned() + &property(0x3704, 0x1f), b"Q\0~\0"),
        (attached.to_owned() + &property(0x3707, 0x1f), &name),
        (attached.to_owned() + &property(0x3701, 0x102), b"attached"),
        (second.to_owned() + properties, &[0; 8]),
        (second.to_owned() + &property(0x3001, 0x1f), &label),
        (inner.clone() + properties, &[0; 24]),
        (inner.clone() + &property(0x1000, 0x1e), b"inner body"),
    ];
    let streams: Vec<(&str, &[u8])> = streams.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let heard = Heard::of("ole2", &compound(&streams));
    let text = |name: &str| heard.part(name).text().to_owned();
    assert_eq!(text("(subject)"), "\u{41f}\u{43b}\u{430}\u{43d}");
    assert_eq!(heard.part("(html)").charset, tidegate::decode::Charset::of(b"shift_jis"));
    assert_eq!(text("(rtf)"), "{\\rtf1 packed}");
    assert_eq!(text("(header)"), "Received: by x\r\n");
    assert_eq!(text("(properties)"), "bob@example.net\n");
    assert_eq!(text("(recipient)"), "bob@example.net\n");
    assert_eq!(text("q3.txt"), "attached");
    assert_eq!(text("old.msg/(body)"), "inner body");
    assert!(heard.whole, "{:?}", heard.cuts);
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

#[test]
fn workbooks_of_excel_95_have_a_code_page() {
    let russian = encoding_rs::WINDOWS_1251.encode("\u{41f}\u{43b}\u{430}\u{43d}").0.into_owned();
    let book = [
        record(0x809, &[0, 5, 5, 0, 0, 0, 0, 0]),
        record(0x42, &1251_u16.to_le_bytes()),
        record(0x85, &[&[0; 6][..], &[4], &russian].concat()),
        record(0x204, &[&[0; 6][..], &[4, 0], &russian].concat()),
        record(0x14, &[&[4][..], &russian].concat()),
        record(0x0a, &[]),
    ];
    let heard = Heard::of("ole2", &compound(&[("Book", &book.concat())]));
    assert_eq!(heard.part("(text)").text(), "\u{41f}\u{43b}\u{430}\u{43d}\n".repeat(3));
    assert!(heard.whole);
    let heard = Heard::of("ole2", &compound(&[("Book", &record(0x809, &[0, 4, 5, 0]))]));
    assert_eq!(heard.cuts, [Cut::Unsupported]);
}

#[test]
fn text_boxes_notes_and_charts_of_a_workbook() {
    let book = [
        record(0x809, &[0, 6, 5, 0, 0, 0, 0, 0]),
        record(0x1b6, &[&[0; 10][..], &[5, 0], &[0; 6]].concat()),
        record(0x3c, b"\0box"),
        record(0x3c, &[&[1][..], &wide("\u{3b1}\u{3b2}")].concat()),
        // Formats of its characters are no text.
        record(0x3c, b"\0\0\0\0\0"),
        record(0x1c, &[&[0; 8][..], &[3, 0, 0], b"Ann"].concat()),
        record(0x100d, &[&[0; 2][..], &[5, 0], b"Chart"].concat()),
        record(0x0a, &[]),
    ];
    let heard = Heard::of("ole2", &compound(&[("Workbook", &book.concat())]));
    assert_eq!(heard.part("(text)").text(), "box\u{3b1}\u{3b2}\nAnn\nChart\n");
}

#[test]
fn presentations_with_containers_and_atoms() {
    let atom = |version: u16, kind: u16, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap();
        [&version.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), body].concat()
    };
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zlib, b"an object").unwrap();
    let object = [&9_u32.to_le_bytes()[..], &zlib.finish().unwrap()].concat();
    let inner = [atom(0, 0xfa8, b"Gr\xf6\xdfe\x0bline"), atom(0, 0xfba, &wide("___PPT10"))].concat();
    let slides = [
        atom(15, 0x3e8, &inner),
        atom(0, 0xfa0, &wide("\u{41f}\u{43b}\u{430}\u{43d}\rtwo")),
        atom(0x10, 0x1011, &object),
        atom(0, 0x1011, b"plain"),
    ];
    let heard = Heard::of("ole2", &compound(&[("PowerPoint Document", &slides.concat())]));
    assert_eq!(heard.part("(text)").text(), "Gr\u{f6}\u{df}e\nline\n\u{41f}\u{43b}\u{430}\u{43d}\ntwo\n");
    let objects: Vec<_> = heard.parts[1..].iter().map(|part| (part.name.as_str(), part.text())).collect();
    assert_eq!(objects, [("(object)", "an object"), ("(object)", "plain")]);
    assert!(heard.whole);
    let locked = [atom(0, 0xfa0, &wide("one")), atom(15, 0x2f14, &[])].concat();
    assert!(Heard::of("ole2", &compound(&[("PowerPoint Document", &locked)])).is_cut(Cut::Encrypted));
}

#[test]
fn properties_of_all_kinds() {
    let string = |text: &[u8]| [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text].concat();
    let units =
        |text: &str| [&u32::try_from(text.encode_utf16().count()).unwrap().to_le_bytes()[..], &wide(text)].concat();
    let values = [
        (1, [2_u32.to_le_bytes(), 1251_u32.to_le_bytes()].concat()),
        (2, [&0x1e_u32.to_le_bytes()[..], &string(b"\xcf\xeb\xe0\xed\0")].concat()),
        (3, [&0x1f_u32.to_le_bytes()[..], &units("wide")].concat()),
        (4, [&0x101e_u32.to_le_bytes()[..], &2_u32.to_le_bytes(), &string(b"one\0"), &string(b"two\0")].concat()),
        (
            5,
            [
                &0x100c_u32.to_le_bytes()[..],
                &2_u32.to_le_bytes(),
                &0x1e_u32.to_le_bytes(),
                &string(b"three\0"),
                &3_u32.to_le_bytes(),
                &7_u32.to_le_bytes(),
            ]
            .concat(),
        ),
        (6, [3_u32.to_le_bytes(), 9_u32.to_le_bytes()].concat()),
    ];
    let mut set = vec![0; 8 + 8 * values.len()];
    for (number, (id, value)) in values.iter().enumerate() {
        let at = u32::try_from(set.len()).unwrap();
        set[8 + 8 * number..12 + 8 * number].copy_from_slice(&u32::to_le_bytes(*id));
        set[12 + 8 * number..16 + 8 * number].copy_from_slice(&at.to_le_bytes());
        set.extend(value);
    }
    let count = u32::try_from(values.len()).unwrap();
    set[4..8].copy_from_slice(&count.to_le_bytes());
    let mut stream = vec![0xfe, 0xff];
    stream.resize(24, 0);
    stream.extend(1_u32.to_le_bytes());
    stream.resize(44, 0);
    stream.extend(48_u32.to_le_bytes());
    stream.extend(&set);
    let heard = Heard::of("ole2", &compound(&[("\u{5}SummaryInformation", &stream)]));
    assert_eq!(heard.part("SummaryInformation").text(), "\u{41f}\u{43b}\u{430}\u{43d}\nwide\none\ntwo\nthree\n");
    assert!(heard.whole);
    // All properties are the same long one.
    let mut many = vec![0; 8 + 8 * 1000];
    let at = u32::try_from(many.len()).unwrap();
    many[4..8].copy_from_slice(&1000_u32.to_le_bytes());
    for number in 0..1000 {
        many[8 + 8 * number..12 + 8 * number].copy_from_slice(&2_u32.to_le_bytes());
        many[12 + 8 * number..16 + 8 * number].copy_from_slice(&at.to_le_bytes());
    }
    many.extend(0x1e_u32.to_le_bytes());
    many.extend(string(&[b'x'; 5000]));
    let stream = [&stream[..48], &many].concat();
    let heard = Heard::of("ole2", &compound(&[("\u{5}SummaryInformation", &stream)]));
    assert!(heard.is_cut(Cut::Malformed) && heard.given() <= stream.len(), "{} bytes", heard.given());
}
