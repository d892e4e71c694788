//! Strings and templates of a source, and their escapes (ECMA-262 section 12.9.4, 12.9.6 and B.1.2), byte by byte.
//!
//! It has to be known what is a string, so comments and regular expressions are told from it too. Whether a slash divides
//! is told by what stands before it; where that guess is wrong, a string ends with its line all the same. Of the nesting of
//! brackets the last 64 are known.

use super::super::decoder::Field;
use super::super::percent::Percent;
use super::super::quoted_printable::hex;
use super::super::units::Units;
use super::before::{self, Before, Escape, Tail, WORD};

/// So much of a string is kept until there is an escape in it: its last bytes.
const HEAD: usize = 1024;
/// What a [`Literals`] holds, bytes.
pub(in super::super) const MEMORY: usize = HEAD + 256;

/// Who gets what a source is made of.
pub(in super::super) trait Sink {
    /// What has no escapes, as it stands: code, and strings as far as there were none. True: it is known what that was,
    /// and what belongs to it is not wanted as [`Sink::text`].
    fn plain(&mut self, _bytes: &[u8]) -> bool {
        false
    }
    /// The next characters of a string with an escape, as they are meant.
    fn text(&mut self, bytes: &[u8]);
    /// That string is over.
    fn end(&mut self);
}

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Code,
    /// Behind a slash, which may begin a regular expression or not.
    Slash(bool),
    /// In a comment of one line; in one of several, and whether the last byte was an asterisk.
    Line,
    Block(bool),
    /// In a regular expression, within its brackets or not.
    Regular(bool),
    /// Behind a backslash in one.
    Escaped(bool),
    /// In a string that ends with that byte.
    Literal,
    /// In a template, behind a dollar sign.
    Dollar,
    Backslash,
    /// Behind a backslash and a carriage return.
    Continued,
    /// In an escape by number of so many digits, of those in braces, or of up to three octal ones: so many are still to
    /// come, or have come.
    Digits(u8),
    Braces(u8),
    Octal(u8),
    /// Behind `%u` in what `unescape` reads.
    Units,
}

/// Finds the strings of a source, piece by piece.
#[derive(Debug)]
pub(in super::super) struct Literals {
    state: State,
    /// The quotation mark that ends the string.
    quote: u8,
    /// An escape has come in it; where none has, its last bytes, unless something else was made of them.
    escaped: bool,
    head: Tail<HEAD>,
    known: bool,
    /// Who reads it once more.
    escape: Option<Escape>,
    percent: Percent,
    units: Units,
    /// An escape so far, and its value.
    held: Field<12>,
    value: u32,
    before: Before,
    /// Code since then.
    code: Tail<WORD>,
    /// Of each parenthesis that is open, the last first, whether a statement follows it; of each brace, whether a template
    /// goes on behind it.
    parentheses: u64,
    braces: u64,
}

/// Bytes that mean something in code.
const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'/' | b'(' | b')' | b'{' | b'}')
}

impl Literals {
    pub(in super::super) const NEW: Self = Self {
        state: State::Code,
        quote: 0,
        escaped: false,
        head: Tail::EMPTY,
        known: false,
        escape: None,
        percent: Percent::Nothing,
        units: Units::NEW,
        held: Field::EMPTY,
        value: 0,
        before: Before::Opening,
        code: Tail::EMPTY,
        parentheses: 0,
        braces: 0,
    };

    /// The next bytes of the source, as UTF-8.
    pub(in super::super) fn push(&mut self, piece: &[u8], sink: &mut impl Sink) {
        let mut source = Source { piece, at: 0, told: 0 };
        while let Some(byte) = source.peek() {
            let was_escaped = self.escaped;
            match self.state {
                State::Code => self.code(&mut source, sink),
                State::Line => source.pass(memchr::memchr2(b'\r', b'\n', source.ahead()), || self.state = State::Code),
                State::Block(false) => {
                    source.pass(memchr::memchr(b'*', source.ahead()), || self.state = State::Block(true));
                }
                State::Literal if !self.escaped => self.literal(&mut source, sink),
                State::Literal => self.text(&mut source, sink),
                _ => {
                    // What the byte ends may not have it.
                    if self.byte(byte, sink) {
                        source.at += 1;
                    }
                }
            }
            if was_escaped || self.escaped {
                source.told = source.at;
            }
        }
        let rest = source.rest();
        if !rest.is_empty() {
            let known = sink.plain(rest);
            self.known |= known && matches!(self.state, State::Literal | State::Dollar);
        }
    }

