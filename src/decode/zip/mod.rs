//! ZIP (PKWARE's APPNOTE 6.3.10), read from its local headers as they pass: the directory comes last. Of that only
//! comments are handed out, `(comment)`, a line each, for all else repeats what was read. Where it names more entries
//! than stand before it, they lie over each other, and the archive is [`Cut::Malformed`]: their bytes are read once, as
//! they stand. What stands behind its end is no part of it. What stands between entries, and is none, is
//! [`Cut::Malformed`] and handed out as `(rest)`; the archive goes on where the next entry or the directory begins.
//!
//! Stored, deflate and deflate64 entries are decoded here, and verified. Deflated content says itself where it ends,
//! whatever its header says ([`Cut::Malformed`]): readers go by the directory, which may say otherwise. Encrypted ones,
//! and those of other methods than these, are handed out as they stand. Of a bzip2, zstd or xz entry what is packed
//! goes on as it stands, and is recognised like any other object, so its path has one part more: `zip:note.txt/bzip2`.
//! So does LZMA behind a header as `.lzma` files have it. That way an archive's decoder needs no window for any of
//! them; the sum in the entry's header is not compared with what comes out of those, but all of them but LZMA have sums
//! of their own.

mod between;
mod deflate64;
mod directory;
mod header;

use self::between::{Between, Step as BetweenStep};
use self::deflate64::Deflate64;
use self::directory::{Directory, Step as DirectoryStep};
use self::header::{FIXED, Header, Signature};
use super::crc32::Crc32;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::inflate::{Inflate, Step};

pub(super) static FORMAT: Format =
    Format { name: "zip", recognise, make: || Box::new(Zip::new()), memory: 200 << 10, scanned: false, carries: false };

/// Longest name and extra field that are kept.
const NAME: usize = 1024;
const EXTRA: usize = 1024;
/// What stands before LZMA content.
const LZMA: usize = 9;
/// Longest data descriptor: signature, CRC-32 and two sizes of 64 bits.
const DESCRIPTOR: usize = 24;

