//! Base64 that stands in a text, on its way into a child of its own.

use super::base64::Base64;
use super::decoder::{Child, Out};

/// Undoes one run after the other, with room for so many bytes at a time.
#[derive(Debug)]
pub(super) struct Undone<const ROOM: usize> {
    base64: Base64,
    room: [u8; ROOM],
    /// The child of the run is wanted.
    wanted: bool,
    enough: bool,
}

impl<const ROOM: usize> Undone<ROOM> {
    pub(super) const NEW: Self = Self { base64: Base64::ANY, room: [0; ROOM], wanted: false, enough: false };

    pub(super) const fn clear(&mut self) {
        self.base64 = Base64::ANY;
        (self.wanted, self.enough) = (false, false);
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.enough
    }

    /// A run begins.
    pub(super) fn begin(&mut self, out: &mut dyn Out) {
        self.base64 = Base64::ANY;
        self.wanted = out.begin(&Child { name: b"(base64)" });
    }

    /// Its next digits, or its padding.
    pub(super) fn push(&mut self, digits: &[u8], out: &mut dyn Out) {
        let mut input = digits;
        while !input.is_empty() && !self.enough {
            let written = self.base64.push(&mut input, &mut self.room);
            self.put(written, out);
        }
    }

    /// It is over.
    pub(super) fn end(&mut self, out: &mut dyn Out) {
        let written = self.base64.finish(&mut self.room);
        self.put(written, out);
        if std::mem::take(&mut self.wanted) {
            out.end();
        }
    }

    fn put(&mut self, written: usize, out: &mut dyn Out) {
        let bytes = self.room.get(..written).unwrap_or(&[]);
        if !bytes.is_empty() && self.wanted {
            self.enough |= !out.data(bytes);
        }
    }
}
