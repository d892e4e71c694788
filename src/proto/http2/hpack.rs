//! HPACK (RFC 7541), decoded as a header block's bytes arrive, however they are cut.
//!
//! Of a literal's name and value the first [`MAX_NAME_BYTES`] and [`MAX_VALUE_BYTES`] are kept, for the table and for who
//! wants the field; all of it is handed out as text while it passes.

use super::huffman::Huffman;
use super::static_table::STATIC;
use super::table::Table;

/// Bytes that are kept of a name.
pub(super) const MAX_NAME_BYTES: usize = 64;

/// Bytes that are kept of a value.
pub(super) const MAX_VALUE_BYTES: usize = 512;

/// Name and value of an entry that was never seen.
pub(super) const UNKNOWN: &[u8] = b"?";

/// A block that cannot be decoded. The table is lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// Takes what is decoded.
pub(super) trait Fields {
    /// Text of the block, as HTTP/1 would have it: names, colons, values and line ends.
    fn text(&mut self, bytes: &[u8]);

    /// A field is complete; as much of it as is kept. `known` unless it was in an entry that was never seen.
    fn field(&mut self, name: &[u8], value: &[u8], known: bool);
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    /// The integer that says which entry, or how large the table is.
    Index,
    NameLength,
    Name,
    ValueLength,
    Value,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Indexed,
    /// A literal that goes into the table.
    Added,
    Literal,
    Size,
}

/// The decoder of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hpack {
    pub(super) table: Table,
    at: At,
    kind: Kind,
    /// An integer goes on with the next byte.
    more: bool,
    shift: u8,
    /// The integer so far, then the bytes of the string still to come.
    number: u32,
    coded: bool,
    huffman: Huffman,
    name: [u8; MAX_NAME_BYTES],
    value: [u8; MAX_VALUE_BYTES],
    /// Lengths of the whole, of which less may be kept.
    name_size: usize,
    value_size: usize,
    known: bool,
}

impl Hpack {
    pub(super) fn new() -> Self {
        Self {
            table: Table::new(),
            at: At::Start,
            kind: Kind::Indexed,
            more: false,
            shift: 0,
            number: 0,
            coded: false,
            huffman: Huffman::default(),
            name: [0; MAX_NAME_BYTES],
            value: [0; MAX_VALUE_BYTES],
            name_size: 0,
            value_size: 0,
            known: true,
        }
    }

