//! The decoder tree on objects that real programs have made: what is in them is what Python's readers say, however the
//! pieces are cut, and whatever is missing or wrong.

#[path = "common/said.rs"]
mod said;
#[path = "common/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use tidegate::decode::{Cut, Ended, Leaves, Limits, Path, Sequence, Start};

use said::{Said, decode};
use tree::Tree;

/// A leaf as `tests/content/make.py` has found it.
#[derive(Debug, Deserialize)]
struct Expected {
    path: String,
    hex: String,
}

fn content() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/content")
}

/// An object's name, its bytes, and paths and bytes of what is in it.
type Object = (String, Vec<u8>, Vec<(String, Vec<u8>)>);

/// All objects, and what is in them.
fn objects() -> Vec<Object> {
    let text = std::fs::read_to_string(content().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Vec<Expected>> = serde_json::from_str(&text).unwrap();
    assert!(expected.len() >= 21, "{} objects", expected.len());
    expected
        .into_iter()
        .map(|(name, leaves)| {
            let data = std::fs::read(content().join(&name)).unwrap();
            let bytes = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
            let leaves = leaves.into_iter().map(|leaf| (leaf.path, bytes(&leaf.hex))).collect();
            (name, data, leaves)
        })
        .collect()
}

/// Whether an object is mail.
fn is_mail(name: &str) -> bool {
    name.ends_with(".eml") || name.ends_with(".mbox")
}

/// Whether the leaves begin with all of `expected`.
fn told_all(said: &Said, expected: &[(String, Vec<u8>)]) -> bool {
    let found = said.leaves.iter().map(|leaf| (&leaf.path, &leaf.bytes));
    expected.iter().map(|(path, bytes)| (path, bytes)).eq(found.take(expected.len()))
}

/// Whether nothing but a header is there.
fn is_header(said: &Said) -> bool {
    said.leaves.len() <= 1 || matches!(&said.leaves[..], [_, fields] if fields.path == "mime:(fields)")
}

/// Whether an object may end anywhere: text, and mail that is no multipart.
fn is_open(name: &str) -> bool {
    name.ends_with(".txt") || name.starts_with("plain-")
}

#[test]
fn leaves_are_those_that_other_programs_find() {
    let mut tree = Tree::new(Limits::default());
    for (name, data, expected) in objects() {
        let said = decode(&mut tree, [&*data]);
        let found: Vec<_> = said.leaves.iter().map(|leaf| (leaf.path.clone(), leaf.bytes.clone())).collect();
        assert_eq!(found, expected, "{name}");
        assert!(said.leaves.iter().all(|leaf| leaf.ended.unwrap().complete), "{name}: {said:?}");
        let cuts: &[(&str, Cut)] = match name.as_str() {
            "locked.zip" => &[("zip:plans/q3.txt", Cut::Encrypted), ("zip:note.txt", Cut::Encrypted)],
            _ => &[],
        };
        let cuts: Vec<_> = cuts.iter().map(|(path, cut)| ((*path).to_owned(), *cut)).collect();
        assert_eq!(said.cuts, cuts, "{name}");
    }
}

#[test]
fn cuts_between_pieces_change_nothing() {
    let mut tree = Tree::new(Limits::default());
    for (name, data, _) in objects() {
        let whole = decode(&mut tree, [&*data]);
        assert_eq!(decode(&mut tree, data.chunks(1)), whole, "{name}, byte by byte");
        for at in 0..=data.len() {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), whole, "{name}, cut at {at}");
        }
    }
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_found() {
    let mut tree = Tree::new(Limits::default());
    for (name, data, expected) in objects() {
        let mut whole = 0;
        for length in 0..data.len() {
            let said = decode(&mut tree, [&data[..length]]);
            for (leaf, (path, bytes)) in said.leaves.iter().zip(&expected) {
                // The first bytes may be too few to say what they are, and then they are a leaf as they stand.
                // Half a word of a field is no word.
                if leaf.path == *path && path.contains(':') && !path.ends_with("(fields)") {
                    assert!(bytes.starts_with(&leaf.bytes), "{name}, {length} bytes: {path}");
                    whole += usize::from(leaf.bytes == *bytes);
                }
            }
            // A TAR may end after any entry, and text anywhere.
            let wrapped = !is_open(&name) && !name.ends_with(".tar") && name != "padded.gz" && name != "members.gz";
            if wrapped && length >= 8 && !said.leaves.is_empty() {
                let told = said.cuts.iter().any(|(_, cut)| *cut == Cut::Truncated);
                let in_directory = name.ends_with(".zip") && said.leaves.len() == expected.len();
                // Mail may end behind any field of its first header, and behind its last boundary.
                let whole_mail =
                    is_mail(&name) && (is_header(&said) || told_all(&said, &expected[..expected.len() - 1]));
                assert!(told || in_directory || whole_mail || name == "locked.zip", "{name}, {length} bytes: {said:?}");
            }
        }
        assert!(
            !name.ends_with(".zip") || whole > 0 || expected.is_empty(),
            "{name}: no entry is found before the end"
        );
    }
}

