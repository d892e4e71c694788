//! What is wrong with a configuration, on one line.

use std::fmt;
use std::path::Path;

/// Longest piece of the user's text that a message repeats, in characters.
const MAX_QUOTED_CHARS: usize = 60;

/// A configuration or dictionary file that cannot be used.
///
/// `Display` gives one line that names file, line, key, what was found and what
/// was expected, as in
/// `sensor.toml:12: flow.timeout.tcp_new: found "soon", expected a duration such as "30s"`.
/// Line and key are left out where there is none (a missing file, say).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    file: String,
    line: Option<usize>,
    key: Option<String>,
    problem: String,
}

impl ConfigError {
    /// An error about a whole file: it has no line and no key.
    pub(super) fn file(file: &Path, problem: impl Into<String>) -> Self {
        Self { file: one_line(&file.display().to_string()), line: None, key: None, problem: problem.into() }
    }

    /// The same error at line `line`, counted from 1.
    pub(super) fn at_line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    /// The same error about `key`, as in `flow.timeout.tcp_new`.
    pub(super) fn at_key(self, key: &str) -> Self {
        Self { key: Some(one_line(key)), ..self }
    }

    /// The file that is at fault, as the message names it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file
    }

    /// The line at fault, counted from 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// The key at fault, with the tables that lead to it.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// "found …, expected …", the form of nearly all messages.
pub(super) fn found_expected(found: &str, expected: &str) -> String {
    format!("found {found}, expected {expected}")
}

/// `text` in quotes, escaped to one line and cut to a readable length.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// `text` with control characters escaped and cut to a readable length, without quotes.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}...", one_line(text.get(..end).unwrap_or_default())),
        None => one_line(text),
    }
}

/// `items` as a sentence lists them: `a, b or c`.
pub(super) fn alternatives(items: &[String]) -> String {
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The system's words for `error`, without the error number.
pub(super) fn system_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words).to_owned()
}

fn one_line(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}
