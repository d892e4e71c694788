//! The text of a head with its escapes undone: lines that have any, from a little before the first. Other lines are scanned as
//! they stand already.

use super::super::decoder::{Child, Field, Out};
use super::super::recent::Recent;
use super::seeker::BEFORE;

/// Handed out at a time, at most.
const ROOM: usize = 1024;
/// Room for what came last.
const RECENT: usize = 3 * BEFORE;
/// What a [`Text`] holds, bytes.
pub(super) const MEMORY: usize = ROOM + RECENT + 64;

/// Hands out text.
#[derive(Debug)]
pub(super) struct Text {
    /// What came last in a line that is not handed out so far.
    recent: Recent<BEFORE, RECENT>,
    /// The rest of the line is handed out.
    shown: bool,
    room: Field<ROOM>,
    /// The child has begun, and whether it is wanted.
    open: Option<bool>,
    enough: bool,
}

impl Text {
    pub(super) const NEW: Self =
        Self { recent: Recent::EMPTY, shown: false, room: Field::EMPTY, open: None, enough: false };

    pub(super) const fn clear(&mut self) {
        self.recent.clear();
        self.room.clear();
        (self.shown, self.open, self.enough) = (false, None, false);
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.enough
    }

    /// Something was undone: the line is another from here on.
    pub(super) fn show(&mut self, out: &mut dyn Out) {
        if !std::mem::replace(&mut self.shown, true) {
            let recent = self.recent;
            self.recent.clear();
            self.push(recent.get(), out);
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if !self.shown {
            return self.recent.push(bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.room.fill(&mut rest, ROOM) {
                self.flush(out);
            }
        }
    }

    /// The line is over.
    pub(super) const fn end_line(&mut self) {
        self.shown = false;
        self.recent.clear();
    }

    /// Hands out all that is ready.
    pub(super) fn flush(&mut self, out: &mut dyn Out) {
        if !self.room.get().is_empty() {
            let wanted = *self.open.get_or_insert_with(|| out.begin_text(&Child { name: b"(text)" }));
            self.enough |= !wanted || !out.data(self.room.get());
            self.room.clear();
        }
    }

    /// Another child comes, or nothing.
    pub(super) fn pause(&mut self, out: &mut dyn Out) {
        self.flush(out);
        if self.open.take() == Some(true) {
            out.end();
        }
    }
}