#[test]
fn damage_is_bounded_and_told() {
    let mut tree = Tree::new(Limits::default());
    for (name, data, expected) in objects().into_iter().filter(|(name, ..)| !is_open(name)) {
        let (mut told, mut other) = (0, 0);
        for at in 0..data.len() {
            let mut damaged = data.clone();
            damaged[at] ^= 0x55;
            let said = decode(&mut tree, damaged.chunks(100));
            told += usize::from(!said.cuts.is_empty());
            let same = said.leaves.iter().map(|leaf| &leaf.bytes).eq(expected.iter().map(|(_, bytes)| bytes));
            other += usize::from(!same && said.cuts.is_empty());
            let given: usize = said.leaves.iter().map(|leaf| leaf.bytes.len()).sum();
            assert!(given < 1 << 20, "{name}: {given} bytes come out");
        }
        assert!(told > 0, "{name}: no damage was told");
        // What has no checksum, names and the whole of a TAR's files, cannot be told.
        assert!(other < data.len(), "{name}: {other} of {} passed untold", data.len());
    }
}

/// Bytes, in gzip, as `gzip -9` would.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_is_cut_by_its_ratio() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let mut tree = Tree::new(Limits { ratio: 100, ..Limits::default() });
    let said = decode(&mut tree, bomb.chunks(1460));
    assert_eq!(said.cuts, [("gzip".to_owned(), Cut::Ratio)]);
    let given = said.leaves[0].bytes.len();
    // Zeros may begin a disk image, whose decoder hands them on as well.
    assert!((500_000..2 << 20).contains(&given), "{given} bytes came out");
    assert!(!said.leaves[0].ended.unwrap().complete);
    assert_eq!(tree.decoders.totals().cut(Cut::Ratio), 1);
    let whole = decode(&mut Tree::new(Limits { ratio: 2000, ..Limits::default() }), bomb.chunks(1460));
    assert_eq!((whole.leaves[0].bytes.len(), whole.cuts), (64 << 20, Vec::new()));
}

#[test]
fn a_bomb_within_a_bomb_is_cut_by_what_comes_out() {
    let bomb = gzip(&gzip(&gzip(&vec![b'x'; 32 << 20])));
    let mut tree = Tree::new(Limits { output: 1 << 20, ratio: u64::MAX, ..Limits::default() });
    let said = decode(&mut tree, [&*bomb]);
    assert_eq!(said.cuts, [("gzip/gzip/gzip".to_owned(), Cut::Output)]);
    assert!(said.leaves[0].bytes.len() <= 1 << 20);
}

#[test]
fn a_bomb_behind_much_else_is_cut_within_its_packet() {
    // A frame of zstd (RFC 8878): 16 MiB of raw blocks, then blocks that are 128 KiB of one byte in four.
    let block = |kind: u32, size: u32| ((size << 3) | (kind << 1)).to_le_bytes()[..3].to_vec();
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    for _ in 0..128 {
        bomb.extend(block(0, 128 << 10));
        bomb.extend([7; 128 << 10]);
    }
    let start = bomb.len();
    (0..1000).for_each(|_| bomb.extend([block(1, 128 << 10), vec![0]].concat()));
    let mut tree = Tree::new(Limits::default());
    let mut count = Count(0);
    tree.begin();
    let (mut most, mut before) = (0, 0);
    for packet in bomb.chunks(1448) {
        tree.push(packet, &mut count);
        (most, before) = (most.max(count.0 - before), count.0);
    }
    tree.finish(&mut count);
    // 46 MiB without the limit; what is more than it comes in a decoder's own pieces.
    assert!(most < (1 << 20) + 1448 * 1000 + (256 << 10), "{most} bytes out of one packet");
    assert_eq!(tree.decoders.totals().cut(Cut::Ratio), 1);
    assert!(count.0 >= start as u64);
}

