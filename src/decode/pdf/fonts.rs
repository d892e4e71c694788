//! What objects say of fonts: which object a name means where, and what the codes of a font mean.
//!
//! Both are kept for the whole file as far as there is room, because the objects may stand in any order.

use hashbrown::HashMap;

use super::encoding;
use super::widths::{Widths, standard_width};

/// References between objects that are kept, and ranges of codes.
const LINKS: usize = 7168;
const RANGES: usize = 16_384;
/// In the number of a map: its widths are those of a font whose codes have two bytes.
pub(super) const WIDE: u32 = 1 << 31;
/// Parents of a page that are asked for its resources.
const PARENTS: usize = 8;

/// What an object is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Link {
    /// From a content stream to its page.
    Page,
    Resources,
    /// From resources to their dictionary of fonts.
    Fonts,
    /// From an object that has resources, and a name in them, to a font; from 0 for any object.
    Font,
    ToUnicode,
    Encoding,
    Parent,
    /// A font whose codes have two bytes.
    Wide,
    /// From a font to lists of widths, and what stands with them.
    Widths,
    FirstCode,
    WideWidths,
    DefaultWidth,
    /// The font whose widths are those of one whose codes have two bytes.
    Descendant,
    /// Which font it is that needs no widths.
    Standard,
    /// A stream that holds a script.
    Script,
    /// A stream that is a file which is embedded.
    File,
    /// A stream that was taken for what has no text.
    Skipped,
}

/// What a range of codes means: from the text on, whose last unit grows with the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    map: u32,
    first: u32,
    last: u32,
    text: [u16; 4],
}

#[derive(Debug)]
pub(super) struct Fonts {
    links: HashMap<(Link, u32, u32), u32>,
    ranges: Vec<Range>,
    sorted: bool,
    pub(super) widths: Widths,
}

/// A font as codes are looked up in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Font {
    /// The objects that say what codes mean, the first one first; 0 is none.
    maps: [u32; 3],
    /// Codes have two bytes; `None` where nobody said.
    pub(super) is_wide: Option<bool>,
    /// The map that has widths, the code that is its first, the width of others, and the font that they are of.
    widths: u32,
    first: u32,
    default: Option<u16>,
    standard: Option<u32>,
}

