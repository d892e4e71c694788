//! Who a certificate is for and by: the fields of an X.509 certificate that EVE has (RFC 5280 section 4.1), read from DER
//! (X.690) in passing.
//!
//! Texts are as Suricata writes them: `C=US, O=Example, CN=www.example.com`, dates without a zone, UTC being meant.

use super::layout::tag;
use crate::event::record::Record;
use crate::proto::cursor::{Cursor, Grammar, Next};
use crate::proto::digits::{Address, Decimal, hex_upper};

/// Elements that are open at once; a certificate has seven on the way to an alternative name.
const DEPTH: usize = 8;

/// Bytes of a value that are looked at whole: an object identifier, a time, an address.
const SCRATCH: usize = 24;

/// Where in a certificate an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Top,
    Certificate,
    Contents,
    Name,
    Relative,
    Attribute,
    Validity,
    Wrap,
    Extensions,
    Extension,
    Alternatives,
    AlternativeNames,
}

/// What becomes of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It has elements that matter.
    Into(Place),
    Skip,
    Oid,
    Serial,
    /// A value of a name; the tag is that of its type.
    Value(u8),
    Time(u8),
    Alternative,
    Address,
}

/// An element that is open.
#[derive(Clone, Copy, Debug)]
struct Open {
    place: Place,
    /// Bytes of it that are left.
    left: u32,
    /// Elements in it so far.
    count: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tag,
    Length,
    LongLength,
    Value,
    End,
}

/// A certificate, as far as it has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct X509 {
    cursor: Cursor,
    state: State,
}

#[derive(Clone, Copy, Debug)]
struct State {
    step: Step,
    tag: u8,
    what: Use,
    open: [Open; DEPTH],
    depth: u8,
    scratch: [u8; SCRATCH],
    filled: u8,
    /// Attributes of the name so far.
    attributes: u8,
    /// The extension is `subjectAltName`.
    is_alternatives: bool,
    malformed: bool,
}

impl Default for X509 {
    fn default() -> Self {
        let top = Open { place: Place::Top, left: u32::MAX, count: 0 };
        let state = State {
            step: Step::Tag,
            tag: 0,
            what: Use::Skip,
            open: [top; DEPTH],
            depth: 0,
            scratch: [0; SCRATCH],
            filled: 0,
            attributes: 0,
            is_alternatives: false,
            malformed: false,
        };
        Self { cursor: Cursor::new(Next::Number(1)), state }
    }
}

impl X509 {
    /// Takes the next bytes of the certificate, and writes what it finds to `fields`.
    pub(super) fn push<const N: usize>(&mut self, bytes: &[u8], fields: &mut Record<N>) {
        self.cursor.push(bytes, &mut Reader { state: &mut self.state, fields });
    }

    /// There is no more of it.
    pub(super) const fn finish(&mut self) {
        self.state.malformed |= !matches!(self.state.step, Step::End);
    }

    /// What it says does not add up.
    pub(super) const fn is_malformed(&self) -> bool {
        self.state.malformed
    }
}

struct Reader<'a, const N: usize> {
    state: &'a mut State,
    fields: &'a mut Record<N>,
}

impl State {
    fn top(&mut self) -> Option<&mut Open> {
        self.open.get_mut(usize::from(self.depth))
    }

    const fn fail(&mut self) -> Next {
        self.malformed = true;
        self.step = Step::End;
        Next::Nothing
    }

    /// A number of the innermost open element.
    fn number(&mut self, step: Step, bytes: u8) -> Next {
        self.step = step;
        match self.charge(bytes.into()) {
            true => Next::Number(bytes),
            false => self.fail(),
        }
    }

    /// Takes bytes off the innermost open element; false when it has not as many.
    fn charge(&mut self, bytes: u32) -> bool {
        let Some(top) = self.top() else { return false };
        let left = top.left.checked_sub(bytes);
        top.left = left.unwrap_or(0);
        left.is_some()
    }

