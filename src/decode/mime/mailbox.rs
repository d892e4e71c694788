//! Where a message of an mbox file ends (RFC 4155): at an empty line, behind which a line that begins with `From ` and a
//! field's name stand. Programs that write such files quote other lines of bodies that begin so.

use super::super::decoder::Field;

/// What a mailbox begins with, and each of its messages.
const FROM: &[u8] = b"From ";
const FROM_FIRST: u8 = b'F';
/// Longest such line, and longest name of the field behind it.
const LINE: usize = 320;
const NAME: usize = 80;
const HELD: usize = 2 + LINE + NAME;

/// What comes of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Bytes of the message.
    Bytes(&'a [u8]),
    /// The message is over, and another begins.
    Next,
}

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Within a line.
    Line,
    /// At its beginning.
    Start,
    /// Behind an empty line that is held, or what may become one.
    Held,
}

/// What is held is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    More,
    Ends,
    Goes,
}

#[derive(Debug)]
pub(super) struct Mailbox {
    /// The first bytes of the object.
    first: Field<{ FROM.len() }>,
    state: State,
    held: Field<HELD>,
}

impl Mailbox {
    pub(super) const NEW: Self = Self { first: Field::EMPTY, state: State::Line, held: Field::EMPTY };

    /// Whether the object with the bytes that come next, of which `piece` is, begins as a mailbox does.
    pub(super) fn is_one(&mut self, piece: &[u8]) -> bool {
        let mut bytes = piece;
        self.first.fill(&mut bytes, FROM.len()) && self.first.get() == FROM
    }

    /// It is none, whatever comes.
    pub(super) fn refuse(&mut self) {
        self.first.clear();
        self.first.append(&[0; FROM.len()]);
    }

    /// Takes the next bytes. `give` says whether more is wanted, and so does this.
    pub(super) fn push<G: FnMut(Item<'_>) -> bool>(&mut self, bytes: &[u8], give: &mut G) -> bool {
        // Where what is passed on ends, and what was looked at.
        let (mut given, mut at) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match self.state {
                State::Line => {
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    let Some(end) = memchr::memchr(b'\n', rest) else { break };
                    self.state = State::Start;
                    at += end + 1;
                }
                State::Start if matches!(byte, b'\r' | b'\n') => {
                    if at > given && !give(Item::Bytes(bytes.get(given..at).unwrap_or(&[]))) {
                        return false;
                    }
                    self.state = State::Held;
                    given = at;
                }
                State::Start => self.state = State::Line,
                // Nothing that is looked for: the empty line is one of the message.
                State::Held if *byte != FROM_FIRST && matches!(self.held.get(), b"\n" | b"\r\n") => {
                    (self.state, given) = (State::Start, at);
                    let held = self.held;
                    self.held.clear();
                    if !give(Item::Bytes(held.get())) {
                        return false;
                    }
                }
                State::Held => {
                    self.held.append(&[*byte]);
                    (at, given) = (at + 1, at + 1);
                    let go_on = match judge(self.held.get()) {
                        Verdict::More => true,
                        Verdict::Ends => {
                            let held = self.take();
                            let from = memchr::memchr(b'\n', held.get()).map_or(0, |end| end + 1);
                            give(Item::Next) && give(Item::Bytes(held.get().get(from..).unwrap_or(&[])))
                        }
                        // Its first line is none; each time there is less to look at again.
                        Verdict::Goes => {
                            let held = self.take();
                            self.push(held.get(), give)
                        }
                    };
                    if !go_on {
                        return false;
                    }
                }
            }
        }
        let rest = bytes.get(given..).unwrap_or(&[]);
        self.state == State::Held || rest.is_empty() || give(Item::Bytes(rest))
    }

    /// What is held, which the rest of a line follows.
    fn take(&mut self) -> Field<HELD> {
        self.state = State::Line;
        std::mem::replace(&mut self.held, Field::EMPTY)
    }

    /// No more comes: what was held is part of the message.
    pub(super) fn finish(&mut self, give: &mut impl FnMut(Item<'_>) -> bool) {
        let held = self.take();
        if !held.get().is_empty() {
            give(Item::Bytes(held.get()));
        }
    }
}

