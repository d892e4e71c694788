//! Text of PowerPoint presentations of 1997 to 2003 ([MS-PPT]): all text atoms, in the order of the file, those of slides
//! that were changed since among them.

use super::super::text::Text;
use crate::decode::{Cut, le16, le32};

/// Types of records (section 2.13.24).
const TEXT_CHARS: u16 = 0x0fa0;
const TEXT_BYTES: u16 = 0x0fa8;
const C_STRING: u16 = 0x0fba;
const OLE_OBJECT: u16 = 0x1011;
const CRYPT_SESSION: u16 = 0x2f14;

/// An object within a presentation: an OLE2 file, which may be packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    pub(super) bytes: &'a [u8],
    /// How long it is where it is packed.
    pub(super) packed: Option<u32>,
}

/// Whether the stream `Current User` says that a presentation is encrypted (section 2.3.2).
pub(super) fn is_encrypted(user: &[u8]) -> bool {
    le32(user, 12) == Some(0xf3d1_c4df)
}

/// Reads the stream `PowerPoint Document`. Gives the objects that are in it.
///
/// # Errors
/// Why that is not all.
pub(super) fn read<'a>(stream: &'a [u8], text: &mut Text<'_>) -> (Vec<Object<'a>>, Result<(), Cut>) {
    let mut objects = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() && text.is_wanted() {
        let (Some(first), Some(kind), Some(length)) = (le16(rest, 0), le16(rest, 2), le32(rest, 4)) else {
            return (objects, Err(Cut::Truncated));
        };
        if kind == CRYPT_SESSION {
            return (objects, Err(Cut::Encrypted));
        }
        rest = rest.get(8..).unwrap_or(&[]);
        // A container: what is in it is read as if it stood there.
        if first & 15 == 15 {
            continue;
        }
        let Some((body, behind)) = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)) else {
            return (objects, Err(Cut::Truncated));
        };
        rest = behind;
        match kind {
            // What programs keep for themselves is called `___PPT10` and the like.
            C_STRING if body.starts_with(b"_\0_\0_\0P\0P\0T\0") => continue,
            TEXT_CHARS | C_STRING => text.wide(body),
            TEXT_BYTES => body.iter().for_each(|byte| text.put(char::from(*byte))),
            OLE_OBJECT if first >> 4 == 1 => {
                objects.push(Object { bytes: body.get(4..).unwrap_or(&[]), packed: le32(body, 0) })
            }
            OLE_OBJECT => objects.push(Object { bytes: body, packed: None }),
            _ => continue,
        }
        text.end_line();
    }
    (objects, Ok(()))
}