    /// The source is over.
    pub(in super::super) fn finish(&mut self, sink: &mut impl Sink) {
        if self.escaped {
            self.give_up(sink);
            self.close(sink);
        }
        *self = Self::NEW;
    }

    /// Code up to the next sign, and that.
    fn code(&mut self, source: &mut Source<'_>, sink: &mut impl Sink) {
        let ahead = source.ahead();
        let Some(at) = ahead.iter().position(|byte| is_sign(*byte)) else {
            self.code.append(ahead);
            source.at = source.piece.len();
            return;
        };
        let (code, behind) = ahead.split_at_checked(at).unwrap_or((ahead, &[]));
        let sign = behind.first().copied().unwrap_or(0);
        self.code.append(code);
        source.at += at + 1;
        let code = self.code;
        match sign {
            b'/' => {
                self.state = State::Slash(before::is_regular(self.before, code.get()));
                return;
            }
            b'(' => {
                let (before, is_statement) = before::opens(code.get());
                self.before = before;
                self.parentheses = self.parentheses << 1 | u64::from(is_statement);
            }
            b')' => {
                self.before = if self.parentheses & 1 == 1 { Before::Opening } else { Before::Value };
                self.parentheses >>= 1;
            }
            b'{' => {
                self.before = Before::Opening;
                self.braces <<= 1;
            }
            b'}' => {
                let is_template = self.braces & 1 == 1;
                self.braces >>= 1;
                self.before = Before::Opening;
                if is_template {
                    self.open(b'`', None, source, sink);
                }
            }
            _ => {
                let escape = match self.before {
                    Before::Call(escape) if code.get().trim_ascii().is_empty() => Some(escape),
                    _ => None,
                };
                self.open(sign, escape, source, sink);
            }
        }
        self.code.clear();
    }

    /// A string begins.
    fn open(&mut self, quote: u8, escape: Option<Escape>, source: &mut Source<'_>, sink: &mut impl Sink) {
        // What is told from here on is the string's.
        let rest = source.rest();
        sink.plain(rest);
        source.told = source.at;
        (self.quote, self.escape) = (quote, escape);
        (self.escaped, self.known) = (false, false);
        self.head.clear();
        self.state = State::Literal;
    }

    /// The string is over.
    fn close(&mut self, sink: &mut impl Sink) {
        if self.escaped {
            self.percent.finish(|byte| sink.text(&[byte]));
            self.units.end(|bytes| sink.text(bytes));
            sink.end();
        }
        self.escaped = false;
        self.before = Before::Value;
        self.code.clear();
        self.state = State::Code;
    }

    /// Whether a byte ends a part of a string.
    const fn is_end(&self, byte: u8) -> bool {
        match byte {
            b'\\' => true,
            b'\r' | b'\n' => self.quote != b'`',
            b'$' => self.quote == b'`',
            b'%' => self.escape.is_some(),
            _ => byte == self.quote,
        }
    }

    /// A string without an escape so far.
    fn literal(&mut self, source: &mut Source<'_>, sink: &mut impl Sink) {
        let ahead = source.ahead();
        let at = ahead.iter().position(|byte| self.is_end(*byte)).unwrap_or(ahead.len());
        let (text, behind) = ahead.split_at_checked(at).unwrap_or((ahead, &[]));
        self.head.append(text);
        source.at += at;
        match behind.first() {
            None => {}
            Some(b'\\' | b'%') => {
                self.known |= sink.plain(source.rest());
                source.told = source.at;
                self.escaped = true;
                if !self.known && !self.head.get().is_empty() {
                    sink.text(self.head.get());
                }
            }
            Some(b'$') => {
                self.head.append(b"$");
                source.at += 1;
                self.state = State::Dollar;
            }
            Some(byte) => {
                source.at += usize::from(*byte == self.quote);
                self.close(sink);
            }
        }
    }

