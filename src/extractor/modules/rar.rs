//! RAR archives of versions 2 to 7, unpacked by `rars`.
//!
//! A file is held until it is complete, since the library writes only to what lives on its own: of a longer one than
//! [`MOST`] the first bytes are handed out. What is encrypted, or goes on in another volume, is named.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use rars::{
    Archive, ArchiveMember, ArchiveMemberDetail, ArchiveReadOptions, ArchiveReader, Error, ErrorKind,
    ExtractionDecision, ExtractionErrorAction,
};

use super::super::module::Module;
use crate::decode::{Child, Cut, Out, only_name};

pub(super) static MODULE: Module = Module { name: "rar", extract: Some(extract), encrypted: false };

/// Bytes of one file that are held.
const MOST: usize = 64 << 20;
/// Bytes handed out at a time.
const PIECE: usize = 64 << 10;
/// Bytes that an unpacker may take, the dictionary among them.
const WORKSPACE: u64 = 160 << 20;
const DICTIONARY: u64 = 64 << 20;
/// Longer files are unpacked without being held by the library as well.
const BUFFERED: u64 = 4 << 20;
/// Headers that are read, and their bytes.
const HEADERS: u64 = 1 << 16;
const HEADER_BYTES: u64 = 32 << 20;

/// What is held of the file that is being unpacked.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    full: bool,
}

/// Writes to what is held.
struct Holder(Rc<RefCell<Held>>);

impl Write for Holder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.borrow_mut();
        let room = MOST.saturating_sub(held.bytes.len()).min(bytes.len());
        if held.bytes.try_reserve(room).is_ok() {
            held.bytes.extend_from_slice(bytes.get(..room).unwrap_or(&[]));
        }
        if room < bytes.len() || held.bytes.len() < room {
            held.full = true;
            return Err(io::Error::other("as much as is held"));
        }
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands out one file after the other.
struct Walk<'a> {
    out: &'a mut dyn Out,
    held: Rc<RefCell<Held>>,
    /// The file that is being unpacked.
    open: Option<Vec<u8>>,
    /// Members that have been looked at.
    passed: usize,
    enough: bool,
    whole: bool,
}

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    let options = ArchiveReadOptions::new()
        .with_max_header_count(HEADERS)
        .with_max_header_bytes(HEADER_BYTES)
        .with_max_reader_workspace_bytes(WORKSPACE)
        .with_rar50_dictionary_size_limit(DICTIONARY)
        .with_rar50_buffered_decode_limit(BUFFERED);
    let archive = match ArchiveReader::read_with_options(object, options) {
        Ok(archive) => archive,
        Err(error) => {
            out.cut(reason(&error));
            return false;
        }
    };
    let held = Rc::new(RefCell::new(Held::default()));
    let walk = RefCell::new(Walk { out, held, open: None, passed: 0, enough: false, whole: true });
    let result = archive.extract_with_control_and_errors(
        options,
        |member| Ok(walk.borrow_mut().decide(member)),
        |_, error| Ok(walk.borrow_mut().fail(error)),
    );
    let mut walk = walk.into_inner();
    walk.finish(&archive, result.err());
    walk.whole && !walk.enough
}

impl Walk<'_> {
    /// A member comes; what came before it is complete.
    fn decide(&mut self, member: &ArchiveMember) -> ExtractionDecision {
        self.close(None);
        if self.enough {
            return ExtractionDecision::Stop;
        }
        self.passed += 1;
        let meta = &member.meta;
        if meta.is_directory || meta.is_redirection {
            return ExtractionDecision::Skip;
        }
        let reason = match () {
            () if meta.is_encrypted => Some(Cut::Encrypted),
            () if meta.is_split_before || meta.is_split_after => Some(Cut::Truncated),
            () => None,
        };
        if let Some(reason) = reason {
            self.whole = false;
            only_name(&name(member), reason, self.out);
            // What follows refers to what it cannot be unpacked without.
            return if member.is_solid() { ExtractionDecision::Stop } else { ExtractionDecision::Skip };
        }
        self.open = Some(name(member));
        ExtractionDecision::Extract(Box::new(Holder(Rc::clone(&self.held))))
    }

    /// A member could not be unpacked.
    fn fail(&mut self, error: &Error) -> ExtractionErrorAction {
        self.close(Some(reason(error)));
        if self.enough { ExtractionErrorAction::Abort } else { ExtractionErrorAction::Continue }
    }

    /// Hands out what is held of a file that is over, for that reason where it is not whole.
    fn close(&mut self, reason: Option<Cut>) {
        let Some(name) = self.open.take() else { return };
        let held = self.held.take();
        let reason = if held.full { Some(Cut::Output) } else { reason };
        self.whole &= reason.is_none();
        if !self.out.begin(&Child { name: &name }) {
            return;
        }
        for piece in held.bytes.chunks(PIECE) {
            if !self.out.data(piece) {
                self.enough = true;
                return;
            }
        }
        if let Some(reason) = reason {
            self.out.cut(reason);
        }
        self.out.end();
    }

    /// Nothing more is unpacked, maybe because of an error: what is left is named.
    fn finish(&mut self, archive: &Archive, error: Option<Error>) {
        let reason = error.as_ref().map(reason);
        self.close(reason);
        if self.enough {
            return;
        }
        for member in archive.members().skip(self.passed).filter(|member| !member.meta.is_directory) {
            self.whole = false;
            let encrypted = member.meta.is_encrypted.then_some(Cut::Encrypted);
            only_name(&name(&member), encrypted.or(reason).unwrap_or(Cut::Unsupported), self.out);
        }
        if let Some(reason) = reason {
            self.whole = false;
            self.out.cut(reason);
        }
    }
}

/// A member's name, in Unicode where it has one, as a path.
fn name(member: &ArchiveMember) -> Vec<u8> {
    let unicode = match &member.detail {
        ArchiveMemberDetail::Rar15To40 { unicode_name: Some(_), .. } => member.decoded_name(None).ok(),
        _ => None,
    };
    let name = unicode.as_deref().unwrap_or(&member.meta.name);
    name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

/// Why an archive cannot be read, or not all of it.
fn reason(error: &Error) -> Cut {
    // Decryption is not built in.
    if let Error::FeatureDisabled { .. } | Error::UnsupportedEncryption { .. } = error.root_cause() {
        return Cut::Encrypted;
    }
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Cut::Encrypted,
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat | ErrorKind::ResourceLimit => Cut::Unsupported,
        ErrorKind::ChecksumMismatch => Cut::Checksum,
        ErrorKind::Io => Cut::Truncated,
        _ => Cut::Malformed,
    }
}
