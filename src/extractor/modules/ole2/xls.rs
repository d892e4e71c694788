//! Cells of Excel workbooks of 5.0 to 2003 ([MS-XLS], BIFF5 and BIFF8): texts, numbers, results of formulas, names of sheets,
//! headers, comments and text boxes, a line each, in the order of the file. Strings that no cell refers to come last.

use super::super::text::{Text, code_page};
use super::segments::{Segments, Strings, packed_number};
use crate::decode::{Cut, le16, le32, le64};

/// Types of records (section 2.3.1).
const FORMULA: u16 = 0x0006;
const HEADER: u16 = 0x0014;
const FOOTER: u16 = 0x0015;
const NOTE: u16 = 0x001c;
const FILE_PASS: u16 = 0x002f;
const CONTINUE: u16 = 0x003c;
const CODE_PAGE: u16 = 0x0042;
const BOUND_SHEET: u16 = 0x0085;
const MUL_RK: u16 = 0x00bd;
const RICH_STRING: u16 = 0x00d6;
const SST: u16 = 0x00fc;
const LABEL_SST: u16 = 0x00fd;
const TXO: u16 = 0x01b6;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const STRING: u16 = 0x0207;
const RK: u16 = 0x027e;
const BOF: u16 = 0x0809;
const SERIES_TEXT: u16 = 0x100d;

/// Cells that refer to strings make them so many times as long as the stream at most.
const TIMES: usize = 64;

/// Strings that cells share.
#[derive(Debug)]
struct Shared {
    /// Bytes that cells may still refer to.
    left: usize,
    text: String,
    /// Where each begins and ends, and whether a cell has it.
    places: Vec<(usize, usize, bool)>,
}

impl Shared {
    /// Reads the table of strings (section 2.4.265). False where it is not all there.
    fn read(&mut self, record: &[u8], more: &[&[u8]]) -> bool {
        let Some(count) = le32(record, 4) else { return false };
        let mut segments = Segments::new(record.get(8..).unwrap_or(&[]), more);
        for _ in 0..count {
            let from = self.text.len();
            if segments.string(&mut self.text).is_none() {
                self.places.push((from, self.text.len(), false));
                return false;
            }
            self.places.push((from, self.text.len(), false));
        }
        true
    }

    /// The string of that number.
    ///
    /// # Errors
    /// There is none, or too many refer to too long ones.
    fn of(&mut self, number: u32) -> Result<&str, Cut> {
        let place = usize::try_from(number).ok().and_then(|number| self.places.get_mut(number));
        let (from, to, used) = place.ok_or(Cut::Malformed)?;
        *used = true;
        let string = self.text.get(*from..*to).unwrap_or_default();
        self.left = self.left.checked_sub(string.len()).ok_or(Cut::Ratio)?;
        Ok(string)
    }
}

/// Reads the stream `Workbook`, or `Book`. Gives why that is not all, and whether a sheet has macros of Excel 4.
pub(super) fn read(stream: &[u8], text: &mut Text<'_>) -> (Result<(), Cut>, bool) {
    let left = stream.len().saturating_mul(TIMES);
    let mut shared = Shared { left, text: String::new(), places: Vec::new() };
    let mut has_macros = false;
    let done = records(stream, text, &mut shared, &mut has_macros);
    for (from, to, used) in &shared.places {
        if !used && text.is_wanted() {
            text.line(shared.text.get(*from..*to).unwrap_or_default());
        }
    }
    (done, has_macros)
}

/// The next record, and what is behind it.
fn next(stream: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::from(le16(stream, 2)?);
    let (record, rest) = stream.get(4..)?.split_at_checked(length)?;
    Some((le16(stream, 0)?, record, rest))
}

fn records(stream: &[u8], text: &mut Text<'_>, shared: &mut Shared, has_macros: &mut bool) -> Result<(), Cut> {
    let (Some(BOF), Some(version)) = (le16(stream, 0), le16(stream, 4)) else { return Err(Cut::Malformed) };
    let mut strings = match version {
        0x600 => Strings::Unicode,
        0x500 => Strings::Narrow(encoding_rs::WINDOWS_1252),
        _ => return Err(Cut::Unsupported),
    };
    let mut whole = true;
    // Characters of a text box that are still to come.
    let mut boxed = 0;
    let mut rest = stream;
    while let Some((kind, record, behind)) = next(rest) {
        rest = behind;
        match kind {
            FILE_PASS => return Err(Cut::Encrypted),
            CODE_PAGE => {
                if let (Strings::Narrow(encoding), Some(number)) = (&mut strings, le16(record, 0)) {
                    *encoding = code_page(u32::from(number));
                }
            }
            SST => {
                let mut more = Vec::new();
                while let Some((CONTINUE, record, behind)) = next(rest) {
                    more.push(record);
                    rest = behind;
                }
                whole &= shared.read(record, &more);
            }
            LABEL_SST => match le32(record, 6).ok_or(Cut::Malformed).and_then(|number| shared.of(number)) {
                Ok(string) => text.line(string),
                Err(Cut::Ratio) => return Err(Cut::Ratio),
                Err(_) => whole = false,
            },
            TXO => boxed = le16(record, 10).map_or(0, usize::from),
            CONTINUE if boxed != 0 => {
                let mut part = String::new();
                let is_wide = record.first().is_some_and(|flags| flags & 1 != 0);
                let here = boxed.min(record.len().saturating_sub(1) / if is_wide { 2 } else { 1 });
                // It has been made sure that they are there.
                let _missing = Segments::new(record, &[]).characters(here, &mut part).is_none();
                boxed = if here == 0 { 0 } else { boxed - here };
                text.text(&part);
                if boxed == 0 {
                    text.end_line();
                }
            }
            _ => {
                // Section 2.4.28: dt.
                *has_macros |= kind == BOUND_SHEET && record.get(5) == Some(&1);
                cell(kind, record, strings, text);
            }
        }
        if !text.is_wanted() {
            return Ok(());
        }
    }
    // Some writers fill the last sector with zeros.
    whole &= rest.iter().all(|byte| *byte == 0);
    if whole { Ok(()) } else { Err(Cut::Truncated) }
}

/// A record that is understood by itself.
fn cell(kind: u16, record: &[u8], strings: Strings, text: &mut Text<'_>) {
    match kind {
        BOUND_SHEET => text.line(&strings.read(record, 6, 1)),
        LABEL | RICH_STRING => text.line(&strings.read(record, 6, 2)),
        STRING => text.line(&strings.read(record, 0, 2)),
        NOTE => text.line(&strings.read(record, 8, 2)),
        SERIES_TEXT => text.line(&strings.read(record, 2, 1)),
        HEADER | FOOTER => {
            let size = if matches!(strings, Strings::Unicode) { 2 } else { 1 };
            text.line(&strings.read(record, 0, size));
        }
        NUMBER => number(le64(record, 6).map(f64::from_bits), text),
        // Section 2.5.133: a result that is no number ends in these two bytes.
        FORMULA if le16(record, 12) != Some(0xffff) => number(le64(record, 6).map(f64::from_bits), text),
        RK => number(packed_number(record, 6), text),
        MUL_RK => {
            let count = record.len().saturating_sub(6) / 6;
            (0..count).for_each(|place| number(packed_number(record, 6 + 6 * place), text));
        }
        _ => {}
    }
}

/// A number with all its digits, as one might look for it.
fn number(value: Option<f64>, text: &mut Text<'_>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        text.line(&value.to_string());
    }
}
