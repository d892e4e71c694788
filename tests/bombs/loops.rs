//! What refers to itself: PDF files and compound files, in passing and as the extractor reads them.

use std::sync::mpsc;
use std::time::Duration;

use tidegate::decode::{Charset, Child, Cut, Out};
use tidegate::extractor::MODULES;

use crate::compound::compound;
use crate::witness::{limits, with};

/// Whoever has not come back by then is in a loop; the process that reads such an object has as much.
const DEADLINE: Duration = Duration::from_secs(10);

/// Objects of a file, its tables and its trailer; `{3}` in them is where object 3 stands, and `{x}` where the last table does.
struct File {
    objects: Vec<(u32, String)>,
    /// Entries of the trailer, or of the stream that has its place.
    trailer: String,
    /// The table is a stream.
    is_stream: bool,
}

/// What shows a page.
const PAGE: &str = "<</Length 33>>\nstream\nBT /F1 12 Tf (Project Tern) Tj ET \nendstream";

impl File {
    fn of(objects: &[(u32, &str)], trailer: &str) -> Self {
        let objects = objects.iter().map(|(number, text)| (*number, (*text).to_owned())).collect();
        Self { objects, trailer: trailer.to_owned(), is_stream: false }
    }

    fn bytes(&self) -> Vec<u8> {
        let text = |places: &[(u32, usize)], table: usize| {
            let filled = |text: &str| {
                places.iter().fold(text.replace("{x}", &table.to_string()), |text, (number, at)| {
                    text.replace(&format!("{{{number}}}"), &at.to_string())
                })
            };
            let mut found = Vec::new();
            let mut file = b"%PDF-1.7\n".to_vec();
            for (number, object) in &self.objects {
                found.push((*number, file.len()));
                file.extend(format!("{number} 0 obj\n{}\nendobj\n", filled(object)).into_bytes());
            }
            let table = file.len();
            let size = self.objects.iter().map(|(number, _)| number + 1).max().unwrap_or(1) + 1;
            let place = |number| found.iter().find(|(known, _)| *known == number).map(|(_, at)| *at);
            if self.is_stream {
                let rows: String = (0..size)
                    .map(|number| place(number).map_or_else(|| "0000000000".into(), |at| format!("01{at:06x}00")))
                    .collect();
                let (trailer, number) = (filled(&self.trailer), size);
                file.extend(
                    format!(
                        "{number} 0 obj\n<</Type/XRef/W[1 3 1]/Size {size}/Filter/AHx/Length {}{trailer}>>\nstream\n{rows}>\nendstream\nendobj\n",
                        rows.len() + 1
                    )
                    .into_bytes(),
                );
            } else {
                file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").into_bytes());
                for number in 1..size {
                    let row =
                        place(number).map_or_else(|| "0000000000 65535 f ".into(), |at| format!("{at:010} 00000 n "));
                    file.extend(format!("{row}\n").into_bytes());
                }
                file.extend(format!("trailer\n<</Size {size}{}>>\n", filled(&self.trailer)).into_bytes());
            }
            file.extend(format!("startxref\n{table}\n%%EOF\n").into_bytes());
            (file, found, table)
        };
        // Places have as many digits the second time where they are far enough from the beginning.
        let (mut file, mut places, mut table) = text(&[], 0);
        for _ in 0..4 {
            (file, places, table) = text(&places, table);
        }
        file
    }
}

