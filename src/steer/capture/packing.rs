//! Is the file packed, and with what.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::zstd::{self, ZstdReader};

/// Stored bytes asked for at once.
const READ_BYTES: usize = 64 << 10;

/// How a capture file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// Told by the first bytes: RFC 1952 2.3.1, RFC 8878 3.1.1 and 3.1.2.
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [a, b, c, d] if zstd::is_magic([*a, *b, *c, *d]) => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// Its name in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Looks at the first bytes of `source` and puts the right decompressor on top. The result reports a packed stream
/// that ends early as [`io::ErrorKind::UnexpectedEof`], after all that could be unpacked.
pub(super) fn unpack(mut source: impl Read + Send + 'static) -> io::Result<(Packing, Box<dyn Read + Send>)> {
    let mut head = Vec::with_capacity(4);
    source.by_ref().take(4).read_to_end(&mut head)?;
    let packing = Packing::of(&head);
    let stored = Cursor::new(head).chain(source);
    let reader: Box<dyn Read + Send> = match packing {
        Packing::Plain => Box::new(stored),
        Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ_BYTES, stored))),
        Packing::Zstd => Box::new(ZstdReader::new(BufReader::with_capacity(READ_BYTES, stored))),
    };
    Ok((packing, reader))
}
