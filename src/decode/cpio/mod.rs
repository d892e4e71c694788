//! cpio: the ASCII formats newc and crc (SVR4) and odc (POSIX.1-1988), and the old binary one in both orders of bytes.
//!
//! An entry named `TRAILER!!!` ends an archive. What follows its padding is another archive (an initramfs is several), or
//! an object of its own, `(trailing)`, such as the compressed half of an initramfs. Only files have content; of several
//! names of one file newc gives the content to the last.

mod header;

use self::header::{Header, Kind, MAGIC, Pieces};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::Format;
use super::parts::{Kept, begin_rest, until_zero};

pub(super) static FORMAT: Format = Format {
    name: "cpio",
    recognise: header::recognise,
    make: || Box::new(Cpio::new()),
    memory: 2 << 10,
    scanned: false,
    carries: false,
};

/// Longest name that is kept.
const NAME: usize = 1024;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Name,
    NamePadding(u64),
    /// A file's content: what is left, and whether it is wanted.
    File(u64, bool),
    /// So many bytes that are nobody's.
    Skipped(u64),
    /// What is no archive, and whether it is wanted.
    Rest(bool),
}

#[derive(Debug)]
struct Cpio {
    state: State,
    field: Pieces,
    header: Header,
    name: Kept<NAME>,
    sum: u32,
    /// The archive is over; another may follow.
    ended: bool,
}

impl Cpio {
    const fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            header: Header::NONE,
            name: Kept::EMPTY,
            sum: 0,
            ended: false,
        }
    }

    /// Takes a header. `None` when it is not complete.
    fn header(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Option<State> {
        if self.ended && self.field.get().is_empty() {
            let zeros = input.iter().position(|byte| *byte != 0).unwrap_or(input.len());
            *input = input.get(zeros..).unwrap_or(&[]);
        }
        if !self.field.fill(input, MAGIC) {
            return None;
        }
        let kind = self.field.get().get(..MAGIC).and_then(Kind::of);
        if let Some(kind) = kind {
            if !self.field.fill(input, kind.length()) {
                return None;
            }
            if let Some(header) = Header::read(kind, self.field.get()) {
                self.header = header;
                self.field.clear();
                self.name.clear();
                self.ended = false;
                return Some(State::Name);
            }
        }
        let wanted = if self.ended {
            out.begin(&Child { name: b"(trailing)" }) && out.data(self.field.get())
        } else {
            begin_rest(self.field.get(), out)
        };
        Some(State::Rest(wanted))
    }

    /// The name is complete.
    fn entry(&mut self, out: &mut dyn Out) -> State {
        let name = until_zero(self.name.get());
        if name == b"TRAILER!!!" {
            self.ended = true;
            return State::Skipped(self.header.size + self.header.padding);
        }
        if !self.header.is_file() {
            return State::Skipped(self.header.size + self.header.padding);
        }
        self.sum = 0;
        State::File(self.header.size, out.begin(&Child { name }))
    }
}

impl Decoder for Cpio {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Header => match self.header(&mut input, out) {
                    Some(state) => state,
                    None => return Ok(Taken::All),
                },
                State::Name if self.name.pass(&mut input, self.header.name) => {
                    State::NamePadding(self.header.name_padding)
                }
                State::Name => return Ok(Taken::All),
                State::NamePadding(0) => self.entry(out),
                State::File(0, wanted) => {
                    if wanted {
                        if self.header.sum.is_some_and(|sum| sum != self.sum) {
                            out.cut(Cut::Checksum);
                        }
                        out.end();
                    }
                    State::Skipped(self.header.padding)
                }
                State::Skipped(0) => State::Header,
                _ if input.is_empty() => return Ok(Taken::All),
                State::NamePadding(left) => State::NamePadding(left - take(&mut input, left).len() as u64),
                State::Skipped(left) => State::Skipped(left - take(&mut input, left).len() as u64),
                State::File(left, wanted) => {
                    let bytes = take(&mut input, left);
                    if wanted {
                        if self.header.sum.is_some() {
                            self.sum = bytes.iter().fold(self.sum, |sum, byte| sum.wrapping_add(u32::from(*byte)));
                        }
                        if !out.data(bytes) {
                            return Ok(Taken::Enough);
                        }
                    }
                    State::File(left - bytes.len() as u64, wanted)
                }
                State::Rest(wanted) => {
                    return Ok(if wanted && out.data(input) { Taken::All } else { Taken::Enough });
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        match self.state {
            State::Rest(wanted) => {
                if wanted {
                    out.end();
                }
                return true;
            }
            State::Header | State::Skipped(_) if self.ended => {
                // What follows an archive may be shorter than a header.
                if !self.field.get().is_empty() && out.begin(&Child { name: b"(trailing)" }) {
                    out.data(self.field.get());
                    out.end();
                }
                return true;
            }
            _ => {}
        }
        out.cut(Cut::Truncated);
        if matches!(self.state, State::File(_, true)) {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        self.name.clear();
        (self.sum, self.ended) = (0, false);
    }
}
