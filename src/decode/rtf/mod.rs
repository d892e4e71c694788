//! RTF: the text that readers see, and objects within it (Rich Text Format Specification 1.9.1).
//!
//! Children are `(text)`, with a line end where a paragraph ends and a tab where a cell does, the document's properties,
//! notes, headers and footers among it, what fields are made of (addresses) beside it; and embedded objects as `(object)`,
//! without their OLE header, behind which a `(text)` begins anew. Tables of fonts, colours and styles, pictures, and groups
//! that readers may skip are left out. `\'hh` is read in the code page of the font, 64 of which are known, or of the
//! document. Groups deeper than 64 have the settings of the 64th.

mod object;
mod words;

use self::words::{Destination, Effect};
use super::charset::Converter;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::lines::{self, Lines};
use super::quoted_printable::hex;

pub(super) static FORMAT: Format = Format {
    name: "rtf",
    recognise,
    make: || Box::new(Rtf::new()),
    memory: lines::MEMORY + 2048 + DEPTH * size_of::<Group>() + FONTS * 4 + 512,
    scanned: true,
    carries: false,
};

const DEPTH: usize = 64;
const FONTS: usize = 64;
/// Longest control word.
const WORD: usize = 32;
/// Longest number of one, with its sign.
const NUMBER: usize = 11;

/// `{\rtf`, of which readers do not look at the last letter: any end of the word will do.
fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, b"{\\rt"), bytes.get(4)) {
        (Guess::Yes, None) => Guess::More,
        (Guess::Yes, Some(b'f' | b'0'..=b'9' | b' ' | b'\\' | b'{' | b'\r' | b'\n')) => Guess::Yes,
        (Guess::Yes, Some(_)) => Guess::No,
        (guess, _) => guess,
    }
}

/// What a group has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    to: Destination,
    fallback: u8,
    /// Code page, 0 for none.
    page: u16,
    /// It is a line of its own.
    is_line: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// Behind a backslash.
    Backslash,
    Word,
    Number,
    /// Behind `\'`, and the first digit.
    Hex(Option<u8>),
    /// So many bytes as they are.
    Binary(u32),
}

#[derive(Debug)]
struct Rtf {
    state: State,
    lines: Lines,
    converter: Converter,
    /// The code page that the converter is at work in.
    at_work: u16,
    groups: [Group; DEPTH],
    depth: usize,
    /// The document's code page.
    page: u16,
    /// Numbers and code pages of fonts.
    fonts: [(u16, u16); FONTS],
    fonts_known: usize,
    word: Field<WORD>,
    number: Field<NUMBER>,
    /// `\*` came before the word.
    starred: bool,
    /// Characters that stand for the last `\uN`.
    skip: u8,
    /// The first half of a character of two.
    high: Option<u16>,
    header: object::Header,
    /// The object has begun, and whether it is wanted; the first digit of its next byte.
    object: Option<bool>,
    digit: Option<u8>,
    enough: bool,
}

const TOP: Group = Group { to: Destination::Text, fallback: 1, page: 0, is_line: false };

impl Rtf {
    const fn new() -> Self {
        Self {
            state: State::Text,
            lines: Lines::NEW,
            converter: Converter::new(),
            at_work: 0,
            groups: [TOP; DEPTH],
            depth: 0,
            page: 1252,
            fonts: [(0, 0); FONTS],
            fonts_known: 0,
            word: Field::EMPTY,
            number: Field::EMPTY,
            starred: false,
            skip: 0,
            high: None,
            header: object::Header::NEW,
            object: None,
            digit: None,
            enough: false,
        }
    }

    fn group(&self) -> Group {
        self.groups.get(self.depth.min(DEPTH - 1)).copied().unwrap_or(TOP)
    }

    fn set(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.get_mut(self.depth.min(DEPTH - 1)) {
            change(group);
        }
    }

    fn open(&mut self) {
        let group = self.group();
        self.depth = self.depth.saturating_add(1);
        if let Some(place) = self.groups.get_mut(self.depth) {
            *place = Group { is_line: false, ..group };
        }
        (self.skip, self.starred) = (0, false);
    }

    fn close(&mut self, out: &mut dyn Out) {
        let Group { to: inner, is_line, .. } = self.group();
        if is_line {
            self.lines.line(out);
        }
        self.depth = self.depth.saturating_sub(1);
        if self.group().to != inner {
            match inner {
                Destination::Beside => self.lines.end_beside(out),
                Destination::Object => self.end_object(out),
                _ => {}
            }
        }
        (self.skip, self.starred) = (0, false);
    }

