//! What requests and responses of a connection say, and what is remembered of it.

use super::anomaly::Anomaly;
use super::fields::{Text, array, le16, le32, le64, unix_seconds};
use super::files::{FileRef, Files, Piece, RELATED};
use super::header::{Command, HEADER_BYTES, Header};
use super::layout::{LAYOUT, dialect, disposition, share_type, status, tag};
use super::ntlmssp;
use super::pending::{Pending, Request};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::Sink;
use crate::proto::stretches::Placement;

/// Shares of a connection whose names are known, and openings (negotiation, setup of a session, connection of a share) that await their response.
const TREES: usize = 4;
const OPENINGS: usize = 3;

/// Dialects of a client that are told.
const DIALECTS: usize = 10;

/// What `CreateOptions` says: a directory; to be deleted when it is closed. `FileAttributes`: a directory.
const DIRECTORY_FILE: u32 = 0x0000_0001;
const DELETE_ON_CLOSE: u32 = 0x0000_1000;
const ATTRIBUTE_DIRECTORY: u32 = 0x0000_0010;
const SHARE_IS_PIPE: u8 = 2;

/// Fields of a request that are told with its response.
pub(super) type Asked = Record<384>;

#[derive(Clone, Copy, Debug)]
struct Opening {
    message: u64,
    command: Command,
    record: Asked,
}

#[derive(Clone, Copy, Debug)]
struct Tree {
    id: u32,
    is_pipe: bool,
    name: Text,
}

/// What requests of a chain hand on to those that are related to them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain {
    file: FileRef,
    tree: u32,
}

/// Where the bytes of a read or write go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Target {
    /// A part of a file.
    File(Placement),
    /// Of a file that is not known: an object by itself.
    #[default]
    Unknown,
    /// They are the messages of a pipe.
    Pipe,
}

/// The state of both directions together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    pub(super) files: Files,
    pending: Pending,
    openings: [Option<Opening>; OPENINGS],
    trees: [Option<Tree>; TREES],
    /// The place of the next of either.
    next_opening: usize,
    next_tree: usize,
    dialect: u16,
    records: u64,
    is_encrypted: bool,
}

impl Talk {
    pub(super) fn new() -> Self {
        Self {
            files: Files::new(),
            pending: Pending::new(),
            openings: [None; OPENINGS],
            trees: [None; TREES],
            next_opening: 0,
            next_tree: 0,
            dialect: 0,
            records: 0,
            is_encrypted: false,
        }
    }

