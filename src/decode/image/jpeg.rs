//! JPEG (ITU-T T.81): segments, of which those of applications and comments are read.

use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, Guess, begins};
use super::super::metadata::{Held, ROOM, object, texts};
use super::super::parts::be16;
use super::{exif, iptc};

pub(in super::super) static FORMAT: Format = Format {
    name: "jpeg",
    recognise: |bytes| match begins(bytes, b"\xff\xd8\xff") {
        Guess::Yes if bytes.len() < 4 => Guess::More,
        // The next marker: of an application, a comment, a table, a frame.
        Guess::Yes if !matches!(bytes.get(3), Some(0xc0..=0xc4 | 0xdb | 0xe0..=0xef | 0xfe)) => Guess::No,
        guess => guess,
    },
    make: || Box::new(Jpeg::new()),
    memory: ROOM + 256,
    scanned: false,
    carries: false,
};

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// More of XMP, which has its own identifier, length and offset in front.
const MORE_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const MORE_XMP_FRONT: usize = 32 + 4 + 4;
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

const SCAN: u8 = 0xda;
const END: u8 = 0xd9;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// 0xff, which may come several times.
    Marker,
    Number,
    /// The length of a segment.
    Length(u8),
    Segment(u8, u64),
    /// Pixels, and whether the last byte was 0xff.
    Pixels(bool),
}

#[derive(Debug)]
struct Jpeg {
    state: State,
    field: Field<2>,
    held: Held,
}

impl Jpeg {
    fn new() -> Self {
        Self { state: State::Marker, field: Field::EMPTY, held: Held::new() }
    }

    /// A segment is over. False when no more is wanted.
    fn segment(&mut self, marker: u8, out: &mut dyn Out) -> bool {
        let held = self.held.get();
        let go_on = match marker {
            0xe1 if held.starts_with(EXIF) => {
                texts(out, |texts| exif::read(held.get(EXIF.len()..).unwrap_or(&[]), texts))
            }
            0xe1 if held.starts_with(XMP) => object(held.get(XMP.len()..).unwrap_or(&[]), out),
            0xe1 if held.starts_with(MORE_XMP) => {
                object(held.get(MORE_XMP.len() + MORE_XMP_FRONT..).unwrap_or(&[]), out)
            }
            0xed if held.starts_with(PHOTOSHOP) => {
                texts(out, |texts| iptc::read(held.get(PHOTOSHOP.len()..).unwrap_or(&[]), texts))
            }
            0xfe => texts(out, |texts| texts.plain(held)),
            _ => true,
        };
        self.held.clear();
        go_on
    }
}

impl Decoder for Jpeg {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while let Some((byte, rest)) = input.split_first() {
            match self.state {
                State::Marker | State::Number => {
                    let here = input;
                    input = rest;
                    self.state = match (self.state, byte) {
                        (_, 0xff) => State::Number,
                        (State::Number, 0xd8 | 0xd0..=0xd7 | 1) => State::Marker,
                        (State::Number, &END) => return Ok(Taken::End(Fault::before(piece, input).at)),
                        (State::Number, 0xc0..) => State::Length(*byte),
                        _ => return Err(Fault::before(piece, here)),
                    };
                }
                State::Length(marker) => {
                    if self.field.fill(&mut input, 2) {
                        let length = be16(self.field.get(), 0).and_then(|length| length.checked_sub(2));
                        self.field.clear();
                        let length = length.ok_or(Fault::before(piece, input))?;
                        self.state = after(marker, u64::from(length));
                    }
                }
                State::Segment(marker, left) => {
                    let bytes = take(&mut input, left);
                    if matches!(marker, 0xe1 | 0xed | 0xfe) {
                        self.held.append(bytes);
                    }
                    let left = left - bytes.len() as u64;
                    self.state = after(marker, left);
                    if left == 0 && !self.segment(marker, out) {
                        return Ok(Taken::Enough);
                    }
                }
                State::Pixels(false) => {
                    let at = memchr::memchr(0xff, input);
                    input = at.and_then(|at| input.get(at + 1..)).unwrap_or(&[]);
                    self.state = State::Pixels(at.is_some());
                }
                State::Pixels(true) => match byte {
                    // A byte of pixels, or a place to start anew.
                    0 | 0xd0..=0xd7 => {
                        input = rest;
                        self.state = State::Pixels(false);
                    }
                    _ => self.state = State::Number,
                },
            }
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if let State::Segment(marker, _) = self.state {
            self.segment(marker, out);
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Marker;
        self.field.clear();
        self.held.clear();
    }
}

/// What follows when so much of a segment is still to come.
const fn after(marker: u8, left: u64) -> State {
    match (left, marker) {
        (0, SCAN) => State::Pixels(false),
        (0, _) => State::Marker,
        _ => State::Segment(marker, left),
    }
}
