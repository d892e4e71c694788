//! Completion and hints at the prompt.

use std::borrow::Cow;
use std::sync::Arc;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use signal_hook::consts::SIGINT;
use signal_hook::low_level;

use super::command::{COMMANDS, Follows, next_words};
use crate::control::sensor::Sensor;

/// What arguments are completed from.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Numbers and names of the ports.
    pub(super) ports: Vec<String>,
    /// How many workers there are.
    pub(super) workers: usize,
}

impl Names {
    pub(super) fn of(sensor: &Sensor) -> Self {
        let ports = sensor.ports.iter().flat_map(|port| [port.id.to_string(), port.name.clone()]).collect();
        Self { ports, workers: sensor.workers.len() }
    }
}

/// Where the word at the end of `line` begins, and what it can become.
pub(super) fn candidates(line: &str, names: &Names) -> (usize, Vec<String>) {
    let at = line.rfind(char::is_whitespace).map_or(0, |space| {
        let after = line.get(space..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        space.saturating_add(after)
    });
    let (before, partial) = line.split_at_checked(at).unwrap_or((line, ""));
    let words: Vec<&str> = before.split_whitespace().collect();
    let mut found = possible(&words, names);
    found.retain(|candidate| candidate.starts_with(partial));
    (at, found)
}

/// What can stand after `words`.
fn possible(words: &[&str], names: &Names) -> Vec<String> {
    let Some((spec, arguments)) = COMMANDS.iter().find_map(|spec| Some((spec, words.strip_prefix(spec.words)?))) else {
        return next_words(words).into_iter().map(str::to_owned).collect();
    };
    let fixed = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match (spec.follows, arguments) {
        (Follows::Port, []) => names.ports.iter().cloned().chain(["all".to_owned()]).collect(),
        (Follows::Worker, []) => (0..names.workers).map(|number| number.to_string()).collect(),
        (Follows::Level, []) => fixed(&["0", "1", "2"]),
        // After two ends, or two addresses and two ports.
        (Follows::Steering, [_, _] | [_, _, _, _]) => fixed(&["tcp", "udp", "icmp"]),
        (Follows::Command, begun) => next_words(begun).into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What the line could end in, when there is only one way.
fn hint(line: &str, names: &Names) -> Option<String> {
    if line.trim().is_empty() {
        return None;
    }
    let (at, found) = candidates(line, names);
    let partial = line.get(at..)?;
    match found.as_slice() {
        [only] => only.strip_prefix(partial).filter(|rest| !rest.is_empty()).map(str::to_owned),
        _ => None,
    }
}

/// What rustyline asks while a line is edited.
pub(super) struct Assistant {
    pub(super) names: Names,
    pub(super) sensor: Arc<Sensor>,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let (at, mut found) = candidates(line.get(..pos).unwrap_or(line), &self.names);
        // The only one is complete: the next word can begin.
        if let [only] = found.as_mut_slice() {
            only.push(' ');
        }
        Ok((at, found))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        if pos < line.len() { None } else { hint(line, &self.names) }
    }
}

impl Highlighter for Assistant {
    /// Leaves the line as it is, and ends the editing once the sensor is to stop.
    /// rustyline has no call for that, but while it reads it takes SIGINT for Ctrl-C,
    /// restores the terminal and returns; and it asks here whenever it draws the line,
    /// so at the beginning and after each line of the console. The signal cannot miss
    /// it: this runs on the thread that reads, between rustyline's setting its handler
    /// and its taking it back.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.sensor.stop.raised() {
            // It fails for signals that do not exist only.
            let _ = low_level::raise(SIGINT);
        }
        Cow::Borrowed(line)
    }

    /// Faint, so that it is not taken for what was typed.
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }
}

impl Validator for Assistant {}
impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_arguments_are_completed_in_their_place() {
        let names = Names { ports: vec!["0".to_owned(), "net_tap0".to_owned()], workers: 3 };
        let cases: &[(&str, usize, &[&str])] = &[
            ("", 0, &["start", "stop", "show", "clear", "set", "reload", "help", "quit"]),
            ("s", 0, &["start", "stop", "show", "set"]),
            ("sh", 0, &["show"]),
            ("show", 0, &["show"]),
            ("show ", 5, &["port", "lcore", "worker", "flow", "steering", "mempool"]),
            ("show  f", 6, &["flow"]),
            ("show port ", 10, &["info", "stats", "xstats"]),
            ("show port info ", 15, &["0", "net_tap0", "all"]),
            ("show port info n", 15, &["net_tap0"]),
            ("show port info 0 ", 17, &[]),
            ("show worker ", 12, &["0", "1", "2"]),
            ("set verbose ", 12, &["0", "1", "2"]),
            ("show steering 1.1.1.1:1 2.2.2.2:2 ", 34, &["tcp", "udp", "icmp"]),
            ("show steering 1.1.1.1:1 ", 24, &[]),
            ("help show f", 10, &["flow"]),
            ("help show flow ", 15, &["count", "top"]),
            ("quit ", 5, &[]),
            ("nonsense ", 9, &[]),
            ("größe\u{a0}", 9, &[]),
        ];
        for (line, at, expected) in cases {
            let (found_at, found) = candidates(line, &names);
            assert_eq!((found_at, found), (*at, expected.iter().map(|word| (*word).to_owned()).collect()), "{line:?}");
        }
    }

    #[test]
    fn a_hint_is_shown_when_only_one_way_is_left() {
        let names = Names::default();
        let cases = [("", None), ("s", None), ("sh", Some("ow")), ("show w", Some("orker")), ("show worker", None)];
        for (line, expected) in cases {
            assert_eq!(hint(line, &names).as_deref(), expected, "{line:?}");
        }
    }
}
