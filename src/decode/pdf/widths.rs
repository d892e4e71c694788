//! How wide glyphs are (ISO 32000-1 sections 9.2.4 and 9.7.4.3), in thousandths of the height of their font.

/// Ranges of codes that are kept.
const WIDTHS: usize = 8192;

/// Codes of one map that are equally wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    map: u32,
    first: u32,
    last: u32,
    width: u16,
}

/// What lists of widths say, by the objects that they are in.
#[derive(Debug)]
pub(super) struct Widths {
    ranges: Vec<Range>,
    sorted: bool,
}

impl Widths {
    pub(super) fn new() -> Self {
        Self { ranges: Vec::with_capacity(WIDTHS), sorted: true }
    }

    pub(super) fn reset(&mut self) {
        self.ranges.clear();
        self.sorted = true;
    }

    /// The codes from `first` to `last` are so wide.
    pub(super) fn add(&mut self, map: u32, first: u32, last: u32, width: u16) {
        let goes_on = |range: &&mut Range| {
            range.map == map && range.width == width && range.last.checked_add(1) == Some(first) && first <= last
        };
        if let Some(range) = self.ranges.last_mut().filter(goes_on) {
            range.last = last;
        } else if self.ranges.len() < WIDTHS && first <= last {
            self.ranges.push(Range { map, first, last, width });
            self.sorted = false;
        }
    }

    /// Makes look-ups fast.
    pub(super) fn sort(&mut self) {
        if !std::mem::replace(&mut self.sorted, true) {
            self.ranges.sort_unstable();
        }
    }

    pub(super) fn get(&self, map: u32, code: u32) -> Option<u16> {
        let behind = self.ranges.partition_point(|range| (range.map, range.first) <= (map, code));
        let range = self.ranges.get(behind.checked_sub(1)?)?;
        (range.map == map && code <= range.last).then_some(range.width)
    }
}

/// A width as it is kept; what is none is 0.
pub(super) fn thousandths(width: f32) -> u16 {
    // Found bit by bit, since numbers of wires are not cut off.
    (0..16)
        .rev()
        .map(|bit| 1 << bit)
        .fold(0, |sum: u16, bit| if f32::from(sum | bit) <= width { sum | bit } else { sum })
}

/// The fonts that need no widths (section 9.6.2.2), by the beginnings of their names: the first that fits is meant.
const NAMES: [(&[u8], u32); 13] = [
    (b"Courier", 6),
    (b"Helvetica-Bold", 1),
    (b"Helvetica", 0),
    (b"Arial-Bold", 1),
    (b"Arial,Bold", 1),
    (b"Arial", 0),
    (b"Times-BoldItalic", 5),
    (b"Times-Bold", 3),
    (b"Times-Italic", 4),
    (b"TimesNewRoman,BoldItalic", 5),
    (b"TimesNewRoman,Bold", 3),
    (b"TimesNewRoman,Italic", 4),
    (b"Times", 2),
];

/// Which of them has that name.
pub(super) fn standard(name: &[u8]) -> Option<u32> {
    NAMES.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, font)| *font)
}

/// How wide a letter of ASCII is in one of them.
pub(super) fn standard_width(font: u32, code: u32) -> Option<u16> {
    let at = usize::try_from(code.checked_sub(32)?).ok()?;
    let fonts = STANDARD.get(usize::try_from(font).ok()?);
    fonts.map_or((at < LETTERS).then_some(600), |widths| widths.get(at).copied())
}

/// Letters of ASCII.
const LETTERS: usize = 95;

/// Helvetica, also bold; Times, bold, italic and both. All letters of Courier have one width.
const STANDARD: [[u16; LETTERS]; 6] = [
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667,
        556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556,
        556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722,
        500, 500, 500, 334, 260, 334, 584,
    ],
    [
        278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722,
        611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556,
        611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778,
        556, 556, 500, 389, 280, 389, 584,
    ],
    [
        250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722,
        611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, 333, 444,
        500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722,
        500, 500, 444, 480, 200, 480, 541,
    ],
    [
        250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 930, 722, 667, 722, 722, 667, 611, 778, 778, 389, 500, 778,
        667, 944, 722, 778, 611, 778, 722, 556, 667, 722, 722, 1000, 722, 722, 667, 333, 278, 333, 581, 500, 333, 500,
        556, 444, 556, 444, 333, 500, 556, 278, 333, 556, 278, 833, 556, 500, 556, 556, 444, 389, 333, 556, 500, 722,
        500, 500, 444, 394, 220, 394, 520,
    ],
    [
        250, 333, 420, 500, 500, 833, 778, 214, 333, 333, 500, 675, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 333, 333, 675, 675, 675, 500, 920, 611, 611, 667, 722, 611, 611, 722, 722, 333, 444, 667,
        556, 833, 667, 722, 611, 722, 611, 500, 556, 722, 611, 833, 611, 556, 556, 389, 278, 389, 422, 500, 333, 500,
        500, 444, 500, 444, 278, 500, 500, 278, 278, 444, 278, 722, 500, 500, 500, 500, 389, 389, 278, 500, 444, 667,
        444, 444, 389, 400, 275, 400, 541,
    ],
    [
        250, 389, 555, 500, 500, 833, 778, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 832, 667, 667, 667, 722, 667, 667, 722, 778, 389, 500, 667,
        611, 889, 722, 722, 611, 722, 667, 556, 611, 722, 667, 889, 667, 611, 611, 333, 278, 333, 570, 500, 333, 500,
        500, 444, 500, 444, 333, 500, 556, 278, 278, 500, 278, 778, 556, 500, 500, 500, 389, 389, 278, 556, 444, 667,
        500, 444, 389, 348, 220, 348, 570,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_map() {
        let mut widths = Widths::new();
        for (map, code, width) in [(7, 3, 500), (7, 4, 500), (7, 5, 250), (8, 4, 1000)] {
            widths.add(map, code, code, width);
        }
        widths.add(8, 20, 30, 300);
        widths.add(8, 9, 8, 300);
        assert_eq!(widths.ranges.len(), 4);
        widths.sort();
        let found = [(7, 2), (7, 4), (7, 5), (7, 6), (8, 4), (8, 9), (8, 30)].map(|(map, code)| widths.get(map, code));
        assert_eq!(found, [None, Some(500), Some(250), None, Some(1000), None, Some(300)]);
    }

    #[test]
    fn widths_are_whole() {
        let widths = [0.0, 277.832, 1000.0, -3.0, 65_535.5, 1e9, f32::NAN].map(thousandths);
        assert_eq!(widths, [0, 277, 1000, 0, 65_535, 65_535, 0]);
    }

    #[test]
    fn some_fonts_need_none() {
        let width = |name: &[u8], letter: u8| standard_width(standard(name)?, letter.into());
        assert_eq!((width(b"Helvetica", b'P'), width(b"Times-Roman", b' ')), (Some(667), Some(250)));
        assert_eq!((width(b"Times-BoldItalic", b'~'), width(b"Courier-Bold", b'i')), (Some(570), Some(600)));
        assert_eq!((width(b"Courier", 0x7f), width(b"Arial", 0xe4), width(b"Tern", b'a')), (None, None, None));
    }
}
