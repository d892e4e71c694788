//! What compressed formats have in common whose objects are one stream, or several one behind the other: all of them are
//! one child, and what follows the last is another, `(trailing)`.

use super::cut::Cut;
use super::decoder::{Child, Fault, Out, Taken};

/// What a step has come to, other than the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// All of the piece was taken.
    More,
    Enough,
    Fault,
}

impl Stop {
    /// What became of a piece of which `rest` is what was not taken.
    pub(super) const fn of(self, piece: &[u8], rest: &[u8]) -> Result<Taken, Fault> {
        match self {
            Self::More => Ok(Taken::All),
            Self::Enough => Ok(Taken::Enough),
            Self::Fault => Err(Fault::before(piece, rest)),
        }
    }
}

/// The streams of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Streams {
    /// Their child has begun.
    open: bool,
    /// Those that are complete.
    count: u32,
    /// What follows them has begun, and is wanted or not.
    trailing: Option<bool>,
}

impl Streams {
    pub(super) const NEW: Self = Self { open: false, count: 0, trailing: None };

    /// One of them is complete.
    pub(super) const fn is_any(&self) -> bool {
        self.count != 0
    }

    /// A stream's content begins.
    pub(super) fn begin(&mut self, out: &mut dyn Out) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.open, true) && !out.begin(&Child::default()) {
            return Err(Stop::Enough);
        }
        Ok(())
    }

    /// A stream is complete.
    pub(super) const fn add(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// Where another stream might begin these bytes have come, and are none.
    pub(super) fn over(&mut self, held: &[u8], out: &mut dyn Out) -> Result<(), Stop> {
        if self.count == 0 {
            return Err(Stop::Fault);
        }
        if std::mem::take(&mut self.open) {
            out.end();
        }
        self.open = out.begin(&Child { name: b"(trailing)" });
        self.trailing = Some(self.open && out.data(held));
        Ok(())
    }

    /// Takes what follows the streams: all of a piece, if they are over.
    pub(super) fn trailing(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Option<Stop> {
        let wanted = self.trailing?;
        let rest = std::mem::take(input);
        Some(if wanted && (rest.is_empty() || out.data(rest)) { Stop::More } else { Stop::Enough })
    }

    /// Nothing more comes, and where it ends, none of a stream is missing or some. Says whether the object is complete.
    pub(super) fn finish(&mut self, is_between: bool, out: &mut dyn Out) -> bool {
        let complete = self.trailing.is_some() || (is_between && self.count != 0);
        if !complete {
            out.cut(Cut::Truncated);
        }
        if self.open {
            out.end();
        }
        complete
    }
}