    /// Text bytes, in the code page of the group.
    fn text(&mut self, bytes: &[u8], out: &mut dyn Out) {
        match self.group().to {
            Destination::Skip | Destination::Fonts => {}
            Destination::Object => bytes.iter().for_each(|byte| self.object_digit(*byte, out)),
            to @ (Destination::Text | Destination::Beside) => {
                let page = match self.group().page {
                    0 => self.page,
                    page => page,
                };
                if page != self.at_work {
                    self.end_run(out);
                    self.converter.begin(words::code_page(i32::from(page)));
                    self.at_work = page;
                }
                self.convert(bytes, false, to, out);
            }
        }
    }

    fn convert(&mut self, bytes: &[u8], last: bool, to: Destination, out: &mut dyn Out) {
        let Self { converter, lines, .. } = self;
        let mut input = bytes;
        loop {
            let text = converter.next(&mut input, last);
            match to {
                _ if text.is_empty() && input.is_empty() => break,
                Destination::Beside => lines.beside(text, out),
                _ => lines.text(text, out),
            }
        }
    }

    /// No byte goes on where the last has ended: half a character is none.
    fn end_run(&mut self, out: &mut dyn Out) {
        if self.at_work != 0 {
            let to = self.group().to;
            self.convert(&[], true, to, out);
            self.at_work = 0;
        }
    }

    fn letter(&mut self, letter: char, out: &mut dyn Out) {
        match self.group().to {
            Destination::Text => self.lines.letter(letter, out),
            Destination::Beside => self.lines.beside(letter.encode_utf8(&mut [0; 4]).as_bytes(), out),
            _ => {}
        }
    }

    /// A UTF-16 unit of `\uN`, which may be written as a negative number.
    fn unicode(&mut self, number: i32, out: &mut dyn Out) {
        let [low, high, ..] = number.to_le_bytes();
        let unit = u16::from_le_bytes([low, high]);
        if matches!(unit, 0xd800..0xdc00) {
            self.high = Some(unit);
        } else {
            let pair = [self.high.take().unwrap_or(unit), unit];
            let units = if pair == [unit, unit] { pair.get(1..).unwrap_or(&[]) } else { &pair };
            for letter in char::decode_utf16(units.iter().copied()) {
                self.letter(letter.unwrap_or(char::REPLACEMENT_CHARACTER), out);
            }
        }
        self.skip = self.group().fallback;
    }