/// Whether a message ends with an empty line, or what may become one, and what follows it.
fn judge(held: &[u8]) -> Verdict {
    let behind = match held {
        [b'\r'] => return Verdict::More,
        [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..] => behind,
        _ => return Verdict::Goes,
    };
    if !behind.starts_with(FROM) {
        return if FROM.starts_with(behind) { Verdict::More } else { Verdict::Goes };
    }
    let Some(end) = memchr::memchr(b'\n', behind) else {
        return if behind.len() < LINE { Verdict::More } else { Verdict::Goes };
    };
    match behind.get(end + 1..).unwrap_or(&[]) {
        [] => Verdict::More,
        [name @ .., b':'] if !name.is_empty() => Verdict::Ends,
        name if name.len() < NAME && name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':') => Verdict::More,
        _ => Verdict::Goes,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    /// The messages of a mailbox that comes in these pieces.
    fn messages<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
        let (mut mailbox, mut found) = (Mailbox::NEW, vec![Vec::new()]);
        let mut give = |item: Item<'_>| {
            match item {
                Item::Next => found.push(Vec::new()),
                Item::Bytes(bytes) => found.last_mut().into_iter().for_each(|last| last.extend_from_slice(bytes)),
            }
            true
        };
        pieces.into_iter().for_each(|piece| assert!(mailbox.push(piece, &mut give)));
        mailbox.finish(&mut give);
        found
    }

    #[test]
    fn messages_end_at_the_next_one() {
        let line = "From ann@example.org Sat Aug  1 10:00:00 2026";
        let long = "x".repeat(400);
        let cases: [(String, &[&str]); 12] = [
            (
                format!("{line}\nA: b\n\none\n\n{line}\nC: d\n\ntwo\n"),
                &["{line}\nA: b\n\none\n", "{line}\nC: d\n\ntwo\n"],
            ),
            (format!("{line}\r\n\r\n{line}\r\nC: d\r\n"), &["{line}\r\n", "{line}\r\nC: d\r\n"]),
            // Several empty lines, of which one is between them.
            (format!("a\n\n\n\n{line}\nC: d"), &["a\n\n\n", "{line}\nC: d"]),
            (format!("a\n\r\n\n\r\n{line}\nC: d"), &["a\n\r\n\n", "{line}\nC: d"]),
            (format!("a\n\n{line}\nC:\n\n{line}\nE:\n\n"), &["a\n", "{line}\nC:\n", "{line}\nE:\n\n"]),
            // No empty line, no field, no such line.
            (format!("a\n{line}\nC: d"), &["a\n{line}\nC: d"]),
            ("a\n\nFrom here on\nwe go: home\n".to_owned(), &["a\n\nFrom here on\nwe go: home\n"]),
            ("a\n\n>From b\nC: d\n\nFro\n\nFrom\n".to_owned(), &["a\n\n>From b\nC: d\n\nFro\n\nFrom\n"]),
            (format!("a\n\nFrom b\n\n{line}\nC: d"), &["a\n\nFrom b\n", "{line}\nC: d"]),
            (format!("a\n\nFrom b\n\r\n{line}\nC: d"), &["a\n\nFrom b\n", "{line}\nC: d"]),
            ("a\n\nFrom b\n\rx\n\n\r".to_owned(), &["a\n\nFrom b\n\rx\n\n\r"]),
            (format!("a\n\nFrom {long}\nC: d\n\n{line}\n{long}: x"), &["a\n\nFrom {long}\nC: d\n\n{line}\n{long}: x"]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|text| text.replace("{line}", line).replace("{long}", &long).into_bytes())
                .collect();
            let bytes = text.as_bytes();
            assert_eq!(messages([bytes]), expected, "{text:?}");
            assert_eq!(messages(bytes.chunks(1)), expected, "{text:?}, byte by byte");
            for at in 0..bytes.len() {
                assert_eq!(messages([&bytes[..at], &bytes[at..]]), expected, "{text:?}, cut at {at}");
            }
        }
    }
}