    /// What the element is, that is the next in the one that is open.
    fn purpose(&mut self) -> Use {
        let (tag, is_alternatives) = (self.tag, self.is_alternatives);
        let Some(top) = self.top() else { return Use::Skip };
        // The version comes before everything else, or is absent.
        let is_version = top.place == Place::Contents && tag == 0xA0 && top.count == 0;
        let at = top.count;
        if !is_version {
            top.count = at.saturating_add(1);
        }
        match (top.place, at, tag) {
            (Place::Top, 0, 0x30) => Use::Into(Place::Certificate),
            (Place::Certificate, 0, 0x30) => Use::Into(Place::Contents),
            (Place::Contents, 0, 0x02) => Use::Serial,
            (Place::Contents, 2 | 4, 0x30) => Use::Into(Place::Name),
            (Place::Contents, 3, 0x30) => Use::Into(Place::Validity),
            (Place::Contents, _, 0xA3) => Use::Into(Place::Wrap),
            (Place::Name, _, 0x31) => Use::Into(Place::Relative),
            (Place::Relative, _, 0x30) => Use::Into(Place::Attribute),
            (Place::Attribute, 0, 0x06) | (Place::Extension, 0, 0x06) => Use::Oid,
            (Place::Attribute, 1, kind) => Use::Value(kind),
            (Place::Validity, 0, _) => Use::Time(tag::NOT_BEFORE),
            (Place::Validity, 1, _) => Use::Time(tag::NOT_AFTER),
            (Place::Wrap, 0, 0x30) => Use::Into(Place::Extensions),
            (Place::Extensions, _, 0x30) => Use::Into(Place::Extension),
            (Place::Extension, _, 0x04) if is_alternatives => Use::Into(Place::Alternatives),
            (Place::Alternatives, 0, 0x30) => Use::Into(Place::AlternativeNames),
            (Place::AlternativeNames, _, 0x81 | 0x82 | 0x86) => Use::Alternative,
            (Place::AlternativeNames, _, 0x87) => Use::Address,
            _ => Use::Skip,
        }
    }

    /// The value that was kept whole, where it was not longer than there is room.
    fn scratch(&self) -> &[u8] {
        self.scratch.get(..usize::from(self.filled)).unwrap_or(&[])
    }
}

impl<const N: usize> Reader<'_, N> {
    /// Closes what is over, and goes on to the next element.
    fn next(&mut self) -> Next {
        while let Some(top) = self.state.top() {
            let (place, count, left) = (top.place, top.count, top.left);
            if place == Place::Top && count > 0 {
                self.state.step = Step::End;
                return Next::Nothing;
            }
            if left > 0 {
                break;
            }
            if place == Place::Name {
                self.fields.end();
            }
            self.state.depth = self.state.depth.saturating_sub(1);
        }
        self.state.number(Step::Tag, 1)
    }

    fn value(&mut self, length: u32) -> Next {
        if !self.state.charge(length) {
            return self.state.fail();
        }
        let what = self.state.purpose();
        (self.state.what, self.state.filled) = (what, 0);
        if let Use::Into(place) = what {
            return self.enter(place, length);
        }
        match what {
            Use::Serial => self.fields.begin(tag::SERIAL),
            Use::Alternative => self.fields.begin(tag::ALTERNATIVE),
            _ => {}
        }
        self.state.step = Step::Value;
        Next::Run(length)
    }

    fn enter(&mut self, place: Place, length: u32) -> Next {
        if place == Place::Name {
            // The issuer is the third element, the subject the fifth.
            let is_issuer = self.state.top().is_some_and(|contents| contents.count == 3);
            self.fields.begin(if is_issuer { tag::ISSUER } else { tag::SUBJECT });
            self.state.attributes = 0;
        }
        self.state.depth += 1;
        match self.state.top() {
            Some(top) => *top = Open { place, left: length, count: 0 },
            None => return self.state.fail(),
        }
        self.next()
    }

    /// The type of an attribute of a name, and what stands between it and the one before.
    fn attribute(&mut self) {
        let relative = self.state.depth.checked_sub(1).and_then(|at| self.state.open.get(usize::from(at)));
        let is_first_of_relative = relative.is_some_and(|relative| relative.count == 1);
        self.fields.more(match self.state.attributes {
            0 => b"",
            _ if is_first_of_relative => b", ",
            _ => b" + ",
        });
        self.state.attributes = self.state.attributes.saturating_add(1);
        match abbreviation(self.state.scratch()) {
            Some(abbreviation) => self.fields.more(abbreviation.as_bytes()),
            None => dotted(self.state.scratch(), self.fields),
        }
        self.fields.more(b"=");
    }

    fn time(&mut self, tag: u8) {
        let digits = self.state.scratch().strip_suffix(b"Z").unwrap_or(&[]);
        // Two digits of a year are of 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
        let (century, rest) = match digits.len() {
            10 | 12 if digits.first() >= Some(&b'5') => (&b"19"[..], digits),
            10 | 12 => (&b"20"[..], digits),
            14 => digits.split_at_checked(2).unwrap_or_default(),
            _ => (&b""[..], digits),
        };
        let [a, b, c, d, e, f, g, h, i, j, seconds @ ..] = rest else {
            self.state.malformed = true;
            return;
        };
        if century.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            self.state.malformed = true;
            return;
        }
        self.fields.begin(tag);
        self.fields.more(century);
        self.fields.more(&[*a, *b, b'-', *c, *d, b'-', *e, *f, b'T', *g, *h, b':', *i, *j, b':']);
        self.fields.more(if seconds.is_empty() { b"00" } else { seconds });
        self.fields.end();
    }
}

