//! Messages of Outlook ([MS-OXMSG]): what the streams of a storage are that stand for properties.

use encoding_rs::Encoding;

use super::super::text::{code_page, decoded, wide};
use crate::decode::le32;

/// What such streams' names begin with; behind it stand the property's number and its type, four digits each.
const PREFIX: &str = "__substg1.0_";
/// The stream with the properties of fixed length, which every such storage has.
pub(super) const PROPERTIES: &str = "__properties_version1.0";

/// What a storage stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Message,
    Recipient,
    Attachment,
    /// Names of properties.
    Names,
    /// A message or an OLE2 object that is attached.
    Attached,
}

impl Role {
    /// By a storage's name; `None` where that says nothing.
    pub(super) fn of(name: &str) -> Option<Self> {
        let starts = |start: &str| name.starts_with(start);
        match () {
            () if starts("__recip_version1.0_") => Some(Self::Recipient),
            () if starts("__attach_version1.0_") => Some(Self::Attachment),
            () if starts("__nameid_version1.0") => Some(Self::Names),
            () if starts("__substg1.0_3701000D") => Some(Self::Attached),
            () => None,
        }
    }
}

/// Whether a stream is a property's, or says how long the values of one are.
pub(super) fn is_property(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// A property's number and its type ([MS-OXPROPS]), by its stream's name. Of one with many values each has a stream, with a
/// number behind the name.
pub(super) fn property(name: &str) -> Option<(u16, u16)> {
    let digits = name.strip_prefix(PREFIX)?;
    let part = |range| u16::from_str_radix(digits.get(range)?, 16).ok();
    // What says how long they are is none of the values.
    let kind = part(4..8)?;
    if kind & 0x1000 != 0 && digits.len() == 8 {
        return None;
    }
    Some((part(0..4)?, kind & !0x1000))
}

/// The encodings of texts of one byte a character and of HTML, by the stream of properties (section 2.4).
pub(super) fn encodings(properties: &[u8]) -> (&'static Encoding, &'static Encoding) {
    // In front of 16 bytes each stand 8, 24 or 32.
    let (entries, _) = properties.get(properties.len() % 16..).unwrap_or(&[]).as_chunks::<16>();
    let page = |tag: u32| entries.iter().find(|entry| le32(*entry, 0) == Some(tag)).and_then(|entry| le32(entry, 8));
    let message = page(0x3ffd_0003).map_or(encoding_rs::WINDOWS_1252, code_page);
    (message, page(0x3fde_0003).map_or(message, code_page))
}

/// A text property as UTF-8.
pub(super) fn text(kind: u16, bytes: &[u8], encoding: &'static Encoding) -> String {
    if kind == 0x1f { wide(bytes) } else { decoded(bytes, encoding).into_owned() }
}