impl Fonts {
    pub(super) fn new() -> Self {
        Self {
            links: HashMap::with_capacity(LINKS),
            ranges: Vec::with_capacity(RANGES),
            sorted: true,
            widths: Widths::new(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.links.clear();
        self.ranges.clear();
        self.sorted = true;
        self.widths.reset();
    }

    pub(super) fn link(&mut self, link: Link, from: u32, name: u32, to: u32) {
        let key = (link, from, name);
        if self.links.len() < LINKS || self.links.contains_key(&key) {
            self.links.insert(key, to);
        }
    }

    pub(super) fn get(&self, link: Link, from: u32) -> Option<u32> {
        self.named(link, from, 0)
    }

    /// What a page shows was taken for what has no text: the page stands behind it.
    pub(super) fn have_skipped(&self) -> bool {
        self.links.keys().any(|(link, of, _)| *link == Link::Page && self.get(Link::Skipped, *of).is_some())
    }

    fn named(&self, link: Link, from: u32, name: u32) -> Option<u32> {
        self.links.get(&(link, from, name)).copied()
    }

    /// The codes from `first` to `last` mean `text`, and what follows it, in the map of object `map`.
    pub(super) fn range(&mut self, map: u32, first: u32, last: u32, text: [u16; 4]) {
        if self.ranges.len() < RANGES && first <= last {
            self.ranges.push(Range { map, first, last, text });
            self.sorted = false;
        }
    }

    /// Makes look-ups fast.
    pub(super) fn sort(&mut self) {
        if !std::mem::replace(&mut self.sorted, true) {
            self.ranges.sort_unstable();
        }
        self.widths.sort();
    }

    /// The font that a content stream calls so.
    pub(super) fn find(&self, content: u32, name: u32) -> Font {
        let mut found = self.within(content, name);
        let mut page = self.get(Link::Page, content);
        for _ in 0..PARENTS {
            let Some(at) = page.filter(|_| found.is_none()) else { break };
            found = self.within(at, name);
            page = self.get(Link::Parent, at);
        }
        let Some(font) = found.or_else(|| self.named(Link::Font, 0, name)) else { return Font::default() };
        let maps = [self.get(Link::ToUnicode, font), self.get(Link::Encoding, font), Some(font)];
        let is_wide = self.get(Link::Wide, font).is_some();
        let within = if is_wide { self.get(Link::Descendant, font).unwrap_or(font) } else { font };
        let list = self.get(if is_wide { Link::WideWidths } else { Link::Widths }, within).unwrap_or(within);
        let default =
            self.get(Link::DefaultWidth, within).map_or(1000, |width| u16::try_from(width).unwrap_or(u16::MAX));
        Font {
            maps: maps.map(Option::unwrap_or_default),
            is_wide: Some(is_wide),
            widths: if is_wide { list | WIDE } else { list },
            first: self.get(Link::FirstCode, font).filter(|_| !is_wide).unwrap_or(0),
            default: is_wide.then_some(default),
            standard: self.get(Link::Standard, font),
        }
    }

    /// How wide a code is, as part of the height of the font. `None` where nobody says.
    pub(super) fn width(&self, font: Font, code: u32) -> Option<f32> {
        let listed = code.checked_sub(font.first).and_then(|code| self.widths.get(font.widths, code));
        let standard = || font.standard.and_then(|standard| standard_width(standard, code));
        listed.or(font.default).or_else(standard).map(|width| f32::from(width) / 1000.0)
    }

    /// The font that the resources of an object call so.
    fn within(&self, owner: u32, name: u32) -> Option<u32> {
        let resources = self.get(Link::Resources, owner);
        [Some(owner), resources].into_iter().flatten().find_map(|at| {
            self.named(Link::Font, at, name).or_else(|| self.named(Link::Font, self.get(Link::Fonts, at)?, name))
        })
    }

    /// The text of a code as UTF-16 with zeros behind it. `None` where no map says.
    pub(super) fn text(&self, font: Font, code: u32) -> Option<[u16; 4]> {
        font.maps.into_iter().filter(|map| *map != 0).find_map(|map| {
            let behind = self.ranges.partition_point(|range| (range.map, range.first) <= (map, code));
            let range = self.ranges.get(behind.checked_sub(1)?)?;
            if range.map != map || range.last < code {
                return None;
            }
            let mut text = range.text;
            let by = u16::try_from(code - range.first).ok()?;
            if let Some(last) = text.iter_mut().rev().find(|unit| **unit != 0) {
                *last = last.wrapping_add(by);
            }
            Some(text)
        })
    }

    /// An encoding calls what a code means by the name of a glyph.
    pub(super) fn glyph(&mut self, map: u32, code: u32, name: &[u8]) {
        if let Some(text) = encoding::glyph(name) {
            self.range(map, code, code, text);
        }
    }
}

/// What stands for a name.
pub(super) fn name_of(bytes: &[u8]) -> u32 {
    // FNV-1a: names are short, and one that is mistaken for another costs a few wrong letters.
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_is_the_one_of_the_page() {
        let mut fonts = Fonts::new();
        let name = name_of(b"F1");
        for (page, content, font) in [(1, 11, 21), (2, 12, 22)] {
            fonts.link(Link::Page, content, 0, page);
            fonts.link(Link::Resources, page, 0, page + 30);
            fonts.link(Link::Fonts, page + 30, 0, page + 40);
            fonts.link(Link::Font, page + 40, name, font);
            fonts.link(Link::ToUnicode, font, 0, font + 30);
            fonts.range(font + 30, 3, 5, [u16::from(b'a'), 0, 0, 0]);
        }
        fonts.range(52, 3, 3, [0x66, 0x66, 0, 0]);
        fonts.sort();
        let text = |content, code| fonts.text(fonts.find(content, name), code);
        assert_eq!(text(11, 4), Some([u16::from(b'b'), 0, 0, 0]));
        assert_eq!(text(11, 6), None);
        assert_eq!(fonts.find(13, name), Font::default());
        assert_eq!(fonts.find(12, name).maps, [52, 0, 22]);
    }
}
