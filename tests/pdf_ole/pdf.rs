//! PDF.

use super::{BTreeSet, Document, Limits, Said, Tree, bag, decode, documents, prove, words};

fn said(data: &[u8]) -> Said {
    decode(&mut Tree::new(Limits::default()), data.chunks(1000))
}

/// A file with these objects.
fn file(objects: &[&[u8]]) -> Vec<u8> {
    [b"%PDF-1.7\n", &objects.join(&b'\n')[..], b"\ntrailer\n<</Size 9>>\nstartxref\n0\n%%EOF\n"].concat()
}

/// A stream with these entries of its dictionary.
fn stream(number: u32, entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("{number} 0 obj\n<<{entries}>>\nstream\r\n");
    [head.as_bytes(), data, b"\nendstream\nendobj"].concat()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, data).unwrap();
    encoder.finish().unwrap()
}

type Pairs = Vec<(String, String)>;

/// All there is of a file: its text, the paths of other leaves with what they hold, and cuts.
fn outline(data: &[u8]) -> (String, Pairs, Pairs) {
    let found = said(data);
    let others = found.leaves.iter().filter(|leaf| leaf.path != "pdf" && !leaf.path.ends_with(":(text)"));
    let others = others.map(|leaf| (leaf.path.clone(), String::from_utf8_lossy(&leaf.bytes).into_owned())).collect();
    (found.text(), others, found.cut_names())
}

#[test]
fn words_are_those_that_a_reader_shows() {
    for Document { name, data, expected } in documents(".pdf") {
        let found = said(&data);
        let text = found.text();
        assert_eq!(found.cut_names(), expected.cuts, "{name}");
        let shown = bag(&text);
        for (word, count) in bag(&expected.text) {
            let here = shown.get(word).copied().unwrap_or(0);
            assert!(here >= count, "{name}: {word:?} is there {here} times, not {count}: {text}");
        }
        for string in &expected.strings {
            let missing: Vec<_> = words(string).into_iter().filter(|word| !text.contains(word)).collect();
            assert!(missing.is_empty(), "{name}: {missing:?} of {string:?} is not in {text}");
        }
        if expected.leaves.is_empty() {
            let strings = expected.strings.iter().flat_map(|text| words(text));
            let all: BTreeSet<_> = words(&expected.text).into_iter().chain(strings).collect();
            let strange: Vec<_> = shown.keys().filter(|word| !all.contains(**word)).collect();
            assert!(strange.is_empty(), "{name}: nobody wrote {strange:?}");
        }
        for (path, text) in &expected.leaves {
            let inside = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>().contains(text);
            let latin = |bytes: &[u8]| inside(bytes) || String::from_utf8_lossy(bytes).contains(text);
            let leaf = found.leaves.iter().find(|leaf| leaf.path.contains(path) && latin(&leaf.bytes));
            assert!(leaf.is_some(), "{name}: no {path} with {text:?}: {:?}", found.leaves);
        }
        assert_eq!(found.leaves[0].path, "pdf", "it is scanned as it stands as well");
    }
}

#[test]
fn lines_come_in_the_order_of_the_page() {
    for name in ["reportlab-plain.pdf", "reportlab-flate85.pdf", "qpdf-objects.pdf", "gs.pdf", "fpdf.pdf"] {
        let documents = documents(name);
        let text = said(&documents[0].data).text();
        let mut rest = text.lines().map(words);
        for line in documents[0].expected.text.lines().map(words).filter(|line| !line.is_empty()) {
            assert!(rest.any(|found| found == line), "{name}: {line:?} is not where it should be in {text}");
        }
    }
}

#[test]
fn cut_anywhere_and_damaged_anywhere() {
    for document in documents(".pdf") {
        prove(&document);
    }
}

