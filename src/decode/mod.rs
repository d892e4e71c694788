//! Content as it is wrapped, to content as a reader sees it.
//!
//! A [`Tree`] takes an object piece by piece and recognises from its first bytes
//! what it is wrapped in (never from its name). Each wrapping is a [`Decoder`]: it
//! takes the next piece and hands out what is within, one child after the other.
//! A child is an object like any other, so the tree goes on into it while it
//! arrives: depth first, without ever holding an object whole. What nothing
//! recognises is a leaf, which [`Leaves`] get with the path that led to it, such as
//! `zip:plans/q3.tar/notes.txt`.
//!
//! Work and memory are bounded by [`Limits`]; where one cuts something short,
//! [`Cut`] says which. Decoders come from a pool that is filled at the start.
//! No files, no threads, no clock: pieces go in, pieces come out.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod ar;
mod base64;
mod bits;
mod brotli;
mod bzip2;
mod cab;
mod charset;
mod compress;
mod cpio;
mod crc32;
mod cut;
mod decoder;
mod deflate;
mod embedded;
mod format;
mod gzip;
mod head;
mod image;
mod inflate;
mod iso9660;
mod javascript;
mod json;
mod kind;
mod limits;
mod lines;
mod lz4;
mod lz77;
mod lzma;
mod lznt1;
mod markup;
mod media;
mod metadata;
mod mime;
mod ole2;
mod parts;
mod path;
mod pcap;
mod pdf;
mod percent;
mod permessage;
mod pool;
mod quoted_printable;
mod rar;
mod recent;
mod rtf;
mod runs;
mod sevenzip;
mod sqlite;
mod streams;
mod tap;
mod tar;
mod tnef;
mod transfer;
mod tree;
mod undone;
mod units;
mod unseen;
mod window;
mod xz;
mod zip;
mod zlib;
mod zstd;

pub(crate) use cab::header as cabinet;
pub use charset::Charset;
pub use cut::{CUT_COUNT, Cut};
pub use decoder::{Child, Decoder, Fault, Field, Out, Taken};
pub use format::{Format, Guess, HEAD, MESSAGE, coding, format, format_names};
pub use head::HeadSeeker;
pub use limits::{FEWEST_DECODERS, Limits, Totals};
pub use lz77::Lz77;
#[cfg(test)]
pub(crate) use lznt1::tests::pack as pack_lznt1;
pub use lznt1::{Lznt1, Lznt1Step};
pub use mime::charset_of;
pub(crate) use parts::{le16, le32, le64, only_name, until_zero};
pub use path::Path;
pub use pool::{Decoders, Sequence};
pub(crate) use tnef::Lzfu;
pub use tree::{Ended, File, Held, Leaves, MAX_CODINGS, MEDIA_TYPE, Outcome, Start, Taking, Tree, Whole};

pub(crate) use kind::of as kind_of;
pub(crate) use unseen::is_unseen;