/// Files that refer to themselves, each in its way; all of them show the same page.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let catalog = (1, "<</Type/Catalog/Pages 2 0 R>>");
    let pages = (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    let page = (3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 99 99]>>");
    let text = (4, PAGE);
    let root = "/Root 1 0 R";
    let plain = |objects: &[(u32, &str)], trailer: &str| File::of(objects, trailer).bytes();
    let stream =
        |objects: &[(u32, &str)], trailer: &str| File { is_stream: true, ..File::of(objects, trailer) }.bytes();
    let mut files = vec![
        ("a table that is its own predecessor", plain(&[catalog, pages, page, text], "/Root 1 0 R/Prev {x}")),
        (
            "a stream of a table that is its own predecessor",
            stream(&[catalog, pages, page, text], "/Root 1 0 R/Prev {x}"),
        ),
        (
            "a table and a stream that are each other's",
            plain(&[catalog, pages, page, text], "/Root 1 0 R/XRefStm {x}/Prev {x}"),
        ),
        (
            "pages that are their own kids",
            plain(&[catalog, (2, "<</Type/Pages/Kids[2 0 R 3 0 R]/Count 9>>"), page, text], root),
        ),
        (
            "kids that have their grandparent as a kid",
            plain(
                &[
                    catalog,
                    (2, "<</Type/Pages/Kids[3 0 R 5 0 R]>>"),
                    page,
                    text,
                    (5, "<</Type/Pages/Parent 2 0 R/Kids[2 0 R 5 0 R]>>"),
                ],
                root,
            ),
        ),
        (
            "a page that is its own parent",
            plain(&[catalog, pages, (3, "<</Type/Page/Parent 3 0 R/Contents 4 0 R>>"), text], root),
        ),
        ("a catalog that is its pages", plain(&[(1, "<</Type/Catalog/Pages 1 0 R>>"), pages, page, text], root)),
        (
            "objects that are each other",
            plain(&[catalog, pages, page, text, (5, "6 0 R"), (6, "5 0 R"), (7, "7 0 R")], root),
        ),
        ("a root that is itself", plain(&[(1, "1 0 R"), pages, page, text], root)),
        (
            "a length that is the length of its stream",
            plain(&[catalog, pages, page, (4, &PAGE.replace("/Length 33", "/Length 4 0 R")), (5, "5 0 R")], root),
        ),
        (
            "lengths that are each other",
            plain(&[catalog, pages, page, (4, &PAGE.replace("33", "5 0 R")), (5, "6 0 R"), (6, "5 0 R")], root),
        ),
        (
            "filters and parameters that are their own",
            plain(
                &[
                    catalog,
                    pages,
                    page,
                    text,
                    (5, "<</Length 3/Filter 5 0 R/DecodeParms 5 0 R>>\nstream\nabc\nendstream"),
                ],
                root,
            ),
        ),
        (
            "streams of objects that extend each other",
            plain(
                &[
                    catalog,
                    pages,
                    page,
                    text,
                    (5, "<</Type/ObjStm/N 1/First 4/Extends 6 0 R/Length 8>>\nstream\n9 0 1234\nendstream"),
                    (6, "<</Type/ObjStm/N 1/First 4/Extends 5 0 R/Length 8>>\nstream\n8 0 1234\nendstream"),
                    (7, "<</Type/ObjStm/N 1/First 4/Extends 7 0 R/Length 8>>\nstream\n7 0 1234\nendstream"),
                ],
                root,
            ),
        ),
        (
            "outlines that go round",
            plain(
                &[
                    (1, "<</Type/Catalog/Pages 2 0 R/Outlines 5 0 R>>"),
                    pages,
                    page,
                    text,
                    (5, "<</First 6 0 R/Last 6 0 R>>"),
                    (6, "<</Parent 5 0 R/Next 6 0 R/Prev 6 0 R/First 5 0 R>>"),
                ],
                root,
            ),
        ),
        (
            "fonts and forms that hold themselves",
            plain(
                &[
                    catalog,
                    pages,
                    (3, "<</Type/Page/Parent 2 0 R/Contents[4 0 R 3 0 R]/Resources 5 0 R>>"),
                    text,
                    (5, "<</Font<</F1 6 0 R>>/XObject<</X 7 0 R>>/ProcSet 5 0 R>>"),
                    (6, "<</Type/Font/Subtype/Type0/DescendantFonts[6 0 R]/ToUnicode 8 0 R/Encoding 6 0 R>>"),
                    (7, "<</Type/XObject/Subtype/Form/Resources 5 0 R/Length 5>>\nstream\n/X Do\nendstream"),
                    (8, "<</UseCMap 8 0 R/Length 0>>\nstream\n\nendstream"),
                ],
                root,
            ),
        ),
        (
            "names that are their own tree",
            plain(
                &[
                    (1, "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 5 0 R>>>>"),
                    pages,
                    page,
                    text,
                    (5, "<</Kids[5 0 R 5 0 R]>>"),
                ],
                root,
            ),
        ),
    ];
    // In the extractor all of these again, as if they were encrypted, and encrypted by themselves.
    let encrypted = "/Root 1 0 R/Encrypt 5 0 R/ID[<00><00>]";
    files.push(("an encryption that is its own", plain(&[catalog, pages, page, text, (5, "5 0 R")], encrypted)));
    files
}

/// A stream of objects that is within itself (table of type 2), which only a table can say.
fn within_itself() -> Vec<u8> {
    let objects = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n";
    let at = objects.len();
    // Object 1 where it is, objects 2 and 3 in stream 3, the table itself.
    let rows = format!("0000000000010000090002000003000200000301 01{at:06x}00").replace(' ', "");
    format!(
        "{objects}4 0 obj\n<</Type/XRef/W[1 3 1]/Size 5/Root 1 0 R/Filter/AHx/Length {}>>\nstream\n{rows}>\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n",
        rows.len() + 1
    )
    .into_bytes()
}