impl<const N: usize> Grammar for Reader<'_, N> {
    fn number(&mut self, value: u32) -> Next {
        match self.state.step {
            Step::Tag => {
                self.state.tag = u8::try_from(value).unwrap_or(u8::MAX);
                if value & 0x1F == 0x1F { self.state.fail() } else { self.state.number(Step::Length, 1) }
            }
            Step::Length if value < 0x80 => self.value(value),
            Step::Length => match value & 0x7F {
                1 => self.state.number(Step::LongLength, 1),
                2 => self.state.number(Step::LongLength, 2),
                3 => self.state.number(Step::LongLength, 3),
                // Lengths that end somewhere else are BER's, and more than 24 bits fit no message.
                _ => self.state.fail(),
            },
            Step::LongLength => self.value(value),
            Step::Value | Step::End => Next::Nothing,
        }
    }

    fn piece(&mut self, piece: &[u8]) {
        match self.state.what {
            Use::Alternative => self.fields.more(piece),
            Use::Serial => {
                for byte in piece {
                    self.fields.more(if self.fields.open_text().is_empty() { b"" } else { b":" });
                    self.fields.more(&hex_upper(*byte));
                }
            }
            Use::Value(0x0C | 0x12 | 0x13 | 0x14 | 0x15 | 0x16 | 0x19 | 0x1A | 0x1B) => self.fields.more(piece),
            Use::Value(BMP_STRING) => {
                for byte in piece {
                    self.keep(*byte);
                    if let [high, low] = *self.state.scratch() {
                        let character = char::from_u32(u16::from_be_bytes([high, low]).into());
                        let mut bytes = [0; 4];
                        let text = character.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut bytes);
                        self.fields.more(text.as_bytes());
                        self.state.filled = 0;
                    }
                }
            }
            Use::Value(_) => {
                for byte in piece {
                    self.fields.more(&hex_upper(*byte));
                }
            }
            Use::Oid | Use::Time(_) | Use::Address => piece.iter().for_each(|byte| self.keep(*byte)),
            Use::Into(_) | Use::Skip => {}
        }
    }

    fn run_ended(&mut self) -> Next {
        let place = self.state.top().map(|top| top.place);
        match self.state.what {
            Use::Serial => self.fields.end(),
            Use::Alternative => self.end_alternative(),
            Use::Oid if place == Some(Place::Attribute) => self.attribute(),
            Use::Oid => self.state.is_alternatives = self.state.scratch() == SUBJECT_ALTERNATIVE_NAME,
            Use::Time(tag) => self.time(tag),
            Use::Address => {
                if let Some(address) = Address::new(self.state.scratch()) {
                    self.fields.begin(tag::ALTERNATIVE);
                    self.fields.more(address.text());
                    self.end_alternative();
                }
            }
            _ => {}
        }
        self.next()
    }
}

impl<const N: usize> Reader<'_, N> {
    /// A part of a name would be another's.
    fn end_alternative(&mut self) {
        if self.fields.is_cut() {
            self.fields.abandon();
        } else {
            self.fields.end();
        }
    }

    /// Keeps a byte of a value that is looked at whole; one that has too many is of no kind that is known.
    fn keep(&mut self, byte: u8) {
        match self.state.scratch.get_mut(usize::from(self.state.filled)) {
            Some(place) => {
                *place = byte;
                self.state.filled += 1;
            }
            None => self.state.filled = 0,
        }
    }
}

/// A string of UCS-2, X.680.
const BMP_STRING: u8 = 0x1E;

/// 2.5.29.17.
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 0x11];

/// Type of an attribute by the contents of its object identifier, RFC 4519, RFC 2985, and of CA/Browser Forum's.
fn abbreviation(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 4] => "surname",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "streetAddress",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        [0x55, 4, 13] => "description",
        [0x55, 4, 15] => "businessCategory",
        [0x55, 4, 16] => "postalAddress",
        [0x55, 4, 17] => "postalCode",
        [0x55, 4, 41] => "name",
        [0x55, 4, 42] => "givenName",
        [0x55, 4, 43] => "initials",
        [0x55, 4, 46] => "dnQualifier",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1] => "Email",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 2] => "unstructuredName",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1] => "uid",
        [0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 1] => "msJurisdictionLocality",
        [0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 2] => "msJurisdictionStateOrProvince",
        [0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 3] => "msJurisdictionCountry",
        _ => return None,
    })
}

/// Numbers of an object identifier with dots between.
fn dotted<const N: usize>(oid: &[u8], fields: &mut Record<N>) {
    let mut number: u32 = 0;
    let mut is_first = true;
    for byte in oid {
        number = (number << 7) | u32::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        if std::mem::take(&mut is_first) {
            let root = (number / 40).min(2);
            fields.more(Decimal::new(root).text());
            number -= root * 40;
        }
        fields.more(b".");
        fields.more(Decimal::new(number).text());
        number = 0;
    }
}
