//! Short base64 is told by what it holds: twelve letters and digits in a row that are, from some place on, nine characters
//! of ASCII. Digits by chance are that once in a thousand words at most; base64 of a text is it nearly everywhere.
//!
//! Each of a group's four digits leaves out most of the others: the first is that of a byte from 0x20 to 0x7f, so is what
//! the second and the third have of the bytes they begin. What may stand where is a bit of [`PLACES`], and the search
//! is the one for a pattern of twelve sets (Baeza-Yates and Gonnet's shift-and): a shift and a table a byte, at
//! all four alignments at once, so that it does not matter what stands in front. Where no word is long enough,
//! nothing of that is done, which is seen of 32 bytes at a time.

/// Digits that tell.
pub(super) const DIGITS: usize = 12;

/// For each byte, where in the pattern it may stand.
static PLACES: [u16; 256] = places();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which does not allow a wrong index")]
const fn places() -> [u16; 256] {
    // Letters and digits only: those few of which a path or a word is joined are seldom in base64 of ASCII.
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut places = [0; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        let first = matches!(value, 8..32);
        let second = matches!(value & 15, 2..8);
        let third = value & 3 < 2;
        let group = first as u16 | (second as u16) << 1 | (third as u16) << 2 | 1 << 3;
        places[ALPHABET[value] as usize] = group | group << 4 | group << 8;
        value += 1;
    }
    places
}

/// Of each window so many bytes are looked at, and the next begins so many behind it: twelve in a row fill one.
const WINDOW: usize = 8;
const STRIDE: usize = 5;
const _: () = assert!(STRIDE + WINDOW <= DIGITS + 1);

/// Whether a window has but letters and digits.
#[inline]
const fn is_word(window: [u8; WINDOW]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; WINDOW])
    }
    // Without their highest bits, which none may have, bytes can be added to without a carry into the next.
    let bytes = u64::from_ne_bytes(window);
    let low = bytes & !HIGH;
    // Most windows have a blank or a mark, which are lower than all digits.
    let from_zero = low + all(0x80 - b'0');
    if (from_zero & !bytes) & HIGH != HIGH {
        return false;
    }
    let small = low | all(0x20);
    let letter = (small + all(0x80 - b'a')) & !(small + all(0x7f - b'z'));
    let digit = !(low + all(0x7f - b'9'));
    (letter | digit) & HIGH == HIGH
}

/// Looks for it, in pieces of any size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Proof {
    /// For each length, whether so many bytes at the end may begin it.
    begun: u16,
}

impl Proof {
    pub(super) const NEW: Self = Self { begun: 0 };

    /// Takes a byte, and says whether the last [`DIGITS`] tell.
    pub(super) fn byte(&mut self, byte: u8) -> bool {
        self.begun = (self.begun << 1 | 1) & PLACES.get(usize::from(byte)).copied().unwrap_or(0);
        self.begun & 1 << (DIGITS - 1) != 0
    }

    /// Where the first that tell end.
    pub(super) fn seek(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        // A word may have begun in the piece before.
        if self.begun != 0 {
            at = self.word(bytes, 0)?;
        }
        while !self.tells() {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let Some(start) = word_start(rest) else {
                self.begun = 0;
                // No more than these can be the beginning of a word that is long enough.
                let last = rest.get(rest.len().saturating_sub(DIGITS - 1)..).unwrap_or(rest);
                last.iter().for_each(|byte| _ = self.byte(*byte));
                return None;
            };
            at = self.word(bytes, at + start)?;
        }
        Some(at)
    }

    const fn tells(self) -> bool {
        self.begun & 1 << (DIGITS - 1) != 0
    }

    /// Takes bytes from `at` on to where they tell or the word ends. Where that is; nothing if neither is seen.
    fn word(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let ends = |byte: &u8| self.byte(*byte) || PLACES.get(usize::from(*byte)) == Some(&0);
        rest.iter().position(ends).map(|end| at + end + 1)
    }
}

/// So many bytes are looked at together, which compilers do in few steps.
const BLOCK: usize = 32;

/// Where the first word begins, or goes on, that is long enough. Of its groups of four bytes, counted from the first byte of
/// all, two neighbours are letters and digits; only near those words are measured.
fn word_start(bytes: &[u8]) -> Option<usize> {
    const GROUP: usize = 4;
    const _: () = assert!(2 * GROUP + GROUP - 1 < DIGITS);
    let measure = |start: usize, end: usize| {
        let start = start.saturating_sub(2 * GROUP - 1);
        let near = bytes.get(start..end.min(bytes.len())).unwrap_or(&[]);
        measured_start(near).map(|at| start + at)
    };
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let mut last = 0;
    for (number, block) in blocks.iter().enumerate() {
        let mut are = [0; BLOCK];
        for (is, byte) in are.iter_mut().zip(block) {
            let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
            let is_digit = byte.wrapping_sub(b'0') < 10;
            *is = if is_letter | is_digit { u8::MAX } else { 0 };
        }
        let mut found = false;
        for group in are.as_chunks::<GROUP>().0 {
            let group = u32::from_ne_bytes(*group);
            found |= group & last == u32::MAX;
            last = group;
        }
        let start = number * BLOCK;
        if found && let Some(at) = measure(start, start + BLOCK + DIGITS) {
            return Some(at);
        }
    }
    measure(blocks.len() * BLOCK, bytes.len())
}

