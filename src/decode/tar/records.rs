//! Records of pax about the next entry (IEEE Std 1003.1, "pax Extended Header"), each of which is "LENGTH KEY=VALUE\n".

use super::super::decoder::{Field, take};
use super::NAME;

/// Longest key that is told from others.
const KEY: usize = 16;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A record's length, of which so many digits have come.
    Length(u64, u64),
    /// Its key; so many bytes of the record are left.
    Key(u64),
    Value(u64),
    /// What follows is no record.
    Over,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Records {
    state: State,
    key: Field<KEY>,
    /// The entry's size, where they say it; of nothing so far, or of what is no number.
    size: Option<u64>,
    sized: bool,
}

impl Records {
    pub(super) const NEW: Self = Self { state: State::Length(0, 0), key: Field::EMPTY, size: None, sized: false };

    /// The size that they say, which counts for one entry.
    pub(super) const fn take_size(&mut self) -> Option<u64> {
        let size = self.size.take();
        if self.sized { size } else { None }
    }

    /// Other records about the same entry begin.
    pub(super) const fn begin(&mut self) {
        self.state = State::Length(0, 0);
    }

    /// Takes their next bytes, and what they say of the name.
    pub(super) fn push(&mut self, bytes: &[u8], name: &mut Field<NAME>) {
        let mut input = bytes;
        while let Some((byte, rest)) = input.split_first() {
            self.state = match self.state {
                State::Over => return,
                State::Length(length, digits) => {
                    input = rest;
                    match byte {
                        b'0'..=b'9' if digits < 19 => State::Length(length * 10 + u64::from(byte - b'0'), digits + 1),
                        b' ' if digits != 0 && length > digits + 1 => {
                            self.key.clear();
                            State::Key(length - digits - 1)
                        }
                        _ => State::Over,
                    }
                }
                State::Key(0) | State::Value(0) => State::Length(0, 0),
                State::Key(left) => {
                    input = rest;
                    if *byte == b'=' {
                        self.begin_value(name);
                        State::Value(left - 1)
                    } else {
                        self.key.append(&[*byte]);
                        State::Key(left - 1)
                    }
                }
                State::Value(left) => {
                    let value = take(&mut input, left);
                    let now = left - value.len() as u64;
                    // The last byte of a record is a line end.
                    self.value(
                        if now == 0 { value.split_last().map_or(value, |(_, value)| value) } else { value },
                        name,
                    );
                    State::Value(now)
                }
            };
        }
    }

    fn begin_value(&mut self, name: &mut Field<NAME>) {
        match self.key.get() {
            b"path" => name.clear(),
            b"size" => (self.size, self.sized) = (Some(0), false),
            _ => {}
        }
    }

    fn value(&mut self, value: &[u8], name: &mut Field<NAME>) {
        match self.key.get() {
            b"path" => name.append(value),
            b"size" => {
                let digit = |size: u64, byte: &u8| {
                    byte.is_ascii_digit().then(|| size.checked_mul(10)?.checked_add(u64::from(byte - b'0')))?
                };
                self.sized |= !value.is_empty();
                self.size = self.size.and_then(|size| value.iter().try_fold(size, digit));
            }
            _ => {}
        }
    }
}
