//! Directory records and volume descriptors of ISO 9660 (ECMA-119), with the names of Rock Ridge and Joliet.

use super::super::decoder::Field;
use super::super::parts::{be16, le16, le32};

/// Bytes of a logical sector.
pub(super) const SECTOR: usize = 2048;
/// Longest name of a directory or file, without those around it.
pub(super) const NAME: usize = 256;

/// Which tree of directories: the same files may be in several, under better names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Primary,
    Joliet,
}

/// What a volume descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor {
    /// A tree: its root's extent, that of the path tables, and how many sectors the volume has.
    Volume { tree: Tree, root: Extent, tables: [Extent; 2], sectors: u32 },
    /// Something else.
    Other,
    /// There are no more of them.
    Terminator,
}

/// Where something lies: first sector, and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) sector: u32,
    pub(super) size: u32,
}

/// A record of a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) extent: Extent,
    pub(super) is_directory: bool,
    identifier: &'a [u8],
    system_use: &'a [u8],
}

/// Reads a sector that should be a descriptor (ECMA-119 section 8). `None` where it is none.
pub(super) fn descriptor(sector: &[u8]) -> Option<Descriptor> {
    if sector.get(1..6) != Some(b"CD001") {
        return None;
    }
    let tree = match sector.first() {
        Some(1) => Tree::Primary,
        // Joliet's escape sequences stand for the three levels of UCS-2.
        Some(2) if matches!(sector.get(88..91), Some(b"%/@" | b"%/C" | b"%/E")) => Tree::Joliet,
        Some(255) => return Some(Descriptor::Terminator),
        _ => return Some(Descriptor::Other),
    };
    if le16(sector, 128) != Some(2048) {
        return Some(Descriptor::Other);
    }
    let root = Record::read(sector.get(156..190)?)?.extent;
    let size = le32(sector, 132)?;
    let big = sector.get(148..152)?.first_chunk().map(|word| u32::from_be_bytes(*word))?;
    let tables = [Extent { sector: le32(sector, 140)?, size }, Extent { sector: big, size }];
    Some(Descriptor::Volume { tree, root, tables, sectors: le32(sector, 80)? })
}

impl<'a> Record<'a> {
    /// Reads a record of just this length (ECMA-119 section 9.1).
    pub(super) fn read(record: &'a [u8]) -> Option<Self> {
        let attributes = u32::from(*record.get(1)?);
        let sector = le32(record, 2)?.checked_add(attributes)?;
        let length = usize::from(*record.get(32)?);
        let identifier = record.get(33..)?.get(..length)?;
        // The identifier is padded so that what follows has an even place.
        let behind = 33 + length + usize::from(length.is_multiple_of(2));
        Some(Self {
            extent: Extent { sector, size: le32(record, 10)? },
            is_directory: record.get(25)? & 2 != 0,
            identifier,
            system_use: record.get(behind..).unwrap_or(&[]),
        })
    }

    /// It is the directory itself, or the one above it.
    pub(super) const fn is_dot(&self) -> bool {
        matches!(self.identifier, [0 | 1])
    }

    /// Its name as UTF-8, and how good a name it is.
    pub(super) fn name(&self, tree: Tree, out: &mut Field<NAME>) -> u8 {
        out.clear();
        match tree {
            Tree::Joliet => {
                let mut at = 0;
                let units = std::iter::from_fn(|| {
                    at += 2;
                    be16(self.identifier, at - 2)
                });
                for letter in char::decode_utf16(units) {
                    let mut bytes = [0; 4];
                    let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.append(letter.encode_utf8(&mut bytes).as_bytes());
                }
                strip(out);
                1
            }
            Tree::Primary => {
                if self.rock_ridge(out) {
                    return 2;
                }
                out.append(self.identifier);
                strip(out);
                0
            }
        }
    }

    /// Rock Ridge: the name in `NM` entries (RRIP 1.12 section 4.1.4), as far as they stand in the record itself.
    fn rock_ridge(&self, out: &mut Field<NAME>) -> bool {
        let mut rest = self.system_use;
        while let [first, second, length, _, ..] = rest {
            let Some((entry, behind)) = rest.split_at_checked(usize::from(*length)).filter(|_| *length >= 4) else {
                break;
            };
            if (first, second) == (&b'N', &b'M') {
                out.append(entry.get(5..).unwrap_or(&[]));
            }
            rest = behind;
        }
        !out.get().is_empty()
    }
}

/// Takes the version off a name, and the dot of a name without an extension.
fn strip(name: &mut Field<NAME>) {
    let kept = *name;
    let text = kept.get();
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let text = text.get(..text.len() - digits).and_then(|text| text.strip_suffix(b";")).unwrap_or(text);
    let text = text.strip_suffix(b".").unwrap_or(text);
    name.clear();
    name.append(text);
}
