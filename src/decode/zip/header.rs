//! Headers of ZIP entries, and records of the directory.

use super::super::parts::{le16, le32, le64};

/// Bytes of a local header behind its signature and before the name.
pub(super) const FIXED: usize = 26;
/// Methods (APPNOTE section 4.4.5).
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
pub(super) const DEFLATE64: u16 = 9;
pub(super) const LZMA: u16 = 14;
/// bzip2, zstd (also by its first number) and xz: what stands in the entry is told by its own first bytes.
pub(super) const RECOGNISED: [u16; 4] = [12, 20, 93, 95];

/// What begins with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// An entry.
    Local,
    /// A record of the directory, or what stands before or behind it.
    Directory(Record),
    /// What an archive of several parts begins with (APPNOTE section 8.5.4).
    Split,
    Other,
}

impl Signature {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            b"PK\x03\x04" => Self::Local,
            b"PK\x01\x02" => Self::Directory(Record::Entry),
            b"PK\x06\x08" => Self::Directory(Record::Extra),
            b"PK\x05\x05" => Self::Directory(Record::Signed),
            b"PK\x06\x06" => Self::Directory(Record::End64),
            b"PK\x06\x07" => Self::Directory(Record::Locator),
            b"PK\x05\x06" => Self::Directory(Record::End),
            b"PK\x07\x08" | b"PK00" => Self::Split,
            _ => Self::Other,
        }
    }
}

/// What may stand from the directory on (APPNOTE sections 4.3.11 to 4.3.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Entry,
    Extra,
    Signed,
    End64,
    Locator,
    End,
}

impl Record {
    /// Bytes of the part of it that has one length, without the signature: [`LONGEST`] at most.
    pub(super) const fn fixed(self) -> usize {
        match self {
            Self::Entry => LONGEST,
            Self::Extra => 4,
            Self::Signed => 2,
            Self::End64 => 8,
            Self::Locator => 16,
            Self::End => 18,
        }
    }

    /// How many bytes stand behind that, and how many of comment behind those.
    pub(super) fn lengths(self, fixed: &[u8]) -> (u64, u64) {
        let word = |at: usize| le16(fixed, at).map_or(0, u64::from);
        match self {
            Self::Entry => (word(24) + word(26), word(28)),
            Self::Extra => (le32(fixed, 0).map_or(0, u64::from), 0),
            Self::Signed => (word(0), 0),
            Self::End64 => (le64(fixed, 0).unwrap_or(0), 0),
            Self::Locator => (0, 0),
            Self::End => (0, word(16)),
        }
    }
}

/// Of an entry of the directory.
pub(super) const LONGEST: usize = 42;

/// An entry, as its local header has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) method: u16,
    pub(super) encrypted: bool,
    /// Sum and sizes stand in a descriptor behind the content, if not here as well.
    pub(super) descriptor: bool,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// It has the ZIP64 field.
    pub(super) zip64: bool,
}

impl Header {
    /// Reads [`FIXED`] bytes; the lengths of name and extra field come with it.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, usize, usize)> {
        let [_, _, flags, _, m0, m1, _, _, _, _, c0, c1, c2, c3, p0, p1, p2, p3, s0, s1, s2, s3, n0, n1, x0, x1] =
            *bytes.first_chunk::<FIXED>()?;
        // APPNOTE section 4.4.4: bit 0 is encryption, bit 3 a descriptor.
        let header = Self {
            method: u16::from_le_bytes([m0, m1]),
            encrypted: flags & 1 != 0,
            descriptor: flags & 8 != 0,
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
            compressed: u64::from(u32::from_le_bytes([p0, p1, p2, p3])),
            size: u64::from(u32::from_le_bytes([s0, s1, s2, s3])),
            zip64: false,
        };
        let [name, extra] = [[n0, n1], [x0, x1]].map(|length| usize::from(u16::from_le_bytes(length)));
        Some((header, name, extra))
    }

    /// Reads the ZIP64 field (APPNOTE section 4.5.3), which has the sizes that the header has no room for.
    pub(super) fn read_extra(&mut self, extra: &[u8]) {
        let mut rest = extra;
        while let [i0, i1, l0, l1, after @ ..] = rest {
            let length = usize::from(u16::from_le_bytes([*l0, *l1]));
            let Some((field, next)) = after.split_at_checked(length) else { return };
            if u16::from_le_bytes([*i0, *i1]) == 1 {
                self.zip64 = true;
                let mut words = field.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
                for value in [&mut self.size, &mut self.compressed] {
                    if *value == u64::from(u32::MAX) {
                        *value = words.next().unwrap_or(*value);
                    }
                }
            }
            rest = next;
        }
    }

    /// True when the header says how long the content is: programs that can go back and fill that in may have said that
    /// a descriptor follows, which then says it again.
    pub(super) const fn is_known(&self) -> bool {
        !self.descriptor || self.compressed != 0
    }
}

/// Sum, compressed and whole size of a data descriptor, behind its signature.
pub(super) fn descriptor(fields: &[u8], zip64: bool) -> Option<(u32, u64, u64)> {
    let (crc, sizes) = fields.split_first_chunk::<4>()?;
    let mut sizes: [u64; 2] = if zip64 {
        let [a, b] = *sizes.as_chunks::<8>().0 else { return None };
        [a, b].map(u64::from_le_bytes)
    } else {
        let [a, b] = *sizes.as_chunks::<4>().0 else { return None };
        [a, b].map(|word| u64::from(u32::from_le_bytes(word)))
    };
    let [compressed, size] = &mut sizes;
    Some((u32::from_le_bytes(*crc), *compressed, *size))
}
