//! Tokens of PDF's syntax (ISO 32000-1 section 7.2 and 7.3), from bytes in pieces.
//!
//! Strings come decoded, in parts where they are long. A string that has not ended after [`LONGEST`] bytes is taken for
//! damage, so that a lost bracket does not hide what follows.

/// Room for the text of a token: of a longer name or word the first bytes are kept, of a string it is a part.
const ROOM: usize = 4096;
/// Longest string: Annex C says 32,767 bytes in a content stream.
const LONGEST: usize = 64 << 10;

/// What a token is; its text is [`Lexer::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name,
    Number,
    Word,
    /// A string, or a part of one that is not the last.
    Text {
        last: bool,
    },
    Array,
    ArrayEnd,
    Dictionary,
    DictionaryEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Comment,
    Name,
    Word,
    /// A string in brackets, which nest so deep.
    Literal(usize),
    /// Behind a backslash in it, and so many octal digits with that value.
    Escape(usize),
    Octal(usize, u32, u8),
    /// Behind a line end that the backslash hides.
    Hidden(usize),
    /// Behind a carriage return in a string, which with a line feed is one line end.
    Return(usize),
    Less,
    Greater,
    /// A string of digits, and the first of a pair.
    Hex(Option<u8>),
    /// The data of an inline image; what the last bytes were.
    Image(Image),
}

/// How much of what ends an inline image has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Image {
    Data,
    Space,
    E,
    I,
}

#[derive(Debug)]
pub(super) struct Lexer {
    state: State,
    text: Vec<u8>,
    /// The text was handed out.
    given: bool,
    /// Bytes of the string so far.
    length: usize,
    /// Bytes that have passed, and those before the token.
    passed: u64,
    start: u64,
}

impl Lexer {
    pub(super) fn new() -> Self {
        Self { state: State::Between, text: Vec::with_capacity(ROOM), given: false, length: 0, passed: 0, start: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.state = State::Between;
        self.text.clear();
        (self.given, self.length, self.passed, self.start) = (false, 0, 0, 0);
    }

    /// The text of the last token.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Bytes before the last token.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    /// The number that the last token is; 0 where it is none.
    pub(super) fn number(&self) -> f32 {
        std::str::from_utf8(&self.text).ok().and_then(|text| text.parse().ok()).unwrap_or(0.0)
    }

    /// The same, where it is a whole number that is not negative.
    pub(super) fn whole(&self) -> Option<u32> {
        std::str::from_utf8(&self.text).ok().and_then(|text| text.parse().ok())
    }

    /// What comes next are data of an inline image.
    pub(super) const fn image(&mut self) {
        self.state = State::Image(Image::Data);
    }

    /// The next token, and its bytes are taken from the front of `input`. `None`: all were taken.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Option<Token> {
        if std::mem::take(&mut self.given) {
            self.text.clear();
        }
        while let Some((byte, rest)) = input.split_first() {
            let (token, is_taken) = self.byte(*byte);
            if is_taken {
                *input = rest;
                self.passed += 1;
            }
            if token.is_some() {
                self.given = true;
                return token;
            }
        }
        None
    }

    fn keep(&mut self, byte: u8) {
        if self.text.len() < ROOM {
            self.text.push(byte);
        }
    }

    /// A token ends with this byte, or before it.
    const fn end(&mut self, token: Token, is_taken: bool) -> (Option<Token>, bool) {
        self.state = State::Between;
        (Some(token), is_taken)
    }

    const fn go(&mut self, state: State, is_taken: bool) -> (Option<Token>, bool) {
        self.state = state;
        (None, is_taken)
    }

    /// A byte of a string.
    fn letter(&mut self, byte: u8, state: State) -> (Option<Token>, bool) {
        self.keep(byte);
        self.length += 1;
        self.state = state;
        if self.length >= LONGEST {
            return self.end(Token::Text { last: true }, true);
        }
        ((self.text.len() >= ROOM).then_some(Token::Text { last: false }), true)
    }

