//! Objects outside streams: what their dictionaries say of streams and fonts, and the text in them.

use super::super::decoder::Field;
use super::filters::{FILTERS, Filter, Parameters};
use super::fonts::{Fonts, Link, WIDE, name_of};
use super::lexer::{Lexer, Token};
use super::page::Page;
use super::widths::{standard, thousandths};

/// So deep may dictionaries and arrays lie in each other that are looked into.
const DEPTH: usize = 24;
/// Longest name of an embedded file that is kept, in UTF-8.
pub(super) const NAME: usize = 255;

/// Keys of dictionaries that mean something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Type,
    Subtype,
    Length,
    Filter,
    Parameters,
    Predictor,
    Columns,
    Colors,
    Bits,
    Early,
    Count,
    First,
    Contents,
    Resources,
    Font,
    ToUnicode,
    Encoding,
    Differences,
    Parent,
    Script,
    Embedded,
    /// A file that is embedded has it: its size and dates.
    FileParameters,
    FileName,
    Encrypt,
    BaseFont,
    /// Widths of a font, and the code of the first; those of a font whose codes have two bytes, and of all others.
    Widths,
    FirstCode,
    WideWidths,
    DefaultWidth,
    Descendants,
    /// A font program, function or shading has it.
    Binary,
    /// Strings under it are no text.
    Quiet,
    Other,
}

impl Key {
    fn of(name: &[u8]) -> Self {
        match name {
            b"Type" => Self::Type,
            b"Subtype" => Self::Subtype,
            b"Length" => Self::Length,
            b"Filter" => Self::Filter,
            b"DecodeParms" | b"DP" => Self::Parameters,
            b"Predictor" => Self::Predictor,
            b"Columns" => Self::Columns,
            b"Colors" => Self::Colors,
            b"BitsPerComponent" => Self::Bits,
            b"EarlyChange" => Self::Early,
            b"N" => Self::Count,
            b"First" => Self::First,
            b"Contents" => Self::Contents,
            b"Resources" => Self::Resources,
            b"Font" => Self::Font,
            b"ToUnicode" => Self::ToUnicode,
            b"Encoding" => Self::Encoding,
            b"Differences" => Self::Differences,
            b"Parent" => Self::Parent,
            b"JS" => Self::Script,
            b"EF" => Self::Embedded,
            b"Params" => Self::FileParameters,
            b"F" | b"UF" => Self::FileName,
            b"Encrypt" => Self::Encrypt,
            b"BaseFont" => Self::BaseFont,
            b"Widths" => Self::Widths,
            b"FirstChar" => Self::FirstCode,
            b"W" => Self::WideWidths,
            b"DW" => Self::DefaultWidth,
            b"DescendantFonts" => Self::Descendants,
            b"Length1" | b"Length2" | b"Length3" | b"FunctionType" | b"ShadingType" | b"Alternate" => Self::Binary,
            b"ID" | b"O" | b"U" | b"OE" | b"UE" | b"Perms" | b"CheckSum" | b"CreationDate" | b"ModDate" | b"M"
            | b"DA" | b"CharSet" | b"Panose" | b"Lang" | b"Registry" | b"Ordering" | b"Cert" | b"ColorSpace"
            | b"CS" | b"Indexed" => Self::Quiet,
            _ => Self::Other,
        }
    }
}

/// What a stream holds, as its dictionary says, or what refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing is said.
    Unknown,
    /// Objects, of which the first stands so far behind the beginning.
    Objects(u32),
    File,
    Metadata,
    Script,
    Image,
    /// Nothing that has text.
    Binary,
}

/// A dictionary or an array that is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_array: bool,
    /// The key it stands under, and the one that came last in it; what stands for that name.
    owner: Key,
    key: Key,
    name: u32,
    /// A value comes next.
    has_key: bool,
}

