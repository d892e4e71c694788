//! What programs send each other as text: JSON (RFC 8259), forms, and base64 in other text.
//!
//! Children are `(text)`, of JSON every string, names too, of forms every name and value, each on a line and without its
//! escapes; and long base64 in strings and in any other text as `(base64)`, which may be anything ([`runs`]). Numbers of JSON are in
//! the object as it stands. Escapes of JavaScript that JSON has not are undone too.

mod recognise;

use super::decoder::{Decoder, Fault, Out, Taken};
use super::format::{Format, Guess};
use super::lines::{self, Lines};
use super::percent::Percent;
use super::quoted_printable::hex;
use super::runs::{self, Runs};
use super::units::Units;

const MEMORY: usize = lines::MEMORY + runs::MEMORY + 256;

pub(super) static JSON: Format = Format {
    name: "json",
    recognise: recognise::json,
    make: || Box::new(Text::new(Kind::Json(Json::Outside))),
    memory: MEMORY,
    scanned: true,
    carries: false,
};

pub(super) static FORM: Format = Format {
    name: "form",
    recognise: recognise::form,
    make: || Box::new(Text::new(Kind::Form(Percent::Nothing))),
    memory: MEMORY,
    scanned: true,
    carries: false,
};

/// What recognises nothing: a run in what is scanned is found wherever it begins. The text around it is scanned as it stands.
pub(super) static BASE64: Format = Format {
    name: "base64",
    recognise: |_| Guess::No,
    make: || Box::new(Text { lines: Lines::SILENT, ..Text::new(Kind::Plain) }),
    memory: MEMORY,
    scanned: true,
    carries: false,
};

/// Where in JSON the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Json {
    Outside,
    String,
    Backslash,
    /// In an escape by number: so many digits are to come, of this value so far.
    Number(u8, u16),
}

/// How text is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Json(Json),
    Form(Percent),
    Plain,
}

#[derive(Debug)]
struct Text {
    kind: Kind,
    lines: Lines,
    runs: Runs,
    units: Units,
}

impl Text {
    const fn new(kind: Kind) -> Self {
        Self { kind, lines: Lines::NEW, runs: Runs::new(), units: Units::NEW }
    }

    fn put(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let Self { units, runs, lines, .. } = self;
        units.end(|bytes| runs.push(bytes, lines, out));
        runs.push(bytes, lines, out);
    }

    fn line(&mut self, out: &mut dyn Out) {
        self.put(b"", out);
        self.runs.end(&mut self.lines, out);
        self.lines.line(out);
    }

    fn json<'a>(&mut self, state: Json, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let Some((byte, rest)) = input.split_first() else { return input };
        let next = match state {
            Json::Outside => {
                let Some(at) = memchr::memchr(b'"', input) else { return &[] };
                self.kind = Kind::Json(Json::String);
                return input.get(at + 1..).unwrap_or(&[]);
            }
            Json::String => {
                let at = memchr::memchr2(b'"', b'\\', input).unwrap_or(input.len());
                let (text, rest) = input.split_at_checked(at).unwrap_or((input, &[]));
                if !text.is_empty() {
                    self.put(text, out);
                }
                let Some((byte, rest)) = rest.split_first() else { return rest };
                if *byte == b'"' {
                    self.line(out);
                }
                self.kind = Kind::Json(if *byte == b'"' { Json::Outside } else { Json::Backslash });
                return rest;
            }
            Json::Backslash => match byte {
                b'u' => Json::Number(4, 0),
                b'x' => Json::Number(2, 0),
                _ => {
                    let letter = match byte {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 8,
                        b'f' => 12,
                        byte => *byte,
                    };
                    self.put(&[letter], out);
                    Json::String
                }
            },
            Json::Number(left, value) => match hex(*byte) {
                None => {
                    // No escape at all.
                    self.kind = Kind::Json(Json::String);
                    return input;
                }
                Some(digit) => {
                    let value = value << 4 | u16::from(digit);
                    if left > 1 {
                        Json::Number(left - 1, value)
                    } else {
                        self.unit(value, out);
                        Json::String
                    }
                }
            },
        };
        self.kind = Kind::Json(next);
        rest
    }

    /// A UTF-16 unit (RFC 8259 section 7).
    fn unit(&mut self, unit: u16, out: &mut dyn Out) {
        let Self { units, runs, lines, .. } = self;
        units.unit(unit, |bytes| runs.push(bytes, lines, out));
    }

    fn form(&mut self, percent: Percent, byte: u8, out: &mut dyn Out) {
        let mut percent = percent;
        let Self { lines, runs, .. } = self;
        let mut put = |byte: u8| runs.push(&[byte], lines, out);
        match byte {
            b'&' | b'=' => {
                percent.finish(put);
                self.line(out);
            }
            b'+' => {
                percent.finish(&mut put);
                put(b' ');
            }
            _ => percent.byte(byte, put),
        }
        self.kind = Kind::Form(percent);
    }
}

impl Decoder for Text {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while let Some((byte, rest)) = input.split_first() {
            if self.lines.enough() || self.runs.enough() {
                return Ok(Taken::Enough);
            }
            input = match self.kind {
                Kind::Json(state) => self.json(state, input, out),
                Kind::Form(percent) => {
                    self.form(percent, *byte, out);
                    rest
                }
                Kind::Plain => {
                    self.put(input, out);
                    &[]
                }
            };
        }
        if self.runs.is_text() {
            self.lines.flush(out);
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let Kind::Form(mut percent) = self.kind {
            percent.finish(|byte| self.runs.push(&[byte], &mut self.lines, out));
        }
        self.put(b"", out);
        self.runs.end(&mut self.lines, out);
        self.lines.finish(out);
        true
    }

    fn reset(&mut self) {
        self.kind = match self.kind {
            Kind::Json(_) => Kind::Json(Json::Outside),
            Kind::Form(_) => Kind::Form(Percent::Nothing),
            Kind::Plain => Kind::Plain,
        };
        self.lines.clear();
        self.runs.clear();
        self.units.clear();
    }
}
