//! Text on its way out, as `(text)`: white space as one blank, a line end where a block ends, and what stands beside
//! the text, such as the values of attributes, on lines of its own behind the line that it belongs to. Characters
//! beyond ASCII that are seen as a blank are one, and those that are not seen are left out, however they are written.
//!
//! What stands beside is held so that it tears no sentence apart, 2,048 bytes of it; more ends the line before its
//! time.

use super::decoder::{Child, Field, Out};
use super::unseen::{Seen, Unseen, is_unseen};

/// Handed out at a time, at most.
const ROOM: usize = 2048;
/// So much is held of what stands beside a line.
const ASIDE: usize = 2048;
/// What a [`Lines`] holds, bytes.
pub(super) const MEMORY: usize = ROOM + ASIDE + 128;

/// Hands out text.
#[derive(Debug)]
pub(super) struct Lines {
    /// The child has begun, and whether it is wanted.
    open: Option<bool>,
    /// Nobody wants more.
    enough: bool,
    room: Field<ROOM>,
    /// White space has come since the last word.
    blank: bool,
    /// Nothing stands on the line yet.
    fresh: bool,
    /// What stands beside the line, with its line ends.
    aside: Field<ASIDE>,
    /// What comes beside is handed out at once: there was no room for it.
    direct: bool,
    /// Nothing is handed out.
    silent: bool,
    /// Characters that are not all there, in the text and beside it.
    unseen: Unseen,
    unseen_beside: Unseen,
}

impl Lines {
    /// Hands out nothing.
    pub(super) const SILENT: Self = Self { silent: true, ..Self::NEW };

    pub(super) const NEW: Self = Self {
        open: None,
        enough: false,
        room: Field::EMPTY,
        blank: false,
        fresh: true,
        aside: Field::EMPTY,
        direct: false,
        silent: false,
        unseen: Unseen::NEW,
        unseen_beside: Unseen::NEW,
    };

    /// Whether what comes is handed out, from the next line on.
    pub(super) fn silence(&mut self, silent: bool, out: &mut dyn Out) {
        if self.silent != silent {
            self.line(out);
            self.silent = silent;
        }
    }

    /// Forgets everything.
    pub(super) const fn clear(&mut self) {
        self.room.clear();
        self.aside.clear();
        (self.open, self.enough) = (None, false);
        (self.blank, self.fresh, self.direct) = (false, true, false);
        (self.unseen, self.unseen_beside) = (Unseen::NEW, Unseen::NEW);
    }

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.enough
    }

    /// Hands out all that is ready.
    pub(super) fn flush(&mut self, out: &mut dyn Out) {
        if !self.room.get().is_empty() {
            let wanted = *self.open.get_or_insert_with(|| out.begin_text(&Child { name: b"(text)" }));
            self.enough |= !wanted || !out.data(self.room.get());
            self.room.clear();
        }
    }

    /// Another child comes, behind which the text begins anew.
    pub(super) fn pause(&mut self, out: &mut dyn Out) {
        self.line(out);
        self.flush(out);
        if self.open.take() == Some(true) {
            out.end();
        }
    }

    /// The text is over.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        self.settle(out);
        if !self.aside.get().is_empty() {
            self.line(out);
        }
        self.flush(out);
        if self.open == Some(true) {
            out.end();
        }
        self.clear();
    }

    /// Text, in whose white space there is no meaning.
    pub(super) fn text(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if self.unseen.passes(bytes) {
            return self.words(bytes, out);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.unseen.next(&mut rest) {
                Seen::Letters(bytes) => self.words(bytes, out),
                Seen::Earlier(bytes) => self.put(bytes.get(), out),
                Seen::Blank => self.blank = true,
                Seen::Nothing => {}
            }
        }
    }

    /// Text whose white space is that of ASCII.
    fn words(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let words = rest.trim_ascii_start();
            self.blank |= words.len() < rest.len();
            let end = words.iter().position(u8::is_ascii_whitespace).unwrap_or(words.len());
            let (word, behind) = words.split_at_checked(end).unwrap_or((words, &[]));
            if !word.is_empty() {
                self.put(word, out);
            }
            rest = behind;
        }
    }

    /// Text as it stands, with its white space, of which that beyond ASCII is a blank each.
    pub(super) fn word(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if self.unseen.passes(bytes) {
            return self.put(bytes, out);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.unseen.next(&mut rest) {
                Seen::Letters(bytes) => self.put(bytes, out),
                Seen::Earlier(bytes) => self.put(bytes.get(), out),
                Seen::Blank => self.put(b" ", out),
                Seen::Nothing => {}
            }
        }
    }

    fn put(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if std::mem::take(&mut self.blank) && !self.fresh {
            self.write(b" ", out);
        }
        self.fresh = false;
        self.write(bytes, out);
    }

    /// No more comes of a character that was not all there.
    fn settle(&mut self, out: &mut dyn Out) {
        let held = self.unseen.end();
        if !held.get().is_empty() {
            self.put(held.get(), out);
        }
    }

    /// A character. What is a blank for readers is one here, and what they do not see is left out.
    pub(super) fn letter(&mut self, letter: char, out: &mut dyn Out) {
        self.settle(out);
        match letter {
            _ if is_unseen(letter) => {}
            _ if letter.is_whitespace() => self.blank = true,
            _ => self.put(letter.encode_utf8(&mut [0; 4]).as_bytes(), out),
        }
    }

    /// A blank, if a word follows.
    pub(super) const fn blank(&mut self) {
        self.blank = true;
    }

    /// Whether a blank comes before the next word.
    pub(super) const fn is_blank(&self) -> bool {
        self.blank
    }

    /// The white space before the next word has no meaning.
    pub(super) const fn no_blank(&mut self) {
        self.blank = false;
    }

    /// The next column.
    pub(super) fn tab(&mut self, out: &mut dyn Out) {
        self.settle(out);
        self.blank = false;
        if !self.fresh {
            self.write(b"\t", out);
        }
    }

    /// The line is over, if anything stands on it.
    pub(super) fn line(&mut self, out: &mut dyn Out) {
        self.settle(out);
        self.blank = false;
        if !std::mem::replace(&mut self.fresh, true) {
            self.write(b"\n", out);
        }
        if !self.aside.get().is_empty() {
            let aside = std::mem::replace(&mut self.aside, Field::EMPTY);
            self.write(aside.get(), out);
        }
    }

    /// Bytes of a value that stands beside the text.
    pub(super) fn beside(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if self.unseen_beside.passes(bytes) {
            return self.put_beside(bytes, out);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.unseen_beside.next(&mut rest) {
                Seen::Letters(bytes) => self.put_beside(bytes, out),
                Seen::Earlier(bytes) => self.put_beside(bytes.get(), out),
                Seen::Blank => self.put_beside(b" ", out),
                Seen::Nothing => {}
            }
        }
    }

    fn put_beside(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let mut rest = bytes;
        if !self.direct && self.aside.fill(&mut rest, ASIDE) && !rest.is_empty() {
            self.line(out);
            self.direct = true;
        }
        if !rest.is_empty() {
            self.write(rest, out);
        }
    }

    /// The value is over.
    pub(super) fn end_beside(&mut self, out: &mut dyn Out) {
        let held = self.unseen_beside.end();
        self.put_beside(held.get(), out);
        self.put_beside(b"\n", out);
        self.direct = false;
    }

    fn write(&mut self, bytes: &[u8], out: &mut dyn Out) {
        let mut rest = if self.silent { &[] } else { bytes };
        while !rest.is_empty() {
            if self.room.fill(&mut rest, ROOM) {
                self.flush(out);
            }
        }
    }
}
