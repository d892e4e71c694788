//! 7z archives (7zFormat.txt): all files, unpacked by `sevenz-rust2`; bzip2 by our own decoder.
//!
//! A block of files that are packed together is unpacked once, and the files come out one after the other. What is
//! encrypted is named, where the names are not.

use std::io::Cursor;

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, EncoderMethod, Error, Password};

use super::super::module::Module;
use super::stretch::{Lying, Stretch};
use crate::decode::{Child, Cut, Out, format, le64, only_name};

pub(super) static MODULE: Module = Module { name: "7z", extract: Some(extract), encrypted: false };

/// Bytes handed out at a time.
const PIECE: usize = 64 << 10;
/// Bytes of the header at the front.
const START: u64 = 32;

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    let end = le64(object, 12).zip(le64(object, 20)).and_then(|(at, size)| at.checked_add(size)?.checked_add(START));
    let end = end.and_then(|end| usize::try_from(end).ok()).filter(|end| *end <= object.len());
    let Some(end) = end else {
        out.cut(Cut::Truncated);
        return false;
    };
    out.ends(end);
    let password = Password::empty();
    let archive = match Archive::read(&mut Cursor::new(object), &password) {
        Ok(archive) => archive,
        Err(error) => {
            out.cut(reason(&error));
            return false;
        }
    };
    let mut whole = true;
    let mut piece = vec![0; PIECE];
    for number in 0..archive.blocks.len() {
        let (all, wanted) = block(object, &archive, number, &mut piece, out);
        whole &= all;
        if !wanted {
            return false;
        }
    }
    whole
}

/// Whether an entry has bytes.
fn has_data(entry: &ArchiveEntry) -> bool {
    entry.has_stream && entry.size != 0
}

/// Unpacks a block. Gives whether all of it was there, and whether more is wanted.
fn block(object: &[u8], archive: &Archive, number: usize, piece: &mut [u8], out: &mut dyn Out) -> (bool, bool) {
    let mut source = Cursor::new(object);
    let password = Password::empty();
    let decoder = BlockDecoder::new(1, number, archive, &password, &mut source);
    let entries = decoder.entries().iter().filter(|entry| has_data(entry));
    let coders = archive.blocks.get(number).map_or(&[][..], |block| &block.coders);
    let is = |id: &[u8]| coders.iter().any(|coder| coder.encoder_method_id() == id);
    if is(EncoderMethod::ID_AES256_SHA256) {
        entries.for_each(|entry| only_name(entry.name.as_bytes(), Cut::Encrypted, out));
        return (false, true);
    }
    if is(EncoderMethod::ID_BZIP2) && coders.len() == 1 {
        let mut at = 0_u64;
        let files = entries.map(|entry| {
            let sum = u32::try_from(entry.crc).ok().filter(|_| entry.has_crc);
            let file = Lying { name: entry.name.clone().into_bytes(), at, size: entry.size, sum };
            at = at.saturating_add(entry.size);
            file
        });
        return bzip2(packed(object, archive, number), &files.collect::<Vec<_>>(), out);
    }
    let (mut done, mut whole, mut enough) = (0, true, false);
    let mut failed = None;
    let result = decoder.for_each_entries(&mut |entry, reader| {
        if !has_data(entry) {
            return Ok(true);
        }
        done += 1;
        if !out.begin(&Child { name: entry.name.as_bytes() }) {
            return Ok(true);
        }
        let mut left = entry.size;
        let cut = loop {
            match reader.read(piece) {
                Ok(0) => break (left != 0).then_some(Cut::Truncated),
                Ok(length) => {
                    left = left.saturating_sub(length as u64);
                    if !out.data(piece.get(..length).unwrap_or(&[])) {
                        enough = true;
                        return Ok(false);
                    }
                }
                Err(error) => break Some(inner_reason(&error)),
            }
        };
        if let Some(cut) = cut {
            whole = false;
            out.cut(cut);
        }
        out.end();
        // Behind a fault nothing can be unpacked; a wrong sum is of one file alone.
        failed = cut.filter(|cut| *cut != Cut::Checksum);
        Ok(failed.is_none())
    });
    if enough {
        return (false, false);
    }
    if let Some(reason) = result.err().map(|error| reason(&error)).or(failed) {
        whole = false;
        let decoder = BlockDecoder::new(1, number, archive, &password, &mut source);
        let rest = decoder.entries().iter().filter(|entry| has_data(entry)).skip(done);
        rest.for_each(|entry| only_name(entry.name.as_bytes(), reason, out));
    }
    (whole, true)
}

/// The packed bytes of a block, as far as they are there.
fn packed<'a>(object: &'a [u8], archive: &Archive, number: usize) -> &'a [u8] {
    let first = archive.stream_map.block_first_pack_stream_index().get(number).copied().unwrap_or(0);
    let before = archive.pack_sizes().iter().take(first).try_fold(0_u64, |sum, size| sum.checked_add(*size));
    let from = before.and_then(|before| before.checked_add(archive.pack_pos())?.checked_add(START));
    let rest = from.and_then(|from| object.get(usize::try_from(from).ok()?..)).unwrap_or(&[]);
    let size = archive.pack_sizes().get(first).and_then(|size| usize::try_from(*size).ok());
    size.and_then(|size| rest.get(..size)).unwrap_or(rest)
}

/// Unpacks a block that is bzip2.
fn bzip2(packed: &[u8], files: &[Lying], out: &mut dyn Out) -> (bool, bool) {
    let Some(format) = format("bzip2") else { return (false, true) };
    let mut decoder = (format.make)();
    let mut stretch = Stretch::new(out, files);
    let fault = decoder.push(packed, &mut stretch).is_err();
    let complete = !fault && decoder.finish(&mut stretch);
    stretch.finish((!complete).then_some(if fault { Cut::Malformed } else { Cut::Truncated }))
}

/// Why an archive cannot be read, or not all of it.
fn reason(error: &Error) -> Cut {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Cut::Encrypted,
        // The name of what is not built in: the archive's header is encrypted.
        Error::UnsupportedCompressionMethod(name) if name == EncoderMethod::AES256_SHA256.name() => Cut::Encrypted,
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::ExternalUnsupported
        | Error::UnsupportedVersion { .. }
        | Error::MaxMemLimited { .. } => Cut::Unsupported,
        Error::ChecksumVerificationFailed | Error::NextHeaderCrcMismatch => Cut::Checksum,
        Error::Io(error, _) => inner_reason(error),
        _ => Cut::Malformed,
    }
}

/// As [`reason`], of an error that a reader has wrapped.
fn inner_reason(error: &std::io::Error) -> Cut {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => reason(error),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => Cut::Truncated,
        None => Cut::Malformed,
    }
}
