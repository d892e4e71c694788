//! Objects: stretches of a file that come one piece after the other.
//!
//! Peers have several reads and writes on their way at a time, and they may come out of order. Nothing is kept of them, so a
//! file that does not come from its first byte to its last comes in several stretches, each an object that says where it begins.

use super::files::FileRef;
use crate::event::Direction;
use crate::proto::{Object, Sink};

/// Stretches of all files that are followed at a time.
const RUNS: usize = 48;

/// Stretches of one file and direction.
pub const MAX_RUNS_OF_FILE: usize = 4;

/// What it is called in paths.
pub(super) const LABEL: &str = "smb/file";

/// Whose stretches, in which direction, and whether they are written.
pub(super) type Key = (FileRef, Direction, bool);

/// A stretch, for as long as it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunRef {
    at: u8,
    id: u32,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// Of the object; 0 where there is none.
    id: u32,
    key: Key,
    start: u64,
    /// Where its next byte has to be.
    end: u64,
    /// Bytes of it were never seen.
    lossy: bool,
    /// It ends when its direction is served next.
    dying: bool,
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs {
    runs: [Run; RUNS],
    /// Number of the object that began last.
    last: u32,
    /// One of them is dying.
    sweep: bool,
}

impl Runs {
    pub(super) const fn new() -> Self {
        let nobody = FileRef::NONE;
        let run =
            Run { id: 0, key: (nobody, Direction::ToServer, false), start: 0, end: 0, lossy: false, dying: false };
        Self { runs: [run; RUNS], last: 0, sweep: false }
    }

    fn of(&self, key: Key) -> impl Iterator<Item = (RunRef, &Run)> {
        self.runs.iter().enumerate().filter(move |(_, run)| run.id != 0 && !run.dying && run.key == key).map(|(at, run)| {
            (RunRef { at: u8::try_from(at).unwrap_or(u8::MAX), id: run.id }, run)
        })
    }

    fn get(&mut self, run: RunRef) -> Option<&mut Run> {
        self.runs.get_mut(usize::from(run.at)).filter(|known| known.id == run.id && !known.dying)
    }

    /// The stretch that holds a byte or goes on with it, and how far it has come.
    pub(super) fn covering(&self, key: Key, offset: u64) -> (Option<RunRef>, u64) {
        let holds = |(_, run): &(RunRef, &Run)| run.start <= offset && offset <= run.end;
        let longest = self.of(key).filter(holds).max_by_key(|(_, run)| run.end);
        longest.map_or((None, 0), |(at, run)| (Some(at), run.end))
    }

    /// The last stretch that ends before a byte, and where.
    pub(super) fn before(&self, key: Key, offset: u64) -> Option<(RunRef, u64)> {
        self.of(key).filter(|(_, run)| run.end < offset).map(|(at, run)| (at, run.end)).max_by_key(|(_, end)| *end)
    }

    /// Another stretch of it may begin.
    pub(super) fn has_room(&self, key: Key) -> bool {
        self.of(key).count() < MAX_RUNS_OF_FILE && self.runs.iter().any(|run| run.id == 0)
    }

    /// A new object, for something that is no stretch of a file that is known.
    pub(super) fn number(&mut self) -> u32 {
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.last
    }

    /// Begins one; `None` when there is no room.
    pub(super) fn begin(&mut self, key: Key, name: &[u8], start: u64, sink: &mut dyn Sink) -> Option<RunRef> {
        if !self.has_room(key) {
            return None;
        }
        let id = self.number();
        let (at, place) = self.runs.iter_mut().enumerate().find(|(_, run)| run.id == 0)?;
        *place = Run { id, key, start, end: start, lossy: false, dying: false };
        sink.begin_object(id, &Object { label: LABEL, name, offset: start, ..Object::default() });
        Some(RunRef { at: u8::try_from(at).ok()?, id })
    }

    /// Its next bytes; false when it is not followed any more.
    pub(super) fn feed(&mut self, run: RunRef, bytes: &[u8], sink: &mut dyn Sink) -> bool {
        let Some(known) = self.get(run) else { return false };
        known.end = known.end.saturating_add(bytes.len() as u64);
        sink.object(run.id, bytes);
        true
    }

    /// Its next bytes were never seen.
    pub(super) fn gap(&mut self, run: RunRef, length: u64, sink: &mut dyn Sink) {
        let Some(known) = self.get(run) else { return };
        known.end = known.end.saturating_add(length);
        known.lossy = true;
        sink.object_gap(run.id, length);
    }

    /// Messages of a direction were never seen: whatever is open may lack something.
    pub(super) fn lose(&mut self, direction: Direction) {
        for run in self.runs.iter_mut().filter(|run| run.key.1 == direction) {
            run.lossy = true;
        }
    }

    /// Ends those of a file that was closed. An object is complete if it begins with the file's first byte and has all up to
    /// the last: of a file that is read, as the server has said when it was opened.
    pub(super) fn close(
        &mut self,
        file: FileRef,
        direction: Direction,
        size: Option<u64>,
        refused: bool,
        sink: &mut dyn Sink,
    ) {
        for is_write in [false, true] {
            let key = (file, direction, is_write);
            let is_only = self.of(key).count() == 1;
            for run in self.runs.iter_mut().filter(|run| run.id != 0 && !run.dying && run.key == key) {
                let is_whole = if is_write { !refused } else { size == Some(run.end) };
                sink.end_object(run.id, is_only && is_whole && run.start == 0 && !run.lossy);
                run.id = 0;
            }
        }
    }

    /// Those of a file are not followed any more. Those of the other direction end when that is served.
    pub(super) fn abandon(&mut self, file: FileRef, direction: Direction, sink: &mut dyn Sink) {
        for run in self.runs.iter_mut().filter(|run| run.id != 0 && run.key.0 == file) {
            if run.key.1 == direction {
                sink.end_object(run.id, false);
                run.id = 0;
            } else {
                (run.dying, self.sweep) = (true, true);
            }
        }
    }

    /// Ends those of a direction that are dying.
    pub(super) fn sweep(&mut self, direction: Direction, sink: &mut dyn Sink) {
        if self.sweep {
            self.finish(direction, true, sink);
            self.sweep = self.runs.iter().any(|run| run.id != 0 && run.dying);
        }
    }

    /// Ends all of a direction.
    pub(super) fn end(&mut self, direction: Direction, sink: &mut dyn Sink) {
        self.finish(direction, false, sink);
    }

    fn finish(&mut self, direction: Direction, only_dying: bool, sink: &mut dyn Sink) {
        let ends = |run: &&mut Run| run.id != 0 && run.key.1 == direction && (run.dying || !only_dying);
        for run in self.runs.iter_mut().filter(ends) {
            sink.end_object(run.id, false);
            run.id = 0;
        }
    }
}
