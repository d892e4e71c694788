//! Content streams (ISO 32000-1 sections 8 and 9.4) and tables of characters (section 9.10.3): which of the two a
//! stream
//! is, its operators say.

use super::fonts::name_of;
use super::lexer::{Lexer, Token};
use super::page::Page;
use super::text::Spacing;

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

/// Graphics states within each other that are kept.
const SAVED: usize = 16;

/// What is between letters and words, and how wide both are (section 9.3).
#[derive(Clone, Copy, Debug)]
struct State {
    letter: f32,
    word: f32,
    width: f32,
}

impl State {
    const NEW: Self = Self { letter: 0.0, word: 0.0, width: 1.0 };
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
    /// Across lines: where the line is, and where text was shown last; how large text is.
    at: f32,
    shown: f32,
    leading: f32,
    scale: f32,
    size: f32,
    /// Along lines: the same of text that begins, as far as that is known.
    place: f32,
    begun: Option<f32>,
    stretch: f32,
    /// What was gone back in the array, in thousandths, before text and within it.
    ahead: f32,
    back: f32,
    state: State,
    /// Of outer graphics states, the innermost last; so many are open.
    saved: [State; SAVED],
    depth: usize,
    /// What was said last.
    spacing: Option<Spacing>,
    moved: bool,
    line: bool,
    /// Nothing was shown of this stream yet, and within a text.
    fresh: bool,
    within: bool,
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
            place: 0.0,
            begun: None,
            stretch: 1.0,
            ahead: 0.0,
            back: 0.0,
            state: State::NEW,
            saved: [State::NEW; SAVED],
            depth: 0,
            spacing: None,
            moved: false,
            line: true,
            fresh: true,
            within: false,
            block: Block::None,
            codes: [None; 2],
        }
    }

    /// Another file begins.
    pub(super) const fn reset(&mut self) {
        *self = Self::new();
    }

    /// The stream of another object begins. It may go on where the last one has ended, even within a word: pages have
    /// their content in as many as they like. Where that was within a text, so does this one begin.
    pub(super) fn begin(&mut self, number: u32) {
        *self = Self {
            number,
            at: self.at,
            shown: self.shown,
            leading: self.leading,
            scale: self.scale,
            size: self.size,
            place: self.place,
            begun: self.begun,
            stretch: self.stretch,
            state: if self.within { self.state } else { State::NEW },
            spacing: self.spacing,
            line: self.line,
            moved: !self.within,
            within: self.within,
            ..Self::new()
        };
    }

    /// Takes a token of the stream. False where no more is wanted.
    pub(super) fn token(&mut self, token: Token, lexer: &mut Lexer, page: &mut Page<'_>) -> bool {
        match token {
            Token::Number => {
                let number = lexer.number();
                let [_, b, c, d, e, f] = self.numbers;
                self.numbers = [b, c, d, e, f, number];
                if self.in_array {
                    *(if self.pending { &mut self.back } else { &mut self.ahead }) += number;
                    if self.pending && number < GAP {
                        return page.text.space(page.fonts, page.out);
                    }
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
                return (begun || self.begin_text(page)) && page.text.codes(lexer.text(), page.fonts, page.out);
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
            b"Tj" | b"TJ" => go_on = self.show(page),
            b"'" | b"\"" => {
                if lexer.text() == b"\"" {
                    (self.state.word, self.state.letter) = (e, f);
                }
                self.at -= self.leading * self.scale;
                self.line = true;
                go_on = self.show(page);
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
                (self.place, self.stretch) = if upright { (e, a) } else { (f, b) };
                self.moved = true;
            }
            b"BT" => {
                (self.at, self.scale, self.moved) = (0.0, 1.0, true);
                (self.place, self.stretch, self.within) = (0.0, 1.0, true);
            }
            b"ET" => self.within = false,
            b"Tc" => self.state.letter = f,
            b"Tw" => self.state.word = f,
            b"Tz" => self.state.width = f / 100.0,
            b"q" => {
                if let Some(place) = self.saved.get_mut(self.depth) {
                    *place = self.state;
                }
                self.depth = self.depth.saturating_add(1);
            }
            b"Q" if self.depth != 0 => {
                self.depth -= 1;
                self.state = self.saved.get(self.depth).copied().unwrap_or(self.state);
            }
            b"cm" => {
                self.line |= f != 0.0;
                if [a - 1.0, b, c, d - 1.0, e, f].iter().any(|number| *number != 0.0) {
                    // What is where is measured anew.
                    (self.begun, self.moved) = (None, true);
                }
            }
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
        (self.ahead, self.back) = (0.0, 0.0);
        go_on
    }

    fn move_by(&mut self, x: f32, y: f32) {
        self.at += y * self.scale;
        self.place += x * self.stretch;
        self.moved |= x != 0.0 || y != 0.0;
    }

    /// It is another line than that of the text that was shown last.
    fn is_apart(&self) -> bool {
        self.line || (self.at - self.shown).abs() > (self.size * self.scale).abs() * RAISED
    }

    /// Something comes that may be shown.
    fn begin_text(&mut self, page: &mut Page<'_>) -> bool {
        let across = self.stretch * self.state.width;
        let spacing =
            Spacing { size: self.size * across, letter: self.state.letter * across, word: self.state.word * across };
        let mut go_on = true;
        if self.spacing.replace(spacing) != Some(spacing) {
            go_on &= page.text.set_spacing(spacing, page.fonts, page.out);
        }
        go_on &= page.text.begin(page.fonts, page.out);
        let ahead = self.ahead / 1000.0;
        if self.moved && !self.is_apart() {
            // What is not known is as far as can be.
            let by = self.begun.map_or(f32::INFINITY, |begun| self.place - begun - ahead * spacing.size);
            go_on &= page.text.move_by(by, self.fresh, page.fonts, page.out);
        } else if self.ahead < GAP {
            go_on &= page.text.space(page.fonts, page.out);
        }
        if self.ahead != 0.0 {
            go_on &= page.text.back(ahead, page.fonts, page.out);
        }
        go_on
    }

    /// What was kept is shown. False where no more is wanted.
    fn show(&mut self, page: &mut Page<'_>) -> bool {
        if !std::mem::take(&mut self.pending) {
            return true;
        }
        let line = self.is_apart();
        let go_on = self.back == 0.0 || page.text.back(self.back / 1000.0, page.fonts, page.out);
        page.text.show(line);
        if line || self.moved {
            self.begun = Some(self.place);
        }
        (self.line, self.moved, self.fresh, self.shown) = (false, false, false, self.at);
        go_on
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
