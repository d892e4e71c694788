//! Records: what a protocol's parser says about a transaction, on its way into an EVE object.
//!
//! A parser on the packet path neither formats nor allocates, and how many fields a
//! transaction has is known only when it is over. So it appends each to a
//! [`Record`] as a tag, a length and bytes as they stood on the wire; the event
//! thread makes JSON of them by the [`Layout`] of the protocol.

use std::fmt;

/// What an event's lengths can say.
pub const MAX_RECORD_BYTES: usize = u16::MAX as usize;

/// Bytes before a field's value: its tag, its kind, its length.
const PREFIX: usize = 4;

/// How a protocol's transactions look in EVE.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// `event_type`, and the name of the object that holds the fields: `http`, `smtp`, …
    pub name: &'static str,
    /// Key of each field, by its tag. Dots lead into objects (`ja3.hash`). A part that ends in `[]` is an array: of
    /// values where it is the last (`rcpt_to[]`), else of objects (`answers[].rrname`), of which the next begins where
    /// a field comes that the last has. A slash before a key leads out of that object, beside it (`/rpc.xid`).
    pub keys: &'static [&'static str],
}

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text as it stood on the wire.
    Text(&'a [u8]),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
}

const TEXT: u8 = 0;
const NUMBER: u8 = 1;
const FLAG: u8 = 2;

/// Fields of a transaction, `N` bytes of them at most; what has no room is left out, and [`Record::is_cut`] says so.
#[derive(Clone, Copy)]
pub struct Record<const N: usize> {
    bytes: [u8; N],
    len: u16,
    /// Where the text that is being written has its prefix; `u16::MAX` while there is none.
    open: u16,
    cut: bool,
}

impl<const N: usize> Default for Record<N> {
    fn default() -> Self {
        const { assert!(N < MAX_RECORD_BYTES, "an event says the length in 16 bits") };
        Self { bytes: [0; N], len: 0, open: u16::MAX, cut: false }
    }
}

impl<const N: usize> Record<N> {
    /// Forgets all fields.
    pub const fn clear(&mut self) {
        (self.len, self.open, self.cut) = (0, u16::MAX, false);
    }

    /// Its fields, as an event carries them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// No field was put into it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A field had no room, or not all of it.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Appends text.
    pub fn text(&mut self, tag: u8, text: &[u8]) {
        self.begin(tag);
        self.more(text);
        self.end();
    }

    /// Appends a number.
    pub fn number(&mut self, tag: u8, number: u64) {
        let bytes = number.to_le_bytes();
        let used = bytes.len() - usize::try_from(number.leading_zeros() / 8).unwrap_or(0);
        self.whole(tag, NUMBER, bytes.get(..used).unwrap_or(&[]));
    }

    /// Appends a yes or no.
    pub fn flag(&mut self, tag: u8, flag: bool) {
        self.whole(tag, FLAG, &[u8::from(flag)]);
    }

    /// A text begins that comes in pieces; a text that was not ended is.
    pub fn begin(&mut self, tag: u8) {
        self.open = self.len;
        if !self.append(&[tag, TEXT, 0, 0]) {
            self.open = u16::MAX;
        }
    }

    /// Its next piece. What has no room is left out.
    pub fn more(&mut self, piece: &[u8]) {
        if self.open == u16::MAX {
            return;
        }
        let fits = piece.len().min(N.saturating_sub(usize::from(self.len)));
        self.cut |= fits < piece.len();
        self.append(piece.get(..fits).unwrap_or(&[]));
        let open = usize::from(self.open);
        let length = self.len.saturating_sub(self.open).saturating_sub(4);
        if let Some(place) = self.bytes.get_mut(open + 2..open + PREFIX) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }

    /// The text is whole.
    pub const fn end(&mut self) {
        self.open = u16::MAX;
    }

    /// What is open is no field after all.
    pub fn abandon(&mut self) {
        if self.open != u16::MAX {
            (self.len, self.open) = (self.open, u16::MAX);
        }
    }

    /// Leaves `length` bytes of the text that is open, if it has more.
    pub fn shorten(&mut self, length: usize) {
        let open = usize::from(self.open);
        let length = length.min(self.open_text().len());
        if let Some(place) = self.bytes.get_mut(open + 2..open + PREFIX) {
            let short = u16::try_from(length).unwrap_or(u16::MAX);
            place.copy_from_slice(&short.to_le_bytes());
            self.len = u16::try_from(open + PREFIX + length).unwrap_or(u16::MAX);
        }
    }

    /// Takes white space off the end of the text that is open.
    pub fn trim_end(&mut self) {
        self.shorten(self.open_text().trim_ascii_end().len());
    }

    /// Takes whole fields out, by where they stand in [`bytes`](Self::bytes); those behind them move up.
    pub fn remove(&mut self, range: std::ops::Range<usize>) {
        let len = usize::from(self.len);
        if range.start > range.end || range.end > len {
            return;
        }
        let gone = u16::try_from(range.len()).unwrap_or(u16::MAX);
        let past = self.open != u16::MAX && usize::from(self.open) >= range.end;
        self.bytes.copy_within(range.end..len, range.start);
        self.len -= gone;
        if past {
            self.open -= gone;
        }
    }

