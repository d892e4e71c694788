//! MAPI properties in TNEF attributes ([MS-OXTNEF] section 2.1.3.4), piece by piece.

use super::super::cut::Cut;
use super::super::decoder::{Child, Field, Out, take};
use super::super::parts::{le16, le32, padding};
use super::lzfu::Lzfu;

/// Longest field of fixed length.
const FIELD: usize = 24;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// How many properties there are.
    Count,
    Tag,
    /// What names a property: a set, and a number or a string.
    Set,
    /// How many values there are.
    Values,
    Length,
    /// A value that is wanted, and the padding behind it.
    Value(u64, u64),
    /// So many bytes that are not.
    Skipped(u64),
    /// What is left cannot be read.
    Over,
}

/// How a value is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Nothing,
    /// As it is, without what stands in front of it.
    Plain(u64),
    /// Text that ends with a zero.
    Text,
    /// UTF-16, which becomes UTF-8.
    Wide,
    Rtf,
}

#[derive(Debug)]
pub(super) struct Properties {
    state: State,
    field: Field<FIELD>,
    /// Properties to come, values of this one to come, its number and type.
    left: u32,
    values: u32,
    id: u16,
    kind: u16,
    sink: Sink,
    lzfu: Lzfu,
    /// Half a unit, and the first of a pair.
    half: Option<u8>,
    high: Option<u16>,
}

impl Properties {
    pub(super) fn new() -> Self {
        Self {
            state: State::Count,
            field: Field::EMPTY,
            left: 0,
            values: 0,
            id: 0,
            kind: 0,
            sink: Sink::Nothing,
            lzfu: Lzfu::new(),
            half: None,
            high: None,
        }
    }

    pub(super) const fn clear(&mut self) {
        self.state = State::Count;
        self.field.clear();
        self.sink = Sink::Nothing;
    }

    /// Bytes of one value of a fixed length, padding and all; `None` for those that say how long they are.
    const fn size(&self) -> Option<u64> {
        Some(match self.kind & 0x0fff {
            0x01 => 0,
            0x02..=0x04 | 0x0a | 0x0b => 4,
            0x05..=0x07 | 0x14 | 0x40 => 8,
            0x48 => 16,
            _ => return None,
        })
    }

    /// A tag is complete, and the name behind it.
    fn values(&mut self) -> State {
        let is_known = self.size().is_some() || matches!(self.kind & 0x0fff, 0x0d | 0x1e | 0x1f | 0x102);
        match self.size() {
            _ if !is_known => State::Over,
            Some(size) if self.kind & 0x1000 == 0 => State::Skipped(size),
            _ => State::Values,
        }
    }

    /// The next value of the property, or the next property.
    fn next(&mut self) -> State {
        if self.values != 0 {
            self.values -= 1;
            return State::Length;
        }
        if self.left == 0 {
            return State::Over;
        }
        self.left -= 1;
        State::Tag
    }

    /// A value of so many bytes begins. `name` is what an attachment is called.
    fn begin(&mut self, length: u64, name: &[u8], out: &mut dyn Out) -> State {
        let behind = padding(length, 4);
        let object: &[u8] = if name.is_empty() { b"(object)" } else { name };
        // Numbers of properties: [MS-OXPROPS].
        let (label, sink) = match (self.id, self.kind & 0x0fff) {
            (0x0037, 0x1e | 0x1f) => (&b"(subject)"[..], Sink::Text),
            (0x1000, 0x1e | 0x1f) => (&b"(body)"[..], Sink::Text),
            (0x1013, 0x1e | 0x1f) => (&b"(html)"[..], Sink::Text),
            (0x1013, 0x102) => (&b"(html)"[..], Sink::Plain(0)),
            (0x3707, 0x1e | 0x1f) => (&b"(name)"[..], Sink::Text),
            (0x1009, 0x102) => (&b"(rtf)"[..], Sink::Rtf),
            // In front of an object stands the identifier of its interface.
            (0x3701, 0x0d) => (object, Sink::Plain(16)),
            _ => return State::Skipped(length.saturating_add(behind)),
        };
        let sink = if self.kind & 0x0fff == 0x1f { Sink::Wide } else { sink };
        (self.half, self.high) = (None, None);
        self.lzfu.clear();
        // A document within it is looked into, a line is not.
        let child = Child { name: label };
        let wanted = if matches!(label, b"(subject)" | b"(name)") { out.begin_text(&child) } else { out.begin(&child) };
        if !wanted {
            return State::Skipped(length.saturating_add(behind));
        }
        self.sink = sink;
        State::Value(length, behind)
    }

