//! Errors with exit codes, and the two streams a command writes to.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a command ends without having done its work.
#[derive(Debug)]
pub enum Failure {
    /// The input, the configuration or the command line is wrong: exit code 2.
    Input(String),
    /// It failed while running: exit code 1.
    Running(anyhow::Error),
}

impl Failure {
    /// Wrong input, in one line.
    pub fn input(reason: impl fmt::Display) -> Self {
        Self::Input(reason.to_string())
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Running(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(reason) => f.write_str(reason),
            Self::Running(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Running(error)
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::input(error)
    }
}

impl From<crate::steer::capture::CaptureError> for Failure {
    fn from(error: crate::steer::capture::CaptureError) -> Self {
        Self::input(error)
    }
}

impl From<crate::dpdk::DpdkError> for Failure {
    fn from(error: crate::dpdk::DpdkError) -> Self {
        Self::Running(error.into())
    }
}

/// Writes one diagnostic line.
pub(super) fn complain(line: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(io::stderr(), "tidegate: {line}");
}

/// Writes to stdout.
///
/// # Errors
/// Exit code 1 when stdout is closed or full.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::Running(anyhow::Error::new(error).context("standard output")))
}
