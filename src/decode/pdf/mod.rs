//! PDF (ISO 32000-1), object by object as they pass: no table of references is needed.
//!
//! Children are files that are embedded, by their name where it stands in front of them, else `(file)`, as
//! whatever else
//! is one by its bytes ([`looks`]); XMP as `(metadata)`; scripts of which it was said before that they are some,
//! `(script)`; JPEG images, whose own metadata may hold text, `(image)`; and
//! `(text)`: what pages show and what stands in strings (titles, notes, links, fields of forms), line by line, in the
//! order of the file. Text comes last, since most programs say behind the pages what the codes of their fonts mean;
//! where it is too much to wait for that ([`text`]) it comes in several parts, each read with what is known by then.
//!
//! Streams end at `endstream`, so that a lie about their length hides nothing; only files that are embedded as they are
//! have the length that stands with them. Streams that are damaged are told once, [`Cut::Malformed`], and so are
//! filters
//! that are not undone, [`Cut::Unsupported`]; streams of an encrypted file are not read, [`Cut::Encrypted`].

mod content;
mod encoding;
mod filters;
mod fonts;
mod lexer;
mod looks;
mod object;
mod page;
mod reader;
mod stream;
mod text;
mod widths;
mod within;

use self::filters::{Filter, Filters, Flow, Parameters};
use self::lexer::Token;
use self::object::Kind;
use self::reader::Reader;
use self::stream::{Ender, Found};
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};

pub(super) use self::encoding::windows_character;

pub(super) static FORMAT: Format =
    Format { name: "pdf", recognise, make: || Box::new(Pdf::new()), memory: 1100 << 10, scanned: true, carries: false };

/// Bytes by which zlib's data are told.
const HEAD: usize = 2;

/// White space, or the mark of UTF-8, may stand in front of the header.
fn recognise(bytes: &[u8]) -> Guess {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    begins(bytes, b"%PDF-")
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Syntax,
    /// The line end behind `stream`, of which a carriage return may have passed, and bytes that are surely of the
    /// stream.
    Start(bool, u64),
    /// So many bytes that are surely of the stream.
    Sure(u64),
    Stream,
}

#[derive(Debug)]
struct Pdf {
    state: State,
    /// Nothing more comes out of the stream.
    over: bool,
    filters: Filters,
    /// The first bytes of a stream whose filters are not known.
    head: Option<Field<HEAD>>,
    ender: Ender,
    reader: Reader,
    /// The end of the file has begun, and was seen.
    ending: bool,
    ended: bool,
}

impl Pdf {
    fn new() -> Self {
        Self {
            state: State::Syntax,
            over: false,
            filters: Filters::new(),
            head: None,
            ender: Ender::new(),
            reader: Reader::new(),
            ending: false,
            ended: false,
        }
    }

    /// A token outside streams. False where no more is wanted.
    fn token(&mut self, token: Token, out: &mut dyn Out) -> bool {
        let Reader { lexer, object, .. } = &mut self.reader;
        if token == Token::Word {
            let word = lexer.text();
            self.ending = word == b"startxref";
            match word {
                b"obj" => {
                    self.ended = false;
                    object.begin_here();
                    return true;
                }
                b"trailer" => {
                    object.begin(0);
                    return true;
                }
                b"stream" => {
                    self.begin_stream(out);
                    return true;
                }
                _ => {}
            }
        }
        self.ended |= token == Token::Number && self.ending;
        self.reader.token(token, out)
    }

    /// The stream of an object begins.
    fn begin_stream(&mut self, out: &mut dyn Out) {
        self.ender.reset();
        (self.over, self.head) = (false, None);
        self.state = State::Start(false, 0);
        let kind = self.reader.begin_stream();
        if self.reader.is_over() {
            return;
        }
        let object = &self.reader.object;
        let (filters, count) = (object.filters(), object.filter_count());
        if let Some(length) = object.length.filter(|_| kind == Kind::File && count == 0) {
            self.state = State::Start(false, length.into());
        }
        if object.is_filter_missing {
            self.head = Some(Field::EMPTY);
            return;
        }
        let used = filters.get(..count).unwrap_or(&filters);
        let (used, is_picture) = match used {
            [others @ .., (Filter::Jpeg, _)] => (others, true),
            _ => (used, false),
        };
        if !self.filters.begin(used) {
            let is_silent = kind == Kind::Image && used.last().is_some_and(|(last, _)| *last == Filter::Pixels);
            self.reader.leave(is_silent);
        } else if is_picture {
            self.reader.picture(out);
        }
    }

