//! Microsoft's cabinets ([MS-CAB]), whole: also what is packed with LZX, by `lzxd`. Quantum is not unpacked.
//!
//! Folders are unpacked one after the other, each once. Files that begin in another cabinet are named.

use flate2::{Decompress, FlushDecompress};
use lzxd::{Lzxd, WindowSize};

use super::super::module::Module;
use super::stretch::{Lying, Stretch};
use crate::decode::cabinet::{BLOCK, FILE, FIXED, FOLDER, File, Header, checksum};
use crate::decode::{Cut, Out, le16, le32, only_name, until_zero};

pub(super) static MODULE: Module = Module { name: "cab", extract: Some(extract), encrypted: false };

/// Longest block as it is handed out ([MS-MCI] section 1), and how far back the next may refer.
const WHOLE: usize = 32 << 10;

/// Takes `length` bytes from the front.
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (bytes, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(bytes)
}

fn size(field: u64) -> usize {
    usize::try_from(field).unwrap_or(usize::MAX)
}

/// A folder: where its blocks begin, how many there are, and how they are packed.
#[derive(Clone, Debug)]
struct Folder {
    at: usize,
    blocks: u16,
    method: u16,
    files: Vec<Lying>,
    /// Files of it that begin in another cabinet.
    continued: bool,
}

/// What the lists at the front say.
struct Lists {
    folders: Vec<Folder>,
    /// Reserved bytes of each block.
    reserved: usize,
    /// They are not complete.
    cut: bool,
    /// Where they end, as do the blocks of all folders that lie behind them.
    end: usize,
}

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    let Some(lists) = lists(object) else {
        out.cut(Cut::Truncated);
        return false;
    };
    out.ends(lists.end);
    let mut whole = !lists.cut;
    for folder in &lists.folders {
        let (all, wanted) = unpack(object, folder, lists.reserved, out);
        whole &= all;
        if !wanted {
            return false;
        }
    }
    if lists.cut {
        out.cut(Cut::Truncated);
    }
    whole
}

/// Reads the lists of folders and files. `None` where there is no end to the first.
fn lists(object: &[u8]) -> Option<Lists> {
    let mut rest = object;
    let header = Header::read(take(&mut rest, size(FIXED))?)?;
    let (mut of_folder, mut reserved) = (0, 0);
    if header.reserves {
        let lengths = take(&mut rest, 4)?;
        (of_folder, reserved) = (usize::from(*lengths.get(2)?), usize::from(*lengths.get(3)?));
        take(&mut rest, usize::from(le16(lengths, 0)?))?;
    }
    for _ in 0..header.names {
        let name = until_zero(rest);
        take(&mut rest, name.len() + 1)?;
    }
    let mut folders = Vec::new();
    for _ in 0..header.folders {
        let entry = take(&mut rest, size(FOLDER) + of_folder)?;
        let (blocks, method) = (le16(entry, 4)?, le16(entry, 6)?);
        folders.push(Folder {
            at: usize::try_from(le32(entry, 0)?).ok()?,
            blocks,
            method,
            files: Vec::new(),
            continued: false,
        });
    }
    let front = object.len() - rest.len();
    let mut rest = object.get(size(header.files_at)..)?;
    let mut cut = false;
    for _ in 0..header.files {
        let Some(entry) = take(&mut rest, FILE) else {
            cut = true;
            break;
        };
        let name = until_zero(rest);
        if take(&mut rest, name.len() + 1).is_none() {
            cut = true;
            break;
        }
        let Some(file) = File::read(entry, folders.len()) else { continue };
        let name = name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
        if let Some(folder) = folders.get_mut(file.folder) {
            folder.continued |= file.continued;
            folder.files.push(Lying { name, at: file.at, size: file.size, sum: None });
        } else {
            cut = true;
        }
    }
    let lists_end = front.max(object.len() - rest.len());
    let ends = folders.iter().map(|folder| blocks_end(object, folder, reserved));
    let end = ends.fold(lists_end, usize::max);
    for folder in &mut folders {
        // Those of no bytes stand before the one that begins at the same place.
        folder.files.sort_by_key(|file| (file.at, file.size));
    }
    Some(Lists { folders, reserved, cut, end })
}

