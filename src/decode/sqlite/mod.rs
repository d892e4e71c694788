//! SQLite 3 databases: the text in their tables, page by page as they pass (SQLite's "Database File Format").
//!
//! All texts and blobs of rows are one child, `(text)`, each with a line end behind it, in the order of their pages, and as
//! UTF-8. What a page has no room for lies on overflow pages, which are handed out where they pass, without the zeros at
//! their end; as a rule that is right behind the page of the row. Indices are left out, since they repeat what is in
//! tables; so are the rows of tables WITHOUT ROWID, which are stored as indices are.

mod page;

use self::page::Leaf;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, begins};
use super::parts::{be16, be32};

pub(super) static FORMAT: Format = Format {
    name: "sqlite",
    recognise: |bytes| begins(bytes, b"SQLite format 3\0"),
    make: || Box::new(Sqlite::new()),
    memory: 66 << 10,
    scanned: false,
    carries: false,
};

const HEADER: usize = 100;
const LARGEST: usize = 64 << 10;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Page,
}

/// How texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { little: bool },
}

#[derive(Debug)]
struct Sqlite {
    state: State,
    page: Vec<u8>,
    size: usize,
    reserved: usize,
    encoding: Encoding,
    /// Pages that have passed, and that there should be.
    passed: u32,
    count: u32,
    /// The text has begun, and whether it is wanted.
    open: Option<bool>,
}

impl Sqlite {
    fn new() -> Self {
        Self {
            state: State::Header,
            page: Vec::with_capacity(LARGEST),
            size: 0,
            reserved: 0,
            encoding: Encoding::Utf8,
            passed: 0,
            count: 0,
            open: None,
        }
    }

    /// Reads the header of the database (section 1.3). `None` where a page cannot be so large.
    fn header(&mut self) -> Option<()> {
        let header = &self.page;
        self.size = match be16(header, 16)? {
            1 => LARGEST,
            size => usize::from(size),
        };
        self.reserved = usize::from(*header.get(20)?);
        self.count = be32(header, 28)?;
        self.encoding = match be32(header, 56)? {
            2 => Encoding::Utf16 { little: true },
            3 => Encoding::Utf16 { little: false },
            _ => Encoding::Utf8,
        };
        (self.size >= 512 && self.size.is_power_of_two()).then_some(())
    }

    /// Hands out text. False when no more is wanted.
    fn text(open: &mut Option<bool>, bytes: &[u8], out: &mut dyn Out) -> bool {
        let wanted = *open.get_or_insert_with(|| out.begin_text(&Child { name: b"(text)" }));
        !wanted || bytes.is_empty() || out.data(bytes)
    }

    /// A page is complete. False when no more is wanted.
    fn page(&mut self, out: &mut dyn Out) -> bool {
        let Self { page, open, encoding, .. } = self;
        if let Some(leaf) = Leaf::of(page, self.passed == 0, self.reserved) {
            // Cells that overlap would give more than there is.
            let mut budget = page.len();
            for (record, is_cut) in leaf.cells() {
                budget = budget.saturating_sub(record.len() + 2);
                for value in page::values(record, is_cut) {
                    let go_on = match *encoding {
                        Encoding::Utf16 { little } if value.is_text => wide(open, value.bytes, little, out),
                        _ => Self::text(open, value.bytes, out),
                    };
                    if !go_on || !(value.is_cut || Self::text(open, b"\n", out)) {
                        return false;
                    }
                }
                if budget == 0 {
                    return true;
                }
            }
        } else if self.passed != 0 && page.first() == Some(&0) {
            // The number of the page behind it, and what a row goes on with.
            let content = page.get(4..page.len().saturating_sub(self.reserved)).unwrap_or(&[]);
            let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let Some(content) = content.get(..end).filter(|content| !content.is_empty()) else { return true };
            return match *encoding {
                Encoding::Utf16 { little } => wide(open, content, little, out),
                Encoding::Utf8 => Self::text(open, content, out),
            };
        }
        true
    }
}

/// Hands out UTF-16 as UTF-8. False when no more is wanted.
fn wide(open: &mut Option<bool>, bytes: &[u8], little: bool, out: &mut dyn Out) -> bool {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [a, b] if little => u16::from_le_bytes([a, b]),
        [a, b] => u16::from_be_bytes([a, b]),
        _ => 0xfffd,
    });
    let mut text: Field<1024> = Field::EMPTY;
    for letter in char::decode_utf16(units) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.append(letter.encode_utf8(&mut [0; 4]).as_bytes());
        if text.get().len() > 1000 {
            if !Sqlite::text(open, text.get(), out) {
                return false;
            }
            text.clear();
        }
    }
    Sqlite::text(open, text.get(), out)
}

impl Decoder for Sqlite {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while !input.is_empty() {
            let length = if self.state == State::Header { HEADER } else { self.size };
            let bytes = take(&mut input, length.saturating_sub(self.page.len()) as u64);
            self.page.extend_from_slice(bytes);
            if self.page.len() < length {
                continue;
            }
            if self.state == State::Header {
                self.header().ok_or(Fault::before(piece, input))?;
                self.state = State::Page;
                continue;
            }
            if !self.page(out) {
                return Ok(Taken::Enough);
            }
            self.page.clear();
            self.passed = self.passed.saturating_add(1);
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let complete = self.state == State::Page && self.page.is_empty() && self.passed >= self.count;
        if !complete {
            out.cut(Cut::Truncated);
        }
        if self.open == Some(true) {
            out.end();
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.page.clear();
        (self.passed, self.count, self.open) = (0, 0, None);
    }
}
