//! What stands between entries and belongs to none: padding, blocks of signatures, what programs have deleted.

use super::super::cut::Cut;
use super::super::decoder::{Child, Field, Out};
use super::header::{Record, Signature};

/// What an entry begins with, and the directory.
const SOUGHT: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x01\x02"];

/// What became of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    /// Nothing more is wanted of the archive.
    Enough,
    /// An entry begins.
    Entry,
    /// The directory begins with this record.
    Directory(Record),
}

/// Looks for where the archive goes on, and hands out what comes before that as `(rest)`, without the zeros in front of it.
#[derive(Debug)]
pub(super) struct Between {
    /// What may be a signature.
    held: Field<4>,
    /// The child has begun, and whether it is wanted.
    open: Option<bool>,
    /// It was said that the archive is damaged.
    told: bool,
}

impl Between {
    pub(super) const NEW: Self = Self { held: Field::EMPTY, open: None, told: false };

    /// No signature is where one should be, but these bytes are.
    pub(super) fn begin(&mut self, bytes: &[u8], out: &mut dyn Out) {
        if !std::mem::replace(&mut self.told, true) {
            out.cut(Cut::Malformed);
        }
        self.held.clear();
        self.held.append(bytes);
    }

    pub(super) fn push(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Step {
        loop {
            let held = self.held;
            if let Some((first, behind)) = held.get().split_first() {
                if !SOUGHT.iter().any(|signature| signature.starts_with(held.get())) {
                    self.held.clear();
                    self.held.append(behind);
                    if !self.give(&[*first], out) {
                        return Step::Enough;
                    }
                    continue;
                }
                if !self.held.fill(input, held.get().len() + 1) {
                    return Step::More;
                }
                let found = match Signature::of(self.held.get()) {
                    Signature::Local => Step::Entry,
                    Signature::Directory(record @ Record::Entry) => Step::Directory(record),
                    _ => continue,
                };
                self.finish(out);
                return found;
            }
            if input.is_empty() {
                return Step::More;
            }
            let bytes = *input;
            let end = memchr::memchr(b'P', bytes).unwrap_or(bytes.len());
            let (text, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
            *input = rest;
            if !self.give(text, out) {
                return Step::Enough;
            }
            self.held.fill(input, 1);
        }
    }

    /// Bytes that belong to nothing. False when nothing more is wanted.
    fn give(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut bytes = bytes;
        if self.open.is_none() {
            let zeros = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            bytes = bytes.get(zeros..).unwrap_or(&[]);
            if bytes.is_empty() {
                return true;
            }
            self.open = Some(out.begin(&Child { name: b"(rest)" }));
        }
        self.open != Some(true) || bytes.is_empty() || out.data(bytes)
    }

    /// The archive goes on, or no more of it comes.
    pub(super) fn finish(&mut self, out: &mut dyn Out) {
        let held = std::mem::replace(&mut self.held, Field::EMPTY);
        if !SOUGHT.contains(&held.get()) {
            self.give(held.get(), out);
        }
        if self.open.take() == Some(true) {
            out.end();
        }
    }
}
