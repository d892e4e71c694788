//! The header of a message or of one of its parts: which lines belong to it, and what its fields say of the body.

use super::super::charset::Charset;
use super::super::decoder::Field;
use super::super::tree::MEDIA_TYPE;
use super::boundary::{Boundary, LENGTH};
use super::fields::Fields;
use super::parameter;

/// So much is kept of a field, to read it when it is complete.
pub(super) const FIELD: usize = 8192;
/// Longest name that is kept.
pub(super) const NAME: usize = 512;

/// How a body is written (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is: 7bit, 8bit, binary, and whatever is not known.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
}

/// What a byte makes of the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It does not say yet what the line is.
    More,
    /// A field begins.
    Field,
    /// The field goes on (folding, RFC 5322 section 2.2.3).
    Folded,
    /// It is empty: the header is over.
    Empty,
    /// It is no field: the body begins with it, without an empty line.
    Body,
}

/// Tells what a line is that begins with `held` and goes on with `byte`. `first`: it is the object's first line.
pub(super) fn line(held: &[u8], byte: u8, first: bool) -> Line {
    match (held, byte) {
        ([] | [b'\r'], b'\n') => Line::Empty,
        ([], b'\r') => Line::More,
        ([], b' ' | b'\t') => Line::Folded,
        ([] | [b'\r'], b':') | ([b'\r'], _) => Line::Body,
        // Nobody names a field like a boundary.
        ([b'-', b'-', ..], b':') => Line::Body,
        (_, b':') => Line::Field,
        // An mbox file's "From " line (RFC 4155).
        (b"From", b' ') if first => Line::Field,
        // RFC 5322 section 4.5: blanks before the colon are obsolete.
        ([.., _], b' ' | b'\t') => Line::More,
        ([.., b' ' | b'\t'], _) => Line::Body,
        (_, b'!'..=b'~') => Line::More,
        _ => Line::Body,
    }
}

/// What a header says of the body.
#[derive(Debug)]
pub(super) struct Header {
    /// The field that is not complete.
    field: Field<FIELD>,
    /// Bytes of it that there was no room for, and whether such a field says something about the body.
    lost: bool,
    pub(super) cut: bool,
    /// What fields say once they are decoded.
    pub(super) fields: Fields,
    pub(super) encoding: Encoding,
    /// It is text, as it is by default.
    pub(super) is_text: bool,
    /// What a text is written in, if that is said and neither UTF-8 nor ASCII.
    pub(super) charset: Option<Charset>,
    /// Its media type; empty where that is not said.
    pub(super) media_type: Field<MEDIA_TYPE>,
    /// The boundary of a multipart, if it is one and has one.
    pub(super) boundary: Option<Boundary>,
    /// Name by Content-Disposition, and by Content-Type.
    names: [Field<NAME>; 2],
    /// Content-Type, Content-Transfer-Encoding and Content-Disposition were there: the first of each counts.
    seen: [bool; 3],
}

/// The boundary that the value of a Content-Type says.
fn boundary_of(value: &[u8]) -> Option<Boundary> {
    // One byte more than a boundary may have tells one that is too long.
    let mut long: Field<{ LENGTH + 1 }> = Field::EMPTY;
    parameter::parameter(value, b"boundary", &mut long);
    let mut kept = Boundary::EMPTY;
    kept.append(long.get().trim_ascii_end());
    (1..=LENGTH).contains(&long.get().len()).then_some(kept).filter(|kept| !kept.get().is_empty())
}

/// The boundary of a multipart by its media type, as HTTP has it; empty where there is none.
pub(in super::super) fn claimed(media_type: &[u8]) -> Boundary {
    let is_multipart = media_type.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"));
    boundary_of(media_type).filter(|_| is_multipart).unwrap_or(Boundary::EMPTY)
}

/// Whether a line in what an object begins with is that boundary.
pub(in super::super) fn has_boundary(bytes: &[u8], boundary: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, boundary).any(|at| {
        let before = bytes.get(..at).and_then(|before| before.strip_suffix(b"--"));
        let behind = bytes.get(at + boundary.len());
        before.is_some_and(|before| before.last().is_none_or(|byte| *byte == b'\n'))
            && matches!(behind, Some(b'\r' | b'\n' | b' ' | b'\t'))
    })
}

impl Header {
    pub(super) const NEW: Self = Self {
        field: Field::EMPTY,
        lost: false,
        cut: false,
        fields: Fields::NEW,
        encoding: Encoding::Identity,
        is_text: true,
        charset: None,
        media_type: Field::EMPTY,
        boundary: None,
        names: [Field::EMPTY; 2],
        seen: [false; 3],
    };

    pub(super) fn clear(&mut self) {
        self.field.clear();
        (self.lost, self.cut) = (false, false);
        self.fields.clear();
        self.encoding = Encoding::Identity;
        self.is_text = true;
        self.charset = None;
        self.media_type.clear();
        self.boundary = None;
        self.names.iter_mut().for_each(Field::clear);
        self.seen = [false; 3];
    }

    /// The body's name; empty where it has none.
    pub(super) fn name(&self) -> &[u8] {
        self.names.iter().map(Field::get).find(|name| !name.is_empty()).unwrap_or(&[])
    }

    /// More of the field, its name and its line ends with it.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.lost |= bytes.len() > FIELD - self.field.get().len();
        self.field.append(bytes);
    }

    /// The field is complete.
    pub(super) fn end_of_field(&mut self) {
        let Self { field, lost, cut, fields, encoding, is_text, charset, media_type, boundary, names, seen } = self;
        let [disposition, typed] = names;
        let text = field.get();
        let (name, value) = text.split_at_checked(memchr::memchr(b':', text).unwrap_or(0)).unwrap_or_default();
        let (name, value) = (name.trim_ascii_end(), value.get(1..).unwrap_or(&[]));
        *cut |= std::mem::take(lost) && name.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"content-"));
        fields.field(text);
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        let [type_seen, encoding_seen, disposition_seen] = seen;
        if is(b"content-type") && !std::mem::replace(type_seen, true) {
            parameter::value(value, media_type);
            let kind = media_type.get();
            *is_text = kind.get(..5).is_none_or(|kind| kind.eq_ignore_ascii_case(b"text/"));
            let is_multipart = kind.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"));
            if is_multipart {
                *boundary = boundary_of(value);
            }
            let mut label: Field<40> = Field::EMPTY;
            if *is_text && parameter::parameter(value, b"charset", &mut label) {
                *charset = Charset::of(label.get());
            }
            parameter::parameter(value, b"name", typed);
        } else if is(b"content-disposition") && !std::mem::replace(disposition_seen, true) {
            parameter::parameter(value, b"filename", disposition);
        } else if is(b"content-transfer-encoding") && !std::mem::replace(encoding_seen, true) {
            let mut word: Field<32> = Field::EMPTY;
            parameter::value(value, &mut word);
            *encoding = match word.get() {
                word if word.eq_ignore_ascii_case(b"base64") => Encoding::Base64,
                word if word.eq_ignore_ascii_case(b"quoted-printable") => Encoding::QuotedPrintable,
                _ => Encoding::Identity,
            };
        }
        self.field.clear();
    }
}
