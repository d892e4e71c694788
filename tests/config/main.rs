//! The configuration: right ones are read as written, wrong ones give one line.

mod dictionary;
mod fuzz;
mod reference;
mod reload;
mod right;
mod wrong;

use std::fs;
use std::path::Path;

use tidegate::config::{Config, ConfigError};

/// Writes `files` into a fresh directory and loads the first; the directory is
/// taken out of the message.
fn load(files: &[(&str, &str)]) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    let (first, _) = files.first().unwrap();
    Config::load(&directory.path().join(first)).map_err(|error| relative(&error, directory.path()))
}

/// The message with paths relative to `directory`.
fn relative(error: &ConfigError, directory: &Path) -> String {
    error.to_string().replace(&format!("{}/", directory.display()), "")
}

/// Each case loads its files and must fail with exactly its one line.
fn assert_messages(cases: &[(&[(&str, &str)], &str)]) {
    for (files, expected) in cases {
        let message = load(files).expect_err(expected);
        assert_eq!(&message, expected, "for {files:?}");
        assert_eq!(message.lines().count(), 1);
    }
}
