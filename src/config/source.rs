//! The text of a file, and which line a byte of it stands on.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, Error};

use super::error::{ConfigError, found_expected, quoted, system_words};
use super::value::{MIB, format_size};

/// Largest file read, in bytes: room for 65,536 of the longest keywords, each
/// byte of them written as `\u00ff`. An endless pipe or device stops here.
const MAX_FILE_BYTES: u64 = 128 * MIB;

/// A file's text with an index of its lines.
#[derive(Debug)]
pub(super) struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    newlines: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Checks that `bytes` are UTF-8. A byte order mark is skipped.
    pub(super) fn new(file: &'a Path, bytes: &'a [u8]) -> Result<Self, ConfigError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let (valid, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            let found = rest.first().map_or_else(String::new, |byte| format!("the byte 0x{byte:02x}"));
            ConfigError::file(file, found_expected(&found, "UTF-8 text")).at_line(line)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Ok(Self { file, text, newlines })
    }

    /// The whole text.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// The file it came from.
    pub(super) const fn file(&self) -> &'a Path {
        self.file
    }

    /// The line that byte `offset` stands on, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.newlines.partition_point(|newline| *newline < offset) + 1
    }

    /// Parses the text as TOML.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| self.syntax(&error))
    }

    fn syntax(&self, error: &Error) -> ConfigError {
        let span = error.span().unwrap_or_default();
        let at = self.text.get(span.clone()).unwrap_or_default();
        let line = self.line(span.start);
        if error.message() == "duplicate key" {
            let problem = found_expected("the key a second time", "it once");
            return ConfigError::file(self.file, problem).at_line(line).at_key(at);
        }
        let place = if at.trim().is_empty() { String::new() } else { format!(" at {}", quoted(at)) };
        let problem = format!("not valid TOML{place}: {}", error.message().replace('\n', ", "));
        ConfigError::file(self.file, problem).at_line(line)
    }
}

/// Reads a file of at most [`MAX_FILE_BYTES`]. The error is what was found in
/// its place: the caller knows where the name came from and what was expected.
pub(super) fn read_bounded(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| unreadable(&error))?;
    opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("more than {}", format_size(MAX_FILE_BYTES)));
    }
    Ok(bytes)
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "a directory".to_owned(),
        _ => format!("a file that cannot be read ({})", system_words(error)),
    }
}