#[test]
fn depth_children_and_decoders_have_limits() {
    let mut nested = b"the end".to_vec();
    for _ in 0..6 {
        nested = gzip(&nested);
    }
    let said = decode(
        &mut Tree::new(Limits { depth: 3, decoders: 8, decoder_memory: 1 << 20, ..Limits::default() }),
        [&*nested],
    );
    assert_eq!(said.cuts, [("gzip/gzip/gzip".to_owned(), Cut::Depth)]);
    assert_eq!(said.leaves[0].bytes[..3], [0x1f, 0x8b, 8], "scanned as it stands");
    let said = decode(&mut Tree::new(Limits { decoders: 2, ..Limits::default() }), [&*nested]);
    assert_eq!(said.cuts, [("gzip/gzip".to_owned(), Cut::Decoders)]);
    let said = decode(&mut Tree::new(Limits { decoders: 6, decoder_memory: 1 << 20, ..Limits::default() }), [&*nested]);
    assert_eq!((said.leaves[0].bytes.as_slice(), said.cuts.len()), (&b"the end"[..], 0));

    let (_, archive, expected) = objects().into_iter().find(|(name, ..)| name == "stored.zip").unwrap();
    let said = decode(&mut Tree::new(Limits { children: 1, ..Limits::default() }), [&*archive]);
    let paths: Vec<_> = said.leaves.iter().map(|leaf| leaf.path.as_str()).collect();
    assert_eq!(paths, [expected[0].0.as_str(), "zip:(rest)"]);
    assert_eq!(said.leaves[1].bytes, expected[1].1, "what is beyond is unpacked all the same");
    assert_eq!(said.cuts, [("zip".to_owned(), Cut::Children)]);
}