/// Where the last block of a folder ends, or the object does before it.
fn blocks_end(object: &[u8], folder: &Folder, reserved: usize) -> usize {
    let mut rest = object.get(folder.at..).unwrap_or(&[]);
    for _ in 0..folder.blocks {
        let head = take(&mut rest, size(BLOCK) + reserved);
        if head.and_then(|head| take(&mut rest, usize::from(le16(head, 4)?))).is_none() {
            return object.len();
        }
    }
    object.len() - rest.len()
}

/// How a folder's blocks are unpacked.
enum Method {
    Stored,
    MsZip(Box<Decompress>, Vec<u8>),
    Lzx(Box<Lzxd>),
}

impl Method {
    /// By the number that a folder has; `None` for Quantum and those that are not known.
    fn of(number: u16) -> Option<Self> {
        Some(match number & 15 {
            0 => Self::Stored,
            1 => Self::MsZip(Box::new(Decompress::new(false)), Vec::new()),
            3 => Self::Lzx(Box::new(Lzxd::new(match number >> 8 & 31 {
                15 => WindowSize::KB32,
                16 => WindowSize::KB64,
                17 => WindowSize::KB128,
                18 => WindowSize::KB256,
                19 => WindowSize::KB512,
                20 => WindowSize::MB1,
                21 => WindowSize::MB2,
                _ => return None,
            }))),
            _ => return None,
        })
    }

    /// What a block becomes, which says that it has `length` bytes. `None` where it cannot be unpacked.
    fn unpack<'a>(&'a mut self, block: &'a [u8], length: usize) -> Option<&'a [u8]> {
        match self {
            Self::Stored => Some(block),
            Self::MsZip(inflate, history) => {
                inflate.reset(false);
                if !history.is_empty() {
                    inflate.set_dictionary(history).ok()?;
                }
                let mut whole = vec![0; WHOLE];
                inflate.decompress(block.strip_prefix(b"CK")?, &mut whole, FlushDecompress::Finish).ok()?;
                whole.truncate(usize::try_from(inflate.total_out()).ok()?);
                *history = whole;
                Some(history)
            }
            Self::Lzx(lzx) => lzx.decompress_next(block, length.min(WHOLE)).ok(),
        }
    }
}

/// Unpacks a folder. Gives whether all of it was there, and whether more is wanted.
fn unpack(object: &[u8], folder: &Folder, reserved: usize, out: &mut dyn Out) -> (bool, bool) {
    let method = Method::of(folder.method);
    let Some(mut method) = method.filter(|_| !folder.continued) else {
        let reason = if folder.continued { Cut::Truncated } else { Cut::Unsupported };
        folder.files.iter().for_each(|file| only_name(&file.name, reason, out));
        return (folder.files.is_empty(), true);
    };
    let mut rest = object.get(folder.at..).unwrap_or(&[]);
    let mut stretch = Stretch::new(out, &folder.files);
    let mut reason = None;
    for _ in 0..folder.blocks {
        let head = take(&mut rest, size(BLOCK) + reserved);
        let block = head.and_then(|head| take(&mut rest, usize::from(le16(head, 4)?)));
        let (Some(head), Some(block)) = (head, block) else {
            reason = Some(Cut::Truncated);
            break;
        };
        let length = usize::from(le16(head, 6).unwrap_or(0));
        let told = le32(head, 0).unwrap_or(0);
        let is_wrong = told != 0 && checksum(checksum(0, block), head.get(4..).unwrap_or(&[])) != told;
        let Some(bytes) = method.unpack(block, length) else {
            reason = Some(if is_wrong { Cut::Checksum } else { Cut::Malformed });
            break;
        };
        if !stretch.put(bytes) {
            break;
        }
        // Of the file that is open where the damage is seen.
        if is_wrong || bytes.len() != length {
            stretch.cut(if is_wrong { Cut::Checksum } else { Cut::Malformed });
        }
    }
    stretch.finish(reason)
}