    /// A request, as much of it as was seen. False when it does not say what it has to.
    pub(super) fn request(
        &mut self,
        header: &Header,
        message: &[u8],
        chain: &mut Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> bool {
        if !header.is_related {
            *chain = Chain { tree: header.tree, ..Chain::default() };
        }
        let read = match header.command {
            Command::Negotiate => self.ask(header, |record| negotiation(message, record)),
            Command::TreeConnect => self.ask(header, |record| share(message, record)),
            Command::SessionSetup => {
                let is_right = self.ask(header, |record| session(message, record));
                if is_right == Some(false) {
                    sink.anomaly(Anomaly::MalformedNtlmssp.name());
                }
                is_right.map(|_| ())
            }
            Command::Create => self.create(header, message, chain, direction, sink),
            Command::Close => self.close(header, message, chain, direction, sink),
            Command::Read => self.read(header, message, chain, direction, sink),
            Command::Write | Command::Other => Some(()),
        };
        read.is_some()
    }

    /// Remembers what a request says until its response comes.
    fn ask<T>(&mut self, header: &Header, fill: impl FnOnce(&mut Asked) -> T) -> T {
        let mut record = Asked::default();
        let filled = fill(&mut record);
        self.next_opening = (self.next_opening + 1) % OPENINGS;
        if let Some(place) = self.openings.get_mut(self.next_opening) {
            *place = Some(Opening { message: header.message, command: header.command, record });
        }
        filled
    }

    fn create(
        &mut self,
        header: &Header,
        message: &[u8],
        chain: &mut Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Option<()> {
        let options = le32(message, 104)?;
        let name = slice(message, le16(message, 108)?, le16(message, 110)?);
        let name = Text::of_utf16(name);
        if !name.bytes().is_empty() {
            sink.begin_lines("smb/filename");
            sink.lines(0, name.bytes());
        }
        let tree = chain.tree;
        let is_pipe = self.trees.iter().flatten().any(|known| known.id == tree && known.is_pipe);
        chain.file = self.files.open(direction, sink);
        let file = self.files.get(chain.file)?;
        (file.name, file.tree, file.is_pipe) = (name, tree, is_pipe);
        file.disposition = le32(message, 100)?;
        file.deleted_on_close = options & DELETE_ON_CLOSE != 0;
        file.is_directory = options & DIRECTORY_FILE != 0;
        self.await_response(header, chain.file, 0, 0, sink);
        Some(())
    }

    fn close(
        &mut self,
        header: &Header,
        message: &[u8],
        chain: &Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Option<()> {
        let file = match array(message, 72)? {
            RELATED => chain.file,
            id => self.files.known(id).unwrap_or_default(),
        };
        self.files.close(file, direction, sink);
        self.await_response(header, file, 0, 0, sink);
        Some(())
    }

    fn read(
        &mut self,
        header: &Header,
        message: &[u8],
        chain: &mut Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Option<()> {
        let (length, offset) = (le32(message, 68)?, le64(message, 72)?);
        let file = self.file(message, chain, direction, sink)?;
        self.await_response(header, file, offset, length, sink);
        Some(())
    }

    /// The file of a READ or WRITE.
    fn file(
        &mut self,
        message: &[u8],
        chain: &mut Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Option<FileRef> {
        match array(message, 80)? {
            RELATED => {}
            id => {
                chain.file = self.files.find(id, direction, sink);
                let (tree, trees) = (chain.tree, &self.trees);
                let is_pipe = trees.iter().flatten().any(|known| known.id == tree && known.is_pipe);
                if let Some(file) = self.files.get(chain.file) {
                    file.is_pipe |= is_pipe;
                    file.tree = tree;
                }
            }
        }
        Some(chain.file)
    }

    fn await_response(&mut self, header: &Header, file: FileRef, offset: u64, length: u32, sink: &mut dyn Sink) {
        let request = Request { message: header.message, command: header.command, file, offset, length };
        self.pending.put(request, sink);
    }

    /// Bytes are written; `None` where the message does not say where.
    pub(super) fn write(
        &mut self,
        header: &Header,
        message: &[u8],
        chain: &mut Chain,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Option<Target> {
        if !header.is_related {
            *chain = Chain { tree: header.tree, ..Chain::default() };
        }
        let (length, offset) = (le32(message, 68)?, le64(message, 72)?);
        let file = self.file(message, chain, direction, sink)?;
        self.await_response(header, file, 0, 0, sink);
        Some(self.place(file, Piece { direction, is_write: true, offset, length }, sink))
    }

    /// So many bytes that were asked for come.
    pub(super) fn data(&mut self, header: &Header, length: u32, direction: Direction, sink: &mut dyn Sink) -> Target {
        let Some(request) = self.pending.take(header.message, Command::Read) else { return Target::Unknown };
        let piece = Piece { direction, is_write: false, offset: request.offset, length };
        self.place(request.file, piece, sink)
    }

    fn place(&mut self, file: FileRef, piece: Piece, sink: &mut dyn Sink) -> Target {
        match self.files.get(file) {
            None => Target::Unknown,
            Some(known) if known.is_pipe => Target::Pipe,
            Some(_) if piece.length == 0 => Target::File(Placement::default()),
            Some(_) => Target::File(self.files.place(file, piece, &self.pending, sink)),
        }
    }

    /// A response, as much of it as was seen.
    pub(super) fn response(&mut self, header: &Header, message: &[u8], direction: Direction, sink: &mut dyn Sink) {
        if header.is_interim() {
            return;
        }
        match header.command {
            Command::Negotiate | Command::SessionSetup | Command::TreeConnect => self.opened(header, message, sink),
            Command::Create => self.created(header, message, direction, sink),
            Command::Close => self.closed(header, direction, sink),
            Command::Write => {
                let request = self.pending.take(header.message, Command::Write);
                if let Some(file) = request.and_then(|request| self.files.get(request.file)) {
                    file.refused |= !header.succeeded();
                }
            }
            Command::Read => {
                self.pending.take(header.message, Command::Read);
            }
            Command::Other => {}
        }
    }

    fn opened(&mut self, header: &Header, message: &[u8], sink: &mut dyn Sink) {
        let key = Some((header.message, header.command));
        let asked = self.openings.iter_mut().find(|place| place.map(|asked| (asked.message, asked.command)) == key);
        let asked = asked.and_then(Option::take).map_or_else(Asked::default, |opening| opening.record);
        let mut answer: Record<192> = Record::default();
        match header.command {
            Command::Negotiate if header.succeeded() => {
                self.dialect = le16(message, 68).unwrap_or(self.dialect);
                if let Some(guid) = array(message, 72) {
                    answer.text(tag::SERVER_GUID, Text::of_guid(guid).bytes());
                }
                for (tag, at) in [(tag::MAX_READ, 96), (tag::MAX_WRITE, 100)] {
                    if let Some(size) = le32(message, at) {
                        answer.number(tag, size.into());
                    }
                }
            }
            Command::TreeConnect => {
                let kind = message.get(66).copied().filter(|_| header.succeeded());
                let is_pipe = kind == Some(SHARE_IS_PIPE);
                let share = asked.get_text(tag::SHARE);
                let mut name = Text::EMPTY;
                name.more(share);
                answer.text(if is_pipe { tag::PIPE } else { tag::SHARE }, share);
                if let Some(kind) = kind {
                    answer.text(tag::SHARE_TYPE, share_type(kind).as_bytes());
                    self.next_tree = (self.next_tree + 1) % TREES;
                    for place in &mut self.trees {
                        *place = place.filter(|tree| tree.id != header.tree);
                    }
                    if let Some(place) = self.trees.get_mut(self.next_tree) {
                        *place = Some(Tree { id: header.tree, is_pipe, name });
                    }
                }
                self.tell(header, header.tree, &[answer.bytes()], sink);
                return;
            }
            _ => {}
        }
        self.tell(header, header.tree, &[asked.bytes(), answer.bytes()], sink);
    }

    fn created(&mut self, header: &Header, message: &[u8], direction: Direction, sink: &mut dyn Sink) {
        let Some(request) = self.pending.take(header.message, Command::Create) else { return };
        let id = array::<16>(message, 128).filter(|_| header.succeeded());
        if let Some(before) = id.and_then(|id| self.files.known(id)) {
            self.files.forget(before, direction, sink);
        }
        let Some(file) = self.files.get(request.file) else { return };
        let is_directory = le32(message, 120).map_or(file.is_directory, |bits| bits & ATTRIBUTE_DIRECTORY != 0);
        let is_directory = if id.is_some() { is_directory } else { file.is_directory };
        let mut record: Record<512> = Record::default();
        let name = if file.name.bytes().is_empty() { &b"<share_root>"[..] } else { file.name.bytes() };
        record.text(if is_directory { tag::DIRECTORY } else { tag::FILENAME }, name);
        record.text(tag::DISPOSITION, disposition(file.disposition).as_bytes());
        record.text(tag::ACCESS, if file.deleted_on_close { b"delete on close" } else { b"normal" });
        let tree = file.tree;
        if let Some(id) = id {
            for (tag, at) in [(tag::CREATED, 72), (tag::ACCESSED, 80), (tag::MODIFIED, 88), (tag::CHANGED, 96)] {
                record.number(tag, unix_seconds(le64(message, at).unwrap_or(0)));
            }
            file.size = le64(message, 112);
            record.number(tag::SIZE, file.size.unwrap_or(0));
            record.text(tag::FUID, Text::of_guid(id).bytes());
        }
        file.id = id;
        self.tell(header, tree, &[record.bytes()], sink);
        if id.is_none() || is_directory {
            self.files.forget(request.file, direction, sink);
        }
    }

    fn closed(&mut self, header: &Header, direction: Direction, sink: &mut dyn Sink) {
        let Some(request) = self.pending.take(header.message, Command::Close) else { return };
        let Some(file) = self.files.get(request.file).copied() else { return };
        if !file.is_pipe && (file.read > 0 || file.written > 0) {
            let mut record: Record<640> = Record::default();
            record.text(tag::FILENAME, file.name.bytes());
            if let Some(tree) = self.trees.iter().flatten().find(|tree| tree.id == file.tree) {
                record.text(tag::SHARE, tree.name.bytes());
            }
            if let Some(id) = file.id {
                record.text(tag::FUID, Text::of_guid(id).bytes());
            }
            record.number(tag::READ, file.read);
            record.number(tag::WRITTEN, file.written);
            self.tell(header, file.tree, &[record.bytes()], sink);
        }
        self.files.close(request.file, direction, sink);
        self.files.forget(request.file, direction, sink);
    }

    /// Tells that the connection is encrypted, once.
    pub(super) fn encrypted(&mut self, session: u64, sink: &mut dyn Sink) {
        if std::mem::replace(&mut self.is_encrypted, true) {
            return;
        }
        let mut record: Record<128> = Record::default();
        self.begin_record(&mut record);
        record.number(tag::SESSION, session);
        record.flag(tag::ENCRYPTED, true);
        sink.record(&LAYOUT, &[record.bytes()]);
    }

    fn begin_record<const N: usize>(&mut self, record: &mut Record<N>) {
        record.number(tag::ID, self.records);
        self.records += 1;
        let name = dialect(self.dialect);
        if !name.is_empty() {
            record.text(tag::DIALECT, name.as_bytes());
        }
    }

    /// A transaction is over.
    fn tell(&mut self, header: &Header, tree: u32, parts: &[&[u8]], sink: &mut dyn Sink) {
        let mut head: Record<256> = Record::default();
        self.begin_record(&mut head);
        head.text(tag::COMMAND, header.command.name().as_bytes());
        let name = status(header.status);
        if !name.is_empty() {
            head.text(tag::STATUS, name.as_bytes());
        }
        head.text(tag::STATUS_CODE, Text::of_hex(header.status).bytes());
        head.number(tag::SESSION, header.session);
        head.number(tag::TREE, tree.into());
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        sink.record(&LAYOUT, &[head.bytes(), part(0), part(1)]);
    }
}

/// What a message says stands at `offset`; as much of it as there is.
fn slice(message: &[u8], offset: u16, length: u16) -> &[u8] {
    let rest = message.get(usize::from(offset).max(HEADER_BYTES)..).unwrap_or(&[]);
    rest.get(..usize::from(length)).unwrap_or(rest)
}

fn negotiation(message: &[u8], record: &mut Asked) -> Option<()> {
    let count = usize::from(le16(message, 66)?);
    record.text(tag::CLIENT_GUID, Text::of_guid(array(message, 76)?).bytes());
    for at in 0..count.min(DIALECTS) {
        let name = dialect(le16(message, 100 + 2 * at)?);
        record.text(tag::CLIENT_DIALECT, if name.is_empty() { b"unknown" } else { name.as_bytes() });
    }
    Some(())
}

fn share(message: &[u8], record: &mut Asked) -> Option<()> {
    let path = slice(message, le16(message, 68)?, le16(message, 70)?);
    record.text(tag::SHARE, Text::of_utf16(path).bytes());
    Some(())
}

/// Whether the names in it were there.
fn session(message: &[u8], record: &mut Asked) -> Option<bool> {
    Some(ntlmssp::names(slice(message, le16(message, 76)?, le16(message, 78)?), record))
}
