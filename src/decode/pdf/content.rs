//! Content streams (ISO 32000-1 sections 8 and 9.4) and tables of characters (section 9.10.3): which of the two a stream
//! is, its operators say.

use super::fonts::name_of;
use super::lexer::{Lexer, Token};
use super::page::Page;

/// A gap in a line that is white space, in thousandths of the height of the font.
const GAP: f32 = -180.0;
/// Lines whose distance is less than this part of the height of the font are one: text is raised so far.
const RAISED: f32 = 0.45;

/// A table's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    None,
    Characters,
    Ranges,
}

#[derive(Debug)]
pub(super) struct Content {
    /// The object that the stream is.
    number: u32,
    /// The last numbers, the newest last.
    numbers: [f32; 6],
    name: u32,
    in_array: bool,
    /// There is something that may be shown.
    pending: bool,
    /// Where the line is, and where text was shown last; how large text is.
    at: f32,
    shown: f32,
    leading: f32,
    scale: f32,
    size: f32,
    moved: bool,
    line: bool,
    block: Block,
    /// Codes that wait for what they mean.
    codes: [Option<u32>; 2],
}

impl Content {
    pub(super) const fn new() -> Self {
        Self {
            number: 0,
            numbers: [0.0; 6],
            name: 0,
            in_array: false,
            pending: false,
            at: 0.0,
            shown: 0.0,
            leading: 0.0,
            scale: 1.0,
            size: 0.0,
            moved: false,
            line: true,
            block: Block::None,
            codes: [None; 2],
        }
    }

    /// The stream of another object begins.
    pub(super) const fn begin(&mut self, number: u32) {
        *self = Self { number, ..Self::new() };
    }

    /// Takes a token of the stream. False where no more is wanted.
    pub(super) fn token(&mut self, token: Token, lexer: &mut Lexer, page: &mut Page<'_>) -> bool {
        match token {
            Token::Number => {
                let number = lexer.number();
                let [_, b, c, d, e, f] = self.numbers;
                self.numbers = [b, c, d, e, f, number];
                if self.in_array && self.pending && number < GAP {
                    return page.text.space(page.fonts, page.out);
                }
            }
            Token::Name => {
                self.name = name_of(lexer.text());
                if self.block == Block::Characters
                    && let [Some(code), _] = self.codes
                {
                    page.fonts.glyph(self.number, code, lexer.text());
                    self.codes = [None; 2];
                }
            }
            Token::Text { last } if self.block != Block::None => {
                if last {
                    self.entry(lexer.text(), page);
                }
            }
            Token::Text { .. } => {
                let begun = std::mem::replace(&mut self.pending, true);
                return (begun || page.text.begin(page.fonts, page.out))
                    && page.text.codes(lexer.text(), page.fonts, page.out);
            }
            Token::Array => self.in_array = true,
            Token::ArrayEnd => {
                self.in_array = false;
                if self.block == Block::Ranges {
                    self.codes = [None; 2];
                }
            }
            Token::Dictionary | Token::DictionaryEnd => {}
            Token::Word => return self.operator(lexer, page),
        }
        true
    }

    fn operator(&mut self, lexer: &mut Lexer, page: &mut Page<'_>) -> bool {
        let [a, b, c, d, e, f] = self.numbers;
        let mut go_on = true;
        match lexer.text() {
            b"Tj" | b"TJ" => self.show(page),
            b"'" | b"\"" => {
                self.at -= self.leading * self.scale;
                self.line = true;
                self.show(page);
            }
            b"Td" => self.move_by(e, f),
            b"TD" => {
                self.leading = -f;
                self.move_by(e, f);
            }
            b"T*" => {
                self.line |= self.leading == 0.0;
                self.move_by(0.0, -self.leading);
            }
            b"TL" => self.leading = f,
            b"Tm" => {
                // Text that runs up or down has its lines beside each other.
                let upright = a.abs() + d.abs() >= b.abs() + c.abs();
                (self.at, self.scale) = if upright { (f, d) } else { (e, c) };
                self.moved = true;
            }
            b"BT" => (self.at, self.scale, self.moved) = (0.0, 1.0, true),
            b"cm" => self.line |= f != 0.0,
            b"Tf" => {
                self.size = f;
                page.text.forget();
                go_on = page.text.set_font(self.number, self.name, page.fonts, page.out);
            }
            b"ID" => lexer.image(),
            b"beginbfchar" => self.block = Block::Characters,
            b"beginbfrange" => self.block = Block::Ranges,
            b"endbfchar" | b"endbfrange" => self.block = Block::None,
            _ => {}
        }
        if std::mem::take(&mut self.pending) {
            page.text.forget();
        }
        self.codes = [None; 2];
        self.numbers = [0.0; 6];
        self.in_array = false;
        go_on
    }

    fn move_by(&mut self, x: f32, y: f32) {
        self.at += y * self.scale;
        self.moved |= x != 0.0 || y != 0.0;
    }

    /// What was kept is shown.
    fn show(&mut self, page: &mut Page<'_>) {
        if std::mem::take(&mut self.pending) {
            let height = (self.size * self.scale).abs();
            let line = self.line || (self.at - self.shown).abs() > height * RAISED;
            page.text.show(self.moved, line);
            (self.line, self.moved, self.shown) = (false, false, self.at);
        }
    }

    /// A string of a table.
    fn entry(&mut self, bytes: &[u8], page: &mut Page<'_>) {
        let value = bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte));
        match (self.block, self.codes) {
            (Block::Characters, [Some(code), _]) => {
                page.fonts.range(self.number, code, code, units(bytes));
                self.codes = [None; 2];
            }
            (Block::Ranges, [Some(first), Some(_)]) if self.in_array => {
                page.fonts.range(self.number, first, first, units(bytes));
                self.codes = [first.checked_add(1), Some(0)];
            }
            (Block::Ranges, [Some(first), Some(last)]) => {
                page.fonts.range(self.number, first, last, units(bytes));
                self.codes = [None; 2];
            }
            (Block::Ranges, [Some(first), None]) => self.codes = [Some(first), Some(value)],
            _ => self.codes = [Some(value), None],
        }
    }
}

/// UTF-16 as far as there is room for it, with zeros behind it.
fn units(bytes: &[u8]) -> [u16; 4] {
    if let [byte] = bytes {
        // Not what the standard says, but written.
        return [u16::from(*byte), 0, 0, 0];
    }
    let mut units = [0; 4];
    for (place, pair) in units.iter_mut().zip(bytes.as_chunks::<2>().0) {
        *place = u16::from_be_bytes(*pair);
    }
    units
}
