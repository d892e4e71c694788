//! Lines of uuencode (POSIX.1-2017, "uuencode").

/// Most bytes a line holds: its length has six bits.
pub(super) const MOST: usize = 63;

/// The name in `begin MODE NAME`, and whether the lines are base64.
pub(super) fn opening(line: &[u8]) -> Option<(&[u8], bool)> {
    let line = line.trim_ascii_end();
    let (rest, is_base64) = match line.strip_prefix(b"begin ") {
        Some(rest) => (rest, false),
        None => (line.strip_prefix(b"begin-base64 ")?, true),
    };
    let digits = rest.iter().take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (mode, name) = rest.split_at_checked(digits)?;
    let name = name.strip_prefix(b" ")?.trim_ascii_start();
    ((3..=4).contains(&mode.len()) && !name.is_empty()).then_some((name, is_base64))
}

/// Whether `line`, of which more may follow, can be one of a file.
pub(super) fn may_be_line(line: &[u8], is_base64: bool) -> bool {
    let line = line.trim_ascii_end();
    if is_base64 {
        return line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    }
    let Some((length, data)) = line.split_first() else { return true };
    // Some programs put a sum behind the data.
    let is_digit = |byte: &u8| (b' '..=b'`').contains(byte);
    is_digit(length) && data.iter().all(is_digit) && data.len() <= groups(value(*length)) * 4 + 2
}

/// Undoes a line, without its end. Blanks at its end may have been lost on the way. `None` where it is none.
/// Of one that is `cut` only what is there is undone.
pub(super) fn undo(line: &[u8], cut: bool, out: &mut [u8; MOST]) -> Option<usize> {
    if !may_be_line(line, false) {
        return None;
    }
    let Some((first, data)) = line.split_first() else { return Some(0) };
    let length = usize::from(value(*first));
    for (number, place) in out.chunks_exact_mut(3).enumerate() {
        let digit = |at: usize| data.get(4 * number + at).map_or(0, |digit| u32::from(value(*digit)));
        let [_, bytes @ ..] = (digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3)).to_be_bytes();
        place.copy_from_slice(&bytes);
    }
    Some(if cut { length.min(data.len() / 4 * 3) } else { length })
}

const fn value(digit: u8) -> u8 {
    digit.wrapping_sub(b' ') & 0x3f
}

fn groups(bytes: u8) -> usize {
    usize::from(bytes).div_ceil(3)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn openings_are_told_from_text() {
        let cases: [(&str, Option<(&str, bool)>); 10] = [
            ("begin 644 q3.txt\r\n", Some(("q3.txt", false))),
            ("begin 0600  two words.txt\n", Some(("two words.txt", false))),
            ("begin-base64 644 x\n", Some(("x", true))),
            ("begin 64 x\n", None),
            ("begin 644\n", None),
            ("begin 644 \n", None),
            ("begin 888 x\n", None),
            ("begin with us\n", None),
            ("beginning 644 x\n", None),
            ("Begin 644 x\n", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(name, is_base64)| (name.as_bytes(), is_base64));
            assert_eq!(opening(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn lines_become_bytes() {
        let mut out = [0; MOST];
        let cases: [(&str, bool, Option<&[u8]>); 10] = [
            ("#0V%T", false, Some(b"Cat")),
            ("#0V%TX", false, Some(b"Cat")),
            ("#0V%TXX", false, Some(b"Cat")),
            ("#0V%TXXX", false, None),
            ("`", false, Some(b"")),
            ("", false, Some(b"")),
            // Blanks at the end, which stand for zeros, were lost.
            ("#", false, Some(b"\0\0\0")),
            ("#0V%", true, Some(b"")),
            ("$0V%T", true, Some(b"Cat")),
            ("#0v%T", false, None),
        ];
        for (line, cut, expected) in cases {
            let found = undo(line.as_bytes(), cut, &mut out).map(|length| out[..length].to_vec());
            assert_eq!(found.as_deref(), expected, "{line:?}");
        }
    }
}
