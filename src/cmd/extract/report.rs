//! What was kept, and what could not be written while it goes on.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Refused;
use crate::control::figures;

/// Between two lines about files that could not be written.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// What was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cmd) struct ExtractReport {
    /// Files, each once.
    pub(in crate::cmd) files: u64,
    /// Bytes in them.
    pub(in crate::cmd) bytes: u64,
    /// Files that were there already.
    pub(in crate::cmd) again: u64,
    /// Files not kept because the quota was reached.
    pub(in crate::cmd) over_quota: u64,
    /// Files not kept because the worker had no room for their bytes.
    pub(in crate::cmd) lost: u64,
    /// Files not kept because they could not be written.
    pub(in crate::cmd) failed: u64,
}

impl ExtractReport {
    /// For programs.
    pub(in crate::cmd) fn json(&self) -> Value {
        let Self { files, bytes, again, over_quota, lost, failed } = self;
        json!({
            "files": files, "bytes": bytes, "again": again, "over_quota": over_quota, "lost": lost, "failed": failed,
        })
    }

    /// For people.
    pub(in crate::cmd) fn text(&self, directory: &Path) -> String {
        let (files, bytes) = (figures::grouped(self.files), figures::grouped(self.bytes));
        let mut text = format!("{files} files, {bytes} bytes, kept in {}", directory.display());
        let reasons = [(self.over_quota, "over the quota"), (self.lost, "without room"), (self.failed, "not written")];
        for (count, reason) in reasons.into_iter().filter(|(count, _)| *count != 0) {
            text.push_str(&format!("; {} not kept: {reason}", figures::grouped(count)));
        }
        text
    }
}

/// When to say that files cannot be written: at once, and then no more often than each [`LINE_EVERY`].
#[derive(Debug, Default)]
pub(super) struct Told {
    last: Option<Instant>,
    /// Files since then.
    silent: u64,
}

impl Told {
    /// A file could not be written at `now`: the line to say, if it is time for one.
    pub(super) fn line(&mut self, refused: &Refused, now: Instant) -> Option<String> {
        let (path, error) = (refused.path.display(), &refused.error);
        if self.last.is_some_and(|last| now.duration_since(last) < LINE_EVERY) {
            self.silent += 1;
            return None;
        }
        self.last = Some(now);
        let others = match std::mem::take(&mut self.silent) {
            0 => String::new(),
            silent => format!(", nor are {} since the last such line", figures::grouped(silent)),
        };
        Some(format!("--extract: {path}: {error}; that file is not kept{others}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_told_once_a_minute_with_what_was_not_told() {
        let mut told = Told::default();
        let refused = Refused { path: "/x/.passing/0-1".into(), error: std::io::Error::other("no space") };
        let begin = Instant::now();
        let mut at = |seconds| told.line(&refused, begin + Duration::from_secs(seconds));
        let line = "--extract: /x/.passing/0-1: no space; that file is not kept";
        assert_eq!(at(0).as_deref(), Some(line));
        assert_eq!([at(1), at(30), at(59)], [None, None, None]);
        assert_eq!(at(60), Some(format!("{line}, nor are 3 since the last such line")));
        assert_eq!(at(119), None);
        assert_eq!(at(200), Some(format!("{line}, nor are 1 since the last such line")));
        assert_eq!(at(260).as_deref(), Some(line));
    }
}