#[test]
fn filters_stand_behind_each_other() {
    let page = b"BT /F1 12 Tf (Project Tern) Tj ET";
    let hex = |data: &[u8]| {
        [data.iter().flat_map(|byte| format!("{byte:02x} ").into_bytes()).collect(), b">".to_vec()].concat()
    };
    let runs = |data: &[u8]| {
        let blocks = data.chunks(100).flat_map(|block| [&[u8::try_from(block.len() - 1).unwrap()], block].concat());
        blocks.chain([128]).collect::<Vec<_>>()
    };
    // Codes of nine bits that are their letters, and the end.
    let lzw = |data: &[u8]| {
        let codes = [256].into_iter().chain(data.iter().map(|byte| u32::from(*byte))).chain([257]);
        let bits: Vec<_> = codes.flat_map(|code| (0..9).rev().map(move |bit| code >> bit & 1)).collect();
        bits.chunks(8)
            .map(|byte| byte.iter().zip((0..8).rev()).fold(0, |sum, (bit, at)| sum | u8::try_from(*bit).unwrap() << at))
            .collect::<Vec<u8>>()
    };
    let cases = [
        ("/Filter/AHx", hex(page)),
        ("/Filter[/ASCIIHexDecode/FlateDecode]", hex(&deflated(page))),
        ("/Filter[/ASCIIHexDecode/RunLengthDecode/FlateDecode]", hex(&runs(&deflated(page)))),
        ("/Filter/LZWDecode", lzw(page)),
        ("/Filter[/FlateDecode/FlateDecode]", deflated(&deflated(page))),
        ("/Filter[/AHx/AHx/AHx/AHx/Fl]", hex(&hex(&hex(&hex(&deflated(page)))))),
        ("/X<</Filter/Foo/DecodeParms<</Predictor 12>>>>/Filter/Fl", deflated(page)),
        ("/Filter[/Fl/Fl]/DecodeParms[null<</Predictor 1>>]", deflated(&deflated(page))),
        ("/Filter[/AHx/Fl]/DecodeParms<</Predictor 12>>", hex(&deflated(page))),
        ("/Filter 6 0 R", deflated(page)),
        ("/Filter 6 0 R", page.to_vec()),
        ("/Filter/Foo/Filter/FlateDecode", deflated(page)),
        ("/Filter/Fl/DecodeParms 6 0 R", deflated(page)),
        ("/Filter[/FlateDecode/LZWDecode]", deflated(&lzw(page))),
        ("/Filter[/FlateDecode]/Length 99999999", deflated(page)),
        ("/Filter/FlateDecode/Length 1", deflated(page)),
        ("/Filter/FlateDecode/Length 9 0 R", deflated(page)),
        ("/Length 3", page.to_vec()),
    ];
    for (entries, data) in cases {
        let (text, others, cuts) = outline(&file(&[&stream(4, entries, &data)]));
        assert_eq!((text.as_str(), others, cuts), ("Project Tern", vec![], vec![]), "{entries}");
    }
}

#[test]
fn what_cannot_be_read_is_told_once() {
    let page = deflated(b"BT (first) Tj ET");
    let bad = [b"not deflate", &page[..]].concat();
    let objects = [
        stream(1, "/Filter/FlateDecode", &page),
        stream(2, "/Filter/FlateDecode", &bad),
        stream(3, "/Filter/JBIG2Decode", &bad),
        stream(4, "/Filter/FlateDecode", &bad),
    ];
    let objects: Vec<_> = objects.iter().map(Vec::as_slice).collect();
    let malformed = vec![("pdf".to_owned(), "malformed".to_owned())];
    assert_eq!(outline(&file(&objects)), ("first".to_owned(), vec![], malformed));
    let encrypted = [&objects[..], &[b"trailer <</Encrypt 9 0 R>>"]].concat();
    assert_eq!(outline(&file(&encrypted)), (String::new(), vec![], vec![("pdf".to_owned(), "encrypted".to_owned())]));
}

/// What refers to a stream, and what is in it.
type Owned<'a> = (&'a [u8], &'a [u8]);

/// Pieces may end anywhere, and bytes be wrong.
fn proven(name: &str, data: &[u8]) -> (String, Pairs, Pairs) {
    let expected = super::Expected {
        text: String::new(),
        strings: vec![],
        leaves: std::collections::BTreeMap::new(),
        cuts: vec![],
    };
    prove(&Document { name: name.to_owned(), data: data.to_vec(), expected });
    outline(data)
}

fn cut(reason: &str) -> Pairs {
    vec![("pdf".to_owned(), reason.to_owned())]
}

