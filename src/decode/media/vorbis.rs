//! Vorbis comments (Xiph.Org, Vorbis I section 5), as Ogg and FLAC have them.

use super::super::metadata::Texts;
use super::super::parts::le32;

/// Hands out who wrote them, and names and values of comments, a line each.
pub(super) fn read(bytes: &[u8], texts: &mut Texts<'_>) {
    let mut rest = bytes;
    let Some(vendor) = next(&mut rest) else { return };
    texts.plain(vendor);
    let Some(count) = le32(rest, 0) else { return };
    rest = rest.get(4..).unwrap_or(&[]);
    for _ in 0..count {
        let Some(comment) = next(&mut rest) else { return };
        comment.splitn(2, |byte| *byte == b'=').for_each(|part| texts.plain(part));
    }
}

/// A text behind its length. Of what is not all there, what is there.
fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(le32(rest, 0)?).ok()?;
    let behind = rest.get(4..)?;
    let (text, behind) = behind.split_at_checked(length).unwrap_or((behind, &[]));
    *rest = behind;
    Some(text)
}