    /// A string with escapes.
    fn text(&mut self, source: &mut Source<'_>, sink: &mut impl Sink) {
        let ahead = source.ahead();
        if self.percent != Percent::Nothing {
            let Some(byte) = ahead.first() else { return };
            source.at += usize::from(self.percent(*byte, sink));
            return;
        }
        let at = ahead.iter().position(|byte| self.is_end(*byte)).unwrap_or(ahead.len());
        let (text, behind) = ahead.split_at_checked(at).unwrap_or((ahead, &[]));
        if !text.is_empty() {
            self.put(text, sink);
        }
        source.at += at;
        match behind.first() {
            None => return,
            Some(b'\\') => {
                self.held.clear();
                self.state = State::Backslash;
            }
            Some(b'%') => self.percent = Percent::Sign,
            Some(b'$') => self.state = State::Dollar,
            Some(byte) => {
                source.at += usize::from(*byte == self.quote);
                return self.close(sink);
            }
        }
        source.at += 1;
    }

    fn put(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        self.units.end(|bytes| sink.text(bytes));
        sink.text(bytes);
    }

    fn unit(&mut self, unit: u16, sink: &mut impl Sink) {
        self.units.unit(unit, |bytes| sink.text(bytes));
    }

    /// Behind `%`. False: the byte is still to be read.
    fn percent(&mut self, byte: u8, sink: &mut impl Sink) -> bool {
        if self.escape == Some(Escape::Units) && self.percent == Percent::Sign && byte == b'u' {
            self.percent = Percent::Nothing;
            self.begin_number(State::Units, b"%u");
            return true;
        }
        if hex(byte).is_none() {
            let mut percent = std::mem::take(&mut self.percent);
            percent.finish(|byte| self.put(&[byte], sink));
            return false;
        }
        let mut undone = None;
        self.percent.byte(byte, |byte| undone = Some(byte));
        match (undone, self.escape) {
            (None, _) => {}
            (Some(unit), Some(Escape::Units)) => self.unit(u16::from(unit), sink),
            (Some(byte), _) => self.put(&[byte], sink),
        }
        true
    }

    fn begin_number(&mut self, state: State, held: &[u8]) {
        self.held.clear();
        self.held.append(held);
        self.value = 0;
        self.state = state;
    }

    /// What seemed to be an escape stands for itself, but for its backslash.
    fn give_up(&mut self, sink: &mut impl Sink) {
        if matches!(self.state, State::Digits(_) | State::Braces(_) | State::Units) {
            let held = self.held;
            self.put(held.get(), sink);
        } else if let State::Octal(_) = self.state {
            self.number(sink);
        } else if self.state == State::Dollar {
            self.put(b"$", sink);
        }
        self.state = State::Literal;
    }

    /// An escape by number is complete.
    fn number(&mut self, sink: &mut impl Sink) {
        match (u16::try_from(self.value), char::from_u32(self.value)) {
            (Ok(unit), _) => self.unit(unit, sink),
            (_, Some(letter)) => self.put(letter.encode_utf8(&mut [0; 4]).as_bytes(), sink),
            _ => return self.give_up(sink),
        }
        self.state = State::Literal;
    }

    /// A byte that is read by itself. False: it is still to be read, in another state.
    fn byte(&mut self, byte: u8, sink: &mut impl Sink) -> bool {
        match self.state {
            State::Slash(is_regular) => return self.slash(is_regular, byte),
            State::Block(_) => {
                self.state = if byte == b'/' { State::Code } else { State::Block(byte == b'*') };
            }
            State::Regular(class) => match byte {
                b'\\' => self.state = State::Escaped(class),
                b'[' => self.state = State::Regular(true),
                b']' => self.state = State::Regular(false),
                b'/' if !class => (self.state, self.before) = (State::Code, Before::Value),
                // It was none: they end with their line.
                b'\r' | b'\n' => self.state = State::Code,
                _ => {}
            },
            State::Escaped(class) => {
                self.state = if matches!(byte, b'\r' | b'\n') { State::Code } else { State::Regular(class) };
            }
            State::Dollar => {
                if byte == b'{' {
                    self.close(sink);
                    self.before = Before::Opening;
                    self.braces = self.braces << 1 | 1;
                    return true;
                }
                if self.escaped {
                    self.put(b"$", sink);
                }
                self.state = State::Literal;
                return false;
            }
            State::Backslash => self.backslash(byte, sink),
            State::Continued => {
                self.state = State::Literal;
                return byte == b'\n';
            }
            State::Digits(_) | State::Units | State::Braces(_) | State::Octal(_) => return self.digit(byte, sink),
            State::Code | State::Line | State::Literal => {}
        }
        true
    }