/// What an object is, its bytes, the paths of its leaves, and what is told.
type Case = (&'static str, Vec<u8>, &'static [&'static str], &'static [Cut]);

#[test]
fn what_only_looks_wrapped_is_scanned_as_it_stands() {
    let (_, tar, _) = objects().into_iter().find(|(name, ..)| name == "ustar.tar").unwrap();
    let (_, zip, _) = objects().into_iter().find(|(name, ..)| name == "stored.zip").unwrap();
    let planted = b"Project Tern, the launch valuation".repeat(30);
    let after = |start: &[u8]| [start, &planted].concat();
    let mut broken = zip.clone();
    // The second entry's signature.
    let second = zip.windows(4).rposition(|bytes| bytes == b"PK\x03\x04").unwrap();
    broken[second] = b'X';
    let cases: [Case; 7] = [
        ("a formula", after(b"x^2 + y^2 = z^2. "), &["zlib", ""], &[Cut::Malformed]),
        ("a short formula", b"x^2".to_vec(), &[""], &[Cut::Truncated]),
        ("a gzip header before text", after(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), &[""], &[Cut::Malformed]),
        ("a short ZIP signature", b"PK\x03\x04 is how Project Tern begins".to_vec(), &[""], &[Cut::Truncated]),
        ("text behind an archive", after(&tar), &["tar:plans/q3.txt", "tar:note.txt", "tar:(rest)"], &[Cut::Malformed]),
        ("a damaged signature", broken, &["zip:plans/q3.txt", "zip:(rest)"], &[Cut::Malformed]),
        ("text behind a member", after(&gzip(b"within")), &["gzip", "gzip:(trailing)"], &[]),
    ];
    for (name, data, paths, cuts) in cases {
        let mut tree = Tree::new(Limits::default());
        let said = decode(&mut tree, [&*data]);
        assert_eq!(said.leaves.iter().map(|leaf| leaf.path.as_str()).collect::<Vec<_>>(), paths, "{name}");
        assert_eq!(said.cuts.iter().map(|(_, cut)| *cut).collect::<Vec<_>>(), cuts, "{name}");
        let found = said.leaves.iter().any(|leaf| leaf.bytes.windows(12).any(|bytes| bytes == b"Project Tern"));
        assert!(found || name == "a short formula", "{name}: nothing was found");
        if let Some(leaf) = said.leaves.iter().find(|leaf| leaf.path.is_empty()) {
            assert_eq!(leaf.bytes, data, "{name}");
        }
        for at in 0..=data.len() {
            let (first, second) = data.split_at(at);
            assert_eq!(decode(&mut tree, [first, second]), said, "{name}, cut at {at}");
        }
        assert_eq!(decode(&mut tree, data.chunks(1)), said, "{name}, byte by byte");
    }
}

/// Counts what comes out, and keeps nothing.
#[derive(Default)]
struct Count(u64);

impl Leaves for Count {
    fn begin(&mut self, _: usize, _: &Path) {}

    fn data(&mut self, _: usize, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, _: &Path, _: Cut) {}
}

#[test]
fn a_tree_that_was_made_takes_no_more_memory() {
    let mut tree = Tree::new(Limits::default());
    for (name, data, _) in objects() {
        let mut count = Count::default();
        let memory = allocation_counter::measure(|| {
            tree.begin();
            for piece in data.chunks(1460) {
                tree.push(piece, &mut count);
            }
            tree.finish(&mut count);
        });
        assert_eq!((memory.count_total, memory.count_current), (0, 0), "{name}: allocations");
        assert!(count.0 > 0, "{name}: nothing came out");
    }
}

/// Hears of leaves, and looks into them when it is told to.
#[derive(Debug, Default)]
struct Reader {
    reads: bool,
    said: Said,
}

impl Leaves for Reader {
    fn begin(&mut self, level: usize, path: &Path) {
        self.said.begin(level, path);
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        self.said.data(level, bytes);
    }

    fn reads(&self) -> bool {
        self.reads
    }

    fn end(&mut self, level: usize, ended: Ended) {
        self.said.end(level, ended);
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.said.cut(path, reason);
    }
}

#[test]
fn base64_in_text_is_looked_for_while_somebody_reads_it() {
    let mut tree = Tree::new(Limits::default());
    let run = data_encoding::BASE64.encode(&[0xff, 7, 200, 80, 3, 90, 77].repeat(12));
    let (run, words) = (run.as_bytes(), b"Some words, in which nothing is hidden. ".repeat(20));
    let runs = |pieces: &[(bool, &[u8])], tree: &mut Tree| {
        let mut reader = Reader::default();
        tree.begin();
        for (reads, piece) in pieces {
            reader.reads = *reads;
            tree.push(piece, &mut reader);
        }
        tree.finish(&mut reader);
        let [text, hidden @ ..] = &reader.said.leaves[..] else { panic!("the text is a leaf: {reader:?}") };
        assert_eq!(text.bytes, pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect::<Vec<_>>());
        hidden.len()
    };
    for (reads, expected) in [(true, 1), (false, 0)] {
        assert_eq!(runs(&[(reads, &words), (reads, run)], &mut tree), expected, "read: {reads}");
    }
    // Digits on both sides of what nobody has read are no run.
    let (first, second) = run.split_at(60);
    assert_eq!(runs(&[(true, &words), (true, first), (true, &second[..9])], &mut tree), 1);
    assert_eq!(runs(&[(true, &words), (true, first), (false, b" "), (true, &second[..9])], &mut tree), 0);
}

/// What was handed out as files: name, type, bytes, where bytes are missing, and how each ended.
#[derive(Debug, Default)]
struct Files {
    files: Vec<(String, &'static str, Vec<u8>, Option<Ended>)>,
    claims: Vec<String>,
    gaps: Vec<(usize, u64)>,
    leaves: Vec<String>,
    cuts: Vec<Cut>,
}

impl Leaves for Files {
    fn begin(&mut self, _: usize, path: &Path) {
        self.leaves.push(path.to_string());
    }

    fn data(&mut self, _: usize, _: &[u8]) {}

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, _: &Path, reason: Cut) {
        self.cuts.push(reason);
    }

    fn file_begin(&mut self, _: usize, file: &tidegate::decode::File<'_>) {
        let name = String::from_utf8_lossy(file.name).into_owned();
        self.files.push((name, file.kind, Vec::new(), None));
        self.claims.push(String::from_utf8_lossy(file.claimed).into_owned());
    }

    fn file_data(&mut self, _: usize, bytes: &[u8]) {
        self.files.last_mut().unwrap().2.extend_from_slice(bytes);
    }

    fn file_gap(&mut self, _: usize, length: u64) {
        self.gaps.push((self.files.last().unwrap().2.len(), length));
    }

    fn file_end(&mut self, _: usize, ended: Ended) {
        let last = self.files.last_mut().unwrap();
        assert_eq!(last.3.replace(ended), None, "{} has ended", last.0);
    }
}

/// What are files of an object that comes in pieces of that size under the name `sent.bin`.
fn files(data: &[u8], codings: &[&str], size: usize) -> Files {
    files_of(data, codings, size, false)
}

/// The same of a message of a mail protocol.
fn files_of(data: &[u8], codings: &[&str], size: usize, carrier: bool) -> Files {
    let mut tree = Tree::new(Limits::default());
    let codings: Vec<_> = codings.iter().map(|name| tidegate::decode::format(name)).collect();
    let (name, media_type) = (b"sent.bin", b"Application/X-Sent ; q=1");
    let start = Start { prefix: "http/body", name, codings: &codings, media_type, carrier, ..Start::default() };
    let mut files = Files::default();
    tree.tree.begin(&start, &mut tree.decoders);
    data.chunks(size).for_each(|piece| tree.push(piece, &mut files));
    tree.finish(&mut files);
    files
}

#[test]
fn files_are_what_is_sent_and_what_mail_brings() {
    let read = |name: &str| std::fs::read(content().join(name)).unwrap();
    let gz = read("text.gz");
    let plain = &decode(&mut Tree::new(Limits::default()), [&*gz]).leaves[0].bytes;
    let whole = |bytes: &[u8]| Some(Ended { size: bytes.len() as u64, complete: true });
    for size in [1, 7, 512, 4096, usize::MAX] {
        // As it was sent, although it is looked into.
        let sent = files(&gz, &[], size);
        let expected = ("sent.bin".to_owned(), "application/gzip", gz.clone(), whole(&gz));
        assert_eq!(sent.files, [expected], "pieces of {size}");
        assert_eq!(
            (sent.leaves, sent.claims),
            (vec!["http/body/gzip".to_owned()], vec!["Application/X-Sent".to_owned()])
        );
        // What it was coded from.
        let sent = files(&gz, &["gzip"], size);
        assert_eq!(
            sent.files,
            [("sent.bin".to_owned(), "text/plain", plain.clone(), whole(plain))],
            "pieces of {size}"
        );
        assert_eq!(
            (sent.leaves, sent.claims),
            (vec!["http/body/gzip".to_owned()], vec!["Application/X-Sent".to_owned()])
        );
        // It is not coded as was said: the claim is about the object itself.
        let sent = files(plain, &["gzip"], size);
        assert_eq!((sent.files.len(), &sent.claims[..]), (1, &["Application/X-Sent".to_owned()][..]));
        // What mail brings under a name; not the mail, nor its text.
        let mail = b"From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
            Content-Disposition: attachment; filename=\"q3.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            cHJvZml0Cg==\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\n\r\n1,2\r\n--b\r\n\
            Content-Type: application/pdf (no such thing); name=\"b.pdf\"\r\n\r\n%\r\n--b--\r\n";
        let sent = files_of(mail, &[], size, true);
        let profit = ("q3.txt".to_owned(), "text/plain", b"profit\n".to_vec(), whole(b"profit\n"));
        assert_eq!((&sent.files[0], sent.files.len()), (&profit, 3));
        assert_eq!(sent.claims, ["", "text/csv", "application/pdf"], "pieces of {size}");
        // A message that is sent as a file is one, and what is in it is part of that.
        let sent = files(mail, &[], size);
        assert_eq!(sent.files, [("sent.bin".to_owned(), "text/plain", mail.to_vec(), whole(mail))]);
    }
}

#[test]
fn what_carries_a_text_says_what_it_is_written_in() {
    use std::io::Write as _;
    use tidegate::decode::{charset_of, format};

    let russian = "\u{43f}\u{43b}\u{430}\u{43d} \u{43d}\u{430} \u{433}\u{43e}\u{434}";
    let bytes = encoding_rs::WINDOWS_1251.encode(russian).0.into_owned();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&bytes).unwrap();
    let page = encoding_rs::WINDOWS_1251.encode(&format!("<html><p>{russian}</p>")).0.into_owned();
    let gzip = [format("gzip")];
    let cases: [(&[u8], &[u8], &[_], bool); 6] = [
        (&bytes, b"text/plain; charset=windows-1251", &[], true),
        (&bytes, b"text/plain;charset=\"CP1251\"; format=flowed", &[], true),
        (&packed.finish().unwrap(), b"text/plain; charset=windows-1251", &gzip, true),
        (&page, b"text/html; charset=windows-1251", &[], true),
        (&bytes, b"text/plain; charset=utf-8", &[], false),
        (&bytes, b"text/plain; charset=klingon", &[], false),
    ];
    for (data, media_type, codings, found) in cases {
        let said = String::from_utf8_lossy(media_type);
        let mut tree = Tree::new(Limits::default());
        let start = Start { codings, charset: charset_of(media_type), ..Start::default() };
        // The object after it is of nobody's charset.
        for (start, found) in [(start, found), (Start { codings, ..Start::default() }, false)] {
            for size in [1, 5, usize::MAX] {
                let mut leaves = Said::default();
                tree.tree.begin(&start, &mut tree.decoders);
                data.chunks(size).for_each(|piece| tree.push(piece, &mut leaves));
                tree.finish(&mut leaves);
                let texts: Vec<_> = leaves.leaves.iter().map(|leaf| String::from_utf8_lossy(&leaf.bytes)).collect();
                assert_eq!(
                    texts.iter().any(|text| text.contains(russian)),
                    found,
                    "{said}, pieces of {size}: {texts:?}"
                );
            }
        }
    }
}

