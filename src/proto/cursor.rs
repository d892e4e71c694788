//! Reading fields that come in pieces.
//!
//! Formats of handshakes are numbers that say how long the next thing is. A [`Grammar`] says what it wants next, a
//! number or a run of bytes, and is given it as soon as it is there, however the input is cut.

/// What a grammar wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A number of that many bytes, 1 to 4, in network order.
    Number(u8),
    /// That many bytes, in pieces.
    Run(u32),
    /// Nothing of what follows.
    Nothing,
}

/// What is made of the fields.
pub(super) trait Grammar {
    /// The number that was wanted.
    fn number(&mut self, value: u32) -> Next;

    /// A piece of the run that was wanted, not empty.
    fn piece(&mut self, piece: &[u8]);

    /// The run is over; also said of one of no bytes. Not every answer to it may be a run of no bytes.
    fn run_ended(&mut self) -> Next;
}

/// Where in its input a grammar is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    wanted: Next,
    /// The number, as far as it has come.
    value: u32,
}

impl Cursor {
    /// At the beginning of what `wanted` says.
    pub(super) const fn new(wanted: Next) -> Self {
        Self { wanted, value: 0 }
    }

    /// Takes the next bytes, all of them.
    pub(super) fn push(&mut self, bytes: &[u8], grammar: &mut impl Grammar) {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.wanted {
                Next::Nothing => return,
                Next::Number(missing) => {
                    let [byte, after @ ..] = rest else { return };
                    rest = after;
                    self.value = (self.value << 8) | u32::from(*byte);
                    if missing > 1 {
                        self.wanted = Next::Number(missing - 1);
                        continue;
                    }
                    let value = std::mem::take(&mut self.value);
                    self.wanted = settled(grammar.number(value), grammar);
                }
                Next::Run(missing) => {
                    let length = usize::try_from(missing).unwrap_or(usize::MAX).min(rest.len());
                    let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    rest = after;
                    if !piece.is_empty() {
                        grammar.piece(piece);
                    }
                    let left = missing.saturating_sub(u32::try_from(piece.len()).unwrap_or(u32::MAX));
                    self.wanted = if left > 0 { Next::Run(left) } else { settled(grammar.run_ended(), grammar) };
                }
            }
        }
    }
}

/// What is wanted once no run of no bytes is.
fn settled(mut wanted: Next, grammar: &mut impl Grammar) -> Next {
    while wanted == Next::Run(0) {
        wanted = grammar.run_ended();
    }
    wanted
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    /// Strings behind their lengths: one byte, two bytes, and so on.
    #[derive(Default)]
    struct Strings {
        width: u8,
        seen: Vec<Vec<u8>>,
    }

    impl Grammar for Strings {
        fn number(&mut self, value: u32) -> Next {
            self.seen.push(Vec::new());
            Next::Run(value)
        }

        fn piece(&mut self, piece: &[u8]) {
            self.seen.last_mut().unwrap().extend_from_slice(piece);
        }

        fn run_ended(&mut self) -> Next {
            self.width += 1;
            if self.width > 4 { Next::Nothing } else { Next::Number(self.width) }
        }
    }

    #[test]
    fn fields_are_the_same_wherever_the_input_is_cut() {
        let input = b"\x03abc\x00\x00\x00\x00\x02de\x00\x00\x00\x01frest";
        for cut in 0..=input.len() {
            let mut strings = Strings { width: 1, seen: Vec::new() };
            let mut cursor = Cursor::new(Next::Number(1));
            let (first, second) = input.split_at(cut);
            cursor.push(first, &mut strings);
            cursor.push(second, &mut strings);
            assert_eq!(strings.seen, [&b"abc"[..], b"", b"de", b"f"], "cut at {cut}");
        }
    }
}
