//! PDF (ISO 32000-1), object by object as they pass: no table of references is needed.
//!
//! Children are files that are embedded, by their name where it stands in front of them, else `(file)`; XMP as `(metadata)`; scripts of
//! which it was said before that they are some, `(script)`; JPEG images, whose own metadata may hold text, `(image)`; and
//! `(text)`: what pages show and what stands in strings (titles, notes, links, fields of forms), line by line, in the
//! order of the file. Text comes last, since most programs say behind the pages what the codes of their fonts mean;
//! where it is too much to wait for that ([`text`]) it comes in several parts, each read with what is known by then.
//!
//! Streams end at `endstream`, so that a lie about their length hides nothing; only files that are embedded as they are
//! have the length that stands with them. Streams that are damaged are told once, [`Cut::Malformed`]; those of an
//! encrypted file are not read, [`Cut::Encrypted`].

mod content;
mod encoding;
mod filters;
mod fonts;
mod lexer;
mod object;
mod page;
mod stream;
mod text;

use self::content::Content;
use self::filters::{Filter, Filters, Flow};
use self::fonts::Fonts;
use self::lexer::{Lexer, Token};
use self::object::{Kind, Object};
use self::page::{Names, Page, Strings};
use self::stream::{Ender, Found};
use self::text::Text;
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};

pub(super) use self::encoding::windows_character;

pub(super) static FORMAT: Format =
    Format { name: "pdf", recognise, make: || Box::new(Pdf::new()), memory: 900 << 10, scanned: true, carries: false };

/// Objects of one object stream whose numbers are kept.
const OBJECTS: usize = 2048;
/// Bytes that all streams of a file become, files and images in it aside.
const MOST: u64 = 256 << 20;

/// A stream may become so many times as long as it came, and, where what came before has become less, so much beyond:
/// some bytes of one packet would else become a megabyte of operators, each of which takes longer than a byte of text.
const STEEPEST: u64 = 64;
const CREDIT: u64 = 256 << 10;

/// White space, or the mark of UTF-8, may stand in front of the header.
fn recognise(bytes: &[u8]) -> Guess {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    begins(bytes, b"%PDF-")
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Syntax,
    /// The line end behind `stream`, of which a carriage return may have passed, and bytes that are surely of the stream.
    Start(bool, u64),
    /// So many bytes that are surely of the stream.
    Sure(u64),
    Stream,
}

/// Where a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Nothing,
    Content,
    /// Objects, the first so far behind the beginning.
    Objects(u64),
    Child,
}

#[derive(Debug)]
struct Pdf {
    state: State,
    sink: Sink,
    /// A child is open; nothing more comes out of the stream.
    child: bool,
    over: bool,
    lexer: Lexer,
    object: Object,
    content: Content,
    filters: Filters,
    ender: Ender,
    /// Numbers and places of the objects of an object stream, and those that have begun.
    objects: Vec<(u32, u64)>,
    half: Option<u32>,
    begun: usize,
    fonts: Fonts,
    text: Text,
    strings: Strings,
    names: Names,
    /// Streams were damaged; they have become too much, or one too fast; bytes of them that are left, and for now.
    bad: bool,
    full: bool,
    steep: bool,
    left: u64,
    credit: u64,
    /// The end of the file has begun, and was seen.
    ending: bool,
    ended: bool,
}

impl Pdf {
    fn new() -> Self {
        Self {
            state: State::Syntax,
            sink: Sink::Nothing,
            child: false,
            over: false,
            lexer: Lexer::new(),
            object: Object::new(),
            content: Content::new(),
            filters: Filters::new(),
            ender: Ender::new(),
            objects: Vec::with_capacity(OBJECTS),
            half: None,
            begun: 0,
            fonts: Fonts::new(),
            text: Text::new(),
            strings: Strings::default(),
            names: Names::new(),
            bad: false,
            full: false,
            steep: false,
            left: MOST,
            credit: CREDIT,
            ending: false,
            ended: false,
        }
    }