    fn byte(&mut self, byte: u8) -> (Option<Token>, bool) {
        match self.state {
            State::Between => self.between(byte),
            State::Comment => {
                self.go(if matches!(byte, b'\r' | b'\n') { State::Between } else { State::Comment }, true)
            }
            State::Name | State::Word if is_space(byte) || is_delimiter(byte) => {
                let token = match (self.state, self.text.first()) {
                    (State::Name, _) => {
                        unescape(&mut self.text);
                        Token::Name
                    }
                    (_, Some(b'0'..=b'9' | b'+' | b'-' | b'.')) => Token::Number,
                    _ => Token::Word,
                };
                self.end(token, false)
            }
            State::Name | State::Word => {
                self.keep(byte);
                (None, true)
            }
            State::Literal(depth) => match byte {
                b'(' => self.letter(byte, State::Literal(depth.saturating_add(1))),
                b')' if depth == 0 => self.end(Token::Text { last: true }, true),
                b')' => self.letter(byte, State::Literal(depth - 1)),
                b'\\' => self.go(State::Escape(depth), true),
                b'\r' => self.letter(b'\n', State::Return(depth)),
                _ => self.letter(byte, State::Literal(depth)),
            },
            State::Return(depth) => self.go(State::Literal(depth), byte == b'\n'),
            State::Hidden(depth) => self.go(State::Literal(depth), byte == b'\n'),
            State::Escape(depth) => match byte {
                b'n' => self.letter(b'\n', State::Literal(depth)),
                b'r' => self.letter(b'\r', State::Literal(depth)),
                b't' => self.letter(b'\t', State::Literal(depth)),
                b'b' => self.letter(8, State::Literal(depth)),
                b'f' => self.letter(12, State::Literal(depth)),
                b'0'..=b'7' => self.go(State::Octal(depth, 1, byte - b'0'), true),
                b'\r' => self.go(State::Hidden(depth), true),
                b'\n' => self.go(State::Literal(depth), true),
                _ => self.letter(byte, State::Literal(depth)),
            },
            State::Octal(depth, digits, value) => match byte {
                b'0'..=b'7' if digits < 3 => {
                    self.go(State::Octal(depth, digits + 1, value.wrapping_mul(8).wrapping_add(byte - b'0')), true)
                }
                _ => {
                    let (token, _) = self.letter(value, State::Literal(depth));
                    (token, false)
                }
            },
            State::Less if byte == b'<' => self.end(Token::Dictionary, true),
            State::Less => self.go(State::Hex(None), false),
            State::Greater if byte == b'>' => self.end(Token::DictionaryEnd, true),
            State::Greater => self.go(State::Between, false),
            State::Hex(first) => match (digit(byte), first) {
                (Some(low), Some(high)) => self.letter(high << 4 | low, State::Hex(None)),
                (Some(high), None) => self.go(State::Hex(Some(high)), true),
                (None, _) if byte == b'>' => {
                    if let Some(high) = first {
                        self.keep(high << 4);
                    }
                    self.end(Token::Text { last: true }, true)
                }
                (None, _) => (None, true),
            },
            State::Image(at) => self.image_byte(at, byte),
        }
    }

    fn between(&mut self, byte: u8) -> (Option<Token>, bool) {
        self.start = self.passed;
        self.length = 0;
        match byte {
            _ if is_space(byte) => (None, true),
            b'%' => self.go(State::Comment, true),
            b'/' => self.go(State::Name, true),
            b'(' => self.go(State::Literal(0), true),
            b'<' => self.go(State::Less, true),
            b'>' => self.go(State::Greater, true),
            b'[' => self.end(Token::Array, true),
            b']' => self.end(Token::ArrayEnd, true),
            b')' | b'{' | b'}' => (None, true),
            _ => self.go(State::Word, false),
        }
    }

    /// The data end with `EI` between white space.
    const fn image_byte(&mut self, at: Image, byte: u8) -> (Option<Token>, bool) {
        let space = is_space(byte);
        let next = match (at, byte) {
            (Image::Space, b'E') => Image::E,
            (Image::E, b'I') => Image::I,
            (Image::I, _) if space => return self.go(State::Between, true),
            _ if space => Image::Space,
            _ => Image::Data,
        };
        self.go(State::Image(next), true)
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// The value of a hexadecimal digit.
pub(super) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Undoes `#20` in a name (section 7.3.5).
fn unescape(name: &mut Vec<u8>) {
    let (mut from, mut to) = (0, 0);
    while let Some(byte) = name.get(from).copied() {
        let pair = (name.get(from + 1).copied().and_then(digit), name.get(from + 2).copied().and_then(digit));
        let (byte, length) = match (byte, pair) {
            (b'#', (Some(high), Some(low))) => (high << 4 | low, 3),
            _ => (byte, 1),
        };
        if let Some(place) = name.get_mut(to) {
            *place = byte;
        }
        (from, to) = (from + length, to + 1);
    }
    name.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(bytes: &[u8], size: usize) -> Vec<(Token, Vec<u8>)> {
        let mut lexer = Lexer::new();
        let mut found = Vec::new();
        for mut piece in bytes.chunks(size) {
            while let Some(token) = lexer.next(&mut piece) {
                let text = if matches!(token, Token::Name | Token::Number | Token::Word | Token::Text { .. }) {
                    lexer.text().to_vec()
                } else {
                    Vec::new()
                };
                found.push((token, text));
            }
        }
        found
    }

    #[test]
    fn tokens_are_told_however_they_are_cut() {
        let bytes = b"<</A#20b(x\\(y\\051(z)\\\r\n\\53!)/C<4a4B5>%no >>\n/D[-1.5 12 0 R]>>stream\r\n";
        let last = Token::Text { last: true };
        let expected: [(Token, &[u8]); 14] = [
            (Token::Dictionary, b""),
            (Token::Name, b"A b"),
            (last, b"x(y)(z)+!"),
            (Token::Name, b"C"),
            (last, b"JKP"),
            (Token::Name, b"D"),
            (Token::Array, b""),
            (Token::Number, b"-1.5"),
            (Token::Number, b"12"),
            (Token::Number, b"0"),
            (Token::Word, b"R"),
            (Token::ArrayEnd, b""),
            (Token::DictionaryEnd, b""),
            (Token::Word, b"stream"),
        ];
        for size in 1..=bytes.len() {
            let found = tokens(bytes, size);
            let found: Vec<_> = found.iter().map(|(token, text)| (*token, &**text)).collect();
            assert_eq!(found, expected, "pieces of {size} bytes");
        }
    }

    #[test]
    fn a_string_without_an_end_ends() {
        let bytes = [b"(".to_vec(), vec![b'x'; LONGEST], b" /Name ".to_vec()].concat();
        let found = tokens(&bytes, 1000);
        assert_eq!(found.iter().map(|(_, text)| text.len()).sum::<usize>(), LONGEST + 4);
        assert_eq!(found.last(), Some(&(Token::Name, b"Name".to_vec())));
    }
}
