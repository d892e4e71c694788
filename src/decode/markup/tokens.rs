//! Tags, text and what lies between them (HTML 5 section 13.2.5, XML 1.0 section 2), byte by byte.

use super::super::decoder::{Field, Out};
use super::super::javascript::{Literals, Sink};
use super::super::lines::Lines;
use super::super::percent::Percent;
use super::element::{self, Break};
use super::entity::{self, Meaning};
use super::hidden::Hidden;

/// Longest name that is told from others.
const NAME: usize = 32;
/// So much is read of the address of a name space.
const SPACE: usize = 96;
/// What opens a section of characters in XML.
const CDATA: &[u8] = b"[CDATA[";

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// Behind `&`.
    Reference,
    /// Behind `<`.
    Open,
    /// Behind `</`.
    Close,
    Name,
    /// In a tag, in front of an attribute.
    Between,
    Attribute,
    /// Behind an attribute's name.
    Equals,
    /// Behind the equals sign.
    Before,
    /// A value, and the quotation mark that ends it; none where it has none.
    Value(Option<u8>),
    /// Behind `&` in such a value.
    ValueReference(Option<u8>),
    /// Behind `<!`, of which so many bytes have come that may open a comment or a section of characters.
    Declaration,
    /// A comment, of whose end so many hyphens have come.
    Comment(u8),
    /// `<?`, and whether the last byte was a question mark.
    Instruction(bool),
    /// `<!DOCTYPE`, and whether this is within its brackets.
    Type(bool),
    /// A section of characters, of whose end so many brackets have come.
    Characters(u8),
    /// A script or a style, of whose end so many bytes have come.
    Raw(usize),
}

/// The element that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Raw {
    Script,
    Style,
}

impl Raw {
    const fn end(self) -> &'static [u8] {
        match self {
            Self::Script => b"</script",
            Self::Style => b"</style",
        }
    }
}

#[derive(Debug)]
pub(super) struct Tokens {
    is_xml: bool,
    state: State,
    lines: Lines,
    /// Name of the tag, and of its attribute; what a reference or a declaration has so far.
    name: Field<NAME>,
    attribute: Field<NAME>,
    held: Field<{ entity::LONGEST }>,
    closing: bool,
    /// The value is text, and something of it has come.
    wanted: bool,
    given: bool,
    is_address: bool,
    percent: Percent,
    raw: Option<Raw>,
    script: Literals,
    hidden: Hidden,
    /// In XML: the address of a name space that is being declared, and the prefix of WordprocessingML's, where that is known.
    space: Field<SPACE>,
    word: Option<Field<NAME>>,
    /// A first element has come, and it is a spreadsheet's.
    rooted: bool,
    sheet: bool,
    /// In XML: between the tags is white space only so far, with a line end in it; a blank came before it.
    only_space: bool,
    line_end: bool,
    was_blank: bool,
    /// The last tag is part of a line whose white space stands in elements of its own.
    in_run: bool,
    /// In XML: the document type declares something of its own; and a reference to an entity of it was met.
    declares: bool,
    refers: bool,
}

impl Tokens {
    pub(super) const fn new(is_xml: bool) -> Self {
        Self {
            is_xml,
            state: State::Text,
            lines: Lines::NEW,
            name: Field::EMPTY,
            attribute: Field::EMPTY,
            held: Field::EMPTY,
            closing: false,
            wanted: false,
            given: false,
            is_address: false,
            percent: Percent::Nothing,
            raw: None,
            script: Literals::NEW,
            hidden: Hidden::NEW,
            space: Field::EMPTY,
            word: None,
            rooted: false,
            sheet: false,
            only_space: true,
            line_end: false,
            was_blank: false,
            in_run: false,
            declares: false,
            refers: false,
        }
    }

    /// An entity that the document declares was handed out as its name.
    pub(super) const fn is_unexpanded(&self) -> bool {
        self.declares && self.refers
    }

    /// Hands out all that is ready.
    pub(super) fn flush(&mut self, out: &mut dyn Out) {
        // Within a run of base64 there is nothing, and its child is open.
        self.lines.flush(out);
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.lines.enough() || self.hidden.enough()
    }

