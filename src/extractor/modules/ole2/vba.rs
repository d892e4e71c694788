//! Macros ([MS-OVBA]): the source of their modules, which is packed (section 2.4.1).

use std::collections::HashMap;

use encoding_rs::Encoding;

use super::super::text::{code_page, decoded};
use crate::decode::{le16, le32};

/// Bytes of a chunk that is not packed.
const CHUNK: usize = 4096;
/// Longest list of modules that is read.
const LIST: usize = 4 << 20;

/// Where the source of a module begins, by its stream's name in lower case, and how it is written.
#[derive(Debug)]
pub(super) struct Project {
    offsets: HashMap<String, usize>,
    pub(super) encoding: &'static Encoding,
}

impl Project {
    /// Reads the stream `dir` (section 2.3.4.2), as far as it can be read.
    pub(super) fn read(dir: &[u8]) -> Self {
        let mut list = Vec::new();
        unpack(dir, |bytes| {
            list.extend_from_slice(bytes);
            list.len() < LIST
        });
        let mut project = Self { offsets: HashMap::new(), encoding: encoding_rs::WINDOWS_1252 };
        // What cannot be read any further leaves the modules to a search.
        let _rest = project.records(&list);
        project
    }

    fn records(&mut self, list: &[u8]) -> Option<()> {
        let (mut rest, mut stream) = (list, String::new());
        while !rest.is_empty() {
            let (id, length) = (le16(rest, 0)?, usize::try_from(le32(rest, 2)?).ok()?);
            // PROJECTVERSION has two bytes more than it says (section 2.3.4.2.1.11).
            let length = if id == 9 { 6 } else { length };
            let (record, behind) = rest.get(6..)?.split_at_checked(length)?;
            rest = behind;
            match id {
                0x03 => self.encoding = code_page(u32::from(le16(record, 0)?)),
                0x1a => stream = decoded(record, self.encoding).to_lowercase(),
                0x31 => {
                    let offset = usize::try_from(le32(record, 0)?).ok()?;
                    self.offsets.insert(std::mem::take(&mut stream), offset);
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Where the source begins in the stream of that name: where the project says, or where it looks like that.
    pub(super) fn source<'a>(&self, name: &str, stream: &'a [u8]) -> Option<&'a [u8]> {
        let told = self.offsets.get(&name.to_lowercase()).and_then(|at| stream.get(*at..));
        if let Some(source) = told.filter(|source| source.first() == Some(&1)) {
            return Some(source);
        }
        // Every module begins with `Attribute`, behind a signature, a length, and a byte that says that letters follow.
        let at = memchr::memmem::find_iter(stream, b"\0Attribut").find_map(|at| at.checked_sub(3))?;
        stream.get(at..).filter(|source| source.first() == Some(&1))
    }
}

/// Unpacks a container, chunk by chunk. `put` says whether more is wanted. False where it is not whole.
pub(super) fn unpack(container: &[u8], mut put: impl FnMut(&[u8]) -> bool) -> bool {
    let Some((1, mut rest)) = container.split_first().map(|(first, rest)| (*first, rest)) else { return false };
    let mut chunk = Vec::with_capacity(CHUNK);
    while !rest.is_empty() {
        let Some(header) = le16(rest, 0).filter(|header| header >> 12 & 7 == 3) else { return false };
        let length = usize::from(header & 0xfff) + 3;
        let (bytes, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let packed = bytes.get(2..).unwrap_or(&[]);
        chunk.clear();
        let whole = if header & 0x8000 == 0 {
            chunk.extend_from_slice(packed);
            true
        } else {
            unpack_chunk(packed, &mut chunk).is_some()
        };
        if !put(&chunk) {
            return true;
        }
        if !whole || bytes.len() < length {
            return false;
        }
        rest = behind;
    }
    true
}

/// Unpacks a chunk (section 2.4.1.3.4). `None` where it refers to what is not there, or becomes too long.
fn unpack_chunk(packed: &[u8], chunk: &mut Vec<u8>) -> Option<()> {
    let mut rest = packed;
    while let Some((flags, behind)) = rest.split_first() {
        rest = behind;
        for bit in 0..8 {
            if rest.is_empty() {
                break;
            }
            if flags >> bit & 1 == 0 {
                let (byte, behind) = rest.split_first()?;
                rest = behind;
                chunk.push(*byte);
            } else {
                let token = le16(rest, 0)?;
                rest = rest.get(2..)?;
                // Section 2.4.1.3.19.1: the more there is to refer to, the more bits say where.
                let bits = usize::BITS - chunk.len().checked_sub(1)?.leading_zeros();
                let bits = bits.clamp(4, 12);
                let length = usize::from(token & (0xffff >> bits)) + 3;
                let back = usize::from(token >> (16 - bits)) + 1;
                for _ in 0..length {
                    let byte = *chunk.get(chunk.len().checked_sub(back)?)?;
                    chunk.push(byte);
                }
            }
            if chunk.len() > CHUNK {
                chunk.truncate(CHUNK);
                return None;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(container: &[u8]) -> (String, bool) {
        let mut text = Vec::new();
        let whole = unpack(container, |bytes| {
            text.extend_from_slice(bytes);
            true
        });
        (String::from_utf8_lossy(&text).into_owned(), whole)
    }

    /// The examples of [MS-OVBA] section 3.2.
    #[test]
    fn examples_of_the_description() {
        let plain = b"\x01\x19\xb0\0abcdefgh\0ijklmnop\0qrstuv.";
        assert_eq!(unpacked(plain), ("abcdefghijklmnopqrstuv.".to_owned(), true));
        let normal = [
            0x01, 0x2f, 0xb0, 0x00, 0x23, 0x61, 0x61, 0x61, 0x62, 0x63, 0x64, 0x65, 0x82, 0x66, 0x00, 0x70, 0x61, 0x67,
            0x68, 0x69, 0x6a, 0x01, 0x38, 0x08, 0x61, 0x6b, 0x6c, 0x00, 0x30, 0x6d, 0x6e, 0x6f, 0x70, 0x06, 0x71, 0x02,
            0x70, 0x04, 0x10, 0x72, 0x73, 0x74, 0x75, 0x76, 0x10, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x3c,
        ];
        let text = "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa";
        assert_eq!(unpacked(&normal), (text.to_owned(), true));
        assert_eq!(unpacked(b"\x01\x03\xb0\x02aE\0"), ("a".repeat(73), true));
    }

    #[test]
    fn what_refers_to_nothing_ends_there() {
        assert_eq!(unpacked(b"\x01\x02\xb0\x01\0\0"), (String::new(), false));
        assert_eq!(unpacked(b"\x01\x03\xb0\x02a\xff\xff"), ("a".to_owned(), false));
        assert_eq!(unpacked(b"\x02abc"), (String::new(), false));
        // Three tokens of 4098 bytes in one chunk.
        let (text, whole) = unpacked(b"\x01\x07\xb0\x0ea\xff\x0f\xff\x0f\xff\x0f");
        assert_eq!((text.len(), whole), (CHUNK, false));
    }
}
