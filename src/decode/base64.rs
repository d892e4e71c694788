//! base64 (RFC 4648 section 4) as MIME carries it (RFC 2045 section 6.8), undone piece by piece; in other text than mail
//! with the digits of section 5 as well, which stand in addresses and tokens.
//!
//! "All line breaks or other characters not found in Table 1 must be ignored by decoding software." Padding ends a group
//! of four; what follows it is decoded as well, since some readers go on there. A last group that is not whole gives the
//! bytes that are.

/// Set in [`TABLES`] for what is no digit.
const BAD: u32 = 1 << 31;

/// For each place in a group, what a digit adds to its 24 bits.
static TABLES: [[u32; 256]; 4] = tables(false);
/// The same with the digits of both alphabets.
static ANY_TABLES: [[u32; 256]; 4] = tables(true);

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which does not allow a wrong index")]
const fn tables(any: bool) -> [[u32; 256]; 4] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut tables = [[BAD; 256]; 4];
    let mut value = 0;
    while value < 64 {
        let mut place = 0;
        while place < 4 {
            let bits = value << (6 * (3 - place));
            tables[place][DIGITS[value as usize] as usize] = bits;
            if any && value >= 62 {
                tables[place][b"-_"[value as usize - 62] as usize] = bits;
            }
            place += 1;
        }
        value += 1;
    }
    tables
}

/// What is known of a group that is not complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base64 {
    bits: u32,
    digits: u8,
    tables: &'static [[u32; 256]; 4],
}

impl Base64 {
    /// Nothing has come yet.
    pub(super) const NEW: Self = Self { bits: 0, digits: 0, tables: &TABLES };
    /// The same, of digits of either alphabet.
    pub(super) const ANY: Self = Self { tables: &ANY_TABLES, ..Self::NEW };

    /// Undoes what is at the front of `input`, as far as there is room in `out`, which has three bytes or more.
    /// Returns how many bytes it has written.
    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut [u8]) -> usize {
        let [first, second, third, fourth] = self.tables;
        let digit = |table: &[u32; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or(BAD);
        let mut written = 0;
        while let Some(room) = out.get_mut(written..).filter(|room| room.len() >= 3) {
            if self.digits == 0 {
                let mut groups = 0;
                for (group, place) in input.chunks_exact(4).zip(room.chunks_exact_mut(3)) {
                    let [a, b, c, d] = *group else { break };
                    let bits = digit(first, a) | digit(second, b) | digit(third, c) | digit(fourth, d);
                    if bits & BAD != 0 {
                        break;
                    }
                    let [_, high, middle, low] = bits.to_be_bytes();
                    place.copy_from_slice(&[high, middle, low]);
                    groups += 1;
                }
                *input = input.get(4 * groups..).unwrap_or(&[]);
                written += 3 * groups;
                if groups != 0 {
                    continue;
                }
            }
            let Some((byte, rest)) = input.split_first() else { break };
            *input = rest;
            let value = digit(fourth, *byte);
            if value & BAD == 0 {
                self.bits = self.bits << 6 | value;
                self.digits += 1;
            }
            if self.digits == 4 || (*byte == b'=' && self.digits >= 2) {
                written += self.finish(room);
            }
        }
        written
    }

    /// Writes the one, two or three bytes that the digits of the last group hold whole. Returns how many.
    pub(super) fn finish(&mut self, out: &mut [u8]) -> usize {
        let bits = self.bits << (6 * (4 - u32::from(self.digits.min(4))));
        let [_, bytes @ ..] = bits.to_be_bytes();
        let whole = usize::from(self.digits).saturating_sub(1).min(out.len());
        for (place, byte) in out.iter_mut().zip(bytes).take(whole) {
            *place = byte;
        }
        *self = Self { tables: self.tables, ..Self::NEW };
        whole
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Undoes `pieces` into a buffer of `room` bytes, again and again.
    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, room: usize) -> Vec<u8> {
        let (mut base64, mut all, mut buffer) = (Base64::NEW, Vec::new(), vec![0; room]);
        for mut piece in pieces {
            while !piece.is_empty() {
                let written = base64.push(&mut piece, &mut buffer);
                all.extend_from_slice(&buffer[..written]);
            }
        }
        let written = base64.finish(&mut buffer);
        all.extend_from_slice(&buffer[..written]);
        all
    }

    #[test]
    fn digits_become_bytes_whatever_stands_between_them() {
        let cases: [(&str, &[u8]); 16] = [
            ("", b""),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYmFy", b"foobar"),
            ("Zm9v\r\nYmFy\r\n", b"foobar"),
            ("Z m\t9\nv", b"foo"),
            ("Zm9v!YmFy*", b"foobar"),
            ("Zm\u{e4}9v", b"foo"),
            // Not padded, and one digit, which holds no byte.
            ("Zm8", b"fo"),
            ("Zg", b"f"),
            ("Z", b""),
            // Padded within, too much, and before anything.
            ("Zg==Zm9v", b"ffoo"),
            ("Zg=====", b"f"),
            ("==Zm9v", b"foo"),
            ("+/+/", b"\xfb\xff\xbf"),
        ];
        let mut room = [0; 8];
        assert_eq!(Base64::ANY.clone().push(&mut b"-_+/".as_slice(), &mut room), 3);
        assert_eq!(room[..3], *b"\xfb\xff\xbf");
        for (text, bytes) in cases {
            assert_eq!(decode([text.as_bytes()], 64), bytes, "{text:?}");
            assert_eq!(decode(text.as_bytes().chunks(1), 3), bytes, "{text:?}, byte by byte");
        }
    }

    proptest! {
        #[test]
        fn what_another_encoder_has_written_comes_back(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            width in 1_usize..100,
            cut in 1_usize..100,
            room in 3_usize..100,
        ) {
            let text = data_encoding::BASE64.encode(&bytes);
            let lines: Vec<u8> = text.as_bytes().chunks(width).flat_map(|line| [line, b"\r\n"].concat()).collect();
            prop_assert_eq!(decode(lines.chunks(cut), room), bytes);
        }
    }
}
