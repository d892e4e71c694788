//! Numbers and texts in messages: little-endian (MS-SMB2 section 2.2), UTF-16.

use crate::proto::digits::hex;

/// Bytes from `at` on.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(super) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(super) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// Bytes of a text that are kept, in UTF-8.
pub(super) const TEXT_BYTES: usize = 256;

/// A text that was put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    bytes: [u8; TEXT_BYTES],
    len: usize,
}

impl Text {
    pub(super) const EMPTY: Self = Self { bytes: [0; TEXT_BYTES], len: 0 };

    /// As much of a text in UTF-16 as has room; what stands for no character is U+FFFD, and NULs are left out.
    pub(super) fn of_utf16(bytes: &[u8]) -> Self {
        let mut text = Self::EMPTY;
        let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).filter(|unit| *unit != 0);
        for character in char::decode_utf16(units) {
            let mut place = [0; 4];
            let encoded = character.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut place);
            if text.len + encoded.len() > TEXT_BYTES {
                break;
            }
            text.more(encoded.as_bytes());
        }
        text
    }

    /// Appends what has room.
    pub(super) fn more(&mut self, piece: &[u8]) {
        let fits = piece.len().min(TEXT_BYTES - self.len);
        if let (Some(place), Some(piece)) = (self.bytes.get_mut(self.len..self.len + fits), piece.get(..fits)) {
            place.copy_from_slice(piece);
            self.len += fits;
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// `0x` and hexadecimal digits without leading zeros.
    pub(super) fn of_hex(number: u32) -> Self {
        let digits = number.to_be_bytes().map(hex);
        let digits = digits.as_flattened();
        let leading = digits.iter().take(7).take_while(|digit| **digit == b'0').count();
        let mut text = Self::EMPTY;
        text.more(b"0x");
        text.more(digits.get(leading..).unwrap_or(&[]));
        text
    }

    /// A GUID or file id in Suricata's form: groups of 4, 2, 2, 2 and 6 bytes, each from its last byte to its first.
    pub(super) fn of_guid(guid: [u8; 16]) -> Self {
        let mut text = Self::EMPTY;
        let mut rest = &guid[..];
        for length in [4, 2, 2, 2, 6] {
            let Some((group, after)) = rest.split_at_checked(length) else { break };
            rest = after;
            if !text.bytes().is_empty() {
                text.more(b"-");
            }
            group.iter().rev().for_each(|byte| text.more(&hex(*byte)));
        }
        text
    }
}

/// Seconds since 1970 of a FILETIME (MS-DTYP section 2.3.3); 0 for times before.
pub(super) const fn unix_seconds(filetime: u64) -> u64 {
    (filetime / 10_000_000).saturating_sub(11_644_473_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(Text::of_utf16(&utf16("q3\\plan ü 🌊")).bytes(), "q3\\plan ü 🌊".as_bytes());
        assert_eq!(Text::of_utf16(b"a\0\x00\xd8b\0c").bytes(), "a\u{fffd}b".as_bytes());
        let long = utf16(&"ä".repeat(200));
        assert_eq!(Text::of_utf16(&long).bytes(), "ä".repeat(128).as_bytes());
        assert_eq!(Text::of_hex(0).bytes(), b"0x0");
        assert_eq!(Text::of_hex(0xC000_0034).bytes(), b"0xc0000034");
        let guid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        assert_eq!(Text::of_guid(guid).bytes(), b"04030201-0605-0807-0a09-100f0e0d0c0b");
        assert_eq!(unix_seconds(133_484_544_000_000_000), 1_703_980_800);
        assert_eq!(unix_seconds(5), 0);
    }
}