    /// The next bytes of the document, as UTF-8.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let mut input = bytes;
        while let Some((byte, rest)) = input.split_first() {
            if self.enough() {
                return;
            }
            input = match self.state {
                State::Text => self.text(input, out),
                State::Comment(0) => self.comment(input, out),
                State::Characters(0) => self.characters(input, out),
                State::Raw(0) => self.raw(input, out),
                State::Instruction(false) => self.pass(input, if self.is_xml { b'?' } else { b'>' }),
                State::Value(quote) => self.value(quote, input, out),
                // What the byte ends may not have it.
                _ => {
                    if self.byte(*byte, out) {
                        rest
                    } else {
                        input
                    }
                }
            };
        }
    }

    /// The document is over.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        match self.state {
            State::Reference => self.refer(None, out),
            State::ValueReference(_) => {
                self.refer_in_value(None, out);
                self.end_value(out);
            }
            State::Value(_) => self.end_value(out),
            State::Raw(_) => self.end_script(out),
            State::Comment(_) => self.hidden.end(&mut self.lines, out),
            // Half a tag is no text.
            _ => {}
        }
        self.lines.finish(out);
    }

    fn text<'a>(&mut self, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let end = memchr::memchr2(b'<', b'&', input);
        let (text, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((input, &[]));
        self.white_space(text);
        self.lines.text(text, out);
        let Some((byte, rest)) = rest.split_first() else { return rest };
        self.state = if *byte == b'<' { State::Open } else { State::Reference };
        self.held.clear();
        rest
    }

    /// Looks for white space that stands alone between tags.
    fn white_space(&mut self, text: &[u8]) {
        if self.in_run && self.only_space {
            self.only_space = text.iter().all(u8::is_ascii_whitespace);
            self.line_end |= memchr::memchr2(b'\n', b'\r', text).is_some();
        }
    }

    /// Passes what comes before `byte`.
    fn pass<'a>(&mut self, input: &'a [u8], byte: u8) -> &'a [u8] {
        let Some(at) = memchr::memchr(byte, input) else { return &[] };
        self.state = match self.state {
            State::Comment(_) => State::Comment(1),
            State::Instruction(_) if self.is_xml => State::Instruction(true),
            _ => State::Text,
        };
        input.get(at + 1..).unwrap_or(&[])
    }

    /// A comment, up to where its end may stand.
    fn comment<'a>(&mut self, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let rest = self.pass(input, b'-');
        let passed = input.get(..input.len() - rest.len()).unwrap_or(input);
        self.hide(passed, out);
        if self.state != State::Comment(0) {
            self.hidden.end(&mut self.lines, out);
        }
        rest
    }

    /// Bytes that are no text.
    fn hide(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.hidden.enough() {
            (_, rest) = self.hidden.take(rest, &mut self.lines, out);
        }
    }

    fn characters<'a>(&mut self, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let end = memchr::memchr(b']', input);
        let (text, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((input, &[]));
        self.lines.text(text, out);
        let Some((_, rest)) = rest.split_first() else { return rest };
        self.state = State::Characters(1);
        rest
    }

    /// A byte that is read by itself. False: it is still to be read, in another state.
    fn byte(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        match self.state {
            State::Reference => return self.reference(byte, out),
            State::ValueReference(quote) => return self.value_reference(quote, byte, out),
            State::Open => return self.open(byte, out),
            State::Close => return self.close(byte, out),
            State::Name => return self.tag_name(byte, out),
            State::Between => match byte {
                b'>' => self.end_tag(),
                b'/' => {}
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.attribute.clear();
                    self.state = State::Attribute;
                    return false;
                }
            },
            State::Attribute => match byte {
                b'=' if !self.attribute.get().is_empty() => self.state = State::Before,
                b'>' | b'/' => {
                    self.state = State::Between;
                    return false;
                }
                _ if byte.is_ascii_whitespace() => self.state = State::Equals,
                _ => {
                    let byte = if self.is_xml { byte } else { byte.to_ascii_lowercase() };
                    self.attribute.append(&[byte]);
                }
            },
            State::Equals => match byte {
                b'=' => self.state = State::Before,
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.state = State::Between;
                    return false;
                }
            },
            State::Before => return self.before_value(byte),
            State::Declaration => return self.declaration(byte),
            State::Comment(hyphens) => {
                self.state = match (byte, hyphens) {
                    (b'>', 2) => State::Text,
                    (b'-', _) => State::Comment((hyphens + 1).min(2)),
                    (b'!', 2) if !self.is_xml => State::Comment(2),
                    _ => State::Comment(0),
                };
            }
            State::Instruction(_) => {
                self.state = match byte {
                    b'>' => State::Text,
                    _ => State::Instruction(byte == b'?'),
                };
            }
            State::Type(in_brackets) => {
                self.state = match byte {
                    b'>' if !in_brackets => State::Text,
                    b'[' if self.is_xml => {
                        self.declares = true;
                        State::Type(true)
                    }
                    b']' => State::Type(false),
                    _ => self.state,
                };
            }
            State::Characters(brackets) => match (byte, brackets) {
                (b'>', 2) => self.state = State::Text,
                (b']', 2) => self.lines.text(b"]", out),
                (b']', _) => self.state = State::Characters(brackets + 1),
                _ => {
                    self.lines.text(b"]]".get(..usize::from(brackets)).unwrap_or(&[]), out);
                    self.state = State::Characters(0);
                    return false;
                }
            },
            State::Raw(matched) => return self.raw_end(matched, byte, out),
            State::Text | State::Value(_) => {}
        }
        true
    }

    fn reference(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        if self.hold(byte) {
            return true;
        }
        self.only_space = false;
        self.refer(Some(byte), out);
        self.state = State::Text;
        byte == b';'
    }

    /// Holds a byte of a reference. False where it is none, or the reference is none.
    fn hold(&mut self, byte: u8) -> bool {
        let held = self.held.get();
        let fits = match held {
            [] => byte.is_ascii_alphanumeric() || byte == b'#',
            // A number ends with its digits.
            [b'#'] => byte.is_ascii_digit() || byte.eq_ignore_ascii_case(&b'x'),
            [b'#', b'x' | b'X', ..] => byte.is_ascii_hexdigit(),
            [b'#', ..] => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric() || (self.is_xml && b"-._:".contains(&byte)),
        };
        if byte == b'0' && matches!(held, [b'#', b'0'] | [b'#', b'x' | b'X', b'0']) {
            // However many zeros a number begins with.
            return true;
        }
        if fits && held.len() < entity::LONGEST {
            self.held.append(&[byte]);
            return true;
        }
        false
    }

    /// The reference that is held ends before `byte`.
    fn refer(&mut self, byte: Option<u8>, out: &mut dyn Out) {
        let held = self.held;
        let name = held.get();
        let closed = byte == Some(b';');
        match entity::meaning(name, !closed, self.is_xml) {
            Meaning::Letter(letter) => self.lines.letter(letter, out),
            Meaning::Unknown if self.is_xml && closed => {
                self.refers = true;
                self.lines.text(name, out);
            }
            Meaning::Unknown => {
                let mut name = name;
                match entity::beginning(name).filter(|_| !self.is_xml) {
                    Some((letter, behind)) => {
                        self.lines.letter(letter, out);
                        name = behind;
                    }
                    None => self.lines.text(b"&", out),
                }
                self.lines.text(name, out);
                if closed {
                    self.lines.text(b";", out);
                }
            }
        }
    }

    fn value_reference(&mut self, quote: Option<u8>, byte: u8, out: &mut dyn Out) -> bool {
        if self.hold(byte) {
            return true;
        }
        self.refer_in_value(Some(byte), out);
        self.state = State::Value(quote);
        byte == b';'
    }

    /// As [`Tokens::refer`]; in an address an ampersand may stand before a name.
    fn refer_in_value(&mut self, byte: Option<u8>, out: &mut dyn Out) {
        let held = self.held;
        let name = held.get();
        let closed = byte == Some(b';');
        let meaning = if byte == Some(b'=') { Meaning::Unknown } else { entity::meaning(name, !closed, self.is_xml) };
        match meaning {
            Meaning::Letter(letter) => self.value_bytes(letter.encode_utf8(&mut [0; 4]).as_bytes(), out),
            Meaning::Unknown if self.is_xml && closed => {
                self.refers = true;
                self.value_bytes(name, out);
            }
            Meaning::Unknown => {
                self.value_bytes(b"&", out);
                self.value_bytes(name, out);
                if closed {
                    self.value_bytes(b";", out);
                }
            }
        }
    }

    /// Behind `<`.
    fn open(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        self.state = match byte {
            b'/' => State::Close,
            b'!' => {
                self.held.clear();
                State::Declaration
            }
            b'?' => State::Instruction(false),
            _ if byte.is_ascii_alphabetic() || (self.is_xml && (byte == b'_' || !byte.is_ascii())) => {
                self.begin_tag(false);
                return false;
            }
            _ => {
                self.only_space = false;
                self.lines.text(b"<", out);
                self.state = State::Text;
                return false;
            }
        };
        true
    }

    /// Behind `</`.
    fn close(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        if byte.is_ascii_alphabetic() || (self.is_xml && byte != b'>') {
            self.begin_tag(true);
            return false;
        }
        if self.is_xml {
            self.lines.text(b"</", out);
            self.state = State::Text;
            return false;
        }
        // HTML 5 section 13.2.5.41: a comment up to the next angle bracket.
        self.state = State::Type(false);
        false
    }

    fn begin_tag(&mut self, closing: bool) {
        self.closing = closing;
        self.name.clear();
        self.state = State::Name;
        if self.in_run && self.only_space && self.line_end && !self.was_blank {
            self.lines.no_blank();
        }
    }

    fn tag_name(&mut self, byte: u8, out: &mut dyn Out) -> bool {
        if !(byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')) {
            self.name.append(&[if self.is_xml { byte } else { byte.to_ascii_lowercase() }]);
            return true;
        }
        self.usual_prefix();
        let name = self.name.get();
        let effect = if self.is_xml {
            if !std::mem::replace(&mut self.rooted, true) {
                self.sheet = element::is_sheet(name);
            }
            self.in_run = element::is_run(name, self.sheet);
            element::xml(name, self.sheet)
        } else {
            element::html(name)
        };
        match effect {
            Break::Nothing => {}
            Break::Line => self.lines.line(out),
            Break::Tab if !self.closing => self.lines.tab(out),
            Break::Hyphen if !self.closing => self.lines.word(b"-", out),
            Break::Blank => self.lines.blank(),
            Break::Tab | Break::Hyphen => {}
        }
        self.raw = match name {
            b"script" if !self.is_xml && !self.closing => Some(Raw::Script),
            b"style" if !self.is_xml && !self.closing => Some(Raw::Style),
            _ => None,
        };
        self.state = State::Between;
        false
    }

    /// Elements of text documents have the prefix that all programs write, whatever it is in this one.
    fn usual_prefix(&mut self) {
        let Some(word) = self.word.filter(|_| self.is_xml) else { return };
        let (prefix, local) = element::split(self.name.get());
        if prefix == word.get() {
            let mut name: Field<NAME> = Field::EMPTY;
            name.append(b"w:");
            name.append(local);
            self.name = name;
        }
    }

    /// The name space is declared that such a prefix stands for.
    fn end_name_space(&mut self) {
        if memchr::memmem::find(self.space.get(), b"/wordprocessingml/").is_some() {
            let attribute = self.attribute.get();
            let mut prefix: Field<NAME> = Field::EMPTY;
            prefix.append(attribute.strip_prefix(b"xmlns:").unwrap_or(&[]));
            self.word = Some(prefix);
        }
        self.space.clear();
    }

    fn end_tag(&mut self) {
        (self.only_space, self.line_end, self.was_blank) = (true, false, self.lines.is_blank());
        self.state = if self.raw.is_some() { State::Raw(0) } else { State::Text };
    }

    /// Behind the equals sign.
    fn before_value(&mut self, byte: u8) -> bool {
        if byte.is_ascii_whitespace() {
            return true;
        }
        (self.wanted, self.is_address) =
            element::attribute(self.name.get(), self.attribute.get(), self.is_xml, self.sheet);
        self.wanted &= !self.closing;
        self.given = false;
        match byte {
            b'"' | b'\'' => {
                self.state = State::Value(Some(byte));
                true
            }
            b'>' => {
                self.state = State::Between;
                false
            }
            _ => {
                self.state = State::Value(None);
                false
            }
        }
    }

    /// Bytes of a value, up to its end or a reference.
    fn value<'a>(&mut self, quote: Option<u8>, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let is_end = |byte: u8| quote.map_or(byte.is_ascii_whitespace() || byte == b'>', |quote| byte == quote);
        let end = input.iter().position(|byte| is_end(*byte) || (*byte == b'&' && self.wanted));
        let (bytes, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((input, &[]));
        if self.wanted {
            self.value_bytes(bytes, out);
        } else if self.is_xml && self.attribute.get().starts_with(b"xmlns") {
            self.space.append(bytes);
        } else {
            self.hide(bytes, out);
        }
        let Some((byte, behind)) = rest.split_first() else { return rest };
        if is_end(*byte) {
            self.end_value(out);
            self.state = State::Between;
            return if quote.is_some() { behind } else { rest };
        }
        self.held.clear();
        self.state = State::ValueReference(quote);
        behind
    }

    fn value_bytes(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let Self { percent, lines, given, .. } = self;
        let mut put = |byte: u8| {
            *given = true;
            // One line, whatever is in it.
            let byte = if byte.is_ascii_whitespace() || byte == 0 { b' ' } else { byte };
            lines.beside(&[byte], out);
        };
        if self.is_address {
            bytes.iter().for_each(|byte| percent.byte(*byte, &mut put));
        } else {
            bytes.iter().for_each(|byte| put(*byte));
        }
    }

    fn end_value(&mut self, out: &mut dyn Out) {
        let Self { percent, lines, given, .. } = self;
        percent.finish(|byte| {
            *given = true;
            lines.beside(&[byte], out);
        });
        if self.given {
            self.lines.end_beside(out);
        }
        if !self.space.get().is_empty() {
            self.end_name_space();
        }
        self.hidden.end(&mut self.lines, out);
        (self.wanted, self.given) = (false, false);
    }

    /// Behind `<!`: a comment, a section of characters of XML, a document type, or a comment after all.
    fn declaration(&mut self, byte: u8) -> bool {
        let may_be = |held: &[u8], opening: &[u8]| {
            opening.get(..held.len()) == Some(held) && opening.get(held.len()) == Some(&byte)
        };
        let held = self.held.get();
        if may_be(held, b"--") || (self.is_xml && may_be(held, CDATA)) {
            self.held.append(&[byte]);
            self.state = match self.held.get() {
                // `<!-->` is a comment.
                b"--" => State::Comment(2),
                CDATA => {
                    self.only_space = false;
                    State::Characters(0)
                }
                _ => State::Declaration,
            };
            return true;
        }
        self.state = State::Type(false);
        false
    }

    /// A script or a style, up to where its end may stand.
    fn raw<'a>(&mut self, input: &'a [u8], out: &mut dyn Out) -> &'a [u8] {
        let end = memchr::memchr(b'<', input);
        let (text, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((input, &[]));
        let mut left = text;
        while !left.is_empty() && !self.hidden.enough() {
            let (seen, behind) = self.hidden.take(left, &mut self.lines, out);
            self.script(seen, out);
            left = behind;
        }
        let Some((_, rest)) = rest.split_first() else { return rest };
        self.hidden.end(&mut self.lines, out);
        self.state = State::Raw(1);
        rest
    }

    /// Bytes of a script, whose strings with escapes are text.
    fn script(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if self.raw == Some(Raw::Script) {
            self.script.push(bytes, &mut Strings { lines: &mut self.lines, out });
        }
    }

    fn end_script(&mut self, out: &mut dyn Out) {
        self.hidden.end(&mut self.lines, out);
        if self.raw.take() == Some(Raw::Script) {
            self.script.finish(&mut Strings { lines: &mut self.lines, out });
        }
    }

    /// In a script or a style, where its end may stand.
    fn raw_end(&mut self, matched: usize, byte: u8, out: &mut dyn Out) -> bool {
        let end = self.raw.map_or(&b""[..], Raw::end);
        match end.get(matched) {
            Some(expected) if *expected == byte.to_ascii_lowercase() => self.state = State::Raw(matched + 1),
            None if byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>') => {
                self.name.clear();
                self.name.append(end.get(2..).unwrap_or(&[]));
                self.end_script(out);
                self.closing = true;
                self.state = State::Between;
                return false;
            }
            _ => {
                self.script(end.get(..matched).unwrap_or(&[]), out);
                self.state = State::Raw(0);
                return false;
            }
        }
        true
    }
}

/// The strings of a script, a line each.
struct Strings<'a> {
    lines: &'a mut Lines,
    out: &'a mut dyn Out,
}

impl Sink for Strings<'_> {
    fn text(&mut self, bytes: &[u8]) {
        self.lines.word(bytes, self.out);
    }

    fn end(&mut self) {
        self.lines.line(self.out);
    }
}
