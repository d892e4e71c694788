//! OLE2 compound files ([MS-CFB]), whole: documents of Word, Excel and PowerPoint up to 2003, messages of Outlook, macros,
//! and whatever else is kept in such files.
//!
//! Every storage is looked at by itself, so documents within documents are read as the outermost is. Children are
//! called as the storages around them are:
//!
//! - `(text)`: what a document shows, a line where a paragraph or a cell ends;
//! - `SummaryInformation` and the like: properties, a line each;
//! - `VBA/Module1`: the source of a macro, with [`Cut::Macros`];
//! - `(subject)`, `(body)`, `(html)`, `(rtf)`, `(header)`, `(recipient)`, `(properties)` of a message, and its attachments by
//!   their names;
//! - packages and embedded objects by their names;
//! - every other stream by its name; those that are in no storage below `(loose)`.
//!
//! Where the file or its document cannot be read, runs of text are handed out as the decoder that works in passing finds
//! them.

mod compound;
mod doc;
mod mail;
mod message;
mod native;
mod office;
mod ppt;
mod property_set;
mod segments;
mod vba;
mod word6;
mod xls;

use std::collections::HashMap;
use std::io::Read;

use self::compound::{Compound, Kind};
use self::message::Role;
use super::super::module::Module;
use super::{passing, text::Text};
use crate::decode::{Charset, Child, Cut, Out};

pub(super) static MODULE: Module = Module { name: "ole2", extract: Some(extract), encrypted: false };

/// Longest path of a child that is built, bytes.
const PATH: usize = 1024;
/// Bytes handed out at a time.
const PIECE: usize = 64 << 10;
/// Streams that say nothing that is not read elsewhere.
const KNOWN: [&str; 13] = [
    "WordDocument",
    "0Table",
    "1Table",
    "Workbook",
    "Book",
    "PowerPoint Document",
    "Current User",
    "\u{1}CompObj",
    "\u{1}Ole",
    "\u{3}ObjInfo",
    "EncryptedPackage",
    "EncryptionInfo",
    message::PROPERTIES,
];
/// The storage that says how a document of OOXML is encrypted.
const DATA_SPACES: &str = "\u{6}DataSpaces";

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    let Some(file) = Compound::open(object) else {
        if passing::decode(MODULE.name, object, out) {
            out.cut(Cut::Malformed);
        }
        return false;
    };
    out.ends(file.end());
    let mut walk = Walk { file, out, labels: HashMap::new(), enough: false, whole: true, unread: false };
    walk.all();
    let Walk { file, out, mut enough, whole, unread, .. } = walk;
    if unread && !enough {
        enough = !passing::decode(MODULE.name, object, out);
    }
    let faults = file.faults;
    let reason = match () {
        () if faults.truncated => Some(Cut::Truncated),
        () if faults.malformed => Some(Cut::Malformed),
        () if faults.deep => Some(Cut::Depth),
        () if faults.many => Some(Cut::Children),
        () => None,
    };
    if let Some(reason) = reason.filter(|_| !enough) {
        out.cut(reason);
    }
    whole && !enough && reason.is_none()
}

/// The way through a file.
struct Walk<'a, 'b> {
    file: Compound<'a>,
    out: &'b mut dyn Out,
    /// What children of storages are called by; a storage that has none is passed over in paths.
    labels: HashMap<usize, String>,
    /// Nobody wants more.
    enough: bool,
    whole: bool,
    /// There is a document whose text could not be told from what is around it.
    unread: bool,
}

impl Walk<'_, '_> {
    /// Looks at all storages, those around others first.
    fn all(&mut self) {
        self.labels.insert(0, String::new());
        let mut open = vec![(0, Role::of(""))];
        while let Some((storage, role)) = open.pop() {
            if self.enough {
                return;
            }
            self.storage(storage, role);
            let path = self.labels.get(&storage).cloned().unwrap_or_default();
            let inner = self.file.children(storage).filter(|(_, entry)| entry.kind == Kind::Storage);
            let inner: Vec<_> = inner.map(|(at, entry)| (at, entry.name.clone())).collect();
            for (at, name) in inner.into_iter().rev().filter(|(_, name)| name != DATA_SPACES) {
                let role = Role::of(&name);
                // What an attachment holds is called as it is.
                let label = if role == Some(Role::Attached) { path.clone() } else { join(&path, &name) };
                self.labels.insert(at, label);
                open.push((at, role));
            }
        }
    }