    /// Takes the next bytes of a block.
    pub(super) fn push(&mut self, bytes: &[u8], fields: &mut dyn Fields) -> Result<(), Broken> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            match self.at {
                At::Start => self.start(byte),
                At::NameLength | At::ValueLength if !self.more => {
                    self.coded = byte & 0x80 != 0;
                    self.huffman = Huffman::default();
                    self.integer(byte, 7);
                }
                At::Index | At::NameLength | At::ValueLength => self.go_on(byte)?,
                At::Name | At::Value => {
                    let take = usize::try_from(self.number).unwrap_or(usize::MAX).min(rest.len());
                    let (piece, after) = rest.split_at(take);
                    self.string(piece, fields)?;
                    rest = after;
                    continue;
                }
            }
            rest = after;
            if !self.more {
                self.integer_complete(fields)?;
            }
        }
        Ok(())
    }

    /// The block is over.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        let complete = self.at == At::Start && !self.more;
        self.reset();
        if complete { Ok(()) } else { Err(Broken) }
    }

    /// Bytes of a block were never seen, or cannot be decoded.
    pub(super) fn lose(&mut self) {
        self.reset();
        self.table.lose();
    }

    fn reset(&mut self) {
        (self.at, self.more) = (At::Start, false);
    }

    /// The first byte of a representation (RFC 7541, section 6).
    fn start(&mut self, byte: u8) {
        let bits;
        (self.kind, bits) = match byte {
            0x80.. => (Kind::Indexed, 7),
            0x40.. => (Kind::Added, 6),
            0x20.. => (Kind::Size, 5),
            _ => (Kind::Literal, 4),
        };
        self.known = true;
        self.at = At::Index;
        self.integer(byte, bits);
    }

    /// RFC 7541, 5.1: an integer that begins with the low bits of this byte.
    fn integer(&mut self, byte: u8, bits: u8) {
        let mask = u8::MAX >> (8 - bits);
        self.number = u32::from(byte & mask);
        self.more = byte & mask == mask;
        self.shift = 0;
    }

    fn go_on(&mut self, byte: u8) -> Result<(), Broken> {
        let low = u32::from(byte & 0x7f);
        let added = low.checked_shl(u32::from(self.shift)).filter(|added| added >> self.shift == low).ok_or(Broken)?;
        self.number = self.number.checked_add(added).ok_or(Broken)?;
        // "Excessively large integer encodings -- in value or octet length -- MUST be treated as decoding errors."
        self.shift = self.shift.saturating_add(7);
        self.more = byte & 0x80 != 0;
        if self.more && self.shift > 28 { Err(Broken) } else { Ok(()) }
    }

    fn integer_complete(&mut self, fields: &mut dyn Fields) -> Result<(), Broken> {
        match self.at {
            At::Index => match self.kind {
                Kind::Size => {
                    self.table.resize(self.number);
                    self.at = At::Start;
                }
                Kind::Indexed => {
                    self.indexed(fields)?;
                    self.at = At::Start;
                }
                Kind::Added | Kind::Literal if self.number == 0 => {
                    self.name_size = 0;
                    self.at = At::NameLength;
                }
                Kind::Added | Kind::Literal => {
                    self.take_name()?;
                    fields.text(kept(&self.name, self.name_size));
                    fields.text(b": ");
                    self.at = At::ValueLength;
                }
            },
            At::NameLength => {
                self.at = At::Name;
                self.string(&[], fields)?;
            }
            At::ValueLength => {
                self.value_size = 0;
                self.at = At::Value;
                self.string(&[], fields)?;
            }
            At::Start | At::Name | At::Value => {}
        }
        Ok(())
    }

    /// A whole field from a table.
    fn indexed(&mut self, fields: &mut dyn Fields) -> Result<(), Broken> {
        let (name, value, known) = match self.number {
            0 => return Err(Broken),
            index @ 1..=61 => {
                let at = usize::try_from(index - 1).unwrap_or(usize::MAX);
                STATIC.get(at).map_or((UNKNOWN, UNKNOWN, false), |&(name, value)| (name, value, true))
            }
            index => match self.table.get(index - 62) {
                Some(found) => (found.name, found.value, true),
                None if self.table.lost => (UNKNOWN, UNKNOWN, false),
                None => return Err(Broken),
            },
        };
        fields.text(name);
        fields.text(b": ");
        fields.text(value);
        fields.text(b"\r\n");
        fields.field(name, value, known);
        Ok(())
    }

    /// A literal's name from a table.
    fn take_name(&mut self) -> Result<(), Broken> {
        let at = usize::try_from(self.number - 1).unwrap_or(usize::MAX);
        let (name, size) = match STATIC.get(at) {
            Some((name, _)) => (*name, name.len()),
            None => match self.table.get(self.number - 62) {
                Some(found) => (found.name, usize::from(found.name_size)),
                None if self.table.lost => (UNKNOWN, UNKNOWN.len()),
                None => return Err(Broken),
            },
        };
        if let Some(place) = self.name.get_mut(..name.len()) {
            place.copy_from_slice(name);
        }
        self.known = name != UNKNOWN;
        self.name_size = size;
        Ok(())
    }

    /// Takes bytes of a string, at most as many as are still to come.
    fn string(&mut self, piece: &[u8], fields: &mut dyn Fields) -> Result<(), Broken> {
        self.number -= u32::try_from(piece.len()).unwrap_or(self.number);
        if self.coded {
            // a code has at least five bits
            let mut text = [0; 256];
            for part in piece.chunks(text.len() / 2) {
                let mut length = 0;
                let whole = part.iter().all(|&byte| {
                    self.huffman.byte(byte, |symbol| {
                        if let Some(place) = text.get_mut(length) {
                            *place = symbol;
                        }
                        length += 1;
                    })
                });
                // what stands before the fault is text, however the bytes were cut
                self.keep(text.get(..length).unwrap_or_default(), fields);
                if !whole {
                    return Err(Broken);
                }
            }
            if self.number == 0 && !self.huffman.end() {
                return Err(Broken);
            }
        } else {
            self.keep(piece, fields);
        }
        if self.number == 0 {
            self.string_complete(fields);
        }
        Ok(())
    }

    fn keep(&mut self, text: &[u8], fields: &mut dyn Fields) {
        let (place, size): (&mut [u8], _) = match self.at {
            At::Name => (&mut self.name, &mut self.name_size),
            _ => (&mut self.value, &mut self.value_size),
        };
        let free = place.get_mut(*size..).unwrap_or_default();
        for (place, byte) in free.iter_mut().zip(text) {
            *place = *byte;
        }
        *size = size.saturating_add(text.len());
        fields.text(text);
    }

    fn string_complete(&mut self, fields: &mut dyn Fields) {
        if self.at == At::Name {
            fields.text(b": ");
            self.at = At::ValueLength;
            return;
        }
        fields.text(b"\r\n");
        let (name, value) = (kept(&self.name, self.name_size), kept(&self.value, self.value_size));
        fields.field(name, value, self.known);
        if self.kind == Kind::Added {
            self.table.insert(name, self.name_size, value, self.value_size);
        }
        self.at = At::Start;
    }
}

/// As much as is kept of something so long.
fn kept(place: &[u8], size: usize) -> &[u8] {
    place.get(..size).unwrap_or(place)
}