#[test]
fn what_a_filter_was_left_out_of_is_told() {
    let page = b"BT /F1 12 Tf (Project Tern) Tj ET";
    let hex: Vec<u8> = page.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    let rows: Vec<_> = page.chunks_exact(11).collect();
    let up = rows.windows(2).flat_map(|two| {
        let row = two[1].iter().zip(two[0]).map(|(byte, above)| byte.wrapping_sub(*above));
        std::iter::once(2).chain(row).collect::<Vec<u8>>()
    });
    let up: Vec<u8> = up.collect();
    let cases = [
        ("/Filter 6 0 R", hex.clone()),
        ("/Filter[6 0 R/Fl]", hex.clone()),
        ("/Filter/Foo", page.to_vec()),
        ("/Filter[/AHx/AHx/AHx/AHx/AHx/AHx/AHx/AHx/AHx]", hex),
        ("/Filter[/Fl/Fl/Fl]", deflated(&deflated(&deflated(page)))),
        ("/Filter/Fl/DecodeParms 6 0 R", deflated(&up)),
        ("/Filter/Fl/DecodeParms[6 0 R]", deflated(&[0x80; 40])),
        ("/Filter/CCITTFaxDecode", page.to_vec()),
    ];
    for (entries, data) in cases {
        let (_, _, cuts) = proven(entries, &file(&[&stream(4, entries, &data)]));
        assert_eq!(cuts, cut("unsupported"), "{entries}");
    }
    let picture = stream(4, "/Subtype/Image/Filter/CCITTFaxDecode", page);
    assert_eq!(outline(&file(&[&picture])).2, []);
}

#[test]
fn text_is_read_whatever_its_dictionary_calls_it() {
    let page = b"BT /F1 12 Tf [(Proj)20(ect T)-10(ern)] TJ ET";
    let names = [
        "/N 1",
        "/Length1 1",
        "/FunctionType 0",
        "/ShadingType 4",
        "/Alternate/DeviceRGB",
        "/Subtype/Image",
        "/Subtype/Type1C",
        "/Type/XRef",
        "/Type/ObjStm",
        "/Type/ObjStm/First 9",
        "/N 2/First 9",
    ];
    for name in names {
        let said = proven(name, &file(&[&stream(4, &format!("{name}/Filter/Fl"), &deflated(page))]));
        assert_eq!(said, ("Project Tern".to_owned(), vec![], vec![]), "{name}");
    }
    for (name, path) in [("/Type/EmbeddedFile", "(file)"), ("/Params<<>>", "(file)"), ("/Type/Metadata", "(metadata)")]
    {
        let (text, others, cuts) = proven(name, &file(&[&stream(4, name, page)]));
        assert_eq!((text.as_str(), cuts), ("Project Tern", vec![]), "{name}");
        assert_eq!(others, [(format!("pdf:{path}"), String::from_utf8_lossy(page).into_owned())], "{name}");
    }
}

#[test]
fn what_has_no_text_is_passed_by_unless_a_page_shows_it() {
    let pixel = |n: u32| u8::try_from(n.wrapping_mul(0x9e37_79b9) >> 24).unwrap() | 0x80;
    let pixels: Vec<u8> = (0..6000).map(pixel).collect();
    let hidden = [&pixels[..], b" BT /F1 9 Tf (Project Tern) Tj ET"].concat();
    let entries = "/Subtype/Image/Filter/Fl";
    let picture = stream(4, entries, &deflated(&hidden));
    let page: &[u8] = b"3 0 obj <</Type/Page/Contents[4 0 R]>> endobj";
    assert_eq!(proven("an image", &file(&[&picture])), (String::new(), vec![], vec![]));
    assert_eq!(proven("behind it", &file(&[&picture, page])), (String::new(), vec![], cut("malformed")));
    let (text, _, cuts) = proven("in front of it", &file(&[page, &picture]));
    assert!(text.contains("Project Tern") && cuts.is_empty(), "{text}: {cuts:?}");
    // Black, which packs well.
    let black = stream(4, entries, &deflated(&vec![0; 4 << 20]));
    assert_eq!(outline(&file(&[&black])), (String::new(), vec![], vec![]));
    let font = [b"%!PS-AdobeFont-1.0: Tern\n(Project Tern) readonly def\n", &pixels[..]].concat();
    assert_eq!(outline(&file(&[&stream(4, "/Length1 80/Length2 6000", &font)])), (String::new(), vec![], vec![]));
}

