//! Datagrams.

use crate::proto::text::number;

/// Bytes of a block where none were agreed on (RFC 1350 section 2).
pub(super) const BLOCK_BYTES: u16 = 512;

/// Sizes that may be agreed on (RFC 2348).
const BLOCK_SIZES: std::ops::RangeInclusive<u64> = 8..=65464;

/// A datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// RRQ, or WRQ where the client `writes`.
    Request { writes: bool, file: &'a [u8], mode: &'a [u8], options: Options },
    /// DATA.
    Data { block: u16, bytes: &'a [u8] },
    /// ACK, and what follows it, which is nothing if an ordinary peer sends it.
    Acknowledgement { block: u16, rest: &'a [u8] },
    /// ERROR.
    Error,
    /// OACK.
    Options(Options),
}

/// Options, as asked for or agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Bytes of a block.
    pub(super) block: Option<u16>,
    /// Bytes of the file.
    pub(super) size: Option<u64>,
}

/// Reads a datagram.
pub(super) fn parse(datagram: &[u8]) -> Option<Packet<'_>> {
    let (&opcode, rest) = datagram.split_first_chunk()?;
    match u16::from_be_bytes(opcode) {
        opcode @ (1 | 2) => {
            let (file, rest) = text(rest)?;
            let (mode, rest) = text(rest)?;
            let known = [&b"octet"[..], b"netascii", b"mail"].iter().any(|known| mode.eq_ignore_ascii_case(known));
            (known && !file.is_empty()).then(|| Packet::Request {
                writes: opcode == 2,
                file,
                mode,
                options: options(rest),
            })
        }
        3 => {
            let (&block, bytes) = rest.split_first_chunk()?;
            Some(Packet::Data { block: u16::from_be_bytes(block), bytes })
        }
        4 => {
            let (&block, rest) = rest.split_first_chunk()?;
            Some(Packet::Acknowledgement { block: u16::from_be_bytes(block), rest })
        }
        5 if rest.len() >= 2 => Some(Packet::Error),
        6 => Some(Packet::Options(options(rest))),
        _ => None,
    }
}

fn options(mut rest: &[u8]) -> Options {
    let mut options = Options::default();
    while let Some((name, after)) = text(rest) {
        let Some((value, after)) = text(after) else { break };
        rest = after;
        let value = number(value);
        if name.eq_ignore_ascii_case(b"blksize") {
            options.block =
                value.filter(|value| BLOCK_SIZES.contains(value)).and_then(|value| u16::try_from(value).ok());
        } else if name.eq_ignore_ascii_case(b"tsize") {
            options.size = value;
        }
    }
    options
}

/// Text up to a NUL.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}