#[test]
fn messages_of_a_websocket_go_on_with_the_window_of_the_one_before() {
    use flate2::{Compress, Compression, FlushCompress};
    use tidegate::decode::format;

    let messages: [&[u8]; 4] = [b"the same words, again and again", b"the same words, again", b"", b"again and again"];
    let mut deflate = Compress::new(Compression::best(), false);
    let packed = messages.map(|message| {
        let mut out = Vec::with_capacity(256);
        deflate.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
        // An empty message is an empty block of its own (RFC 7692 section 7.2.3.6).
        if out.is_empty() { vec![0, 0, 0, 0xff, 0xff] } else { out }
    });
    let (takeover, fresh) = ([format("permessage-deflate")], [format("deflate-raw")]);
    let mut tree = Tree::new(Limits::default());
    let said = |tree: &mut Tree, codings: &[_], of: u64, packed: &[u8], piece: usize, complete: bool| {
        let mut said = Said::default();
        let sequence = Sequence { of, number: 1 };
        tree.tree.begin(&Start { prefix: "websocket", codings, sequence, ..Start::default() }, &mut tree.decoders);
        packed.chunks(piece).for_each(|piece| tree.push(piece, &mut said));
        tree.tree.finish(complete, &mut tree.decoders, &mut said);
        (said.cuts.into_iter().map(|(_, cut)| cut).collect::<Vec<_>>(), said.leaves.swap_remove(0))
    };
    // More often than there are decoders: none is lost.
    for round in 0..10 {
        for (number, (packed, message)) in packed.iter().zip(messages).enumerate() {
            let (cuts, leaf) = said(&mut tree, &takeover, round, packed, round as usize + 1, true);
            assert_eq!(cuts, [], "message {number}");
            assert_eq!(leaf.path, "websocket/permessage-deflate");
            assert!(leaf.bytes == message, "message {number}");
        }
        tree.decoders.end(round);
    }
    assert_eq!(tree.decoders.totals().forgotten, 0);
    // Without what they go on from, later messages cannot be read; each says so, and the first of the next window can.
    let mut of = |codings: &[_], of, number: usize| {
        let (cuts, leaf) = said(&mut tree, codings, of, &packed[number], usize::MAX, true);
        assert!(!cuts.is_empty() || leaf.bytes == messages[number]);
        (cuts, tree.decoders.totals().forgotten)
    };
    let (fine, malformed) = (vec![], vec![Cut::Malformed]);
    assert_eq!(of(&takeover, 1, 1), (malformed.clone(), 0));
    assert_eq!(of(&takeover, 1, 0), (fine.clone(), 0));
    // A message that stands for itself between them has a decoder of its own.
    assert_eq!(of(&fresh, 1, 0), (fine.clone(), 0));
    assert_eq!(of(&takeover, 1, 1), (fine.clone(), 0));
    // There are four decoders: the fifth sequence takes that of the one that was silent longest.
    for sequence in [2, 3, 4] {
        assert_eq!(of(&takeover, sequence, 0), (fine.clone(), 0));
    }
    assert_eq!(of(&takeover, 1, 2), (fine.clone(), 0));
    assert_eq!(of(&takeover, 5, 0), (fine.clone(), 1), "the second's");
    assert_eq!(of(&takeover, 3, 1), (fine.clone(), 1));
    assert_eq!(of(&takeover, 2, 1), (malformed.clone(), 2), "the fourth's now");
    assert_eq!(of(&takeover, 1, 3), (fine.clone(), 2), "what could not be read has left its decoder to nobody");
    // One that was cut off is no window for another.
    let (cuts, _) = said(&mut tree, &takeover, 1, &packed[0][..packed[0].len() - 6], usize::MAX, false);
    assert_eq!(cuts, [Cut::Truncated]);
    assert_eq!(said(&mut tree, &takeover, 1, &packed[1], usize::MAX, true).0, malformed);
}