    /// Takes the next bytes of the attribute. False when no more is wanted.
    pub(super) fn push(&mut self, bytes: &[u8], name: &[u8], out: &mut dyn Out) -> bool {
        let mut input = bytes;
        loop {
            let wanted = match self.state {
                State::Count | State::Values | State::Length | State::Tag => 4,
                State::Set => 24,
                _ => 0,
            };
            if wanted != 0 && !self.field.fill(&mut input, wanted) {
                return true;
            }
            let number = le32(self.field.get(), 0).unwrap_or(0);
            self.state = match self.state {
                State::Count => {
                    (self.left, self.values) = (number, 0);
                    self.next()
                }
                State::Tag => {
                    self.kind = le16(self.field.get(), 0).unwrap_or(0);
                    self.id = le16(self.field.get(), 2).unwrap_or(0);
                    if self.id >= 0x8000 { State::Set } else { self.values() }
                }
                State::Set => {
                    // A number, or a string, which is as long as it says.
                    if le32(self.field.get(), 16) == Some(0) {
                        self.values()
                    } else {
                        let length = u64::from(le32(self.field.get(), 20).unwrap_or(0));
                        self.values = u32::MAX;
                        State::Skipped(length + padding(length, 4))
                    }
                }
                State::Values => {
                    self.values = number;
                    match self.size() {
                        Some(size) => {
                            self.values = 0;
                            State::Skipped(u64::from(number).saturating_mul(size))
                        }
                        None => self.next(),
                    }
                }
                State::Length => self.begin(u64::from(number), name, out),
                State::Skipped(0) if self.values == u32::MAX => {
                    self.values = 0;
                    self.values()
                }
                State::Skipped(0) => self.next(),
                State::Value(0, behind) => {
                    if self.sink == Sink::Rtf && !self.lzfu.is_whole() {
                        out.cut(Cut::Checksum);
                    }
                    out.end();
                    self.sink = Sink::Nothing;
                    State::Skipped(behind)
                }
                _ if input.is_empty() => return true,
                State::Skipped(left) => State::Skipped(left - take(&mut input, left).len() as u64),
                State::Value(left, behind) => {
                    let bytes = take(&mut input, left);
                    if !self.hand_out(bytes, out) {
                        return false;
                    }
                    State::Value(left - bytes.len() as u64, behind)
                }
                State::Over => return true,
            };
            self.field.clear();
        }
    }

    fn hand_out(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        match self.sink {
            Sink::Nothing => true,
            Sink::Rtf => self.lzfu.push(bytes, out),
            Sink::Plain(skipped) => {
                let mut bytes = bytes;
                let front = take(&mut bytes, skipped).len() as u64;
                self.sink = Sink::Plain(skipped - front);
                bytes.is_empty() || out.data(bytes)
            }
            Sink::Text => {
                let text = super::super::parts::until_zero(bytes);
                if text.len() < bytes.len() {
                    self.sink = Sink::Nothing;
                }
                text.is_empty() || out.data(text)
            }
            Sink::Wide => self.wide(bytes, out),
        }
    }

    /// UTF-16 in the order of Intel's bytes, without zeros.
    fn wide(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut text: Field<1024> = Field::EMPTY;
        for byte in bytes {
            let Some(low) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let unit = u16::from_le_bytes([low, *byte]);
            if self.high.is_none() && (0xd800..0xdc00).contains(&unit) {
                self.high = Some(unit);
                continue;
            }
            for letter in char::decode_utf16(self.high.take().into_iter().chain([unit])) {
                let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
                if letter != '\0' {
                    text.append(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            if text.get().len() > 1000 {
                if !out.data(text.get()) {
                    return false;
                }
                text.clear();
            }
        }
        text.get().is_empty() || out.data(text.get())
    }

    /// The attribute is over. What is open ends with it.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        if matches!(self.state, State::Value(..)) {
            out.cut(Cut::Truncated);
            out.end();
        }
        self.clear();
    }
}
