//! Headers of RAR archives, versions 4 ("technote") and 5.

use super::super::parts::{le16, le32};

/// A header, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) kind: Kind<'a>,
    /// Bytes of data behind it.
    pub(super) data: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    File(File<'a>),
    /// All headers behind it are encrypted.
    Encrypted,
    /// The archive ends.
    End,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File<'a> {
    pub(super) name: &'a [u8],
    pub(super) is_directory: bool,
    pub(super) is_encrypted: bool,
    pub(super) is_stored: bool,
    /// It begins in another volume, or goes on in one.
    pub(super) is_split: bool,
    pub(super) crc: Option<u32>,
}

/// Takes a number of variable length from the front: seven bits a byte, the lowest first.
pub(super) fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(7 * place)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Reads a header of version 5 from behind its length, as much of it as was kept.
pub(super) fn version5(bytes: &[u8], length: u64) -> Option<Header<'_>> {
    let mut rest = bytes;
    let (kind, flags) = (number(&mut rest)?, number(&mut rest)?);
    let extra = if flags & 1 != 0 { number(&mut rest)? } else { 0 };
    let data = if flags & 2 != 0 { number(&mut rest)? } else { 0 };
    let kind = match kind {
        2 => Kind::File(file5(rest, bytes, length.checked_sub(extra)?, flags)?),
        4 => Kind::Encrypted,
        5 => Kind::End,
        _ => Kind::Other,
    };
    Some(Header { kind, data })
}

/// The fields of a file, and the extra records that stand at `extra` of the header.
fn file5<'a>(fields: &'a [u8], header: &[u8], extra: u64, flags: u64) -> Option<File<'a>> {
    let mut rest = fields;
    let file_flags = number(&mut rest)?;
    let (_size, _attributes) = (number(&mut rest)?, number(&mut rest)?);
    let mut word = |present: bool| {
        let (word, behind) = rest.split_first_chunk().filter(|_| present)?;
        rest = behind;
        Some(u32::from_le_bytes(*word))
    };
    let _time = word(file_flags & 2 != 0);
    let crc = word(file_flags & 4 != 0);
    let (packing, _system, length) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
    let name = rest.get(..usize::try_from(length).ok()?.min(rest.len()))?;
    let mut records = usize::try_from(extra).ok().and_then(|at| header.get(at..)).unwrap_or(&[]);
    let mut is_encrypted = false;
    while let Some(size) = number(&mut records) {
        let Some((mut record, behind)) = usize::try_from(size).ok().and_then(|size| records.split_at_checked(size))
        else {
            break;
        };
        is_encrypted |= number(&mut record) == Some(1);
        records = behind;
    }
    Some(File {
        name,
        is_directory: file_flags & 1 != 0,
        is_encrypted,
        is_stored: packing >> 7 & 7 == 0,
        is_split: flags & 0x18 != 0,
        crc,
    })
}

/// Bytes of a block of version 4 before what depends on its type.
pub(super) const BASE: usize = 7;

/// Reads a block of version 4 from its first byte, as much of it as was kept.
pub(super) fn version4(bytes: &[u8]) -> Option<Header<'_>> {
    let kind = bytes.get(2)?;
    let flags = le16(bytes, 3)?;
    // Blocks other than files have their data's length only with this flag.
    let long = flags & 0x8000 != 0 || matches!(kind, 0x74 | 0x7a);
    let mut data = if long { u64::from(le32(bytes, BASE)?) } else { 0 };
    let kind = match kind {
        0x73 if flags & 0x80 != 0 => Kind::Encrypted,
        0x7b => Kind::End,
        0x74 => {
            let length = usize::from(le16(bytes, 26)?);
            let mut at = 32;
            if flags & 0x100 != 0 {
                data |= u64::from(le32(bytes, at)?) << 32;
                at += 8;
            }
            let name = bytes.get(at..)?;
            let name = name.get(..length.min(name.len()))?;
            Kind::File(File {
                // Behind a zero stands how to make Unicode of it.
                name: super::super::parts::until_zero(name),
                is_directory: flags & 0xe0 == 0xe0,
                is_encrypted: flags & 4 != 0,
                is_stored: bytes.get(25) == Some(&0x30),
                is_split: flags & 3 != 0,
                crc: le32(bytes, 16),
            })
        }
        _ => Kind::Other,
    };
    Some(Header { kind, data })
}