    /// The text that is open, as far as it has come.
    #[must_use]
    pub fn open_text(&self) -> &[u8] {
        if self.open == u16::MAX {
            return &[];
        }
        self.bytes.get(usize::from(self.open) + PREFIX..usize::from(self.len)).unwrap_or(&[])
    }

    /// The first value with that tag.
    #[must_use]
    pub fn get(&self, tag: u8) -> Option<Value<'_>> {
        fields(self.bytes()).find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// The first text with that tag; empty where there is none.
    #[must_use]
    pub fn get_text(&self, tag: u8) -> &[u8] {
        match self.get(tag) {
            Some(Value::Text(text)) => text,
            _ => &[],
        }
    }

    fn whole(&mut self, tag: u8, kind: u8, value: &[u8]) {
        self.open = u16::MAX;
        let length = u8::try_from(value.len()).unwrap_or(0);
        if usize::from(self.len) + PREFIX + value.len() > N {
            self.cut = true;
            return;
        }
        self.append(&[tag, kind, length, 0]);
        self.append(value);
    }

    fn append(&mut self, bytes: &[u8]) -> bool {
        let len = usize::from(self.len);
        let Some(place) = self.bytes.get_mut(len..len + bytes.len()) else {
            self.cut = true;
            return false;
        };
        place.copy_from_slice(bytes);
        self.len = u16::try_from(len + bytes.len()).unwrap_or(u16::MAX);
        true
    }
}

impl<const N: usize> fmt::Debug for Record<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(fields(self.bytes())).finish()
    }
}

/// Tags and values of what [`Record::bytes`] gave, several of them one after the other if need be; it ends where the bytes
/// are no field.
pub fn fields(bytes: &[u8]) -> impl Iterator<Item = (u8, Value<'_>)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (&[tag, kind, low, high], after) = rest.split_first_chunk()?;
        let (value, after) = after.split_at_checked(usize::from(u16::from_le_bytes([low, high])))?;
        rest = after;
        let value = match kind {
            TEXT => Value::Text(value),
            NUMBER => {
                let mut bytes = [0; 8];
                bytes.get_mut(..value.len())?.copy_from_slice(value);
                Value::Number(u64::from_le_bytes(bytes))
            }
            FLAG => Value::Flag(value.first() == Some(&1)),
            _ => return None,
        };
        Some((tag, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out() {
        let mut record: Record<256> = Record::default();
        record.text(1, b"example.org");
        record.number(2, 0);
        record.number(3, 70_000);
        record.number(4, u64::MAX);
        record.flag(5, true);
        record.begin(6);
        record.more(b"in ");
        assert_eq!(record.open_text(), b"in ");
        record.more(b"pieces");
        record.end();
        record.begin(7);
        record.more(b"no field");
        record.abandon();
        record.text(8, b"");
        let expected = [
            (1, Value::Text(b"example.org")),
            (2, Value::Number(0)),
            (3, Value::Number(70_000)),
            (4, Value::Number(u64::MAX)),
            (5, Value::Flag(true)),
            (6, Value::Text(b"in pieces")),
            (8, Value::Text(b"")),
        ];
        assert_eq!(fields(record.bytes()).collect::<Vec<_>>(), expected);
        assert_eq!((record.get_text(6), record.get_text(7), record.is_cut()), (&b"in pieces"[..], &b""[..], false));
        record.clear();
        assert!(record.is_empty() && record.get(1).is_none());
    }

    #[test]
    fn an_open_text_is_shortened_and_fields_before_it_go() {
        let mut record: Record<64> = Record::default();
        record.text(1, b"first");
        let first = record.bytes().len();
        record.number(2, 7);
        record.begin(3);
        record.more(b"open \t ");
        record.trim_end();
        assert_eq!(record.open_text(), b"open");
        record.remove(0..first);
        record.more(b"ing");
        record.shorten(6);
        record.shorten(9);
        record.remove(0..900);
        record.end();
        record.shorten(0);
        record.trim_end();
        let expected = [(2, Value::Number(7)), (3, Value::Text(b"openin"))];
        assert_eq!(fields(record.bytes()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_full_record_keeps_what_it_has() {
        let mut record: Record<16> = Record::default();
        record.text(1, b"0123456789");
        assert!(!record.is_cut());
        record.number(2, 1);
        assert!(record.is_cut(), "two bytes are left, and a prefix has four");
        assert_eq!(fields(record.bytes()).collect::<Vec<_>>(), [(1, Value::Text(b"0123456789"))]);
        record.clear();
        record.text(1, b"0123456789abcdef");
        assert_eq!((record.get_text(1), record.is_cut()), (&b"0123456789ab"[..], true));
    }

    #[test]
    fn bytes_that_are_no_fields_end_the_list() {
        for bytes in [&[1, 0, 5, 0, b'a'][..], &[1, 9, 0, 0], &[1, NUMBER, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[1, 2, 3]]
        {
            assert_eq!(fields(bytes).count(), 0, "{bytes:?}");
        }
    }
}
