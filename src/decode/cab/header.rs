//! Headers of cabinets ([MS-CAB] section 2).

use super::super::parts::{le16, le32};

/// Bytes of the fixed part of the header, of a folder, of a file without its name, and of a block of data.
pub(crate) const FIXED: u64 = 36;
pub(crate) const FOLDER: u64 = 8;
pub(crate) const FILE: usize = 16;
pub(crate) const BLOCK: u64 = 8;

/// What the header says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Header {
    /// Bytes of the cabinet.
    pub(crate) length: u64,
    /// Where its list of files begins.
    pub(crate) files_at: u64,
    pub(crate) folders: u16,
    pub(crate) files: u16,
    /// It has reserved fields; so many names of other cabinets and disks follow.
    pub(crate) reserves: bool,
    pub(crate) names: u8,
}

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let flags = le16(bytes, 30)?;
        Some(Self {
            length: u64::from(le32(bytes, 8)?),
            files_at: u64::from(le32(bytes, 16)?),
            folders: le16(bytes, 26)?,
            files: le16(bytes, 28)?,
            reserves: flags & 4 != 0,
            names: u8::from(flags & 1 != 0) * 2 + u8::from(flags & 2 != 0) * 2,
        })
    }
}

/// How a folder is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    MsZip,
    /// Quantum, LZX, or none that is known.
    Other,
}

/// A stretch of data in which files lie behind each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folder {
    pub(super) at: u64,
    pub(super) blocks: u16,
    pub(super) method: Method,
}

impl Folder {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let method = match le16(bytes, 6)? & 15 {
            0 => Method::Stored,
            1 => Method::MsZip,
            _ => Method::Other,
        };
        Some(Self { at: u64::from(le32(bytes, 0)?), blocks: le16(bytes, 4)?, method })
    }
}

/// A file: where it lies in its folder, and its name among all names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub(crate) size: u64,
    pub(crate) at: u64,
    pub(crate) folder: usize,
    /// It begins in the cabinet before.
    pub(crate) continued: bool,
    pub(crate) name: (usize, usize),
}

impl File {
    /// Reads what stands before a name, in a cabinet of so many folders.
    pub(crate) fn read(bytes: &[u8], folders: usize) -> Option<Self> {
        let number = le16(bytes, 8)?;
        Some(Self {
            size: u64::from(le32(bytes, 0)?),
            at: u64::from(le32(bytes, 4)?),
            // Continued from the cabinet before, to the next, and both ([MS-CAB] section 2.4).
            folder: match number {
                0xfffd | 0xffff => 0,
                0xfffe => folders.saturating_sub(1),
                number => usize::from(number),
            },
            continued: matches!(number, 0xfffd | 0xffff),
            name: (0, 0),
        })
    }
}

/// A block's checksum goes on with `bytes` ([MS-CAB] section 2.6).
pub(crate) fn checksum(sum: u32, bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let sum = words.iter().fold(sum, |sum, word| sum ^ u32::from_le_bytes(*word));
    rest.iter().fold(0, |last, byte| last << 8 | u32::from(*byte)) ^ sum
}