    /// Behind a slash.
    fn slash(&mut self, is_regular: bool, byte: u8) -> bool {
        let (state, before) = match (byte, is_regular) {
            // What comes behind a comment follows what came before it.
            (b'/', true) => (State::Line, Before::Opening),
            (b'*', true) => (State::Block(false), Before::Opening),
            (b'/', false) => (State::Line, Before::Value),
            (b'*', false) => (State::Block(false), Before::Value),
            (_, true) => (State::Regular(false), Before::Value),
            (_, false) => (State::Code, Before::Opening),
        };
        (self.state, self.before) = (state, before);
        self.code.clear();
        matches!(byte, b'/' | b'*')
    }

    fn backslash(&mut self, byte: u8, sink: &mut impl Sink) {
        self.state = State::Literal;
        let letter = match byte {
            b'x' => return self.begin_number(State::Digits(2), b"x"),
            b'u' => return self.begin_number(State::Digits(4), b"u"),
            b'0'..=b'7' => {
                self.begin_number(State::Octal(if byte < b'4' { 2 } else { 1 }), &[]);
                self.value = u32::from(byte - b'0');
                return;
            }
            b'\r' => return self.state = State::Continued,
            b'\n' => return,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            byte => byte,
        };
        self.put(&[letter], sink);
    }

    /// A byte of an escape by number.
    fn digit(&mut self, byte: u8, sink: &mut impl Sink) -> bool {
        if let State::Octal(left) = self.state {
            if left == 0 || !matches!(byte, b'0'..=b'7') {
                self.number(sink);
                return false;
            }
            self.value = self.value << 3 | u32::from(byte - b'0');
            self.state = State::Octal(left - 1);
            return true;
        }
        let is_first = self.value == 0 && self.held.get() == b"u";
        if is_first && byte == b'{' && self.state == State::Digits(4) {
            self.begin_number(State::Braces(0), b"u{");
            return true;
        }
        if let (State::Braces(1..), b'}') = (self.state, byte) {
            self.number(sink);
            return true;
        }
        let next = match self.state {
            State::Digits(left) => State::Digits(left - 1),
            State::Braces(count) if count < 8 => State::Braces(count + 1),
            // Two are in `held` already.
            State::Units => State::Units,
            _ => {
                self.give_up(sink);
                return false;
            }
        };
        let Some(digit) = hex(byte) else {
            self.give_up(sink);
            return false;
        };
        self.held.append(&[byte]);
        self.value = self.value << 4 | u32::from(digit);
        self.state = next;
        if next == State::Digits(0) || (next == State::Units && self.held.get().len() == 6) {
            self.number(sink);
        }
        true
    }
}

/// A piece, how far it is read, and how much of that was told.
struct Source<'a> {
    piece: &'a [u8],
    at: usize,
    told: usize,
}

impl<'a> Source<'a> {
    fn peek(&self) -> Option<u8> {
        self.piece.get(self.at).copied()
    }

    /// What is still to be read.
    fn ahead(&self) -> &'a [u8] {
        self.piece.get(self.at..).unwrap_or(&[])
    }

    /// Goes on behind a byte that is so far ahead, if it is.
    fn pass(&mut self, to: Option<usize>, found: impl FnOnce()) {
        match to {
            Some(to) => {
                self.at += to + 1;
                found();
            }
            None => self.at = self.piece.len(),
        }
    }

    /// What was read and not told.
    fn rest(&self) -> &'a [u8] {
        self.piece.get(self.told..self.at).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests;