    /// Bytes of a stream as they are. False where no more is wanted.
    fn data(&mut self, mut bytes: &[u8], out: &mut dyn Out) -> bool {
        if let Some(head) = &mut self.head {
            if !head.fill(&mut bytes, HEAD) {
                return true;
            }
            let head = *head;
            return self.open(head, out) && self.filtered(bytes, out);
        }
        self.filtered(bytes, out)
    }

    /// The first bytes of a stream say whether it is deflated, since nothing else does.
    fn open(&mut self, head: Field<HEAD>, out: &mut dyn Out) -> bool {
        self.head = None;
        let is_zlib = head.get().first_chunk::<HEAD>().is_some_and(|head| {
            matches!(head, [0x08..=0x78, _]) && head[0] & 0x0f == 8 && u16::from_be_bytes(*head).is_multiple_of(31)
        });
        let parameters = self.reader.object.filters().first().map_or(Parameters::DEFAULT, |(_, first)| *first);
        let used = [(Filter::Flate, parameters)];
        if !self.filters.begin(if is_zlib { &used } else { &[] }) {
            self.reader.leave(false);
        }
        self.filtered(head.get(), out)
    }

    fn filtered(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        if self.over || self.reader.is_over() {
            return true;
        }
        let Self { filters, reader, .. } = self;
        match filters.push(bytes, &mut |bytes| reader.undone(bytes, out)) {
            Flow::More => {}
            Flow::Done => self.over = true,
            Flow::Bad => {
                self.over = true;
                self.reader.is_damaged = true;
            }
            // Of this stream; the next one begins at its own place in the file.
            Flow::Enough if self.reader.is_over() => self.over = true,
            Flow::Enough => return false,
        }
        true
    }

    /// The stream has ended.
    fn end_stream(&mut self, is_whole: bool, out: &mut dyn Out) -> bool {
        let head = self.head.take().is_none_or(|head| self.open(head, out));
        self.filters.reset();
        self.state = State::Syntax;
        self.reader.end_stream(is_whole, out) && head
    }
}

impl Decoder for Pdf {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        self.reader.come(piece.len() as u64);
        while !input.is_empty() {
            let go_on = match self.state {
                State::Syntax => match self.reader.lexer.next(&mut input) {
                    Some(token) => self.token(token, out),
                    None => true,
                },
                State::Start(returned, sure) => {
                    let (byte, rest) = input.split_first().unwrap_or((&0, &[]));
                    match byte {
                        b'\n' => (self.state, input) = (State::Sure(sure), rest),
                        b'\r' if !returned => (self.state, input) = (State::Start(true, sure), rest),
                        b' ' | b'\t' if !returned => input = rest,
                        _ => self.state = State::Sure(sure),
                    }
                    true
                }
                State::Sure(0) => {
                    self.state = State::Stream;
                    true
                }
                State::Sure(left) => {
                    let bytes = take(&mut input, left);
                    self.state = State::Sure(left - bytes.len() as u64);
                    self.data(bytes, out)
                }
                State::Stream => match self.ender.next(&mut input) {
                    Found::Data(bytes) => self.data(bytes, out),
                    Found::Held(held) => self.data(held.get(), out),
                    Found::End => self.end_stream(true, out),
                    Found::Nothing => true,
                },
            };
            if !go_on {
                return Ok(Taken::Enough);
            }
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let complete = self.state == State::Syntax && self.ended;
        if self.state != State::Syntax {
            self.end_stream(false, out);
        }
        if let Some(reason) = self.reader.finish(out).or((!complete).then_some(Cut::Truncated)) {
            out.cut(reason);
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Syntax;
        (self.over, self.head) = (false, None);
        self.filters.reset();
        self.ender.reset();
        self.reader.reset();
        (self.ending, self.ended) = (false, false);
    }
}