    /// A control word is complete.
    fn control(&mut self, out: &mut dyn Out) {
        self.end_run(out);
        let number = std::str::from_utf8(self.number.get()).ok().and_then(|number| number.parse::<i32>().ok());
        let starred = std::mem::take(&mut self.starred);
        self.state = State::Text;
        let effect = words::effect(self.word.get(), starred);
        if self.skip != 0 && effect != Effect::Unicode && effect != Effect::Binary {
            self.skip -= 1;
            return;
        }
        let page = |number: i32| u16::try_from(number).unwrap_or(0);
        match effect {
            Effect::Nothing => {}
            Effect::Line if self.group().to == Destination::Text => self.lines.line(out),
            Effect::Tab if self.group().to == Destination::Text => self.lines.tab(out),
            Effect::Line | Effect::Tab => self.letter(' ', out),
            Effect::Letter(letter) => self.letter(letter, out),
            Effect::To(to) => {
                if matches!(self.group().to, Destination::Text) {
                    self.set(|group| group.to = to);
                }
            }
            Effect::Part => {
                if self.group().to == Destination::Text {
                    self.lines.line(out);
                    self.set(|group| group.is_line = true);
                }
            }
            Effect::Page(page) => self.page = page,
            Effect::CodePage => self.page = number.map_or(1252, page),
            Effect::Fallback => {
                self.set(|group| group.fallback = number.and_then(|number| u8::try_from(number).ok()).unwrap_or(1));
            }
            Effect::Unicode => self.unicode(number.unwrap_or(0), out),
            Effect::Binary => {
                self.state = State::Binary(number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0));
            }
            Effect::Font => self.font(number.map_or(0, page)),
            Effect::FontCharset => {
                let known = self.fonts_known.checked_sub(1).and_then(|last| self.fonts.get_mut(last));
                if let Some((_, of)) = known.filter(|_| self.depth > 0) {
                    *of = page(words::font_code_page(number.unwrap_or(0)));
                }
            }
            Effect::Plain => self.set(|group| group.page = 0),
        }
    }

    /// A font: in the table the next one, else that which text is written in from here on.
    fn font(&mut self, number: u16) {
        if self.group().to == Destination::Fonts {
            if let Some(font) = self.fonts.get_mut(self.fonts_known) {
                *font = (number, 0);
                self.fonts_known += 1;
            }
        } else {
            let known = self.fonts.iter().take(self.fonts_known).find(|(font, _)| *font == number);
            let page = known.map_or(0, |(_, page)| *page);
            self.set(|group| group.page = page);
        }
    }

    fn object_digit(&mut self, byte: u8, out: &mut dyn Out) {
        let Some(value) = hex(byte) else { return };
        match self.digit.take() {
            None => self.digit = Some(value),
            Some(high) => self.object_byte(high << 4 | value, out),
        }
    }

    fn object_byte(&mut self, byte: u8, out: &mut dyn Out) {
        if !self.header.passes(byte) {
            return;
        }
        if self.object.is_none() {
            self.lines.pause(out);
            self.object = Some(out.begin(&Child { name: b"(object)" }));
        }
        if self.object == Some(true) && !out.data(&[byte]) {
            self.enough = true;
        }
    }

    fn end_object(&mut self, out: &mut dyn Out) {
        if self.object.take() == Some(true) {
            out.end();
        }
        (self.header, self.digit) = (object::Header::NEW, None);
    }

    /// A byte behind a backslash.
    fn symbol(&mut self, byte: u8, out: &mut dyn Out) {
        self.state = State::Text;
        if self.skip != 0 && byte != b'\'' {
            self.skip -= 1;
            return;
        }
        match byte {
            b'\'' => {
                self.state = State::Hex(None);
                return;
            }
            b'\\' | b'{' | b'}' => {
                self.text(&[byte], out);
                return;
            }
            _ => self.end_run(out),
        }
        match byte {
            b'*' => self.starred = true,
            b'~' => self.letter(' ', out),
            b'_' => self.letter('-', out),
            b'\r' | b'\n' if self.group().to == Destination::Text => self.lines.line(out),
            _ => {}
        }
    }

    /// A byte that is read by itself. False: it is still to be read, in another state.
    fn byte(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        match self.state {
            State::Backslash if byte.is_ascii_alphabetic() => {
                self.word.clear();
                self.number.clear();
                self.state = State::Word;
                return false;
            }
            State::Backslash => self.symbol(byte, out),
            State::Word if byte.is_ascii_alphabetic() => self.word.append(&[byte]),
            State::Word if byte.is_ascii_digit() || byte == b'-' => {
                self.number.append(&[byte]);
                self.state = State::Number;
            }
            State::Number if byte.is_ascii_digit() => self.number.append(&[byte]),
            State::Word | State::Number => {
                self.control(out);
                // A blank that ends a word belongs to it.
                return byte == b' ';
            }
            State::Hex(None) => self.state = hex(byte).map_or(State::Text, |value| State::Hex(Some(value))),
            State::Hex(Some(high)) => {
                self.state = State::Text;
                if self.skip != 0 {
                    self.skip -= 1;
                } else if let Some(low) = hex(byte) {
                    self.text(&[high << 4 | low], out);
                }
            }
            State::Text | State::Binary(_) => {}
        }
        true
    }

    /// Text up to what is none.
    fn plain<'a>(&mut self, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let Some((byte, rest)) = input.split_first() else { return input };
        match byte {
            b'\\' => self.state = State::Backslash,
            b'{' | b'}' => {
                self.end_run(out);
                if *byte == b'{' { self.open() } else { self.close(out) }
            }
            // Line ends have no meaning.
            b'\r' | b'\n' => {}
            _ if self.skip != 0 => self.skip -= 1,
            _ => {
                let is_end = |byte: &u8| matches!(byte, b'\\' | b'{' | b'}' | b'\r' | b'\n');
                let end = input.iter().position(is_end).unwrap_or(input.len());
                let (text, rest) = input.split_at_checked(end).unwrap_or((input, &[]));
                self.text(text, out);
                return rest;
            }
        }
        rest
    }

    fn binary<'a>(&mut self, left: u32, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let mut rest = input;
        let bytes = take(&mut rest, u64::from(left));
        if self.group().to == Destination::Object {
            bytes.iter().for_each(|byte| self.object_byte(*byte, out));
        }
        let left = left.saturating_sub(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.state = if left == 0 { State::Text } else { State::Binary(left) };
        rest
    }
}

impl Decoder for Rtf {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while let Some((byte, rest)) = input.split_first() {
            if self.enough || self.lines.enough() {
                return Ok(Taken::Enough);
            }
            input = match self.state {
                State::Text => self.plain(input, out),
                State::Binary(left) => self.binary(left, input, out),
                _ => {
                    if self.byte(*byte, out) {
                        rest
                    } else {
                        input
                    }
                }
            };
        }
        if self.object.is_none() {
            self.lines.flush(out);
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        self.end_run(out);
        if self.group().to == Destination::Beside {
            self.lines.end_beside(out);
        }
        self.end_object(out);
        self.lines.finish(out);
        true
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
