//! Files that were put into a document as packages: the stream `\x01Ole10Native` (`[MS-OLEDS]` section 2.3.6 and what
//! Windows' packager writes into it).

use crate::decode::{le32, until_zero};

/// A file within: its name, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Native<'a> {
    pub(super) name: &'a [u8],
    pub(super) bytes: &'a [u8],
}

/// Reads the stream. What has no name is all that stands behind its length.
pub(super) fn read(stream: &[u8]) -> Native<'_> {
    package(stream).unwrap_or(Native { name: &[], bytes: stream.get(4..).unwrap_or(&[]) })
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
    Some(Native { name: label, bytes: rest.get(4..)?.get(..size)? })
}