#[test]
fn tables_of_characters_come_before_and_behind() {
    let table = stream(7, "", b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n2 beginbfchar <0003> <00660066> <0004> <d83dde00> endbfchar 2 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0058> <0059>] endbfrange endcmap");
    let font: &[u8] = b"5 0 obj <</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 7 0 R>> endobj";
    let owner: &[u8] = b"3 0 obj <</Type/Page/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>> endobj";
    let page = stream(4, "", b"BT /F1 9 Tf <00100011> Tj [<0003> -300 <0020> 20 <0021>] TJ T* <0004> Tj ET");
    let shown = "ABff XY\n\u{1f600}";
    for order in [[&page[..], owner, font, &table], [&table[..], font, owner, &page]] {
        assert_eq!(outline(&file(&order)).0, shown);
    }
    // Nobody says what the codes mean: the second byte of each is taken for it.
    let page = stream(4, "", b"BT /F1 9 Tf <00540065> Tj <0072006e> Tj ET");
    assert_eq!(outline(&file(&[&page])).0, "Tern");
    let differences: &[u8] = b"5 0 obj <</Type/Font/Encoding<</Differences[1/T/e 10/r/ffi]>>>> endobj";
    let page = stream(4, "", b"BT /F1 9 Tf <01020a0b> Tj ET");
    assert_eq!(outline(&file(&[&page, owner, differences])).0, "Terffi");
}

#[test]
fn words_are_whole_where_the_widths_of_letters_are_known() {
    let page: &[u8] = b"3 0 obj <</Type/Page/Contents[4 0 R 9 0 R]/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>> endobj";
    // Letters of this font are half as wide as they are high.
    let half = format!("/FirstChar 32/Widths[{}]", "500 ".repeat(95));
    let font = |entries: &str| format!("5 0 obj <</Type/Font/BaseFont/Tern{entries}>> endobj").into_bytes();
    let apart = format!(" 8 0 obj [{}] endobj", "500 ".repeat(95)).into_bytes();
    let helvetica = b"5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj".to_vec();
    let standard = b"6 0 obj <</Type/Font/Subtype/Type1/BaseFont/Courier>> endobj".to_vec();
    let wide = |entries: &str| {
        let within = format!(" 7 0 obj <</Subtype/CIDFontType2{entries}>> endobj");
        [font("/Subtype/Type0/DescendantFonts[7 0 R]"), within.into_bytes()].concat()
    };
    let sizes = [
        font(&half),
        [font("/FirstChar 32/Widths 8 0 R"), apart].concat(),
        wide("/DW 500"),
        wide("/W[32[500 500]34 255 500]"),
        [wide("/W 8 0 R"), b" 8 0 obj [1 [2] 32 126 500] endobj".to_vec()].concat(),
    ];
    let moves = [
        ("(Pro) Tj 15 0 Td (ject) Tj", "Project"),
        ("(Pro) Tj 18 0 Td (ject) Tj", "Pro ject"),
        ("(Pro) Tj 40 0 Td (ject) Tj", "Pro ject"),
        ("(Pro) Tj 8 0 Td (ject) Tj", "Pro ject"),
        ("1 0 0 1 50 90 Tm (Pro) Tj 1 0 0 1 65 90 Tm (ject) Tj", "Project"),
        ("2 0 0 2 50 90 Tm (Pro) Tj 15 0 Td (ject) Tj", "Project"),
        ("0 1 -1 0 50 90 Tm (Pro) Tj 15 0 Td (ject) Tj 25 0 Td (Tern) Tj", "Project Tern"),
        ("[(P)-100(r)50(o)]TJ 15.5 0 Td [(ject)]TJ", "Project"),
        ("(Pro) Tj 10 0 Td [-500(ject)] TJ", "Project"),
        ("[(Pro)] TJ [-500(ject)] TJ", "Pro ject"),
        ("2 Tc (Pro) Tj 21 0 Td (ject) Tj", "Project"),
        ("q 2 Tc Q (Pro) Tj 21 0 Td (ject) Tj", "Pro ject"),
        ("3 Tw (a b) Tj 18 0 Td (c) Tj", "a bc"),
        ("50 Tz (Pro) Tj 7.5 0 Td (ject) Tj 15 0 Td (x) Tj", "Project x"),
        ("(Pro) Tj ET 1 0 0 1 5 0 cm BT 15 90 Td (ject) Tj", "Pro ject"),
    ];
    let codes = |text: &str| text.bytes().map(|byte| format!("{byte:04x}")).collect::<String>();
    for (shown, text) in moves {
        for (at, sizes) in sizes.iter().enumerate() {
            // Blanks of fonts whose codes have two bytes are no wider than others.
            if at > 1 && shown.contains("Tw") {
                continue;
            }
            let mut content = shown.to_owned();
            for part in shown.split(['(', ')']).skip(1).step_by(2).filter(|_| at > 1) {
                content = content.replace(&format!("({part})"), &format!("<{}>", codes(part)));
            }
            let content = stream(4, "", format!("BT /F1 10 Tf 50 90 Td {content} ET").as_bytes());
            for order in [[page, sizes, &content], [&content[..], sizes, page]] {
                assert_eq!(outline(&file(&order)).0, text, "{shown}: {}", String::from_utf8_lossy(sizes));
            }
        }
    }
    let known =
        stream(4, "", b"BT /F1 12 Tf 72 700 Td [(Pro)]TJ 20.7 0 Td [(ject T)]TJ /F2 12 Tf 29.8 0 Td (ern) Tj ET");
    let data = file(&[page, &helvetica, &standard, &known]);
    assert_eq!(proven("fonts that need no widths", &data).0, "Project Tern");
    let data = file(&[page, &font(""), &standard, &known]);
    assert_eq!(outline(&data).0, "Pro ject T ern", "nobody says how wide letters are");
    let streams = [
        ("BT /F1 10 Tf 50 90 Td (Pro) Tj", "(ject) Tj ET", "Project"),
        ("BT /F1 10 Tf 50 90 Td (Pro) Tj ET", "BT /F1 10 Tf 65 90 Td (ject) Tj ET", "Project"),
        ("BT /F1 10 Tf 50 90 Td (Pro) Tj ET", "BT /F1 10 Tf 80 90 Td (ject) Tj ET", "Pro\nject"),
        ("BT /F1 10 Tf 50 90 Td (Pro) Tj ET", "BT /F1 10 Tf 65 70 Td (ject) Tj ET", "Pro\nject"),
    ];
    for (first, second, text) in streams {
        let (first, second) = (stream(4, "", first.as_bytes()), stream(9, "", second.as_bytes()));
        let data = file(&[page, &font(&half), &first, &second]);
        assert_eq!(proven(text, &data).0, text);
    }
}

