//! Where lines come from: an editor on a terminal, or stdin as it is.
//!
//! Reading waits, and the shell must notice a signal meanwhile, so a thread
//! reads and the shell waits for it with a time limit. The next line is read when
//! the last one is answered, so that prompt and answers do not mix.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor, ExternalPrinter as _};

use super::complete::{Assistant, Names};
use crate::control::sensor::Sensor;

const PROMPT: &str = "tidegate> ";
/// Lines of history that are kept.
const HISTORY: usize = 1000;
/// Longest line of a script, in bytes; the rest of a longer one counts as the next.
const LONGEST: u64 = 64 << 10;
/// How long a reader may take to see that the sensor stops.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How long the editor may take to restore the terminal.
const RESTORED_WITHIN: Duration = Duration::from_secs(2);

/// What was read.
#[derive(Debug)]
pub(super) enum Input {
    Line(String),
    /// Ctrl-C at the prompt, or SIGINT while it waits.
    Interrupted,
    /// Ctrl-D at the prompt.
    Quit,
    /// The end of a script.
    End,
    Failed(String),
}

/// The reading thread.
pub(super) struct Source {
    pub(super) lines: Receiver<Input>,
    go: Option<Sender<()>>,
    editor: Option<JoinHandle<()>>,
}

impl Source {
    /// The editor where stdin and stdout are a terminal that can do it, else lines of stdin.
    pub(super) fn open(sensor: &Arc<Sensor>) -> io::Result<Self> {
        let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let (to_shell, lines) = mpsc::channel();
        let (go, answered) = mpsc::channel();
        let editor = terminal.then(|| editor(sensor)).flatten();
        let name = thread::Builder::new().name("prompt".to_owned());
        let editor = match editor {
            Some(editor) => {
                let sensor = Arc::clone(sensor);
                Some(name.spawn(move || edit(editor, &sensor, &to_shell, &answered))?)
            }
            None => {
                // Left behind when the sensor stops: nothing ends a read of stdin, and it holds nothing.
                name.spawn(move || read(terminal, &to_shell, &answered))?;
                None
            }
        };
        Ok(Self { lines, go: Some(go), editor })
    }

    /// Lines that come through a channel.
    #[cfg(test)]
    pub(super) fn made_up(inputs: impl IntoIterator<Item = Input>) -> Self {
        let (to_shell, lines) = mpsc::channel();
        for input in inputs {
            to_shell.send(input).expect("the receiver is here");
        }
        Self { lines, go: None, editor: None }
    }

    /// The last line is answered.
    pub(super) fn next(&self) {
        if let Some(go) = &self.go {
            // A reader that has ended says so through `lines`.
            let _ = go.send(());
        }
    }

    /// Ends the editor, which restores the terminal and keeps the history.
    pub(super) fn close(mut self, sensor: &Sensor) {
        drop(self.go.take());
        let Some(editor) = self.editor.take() else { return };
        if sensor.stop.raised() && !editor.is_finished() {
            // Makes the editor draw its line again, at which it sees that it must end.
            sensor.console.line("the sensor is stopping");
        }
        let until = Instant::now() + RESTORED_WITHIN;
        while !editor.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        sensor.console.redirect(None);
    }
}

type LineEditor = Editor<Assistant, FileHistory>;

/// An editor, unless the terminal cannot do it (`TERM=dumb`). The console prints through it from now on.
fn editor(sensor: &Arc<Sensor>) -> Option<LineEditor> {
    // Nothing is coloured, but without this the highlighter, which ends the editing, is not asked under NO_COLOR.
    let config = Config::builder().color_mode(ColorMode::Forced);
    let config = config.completion_type(CompletionType::List).auto_add_history(false);
    let config = config.max_history_size(HISTORY).ok()?.history_ignore_dups(true).ok()?.build();
    let mut editor = LineEditor::with_config(config).ok()?;
    // The printer is needed for more than printing: only an editor that has one waits for signals too.
    let mut printer = editor.create_external_printer().ok()?;
    sensor.console.redirect(Some(Box::new(move |line| {
        // It fails when the terminal is gone; nobody is left to read the line.
        let _ = printer.print(line);
    })));
    editor.set_helper(Some(Assistant { names: Names::of(sensor), sensor: Arc::clone(sensor) }));
    Some(editor)
}

