//! The prompt of `tidegate run -i`, in the manner of testpmd.
//!
//! One table of commands (`command`) serves parsing, completion and help.
//! Parsing, doing (`answer`) and rendering (`show`) are apart. Everything runs
//! on the control side: workers are only read, but for the mailbox that `show flow
//! top` uses.

mod answer;
mod command;
mod complete;
mod input;
mod show;
mod table;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::mpsc::RecvTimeoutError;

use anyhow::{Context as _, bail};

use super::sensor::Sensor;
use command::Command;
use input::{Input, LOOK, Source};

/// Why the shell has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShellEnd {
    /// The user ends the sensor: `quit`, Ctrl-D, or Ctrl-C twice.
    Quit,
    /// A script was read to its end.
    Input,
    /// The sensor's stop flag was raised, by a signal or by someone else.
    Stopped,
}

/// Reads commands and answers them on stdout until the user quits, the input
/// ends, or the sensor's stop flag is raised, which is noticed within a second,
/// also while a line is edited. The terminal is left as it was found. `verbose` is
/// the level that `set verbose` changes.
///
/// On a terminal lines are edited, with completion and history; otherwise
/// commands are read line by line and only their answers are written.
///
/// # Errors
/// When stdin cannot be read or stdout cannot be written.
pub fn run(sensor: &Arc<Sensor>, verbose: &Arc<AtomicU8>) -> anyhow::Result<ShellEnd> {
    let source = Source::open(sensor).context("the prompt")?;
    let end = serve(sensor, verbose, &source, &mut io::stdout());
    source.close(sensor);
    end
}

fn serve(sensor: &Sensor, verbose: &AtomicU8, source: &Source, out: &mut impl Write) -> anyhow::Result<ShellEnd> {
    let mut interrupted = false;
    loop {
        if sensor.stop.raised() {
            return Ok(ShellEnd::Stopped);
        }
        let input = match source.lines.recv_timeout(LOOK) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => bail!("standard input: the reading thread has ended"),
        };
        let again = std::mem::replace(&mut interrupted, matches!(input, Input::Interrupted));
        let text = match input {
            Input::Line(line) => match command::parse(&line) {
                Ok(Command::Quit) => return Ok(ShellEnd::Quit),
                Ok(command) => answer::answer(sensor, verbose, &command),
                Err(error) => error.to_string(),
            },
            Input::Interrupted if sensor.stop.raised() => return Ok(ShellEnd::Stopped),
            Input::Interrupted if again => return Ok(ShellEnd::Quit),
            Input::Interrupted => "Ctrl-C again, Ctrl-D or \"quit\" ends the sensor".to_owned(),
            Input::Quit => return Ok(ShellEnd::Quit),
            Input::End => return Ok(ShellEnd::Input),
            Input::Failed(reason) => bail!("standard input: {reason}"),
        };
        if !text.is_empty() {
            writeln!(out, "{text}").and_then(|()| out.flush()).context("standard output")?;
        }
        source.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::made_up_sensor;

    fn session(sensor: &Sensor, inputs: Vec<Input>) -> (anyhow::Result<ShellEnd>, String) {
        let mut out = Vec::new();
        let end = serve(sensor, &AtomicU8::new(0), &Source::made_up(inputs), &mut out);
        (end, String::from_utf8(out).expect("text"))
    }

    fn line(text: &str) -> Input {
        Input::Line(text.to_owned())
    }

    #[test]
    fn a_script_gets_answers_and_nothing_else() {
        let sensor = made_up_sensor(1);
        let (end, out) = session(&sensor, vec![line("stop"), line(""), line("shwo"), line("quit"), line("start")]);
        assert_eq!(end.expect("no failure"), ShellEnd::Quit);
        assert_eq!(out, "no port is polled; \"start\" goes on\nno command \"shwo\"; did you mean \"show\"?\n");
        assert!(!sensor.is_running(), "nothing is done after quit");
    }

    #[test]
    fn two_interrupts_in_a_row_end_it() {
        use Input::Interrupted;
        let (end, out) = session(&made_up_sensor(1), vec![Interrupted, line(""), Interrupted, Interrupted]);
        assert_eq!(end.expect("no failure"), ShellEnd::Quit);
        assert_eq!(out.lines().count(), 2, "{out}");
    }

    #[test]
    fn ends_are_told_apart() {
        let sensor = made_up_sensor(1);
        assert_eq!(session(&sensor, vec![Input::End]).0.expect("no failure"), ShellEnd::Input);
        assert_eq!(session(&sensor, vec![Input::Quit]).0.expect("no failure"), ShellEnd::Quit);
        assert!(session(&sensor, vec![Input::Failed("broken".to_owned())]).0.is_err());
        assert!(session(&sensor, Vec::new()).0.is_err());
        sensor.stop.raise();
        assert_eq!(session(&sensor, vec![line("start")]).0.expect("no failure"), ShellEnd::Stopped);
    }

    #[test]
    fn a_closed_stdout_is_an_error_and_no_panic() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let source = Source::made_up([line("help")]);
        let error = serve(&made_up_sensor(1), &AtomicU8::new(0), &source, &mut Closed).expect_err("no reader");
        assert_eq!(format!("{error:#}"), "standard output: broken pipe");
    }
}