/// The same, window by window.
fn measured_start(bytes: &[u8]) -> Option<usize> {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric();
    let mut at = 0;
    while let Some(window) = bytes.get(at..).and_then(<[u8]>::first_chunk::<WINDOW>) {
        if !is_word(*window) {
            at += STRIDE;
            continue;
        }
        // A word that began before those would have filled the window before.
        let before = bytes.get(at.saturating_sub(STRIDE - 1)..at).unwrap_or(&[]);
        let start = at - before.iter().rev().take_while(is_letter).count();
        let behind = bytes.get(at + WINDOW..).unwrap_or(&[]);
        let end = at + WINDOW + behind.iter().take(DIGITS - WINDOW).take_while(is_letter).count();
        if end - start >= DIGITS {
            return Some(start);
        }
        at = end;
    }
    None
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;

    /// The same, told simply.
    fn expected(text: &[u8]) -> Option<usize> {
        let mut proof = Proof::NEW;
        text.iter().position(|byte| proof.byte(*byte)).map(|at| at + 1)
    }

    fn sought<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<usize> {
        let (mut proof, mut before) = (Proof::NEW, 0);
        for piece in pieces {
            if let Some(at) = proof.seek(piece) {
                return Some(before + at);
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn windows_of_letters_and_digits_are_told_from_others() {
        for byte in 0..=u8::MAX {
            for place in 0..WINDOW {
                let mut window = *b"aZ09Az55";
                window[place] = byte;
                assert_eq!(is_word(window), byte.is_ascii_alphanumeric(), "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn base64_of_text_tells_from_its_twelfth_digit_on_whatever_stands_before() {
        let digits = data_encoding::BASE64.encode(b"nine char");
        for before in ["", "a", "1+", "//x", "path/", "Basic ", "0123456789abcdef", "GGGGGGGGGGGGGGGGGGGGGGG"] {
            let text = format!("{before}{digits}");
            assert_eq!(expected(text.as_bytes()), Some(text.len()), "{text}");
            assert_eq!(expected(&text.as_bytes()[..text.len() - 1]), None, "{text}");
        }
    }

    #[test]
    fn words_of_usual_heads_and_digests_do_not_tell() {
        let head = "GET /static/images/thumbnails/background.png HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 \
            (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n\
            Accept: text/html,application/xhtml+xml,application/signed-exchange;v=b3\r\nUpgrade-Insecure-Requests: 1\r\n\
            If-None-Match: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\nX-XSS-Protection: 1\r\n\
            Access-Control-Allow-Credentials: true\r\nStrict-Transport-Security: max-age=1; includeSubDomains\r\n\
            X-Request-ID: 6b1f2c52-9d5e-4a57-8f0e-3a1c0d9b7e44\r\nVary: XMLHttpRequest\r\n\r\n";
        assert_eq!(expected(head.as_bytes()), None);
        assert_eq!(sought([head.as_bytes()]), None);
    }

    #[test]
    fn what_tells_is_found_wherever_pieces_end() {
        let mut texts = vec![String::new(), data_encoding::BASE64.encode(b"some words, and more of them")];
        let mut state = 7_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        for length in 0..300 {
            // Digits that may be of text, joined by others now and then.
            let share = 2 + next() % 40;
            let letter = |random: usize| match random % share {
                0 => b" =/Gz"[random / share % 5],
                _ => b"Ia2VjcmV0"[random / share % 9],
            };
            texts.push((0..length).map(|_| char::from(letter(next()))).collect());
        }
        let mut found = 0;
        for text in &texts {
            let text = text.as_bytes();
            let expected = expected(text);
            found += usize::from(expected.is_some());
            for size in [1, 2, 3, 4, 5, 7, 11, 12, 13, 31, usize::MAX] {
                assert_eq!(sought(text.chunks(size)), expected, "{} in pieces of {size}", text.escape_ascii());
            }
            for cut in 0..=text.len() {
                let (first, second) = text.split_at(cut);
                assert_eq!(sought([first, second]), expected, "{} cut at {cut}", text.escape_ascii());
            }
        }
        assert!((50..texts.len() - 50).contains(&found), "{found} of {}", texts.len());
    }
}
