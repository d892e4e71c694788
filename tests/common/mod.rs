//! What the tests of the program share: running it, and reading what it wrote.
//!
//! Only what every one of these tests uses stands here; the rest is in files of its own beside this one.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A file of `tests/captures`.
pub(crate) fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(name)
}

/// The program, with nothing inherited that would change what it does.
pub(crate) fn tidegate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tidegate"))
}

/// A replay that has ended.
pub(crate) struct Replayed {
    /// What it printed, and how it ended.
    pub(crate) output: Output,
    directory: TempDir,
}

/// `tidegate replay ARGUMENTS --out DIR` in a directory of its own.
pub(crate) fn replay<A: AsRef<OsStr>>(arguments: &[A]) -> Replayed {
    let directory = tempfile::tempdir().unwrap();
    let output = tidegate().arg("replay").args(arguments).arg("--out").arg(directory.path()).output().unwrap();
    Replayed { output, directory }
}

impl Replayed {
    /// The same, which must have gone well.
    pub(crate) fn succeeded(self) -> Self {
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        assert!(self.output.status.success() && stderr.is_empty(), "{}: {stderr}", self.output.status);
        self
    }

    /// The lines of `eve.json`, sorted: which worker wrote first is left to chance.
    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.directory.path().join("eve.json")).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is cut: {text:?}");
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }

    /// The events, in the order of their lines.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}
