//! Who a client says it is (MS-NLMP section 2.2.1.3). Its proofs of the password are not looked at.

use super::fields::{Text, array, le16, le32};
use super::layout::tag;
use super::talk::Asked;
use crate::proto::digits::Decimal;
use memchr::memmem;

const SIGNATURE: &[u8] = b"NTLMSSP\0";
/// An AUTHENTICATE_MESSAGE.
const AUTHENTICATE: u32 = 3;
/// Flags: texts are in UTF-16; there is a version.
const UNICODE: u32 = 0x0000_0001;
const VERSION: u32 = 0x0200_0000;

/// Bytes of each name that are told.
const NAME_BYTES: usize = 80;

/// Puts the names in a security blob into a record. False when they lie outside of it.
pub(super) fn names(blob: &[u8], record: &mut Asked) -> bool {
    let Some(message) = memmem::find(blob, SIGNATURE).and_then(|at| blob.get(at..)) else { return true };
    if le32(message, SIGNATURE.len()) != Some(AUTHENTICATE) {
        return true;
    }
    let Some(flags) = le32(message, 60) else { return false };
    let mut all = true;
    for (field, tag) in [(28, tag::DOMAIN), (36, tag::USER), (44, tag::HOST)] {
        let Some(bytes) = text(message, field) else {
            all = false;
            continue;
        };
        let text = if flags & UNICODE == 0 {
            let mut text = Text::EMPTY;
            text.more(bytes);
            text
        } else {
            Text::of_utf16(bytes)
        };
        let kept = text.bytes();
        record.text(tag, kept.get(..NAME_BYTES).unwrap_or(kept));
    }
    if flags & VERSION != 0
        && let Some([major, minor, low, high, _, _, _, revision]) = array(message, 64)
    {
        // as Suricata writes it: `6.1 build 0 rev 15`
        record.begin(tag::VERSION);
        record.more(Decimal::new(major.into()).text());
        record.more(b".");
        record.more(Decimal::new(minor.into()).text());
        record.more(b" build ");
        record.more(Decimal::new(u16::from_le_bytes([low, high]).into()).text());
        record.more(b" rev ");
        record.more(Decimal::new(revision.into()).text());
        record.end();
    }
    all
}

/// What a field of a message leads to: length, room, offset.
fn text(message: &[u8], field: usize) -> Option<&[u8]> {
    let (length, offset) = (usize::from(le16(message, field)?), usize::try_from(le32(message, field + 4)?).ok()?);
    message.get(offset..offset.checked_add(length)?)
}
