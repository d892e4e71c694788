//! TNEF ([MS-OXTNEF]), in which Outlook wraps what MIME has no place for, as `winmail.dat`.
//!
//! Children are what attributes hold: attachments, by their title where it stands in front of them; the title that stands
//! behind, and the long name, as `(name)`; subject and body, as text, HTML or RTF, which is unpacked ([MS-OXRTFCP]); and
//! messages and objects within. Every attribute has a sum, which is verified. Other properties are passed over.

mod lzfu;
mod properties;

pub(crate) use self::lzfu::Lzfu;
use self::properties::Properties;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, begins};
use super::parts::{Kept, begin_rest, le16, le32, until_zero};

pub(super) static FORMAT: Format = Format {
    name: "tnef",
    recognise: |bytes| begins(bytes, b"\x78\x9f\x3e\x22"),
    make: || Box::new(Tnef::new()),
    memory: 8 << 10,
    scanned: false,
    carries: true,
};

/// Signature and key; level, number and length of an attribute; its sum.
const START: usize = 6;
const ATTRIBUTE: usize = 9;
const SUM: usize = 2;
/// Longest title that is kept.
const NAME: usize = 512;

/// What becomes of an attribute's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// A child, which is wanted or not.
    Child(bool),
    Title,
    Properties,
    Nothing,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Attribute,
    /// What is left of an attribute.
    Body(Body, u64),
    Sum(Body),
    /// What is no attribute, and whether it is wanted.
    Rest(bool),
}

#[derive(Debug)]
struct Tnef {
    state: State,
    field: Field<ATTRIBUTE>,
    sum: u16,
    title: Kept<NAME>,
    /// The attachment has been handed out.
    given: bool,
    properties: Properties,
}

impl Tnef {
    fn new() -> Self {
        Self {
            state: State::Start,
            field: Field::EMPTY,
            sum: 0,
            title: Kept::EMPTY,
            given: false,
            properties: Properties::new(),
        }
    }

    /// The attribute whose header is complete. `None` where it is none.
    fn attribute(&mut self, out: &mut dyn Out) -> Option<State> {
        let field = self.field.get();
        let length = u64::from(le32(field, 5)?);
        let level = field.first().filter(|level| matches!(level, 1 | 2))?;
        self.sum = 0;
        // Section 2.1.3.2: numbers of attributes.
        let body = match (level, le16(field, 1)?) {
            (1, 0x8004) => Body::Child(out.begin_text(&Child { name: b"(subject)" })),
            (1, 0x800c) => Body::Child(out.begin(&Child { name: b"(body)" })),
            (1, 0x9003) | (2, 0x9005) => {
                self.properties.clear();
                Body::Properties
            }
            (2, 0x9002) => {
                self.title.clear();
                self.given = false;
                Body::Nothing
            }
            (2, 0x8010) => {
                self.title.clear();
                Body::Title
            }
            (2, 0x800f) => {
                self.given = true;
                Body::Child(out.begin(&Child { name: until_zero(self.title.get()) }))
            }
            _ => Body::Nothing,
        };
        Some(State::Body(body, length))
    }

    /// The attribute is over, its sum with it.
    fn end(&mut self, body: Body, out: &mut dyn Out) {
        if body == Body::Properties {
            self.properties.finish(out);
        }
        let title = until_zero(self.title.get());
        let begun = match body {
            Body::Child(wanted) => wanted,
            // It came too late to be the name of anything.
            Body::Title if self.given && !title.is_empty() => {
                let wanted = out.begin_text(&Child { name: b"(name)" });
                wanted && out.data(title)
            }
            _ => false,
        };
        if le16(self.field.get(), 0) != Some(self.sum) {
            out.cut(Cut::Checksum);
        }
        if begun {
            out.end();
        }
        self.field.clear();
    }
}

impl Decoder for Tnef {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Start => {
                    if !self.field.fill(&mut input, START) {
                        return Ok(Taken::All);
                    }
                    self.field.clear();
                    State::Attribute
                }
                State::Attribute => {
                    if !self.field.fill(&mut input, ATTRIBUTE) {
                        return Ok(Taken::All);
                    }
                    let state = self.attribute(out);
                    let held = std::mem::replace(&mut self.field, Field::EMPTY);
                    state.unwrap_or_else(|| State::Rest(begin_rest(held.get(), out)))
                }
                State::Body(body, 0) => State::Sum(body),
                State::Sum(body) => {
                    if !self.field.fill(&mut input, SUM) {
                        return Ok(Taken::All);
                    }
                    self.end(body, out);
                    State::Attribute
                }
                _ if input.is_empty() => return Ok(Taken::All),
                State::Body(body, left) => {
                    let bytes = take(&mut input, left);
                    self.sum = bytes.iter().fold(self.sum, |sum, byte| sum.wrapping_add(u16::from(*byte)));
                    let go_on = match body {
                        Body::Child(wanted) => !wanted || out.data(bytes),
                        Body::Title => {
                            let length = self.title.passed() + bytes.len() as u64;
                            let mut bytes = bytes;
                            self.title.pass(&mut bytes, length)
                        }
                        Body::Properties => self.properties.push(bytes, until_zero(self.title.get()), out),
                        Body::Nothing => true,
                    };
                    if !go_on {
                        return Ok(Taken::Enough);
                    }
                    State::Body(body, left - bytes.len() as u64)
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
            State::Attribute if self.field.get().is_empty() => return true,
            State::Body(Body::Properties, _) | State::Sum(Body::Properties) => self.properties.finish(out),
            _ => {}
        }
        out.cut(Cut::Truncated);
        if matches!(self.state, State::Body(Body::Child(true), _) | State::Sum(Body::Child(true))) {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        self.state = State::Start;
        self.field.clear();
        self.title.clear();
        self.properties.clear();
        (self.sum, self.given) = (0, false);
    }
}
