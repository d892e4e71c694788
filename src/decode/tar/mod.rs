//! TAR: POSIX ustar and pax (IEEE Std 1003.1, "pax"), and the long names of GNU tar.
//!
//! Entries of types that are not known are files, as POSIX says. A sparse file of GNU tar (`tar -S`) is what it holds
//! in the archive, without the holes. How long an entry is its header says, and where that has no room pax's records;
//! one that says nothing is empty, such as a label (`tar -V`).

mod records;

use self::records::Records;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess};

pub(super) static FORMAT: Format =
    Format { name: "tar", recognise, make: || Box::new(Tar::new()), memory: 4 << 10, scanned: false, carries: false };

const BLOCK: usize = 512;
/// Longest name that is kept.
const NAME: usize = 1024;

/// A header's checksum is its bytes' sum, with spaces in its own place; old programs summed signed bytes.
fn recognise(bytes: &[u8]) -> Guess {
    match bytes {
        [0, ..] => Guess::No,
        _ if bytes.len() < BLOCK => Guess::More,
        _ => {
            if is_header(bytes) {
                Guess::Yes
            } else {
                Guess::No
            }
        }
    }
}

fn is_header(block: &[u8]) -> bool {
    let Some(told) = block.get(148..156).and_then(octal) else { return false };
    let (mut unsigned, mut signed) = (8 * u64::from(b' '), 8 * i64::from(b' '));
    let outside = block.iter().take(BLOCK).enumerate().filter(|(at, _)| !(148..156).contains(at));
    for byte in outside.map(|(_, byte)| byte) {
        unsigned += u64::from(*byte);
        signed += i64::from(byte.cast_signed());
    }
    told == unsigned || i64::try_from(told) == Ok(signed)
}

/// A number in octal digits, with spaces before it and a space or a zero after it.
fn octal(field: &[u8]) -> Option<u64> {
    let text = field.trim_ascii_start();
    let digits = text.iter().position(|byte| !(b'0'..=b'7').contains(byte)).unwrap_or(text.len());
    let (digits, after) = text.split_at_checked(digits)?;
    if digits.is_empty() || after.first().is_some_and(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| value.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// A size: octal, or binary where the first bit is set (GNU tar); none where there is nothing.
fn size(field: &[u8]) -> Option<u64> {
    match field {
        _ if field.iter().all(|byte| matches!(byte, 0 | b' ')) => Some(0),
        [first, rest @ ..] if first & 0x80 != 0 => {
            // Eleven more bytes, of which a size of 64 bits has the last eight.
            let (high, low) = rest.split_last_chunk::<8>()?;
            (first & 0x7f == 0 && high.iter().all(|byte| *byte == 0)).then_some(u64::from_be_bytes(*low))
        }
        _ => octal(field),
    }
}

/// What the blocks after a header are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// A file's content, which somebody wants or nobody.
    File(bool),
    /// The name of the next entry (GNU tar).
    LongName,
    /// Records about the next entry (pax).
    Records,
    /// Something else.
    Other,
}

#[derive(Debug)]
struct Tar {
    header: Field<BLOCK>,
    body: Body,
    /// Bytes of the body that are still to come, and of the padding behind it.
    left: u64,
    padding: u64,
    /// The next entry's name, where it does not stand in its header.
    name: Field<NAME>,
    records: Records,
    ended: bool,
    /// What comes is no archive any more.
    rest: bool,
    /// The next block says more about where the holes of a file are.
    extended: bool,
}

impl Tar {
    fn new() -> Self {
        Self {
            header: Field::EMPTY,
            body: Body::Other,
            left: 0,
            padding: 0,
            name: Field::EMPTY,
            records: Records::NEW,
            ended: false,
            rest: false,
            extended: false,
        }
    }

    /// Reads the header that is complete. `None` when it does not say how long its entry is.
    fn entry(&mut self, out: &mut dyn Out) -> Option<()> {
        let block = self.header.get();
        let kind = block.get(156).copied().unwrap_or(0);
        let told = if matches!(kind, b'L' | b'x' | b'X' | b'K' | b'g') { None } else { self.records.take_size() };
        let length = told.or_else(|| block.get(124..136).and_then(size))?;
        self.padding = (BLOCK as u64 - length % BLOCK as u64) % BLOCK as u64;
        self.left = length;
        self.body = match kind {
            b'L' => Body::LongName,
            b'x' | b'X' => Body::Records,
            // Of links, and of all that follows.
            b'K' | b'g' => Body::Other,
            // Links, devices and directories have no content; their sizes, if any, are no bytes that follow.
            b'1'..=b'6' => {
                (self.left, self.padding) = (0, 0);
                self.name.clear();
                Body::Other
            }
            kind if length != 0 || matches!(kind, 0 | b'0' | b'7') => {
                self.extended = kind == b'S' && block.get(482).is_some_and(|more| *more != 0);
                let wanted = {
                    let mut joined: Field<NAME> = Field::EMPTY;
                    if self.name.get().is_empty() {
                        // POSIX: a prefix, a slash, and the name.
                        let is_ustar = block.get(257..262) == Some(b"ustar");
                        let prefix = text(block.get(345..500).filter(|_| is_ustar).unwrap_or(&[]));
                        if !prefix.is_empty() {
                            joined.append(prefix);
                            joined.append(b"/");
                        }
                        joined.append(text(block.get(..100).unwrap_or(&[])));
                    } else {
                        joined.append(self.name.get());
                    }
                    out.begin(&Child { name: joined.get() })
                };
                self.name.clear();
                Body::File(wanted)
            }
            _ => {
                self.name.clear();
                Body::Other
            }
        };
        if matches!(self.body, Body::LongName | Body::Records) {
            self.name.clear();
            self.records.begin();
        }
        self.header.clear();
        if self.left == 0 {
            self.end_of_body(out);
        }
        Some(())
    }

    fn end_of_body(&mut self, out: &mut dyn Out) {
        match self.body {
            Body::File(true) => out.end(),
            Body::LongName => {
                let name: Field<NAME> = self.name;
                self.name.clear();
                self.name.append(text(name.get()));
            }
            Body::File(false) | Body::Records | Body::Other => {}
        }
        self.body = Body::Other;
    }
}

/// What stands before the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.get(..memchr::memchr(0, field).unwrap_or(field.len())).unwrap_or(&[])
}