#[test]
fn base64_is_undone_wherever_it_begins_in_a_text() {
    let inner = gzip(b"Project Tern, the launch valuation is confidential. ".repeat(4).as_slice());
    let run = data_encoding::BASE64.encode(&inner);
    let prose = "prose of no interest, line after line\n".repeat(40);
    let late = format!("{prose}{run}\n{prose}once more: {}.", &run[..80]);
    let page = format!("<html><body><p>{prose}</p><pre>{run}</pre></body></html>");
    for (text, path) in [
        (&late, "base64:(base64)/gzip"),
        (&format!("\u{0}\u{1}binary {late}"), "base64:(base64)/gzip"),
        (&page, "html:(text)/base64:(base64)/gzip"),
    ] {
        for size in [1, 3, 64, 511, 4096, usize::MAX] {
            let mut tree = Tree::new(Limits::default());
            let said = decode(&mut tree, text.as_bytes().chunks(size));
            let leaf = said.leaves.iter().find(|leaf| leaf.path == path);
            let bytes = &leaf.unwrap_or_else(|| panic!("no {path} in pieces of {size}: {said:?}")).bytes;
            assert!(bytes.starts_with(b"Project Tern, the launch"), "{path} in pieces of {size}");
            // What it stands in is scanned as it stands, once.
            let around =
                said.leaves.iter().filter(|leaf| leaf.bytes.windows(9).any(|part| part == b"line afte")).count();
            assert_eq!(around, if path.starts_with("html") { 2 } else { 1 }, "in pieces of {size}");
        }
    }
    // Neither words nor digests are base64.
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".repeat(3);
    let said = decode(&mut Tree::new(Limits::default()), [format!("{prose}{digest} {}", "long".repeat(99)).as_bytes()]);
    assert_eq!(said.leaves.len(), 1);
}

