//! The captures that are in the repository.

use std::fs;
use std::path::PathBuf;

use super::common::capture;

/// Every capture of `tests/captures`, in order of their names.
pub(crate) fn captures() -> Vec<PathBuf> {
    let is_capture = |name: &str| [".pcap", ".pcapng", ".pcap.gz", ".pcap.zst"].iter().any(|end| name.ends_with(end));
    let mut files: Vec<_> = fs::read_dir(capture(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_capture))
        .collect();
    files.sort_unstable();
    assert!(files.len() >= 20, "only {} captures in {}", files.len(), capture("").display());
    files
}

/// The file's name without its directory.
pub(crate) fn name(file: &std::path::Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}
