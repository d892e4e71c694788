//! GIF (CompuServe, version 89a): blocks, of which comments and XMP are read.

use super::super::cut::Cut;
use super::super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, Guess, begins};

pub(in super::super) static FORMAT: Format = Format {
    name: "gif",
    recognise: |bytes| match begins(bytes, b"GIF89a") {
        Guess::No => begins(bytes, b"GIF87a"),
        guess => guess,
    },
    make: || Box::new(Gif::new()),
    memory: 256,
    scanned: false,
    carries: false,
};

/// Signature and screen; an image's place; an application's name.
const SCREEN: usize = 13;
const IMAGE: usize = 9;
const NAME: usize = 11;

/// What the data blocks hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocks {
    /// A comment, or texts to be shown, wanted or not.
    Text(bool),
    /// XMP: it stands there as if there were no blocks.
    Xmp(bool),
    Other,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Screen,
    /// Colours, so many bytes, and whether the size of codes is behind them.
    Colours(u64, bool),
    Block,
    Extension,
    Image,
    CodeSize,
    /// The length of a block of data, and its bytes.
    Length(Blocks),
    Data(Blocks, u64),
    /// The length of an application's name, and the name.
    NameLength,
    Name,
}

#[derive(Debug)]
struct Gif {
    state: State,
    field: Field<SCREEN>,
}

impl Gif {
    const fn new() -> Self {
        Self { state: State::Screen, field: Field::EMPTY }
    }

    /// How many bytes of colours follow, by a field's last flags.
    fn colours(flags: Option<&u8>) -> u64 {
        flags.filter(|flags| **flags & 0x80 != 0).map_or(0, |flags| 3 << ((flags & 7) + 1))
    }

    /// The blocks are over.
    fn end(blocks: Blocks, out: &mut dyn Out) {
        if matches!(blocks, Blocks::Text(true) | Blocks::Xmp(true)) {
            out.end();
        }
    }
}

impl Decoder for Gif {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while let Some((byte, rest)) = input.split_first() {
            match self.state {
                State::Screen => {
                    if self.field.fill(&mut input, SCREEN) {
                        self.state = State::Colours(Self::colours(self.field.get().get(10)), false);
                        self.field.clear();
                    }
                }
                State::Colours(left, is_image) => {
                    let left = left - take(&mut input, left).len() as u64;
                    self.state = match (left, is_image) {
                        (0, false) => State::Block,
                        (0, true) => State::CodeSize,
                        _ => State::Colours(left, is_image),
                    };
                }
                State::Block => {
                    self.state = match byte {
                        b'!' => State::Extension,
                        b',' => State::Image,
                        b';' => return Ok(Taken::End(Fault::before(piece, rest).at)),
                        _ => return Err(Fault::before(piece, input)),
                    };
                    input = rest;
                }
                State::Extension => {
                    input = rest;
                    self.state = match byte {
                        0xfe => State::Length(Blocks::Text(out.begin_text(&Child { name: b"(metadata)" }))),
                        0xff => State::NameLength,
                        _ => State::Length(Blocks::Other),
                    };
                }
                State::Image => {
                    if self.field.fill(&mut input, IMAGE) {
                        self.state = State::Colours(Self::colours(self.field.get().last()), true);
                        self.field.clear();
                    }
                }
                State::CodeSize => {
                    input = rest;
                    self.state = State::Length(Blocks::Other);
                }
                State::NameLength => {
                    if usize::from(*byte) == NAME {
                        input = rest;
                        self.state = State::Name;
                    } else {
                        self.state = State::Length(Blocks::Other);
                    }
                }
                State::Name => {
                    if self.field.fill(&mut input, NAME) {
                        let is_xmp = self.field.get() == b"XMP DataXMP";
                        self.field.clear();
                        self.state = State::Length(if is_xmp {
                            Blocks::Xmp(out.begin(&Child { name: b"(metadata)" }))
                        } else {
                            Blocks::Other
                        });
                    }
                }
                State::Length(blocks) => {
                    if *byte == 0 {
                        Self::end(blocks, out);
                        self.state = State::Block;
                    } else {
                        if blocks == Blocks::Xmp(true) && !out.data(&[*byte]) {
                            return Ok(Taken::Enough);
                        }
                        self.state = State::Data(blocks, u64::from(*byte));
                    }
                    input = rest;
                }
                State::Data(blocks, left) => {
                    let bytes = take(&mut input, left);
                    let left = left - bytes.len() as u64;
                    self.state = if left == 0 { State::Length(blocks) } else { State::Data(blocks, left) };
                    if matches!(blocks, Blocks::Text(true) | Blocks::Xmp(true)) && !out.data(bytes) {
                        return Ok(Taken::Enough);
                    }
                }
            }
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if let State::Length(blocks) | State::Data(blocks, _) = self.state {
            Self::end(blocks, out);
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Screen;
        self.field.clear();
    }
}
