//! FLAC (RFC 9639): blocks of metadata, of which comments are read, and sound.

use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, begins};
use super::super::metadata::{Held, ROOM, texts};
use super::super::parts::{be32, begin_rest};
use super::{end_rest, rest, vorbis};

pub(in super::super) static FORMAT: Format = Format {
    name: "flac",
    recognise: |bytes| begins(bytes, MAGIC),
    make: || Box::new(Flac::new()),
    memory: ROOM + 256,
    scanned: false,
    carries: false,
};

const MAGIC: &[u8] = b"fLaC";
/// Of the types of blocks, that of comments, and the flag of the last block (section 8.1).
pub(super) const COMMENTS: u8 = 4;
const LAST: u8 = 0x80;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Magic,
    Header,
    /// So many bytes of a block, which has comments or not, and is the last or not.
    Block {
        left: u64,
        comments: bool,
        last: bool,
    },
    /// The first bytes of sound, and sound.
    Sync,
    Sound,
    /// What is neither, wanted or not.
    Rest(bool),
}

#[derive(Debug)]
struct Flac {
    state: State,
    field: Field<4>,
    held: Held,
}

impl Flac {
    fn new() -> Self {
        Self { state: State::Magic, field: Field::EMPTY, held: Held::new() }
    }
}

impl Decoder for Flac {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.state {
                State::Block { left: 0, comments, last } => {
                    self.state = if last { State::Sync } else { State::Header };
                    let go_on = !comments || texts(out, |texts| vorbis::read(self.held.get(), texts));
                    self.held.clear();
                    if !go_on {
                        return Ok(Taken::Enough);
                    }
                }
                _ if input.is_empty() => return Ok(Taken::All),
                State::Magic => {
                    if self.field.fill(&mut input, MAGIC.len()) {
                        self.field.clear();
                        self.state = State::Header;
                    }
                }
                State::Header => {
                    if self.field.fill(&mut input, 4) {
                        let header = be32(self.field.get(), 0).unwrap_or(0);
                        let [kind, ..] = header.to_be_bytes();
                        self.field.clear();
                        // Section 8.1: it is forbidden, since it would be sound.
                        if kind & !LAST == 127 {
                            self.state = State::Rest(begin_rest(&header.to_be_bytes(), out));
                            continue;
                        }
                        let (comments, last) = (kind & !LAST == COMMENTS, kind & LAST != 0);
                        self.state = State::Block { left: u64::from(header & 0xff_ffff), comments, last };
                    }
                }
                State::Block { left, comments, last } => {
                    let bytes = take(&mut input, left);
                    if comments {
                        self.held.append(bytes);
                    }
                    self.state = State::Block { left: left - bytes.len() as u64, comments, last };
                }
                State::Sync => {
                    // Section 9.1: fourteen bits of ones and a zero.
                    if self.field.fill(&mut input, 2) {
                        self.state = match self.field.get() {
                            [0xff, 0xf8 | 0xf9] => State::Sound,
                            other => State::Rest(begin_rest(other, out)),
                        };
                    }
                }
                State::Sound => return Ok(Taken::All),
                State::Rest(wanted) => return rest(wanted, input, out),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        match self.state {
            State::Sound => return true,
            State::Rest(wanted) => return end_rest(wanted, out),
            State::Sync if self.field.get().is_empty() => return true,
            State::Block { comments: true, .. } => {
                texts(out, |texts| vorbis::read(self.held.get(), texts));
            }
            _ => {}
        }
        out.cut(Cut::Truncated);
        false
    }

    fn reset(&mut self) {
        self.state = State::Magic;
        self.field.clear();
        self.held.clear();
    }
}
