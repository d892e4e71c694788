//! What a message says about its body: name, type, codings, place in the file.

use super::codings::MAX_CODING_BYTES;
use super::disposition::file_name;
use super::fields::{Meta, meta};
use super::target::last_segment;
use crate::decode::MAX_CODINGS;
use crate::proto::{Object, Part};

/// Bytes that a name may have.
pub(in crate::proto) const MAX_FILE_NAME_BYTES: usize = 256;

/// Bytes that two lists of codings may have.
const MAX_CODINGS_BYTES: usize = 2 * MAX_CODINGS * (MAX_CODING_BYTES + 1);

/// Bytes of a host and of a target that tell files from each other.
const MAX_HOST_BYTES: usize = 256;
const MAX_TARGET_BYTES: usize = 512;

/// What is sent whole and is shorter is not told to be a file of which there may be parts: nobody splits it.
pub(in crate::proto) const LEAST_WHOLE_BYTES: u64 = 256 * 1024;

/// Bytes, at most `N`.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Buffer<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Buffer<N> {
    pub(in crate::proto) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    /// Appends bytes as far as there is room; false when there was not room for all of them.
    pub(in crate::proto) fn push(&mut self, bytes: &[u8]) -> bool {
        let fits = bytes.len().min(N - self.len);
        let (Some(place), Some(piece)) = (self.bytes.get_mut(self.len..self.len + fits), bytes.get(..fits)) else {
            return false;
        };
        place.copy_from_slice(piece);
        self.len += fits;
        fits == bytes.len()
    }

    /// Makes letters small.
    pub(in crate::proto) fn make_lowercase(&mut self) {
        if let Some(bytes) = self.bytes.get_mut(..self.len) {
            bytes.make_ascii_lowercase();
        }
    }

    pub(in crate::proto) fn clear(&mut self) {
        self.len = 0;
    }

    pub(in crate::proto) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// `Content-Range: bytes 0-99/1000` (RFC 9110, section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) struct ContentRange {
    pub(in crate::proto) start: u64,
    /// The last byte.
    pub(in crate::proto) end: u64,
    /// Bytes of the file, where they are known.
    pub(in crate::proto) size: Option<u64>,
}

impl ContentRange {
    pub(in crate::proto) fn of(text: &[u8]) -> Option<Self> {
        let (unit, rest) = text.split_at_checked(5)?;
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let rest = rest.trim_ascii_start();
        let slash = rest.iter().position(|&byte| byte == b'/')?;
        let (range, size) = (rest.get(..slash)?, rest.get(slash + 1..)?);
        let dash = range.iter().position(|&byte| byte == b'-')?;
        let (start, end) = (decimal(range.get(..dash)?)?, decimal(range.get(dash + 1..)?)?);
        let size = if size == b"*" { None } else { Some(decimal(size)?) };
        (start <= end).then_some(Self { start, end, size })
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, byte: &u8| {
        let value = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(value)
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, digit) }
}

impl WholeFile {
    fn new(size: u64, length: u64, host: &[u8], target: &[u8]) -> Self {
        let mut file = Self { size, length, whole: false, host: Buffer::new(), target: Buffer::new() };
        file.host.push(host);
        file.target.push(target);
        file
    }
}

/// What is said about the body of a message.
#[derive(Debug)]
pub(in crate::proto) struct Description {
    name: Buffer<MAX_FILE_NAME_BYTES>,
    codings: Buffer<MAX_CODINGS_BYTES>,
    /// Codings of the message are among them, so that what passes is no piece of a file.
    transfer: bool,
    /// Where it begins in its file.
    offset: u64,
    file: Option<WholeFile>,
}

/// The file that a body is a part of.
#[derive(Debug)]
struct WholeFile {
    size: u64,
    length: u64,
    whole: bool,
    host: Buffer<MAX_HOST_BYTES>,
    target: Buffer<MAX_TARGET_BYTES>,
}

impl Description {
    pub(in crate::proto) fn new(of: &Meta, url: &[u8]) -> Self {
        let (name, codings) = (Buffer::new(), Buffer::new());
        let mut description = Self { name, codings, transfer: false, offset: 0, file: None };
        if !file_name(of.get_text(meta::DISPOSITION), &mut description.name) {
            description.name.push(last_segment(url));
        }
        // RFC 9112, 6.1: a transfer coding is one "of the message", put around what the content codings made.
        of.content_codings.names().chain(of.transfer_codings.names()).for_each(|coding| description.add(coding));
        description.transfer = !of.transfer_codings.is_empty();
        description
    }

    /// It is a part of what `target` of `host` is. Where nothing says how much that is in all, or who was asked for what, only
    /// its place is known.
    pub(in crate::proto) fn part_of(mut self, range: Option<ContentRange>, host: &[u8], target: &[u8]) -> Self {
        let Some(range) = range else { return self };
        self.offset = range.start;
        if let Some(size) = range.size.filter(|size| range.end < *size && !target.is_empty() && !self.transfer) {
            self.file = Some(WholeFile::new(size, range.end - range.start + 1, host, target));
        }
        self
    }

    /// It is all of what `target` of `host` is, `size` bytes. Only where a version of it is named can its parts be told from
    /// those of another.
    pub(in crate::proto) fn all_of(mut self, size: u64, of: &Meta, host: &[u8], target: &[u8]) -> Self {
        let named = [meta::ETAG, meta::MODIFIED].iter().any(|tag| !of.get_text(*tag).is_empty());
        if size >= LEAST_WHOLE_BYTES && named && !target.is_empty() && !self.transfer {
            self.file = Some(WholeFile { whole: true, ..WholeFile::new(size, size, host, target) });
        }
        self
    }

    fn add(&mut self, coding: &[u8]) {
        if !self.codings.bytes().is_empty() {
            self.codings.push(b",");
        }
        self.codings.push(coding);
    }

    pub(in crate::proto) fn object<'a>(&'a self, of: &'a Meta, length: Option<u64>) -> Object<'a> {
        // A body that is not as long as its range is not what the range says.
        let file = self.file.as_ref().filter(|file| length.is_none_or(|length| length == file.length));
        Object {
            label: "http/body",
            name: self.name.bytes(),
            media_type: of.get_text(meta::MEDIA_TYPE),
            carrier: false,
            codings: self.codings.bytes(),
            encoded: false,
            length,
            offset: self.offset,
            part: file.map(|file| Part {
                size: file.size,
                length: file.length,
                whole: file.whole,
                host: file.host.bytes(),
                target: file.target.bytes(),
                validators: [of.get_text(meta::ETAG), of.get_text(meta::MODIFIED)],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::http1::words::Words;

    #[test]
    fn content_ranges() {
        let range = |start, end, size| Some(ContentRange { start, end, size });
        let cases = [
            ("bytes 0-99/1000", range(0, 99, Some(1000))),
            ("Bytes  5-5/*", range(5, 5, None)),
            ("bytes 9-5/10", None),
            ("bytes */10", None),
            ("bytes 1-2", None),
            ("bytes 1-/9", None),
            ("lines 1-2/3", None),
            ("bytes 1-99999999999999999999/*", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(ContentRange::of(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn codings_stand_in_the_order_in_which_they_were_applied() {
        let mut of = Meta::default();
        Words::each(b"GZIP;q=1 , chunked", |word| of.transfer_codings.add(word));
        Words::each(b"br,, identity, Deflate", |word| of.content_codings.add(word));
        Words::each(b"zstd", |word| of.content_codings.add(word));
        assert_eq!(Description::new(&of, b"/").object(&of, None).codings, b"br,deflate,zstd,gzip");
    }
}