impl Frame {
    const EMPTY: Self = Self { is_array: false, owner: Key::Other, key: Key::Other, name: 0, has_key: false };
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) number: u32,
    frames: [Frame; DEPTH],
    depth: usize,
    /// The last two numbers, which may be of a reference or begin an object.
    numbers: [Option<u32>; 2],
    kind: Kind,
    is_image: bool,
    /// It says that it is a font program, a function or the like; how many of something it has.
    is_binary: bool,
    has_count: bool,
    first: u32,
    /// Filters with their parameters, and how many of both there are; parameters are a list.
    filters: [(Filter, Parameters); FILTERS],
    filter_count: usize,
    parameter_count: usize,
    is_list: bool,
    /// Filters were named; not all of them are known, or not with which parameters.
    has_filters: bool,
    pub(super) is_filter_missing: bool,
    pub(super) is_parameter_missing: bool,
    /// How long a stream is, where that is said here.
    pub(super) length: Option<u32>,
    /// Where a file lies that is embedded, and its name.
    file: Option<u32>,
    name: Field<NAME>,
    /// The code whose glyph's name comes next.
    code: u32,
    /// So many widths have come; the codes whose widths come next.
    widths: u32,
    wide: [Option<u32>; 2],
    /// The array that is the object has references: it is no list of widths.
    has_references: bool,
    /// A dictionary says that the file is encrypted.
    pub(super) encrypted: bool,
}

impl Object {
    pub(super) const fn new() -> Self {
        Self {
            number: 0,
            frames: [Frame::EMPTY; DEPTH],
            depth: 0,
            numbers: [None; 2],
            kind: Kind::Unknown,
            is_image: false,
            is_binary: false,
            has_count: false,
            first: 0,
            filters: [(Filter::Other, Parameters::DEFAULT); FILTERS],
            filter_count: 0,
            parameter_count: 0,
            is_list: false,
            has_filters: false,
            is_filter_missing: false,
            is_parameter_missing: false,
            length: None,
            file: None,
            name: Field::EMPTY,
            code: 0,
            widths: 0,
            wide: [None; 2],
            has_references: false,
            encrypted: false,
        }
    }

    /// Another object begins.
    pub(super) fn begin(&mut self, number: u32) {
        *self = Self { number, encrypted: self.encrypted, ..Self::new() };
    }

    /// The object whose number and generation came last begins.
    pub(super) fn begin_here(&mut self) {
        let [number, _] = self.numbers;
        self.begin(number.unwrap_or(0));
    }

    pub(super) const fn reset(&mut self) {
        *self = Self::new();
    }

    /// The filters that are known, the first one first.
    pub(super) fn filters(&self) -> [(Filter, Parameters); FILTERS] {
        let mut filters = self.filters;
        // Parameters of several filters are a list; others pass over any that are none.
        if !self.is_list && self.filter_count > 1 {
            filters.iter_mut().for_each(|(_, parameters)| *parameters = Parameters::DEFAULT);
        }
        filters
    }

    /// How many there are.
    pub(super) const fn filter_count(&self) -> usize {
        self.filter_count
    }

    /// What the stream holds that this object is.
    pub(super) fn kind(&self, fonts: &Fonts) -> Kind {
        match self.kind {
            Kind::Objects(_) => Kind::Objects(self.first),
            Kind::Unknown if fonts.get(Link::Script, self.number).is_some() => Kind::Script,
            Kind::Unknown if fonts.get(Link::File, self.number).is_some() => Kind::File,
            Kind::Unknown if self.is_image => Kind::Image,
            Kind::Unknown if self.has_count && self.first != 0 => Kind::Objects(self.first),
            Kind::Unknown if self.is_binary || self.has_count => Kind::Binary,
            kind => kind,
        }
    }

    fn top(&mut self) -> Option<&mut Frame> {
        self.frames.get_mut(self.depth.checked_sub(1)?)
    }

    /// The innermost dictionary that is open or has the array that is.
    fn at(&self) -> Frame {
        self.depth.checked_sub(1).and_then(|at| self.frames.get(at)).copied().unwrap_or(Frame::EMPTY)
    }

    fn open(&mut self, is_array: bool) {
        let Frame { key, name, .. } = self.at();
        self.encrypted |= self.depth == 1 && key == Key::Encrypt;
        if self.depth == 1 && key == Key::FileParameters && !is_array && self.kind == Kind::Unknown {
            self.kind = Kind::File;
        }
        self.is_list |= self.depth == 1 && key == Key::Parameters && is_array;
        if let Some(place) = self.frames.get_mut(self.depth) {
            *place =
                Frame { is_array, owner: key, key: if is_array { key } else { Key::Other }, name, has_key: is_array };
        }
        self.depth = self.depth.saturating_add(1);
        self.numbers = [None; 2];
    }

    fn close(&mut self, page: &mut Page<'_>) {
        self.depth = self.depth.saturating_sub(1);
        self.parameter_passed();
        self.wide = [None; 2];
        self.valued();
        if self.depth == 0 {
            if let Some(file) = self.file.take() {
                page.names.add(file, self.name.get());
            }
            self.name.clear();
        }
    }

