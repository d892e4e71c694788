//! The directory of a ZIP archive (APPNOTE sections 4.3.11 to 4.3.16), up to the end of its last record.

use super::super::cut::Cut;
use super::super::decoder::{Child, Field, Out, take};
use super::header::{LONGEST, Record, Signature};

/// Longest record that is passed over: more than all fields of an entry together.
const MOST: u64 = 1 << 20;

/// What became of bytes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    /// Nothing more is wanted.
    Enough,
    /// It is over, and so is the archive.
    Done,
    Malformed,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Signature,
    Fixed(Record),
    /// So many bytes that nobody wants, then so many of comment.
    Passed(Record, u64, u64),
    Comment(Record, u64),
}

#[derive(Debug)]
pub(super) struct Directory {
    state: State,
    field: Field<LONGEST>,
    /// Comments have begun as a child, which is wanted or not.
    open: Option<bool>,
    /// Entries that it may still name: as many as have passed. Fewer are there where several of its entries lie over each
    /// other, of which a reader that goes by the directory finds more than stands there.
    entries: u64,
    /// It names more.
    overlaps: bool,
}

impl Directory {
    pub(super) const NEW: Self =
        Self { state: State::Signature, field: Field::EMPTY, open: None, entries: 0, overlaps: false };

    pub(super) const fn clear(&mut self) {
        self.state = State::Signature;
        self.field.clear();
        self.open = None;
        (self.entries, self.overlaps) = (0, false);
    }

    /// It begins with this record, whose signature has passed, behind so many entries.
    pub(super) const fn begin(&mut self, record: Record, entries: u64) {
        self.clear();
        self.entries = entries;
        self.record(record);
    }

    const fn record(&mut self, record: Record) {
        if matches!(record, Record::Entry) {
            self.overlaps |= self.entries == 0;
            self.entries = self.entries.saturating_sub(1);
        }
        self.state = State::Fixed(record);
    }

    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Step {
        loop {
            self.state = match self.state {
                State::Signature => {
                    if !self.field.fill(input, 4) {
                        return Step::More;
                    }
                    let signature = Signature::of(self.field.get());
                    self.field.clear();
                    let Signature::Directory(record) = signature else {
                        self.finish(out);
                        return Step::Malformed;
                    };
                    self.record(record);
                    self.state
                }
                State::Fixed(record) => {
                    if !self.field.fill(input, record.fixed()) {
                        return Step::More;
                    }
                    let (passed, comment) = record.lengths(self.field.get());
                    self.field.clear();
                    if passed > MOST {
                        self.finish(out);
                        return Step::Malformed;
                    }
                    State::Passed(record, passed, comment)
                }
                State::Passed(record, 0, comment) => State::Comment(record, comment),
                State::Passed(record, left, comment) => {
                    let bytes = take(input, left);
                    if bytes.is_empty() {
                        return Step::More;
                    }
                    State::Passed(record, left - bytes.len() as u64, comment)
                }
                State::Comment(Record::End, 0) => {
                    self.finish(out);
                    return Step::Done;
                }
                State::Comment(_, 0) => State::Signature,
                State::Comment(record, left) => {
                    let bytes = take(input, left);
                    if bytes.is_empty() {
                        return Step::More;
                    }
                    let left = left - bytes.len() as u64;
                    if !self.comment(bytes, left == 0, out) {
                        return Step::Enough;
                    }
                    State::Comment(record, left)
                }
            };
        }
    }

    /// Bytes of a comment. False when nothing more is wanted.
    fn comment(&mut self, bytes: &[u8], last: bool, out: &mut dyn Out) -> bool {
        if !*self.open.get_or_insert_with(|| out.begin_text(&Child { name: b"(comment)" })) {
            return true;
        }
        out.data(bytes) && (!last || out.data(b"\n"))
    }

    /// No more of it comes.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        if self.open.take() == Some(true) {
            out.end();
        }
        if std::mem::take(&mut self.overlaps) {
            out.cut(Cut::Malformed);
        }
    }
}
