//! Which formats there are.

use super::decoder::Decoder;
use super::{
    ar, brotli, bzip2, cab, charset, compress, cpio, deflate, embedded, gzip, head, image, iso9660, javascript, json,
    lz4, lzma, markup, media, mime, ole2, pcap, pdf, permessage, rar, rtf, sevenzip, sqlite, tar, tnef, transfer, xz,
    zip, zlib, zstd,
};

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
    /// What it holds under names are files that somebody sends, and it is none itself: mail, and texts without a name.
    pub carries: bool,
}

impl Format {
    /// An object that is coded so goes on where the one before it in its [`Sequence`](super::Sequence) ended.
    #[must_use]
    pub fn continues(&self) -> bool {
        std::ptr::eq(self, &permessage::TAKEOVER)
    }
}

/// All formats; the first that recognises an object decodes it. The last seven recognise nothing: somebody
/// says what an object is.
pub(super) const FORMATS: [&Format; 54] = [
    &gzip::FORMAT,
    &bzip2::FORMAT,
    &xz::FORMAT,
    &zstd::FORMAT,
    &lz4::FORMAT,
    &compress::FORMAT,
    &zip::FORMAT,
    &tar::FORMAT,
    &cpio::FORMAT,
    &ar::DEB,
    &ar::AR,
    &cab::FORMAT,
    &rar::FORMAT,
    &sevenzip::FORMAT,
    &tnef::FORMAT,
    &sqlite::FORMAT,
    &image::PNG,
    &image::JPEG,
    &image::GIF,
    &image::TIFF,
    &media::WEBP,
    &media::WAV,
    &media::AVI,
    &media::MP4,
    &media::FLAC,
    &media::OGG,
    &media::MP3,
    &rtf::FORMAT,
    &pcap::FORMAT,
    &pdf::FORMAT,
    &ole2::FORMAT,
    // Behind those with more of a magic number.
    &zlib::FORMAT,
    &lzma::FORMAT,
    &charset::UTF32,
    &charset::UTF16,
    &charset::UTF7,
    &mime::FORMAT,
    &markup::HTML,
    &markup::XML,
    &json::JSON,
    &json::FORM,
    &javascript::FORMAT,
    // Behind mail, whose bodies may have files in their text.
    &embedded::UUENCODE,
    &embedded::YENC,
    &charset::ISO_2022_JP,
    &json::BASE64,
    // Last: it looks into whatever begins with zeros.
    &iso9660::FORMAT,
    &brotli::FORMAT,
    &deflate::FORMAT,
    &permessage::TAKEOVER,
    &permessage::FRESH,
    &charset::DECLARED,
    &head::FORMAT,
    &transfer::FORMAT,
];

/// Formats in front of the first that has less of a magic number.
const MAGIC: usize = 31;

/// Whether the first bytes of an object are those of a file that is not text, or say which units of UTF it has.
pub(super) fn has_magic(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
    FORMATS.iter().take(MAGIC).any(|format| (format.recognise)(bytes) == Guess::Yes)
        || marks.iter().any(|mark| bytes.starts_with(mark))
}

/// Their names.
pub fn format_names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// Mail messages.
pub const MESSAGE: &Format = &mime::FORMAT;

/// Lines of a protocol in which something is written in other letters, such as `%XX`.
pub const HEAD: &Format = &head::FORMAT;

/// The format of that name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// The format of a content coding, by the name that HTTP has for it (RFC 9110 section 8.4.1, RFC 7932, RFC 8878) or
/// WebSocket's messages (RFC 7692), in
/// whatever case. What is not coded (`identity`) has none.
#[must_use]
pub fn coding(name: &[u8]) -> Option<&'static Format> {
    let codings: [(&str, &'static Format); 9] = [
        ("gzip", &gzip::FORMAT),
        ("x-gzip", &gzip::FORMAT),
        ("deflate", &deflate::FORMAT),
        ("br", &brotli::FORMAT),
        ("zstd", &zstd::FORMAT),
        ("permessage-deflate", &permessage::TAKEOVER),
        ("deflate-raw", &permessage::FRESH),
        ("compress", &compress::FORMAT),
        ("x-compress", &compress::FORMAT),
    ];
    codings.iter().find(|(coding, _)| name.eq_ignore_ascii_case(coding.as_bytes())).map(|(_, format)| *format)
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