/// An archive begins with an entry's header, which has one more signature before it where there are or might have been
/// several parts, or, without entries, with the end of its directory.
fn recognise(bytes: &[u8]) -> Guess {
    let beginnings = [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"];
    let guesses = beginnings.map(|magic| begins(bytes, magic));
    if guesses.contains(&Guess::Yes) {
        Guess::Yes
    } else if guesses.contains(&Guess::More) {
        Guess::More
    } else {
        Guess::No
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Signature,
    Header,
    /// So many bytes of name, then of extra field.
    Name(usize, usize),
    Extra(usize),
    /// Stored content of known length: what is left, and whether it is wanted.
    Stored(u64, bool),
    /// The header of LZMA content, which has so many bytes in all.
    Lzma(u64),
    /// Deflated content.
    Deflated,
    /// So many bytes that are not decoded.
    Skipped(u64),
    /// Behind the content of an entry that is open, or of one that was skipped.
    Descriptor(bool),
    /// What is none of the archive.
    Between,
    /// The directory.
    Directory,
}

#[derive(Debug)]
struct Zip {
    state: State,
    field: Field<FIXED>,
    name: Field<NAME>,
    extra: Field<EXTRA>,
    descriptor: Field<DESCRIPTOR>,
    header: Header,
    /// Bytes of the name or the extra field that have passed.
    passed: usize,
    crc: Crc32,
    inflate: Inflate,
    deflate64: Deflate64,
    /// What goes on is still packed, so its sum and size are not known.
    packed: bool,
    /// The archive has begun.
    begun: bool,
    /// Entries so far.
    entries: u64,
    between: Between,
    directory: Directory,
    /// Sum, compressed and whole size of the entry's content.
    seen: (u32, u64, u64),
}

impl Zip {
    fn new() -> Self {
        Self {
            state: State::Signature,
            field: Field::EMPTY,
            name: Field::EMPTY,
            extra: Field::EMPTY,
            descriptor: Field::EMPTY,
            header: Header::default(),
            passed: 0,
            crc: Crc32::new(),
            inflate: Inflate::new(false),
            deflate64: Deflate64::new(),
            packed: false,
            begun: false,
            entries: 0,
            between: Between::NEW,
            directory: Directory::NEW,
            seen: (0, 0, 0),
        }
    }

    /// The entry whose header is complete: what its content is. `None` where nobody can tell its end.
    fn entry(&mut self, out: &mut dyn Out) -> Option<State> {
        self.header.read_extra(self.extra.get());
        let Header { compressed, method, encrypted, .. } = self.header;
        self.crc.reset();
        self.inflate.reset();
        self.deflate64.reset();
        self.packed = method == header::LZMA || header::RECOGNISED.contains(&method);
        let known = self.header.is_known();
        let name = self.name.get();
        if name.ends_with(b"/") && compressed == 0 {
            return Some(State::Stored(0, false));
        }
        let reason = if encrypted {
            Some(Cut::Encrypted)
        } else {
            let told = method == header::STORED || self.packed;
            let is_good = matches!(method, header::DEFLATED | header::DEFLATE64) || told && known;
            (!is_good).then_some(Cut::Unsupported)
        };
        if let Some(reason) = reason {
            // What cannot be read is scanned as it stands.
            let wanted = out.begin_text(&Child { name });
            if wanted {
                out.cut(reason);
            }
            self.packed = true;
            if !known && wanted {
                out.end();
            }
            // Where such an entry ends that does not say how long it is can only be guessed.
            return known.then_some(State::Stored(compressed, wanted));
        }
        let wanted = out.begin(&Child { name });
        Some(match method {
            header::LZMA if wanted => State::Lzma(compressed),
            _ if method == header::STORED || self.packed => State::Stored(compressed, wanted),
            _ if !wanted && known => State::Skipped(compressed),
            _ => State::Deflated,
        })
    }

    /// The entry's content is complete.
    fn end_of_content(&mut self, seen: (u32, u64, u64), wanted: bool, out: &mut dyn Out) -> State {
        self.seen = seen;
        if self.header.descriptor {
            return State::Descriptor(wanted);
        }
        if wanted {
            if !self.packed && seen != (self.header.crc, self.header.compressed, self.header.size) {
                out.cut(Cut::Checksum);
            }
            out.end();
        }
        State::Signature
    }
}

impl Decoder for Zip {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            self.state = match self.state {
                State::Signature => {
                    if !self.field.fill(&mut input, 4) {
                        return Ok(Taken::All);
                    }
                    let bytes = self.field;
                    let signature = Signature::of(bytes.get());
                    self.field.clear();
                    let is_first = !std::mem::replace(&mut self.begun, true);
                    match signature {
                        Signature::Local => State::Header,
                        Signature::Directory(record) => {
                            self.directory.begin(record, self.entries);
                            State::Directory
                        }
                        Signature::Split if is_first => State::Signature,
                        Signature::Split | Signature::Other => {
                            self.between.begin(bytes.get(), out);
                            State::Between
                        }
                    }
                }
                State::Header => {
                    if !self.field.fill(&mut input, FIXED) {
                        return Ok(Taken::All);
                    }
                    let (header, name, extra) = Header::read(self.field.get()).ok_or(Fault::before(piece, input))?;
                    self.header = header;
                    self.entries = self.entries.saturating_add(1);
                    self.field.clear();
                    self.name.clear();
                    self.extra.clear();
                    self.passed = 0;
                    State::Name(name, extra)
                }
                State::Name(length, extra) => {
                    if !pass(&mut self.name, &mut self.passed, &mut input, length) {
                        return Ok(Taken::All);
                    }
                    self.passed = 0;
                    State::Extra(extra)
                }
                State::Extra(length) => {
                    if !pass(&mut self.extra, &mut self.passed, &mut input, length) {
                        return Ok(Taken::All);
                    }
                    self.entry(out).ok_or(Fault::before(piece, input))?
                }
                State::Lzma(length) => {
                    // APPNOTE section 5.8.8: version, length of the properties, properties.
                    let wanted = usize::try_from(length).map_or(LZMA, |length| length.min(LZMA));
                    if !self.field.fill(&mut input, wanted) {
                        return Ok(Taken::All);
                    }
                    let header = self.field.get().first_chunk::<LZMA>().copied();
                    self.field.clear();
                    let Some([_, _, 5, 0, properties @ ..]) = header else { return Err(Fault::before(piece, input)) };
                    let size = if self.header.descriptor { u64::MAX } else { self.header.size };
                    let mut header = [0; LZMA + 4];
                    for (place, byte) in header.iter_mut().zip(properties.into_iter().chain(size.to_le_bytes())) {
                        *place = byte;
                    }
                    if !out.data(&header) {
                        return Ok(Taken::Enough);
                    }
                    State::Stored(length - LZMA as u64, true)
                }
                State::Stored(0, wanted) => {
                    let length = self.header.compressed;
                    self.end_of_content((self.crc.sum(), length, length), wanted, out)
                }
                State::Stored(left, wanted) => {
                    let bytes = take(&mut input, left);
                    if bytes.is_empty() {
                        return Ok(Taken::All);
                    }
                    if wanted {
                        self.crc.update(bytes);
                        if !out.data(bytes) {
                            return Ok(Taken::Enough);
                        }
                    }
                    State::Stored(left - bytes.len() as u64, wanted)
                }
                State::Deflated => {
                    let before = piece.len() - input.len();
                    let is_long = self.header.method == header::DEFLATE64;
                    let step = if is_long { self.deflate64.push(input, out) } else { self.inflate.push(input, out) };
                    match step.map_err(|fault| Fault { at: before + fault.at })? {
                        Step::Enough => return Ok(Taken::Enough),
                        Step::More => return Ok(Taken::All),
                        Step::Done(taken) => {
                            input = input.get(taken..).unwrap_or(&[]);
                            let seen = if is_long {
                                self.deflate64.seen()
                            } else {
                                (self.inflate.sum().0, self.inflate.taken(), self.inflate.given())
                            };
                            if self.header.is_known() && self.header.compressed != seen.1 {
                                out.cut(Cut::Malformed);
                                self.header.compressed = seen.1;
                            }
                            self.end_of_content(seen, true, out)
                        }
                    }
                }
                State::Skipped(0) if self.header.descriptor => State::Descriptor(false),
                State::Skipped(0) => State::Signature,
                State::Skipped(left) => {
                    let bytes = take(&mut input, left);
                    if bytes.is_empty() {
                        return Ok(Taken::All);
                    }
                    State::Skipped(left - bytes.len() as u64)
                }
                State::Descriptor(open) => {
                    // APPNOTE section 4.3.9: the signature may be missing, and sizes have 64 bits where the header has
                    // the ZIP64 field.
                    if !self.descriptor.fill(&mut input, 4) {
                        return Ok(Taken::All);
                    }
                    let signed = self.descriptor.get().starts_with(b"PK\x07\x08");
                    let length = if signed { 4 } else { 0 } + if self.header.zip64 { 20 } else { 12 };
                    if !self.descriptor.fill(&mut input, length) {
                        return Ok(Taken::All);
                    }
                    let fields = self.descriptor.get().get(if signed { 4 } else { 0 }..).unwrap_or(&[]);
                    if open {
                        if !self.packed && header::descriptor(fields, self.header.zip64) != Some(self.seen) {
                            out.cut(Cut::Checksum);
                        }
                        out.end();
                    }
                    self.descriptor.clear();
                    State::Signature
                }
                State::Between => match self.between.push(&mut input, out) {
                    BetweenStep::More => return Ok(Taken::All),
                    BetweenStep::Enough => return Ok(Taken::Enough),
                    BetweenStep::Entry => State::Header,
                    BetweenStep::Directory(record) => {
                        self.directory.begin(record, self.entries);
                        State::Directory
                    }
                },
                State::Directory => match self.directory.push(&mut input, out) {
                    DirectoryStep::More => return Ok(Taken::All),
                    DirectoryStep::Enough => return Ok(Taken::Enough),
                    DirectoryStep::Done => return Ok(Taken::End(Fault::before(piece, input).at)),
                    DirectoryStep::Malformed => return Err(Fault::before(piece, input)),
                },
            };
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        // All entries are there, whatever the directory lacks.
        let complete = self.state == State::Directory;
        if complete {
            self.directory.finish(out);
        } else if self.state == State::Between {
            // That it is damaged was said.
            self.between.finish(out);
        } else {
            out.cut(Cut::Truncated);
            if matches!(self.state, State::Stored(_, true) | State::Lzma(_) | State::Deflated | State::Descriptor(true))
            {
                out.end();
            }
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Signature;
        self.field.clear();
        self.descriptor.clear();
        self.crc.reset();
        self.inflate.reset();
        (self.begun, self.entries) = (false, 0);
        self.directory.clear();
        self.between = Between::NEW;
    }
}

/// Passes over a field of `length` bytes, of which as many are kept as there is room for. True at its end.
fn pass<const N: usize>(field: &mut Field<N>, passed: &mut usize, input: &mut &[u8], length: usize) -> bool {
    let bytes = take(input, (length - *passed) as u64);
    field.append(bytes);
    *passed += bytes.len();
    *passed == length
}