#[test]
fn a_coding_that_is_none_leaves_the_object_as_it_is() {
    let sent = files(b"no gzip at all", &["gzip"], usize::MAX);
    assert_eq!((sent.leaves, sent.cuts), (vec!["http/body".to_owned()], vec![Cut::Malformed]));
}

#[test]
fn what_was_never_seen_ends_decoding_and_not_scanning() {
    let mut tree = Tree::new(Limits::default());
    let gz = std::fs::read(content().join("text.gz")).unwrap();
    let (first, second) = gz.split_at(gz.len() / 2);
    for (first, second, leaves, cuts) in [
        (first, second, vec!["gzip", "gzip:(rest)"], vec![Cut::Gap]),
        (b"plain text".as_slice(), b"and more".as_slice(), vec![""], vec![]),
    ] {
        let mut said = Files::default();
        tree.begin();
        tree.push(first, &mut said);
        tree.tree.gap(100, &mut tree.decoders, &mut said);
        tree.push(second, &mut said);
        tree.finish(&mut said);
        assert_eq!((said.leaves, said.cuts), (leaves.into_iter().map(str::to_owned).collect(), cuts));
        let size = (first.len() + 100 + second.len()) as u64;
        assert_eq!(said.files[0].3, Some(Ended { size, complete: false }));
        assert_eq!(said.gaps, [(first.len(), 100)]);
        assert_eq!(said.files[0].2, [first, second].concat());
    }
}
