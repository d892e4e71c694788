//! JavaScript (ECMA-262), and source code that is written like it: strings in which characters are written by their numbers.
//!
//! Children are `(text)`, every string and template that has a backslash in it, its escapes undone, on a line of its own,
//! with what is passed to `unescape` and `decodeURIComponent`; and long base64, wherever it stands, as `(base64)`, which
//! may be anything ([`runs`]). All else is in the object as it stands. [`Literals`] is also how scripts in HTML are read.

mod before;
mod literals;
mod recognise;

pub(super) use self::literals::{Literals, MEMORY as LITERALS_MEMORY, Sink};
use super::decoder::{Decoder, Fault, Out, Taken};
use super::format::Format;
use super::lines::{self, Lines};
use super::runs::{self, Runs, WordSeeker};

pub(super) static FORMAT: Format = Format {
    name: "javascript",
    recognise: recognise::javascript,
    make: || Box::new(JavaScript::new()),
    memory: LITERALS_MEMORY + lines::MEMORY + runs::MEMORY + 256,
    scanned: true,
    carries: false,
};

#[derive(Debug)]
struct JavaScript {
    literals: Literals,
    found: Found,
}

/// What is made of the pieces of a source.
#[derive(Debug)]
struct Found {
    /// Looks for base64 in what stands there without escapes.
    seeker: WordSeeker,
    /// Such a run goes on.
    in_run: bool,
    runs: Runs,
    lines: Lines,
}

impl JavaScript {
    const fn new() -> Self {
        let found = Found { seeker: WordSeeker::NEW, in_run: false, runs: Runs::new(), lines: Lines::SILENT };
        Self { literals: Literals::NEW, found }
    }
}

/// What is found, and where it goes.
struct To<'a> {
    found: &'a mut Found,
    out: &'a mut dyn Out,
}

impl Sink for To<'_> {
    fn plain(&mut self, bytes: &[u8]) -> bool {
        let Found { seeker, in_run, runs, lines } = &mut *self.found;
        let (mut rest, mut has_run) = (bytes, *in_run);
        while !rest.is_empty() {
            if *in_run {
                // What ends the run is given to it too.
                let end = rest.iter().position(|byte| !runs::may_go_on(*byte));
                *in_run = end.is_none();
                let run = end.and_then(|end| rest.get(..=end)).unwrap_or(rest);
                runs.push(run, lines, self.out);
                rest = rest.get(run.len()..).unwrap_or(&[]);
            } else {
                let Some((held, behind)) = seeker.seek(rest) else { break };
                seeker.restart();
                lines.silence(true, self.out);
                runs.push(held.get(), lines, self.out);
                (*in_run, has_run) = (true, true);
                rest = behind;
            }
        }
        has_run
    }

    fn text(&mut self, bytes: &[u8]) {
        let Found { seeker, in_run, runs, lines } = &mut *self.found;
        seeker.restart();
        *in_run = false;
        lines.silence(false, self.out);
        runs.push(bytes, lines, self.out);
    }

    fn end(&mut self) {
        let Found { in_run, runs, lines, .. } = &mut *self.found;
        *in_run = false;
        runs.end(lines, self.out);
        lines.silence(true, self.out);
    }
}

impl Decoder for JavaScript {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let Self { literals, found } = self;
        if found.lines.enough() || found.runs.enough() {
            return Ok(Taken::Enough);
        }
        literals.push(piece, &mut To { found, out });
        if found.runs.is_text() {
            found.lines.flush(out);
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        let Self { literals, found } = self;
        literals.finish(&mut To { found, out });
        found.runs.end(&mut found.lines, out);
        found.lines.finish(out);
        true
    }

    fn reset(&mut self) {
        self.literals = Literals::NEW;
        let Found { seeker, in_run, runs, lines } = &mut self.found;
        (*seeker, *in_run) = (WordSeeker::NEW, false);
        runs.clear();
        lines.clear();
        *lines = Lines::SILENT;
    }
}
