//! ar, and Debian packages, which are ar archives (deb(5)): members with the short names that stand in their headers, with
//! the long ones of GNU and System V (a table, `//`), and with those of BSD (in front of the content).
//!
//! Symbol tables are no members. Of the table of long names the first 8 KiB are kept; a member whose name lies behind
//! them is called by its place, such as `/9000`. A thin archive has no content: its members are named, and
//! [`Cut::Unsupported`].

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::parts::{Kept, begin_rest, only_name, until_zero};

pub(super) static AR: Format = Format {
    name: "ar",
    recognise: recognise_ar,
    make: || Box::new(Ar::new()),
    memory: 10 << 10,
    scanned: false,
    carries: false,
};
pub(super) static DEB: Format = Format {
    name: "deb",
    recognise: recognise_deb,
    make: || Box::new(Ar::new()),
    memory: 10 << 10,
    scanned: false,
    carries: false,
};

const MAGIC: usize = 8;
const HEADER: usize = 60;
/// Longest BSD name, and as much of the table of names, as is kept.
const NAME: usize = 1024;
const TABLE: usize = 8192;

fn recognise_ar(bytes: &[u8]) -> Guess {
    match (begins(bytes, b"!<arch>\n"), begins(bytes, b"!<thin>\n")) {
        (Guess::Yes, _) | (_, Guess::Yes) => Guess::Yes,
        (Guess::No, Guess::No) => Guess::No,
        _ => Guess::More,
    }
}

/// deb(5): the first member is named `debian-binary`.
fn recognise_deb(bytes: &[u8]) -> Guess {
    begins(bytes, b"!<arch>\ndebian-binary")
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Magic,
    Header,
    /// A BSD name of so many bytes, and the content behind it.
    Name(u64, u64),
    /// The table of names.
    Table(u64),
    /// A member's content: what is left, and whether it is wanted.
    Member(u64, bool),
    /// So many bytes that are nobody's.
    Skipped(u64),
    /// The line end that fills a member to an even length.
    Even,
    /// What is no archive, and whether it is wanted.
    Rest(bool),
}

#[derive(Debug)]
struct Ar {
    state: State,
    field: Field<HEADER>,
    name: Kept<NAME>,
    table: Kept<TABLE>,
    thin: bool,
    /// The member's length is odd.
    odd: bool,
}

/// A number in decimal digits, with spaces behind it.
fn decimal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_end();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

impl Ar {
    const fn new() -> Self {
        Self {
            state: State::Magic,
            field: Field::EMPTY,
            name: Kept::EMPTY,
            table: Kept::EMPTY,
            thin: false,
            odd: false,
        }
    }

    /// Reads the header that is complete. `None` where it is none.
    fn header(&mut self, out: &mut dyn Out) -> Option<State> {
        let header = self.field;
        let header = header.get();
        if header.get(58..) != Some(b"`\n") {
            return None;
        }
        let size = header.get(48..58).and_then(decimal)?;
        let name = header.get(..16)?.trim_ascii_end();
        self.odd = size % 2 != 0;
        self.name.clear();
        Some(match name {
            b"/" | b"/SYM64/" | b"__.SYMDEF" | b"__.SYMDEF SORTED" => State::Skipped(size),
            b"//" => {
                self.table.clear();
                State::Table(size)
            }
            [b'#', b'1', b'/', digits @ ..] => {
                let length = decimal(digits).filter(|length| *length <= size)?;
                State::Name(length, size - length)
            }
            [b'/', digits @ ..] => {
                let place = decimal(digits)?;
                let behind = usize::try_from(place).ok().and_then(|place| self.table.get().get(place..));
                let end = behind.and_then(|behind| memchr::memchr(b'\n', behind));
                let long = behind.zip(end).and_then(|(behind, end)| behind.get(..end)).unwrap_or(name);
                let long = long.strip_suffix(b"/").unwrap_or(long);
                begin(long, size, self.thin, out)
            }
            // GNU ends a name with a slash, so that it may have spaces.
            _ => begin(name.strip_suffix(b"/").unwrap_or(name), size, self.thin, out),
        })
    }
}

fn begin(name: &[u8], size: u64, thin: bool, out: &mut dyn Out) -> State {
    if thin {
        only_name(name, Cut::Unsupported, out);
        return State::Header;
    }
    State::Member(size, out.begin(&Child { name }))
}

impl Decoder for Ar {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Magic => {
                    if !self.field.fill(&mut input, MAGIC) {
                        return Ok(Taken::All);
                    }
                    self.thin = self.field.get() == b"!<thin>\n";
                    self.field.clear();
                    State::Header
                }
                State::Header => {
                    if !self.field.fill(&mut input, HEADER) {
                        return Ok(Taken::All);
                    }
                    let state = self.header(out);
                    let held = std::mem::replace(&mut self.field, Field::EMPTY);
                    state.unwrap_or_else(|| State::Rest(begin_rest(held.get(), out)))
                }
                State::Name(length, size) => {
                    if !self.name.pass(&mut input, length) {
                        return Ok(Taken::All);
                    }
                    match until_zero(self.name.get()) {
                        b"__.SYMDEF" | b"__.SYMDEF SORTED" => State::Skipped(size),
                        name => begin(name, size, self.thin, out),
                    }
                }
                State::Table(size) if self.table.pass(&mut input, size) => State::Skipped(0),
                State::Table(_) => return Ok(Taken::All),
                State::Member(0, wanted) => {
                    if wanted {
                        out.end();
                    }
                    State::Skipped(0)
                }
                State::Skipped(0) if self.odd => State::Even,
                State::Skipped(0) => State::Header,
                _ if input.is_empty() => return Ok(Taken::All),
                State::Member(left, wanted) => {
                    let bytes = take(&mut input, left);
                    if wanted && !out.data(bytes) {
                        return Ok(Taken::Enough);
                    }
                    State::Member(left - bytes.len() as u64, wanted)
                }
                State::Skipped(left) => State::Skipped(left - take(&mut input, left).len() as u64),
                State::Even => {
                    // Some programs leave it out.
                    if input.first() == Some(&b'\n') {
                        take(&mut input, 1);
                    }
                    State::Header
                }
                State::Rest(wanted) => {
                    return Ok(if wanted && out.data(input) { Taken::All } else { Taken::Enough });
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let State::Rest(wanted) = self.state {
            if wanted {
                out.end();
            }
            return true;
        }
        // An archive ends behind any member.
        let between = matches!(self.state, State::Header | State::Even) && self.field.get().is_empty();
        if !between {
            out.cut(Cut::Truncated);
            if matches!(self.state, State::Member(_, true)) {
                out.end();
            }
        }
        between
    }

    fn reset(&mut self) {
        self.state = State::Magic;
        self.field.clear();
        self.name.clear();
        self.table.clear();
        (self.thin, self.odd) = (false, false);
    }
}
