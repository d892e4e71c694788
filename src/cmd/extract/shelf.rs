//! Where files are kept: `DIR/ab/abcd…`.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{Refuse as _, Refused};

/// What stands where a file is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing, or what a file may take the place of.
    Free {
        /// Bytes of a file that goes for it.
        replaced: u64,
    },
    /// The file, as far as can be seen without reading it.
    Same,
}

/// Where the file with this digest is kept. Its folder is there when this returns.
///
/// # Errors
/// When the folder cannot be made, or is none: links are not followed out of the directory.
pub(super) fn place(directory: &Path, digest: &str) -> Result<PathBuf, Refused> {
    let folder = directory.join(digest.get(..2).unwrap_or("00"));
    match facts(&folder)? {
        Some(facts) if facts.is_dir() => {}
        Some(_) => return Err(Refused { path: folder, error: io::Error::other("found no directory") }),
        None => fs::create_dir(&folder).of(&folder)?,
    }
    Ok(folder.join(digest))
}

/// Looks at what has the name of a file of `bytes` bytes. What is no file, or has another length, was cut off by a
/// crash, or put there by somebody else: it does not stand for the file.
///
/// # Errors
/// When it cannot be looked at, or is a directory with something in it.
pub(super) fn look(path: &Path, bytes: u64) -> Result<There, Refused> {
    match facts(path)? {
        Some(facts) if facts.is_file() && facts.len() == bytes => Ok(There::Same),
        Some(facts) if facts.is_file() => Ok(There::Free { replaced: facts.len() }),
        Some(facts) if facts.is_dir() => {
            fs::remove_dir(path).of(path)?;
            Ok(There::Free { replaced: 0 })
        }
        Some(_) | None => Ok(There::Free { replaced: 0 }),
    }
}

/// Bytes of the files that are kept in the directory.
pub(super) fn kept_bytes(directory: &Path) -> Result<u64, Refused> {
    let mut bytes = 0_u64;
    for folder in fs::read_dir(directory).of(directory)? {
        let folder = folder.of(directory)?;
        let path = folder.path();
        let is_ours = folder.file_name().len() == 2 && folder.file_type().of(&path)?.is_dir();
        let files = if is_ours { Some(fs::read_dir(&path).of(&path)?) } else { None };
        for file in files.into_iter().flatten() {
            let file = file.of(&path)?;
            let facts = file.metadata().of(&file.path())?;
            bytes = bytes.saturating_add(if facts.is_file() { facts.len() } else { 0 });
        }
    }
    Ok(bytes)
}

/// What stands there itself, links as links; `None` where nothing does.
fn facts(path: &Path) -> Result<Option<Metadata>, Refused> {
    match fs::symlink_metadata(path) {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).of(path),
    }
}
