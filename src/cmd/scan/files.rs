//! Which files there are.

use std::path::PathBuf;

use super::missing;
use crate::cmd::output::Failure;

/// All regular files at and below `paths`, in the order of the command line, each directory's by name. Symbolic links are
/// followed only where they are named.
pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let facts = std::fs::metadata(path).map_err(|error| missing(path, &error))?;
        if !facts.is_dir() {
            files.push(path.clone());
            continue;
        }
        // The last of these is looked into next.
        let mut open = vec![path.clone()];
        while let Some(path) = open.pop() {
            let facts = std::fs::symlink_metadata(&path).map_err(|error| missing(&path, &error))?;
            if facts.is_file() {
                files.push(path);
            } else if facts.is_dir() {
                let entries = std::fs::read_dir(&path).map_err(|error| missing(&path, &error))?;
                let mut entries: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                entries.sort_unstable_by(|a, b| b.cmp(a));
                open.append(&mut entries);
            }
        }
    }
    Ok(files)
}