    /// A storage's streams.
    fn storage(&mut self, storage: usize, role: Option<Role>) {
        let streams = self.file.children(storage).filter(|(_, entry)| entry.kind == Kind::Stream);
        let streams: Vec<_> = streams.map(|(at, entry)| (at, entry.name.clone(), entry.is_loose)).collect();
        let has = |name: &str| streams.iter().any(|(_, own, _)| own.eq_ignore_ascii_case(name));
        if has("WordDocument") {
            self.word(storage);
        }
        if has("Workbook") || has("Book") {
            self.excel(storage);
        }
        if has("PowerPoint Document") {
            self.powerpoint(storage);
        }
        if has("EncryptedPackage") {
            // [MS-OFFCRYPTO] section 2.3.4: a document of OOXML, of which nothing else is to be seen.
            self.cut(Cut::Encrypted);
        }
        if has(message::PROPERTIES) {
            return self.message(storage, role.unwrap_or(Role::Message), &streams);
        }
        if role == Some(Role::Names) {
            return;
        }
        if has("dir") && has("_VBA_PROJECT") {
            return self.macros(storage, &streams);
        }
        for (at, name, is_loose) in &streams {
            if self.enough {
                return;
            }
            if KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)) && !is_loose {
                continue;
            }
            let path = if *is_loose { "(loose)" } else { self.label(storage) };
            let path = join(path, name);
            let bytes = self.file.read(*at);
            match name.as_str() {
                "\u{1}Ole10Native" => self.native(storage, &bytes),
                _ if name.starts_with('\u{5}') => self.properties(path, &bytes),
                _ => self.object(&path, &bytes, None),
            }
        }
    }

    fn label(&self, storage: usize) -> &str {
        self.labels.get(&storage).map_or("", String::as_str)
    }

    /// A stream's bytes, by its name; none where there is no such stream.
    fn stream(&mut self, storage: usize, name: &str) -> Vec<u8> {
        let found = self.file.find(storage, name);
        found.map(|at| self.file.read(at)).unwrap_or_default()
    }

    /// Something of the file is not read.
    fn cut(&mut self, reason: Cut) {
        self.whole = false;
        self.out.cut(reason);
    }

    /// A text is over, and why it is not whole.
    fn done(&mut self, wanted: bool, reason: Option<Cut>) {
        self.enough |= !wanted;
        self.whole &= reason.is_none();
    }

    /// The properties of a document.
    fn properties(&mut self, path: String, bytes: &[u8]) {
        let mut text = Text::new(self.out, path);
        let reason = (!property_set::read(bytes, &mut text)).then_some(Cut::Malformed);
        let wanted = text.finish(reason);
        self.done(wanted, reason);
    }

    /// A file in a package.
    fn native(&mut self, storage: usize, bytes: &[u8]) {
        let native = native::read(bytes);
        let name = if native.name.is_empty() { "(object)" } else { &native.name };
        self.object(&join(self.label(storage), name), native.bytes, None);
    }

    /// A child that may be anything.
    fn object(&mut self, path: &str, bytes: &[u8], charset: Option<Charset>) {
        if !self.out.begin(&Child { name: path.as_bytes() }) {
            return;
        }
        if let Some(charset) = charset {
            self.out.declare(charset);
        }
        for piece in bytes.chunks(PIECE) {
            if !self.out.data(piece) {
                self.enough = true;
                return;
            }
        }
        self.out.end();
    }

    /// A child of so many bytes that is packed as zlib does.
    fn packed(&mut self, path: &str, bytes: &[u8], length: u64) {
        if !self.out.begin(&Child { name: path.as_bytes() }) {
            return;
        }
        // Not every program writes the checksum behind it.
        let mut reader = flate2::bufread::ZlibDecoder::new(bytes).take(length);
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece) {
                Ok(0) if reader.limit() == 0 => break,
                Ok(length @ 1..) => {
                    if !self.out.data(piece.get(..length).unwrap_or(&[])) {
                        self.enough = true;
                        return;
                    }
                }
                Ok(_) | Err(_) => {
                    self.cut(Cut::Malformed);
                    break;
                }
            }
        }
        self.out.end();
    }
}

/// A path and a name in it, without what cannot be seen.
fn join(path: &str, name: &str) -> String {
    let mut joined = String::with_capacity(path.len() + name.len() + 1);
    joined.push_str(path);
    if !path.is_empty() {
        joined.push('/');
    }
    for letter in name.chars().filter(|letter| !letter.is_control()) {
        if joined.len() >= PATH {
            break;
        }
        joined.push(letter);
    }
    joined
}