#[test]
fn strings_are_text_in_their_charsets() {
    let info = b"1 0 obj <</Title<feff00470072>/Author(Ann\\204)/Keywords(\xef\xbb\xbfcaf\xc3\xa9)/ID(secret)/Blob(\x01\x02\x03)/A<</URI(https://x.example/)>>>> endobj";
    let (text, _, cuts) = outline(&file(&[info]));
    assert_eq!((text.as_str(), cuts), ("Gr\nAnn\u{2014}\ncaf\u{e9}\nhttps://x.example/\n", vec![]));
}

#[test]
fn files_scripts_and_metadata_are_children() {
    let objects = [
        b"1 0 obj <</Type/Filespec/F(plan.txt)/EF<</F 2 0 R>>>> endobj".to_vec(),
        stream(2, "/Type/EmbeddedFile/Length 18", b"inner endstream xx"),
        b"3 0 obj <</S/JavaScript/JS 4 0 R>> endobj".to_vec(),
        stream(4, "/Filter/FlateDecode", &deflated(b"app.alert(1)")),
        stream(5, "/Type/Metadata/Subtype/XML", b"<x/>"),
        stream(6, "/Type/EmbeddedFile", &[]),
    ];
    let objects: Vec<_> = objects.iter().map(Vec::as_slice).collect();
    let (text, others, cuts) = outline(&file(&objects));
    let leaf = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let expected = [
        leaf("pdf:plan.txt", "inner endstream xx"),
        leaf("pdf:(script)", "app.alert(1)"),
        leaf("pdf:(metadata)", "<x/>"),
        leaf("pdf:(file)", ""),
    ];
    assert_eq!((text.as_str(), &others[..], cuts), ("plan.txt\n", &expected[..], vec![]));
}

