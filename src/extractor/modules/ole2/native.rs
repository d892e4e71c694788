//! Files that were put into a document as packages: the stream `\x01Ole10Native` (`[MS-OLEDS]` section 2.3.6 and what
//! Windows' packager writes into it).

use super::super::text::{decoded, wide};
use crate::decode::{le32, until_zero};

/// A file within: its name, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Native<'a> {
    pub(super) name: String,
    pub(super) bytes: &'a [u8],
}

/// Reads the stream. What has no name is all that stands behind its length.
pub(super) fn read(stream: &[u8]) -> Native<'_> {
    package(stream).unwrap_or(Native { name: String::new(), bytes: stream.get(4..).unwrap_or(&[]) })
}

/// Takes a string that ends in a zero from the front.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let string = until_zero(rest);
    *rest = rest.get(string.len() + 1..)?;
    Some(string)
}

fn package(stream: &[u8]) -> Option<Native<'_>> {
    // Length of the rest, and 2.
    let mut rest = stream.get(6..).filter(|_| stream.get(4..6) == Some(&[2, 0]))?;
    let (label, _path) = (string(&mut rest)?, string(&mut rest)?);
    // 0 and 3, the length of a temporary path, and that.
    let length = usize::try_from(le32(rest, 4)?).ok()?;
    rest = rest.get(8..)?.get(length..)?;
    let size = usize::try_from(le32(rest, 0)?).ok()?;
    let (bytes, mut rest) = rest.get(4..)?.split_at_checked(size)?;
    // Newer programs say path and name again, in UTF-16.
    let name = unicode(&mut rest).and_then(|_path| unicode(&mut rest)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| decoded(label, encoding_rs::WINDOWS_1252).into_owned());
    Some(Native { name, bytes })
}

/// Takes a string in UTF-16 from the front, which says how many units it has.
fn unicode(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(le32(rest, 0)?).ok()?.checked_mul(2)?;
    let (string, behind) = rest.get(4..)?.split_at_checked(length)?;
    *rest = behind;
    Some(wide(string))
}
