//! Texts of IPTC-IIM (version 4.2), which lie in the resources of Photoshop.

use super::super::metadata::{LATIN, Texts};
use super::super::parts::{be16, be32};

/// The resource that holds them.
const IPTC: u16 = 0x0404;

/// Hands out the texts in the resources that stand behind `Photoshop 3.0`.
pub(super) fn read(resources: &[u8], texts: &mut Texts<'_>) {
    let mut rest = resources;
    while let Some(resource) = rest.strip_prefix(b"8BIM") {
        let (Some(id), Some(name)) = (be16(resource, 0), resource.get(2)) else { return };
        // The name with its length, and the data, have an even number of bytes.
        let at = 2 + (usize::from(*name) + 2) / 2 * 2;
        let Some(length) = be32(resource, at).and_then(|length| usize::try_from(length).ok()) else { return };
        let data = resource.get(at + 4..).unwrap_or(&[]);
        if id == IPTC {
            records(data.get(..length).unwrap_or(data), texts);
        }
        rest = data.get(length.saturating_add(length % 2)..).unwrap_or(&[]);
    }
}

/// Hands out the texts of records.
pub(super) fn records(data: &[u8], texts: &mut Texts<'_>) {
    let mut rest = data;
    let mut is_utf8 = false;
    while let [0x1c, record, set, high, low, data @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let value = data.get(..length).unwrap_or(data);
        match (record, set) {
            // The character set, as an escape sequence of ISO 2022.
            (1, 90) => is_utf8 = value == b"\x1b%G",
            // The version, a number.
            (2, 0) => {}
            (2, _) => {
                let is_utf8 = is_utf8 || std::str::from_utf8(value).is_ok();
                texts.line(value, (!is_utf8).then_some(LATIN));
            }
            _ => {}
        }
        rest = data.get(length..).unwrap_or(&[]);
    }
}
