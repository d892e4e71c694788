//! Files of tests, of which large ones are kept in gzip.

use std::path::Path;

/// A file's content, without the gzip that makes some of them smaller.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let file = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|ending| ending != "gz") {
        return file;
    }
    let mut data = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*file), &mut data).unwrap();
    data
}
