//! Where a stream ends: at `endstream`, whatever its dictionary says.

use memchr::memchr3;

use super::super::decoder::Field;

const WORD: &[u8] = b"endstream";
/// The word, and the line end before it.
const HELD: usize = WORD.len() + 2;

/// What comes of a piece.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// Bytes of the stream.
    Data(&'a [u8]),
    /// Bytes of the stream that seemed to be its end.
    Held(Field<HELD>),
    End,
    /// All was taken.
    Nothing,
}

/// Looks for the end of a stream.
#[derive(Debug)]
pub(super) struct Ender {
    /// A line end, and the beginning of the word.
    held: Field<HELD>,
    /// So many letters of the word.
    matched: usize,
}

impl Ender {
    pub(super) const fn new() -> Self {
        Self { held: Field::EMPTY, matched: 0 }
    }

    pub(super) const fn reset(&mut self) {
        self.held.clear();
        self.matched = 0;
    }

    /// What comes next, which is taken from the front of `input`.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Found<'a> {
        if self.held.get().is_empty() {
            let at = memchr3(b'\r', b'\n', b'e', input).unwrap_or(input.len());
            if at != 0
                && let Some((data, rest)) = input.split_at_checked(at)
            {
                *input = rest;
                return Found::Data(data);
            }
        }
        while let Some((byte, rest)) = input.split_first() {
            let is_next = WORD.get(self.matched) == Some(byte);
            let joins = self.matched == 0
                && match self.held.get() {
                    [] => matches!(byte, b'\r' | b'\n'),
                    b"\r" => *byte == b'\n',
                    _ => false,
                };
            if !is_next && !joins {
                return Found::Held(self.release());
            }
            *input = rest;
            self.held.append(&[*byte]);
            self.matched += usize::from(is_next);
            if self.matched == WORD.len() {
                self.reset();
                return Found::End;
            }
        }
        Found::Nothing
    }

    /// Gives up what seemed to be the end, but for what may begin it anew: after `endstre` that is the last letter.
    fn release(&mut self) -> Field<HELD> {
        let held = self.held;
        let again = self.matched == 7;
        self.reset();
        let Some(kept) = held.get().len().checked_sub(1).filter(|_| again) else { return held };
        let mut freed = Field::EMPTY;
        freed.append(held.get().get(..kept).unwrap_or(&[]));
        self.held.append(b"e");
        self.matched = 1;
        freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_however_it_is_cut() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"data\r\nendstream x", b"data"),
            (b"end\nendstreax\r\r\nendstrendstream", b"end\nendstreax\r\r\nendstr"),
            (b"endstream", b""),
            (b"a\n\nendstream", b"a\n"),
            (b"e\nendsendstream", b"e\nends"),
        ];
        for (bytes, expected) in cases {
            for size in 1..=bytes.len() {
                let (mut ender, mut data, mut ended) = (Ender::new(), Vec::new(), false);
                'pieces: for mut piece in bytes.chunks(size) {
                    loop {
                        match ender.next(&mut piece) {
                            Found::Data(found) => data.extend_from_slice(found),
                            Found::Held(found) => data.extend_from_slice(found.get()),
                            Found::Nothing => break,
                            Found::End => {
                                ended = true;
                                break 'pieces;
                            }
                        }
                    }
                }
                assert!(ended);
                assert_eq!(data, expected, "pieces of {size} bytes");
            }
        }
    }
}
