//! What of a tree's objects is being copied for processes.

use super::board::Ticket;
use super::counters::Lost;
use super::point::Point;
use crate::decode::{Taking, Whole};

/// Of one tree, the objects that it has handed out to be seen whole: one at each level, at most.
#[derive(Debug)]
pub struct Collected {
    levels: Box<[Option<Result<Ticket, Lost>>]>,
}

impl Collected {
    /// For trees of that depth.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        Self { levels: vec![None; depth + 1].into_boxed_slice() }
    }

    /// What it holds beside itself, bytes.
    #[must_use]
    pub const fn memory_bytes(depth: usize) -> usize {
        (depth + 1) * size_of::<Option<Result<Ticket, Lost>>>()
    }

    /// An object begins. `waits` as in [`Point::begin`].
    pub fn begin(&mut self, point: &mut Point, whole: &Whole<'_>, waits: bool) -> Taking {
        // What was open here or deeper has been forgotten.
        for level in self.levels.iter_mut().skip(whole.level) {
            if let Some(Ok(ticket)) = level.take() {
                point.abandon(ticket);
            }
        }
        let (Some(level), Some((ticket, taking))) =
            (self.levels.get_mut(whole.level), point.begin(whole.format.name, waits))
        else {
            return Taking::Passing;
        };
        *level = Some(Ok(ticket));
        taking
    }

    /// Its next bytes. False: it is lost.
    pub fn write(&mut self, point: &mut Point, level: usize, bytes: &[u8]) -> bool {
        let Some(Some(state)) = self.levels.get_mut(level) else { return false };
        *state = state.and_then(|ticket| point.write(ticket, bytes).map(|()| ticket));
        state.is_ok()
    }

    /// It is not needed.
    pub fn forget(&mut self, point: &mut Point, level: usize) {
        if let Some(Some(Ok(ticket))) = self.levels.get_mut(level).map(Option::take) {
            point.abandon(ticket);
        }
    }

    /// All of it has come. `None`, after it was counted, where it was lost.
    pub fn end(&mut self, point: &mut Point, level: usize) -> Option<Ticket> {
        match self.levels.get_mut(level)?.take()? {
            Ok(ticket) => Some(ticket),
            Err(lost) => {
                point.lose(lost);
                None
            }
        }
    }
}