fn edit(mut editor: LineEditor, sensor: &Sensor, to_shell: &Sender<Input>, answered: &Receiver<()>) {
    let history = history_file();
    if let Some(file) = &history {
        // Nothing was kept yet, or it cannot be read; keeping it will say why.
        let _ = editor.load_history(file);
    }
    loop {
        let input = match editor.readline(PROMPT) {
            Ok(line) => {
                if !line.trim().is_empty() {
                    // It refuses repetitions only.
                    let _ = editor.add_history_entry(line.as_str());
                }
                Input::Line(line)
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(ReadlineError::Eof) => Input::Quit,
            Err(error) => Input::Failed(error.to_string()),
        };
        let last = matches!(input, Input::Quit | Input::Failed(_));
        if to_shell.send(input).is_err() || last || !wait(answered, sensor) {
            break;
        }
    }
    if let Some(file) = &history
        && let Err(error) = keep_history(&mut editor, file)
    {
        sensor.console.line(&format!("the history is not kept: {}: {error}", file.display()));
    }
}

/// Waits for the answer to the last line; false when there is no next one.
fn wait(answered: &Receiver<()>, sensor: &Sensor) -> bool {
    loop {
        match answered.recv_timeout(LOOK) {
            Ok(()) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) if sensor.stop.raised() => return false,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn keep_history(editor: &mut LineEditor, file: &Path) -> rustyline::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    editor.append_history(file)
}

/// `$XDG_STATE_HOME/tidegate/history`, or `~/.local/state/tidegate/history` (XDG Base Directory Specification).
fn history_file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    history_in(absolute("XDG_STATE_HOME"), absolute("HOME"))
}

fn history_in(state: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let state = state.or_else(|| Some(home?.join(".local/state")))?;
    Some(state.join("tidegate/history"))
}

/// Lines of stdin; with a prompt on a terminal without editing.
fn read(terminal: bool, to_shell: &Sender<Input>, answered: &Receiver<()>) {
    let mut stdin = io::stdin().lock();
    loop {
        if terminal {
            let mut out = io::stdout().lock();
            // The answers say when stdout is gone.
            let _ = out.write_all(PROMPT.as_bytes()).and_then(|()| out.flush());
        }
        let input = line(&mut stdin);
        let last = !matches!(input, Input::Line(_));
        if to_shell.send(input).is_err() || last || answered.recv().is_err() {
            return;
        }
    }
}

fn line(from: &mut impl BufRead) -> Input {
    let mut bytes = Vec::new();
    match from.take(LONGEST).read_until(b'\n', &mut bytes) {
        Ok(0) => Input::End,
        Ok(_) => Input::Line(String::from_utf8_lossy(&bytes).trim_end().to_owned()),
        Err(error) => Input::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_where_state_belongs() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(history_in(path("/state"), path("/home/a")), path("/state/tidegate/history"));
        assert_eq!(history_in(None, path("/home/a")), path("/home/a/.local/state/tidegate/history"));
        assert_eq!(history_in(None, None), None);
    }

    #[test]
    fn scripts_are_read_line_by_line_whatever_they_hold() {
        let mut script: &[u8] = b"show worker\r\n\n\xff\xfe\nquit";
        let mut lines = Vec::new();
        while let Input::Line(text) = line(&mut script) {
            lines.push(text);
        }
        assert_eq!(lines, ["show worker", "", "\u{fffd}\u{fffd}", "quit"]);
        let endless = vec![b'a'; 100_000];
        let mut script = endless.as_slice();
        assert!(matches!(line(&mut script), Input::Line(text) if text.len() == 65_536));
    }
}