    /// A token outside streams. False where no more is wanted.
    fn token(&mut self, token: Token, out: &mut dyn Out) -> bool {
        if token == Token::Word {
            let word = self.lexer.text();
            self.ending = word == b"startxref";
            match word {
                b"obj" => {
                    self.ended = false;
                    self.object.begin_here();
                    return true;
                }
                b"trailer" => {
                    self.object.begin(0);
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
        let Self { object, lexer, text, strings, names, fonts, .. } = self;
        object.token(token, lexer, &mut Page { text, strings, names, fonts, out })
    }

    /// The stream of an object begins.
    fn begin_stream(&mut self, out: &mut dyn Out) {
        let Self { object, lexer, text, strings, names, fonts, .. } = self;
        lexer.reset();
        strings.reset();
        self.ender.reset();
        self.objects.clear();
        (self.begun, self.half, self.over) = (0, None, false);
        self.state = State::Start(false, 0);
        let kind = if object.encrypted { Kind::Binary } else { object.kind(fonts) };
        let mut used = object.filters();
        if let ([others @ .., Filter::Jpeg], Kind::Image) = (used, kind) {
            used = others;
        } else if kind == Kind::Image {
            self.sink = Sink::Nothing;
            return;
        }
        let readable = kind != Kind::Binary && self.filters.begin(used, &object.parameters);
        self.bad |= kind != Kind::Binary && !readable;
        let number = object.number;
        self.sink = match kind {
            _ if !readable => Sink::Nothing,
            Kind::Content => {
                self.content.begin(number);
                Sink::Content
            }
            Kind::Objects(first) => Sink::Objects(first.into()),
            Kind::Binary => Sink::Nothing,
            Kind::File | Kind::Metadata | Kind::Script | Kind::Image => {
                let mut name = Field::<{ object::NAME }>::EMPTY;
                name.append(match kind {
                    Kind::Metadata => b"(metadata)",
                    Kind::Script => b"(script)",
                    Kind::Image => b"(image)",
                    _ => Some(names.get(number)).filter(|name| !name.is_empty()).unwrap_or(b"(file)"),
                });
                let mut page = Page { text, strings, names, fonts, out };
                self.child = page.begin(name.get(), kind == Kind::Script);
                if self.child { Sink::Child } else { Sink::Nothing }
            }
        };
        if kind == Kind::File
            && object.filters().is_empty()
            && let Some(length) = object.length
        {
            self.state = State::Start(false, length.into());
        }
    }

    /// Bytes of a stream as they are. False where no more is wanted.
    fn data(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        if self.sink == Sink::Nothing || self.over {
            return true;
        }
        let Self { filters, sink, lexer, object, content, fonts, text, strings, names, objects, .. } = self;
        let Self { begun, half, left, full, steep, credit, .. } = self;
        let mut page = Page { text, strings, names, fonts, out };
        let flow = filters.push(bytes, &mut |bytes| match *sink {
            Sink::Nothing => true,
            Sink::Child => page.out.data(bytes),
            Sink::Content | Sink::Objects(_) => {
                let mut bytes = bytes;
                let mut some = take(&mut bytes, (*left).min(*credit));
                *left -= some.len() as u64;
                *credit -= some.len() as u64;
                while let Some(token) = lexer.next(&mut some) {
                    let go_on = match *sink {
                        Sink::Objects(first) => {
                            let mut within = Within { object, objects, begun, half, first };
                            within.token(token, lexer, &mut page)
                        }
                        _ => content.token(token, lexer, &mut page),
                    };
                    if !go_on {
                        return false;
                    }
                }
                *full |= !bytes.is_empty() && *left == 0;
                *steep |= !bytes.is_empty() && *left != 0;
                bytes.is_empty()
            }
        });
        match flow {
            Flow::More => {}
            Flow::Done => self.over = true,
            Flow::Bad => (self.over, self.bad) = (true, true),
            // Of this stream; the next one begins at its own place in the file.
            Flow::Enough if self.full || self.steep => self.over = true,
            Flow::Enough => return false,
        }
        true
    }

    /// The stream has ended.
    fn end_stream(&mut self, out: &mut dyn Out) -> bool {
        let mut go_on = true;
        if matches!(self.sink, Sink::Content | Sink::Objects(_)) {
            // The last word may end with the stream.
            self.filters.reset();
            self.over = false;
            go_on = self.data(b" ", out);
            self.text.forget();
        }
        if std::mem::take(&mut self.child) {
            out.end();
        }
        self.sink = Sink::Nothing;
        self.strings.reset();
        self.lexer.reset();
        self.object.begin(0);
        self.state = State::Syntax;
        go_on
    }
}

/// The objects of an object stream (section 7.5.7): first numbers and places of all, then they.
struct Within<'a> {
    object: &'a mut Object,
    objects: &'a mut Vec<(u32, u64)>,
    begun: &'a mut usize,
    half: &'a mut Option<u32>,
    first: u64,
}

impl Within<'_> {
    fn token(&mut self, token: Token, lexer: &Lexer, page: &mut Page<'_>) -> bool {
        if lexer.start() < self.first {
            let number = lexer.whole().filter(|_| token == Token::Number).unwrap_or(0);
            match self.half.take() {
                None => *self.half = Some(number),
                Some(object) if self.objects.len() < OBJECTS => self.objects.push((object, number.into())),
                Some(_) => {}
            }
            return true;
        }
        while let Some((number, _)) = self.objects.get(*self.begun).filter(|(_, at)| self.first + at <= lexer.start()) {
            self.object.begin(*number);
            *self.begun += 1;
        }
        self.object.token(token, lexer, page)
    }
}

impl Decoder for Pdf {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        self.credit = self.credit.min(CREDIT).saturating_add((piece.len() as u64).saturating_mul(STEEPEST));
        while !input.is_empty() {
            let go_on = match self.state {
                State::Syntax => match self.lexer.next(&mut input) {
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
                    Found::End => self.end_stream(out),
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
        if self.child {
            out.cut(Cut::Truncated);
        }
        if self.state != State::Syntax {
            self.end_stream(out);
        }
        if self.object.encrypted {
            self.text.drop_all();
        }
        self.text.flush(&mut self.fonts, out);
        self.text.end(out);
        let cuts = [
            (self.object.encrypted, Cut::Encrypted),
            (self.full, Cut::Output),
            (self.steep, Cut::Ratio),
            (self.bad, Cut::Malformed),
            (!complete, Cut::Truncated),
        ];
        if let Some((_, reason)) = cuts.iter().find(|(is_so, _)| *is_so) {
            out.cut(*reason);
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Syntax;
        self.sink = Sink::Nothing;
        (self.child, self.over) = (false, false);
        self.lexer.reset();
        self.object.reset();
        self.content.begin(0);
        self.filters.reset();
        self.ender.reset();
        self.objects.clear();
        (self.half, self.begun) = (None, 0);
        self.fonts.reset();
        self.text.reset();
        self.strings.reset();
        self.names.reset();
        (self.bad, self.full, self.steep) = (false, false, false);
        (self.left, self.credit, self.ending, self.ended) = (MOST, CREDIT, false, false);
    }
}