    /// In which place of the list of parameters something is that stands in it.
    fn parameter(&self) -> Option<usize> {
        match self.frames {
            [_, at, ..] if at.owner != Key::Parameters => None,
            [_, at, ..] if at.is_array => (self.depth == 3).then_some(self.parameter_count),
            _ => (self.depth == 2).then_some(0),
        }
    }

    /// A place of that list has passed.
    fn parameter_passed(&mut self) {
        let is_within = self.frames.get(1).is_some_and(|at| at.is_array && at.owner == Key::Parameters);
        if self.depth == 2 && is_within {
            self.parameter_count = self.parameter_count.saturating_add(1);
        }
    }

    /// The value of a key of the object, or in the array that is one.
    const fn is_value(&self, at: Frame) -> bool {
        self.depth == 1 || (self.depth == 2 && at.is_array)
    }

    /// The value of a key is complete.
    fn valued(&mut self) {
        if let Some(frame) = self.top().filter(|frame| !frame.is_array) {
            frame.has_key = false;
        }
    }

    /// Takes a token of the object. False where no more is wanted.
    pub(super) fn token(&mut self, token: Token, lexer: &Lexer, page: &mut Page<'_>) -> bool {
        match token {
            Token::Dictionary => self.open(false),
            Token::Array => self.open(true),
            Token::DictionaryEnd | Token::ArrayEnd => self.close(page),
            Token::Number => {
                let number = lexer.whole();
                let [_, last] = self.numbers;
                self.numbers = [last, number];
                let at = self.at();
                self.width(at, lexer, page.fonts);
                if at.has_key
                    && let Some(number) = number
                {
                    self.number_value(at, number, page.fonts);
                }
                self.valued();
            }
            Token::Name => {
                let at = self.at();
                if self.depth != 0 && !at.has_key {
                    if let Some(frame) = self.top() {
                        (frame.key, frame.name, frame.has_key) = (Key::of(lexer.text()), name_of(lexer.text()), true);
                    }
                    if self.depth == 1 && self.at().key == Key::Filter {
                        // Of two lists one reader takes the first, another the last.
                        self.is_filter_missing |= std::mem::replace(&mut self.has_filters, true);
                    }
                } else {
                    self.name_value(at, lexer.text(), page.fonts);
                    self.valued();
                }
                self.numbers = [None; 2];
            }
            Token::Word => {
                if lexer.text() == b"R"
                    && let [Some(to), Some(_)] = self.numbers
                {
                    self.reference(self.at(), to, page.fonts);
                }
                self.parameter_passed();
                self.valued();
                self.numbers = [None; 2];
            }
            Token::Text { last } => {
                let at = self.at();
                if last {
                    self.valued();
                }
                self.numbers = [None; 2];
                if at.key != Key::Quiet && at.owner != Key::Quiet {
                    let keep = (at.key == Key::FileName).then_some(&mut self.name);
                    return page.string(lexer.text(), last, keep);
                }
            }
        }
        true
    }

    fn number_value(&mut self, at: Frame, number: u32, fonts: &mut Fonts) {
        if let Some((_, parameters)) = self.parameter().and_then(|at| self.filters.get_mut(at)) {
            match at.key {
                Key::Predictor => parameters.predictor = number,
                Key::Columns => parameters.columns = number,
                Key::Colors => parameters.colors = number,
                Key::Bits => parameters.bits = number,
                Key::Early => parameters.early = number != 0,
                _ => {}
            }
            return;
        }
        match at.key {
            Key::Length if self.depth == 1 => self.length = Some(number),
            Key::First if self.depth == 1 => self.first = number,
            Key::Count if self.depth == 1 => self.has_count = true,
            Key::Binary if self.depth == 1 => self.is_binary = true,
            Key::Differences => self.code = number,
            Key::FirstCode if self.depth == 1 => fonts.link(Link::FirstCode, self.number, 0, number),
            Key::DefaultWidth => fonts.link(Link::DefaultWidth, self.number, 0, number),
            _ => {}
        }
    }

