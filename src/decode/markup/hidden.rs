//! base64 in what readers of a document do not see: scripts, styles, comments, and values of attributes that are no text. So
//! files are smuggled that a script puts together in the browser, and so are pictures embedded.

use super::super::decoder::Out;
use super::super::lines::Lines;
use super::super::runs::{self, First, SHORTEST, Seeker};
use super::super::undone::Undone;

/// Room for what is undone at a time.
const ROOM: usize = 1536;
/// What a [`Hidden`] holds, bytes.
pub(super) const MEMORY: usize = ROOM + 6 * SHORTEST;

/// Where in what is hidden the next byte stands.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Where a run may begin.
    Sought,
    /// Behind the first digits of one, of which the child has not begun.
    Found(First),
    /// In one.
    Run,
    /// Behind its padding.
    Padding,
}

/// Finds runs, and undoes them.
#[derive(Debug)]
pub(super) struct Hidden {
    seeker: Seeker,
    state: State,
    undone: Undone<ROOM>,
}

impl Hidden {
    pub(super) const NEW: Self = Self { seeker: Seeker::NEW, state: State::Sought, undone: Undone::NEW };

    /// Nobody wants more.
    pub(super) const fn enough(&self) -> bool {
        self.undone.enough()
    }

    /// Takes some of the bytes, or none where a run begins its padding or ends: those that are no more of a run than its
    /// first digits, and what is left to take. While that is a run, no text may be handed out.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8], lines: &mut Lines, out: &mut dyn Out) -> (&'a [u8], &'a [u8]) {
        self.begin(lines, out);
        if let State::Sought = self.state {
            let Some((held, behind)) = self.seeker.seek(bytes) else { return (bytes, &[]) };
            self.state = State::Found(held);
            return (bytes.get(..bytes.len() - behind.len()).unwrap_or(bytes), behind);
        }
        let is_run = matches!(self.state, State::Run);
        let goes_on = |byte: &u8| if is_run { runs::is_digit(*byte) } else { *byte == b'=' };
        let count = bytes.iter().take_while(|byte| goes_on(byte)).count();
        let (digits, behind) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        self.undone.push(digits, out);
        match behind.first() {
            Some(b'\r' | b'\n') if is_run => return (&[], behind.get(1..).unwrap_or(&[])),
            Some(b'=') => self.state = State::Padding,
            Some(_) => self.end(lines, out),
            None => {}
        }
        (&[], behind)
    }

    /// A run that was found begins.
    fn begin(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        if let State::Found(held) = self.state {
            lines.pause(out);
            self.state = State::Run;
            self.undone.begin(out);
            self.undone.push(held.get(), out);
        }
    }

    /// What is hidden is over.
    pub(super) fn end(&mut self, lines: &mut Lines, out: &mut dyn Out) {
        self.begin(lines, out);
        if !matches!(self.state, State::Sought) {
            self.undone.end(out);
            self.state = State::Sought;
        }
        self.seeker.restart();
    }
}