#[test]
fn files_are_told_by_their_bytes_and_by_what_refers_to_them() {
    let text = b"Project Tern is secret\n";
    let zip = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\x05\0\0\0a.txtTern";
    let form = br#"<xdp:xdp xmlns:xdp="x"><f>Project</f> <f>Tern</f></xdp:xdp>"#;
    let within: &[u8] = b"7 0 obj <</Type/Filespec/F(plan.txt)/EF<</F 4 0 R>>>> endobj";
    let apart: &[u8] = b"7 0 obj <</Type/Filespec/EF 8 0 R>> endobj 8 0 obj <</F 4 0 R>> endobj";
    let xfa: &[u8] = b"7 0 obj <</XFA[(template) 4 0 R]>> endobj";
    let cases: [(Owned<'_>, bool, &str, &str); 7] = [
        ((within, text), true, "pdf:plan.txt", "Project Tern is secret\n"),
        ((within, text), false, "pdf:(file)", "Project Tern is secret\n"),
        ((within, b"q 1 0 0 1 0 0 cm Q"), true, "pdf:plan.txt", "q 1 0 0 1 0 0 cm Q"),
        ((apart, b"q Q"), true, "pdf:(file)", "q Q"),
        ((apart, zip), false, "pdf:(file)/zip:a.txt", "Tern"),
        ((xfa, form), true, "pdf:(file)/xml", "Project"),
        ((xfa, form), false, "pdf:(file)/xml", "Project"),
    ];
    for ((owner, bytes), first, path, inner) in cases {
        let data = stream(4, "/Filter/Fl", &deflated(bytes));
        let objects = if first { [owner, &data[..]] } else { [&data[..], owner] };
        let data = file(&objects);
        let (_, others, _) = proven(path, &data);
        assert!(others.iter().any(|(at, found)| at == path && found.contains(inner)), "{path}: {others:?}");
    }
}

#[test]
fn bombs_and_nonsense_are_bounded() {
    // A table for every code, endless arrays, strings without an end, and more text than there is room for.
    let nested = [b"1 0 obj ".to_vec(), b"[".repeat(100_000), b"<</A".repeat(50_000)].concat();
    let zeros = deflated(&deflated(&vec![b' '; 32 << 20]));
    let long =
        stream(2, "", &[b"BT /F1 9 Tf ".to_vec(), b"(abcdefgh ijklmnop) Tj ".repeat(40_000), b"ET".to_vec()].concat());
    let ranges = stream(3, "", &[b"1 beginbfrange ".to_vec(), b"<0000> <ffff> <0041> ".repeat(40_000)].concat());
    let begun = std::time::Instant::now();
    assert_eq!(outline(&file(&[&nested])).0, "");
    let twice = stream(1, "/Filter[/FlateDecode/FlateDecode]", &zeros);
    assert_eq!(outline(&file(&[&twice])).2, [("pdf".to_owned(), "ratio".to_owned())], "two of a kind");
    let (text, ..) = outline(&file(&[&long, &ranges]));
    assert_eq!(text.matches("abcdefgh ijklmnop").count(), 40_000);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_stream_that_becomes_too_much_too_fast_is_left() {
    let steep = deflated(&b"0 0 Td ".repeat(300_000));
    let text = stream(2, "", b"BT (what follows is read) Tj ET");
    let (shown, _, cuts) = outline(&file(&[&stream(1, "/Filter/FlateDecode", &steep), &text]));
    assert_eq!(cuts, [("pdf".to_owned(), "ratio".to_owned())]);
    assert_eq!(shown.trim(), "what follows is read");
    // As much text as that, packed as text is.
    let lines: Vec<u8> =
        (0..30_000_u32).flat_map(|n| format!("({:08x}) Tj\n", n.wrapping_mul(0x9e37_79b9)).into_bytes()).collect();
    let packed = stream(1, "/Filter/FlateDecode", &deflated(&[&b"BT /F1 9 Tf "[..], &lines, b"ET"].concat()));
    let (shown, _, cuts) = outline(&file(&[&packed]));
    assert!(cuts.is_empty() && shown.len() >= 240_000, "{cuts:?}, {} bytes", shown.len());
}
