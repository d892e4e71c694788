//! Which formats there are.

use super::decoder::Decoder;
use super::{ar, cab, cpio, embedded, gzip, iso9660, mime, pcap, rar, sevenzip, sqlite, tar, tnef, zip, zlib};

/// Most bytes of an object that formats are told by: a TAR header's.
pub(super) const PROBE: usize = 512;

/// Whether an object is of a format, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That is seen when there are more of them.
    More,
}

/// A kind of wrapping.
#[derive(Debug)]
pub struct Format {
    /// Its name in paths.
    pub name: &'static str,
    /// Recognises it by an object's first bytes, 512 at most.
    pub recognise: fn(&[u8]) -> Guess,
    /// Makes a decoder.
    pub make: fn() -> Box<dyn Decoder>,
    /// Bytes that a decoder holds, about.
    pub memory: usize,
    /// An object of this format is scanned as it stands too: what is found in it is another way to read it.
    pub scanned: bool,
}

/// All formats; the first that recognises an object decodes it.
pub(super) const FORMATS: [&Format; 17] = [
    &gzip::FORMAT,
    &zip::FORMAT,
    &zlib::FORMAT,
    &tar::FORMAT,
    &cpio::FORMAT,
    &ar::DEB,
    &ar::AR,
    &cab::FORMAT,
    &rar::FORMAT,
    &sevenzip::FORMAT,
    &tnef::FORMAT,
    &sqlite::FORMAT,
    &pcap::FORMAT,
    &mime::FORMAT,
    // Behind mail, whose bodies may have files in their text.
    &embedded::UUENCODE,
    &embedded::YENC,
    // Last: it looks into whatever begins with zeros.
    &iso9660::FORMAT,
];

/// Their names.
pub fn format_names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// Whether `bytes` begin with `magic`, as far as they go.
pub(super) fn begins(bytes: &[u8], magic: &[u8]) -> Guess {
    let common = bytes.len().min(magic.len());
    match (bytes.get(..common) == magic.get(..common), common == magic.len()) {
        (false, _) => Guess::No,
        (true, true) => Guess::Yes,
        (true, false) => Guess::More,
    }
}
