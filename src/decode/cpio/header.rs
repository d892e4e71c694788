//! Headers of cpio entries.

use super::super::decoder::Field;
use super::super::format::Guess;
use super::super::parts::{be16, padding};
use super::super::quoted_printable::hex;

/// Longest header: that of newc.
pub(super) const LONGEST: usize = 110;
/// Bytes that tell what a header is.
pub(super) const MAGIC: usize = 6;

/// How a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// "newc" and "crc" (SVR4): numbers of eight hexadecimal digits.
    New { sums: bool },
    /// "odc" (POSIX.1-1988): octal digits.
    Odc,
    /// Numbers of 16 bits; in those of 32 bits the more significant half comes first, whatever the order of bytes.
    Binary { little: bool },
}

/// An entry, as its header has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    mode: u32,
    /// Bytes of the name with its zero, of the padding behind it, of the content, and of the padding behind that.
    pub(super) name: u64,
    pub(super) name_padding: u64,
    pub(super) size: u64,
    pub(super) padding: u64,
    /// Sum of all bytes, where there is one.
    pub(super) sum: Option<u32>,
}

impl Kind {
    /// By the first [`MAGIC`] bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            b"070701" => Some(Self::New { sums: false }),
            b"070702" => Some(Self::New { sums: true }),
            b"070707" => Some(Self::Odc),
            [0xc7, 0x71, ..] => Some(Self::Binary { little: true }),
            [0x71, 0xc7, ..] => Some(Self::Binary { little: false }),
            _ => None,
        }
    }

    pub(super) const fn length(self) -> usize {
        match self {
            Self::New { .. } => LONGEST,
            Self::Odc => 76,
            Self::Binary { .. } => 26,
        }
    }
}

impl Header {
    /// None was read yet.
    pub(super) const NONE: Self = Self { mode: 0, name: 0, name_padding: 0, size: 0, padding: 0, sum: None };

    /// Whether it is a file's: other entries have no content, or a link's target.
    pub(super) const fn is_file(&self) -> bool {
        matches!(self.mode & 0o170_000, 0o100_000 | 0)
    }

    /// Reads a whole header. `None` where a number is none.
    pub(super) fn read(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let header = match kind {
            Kind::New { sums } => {
                let number = |field: usize| digits(bytes.get(MAGIC + 8 * field..)?.get(..8)?, 16);
                let (name, size) = (u64::from(number(11)?), u64::from(number(6)?));
                Self {
                    mode: number(1)?,
                    name,
                    name_padding: padding(LONGEST as u64 + name, 4),
                    size,
                    padding: padding(size, 4),
                    sum: Some(number(12)?).filter(|_| sums),
                }
            }
            Kind::Odc => {
                let number = |at: usize, length: usize| digits(bytes.get(at..)?.get(..length)?, 8);
                // A size has eleven digits, and 33 bits.
                let (high, low) = (number(65, 1)?, number(66, 10)?);
                let name = u64::from(number(59, 6)?);
                let size = u64::from(high) << 30 | u64::from(low);
                Self { mode: number(18, 6)?, name, name_padding: 0, size, padding: 0, sum: None }
            }
            Kind::Binary { little } => {
                let number = |at| be16(bytes, at).map(|word| if little { word.swap_bytes() } else { word });
                let name = u64::from(number(20)?);
                let size = u64::from(number(22)?) << 16 | u64::from(number(24)?);
                Self {
                    mode: u32::from(number(6)?),
                    name,
                    name_padding: padding(name, 2),
                    size,
                    padding: padding(size, 2),
                    sum: None,
                }
            }
        };
        (header.name != 0).then_some(header)
    }
}

/// A number in digits, with nothing around them.
fn digits(text: &[u8], base: u32) -> Option<u32> {
    text.iter().try_fold(0_u32, |value, digit| {
        let digit = hex(*digit).map(u32::from).filter(|digit| *digit < base)?;
        value.checked_mul(base)?.checked_add(digit)
    })
}

/// An archive begins with a header whose numbers are numbers. Two bytes say little, so that a binary one must have a
/// file's type, and a name of a sensible length that ends with its only zero.
pub(super) fn recognise(bytes: &[u8]) -> Guess {
    if bytes.len() < MAGIC {
        let magics: [&[u8]; 5] = [b"070701", b"070702", b"070707", b"\xc7\x71", b"\x71\xc7"];
        let alike = |magic: &[u8]| magic.starts_with(bytes) || bytes.starts_with(magic);
        return if magics.into_iter().any(alike) { Guess::More } else { Guess::No };
    }
    let Some(kind) = bytes.get(..MAGIC).and_then(Kind::of) else { return Guess::No };
    let Some(whole) = bytes.get(..kind.length()) else { return Guess::More };
    let Some(header) = Header::read(kind, whole) else { return Guess::No };
    if !matches!(kind, Kind::Binary { .. }) {
        return Guess::Yes;
    }
    let is_type = matches!(header.mode >> 12, 1 | 2 | 4 | 6 | 8 | 9 | 10 | 12) && header.mode < 1 << 16;
    let Some(length) = usize::try_from(header.name).ok().filter(|name| is_type && (2..=400).contains(name)) else {
        return Guess::No;
    };
    let behind = bytes.get(kind.length()..).unwrap_or(&[]);
    match (memchr::memchr(0, behind), behind.len() >= length) {
        (Some(at), _) if at + 1 == length => Guess::Yes,
        (None, false) => Guess::More,
        _ => Guess::No,
    }
}

/// A header that may arrive in pieces.
pub(super) type Pieces = Field<LONGEST>;
