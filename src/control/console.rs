//! Where lines go that nobody asked for.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

type Printer = Box<dyn FnMut(String) + Send>;

/// Lines beside the answers of the shell: rates, notices. While the prompt is
/// being edited they go through its printer, which moves the prompt below them;
/// otherwise to stdout. Any thread may print; a closed stdout is ignored.
#[derive(Default)]
pub struct Console {
    printer: Mutex<Option<Printer>>,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

impl Console {
    /// A console on stdout.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        let mut printer = self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(print) = printer.as_mut() {
            print(format!("{text}\n"));
            return;
        }
        let mut out = io::stdout().lock();
        // Nobody is left to tell when stdout is gone.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// Prints a line of what went on: above the prompt while one is being edited, else to stderr.
    pub fn notice(&self, text: &str) {
        let mut printer = self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(print) = printer.as_mut() {
            print(format!("{text}\n"));
            return;
        }
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(io::stderr(), "tidegate: {text}");
    }

    /// From now on lines go through `printer`, each with its line end; `None`: to stdout.
    pub fn redirect(&self, printer: Option<Printer>) {
        *self.printer.lock().unwrap_or_else(PoisonError::into_inner) = printer;
    }
}