#[test]
fn pdf_that_refers_to_itself_is_read_in_its_order() {
    for (what, file) in files() {
        let outcome = with(&limits(), what, &file);
        let encrypted = what == "an encryption that is its own";
        let reasons: &[&str] = match what {
            _ if encrypted => &["encrypted"],
            // A filter that another object names is not looked up.
            "filters and parameters that are their own" => &["unsupported"],
            _ => &[],
        };
        assert_eq!(outcome.reasons(), reasons, "{what}: {outcome:?}");
        assert!(outcome.given <= 2 * file.len() as u64, "{what}: {outcome:?}");
        // What the page shows, of which a font that is its own table makes two letters one.
        assert!(encrypted || outcome.given >= 6, "{what}: {outcome:?}");
    }
    let file = within_itself();
    let outcome = with(&limits(), "a stream of objects within itself", &file);
    assert!(outcome.events <= 1 && outcome.given <= 2 * file.len() as u64, "{outcome:?}");
}

/// Counts what a module says.
#[derive(Default)]
struct Heard {
    bytes: usize,
    children: usize,
    cuts: Vec<Cut>,
}

impl Out for Heard {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        self.children += 1;
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        self.bytes += bytes.len();
        true
    }

    fn declare(&mut self, _: Charset) {}

    fn end(&mut self) {}

    fn cut(&mut self, reason: Cut) {
        self.cuts.push(reason);
    }
}

/// What a module says of an object before the deadline; and the most memory that it has taken.
fn extract(module: &str, what: &str, file: &[u8]) -> (Heard, u64) {
    let extract = MODULES.iter().find(|known| known.name == module).unwrap().extract.unwrap();
    let (sender, receiver) = mpsc::channel();
    let object = file.to_vec();
    std::thread::spawn(move || {
        let mut heard = Heard::default();
        let memory = allocation_counter::measure(|| {
            extract(&object, &mut heard);
        });
        // Nobody waits for it any more where it comes too late.
        drop(sender.send((heard, memory.bytes_max)));
    });
    receiver.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("{module}: {what}: no answer in {DEADLINE:?}"))
}

#[test]
fn pdf_that_refers_to_itself_ends_in_the_extractor() {
    for (what, file) in files().into_iter().chain([("a stream of objects within itself", within_itself())]) {
        let (heard, memory) = extract("pdf", what, &file);
        assert!(heard.cuts.len() <= 1, "{what}: {:?}", heard.cuts);
        assert!(heard.bytes <= file.len() && heard.children <= 16, "{what}: {} bytes", heard.bytes);
        assert!(memory < 64 << 20, "{what}: {} MiB", memory >> 20);
    }
}

/// The same compound file with chains of its FAT that come back: of a stream, of the directory, and of the list of the FAT.
fn chains() -> Vec<(&'static str, Vec<u8>)> {
    let text = "the plans of Project Tern\r\n".repeat(800);
    let file = compound(&[("WordDocument", text.as_bytes()), ("second", b"the launch valuation, in words")]);
    let word = |at: usize| usize::try_from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap())).unwrap();
    let (fat, directory) = (512 * (word(76) + 1), word(48));
    let with = |changes: &[(usize, usize)]| {
        let mut file = file.clone();
        for (at, value) in changes {
            file[*at..*at + 4].copy_from_slice(&u32::try_from(*value).unwrap().to_le_bytes());
        }
        file
    };
    vec![
        ("a chain that comes back to its beginning", with(&[(fat + 4 * 20, 0)])),
        ("a sector that follows itself", with(&[(fat + 4 * 20, 20)])),
        ("a directory that follows itself", with(&[(fat + 4 * directory, directory)])),
        ("a list of the FAT that follows itself", with(&[(68, 3), (72, 1000), (512 * 4 + 508, 3)])),
        ("a mini FAT that is the FAT", with(&[(60, word(76)), (64, 1000)])),
    ]
}

#[test]
fn chains_of_compound_files_that_come_back() {
    for (what, file) in chains() {
        let passing = with(&limits(), what, &file);
        assert!(passing.events <= 1 && passing.given <= 2 * file.len() as u64, "{what}: {passing:?}");
        let (heard, memory) = extract("ole2", what, &file);
        assert!(
            heard.cuts.len() <= 2 && heard.cuts.iter().all(|cut| *cut == Cut::Malformed),
            "{what}: {:?}",
            heard.cuts
        );
        assert!(heard.bytes <= 2 * file.len() && heard.children <= 8, "{what}: {} bytes", heard.bytes);
        assert!(memory < 64 << 20, "{what}: {} MiB", memory >> 20);
    }
}