    /// A number in a list of widths, which may be an object by itself: then only who refers to it knows what list
    /// it is.
    fn width(&mut self, at: Frame, lexer: &Lexer, fonts: &mut Fonts) {
        let outer = self.depth.checked_sub(2).and_then(|at| self.frames.get(at)).filter(|outer| outer.is_array);
        let is_alone = self.depth == 1;
        if !at.is_array || self.has_references {
            return;
        }
        let width = thousandths(lexer.number());
        if at.key == Key::Widths || is_alone {
            fonts.widths.add(self.number, self.widths, self.widths, width);
            self.widths = self.widths.saturating_add(1);
        }
        let map = self.number | WIDE;
        match (outer, self.wide) {
            (Some(outer), [Some(code), _]) if outer.key == Key::WideWidths || self.depth == 2 => {
                fonts.widths.add(map, code, code, width);
                self.wide = [code.checked_add(1), None];
            }
            (None, [Some(first), Some(last)]) if at.key == Key::WideWidths || is_alone => {
                fonts.widths.add(map, first, last, width);
                self.wide = [None; 2];
            }
            (None, [first, _]) if at.key == Key::WideWidths || is_alone => {
                self.wide = if first.is_some() { [first, lexer.whole()] } else { [lexer.whole(), None] };
            }
            _ => {}
        }
    }

    fn name_value(&mut self, at: Frame, name: &[u8], fonts: &mut Fonts) {
        match (at.key, name) {
            (Key::Type, b"XRef") if self.depth == 1 => self.is_binary = true,
            (Key::Type, b"ObjStm") if self.depth == 1 => self.kind = Kind::Objects(0),
            (Key::Type, b"EmbeddedFile") if self.depth == 1 => self.kind = Kind::File,
            (Key::Type, b"Metadata") if self.depth == 1 => self.kind = Kind::Metadata,
            (Key::Subtype, b"Image") if self.depth == 1 => self.is_image = true,
            (Key::Subtype, b"Type1C" | b"CIDFontType0C" | b"OpenType") if self.depth == 1 => self.is_binary = true,
            (Key::Subtype, b"Type0") if self.depth == 1 => fonts.link(Link::Wide, self.number, 0, 1),
            (Key::Filter, _) if self.is_value(at) => match self.filters.get_mut(self.filter_count) {
                Some((place, _)) => {
                    *place = Filter::of(name);
                    self.filter_count += 1;
                }
                None => self.is_filter_missing = true,
            },
            (Key::Binary, _) if self.depth == 1 => self.is_binary = true,
            (Key::BaseFont, _) if self.depth == 1 => {
                if let Some(font) = standard(name) {
                    fonts.link(Link::Standard, self.number, 0, font);
                }
            }
            (Key::Differences, _) => {
                fonts.glyph(self.number, self.code, name);
                self.code = self.code.saturating_add(1);
            }
            _ => {}
        }
    }

    fn reference(&mut self, at: Frame, to: u32, fonts: &mut Fonts) {
        let number = self.number;
        self.has_references |= self.depth == 1 && at.is_array;
        if at.owner == Key::Font || (self.depth == 1 && at.key == Key::Other) {
            fonts.link(Link::Font, number, at.name, to);
            if at.owner == Key::Font {
                fonts.link(Link::Font, 0, at.name, to);
            }
        }
        match at.key {
            Key::Contents => fonts.link(Link::Page, to, 0, number),
            Key::Resources => fonts.link(Link::Resources, number, 0, to),
            Key::Font => fonts.link(Link::Fonts, number, 0, to),
            Key::ToUnicode => fonts.link(Link::ToUnicode, number, 0, to),
            Key::Encoding => fonts.link(Link::Encoding, number, 0, to),
            Key::Widths => fonts.link(Link::Widths, number, 0, to),
            Key::WideWidths => fonts.link(Link::WideWidths, number, 0, to),
            Key::Descendants => fonts.link(Link::Descendant, number, 0, to),
            Key::Parent => fonts.link(Link::Parent, number, 0, to),
            Key::Script => fonts.link(Link::Script, to, 0, 1),
            Key::Encrypt if self.depth == 1 => self.encrypted = true,
            Key::FileName if at.owner == Key::Embedded => {
                fonts.link(Link::File, to, 0, 1);
                self.file = Some(to);
            }
            // The same in an object of its own.
            Key::FileName if self.depth == 1 => fonts.link(Link::File, to, 0, 1),
            Key::Length if self.depth == 1 => self.length = None,
            Key::Filter if self.is_value(at) => self.is_filter_missing = true,
            Key::Parameters if self.is_value(at) => self.is_parameter_missing = true,
            _ => {}
        }
    }
}
