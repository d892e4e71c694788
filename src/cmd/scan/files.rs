//! Which files there are.

use std::io;
use std::path::{Path, PathBuf};

use super::missing;
use crate::cmd::output::Failure;

/// A file to look into, or what was to be looked into for more of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    /// Why that cannot be done.
    pub(super) unread: Option<String>,
}

/// All regular files at and below `paths`, in the order of the command line, each directory's by name. Symbolic links
/// are followed only where they are named. What cannot be looked at within a directory has its place among them.
///
/// # Errors
/// When there is nothing at one of `paths`, or it is a directory that cannot be read.
pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<Named>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let facts = std::fs::metadata(path).map_err(|error| missing(path, &error))?;
        if facts.is_dir() {
            std::fs::read_dir(path).map_err(|error| missing(path, &error))?;
            below(path, &mut files);
        } else {
            files.push(Named { path: path.clone(), unread: None });
        }
    }
    Ok(files)
}

/// All regular files below a directory.
fn below(directory: &Path, files: &mut Vec<Named>) {
    // The last of these is looked into next.
    let mut open = entries(directory, files);
    while let Some(path) = open.pop() {
        match std::fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_file() => files.push(Named { path, unread: None }),
            Ok(facts) if facts.is_dir() => open.append(&mut entries(&path, files)),
            Ok(_) => {}
            Err(error) => files.push(unread(&path, &error)),
        }
    }
}

/// What is in a directory, as far as that can be read, the first by name last.
fn entries(directory: &Path, files: &mut Vec<Named>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    match std::fs::read_dir(directory) {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok(entry) => found.push(entry.path()),
                    Err(error) => files.push(unread(directory, &error)),
                }
            }
        }
        Err(error) => files.push(unread(directory, &error)),
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn unread(path: &Path, error: &io::Error) -> Named {
    Named { path: path.to_owned(), unread: Some(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_away_meanwhile_has_its_place_among_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        below(&directory.path().join("gone"), &mut files);
        std::fs::write(directory.path().join("here"), "").unwrap();
        below(directory.path(), &mut files);
        assert_eq!(files.len(), 2, "{files:?}");
        let reason = files[0].unread.as_deref().unwrap_or_default();
        assert!(files[0].path.ends_with("gone") && reason.starts_with("No such file"), "{files:?}");
        assert_eq!(files[1], Named { path: directory.path().join("here"), unread: None });
    }
}