impl Decoder for Tar {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        while !input.is_empty() {
            if self.extended {
                if !self.header.fill(&mut input, BLOCK) {
                    break;
                }
                self.extended = self.header.get().get(504).is_some_and(|more| *more != 0);
                self.header.clear();
                continue;
            }
            if self.left != 0 {
                let bytes = take(&mut input, self.left);
                match self.body {
                    Body::File(true) if !out.data(bytes) => return Ok(Taken::Enough),
                    Body::LongName => self.name.append(bytes),
                    Body::Records => self.records.push(bytes, &mut self.name),
                    _ => {}
                }
                self.left -= bytes.len() as u64;
                if self.left == 0 {
                    self.end_of_body(out);
                }
                continue;
            }
            if self.padding != 0 {
                self.padding -= take(&mut input, self.padding).len() as u64;
                continue;
            }
            if !self.header.fill(&mut input, BLOCK) {
                break;
            }
            if self.header.get().iter().all(|byte| *byte == 0) {
                // Two blocks of zeros end an archive, and more of them fill its last record.
                self.ended = true;
                self.header.clear();
                continue;
            }
            if self.ended || !is_header(self.header.get()) {
                // What stands here is no entry's, so it is shown: nothing hides behind the end of an archive.
                let wanted = out.begin(&Child { name: b"(rest)" }) && out.data(self.header.get());
                out.cut(Cut::Malformed);
                self.header.clear();
                self.body = Body::File(wanted);
                (self.left, self.rest) = (u64::MAX, true);
                continue;
            }
            self.entry(out).ok_or(Fault::before(piece, input))?;
        }
        Ok(Taken::All)
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if self.rest {
            if self.body == Body::File(true) {
                out.end();
            }
            return true;
        }
        // Zeros fill the last record, however many there are.
        let between = self.left == 0 && self.padding == 0 && (self.ended || self.header.get().is_empty());
        let is_rest = self.left == 0 && self.header.get().iter().any(|byte| *byte != 0);
        if is_rest && out.begin(&Child { name: b"(rest)" }) {
            // Less than a block is none, whatever stands in it.
            out.data(self.header.get());
            out.cut(if self.ended { Cut::Malformed } else { Cut::Truncated });
            out.end();
        } else if !between {
            out.cut(Cut::Truncated);
        }
        if self.left != 0 && self.body == Body::File(true) {
            out.end();
        }
        between
    }

    fn reset(&mut self) {
        self.header.clear();
        self.name.clear();
        self.records = Records::NEW;
        self.body = Body::Other;
        (self.left, self.padding, self.ended, self.rest) = (0, 0, false, false);
        self.extended = false;
    }
}
